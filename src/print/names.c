/* Names of expressions: what a reader knows a value by. */
#include "print/report.h"

#include <string.h>

const char *report_take(const Report *report, Text *text) {
    const char *kept = arena_string(report->arena, text->at ? text->at : "");
    text_free(text);
    return kept;
}

static const char *name_of(void *context, const Expr *e) {
    const Report *report = context;
    return e->id < report->expressions ? report->name[e->id] : NULL;
}

static void set_name(Report *report, const Expr *e, const char *name) {
    if (report->name[e->id]) return;
    report->name[e->id] = name;
    vec_push(report->arena, &report->taken, name);
}

/* Seeds' adjoints: μ_c^h is what comes of c's influence for h's. The 1 at the block's last step is written
 * so. */
static void name_seeds(Report *report) {
    const Derivation *derivation = report->derivation;
    const Model *model = report->model;
    for (int i = 0; i < derivation->delays.count; i++)
        set_name(report, expr_use(model->exprs, derivation->delays.at[i], 1, 0),
                 i ? arena_printf(report->arena, "last(%d)", i) : "last");
    for (int i = 0; i < derivation->seeds.count; i++) {
        const SeedAdjoint *seed = &derivation->seeds.at[i];
        set_name(report, expr_use(model->exprs, seed->var, seed->lag, 0),
                 arena_printf(report->arena, "%s[t+%d]", report_seed_symbol(report, seed), seed->lag));
    }
}

void report_name_model(Report *report) {
    const Model *model = report->model;
    const Derivation *derivation = report->derivation;
    for (int i = 0; i < derivation->adjoints.count; i++)
        expr_use(model->exprs, derivation->adjoints.at[i].var, derivation->adjoints.at[i].lag, 0);
    for (int i = 0; i < derivation->delays.count; i++) expr_use(model->exprs, derivation->delays.at[i], 1, 0);
    for (int i = 0; i < derivation->seeds.count; i++)
        expr_use(model->exprs, derivation->seeds.at[i].var, derivation->seeds.at[i].lag, 0);
    report->expressions = exprs_count(model->exprs);
    report->name = arena_alloc(report->arena, sizeof *report->name * (size_t)(report->expressions + 1));
    report->seen = arena_alloc(report->arena, sizeof *report->seen * (size_t)(report->expressions + 1));
    report->naming = (Naming){name_of, report};
    name_seeds(report);
    for (int i = 0; i < model->locals.count; i++)
        set_name(report, model->locals.at[i].value, model->locals.at[i].label);
    for (int i = 0; i < model->roots.count; i++) {
        const Var *root = model->roots.at[i];
        if (root != model->loss && !expr_is_leaf(root->definition))
            set_name(report, root->definition, root->label);
    }
    for (int i = 0; i < derivation->adjoints.count; i++) {
        const Adjoint *adjoint = &derivation->adjoints.at[i];
        const char *lags = adjoint->lag > 1 ? arena_printf(report->arena, "(%d)", adjoint->lag) : "";
        const char *symbol = report_symbol(report, "φ", adjoint->root->label, adjoint->state);
        set_name(report, expr_use(model->exprs, adjoint->var, adjoint->lag, 0),
                 arena_printf(report->arena, "%s%s[t+%d]", symbol, lags, adjoint->lag));
    }
}

void report_name_slopes(Report *report) {
    const Slopes *slopes = &report->derivation->slopes;
    for (int i = 0; i < slopes->count; i++) {
        const char *label = slopes->at[i].var->label;
        const Expr *e = slopes->at[i].var->definition;
        const Line line = {.left = label, .right = report_equation(report, e, label), .value = e};
        vec_push(report->arena, &report->slopes, line);
        if (!expr_is_leaf(e)) set_name(report, e, label);
    }
}

