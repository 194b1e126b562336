/* The door that all nodes of one table come through; used by the constructors only. */
#ifndef ELIGO_EXPR_INTERN_H
#define ELIGO_EXPR_INTERN_H

#include "expr/expr.h"

/* The node equal to `key` in everything but its id, or NULL. */
const Expr *expr_find(const Exprs *exprs, const Expr *key);
/* The same, made when it isn't there yet; strings and arrays of `key` must live as long as the table. */
const Expr *expr_intern(Exprs *exprs, const Expr *key);

#endif
