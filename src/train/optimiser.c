/* The same three loops for float and double, written once. */
#include "train/optimiser.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool optimiser_init(Optimiser *optimiser, const OptimiserOptions *options, size_t entries, bool is_float) {
    const size_t bytes = is_float ? sizeof(float) : sizeof(double), count = entries ? entries : 1;
    *optimiser = (Optimiser){.options = *options, .entries = entries, .is_float = is_float};
    optimiser->first = calloc(count, bytes);
    optimiser->second = calloc(count, bytes);
    if (optimiser->first && optimiser->second) return true;
    optimiser_free(optimiser);
    return false;
}

void optimiser_free(Optimiser *optimiser) {
    free(optimiser->first);
    free(optimiser->second);
    optimiser->first = optimiser->second = NULL;
}

void optimiser_reset(Optimiser *optimiser) {
    const size_t bytes = optimiser->entries * (optimiser->is_float ? sizeof(float) : sizeof(double));
    memset(optimiser->first, 0, bytes);
    memset(optimiser->second, 0, bytes);
    optimiser->updates = 0;
}

typedef struct Step { /* what all entries of one update share */
    double scale;     /* of the gradient, clipping included */
    double rate;      /* Adam's bias correction of the first moment included */
    double second;    /* Adam's bias correction of the second moment */
    double decay;     /* of a parameter: SGD's part of the gradient, Adam's of the parameter itself */
} Step;

#define DEFINE_LOOPS(real, root, suffix)                                                                     \
    static double norm_##suffix(const real *g, size_t count) {                                               \
        double part[8] = {0},                                                                                \
               sum = 0; /* independent sums, so that the loop vectorises; always in this order */            \
        size_t i = 0;                                                                                        \
        for (; i + 8 <= count; i += 8)                                                                       \
            for (size_t j = 0; j < 8; j++) part[j] += (double)g[i + j] * (double)g[i + j];                   \
        for (; i < count; i++) part[0] += (double)g[i] * (double)g[i];                                       \
        for (size_t j = 0; j < 8; j++) sum += part[j];                                                       \
        return sqrt(sum);                                                                                    \
    }                                                                                                        \
    static void sgd_##suffix(const Optimiser *o, Step step, real *restrict p, const real *restrict g) {      \
        const real scale = (real)step.scale, rate = (real)step.rate, momentum = (real)o->options.momentum;   \
        const real decay = (real)step.decay;                                                                 \
        real *restrict v = o->first;                                                                         \
        for (size_t i = 0; i < o->entries; i++) {                                                            \
            v[i] = momentum * v[i] + (scale * g[i] + decay * p[i]);                                          \
            p[i] -= rate * v[i];                                                                             \
        }                                                                                                    \
    }                                                                                                        \
    static void adam_##suffix(const Optimiser *o, Step step, real *restrict p, const real *restrict g) {     \
        const real scale = (real)step.scale, rate = (real)step.rate, second = (real)step.second;             \
        const real b1 = (real)o->options.beta1, b2 = (real)o->options.beta2,                                 \
                   epsilon = (real)o->options.epsilon, decay = (real)step.decay;                             \
        real *restrict m = o->first, *restrict v = o->second;                                                \
        for (size_t i = 0; i < o->entries; i++) {                                                            \
            const real gradient = scale * g[i];                                                              \
            m[i] = b1 * m[i] + (1 - b1) * gradient;                                                          \
            v[i] = b2 * v[i] + (1 - b2) * gradient * gradient;                                               \
            p[i] -= rate * m[i] / (root(v[i] * second) + epsilon) + decay * p[i];                            \
        }                                                                                                    \
    }

DEFINE_LOOPS(float, sqrtf, float)
DEFINE_LOOPS(double, sqrt, double)

static Step prepare(Optimiser *o, double norm, double scale) {
    Step step = {scale, o->options.rate, 1, o->options.weight_decay};
    if (o->options.clip > 0 && norm > o->options.clip) step.scale *= o->options.clip / norm;
    o->updates++;
    if (o->options.kind == OPTIMISER_ADAM) {
        step.decay *= o->options.rate;
        step.rate /= 1 - pow(o->options.beta1, (double)o->updates);
        step.second = 1 / (1 - pow(o->options.beta2, (double)o->updates));
    }
    return step;
}

double optimiser_update(Optimiser *o, void *params, const void *gradients, double scale) {
    const double norm =
        fabs(scale) * (o->is_float ? norm_float(gradients, o->entries) : norm_double(gradients, o->entries));
    if (!isfinite(norm)) return norm;
    const Step step = prepare(o, norm, scale);
    if (o->options.kind == OPTIMISER_ADAM) {
        if (o->is_float)
            adam_float(o, step, params, gradients);
        else
            adam_double(o, step, params, gradients);
    } else if (o->is_float)
        sgd_float(o, step, params, gradients);
    else
        sgd_double(o, step, params, gradients);
    return norm;
}
