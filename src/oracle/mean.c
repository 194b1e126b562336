#include "oracle/mean.h"

#include "model/pattern.h"

typedef struct Range {
    long from, to;
} Range;

static bool is_of(const Population *population, int layer, const Dim *units) {
    return population->layer == layer && population->dim == units;
}

/* The population that the unit is in: the layer's own, else of the first layer that divides these units;
 * false where none does. */
static bool find_population(const Model *model, int layer, const Dim *units, int unit, Range *range) {
    bool own = false;
    int first = -2;
    for (int i = 0; i < model->populations.count; i++) {
        own = own || is_of(&model->populations.at[i], layer, units);
        if (first == -2 && model->populations.at[i].dim == units) first = model->populations.at[i].layer;
    }
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        if (!is_of(population, own ? layer : first, units)) continue;
        *range = (Range){dim_share(units, population->from), dim_share(units, population->to)};
        if (unit >= range->from && unit < range->to) return true;
    }
    *range = (Range){0, dim_size(units)};
    return false;
}

double mean_entry(const Unrolled *unrolled, const Expr *product, int row, int column) {
    const Var *matrix = product->var;
    Range rows, columns;
    double sum = 0;
    long count = 0;
    find_population(unrolled->model, matrix->layer, matrix->rows, row, &rows);
    if (!find_population(unrolled->model, matrix->layer, matrix->cols, column, &columns))
        find_population(unrolled->model, matrix->layer, product->kid[0]->dim, column, &columns);
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

double mean_slope(Unrolled *unrolled, const Expr *from, const Expr *top, int unit, int layer, int step) {
    Range units;
    double sum = 0;
    find_population(unrolled->model, layer, top->dim, unit, &units);
    for (long u = units.from; u < units.to; u++)
        sum += unroll_stretch_slope(unrolled, from, top, (int)u, step);
    return sum / (double)(units.to - units.from);
}
