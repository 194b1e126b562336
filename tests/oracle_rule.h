/* A rule's text as the enumeration takes it: read from the syntax tree alone, without the rule's floor. */
#ifndef ELIGO_TESTS_ORACLE_RULE_H
#define ELIGO_TESTS_ORACLE_RULE_H

#include "eligo.h"
#include "oracle/enumerate.h"
#include "spec_model.h"

/* "any*; replace explicit with sign; signal random" on the spec's model; NULL after an error. Lives in the
 * spec's arena. */
OracleRule *oracle_rule(SpecModel *spec, const char *text);
/* Gives the learner the very matrices that oracle_rule has for what a rule draws. */
void oracle_rule_set_drawn(EligoLearner *learner, const EligoDerivation *derivation, const SpecModel *spec);

#endif
