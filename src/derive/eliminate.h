/* Influences that are another's, unit by unit.
 *
 * Where a root follows, within the step and unit by unit, from others of its layer, z = f(v), so does its
 * influence: J_z = diag(∂z/∂v) J_v. What a later step reads of J_z it can read of J_v, through the derivative
 * of then, which is a vector that is kept (a slope): a whole influence less is stored and swept. The pass
 * puts, for each way out of z to a later step, ways from v in its place:
 *
 *     z[t-1] → x with derivative d    becomes    v[t-1] → x with derivative d · slope[t-1]
 *
 * Within the step z is composed away as ever. Taxonomy, section 4, last line. */
#ifndef ELIGO_DERIVE_ELIMINATE_H
#define ELIGO_DERIVE_ELIMINATE_H

#include "derive/product.h"

/* ∂to/∂from of a step, as steps read it that come later. */
typedef struct Slope {
    const Var *to, *from;
    const Var *var; /* what expressions name it by; its definition is the derivative */
} Slope;
typedef VEC(Slope) Slopes;

/* Whether influences of this rule may be carried so: an estimate is made of all of them together. */
bool eliminate_may(const Rule *rule);
/* The product on a graph without ways to later steps out of `root`, as far as paths that begin at `param`
 * (NULL: any) go; NULL where the root doesn't follow from others. Adds slopes that aren't there yet. What
 * follows from a root is to be taken before the root. */
const Product *eliminate_root(Arena *arena, const Product *product, const Var *param, const Var *root,
                              Slopes *slopes);
/* Without any such root, for all parameters together. */
const Product *eliminate_all(Arena *arena, const Product *product, Slopes *slopes);

#endif
