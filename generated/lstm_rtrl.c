/* lstm_rtrl: the learner's functions
 * Rule: rtrl: keep any*
 * Made by eligo 0.1.0, options --real float, spec 0a32e8ad5c67cc5d */
#include "lstm_rtrl.h"
#include <math.h>
#include <string.h>

typedef float real;

/* exp(x) within 0.80 units of the last place, down to denormals. x = n ln 2 + r, ln 2 in two parts of which
 * the first times n is exact; exp(r) = 1 + r + r² P(r), P from Cephes' expf (Moshier), what 1 + r loses is
 * added again; 2^n in two halves, since it may be too large or too small for one float. Adding 1.5 * 2^23
 * rounds to a whole number, which then stands in the low bits. Beyond ±104 nothing changes. */
static inline float kernel_exp(float x) {
    union {
        float number;
        unsigned bits;
    } within, n, low, high;
    within.number = x;
    const unsigned size = within.bits & 0x7fffffffu;
    const int beyond = (size > 0x42d00000u) & (size <= 0x7f800000u);
    within.bits = (beyond ? 0x42d00000u : size) | (within.bits & 0x80000000u);
    n.number = within.number * 1.44269504f + 12582912.0f;
    const float whole = n.number - 12582912.0f;
    const float most = within.number - whole * 0.693359375f, rest = whole * -2.12194440e-4f, r = most - rest;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float sum = 1.0f + most, lost = (1.0f - sum) + most;
    const unsigned exponents = n.bits - 0x4b400000u + 2 * 256u, half = exponents / 2;
    low.bits = (half - 129u) << 23;
    high.bits = (exponents - half - 129u) << 23;
    return (sum + (lost + (p * (r * r) - rest))) * low.number * high.number;
}

/* 1 / (1 + exp(-x)) within 1.66 units of the last place, for very negative x too. With e = exp(-|x|) it is
 * 1 - e / (1 + e) or e - e e / (1 + e): the quotient's rounding counts little where the result is near 1, and
 * near e. */
static inline float kernel_sigmoid(float x) {
    const float e = kernel_exp(x < 0.0f ? x : -x), most = x < 0.0f ? e : 1.0f;
    return most - most * (e / (1.0f + e));
}

/* tanh(x) within 1.34 units of the last place: x + x³ P(x²) below 0.625, P from Cephes' tanhf (Moshier), else
 * 1 - 2 / (exp(2 |x|) + 1); both are computed, a mask picks one, and x gives the sign. */
static inline float kernel_tanh(float x) {
    union {
        float number;
        unsigned bits;
    } size, near, far;
    size.number = x;
    const unsigned sign = size.bits & 0x80000000u;
    size.bits = size.bits & 0x7fffffffu;
    const float a = size.number, square = a * a;
    float p = -5.70498872745e-3f;
    p = p * square + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    near.number = p * square * a + a;
    far.number = 1.0f - 2.0f / (kernel_exp(2.0f * a) + 1.0f);
    const unsigned is_near = 0u - (unsigned)(a < 0.625f);
    far.bits = (near.bits & is_near) | (far.bits & ~is_near) | sign;
    return far.number;
}

