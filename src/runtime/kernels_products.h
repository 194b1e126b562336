/* Kernels: products of matrices and vectors. See runtime/kernels_real.h. */

/*@ kernel_join */
/* y[rows] (+)= the sums of rows of 16 partial sums, at most 32 rows */
KERNEL void kernel_join(size_t rows, const real *part, real *y, int accumulate) {
    real quarter[32][4];
    for (size_t q = 0; q < rows; q++)
        for (size_t k = 0; k < 4; k++)
            quarter[q][k] =
                (part[q * 16 + k] + part[q * 16 + k + 8]) + (part[q * 16 + k + 4] + part[q * 16 + k + 12]);
    for (size_t q = 0; q < rows; q++) {
        const real sum = (quarter[q][0] + quarter[q][2]) + (quarter[q][1] + quarter[q][3]);
        y[q] = accumulate ? y[q] + sum : sum;
    }
}

/*@ kernel_gemv */
/* y[rows] = A[rows, columns] x[columns], added to y when `accumulate`. Four rows at a time hide the latency
 * of an addition, partial sums of 32 rows are joined together; each row's sum is the same alone. */
KERNEL void kernel_gemv(size_t rows, size_t columns, const real *a, const real *x, real *y, int accumulate) {
    const size_t rest = columns % 16, whole = columns - rest;
    real part[32][16];
    for (size_t j = 0; j < rows; j += 32) {
        const size_t high = rows - j < 32 ? rows - j : 32;
        for (size_t q = 0; q < high; q += 4) {
            const size_t more = high - q;
            const real *r0 = a + (j + q) * columns, *r1 = more > 1 ? r0 + columns : r0,
                       *r2 = more > 2 ? r1 + columns : r0, *r3 = more > 3 ? r2 + columns : r0;
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
            for (size_t l = 0; l < 4; l++)
                for (size_t k = 0; k < 16; k++) part[q + l][k] = p[l][k];
        }
        kernel_join(high, part[0], y + j, accumulate);
    }
}

/*@ kernel_gemv_events */
/* kernel_gemv with an x that is mostly zeros: columns are left out 16 at a time where x has none but zeros,
 * which adds nothing to partial sums (these are by column mod 16, and never -0): the same bits, unless A has
 * an infinity or a NaN there. */
KERNEL void kernel_gemv_events(size_t rows, size_t columns, const real *a, const real *x, real *y,
                               int accumulate) {
    const size_t rest = columns % 16, whole = columns - rest;
    real part[32][16];
    int event[256];
    size_t events = 0;
    for (size_t i = 0; i < whole && columns <= 4096; i += 16) {
        int any = 0;
        for (size_t k = 0; k < 16; k++) any |= x[i + k] != 0;
        if (any) event[events++] = (int)i;
    }
    if (columns > 4096 || events * 32 > columns) { /* no list, or one of more than half of all */
        kernel_gemv(rows, columns, a, x, y, accumulate);
        return;
    }
    for (size_t j = 0; j < rows; j += 32) {
        const size_t high = rows - j < 32 ? rows - j : 32;
        for (size_t q = 0; q < high; q += 4) {
            const size_t more = high - q;
            const real *r0 = a + (j + q) * columns, *r1 = more > 1 ? r0 + columns : r0,
                       *r2 = more > 2 ? r1 + columns : r0, *r3 = more > 3 ? r2 + columns : r0;
            real p[4][16] = {{0}};
            for (size_t n = 0; n < events; n++) {
                const size_t i = (size_t)event[n];
                for (size_t k = 0; k < 16; k++) {
                    p[0][k] += r0[i + k] * x[i + k];
                    p[1][k] += r1[i + k] * x[i + k];
                    p[2][k] += r2[i + k] * x[i + k];
                    p[3][k] += r3[i + k] * x[i + k];
                }
            }
            for (size_t k = 0; k < rest; k++) {
                p[0][k] += r0[whole + k] * x[whole + k];
                p[1][k] += r1[whole + k] * x[whole + k];
                p[2][k] += r2[whole + k] * x[whole + k];
                p[3][k] += r3[whole + k] * x[whole + k];
            }
            for (size_t l = 0; l < 4; l++)
                for (size_t k = 0; k < 16; k++) part[q + l][k] = p[l][k];
        }
        kernel_join(high, part[0], y + j, accumulate);
    }
}

/*@ kernel_combine */
/* c[columns] (+)= Σ_k a[k * step] B[k, columns], B's rows being `apart` numbers apart: a row of sums. They
 * lie in the first cache, eight rows of B pass along them at a time; each runs over k from 0 and is then
 * added to c. */
