/* All kernels once, compiled for one set of instructions: what runtime/kernels.c includes for each set, with
 * SET its name, KERNEL_VECTOR the bytes of a register, KERNEL what stands before a definition, and FAST
 * what lets the compiler use the set. */
#define JOINED(name, set) name##_##set
#define JOIN(name, set)   JOINED(name, set)
#define OWN(name)         JOIN(name, SET)

#define kernel_exp     OWN(exp_float)
#define kernel_sigmoid OWN(sigmoid_float)
#define kernel_tanh    OWN(tanh_float)
#define KERNEL         static inline FAST
#include "runtime/kernels_float.h"

#define real           float
#define RANGE(name)    OWN(range_##name##_float)
#define FUNCTION(name) name##f
#define EXP(x)         kernel_exp(x)
#define SIGMOID(x)     kernel_sigmoid(x)
#define TANH(x)        kernel_tanh(x)
#define SILU(x)        ((x)*kernel_sigmoid(x))
#include "runtime/ranges_real.h"
#undef real
#undef RANGE
#undef FUNCTION
#undef EXP
#undef SIGMOID
#undef TANH
#undef SILU

#define real           double
#define RANGE(name)    OWN(range_##name##_double)
#define FUNCTION(name) name
#define EXP(x)         exp(x)
#define SIGMOID(x)     (1 / (1 + exp(-(x))))
#define TANH(x)        tanh(x)
#define SILU(x)        ((x) / (1 + exp(-(x))))
#include "runtime/ranges_real.h"
#undef real
#undef RANGE
#undef FUNCTION
#undef EXP
#undef SIGMOID
#undef TANH
#undef SILU

#undef kernel_exp
#undef kernel_sigmoid
#undef kernel_tanh
#undef KERNEL
#define KERNEL static FAST

#define real                       float
#define kernel_join                OWN(join_float)
#define kernel_gemv                OWN(gemv_float)
#define kernel_gemv_events         OWN(gemv_events_float)
#define kernel_combine             OWN(combine_float)
#define kernel_tile                OWN(tile_float)
#define kernel_panels              OWN(panels_float)
#define kernel_gemm                OWN(gemm_float)
#define kernel_steps               OWN(steps_float)
#define kernel_sum_lanes           OWN(sum_lanes_float)
#define kernel_tile_lanes          OWN(tile_lanes_float)
#define kernel_steps_lanes         OWN(steps_lanes_float)
#define kernel_outer               OWN(outer_float)
#define kernel_trace               OWN(trace_float)
#define kernel_trace_gradient      OWN(trace_gradient_float)
#define kernel_outer_gemv          OWN(outer_gemv_float)
#define kernel_trace_gradient_gemv OWN(trace_gradient_gemv_float)
#define kernel_sparse              OWN(sparse_float)
#define kernel_sparse_transposed   OWN(sparse_transposed_float)
#define kernel_sparse_lanes        OWN(sparse_lanes_float)
#define kernel_rows_mix            OWN(rows_mix_float)
#define kernel_rows_outer          OWN(rows_outer_float)
#define kernel_rows_pull           OWN(rows_pull_float)
#define kernel_signs               OWN(signs_float)
#define kernel_dot                 OWN(dot_float)
#define kernel_dot_outer           OWN(dot_outer_float)
#define kernel_balance             OWN(balance_float)
#define kernel_mix                 OWN(mix_float)
#define kernel_sign                OWN(sign_float)
#define kernel_mean                OWN(mean_float)
#include "runtime/kernels_real.h"
#undef real
#undef kernel_join
#undef kernel_gemv
#undef kernel_gemv_events
#undef kernel_combine
#undef kernel_tile
#undef kernel_panels
#undef kernel_gemm
#undef kernel_steps
#undef kernel_sum_lanes
#undef kernel_tile_lanes
#undef kernel_steps_lanes
#undef kernel_outer
#undef kernel_trace
#undef kernel_trace_gradient
#undef kernel_outer_gemv
#undef kernel_trace_gradient_gemv
#undef kernel_sparse
#undef kernel_sparse_transposed
#undef kernel_sparse_lanes
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

