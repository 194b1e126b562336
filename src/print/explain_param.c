/* A parameter's paths: a shortest one through each kept edge, each dropped edge behind a shortest prefix, and
 * the recursion that carries what is kept. */
#include "print/explain.h"
#include "print/path.h"

#include <string.h>

typedef struct Arrival { /* a shortest way to a place (root, state), or from it to a loss */
    bool known;
    int ways;       /* how many */
    const Way *way; /* the last, or the first, of them */
    int next;       /* the place before, or after; -1: none */
} Arrival;

typedef struct Paths {
    Arena *arena;
    Report *report;
    const Graph *graph;
    const Product *product;
    const Var *param;
    Arrival *from, *to; /* from the parameter; to a loss, in an accepting state */
    Text *out;
} Paths;

typedef VEC(const Way *) Ways;

/* ---- shortest ways ---- */

static void improve(Arrival *arrival, int ways, const Way *way, int next, bool *changed) {
    if (arrival->known && arrival->ways <= ways) return;
    *arrival = (Arrival){true, ways, way, next};
    *changed = true;
}

static void relax(Paths *p, const Way *way, int q, bool *changed) {
    const int at = product_at(p->product, way->from, q), after = product_after(p->product, way, q);
    if (after == DROPPED) return;
    const int next = product_at(p->product, way->to, after);
    if (p->from[at].known) improve(&p->from[next], p->from[at].ways + 1, way, at, changed);
    if (p->to[next].known) improve(&p->to[at], p->to[next].ways + 1, way, next, changed);
}

static void find_shortest(Paths *p) {
    const int states = p->product->states, places = p->product->roots * states;
    bool changed = true;
    p->from = arena_alloc(p->arena, sizeof(Arrival) * (size_t)(places + 1));
    p->to = arena_alloc(p->arena, sizeof(Arrival) * (size_t)(places + 1));
    for (int q = 0; q < states; q++)
        p->to[p->product->loss * states + q] = (Arrival){p->product->automaton->accepting[q], 0, NULL, -1};
    for (int s = 0; s < p->graph->starts.count; s++) {
        const Way *way = &p->graph->starts.at[s];
        const int after = way->from == p->param && states ? product_after(p->product, way, 0) : DROPPED;
        if (after != DROPPED) improve(&p->from[product_at(p->product, way->to, after)], 1, way, -1, &changed);
    }
    while (changed) {
        changed = false;
        for (int w = 0; w < p->graph->ways.count; w++)
            for (int q = 0; q < states; q++) relax(p, &p->graph->ways.at[w], q, &changed);
    }
}

static void add_prefix(const Paths *p, int place, Ways *ways) {
    const int count = p->from[place].ways, first = ways->count;
    for (int i = 0; i < count; i++) vec_push(p->arena, ways, NULL);
    for (int i = count - 1; i >= 0; i--) {
        ways->at[first + i] = p->from[place].way;
        place = p->from[place].next;
    }
}

static void add_suffix(const Paths *p, int place, Ways *ways) {
    for (; p->to[place].way; place = p->to[place].next) vec_push(p->arena, ways, p->to[place].way);
}

/* ---- kept ---- */

/* The shortest of all kept paths through this way; empty where there is none. */
static Ways through(const Paths *p, const Way *way) {
    Ways best = {0};
    for (int q = 0; q < p->product->states; q++) {
        if (way->start ? q > 0 : !p->from[product_at(p->product, way->from, q)].known) continue;
        const int after = product_after(p->product, way, q);
        if (after == DROPPED) continue;
        Ways ways = {0};
        if (!way->start) add_prefix(p, product_at(p->product, way->from, q), &ways);
        vec_push(p->arena, &ways, way);
        add_suffix(p, product_at(p->product, way->to, after), &ways);
        if (!best.count || ways.count < best.count) best = ways;
    }
    return best;
}

static bool same_ways(const Ways *a, const Ways *b) {
    return a->count == b->count && memcmp(a->at, b->at, sizeof *a->at * (size_t)a->count) == 0;
}

static int end_state(const Paths *p, const Ways *ways) {
    int state = 0;
    for (int i = 0; i < ways->count && state != DROPPED; i++)
        state = automaton_run(p->product->automaton, state, ways->at[i]->symbol, ways->at[i]->symbols);
    return state;
}

static void print_kept(const Paths *p) {
    VEC(Ways) said = {0};
    const int starts = p->graph->starts.count;
    for (int i = 0; i < starts + p->graph->ways.count; i++) {
        const Way *way = i < starts ? &p->graph->starts.at[i] : &p->graph->ways.at[i - starts];
        if (way->start && way->from != p->param) continue;
        const Ways ways = through(p, way);
        bool known = ways.count == 0;
        for (int o = 0; o < said.count; o++) known = known || same_ways(&ways, &said.at[o]);
        if (known) continue;
        if (!said.count) text_add(p->out, "Kept, a shortest path through each kept edge:\n");
        vec_push(p->arena, &said, ways);
        text_add(p->out, "    ");
        path_text(p->graph, ways.at, ways.count, p->out);
        text_printf(p->out, "   ends in %s\n", p->product->automaton->label[end_state(p, &ways)]);
    }
    if (!said.count) text_add(p->out, "Nothing is kept: the gradient is zero.\n");
}

