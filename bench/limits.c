/* See limits.h. The kernels are written in vectors of 16 floats, which gcc keeps in AVX-512 registers where
 * there are some, and built with -ffp-contract=fast: one fused multiply-add each. */
#include "limits.h"
#include "bench.h"
#include "openblas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 16, ROW = 32 /* vectors in a row: 512 floats */ };
typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));

static const size_t room = (size_t)256 << 20;
static const double enough = 4e-4; /* seconds that a measurement takes at least */

/* Memory for all kernels, touched once. */
static Lanes *memory(void) {
    static Lanes *made;
    if (made) return made;
    made = aligned_alloc(4096, room);
    if (!made) abort();
    memset(made, 0, room);
    return made;
}

/* Of a kernel that returns how much it did, in 1e9 a second. Its first pass fills the caches; the clock,
 * which costs as much as a short pass, is read once for many. */
static double speed_of(double (*pass)(size_t), size_t bytes) {
    double done = pass(bytes), seconds;
    int passes = 1;
    do {
        const double start = bench_now();
        done = 0;
        for (int i = 0; i < passes; i++) done += pass(bytes);
        seconds = bench_now() - start;
        passes *= 2;
    } while (seconds < enough);
    return done / seconds * 1e-9;
}

/* ---- a trace sweep ---- */

static void sweep_row(Lanes *restrict trace, Lanes *restrict gradient, const Lanes *restrict pre, float decay,
                      float factor, float signal) {
    for (int i = 0; i < ROW; i++) {
        const Lanes entry = decay * trace[i] + factor * pre[i];
        trace[i] = entry;
        gradient[i] += signal * entry;
    }
}

static double sweep(size_t bytes) {
    Lanes *const trace = memory(), pre[ROW] = {0};
    const size_t rows = bytes / (2 * ROW * sizeof(Lanes));
    Lanes *const gradient = trace + rows * ROW;
    for (size_t r = 0; r < rows; r++) sweep_row(trace + r * ROW, gradient + r * ROW, pre, 0.9f, 0.1f, 0.01f);
    return (double)rows * ROW * LANES * 16;
}

double limit_sweep(size_t bytes) { return speed_of(sweep, bytes); }

/* ---- a matrix times a vector ---- */

/* The compiler can't leave out what made this. */
static void keep(const void *made) { __asm__ volatile("" : : "r"(made) : "memory"); }

static float lane_sum(Lanes lanes) {
    float sum = 0;
    for (int i = 0; i < LANES; i++) sum += lanes[i];
    return sum;
}

/* Four rows at once, so that x is read once for them, in two partial sums each. */
static void gemv_rows(const Lanes *restrict w, const Lanes *restrict x, float *restrict y) {
    Lanes sums[4][2] = {0};
    for (int i = 0; i < ROW; i += 2)
        for (int r = 0; r < 4; r++)
            for (int k = 0; k < 2; k++) sums[r][k] += w[r * ROW + i + k] * x[i + k];
    for (int r = 0; r < 4; r++) y[r] = lane_sum(sums[r][0] + sums[r][1]);
}

static double gemv(size_t bytes) {
    const Lanes *const w = memory();
    const Lanes x[ROW] = {0};
    const size_t rows = bytes / (ROW * sizeof(Lanes)) / 4 * 4;
    float y[4];
    for (size_t r = 0; r < rows; r += 4) gemv_rows(w + r * ROW, x, y), keep(y);
    return (double)rows * ROW * sizeof(Lanes);
}

double limit_gemv(size_t bytes) { return speed_of(gemv, bytes); }

/* ---- a matrix times a matrix ---- */

enum { TILE = 8, WIDE = 3 /* 24 sums in registers */, DEPTH = 128, TALL = 128, PANELS = 64 };

/* A tile of 8 rows by 48 columns: a is packed DEPTH x TILE, b is a panel DEPTH x WIDE. */
static void gemm_tile(const float *restrict a, const Lanes *restrict b, Lanes *restrict c) {
    Lanes sums[TILE][WIDE] = {0};
    for (int k = 0; k < DEPTH; k++) {
        const Lanes *const row = b + k * WIDE;
        const float *const column = a + k * TILE;
#pragma GCC unroll 8
        for (int r = 0; r < TILE; r++)
#pragma GCC unroll 3
            for (int j = 0; j < WIDE; j++) sums[r][j] += column[r] * row[j];
    }
    for (int r = 0; r < TILE; r++)
        for (int j = 0; j < WIDE; j++) c[r * WIDE + j] = sums[r][j];
}

static double sgemm(size_t unused) {
    Lanes *const b = memory(), *const c = b + DEPTH * WIDE * PANELS;
    const float *const a = (const float *)(c + TALL * WIDE * PANELS);
    (void)unused;
    for (int p = 0; p < PANELS; p++)
        for (int r = 0; r < TALL / TILE; r++)
            gemm_tile(a + r * TILE * DEPTH, b + p * DEPTH * WIDE, c + (p * TALL + r * TILE) * WIDE);
    return 2.0 * DEPTH * TALL * WIDE * LANES * PANELS;
}

double limit_sgemm(void) { return speed_of(sgemm, 0); }

/* ---- a step's least time ---- */

double limit_time(Work work) {
    const size_t set = (size_t)work.set_bytes < room ? (size_t)work.set_bytes : room;
    double microseconds = 0;
    if (work.sweep_bytes > 0) microseconds += work.sweep_bytes / limit_sweep(set) * 1e-3;
    if (work.gemv_bytes > 0) microseconds += work.gemv_bytes / limit_gemv(set) * 1e-3;
    if (work.flops > 0) microseconds += work.flops / limit_sgemm() * 1e-3;
    return microseconds;
}

/* ---- the limits themselves ---- */

enum { ROUNDS = 41 };

static void report_speed(const char *what, double (*speed)(size_t), size_t bytes) {
    double speeds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) speeds[i] = speed(bytes);
    bench_row((BenchRow){.what = what, .unit = "GB/s", .value = bench_figure(speeds, ROUNDS)});
}

static void report_openblas(const char *core, const char *how) {
    char what[96];
    OpenBlas measured;
    if (!openblas_sgemm(core, &measured)) {
        snprintf(what, sizeof what, "sgemm, OpenBLAS %s", how);
        bench_missing(what, "skipped: OpenBLAS isn't installed");
        return;
    }
    snprintf(what, sizeof what, "sgemm, OpenBLAS %s: %s", how, measured.core);
    bench_row((BenchRow){.what = what, .unit = "GFLOP/s", .value = measured.speed});
}

void bench_limits(void) {
    bench_title("The machine's limits, one core");
    report_speed("trace sweep, 512 KiB", limit_sweep, (size_t)512 << 10);
    report_speed("trace sweep, 8 MiB", limit_sweep, (size_t)8 << 20);
    report_speed("trace sweep, 256 MiB", limit_sweep, room);
    report_speed("matrix times vector, 512 KiB", limit_gemv, (size_t)512 << 10);
    report_speed("matrix times vector, 8 MiB", limit_gemv, (size_t)8 << 20);
    report_speed("matrix times vector, 256 MiB", limit_gemv, room);
    double speeds[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) speeds[i] = limit_sgemm();
    bench_row((BenchRow){.what = "sgemm, a tile of 8 x 48 in C, packed panels",
                         .unit = "GFLOP/s",
                         .value = bench_figure(speeds, ROUNDS)});
    report_openblas(NULL, "as it chooses");
    report_openblas("SKYLAKEX", "told so");
}
