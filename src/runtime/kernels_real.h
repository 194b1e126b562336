/* The kernels: loops over whole ranges that are worth a good compiler, one source for three uses.
 *
 * runtime/kernels.c compiles this text into eligo for float and for double, tcc-compiled learners call those;
 * the emitter pastes what a standalone learner uses. `real` is the number type, KERNEL what stands before a
 * definition. Every result is the same whichever compiler makes it: the order of each sum is written out
 * (sums along a row have 16 partial sums, because a compiler that may not reorder can't vectorise one), and
 * no build contracts a * b + c into one rounding. The seams (a comment with a kernel's name) are what the
 * emitter cuts at. Plain C99. */

/*@ kernel_gemv */
/* y[rows] = A[rows, columns] x[columns], added to y when `accumulate`. Four rows at a time hide the latency
 * of an addition; each row's sum is the same alone. */
KERNEL void kernel_gemv(size_t rows, size_t columns, const real *a, const real *x, real *y, int accumulate) {
    const size_t rest = columns % 16, whole = columns - rest;
    for (size_t j = 0; j < rows; j += 4) {
        const size_t high = rows - j < 4 ? rows - j : 4;
        const real *r0 = a + j * columns, *r1 = high > 1 ? r0 + columns : r0,
                   *r2 = high > 2 ? r1 + columns : r0, *r3 = high > 3 ? r2 + columns : r0;
        real p[4][16] = {{0}};
        for (size_t i = 0; i < whole; i += 16)
            for (size_t k = 0; k < 16; k++) {
                p[0][k] += r0[i + k] * x[i + k];
                p[1][k] += r1[i + k] * x[i + k];
                p[2][k] += r2[i + k] * x[i + k];
                p[3][k] += r3[i + k] * x[i + k];
            }
        for (size_t k = 0; k < rest; k++) {
            p[0][k] += r0[whole + k] * x[whole + k];
            p[1][k] += r1[whole + k] * x[whole + k];
            p[2][k] += r2[whole + k] * x[whole + k];
            p[3][k] += r3[whole + k] * x[whole + k];
        }
        for (size_t q = 0; q < high; q++) {
            for (size_t k = 0; k < 8; k++) p[q][k] += p[q][k + 8];
            for (size_t k = 0; k < 4; k++) p[q][k] += p[q][k + 4];
            const real sum = (p[q][0] + p[q][2]) + (p[q][1] + p[q][3]);
            y[j + q] = accumulate ? y[j + q] + sum : sum;
        }
    }
}

/*@ kernel_gemm */
/* C[rows, columns] (+)= A[rows, inner] B[inner, columns]; A's entry (j, k) is a[j * row + k * step], so that
 * A may be a transpose or a vector. Tiles of 4 × 32 sums stay in registers; each sum runs over k from 0 and
 * is then added to C. */
KERNEL void kernel_gemm(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
                        const real *b, real *restrict c, int accumulate) {
    for (size_t i = 0; i < columns; i += 32) {
        const size_t wide = columns - i < 32 ? columns - i : 32;
        size_t j = 0;
        for (; wide == 32 && j + 4 <= rows; j += 4) {
            real p[4][32] = {{0}};
            for (size_t k = 0; k < inner; k++) {
                const real *bk = b + k * columns + i, *ak = a + j * row + k * step;
                const real a0 = ak[0], a1 = ak[row], a2 = ak[2 * row], a3 = ak[3 * row];
                for (size_t l = 0; l < 32; l++) {
                    p[0][l] += a0 * bk[l];
                    p[1][l] += a1 * bk[l];
                    p[2][l] += a2 * bk[l];
                    p[3][l] += a3 * bk[l];
                }
            }
            for (size_t q = 0; q < 4; q++)
                for (size_t l = 0; l < 32; l++) {
                    real *out = c + (j + q) * columns + i + l;
                    *out = accumulate ? *out + p[q][l] : p[q][l];
                }
        }
        for (; j < rows; j++) {
            real p[32] = {0};
            for (size_t k = 0; k < inner; k++) {
                const real *bk = b + k * columns + i;
                const real ak = a[j * row + k * step];
                for (size_t l = 0; l < wide; l++) p[l] += ak * bk[l];
            }
            for (size_t l = 0; l < wide; l++) {
                real *out = c + j * columns + i + l;
                *out = accumulate ? *out + p[l] : p[l];
            }
        }
    }
}

