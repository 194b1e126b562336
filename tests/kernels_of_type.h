/* What test_kernels.c does for one type of numbers: `real`, SINGLE, OF(name). */

static real *OF(filled)(size_t count, size_t seed) {
    real *numbers = malloc((count + BEYOND) * sizeof *numbers);
    for (size_t i = 0; i < count + BEYOND; i++) numbers[i] = (real)number(i + seed);
    return numbers;
}

static void OF(expect_same)(const real *made, const real *expected, size_t count, int set, const char *what,
                            const size_t *shape) {
    for (size_t i = 0; i < count + BEYOND; i++)
        cr_assert_eq(memcmp(&made[i], &expected[i], sizeof(real)), 0,
                     "%s of %zu, %zu, %zu in set %d: entry %zu is %.17g, not %.17g", what, shape[0], shape[1],
                     shape[2], set, i, (double)made[i], (double)expected[i]);
}

typedef void OF(Gemm)(size_t, size_t, size_t, const real *, size_t, size_t, const real *, real *, int);

/* C (+)= A B, A as it is or as a transpose. */
static void OF(gemm_case)(size_t rows, size_t columns, size_t inner, bool transposed, int accumulate) {
    const size_t row = transposed ? 1 : inner, step = transposed ? rows : 1;
    real *a = OF(filled)(rows * inner, 1), *b = OF(filled)(inner * columns, 2);
    real *expected = OF(filled)(rows * columns, 3);
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < columns; i++) {
            real sum = 0;
            for (size_t k = 0; k < inner; k++) sum += a[j * row + k * step] * b[k * columns + i];
            expected[j * columns + i] = accumulate ? expected[j * columns + i] + sum : sum;
        }
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(Gemm) *gemm = (OF(Gemm) *)find(set, "kernel_gemm", SINGLE);
        if (!gemm) continue;
        real *c = OF(filled)(rows * columns, 3);
        gemm(rows, columns, inner, a, row, step, b, c, accumulate);
        OF(expect_same)
        (c, expected, rows * columns, set, transposed ? "transposed product" : "product",
         (const size_t[]){rows, columns, inner});
        free(c);
    }
    free(a), free(b), free(expected);
}

static void OF(expect_gemm)(size_t rows, size_t columns, size_t inner) {
    for (int i = 0; i < 4; i++) OF(gemm_case)(rows, columns, inner, i % 2, i / 2);
}

typedef void OF(Steps)(size_t, size_t, size_t, size_t, const real *, const real *, real *);

/* C += Σ_t a_t u_tᵀ, both in records that hold three numbers more. */
static void OF(expect_steps)(size_t rows, size_t columns, size_t steps) {
    const size_t apart = rows + columns + 3;
    real *tape = OF(filled)(steps * apart, 4), *expected = OF(filled)(rows * columns, 5);
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < columns; i++) {
            real sum = 0;
            for (size_t t = 0; t < steps; t++) sum += tape[t * apart + j] * tape[t * apart + rows + i];
            expected[j * columns + i] += sum;
        }
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(Steps) *sum = (OF(Steps) *)find(set, "kernel_steps", SINGLE);
        if (!sum) continue;
        real *c = OF(filled)(rows * columns, 5);
        sum(rows, columns, steps, apart, tape, tape + rows, c);
        OF(expect_same)
        (c, expected, rows * columns, set, "sum over steps", (const size_t[]){rows, columns, steps});
        free(c);
    }
    free(tape), free(expected);
}

typedef void OF(Gemv)(size_t, size_t, const real *, const real *, real *, int);

/* Partial sums by column mod 16, joined in halves. */
static real OF(row_sum)(size_t columns, const real *a, const real *x) {
    real p[16] = {0};
    for (size_t i = 0; i < columns; i++) p[i % 16] += a[i] * x[i];
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t k = 0; k < half; k++) p[k] += p[k + half];
    return p[0];
}

