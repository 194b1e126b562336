/* A spec at small sizes with random numbers: what the oracles of `eligo verify` work on. */
#ifndef ELIGO_TRIAL_H
#define ELIGO_TRIAL_H

#include "eligo_internal.h"

typedef struct Trial {
    Eligo *eligo;
    EligoSpec *spec;
    Arena *arena;
    int steps;
    double **params, **inputs; /* by order of the model's params and inputs: [entries], [steps][rows] */
    const bool *teaches;       /* by step, whether it does under `sample`; NULL: as drawn */
} Trial;

typedef struct Gradients {
    double **at; /* by parameter; NULL when there was an error */
} Gradients;

/* Every size becomes 2 or 3: equal sizes stay equal, 1 stays 1. */
void trial_shrink(Model *model);
/* Draws parameters and inputs for trial->steps steps. */
void trial_draw(Trial *trial, uint64_t seed);
long trial_entries(const Var *var);

/* In the trial's arena; zeros. */
Gradients trial_new_gradients(const Trial *trial);
/* The gradient that a derivation gives, by the interpreter. */
Gradients trial_gradients(Trial *trial, const EligoDerivation *derivation);
Gradients trial_derived(Trial *trial, const char *rule, const char *keep, EligoCarry carry);
/* What many draws of a rule with random signs have in the mean: how far it is from `around`, at the worst
 * entry, in standard errors of that entry's mean; and the standard deviation of one draw, of all entries
 * together, relative to the norm of `around`. */
typedef struct TrialMean {
    double errors, spread;
} TrialMean;
TrialMean trial_mean(Trial *trial, const EligoDerivation *derivation, Gradients around, int draws);
/* The fixed random matrices of a derivation in the trial, by the parameter that each stands for (NULL: none).
 */
const double *const *trial_feedback(const Trial *trial, const EligoDerivation *derivation);
/* The largest difference, relative to the largest entry of either gradient of that parameter (or to 1e-3
 * where both are tiny); of the parameters in `only`, of all where that is NULL. */
double trial_disagreement(const Trial *trial, Gradients a, Gradients b, const bool *only);

#endif
