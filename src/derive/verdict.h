/* The judgement of a rule on one parameter: part of its facts. */
#ifndef ELIGO_DERIVE_VERDICT_H
#define ELIGO_DERIVE_VERDICT_H

#include "derive/carry.h"

/* Fills verdict, condition, reasons, causal and meets. Requires the facts about paths and structure. */
void derive_verdict(const Carrying *carrying, ParamFacts *facts);

#endif