KERNEL void kernel_combine(size_t columns, size_t inner, const real *a, size_t step, const real *b,
                           size_t apart, real *restrict c, int accumulate) {
    real p[512];
    for (size_t i = 0; i < columns; i += 512) {
        const size_t wide = columns - i < 512 ? columns - i : 512;
        size_t k = 0;
        for (size_t l = 0; l < wide; l++) p[l] = 0;
        for (; k + 8 <= inner; k += 8) {
            const real *ak = a + k * step, *b0 = b + k * apart + i, *b1 = b0 + apart, *b2 = b1 + apart,
                       *b3 = b2 + apart, *b4 = b3 + apart, *b5 = b4 + apart, *b6 = b5 + apart,
                       *b7 = b6 + apart;
            const real a0 = ak[0], a1 = ak[step], a2 = ak[2 * step], a3 = ak[3 * step], a4 = ak[4 * step],
                       a5 = ak[5 * step], a6 = ak[6 * step], a7 = ak[7 * step];
            for (size_t l = 0; l < wide; l++)
                p[l] = p[l] + a0 * b0[l] + a1 * b1[l] + a2 * b2[l] + a3 * b3[l] + a4 * b4[l] + a5 * b5[l] +
                       a6 * b6[l] + a7 * b7[l];
        }
        for (; k < inner; k++)
            for (size_t l = 0; l < wide; l++) p[l] += a[k * step] * b[k * apart + i + l];
        for (size_t l = 0; l < wide; l++) c[i + l] = accumulate ? c[i + l] + p[l] : p[l];
    }
}

/*@ tiles */
/* Tiles of sums that stay in registers: how large they are. */
#ifndef KERNEL_VECTOR /* bytes in a register */
#ifdef __AVX512F__
#define KERNEL_VECTOR 64
#elif defined __AVX2__
#define KERNEL_VECTOR 32
#else
#define KERNEL_VECTOR 16
#endif
#endif
#define KERNEL_TILE (KERNEL_VECTOR / (2 * sizeof(real)))
#define KERNEL_WIDE (KERNEL_VECTOR == 64 ? 32 : 24) /* 16 and less, gcc unrolls before it makes vectors */
#ifdef __GNUC__ /* what stands around a call would take registers from the sums */
#define KERNEL_ALONE __attribute__((noinline))
#else
#define KERNEL_ALONE
#endif

/*@ kernel_tile */
/* A tile of sums, which stay in registers while k runs over a panel of B: KERNEL_WIDE columns, packed row
 * after row. A's entry (q, k) is a[q * row + k * step]. Sums begin at 0, or where an earlier panel of the
 * same columns parked them; they are parked again for a later one, or end in C: from row `from` on, `wide`
 * columns. */
#define KERNEL_RESUME 1
#define KERNEL_PARK   2
KERNEL KERNEL_ALONE void kernel_tile(size_t deep, const real *a, size_t row, size_t step, const real *panel,
                                     real *restrict parked, int parts, real *restrict c, size_t columns,
                                     size_t from, size_t wide, int accumulate) {
    real p[KERNEL_TILE][KERNEL_WIDE];
    for (size_t q = 0; q < KERNEL_TILE; q++)
        for (size_t l = 0; l < KERNEL_WIDE; l++)
            p[q][l] = parts & KERNEL_RESUME ? parked[q * KERNEL_WIDE + l] : 0;
    for (size_t k = 0; k < deep; k++, a += step, panel += KERNEL_WIDE)
#pragma GCC unroll 8
        for (size_t q = 0; q < KERNEL_TILE; q++)
            for (size_t l = 0; l < KERNEL_WIDE; l++) p[q][l] += a[q * row] * panel[l];
    if (parts & KERNEL_PARK) {
        for (size_t q = 0; q < KERNEL_TILE; q++)
            for (size_t l = 0; l < KERNEL_WIDE; l++) parked[q * KERNEL_WIDE + l] = p[q][l];
        return;
    }
    for (size_t q = from; q < KERNEL_TILE; q++) {
        real *out = c + q * columns;
        if (wide == KERNEL_WIDE)
            for (size_t l = 0; l < KERNEL_WIDE; l++) out[l] = accumulate ? out[l] + p[q][l] : p[q][l];
        else
            for (size_t l = 0; l < wide; l++) out[l] = accumulate ? out[l] + p[q][l] : p[q][l];
    }
}

