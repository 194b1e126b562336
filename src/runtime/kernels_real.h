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
 * A may be a transpose or a vector. Tiles of KERNEL_TILE × 32 sums stay in registers, as many as a processor
 * has; each sum runs over k from 0 and is then added to C, so that a tile's height changes no bit. */
#ifndef KERNEL_TILE
#ifdef __AVX512F__
#define KERNEL_TILE 8
#else
#define KERNEL_TILE 4
#endif
#endif
KERNEL void kernel_gemm(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
                        const real *b, real *restrict c, int accumulate) {
    for (size_t i = 0; i < columns; i += 32) {
        const size_t wide = columns - i < 32 ? columns - i : 32;
        size_t j = 0;
        for (; wide == 32 && j + KERNEL_TILE <= rows; j += KERNEL_TILE) {
            real p[KERNEL_TILE][32] = {{0}};
            for (size_t k = 0; k < inner; k++) {
                const real *bk = b + k * columns + i, *ak = a + j * row + k * step;
                for (size_t q = 0; q < KERNEL_TILE; q++)
                    for (size_t l = 0; l < 32; l++) p[q][l] += ak[q * row] * bk[l];
            }
            for (size_t q = 0; q < KERNEL_TILE; q++)
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

/*@ kernel_steps */
/* C[rows, columns] += Σ_t a_t[rows] u_t[columns]ᵀ over `steps` steps, whose vectors are `apart` reals apart:
 * as kernel_gemm, tile by tile. */
#ifndef KERNEL_TILE
#ifdef __AVX512F__
#define KERNEL_TILE 8
#else
#define KERNEL_TILE 4
#endif
#endif
KERNEL void kernel_steps(size_t rows, size_t columns, size_t steps, size_t apart, const real *a,
                         const real *u, real *restrict c) {
    for (size_t i = 0; i < columns; i += 32) {
        const size_t wide = columns - i < 32 ? columns - i : 32;
        size_t j = 0;
        for (; wide == 32 && j + KERNEL_TILE <= rows; j += KERNEL_TILE) {
            real p[KERNEL_TILE][32] = {{0}};
            for (size_t t = 0; t < steps; t++) {
                const real *ut = u + t * apart + i, *at = a + t * apart + j;
                for (size_t q = 0; q < KERNEL_TILE; q++)
                    for (size_t l = 0; l < 32; l++) p[q][l] += at[q] * ut[l];
            }
            for (size_t q = 0; q < KERNEL_TILE; q++)
                for (size_t l = 0; l < 32; l++) c[(j + q) * columns + i + l] += p[q][l];
        }
        for (; j < rows; j++) {
            real p[32] = {0};
            for (size_t t = 0; t < steps; t++) {
                const real *ut = u + t * apart + i;
                const real at = a[t * apart + j];
                for (size_t l = 0; l < wide; l++) p[l] += at * ut[l];
            }
            for (size_t l = 0; l < wide; l++) c[j * columns + i + l] += p[l];
        }
    }
}

/*@ kernel_steps_lanes */
/* C[rows, columns] += Σ a[rows, lanes] u[columns, lanes]ᵀ over `steps` steps and their lanes, the sequences
 * that are done at once; steps are `apart` reals apart. Some 256 of u's vectors at a time are turned, for a
 * tile of columns, so that these lie side by side; each such part is summed up by itself. */
#ifndef KERNEL_TILE
#ifdef __AVX512F__
#define KERNEL_TILE 8
#else
#define KERNEL_TILE 4
#endif
#endif
KERNEL void kernel_steps_lanes(size_t rows, size_t columns, size_t steps, size_t lanes, size_t apart,
                               const real *a, const real *u, real *restrict c) {
    real turned[256][32];
    size_t place[256]; /* of each, in a */
    const size_t most = lanes < 256 ? 256 / lanes : 1, broad = lanes < 256 ? lanes : 256;
    for (size_t i = 0; i < columns; i += 32) {
        const size_t wide = columns - i < 32 ? columns - i : 32;
        for (size_t t = 0; t < steps; t += most)
            for (size_t q = 0; q < lanes; q += broad) {
                const size_t span = steps - t < most ? steps - t : most;
                const size_t some = lanes - q < broad ? lanes - q : broad, count = span * some;
                for (size_t v = 0; v < span; v++)
                    for (size_t l = 0; l < wide; l++)
                        for (size_t k = 0; k < some; k++)
                            turned[v * some + k][l] = u[(t + v) * apart + (i + l) * lanes + q + k];
                for (size_t v = 0; v < count; v++) {
                    place[v] = v / some * apart + v % some;
                    for (size_t l = wide; l < 32; l++) turned[v][l] = 0;
                }
                size_t j = 0;
                for (; wide == 32 && j + KERNEL_TILE <= rows; j += KERNEL_TILE) {
                    real p[KERNEL_TILE][32] = {{0}};
                    const real *at = a + t * apart + j * lanes + q;
                    for (size_t v = 0; v < count; v++) { /* without these names gcc keeps p in memory */
                        const real *av = at + place[v], *uv = turned[v];
                        for (size_t r = 0; r < KERNEL_TILE; r++)
                            for (size_t l = 0; l < 32; l++) p[r][l] += av[r * lanes] * uv[l];
                    }
                    for (size_t r = 0; r < KERNEL_TILE; r++)
                        for (size_t l = 0; l < 32; l++) c[(j + r) * columns + i + l] += p[r][l];
                }
                for (; j < rows; j++) {
                    real p[32] = {0};
                    const real *at = a + t * apart + j * lanes + q;
                    for (size_t v = 0; v < count; v++)
                        for (size_t l = 0; l < 32; l++) p[l] += at[place[v]] * turned[v][l];
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

/*@ kernel_outer */
/* Y[rows, n] += a[rows] x[n]: an outer product */
KERNEL void kernel_outer(size_t rows, size_t n, const real *a, const real *x, real *restrict y) {
    for (size_t j = 0; j < rows; j++, y += n) {
        const real aj = a[j];
        for (size_t i = 0; i < n; i++) y[i] += aj * x[i];
    }
}

/*@ kernel_trace */
/* E[rows, n] = a[rows] E + b[rows] x[n]: a trace */
KERNEL void kernel_trace(size_t rows, size_t n, const real *a, const real *b, const real *x,
                         real *restrict e) {
    for (size_t j = 0; j < rows; j++, e += n) {
        const real aj = a[j], bj = b[j];
        for (size_t i = 0; i < n; i++) e[i] = aj * e[i] + bj * x[i];
    }
}

/*@ kernel_trace_gradient */
/* E[rows, n] = a[rows] E + b[rows] x[n], G[rows, n] += l[rows] E: a trace and its gradient, in one pass */
KERNEL void kernel_trace_gradient(size_t rows, size_t n, const real *a, const real *b, const real *x,
                                  real *restrict e, const real *l, real *restrict g) {
    for (size_t j = 0; j < rows; j++, e += n, g += n) {
        const real aj = a[j], bj = b[j], lj = l[j];
        for (size_t i = 0; i < n; i++) {
            e[i] = aj * e[i] + bj * x[i];
            g[i] += lj * e[i];
        }
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

/*@ kernel_signs */
/* out[n] of +1 and -1 at random, the same for the same (draws, stream) on every machine: the bits of
 * SplitMix64 (Steele, Lea & Flood 2014), 64 to a number. */
KERNEL void kernel_signs(size_t n, unsigned draws, unsigned stream, real *out) {
    unsigned long long bits = 0;
    const unsigned long long key = ((unsigned long long)draws << 32) + stream;
    for (size_t i = 0; i < n; i++) {
        if (i % 64 == 0) {
            unsigned long long z = key * 0xD1342543DE82EF95ULL + (i / 64 + 1) * 0x9E3779B97F4A7C15ULL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
            bits = z ^ (z >> 31);
        }
        out[i] = (bits & 1) != 0 ? (real)1 : (real)-1;
        bits >>= 1;
    }
}

/*@ kernel_dot */
/* *sum += x · y, n numbers each. 16 partial sums. */
KERNEL void kernel_dot(size_t n, const real *x, const real *y, real *sum) {
    real p[16] = {0};
    size_t i = 0;
    for (; i + 16 <= n; i += 16)
        for (size_t k = 0; k < 16; k++) p[k] += x[i + k] * y[i + k];
    for (size_t k = 0; i < n; i++, k++) p[k] += x[i] * y[i];
    for (size_t k = 0; k < 8; k++) p[k] += p[k + 8];
    for (size_t k = 0; k < 4; k++) p[k] += p[k + 4];
    *sum += (p[0] + p[2]) + (p[1] + p[3]);
}

/*@ kernel_dot_outer */
/* The squared norm of the outer product of row[rows] and column[columns], added to *sum; without a row or a
 * column (NULL) that of the other. */
KERNEL void kernel_dot_outer(size_t rows, const real *row, size_t columns, const real *column, real *sum) {
    real norm[2] = {1, 1};
    for (int side = 0; side < 2; side++) {
        const real *x = side ? column : row;
        const size_t n = side ? columns : rows;
        real square = 0;
        for (size_t i = 0; x && i < n; i++) square += x[i] * x[i];
        if (x) norm[side] = square;
    }
    *sum += norm[0] * norm[1];
}

/*@ kernel_balance */
/* Two products, left[0] right[0] and left[1] right[1], become one, right in the mean over two signs:
 * (Σ s_i p_i left[i]) (Σ s_i / p_i right[i]), with p_i such that both sides are of one length (Tallec &
 * Ollivier 2018, section 3). Of lengths only the squares are known: the diagonals of two Gram matrices.
 * Writes s_i p_i to `x`, s_i / p_i to `y`; 0 where the product is 0. */
KERNEL void kernel_balance(const real *left, const real *right, unsigned draws, unsigned stream, real *x,
                           real *y) {
    double sqrt(double);
    unsigned long long z =
        (((unsigned long long)draws << 32) + stream) * 0xD1342543DE82EF95ULL + 0x9E3779B97F4A7C15ULL;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    for (int i = 0; i < 2; i++) {
        const double a = (double)left[3 * i], b = (double)right[3 * i], sign = (z >> i & 1) != 0 ? 1 : -1;
        x[i] = y[i] = 0;
        if (!(a > 0) || !(b > 0)) continue;
        const double p = sqrt(sqrt(b) / sqrt(a));
        x[i] = (real)(sign * p);
        y[i] = (real)(sign / p);
    }
}

/*@ kernel_mix */
/* r + 1 products left[i] right[i] become r, right in the mean and of least variance (Benzing et al. 2019).
 * Given the Gram matrices of both sides, [r + 1, r + 1], their upper triangles, writes the mixtures: new
 * left[k] = Σ_i x[k, i] left[i], and y for the right, [r, r + 1] both. r is 1 to 16. The matrix of all
 * products is S_lᵀ S_r in orthonormal bases of both sides (S from Cholesky); of its singular values the
 * largest stay as they are, the rest are joined: of q + 1 values with the sum s, √(s / q) times random signs
 * times a basis of the complement of √(1 - q σ_i / s). That is right in the mean whatever the rounding of the
 * Gram matrices; these only decide how small the variance is. */
KERNEL void kernel_mix(size_t r, const real *left, const real *right, unsigned draws, unsigned stream,
                       real *x, real *y) {
    double sqrt(double);
    const size_t size = r + 1;
    const double least = sizeof(real) < sizeof(double) ? 1e-6 : 1e-12; /* what is shorter is rounding */
    const real *const gram[2] = {left, right};
    real *const out[2] = {x, y};
    double root[2][17][17] = {{{0}}}, length[2][17] = {{0}}; /* upper triangles: gram = rootᵀ root */
    double u[17][17] = {{0}}, v[17][17] = {{0}}, sigma[17] = {0}, part[17][17] = {{0}};
    size_t at[17], count = 0; /* terms that aren't zero */
    unsigned long long z = (((unsigned long long)draws << 32) + stream) * 0xD1342543DE82EF95ULL;
    for (size_t i = 0; i < r * size; i++) x[i] = y[i] = 0;
    for (size_t i = 0; i < size; i++)
        if (left[i * size + i] > 0 && right[i * size + i] > 0) at[count++] = i;
    if (count <= r) { /* there is room for each */
        for (size_t i = 0; i < count; i++) x[i * size + at[i]] = y[i * size + at[i]] = 1;
        return;
    }
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < size; i++) length[side][i] = sqrt((double)gram[side][i * size + i]);
    for (int side = 0; side < 2; side++) /* Cholesky of the Gram matrix of unit vectors, kept regular */
        for (size_t i = 0; i < size; i++)
            for (size_t j = i; j < size; j++) {
                double sum = (double)gram[side][i * size + j] / length[side][i] / length[side][j];
                for (size_t k = 0; k < i; k++) sum -= root[side][k][i] * root[side][k][j];
                if (i == j)
                    root[side][i][i] = sqrt(sum > least ? sum : least);
                else
                    root[side][i][j] = sum / root[side][i][i];
            }
    /* u = S_l D_l D_r S_rᵀ, then by one-sided Jacobi rotations u v = columns that are orthogonal */
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            for (size_t k = i > j ? i : j; k < size; k++)
                u[i][j] += root[0][i][k] * length[0][k] * length[1][k] * root[1][j][k];
            v[i][j] = i == j;
        }
    for (int round = 0; round < 40; round++)
        for (size_t p = 0; p + 1 < size; p++)
            for (size_t q = p + 1; q < size; q++) {
                double a = 0, b = 0, c = 0;
                for (size_t i = 0; i < size; i++)
                    a += u[i][p] * u[i][p], b += u[i][q] * u[i][q], c += u[i][p] * u[i][q];
                if (c * c <= 1e-30 * a * b) continue;
                const double zeta = (b - a) / (2 * c);
                const double t = (zeta < 0 ? -1 : 1) / ((zeta < 0 ? -zeta : zeta) + sqrt(1 + zeta * zeta));
                const double cosine = 1 / sqrt(1 + t * t), sine = cosine * t;
                for (size_t i = 0; i < size; i++) {
                    const double up = u[i][p], vp = v[i][p];
                    u[i][p] = cosine * up - sine * u[i][q], u[i][q] = sine * up + cosine * u[i][q];
                    v[i][p] = cosine * vp - sine * v[i][q], v[i][q] = sine * vp + cosine * v[i][q];
                }
            }
    for (size_t j = 0; j < size; j++) {
        double sum = 0;
        for (size_t i = 0; i < size; i++) sum += u[i][j] * u[i][j];
        sigma[j] = sqrt(sum);
        for (size_t i = 0; i < size; i++) u[i][j] = sum > 0 ? u[i][j] / sigma[j] : 0;
    }
    for (size_t i = 0; i < size; i++) /* the largest first */
        for (size_t j = i + 1; j < size; j++)
            if (sigma[j] > sigma[i]) {
                const double swap = sigma[i];
                sigma[i] = sigma[j], sigma[j] = swap;
                for (size_t k = 0; k < size; k++) {
                    const double uk = u[k][i], vk = v[k][i];
                    u[k][i] = u[k][j], u[k][j] = uk;
                    v[k][i] = v[k][j], v[k][j] = vk;
                }
            }
    /* part[size, r]: √σ_i for the first m, the joined rest behind */
    size_t m = 0;
    double sum = 0;
    for (size_t i = 0; i < size; i++) sum += sigma[i];
    while (m + 1 < r && (double)(r - m) * sigma[m] > sum) sum -= sigma[m], m++;
    for (size_t i = 0; i < m; i++) part[i][i] = sqrt(sigma[i]);
    const double q = (double)(r - m);
    double normal[17] = {0}, square = 0;
    for (size_t i = m; i < size; i++) {
        const double rest = sum > 0 ? 1 - q * sigma[i] / sum : 0;
        normal[i] = (rest > 0 ? sqrt(rest) : 0) - (i == m);
        square += normal[i] * normal[i];
    }
    for (size_t i = m; i < size; i++) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL + 0x9E3779B97F4A7C15ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        z ^= z >> 31;
        const double sign = (z & 1) != 0 ? 1 : -1;
        for (size_t k = m; k < r; k++) {
            const double reflected = (i == k + 1) - (square > 0 ? 2 * normal[i] * normal[k + 1] / square : 0);
            part[i][k] = sqrt(sum / q) * sign * reflected;
        }
    }
    /* back to the terms: out = D⁻¹ S⁻¹ (u or v) part */
    for (int side = 0; side < 2; side++)
        for (size_t k = 0; k < r; k++) {
            double b[17];
            for (size_t i = 0; i < size; i++) {
                b[i] = 0;
                for (size_t j = 0; j < size; j++) b[i] += (side ? v[i][j] : u[i][j]) * part[j][k];
            }
            for (size_t i = size; i-- > 0;) {
                for (size_t j = i + 1; j < size; j++) b[i] -= root[side][i][j] * b[j];
                b[i] /= root[side][i][i];
                out[side][k * size + i] = (real)(b[i] / length[side][i]);
            }
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

/*@ kernel_join */
/* y[rows] = the sums of at most 16 rows of 16 partial sums each, joined as in kernel_gemv: many rows at once,
 * because a row's own sum is a chain of small additions. */
KERNEL void kernel_join(size_t rows, const real *p, real *restrict y) {
    real eight[16 * 8], four[16 * 4];
    for (size_t j = 0; j < rows; j++)
        for (size_t k = 0; k < 8; k++) eight[j * 8 + k] = p[j * 16 + k] + p[j * 16 + k + 8];
    for (size_t j = 0; j < rows; j++)
        for (size_t k = 0; k < 4; k++) four[j * 4 + k] = eight[j * 8 + k] + eight[j * 8 + k + 4];
    for (size_t j = 0; j < rows; j++)
        y[j] = (four[j * 4] + four[j * 4 + 2]) + (four[j * 4 + 1] + four[j * 4 + 3]);
}

/*@ kernel_outer_gemv */
/* W[rows, n] += a[rows] x[n], y[rows] = W v[n]: kernel_outer, then kernel_gemv, in one pass over W */
KERNEL void kernel_outer_gemv(size_t rows, size_t n, const real *a, const real *x, real *restrict w,
                              const real *v, real *restrict y) {
    const size_t rest = n % 16, whole = n - rest;
    real p[16 * 16];
    for (size_t j = 0; j < rows; j++, w += n) {
        const real aj = a[j];
        real sum[16] = {0}, *out = p + j % 16 * 16;
        for (size_t i = 0; i < whole; i += 16)
            for (size_t k = 0; k < 16; k++) {
                const real weight = w[i + k] + aj * x[i + k];
                w[i + k] = weight;
                sum[k] += weight * v[i + k];
            }
        for (size_t k = 0; k < 16; k++) out[k] = sum[k];
        for (size_t k = 0; k < rest; k++) {
            w[whole + k] += aj * x[whole + k];
            out[k] += w[whole + k] * v[whole + k];
        }
        if (j % 16 == 15 || j + 1 == rows) kernel_join(j % 16 + 1, p, y + j / 16 * 16);
    }
}

/*@ kernel_trace_gradient_gemv */
/* E[rows, n] = a[rows] E + b[rows] x[n], W[rows, n] += l[rows] E, y[rows] = W v[n]: kernel_trace_gradient,
 * then kernel_gemv, in one pass over W */
KERNEL void kernel_trace_gradient_gemv(size_t rows, size_t n, const real *a, const real *b, const real *x,
                                       real *restrict e, const real *l, real *restrict w, const real *v,
                                       real *restrict y) {
    const size_t rest = n % 16, whole = n - rest;
    real p[16 * 16];
    for (size_t j = 0; j < rows; j++, e += n, w += n) {
        const real aj = a[j], bj = b[j], lj = l[j];
        real sum[16] = {0}, *out = p + j % 16 * 16;
        for (size_t i = 0; i < whole; i += 16)
            for (size_t k = 0; k < 16; k++) {
                const real trace = aj * e[i + k] + bj * x[i + k], weight = w[i + k] + lj * trace;
                e[i + k] = trace;
                w[i + k] = weight;
                sum[k] += weight * v[i + k];
            }
        for (size_t k = 0; k < 16; k++) out[k] = sum[k];
        for (size_t k = 0; k < rest; k++) {
            e[whole + k] = aj * e[whole + k] + bj * x[whole + k];
            w[whole + k] += lj * e[whole + k];
            out[k] += w[whole + k] * v[whole + k];
        }
        if (j % 16 == 15 || j + 1 == rows) kernel_join(j % 16 + 1, p, y + j / 16 * 16);
    }
}
