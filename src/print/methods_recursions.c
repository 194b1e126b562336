/* The methods section's middle: the recursions of influences and adjoints, and what is to be known beside
 * them. */
#include "print/methods.h"

#include <string.h>

/* ---- lines of many states ---- */

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
static void add_compact(const Report *report, const Line *lines, int count, bool entries,
                        Equations *equations) {
    const bool many = report->derivation->rule->automaton.states > 4;
    const char **form = arena_alloc(report->arena, sizeof *form * (size_t)(count + 1));
    bool *told = arena_alloc(report->arena, (size_t)count + 1);
    for (int i = 0; i < count; i++) form[i] = relative(report, &lines[i], state_of(&lines[i]));
    for (int i = 0; i < count; i++) {
        if (told[i]) continue;
        vec_push(report->arena, equations, ((Equation){lines[i], "=", entries}));
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
        vec_push(report->arena, equations, ((Equation){{.left = "", .right = more}, "", entries}));
    }
}

static void print_compact(Methods *methods, const Line *lines, int count) {
    Equations equations = {0};
    add_compact(methods->report, lines, count, false, &equations);
    methods->parts->equations(methods, 2, &equations);
}

/* ---- sentences beside the equations ---- */

/* What steps do to the equations, by their place in the sequence. */
void methods_schedule(Methods *methods) {
    const Report *report = methods->report;
    const Derivation *derivation = report->derivation;
    const Timing *timing = &derivation->rule->timing;
    if (timing->sample)
        methods->parts->sentence(
            methods, 1, 0,
            arena_printf(report->arena,
                         "teach is 1 at the step%s drawn from each sequence to teach (%d), 0 at the "
                         "others: its loss is the sum over the drawn.",
                         timing->sample > 1 ? "s" : "", timing->sample));
    if (timing->chunk && derivation->carry == CARRY_FORWARD && derivation->influences.count)
        methods->parts->sentence(
            methods, 1, 0,
            arena_printf(report->arena,
                         "Chunks of %d: at steps 0, %d, %d, … what is carried of earlier steps is 0; "
                         "the states go on.",
                         timing->chunk, timing->chunk, 2 * timing->chunk));
    if (timing->chunk && derivation->carry == CARRY_BACKWARD && derivation->adjoints.count)
        methods->parts->sentence(
            methods, 1, 0,
            arena_printf(report->arena,
                         "Chunks of %d: what steps 0, %d, %d, … and later ones hand to a step before "
                         "them is 0; the states go on.",
                         timing->chunk, timing->chunk, 2 * timing->chunk));
    if (timing->update == UPDATE_ONLINE)
        methods->parts->sentence(
            methods, 1, 0,
            "Parameters change at each step while what is carried goes on; what is said of gradients "
            "is said of parameters that stand still.");
    if (timing->update == UPDATE_EVERY)
        methods->parts->sentence(
            methods, 1, 0,
            arena_printf(report->arena,
                         "Parameters change every %d steps while what is carried goes on; what is "
                         "said of gradients is said of parameters that stand still.",
                         timing->every));
}

/* How estimated influences are held, and what makes the right sides of their recursions so again. */
static void print_estimate(Methods *methods) {
    const Report *report = methods->report;
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
    methods->parts->sentence(methods, 1, 0, says);
}

/* "alpha (ε_v)" for each influence that decays alike at every step: by one number, or by each unit's own. */
static const char *decays_text(const Report *report, bool one_number) {
    const Derivation *derivation = report->derivation;
    Text text = {0};
    for (int i = 0; i < derivation->influences.count; i++) {
        const Influence *influence = &derivation->influences.at[i];
        if (!influence->decay) continue;
        const bool alike = forward_unitless(report->model->exprs, influence->decay) != NULL;
        const char *of = report_symbol(report, structure_symbol[influence->structure], influence->root->label,
                                       influence->state);
        const char *line = arena_printf(report->arena, "%s (%s)", report_expr(report, influence->decay), of);
        if (alike != one_number || (text.at && strstr(text.at, line))) continue;
        text_printf(&text, "%s%s", text.length ? ", " : "", line);
    }
    return report_take(report, &text);
}

void methods_decays(Methods *methods) {
    for (int one_number = 1; one_number >= 0; one_number--) {
        const char *decays = decays_text(methods->report, one_number);
        if (!*decays) continue;
        const char *what = one_number ? "one number for every unit" : "each unit's own";
        methods->parts->sentence(
            methods, 1, 0, arena_printf(methods->report->arena, "Constant decays, %s: %s.", what, decays));
    }
}

