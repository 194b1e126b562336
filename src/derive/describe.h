/* Recursions as a methods section would write them: chains of Jacobians and sums of terms as text. Shared by
 * the comments of a program and by src/print/. */
#ifndef ELIGO_DERIVE_DESCRIBE_H
#define ELIGO_DERIVE_DESCRIBE_H

#include "derive/chain.h"

/* How nodes are named, the root of an expression too (expr_print writes the root out). */
typedef struct Naming {
    ExprName name;
    void *context;
} Naming;

/* `e` in parentheses where it wouldn't bind as a factor of a product. */
void describe_factor(const Naming *naming, const Expr *e, Text *out);
/* What a parameter's use multiplies: "x", "r * h[t-1]", "1". */
void describe_operand(const Naming *naming, const Expr *start, Text *out);
/* The chain applied to `source` (an atom): "z * (1 - c^2) * Rn @ (r * ε_h[t-1])". */
void describe_chain(const Naming *naming, const Chain *chain, const char *source, Text *out);
/* Adds a term to a sum in `out`: " + term", or " - …" where the term begins with a minus. */
void describe_add(Text *out, const char *term);

#endif
