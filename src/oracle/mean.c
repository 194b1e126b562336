#include "oracle/mean.h"

#include "model/pattern.h"

typedef struct Range {
    long from, to;
} Range;

static bool is_of(const Population *population, int layer, const Dim *units) {
    return population->layer == layer && population->dim == units;
}

/* The population of the layer's units that this unit is in; all of them where there is none. */
static Range population_of(const Model *model, int layer, const Dim *units, int unit) {
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        const Range range = {dim_share(units, population->from), dim_share(units, population->to)};
        if (is_of(population, layer, units) && unit >= range.from && unit < range.to) return range;
    }
    return (Range){0, dim_size(units)};
}

static bool has_populations(const Model *model, int layer, const Dim *units) {
    for (int i = 0; i < model->populations.count; i++)
        if (is_of(&model->populations.at[i], layer, units)) return true;
    return false;
}

/* The variable that a product reads, by looking through its operand: the first with as many units as the
 * matrix has columns. */
static const Var *read_by(const Expr *e, long columns) {
    if (e->op == EXPR_USE && e->var->kind != VAR_PARAM && e->var->kind != VAR_INPUT && e->var->rows &&
        dim_size(e->var->rows) == columns)
        return e->var;
    for (int i = 0; i < e->kids; i++) {
        const Var *found = read_by(e->kid[i], columns);
        if (found) return found;
    }
    return NULL;
}

double mean_entry(const Unrolled *unrolled, const Expr *product, int row, int column) {
    const Var *matrix = product->var;
    double sum = 0;
    long count = 0;
    const Model *model = unrolled->model;
    const Range rows = population_of(model, matrix->layer, matrix->rows, row);
    const Var *source = read_by(product->kid[0], dim_size(matrix->cols));
    Range columns = population_of(model, matrix->layer, matrix->cols, column);
    if (source && !has_populations(model, matrix->layer, matrix->cols))
        columns = population_of(model, source->layer, source->rows, column);
    Arena *scratch = arena_new();
    const Pattern *pattern = pattern_of(matrix, scratch);
    const bool exists = pattern_has(pattern, matrix, row, column);
    for (long j = rows.from; j < rows.to && exists; j++)
        for (long i = columns.from; i < columns.to; i++) {
            if (!pattern_has(pattern, matrix, j, i)) continue;
            sum += unrolled->params[matrix->index][j * dim_size(matrix->cols) + i];
            count++;
        }
    arena_free(scratch);
    return count ? sum / (double)count : 0;
}

double mean_slope(Unrolled *unrolled, const Expr *from, const Expr *top, int unit, const Var *start,
                  const Var *end, int step) {
    const long count = dim_size(top->dim);
    if (!top->dim) return unroll_stretch_slope(unrolled, from, top, unit, step);
    Range units = {0, count};
    if (end->rows && dim_size(end->rows) == count)
        units = population_of(unrolled->model, end->layer, end->rows, unit);
    else if (start->rows && dim_size(start->rows) == count)
        units = population_of(unrolled->model, start->layer, start->rows, unit);
    double sum = 0;
    for (long u = units.from; u < units.to; u++)
        sum += unroll_stretch_slope(unrolled, from, top, (int)u, step);
    return sum / (double)(units.to - units.from);
}
