/* Building a report: names for learning signals and adjoints first, then the groups' equations, which use
 * them. */
#include "print/report.h"

#include <string.h>

/* ---- a parameter's uses ---- */

typedef VEC(const Expr *) Starts;

static Starts starts_of(const Report *report, const Var *param) {
    Starts starts = {0};
    const Graph *graph = report->derivation->graph;
    for (int s = 0; s < graph->starts.count; s++) {
        bool seen = graph->starts.at[s].from != param;
        for (int i = 0; i < starts.count; i++) seen = seen || starts.at[i] == graph->starts.at[s].start;
        if (!seen) vec_push(report->arena, &starts, graph->starts.at[s].start);
    }
    return starts;
}

static int ordinal(const Starts *starts, const Expr *start) {
    for (int i = 0; i < starts->count; i++)
        if (starts->at[i] == start) return i;
    return -1;
}

static const char *operand_text(const Report *report, const Expr *start) {
    Text text = {0};
    describe_operand(&report->naming, start, &text);
    return report_take(report, &text);
}

/* ---- names of signals and adjoints ---- */

static void claim(Report *report, const Expr *e, const char *prefix, const char *label, int state,
                  const Var *param) {
    Line line;
    if (report_claim(report, e, prefix, label, state, param, &line))
        vec_push(report->arena, &report->signals, line);
}

static void name_signals(Report *report, const Forward *forward) {
    for (int i = 0; i < forward->adjoints.count; i++) {
        const StepAdjoint *adjoint = &forward->adjoints.at[i];
        claim(report, adjoint->value, "L", adjoint->root->label, adjoint->state, forward->param);
    }
    for (int i = 0; i < forward->signals.count; i++) {
        const Signal *signal = &forward->signals.at[i];
        const Carried *source = signal->source >= 0 ? &forward->carried.at[signal->source] : NULL;
        const char *place = source ? source->root->label : report_place_of(report, signal->start);
        if (source && signal->lag) place = arena_printf(report->arena, "%s(%d)", place, signal->lag);
        claim(report, signal->value, "L", place, source ? source->state : 0, forward->param);
    }
}

static void name_deltas(Report *report, const Var *param) {
    for (int i = 0; i < report->derivation->deltas.count; i++) {
        const Delta *delta = &report->derivation->deltas.at[i];
        if (delta->param == param)
            claim(report, delta->value, "δ", report_place_of(report, delta->start), 0, param);
    }
}

static void name_adjoints(Report *report) {
    const Derivation *derivation = report->derivation;
    for (int i = 0; i < derivation->step_adjoints.count; i++) {
        const StepAdjoint *adjoint = &derivation->step_adjoints.at[i];
        claim(report, adjoint->value, "λ", adjoint->root->label, adjoint->state,
              derivation->model->params.at[0]);
    }
    for (int i = 0; i < derivation->model->params.count; i++)
        name_deltas(report, derivation->model->params.at[i]);
    for (int i = 0; i < derivation->adjoints.count; i++) {
        const Adjoint *adjoint = &derivation->adjoints.at[i];
        const char *symbol = report_symbol(report, "φ", adjoint->root->label, adjoint->state);
        if (adjoint->lag > 1) symbol = arena_printf(report->arena, "%s(%d)", symbol, adjoint->lag);
        Line line = {.left = symbol, .right = report_expr(report, adjoint->value), .value = adjoint->value};
        if (adjoint->buffer) vec_push(report->arena, &line.kept, adjoint->buffer);
        vec_push(report->arena, &report->handed, line);
    }
}

static void add_seeds(Report *report) {
    const Derivation *derivation = report->derivation;
    for (int i = 0; i < derivation->seeds.count; i++) {
        const SeedAdjoint *seed = &derivation->seeds.at[i];
        const Line line = {.left = report_seed_symbol(report, seed),
                           .right = report_expr(report, seed->value),
                           .value = seed->value};
        vec_push(report->arena, &report->seeds, line);
    }
}

/* ---- which parameters have one form ---- */

