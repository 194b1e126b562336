/* Finite differences of the whole-sequence loss: the oracle for `any*`. */
#ifndef ELIGO_ORACLE_DIFFERENCE_H
#define ELIGO_ORACLE_DIFFERENCE_H

#include "model/model.h"

/* NULL when the loss's differences are its gradient; else a sentence (in `arena`) that says why they are not:
 * a function with a derivative of its own, a stop(), a jump. */
const char *oracle_not_differentiable(Arena *arena, const Model *model);

/* d loss / d entry `entry` of the p-th parameter, by central differences extrapolated to step 0; relative
 * accuracy about 1e-9 where the loss is smooth. Writes an estimate of the absolute error when `error` is not
 * NULL. */
double oracle_difference(const Model *model, const double *const *params, const Sequence *sequence, int p,
                         long entry, double *error);

#endif
