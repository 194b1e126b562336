/* A model run forward in double by the reference interpreter: what tests and oracles compare with.
 *
 * Each root keeps as many past values as its largest lag asks for, in a ring; time before the start is the
 * root's initial value, for inputs 0. */
#include "model/model.h"
#include <string.h>

typedef struct Run {
    const Model *model;
    const double *const *params;
    const Sequence *sequence;
    int step;
    double **ring;    /* by root: [max_lag + 1][rows] */
    double **initial; /* by root: [rows] */
    double **nothing; /* by input: [rows] zeros */
} Run;

static size_t size_of(const Var *var) { return (size_t)dim_size(var->rows); }

static double *ring_at(const Run *run, const Var *root, int step) {
    return run->ring[root->index] + (size_t)(step % (root->max_lag + 1)) * size_of(root);
}

static const double *read_leaf(void *context, const Var *var, int lag) {
    const Run *run = context;
    const int step = run->step - lag;
    if (var->kind == VAR_PARAM) return run->params[var->index];
    if (var->kind == VAR_INPUT) {
        if (step < 0) return run->nothing[var->index];
        return run->sequence->inputs[var->index] + (size_t)step * size_of(var);
    }
    return step < 0 ? run->initial[var->index] : ring_at(run, var, step);
}

static double **arrays(Arena *arena, int count) {
    return arena_alloc(arena, (size_t)count * sizeof(double *));
}

static double *zeros(Arena *arena, size_t count) { return arena_alloc(arena, count * sizeof(double)); }

static double *initial_value(Arena *arena, const Var *root) {
    double *value = zeros(arena, size_of(root));
    if (root->init == INIT_NUMBER)
        for (size_t i = 0; i < size_of(root); i++) value[i] = root->init_number;
    return value;
}

static Run run_new(Arena *arena, const Model *model, const double *const *params, const Sequence *sequence) {
    Run run = {.model = model, .params = params, .sequence = sequence};
    run.ring = arrays(arena, model->roots.count);
    run.initial = arrays(arena, model->roots.count);
    run.nothing = arrays(arena, model->inputs.count);
    for (int r = 0; r < model->roots.count; r++) {
        const Var *root = model->roots.at[r];
        run.ring[r] = zeros(arena, size_of(root) * (size_t)(root->max_lag + 1));
        run.initial[r] = initial_value(arena, root);
    }
    for (int i = 0; i < model->inputs.count; i++) run.nothing[i] = zeros(arena, size_of(model->inputs.at[i]));
    return run;
}

/* A definition that simplified to a constant is a scalar where the variable is a vector. */
static void store(const Expr *from, const double *value, size_t size, double *to) {
    for (size_t i = 0; i < size; i++) to[i] = value[from->dim ? i : 0];
}

static void run_step(Run *run, Evaluator *evaluator, double *const *states) {
    evaluator_clear(evaluator);
    for (int r = 0; r < run->model->roots.count; r++) {
        const Var *root = run->model->roots.at[r];
        double *now = ring_at(run, root, run->step);
        store(root->definition, evaluate(evaluator, root->definition), size_of(root), now);
        if (!states || !states[r]) continue;
        memcpy(states[r] + (size_t)run->step * size_of(root), now, size_of(root) * sizeof *now);
    }
}

double model_simulate(const Model *model, const double *const *params, const Sequence *sequence,
                      double *const *states, double *y) {
    Arena *arena = arena_new();
    Run run = run_new(arena, model, params, sequence);
    Evaluator *evaluator = evaluator_new(model->exprs, read_leaf, &run);
    double loss = 0;
    for (run.step = 0; run.step < sequence->steps; run.step++) {
        run_step(&run, evaluator, states);
        if (model->loss) loss += *ring_at(&run, model->loss, run.step);
        if (!y || !model->readout) continue;
        const size_t size = (size_t)dim_size(model->readout->dim);
        memcpy(y + (size_t)run.step * size, evaluate(evaluator, model->readout), size * sizeof *y);
    }
    evaluator_free(evaluator);
    arena_free(arena);
    return loss;
}
