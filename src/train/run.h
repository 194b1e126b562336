/* A run: what training holds while it goes on, shared by the files of this folder only. */
#ifndef ELIGO_TRAIN_RUN_H
#define ELIGO_TRAIN_RUN_H

#include "base/text.h"
#include "train/checkpoint.h"
#include "train/pool.h"
#include "train/progress.h"
#include "train/train.h"

/* What a sequence ended by: a loss, gradient or weights (`what`) that aren't finite; NULL: no memory. */
typedef struct Failure {
    const char *what;
    double value;
    int step; /* -1: after the last one */
} Failure;

/* A thread's own: a learner, and what goes with it while it runs sequences. */
typedef struct Worker {
    EligoLearner *learner;
    double *target, *y; /* one step's */
    bool pending;       /* a target has been met since the last update */
    Metrics metrics;    /* of the present part of a batch */
    uint64_t steps;     /* likewise */
    Failure failure;
} Worker;

typedef struct Run {
    Eligo *eligo;
    const TrainOptions *options;
    Arena *arena;      /* lives as long as the run */
    Arena *seed_arena; /* lives as long as one seed: data, split */
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner; /* the first worker's */
    Worker *workers;       /* [threads] */
    int threads;
    Pool *pool; /* NULL: one thread */
    int lanes;  /* how many sequences a learner runs at once */
    void *sum;  /* of the gradients of a batch's parts */
    Optimiser optimiser;
    Position position;
    const char *checkpoint; /* NULL: none is written */
    const char *options_text;
    uint64_t seed;
    uint64_t delay; /* of a curriculum: what the data were made with */
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
    void *stream;       /* a copy of the learner; NULL when each sequence begins anew */
    size_t stream_bytes;
    int target_rows, readout_rows; /* readout_rows 0: none, or none to compare */
    Progress progress;
    double started;
    uint64_t steps;
    /* Looks at a batch's gradient, of order[begin, end), before the update; NULL: nobody does. False stops
     * the run, after a report. */
    bool (*watch)(struct Run *run, int begin, int end);
    void *watcher;
} Run;

/* The data of a seed, at the position's delay under a curriculum. All of these return false after a report.
 */
bool run_load_data(Run *run, uint64_t seed);
/* What a curriculum begins with; 0 without one. */
uint64_t run_first_delay(const TrainOptions *options);
/* Whether a curriculum may go on to a longer delay. */
bool run_may_lengthen(const Run *run);
/* Opens the spec at sizes that the loaded data say. */
bool run_open(Run *run);
/* Derives, compiles and allocates, as the options say; run_free_learner gives all of it back. */
bool run_make_learner(Run *run);
void run_free_learner(Run *run);
/* The initial parameters, and what the rule draws, of all workers. */
void run_draw(Run *run, uint64_t seed);
/* Loads the seed's data if they aren't there yet, splits and scales them. */
bool run_take_seed(Run *run, uint64_t seed);
/* The seed's initial parameters, and the position before its first batch. */
bool run_initialise(Run *run);

size_t run_gradient_bytes(const Run *run); /* parameters are as many */

/* These leave worker->failure and return false when they end early. The first begins a sequence, or the
 * stream; the second runs as many as the learner does at once, or fewer, from their start, or goes on with
 * the stream; the third changes the parameters by the gradient that the worker's learner has, which is then
 * zero. */
bool worker_start(const Run *run, Worker *worker);
bool worker_run(Run *run, Worker *worker, const int *sequences, int count, bool learn);
bool worker_update(Run *run, Worker *worker, double scale, int t);

/* Runs the sequences, and adds up loss and hits; to learn: the sum of their gradients is then in the first
 * worker's learner. False, with the first failure in the sequences' order. */
bool batch_run(Run *run, const int *sequences, int count, bool learn, Metrics *metrics, Failure *failure);

/* Begins a sequence, or the stream. False after a report. */
bool epoch_start(Run *run);
/* The gradient of order[begin, end), summed, in the learner. False after a report. */
bool epoch_gradient(Run *run, int begin, int end, Metrics *metrics);
/* One epoch from run->position on. TRAIN_DONE when it is complete. */
int epoch_run(Run *run);
/* Loss and hits on the held-out sequences. False after a report. */
bool epoch_evaluate(Run *run, Metrics *metrics);

/* What is trained on, how it is split, how it is learned: three lines. */
void report_setting(Text *text, const Run *run);
/* Accuracy in percent, or the mean squared error; NaN where nothing was counted. */
double report_score(const Run *run, const Metrics *metrics);
/* What is given in `text`, to the report; frees it. */
void report_flush(const Run *run, Text *text);
void report_head(const Run *run);
void report_epoch(const Run *run, const Metrics *test);
void report_seed(const Run *run, const SeedResult *result);
void report_end(const Run *run);
/* What it runs on and how large it is. */
void report_learner(Text *text, const Run *run);
/* "forward", "backward", "mixed(32)" */
const char *report_carry(const Run *run);
/* Why it is carried so, on standard error. */
void report_plan(const Run *run);
void report_stats(const Run *run);

#endif
