/* A learner's values, in and out: parameters, gradients and inputs as doubles or in place, and the initial
 * ones.
 */
#include "eligo_initial.h"
#include "eligo_learner.h"

#include <stdlib.h>
#include <string.h>

/* ---- arrays ---- */

const Buffer *learner_buffer(const EligoLearner *learner, BufferKind kind, int index) {
    for (int i = 0; i < learner->program->buffers.count; i++) {
        const Buffer *buffer = learner->program->buffers.at[i];
        if (buffer->kind == kind && buffer->var && index-- == 0) return buffer;
    }
    return NULL;
}

void learner_read(const EligoLearner *learner, const char *from, long count, long apart, double *values) {
    const float *singles = (const float *)(const void *)from;
    const double *doubles = (const double *)(const void *)from;
    if (learner->real == ELIGO_FLOAT)
        for (long i = 0; i < count; i++) values[i] = (double)singles[i * apart];
    else
        for (long i = 0; i < count; i++) values[i] = doubles[i * apart];
}

void learner_write(const EligoLearner *learner, char *to, long count, long apart, const double *values) {
    float *singles = (float *)(void *)to;
    double *doubles = (double *)(void *)to;
    if (learner->real == ELIGO_FLOAT)
        for (long i = 0; i < count; i++) singles[i * apart] = (float)values[i];
    else
        for (long i = 0; i < count; i++) doubles[i * apart] = values[i];
}

/* Bytes from a buffer's begin to the selected sequence's first value; *lanes: how many values are apart. */
static size_t lane_offset(const EligoLearner *learner, const Buffer *buffer, long *lanes) {
    const bool own = buffer_has_lanes(learner->program, buffer);
    *lanes = own ? dim_size(learner->program->lanes) : 1;
    return own ? (size_t)learner->lane * learner->layout.real : 0;
}

void learner_read_lane(const EligoLearner *learner, const Buffer *buffer, const char *from, double *values) {
    long lanes;
    from += lane_offset(learner, buffer, &lanes);
    learner_read(learner, from, buffer_entries(buffer) / lanes, lanes, values);
}

void learner_write_lane(const EligoLearner *learner, const Buffer *buffer, char *to, const double *values) {
    long lanes;
    to += lane_offset(learner, buffer, &lanes);
    learner_write(learner, to, buffer_entries(buffer) / lanes, lanes, values);
}

void eligo_learner_select(EligoLearner *learner, int lane) { learner->lane = lane; }

char *learner_place(const EligoLearner *learner, const Buffer *buffer) {
    return learner->memory + learner->layout.offset[buffer->index];
}

/* Which entry of the row-major matrix the buffer's k-th one is. */
static long dense_place(const Buffer *buffer, long row, long k) {
    return row * dim_size(buffer->csr->cols) + buffer->csr->pattern->column[k];
}

static void set_values(EligoLearner *learner, const Buffer *buffer, const double *values) {
    learner->stale = true;
    const size_t real = learner->layout.real;
    char *to = learner_place(learner, buffer);
    if (!buffer->csr) {
        learner_write(learner, to, buffer_entries(buffer), 1, values);
        return;
    }
    const Pattern *pattern = buffer->csr->pattern;
    for (long j = 0; j < pattern->rows; j++)
        for (long k = pattern->start[j]; k < pattern->start[j + 1]; k++)
            learner_write(learner, to + (size_t)k * real, 1, 1, values + dense_place(buffer, j, k));
}

void eligo_learner_set_param(EligoLearner *learner, int param, const double *values) {
    set_values(learner, learner_buffer(learner, BUFFER_PARAM, param), values);
}

static void get_values(const EligoLearner *learner, const Buffer *buffer, double *values) {
    const size_t real = learner->layout.real;
    const char *from = learner_place(learner, buffer);
    if (!buffer->csr) {
        learner_read(learner, from, buffer_entries(buffer), 1, values);
        return;
    }
    const Pattern *pattern = buffer->csr->pattern;
    memset(values, 0, sizeof *values * (size_t)(pattern->rows * pattern->cols));
    for (long j = 0; j < pattern->rows; j++)
        for (long k = pattern->start[j]; k < pattern->start[j + 1]; k++)
            learner_read(learner, from + (size_t)k * real, 1, 1, values + dense_place(buffer, j, k));
}

void eligo_learner_get_param(const EligoLearner *learner, int param, double *values) {
    get_values(learner, learner_buffer(learner, BUFFER_PARAM, param), values);
}

void eligo_learner_get_gradient(const EligoLearner *learner, int param, double *values) {
    const Buffer *buffer = learner_buffer(learner, BUFFER_GRADIENT, param);
    if (!buffer) { /* learns online */
        const Var *var = learner->program->model->params.at[param];
        memset(values, 0, sizeof *values * (size_t)(dim_size(var->rows) * dim_size(var->cols)));
        return;
    }
    get_values(learner, buffer, values);
}

