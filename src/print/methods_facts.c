/* The methods section's last part: what the rule does to every parameter, and what all of it costs. */
#include "print/methods.h"

#include <string.h>

/* ---- 4 parameters ---- */

static const Way *way_of(const Report *report, const Drop *drop) {
    const Graph *graph = report->derivation->graph;
    return drop->start ? &graph->starts.at[drop->way] : &graph->ways.at[drop->way];
}

static bool same_way(const Drop *a, const Drop *b) { return a->start == b->start && a->way == b->way; }

static bool is_repeated(const ParamFacts *facts, int drop) {
    for (int i = 0; i < drop; i++)
        if (same_way(&facts->drops.at[i], &facts->drops.at[drop]) &&
            facts->drops.at[i].state == facts->drops.at[drop].state)
            return true;
    return false;
}

static void print_drop(Methods *methods, const ParamFacts *facts, int first) {
    Report *report = methods->report;
    const Drop *drop = &facts->drops.at[first];
    const Automaton *automaton = &report->derivation->rule->automaton;
    for (int i = 0; i < first; i++)
        if (same_way(&facts->drops.at[i], drop)) return;
    Text line = {0};
    text_printf(&line, "%s (%s)", report_way(report, way_of(report, drop)),
                report_word(report, way_of(report, drop)));
    int states = 0;
    for (int i = first; i < facts->drops.count && automaton->states > 1; i++) {
        if (!same_way(&facts->drops.at[i], drop) || is_repeated(facts, i)) continue;
        if (++states <= 4)
            text_printf(&line, "%s%s", states == 1 ? " in " : ", ",
                        automaton->label[facts->drops.at[i].state]);
    }
    if (states > 4) text_add(&line, ", …");
    methods->parts->sentence(methods, 3, 4, line.at);
    text_free(&line);
}

static const char *steps_text(const Report *report, const ParamFacts *facts) {
    const int steps = facts->exact_steps;
    const char *what = facts->reasons.count ? "every path is kept" : "exact";
    return steps ? arena_printf(report->arena, "%s on sequences of at most %d step%s", what, steps,
                                steps > 1 ? "s" : "")
                 : "paths are lost at every step already";
}

/* An exact gradient by unit-local influences: the recurrence is diagonal for the parameter. */
static bool is_diagonal(const Report *report, const ParamFacts *facts) {
    return report->derivation->carry == CARRY_FORWARD && facts->verdict == VERDICT_EXACT && facts->carries &&
           facts->local;
}

static void print_reason(Methods *methods, const ParamFacts *facts) {
    const Report *report = methods->report;
    const char *keep = report->derivation->rule->keep_text;
    if (!facts->reaches) {
        methods->parts->sentence(methods, 2, 4,
                                 "No path leads to the loss: the gradient is zero, and exact.");
        return;
    }
    for (int i = 0; i < facts->reasons.count && facts->kept; i++)
        methods->parts->sentence(methods, 2, 4,
                                 arena_printf(report->arena, "%s: %s.",
                                              facts->verdict == VERDICT_UNBIASED ? "Unbiased" : "Approximate",
                                              facts->reasons.at[i]));
    if (facts->exact) {
        methods->parts->sentence(methods, 2, 4,
                                 facts->verdict == VERDICT_EXACT
                                     ? "Exact: no kept prefix meets a dropped way."
                                     : "Every path is kept: no kept prefix meets a dropped way.");
        if (is_diagonal(report, facts))
            methods->parts->sentence(methods, 2, 4,
                                     "What it influences goes from step to step within each unit: this is "
                                     "real-time recurrent learning, at the cost of a trace.");
        return;
    }
    const char *line = facts->kept
                           ? arena_printf(report->arena, "Approximate: %s.", steps_text(report, facts))
                           : "NOTHING IS KEPT: the gradient is zero.";
    methods->parts->sentence(methods, 2, 4, line);
    if (facts->condition)
        methods->parts->sentence(
            methods, 2, 4,
            arena_printf(report->arena, "%s if there were %s.",
                         facts->reasons.count ? "Every path would be kept" : "It would be exact",
                         facts->condition));
    if (facts->drops.count) {
        methods->parts->sentence(methods, 2, 4,
                                 arena_printf(report->arena, "Dropped, because the rule keeps %s:", keep));
        for (int i = 0; i < facts->drops.count; i++) print_drop(methods, facts, i);
    }
    const Automaton *automaton = &report->derivation->rule->automaton;
    for (int i = 0; i < facts->refused.count; i++)
        methods->parts->sentence(
            methods, 2, 4,
            arena_printf(report->arena, "Refused: paths that reach the loss in %s, where none of %s may end.",
                         automaton->label[facts->refused.at[i]], keep));
}

