/* The methods section: a derivation in the order in which a paper has it.
 *
 * title and summary, 1 the network, 2 the recurrent graph under the rule; 3 the recursions are in
 * methods_recursions.c, 4 every parameter and 5 what it costs in methods_facts.c. */
#include "print/methods.h"

#include <string.h>

/* ---- title ---- */

static const char *sizes_text(const Report *report) {
    Text text = {0};
    for (int i = 0; i < report->model->dims.count; i++) {
        const Dim *dim = report->model->dims.at[i];
        text_printf(&text, "%s%s = %ld", i ? ", " : "", dim->name, dim->value);
    }
    return report_take(report, &text);
}

static const char *carry_text(const Derivation *derivation) {
    const int block = derivation->program->block;
    if (block)
        return arena_printf(
            derivation->arena,
            "mixed: adjoints backward within blocks of %d steps, influences from block to block; the "
            "gradient is known at each block's end",
            block);
    return derivation->carry == CARRY_FORWARD
               ? "forward: causal; the gradient up to a step is known at that step"
               : "backward: not causal; the gradient is known when the sequence is over";
}

/* "exact: V, d" and so on for each kind of outcome. */
static void summary_line(Methods *methods, const char *kind) {
    const Report *report = methods->report;
    Text names = {0};
    int found = 0;
    for (int i = 0; i < report->model->params.count; i++) {
        const ParamFacts *facts = &report->derivation->facts[i];
        if (strcmp(report_exactness(facts), kind) != 0) continue;
        text_printf(&names, "%s%s", found++ ? ", " : "", facts->param->label);
    }
    if (found) {
        const char *all = found == report->model->params.count ? " for every parameter" : "";
        const char *line =
            arena_printf(report->arena, "%s%s%s", kind, *all ? all : ": ", *all ? "" : names.at);
        methods->parts->fact(methods, "gradient", line);
    }
    text_free(&names);
}

void methods_title(Methods *methods) {
    const Report *report = methods->report;
    const Derivation *derivation = report->derivation;
    methods->parts->title(methods, arena_printf(report->arena, "%s, learned by %s", report->model->name,
                                                derivation->rule->name));
    methods->parts->fact(methods, "sizes", sizes_text(report));
    methods->parts->fact(methods, "keep", derivation->rule->keep_text);
    if (*derivation->rule->axes_text) methods->parts->fact(methods, "axes", derivation->rule->axes_text);
    methods->parts->fact(methods, "carry", carry_text(derivation));
    static const char *const kinds[] = {"exact", "exact (zero)", "unbiased", "approximate", "nothing kept"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) summary_line(methods, kinds[i]);
}

/* ---- 1 the network ---- */

static void add_definition(const Report *report, const char *left, const Expr *value, const char *self,
                           Equations *equations) {
    const Line line = {.left = left, .right = report_equation(report, value, self), .value = value};
    vec_push(report->arena, equations, ((Equation){line, "=", false}));
}

static void layer_equations(const Report *report, int layer, Equations *equations) {
    const Model *model = report->model;
    for (int i = 0; i < model->locals.count; i++) {
        const Local *local = &model->locals.at[i];
        if (local->layer != layer) continue;
        add_definition(report, local->label, local->value, local->label, equations);
    }
    for (int i = 0; i < model->roots.count; i++) {
        const Var *root = model->roots.at[i];
        if (root->layer != layer) continue;
        const char *left = root == model->loss ? "loss" : root->label;
        add_definition(report, left, root->definition, root->label, equations);
    }
}

void methods_network(Methods *methods) {
    const Report *report = methods->report;
    const Model *model = report->model;
    methods->parts->heading(methods, "1. The network");
    for (int l = 0; l < model->layers.count; l++) {
        Equations equations = {0};
        layer_equations(report, l, &equations);
        if (model->layers.count > 1 && l) methods->parts->gap(methods);
        if (model->layers.count > 1)
            methods->parts->subheading(methods,
                                       arena_printf(report->arena, "layer %s, a %s", model->layers.at[l].name,
                                                    model->layers.at[l].cell));
        methods->parts->equations(methods, 1, &equations);
    }
    Equations equations = {0};
    layer_equations(report, -1, &equations);
    if (model->layers.count) methods->parts->gap(methods);
    methods->parts->equations(methods, 1, &equations);
}

/* ---- 2 the graph ---- */

