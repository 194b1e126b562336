/* Which realisation of a gradient to take: forward, backward, or blocks of so many steps.
 *
 * All give the same gradient, so that the choice is one of time and memory, and follows from what the learner
 * is for: how long sequences are, when parameters change, how much memory there is. Each realisation is
 * derived; what a rule or the work can't have is a candidate with the reason. Of the rest the fastest is
 * taken by the model's time (derive/machine.h), or what is as fast within the model's error and needs less
 * memory. The same input makes the same choice on every machine. */
#ifndef ELIGO_DERIVE_PLAN_H
#define ELIGO_DERIVE_PLAN_H

#include "derive/machine.h"

typedef struct PlanWork { /* what the learner is for */
    int steps;            /* of a sequence */
    int batch;            /* sequences an update, one after the other */
    UpdateKind update;    /* UPDATE_UNSAID: as the rule says, else at the end */
    int every;            /* UPDATE_EVERY: steps */
    bool stream;          /* sequences have no end */
    double memory;        /* bytes that struct and tape may take; 0: any */
    size_t real;          /* bytes of a number */
} PlanWork;

typedef struct Candidate {
    Carry carry;
    int block;           /* CARRY_MIXED: steps; 0: of any number */
    const char *refused; /* why it can't be taken: a clause; NULL: it can */
    bool derived;        /* it has a time and a size; one that memory refuses has them too */
    StepTime time;
    double bytes; /* of struct and tape */
} Candidate;

typedef struct Plan {
    PlanWork work; /* with the update that holds */
    VEC(Candidate) candidates;
    int best;    /* what is taken; -1: nothing can be */
    int fastest; /* of those that can be taken */
} Plan;

/* Derives each candidate, says nothing, and leaves the model as it was. `rule->block` is one of the blocks
 * looked at. */
Plan *plan_make(Arena *arena, Model *model, const Graph *graph, const Rule *rule, const PlanWork *work);
/* Reports why nothing can be taken (E0521). */
void plan_report(const Plan *plan, const Rule *rule, Diagnostics *diagnostics);

#endif