static void OF(gemv_case)(size_t rows, size_t columns, int accumulate) {
    real *a = OF(filled)(rows * columns, 6), *x = OF(filled)(columns, 7), *expected = OF(filled)(rows, 8);
    for (size_t j = 0; j < rows; j++) {
        const real sum = OF(row_sum)(columns, a + j * columns, x);
        expected[j] = accumulate ? expected[j] + sum : sum;
    }
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(Gemv) *gemv = (OF(Gemv) *)find(set, "kernel_gemv", SINGLE);
        if (!gemv) continue;
        real *y = OF(filled)(rows, 8);
        gemv(rows, columns, a, x, y, accumulate);
        OF(expect_same)(y, expected, rows, set, "matrix times vector", (const size_t[]){rows, columns, 1});
        free(y);
    }
    free(a), free(x), free(expected);
}

static void OF(expect_gemv)(size_t rows, size_t columns) {
    for (int accumulate = 0; accumulate < 2; accumulate++) OF(gemv_case)(rows, columns, accumulate);
}

typedef void OF(Outer)(size_t, size_t, const real *, const real *, real *);
typedef void OF(TraceGradient)(size_t, size_t, const real *, const real *, const real *, real *, const real *,
                               real *);

/* x with a number other than 0 at each `apart`th place; the plain sum reads all of it. */
static void OF(expect_events)(size_t rows, size_t columns, size_t apart) {
    real *a = OF(filled)(rows * columns, 9), *x = OF(filled)(columns, 10);
    for (size_t i = 0; i < columns; i++)
        if (i % apart) x[i] = i % 2 ? (real)0 : -(real)0;
    for (int accumulate = 0; accumulate < 2; accumulate++) {
        real *expected = OF(filled)(rows, 11);
        for (size_t j = 0; j < rows; j++) {
            const real sum = OF(row_sum)(columns, a + j * columns, x);
            expected[j] = accumulate ? expected[j] + sum : sum;
        }
        for (int set = 0; set < KERNEL_SETS; set++) {
            OF(Gemv) *gemv = (OF(Gemv) *)find(set, "kernel_gemv_events", SINGLE);
            if (!gemv) continue;
            real *y = OF(filled)(rows, 11);
            gemv(rows, columns, a, x, y, accumulate);
            OF(expect_same)
            (y, expected, rows, set, "matrix times events", (const size_t[]){rows, columns, apart});
            free(y);
        }
        free(expected);
    }
    free(a), free(x);
}

/* Every other row has the signal 0, and a NaN in its gradient, as x has at one place: neither moves. */
static void OF(expect_zero_signals)(size_t rows, size_t columns) {
    real *l = OF(filled)(rows, 12), *x = OF(filled)(columns, 13), *b = OF(filled)(rows, 14);
    real *outer = OF(filled)(rows * columns, 15), *trace = OF(filled)(rows * columns, 16),
         *gradient = OF(filled)(rows * columns, 17);
    for (size_t j = 0; j < rows; j += 2) l[j] = 0, outer[j * columns] = gradient[j * columns] = (real)NAN;
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(Outer) *by_outer = (OF(Outer) *)find(set, "kernel_outer", SINGLE);
        OF(TraceGradient) *by_trace = (OF(TraceGradient) *)find(set, "kernel_trace_gradient", SINGLE);
        if (!by_outer || !by_trace) continue;
        real *y = OF(filled)(rows * columns, 15), *e = OF(filled)(rows * columns, 16),
             *g = OF(filled)(rows * columns, 17);
        for (size_t j = 0; j < rows; j += 2) y[j * columns] = g[j * columns] = (real)NAN;
        by_outer(rows, columns, l, x, y);
        by_trace(rows, columns, b, l, x, e, l, g);
        for (size_t j = 0; j < rows; j++)
            for (size_t i = 0; i < columns; i++) {
                const size_t at = j * columns + i;
                const real new = b[j] * trace[at] + l[j] * x[i];
                const real sums[3] = {l[j] == 0 ? outer[at] : outer[at] + l[j] * x[i], new,
                                      l[j] == 0 ? gradient[at] : gradient[at] + l[j] * new};
                const real made[3] = {y[at], e[at], g[at]};
                cr_assert_eq(memcmp(made, sums, sizeof made), 0, "row %zu, column %zu in set %d", j, i, set);
            }
        free(y), free(e), free(g);
    }
    free(l), free(x), free(b), free(outer), free(trace), free(gradient);
}