#define real                       double
#define kernel_join                OWN(join_double)
#define kernel_gemv                OWN(gemv_double)
#define kernel_gemv_events         OWN(gemv_events_double)
#define kernel_combine             OWN(combine_double)
#define kernel_tile                OWN(tile_double)
#define kernel_panels              OWN(panels_double)
#define kernel_gemm                OWN(gemm_double)
#define kernel_steps               OWN(steps_double)
#define kernel_sum_lanes           OWN(sum_lanes_double)
#define kernel_tile_lanes          OWN(tile_lanes_double)
#define kernel_steps_lanes         OWN(steps_lanes_double)
#define kernel_outer               OWN(outer_double)
#define kernel_trace               OWN(trace_double)
#define kernel_trace_gradient      OWN(trace_gradient_double)
#define kernel_outer_gemv          OWN(outer_gemv_double)
#define kernel_trace_gradient_gemv OWN(trace_gradient_gemv_double)
#define kernel_sparse              OWN(sparse_double)
#define kernel_sparse_transposed   OWN(sparse_transposed_double)
#define kernel_sparse_lanes        OWN(sparse_lanes_double)
#define kernel_rows_mix            OWN(rows_mix_double)
#define kernel_rows_outer          OWN(rows_outer_double)
#define kernel_rows_pull           OWN(rows_pull_double)
#define kernel_signs               OWN(signs_double)
#define kernel_dot                 OWN(dot_double)
#define kernel_dot_outer           OWN(dot_outer_double)
#define kernel_balance             OWN(balance_double)
#define kernel_mix                 OWN(mix_double)
#define kernel_sign                OWN(sign_double)
#define kernel_mean                OWN(mean_double)
#include "runtime/kernels_real.h"
#undef real
#undef kernel_join
#undef kernel_gemv
#undef kernel_gemv_events
#undef kernel_combine
#undef kernel_tile
#undef kernel_panels
#undef kernel_gemm
#undef kernel_steps
#undef kernel_sum_lanes
#undef kernel_tile_lanes
#undef kernel_steps_lanes
#undef kernel_outer
#undef kernel_trace
#undef kernel_trace_gradient
#undef kernel_outer_gemv
#undef kernel_trace_gradient_gemv
#undef kernel_sparse
#undef kernel_sparse_transposed
#undef kernel_sparse_lanes
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
    { "kernel_" #name, (KernelFunction)OWN(name##_float), (KernelFunction)OWN(name##_double) }
#define SINGLE(name)                                                                                         \
    { "kernel_" #name, (KernelFunction)OWN(name##_float), NULL }

KERNELS = {SINGLE(exp),
           SINGLE(sigmoid),
           SINGLE(tanh),
           BOTH(join),
           BOTH(gemv),
           BOTH(gemv_events),
           BOTH(combine),
           BOTH(tile),
           BOTH(panels),
           BOTH(gemm),
           BOTH(steps),
           BOTH(sum_lanes),
           BOTH(tile_lanes),
           BOTH(steps_lanes),
           BOTH(outer),
           BOTH(trace),
           BOTH(trace_gradient),
           BOTH(outer_gemv),
           BOTH(trace_gradient_gemv),
           BOTH(sparse),
           BOTH(sparse_transposed),
           BOTH(sparse_lanes),
           BOTH(rows_mix),
           BOTH(rows_outer),
           BOTH(rows_pull),
           BOTH(signs),
           BOTH(dot),
           BOTH(dot_outer),
           BOTH(balance),
           BOTH(mix),
           BOTH(sign),
           BOTH(mean)};

#define RANGED(name)                                                                                         \
    { "range_" #name, (KernelFunction)OWN(range_##name##_float), (KernelFunction)OWN(range_##name##_double) }

RANGES = {RANGED(copy),       RANGED(fill),     RANGED(scale),         RANGED(add_scaled), RANGED(neg),
          RANGED(add),        RANGED(sub),      RANGED(mul),           RANGED(div),        RANGED(pow),
          RANGED(exp),        RANGED(log),      RANGED(sqrt),          RANGED(sigmoid),    RANGED(tanh),
          RANGED(relu),       RANGED(softplus), RANGED(gelu),          RANGED(silu),       RANGED(erf),
          RANGED(sin),        RANGED(cos),      RANGED(abs),           RANGED(sign),       RANGED(step),
          RANGED(max),        RANGED(min),      RANGED(clip),          RANGED(where),      RANGED(less),
          RANGED(less_equal), RANGED(greater),  RANGED(greater_equal), RANGED(equal),      RANGED(not_equal),
          RANGED(hash)};

#undef RANGED
#undef JOINED
#undef JOIN
#undef OWN
#undef KERNEL
#undef BOTH
#undef SINGLE
