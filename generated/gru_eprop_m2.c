/* gru_eprop_m2: the learner's functions
 * Rule: eprop(m=2): keep (implicit | spatial)* ((explicit | lateral) (implicit | spatial)*)?
 * dropped: Rz @ h[t-1] -> h (explicit)
 * dropped: Rn @ Rr @ h[t-1] -> h (explicit·lateral)
 * dropped: Rn @ h[t-1] -> h (explicit)
 * Made by eligo 0.1.0, options --real float, spec 6cc3dc3e6579fb81 */
#include "gru_eprop_m2.h"
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

size_t gru_eprop_m2_bytes(void) { return sizeof(struct gru_eprop_m2); }

size_t gru_eprop_m2_record_bytes(void) { return 0; }

void gru_eprop_m2_start(struct gru_eprop_m2 *s) {
    memset(s->h, 0, sizeof s->h);
    s->loss = 0.0f;
    memset(s->y, 0, sizeof s->y);
    memset(s->trace_Wz_h_q0, 0, sizeof s->trace_Wz_h_q0);
    memset(s->influence_Wz_h_q1, 0, sizeof s->influence_Wz_h_q1);
    memset(s->trace_Rz_h_q0, 0, sizeof s->trace_Rz_h_q0);
    memset(s->influence_Rz_h_q1, 0, sizeof s->influence_Rz_h_q1);
    memset(s->trace_bz_h_q0, 0, sizeof s->trace_bz_h_q0);
    memset(s->influence_bz_h_q1, 0, sizeof s->influence_bz_h_q1);
    memset(s->influence_Wr_h_q1, 0, sizeof s->influence_Wr_h_q1);
    memset(s->influence_Rr_h_q1, 0, sizeof s->influence_Rr_h_q1);
    memset(s->influence_br_h_q1, 0, sizeof s->influence_br_h_q1);
    memset(s->trace_Wn_h_q0, 0, sizeof s->trace_Wn_h_q0);
    memset(s->influence_Wn_h_q1, 0, sizeof s->influence_Wn_h_q1);
    memset(s->trace_Rn_h_q0, 0, sizeof s->trace_Rn_h_q0);
    memset(s->influence_Rn_h_q1, 0, sizeof s->influence_Rn_h_q1);
    memset(s->trace_bn_h_q0, 0, sizeof s->trace_bn_h_q0);
    memset(s->influence_bn_h_q1, 0, sizeof s->influence_bn_h_q1);
    s->t = 0;
}