static bool same_forward(const Report *report, const Forward *a, const Forward *b) {
    if (a->carried.count != b->carried.count || a->flows.count != b->flows.count ||
        a->signals.count != b->signals.count)
        return false;
    const Starts of_a = starts_of(report, a->param), of_b = starts_of(report, b->param);
    for (int i = 0; i < a->carried.count; i++)
        if (a->carried.at[i].root != b->carried.at[i].root ||
            a->carried.at[i].state != b->carried.at[i].state)
            return false;
    for (int i = 0; i < a->flows.count; i++) {
        const Flow *p = &a->flows.at[i], *q = &b->flows.at[i];
        if (p->target != q->target || p->source != q->source || p->lag != q->lag ||
            ordinal(&of_a, p->start) != ordinal(&of_b, q->start) || !chain_equal(&p->chain, &q->chain))
            return false;
    }
    for (int i = 0; i < a->carried.count; i++) /* estimated for one, exact for the other */
        if ((a->carried.at[i].structure == STRUCTURE_ESTIMATED) !=
            (b->carried.at[i].structure == STRUCTURE_ESTIMATED))
            return false;
    for (int i = 0; i < a->signals.count; i++) {
        const Signal *p = &a->signals.at[i], *q = &b->signals.at[i];
        if (p->source != q->source || p->lag != q->lag || p->value != q->value ||
            ordinal(&of_a, p->start) != ordinal(&of_b, q->start))
            return false;
    }
    return true;
}

typedef VEC(Delta) Deltas;

static Deltas deltas_of(const Report *report, const Var *param) {
    Deltas deltas = {0};
    for (int i = 0; i < report->derivation->deltas.count; i++)
        if (report->derivation->deltas.at[i].param == param)
            vec_push(report->arena, &deltas, report->derivation->deltas.at[i]);
    return deltas;
}

static bool same_backward(const Report *report, const Var *a, const Var *b) {
    const Deltas of_a = deltas_of(report, a), of_b = deltas_of(report, b);
    if (of_a.count != of_b.count) return false;
    for (int i = 0; i < of_a.count; i++)
        if (of_a.at[i].value != of_b.at[i].value) return false;
    return true;
}

static bool same_form(const Report *report, int a, int b) {
    const Derivation *derivation = report->derivation;
    const Var *of_a = derivation->model->params.at[a], *of_b = derivation->model->params.at[b];
    if (of_a->layer != of_b->layer || derivation->facts[a].kept != derivation->facts[b].kept) return false;
    if (starts_of(report, of_a).count != starts_of(report, of_b).count) return false;
    if (derivation->carry == CARRY_BACKWARD) return same_backward(report, of_a, of_b);
    return same_forward(report, derivation->recursions.at[a], derivation->recursions.at[b]);
}

/* ---- a group's equations ---- */

static void choose_operands(Report *report, Group *group) {
    const Model *model = report->model;
    const Starts first = starts_of(report, model->params.at[group->params.at[0]]);
    for (int s = 0; s < first.count; s++) {
        bool same = true;
        const char *text = operand_text(report, first.at[s]);
        for (int i = 1; i < group->params.count; i++) {
            const Starts other = starts_of(report, model->params.at[group->params.at[i]]);
            same = same && strcmp(text, operand_text(report, other.at[s])) == 0;
        }
        const char *symbol = same ? text : first.count == 1 ? "p" : arena_printf(report->arena, "p%d", s + 1);
        vec_push(report->arena, &group->operand, symbol);
        for (int i = 0; !same && i < group->params.count; i++) {
            const Starts other = starts_of(report, model->params.at[group->params.at[i]]);
            vec_push(report->arena, &group->given, operand_text(report, other.at[s]));
        }
    }
}

static const char *influence_symbol(const Report *report, const Carried *carried) {
    return report_symbol(report, structure_symbol[carried->structure], carried->root->label, carried->state);
}

static const char *source_text(const Report *report, const Forward *forward, const Group *group, int source,
                               int lag, const Expr *start) {
    if (source < 0) {
        const Starts starts = starts_of(report, forward->param);
        return group->operand.at[ordinal(&starts, start)];
    }
    const char *symbol = influence_symbol(report, &forward->carried.at[source]);
    return lag ? arena_printf(report->arena, "%s[t-%d]", symbol, lag) : symbol;
}

/* The influence's buffer; an estimate's, those of its factors. */
static void add_kept(const Report *report, const Var *param, const Carried *carried, Kept *kept) {
    for (int i = 0; i < report->derivation->influences.count; i++) {
        const Influence *one = &report->derivation->influences.at[i];
        if (one->param == param && one->root == carried->root && one->state == carried->state && one->buffer)
            vec_push(report->arena, kept, one->buffer);
    }
}

static void recursion_line(Report *report, Group *group, const Forward *forward, int target) {
    Text right = {0};
    for (int self = 1; self >= 0; self--)
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            if (flow->target != target || (flow->source == target) != (self == 1)) continue;
            Text term = {0};
            const char *source = source_text(report, forward, group, flow->source, flow->lag, flow->start);
            describe_chain(&report->naming, &flow->chain, source, &term);
            describe_add(&right, term.at);
            text_free(&term);
        }
    if (!right.length) text_add(&right, "0");
    Line line = {.left = influence_symbol(report, &forward->carried.at[target]),
                 .right = report_take(report, &right)};
    for (int i = 0; i < group->params.count; i++) {
        const Var *param = report->model->params.at[group->params.at[i]];
        add_kept(report, param, &forward->carried.at[target], &line.kept);
        if (i == 0) line.firsts = line.kept.count;
    }
    vec_push(report->arena, &group->lines, line);
}

