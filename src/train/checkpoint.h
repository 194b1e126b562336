/* Checkpoints: all that a run needs to go on as if it had never stopped.
 *
 * A checkpoint belongs to one set of options: they are stored as text, and a run with others is refused with
 * the line that differs. Numbers are stored as the doubles and words that they are, so resuming changes no
 * bit; a hash closes the file. Written to a temporary file and renamed. */
#ifndef ELIGO_TRAIN_CHECKPOINT_H
#define ELIGO_TRAIN_CHECKPOINT_H

#include "eligo.h"
#include "train/optimiser.h"
#include "base/random.h"

enum { SEEDS_LIMIT = 1000 };

typedef struct Metrics { /* sums over the targets that count */
    double loss, error;  /* error: summed squared differences of values */
    uint64_t losses, counted, correct;
} Metrics;

typedef struct SeedResult {
    Metrics train, test; /* of the last epoch */
    uint64_t seed;
} SeedResult;

typedef struct Position {
    uint64_t seeds_done;
    uint64_t epoch, batch;           /* of the present seed: the next batch to run */
    Random random;                   /* as it was before the present epoch's order was drawn */
    Metrics running;                 /* of the present epoch so far */
    SeedResult results[SEEDS_LIMIT]; /* [0, seeds_done) */
} Position;

/* `options`: lines "name value". `params`: the learner's, of the optimiser's real type and count. */
bool checkpoint_write(Eligo *eligo, const char *path, const char *options, const Position *position,
                      const Optimiser *optimiser, const void *params);
/* Fills position, optimiser and params; false after a report, with all of them as they were. */
bool checkpoint_read(Eligo *eligo, const char *path, const char *options, Position *position,
                     Optimiser *optimiser, void *params);

#endif
