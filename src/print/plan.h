/* A plan in words: what was weighed, what is taken and why, and what a step's time goes to. */
#ifndef ELIGO_PRINT_PLAN_H
#define ELIGO_PRINT_PLAN_H

#include "derive/plan.h"
#include "print/spelling.h"

/* `derivation` is the realisation taken, by the plan or because it was asked for. */
void print_plan(const Plan *plan, const Derivation *derivation, int width, SpellingKind spelling, Text *out);

#endif
