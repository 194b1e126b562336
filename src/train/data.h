/* A data set: sequences of inputs and what they should come to.
 *
 * Whatever the source (a table, arrays, a generated task), training sees one form: `count` sequences of
 * `steps` steps of `inputs` numbers, with a class or some values to hit, once a sequence or at each step. */
#ifndef ELIGO_TRAIN_DATA_H
#define ELIGO_TRAIN_DATA_H

#include "base/hash.h"
#include "base/arena.h"
#include "eligo.h"

typedef struct Dataset {
    const char *name;
    int count, steps, inputs;
    double *x;       /* [count][steps][inputs], as it was read */
    bool classes;    /* labels, else values */
    bool each;       /* a target at each step, else one a sequence, due at its last step */
    int outputs;     /* number of classes (the largest label + 1), or of values */
    int *labels;     /* [count] or [count][steps]; -1: no target at this step */
    double *values;  /* [count][outputs] or [count][steps][outputs] */
    const int *rows; /* where each sequence stands in its file, for messages; NULL when it is not a table */
} Dataset;

typedef struct DataOptions {
    const char *source;   /* "digits", a task, or a .csv, .csv.gz or .npy file */
    const char *targets;  /* a .npy file that goes with an .npy source, or NULL: the last column */
    int steps;            /* per sequence; 0: the source's own */
    int delay, sequences; /* of a task; 0: its own */
    bool header;          /* the table's first line is no row */
    bool values;          /* the table's last column is a value to hit, not a class */
    uint64_t seed;        /* of a task */
} DataOptions;

/* NULL after a report; lives in the arena. */
Dataset *data_load(Eligo *eligo, Arena *arena, const DataOptions *options);

typedef enum { SCALE_AUTO, SCALE_NONE, SCALE_MINMAX, SCALE_DIVIDE } ScaleKind;
/* Writes scaled inputs, [count][steps][inputs], to `out`. SCALE_MINMAX maps each of the step's inputs so that
 * the sequences `train` cover [0, 1] (an input that never changes becomes 0); the others follow the same
 * line. */
void data_scale(const Dataset *data, ScaleKind kind, double divisor, const int *train, int train_count,
                double *out);
/* A hash of shapes, inputs and targets. */
uint64_t data_hash(const Dataset *data);

#endif
