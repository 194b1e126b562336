/* Training: data in, a trained learner out, with a report.
 *
 * The pipeline is `train` (train.c): load, open, derive, compile, then for each seed its epochs (epoch.c) and
 * a line of the report (report.c). Everything random follows from the seed, and the position within a run is
 * a plain struct, so a run that was stopped and resumed ends in the same bits. */
#ifndef ELIGO_TRAIN_TRAIN_H
#define ELIGO_TRAIN_TRAIN_H

#include "eligo.h"
#include "train/data.h"
#include "train/optimiser.h"
#include <signal.h>
#include <stdio.h>

enum { THREADS_LIMIT = 256 };

typedef enum { LOSS_AT_LAST, LOSS_AT_EACH } LossAt;

typedef struct TrainOptions {
    const char *spec, *rule, *keep;
    EligoCarry carry; /* ELIGO_CARRY_RULE, and the rule doesn't say: ELIGO_CARRY_AUTO */
    double memory;    /* bytes that a learner chosen so may take; 0: any */
    bool explain_plan;
    EligoEngine engine;
    EligoReal real;
    DataOptions data;
    ScaleKind
        scale; /* SCALE_AUTO: digits are divided by 16, tasks are left alone, all else goes by its range */
    double divisor;
    double test; /* the share held out */
    int epochs, batch;
    int lanes;   /* sequences that a learner does at once; 0: as it pays */
    int threads; /* that share out a batch's sequences, up to THREADS_LIMIT; 0 and 1: one */
    OptimiserOptions optimiser;
    EligoUpdate update; /* unsaid: as the rule says, else once a batch */
    int every;          /* ELIGO_UPDATE_EVERY: steps */
    bool stream;        /* state and traces go on from sequence to sequence */
    bool curriculum;    /* the task's delay begins at 1 and grows as it is learned, to data.delay if that is
                           given */
    LossAt loss_at;     /* where a sequence with one target is told of it */
    uint64_t seed;      /* the first of `seeds` consecutive ones */
    int seeds;
    const char *checkpoint; /* file, or NULL: in `out` if there is one */
    bool resume;
    const char *out; /* folder for learned parameters, or NULL */
    int log;         /* a line each `log` epochs; 0: none */
    bool stats, quiet;
    FILE *report; /* where the report goes */
    const volatile sig_atomic_t
        *interrupted; /* set by a signal handler: finish the batch, write the checkpoint, stop */
} TrainOptions;

enum { TRAIN_DONE = 0, TRAIN_FAILED = 1, TRAIN_INTERRUPTED = 130 };
/* Returns one of the above; what went wrong is in the handle. */
int train(Eligo *eligo, const TrainOptions *options);
/* Warns when the learner stays with tcc because its compiler failed. */
void report_refusal(Eligo *eligo, const EligoLearner *learner);

#endif
