/* The kernels, once for float and once for double. Built with -O3 -ffp-contract=off. */
#include "runtime/kernels.h"
#include <stddef.h>

#define KERNEL static inline
#include "runtime/kernels_float.h"
#undef KERNEL
#define KERNEL static

#define real                     float
#define kernel_gemv              gemv_float
#define kernel_gemm              gemm_float
#define kernel_outer             outer_float
#define kernel_trace             trace_float
#define kernel_trace_gradient    trace_gradient_float
#define kernel_sparse            sparse_float
#define kernel_sparse_transposed sparse_transposed_float
#define kernel_rows_mix          rows_mix_float
#define kernel_rows_outer        rows_outer_float
#define kernel_rows_pull         rows_pull_float
#define kernel_signs             signs_float
#define kernel_dot               dot_float
#define kernel_dot_outer         dot_outer_float
#define kernel_balance           balance_float
#define kernel_mix               mix_float
#define kernel_sign              sign_float
#define kernel_mean              mean_float
#include "runtime/kernels_real.h"
#undef real
#undef kernel_gemv
#undef kernel_gemm
#undef kernel_outer
#undef kernel_trace
#undef kernel_trace_gradient
#undef kernel_sparse
#undef kernel_sparse_transposed
#undef kernel_rows_mix
#undef kernel_rows_outer
#undef kernel_rows_pull
#undef kernel_signs
#undef kernel_dot
#undef kernel_dot_outer
#undef kernel_balance
#undef kernel_mix
#undef kernel_sign
#undef kernel_mean

#define real                     double
#define kernel_gemv              gemv_double
#define kernel_gemm              gemm_double
#define kernel_outer             outer_double
#define kernel_trace             trace_double
#define kernel_trace_gradient    trace_gradient_double
#define kernel_sparse            sparse_double
#define kernel_sparse_transposed sparse_transposed_double
#define kernel_rows_mix          rows_mix_double
#define kernel_rows_outer        rows_outer_double
#define kernel_rows_pull         rows_pull_double
#define kernel_signs             signs_double
#define kernel_dot               dot_double
#define kernel_dot_outer         dot_outer_double
#define kernel_balance           balance_double
#define kernel_mix               mix_double
#define kernel_sign              sign_double
#define kernel_mean              mean_double
#include "runtime/kernels_real.h"
#undef kernel_gemv
#undef kernel_gemm
#undef kernel_outer
#undef kernel_trace
#undef kernel_trace_gradient
#undef kernel_sparse
#undef kernel_sparse_transposed
#undef kernel_rows_mix
#undef kernel_rows_outer
#undef kernel_rows_pull
#undef kernel_signs
#undef kernel_dot
#undef kernel_dot_outer
#undef kernel_balance
#undef kernel_mix
#undef kernel_sign
#undef kernel_mean

#define BOTH(name)                                                                                           \
    { "kernel_" #name, (KernelFunction)name##_float, (KernelFunction)name##_double }
#define SINGLE(name)                                                                                         \
    { "kernel_" #name, (KernelFunction)kernel_##name, NULL }

const Kernel kernels[] = {SINGLE(exp),     SINGLE(sigmoid),
                          SINGLE(tanh),    BOTH(gemv),
                          BOTH(gemm),      BOTH(outer),
                          BOTH(trace),     BOTH(trace_gradient),
                          BOTH(sparse),    BOTH(sparse_transposed),
                          BOTH(rows_mix),  BOTH(rows_outer),
                          BOTH(rows_pull), BOTH(signs),
                          BOTH(dot),       BOTH(dot_outer),
                          BOTH(balance),   BOTH(mix),
                          BOTH(sign),      BOTH(mean)};
_Static_assert(sizeof kernels / sizeof *kernels <= KERNELS_MOST, "a flag for each kernel");
const int kernel_count = (int)(sizeof kernels / sizeof *kernels);

const EstimateKernels double_kernels = {signs_double, dot_double, dot_outer_double, balance_double,
                                        mix_double};
