/* How long a step takes on one core, read off the program.
 *
 * A model, not a measurement: a statement takes what its operations and its bytes take, by the kernel that
 * carries it out and the cache that holds what its routine touches. It is there to tell realisations of one
 * gradient apart, and what they share may be wrong by the same amount. Its constants are one table
 * (machine.c). */
#ifndef ELIGO_DERIVE_MACHINE_H
#define ELIGO_DERIVE_MACHINE_H

#include "derive/derive.h"

typedef struct StepPart { /* statements of one kind, of all routines */
    const char *what;     /* "unit-local influences, swept" */
    double seconds;       /* of a step */
} StepPart;

typedef struct StepTime {
    double seconds;      /* of a step, with its share of the way back and of borders */
    VEC(StepPart) parts; /* the longest first */
} StepTime;

/* In sequences of so many steps, with reals of so many bytes. */
StepTime machine_time(const Derivation *derivation, int steps, size_t real, Arena *arena);

#endif
