/* Comparing learning rules: one of them trains, all of them say what they would have done.
 *
 * A learner is made for each rule from the same spec, data and seed, and one for the exact gradient. Before
 * an update the others are given the present parameters and run the same batch; then the rule that trains
 * makes its update, as if it were alone: what it learns is what `train` would have learned, bit for bit. */
#ifndef ELIGO_TRAIN_COMPARE_H
#define ELIGO_TRAIN_COMPARE_H

#include "train/train.h"

typedef struct CompareOptions {
    TrainOptions train; /* what all learners share; its rule, keep, update and checkpoint are not read */
    const char *const *rules;
    int rule_count;
    const char *const *params; /* the parameters that are compared; none: all */
    int param_count;
    const char *by;  /* the rule that trains; NULL: the exact gradient; "each": every one of `rules` */
    long measure;    /* every so many updates the rules are compared; 0: some 200 times in a run */
    const char *out; /* folder for tables and figures, or NULL */
} CompareOptions;

/* TRAIN_DONE, TRAIN_FAILED or TRAIN_INTERRUPTED; what went wrong is in the handle. */
int compare(Eligo *eligo, const CompareOptions *options);

#endif
