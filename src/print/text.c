/* The methods section: a derivation as text, in the order in which a paper has it.
 *
 * title and summary, 1 the network, 2 the recurrent graph under the rule, 3 the recursions, 4 every
 * parameter, 5 what it costs. The last two are in text_facts.c. */
#include "print/text.h"

#include "print/print.h"

#include <string.h>

void text_heading(Text *out, const char *heading) { text_printf(out, "\n%s\n\n", heading); }

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
    return derivation->carry == CARRY_FORWARD
               ? "forward: causal; the gradient up to a step is known at that step"
               : "backward: not causal; the gradient is known when the sequence is over";
}

/* "exact: V, d" and so on for each kind of outcome. */
static void summary_line(const Report *report, const char *kind, Text *out) {
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
            arena_printf(report->arena, "gradient  %s%s%s", kind, *all ? all : ": ", *all ? "" : names.at);
        layout_line(&report->page, out, 0, 10, line);
    }
    text_free(&names);
}

static void print_title(const Report *report, Text *out) {
    const Derivation *derivation = report->derivation;
    const char *title =
        arena_printf(report->arena, "%s, learned by %s", report->model->name, derivation->rule->name);
    layout_title(&report->page, out, title);
    text_add(out, "\n");
    layout_line(&report->page, out, 0, 10, arena_printf(report->arena, "sizes     %s", sizes_text(report)));
    layout_line(&report->page, out, 0, 10,
                arena_printf(report->arena, "keep      %s", derivation->rule->keep_text));
    if (*derivation->rule->axes_text)
        layout_line(&report->page, out, 0, 10,
                    arena_printf(report->arena, "axes      %s", derivation->rule->axes_text));
    layout_line(&report->page, out, 0, 10,
                arena_printf(report->arena, "carry     %s", carry_text(derivation)));
    static const char *const kinds[] = {"exact", "exact (zero)", "unbiased", "approximate", "nothing kept"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) summary_line(report, kinds[i], out);
}

/* ---- 1 the network ---- */

typedef VEC(Line) Lines;

static void print_lines(const Report *report, const Line *lines, int count, int indent, Text *out) {
    int width = 0;
    for (int i = 0; i < count; i++)
        if (page_columns(&report->page, lines[i].left) > width)
            width = page_columns(&report->page, lines[i].left);
    for (int i = 0; i < count; i++)
        layout_equation(&report->page, out, indent, width, lines[i].left, "=", lines[i].right);
}

static void layer_lines(const Report *report, int layer, Lines *lines) {
    const Model *model = report->model;
    for (int i = 0; i < model->locals.count; i++) {
        const Local *local = &model->locals.at[i];
        if (local->layer != layer) continue;
        vec_push(report->arena, lines,
                 ((Line){local->label, report_equation(report, local->value, local->label)}));
    }
    for (int i = 0; i < model->roots.count; i++) {
        const Var *root = model->roots.at[i];
        if (root->layer != layer) continue;
        const char *left = root == model->loss ? "loss" : root->label;
        vec_push(report->arena, lines,
                 ((Line){left, report_equation(report, root->definition, root->label)}));
    }
}

static void print_network(const Report *report, Text *out) {
    const Model *model = report->model;
    text_heading(out, "1. The network");
    for (int l = 0; l < model->layers.count; l++) {
        Lines lines = {0};
        layer_lines(report, l, &lines);
        if (l) text_add(out, "\n");
        if (model->layers.count > 1)
            layout_line(&report->page, out, 4, 0,
                        arena_printf(report->arena, "layer %s, a %s", model->layers.at[l].name,
                                     model->layers.at[l].cell));
        print_lines(report, lines.at, lines.count, 4, out);
    }
    Lines lines = {0};
    layer_lines(report, -1, &lines);
    if (model->layers.count) text_add(out, "\n");
    print_lines(report, lines.at, lines.count, 4, out);
}

/* ---- 2 the graph ---- */

static void add_way(Report *report, Table *table, const Way *way) {
    table_cell(table, report_way(report, way));
    table_cell(table, report_word(report, way));
    table_cell(table, report_verdict(report, way));
    table_cell(table, report_derivative(report, way));
}

