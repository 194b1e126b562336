/* Matrices that stand for parameters, and averages over populations. */
#include "derive/viewing.h"

#include "model/pattern.h"

#include <string.h>

/* ---- units ---- */

bool units_have(Units units, const Population *population) {
    return units.dim && population->layer == units.layer && population->dim == units.dim;
}

bool units_are_divided(const Model *model, Units units) {
    for (int i = 0; i < model->populations.count; i++)
        if (units_have(units, &model->populations.at[i])) return true;
    return false;
}

/* The first state or output in `e` with so many units. */
static const Var *source_in(const Expr *e, const Dim *dim) {
    const bool named = e->op == EXPR_USE && (e->var->kind == VAR_STATE || e->var->kind == VAR_OUTPUT);
    if (named && dim_equal(e->var->rows, dim)) return e->var;
    const Var *found = NULL;
    for (int i = 0; i < e->kids && !found; i++) found = source_in(e->kid[i], dim);
    return found;
}

/* What a matrix is applied to: units of its own layer, or those of the variable that it reads. */
static Units columns_of(const Model *model, const Var *matrix, const Expr *read) {
    const Units own = {matrix->layer, matrix->cols};
    if (units_are_divided(model, own)) return own;
    const Var *source = source_in(read, matrix->cols);
    return source ? (Units){source->layer, source->rows} : own;
}

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
    const Units rows = {matrix->layer, matrix->rows}, columns = columns_of(v->model, matrix, station->kid[0]);
    vec_push(v->arena, &v->view->stands, ((Stand){kind, var, matrix, rows, columns}));
    return var;
}

/* ---- averages ---- */

/* Over the units where `within` is 1; over all when it is NULL, or 1 for all. */
static const Expr *average(Exprs *exprs, const Expr *e, const Expr *within) {
    if (!within || !within->dim) return expr_div(exprs, expr_sum(exprs, e), expr_size(exprs, e->dim));
    return expr_div(exprs, expr_sum(exprs, expr_mul(exprs, e, within)), expr_sum(exprs, within));
}

static Units units_of(const Way *way, const Expr *e) {
    if (dim_equal(e->dim, way->to->rows)) return (Units){way->to->layer, way->to->rows};
    if (dim_equal(e->dim, way->from->rows)) return (Units){way->from->layer, way->from->rows};
    return (Units){-1, NULL};
}

const Expr *stand_mean_of(const Viewing *v, const Expr *e, const Way *way) {
    const Model *model = v->model;
    if (!e->dim) return e;
    const Units units = units_of(way, e);
    if (!units_are_divided(model, units))
        return expr_broadcast(model->exprs, average(model->exprs, e, NULL), e->dim);
    const Expr *sum = NULL;
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        if (!units_have(units, population)) continue;
        if (dim_share(e->dim, population->from) == dim_share(e->dim, population->to)) continue;
        const Expr *mean = expr_broadcast(model->exprs, average(model->exprs, e, population->value), e->dim);
        const Expr *own = expr_mul(model->exprs, population->value, mean);
        sum = sum ? expr_add(model->exprs, sum, own) : own;
    }
    return sum;
}
