/* The axes of a rule besides `keep`: what its clauses ask for. */
#ifndef ELIGO_RULE_AXES_H
#define ELIGO_RULE_AXES_H

#include "rule/path.h"
#include "rule/rule.h"

typedef struct AxesScope {
    Arena *arena;   /* what ends up in the rule */
    PathScope path; /* for selectors and `outside`: model, bindings, origin, diagnostics, a scratch arena */
    const AstRule *ast;
    Rule *rule;
} AxesScope;

/* Reads the clauses of scope->ast into scope->rule, whose automaton is that of `keep`; `outside` refines it.
 * False after an error (E0511, E0513 to E0519). */
bool axes_read(AxesScope *scope);

/* The automaton of `keep` with what is estimated: states from which the words of `exact` can't go on any more
 * (outside.c). */
Automaton outside_refine(Arena *arena, const Automaton *keep, const Automaton *exact, bool **estimated);

/* What only a forward rule can do makes one that doesn't say how it is carried (contradict.c). */
void axes_choose_carry(Rule *rule);
/* False where two clauses contradict each other (E0518). */
bool axes_check(const Rule *rule, Diagnostics *diagnostics);

/* What stands in a replaced edge's place, as it was written, with the rule's numbers put in (axes_text.c). */
void axes_value_text(const AstExpr *value, const Bindings *bindings, Text *out);

/* The clauses as the language writes them, in one order, with the rule's numbers put in (axes_text.c). */
const char *axes_text(const AxesScope *scope);

#endif