static void print_conventions(Methods *methods) {
    const Report *report = methods->report;
    bool there[STRUCTURE_COUNT] = {false};
    for (int i = 0; i < report->derivation->influences.count; i++)
        there[report->derivation->influences.at[i].structure] = true;
    methods->parts->sentence(
        methods, 1, 0,
        "For entry (j, i) of a parameter: what it multiplies (p) stands at column i, every other "
        "vector at unit j.");
    if (there[STRUCTURE_PRESYNAPTIC])
        methods->parts->sentence(
            methods, 1, 0,
            "π is a presynaptic trace: one number for each column i, the same for every unit j.");
    if (there[STRUCTURE_UNIT])
        methods->parts->sentence(methods, 1, 0,
                                 "ε is unit-local: one number for each entry (j, i), felt by unit j alone.");
    if (there[STRUCTURE_MASKED])
        methods->parts->sentence(
            methods, 1, 0,
            "J is sparse: one number for each unit k and entry (j, i) that patterns (and the rule's "
            "mask, if any) leave together; elsewhere it is 0.");
    if (report->derivation->program->early)
        methods->parts->sentence(
            methods, 1, 0,
            "diagonal_A is the diagonal of A; round_A_B has A_ji B_ij at (j, i), the way there and back.");
    if (there[STRUCTURE_DENSE])
        methods->parts->sentence(
            methods, 1, 0,
            "J is dense: one number for each unit k and entry (j, i); vectors beside J stand at unit "
            "k, matrices "
            "act on k; what is no J enters at k = j.");
    if (there[STRUCTURE_ESTIMATED]) print_estimate(methods);
    methods_decays(methods);
    methods_schedule(methods);
    methods->parts->gap(methods);
}

/* What the pass before the forward carry did (derive/commute.h). */
void methods_filters(Methods *methods) {
    const Report *report = methods->report;
    const Derivation *derivation = report->derivation;
    for (int i = 0; i < derivation->filters.count; i++) {
        const Filter *filter = &derivation->filters.at[i];
        if (!derive_uses_filter(derivation, filter)) continue;
        methods->parts->gap(methods);
        methods->parts->sentence(methods, 1, 0, derive_filter_text(filter, report->arena));
    }
}

/* What the pass before every carry of influences did (derive/eliminate.h). */
void methods_slopes(Methods *methods) {
    const Report *report = methods->report;
    for (int i = 0; i < report->derivation->slopes.count; i++) {
        const char *text = derive_slopes_text(report->derivation, i, report->arena);
        if (!text) continue;
        methods->parts->gap(methods);
        methods->parts->sentence(methods, 1, 0, text);
    }
}

/* ---- all of it ---- */

static void print_group(Methods *methods, const Group *group) {
    const Report *report = methods->report;
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
    methods->parts->gap(methods);
    methods->parts->symbols(methods, head.at);
    text_free(&head);
    Equations equations = {0};
    add_compact(report, group->lines.at, group->lines.count - 1, true, &equations);
    vec_push(report->arena, &equations, ((Equation){group->lines.at[group->lines.count - 1], "+=", true}));
    methods->parts->equations(methods, 2, &equations);
}

static bool has_structure(const Derivation *derivation, Structure structure) {
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].structure == structure) return true;
    return false;
}

void methods_blocks(Methods *methods) {
    const Report *report = methods->report;
    const int block = report->derivation->program->block;
    if (!block || !report->derivation->influences.count) return;
    methods->parts->gap(methods);
    methods->parts->subheading(methods, "What influences come to over a block");
    print_compact(methods, report->seeds.at, report->seeds.count);
    if (has_structure(report->derivation, STRUCTURE_UNIT))
        methods->parts->sentence(
            methods, 1, 0,
            arena_printf(
                report->arena,
                "ε is the influence at the last border, up to %d steps ago. Back from a block's end φ "
                "begins with 0 and μ, of the variable in its parentheses, with last = 1 there. At its "
                "first step, with φ and μ what is handed across it: dE/dθ += φ ε beside the sum over the "
                "block's steps below, and ε becomes μ ε + Σ μ g p, g the derivative by what the "
                "parameter's use gives.",
                block));
    if (has_structure(report->derivation, STRUCTURE_DENSE))
        methods->parts->sentence(methods, 1, 0,
                                 "J is an influence at the last border that units share. What its seed hands "
                                 "back is a matrix M for each "
                                 "variable, the product of the edges' Jacobians in the table above from 1 at "
                                 "the block's last step: "
                                 "dE/dθ += φ J, and J becomes M J + Σ M g p.");
}

void methods_recursions(Methods *methods) {
    const Report *report = methods->report;
    const bool backward = report->derivation->carry == CARRY_BACKWARD;
    methods->parts->heading(methods, "3. The recursions");
    print_conventions(methods);
    if (report->slopes.count) {
        methods->parts->subheading(methods, "Slopes, kept for later steps");
        print_compact(methods, report->slopes.at, report->slopes.count);
        methods->parts->gap(methods);
    }
    if (report->signals.count) {
        methods->parts->subheading(methods, backward ? "Adjoints, from the last step to the first"
                                                     : "Learning signals");
        print_compact(methods, report->signals.at, report->signals.count);
    }
    if (report->handed.count) {
        methods->parts->gap(methods);
        methods->parts->subheading(methods, "What a step hands to an earlier one");
        print_compact(methods, report->handed.at, report->handed.count);
    }
    methods_blocks(methods);
    methods_filters(methods);
    methods_slopes(methods);
    for (int g = 0; g < report->groups.count; g++) print_group(methods, &report->groups.at[g]);
}