/* With x infinite, rows without a signal keep their numbers. */
static void OF(expect_untouched)(size_t rows, size_t columns) {
    real *l = calloc(rows, sizeof *l), *x = OF(filled)(columns, 18), *before = OF(filled)(rows * columns, 19);
    x[columns / 2] = (real)INFINITY;
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(Outer) *outer = (OF(Outer) *)find(set, "kernel_outer", SINGLE);
        if (!outer) continue;
        real *y = OF(filled)(rows * columns, 19);
        outer(rows, columns, l, x, y);
        OF(expect_same)(y, before, rows * columns, set, "outer product", (const size_t[]){rows, columns, 0});
        free(y);
    }
    free(l), free(x), free(before);
}

typedef void OF(StepsLanes)(size_t, size_t, size_t, size_t, size_t, const real *, const real *, real *);
typedef void OF(SumLanes)(size_t, size_t, size_t, size_t, const real *, real *);

/* Steps and lanes in order, some 256 of them to a part that is summed up by itself. */
static void OF(expect_steps_lanes)(size_t rows, size_t columns, size_t steps, size_t lanes) {
    const size_t apart = (rows + columns) * lanes + 3, most = lanes < 256 ? 256 / lanes : 1;
    real *tape = OF(filled)(steps * apart, 20), *expected = OF(filled)(rows * columns, 21);
    for (size_t j = 0; j < rows; j++)
        for (size_t i = 0; i < columns; i++) {
            real sum = 0;
            for (size_t t = 0; t < steps; t++)
                for (size_t q = 0; q < lanes; q++) {
                    const real *at = tape + t * apart;
                    sum += at[j * lanes + q] * at[(rows + i) * lanes + q];
                    const bool ends = q + 1 == lanes && ((t + 1) % most == 0 || t + 1 == steps);
                    if (ends || (lanes > 256 && q % 256 == 255)) expected[j * columns + i] += sum, sum = 0;
                }
        }
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(StepsLanes) *sum = (OF(StepsLanes) *)find(set, "kernel_steps_lanes", SINGLE);
        if (!sum) continue;
        real *c = OF(filled)(rows * columns, 21);
        sum(rows, columns, steps, lanes, apart, tape, tape + rows * lanes, c);
        OF(expect_same)
        (c, expected, rows * columns, set, "sum over steps and lanes",
         (const size_t[]){rows, columns, lanes});
        free(c);
    }
    free(tape), free(expected);
}

static void OF(expect_sum_lanes)(size_t n, size_t steps, size_t lanes) {
    const size_t apart = n * lanes + 5;
    real *tape = OF(filled)(steps * apart, 22), *expected = OF(filled)(n, 23);
    real *ones = malloc(lanes * sizeof *ones);
    for (size_t q = 0; q < lanes; q++) ones[q] = 1;
    for (size_t t = 0; t < steps; t++)
        for (size_t j = 0; j < n; j++) expected[j] += OF(row_sum)(lanes, ones, tape + t * apart + j * lanes);
    for (int set = 0; set < KERNEL_SETS; set++) {
        OF(SumLanes) *sum = (OF(SumLanes) *)find(set, "kernel_sum_lanes", SINGLE);
        if (!sum) continue;
        real *y = OF(filled)(n, 23);
        sum(n, steps, lanes, apart, tape, y);
        OF(expect_same)(y, expected, n, set, "sum over lanes", (const size_t[]){n, steps, lanes});
        free(y);
    }
    free(tape), free(expected), free(ones);
}
