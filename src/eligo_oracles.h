/* The oracles of `eligo verify`: each knows the gradient that a rule should have from somewhere else. */
#ifndef ELIGO_ORACLES_H
#define ELIGO_ORACLES_H

#include "eligo_trial.h"
#include "rule/bind.h"

/* A rule under trial. */
typedef struct Subject {
    const char *use, *keep; /* as eligo_derive takes them */
    const AstPath *path;
    const Bindings *bindings;
    EligoDerivation *derivation; /* carried forward */
} Subject;

typedef struct Outcome {
    bool compared;
    double error;
    const char *why; /* not compared: a word; NULL: this oracle is not about such rules */
} Outcome;

typedef struct Verification {
    Trial trial;
    Gradients whole; /* by differences, of trial.steps steps; by any* where there are none */
    int whole_steps;
    double spread; /* of the estimate compared last */
    const char *not_differentiable;
    bool agrees;
} Verification;

typedef struct Oracle {
    const char *heading;
    double tolerance;
    Outcome (*compare)(Verification *verification, const Subject *subject);
} Oracle;

enum { ORACLES = 7 };
extern const Oracle oracles[ORACLES];

/* The whole gradient by finite differences; where a derivative was chosen, as a spike's, by every path. */
Gradients oracles_whole(Verification *verification);
/* What any* gives, against the whole gradient. */
Outcome oracles_compare_whole(Verification *verification, Gradients all);
extern const double oracles_difference_tolerance;

#endif
