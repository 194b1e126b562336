/* A run: what training holds while it goes on, shared by the files of this folder only. */
#ifndef ELIGO_TRAIN_RUN_H
#define ELIGO_TRAIN_RUN_H

#include "train/checkpoint.h"
#include "train/progress.h"
#include "train/train.h"

typedef struct Run {
    Eligo *eligo;
    const TrainOptions *options;
    Arena *arena;      /* lives as long as the run */
    Arena *seed_arena; /* lives as long as one seed: data, split */
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
    Optimiser optimiser;
    Position position;
    const char *checkpoint; /* NULL: none is written */
    const char *options_text;
    uint64_t seed;
    Dataset *data;
    ScaleKind scale;
    double divisor;
    double *x;                   /* scaled inputs */
    const int *train, *held_out; /* which sequences */
    int train_count, test_count;
    int *order; /* the present epoch's */
    bool forward, class_target, has_when;
    EligoUpdate update; /* ELIGO_UPDATE_END, _ONLINE or _EVERY … */
    int every;          /* … so many steps */
    bool fused;         /* the learner changes its parameters itself, in its step */
    bool pending;       /* a target has been met since the last update */
    void *stream;       /* a copy of the learner; NULL when each sequence begins anew */
    size_t stream_bytes;
    int target_rows, readout_rows; /* readout_rows 0: none, or none to compare */
    double *target, *y;            /* one step's */
    double *echo;                  /* a sequence's readouts, targets of the steps that have none */
    void *kept;                    /* a copy of the gradients */
    Progress progress;
    double started;
    uint64_t steps;
} Run;

/* Begins a sequence, or the stream. False after a report. */
bool epoch_start(Run *run);
/* One epoch from run->position on. TRAIN_DONE when it is complete. */
int epoch_run(Run *run);
/* Loss and hits on the held-out sequences. False after a report. */
bool epoch_evaluate(Run *run, Metrics *metrics);

void report_head(const Run *run);
void report_epoch(const Run *run, const Metrics *test);
void report_seed(const Run *run, const SeedResult *result);
void report_end(const Run *run);
void report_stats(const Run *run);

#endif
