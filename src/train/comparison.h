/* What a comparison holds and finds: shared by the files that run it, print it and draw it. */
#ifndef ELIGO_TRAIN_COMPARISON_H
#define ELIGO_TRAIN_COMPARISON_H

#include "train/alignment.h"
#include "train/compare.h"
#include "train/run.h"
#include "train/statistics.h"

enum { EXACT = 0 }; /* the first contender: every path kept, carried backward */

typedef struct Contender {
    const char *name; /* the rule as it was written */
    TrainOptions options;
    Run run;
    double *gradient; /* of the present batch: all parameters, one behind the other */
} Contender;

/* One run: a rule that trains, under one seed. */
typedef struct Trial {
    int by; /* which contender trains */
    uint64_t seed;
    uint64_t updates;      /* done so far */
    int measured;          /* so many times so far */
    uint64_t *at;          /* [measured]: after how many updates */
    Agreement *agreements; /* [measured][contenders][parts] */
    double *cosines;       /* [contenders][contenders][most]: of each pair, at each measurement */
    Metrics *train, *test; /* [epochs] */
    int delay;             /* of a curriculum: as long as it became */
} Trial;

typedef struct Comparison {
    Eligo *eligo;
    const CompareOptions *options;
    Arena *arena;
    Run base; /* spec and data, which the contenders' runs share */
    Contender *contenders;
    int count;
    int params, parts;    /* that are compared; parts: each, and last all of them together */
    int *param;           /* [params]: which of the spec's */
    double *values;       /* room for any parameter */
    const char **part;    /* their names */
    size_t *begin, *size; /* where each part lies in a gradient, and how long it is */
    int *by;              /* the contenders that train, */
    int runs;             /* so many; each under every seed */
    uint64_t updates;     /* of a run */
    uint64_t every;       /* so many updates are measured once, */
    int most;             /* so often in a run */
    Trial *trials;        /* [runs][seeds] */
} Comparison;

/* NULL after a report. Free with comparison_free. */
Comparison *comparison_new(Eligo *eligo, const CompareOptions *options);
/* All runs, under all seeds. */
int comparison_run(Comparison *comparison);
void comparison_free(Comparison *comparison);

/* ---- what was found ---- */

typedef enum { COSINE, RATIO, SAME_SIGN } Measure;
/* Over the seeds of run `run`: the mean over the measurements of [begin, end) / bins of the training. */
Estimate comparison_mean(const Comparison *comparison, int run, int contender, int part, Measure measure,
                         int bin, int bins);
/* The same of the cosine between two contenders, over the whole training. */
Estimate comparison_pair(const Comparison *comparison, int run, int a, int b);
const Trial *comparison_trial(const Comparison *comparison, int run, int seed);
double comparison_loss(const Metrics *metrics);

/* ---- and how it is told ---- */

void comparison_report(const Comparison *comparison);
/* Tables, and the figure that gnuplot draws. False after a report. */
bool comparison_write(const Comparison *comparison);
/* A script for gnuplot that draws the figure on `terminal` ("svg", "pngcairo") into the file `path`;
 * malloc'ed.
 */
char *comparison_figure(const Comparison *comparison, const char *terminal, const char *path);

#endif
