/* Which entries of an influence exist: its structural support, and what the rule's mask leaves of it.
 *
 * An entry is a pair (unit of the root, row of the parameter): what happens to all columns of a row is alike.
 * Supports follow from patterns by a fixed point over the flows; a mask (diagonal, blocks, reach) cuts them
 * at each step of it. Masks are on the structure of a whole influence, never on its values: `reach(n)` is
 * SnAp-n (Menick et al. 2021). */
#ifndef ELIGO_DERIVE_MASK_H
#define ELIGO_DERIVE_MASK_H

#include "derive/forward.h"

/* Whether this rule or model has anything but whole influences. */
bool mask_matters(const Forward *forward);
/* requires flows; sets each carried pair's support and whether the mask cuts it; flows from or into what
 * nothing is left of are removed, and those into a unit-local influence are replaced by their diagonals. */
void mask_supports(Forward *forward);
/* requires structures as if nothing were masked: turns dense ones into masked ones where that holds less. */
void mask_structures(Forward *forward);

/* What takes the parameter to other units ("its use crosses Rn within the step"); NULL when nothing does. */
const char *mask_spread(const Forward *forward);

/* The mask of the rule for one root: rows(root) × rows(param). NULL: no mask. */
const Relation *mask_of_root(const Forward *forward, const Var *root);

/* masked.c: one step of a masked influence, and what it adds to the gradient. */
/* Lists the influence's pairs; fills the ranges of its buffer and returns how many (some may be NULL). */
int masked_ranges(Forward *forward, Carried *carried, const Dim *dims[3]);
void masked_write(Forward *forward, int target);
void masked_write_signal(Forward *forward, const Signal *signal);

/* diagonal.c: the diagonal of a chain as an expression; NULL when it is zero. Requires mask_has_diagonal. */
bool mask_has_diagonal(const Chain *chain);
const Expr *mask_diagonal(Carrying *carrying, const Chain *chain);

#endif
