/* Builds, fills with numbers. */
#include "spec_model.h"

#include "model/pattern.h"
#include "syntax/parse.h"

#include <stdlib.h>
#include <math.h>
#include <string.h>

long spec_entries(const Var *var) { return dim_size(var->rows) * dim_size(var->cols); }

static void fill_params(SpecModel *spec, Random *random) {
    const Model *model = spec->model;
    spec->params = spec_gradients(spec);
    for (int p = 0; p < model->params.count; p++) {
        const Var *var = model->params.at[p];
        long cols = dim_size(var->cols);
        const Pattern *pattern = pattern_of(var, spec->arena);
        for (long i = 0; i < spec_entries(var); i++) {
            double value = random_uniform(random) - 0.5;
            bool barred = var->cols && !pattern_has(pattern, var, i / cols, i % cols);
            spec->params[p][i] = barred ? 0 : value;
        }
    }
}

static void fill_inputs(SpecModel *spec, Random *random) {
    const Model *model = spec->model;
    spec->inputs = arena_alloc(spec->arena, ((size_t)model->inputs.count + 1) * sizeof *spec->inputs);
    for (int i = 0; i < model->inputs.count; i++) {
        const Var *var = model->inputs.at[i];
        int rows = (int)dim_size(var->rows), steps = spec->sequence.steps;
        double *at = arena_alloc(spec->arena, (size_t)(rows * steps) * sizeof *at);
        bool one_hot = var == model->target && model->target_is_class;
        for (int k = 0; !one_hot && k < rows * steps; k++) at[k] = 2 * random_uniform(random) - 1;
        for (int t = 0; one_hot && t < steps; t++) at[t * rows + random_below(random, rows)] = 1;
        spec->inputs[i] = at;
    }
    spec->sequence.inputs = (const double *const *)spec->inputs;
}

SpecModel spec_model(const char *text, int steps, uint64_t seed) {
    SpecModel spec = {.arena = arena_new(), .sequence = {.steps = steps}};
    Random random;
    random_seed(&random, seed);
    Diagnostics *diagnostics = diagnostics_new(spec.arena);
    Source *source = source_from_text(spec.arena, "random.eligo", text, strlen(text));
    Package *package = package_from_source(spec.arena, source, "library", diagnostics);
    ModelOptions options = {0};
    if (package && diagnostics->errors == 0)
        spec.model = model_build(spec.arena, package, &options, diagnostics);
    if (diagnostics->errors > 0) spec.model = NULL;
    diagnostics_print(diagnostics, false, &spec.messages);
    if (!spec.model) return spec;
    fill_params(&spec, &random);
    fill_inputs(&spec, &random);
    return spec;
}

void spec_model_free(SpecModel *spec) {
    text_free(&spec->messages);
    arena_free(spec->arena);
}

AstPath *spec_path(SpecModel *spec, const char *text) {
    Diagnostics *diagnostics = diagnostics_new(spec->arena);
    Source *source = source_from_text(spec->arena, "path", text, strlen(text));
    AstPath *path = syntax_parse_path(spec->arena, source, diagnostics);
    return diagnostics->errors > 0 ? NULL : path;
}

double **spec_gradients(SpecModel *spec) {
    int count = spec->model->params.count;
    double **grad = arena_alloc(spec->arena, ((size_t)count + 1) * sizeof *grad);
    for (int p = 0; p < count; p++)
        grad[p] = arena_alloc(spec->arena, (size_t)spec_entries(spec->model->params.at[p]) * sizeof **grad);
    return grad;
}

double spec_distance(const SpecModel *spec, double **a, double **b) {
    double largest = 0;
    for (int p = 0; p < spec->model->params.count; p++)
        for (long i = 0; i < spec_entries(spec->model->params.at[p]); i++)
            largest = fmax(largest, fabs(a[p][i] - (b ? b[p][i] : 0)));
    return largest;
}

void spec_set_inputs(const SpecModel *spec, EligoLearner *learner, int t) {
    const Model *model = spec->model;
    int given = 0;
    for (int i = 0; i < model->inputs.count; i++) {
        const Var *var = model->inputs.at[i];
        const double *now = spec->inputs[i] + t * dim_size(var->rows);
        if (var == model->target)
            eligo_learner_set_target(learner, now);
        else if (var != model->when)
            eligo_learner_set_input(learner, given++, now);
    }
}

void spec_run(const SpecModel *spec, EligoLearner *learner) {
    for (int p = 0; p < spec->model->params.count; p++) eligo_learner_set_param(learner, p, spec->params[p]);
    eligo_learner_clear_gradients(learner);
    eligo_learner_start(learner, spec->sequence.steps);
    for (int t = 0; t < spec->sequence.steps; t++) {
        spec_set_inputs(spec, learner, t);
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}
