/* Ridders' method (Advances in Engineering Software, 1982): central differences at shrinking steps,
 * extrapolated by Neville's scheme in h², and the entry of the table that agrees best with its neighbours
 * taken. */
#include "oracle/difference.h"

#include "oracle/unroll.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 12 };

const char *oracle_not_differentiable(Arena *arena, const Model *model) {
    Nodes nodes = oracle_nodes(arena, model);
    for (int i = nodes.count - 1; i >= 0; i--) { /* a function before the step() that its value may use */
        const Expr *e = nodes.at[i];
        if (e->op == EXPR_FUNCTION)
            return arena_printf(arena, "%s has a derivative of its own", e->name ? e->name : "a function");
        if (e->op == EXPR_STOP) return "stop() cuts a part of the gradient";
        if (e->op == EXPR_STEP) return "step() jumps, its derivative does not say so";
        if (e->op == EXPR_SIGN) return "sign() jumps, its derivative does not say so";
    }
    return NULL;
}

typedef struct Line { /* the loss along one parameter entry */
    const Model *model;
    const Sequence *sequence;
    const double **params;
    double *moved; /* the parameter that holds the entry, a copy */
    long entry;
    double centre;
} Line;

static double loss_at(const Line *line, double offset) {
    line->moved[line->entry] = line->centre + offset;
    return model_simulate(line->model, line->params, line->sequence, NULL, NULL);
}

static double extrapolated(const Line *line, double *error) {
    const double shrink = 1.6;
    double table[LEVELS][LEVELS], best = 0, h = 0.1;
    *error = INFINITY;
    for (int i = 0; i < LEVELS; i++, h /= shrink) {
        table[i][0] = (loss_at(line, h) - loss_at(line, -h)) / (2 * h);
        double factor = shrink * shrink;
        for (int j = 1; j <= i; j++, factor *= shrink * shrink) {
            table[i][j] = (table[i][j - 1] * factor - table[i - 1][j - 1]) / (factor - 1);
            double off = fmax(fabs(table[i][j] - table[i][j - 1]), fabs(table[i][j] - table[i - 1][j - 1]));
            if (off >= *error) continue;
            *error = off;
            best = table[i][j];
        }
    }
    return best;
}

double oracle_difference(const Model *model, const double *const *params, const Sequence *sequence, int p,
                         long entry, double *error) {
    const Var *param = model->params.at[p];
    Arena *arena = arena_new();
    size_t size = (size_t)(dim_size(param->rows) * dim_size(param->cols)),
           count = (size_t)model->params.count;
    Line line = {.model = model, .sequence = sequence, .entry = entry, .centre = params[p][entry]};
    line.params = arena_alloc(arena, count * sizeof *line.params);
    line.moved = arena_alloc(arena, size * sizeof *line.moved);
    memcpy(line.params, params, count * sizeof *line.params);
    memcpy(line.moved, params[p], size * sizeof *line.moved);
    line.params[p] = line.moved;
    double off, slope = extrapolated(&line, &off);
    if (error) *error = off;
    arena_free(arena);
    return slope;
}
