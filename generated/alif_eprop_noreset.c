/* alif_eprop_noreset: the learner's functions
 * Rule: eprop_noreset: keep (implicit & not reset | spatial)*
 * dropped: R @ z[t-1] -> v (explicit)
 * dropped: z[t-1] -> v (implicit #reset)
 * z follows unit by unit: the influence on it is slope_z_v times that on v, plus slope_z_a times that on a. It is not carried; what reads it later reads those, by the slope of then.
 * Made by eligo 0.1.0, options --real float, spec edfb43521c6e7998 */
#include "alif_eprop_noreset.h"
#include <math.h>
#include <string.h>

typedef float real;

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

/* kernel_gemv with an x that is mostly zeros: columns are left out 16 at a time where x has none but zeros,
 * which adds nothing to partial sums (these are by column mod 16, and never -0): the same bits, unless A has
 * an infinity or a NaN there. */
static void kernel_gemv_events(size_t rows, size_t columns, const real *a, const real *x, real *y,
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

size_t alif_eprop_noreset_bytes(void) { return sizeof(struct alif_eprop_noreset); }

size_t alif_eprop_noreset_record_bytes(void) { return 0; }

void alif_eprop_noreset_start(struct alif_eprop_noreset *s) {
    memset(s->v, 0, sizeof s->v);
    memset(s->a, 0, sizeof s->a);
    memset(s->z, 0, sizeof s->z);
    s->loss = 0.0f;
    memset(s->y, 0, sizeof s->y);
    memset(s->presynaptic_W_v, 0, sizeof s->presynaptic_W_v);
    memset(s->trace_W_a, 0, sizeof s->trace_W_a);
    memset(s->slope_z_v, 0, sizeof s->slope_z_v);
    memset(s->presynaptic_R_v, 0, sizeof s->presynaptic_R_v);
    memset(s->trace_R_a, 0, sizeof s->trace_R_a);
    memset(s->slope_z_a, 0, sizeof s->slope_z_a);
    s->t = 0;
}

void alif_eprop_noreset_step(struct alif_eprop_noreset *s) {
    const int t = s->t;
    const size_t v_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_N;
    const size_t z_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_N;
    const size_t a_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_N;
    const size_t a_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_N;
    const size_t slope_z_a_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_N;
    const size_t v_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_N;
    const size_t z_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_N;
    const size_t slope_z_v_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_N;
    const size_t slope_z_a_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_N;
    const size_t presynaptic_W_v_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_M;
    const size_t presynaptic_W_v_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_M;
    const size_t slope_z_v_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_N;
    const size_t presynaptic_R_v_1 = (size_t)((t + 1) % 2) * ALIF_EPROP_NORESET_N;
    const size_t presynaptic_R_v_0 = (size_t)(t % 2) * ALIF_EPROP_NORESET_N;
    {
        const real w6 = 1.0f / 0.6f;
        s->w6 = w6;
        const real decay_v = 0.9f;
        s->decay_v = decay_v;
    }
    /* a = rho * a[t-1] + z[t-1] */
    EACH_UNIT
    for (size_t u = 0; u < ALIF_EPROP_NORESET_N; u++) {
        const real w1 = 0.9f * s->v[v_1 + u];
        s->w1[u] = w1;
        const real w2 = 0.6f * s->z[z_1 + u];
        s->w2[u] = w2;
        const real a = 0.97f * s->a[a_1 + u] + s->z[z_1 + u];
        s->a[a_0 + u] = a;
        const real w3 = 0.2f * a;
        s->w3[u] = w3;
        const real decay_a = 0.97f + s->slope_z_a[slope_z_a_1 + u];
        s->decay_a[u] = decay_a;
    }
    /* W_x = W @ x */
    kernel_gemv(ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_M, s->W, s->x, s->W_x, 0);
    /* R_z = R @ z[t-1] */
    kernel_gemv_events(ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_N, s->R, s->z + z_1, s->R_z, 0);
    /* v = alpha * v[t-1] + W @ x + R @ z[t-1] - v_th * z[t-1]
     * z = step((v - v_th - beta * a) / v_th) */
    EACH_UNIT
    for (size_t u = 0; u < ALIF_EPROP_NORESET_N; u++) {
        const real v = s->w1[u] + s->W_x[u] + s->R_z[u] - s->w2[u];
        s->v[v_0 + u] = v;
        const real v8 = (v - 0.6f - s->w3[u]) / 0.6f;
        const real z = v8 >= 0.0f ? 1.0f : 0.0f;
        s->z[z_0 + u] = z;
        const real part = 1.0f - fabsf(v8);
        const real slope_z_v = 0.3f * (0.0f >= part ? 0.0f : part) * s->w6;
        s->slope_z_v[slope_z_v_0 + u] = slope_z_v;
        const real w7 = slope_z_v * 0.2f;
        s->w7[u] = w7;
        const real slope_z_a = -w7;
        s->slope_z_a[slope_z_a_0 + u] = slope_z_a;
    }
    /* V_z = V @ z */
    kernel_gemv_events(ALIF_EPROP_NORESET_K, ALIF_EPROP_NORESET_N, s->V, s->z + z_0, s->V_z, 0);
    /* y = V @ z + d */
    for (size_t u = 0; u < ALIF_EPROP_NORESET_K; u++) {
        const real y = s->V_z[u] + s->d[u];
        s->y[u] = y;
        const real signal_V = y - s->target[u];
        s->signal_V[u] = signal_V;
        const real w5 = signal_V * signal_V;
        s->w5[u] = w5;
    }
    /* w4 = sum((y - target)^2) */
    real sum = 0.0f;
    for (size_t u = 0; u < ALIF_EPROP_NORESET_K; u++) {
        sum += s->w5[u];
    }
    s->w4 = sum;
    /* VT_v = Vᵀ @ (y - target) */
    kernel_combine(ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_K, s->signal_V, 1, s->V, ALIF_EPROP_NORESET_N, s->VT_v, 0);
    /* loss = 0.5 * sum((y - target)^2) */
    {
        const real loss = 0.5f * s->w4;
        s->loss = loss;
    }
    for (size_t u = 0; u < ALIF_EPROP_NORESET_N; u++) {
        const real signal_v = s->VT_v[u] * s->slope_z_v[slope_z_v_0 + u];
        s->signal_v[u] = signal_v;
        const real signal_a = -(s->VT_v[u] * s->w7[u]);
        s->signal_a[u] = signal_a;
    }
    /* π_v[W] = alpha * π_v[W][t-1] + x */
    {
        const real factor = s->decay_v;
        for (size_t j = 0; j < ALIF_EPROP_NORESET_M; j++) {
            s->presynaptic_W_v[presynaptic_W_v_0 + j] = s->x[j] + factor * s->presynaptic_W_v[presynaptic_W_v_1 + j];
        }
    }
    /* ε_a[W] = (rho + slope_z_a[t-1]) * ε_a[W][t-1] + slope_z_v[t-1] * π_v[W][t-1] */
    /* dE/dW += Vᵀ @ (y - target) * 0.3 * max(0, 1 - abs((v - v_th - beta * a) / v_th)) * (1 / v_th) * π_v[W] - Vᵀ @ (y - target) * 0.3 * max(0, 1 - abs((v - v_th - beta * a) / v_th)) * (1 / v_th) * beta * ε_a[W] */
    for (size_t j = 0; j < ALIF_EPROP_NORESET_N; j++) {
        const real factor = s->slope_z_v[slope_z_v_1 + j];
        const real factor_2 = s->decay_a[j];
        const real factor_3 = s->signal_v[j];
        const real factor_4 = s->signal_a[j];
        for (size_t i = 0; i < ALIF_EPROP_NORESET_M; i++) {
            s->trace_W_a[j * ALIF_EPROP_NORESET_M + i] = factor * s->presynaptic_W_v[presynaptic_W_v_1 + i] + factor_2 * s->trace_W_a[j * ALIF_EPROP_NORESET_M + i];
            s->grad_W[j * ALIF_EPROP_NORESET_M + i] += factor_3 * s->presynaptic_W_v[presynaptic_W_v_0 + i] + factor_4 * s->trace_W_a[j * ALIF_EPROP_NORESET_M + i];
        }
    }
    /* π_v[R] = alpha * π_v[R][t-1] + z[t-1] */
    {
        const real factor = s->decay_v;
        for (size_t j = 0; j < ALIF_EPROP_NORESET_N; j++) {
            s->presynaptic_R_v[presynaptic_R_v_0 + j] = s->z[z_1 + j] + factor * s->presynaptic_R_v[presynaptic_R_v_1 + j];
        }
    }
    /* ε_a[R] = (rho + slope_z_a[t-1]) * ε_a[R][t-1] + slope_z_v[t-1] * π_v[R][t-1] */
    /* dE/dR += Vᵀ @ (y - target) * 0.3 * max(0, 1 - abs((v - v_th - beta * a) / v_th)) * (1 / v_th) * π_v[R] - Vᵀ @ (y - target) * 0.3 * max(0, 1 - abs((v - v_th - beta * a) / v_th)) * (1 / v_th) * beta * ε_a[R] */
    for (size_t j = 0; j < ALIF_EPROP_NORESET_N; j++) {
        const real factor = s->slope_z_v[slope_z_v_1 + j];
        const real factor_2 = s->decay_a[j];
        const real factor_3 = s->signal_v[j];
        const real factor_4 = s->signal_a[j];
        for (size_t i = 0; i < ALIF_EPROP_NORESET_N; i++) {
            s->trace_R_a[j * ALIF_EPROP_NORESET_N + i] = factor * s->presynaptic_R_v[presynaptic_R_v_1 + i] + factor_2 * s->trace_R_a[j * ALIF_EPROP_NORESET_N + i];
            s->grad_R[j * ALIF_EPROP_NORESET_N + i] += factor_3 * s->presynaptic_R_v[presynaptic_R_v_0 + i] + factor_4 * s->trace_R_a[j * ALIF_EPROP_NORESET_N + i];
        }
    }
    /* dE/dV += (y - target) * z */
    kernel_outer(ALIF_EPROP_NORESET_K, ALIF_EPROP_NORESET_N, s->signal_V, s->z + z_0, s->grad_V);
    /* dE/dd += (y - target) */
    for (size_t j = 0; j < ALIF_EPROP_NORESET_K; j++) {
        s->grad_d[j] += s->signal_V[j];
    }
    s->t++;
}
