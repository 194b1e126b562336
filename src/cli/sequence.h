/* One sequence for `grad`: the arrays of a folder checked against a spec, run through a learner. */
#ifndef ELIGO_CLI_SEQUENCE_H
#define ELIGO_CLI_SEQUENCE_H

#include "cli/command.h"
#include "train/npy.h"

enum { INPUTS_LIMIT = 64 };

typedef struct GivenInput {
    const char *name; /* NULL: the only one */
    Npy npy;
} GivenInput;

typedef struct Sequence {
    const char *params; /* folder of param.NAME.npy */
    GivenInput inputs[INPUTS_LIMIT];
    int input_count;
    Npy target;
    Npy *param; /* in the spec's order */
    int steps;
} Sequence;

/* Reads `inputs` (FILE, or NAME=FILE,NAME=FILE) and `targets`. False after a report. */
bool sequence_read(Eligo *eligo, Arena *arena, const char *params, const char *inputs, const char *targets,
                   Sequence *sequence);
/* An EligoShapeOf; `context` is a Sequence. */
int sequence_shape_of(void *context, const char *name, long shape[2]);
/* Reads the parameters and checks every shape against the spec. False after a report. */
bool sequence_fit(Eligo *eligo, Arena *arena, const EligoSpec *spec, Sequence *sequence);

typedef struct Outcome { /* arrays in the spec's order, [steps][rows] where they are of steps */
    double loss;
    double **gradient, **state, *y;
} Outcome;
/* Runs the sequence. False after a report. */
bool sequence_run(Eligo *eligo, Arena *arena, const EligoSpec *spec, EligoLearner *learner,
                  const Sequence *sequence, Outcome *outcome);

#endif
