/* Sums over steps, taken when the way back is over.
 *
 * A gradient is a sum of outer products, one for each step. Added up step by step each of them goes through
 * all of the parameter's memory; taken together they are one product of matrices, whose rows lie on the tape.
 * The border is the routine that does so: after the sequence's first step on the way back, or a block's. */
#ifndef ELIGO_DERIVE_BORDER_H
#define ELIGO_DERIVE_BORDER_H

#include "derive/carry.h"

/* The size that loops over the steps run over, a block's at most (0: any number); they end with the steps
 * that there are. */
const Dim *border_steps(Arena *arena, int block);
/* out[j, i] += Σ_t left[t][j] u[t][i], `out` like the parameter and u what its use `start` multiplies; from
 * the steps' records, which get what isn't there anyway. */
void border_outer(Carrying *carrying, Buffer *out, const Var *param, const Expr *left, const Expr *start,
                  const char *hint, const char *equation);

/* The same with a matrix of this many rows at each step: out[k, j, i] += Σ_t left[t][k, j] u[t][i]. */
void border_outer_matrix(Carrying *carrying, Buffer *out, const Dim *units, const Var *param, Buffer *left,
                         const Expr *start, const char *equation);

#endif
