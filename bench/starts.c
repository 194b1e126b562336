/* From a spec's text to code that runs: compiled in memory by tcc, or found compiled by an earlier start; and
 * how much slower than cc's code tcc's is. */
#include "peer.h"
#include "running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS = 61 };

/* Milliseconds from nothing to a learner that has made a step; initial values are the caller's business. */
static double start_time(EligoEngine engine, bool *was_cached) {
    const double start = bench_now();
    Running lstm =
        running_compiled(&(Cell){.name = "lstm", .rule = "eprop", .n = 128, .m = 32, .engine = engine});
    eligo_learner_start(lstm.learner, 1);
    eligo_learner_step(lstm.learner);
    const double time = (bench_now() - start) * 1e3;
    *was_cached = eligo_learner_was_cached(lstm.learner);
    running_free(lstm);
    return time;
}

static void report_start(const char *what, EligoEngine engine) {
    double times[ROUNDS];
    bool cached = false;
    start_time(engine, &cached); /* compiles, where a cache is asked */
    for (int i = 0; i < ROUNDS; i++) times[i] = start_time(engine, &cached);
    if (engine == ELIGO_ENGINE_CC && !cached) {
        bench_missing(what, "nothing was kept: see $ELIGO_CACHE");
        return;
    }
    bench_row((BenchRow){.what = what, .unit = "ms", .value = bench_figure(times, ROUNDS), .bound = 5});
}

/* Milliseconds from nothing to the gradient of a sequence. */
static double first_gradient_time(const Cell *cell, Sequence sequence) {
    const double start = bench_now();
    Running made = running_cell(cell);
    sequence_time(made, sequence);
    const double time = (bench_now() - start) * 1e3;
    running_free(made);
    return time;
}

/* What a program that derives gradients of graphs needs for the same. */
static void report_first_gradient(const char *what) {
    enum { STEPS = 20 };
    const Cell cell = {
        .name = "lstm", .rule = "bptt", .n = 128, .m = 32, .how = LEARN_BACKWARD, .engine = ELIGO_ENGINE_TCC};
    const PeerTask task = {"casadi_lstm", what, cell.n, cell.m, 1, STEPS};
    const Sequence sequence = sequence_new(STEPS, cell.m, 0);
    double ours[ROUNDS], theirs[PEER_ROUNDS];
    char peer[64];
    const char *why;
    for (int i = 0; i < ROUNDS; i++) ours[i] = first_gradient_time(&cell, sequence);
    snprintf(peer, sizeof peer, "casadi lstm %s", what);
    BenchRow row = {.what = "LSTM n=128 BPTT, text to a first gradient, T=20 (tcc)",
                    .unit = "ms",
                    .value = bench_figure(ours, ROUNDS)};
    if (peer_run(&task, theirs, &why)) {
        for (int i = 0; i < PEER_ROUNDS; i++) theirs[i] *= STEPS * 1e-3;
        row.peer = peer;
        row.peer_value = bench_figure(theirs, PEER_ROUNDS);
        bench_row(row);
    } else {
        bench_row(row);
        bench_missing(row.what, why);
    }
    sequence_free(sequence);
}

static void report_tiers(long n) {
    Running tcc = running_cell(
                &(Cell){.name = "lstm", .rule = "eprop", .n = n, .m = n / 4, .engine = ELIGO_ENGINE_TCC}),
            cc = running_cell(&(Cell){.name = "lstm", .rule = "eprop", .n = n, .m = n / 4});
    const Sequence sequence = sequence_new(100, n / 4, 0);
    double of_tcc[ROUNDS], of_cc[ROUNDS];
    char what[96];
    for (int i = 0; i < ROUNDS; i++)
        of_tcc[i] = sequence_time(tcc, sequence), of_cc[i] = sequence_time(cc, sequence);
    snprintf(what, sizeof what, "LSTM n=%ld e-prop online, gradient only, by tcc", n);
    bench_row((BenchRow){.what = what,
                         .unit = "us",
                         .value = bench_figure(of_tcc, ROUNDS),
                         .peer = "by cc",
                         .peer_value = bench_figure(of_cc, ROUNDS),
                         .peer_bound = 1.5});
    sequence_free(sequence);
    running_free(tcc), running_free(cc);
}

static Running derived(const char *cell, long n) {
    return running_derived(&(Cell){.name = cell, .rule = "eprop", .n = n, .m = 32});
}

static double derive_time(const char *cell) {
    const double start = bench_now();
    Running made = derived(cell, 128);
    free(eligo_print(made.derivation, ELIGO_TEXT));
    const double time = (bench_now() - start) * 1e3;
    running_free(made);
    return time;
}

/* All cells of the library; the slowest is the one that is promised. */
static void report_derive(void) {
    Eligo *library = eligo_new("library");
    char *cells = eligo_list(library, "cells"), slowest[32] = "", what[96];
    Figure most = {0};
    eligo_free(library);
    if (!cells) abort();
    for (char *line = strtok(cells, "\n"); line; line = strtok(NULL, "\n")) {
        double times[ROUNDS];
        line[strcspn(line, " \t")] = 0;
        for (int i = 0; i < ROUNDS; i++) times[i] = derive_time(line);
        const Figure figure = bench_figure(times, ROUNDS);
        if (figure.median > most.median) most = figure, snprintf(slowest, sizeof slowest, "%s", line);
    }
    snprintf(what, sizeof what, "derive a cell (eprop), text and all: the slowest, %s", slowest);
    bench_row((BenchRow){.what = what, .unit = "ms", .value = most, .bound = 50});
    free(cells);
}

static void report_lines(long n) {
    Running lstm = derived("lstm", n);
    char *header, *body, what[96];
    if (!eligo_emit(lstm.eligo, lstm.derivation, ELIGO_FLOAT, &header, &body, NULL)) abort();
    int lines = 0;
    for (const char *at = header; *at; at++) lines += *at == '\n';
    for (const char *at = body; *at; at++) lines += *at == '\n';
    snprintf(what, sizeof what, "LSTM e-prop, emitted lines (.h and .c), n=%ld", n);
    bench_report(what, lines, "lines", 600);
    free(header), free(body);
    running_free(lstm);
}

void bench_starts(void) {
    bench_title("From text to code that runs");
    report_start("LSTM n=128, spec text to a first step (tcc)", ELIGO_ENGINE_TCC);
    report_start("LSTM n=128, the same, compiled by cc before", ELIGO_ENGINE_CC);
    report_first_gradient("first"), report_first_gradient("first_vm");
    for (long n = 64; n <= 256; n *= 2) report_tiers(n);
    report_derive();
    report_lines(8);
    report_lines(4096);
}
