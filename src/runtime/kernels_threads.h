/* Kernels whose rows are independent, shared out among threads: what the emitter pastes behind such a kernel,
 * cut at the seam that has its name, for compilers that are told OpenMP and ELIGO_THREADS. Each stands for
 * the kernel from there on, and calls it for a share of the rows; a row's bits are the same in any share. The
 * first seam's text comes before them all; the emitter defines ELIGO_THREADS_FROM. C99. */

/*@ shares */
/* Whether threads are worth it: rows for two of them, and so many multiplications. */
static int kernel_is_large(size_t rows, size_t work) { return rows > 16 && work >= ELIGO_THREADS_FROM; }

/* Where a share begins: rows that one tile has to itself, and one line of memory, stay together. */
static size_t kernel_border(size_t rows, int share) {
    const size_t border = (rows + 15) / 16 * (size_t)share / ELIGO_THREADS * 16;
    return border < rows ? border : rows;
}

/*@ kernel_gemv */
static void kernel_gemv_rows(size_t rows, size_t columns, const real *a, const real *x, real *y,
                             int accumulate) {
    if (!kernel_is_large(rows, rows * columns)) {
        kernel_gemv(rows, columns, a, x, y, accumulate);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_gemv(some, columns, a + j * columns, x, y + j, accumulate);
    }
}
#define kernel_gemv kernel_gemv_rows

/*@ kernel_gemm */
static void kernel_gemm_rows(size_t rows, size_t columns, size_t inner, const real *a, size_t row,
                             size_t step, const real *b, real *restrict c, int accumulate) {
    if (!kernel_is_large(rows, rows * columns * inner)) {
        kernel_gemm(rows, columns, inner, a, row, step, b, c, accumulate);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_gemm(some, columns, inner, a + j * row, row, step, b, c + j * columns, accumulate);
    }
}
#define kernel_gemm kernel_gemm_rows

/*@ kernel_steps */
static void kernel_steps_rows(size_t rows, size_t columns, size_t steps, size_t apart, const real *a,
                              const real *u, real *restrict c) {
    if (!kernel_is_large(rows, rows * columns * steps)) {
        kernel_steps(rows, columns, steps, apart, a, u, c);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_steps(some, columns, steps, apart, a + j, u, c + j * columns);
    }
}
#define kernel_steps kernel_steps_rows

/*@ kernel_steps_lanes */
static void kernel_steps_lanes_rows(size_t rows, size_t columns, size_t steps, size_t lanes, size_t apart,
                                    const real *a, const real *u, real *restrict c) {
    if (!kernel_is_large(rows, rows * columns * steps * lanes)) {
        kernel_steps_lanes(rows, columns, steps, lanes, apart, a, u, c);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_steps_lanes(some, columns, steps, lanes, apart, a + j * lanes, u, c + j * columns);
    }
}
#define kernel_steps_lanes kernel_steps_lanes_rows

/*@ kernel_outer */
static void kernel_outer_rows(size_t rows, size_t n, const real *a, const real *x, real *restrict y) {
    if (!kernel_is_large(rows, rows * n)) {
        kernel_outer(rows, n, a, x, y);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_outer(some, n, a + j, x, y + j * n);
    }
}
#define kernel_outer kernel_outer_rows

/*@ kernel_trace_gradient */
static void kernel_trace_gradient_rows(size_t rows, size_t n, const real *a, const real *b, const real *x,
                                       real *restrict e, const real *l, real *restrict g) {
    if (!kernel_is_large(rows, rows * n)) {
        kernel_trace_gradient(rows, n, a, b, x, e, l, g);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_trace_gradient(some, n, a + j, b + j, x, e + j * n, l + j, g + j * n);
    }
}
#define kernel_trace_gradient kernel_trace_gradient_rows

/*@ kernel_outer_gemv */
static void kernel_outer_gemv_rows(size_t rows, size_t n, const real *a, const real *x, real *restrict w,
                                   const real *v, real *restrict y) {
    if (!kernel_is_large(rows, 2 * rows * n)) {
        kernel_outer_gemv(rows, n, a, x, w, v, y);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_outer_gemv(some, n, a + j, x, w + j * n, v, y + j);
    }
}
#define kernel_outer_gemv kernel_outer_gemv_rows

/*@ kernel_trace_gradient_gemv */
static void kernel_trace_gradient_gemv_rows(size_t rows, size_t n, const real *a, const real *b,
                                            const real *x, real *restrict e, const real *l, real *restrict w,
                                            const real *v, real *restrict y) {
    if (!kernel_is_large(rows, 3 * rows * n)) {
        kernel_trace_gradient_gemv(rows, n, a, b, x, e, l, w, v, y);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_trace_gradient_gemv(some, n, a + j, b + j, x, e + j * n, l + j, w + j * n, v, y + j);
    }
}
#define kernel_trace_gradient_gemv kernel_trace_gradient_gemv_rows

/*@ kernel_sparse */
static void kernel_sparse_rows(size_t rows, const int *start, const int *column, const real *a, const real *x,
                               real *y) {
    if (!kernel_is_large(rows, (size_t)start[rows])) {
        kernel_sparse(rows, start, column, a, x, y);
        return;
    }
#pragma omp parallel for num_threads(ELIGO_THREADS)
    for (int share = 0; share < ELIGO_THREADS; share++) {
        const size_t j = kernel_border(rows, share), some = kernel_border(rows, share + 1) - j;
        kernel_sparse(some, start + j, column, a, x, y + j);
    }
}
#define kernel_sparse kernel_sparse_rows
