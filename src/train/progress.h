/* A progress bar: one line on standard error, redrawn in place, and only when a person is looking at it. */
#ifndef ELIGO_TRAIN_PROGRESS_H
#define ELIGO_TRAIN_PROGRESS_H

#include <stdbool.h>

typedef struct Progress {
    bool on;
    double drawn; /* when, in seconds */
} Progress;

/* On when standard error is a terminal that can move its cursor, unless `quiet`. */
Progress progress_start(bool quiet);
/* Draws at most some twenty times a second: `label`, the bar for `done` of 1, and `words` after it. */
void progress_show(Progress *progress, const char *label, double done, const char *words);
/* Wipes the line. */
void progress_clear(Progress *progress);
/* Seconds since some fixed moment. */
double seconds_now(void);

#endif
