#include "oracle_rule.h"

#include "base/random.h"
#include "model/pattern.h"
#include "syntax/parse.h"

#include <string.h>

/* A matrix for each parameter, which stands for it where a rule draws one. */
static const double *const *drawn_for(const SpecModel *spec) {
    const Model *model = spec->model;
    const double **drawn = arena_alloc(spec->arena, sizeof *drawn * (size_t)(model->params.count + 1));
    Random random;
    random_seed(&random, 4);
    for (int p = 0; p < model->params.count; p++) {
        const Var *param = model->params.at[p];
        const Pattern *pattern = pattern_of(param, spec->arena);
        double *values = arena_alloc(spec->arena, sizeof *values * (size_t)spec_entries(param));
        for (long k = 0, cols = dim_size(param->cols); k < spec_entries(param); k++)
            values[k] = pattern_has(pattern, param, k / cols, k % cols) ? random_normal(&random) : 0;
        drawn[p] = values;
    }
    return drawn;
}

void oracle_rule_set_drawn(EligoLearner *learner, const EligoDerivation *derivation, const SpecModel *spec) {
    const double *const *drawn = drawn_for(spec);
    for (int i = 0; i < eligo_fixed_count(derivation); i++) {
        const Var *stands_for = model_param(spec->model, eligo_fixed(derivation, i).name + strlen("B_"));
        eligo_learner_set_fixed(learner, i, drawn[stands_for->index]);
    }
}

static OracleWeight weight_named(const char *name) {
    static const struct {
        const char *name;
        OracleWeight weight;
    } names[] = {{"random", ORACLE_RANDOM},       {"sign", ORACLE_SIGN},       {"mean", ORACLE_MEAN},
                 {"sign_symmetric", ORACLE_SIGN}, {"adaptive", ORACLE_RANDOM}, {"local", ORACLE_OWN}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0) return names[i].weight;
    return ORACLE_VALUE;
}

static OracleReplace replace_of(SpecModel *spec, const AstClause *clause, Diagnostics *diagnostics) {
    OracleReplace replace = {.selector = clause->selector, .kind = ORACLE_VALUE};
    const AstExpr *value = clause->value;
    if (value->kind == AST_NAME) replace.kind = weight_named(value->name.name);
    if (clause->side.name)
        replace.side = strcmp(clause->side.name, "signal") == 0 ? ORACLE_SIGNAL : ORACLE_ELIGIBILITY;
    if (replace.kind != ORACLE_VALUE) return replace;
    if (value->kind == AST_CALL && strcmp(value->name.name, "diag") == 0) value = value->arguments.at[0];
    const Expr **by_layer = arena_alloc(spec->arena, 3 * sizeof *by_layer);
    by_layer[1] = by_layer[2] = model_expression(spec->model, 0, value, NULL, 0, diagnostics);
    /* in the readout, where it says something there */
    by_layer[0] = model_expression(spec->model, -1, value, NULL, 0, diagnostics_new(spec->arena));
    replace.value = by_layer;
    return replace;
}

OracleRule *oracle_rule(SpecModel *spec, const char *text) {
    Diagnostics *diagnostics = diagnostics_new(spec->arena);
    const AstRule *ast = syntax_parse_inline(spec->arena, "--keep", text, diagnostics);
    if (!ast) return NULL;
    OracleRule *rule = arena_new_of(spec->arena, OracleRule);
    OracleReplace *replaces = arena_alloc(spec->arena, sizeof *replaces * (size_t)(ast->clauses.count + 1));
    *rule = (OracleRule){.keep = ast->keep, .replaces = replaces, .drawn = drawn_for(spec)};
    for (int i = 0; i < ast->clauses.count; i++) {
        const AstClause *clause = ast->clauses.at[i];
        if (strcmp(clause->axis, "decay") == 0) rule->decay = clause->value->number;
        if (strcmp(clause->axis, "replace") == 0)
            replaces[rule->replace_count++] = replace_of(spec, clause, diagnostics);
        if (strcmp(clause->axis, "signal") != 0) continue;
        rule->within_layers = strcmp(clause->word.name, "local") == 0;
        rule->signal = weight_named(clause->word.name);
    }
    return diagnostics->errors > 0 ? NULL : rule;
}