static const Buffer *fixed_buffer(const EligoLearner *learner, int fixed) {
    for (int i = 0; i < learner->program->buffers.count; i++)
        if (buffer_is_drawn(learner->program->buffers.at[i]) && fixed-- == 0)
            return learner->program->buffers.at[i];
    return NULL;
}

void eligo_learner_set_fixed(EligoLearner *learner, int fixed, const double *values) {
    set_values(learner, fixed_buffer(learner, fixed), values);
}

void eligo_learner_get_fixed(const EligoLearner *learner, int fixed, double *values) {
    get_values(learner, fixed_buffer(learner, fixed), values);
}

void eligo_learner_clip(EligoLearner *learner) {
    const Buffer *buffer;
    learner->stale = true;
    for (int i = 0; (buffer = learner_buffer(learner, BUFFER_PARAM, i)); i++) {
        if (!buffer->var->nonnegative) continue;
        char *at = learner_place(learner, buffer);
        for (long k = 0; k < buffer_entries(buffer); k++, at += learner->layout.real) {
            double value;
            learner_read(learner, at, 1, 1, &value);
            if (value < 0) learner_write(learner, at, 1, 1, &(double){0});
        }
    }
}

size_t eligo_learner_entries(const EligoLearner *learner) {
    size_t entries = 0;
    const Buffer *buffer;
    for (int i = 0; (buffer = learner_buffer(learner, BUFFER_PARAM, i)); i++)
        entries += (size_t)buffer_entries(buffer);
    return entries;
}

void *eligo_learner_params(EligoLearner *learner) {
    const Buffer *buffer = learner_buffer(learner, BUFFER_PARAM, 0);
    learner->stale = true;
    return buffer ? learner_place(learner, buffer) : learner->memory;
}

void *eligo_learner_gradients(EligoLearner *learner) {
    const Buffer *buffer = learner_buffer(learner, BUFFER_GRADIENT, 0);
    return buffer ? learner_place(learner, buffer) : NULL;
}

void eligo_learner_clear_gradients(EligoLearner *learner) {
    void *gradients = eligo_learner_gradients(learner);
    if (gradients) memset(gradients, 0, eligo_learner_entries(learner) * learner->layout.real);
}

/* ---- initial values ---- */

void learner_draw_fixed(EligoLearner *learner, Random *random) {
    for (int i = 0; fixed_buffer(learner, i); i++) {
        const Buffer *buffer = fixed_buffer(learner, i);
        const Var *var = buffer->var;
        double *values = malloc(sizeof(double) * (size_t)(dim_size(var->rows) * dim_size(var->cols)));
        if (!values) return;
        initial_values(random, var, buffer->csr, values);
        eligo_learner_set_fixed(learner, i, values);
        free(values);
    }
}

void eligo_learner_init(EligoLearner *learner, uint64_t seed) {
    Random random;
    random_seed(&random, seed);
    const Model *model = learner->program->model;
    for (int i = 0; i < model->params.count; i++) {
        const Var *param = model->params.at[i];
        double *values = malloc(sizeof(double) * (size_t)(dim_size(param->rows) * dim_size(param->cols)));
        if (!values) return;
        initial_values(&random, param, learner_buffer(learner, BUFFER_PARAM, i)->csr, values);
        eligo_learner_set_param(learner, i, values);
        free(values);
    }
    learner_draw_fixed(learner, &random);
    eligo_learner_set_draw(learner, random_next(&random));
}

/* ---- a step's inputs ---- */

static void set_buffer(EligoLearner *learner, const Var *input, const double *values) {
    for (int i = 0; i < learner->program->buffers.count; i++) {
        const Buffer *buffer = learner->program->buffers.at[i];
        if (buffer->kind == BUFFER_INPUT && buffer->var == input)
            learner_write_lane(learner, buffer, learner_place(learner, buffer), values);
    }
}

void eligo_learner_set_input(EligoLearner *learner, int input, const double *values) {
    const Model *model = learner->program->model;
    for (int i = 0; i < model->inputs.count; i++) {
        const Var *var = model->inputs.at[i];
        if (var != model->target && var != model->when && input-- == 0) set_buffer(learner, var, values);
    }
}

void eligo_learner_set_target(EligoLearner *learner, const double *values) {
    if (learner->program->model->target) set_buffer(learner, learner->program->model->target, values);
}

void eligo_learner_set_class(EligoLearner *learner, long class_index) {
    const Var *target = learner->program->model->target;
    if (!target) return;
    long size = dim_size(target->rows);
    double *one_hot = calloc((size_t)size, sizeof *one_hot);
    if (!one_hot) return;
    if (class_index >= 0 && class_index < size) one_hot[class_index] = 1;
    set_buffer(learner, target, one_hot);
    free(one_hot);
}

void eligo_learner_set_when(EligoLearner *learner, double value) {
    if (learner->program->model->when) set_buffer(learner, learner->program->model->when, &value);
}

void eligo_learner_set_rate(EligoLearner *learner, double rate) {
    const Buffer *buffer = learner->program->rate;
    if (buffer) learner_write(learner, learner_place(learner, buffer), 1, 1, &rate);
}
