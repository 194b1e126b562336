/* Why something of a derivation is there, or isn't: one path, one parameter, one line of the emitted C. */
#ifndef ELIGO_PRINT_EXPLAIN_H
#define ELIGO_PRINT_EXPLAIN_H

#include "print/report.h"

/* What a state lets through: "implicit, spatial". */
const char *explain_lets_through(const Report *report, int state);
/* "c = f * c[t-1] + i * g" of a root. */
const char *explain_equation(const Report *report, const Var *root);
/* The clauses besides `keep` that bear on every kept path, a line each. */
void explain_clauses(const Report *report, Text *out);

/* "c[t-2] -> c[t-1] -> h[t]": each edge, the equation that it's from, and what the rule does with it in which
 * state. False after an error (E0551 not a path, E0552 no such variable, E0553 no such edge). */
bool print_explained_path(const Derivation *derivation, const char *path, Diagnostics *diagnostics,
                          Text *out);
/* All that is kept of a parameter, by a shortest path through each kept edge, all that is dropped, and its
 * recursion. False after an error (E0552). */
bool print_explained_param(const Derivation *derivation, const char *param, Diagnostics *diagnostics,
                           Text *out);

#endif
