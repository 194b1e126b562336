/* The derivative of each element-wise operator by its i-th operand, as an expression: the last column of the
 * table in operators.c. `e` is the operator's node, so that a derivative may be written in terms of the value
 * itself. */
#ifndef ELIGO_EXPR_PARTIALS_H
#define ELIGO_EXPR_PARTIALS_H

#include "expr/expr.h"

const Expr *partial_zero(Exprs *x, const Expr *e, int i);
const Expr *partial_neg(Exprs *x, const Expr *e, int i);
const Expr *partial_add(Exprs *x, const Expr *e, int i);
const Expr *partial_sub(Exprs *x, const Expr *e, int i);
const Expr *partial_mul(Exprs *x, const Expr *e, int i);
const Expr *partial_div(Exprs *x, const Expr *e, int i);
const Expr *partial_pow(Exprs *x, const Expr *e, int i);
const Expr *partial_exp(Exprs *x, const Expr *e, int i);
const Expr *partial_log(Exprs *x, const Expr *e, int i);
const Expr *partial_sqrt(Exprs *x, const Expr *e, int i);
const Expr *partial_sigmoid(Exprs *x, const Expr *e, int i);
const Expr *partial_tanh(Exprs *x, const Expr *e, int i);
const Expr *partial_relu(Exprs *x, const Expr *e, int i);
const Expr *partial_softplus(Exprs *x, const Expr *e, int i);
const Expr *partial_gelu(Exprs *x, const Expr *e, int i);
const Expr *partial_silu(Exprs *x, const Expr *e, int i);
const Expr *partial_erf(Exprs *x, const Expr *e, int i);
const Expr *partial_sin(Exprs *x, const Expr *e, int i);
const Expr *partial_cos(Exprs *x, const Expr *e, int i);
const Expr *partial_abs(Exprs *x, const Expr *e, int i);
const Expr *partial_max(Exprs *x, const Expr *e, int i);
const Expr *partial_min(Exprs *x, const Expr *e, int i);
const Expr *partial_clip(Exprs *x, const Expr *e, int i);
const Expr *partial_where(Exprs *x, const Expr *e, int i);

#endif
