/* Kernels: rows of masked influences, and matrices made of others. See runtime/kernels_real.h. */

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
 * (without units: one number). Pairs whose entry is 0 are left out, as in kernel_outer. Summed up in
 * `work`, as in kernel_rows_mix: `room` for the sums, then for a copy. */
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
        int pulled = 0;
        for (size_t i = 0; i < wide; i++) work[i] = 0;
        for (size_t p = begin; p < end; p++, from += n) {
            const real c = l[unit ? unit[p] : 0], *restrict x = from;
            real *restrict y = work;
            if (c == 0) continue;
            pulled = 1;
            for (size_t i = 0; i < wide; i++) y[i] += c * x[i];
        }
        for (size_t i = 0; pulled && i < n; i++) g[i] += work[i];
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
