/* The judgement of a rule on one parameter: part of its facts. */
#ifndef ELIGO_DERIVE_VERDICT_H
#define ELIGO_DERIVE_VERDICT_H

#include "derive/carry.h"

/* Fills verdict, condition, reasons, causal and meets. Requires the facts about paths and structure. */
void derive_verdict(const Carrying *carrying, ParamFacts *facts);
/* Is each path from the parameter to a loss kept? EMPTY: there is none. */
typedef enum { COMPLETE, INCOMPLETE, EMPTY } Completeness;
Completeness derive_completeness(const Product *product, const Var *param);
/* The smallest condition under which every path of the parameter would be kept; false where there is none of
 * that kind. */
bool derive_condition(const Carrying *carrying, const ParamFacts *facts, Without *found);

#endif
