/* alif_bptt: the learner's functions
 * Rule: bptt: keep any*
 * Made by eligo 0.1.0, options --real float, spec edfb43521c6e7998 */
#include "alif_bptt.h"
#include <math.h>
#include <string.h>

typedef float real;

/* y[rows] = A[rows, columns] x[columns], added to y when `accumulate`. Four rows at a time hide the latency
 * of an addition; each row's sum is the same alone. */
static void kernel_gemv(size_t rows, size_t columns, const real *a, const real *x, real *y, int accumulate) {
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
static void kernel_gemm(size_t rows, size_t columns, size_t inner, const real *a, size_t row, size_t step,
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

/* C[rows, columns] += Σ_t a_t[rows] u_t[columns]ᵀ over `steps` steps, whose vectors are `apart` reals apart:
 * as kernel_gemm, tile by tile. */
#ifndef KERNEL_TILE
#ifdef __AVX512F__
#define KERNEL_TILE 8
#else
#define KERNEL_TILE 4
#endif
#endif
static void kernel_steps(size_t rows, size_t columns, size_t steps, size_t apart, const real *a,
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

size_t alif_bptt_bytes(void) { return sizeof(struct alif_bptt); }

size_t alif_bptt_record_bytes(void) { return sizeof(struct alif_bptt_record); }

void alif_bptt_start(struct alif_bptt *s, struct alif_bptt_record *tape) {
    s->loss = 0.0f;
    memset(s->y, 0, sizeof s->y);
    memset(s->lambda_v, 0, sizeof s->lambda_v);
    memset(s->lambda_z, 0, sizeof s->lambda_z);
    memset(s->lambda_a, 0, sizeof s->lambda_a);
    for (int k = 0; k < ALIF_BPTT_HISTORY; k++) {
        struct alif_bptt_record *const record = tape + k;
        memset(record, 0, sizeof *record);
    }
    s->t = 0;
}

void alif_bptt_step(struct alif_bptt *s, struct alif_bptt_record *tape) {
    const int t = s->t;
    const struct alif_bptt_record *const record_1 = tape + (ALIF_BPTT_HISTORY + t - 1);
    struct alif_bptt_record *const record = tape + (ALIF_BPTT_HISTORY + t);
    /* a = rho * a[t-1] + z[t-1] */
    for (size_t u = 0; u < ALIF_BPTT_N; u++) {
        const real w1 = 0.9f * record_1->v[u];
        s->w1[u] = w1;
        const real w2 = 0.6f * record_1->z[u];
        s->w2[u] = w2;
        const real a = 0.97f * record_1->a[u] + record_1->z[u];
        record->a[u] = a;
        const real w3 = 0.2f * a;
        s->w3[u] = w3;
    }
    for (size_t u = 0; u < ALIF_BPTT_K; u++) {
        const real past_target = s->target[u];
        record->past_target[u] = past_target;
    }
    for (size_t u = 0; u < ALIF_BPTT_M; u++) {
        const real past_x = s->x[u];
        record->past_x[u] = past_x;
    }
    /* W_x = W @ x */
    kernel_gemv(ALIF_BPTT_N, ALIF_BPTT_M, s->W, s->x, s->W_x, 0);
    /* R_z = R @ z[t-1] */
    kernel_gemv(ALIF_BPTT_N, ALIF_BPTT_N, s->R, record_1->z, s->R_z, 0);
    /* v = alpha * v[t-1] + W @ x + R @ z[t-1] - v_th * z[t-1]
     * z = step((v - v_th - beta * a) / v_th) */
    for (size_t u = 0; u < ALIF_BPTT_N; u++) {
        const real v = s->w1[u] + s->W_x[u] + s->R_z[u] - s->w2[u];
        record->v[u] = v;
        const real z = ((v - 0.6f - s->w3[u]) / 0.6f) >= 0.0f ? 1.0f : 0.0f;
        record->z[u] = z;
    }
    /* V_z = V @ z */
    kernel_gemv(ALIF_BPTT_K, ALIF_BPTT_N, s->V, record->z, s->V_z, 0);
    /* y = V @ z + d */
    for (size_t u = 0; u < ALIF_BPTT_K; u++) {
        const real y = s->V_z[u] + s->d[u];
        s->y[u] = y;
        const real w6 = y - s->target[u];
        s->w6[u] = w6;
        const real w5 = w6 * w6;
        s->w5[u] = w5;
        const real tape_y = y;
        record->tape_y[u] = tape_y;
    }
    /* w4 = sum((y - target)^2) */
    real sum = 0.0f;
    for (size_t u = 0; u < ALIF_BPTT_K; u++) {
        sum += s->w5[u];
    }
    s->w4 = sum;
    /* tape_kept74 = Vᵀ @ (y - target) */
    kernel_gemm(1, ALIF_BPTT_N, ALIF_BPTT_K, s->w6, 0, 1, s->V, record->tape_kept74, 0);
    /* loss = 0.5 * sum((y - target)^2) */
    {
        const real loss = 0.5f * s->w4;
        s->loss = loss;
    }
    s->t++;
}

/* Step t, which is b steps before the last. */
static void alif_bptt_back(struct alif_bptt *s, struct alif_bptt_record *tape, int t, int b) {
    struct alif_bptt_record *const record = tape + (ALIF_BPTT_HISTORY + t);
    const size_t lambda_z_1 = (size_t)((b + 1) % 2) * ALIF_BPTT_N;
    const size_t lambda_v_1 = (size_t)((b + 1) % 2) * ALIF_BPTT_N;
    const size_t lambda_v_0 = (size_t)(b % 2) * ALIF_BPTT_N;
    const size_t lambda_a_1 = (size_t)((b + 1) % 2) * ALIF_BPTT_N;
    const size_t lambda_a_0 = (size_t)(b % 2) * ALIF_BPTT_N;
    const size_t lambda_z_0 = (size_t)(b % 2) * ALIF_BPTT_N;
    {
        const real w1_2 = 1.0f / 0.6f;
        s->w1_2 = w1_2;
    }
    for (size_t u = 0; u < ALIF_BPTT_N; u++) {
        const real v4 = record->tape_kept74[u] + s->lambda_z[lambda_z_1 + u];
        const real part = 1.0f - fabsf((record->v[u] - 0.6f - 0.2f * record->a[u]) / 0.6f);
        const real v5 = 0.3f * (0.0f >= part ? 0.0f : part) * s->w1_2;
        const real delta_W = v4 * v5 + s->lambda_v[lambda_v_1 + u];
        record->delta_W[u] = delta_W;
        const real lambda_v = delta_W * 0.9f;
        s->lambda_v[lambda_v_0 + u] = lambda_v;
        const real w2_2 = delta_W * 0.6f;
        s->w2_2[u] = w2_2;
        const real w3_2 = s->lambda_a[lambda_a_1 + u] - v4 * (v5 * 0.2f);
        s->w3_2[u] = w3_2;
        const real lambda_a = w3_2 * 0.97f;
        s->lambda_a[lambda_a_0 + u] = lambda_a;
    }
    for (size_t u = 0; u < ALIF_BPTT_K; u++) {
        const real delta_V = record->tape_y[u] - record->past_target[u];
        record->delta_V[u] = delta_V;
    }
    /* RT_v = Rᵀ @ ((Vᵀ @ (y - target) + λ_z[t-1]) * 0.3 * max(0, 1 - abs((v - v_th - beta * a) / v_th)) * (1 / v_th) + λ_v[t-1]) */
    kernel_gemm(1, ALIF_BPTT_N, ALIF_BPTT_N, record->delta_W, 0, 1, s->R, s->RT_v, 0);
    for (size_t u = 0; u < ALIF_BPTT_N; u++) {
        const real lambda_z = s->RT_v[u] - s->w2_2[u] + s->w3_2[u];
        s->lambda_z[lambda_z_0 + u] = lambda_z;
    }
}

/* After `count` steps on the way back: what they come to together. */
static void alif_bptt_border(struct alif_bptt *s, struct alif_bptt_record *tape, int count) {
    /* dE/dW, over all steps */
    kernel_steps(ALIF_BPTT_N, ALIF_BPTT_M, (size_t)count, sizeof *tape / sizeof(real), tape[ALIF_BPTT_HISTORY].delta_W, tape[ALIF_BPTT_HISTORY].past_x, s->grad_W);
    /* dE/dR, over all steps */
    kernel_steps(ALIF_BPTT_N, ALIF_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[ALIF_BPTT_HISTORY].delta_W, tape[ALIF_BPTT_HISTORY - 1].z, s->grad_R);
    /* dE/dV, over all steps */
    kernel_steps(ALIF_BPTT_K, ALIF_BPTT_N, (size_t)count, sizeof *tape / sizeof(real), tape[ALIF_BPTT_HISTORY].delta_V, tape[ALIF_BPTT_HISTORY].z, s->grad_V);
    /* dE/dd, over all steps */
    for (size_t j = 0; j < (size_t)count; j++) {
        for (size_t i = 0; i < ALIF_BPTT_K; i++) {
            s->grad_d[i] += tape[ALIF_BPTT_HISTORY + j].delta_V[i];
        }
    }
}

void alif_bptt_backward(struct alif_bptt *s, struct alif_bptt_record *tape) {
    memset(s->lambda_v, 0, sizeof s->lambda_v);
    memset(s->lambda_z, 0, sizeof s->lambda_z);
    memset(s->lambda_a, 0, sizeof s->lambda_a);
    for (int t = s->t - 1, b = 0; t >= 0; t--, b++) alif_bptt_back(s, tape, t, b);
    if (s->t > 0) alif_bptt_border(s, tape, s->t);
}
