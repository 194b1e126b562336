/* A learner that the benchmark runs: a spec and a rule, compiled by cc, in float. */
#ifndef ELIGO_BENCH_RUNNING_H
#define ELIGO_BENCH_RUNNING_H

#include "bench.h"
#include "eligo.h"

typedef struct Running {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Running;

/* A network of at most 1024 inputs and 10 outputs. Ends the program when it can't.
 */
Running running_new(const char *text, const char *rule, EligoCarry carry);
void running_free(Running made);
/* Microseconds a step of both, the way back (if there is one) with it: medians, timed in alternation. */
void running_alternate(Running a, Running b, double *time_a, double *time_b);

#endif