/*@ kernel_panels */
/* C[rows, columns] (+)= A[rows, inner] B[inner, columns]: A as for kernel_tile, B's rows `apart` numbers
 * apart. A panel of B is packed on the stack, for a matrix's rows may be so far apart that they fall out of
 * the caches, and all tiles of its columns are made from it; where B is deeper than a panel, blocks of them
 * are parked between panels. Whatever the tile and the panel, each sum runs over k from 0 and is then added
 * to C. Rows beyond the last whole tile are the end of one that overlaps it. */
#define KERNEL_DEEP  128
#define KERNEL_BLOCK 64
KERNEL void kernel_panels(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
                          const real *b, size_t apart, real *restrict c, int accumulate) {
    real panel[KERNEL_DEEP][KERNEL_WIDE], parked[KERNEL_BLOCK][KERNEL_WIDE];
    const size_t block = inner > KERNEL_DEEP ? KERNEL_BLOCK : rows;
    if (rows < KERNEL_TILE || rows == 1 || inner == 0) {
        for (size_t j = 0; j < rows; j++)
            kernel_combine(columns, inner, a + j * row, step, b, apart, c + j * columns, accumulate);
        return;
    }
    for (size_t i = 0; i < columns; i += KERNEL_WIDE)
        for (size_t j = 0; j < rows; j += block)
            for (size_t k = 0; k < inner; k += KERNEL_DEEP) {
                const size_t deep = inner - k < KERNEL_DEEP ? inner - k : KERNEL_DEEP;
                const size_t wide = columns - i < KERNEL_WIDE ? columns - i : KERNEL_WIDE;
                const int parts = (k > 0 ? KERNEL_RESUME : 0) | (k + deep < inner ? KERNEL_PARK : 0);
                for (size_t q = 0; q < deep; q++) {
                    const real *from = b + (k + q) * apart + i;
                    if (wide == KERNEL_WIDE)
                        for (size_t l = 0; l < KERNEL_WIDE; l++) panel[q][l] = from[l];
                    else
                        for (size_t l = 0; l < KERNEL_WIDE; l++) panel[q][l] = l < wide ? from[l] : 0;
                }
                for (size_t q = j; q < rows && q < j + block; q += KERNEL_TILE) {
                    const size_t first = q + KERNEL_TILE <= rows ? q : rows - KERNEL_TILE;
                    kernel_tile(deep, a + first * row + k * step, row, step, panel[0],
                                parked[inner > KERNEL_DEEP ? q - j : 0], parts, c + first * columns + i,
                                columns, q - first, wide, accumulate);
                }
            }
}

/*@ kernel_gemm */
/* C[rows, columns] (+)= A[rows, inner] B[inner, columns]; A's entry (j, k) is a[j * row + k * step], so that
 * A may be a transpose or a vector. */
KERNEL void kernel_gemm(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
                        const real *b, real *restrict c, int accumulate) {
    kernel_panels(rows, columns, inner, a, row, step, b, columns, c, accumulate);
}

/*@ kernel_steps */
/* C[rows, columns] += Σ_t a_t[rows] u_t[columns]ᵀ over `steps` steps, whose vectors are `apart` reals apart
 */
KERNEL void kernel_steps(size_t rows, size_t columns, size_t steps, size_t apart, const real *a,
                         const real *u, real *restrict c) {
    kernel_panels(rows, columns, steps, a, 1, apart, u, apart, c, 1);
}

/*@ kernel_tile_lanes */
/* C[some rows, wide] += Σ_v a[place[v] + row * lanes] turned[v], rows of KERNEL_WIDE numbers: a tile of sums
 * in registers, as kernel_tile; rows before `from` stay as they are */
KERNEL KERNEL_ALONE void kernel_tile_lanes(size_t count, const real *a, const size_t *place, size_t lanes,
                                           const real *turned, real *restrict c, size_t columns, size_t from,
                                           size_t wide) {
    real p[KERNEL_TILE][KERNEL_WIDE];
    for (size_t q = 0; q < KERNEL_TILE; q++)
        for (size_t l = 0; l < KERNEL_WIDE; l++) p[q][l] = 0;
    for (size_t v = 0; v < count; v++, turned += KERNEL_WIDE) {
        const real *av = a + place[v];
#pragma GCC unroll 8
        for (size_t q = 0; q < KERNEL_TILE; q++)
            for (size_t l = 0; l < KERNEL_WIDE; l++) p[q][l] += av[q * lanes] * turned[l];
    }
    for (size_t q = from; q < KERNEL_TILE; q++) {
        real *out = c + q * columns;
        if (wide == KERNEL_WIDE)
            for (size_t l = 0; l < KERNEL_WIDE; l++) out[l] += p[q][l];
        else
            for (size_t l = 0; l < wide; l++) out[l] += p[q][l];
    }
}

