/* Estimated influences: a few products of two factors in place of units × entries numbers.
 *
 *     J[k, (j, i)] ≈ Σ_r left_r right_r
 *
 * What differs is how the three indices are shared: `rank1` has a vector over units k on the left and one
 * over all entries of all parameters on the right (UORO); `kronecker` a matrix over (k, j) and a vector over
 * columns i, `reverse_kronecker` a matrix over (k, i) and a vector over rows j, each for one parameter;
 * `optimal_kronecker` several products like the first of these. A step takes what is carried on the left
 * through the step's Jacobians, finds what is new (what enters from the parameter's use, and from influences
 * that are carried exactly) as one more product, and makes of all these as many as before, right in the mean
 * over random signs. `factored` smooths instead of drawing: a trace over j times a trace over i.
 *
 * Estimated states of the automaton are never left again, so exact influences flow into estimated ones and
 * not back. */
#ifndef ELIGO_DERIVE_ESTIMATE_H
#define ELIGO_DERIVE_ESTIMATE_H

#include "derive/forward.h"

/* Does the rule estimate what is in this state of the automaton? */
bool estimate_of_state(const Carrying *carrying, int state);
/* Is this carried pair's influence estimated? A vector's or a number's has no two indices to share: only
 * `rank1`, which takes all parameters together, estimates it. */
bool estimate_takes(const Forward *forward, int carried);
/* Writes what is the parameter's own; requires the sweeps of its exact influences. */
void estimate_write(Forward *forward);
/* Writes what all parameters have in common, after the last of them. */
void estimate_finish(Carrying *carrying);

/* ---- shared by the kinds ---- */

/* How many steps back an estimated pair is read: by a flow, or by a signal. At least 1. */
int estimate_depth(const Forward *forward, int carried);
/* Is what the pair was d + 1 steps ago (d from 0) still a part of the products at the step's end: moved on to
 * be read later, or read by a signal at that lag? Else only what flows from it is. */
bool estimate_remains(const Forward *forward, int carried, int d);
/* Lists the buffer among the influences: it is a part of the parameter's on this carried pair. */
void estimate_list(const Forward *forward, int carried, Buffer *buffer);
/* Random signs of this shape, drawn anew at each step. */
Buffer *estimate_signs(Carrying *carrying, const char *name, int rank, const Dim *const *dims);
/* A quantity over units (NULL: a number) that expressions can read, and where it is held. */
const Var *estimate_value(Carrying *carrying, BufferKind kind, const char *name, const Dim *rows,
                          Buffer **held);
/* A mixture of `terms` products, its sums and results in buffers of their own; `name` tells them apart. */
Mix *estimate_mix(Carrying *carrying, int terms, bool least_variance, const char *name);
MixPart estimate_part(Carrying *carrying, int terms);
void estimate_push(Carrying *carrying, Statement *statement);
void estimate_push_mix(Carrying *carrying, Mix *mix, const char *comment);
/* The factor mix[k, i] of a mixture. */
void estimate_weight(Sweep *sweep, const Mix *mix, bool right, int k, int i);

void rank1_write(Forward *forward);
void rank1_finish(Carrying *carrying);
void kronecker_write(Forward *forward);
void factored_write(Forward *forward);

#endif