void gru_eprop_m2_step(struct gru_eprop_m2 *s) {
    const int t = s->t;
    const size_t h_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N;
    const size_t h_0 = (size_t)(t % 2) * GRU_EPROP_M2_N;
    const size_t trace_Wz_h_q0_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_M;
    const size_t trace_Wz_h_q0_0 = (size_t)(t % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_M;
    const size_t trace_Rz_h_q0_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_N;
    const size_t trace_Rz_h_q0_0 = (size_t)(t % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_N;
    const size_t trace_bz_h_q0_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N;
    const size_t trace_bz_h_q0_0 = (size_t)(t % 2) * GRU_EPROP_M2_N;
    const size_t trace_Wn_h_q0_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_M;
    const size_t trace_Wn_h_q0_0 = (size_t)(t % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_M;
    const size_t trace_Rn_h_q0_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_N;
    const size_t trace_Rn_h_q0_0 = (size_t)(t % 2) * GRU_EPROP_M2_N * GRU_EPROP_M2_N;
    const size_t trace_bn_h_q0_1 = (size_t)((t + 1) % 2) * GRU_EPROP_M2_N;
    const size_t trace_bn_h_q0_0 = (size_t)(t % 2) * GRU_EPROP_M2_N;
    /* Wz_x = Wz @ x */
    kernel_gemv(GRU_EPROP_M2_N, GRU_EPROP_M2_M, s->Wz, s->x, s->Wz_x, 0);
    /* Rz_h = Rz @ h[t-1] */
    kernel_gemv(GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->Rz, s->h + h_1, s->Rz_h, 0);
    /* Wn_x = Wn @ x */
    kernel_gemv(GRU_EPROP_M2_N, GRU_EPROP_M2_M, s->Wn, s->x, s->Wn_x, 0);
    /* Wr_x = Wr @ x */
    kernel_gemv(GRU_EPROP_M2_N, GRU_EPROP_M2_M, s->Wr, s->x, s->Wr_x, 0);
    /* Rr_h = Rr @ h[t-1] */
    kernel_gemv(GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->Rr, s->h + h_1, s->Rr_h, 0);
    /* z = sigmoid(Wz @ x + Rz @ h[t-1] + bz)
     * r = sigmoid(Wr @ x + Rr @ h[t-1] + br) */
    for (size_t unit = 0; unit < GRU_EPROP_M2_N; unit++) {
        const real z = kernel_sigmoid(s->Wz_x[unit] + s->Rz_h[unit] + s->bz[unit]);
        s->z[unit] = z;
        const real decay_h = 1.0f - z;
        s->decay_h[unit] = decay_h;
        const real w1 = decay_h * s->h[h_1 + unit];
        s->w1[unit] = w1;
        const real r = kernel_sigmoid(s->Wr_x[unit] + s->Rr_h[unit] + s->br[unit]);
        s->r[unit] = r;
        const real u = r * s->h[h_1 + unit];
        s->u[unit] = u;
        const real w4 = z * decay_h;
        s->w4[unit] = w4;
        const real slope_2 = s->h[h_1 + unit] * (r * (1.0f - r));
        s->slope_2[unit] = slope_2;
    }
    /* Rn_v = Rn @ (r * h[t-1]) */
    kernel_gemv(GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->Rn, s->u, s->Rn_v, 0);
    /* c = tanh(Wn @ x + Rn @ (r * h[t-1]) + bn)
     * h = (1 - z) * h[t-1] + z * c */
    EACH_UNIT
    for (size_t unit = 0; unit < GRU_EPROP_M2_N; unit++) {
        const real c = kernel_tanh(s->Wn_x[unit] + s->Rn_v[unit] + s->bn[unit]);
        const real h = s->w1[unit] + s->z[unit] * c;
        s->h[h_0 + unit] = h;
        const real gain_Wz = (c - s->h[h_1 + unit]) * s->w4[unit];
        s->gain_Wz[unit] = gain_Wz;
        const real slope = s->z[unit] * (1.0f - c * c);
        s->slope[unit] = slope;
    }
    /* V_h = V @ h */
    kernel_gemv(GRU_EPROP_M2_K, GRU_EPROP_M2_N, s->V, s->h + h_0, s->V_h, 0);
    /* y = V @ h + d */
    for (size_t unit = 0; unit < GRU_EPROP_M2_K; unit++) {
        const real y = s->V_h[unit] + s->d[unit];
        s->y[unit] = y;
        const real signal_V = y - s->target[unit];
        s->signal_V[unit] = signal_V;
        const real w3 = signal_V * signal_V;
        s->w3[unit] = w3;
    }
    /* w2 = sum((y - target)^2) */
    real sum = 0.0f;
    for (size_t unit = 0; unit < GRU_EPROP_M2_K; unit++) {
        sum += s->w3[unit];
    }
    s->w2 = sum;
    /* signal_h = Vᵀ @ (y - target) */
    kernel_combine(GRU_EPROP_M2_N, GRU_EPROP_M2_K, s->signal_V, 1, s->V, GRU_EPROP_M2_N, s->signal_h, 0);
    /* loss = 0.5 * sum((y - target)^2) */
    {
        const real loss = 0.5f * s->w2;
        s->loss = loss;
    }
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->gain_Wz[j];
        const real factor_2 = s->slope[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->jacobian[j * GRU_EPROP_M2_N + i] = factor * s->Rz[j * GRU_EPROP_M2_N + i] + factor_2 * s->Rn[j * GRU_EPROP_M2_N + i] * s->r[i];
        }
    }
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->slope[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->jacobian_2[j * GRU_EPROP_M2_N + i] = factor * s->Rn[j * GRU_EPROP_M2_N + i] * s->slope_2[i];
        }
    }
    /* ε_h^q0[Wz] = (1 - z) * ε_h^q0[Wz][t-1] + (c - h[t-1]) * z * (1 - z) * x */
    /* dE/dWz += Vᵀ @ (y - target) * ε_h^q0[Wz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->gain_Wz[j];
        const real factor_2 = s->decay_h[j];
        const real factor_3 = s->signal_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_M; i++) {
            s->trace_Wz_h_q0[trace_Wz_h_q0_0 + j * GRU_EPROP_M2_M + i] = factor * s->x[i] + factor_2 * s->trace_Wz_h_q0[trace_Wz_h_q0_1 + j * GRU_EPROP_M2_M + i];
            s->grad_Wz[j * GRU_EPROP_M2_M + i] += factor_3 * s->trace_Wz_h_q0[trace_Wz_h_q0_0 + j * GRU_EPROP_M2_M + i];
        }
    }
    /* J_h^q1[Wz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->decay_h[j];
            for (size_t k = 0; k < GRU_EPROP_M2_M; k++) {
                s->influence_Wz_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M + k] = factor * s->influence_Wz_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M + k];
            }
        }
    }
    /* J_h^q1[Wz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->jacobian[j * GRU_EPROP_M2_N + i];
            kernel_outer(1, GRU_EPROP_M2_M, &factor, s->trace_Wz_h_q0 + trace_Wz_h_q0_1 + i * GRU_EPROP_M2_M, s->influence_Wz_h_q1 + (j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M);
        }
    }
    /* dE/dWz */
    kernel_combine(GRU_EPROP_M2_N * GRU_EPROP_M2_M, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_Wz_h_q1, GRU_EPROP_M2_N * GRU_EPROP_M2_M, s->grad_Wz, 1);
    /* ε_h^q0[Rz] = (1 - z) * ε_h^q0[Rz][t-1] + (c - h[t-1]) * z * (1 - z) * h[t-1] */
    /* dE/dRz += Vᵀ @ (y - target) * ε_h^q0[Rz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->gain_Wz[j];
        const real factor_2 = s->decay_h[j];
        const real factor_3 = s->signal_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->trace_Rz_h_q0[trace_Rz_h_q0_0 + j * GRU_EPROP_M2_N + i] = factor * s->h[h_1 + i] + factor_2 * s->trace_Rz_h_q0[trace_Rz_h_q0_1 + j * GRU_EPROP_M2_N + i];
            s->grad_Rz[j * GRU_EPROP_M2_N + i] += factor_3 * s->trace_Rz_h_q0[trace_Rz_h_q0_0 + j * GRU_EPROP_M2_N + i];
        }
    }
    /* J_h^q1[Rz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->decay_h[j];
            for (size_t k = 0; k < GRU_EPROP_M2_N; k++) {
                s->influence_Rz_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N + k] = factor * s->influence_Rz_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N + k];
            }
        }
    }
    /* J_h^q1[Rz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->jacobian[j * GRU_EPROP_M2_N + i];
            kernel_outer(1, GRU_EPROP_M2_N, &factor, s->trace_Rz_h_q0 + trace_Rz_h_q0_1 + i * GRU_EPROP_M2_N, s->influence_Rz_h_q1 + (j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N);
        }
    }
    /* dE/dRz */
    kernel_combine(GRU_EPROP_M2_N * GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_Rz_h_q1, GRU_EPROP_M2_N * GRU_EPROP_M2_N, s->grad_Rz, 1);
    /* ε_h^q0[bz] = (1 - z) * ε_h^q0[bz][t-1] + (c - h[t-1]) * z * (1 - z) */
    /* dE/dbz += Vᵀ @ (y - target) * ε_h^q0[bz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        s->trace_bz_h_q0[trace_bz_h_q0_0 + j] = s->gain_Wz[j] + s->decay_h[j] * s->trace_bz_h_q0[trace_bz_h_q0_1 + j];
        s->grad_bz[j] += s->signal_h[j] * s->trace_bz_h_q0[trace_bz_h_q0_0 + j];
    }
    /* J_h^q1[bz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->decay_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->influence_bz_h_q1[j * GRU_EPROP_M2_N + i] = factor * s->influence_bz_h_q1[j * GRU_EPROP_M2_N + i];
        }
    }
    /* J_h^q1[bz] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->influence_bz_h_q1[j * GRU_EPROP_M2_N + i] += s->jacobian[j * GRU_EPROP_M2_N + i] * s->trace_bz_h_q0[trace_bz_h_q0_1 + i];
        }
    }
    /* dE/dbz */
    kernel_combine(GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_bz_h_q1, GRU_EPROP_M2_N, s->grad_bz, 1);
    /* J_h^q1[Wr] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->decay_h[j];
            for (size_t k = 0; k < GRU_EPROP_M2_M; k++) {
                s->influence_Wr_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M + k] = factor * s->influence_Wr_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M + k];
            }
        }
    }
    /* J_h^q1[Wr] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->jacobian_2[j * GRU_EPROP_M2_N + i];
            kernel_outer(1, GRU_EPROP_M2_M, &factor, s->x, s->influence_Wr_h_q1 + (j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M);
        }
    }
    /* dE/dWr */
    kernel_combine(GRU_EPROP_M2_N * GRU_EPROP_M2_M, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_Wr_h_q1, GRU_EPROP_M2_N * GRU_EPROP_M2_M, s->grad_Wr, 1);
    /* J_h^q1[Rr] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->decay_h[j];
            for (size_t k = 0; k < GRU_EPROP_M2_N; k++) {
                s->influence_Rr_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N + k] = factor * s->influence_Rr_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N + k];
            }
        }
    }
    /* J_h^q1[Rr] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->jacobian_2[j * GRU_EPROP_M2_N + i];
            kernel_outer(1, GRU_EPROP_M2_N, &factor, s->h + h_1, s->influence_Rr_h_q1 + (j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N);
        }
    }
    /* dE/dRr */
    kernel_combine(GRU_EPROP_M2_N * GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_Rr_h_q1, GRU_EPROP_M2_N * GRU_EPROP_M2_N, s->grad_Rr, 1);
    /* J_h^q1[br] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->decay_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->influence_br_h_q1[j * GRU_EPROP_M2_N + i] = factor * s->influence_br_h_q1[j * GRU_EPROP_M2_N + i];
        }
    }
    /* J_h^q1[br] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->influence_br_h_q1[j * GRU_EPROP_M2_N + i] += s->jacobian_2[j * GRU_EPROP_M2_N + i];
        }
    }
    /* dE/dbr */
    kernel_combine(GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_br_h_q1, GRU_EPROP_M2_N, s->grad_br, 1);
    /* ε_h^q0[Wn] = (1 - z) * ε_h^q0[Wn][t-1] + z * (1 - c^2) * x */
    /* dE/dWn += Vᵀ @ (y - target) * ε_h^q0[Wn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->slope[j];
        const real factor_2 = s->decay_h[j];
        const real factor_3 = s->signal_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_M; i++) {
            s->trace_Wn_h_q0[trace_Wn_h_q0_0 + j * GRU_EPROP_M2_M + i] = factor * s->x[i] + factor_2 * s->trace_Wn_h_q0[trace_Wn_h_q0_1 + j * GRU_EPROP_M2_M + i];
            s->grad_Wn[j * GRU_EPROP_M2_M + i] += factor_3 * s->trace_Wn_h_q0[trace_Wn_h_q0_0 + j * GRU_EPROP_M2_M + i];
        }
    }
    /* J_h^q1[Wn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->decay_h[j];
            for (size_t k = 0; k < GRU_EPROP_M2_M; k++) {
                s->influence_Wn_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M + k] = factor * s->influence_Wn_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M + k];
            }
        }
    }
    /* J_h^q1[Wn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->jacobian[j * GRU_EPROP_M2_N + i];
            kernel_outer(1, GRU_EPROP_M2_M, &factor, s->trace_Wn_h_q0 + trace_Wn_h_q0_1 + i * GRU_EPROP_M2_M, s->influence_Wn_h_q1 + (j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_M);
        }
    }
    /* dE/dWn */
    kernel_combine(GRU_EPROP_M2_N * GRU_EPROP_M2_M, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_Wn_h_q1, GRU_EPROP_M2_N * GRU_EPROP_M2_M, s->grad_Wn, 1);
    /* ε_h^q0[Rn] = (1 - z) * ε_h^q0[Rn][t-1] + z * (1 - c^2) * r * h[t-1] */
    /* dE/dRn += Vᵀ @ (y - target) * ε_h^q0[Rn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->slope[j];
        const real factor_2 = s->decay_h[j];
        const real factor_3 = s->signal_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->trace_Rn_h_q0[trace_Rn_h_q0_0 + j * GRU_EPROP_M2_N + i] = factor * s->u[i] + factor_2 * s->trace_Rn_h_q0[trace_Rn_h_q0_1 + j * GRU_EPROP_M2_N + i];
            s->grad_Rn[j * GRU_EPROP_M2_N + i] += factor_3 * s->trace_Rn_h_q0[trace_Rn_h_q0_0 + j * GRU_EPROP_M2_N + i];
        }
    }
    /* J_h^q1[Rn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->decay_h[j];
            for (size_t k = 0; k < GRU_EPROP_M2_N; k++) {
                s->influence_Rn_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N + k] = factor * s->influence_Rn_h_q1[(j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N + k];
            }
        }
    }
    /* J_h^q1[Rn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            const real factor = s->jacobian[j * GRU_EPROP_M2_N + i];
            kernel_outer(1, GRU_EPROP_M2_N, &factor, s->trace_Rn_h_q0 + trace_Rn_h_q0_1 + i * GRU_EPROP_M2_N, s->influence_Rn_h_q1 + (j * GRU_EPROP_M2_N + i) * GRU_EPROP_M2_N);
        }
    }
    /* dE/dRn */
    kernel_combine(GRU_EPROP_M2_N * GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_Rn_h_q1, GRU_EPROP_M2_N * GRU_EPROP_M2_N, s->grad_Rn, 1);
    /* ε_h^q0[bn] = (1 - z) * ε_h^q0[bn][t-1] + z * (1 - c^2) */
    /* dE/dbn += Vᵀ @ (y - target) * ε_h^q0[bn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        s->trace_bn_h_q0[trace_bn_h_q0_0 + j] = s->slope[j] + s->decay_h[j] * s->trace_bn_h_q0[trace_bn_h_q0_1 + j];
        s->grad_bn[j] += s->signal_h[j] * s->trace_bn_h_q0[trace_bn_h_q0_0 + j];
    }
    /* J_h^q1[bn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        const real factor = s->decay_h[j];
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->influence_bn_h_q1[j * GRU_EPROP_M2_N + i] = factor * s->influence_bn_h_q1[j * GRU_EPROP_M2_N + i];
        }
    }
    /* J_h^q1[bn] */
    for (size_t j = 0; j < GRU_EPROP_M2_N; j++) {
        for (size_t i = 0; i < GRU_EPROP_M2_N; i++) {
            s->influence_bn_h_q1[j * GRU_EPROP_M2_N + i] += s->jacobian[j * GRU_EPROP_M2_N + i] * s->trace_bn_h_q0[trace_bn_h_q0_1 + i];
        }
    }
    /* dE/dbn */
    kernel_combine(GRU_EPROP_M2_N, GRU_EPROP_M2_N, s->signal_h, 1, s->influence_bn_h_q1, GRU_EPROP_M2_N, s->grad_bn, 1);
    /* dE/dV += (y - target) * h */
    kernel_outer(GRU_EPROP_M2_K, GRU_EPROP_M2_N, s->signal_V, s->h + h_0, s->grad_V);
    /* dE/dd += (y - target) */
    for (size_t j = 0; j < GRU_EPROP_M2_K; j++) {
        s->grad_d[j] += s->signal_V[j];
    }
    s->t++;
}
