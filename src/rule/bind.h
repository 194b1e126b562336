/* A rule's parameters and the expressions over them: whole numbers in `{a,b}`, `within` and counts of steps,
 * real ones where a weight or a decay is meant. */
#ifndef ELIGO_RULE_BIND_H
#define ELIGO_RULE_BIND_H

#include "base/diagnostic.h"
#include "syntax/parse.h"

typedef struct Binding {
    const char *name;
    double value;
} Binding;
typedef VEC(Binding) Bindings;

enum { BIND_LARGEST = 1000000000 }; /* no value is larger: sums and products of two fit a 64-bit integer */

/* Gives each parameter of `rule` its argument or its default, in the order of declaration; a default may name
 * earlier parameters. False after an error (E0502 wrong arguments, E0503 not a whole number). */
bool bind_parameters(Arena *arena, const AstRule *rule, const AstRuleUse *use, Bindings *bindings,
                     Diagnostics *diagnostics);
/* A whole number from numbers, bound names, + - * / and parentheses. False after an error (E0503). */
bool bind_whole(const AstExpr *expr, const Bindings *bindings, long *value, Diagnostics *diagnostics);
/* Any number, likewise. */
bool bind_real(const AstExpr *expr, const Bindings *bindings, double *value, Diagnostics *diagnostics);
/* "eprop(m=2)", or "bptt" without parameters. */
const char *bind_canonical(Arena *arena, const char *rule, const Bindings *bindings);

#endif