/*@ kernel_outer */
/* y[n] += a x[n]: one row of an outer product */
KERNEL void kernel_outer(size_t n, real a, const real *x, real *restrict y) {
    for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

/*@ kernel_trace */
/* e[n] = a e[n] + b x[n]: one row of a trace */
KERNEL void kernel_trace(size_t n, real a, real b, const real *x, real *restrict e) {
    for (size_t i = 0; i < n; i++) e[i] = a * e[i] + b * x[i];
}

/*@ kernel_trace_gradient */
/* e[n] = a e[n] + b x[n], g[n] += l e[n]: one row of a trace and of its gradient, in one pass */
KERNEL void kernel_trace_gradient(size_t n, real a, real b, const real *x, real *restrict e, real l,
                                  real *restrict g) {
    for (size_t i = 0; i < n; i++) {
        e[i] = a * e[i] + b * x[i];
        g[i] += l * e[i];
    }
}

/*@ kernel_sparse */
/* y[rows] = A x, A's row j with the entries a[start[j] … start[j + 1]) at these columns. Eight partial sums a
 * row. */
KERNEL void kernel_sparse(size_t rows, const int *start, const int *column, const real *a, const real *x,
                          real *y) {
    for (size_t j = 0; j < rows; j++) {
        real p[8] = {0};
        size_t e = (size_t)start[j];
        const size_t end = (size_t)start[j + 1];
        for (; e + 8 <= end; e += 8)
            for (size_t k = 0; k < 8; k++) p[k] += a[e + k] * x[column[e + k]];
        for (size_t k = 0; e < end; e++, k++) p[k] += a[e] * x[column[e]];
        for (size_t k = 0; k < 4; k++) p[k] += p[k + 4];
        y[j] = (p[0] + p[2]) + (p[1] + p[3]);
    }
}

/*@ kernel_sparse_transposed */
/* y[columns] = transpose(A) x, A as in kernel_sparse; row after row */
KERNEL void kernel_sparse_transposed(size_t rows, size_t columns, const int *start, const int *column,
                                     const real *a, const real *x, real *restrict y) {
    for (size_t i = 0; i < columns; i++) y[i] = 0;
    for (size_t j = 0; j < rows; j++)
        for (size_t e = (size_t)start[j]; e < (size_t)start[j + 1]; e++) y[column[e]] += a[e] * x[j];
}

/*@ kernel_rows_mix */
/* A masked influence: row j of a parameter (`columns` long, or start[j + 1] - start[j]) has the pairs
 * first[j] … first[j + 1] - 1, a row of numbers each. Each pair becomes (or grows by) the sum, over its
 * operations, of an entry of `a` times one of the source's rows of the same j. The sums are made in `work`,
 * where a row is as long as the next multiple of 16, so that loops have a known length: what is read beyond a
 * row's end is the next row, and comes to nothing; where there is no next one, a copy is read. `work` has
 * room for the sums of any j, and behind them for as many copies. */
#define ROWS_MOVE(wide)                                                                                      \
    {                                                                                                        \
        for (size_t k = 0; k < (wide); k++) y[i + k] = accumulate ? y[i + k] + sum[i + k] : sum[i + k];      \
        i += (wide);                                                                                         \
    }
KERNEL void kernel_rows_mix(size_t rows, size_t columns, const int *start, const int *first,
                            const int *source, const int *op_first, const int *op_entry, const int *op_pair,
                            const int *op_row, const real *a, const real *in, real *out, real *work,
                            size_t room, int accumulate) {
    size_t left = 0;
    for (size_t j = 0; j < rows; j++)
        left += (size_t)(source[j + 1] - source[j]) * (start ? (size_t)(start[j + 1] - start[j]) : columns);
    for (size_t i = 0; i < room; i++) work[i] = 0;
    for (size_t j = 0; j < rows; j++) {
        const size_t n = start ? (size_t)(start[j + 1] - start[j]) : columns,
                     wide = n < 8 ? n : (n + 15) / 16 * 16;
        const size_t olds = (size_t)(source[j + 1] - source[j]) * n;
        const real *from = in;
        if (left < olds + 16) {
            from = work + room;
            for (size_t i = 0; i < olds; i++) work[room + i] = in[i];
            for (size_t i = olds; i < olds + 16; i++) work[room + i] = 0;
        }
        for (size_t o = (size_t)op_first[j]; o < (size_t)op_first[j + 1]; o++) {
            const real c = a[op_entry[o]], *restrict x = from + (size_t)op_row[o] * n;
            real *restrict y = work + (size_t)op_pair[o] * wide;
            for (size_t i = 0; i < wide; i++) y[i] += c * x[i];
        }
        real *restrict sum = work;
        for (size_t p = (size_t)first[j]; p < (size_t)first[j + 1]; p++) {
            real *restrict y = out;
            size_t i = 0;
            while (i + 16 <= n) ROWS_MOVE(16)
            if (i + 8 <= n) ROWS_MOVE(8)
            if (i + 4 <= n) ROWS_MOVE(4)
            if (i + 2 <= n) ROWS_MOVE(2)
            if (i < n) ROWS_MOVE(1)
            out += n;
            for (i = 0; i + 16 <= wide; i += 16)
                for (size_t k = 0; k < 16; k++) sum[i + k] = 0;
            for (; i < wide; i++) sum[i] = 0;
            sum += wide;
        }
        in += olds;
        left -= olds;
    }
}
#undef ROWS_MOVE

/*@ kernel_rows_outer */
/* Pairs as in kernel_rows_mix: for each operation one of them grows by an entry of `a` times u, which is over
 * the columns (without u: 1). */
KERNEL void kernel_rows_outer(size_t rows, size_t columns, const int *start, const int *column,
                              const int *first, const int *op_first, const int *op_entry, const int *op_pair,
                              const real *a, const real *u, real *out) {
    for (size_t j = 0; j < rows; j++) {
        const size_t from = start ? (size_t)start[j] : 0;
        const size_t n = start ? (size_t)(start[j + 1] - start[j]) : columns;
        for (size_t o = (size_t)op_first[j]; o < (size_t)op_first[j + 1]; o++) {
            const real c = a[op_entry[o]];
            real *restrict y = out + (size_t)op_pair[o] * n;
            for (size_t i = 0; i < n; i++) y[i] += u ? c * u[start ? (size_t)column[from + i] : i] : c;
        }
        out += (size_t)(first[j + 1] - first[j]) * n;
    }
}

/*@ kernel_rows_pull */
/* g, which is like the parameter, grows in row j by the row's pairs, each times its unit's entry of l
 * (without units: one number). Summed up in `work`, as in kernel_rows_mix: `room` for the sums, then for a
 * copy. */
KERNEL void kernel_rows_pull(size_t rows, size_t columns, const int *start, const int *first, const int *unit,
                             const real *l, const real *in, real *g, real *work, size_t room) {
    size_t left = 0;
    for (size_t j = 0; j < rows; j++)
        left += (size_t)(first[j + 1] - first[j]) * (start ? (size_t)(start[j + 1] - start[j]) : columns);
    for (size_t j = 0; j < rows; j++) {
        const size_t n = start ? (size_t)(start[j + 1] - start[j]) : columns,
                     wide = n < 8 ? n : (n + 15) / 16 * 16;
        const size_t begin = (size_t)first[j], end = (size_t)first[j + 1], all = (end - begin) * n;
        const real *from = in;
        if (left < all + 16) {
            from = work + room;
            for (size_t i = 0; i < all; i++) work[room + i] = in[i];
            for (size_t i = all; i < all + 16; i++) work[room + i] = 0;
        }
        for (size_t i = 0; i < wide; i++) work[i] = 0;
        for (size_t p = begin; p < end; p++, from += n) {
            const real c = l[unit ? unit[p] : 0], *restrict x = from;
            real *restrict y = work;
            for (size_t i = 0; i < wide; i++) y[i] += c * x[i];
        }
        for (size_t i = 0; i < n; i++) g[i] += work[i];
        in += all;
        left -= all;
        g += n;
    }
}

/*@ kernel_sign */
/* y[k] = the sign of a[k]: -1, 0 or 1. */
KERNEL void kernel_sign(size_t entries, const real *a, real *y) {
    for (size_t k = 0; k < entries; k++) y[k] = (real)((a[k] > 0) - (a[k] < 0));
}

/*@ kernel_mean */
/* y, which is like the matrix a, gets the average of a over each pair of a group of rows and a group of
 * columns: group g is from row_border[g] up to row_border[g + 1]. A sparse a has the entries start[j] … of
 * row j, and their columns (else NULL); a hollow one has no diagonal. Each row's sum is taken first. */
KERNEL void kernel_mean(size_t rows_of_groups, const int *row_border, size_t columns_of_groups,
                        const int *column_border, const int *start, const int *column, int hollow,
                        const real *a, real *y) {
    const size_t columns = (size_t)column_border[columns_of_groups];
    for (size_t p = 0; p < rows_of_groups; p++)
        for (size_t q = 0; q < columns_of_groups; q++) {
            const size_t low = (size_t)column_border[q], high = (size_t)column_border[q + 1];
            real sum = 0, count = 0, mean = 0;
            for (int pass = 0; pass < 2; pass++) {
                if (pass) mean = count > 0 ? sum / count : 0;
                for (size_t j = (size_t)row_border[p]; j < (size_t)row_border[p + 1]; j++) {
                    const size_t begin = start ? (size_t)start[j] : j * columns + low;
                    const size_t end = start ? (size_t)start[j + 1] : j * columns + high;
                    real row = 0;
                    for (size_t k = begin; k < end; k++) {
                        const size_t i = start ? (size_t)column[k] : k - j * columns;
                        if (i < low || i >= high) continue;
                        if (pass) {
                            y[k] = hollow && i == j ? 0 : mean;
                        } else if (!(hollow && i == j)) {
                            row += a[k];
                            count += 1;
                        }
                    }
                    sum += row;
                }
            }
        }
}