const char *report_seed_symbol(const Report *report, const SeedAdjoint *seed) {
    const char *symbol = report_symbol(report, "μ", seed->root->label, seed->state);
    const char *end = seed->end->label;
    const char *states =
        report->derivation->automaton->states > 1
            ? arena_printf(report->arena, " %s", report->derivation->automaton->label[seed->end_state])
            : "";
    const char *delay = seed->delay ? arena_printf(report->arena, ", %d before", seed->delay) : "";
    const char *lag = seed->lag > 1 ? arena_printf(report->arena, "(%d)", seed->lag) : "";
    return arena_printf(report->arena, "%s%s(%s%s%s)", symbol, lag, end, states, delay);
}

const char *report_symbol(const Report *report, const char *prefix, const char *label, int state) {
    const Automaton *automaton = report->derivation->automaton;
    if (automaton->states <= 1) return arena_printf(report->arena, "%s_%s", prefix, label);
    return arena_printf(report->arena, "%s_%s^%s", prefix, label, automaton->label[state]);
}

static bool is_taken(const Report *report, const char *name) {
    for (int i = 0; i < report->taken.count; i++)
        if (strcmp(report->taken.at[i], name) == 0) return true;
    return false;
}

bool report_claim(Report *report, const Expr *e, const char *prefix, const char *label, int state,
                  const Var *param, Line *line) {
    if (expr_is_leaf(e) || report->name[e->id]) return false;
    Text right = {0};
    expr_print(e, name_of, report, &right);
    const char *name = arena_printf(report->arena, "%s_%s", prefix, label);
    if (strcmp(prefix, "λ") == 0 || is_taken(report, name))
        name = report_symbol(report, prefix, label, state);
    if (is_taken(report, name)) name = arena_printf(report->arena, "%s(%s)", name, param->label);
    for (int n = 2; is_taken(report, name); n++)
        name = arena_printf(report->arena, "%s_%s(%s, %d)", prefix, label, param->label, n);
    set_name(report, e, name);
    *line = (Line){.left = name, .right = report_take(report, &right), .value = e};
    return true;
}

const char *report_expr(const Report *report, const Expr *e) {
    const char *name = report->name[e->id];
    return name ? name : report_equation(report, e, NULL);
}

/* The right side of an equation: written out, unless the value has a name other than the left side. */
const char *report_equation(const Report *report, const Expr *definition, const char *self) {
    const char *name = report->name[definition->id];
    if (self && name && strcmp(name, self) != 0) return name;
    Text text = {0};
    expr_print(definition, report->naming.name, report->naming.context, &text);
    return report_take(report, &text);
}

/* ---- where a node stands ---- */

/* Whether `node` is an element-wise part of `e`, along a path that avoids `barrier`. */
static bool contains(const Report *report, const Expr *e, const Expr *node, const Expr *barrier) {
    if (e == barrier) return false;
    if (e == node) return true;
    if (!expr_is_elementwise(e) || e->id < node->id || report->seen[e->id] == report->marks) return false;
    report->seen[e->id] = report->marks;
    for (int i = 0; i < expr_operands(e); i++)
        if (contains(report, expr_operand(e, i), node, barrier)) return true;
    return false;
}

static bool is_part(Report *report, const Expr *e, const Expr *node, const Expr *barrier) {
    report->marks++;
    return contains(report, e, node, barrier);
}

const char *report_between(Report *report, const Expr *region, const Expr *node) {
    for (int i = 0; i < report->model->locals.count; i++) {
        const Local *local = &report->model->locals.at[i];
        if (local->value == node || !is_part(report, local->value, node, NULL)) continue;
        if (!is_part(report, region, local->value, NULL)) continue;
        if (!is_part(report, region, node, local->value)) return local->label;
    }
    return NULL;
}

const char *report_place_of(Report *report, const Expr *node) {
    for (int i = 0; i < report->model->locals.count; i++)
        if (is_part(report, report->model->locals.at[i].value, node, NULL))
            return report->model->locals.at[i].label;
    for (int i = 0; i < report->model->roots.count; i++)
        if (is_part(report, report->model->roots.at[i]->definition, node, NULL))
            return report->model->roots.at[i]->label;
    return node->var ? node->var->label : "θ";
}
