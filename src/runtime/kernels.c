/* The kernels, for float and for double, once for every processor and again for those with wider vectors: as
 * machines differ, the program is built for the least and asks at run time. Results are the same bits, since
 * the order of each sum is written out. Built with -O3 -ffp-contract=off. */
#include "runtime/kernels.h"
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define SET           plain
#define KERNEL_VECTOR 16
#define FAST
#define KERNELS const Kernel kernels[]
#define RANGES  const Kernel ranges[]
#include "runtime/kernels_set.h"
_Static_assert(sizeof kernels / sizeof *kernels <= KERNELS_MOST, "a flag for each kernel");
const int kernel_count = (int)(sizeof kernels / sizeof *kernels);
const int range_count = (int)(sizeof ranges / sizeof *ranges);

const EstimateKernels double_kernels = {signs_double_plain, dot_double_plain, dot_outer_double_plain,
                                        balance_double_plain, mix_double_plain};

#if defined __x86_64__ && defined __GNUC__

#undef SET
#undef KERNEL_VECTOR
#undef FAST
#undef KERNELS
#undef RANGES
#define SET           avx2
#define KERNEL_VECTOR 32
#define FAST          __attribute__((target("avx2")))
#define KERNELS       static const Kernel with_avx2[]
#define RANGES        static const Kernel ranges_avx2[]
#include "runtime/kernels_set.h"

#undef SET
#undef KERNEL_VECTOR
#undef FAST
#undef KERNELS
#undef RANGES
#define SET           avx512
#define KERNEL_VECTOR 64
#define FAST          __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq")))
#define KERNELS       static const Kernel with_avx512[]
#define RANGES        static const Kernel ranges_avx512[]
#include "runtime/kernels_set.h"

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}

static bool has_avx2(void) { return __builtin_cpu_supports("avx2"); }

const Kernel *kernels_of(int set) {
    return set == 0                   ? kernels
           : set == 1 && has_avx2()   ? with_avx2
           : set == 2 && has_avx512() ? with_avx512
                                      : NULL;
}

const Kernel *ranges_here(void) { return has_avx512() ? ranges_avx512 : has_avx2() ? ranges_avx2 : ranges; }

#else

const Kernel *kernels_of(int set) { return set == 0 ? kernels : NULL; }

const Kernel *ranges_here(void) { return ranges; }

#endif

const Kernel *kernels_here(void) {
    const Kernel *fastest = kernels;
    for (int set = 0; set < KERNEL_SETS; set++)
        if (kernels_of(set)) fastest = kernels_of(set);
    return fastest;
}
