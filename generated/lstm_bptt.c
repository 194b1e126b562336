/* lstm_bptt: the learner's functions
 * Rule: bptt: keep any*
 * Made by eligo 0.1.0, options --real float, spec 0a32e8ad5c67cc5d */
#include "lstm_bptt.h"
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

/* C[rows, columns] += Σ_t a_t[rows] u_t[columns]ᵀ over `steps` steps, whose vectors are `apart` reals apart
 */
static void kernel_steps(size_t rows, size_t columns, size_t steps, size_t apart, const real *a,
                         const real *u, real *restrict c) {
    kernel_panels(rows, columns, steps, a, 1, apart, u, apart, c, 1);
}

#if defined _OPENMP && defined ELIGO_THREADS
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
#endif

/* Units of a step don't wait for each other, whatever their places in rings and records look like. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define EACH_UNIT _Pragma("GCC ivdep")
#else
#define EACH_UNIT
#endif

size_t lstm_bptt_bytes(void) { return sizeof(struct lstm_bptt); }

size_t lstm_bptt_record_bytes(void) { return sizeof(struct lstm_bptt_record); }

void lstm_bptt_start(struct lstm_bptt *s, struct lstm_bptt_record *tape) {
    s->loss = 0.0f;
    memset(s->y, 0, sizeof s->y);
    memset(s->lambda_h, 0, sizeof s->lambda_h);
    memset(s->lambda_c, 0, sizeof s->lambda_c);
    for (int k = 0; k < LSTM_BPTT_HISTORY; k++) {
        struct lstm_bptt_record *const record = tape + k;
        memset(record, 0, sizeof *record);
    }
    s->t = 0;
}

void lstm_bptt_step(struct lstm_bptt *s, struct lstm_bptt_record *tape) {
    const int t = s->t;
    struct lstm_bptt_record *const record = tape + (LSTM_BPTT_HISTORY + t);
    const struct lstm_bptt_record *const record_1 = tape + (LSTM_BPTT_HISTORY + t - 1);
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_K; u++) {
        const real past_target = s->target[u];
        record->past_target[u] = past_target;
    }
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_M; u++) {
        const real past_x = s->x[u];
        record->past_x[u] = past_x;
    }
    /* Wf_x = Wf @ x */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_M, s->Wf, s->x, s->Wf_x, 0);
    /* Rf_h = Rf @ h[t-1] */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_N, s->Rf, record_1->h, s->Rf_h, 0);
    /* Wi_x = Wi @ x */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_M, s->Wi, s->x, s->Wi_x, 0);
    /* Ri_h = Ri @ h[t-1] */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_N, s->Ri, record_1->h, s->Ri_h, 0);
    /* Wg_x = Wg @ x */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_M, s->Wg, s->x, s->Wg_x, 0);
    /* Rg_h = Rg @ h[t-1] */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_N, s->Rg, record_1->h, s->Rg_h, 0);
    /* Wo_x = Wo @ x */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_M, s->Wo, s->x, s->Wo_x, 0);
    /* Ro_h = Ro @ h[t-1] */
    kernel_gemv(LSTM_BPTT_N, LSTM_BPTT_N, s->Ro, record_1->h, s->Ro_h, 0);
    /* f = sigmoid(Wf @ x + Rf @ h[t-1] + bf)
     * i = sigmoid(Wi @ x + Ri @ h[t-1] + bi)
     * g = tanh(Wg @ x + Rg @ h[t-1] + bg)
     * c = f * c[t-1] + i * g
     * o = sigmoid(Wo @ x + Ro @ h[t-1] + bo)
     * h = o * tanh(c) */
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_N; u++) {
        const real tape_f = kernel_sigmoid(s->Wf_x[u] + s->Rf_h[u] + s->bf[u]);
        record->tape_f[u] = tape_f;
        const real tape_i = kernel_sigmoid(s->Wi_x[u] + s->Ri_h[u] + s->bi[u]);
        record->tape_i[u] = tape_i;
        const real tape_g = kernel_tanh(s->Wg_x[u] + s->Rg_h[u] + s->bg[u]);
        record->tape_g[u] = tape_g;
        const real c = tape_f * record_1->c[u] + tape_i * tape_g;
        record->c[u] = c;
        const real tape_o = kernel_sigmoid(s->Wo_x[u] + s->Ro_h[u] + s->bo[u]);
        record->tape_o[u] = tape_o;
        const real tape_kept65 = kernel_tanh(c);
        record->tape_kept65[u] = tape_kept65;
        const real h = tape_o * tape_kept65;
        record->h[u] = h;
    }
    /* V_h = V @ h */
    kernel_gemv(LSTM_BPTT_K, LSTM_BPTT_N, s->V, record->h, s->V_h, 0);
    /* y = V @ h + d */
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_K; u++) {
        const real y = s->V_h[u] + s->d[u];
        s->y[u] = y;
        const real w3 = y - s->target[u];
        s->w3[u] = w3;
        const real w2 = w3 * w3;
        s->w2[u] = w2;
        const real tape_y = y;
        record->tape_y[u] = tape_y;
    }
    /* w1 = sum((y - target)^2) */
    real sum = 0.0f;
    for (size_t u = 0; u < LSTM_BPTT_K; u++) {
        sum += s->w2[u];
    }
    s->w1 = sum;
    /* tape_kept80 = Vᵀ @ (y - target) */
    kernel_combine(LSTM_BPTT_N, LSTM_BPTT_K, s->w3, 1, s->V, LSTM_BPTT_N, record->tape_kept80, 0);
    /* loss = 0.5 * sum((y - target)^2) */
    {
        const real loss = 0.5f * s->w1;
        s->loss = loss;
    }
    s->t++;
}

