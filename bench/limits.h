/* What this machine can do at most on one core, measured with kernels that do nothing else: the speed of a
 * trace sweep, of a matrix times a vector, of a matrix times a matrix. And, from these, the least time of a
 * step that must move so many bytes and multiply so often. */
#ifndef ELIGO_BENCH_LIMITS_H
#define ELIGO_BENCH_LIMITS_H

#include <stddef.h>

/* GB/s of e = d e + x; g += l e in rows, 16 bytes an entry, over a working set of so many bytes. */
double limit_sweep(size_t bytes);
/* GB/s of y = W x over a W of so many bytes. */
double limit_gemv(size_t bytes);
/* GFLOP/s of a product of matrices whose panels are packed and in the caches. */
double limit_sgemm(void);

/* What a step can't do without. */
typedef struct Work {
    double sweep_bytes; /* read and written by sweeps over traces, gradients, weights */
    double gemv_bytes;  /* read by matrices times a vector */
    double flops;       /* of matrices times matrices */
    double set_bytes;   /* the memory that a step goes over: decides the speeds */
} Work;
/* Microseconds; the speeds are measured now. */
double limit_time(Work work);

#endif