static void add_matrix(const char *label, Text *out, const char **seen, int *count) {
    for (int i = 0; i < *count; i++)
        if (seen[i] == label) return;
    seen[(*count)++] = label;
    text_printf(out, "%s%sᵀ", *count > 1 ? ", " : "", label);
}

static void find_transposed(const Expr *e, bool *visited, Text *out, const char **seen, int *count) {
    if (visited[e->id]) return;
    visited[e->id] = true;
    if (e->op == EXPR_MATVEC_T) add_matrix(e->var->label, out, seen, count);
    for (int i = 0; i < e->kids; i++) find_transposed(e->kid[i], visited, out, seen, count);
}

/* The matrices that the parameter's learning signal (or adjoint) is sent back through. */
static const char *feedback_text(const Report *report, int param) {
    const Derivation *derivation = report->derivation;
    bool *visited = arena_alloc(report->arena, (size_t)report->expressions + 1);
    const char **seen = arena_alloc(report->arena, sizeof *seen * (size_t)(report->model->params.count + 1));
    int count = 0;
    Text text = {0};
    if (derivation->carry == CARRY_FORWARD) {
        const Forward *forward = derivation->recursions.at[param];
        for (int i = 0; i < forward->signals.count; i++)
            find_transposed(forward->signals.at[i].value, visited, &text, seen, &count);
    }
    for (int i = 0; i < derivation->deltas.count; i++)
        if (derivation->deltas.at[i].param == report->model->params.at[param])
            find_transposed(derivation->deltas.at[i].value, visited, &text, seen, &count);
    return report_take(report, &text);
}

static bool is_masked(const Report *report, const Var *param) {
    for (int i = 0; i < report->derivation->influences.count; i++)
        if (report->derivation->influences.at[i].param == param &&
            report->derivation->influences.at[i].structure == STRUCTURE_MASKED)
            return true;
    return false;
}

static const char *locality_text(const Report *report, int param) {
    const ParamFacts *facts = &report->derivation->facts[param];
    if (!facts->kept) return "";
    const char *feedback = feedback_text(report, param);
    const bool backward = report->derivation->carry == CARRY_BACKWARD;
    const char *sent = arena_printf(report->arena, "; the %s of unit j comes through %s",
                                    backward ? "adjoint" : "learning signal", feedback);
    if (!*feedback) sent = "";
    const char *what;
    if (!facts->carries)
        what =
            backward
                ? "Nothing comes from later steps: entry (j, i) meets unit j and column i of one step"
                : "Causal and local: entry (j, i) meets unit j and column i of this step, nothing is carried";
    else if (backward)
        what =
            facts->local
                ? "Not causal, local in space: what comes from later steps for entry (j, i) is unit j's own"
                : "Not causal, not local: what comes from later steps for entry (j, i) is all units'";
    else if (facts->local)
        what = "Causal and local: entry (j, i) meets unit j and column i, now and in its own trace";
    else
        what =
            is_masked(report, facts->param)
                ? "Causal, not local: entry (j, i) meets some units k through a sparse influence J[k, j, i]"
                : "Causal, not local: entry (j, i) meets every unit k through an influence J[k, j, i]";
    if (facts->spread) what = arena_printf(report->arena, "%s (%s)", what, facts->spread);
    return arena_printf(report->arena, "%s%s.", what, sent);
}

/* Parameters that one paragraph serves: the same facts, or nothing kept for either. */
static bool told_together(const ParamFacts *a, const ParamFacts *b) {
    if (a->reaches && b->reaches && !a->kept && !b->kept) return true;
    return report_same_facts(a, b);
}

