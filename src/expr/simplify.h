/* The rewritings that a constructor tries before it makes a node. */
#ifndef ELIGO_EXPR_SIMPLIFY_H
#define ELIGO_EXPR_SIMPLIFY_H

#include "expr/expr.h"

/* A constant that no name protects: the only kind that is folded. */
bool expr_is_number(const Expr *e);
/* What `op` over these children (already broadcast, NULL beyond the arity) is simpler written as, or NULL. */
const Expr *expr_simplify(Exprs *exprs, ExprOp op, const Expr *const kid[3]);

#endif
