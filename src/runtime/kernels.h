/* The kernels as compiled into this program, by name: what in-process learners made by tcc are bound to. */
#ifndef ELIGO_RUNTIME_KERNELS_H
#define ELIGO_RUNTIME_KERNELS_H

#include <stddef.h>

typedef void (*KernelFunction)(void); /* cast to the kernel's own type before calling */

typedef struct Kernel {
    const char *name;                               /* "kernel_gemv": as learners call it */
    KernelFunction float_function, double_function; /* the latter NULL where doubles use libm */
} Kernel;

/* Random signs and the mixing of an estimate's products, for the interpreter: what is drawn, and where
 * singular values are cut, has to be the same in each engine. */
typedef struct EstimateKernels {
    void (*signs)(size_t n, unsigned draws, unsigned stream, double *out);
    void (*dot)(size_t n, const double *x, const double *y, double *sum);
    void (*dot_outer)(size_t rows, const double *row, size_t columns, const double *column, double *sum);
    void (*balance)(const double *left, const double *right, unsigned draws, unsigned stream, double *x,
                    double *y);
    void (*mix)(size_t terms, const double *left, const double *right, unsigned draws, unsigned stream,
                double *x, double *y);
} EstimateKernels;
extern const EstimateKernels double_kernels;

enum { KERNELS_MOST = 32 }; /* room for a flag of each */
extern const Kernel kernels[];
extern const int kernel_count;
/* The same list, with the functions that are fastest on this processor. They give the same bits. */
const Kernel *kernels_here(void);

/* Element-wise operators over n numbers, "range_add" and so on by the operators' names, range_copy,
 * range_fill (with the number that `a` points to), range_scale (*a * b) and range_add_scaled (a + *b * c).
 * Only learners that tcc compiled call them; none is pasted. All are void (size_t n, const real *a, const
 * real *b, const real *c, real *out). */
extern const Kernel ranges[];
extern const int range_count;
const Kernel *ranges_here(void);

/* The texts of runtime/kernels_real.h and of runtime/kernels_float.h, embedded by the build. */
extern const unsigned char kernels_text[], kernels_float_text[];
extern const unsigned long kernels_text_length, kernels_float_text_length;

#endif