/* Marks the parameters that go with `p` in `told`; returns their names, and all their drops in *facts. */
static const char *gather(const Report *report, int p, const char **locality, bool *told, ParamFacts *facts) {
    Text names = {0};
    *facts = report->derivation->facts[p];
    for (int o = p; o < report->model->params.count; o++) {
        const ParamFacts *other = &report->derivation->facts[o];
        if (told[o] || !told_together(&report->derivation->facts[p], other) ||
            strcmp(locality[o], locality[p]) != 0)
            continue;
        told[o] = true;
        text_printf(&names, "%s%s", names.length ? ", " : "", other->param->label);
        for (int i = 0; i < other->drops.count && o != p; i++)
            vec_push(report->arena, &facts->drops, other->drops.at[i]);
    }
    return report_take(report, &names);
}

static void print_facts(Methods *methods) {
    const Report *report = methods->report;
    const int params = report->model->params.count;
    bool *told = arena_alloc(report->arena, sizeof *told * (size_t)(params + 1));
    const char **locality = arena_alloc(report->arena, sizeof *locality * (size_t)(params + 1));
    for (int p = 0; p < params; p++) locality[p] = locality_text(report, p);
    for (int p = 0; p < params; p++) {
        if (told[p]) continue;
        ParamFacts facts;
        const char *names = gather(report, p, locality, told, &facts);
        if (p) methods->parts->gap(methods);
        methods->parts->symbols(methods, names);
        print_reason(methods, &facts);
        if (*locality[p]) methods->parts->sentence(methods, 2, 4, locality[p]);
    }
}

enum { WIDE_FORMULA = 40 };

/* Whether some parameter's formulas are too long to stand in columns. */
static bool has_wide_formulas(const Report *report) {
    for (int p = 0; p < report->model->params.count; p++) {
        const Var *param = report->model->params.at[p];
        const ParamCost cost = derivation_param_cost(report->derivation, param, report->arena);
        if (text_columns(report_polynomial(report, &cost.work)) > WIDE_FORMULA ||
            text_columns(report_polynomial(report, &cost.carried)) > WIDE_FORMULA)
            return true;
    }
    return false;
}

static const char *number_of(const Report *report, const Polynomial *polynomial) {
    Text text = {0};
    report_count(polynomial_value(polynomial), &text);
    return report_take(report, &text);
}

/* The table's last cell: what is carried, then the formulas where the columns have no room for them. */
static const char *last_cell(const Report *report, const ParamFacts *facts, const ParamCost *cost,
                             bool wide) {
    Text text = {0};
    text_add(&text, report_influences(report, facts));
    if (wide && cost->carried.terms.count) {
        text_add(&text, "; reals: ");
        polynomial_print(&cost->carried, &text);
    }
    if (wide && cost->work.terms.count) {
        text_add(&text, "; multiply-adds: ");
        polynomial_print(&cost->work, &text);
    }
    return report_take(report, &text);
}

static void print_parameter_table(Methods *methods) {
    const Report *report = methods->report;
    const Derivation *derivation = report->derivation;
    const bool forward = derivation->carry == CARRY_FORWARD, wide = has_wide_formulas(report);
    static const char *const head[] = {"parameter", "gradient", "reals carried", "own multiply-adds"};
    Table table = {.arena = report->arena, .page = &report->page, .columns = 5, .symbols = 1 << 0};
    for (int i = 0; i < 4; i++) table_cell(&table, head[i]);
    table_cell(&table, forward ? "influence" : "from later steps");
    for (int p = 0; p < report->model->params.count; p++) {
        const ParamFacts *facts = &derivation->facts[p];
        const ParamCost cost = derivation_param_cost(derivation, facts->param, report->arena);
        table_cell(&table, facts->param->label);
        table_cell(&table, report_exactness(facts));
        table_cell(&table,
                   wide ? number_of(report, &cost.carried) : report_polynomial(report, &cost.carried));
        table_cell(&table, wide ? number_of(report, &cost.work) : report_polynomial(report, &cost.work));
        table_cell(&table, last_cell(report, facts, &cost, wide));
    }
    methods->parts->table(methods, &table);
    methods->parts->sentence(methods, 1, 0,
                             "A real is 4 bytes in float, 8 in double. Multiply-adds are a step's.");
}

static const char *causal_text(const ParamFacts *facts) {
    if (facts->causal) return "yes";
    return facts->local ? "no; forward: yes, unit-local" : "no; forward: yes, dense";
}

