/* lstm_eprop_m1: the learner's functions
 * Rule: eprop(m=1): keep (implicit | spatial)*
 * dropped: Rf @ h[t-1] -> c (explicit)
 * dropped: Ri @ h[t-1] -> c (explicit)
 * dropped: Rg @ h[t-1] -> c (explicit)
 * dropped: Ro @ h[t-1] -> h (explicit)
 * Made by eligo 0.1.0, options --real float, spec 0a32e8ad5c67cc5d */
#include "lstm_eprop_m1.h"
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

/* E[rows, n] = a[rows] E + b[rows] x[n], G[rows, n] += l[rows] E: a trace and its gradient, in one pass. A
 * row whose l is 0 has its trace alone, as in kernel_outer: no loss at this step, or a unit that can't feel
 * it. */
static void kernel_trace_gradient(size_t rows, size_t n, const real *a, const real *b, const real *x,
                                  real *restrict e, const real *l, real *restrict g) {
    for (size_t j = 0; j < rows; j++, e += n, g += n) {
        const real aj = a[j], bj = b[j], lj = l[j];
        if (lj == 0)
            for (size_t i = 0; i < n; i++) e[i] = aj * e[i] + bj * x[i];
        else
            for (size_t i = 0; i < n; i++) {
                e[i] = aj * e[i] + bj * x[i];
                g[i] += lj * e[i];
            }
    }
}

#if defined _OPENMP && defined ELIGO_THREADS
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
#endif

/* Units of a step don't wait for each other, whatever their places in rings and records look like. */
#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__
#define EACH_UNIT _Pragma("GCC ivdep")
#else
#define EACH_UNIT
#endif

size_t lstm_eprop_m1_bytes(void) { return sizeof(struct lstm_eprop_m1); }

size_t lstm_eprop_m1_record_bytes(void) { return 0; }

void lstm_eprop_m1_start(struct lstm_eprop_m1 *s) {
    memset(s->c, 0, sizeof s->c);
    memset(s->h, 0, sizeof s->h);
    s->loss = 0.0f;
    memset(s->y, 0, sizeof s->y);
    memset(s->trace_Wi_c, 0, sizeof s->trace_Wi_c);
    memset(s->trace_Ri_c, 0, sizeof s->trace_Ri_c);
    memset(s->trace_bi_c, 0, sizeof s->trace_bi_c);
    memset(s->trace_Wf_c, 0, sizeof s->trace_Wf_c);
    memset(s->trace_Rf_c, 0, sizeof s->trace_Rf_c);
    memset(s->trace_bf_c, 0, sizeof s->trace_bf_c);
    memset(s->trace_Wg_c, 0, sizeof s->trace_Wg_c);
    memset(s->trace_Rg_c, 0, sizeof s->trace_Rg_c);
    memset(s->trace_bg_c, 0, sizeof s->trace_bg_c);
    s->t = 0;
}