static void add_way(Report *report, Table *table, const Way *way) {
    table_cell(table, report_way(report, way));
    table_cell(table, report_word(report, way));
    table_cell(table, report_verdict(report, way));
    table_cell(table, report_derivative(report, way));
}

static void print_states(Methods *methods) {
    const Report *report = methods->report;
    const Automaton *automaton = &report->derivation->rule->automaton;
    if (automaton->states <= 1) return;
    Text refusing = {0};
    for (int q = 0; q < automaton->states; q++)
        if (!automaton->accepting[q])
            text_printf(&refusing, "%s%s", refusing.length ? ", " : "", automaton->label[q]);
    const char *ends = refusing.length ? arena_printf(report->arena, "no path may end in %s", refusing.at)
                                       : "a path may end in any of them";
    text_free(&refusing);
    methods->parts->sentence(methods, 1, 0,
                             arena_printf(report->arena,
                                          "The rule is an automaton with %d states, from %s on; %s:",
                                          automaton->states, automaton->label[0], ends));
    const Arrows arrows = report_arrows(report);
    const int shown = arrows.count > 16 ? 8 : arrows.count;
    for (int i = 0; i < shown; i++)
        methods->parts->sentence(methods, 2, 4,
                                 arena_printf(report->arena, "%s → %s by %s",
                                              automaton->label[arrows.at[i].from],
                                              automaton->label[arrows.at[i].to], arrows.at[i].by));
    if (shown < arrows.count)
        methods->parts->sentence(methods, 2, 4,
                                 arena_printf(report->arena, "and %d more", arrows.count - shown));
    methods->parts->gap(methods);
}

static const char *stand_text(const Report *report, const Stand *stand) {
    const char *of = stand->matrix->label;
    switch (stand->kind) {
    case STAND_RANDOM: return arena_printf(report->arena, "drawn once in place of %s; it doesn't learn", of);
    case STAND_FOLLOWS:
        return arena_printf(report->arena, "drawn once in place of %s; gets every gradient that %s gets", of,
                            of);
    case STAND_SIGN: return arena_printf(report->arena, "the sign of each entry of %s", of);
    case STAND_MEAN:
        return arena_printf(report->arena, "the average of %s's entries over each pair of populations", of);
    }
    return "";
}

/* What stands for what, and which edges differ from one side of a path to the other. */
void methods_stands(Methods *methods) {
    const Report *report = methods->report;
    const Derivation *derivation = report->derivation;
    if (derivation->stands.count) methods->parts->gap(methods);
    for (int i = 0; i < derivation->stands.count; i++) {
        const Stand *stand = &derivation->stands.at[i];
        methods->parts->sentence(
            methods, 1, 4,
            arena_printf(report->arena, "%s: %s.", stand->var->label, stand_text(report, stand)));
    }
    if (derivation->automaton == &derivation->rule->automaton) return;
    methods->parts->gap(methods);
    methods->parts->sentence(
        methods, 1, 0,
        "Of a path, what follows its last edge with a lag is the learning signal's, the rest the "
        "eligibility's. A way that has a derivative for each side is shown with the model's own. In "
        "states q…e another edge with a lag follows, in q…s none does, otherwise either may.");
    for (int i = 0; i < derivation->rule->replaces.count; i++)
        methods->parts->sentence(
            methods, 2, 4,
            arena_printf(report->arena, "replaced: %s", derivation->rule->replaces.at[i].text));
}

void methods_graph(Methods *methods) {
    Report *report = methods->report;
    const Graph *graph = report->derivation->graph;
    methods->parts->heading(methods, "2. The recurrent graph under the rule");
    print_states(methods);
    methods->parts->sentence(methods, 1, 0,
                             "Vectors in derivatives stand for diagonal matrices, · for their products.");
    methods->parts->gap(methods);
    Table table = {.arena = report->arena, .page = &report->page, .columns = 4, .symbols = 1 << 0 | 1 << 3};
    static const char *const head[] = {"way", "class", "rule", "derivative"};
    for (int i = 0; i < 4; i++) table_cell(&table, head[i]);
    for (int w = 0; w < graph->ways.count; w++) add_way(report, &table, &graph->ways.at[w]);
    for (int s = 0; s < graph->starts.count; s++)
        if (graph->starts.at[s].symbols) add_way(report, &table, &graph->starts.at[s]);
    methods->parts->table(methods, &table);
    methods_stands(methods);
}
