/* Ways, and what the rule does with them, as a reader would point at them. */
#include "print/report.h"

const char *report_station(const Expr *station) {
    switch (station->op) {
    case EXPR_MATVEC: return station->var->label;
    case EXPR_SUM: return "sum";
    case EXPR_SOFTMAX: return "softmax";
    case EXPR_LOGSUMEXP: return "logsumexp";
    default: return "broadcast";
    }
}

/* A station's derivative as a matrix. */
static const char *station_matrix(const Expr *station) {
    switch (station->op) {
    case EXPR_MATVEC: return station->var->label;
    case EXPR_SUM: return "1ᵀ";
    case EXPR_SOFTMAX: return "softmax′";
    case EXPR_LOGSUMEXP: return "softmaxᵀ";
    default: return "1";
    }
}

static const Expr *use_of(const Report *report, const Way *way) {
    return way->start ? way->start : expr_use(report->model->exprs, way->from, way->lag, way->tags);
}

/* What is used: "h[t-1]", "Wr @ x", "br". */
static void print_use(const Report *report, const Way *way, Text *out) {
    text_add(out, way->from->label);
    if (way->lag) text_printf(out, "[t-%d]", way->lag);
    if (!way->start || way->start->op != EXPR_MATVEC) return;
    text_add(out, " @ ");
    describe_factor(&report->naming, way->start->kid[0], out);
}

const char *report_way(Report *report, const Way *way) {
    Text text = {0};
    const Expr *region = way->stations ? way->station[0]->kid[0] : way->to->definition;
    const char *first = report_between(report, region, use_of(report, way));
    const bool under = way->stations && !first && !way->start && way->station[0]->op == EXPR_MATVEC;
    if (under) text_printf(&text, "%s @ ", report_station(way->station[0]));
    print_use(report, way, &text);
    if (first) text_printf(&text, " → %s", first);
    for (int i = 0; i < way->stations; i++) {
        if (i || !under) text_printf(&text, " → %s", report_station(way->station[i]));
        region = i + 1 < way->stations ? way->station[i + 1]->kid[0] : way->to->definition;
        const char *local = report_between(report, region, way->station[i]);
        if (local) text_printf(&text, " → %s", local);
    }
    text_printf(&text, " → %s", way->to->label);
    return report_take(report, &text);
}

const char *report_word(const Report *report, const Way *way) {
    Text text = {0};
    const Graph *graph = report->derivation->graph;
    for (int i = 0; i < way->symbols; i++)
        text_printf(&text, "%s%s", i ? " " : "", edge_class_name[graph->symbols.at[way->symbol[i]].class]);
    if (!way->symbols) text_add(&text, way->start ? "immediate" : "readout");
    for (int i = 0; i < report->model->tags.count; i++)
        if (way->tags >> i & 1) text_printf(&text, " #%s", report->model->tags.at[i]);
    return report_take(report, &text);
}

static void add_factor(const Report *report, const Expr *factor, Text *out) {
    if (expr_is_const(factor, 1)) return;
    if (out->length) text_add(out, " · ");
    describe_factor(&report->naming, factor, out);
}

const char *report_derivative(const Report *report, const Way *way) {
    Text text = {0};
    for (int i = way->stations; i >= 0; i--) {
        add_factor(report, way->factor[i], &text);
        if (i > 0) text_printf(&text, "%s%s", text.length ? " · " : "", station_matrix(way->station[i - 1]));
    }
    if (!text.length) text_add(&text, "1");
    return report_take(report, &text);
}

/* ---- the rule's verdict ---- */

static bool is_composed(const Report *report, const Way *way) {
    const Automaton *automaton = &report->derivation->rule->automaton;
    if (!way->symbols || report->derivation->graph->symbols.at[way->symbol[0]].class != CLASS_LOCAL)
        return false;
    for (int q = 0; q < automaton->states; q++)
        if (automaton_run(automaton, q, way->symbol, way->symbols) != q) return false;
    return true;
}

static bool *reached_by(const Report *report, const Way *way) {
    if (!way->start) return product_reached(&report->product, NULL, report->arena);
    return NULL;
}

