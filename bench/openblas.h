/* OpenBLAS as a limit. It chooses its kernels in its constructor, by the processor or by an environment
 * variable: so each choice is measured in a process of its own. */
#ifndef ELIGO_BENCH_OPENBLAS_H
#define ELIGO_BENCH_OPENBLAS_H

#include "bench.h"

#include <stdbool.h>

typedef struct OpenBlas {
    Figure speed; /* GFLOP/s of sgemm, 512 x 512 x 512 */
    char core[32];
} OpenBlas;

/* `core`: OPENBLAS_CORETYPE, NULL for its own choice. False when it isn't installed, neither in the system
 * nor by make bench-peers. */
bool openblas_sgemm(const char *core, OpenBlas *measured);

#endif
