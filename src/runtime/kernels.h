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
/* The same list for a set of instructions, by the width of its vectors; NULL: this processor hasn't got it.
 * And the list with the functions that are fastest here. They give the same bits. */
enum { KERNEL_SETS = 3 };
const Kernel *kernels_of(int set);
const Kernel *kernels_here(void);

/* Element-wise operators over n numbers, "range_add" and so on by the operators' names, range_copy,
 * range_fill (with the number that `a` points to), range_scale (*a * b) and range_add_scaled (a + *b * c).
 * Only learners that tcc compiled call them; none is pasted. All are void (size_t n, const real *a, const
 * real *b, const real *c, real *out). */
extern const Kernel ranges[];
extern const int range_count;
const Kernel *ranges_here(void);

/* The texts that are cut at seams, embedded by the build. */
extern const unsigned char kernels_float_text[], kernels_products_text[], kernels_traces_text[],
    kernels_rows_text[], kernels_estimates_text[], kernels_threads_text[];
extern const unsigned long kernels_float_text_length, kernels_products_text_length,
    kernels_traces_text_length, kernels_rows_text_length, kernels_estimates_text_length,
    kernels_threads_text_length;

#endif
