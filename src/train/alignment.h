/* How far one gradient agrees with another: its direction, its length, its signs.
 *
 * A gradient of zero has no direction and one with NaN or an infinity has nothing that could be compared:
 * what is not there is NaN here, and printed as "-", never as a 0 that would look measured. */
#ifndef ELIGO_TRAIN_ALIGNMENT_H
#define ELIGO_TRAIN_ALIGNMENT_H

#include <stddef.h>

typedef struct Agreement {
    double cosine; /* in [-1, 1]; NaN when one of the two is zero */
    double ratio;  /* |gradient| / |exact|; NaN when the exact one is zero */
    double same;   /* the share of the exact one's nonzero entries whose sign is the same; NaN without any */
} Agreement;

Agreement alignment(const double *gradient, const double *exact, size_t entries);

#endif