/*@ kernel_steps_lanes */
/* C[rows, columns] += Σ a[rows, lanes] u[columns, lanes]ᵀ over `steps` steps and their lanes, the sequences
 * that are done at once; steps are `apart` reals apart. Some 256 of u's vectors at a time are turned, for a
 * tile of columns, so that these lie side by side; each such part is summed up by itself. */
KERNEL void kernel_steps_lanes(size_t rows, size_t columns, size_t steps, size_t lanes, size_t apart,
                               const real *a, const real *u, real *restrict c) {
    real turned[256][KERNEL_WIDE];
    size_t place[256]; /* of each, in a */
    const size_t most = lanes < 256 ? 256 / lanes : 1, broad = lanes < 256 ? lanes : 256;
    for (size_t i = 0; i < columns; i += KERNEL_WIDE) {
        const size_t wide = columns - i < KERNEL_WIDE ? columns - i : KERNEL_WIDE;
        for (size_t t = 0; t < steps; t += most)
            for (size_t q = 0; q < lanes; q += broad) {
                const size_t span = steps - t < most ? steps - t : most;
                const size_t some = lanes - q < broad ? lanes - q : broad, count = span * some;
                const real *at = a + t * apart + q;
                for (size_t v = 0; v < span; v++)
                    for (size_t l = 0; l < wide; l++)
                        for (size_t k = 0; k < some; k++)
                            turned[v * some + k][l] = u[(t + v) * apart + (i + l) * lanes + q + k];
                for (size_t v = 0; v < count; v++) {
                    place[v] = v / some * apart + v % some;
                    for (size_t l = wide; l < KERNEL_WIDE; l++) turned[v][l] = 0;
                }
                for (size_t j = 0; j < rows && rows >= KERNEL_TILE; j += KERNEL_TILE) {
                    const size_t first = j + KERNEL_TILE <= rows ? j : rows - KERNEL_TILE;
                    kernel_tile_lanes(count, at + first * lanes, place, lanes, turned[0],
                                      c + first * columns + i, columns, j - first, wide);
                }
                for (size_t j = 0; j < rows && rows < KERNEL_TILE; j++) {
                    real p[KERNEL_WIDE] = {0};
                    for (size_t v = 0; v < count; v++)
                        for (size_t l = 0; l < KERNEL_WIDE; l++)
                            p[l] += at[j * lanes + place[v]] * turned[v][l];
                    for (size_t l = 0; l < wide; l++) c[j * columns + i + l] += p[l];
                }
            }
    }
}

/*@ kernel_sum_lanes */
/* y[n] += Σ x[n, lanes] over `steps` steps, which are `apart` reals apart. 16 partial sums a step. */
KERNEL void kernel_sum_lanes(size_t n, size_t steps, size_t lanes, size_t apart, const real *x,
                             real *restrict y) {
    const size_t rest = lanes % 16, whole = lanes - rest;
    for (size_t t = 0; t < steps; t++)
        for (size_t j = 0; j < n; j++) {
            const real *xj = x + t * apart + j * lanes;
            real p[16] = {0};
            for (size_t q = 0; q < whole; q += 16)
                for (size_t k = 0; k < 16; k++) p[k] += xj[q + k];
            for (size_t k = 0; k < rest; k++) p[k] += xj[whole + k];
            for (size_t k = 0; k < 8; k++) p[k] += p[k + 8];
            for (size_t k = 0; k < 4; k++) p[k] += p[k + 4];
            y[j] += (p[0] + p[2]) + (p[1] + p[3]);
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

/*@ kernel_sparse_lanes */
/* Y[rows, lanes] = A X[columns, lanes], A as in kernel_sparse, or (`transposed`) Y[columns, lanes] =
 * transpose(A) X[rows, lanes]: entry after entry */
KERNEL void kernel_sparse_lanes(size_t rows, size_t columns, size_t lanes, const int *start,
                                const int *column, const real *a, const real *x, real *restrict y,
                                int transposed) {
    for (size_t i = 0; i < (transposed ? columns : rows) * lanes; i++) y[i] = 0;
    for (size_t j = 0; j < rows; j++)
        for (size_t e = (size_t)start[j]; e < (size_t)start[j + 1]; e++) {
            const size_t i = (size_t)column[e];
            const real *restrict from = x + (transposed ? j : i) * lanes;
            real *restrict to = y + (transposed ? i : j) * lanes;
            for (size_t q = 0; q < lanes; q++) to[q] += a[e] * from[q];
        }
}