/* ---- dropped ---- */

static void print_drop(const Paths *p, const Drop *drop) {
    const Way *way = drop->start ? &p->graph->starts.at[drop->way] : &p->graph->ways.at[drop->way];
    const char *through_it = explain_lets_through(p->report, drop->state);
    Ways ways = {0};
    if (!drop->start) {
        const int place = product_at(p->product, way->from, drop->state);
        if (!p->from[place].known) return;
        add_prefix(p, place, &ways);
    }
    vec_push(p->arena, &ways, way);
    Text word = {0};
    path_word(p->graph, way, &word);
    text_add(p->out, "    ");
    path_text(p->graph, ways.at, ways.count, p->out);
    text_printf(p->out, ": %s, in %s, which lets through %s\n", word.length ? word.at : "its own use",
                p->product->automaton->label[drop->state], *through_it ? through_it : "nothing");
    text_free(&word);
}

static void print_dropped(const Paths *p, const ParamFacts *facts) {
    const Rule *rule = p->report->derivation->rule;
    if (facts->drops.count) text_printf(p->out, "Dropped by keep %s:\n", rule->keep_text);
    for (int i = 0; i < facts->drops.count; i++) print_drop(p, &facts->drops.at[i]);
    for (int i = 0; i < facts->refused.count; i++)
        text_printf(p->out, "Refused: paths that reach the loss in %s, which doesn't accept.\n",
                    p->product->automaton->label[facts->refused.at[i]]);
    if (facts->exact) text_add(p->out, "Nothing is dropped.\n");
}

/* ---- uses and recursions ---- */

static const char *place_equation(const Paths *p, const Expr *start) {
    const char *place = report_place_of(p->report, start);
    for (int i = 0; i < p->report->model->locals.count; i++) {
        const Local *local = &p->report->model->locals.at[i];
        if (strcmp(local->label, place) == 0)
            return arena_printf(p->arena, "%s = %s", place, report_equation(p->report, local->value, place));
    }
    for (int i = 0; i < p->report->model->roots.count; i++)
        if (strcmp(p->report->model->roots.at[i]->label, place) == 0)
            return explain_equation(p->report, p->report->model->roots.at[i]);
    return place;
}

static void print_uses(const Paths *p) {
    VEC(const Expr *) said = {0};
    for (int s = 0; s < p->graph->starts.count; s++) {
        const Way *way = &p->graph->starts.at[s];
        bool known = way->from != p->param;
        for (int i = 0; i < said.count; i++) known = known || said.at[i] == way->start;
        if (known) continue;
        vec_push(p->arena, &said, way->start);
        text_printf(p->out, "used in  %s\n", place_equation(p, way->start));
    }
}

static void print_recursion(const Paths *p, int param) {
    report_recursions(p->report);
    for (int g = 0; g < p->report->groups.count; g++) {
        const Group *group = &p->report->groups.at[g];
        bool here = false;
        for (int i = 0; i < group->params.count; i++) here = here || group->params.at[i] == param;
        if (!here || !group->lines.count) continue;
        text_add(p->out, "\nSo its recursion is\n");
        for (int i = 0; i < group->lines.count; i++)
            text_printf(p->out, "    %s %s %s\n", group->lines.at[i].left,
                        i + 1 == group->lines.count ? "+=" : "=", group->lines.at[i].right);
        for (int u = 0, given = 0; u < group->operand.count; u++) {
            if (group->operand.at[u][0] != 'p' || given >= group->given.count) continue;
            for (int i = 0; i < group->params.count; i++, given++)
                if (group->params.at[i] == param && given < group->given.count)
                    text_printf(p->out, "    with %s = %s\n", group->operand.at[u], group->given.at[given]);
        }
    }
}

static int find_param(const Model *model, const char *name) {
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < model->params.count; i++)
            if (strcmp(pass ? model->params.at[i]->name : model->params.at[i]->label, name) == 0) return i;
    return -1;
}

static void unknown_param(const Model *model, const char *name, Diagnostics *diagnostics) {
    Diagnostic *one = diagnose(diagnostics, (Span){0}, "E0552", "there is no parameter `%s`", name);
    Text names = {0};
    for (int i = 0; i < model->params.count; i++)
        text_printf(&names, "%s`%s`", i ? ", " : "", model->params.at[i]->label);
    diagnostic_help(diagnostics, one, "the parameters are %s", names.at ? names.at : "none");
    text_free(&names);
}

bool print_explained_param(const Derivation *derivation, const char *param, Diagnostics *diagnostics,
                           Text *out) {
    const int index = find_param(derivation->model, param);
    if (index < 0) return unknown_param(derivation->model, param, diagnostics), false;
    Arena *arena = arena_new();
    Report *report = report_new(arena, derivation);
    Paths p = {.arena = arena,
               .report = report,
               .graph = derivation->graph,
               .product = &report->product,
               .param = derivation->model->params.at[index],
               .out = out};
    find_shortest(&p);
    text_printf(out, "%s under %s: keep %s\n", p.param->label, derivation->rule->name,
                derivation->rule->keep_text);
    print_uses(&p);
    text_add(out, "\n");
    print_kept(&p);
    print_dropped(&p, &derivation->facts[index]);
    explain_clauses(report, out);
    print_recursion(&p, index);
    arena_free(arena);
    return true;
}
