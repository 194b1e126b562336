/* The axes of a rule besides `keep`: which of them this version derives, and what they ask for. */
#ifndef ELIGO_RULE_AXES_H
#define ELIGO_RULE_AXES_H

#include "rule/rule.h"

/* Reads the rule's clauses into `rule`; false after an error (E0513 to E0516). */
bool axes_read(const AstRule *ast, Rule *rule, Diagnostics *diagnostics);

#endif
