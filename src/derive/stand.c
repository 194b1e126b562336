/* Matrices that stand for parameters, and averages over populations. */
#include "derive/viewing.h"

#include "model/pattern.h"

#include <string.h>

/* ---- matrices ---- */

static const char *label_of(Arena *arena, StandKind kind, const Var *matrix) {
    switch (kind) {
    case STAND_SIGN: return arena_printf(arena, "sign(%s)", matrix->label);
    case STAND_MEAN: return arena_printf(arena, "mean(%s)", matrix->label);
    default: return arena_printf(arena, "B_%s", matrix->label);
    }
}

static bool same_kind(StandKind a, StandKind b) {
    return a == b || (a <= STAND_FOLLOWS && b <= STAND_FOLLOWS); /* one feedback matrix for each */
}

const Var *stand_for(Viewing *v, const Expr *station, StandKind kind) {
    const Var *matrix = station->var;
    if (kind == STAND_RANDOM && v->rule->signal == SIGNAL_ADAPTIVE && matrix->layer < 0) kind = STAND_FOLLOWS;
    for (int i = 0; i < v->view->stands.count; i++) {
        const Stand *stand = &v->view->stands.at[i];
        if (stand->matrix == matrix && same_kind(stand->kind, kind)) return stand->var;
    }
    Var *var = arena_new_of(v->arena, Var);
    *var = *matrix; /* its shape, its entries, and how it is drawn */
    var->kind = VAR_VALUE;
    var->index = v->view->stands.count;
    var->name = var->label = label_of(v->arena, kind, matrix);
    var->sparse_given = pattern_of(matrix, v->arena);
    var->init = INIT_DEFAULT;
    const Dim *units = station->kid[0]->dim;
    vec_push(v->arena, &v->view->stands, ((Stand){kind, var, matrix, units}));
    return var;
}

/* ---- averages ---- */

int stand_owner(const Model *model, int layer, const Dim *units) {
    int found = NO_LAYER;
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        if (population->dim != units) continue;
        if (population->layer == layer) return layer;
        if (found == NO_LAYER) found = population->layer;
    }
    return found;
}

/* Over the units where `within` is 1; over all when it is NULL, or 1 for all. */
static const Expr *average(Exprs *exprs, const Expr *e, const Expr *within) {
    if (!within || !within->dim) return expr_div(exprs, expr_sum(exprs, e), expr_size(exprs, e->dim));
    return expr_div(exprs, expr_sum(exprs, expr_mul(exprs, e, within)), expr_sum(exprs, within));
}

const Expr *stand_mean_of(const Viewing *v, const Expr *e, int layer) {
    const Model *model = v->model;
    if (!e->dim) return e;
    const int owner = stand_owner(model, layer, e->dim);
    if (owner == NO_LAYER) return expr_broadcast(model->exprs, average(model->exprs, e, NULL), e->dim);
    const Expr *sum = NULL;
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        if (population->dim != e->dim || population->layer != owner) continue;
        if (dim_share(e->dim, population->from) == dim_share(e->dim, population->to)) continue;
        const Expr *mean = expr_broadcast(model->exprs, average(model->exprs, e, population->value), e->dim);
        const Expr *own = expr_mul(model->exprs, population->value, mean);
        sum = sum ? expr_add(model->exprs, sum, own) : own;
    }
    return sum;
}
