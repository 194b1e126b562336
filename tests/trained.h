/* Small learners of library specs, run on numbers that depend on step and place alone. */
#ifndef TRAINED_H
#define TRAINED_H

#include "eligo.h"

typedef struct Trained {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Trained;

typedef struct Training {
    const char *spec, *rule;
    EligoCarry carry;
    int block, lanes; /* 0: as usual */
    EligoEngine engine;
    EligoReal real;
} Training;

/* Without a derivation and a learner where there is none of this kind. */
Trained trained_new(const Training *trial);
void trained_free(Trained *t);
/* Inputs and target of a step, of the given sequence, for the selected lane. */
void trained_set_step(const Trained *t, int sequence, int step);
/* A sequence from its start to its end; returns its loss. With lanes, as many sequences from `sequence` on;
 * the sum of their losses. */
double trained_run(const Trained *t, int sequence, int steps);
/* The largest difference of gradients; *norm: the largest entry of a's. */
double trained_distance(const Trained *a, const Trained *b, double *norm);
/* Calls `act` for each spec in a library folder ("library/cells") and each rule of the library. */
void trained_each(const char *folder, void (*act)(const char *spec, const char *rule, void *context),
                  void *context);

#endif