static void print_states(const Report *report, Text *out) {
    const Automaton *automaton = &report->derivation->rule->automaton;
    if (automaton->states <= 1) return;
    Text refusing = {0};
    for (int q = 0; q < automaton->states; q++)
        if (!automaton->accepting[q])
            text_printf(&refusing, "%s%s", refusing.length ? ", " : "", automaton->label[q]);
    const char *ends = refusing.length ? arena_printf(report->arena, "no path may end in %s", refusing.at)
                                       : "a path may end in any of them";
    text_free(&refusing);
    layout_line(&report->page, out, 4, 0,
                arena_printf(report->arena, "The rule is an automaton with %d states, from %s on; %s:",
                             automaton->states, automaton->label[0], ends));
    const Arrows arrows = report_arrows(report);
    const int shown = arrows.count > 16 ? 8 : arrows.count;
    for (int i = 0; i < shown; i++)
        layout_line(&report->page, out, 8, 4,
                    arena_printf(report->arena, "%s → %s by %s", automaton->label[arrows.at[i].from],
                                 automaton->label[arrows.at[i].to], arrows.at[i].by));
    if (shown < arrows.count) text_printf(out, "        and %d more\n", arrows.count - shown);
    text_add(out, "\n");
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
void text_stands(const Report *report, Text *out) {
    const Derivation *derivation = report->derivation;
    if (derivation->stands.count) text_add(out, "\n");
    for (int i = 0; i < derivation->stands.count; i++) {
        const Stand *stand = &derivation->stands.at[i];
        layout_line(&report->page, out, 4, 4,
                    arena_printf(report->arena, "%s: %s.", stand->var->label, stand_text(report, stand)));
    }
    if (derivation->automaton == &derivation->rule->automaton) return;
    text_add(out, "\n");
    layout_line(&report->page, out, 4, 0,
                "Of a path, what follows its last edge with a lag is the learning signal's, the rest the "
                "eligibility's. A way that has a derivative for each side is shown with the model's own. In "
                "states q…e another edge with a lag follows, in q…s none does, otherwise either may.");
    for (int i = 0; i < derivation->rule->replaces.count; i++)
        layout_line(&report->page, out, 8, 4,
                    arena_printf(report->arena, "replaced: %s", derivation->rule->replaces.at[i].text));
}

static void print_graph(Report *report, Text *out) {
    const Graph *graph = report->derivation->graph;
    text_heading(out, "2. The recurrent graph under the rule");
    print_states(report, out);
    layout_line(&report->page, out, 4, 0,
                "Vectors in derivatives stand for diagonal matrices, · for their products.");
    text_add(out, "\n");
    Table table = {.arena = report->arena, .page = &report->page, .columns = 4};
    static const char *const head[] = {"way", "class", "rule", "derivative"};
    for (int i = 0; i < 4; i++) table_cell(&table, head[i]);
    for (int w = 0; w < graph->ways.count; w++) add_way(report, &table, &graph->ways.at[w]);
    for (int s = 0; s < graph->starts.count; s++)
        if (graph->starts.at[s].symbols) add_way(report, &table, &graph->starts.at[s]);
    table_print(&table, 4, out);
    text_stands(report, out);
}

/* ---- 3 the recursions ---- */

/* A line's text with the numbers of automaton states taken relative to the left side's: equal for lines that
 * say the same of different states. */
static const char *relative(const Report *report, const Line *line, long own) {
    Text text = {0};
    const char *whole = arena_printf(report->arena, "%s = %s", line->left, line->right);
    for (const char *c = whole; *c;) {
        if (c[0] == '^' && c[1] == 'q' && c[2] >= '0' && c[2] <= '9') {
            long state = 0;
            for (c += 2; *c >= '0' && *c <= '9'; c++) state = 10 * state + (*c - '0');
            text_printf(&text, "^q%+ld", state - own);
        } else {
            text_add_bytes(&text, c++, 1);
        }
    }
    return report_take(report, &text);
}

static long state_of(const Line *line) {
    const char *mark = strstr(line->left, "^q");
    long state = -1;
    if (!mark) return state;
    state = 0;
    for (const char *c = mark + 2; *c >= '0' && *c <= '9'; c++) state = 10 * state + (*c - '0');
    return state;
}

/* Lines of many states that differ in the state alone are given for the first two and the last of a run. */
static void print_compact(const Report *report, const Line *lines, int count, int indent, Text *out) {
    const bool many = report->derivation->rule->automaton.states > 4;
    const char **form = arena_alloc(report->arena, sizeof *form * (size_t)(count + 1));
    bool *told = arena_alloc(report->arena, (size_t)count + 1);
    for (int i = 0; i < count; i++) form[i] = relative(report, &lines[i], state_of(&lines[i]));
    Lines shown = {0};
    for (int i = 0; i < count; i++) {
        if (told[i]) continue;
        vec_push(report->arena, &shown, lines[i]);
        long low = state_of(&lines[i]), high = low;
        int alike = 0;
        for (int k = i + 1; k < count && many && low >= 0; k++) {
            if (told[k] || strcmp(form[i], form[k]) != 0) continue;
            const long state = state_of(&lines[k]);
            told[k] = true;
            alike++;
            low = state < low ? state : low;
            high = state > high ? state : high;
        }
        if (!alike) continue;
        const bool whole = high - low == alike;
        const char *more = arena_printf(report->arena, "likewise for %s q%ld%s q%ld",
                                        whole ? "all of" : "states among", low, whole ? " to" : " …", high);
        vec_push(report->arena, &shown, ((Line){"", more}));
    }
    int width = 0;
    for (int i = 0; i < shown.count; i++)
        if (page_columns(&report->page, shown.at[i].left) > width)
            width = page_columns(&report->page, shown.at[i].left);
    for (int i = 0; i < shown.count; i++)
        layout_equation(&report->page, out, indent, width, shown.at[i].left, *shown.at[i].left ? "=" : " ",
                        shown.at[i].right);
}

/* What steps do to the equations, by their place in the sequence. */
void text_schedule(const Report *report, Text *out) {
    const Derivation *derivation = report->derivation;
    const Timing *timing = &derivation->rule->timing;
    if (timing->sample)
        layout_line(&report->page, out, 4, 0,
                    arena_printf(report->arena,
                                 "teach is 1 at the step%s drawn from each sequence to teach (%d), 0 at the "
                                 "others: its loss is the sum over the drawn.",
                                 timing->sample > 1 ? "s" : "", timing->sample));
    if (timing->chunk && derivation->carry == CARRY_FORWARD && derivation->influences.count)
        layout_line(&report->page, out, 4, 0,
                    arena_printf(report->arena,
                                 "Chunks of %d: at steps 0, %d, %d, … what is carried of earlier steps is 0; "
                                 "the states go on.",
                                 timing->chunk, timing->chunk, 2 * timing->chunk));
    if (timing->chunk && derivation->carry == CARRY_BACKWARD && derivation->adjoints.count)
        layout_line(&report->page, out, 4, 0,
                    arena_printf(report->arena,
                                 "Chunks of %d: what steps 0, %d, %d, … and later ones hand to a step before "
                                 "them is 0; the states go on.",
                                 timing->chunk, timing->chunk, 2 * timing->chunk));
    if (timing->update == UPDATE_ONLINE)
        layout_line(&report->page, out, 4, 0,
                    "Parameters change at each step while what is carried goes on; what is said of gradients "
                    "is said of parameters that stand still.");
    if (timing->update == UPDATE_EVERY)
        layout_line(&report->page, out, 4, 0,
                    arena_printf(report->arena,
                                 "Parameters change every %d steps while what is carried goes on; what is "
                                 "said of gradients is said of parameters that stand still.",
                                 timing->every));
}

/* How estimated influences are held, and what makes the right sides of their recursions so again. */
static void print_estimate(const Report *report, Text *out) {
    const Estimate *estimate = &report->derivation->rule->estimate;
    const char *says = "";
    switch (estimate->kind) {
    case ESTIMATE_EXACT: break;
    case ESTIMATE_RANK1:
        says =
            "Ĵ is estimated: Ĵ[k, (j, i)] = s̃[k] θ̃[j, i], one s̃ for all parameters. Of a recursion's right "
            "side, T is what comes from s̃, M what enters. With random signs ν at the units: s̃ = ρ0 T + ρ1 ν, "
            "θ̃ "
            "= θ̃[t-1] / ρ0 + νᵀ M / ρ1, in the mean the right side. ρ0² = |θ̃[t-1]| / |T|, ρ1² = |νᵀ M| / "
            "|ν|.";
        break;
    case ESTIMATE_KRONECKER:
        says = "Ĵ is estimated: Ĵ[k, (j, i)] = A[k, j] u[i] for each parameter. Of a recursion's right side, "
               "T is "
               "what comes from A, M p what enters. With random signs s: A = s0 ρ0 T + s1 ρ1 M, u = s0 "
               "u[t-1] / ρ0 "
               "+ s1 p / ρ1, in the mean the right side; each ρ makes both factors of one length.";
        break;
    case ESTIMATE_REVERSE_KRONECKER:
        says = "Ĵ is estimated: Ĵ[k, (j, i)] = A[k, i] u[j] for each parameter. Of a recursion's right side, "
               "T is "
               "what comes from A, M p what enters. With random signs s and ν at the rows j: A = s0 ρ0 T + "
               "s1 ρ1 "
               "(M ν) p, u = s0 u[t-1] / ρ0 + s1 ν / ρ1, in the mean the right side; each ρ makes both "
               "factors of "
               "one length.";
        break;
    case ESTIMATE_OPTIMAL_KRONECKER:
        says = arena_printf(
            report->arena,
            "Ĵ is estimated: Ĵ[k, (j, i)] = Σᵣ Aᵣ[k, j] uᵣ[i], r = 1 … %d, for each parameter. A "
            "recursion's right side is that many products and one more, M p; they are mixed into "
            "%d again with random signs, in the mean the right side and of least variance.",
            estimate->rank, estimate->rank);
        break;
    case ESTIMATE_FACTORED:
        says = arena_printf(
            report->arena,
            "Ĵ is estimated: Ĵ[j, i] = a[j] u[i]. Of a recursion's right side, T is what comes from "
            "a, M p what enters: a = %g T + %g M, u = %g u[t-1] + p.",
            estimate->smoothing, 1 - estimate->smoothing, estimate->smoothing);
        break;
    }
    layout_line(&report->page, out, 4, 0, says);
}

static void print_conventions(const Report *report, Text *out) {
    bool there[STRUCTURE_COUNT] = {false};
    for (int i = 0; i < report->derivation->influences.count; i++)
        there[report->derivation->influences.at[i].structure] = true;
    layout_line(&report->page, out, 4, 0,
                "For entry (j, i) of a parameter: what it multiplies (p) stands at column i, every other "
                "vector at unit j.");
    if (there[STRUCTURE_PRESYNAPTIC])
        layout_line(&report->page, out, 4, 0,
                    "π is a presynaptic trace: one number for each column i, the same for every unit j.");
    if (there[STRUCTURE_UNIT])
        layout_line(&report->page, out, 4, 0,
                    "ε is unit-local: one number for each entry (j, i), felt by unit j alone.");
    if (there[STRUCTURE_MASKED])
        layout_line(&report->page, out, 4, 0,
                    "J is sparse: one number for each unit k and entry (j, i) that patterns (and the rule's "
                    "mask, if any) leave together; elsewhere it is 0.");
    if (report->derivation->program->early)
        layout_line(
            &report->page, out, 4, 0,
            "diagonal_A is the diagonal of A; round_A_B has A_ji B_ij at (j, i), the way there and back.");
    if (there[STRUCTURE_DENSE])
        layout_line(&report->page, out, 4, 0,
                    "J is dense: one number for each unit k and entry (j, i); vectors beside J stand at unit "
                    "k, matrices "
                    "act on k; what is no J enters at k = j.");
    if (there[STRUCTURE_ESTIMATED]) print_estimate(report, out);
    text_schedule(report, out);
    text_add(out, "\n");
}

/* What the pass before the forward carry did (derive/commute.h). */
void text_filters(const Report *report, Text *out) {
    const Derivation *derivation = report->derivation;
    for (int i = 0; i < derivation->filters.count; i++) {
        const Filter *filter = &derivation->filters.at[i];
        if (!derive_uses_filter(derivation, filter)) continue;
        text_add(out, "\n");
        layout_line(&report->page, out, 4, 0, derive_filter_text(filter, report->arena));
    }
}

static void print_group(const Report *report, const Group *group, Text *out) {
    if (!group->lines.count) return;
    Text head = {0};
    for (int i = 0; i < group->params.count; i++)
        text_printf(&head, "%s%s", i ? ", " : "", report->model->params.at[group->params.at[i]]->label);
    if (group->params.count > 1) {
        Text all = {0};
        text_printf(&all, "θ = %s", head.at);
        for (int s = 0, given = 0; s < group->operand.count; s++) {
            if (group->operand.at[s][0] != 'p' || given >= group->given.count) continue;
            text_printf(&all, ";  %s = ", group->operand.at[s]);
            for (int i = 0; i < group->params.count; i++)
                text_printf(&all, "%s%s", i ? ", " : "", group->given.at[given++]);
        }
        text_free(&head);
        head = all;
    }
    text_add(out, "\n");
    layout_line(&report->page, out, 4, 4, head.at);
    text_free(&head);
    print_compact(report, group->lines.at, group->lines.count - 1, 8, out);
    const Line *update = &group->lines.at[group->lines.count - 1];
    layout_equation(&report->page, out, 8, 0, update->left, "+=", update->right);
}

static void print_recursions(const Report *report, Text *out) {
    const bool backward = report->derivation->carry == CARRY_BACKWARD;
    text_heading(out, "3. The recursions");
    print_conventions(report, out);
    if (report->signals.count) {
        layout_line(&report->page, out, 4, 0,
                    backward ? "Adjoints, from the last step to the first" : "Learning signals");
        print_compact(report, report->signals.at, report->signals.count, 8, out);
    }
    if (report->handed.count) {
        text_add(out, "\n    What a step hands to an earlier one\n");
        print_compact(report, report->handed.at, report->handed.count, 8, out);
    }
    text_filters(report, out);
    for (int g = 0; g < report->groups.count; g++) print_group(report, &report->groups.at[g], out);
}

void print_text(const Derivation *derivation, int width, SpellingKind spelling, Text *out) {
    Arena *arena = arena_new();
    Report *report = report_new(arena, derivation);
    report->page = page_of(width);
    report->page.spelling = spelling_new(arena, derivation, spelling);
    print_title(report, out);
    print_network(report, out);
    print_graph(report, out);
    report_recursions(report);
    print_recursions(report, out);
    text_parameters(report, out);
    text_costs(report, out);
    arena_free(arena);
}