/* y[rows] (+)= the sums of rows of 16 partial sums, at most 32 rows */
static void kernel_join(size_t rows, const real *part, real *y, int accumulate) {
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

/* y[rows] = A[rows, columns] x[columns], added to y when `accumulate`. Four rows at a time hide the latency
 * of an addition, partial sums of 32 rows are joined together; each row's sum is the same alone. */
static void kernel_gemv(size_t rows, size_t columns, const real *a, const real *x, real *y, int accumulate) {
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

#if defined _OPENMP && defined ELIGO_THREADS
#ifndef ELIGO_THREADS_FROM
#define ELIGO_THREADS_FROM 65536
#endif
/* Whether threads are worth it: rows for two of them, and so many multiplications. */
static int kernel_is_large(size_t rows, size_t work) { return rows > 16 && work >= ELIGO_THREADS_FROM; }

/* Where a share begins: rows that one tile has to itself, and one line of memory, stay together. */
static size_t kernel_border(size_t rows, int share) {
    const size_t border = (rows + 15) / 16 * (size_t)share / ELIGO_THREADS * 16;
    return border < rows ? border : rows;
}

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
#endif

/* c[columns] (+)= Σ_k a[k * step] B[k, columns], B's rows being `apart` numbers apart: a row of sums. They
 * lie in the first cache, eight rows of B pass along them at a time; each runs over k from 0 and is then
 * added to c. */
static void kernel_combine(size_t columns, size_t inner, const real *a, size_t step, const real *b,
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

/* A tile of sums, which stay in registers while k runs over a panel of B: KERNEL_WIDE columns, packed row
 * after row. A's entry (q, k) is a[q * row + k * step]. Sums begin at 0, or where an earlier panel of the
 * same columns parked them; they are parked again for a later one, or end in C: from row `from` on, `wide`
 * columns. */
#define KERNEL_RESUME 1
#define KERNEL_PARK   2
static KERNEL_ALONE void kernel_tile(size_t deep, const real *a, size_t row, size_t step, const real *panel,
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

/* C[rows, columns] (+)= A[rows, inner] B[inner, columns]: A as for kernel_tile, B's rows `apart` numbers
 * apart. A panel of B is packed on the stack, for a matrix's rows may be so far apart that they fall out of
 * the caches, and all tiles of its columns are made from it; where B is deeper than a panel, blocks of them
 * are parked between panels. Whatever the tile and the panel, each sum runs over k from 0 and is then added
 * to C. Rows beyond the last whole tile are the end of one that overlaps it. */
#define KERNEL_DEEP  128
#define KERNEL_BLOCK 64
static void kernel_panels(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
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

/* C[rows, columns] (+)= A[rows, inner] B[inner, columns]; A's entry (j, k) is a[j * row + k * step], so that
 * A may be a transpose or a vector. */
static void kernel_gemm(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
                        const real *b, real *restrict c, int accumulate) {
    kernel_panels(rows, columns, inner, a, row, step, b, columns, c, accumulate);
}

#if defined _OPENMP && defined ELIGO_THREADS
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
#endif

/* Y[rows, n] += a[rows] x[n]: an outer product. A row whose a is 0 is neither read nor written: that changes
 * no number (at most the sign of a zero that was -0), but what 0 times an infinity or a NaN in x would make
 * of the row stays out of it. */
static void kernel_outer(size_t rows, size_t n, const real *a, const real *x, real *restrict y) {
    for (size_t j = 0; j < rows; j++, y += n) {
        const real aj = a[j];
        if (aj == 0) continue;
        for (size_t i = 0; i < n; i++) y[i] += aj * x[i];
    }
}

#if defined _OPENMP && defined ELIGO_THREADS
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
#endif

/* Units of a step don't wait for each other, whatever their places in rings and records look like. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define EACH_UNIT _Pragma("GCC ivdep")
#else
#define EACH_UNIT
#endif

size_t lstm_rtrl_bytes(void) { return sizeof(struct lstm_rtrl); }

size_t lstm_rtrl_record_bytes(void) { return 0; }

void lstm_rtrl_start(struct lstm_rtrl *s) {
    memset(s->c, 0, sizeof s->c);
    memset(s->h, 0, sizeof s->h);
    s->loss = 0.0f;
    memset(s->y, 0, sizeof s->y);
    memset(s->influence_Wi_c, 0, sizeof s->influence_Wi_c);
    memset(s->influence_Wi_h, 0, sizeof s->influence_Wi_h);
    memset(s->influence_Ri_c, 0, sizeof s->influence_Ri_c);
    memset(s->influence_Ri_h, 0, sizeof s->influence_Ri_h);
    memset(s->influence_bi_c, 0, sizeof s->influence_bi_c);
    memset(s->influence_bi_h, 0, sizeof s->influence_bi_h);
    memset(s->influence_Wf_c, 0, sizeof s->influence_Wf_c);
    memset(s->influence_Wf_h, 0, sizeof s->influence_Wf_h);
    memset(s->influence_Rf_c, 0, sizeof s->influence_Rf_c);
    memset(s->influence_Rf_h, 0, sizeof s->influence_Rf_h);
    memset(s->influence_bf_c, 0, sizeof s->influence_bf_c);
    memset(s->influence_bf_h, 0, sizeof s->influence_bf_h);
    memset(s->influence_Wg_c, 0, sizeof s->influence_Wg_c);
    memset(s->influence_Wg_h, 0, sizeof s->influence_Wg_h);
    memset(s->influence_Rg_c, 0, sizeof s->influence_Rg_c);
    memset(s->influence_Rg_h, 0, sizeof s->influence_Rg_h);
    memset(s->influence_bg_c, 0, sizeof s->influence_bg_c);
    memset(s->influence_bg_h, 0, sizeof s->influence_bg_h);
    memset(s->influence_Wo_c, 0, sizeof s->influence_Wo_c);
    memset(s->influence_Wo_h, 0, sizeof s->influence_Wo_h);
    memset(s->influence_Ro_c, 0, sizeof s->influence_Ro_c);
    memset(s->influence_Ro_h, 0, sizeof s->influence_Ro_h);
    memset(s->influence_bo_c, 0, sizeof s->influence_bo_c);
    memset(s->influence_bo_h, 0, sizeof s->influence_bo_h);
    s->t = 0;
}

void lstm_rtrl_step(struct lstm_rtrl *s) {
    const int t = s->t;
    const size_t h_1 = (size_t)((t + 1) % 2) * LSTM_RTRL_N;
    const size_t c_1 = (size_t)((t + 1) % 2) * LSTM_RTRL_N;
    const size_t c_0 = (size_t)(t % 2) * LSTM_RTRL_N;
    const size_t h_0 = (size_t)(t % 2) * LSTM_RTRL_N;
    const size_t influence_Wi_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Wi_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Ri_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Ri_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bi_h_1 = (size_t)((t + 1) % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bi_h_0 = (size_t)(t % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Wf_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Wf_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Rf_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Rf_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bf_h_1 = (size_t)((t + 1) % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bf_h_0 = (size_t)(t % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Wg_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Wg_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Rg_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Rg_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bg_h_1 = (size_t)((t + 1) % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bg_h_0 = (size_t)(t % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Wo_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Wo_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M;
    const size_t influence_Ro_h_1 = (size_t)((t + 1) % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_Ro_h_0 = (size_t)(t % 2) * (size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bo_h_1 = (size_t)((t + 1) % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    const size_t influence_bo_h_0 = (size_t)(t % 2) * LSTM_RTRL_N * LSTM_RTRL_N;
    /* Wf_x = Wf @ x */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_M, s->Wf, s->x, s->Wf_x, 0);
    /* Rf_h = Rf @ h[t-1] */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_N, s->Rf, s->h + h_1, s->Rf_h, 0);
    /* Wi_x = Wi @ x */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_M, s->Wi, s->x, s->Wi_x, 0);
    /* Ri_h = Ri @ h[t-1] */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_N, s->Ri, s->h + h_1, s->Ri_h, 0);
    /* Wg_x = Wg @ x */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_M, s->Wg, s->x, s->Wg_x, 0);
    /* Rg_h = Rg @ h[t-1] */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_N, s->Rg, s->h + h_1, s->Rg_h, 0);
    /* Wo_x = Wo @ x */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_M, s->Wo, s->x, s->Wo_x, 0);
    /* Ro_h = Ro @ h[t-1] */
    kernel_gemv(LSTM_RTRL_N, LSTM_RTRL_N, s->Ro, s->h + h_1, s->Ro_h, 0);
    /* f = sigmoid(Wf @ x + Rf @ h[t-1] + bf)
     * i = sigmoid(Wi @ x + Ri @ h[t-1] + bi)
     * g = tanh(Wg @ x + Rg @ h[t-1] + bg)
     * c = f * c[t-1] + i * g
     * o = sigmoid(Wo @ x + Ro @ h[t-1] + bo)
     * h = o * tanh(c) */
    EACH_UNIT
    for (size_t u = 0; u < LSTM_RTRL_N; u++) {
        const real f = kernel_sigmoid(s->Wf_x[u] + s->Rf_h[u] + s->bf[u]);
        s->f[u] = f;
        const real i = kernel_sigmoid(s->Wi_x[u] + s->Ri_h[u] + s->bi[u]);
        const real g = kernel_tanh(s->Wg_x[u] + s->Rg_h[u] + s->bg[u]);
        const real c = f * s->c[c_1 + u] + i * g;
        s->c[c_0 + u] = c;
        const real o = kernel_sigmoid(s->Wo_x[u] + s->Ro_h[u] + s->bo[u]);
        const real v3 = kernel_tanh(c);
        const real h = o * v3;
        s->h[h_0 + u] = h;
        const real slope = s->c[c_1 + u] * (f * (1.0f - f));
        s->slope[u] = slope;
        const real slope_2 = g * (i * (1.0f - i));
        s->slope_2[u] = slope_2;
        const real slope_3 = i * (1.0f - g * g);
        s->slope_3[u] = slope_3;
        const real decay = o * (1.0f - v3 * v3);
        s->decay[u] = decay;
        const real slope_4 = v3 * (o * (1.0f - o));
        s->slope_4[u] = slope_4;
    }
    /* V_h = V @ h */
    kernel_gemv(LSTM_RTRL_K, LSTM_RTRL_N, s->V, s->h + h_0, s->V_h, 0);
    /* y = V @ h + d */
    for (size_t u = 0; u < LSTM_RTRL_K; u++) {
        const real y = s->V_h[u] + s->d[u];
        s->y[u] = y;
        const real signal_V = y - s->target[u];
        s->signal_V[u] = signal_V;
        const real w2 = signal_V * signal_V;
        s->w2[u] = w2;
    }
    /* w1 = sum((y - target)^2) */
    real sum = 0.0f;
    for (size_t u = 0; u < LSTM_RTRL_K; u++) {
        sum += s->w2[u];
    }
    s->w1 = sum;
    /* signal = Vᵀ @ (y - target) */
    kernel_combine(LSTM_RTRL_N, LSTM_RTRL_K, s->signal_V, 1, s->V, LSTM_RTRL_N, s->signal, 0);
    /* loss = 0.5 * sum((y - target)^2) */
    {
        const real loss = 0.5f * s->w1;
        s->loss = loss;
    }
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope[j];
        const real factor_2 = s->slope_2[j];
        const real factor_3 = s->slope_3[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->jacobian[j * LSTM_RTRL_N + i] = factor * s->Rf[j * LSTM_RTRL_N + i] + factor_2 * s->Ri[j * LSTM_RTRL_N + i] + factor_3 * s->Rg[j * LSTM_RTRL_N + i];
        }
    }
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_4[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->jacobian_2[j * LSTM_RTRL_N + i] = factor * s->Ro[j * LSTM_RTRL_N + i];
        }
    }
    /* J_c[Wi] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wi_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wi_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_c[Wi] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Wi_h + influence_Wi_h_1, s->influence_Wi_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_2[j];
        kernel_outer(1, LSTM_RTRL_M, &factor, s->x, s->influence_Wi_c + (j * LSTM_RTRL_N + j) * LSTM_RTRL_M);
    }
    /* J_h[Wi] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wi_h[influence_Wi_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wi_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_h[Wi] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Wi_h + influence_Wi_h_1, s->influence_Wi_h + influence_Wi_h_0, 1);
    /* dE/dWi */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->signal, 1, s->influence_Wi_h + influence_Wi_h_0, LSTM_RTRL_N * LSTM_RTRL_M, s->grad_Wi, 1);
    /* J_c[Ri] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Ri_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Ri_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_c[Ri] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Ri_h + influence_Ri_h_1, s->influence_Ri_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_2[j];
        kernel_outer(1, LSTM_RTRL_N, &factor, s->h + h_1, s->influence_Ri_c + (j * LSTM_RTRL_N + j) * LSTM_RTRL_N);
    }
    /* J_h[Ri] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Ri_h[influence_Ri_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Ri_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_h[Ri] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Ri_h + influence_Ri_h_1, s->influence_Ri_h + influence_Ri_h_0, 1);
    /* dE/dRi */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_Ri_h + influence_Ri_h_0, LSTM_RTRL_N * LSTM_RTRL_N, s->grad_Ri, 1);
    /* J_c[bi] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->f[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bi_c[j * LSTM_RTRL_N + i] = factor * s->influence_bi_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_c[bi] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_bi_h + influence_bi_h_1, s->influence_bi_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        s->influence_bi_c[j * LSTM_RTRL_N + j] += s->slope_2[j];
    }
    /* J_h[bi] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->decay[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bi_h[influence_bi_h_0 + j * LSTM_RTRL_N + i] = factor * s->influence_bi_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_h[bi] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_bi_h + influence_bi_h_1, s->influence_bi_h + influence_bi_h_0, 1);
    /* dE/dbi */
    kernel_combine(LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_bi_h + influence_bi_h_0, LSTM_RTRL_N, s->grad_bi, 1);
    /* J_c[Wf] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wf_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wf_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_c[Wf] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Wf_h + influence_Wf_h_1, s->influence_Wf_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope[j];
        kernel_outer(1, LSTM_RTRL_M, &factor, s->x, s->influence_Wf_c + (j * LSTM_RTRL_N + j) * LSTM_RTRL_M);
    }
    /* J_h[Wf] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wf_h[influence_Wf_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wf_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_h[Wf] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Wf_h + influence_Wf_h_1, s->influence_Wf_h + influence_Wf_h_0, 1);
    /* dE/dWf */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->signal, 1, s->influence_Wf_h + influence_Wf_h_0, LSTM_RTRL_N * LSTM_RTRL_M, s->grad_Wf, 1);
    /* J_c[Rf] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Rf_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Rf_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_c[Rf] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Rf_h + influence_Rf_h_1, s->influence_Rf_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope[j];
        kernel_outer(1, LSTM_RTRL_N, &factor, s->h + h_1, s->influence_Rf_c + (j * LSTM_RTRL_N + j) * LSTM_RTRL_N);
    }
    /* J_h[Rf] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Rf_h[influence_Rf_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Rf_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_h[Rf] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Rf_h + influence_Rf_h_1, s->influence_Rf_h + influence_Rf_h_0, 1);
    /* dE/dRf */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_Rf_h + influence_Rf_h_0, LSTM_RTRL_N * LSTM_RTRL_N, s->grad_Rf, 1);
    /* J_c[bf] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->f[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bf_c[j * LSTM_RTRL_N + i] = factor * s->influence_bf_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_c[bf] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_bf_h + influence_bf_h_1, s->influence_bf_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        s->influence_bf_c[j * LSTM_RTRL_N + j] += s->slope[j];
    }
    /* J_h[bf] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->decay[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bf_h[influence_bf_h_0 + j * LSTM_RTRL_N + i] = factor * s->influence_bf_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_h[bf] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_bf_h + influence_bf_h_1, s->influence_bf_h + influence_bf_h_0, 1);
    /* dE/dbf */
    kernel_combine(LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_bf_h + influence_bf_h_0, LSTM_RTRL_N, s->grad_bf, 1);
    /* J_c[Wg] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wg_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wg_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_c[Wg] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Wg_h + influence_Wg_h_1, s->influence_Wg_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_3[j];
        kernel_outer(1, LSTM_RTRL_M, &factor, s->x, s->influence_Wg_c + (j * LSTM_RTRL_N + j) * LSTM_RTRL_M);
    }
    /* J_h[Wg] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wg_h[influence_Wg_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wg_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_h[Wg] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Wg_h + influence_Wg_h_1, s->influence_Wg_h + influence_Wg_h_0, 1);
    /* dE/dWg */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->signal, 1, s->influence_Wg_h + influence_Wg_h_0, LSTM_RTRL_N * LSTM_RTRL_M, s->grad_Wg, 1);
    /* J_c[Rg] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Rg_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Rg_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_c[Rg] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Rg_h + influence_Rg_h_1, s->influence_Rg_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_3[j];
        kernel_outer(1, LSTM_RTRL_N, &factor, s->h + h_1, s->influence_Rg_c + (j * LSTM_RTRL_N + j) * LSTM_RTRL_N);
    }
    /* J_h[Rg] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Rg_h[influence_Rg_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Rg_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_h[Rg] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Rg_h + influence_Rg_h_1, s->influence_Rg_h + influence_Rg_h_0, 1);
    /* dE/dRg */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_Rg_h + influence_Rg_h_0, LSTM_RTRL_N * LSTM_RTRL_N, s->grad_Rg, 1);
    /* J_c[bg] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->f[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bg_c[j * LSTM_RTRL_N + i] = factor * s->influence_bg_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_c[bg] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_bg_h + influence_bg_h_1, s->influence_bg_c, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        s->influence_bg_c[j * LSTM_RTRL_N + j] += s->slope_3[j];
    }
    /* J_h[bg] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->decay[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bg_h[influence_bg_h_0 + j * LSTM_RTRL_N + i] = factor * s->influence_bg_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_h[bg] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_bg_h + influence_bg_h_1, s->influence_bg_h + influence_bg_h_0, 1);
    /* dE/dbg */
    kernel_combine(LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_bg_h + influence_bg_h_0, LSTM_RTRL_N, s->grad_bg, 1);
    /* J_c[Wo] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wo_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wo_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_c[Wo] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Wo_h + influence_Wo_h_1, s->influence_Wo_c, 1);
    /* J_h[Wo] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_M; k++) {
                s->influence_Wo_h[influence_Wo_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k] = factor * s->influence_Wo_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_M + k];
            }
        }
    }
    /* J_h[Wo] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Wo_h + influence_Wo_h_1, s->influence_Wo_h + influence_Wo_h_0, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_4[j];
        kernel_outer(1, LSTM_RTRL_M, &factor, s->x, s->influence_Wo_h + influence_Wo_h_0 + (j * LSTM_RTRL_N + j) * LSTM_RTRL_M);
    }
    /* dE/dWo */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_M, LSTM_RTRL_N, s->signal, 1, s->influence_Wo_h + influence_Wo_h_0, LSTM_RTRL_N * LSTM_RTRL_M, s->grad_Wo, 1);
    /* J_c[Ro] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->f[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Ro_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Ro_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_c[Ro] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_Ro_h + influence_Ro_h_1, s->influence_Ro_c, 1);
    /* J_h[Ro] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            const real factor = s->decay[j];
            for (size_t k = 0; k < LSTM_RTRL_N; k++) {
                s->influence_Ro_h[influence_Ro_h_0 + (j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k] = factor * s->influence_Ro_c[(j * LSTM_RTRL_N + i) * LSTM_RTRL_N + k];
            }
        }
    }
    /* J_h[Ro] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_Ro_h + influence_Ro_h_1, s->influence_Ro_h + influence_Ro_h_0, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->slope_4[j];
        kernel_outer(1, LSTM_RTRL_N, &factor, s->h + h_1, s->influence_Ro_h + influence_Ro_h_0 + (j * LSTM_RTRL_N + j) * LSTM_RTRL_N);
    }
    /* dE/dRo */
    kernel_combine(LSTM_RTRL_N * LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_Ro_h + influence_Ro_h_0, LSTM_RTRL_N * LSTM_RTRL_N, s->grad_Ro, 1);
    /* J_c[bo] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->f[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bo_c[j * LSTM_RTRL_N + i] = factor * s->influence_bo_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_c[bo] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian, LSTM_RTRL_N, 1, s->influence_bo_h + influence_bo_h_1, s->influence_bo_c, 1);
    /* J_h[bo] */
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        const real factor = s->decay[j];
        for (size_t i = 0; i < LSTM_RTRL_N; i++) {
            s->influence_bo_h[influence_bo_h_0 + j * LSTM_RTRL_N + i] = factor * s->influence_bo_c[j * LSTM_RTRL_N + i];
        }
    }
    /* J_h[bo] */
    kernel_gemm(LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N, s->jacobian_2, LSTM_RTRL_N, 1, s->influence_bo_h + influence_bo_h_1, s->influence_bo_h + influence_bo_h_0, 1);
    for (size_t j = 0; j < LSTM_RTRL_N; j++) {
        s->influence_bo_h[influence_bo_h_0 + j * LSTM_RTRL_N + j] += s->slope_4[j];
    }
    /* dE/dbo */
    kernel_combine(LSTM_RTRL_N, LSTM_RTRL_N, s->signal, 1, s->influence_bo_h + influence_bo_h_0, LSTM_RTRL_N, s->grad_bo, 1);
    /* dE/dV += (y - target) * h */
    kernel_outer(LSTM_RTRL_K, LSTM_RTRL_N, s->signal_V, s->h + h_0, s->grad_V);
    /* dE/dd += (y - target) */
    for (size_t j = 0; j < LSTM_RTRL_K; j++) {
        s->grad_d[j] += s->signal_V[j];
    }
    s->t++;
}
