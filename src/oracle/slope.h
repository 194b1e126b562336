/* Local derivatives on numbers: the oracle's own small table.
 *
 * The oracle checks what is derived symbolically, so it does not use the symbolic derivatives. This table is
 * written a second time, from the language's definition, on plain numbers. */
#ifndef ELIGO_ORACLE_SLOPE_H
#define ELIGO_ORACLE_SLOPE_H

#include "expr/expr.h"

/* d op(x) / d x[i] of an element-wise operator at the operands x[0 .. arity). At kinks, as the language fixes
 * it: relu'(0) = abs'(0) = 0; max and min follow the first operand on a tie; clip' = 0 at its ends; step,
 * sign and comparisons have derivative 0; stop passes nothing; where passes to the branch taken and not to
 * the condition. */
double oracle_slope(ExprOp op, const double *x, int i);

#endif