/* The judgement: a line for all parameters that share it. */
static void print_verdict_table(Methods *methods) {
    const Report *report = methods->report;
    static const char *const head[] = {"gradient", "exact if", "causal", "(j, i) meets", "parameters"};
    const int params = report->model->params.count;
    Table table = {.arena = report->arena, .page = &report->page, .columns = 5, .symbols = 1 << 4};
    bool *told = arena_alloc(report->arena, sizeof *told * (size_t)(params + 1));
    for (int i = 0; i < 5; i++) table_cell(&table, head[i]);
    for (int p = 0; p < params; p++) {
        const ParamFacts *facts = &report->derivation->facts[p];
        const char *cells[] = {report_exactness(facts), report_condition(report, facts), causal_text(facts),
                               report_meets(report, facts)};
        Text names = {0};
        for (int o = p; o < params; o++) {
            const ParamFacts *other = &report->derivation->facts[o];
            if (told[o] || strcmp(cells[0], report_exactness(other)) != 0 ||
                strcmp(cells[1], report_condition(report, other)) != 0 ||
                strcmp(cells[2], causal_text(other)) != 0 || facts->meets != other->meets)
                continue;
            text_printf(&names, "%s%s", names.length ? ", " : "", other->param->label);
            told[o] = true;
        }
        for (int i = 0; i < 4 && names.length; i++) table_cell(&table, cells[i]);
        if (names.length) table_cell(&table, report_take(report, &names));
    }
    methods->parts->table(methods, &table);
    methods->parts->sentence(
        methods, 1, 0,
        "j: the entry's unit; i: what it multiplies; k: its layer's other units; layers: other "
        "layers' units; outputs: their errors, sent back.");
    methods->parts->gap(methods);
}

void methods_parameters(Methods *methods) {
    methods->parts->heading(methods, "4. The parameters");
    print_verdict_table(methods);
    print_facts(methods);
    methods->parts->gap(methods);
    print_parameter_table(methods);
}

/* ---- 5 costs ---- */

static void cost_row(const Report *report, Table *table, const char *what, const Polynomial *reals) {
    table_cell(table, what);
    table_cell(table, report_polynomial(report, reals));
}

static const char *bytes_text(const Report *report, size_t single, size_t twice) {
    Text text = {0};
    report_count((double)single, &text);
    text_add(&text, " bytes in float, ");
    report_count((double)twice, &text);
    text_add(&text, " in double");
    return report_take(report, &text);
}

void methods_costs(Methods *methods) {
    const Report *report = methods->report;
    const Program *program = report->derivation->program;
    const Cost cost = program_cost(program, report->arena);
    const Layout single = program_layout(program, sizeof(float), report->arena);
    const Layout twice = program_layout(program, sizeof(double), report->arena);
    methods->parts->heading(methods, "5. The cost");
    Table table = {.arena = report->arena, .page = &report->page, .columns = 2, .headless = true};
    table_cell(&table, "reals held");
    table_cell(&table, "");
    cost_row(report, &table, "  parameters and gradients", &cost.params);
    cost_row(report, &table, program->has_tape ? "  adjoints" : "  states and influences", &cost.carried);
    cost_row(report, &table, "  inputs, outputs, working values", &cost.work);
    table_cell(&table, "the learner's struct");
    table_cell(&table, bytes_text(report, single.struct_bytes, twice.struct_bytes));
    table_cell(&table, "");
    const size_t pad_single = single.struct_bytes - single.t_offset - sizeof(int);
    const size_t pad_twice = twice.struct_bytes - twice.t_offset - sizeof(int);
    table_cell(&table,
               arena_printf(report->arena, "(%zu of them for the step counter; %zu and %zu of padding)",
                            sizeof(int), pad_single, pad_twice));
    if (program->has_tape) {
        cost_row(report, &table, "reals of the tape, a step", &cost.tape);
        table_cell(&table, "the tape, a step");
        table_cell(&table, bytes_text(report, single.record_bytes, twice.record_bytes));
    }
    cost_row(report, &table, program->has_tape ? "multiply-adds a step, forward" : "multiply-adds a step",
             &cost.forward);
    if (program->has_tape) cost_row(report, &table, "multiply-adds a step, backward", &cost.backward);
    if (program->block) cost_row(report, &table, "multiply-adds a border, K steps", &cost.border);
    methods->parts->table(methods, &table);
}