static void add_state(const Report *report, Text *out, const char *before, int from, int to) {
    const Automaton *automaton = &report->derivation->rule->automaton;
    text_printf(out, "%s%s", out->length ? before : "", automaton->label[from]);
    if (to >= 0) text_printf(out, "→%s", automaton->label[to]);
}

static void add_counts(Text *out, int kepts, const char *kept, int drops, const char *dropped) {
    if (kepts > 2)
        text_printf(out, "kept in %d states", kepts);
    else if (kepts)
        text_printf(out, "kept %s", kept);
    if (kepts && drops) text_add(out, "; ");
    if (drops > 2)
        text_printf(out, "dropped in %d states", drops);
    else if (drops)
        text_printf(out, "dropped in %s", dropped);
}

const char *report_verdict(const Report *report, const Way *way) {
    if (is_composed(report, way)) return "composed";
    if (!way->symbols) return "kept";
    const bool *reached = reached_by(report, way);
    Text kept = {0}, dropped = {0}, text = {0};
    int kepts = 0, drops = 0;
    for (int q = 0; q < report->product.states; q++) {
        if (reached ? !reached[product_at(&report->product, way->from, q)] : q > 0) continue;
        const int after = product_after(&report->product, way, q);
        if (after == DROPPED && ++drops <= 2) add_state(report, &dropped, ", ", q, -1);
        if (after != DROPPED && ++kepts <= 2) add_state(report, &kept, ", ", q, after);
    }
    if (report->product.states <= 1)
        text_add(&text, kepts ? "kept" : drops ? "dropped" : "not reached");
    else if (!kepts && !drops)
        text_add(&text, "not reached");
    else
        add_counts(&text, kepts, kept.at, drops, dropped.at);
    text_free(&kept);
    text_free(&dropped);
    return report_take(report, &text);
}

/* ---- the automaton ---- */

static bool is_first_of_class(const Graph *graph, int symbol) {
    for (int i = 0; i < symbol; i++)
        if (graph->symbols.at[i].class == graph->symbols.at[symbol].class) return false;
    return true;
}

static int step(const Report *report, int state, int symbol) {
    return automaton_run(&report->derivation->rule->automaton, state, &symbol, 1);
}

/* Whether all symbols of this one's class lead to the same state. */
static bool class_goes_together(const Report *report, int state, int symbol) {
    const Graph *graph = report->derivation->graph;
    for (int i = 0; i < graph->symbols.count; i++)
        if (graph->symbols.at[i].class == graph->symbols.at[symbol].class &&
            step(report, state, i) != step(report, state, symbol))
            return false;
    return true;
}

static void add_letters(const Report *report, int from, int to, Text *out) {
    const Graph *graph = report->derivation->graph;
    for (int s = 0; s < graph->symbols.count; s++) {
        if (step(report, from, s) != to || graph->symbols.at[s].class == CLASS_LOCAL) continue;
        const bool together = class_goes_together(report, from, s);
        if (together && !is_first_of_class(graph, s)) continue;
        if (out->length) text_add(out, ", ");
        if (together)
            text_add(out, edge_class_name[graph->symbols.at[s].class]);
        else
            text_add(out, "("), graph_print_symbol(graph, &graph->symbols.at[s], out), text_add(out, ")");
    }
}

Arrows report_arrows(const Report *report) {
    Arrows arrows = {0};
    const int symbols = report->derivation->graph->symbols.count;
    for (int from = 0; from < report->derivation->rule->automaton.states; from++) {
        const int first = arrows.count;
        for (int s = 0; s < symbols; s++) {
            const int to = step(report, from, s);
            bool known = to == DROPPED;
            for (int i = first; i < arrows.count; i++) known = known || arrows.at[i].to == to;
            if (known) continue;
            Text text = {0};
            add_letters(report, from, to, &text);
            const Arrow arrow = {from, to, report_take(report, &text)};
            if (*arrow.by) vec_push(report->arena, &arrows, arrow);
        }
    }
    return arrows;
}
