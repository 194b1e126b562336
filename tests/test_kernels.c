/* Kernels by themselves: each product, at sizes around the borders of tiles and panels, against a plain loop
 * that sums in the order which the kernels promise, bit for bit in every set of instructions; and what lies
 * beyond the result stays as it was. */
#include "runtime/kernels.h"
#include "support.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static KernelFunction find(int set, const char *name, bool single) {
    const Kernel *list = kernels_of(set);
    for (int i = 0; list && i < kernel_count; i++)
        if (strcmp(list[i].name, name) == 0) return single ? list[i].float_function : list[i].double_function;
    return NULL;
}

static double number(size_t i) { return (double)((i * 7919 + i / 3) % 2003) / 2003 - 0.5; }

enum { BEYOND = 16 }; /* numbers behind a result, which nothing may touch */

#define real     float
#define SINGLE   true
#define OF(name) name##_float
#include "kernels_of_type.h"
#undef real
#undef SINGLE
#undef OF

#define real     double
#define SINGLE   false
#define OF(name) name##_double
#include "kernels_of_type.h"
#undef real
#undef SINGLE
#undef OF

static const size_t few[] = {1, 2, 3, 4, 7, 8, 9, 10, 16, 17, 64, 65, 73, 130};
static const size_t wide[] = {1, 10, 16, 23, 24, 25, 31, 32, 33, 48, 65, 513};
static const size_t deep[] = {0, 1, 7, 8, 9, 127, 128, 129, 257};
#define EACH(list, i) for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

Test(kernels, products_of_matrices_in_every_set) {
    EACH(few, r) EACH(wide, c) EACH(deep, k) {
        expect_gemm_float(few[r], wide[c], deep[k]);
        if (r % 3 == 0) expect_gemm_double(few[r], wide[c], deep[k]);
    }
}

Test(kernels, sums_over_steps_in_every_set) {
    EACH(few, r) EACH(wide, c) EACH(deep, k) {
        if ((r + c + k) % 2) expect_steps_float(few[r], wide[c], deep[k]);
        if ((r + c + k) % 4 == 0) expect_steps_double(few[r], wide[c], deep[k]);
    }
}

Test(kernels, matrices_times_vectors_in_every_set) {
    static const size_t rows[] = {1, 2, 3, 4, 5, 31, 32, 33, 36, 70},
                        columns[] = {1, 3, 15, 16, 17, 32, 47, 160};
    EACH(rows, r) EACH(columns, c) {
        expect_gemv_float(rows[r], columns[c]);
        expect_gemv_double(rows[r], columns[c]);
    }
}

Test(kernels, events_are_as_dense_products) {
    static const size_t rows[] = {1, 5, 33}, columns[] = {7, 16, 64, 100, 512, 4096, 4099},
                        apart[] = {1, 5, 37, 64, 5000};
    EACH(rows, r) EACH(columns, c) EACH(apart, k) {
        expect_events_float(rows[r], columns[c], apart[k]);
        expect_events_double(rows[r], columns[c], apart[k]);
    }
}

Test(kernels, rows_without_a_signal_stay) {
    EACH(few, r) EACH(wide, c) {
        expect_zero_signals_float(few[r], wide[c]);
        expect_zero_signals_double(few[r], wide[c]);
        expect_untouched_float(few[r], wide[c]);
        expect_untouched_double(few[r], wide[c]);
    }
}

Test(kernels, sums_over_sequences_in_every_set) {
    static const size_t lanes[] = {2, 3, 16, 32, 33, 256, 300}, steps[] = {1, 8, 9, 17};
    EACH(few, r) EACH(lanes, q) {
        const size_t columns = wide[(r + q) % (sizeof wide / sizeof *wide)], some = steps[(r + q) % 4];
        expect_steps_lanes_float(few[r], columns, some, lanes[q]);
        if (r % 3 == 0) expect_steps_lanes_double(few[r], columns, some, lanes[q]);
        expect_sum_lanes_float(few[r], some, lanes[q]);
        expect_sum_lanes_double(few[r], some, lanes[q]);
    }
}