/* Step t, which is b steps before the last. */
static void lstm_bptt_back(struct lstm_bptt *s, struct lstm_bptt_record *tape, int t, int b) {
    struct lstm_bptt_record *const record = tape + (LSTM_BPTT_HISTORY + t);
    const struct lstm_bptt_record *const record_1 = tape + (LSTM_BPTT_HISTORY + t - 1);
    const size_t lambda_h_1 = (size_t)((b + 1) % 2) * LSTM_BPTT_N;
    const size_t lambda_c_1 = (size_t)((b + 1) % 2) * LSTM_BPTT_N;
    const size_t lambda_c_0 = (size_t)(b % 2) * LSTM_BPTT_N;
    const size_t lambda_h_0 = (size_t)(b % 2) * LSTM_BPTT_N;
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_N; u++) {
        const real v1 = record->tape_kept80[u] + s->lambda_h[lambda_h_1 + u];
        const real v2 = v1 * (record->tape_o[u] * (1.0f - record->tape_kept65[u] * record->tape_kept65[u])) + s->lambda_c[lambda_c_1 + u];
        const real delta_Wi = v2 * (record->tape_g[u] * (record->tape_i[u] * (1.0f - record->tape_i[u])));
        record->delta_Wi[u] = delta_Wi;
        const real delta_Wf = v2 * (record_1->c[u] * (record->tape_f[u] * (1.0f - record->tape_f[u])));
        record->delta_Wf[u] = delta_Wf;
        const real delta_Wg = v2 * (record->tape_i[u] * (1.0f - record->tape_g[u] * record->tape_g[u]));
        record->delta_Wg[u] = delta_Wg;
        const real delta_Wo = v1 * (record->tape_kept65[u] * (record->tape_o[u] * (1.0f - record->tape_o[u])));
        record->delta_Wo[u] = delta_Wo;
        const real lambda_c = v2 * record->tape_f[u];
        s->lambda_c[lambda_c_0 + u] = lambda_c;
    }
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_K; u++) {
        const real delta_V = record->tape_y[u] - record->past_target[u];
        record->delta_V[u] = delta_V;
    }
    /* RfT_v = Rfᵀ @ (((Vᵀ @ (y - target) + λ_h[t-1]) * o * (1 - tanh(c)^2) + λ_c[t-1]) * c[t-1] * f * (1 - f)) */
    kernel_combine(LSTM_BPTT_N, LSTM_BPTT_N, record->delta_Wf, 1, s->Rf, LSTM_BPTT_N, s->RfT_v, 0);
    /* RiT_v = Riᵀ @ (((Vᵀ @ (y - target) + λ_h[t-1]) * o * (1 - tanh(c)^2) + λ_c[t-1]) * g * i * (1 - i)) */
    kernel_combine(LSTM_BPTT_N, LSTM_BPTT_N, record->delta_Wi, 1, s->Ri, LSTM_BPTT_N, s->RiT_v, 0);
    /* RgT_v = Rgᵀ @ (((Vᵀ @ (y - target) + λ_h[t-1]) * o * (1 - tanh(c)^2) + λ_c[t-1]) * i * (1 - g^2)) */
    kernel_combine(LSTM_BPTT_N, LSTM_BPTT_N, record->delta_Wg, 1, s->Rg, LSTM_BPTT_N, s->RgT_v, 0);
    /* RoT_v = Roᵀ @ ((Vᵀ @ (y - target) + λ_h[t-1]) * tanh(c) * o * (1 - o)) */
    kernel_combine(LSTM_BPTT_N, LSTM_BPTT_N, record->delta_Wo, 1, s->Ro, LSTM_BPTT_N, s->RoT_v, 0);
    EACH_UNIT
    for (size_t u = 0; u < LSTM_BPTT_N; u++) {
        const real lambda_h = s->RfT_v[u] + s->RiT_v[u] + s->RgT_v[u] + s->RoT_v[u];
        s->lambda_h[lambda_h_0 + u] = lambda_h;
    }
}