static void add_product(const Report *report, const Expr *value, const char *source, bool dense,
                        Text *right) {
    const Chain chain = {.factor = &value};
    Text term = {0};
    if (dense) text_add(&term, "Σₖ ");
    describe_chain(&report->naming, &chain, source, &term);
    describe_add(right, term.at);
    text_free(&term);
}

static const Buffer *gradient_of(const Report *report, const Var *param) {
    const Program *program = report->derivation->program;
    for (int i = 0; i < program->buffers.count; i++)
        if (program->buffers.at[i]->kind == BUFFER_GRADIENT && program->buffers.at[i]->var == param)
            return program->buffers.at[i];
    return NULL;
}

/* Without a gradient nobody asks for the influences. */
static void gradient_line(Report *report, Group *group, Text *right) {
    if (!right->length) group->lines.count = 0;
    if (!right->length) return;
    const char *label = group->params.count > 1 ? "θ" : report->model->params.at[group->params.at[0]]->label;
    Line line = {.left = arena_printf(report->arena, "dE/d%s", label), .right = report_take(report, right)};
    for (int i = 0; i < group->params.count; i++) {
        const Buffer *gradient = gradient_of(report, report->model->params.at[group->params.at[i]]);
        if (gradient) vec_push(report->arena, &line.kept, gradient);
        if (i == 0) line.firsts = line.kept.count;
    }
    vec_push(report->arena, &group->lines, line);
}

static void forward_lines(Report *report, Group *group, const Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++)
        if (forward->carried.at[c].structure != STRUCTURE_ZERO) recursion_line(report, group, forward, c);
    Text right = {0};
    for (int i = 0; i < forward->signals.count; i++) {
        const Signal *signal = &forward->signals.at[i];
        const bool dense = signal->source >= 0 &&
                           forward->carried.at[signal->source].structure >= STRUCTURE_DENSE &&
                           report->derivation->rule->estimate.kind != ESTIMATE_FACTORED;
        const char *source = source_text(report, forward, group, signal->source, signal->lag, signal->start);
        add_product(report, signal->value, source, dense, &right);
    }
    gradient_line(report, group, &right);
}

static void backward_lines(Report *report, Group *group, const Var *param) {
    const Deltas deltas = deltas_of(report, param);
    const Starts starts = starts_of(report, param);
    Text right = {0};
    for (int i = 0; i < deltas.count; i++)
        add_product(report, deltas.at[i].value, group->operand.at[ordinal(&starts, deltas.at[i].start)],
                    false, &right);
    gradient_line(report, group, &right);
}

static void make_groups(Report *report) {
    const Derivation *derivation = report->derivation;
    for (int p = 0; p < report->model->params.count; p++) {
        int g = 0;
        while (g < report->groups.count && !same_form(report, report->groups.at[g].params.at[0], p)) g++;
        if (g == report->groups.count) vec_push(report->arena, &report->groups, (Group){0});
        vec_push(report->arena, &report->groups.at[g].params, p);
    }
    for (int g = 0; g < report->groups.count; g++) {
        Group *group = &report->groups.at[g];
        const int first = group->params.at[0];
        choose_operands(report, group);
        if (derivation->carry == CARRY_BACKWARD)
            backward_lines(report, group, report->model->params.at[first]);
        else
            forward_lines(report, group, derivation->recursions.at[first]);
    }
}

Report *report_new(Arena *arena, const Derivation *derivation) {
    Report *report = arena_new_of(arena, Report);
    report->arena = arena;
    report->derivation = derivation;
    report->model = derivation->model;
    report->product = product_new(arena, derivation->graph, &derivation->rule->automaton);
    report->page = page_of(0);
    report_name_model(report);
    return report;
}

/* From the readout down to the first layer, so that what is named can stand in what follows. */
static void name_by_layer(Report *report, bool backward) {
    const Model *model = report->model;
    for (int rank = 0; rank <= model->layers.count; rank++)
        for (int p = 0; p < model->params.count; p++) {
            const Var *param = model->params.at[p];
            if (param->layer != (rank ? model->layers.count - rank : -1)) continue;
            if (!backward) name_signals(report, report->derivation->recursions.at[p]);
            if (backward && rank == 0) name_deltas(report, param);
        }
}

void report_recursions(Report *report) {
    const bool backward = report->derivation->carry == CARRY_BACKWARD;
    report_name_slopes(report);
    name_by_layer(report, backward);
    if (backward) name_adjoints(report);
    add_seeds(report);
    make_groups(report);
}
