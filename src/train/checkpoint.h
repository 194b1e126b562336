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
    uint64_t delay; /* of a curriculum: as long as it became */
} SeedResult;

typedef struct Position {
    uint64_t seeds_done;
    uint64_t epoch, batch;           /* of the present seed: the next batch to run */
    uint64_t delay;                  /* of a curriculum: the present epoch's, or the last one's; else 0 */
    uint64_t draw;                   /* the learner's: of the steps that teach in the next sequence */
    Random random;                   /* as it was before the present epoch's order was drawn */
    Metrics running;                 /* of the present epoch so far */
    SeedResult results[SEEDS_LIMIT]; /* [0, seeds_done) */
} Position;

typedef struct Resumed { /* of the learner */
    void *params;        /* of the optimiser's real type and count */
    void *stream;        /* in a stream: all of its state, `bytes` of them; else NULL and 0 */
    size_t bytes;
} Resumed;

/* `options`: lines "name value". */
bool checkpoint_write(Eligo *eligo, const char *path, const char *options, const Position *position,
                      const Optimiser *optimiser, const Resumed *learner);
/* Fills position, optimiser and what `learner` points to; false after a report, with all of them as they
 * were.
 */
bool checkpoint_read(Eligo *eligo, const char *path, const char *options, Position *position,
                     Optimiser *optimiser, const Resumed *learner);

#endif