void lstm_eprop_m1_step(struct lstm_eprop_m1 *s) {
    const int t = s->t;
    const size_t h_1 = (size_t)((t + 1) % 2) * LSTM_EPROP_M1_N;
    const size_t c_1 = (size_t)((t + 1) % 2) * LSTM_EPROP_M1_N;
    const size_t c_0 = (size_t)(t % 2) * LSTM_EPROP_M1_N;
    const size_t h_0 = (size_t)(t % 2) * LSTM_EPROP_M1_N;
    /* Wf_x = Wf @ x */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->Wf, s->x, s->Wf_x, 0);
    /* Rf_h = Rf @ h[t-1] */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->Rf, s->h + h_1, s->Rf_h, 0);
    /* Wi_x = Wi @ x */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->Wi, s->x, s->Wi_x, 0);
    /* Ri_h = Ri @ h[t-1] */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->Ri, s->h + h_1, s->Ri_h, 0);
    /* Wg_x = Wg @ x */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->Wg, s->x, s->Wg_x, 0);
    /* Rg_h = Rg @ h[t-1] */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->Rg, s->h + h_1, s->Rg_h, 0);
    /* Wo_x = Wo @ x */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->Wo, s->x, s->Wo_x, 0);
    /* Ro_h = Ro @ h[t-1] */
    kernel_gemv(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->Ro, s->h + h_1, s->Ro_h, 0);
    /* f = sigmoid(Wf @ x + Rf @ h[t-1] + bf)
     * i = sigmoid(Wi @ x + Ri @ h[t-1] + bi)
     * g = tanh(Wg @ x + Rg @ h[t-1] + bg)
     * c = f * c[t-1] + i * g
     * o = sigmoid(Wo @ x + Ro @ h[t-1] + bo)
     * h = o * tanh(c) */
    EACH_UNIT
    for (size_t u = 0; u < LSTM_EPROP_M1_N; u++) {
        const real f = kernel_sigmoid(s->Wf_x[u] + s->Rf_h[u] + s->bf[u]);
        s->f[u] = f;
        const real i = kernel_sigmoid(s->Wi_x[u] + s->Ri_h[u] + s->bi[u]);
        const real g = kernel_tanh(s->Wg_x[u] + s->Rg_h[u] + s->bg[u]);
        const real c = f * s->c[c_1 + u] + i * g;
        s->c[c_0 + u] = c;
        const real o = kernel_sigmoid(s->Wo_x[u] + s->Ro_h[u] + s->bo[u]);
        const real v5 = kernel_tanh(c);
        const real h = o * v5;
        s->h[h_0 + u] = h;
        const real gain_Wi = g * (i * (1.0f - i));
        s->gain_Wi[u] = gain_Wi;
        const real w3 = o * (1.0f - v5 * v5);
        s->w3[u] = w3;
        const real gain_Wf = s->c[c_1 + u] * (f * (1.0f - f));
        s->gain_Wf[u] = gain_Wf;
        const real gain_Wg = i * (1.0f - g * g);
        s->gain_Wg[u] = gain_Wg;
        const real w4 = v5 * (o * (1.0f - o));
        s->w4[u] = w4;
    }
    /* V_h = V @ h */
    kernel_gemv(LSTM_EPROP_M1_K, LSTM_EPROP_M1_N, s->V, s->h + h_0, s->V_h, 0);
    /* y = V @ h + d */
    for (size_t u = 0; u < LSTM_EPROP_M1_K; u++) {
        const real y = s->V_h[u] + s->d[u];
        s->y[u] = y;
        const real signal_V = y - s->target[u];
        s->signal_V[u] = signal_V;
        const real w2 = signal_V * signal_V;
        s->w2[u] = w2;
    }
    /* w1 = sum((y - target)^2) */
    real sum = 0.0f;
    for (size_t u = 0; u < LSTM_EPROP_M1_K; u++) {
        sum += s->w2[u];
    }
    s->w1 = sum;
    /* VT_v = Vᵀ @ (y - target) */
    kernel_combine(LSTM_EPROP_M1_N, LSTM_EPROP_M1_K, s->signal_V, 1, s->V, LSTM_EPROP_M1_N, s->VT_v, 0);
    /* loss = 0.5 * sum((y - target)^2) */
    {
        const real loss = 0.5f * s->w1;
        s->loss = loss;
    }
    for (size_t u = 0; u < LSTM_EPROP_M1_N; u++) {
        const real signal_c = s->VT_v[u] * s->w3[u];
        s->signal_c[u] = signal_c;
        const real signal_Wo = s->VT_v[u] * s->w4[u];
        s->signal_Wo[u] = signal_Wo;
    }
    /* ε_c[Wi] = f * ε_c[Wi][t-1] + g * i * (1 - i) * x */
    /* dE/dWi += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[Wi] */
    kernel_trace_gradient(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->f, s->gain_Wi, s->x, s->trace_Wi_c, s->signal_c, s->grad_Wi);
    /* ε_c[Ri] = f * ε_c[Ri][t-1] + g * i * (1 - i) * h[t-1] */
    /* dE/dRi += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[Ri] */
    kernel_trace_gradient(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->f, s->gain_Wi, s->h + h_1, s->trace_Ri_c, s->signal_c, s->grad_Ri);
    /* ε_c[bi] = f * ε_c[bi][t-1] + g * i * (1 - i) */
    /* dE/dbi += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[bi] */
    for (size_t j = 0; j < LSTM_EPROP_M1_N; j++) {
        s->trace_bi_c[j] = s->gain_Wi[j] + s->f[j] * s->trace_bi_c[j];
        s->grad_bi[j] += s->signal_c[j] * s->trace_bi_c[j];
    }
    /* ε_c[Wf] = f * ε_c[Wf][t-1] + c[t-1] * f * (1 - f) * x */
    /* dE/dWf += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[Wf] */
    kernel_trace_gradient(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->f, s->gain_Wf, s->x, s->trace_Wf_c, s->signal_c, s->grad_Wf);
    /* ε_c[Rf] = f * ε_c[Rf][t-1] + c[t-1] * f * (1 - f) * h[t-1] */
    /* dE/dRf += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[Rf] */
    kernel_trace_gradient(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->f, s->gain_Wf, s->h + h_1, s->trace_Rf_c, s->signal_c, s->grad_Rf);
    /* ε_c[bf] = f * ε_c[bf][t-1] + c[t-1] * f * (1 - f) */
    /* dE/dbf += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[bf] */
    for (size_t j = 0; j < LSTM_EPROP_M1_N; j++) {
        s->trace_bf_c[j] = s->gain_Wf[j] + s->f[j] * s->trace_bf_c[j];
        s->grad_bf[j] += s->signal_c[j] * s->trace_bf_c[j];
    }
    /* ε_c[Wg] = f * ε_c[Wg][t-1] + i * (1 - g^2) * x */
    /* dE/dWg += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[Wg] */
    kernel_trace_gradient(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->f, s->gain_Wg, s->x, s->trace_Wg_c, s->signal_c, s->grad_Wg);
    /* ε_c[Rg] = f * ε_c[Rg][t-1] + i * (1 - g^2) * h[t-1] */
    /* dE/dRg += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[Rg] */
    kernel_trace_gradient(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->f, s->gain_Wg, s->h + h_1, s->trace_Rg_c, s->signal_c, s->grad_Rg);
    /* ε_c[bg] = f * ε_c[bg][t-1] + i * (1 - g^2) */
    /* dE/dbg += Vᵀ @ (y - target) * o * (1 - tanh(c)^2) * ε_c[bg] */
    for (size_t j = 0; j < LSTM_EPROP_M1_N; j++) {
        s->trace_bg_c[j] = s->gain_Wg[j] + s->f[j] * s->trace_bg_c[j];
        s->grad_bg[j] += s->signal_c[j] * s->trace_bg_c[j];
    }
    /* dE/dWo += Vᵀ @ (y - target) * tanh(c) * o * (1 - o) * x */
    kernel_outer(LSTM_EPROP_M1_N, LSTM_EPROP_M1_M, s->signal_Wo, s->x, s->grad_Wo);
    /* dE/dRo += Vᵀ @ (y - target) * tanh(c) * o * (1 - o) * h[t-1] */
    kernel_outer(LSTM_EPROP_M1_N, LSTM_EPROP_M1_N, s->signal_Wo, s->h + h_1, s->grad_Ro);
    /* dE/dbo += Vᵀ @ (y - target) * tanh(c) * o * (1 - o) */
    for (size_t j = 0; j < LSTM_EPROP_M1_N; j++) {
        s->grad_bo[j] += s->signal_Wo[j];
    }
    /* dE/dV += (y - target) * h */
    kernel_outer(LSTM_EPROP_M1_K, LSTM_EPROP_M1_N, s->signal_V, s->h + h_0, s->grad_V);
    /* dE/dd += (y - target) */
    for (size_t j = 0; j < LSTM_EPROP_M1_K; j++) {
        s->grad_d[j] += s->signal_V[j];
    }
    s->t++;
}