/* After `count` steps on the way back: what they come to together. */
static void lstm_bptt_border(struct lstm_bptt *s, struct lstm_bptt_record *tape, int count) {
    /* dE/dWi, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_M, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wi, tape[LSTM_BPTT_HISTORY].past_x, s->grad_Wi);
    /* dE/dRi, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wi, tape[LSTM_BPTT_HISTORY - 1].h, s->grad_Ri);
    /* dE/dbi, over all steps */
    for (size_t j = 0; j < (size_t)count; j++) {
        for (size_t i = 0; i < LSTM_BPTT_N; i++) {
            s->grad_bi[i] += tape[LSTM_BPTT_HISTORY + j].delta_Wi[i];
        }
    }
    /* dE/dWf, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_M, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wf, tape[LSTM_BPTT_HISTORY].past_x, s->grad_Wf);
    /* dE/dRf, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wf, tape[LSTM_BPTT_HISTORY - 1].h, s->grad_Rf);
    /* dE/dbf, over all steps */
    for (size_t j = 0; j < (size_t)count; j++) {
        for (size_t i = 0; i < LSTM_BPTT_N; i++) {
            s->grad_bf[i] += tape[LSTM_BPTT_HISTORY + j].delta_Wf[i];
        }
    }
    /* dE/dWg, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_M, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wg, tape[LSTM_BPTT_HISTORY].past_x, s->grad_Wg);
    /* dE/dRg, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wg, tape[LSTM_BPTT_HISTORY - 1].h, s->grad_Rg);
    /* dE/dbg, over all steps */
    for (size_t j = 0; j < (size_t)count; j++) {
        for (size_t i = 0; i < LSTM_BPTT_N; i++) {
            s->grad_bg[i] += tape[LSTM_BPTT_HISTORY + j].delta_Wg[i];
        }
    }
    /* dE/dWo, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_M, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wo, tape[LSTM_BPTT_HISTORY].past_x, s->grad_Wo);
    /* dE/dRo, over all steps */
    kernel_steps(LSTM_BPTT_N, LSTM_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_Wo, tape[LSTM_BPTT_HISTORY - 1].h, s->grad_Ro);
    /* dE/dbo, over all steps */
    for (size_t j = 0; j < (size_t)count; j++) {
        for (size_t i = 0; i < LSTM_BPTT_N; i++) {
            s->grad_bo[i] += tape[LSTM_BPTT_HISTORY + j].delta_Wo[i];
        }
    }
    /* dE/dV, over all steps */
    kernel_steps(LSTM_BPTT_K, LSTM_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[LSTM_BPTT_HISTORY].delta_V, tape[LSTM_BPTT_HISTORY].h, s->grad_V);
    /* dE/dd, over all steps */
    for (size_t j = 0; j < (size_t)count; j++) {
        for (size_t i = 0; i < LSTM_BPTT_K; i++) {
            s->grad_d[i] += tape[LSTM_BPTT_HISTORY + j].delta_V[i];
        }
    }
}

void lstm_bptt_backward(struct lstm_bptt *s, struct lstm_bptt_record *tape) {
    memset(s->lambda_h, 0, sizeof s->lambda_h);
    memset(s->lambda_c, 0, sizeof s->lambda_c);
    for (int t = s->t - 1, b = 0; t >= 0; t--, b++) lstm_bptt_back(s, tape, t, b);
    if (s->t > 0) lstm_bptt_border(s, tape, s->t);
}
