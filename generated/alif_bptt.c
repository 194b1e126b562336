/* alif_bptt: the learner's functions
 * Rule: bptt: keep any*
 * Made by eligo 0.1.0, options --real float, spec edfb43521c6e7998 */
#include "alif_bptt.h"
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
    EACH_UNIT
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
    EACH_UNIT
    for (size_t u = 0; u < ALIF_BPTT_K; u++) {
        const real past_target = s->target[u];
        record->past_target[u] = past_target;
    }
    EACH_UNIT
    for (size_t u = 0; u < ALIF_BPTT_M; u++) {
        const real past_x = s->x[u];
        record->past_x[u] = past_x;
    }
    /* W_x = W @ x */
    kernel_gemv(ALIF_BPTT_N, ALIF_BPTT_M, s->W, s->x, s->W_x, 0);
    /* R_z = R @ z[t-1] */
    kernel_gemv_events(ALIF_BPTT_N, ALIF_BPTT_N, s->R, record_1->z, s->R_z, 0);
    /* v = alpha * v[t-1] + W @ x + R @ z[t-1] - v_th * z[t-1]
     * z = step((v - v_th - beta * a) / v_th) */
    EACH_UNIT
    for (size_t u = 0; u < ALIF_BPTT_N; u++) {
        const real v = s->w1[u] + s->W_x[u] + s->R_z[u] - s->w2[u];
        record->v[u] = v;
        const real z = ((v - 0.6f - s->w3[u]) / 0.6f) >= 0.0f ? 1.0f : 0.0f;
        record->z[u] = z;
    }
    /* V_z = V @ z */
    kernel_gemv_events(ALIF_BPTT_K, ALIF_BPTT_N, s->V, record->z, s->V_z, 0);
    /* y = V @ z + d */
    EACH_UNIT
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
    kernel_combine(ALIF_BPTT_N, ALIF_BPTT_K, s->w6, 1, s->V, ALIF_BPTT_N, record->tape_kept74, 0);
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
    EACH_UNIT
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
    EACH_UNIT
    for (size_t u = 0; u < ALIF_BPTT_K; u++) {
        const real delta_V = record->tape_y[u] - record->past_target[u];
        record->delta_V[u] = delta_V;
    }
    /* RT_v = Rᵀ @ ((Vᵀ @ (y - target) + λ_z[t-1]) * 0.3 * max(0, 1 - abs((v - v_th - beta * a) / v_th)) * (1 / v_th) + λ_v[t-1]) */
    kernel_combine(ALIF_BPTT_N, ALIF_BPTT_N, record->delta_W, 1, s->R, ALIF_BPTT_N, s->RT_v, 0);
    EACH_UNIT
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
