/* Optimisers: plain descent with momentum, and Adam (Kingma & Ba 2015), in place over a learner's parameters.
 *
 * Moments are of the same real type as the parameters, so that a step is one pass that a compiler vectorises;
 * the arithmetic of one entry doesn't depend on its neighbours. */
#ifndef ELIGO_TRAIN_OPTIMISER_H
#define ELIGO_TRAIN_OPTIMISER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { OPTIMISER_SGD, OPTIMISER_ADAM } OptimiserKind;

typedef struct OptimiserOptions {
    OptimiserKind kind;
    double rate;
    double momentum;              /* SGD's */
    double beta1, beta2, epsilon; /* Adam's */
    double clip;                  /* largest global norm of the gradient; 0: none */
    double weight_decay; /* W: SGD adds W times the parameter to its (clipped) gradient, the L2 penalty
                            W/2 |p|²; Adam's is decoupled: the parameter shrinks by rate times W beside
                            the step (Loshchilov & Hutter 2019) */
} OptimiserOptions;

typedef struct Optimiser {
    OptimiserOptions options;
    size_t entries;
    bool is_float;
    void *first, *second; /* moments: [entries] reals each */
    uint64_t updates;
} Optimiser;

/* False when memory is not to be had. Free with optimiser_free. */
bool optimiser_init(Optimiser *optimiser, const OptimiserOptions *options, size_t entries, bool is_float);
void optimiser_free(Optimiser *optimiser);
/* Zero moments, no updates done. */
void optimiser_reset(Optimiser *optimiser);
/* One update by `scale` times the gradients; returns that gradient's norm before clipping. When the norm is
 * not finite nothing is changed. */
double optimiser_update(Optimiser *optimiser, void *params, const void *gradients, double scale);

#endif
