/* make bench-scaling: how a step's time grows with the units, and a sequence's with its length, beside what
 * the cost sheet says of multiply-adds. The exponent printed is that between a size and the one before it. */
#include "running.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { MOST_ROUNDS = 41 };
static const double patience = 4;       /* seconds; a size that would take longer a sequence isn't run */
static const double most_bytes = 2.0e9; /* nor one that needs more memory */

typedef struct Point {
    double size, time, work; /* units or steps; of a step or a sequence; multiply-adds of it */
} Point;

/* The number before "multiply-adds" in the lines of one rule and carry, "a step" and "a step back". */
static double sheet_work(Running made, const char *rule, bool backward) {
    char *text = eligo_cost(made.eligo, made.spec, &rule, 1, false, false, 400), heading[64];
    double sum = 0;
    snprintf(heading, sizeof heading, "\n%s, %s\n", rule, backward ? "backward" : "forward");
    const char *at = text ? strstr(text, heading) : NULL;
    if (!at) return free(text), 0;
    at += strlen(heading);
    const char *const end = strstr(at, "\n\n");
    for (; (at = strstr(at, " multiply-adds")) && (!end || at < end); at++) {
        const char *number = at;
        double value = 0;
        while (number[-1] != ' ') number--;
        for (; number < at; number++)
            if (*number != ',') value = 10 * value + (*number - '0');
        sum += value;
    }
    free(text);
    return sum;
}

/* Small weights without the search for orthogonal ones, which takes long for many units. */
static void fill(Running made) {
    float *params = eligo_learner_params(made.learner);
    const size_t count = eligo_learner_entries(made.learner);
    unsigned state = 1;
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        params[i] = ((float)(state >> 8) / 8388608.0f - 1) * 0.02f;
    }
}

static Figure measured(Running made, int steps, long inputs) {
    const Sequence sequence = sequence_new(steps, inputs, 0);
    double times[MOST_ROUNDS];
    int rounds = 0;
    fill(made);
    sequence_time(made, sequence);
    const double start = bench_now();
    while (rounds < MOST_ROUNDS && (rounds < 3 || bench_now() - start < patience / 2))
        times[rounds++] = sequence_time(made, sequence);
    sequence_free(sequence);
    return bench_figure(times, rounds);
}

static void report(const char *what, const char *unit, Figure figure, double factor, Point *before,
                   Point now) {
    BenchRow row = {.what = what,
                    .unit = unit,
                    .value = {figure.median * factor, figure.min * factor, figure.max * factor},
                    .scales = before->size > 0};
    now.time = figure.median * factor;
    if (row.scales) {
        const double span = log(now.size / before->size);
        row.slope = log(now.time / before->time) / span;
        row.sheet_slope = log(now.work / before->work) / span;
    }
    bench_row(row);
    *before = now;
}

/* Units from 32 to 2048, inputs a quarter of them, as far as patience and memory go. */
static void units(const char *cell, const char *rule, Learning how) {
    enum { STEPS = 20 };
    Point before = {0};
    char what[96];
    for (long n = 32; n <= 2048; n *= 2) {
        const Cell at = {.name = cell, .rule = rule, .n = n, .m = n / 4, .how = how};
        snprintf(what, sizeof what, "%s %s, a step, n=%ld m=%ld", cell, rule, n, n / 4);
        Running made = running_derived(&at);
        const double work = sheet_work(made, rule, how == LEARN_BACKWARD);
        const double bytes = (double)eligo_struct_bytes(made.derivation, ELIGO_FLOAT);
        const double expected = before.size > 0 ? before.time * work / before.work * STEPS * 1e-6 : 0;
        running_free(made);
        if (expected > patience || bytes > most_bytes) {
            bench_missing(what, expected > patience ? "left out: it would take too long"
                                                    : "left out: it needs more than 2 GB");
            return;
        }
        made = running_compiled(&at);
        report(what, "us", measured(made, STEPS, n / 4), 1, &before, (Point){(double)n, 0, work});
        running_free(made);
    }
}

/* Sequences from 10 to 100,000 steps. */
static void lengths(const char *cell, const char *rule, Learning how) {
    enum { UNITS = 64, INPUTS = 16 };
    Running made = running_compiled(&(Cell){.name = cell, .rule = rule, .n = UNITS, .m = INPUTS, .how = how});
    const double work = sheet_work(made, rule, how == LEARN_BACKWARD);
    Point before = {0};
    char what[96];
    for (int steps = 10; steps <= 100000; steps *= 10) {
        snprintf(what, sizeof what, "%s %s n=%d, a sequence, T=%d", cell, rule, UNITS, steps);
        report(what, "us", measured(made, steps, INPUTS), steps, &before, (Point){steps, 0, work * steps});
    }
    running_free(made);
}

/* Bytes of this process in memory, without what the C library keeps of freed sequences. */
static double resident(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;
    if (file && fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
    if (file) fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* In blocks a step takes as long in a long sequence as in one of some blocks, and nothing grows. In one of
 * less than a block the border has fewer steps to be shared by. */
static void blocks(void) {
    enum { UNITS = 128, INPUTS = 32, FEW = 100 };
    static const char learner[] = "lstm eprop mixed(32) n=128";
    Running made = running_compiled(
        &(Cell){.name = "lstm", .rule = "eprop", .n = UNITS, .m = INPUTS, .how = LEARN_MIXED, .block = 32});
    const Figure few = measured(made, FEW, INPUTS);
    const double before = resident();
    char what[96];
    for (int steps = 10; steps <= 100000; steps *= 10) {
        snprintf(what, sizeof what, "%s, a step, T=%d", learner, steps);
        bench_row((BenchRow){.what = what,
                             .unit = "us",
                             .value = measured(made, steps, INPUTS),
                             .peer = "T=100",
                             .peer_value = few,
                             .peer_bound = steps < FEW ? 1.25 : 1.1});
    }
    snprintf(what, sizeof what, "%s, held more after T=100000 than T=100", learner);
    bench_report(what, (resident() - before) / 1024 / 1024, "MiB", 1);
    running_free(made);
}

static void network(const char *what, const char *text, Learning how, double size, Point *before) {
    const bool backward = how == LEARN_BACKWARD;
    const char *const rule = backward ? "bptt" : "eprop";
    Running made = running_compiled(&(Cell){.text = text, .rule = rule, .how = how});
    const double work = sheet_work(made, rule, backward);
    report(what, "us", measured(made, 20, 32), 1, before, (Point){size, 0, work});
    running_free(made);
}

/* Backward: forward, e-prop's paths through the layers above make a step of two layers 400 times one of one.
 */
static void layers(void) {
    enum { MOST = 8 };
    Point before = {0};
    for (int count = 1; count <= MOST; count *= 2) {
        char text[1024] = "network w { input x[32]; param V[10,128], d[10];", what[64];
        for (int l = 1; l <= count; l++) {
            const size_t used = strlen(text);
            char below[8] = "x";
            if (l > 1) snprintf(below, sizeof below, "l%d.h", l - 1);
            snprintf(text + used, sizeof text - used, " layer l%d = lstm(n = 128, x = %s);", l, below);
        }
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used,
                 " y = V @ l%d.h + d; loss softmax_cross_entropy(y, target); }\n", count);
        snprintf(what, sizeof what, "lstm bptt n=128, a step, layers=%d", count);
        network(what, text, LEARN_BACKWARD, count, &before);
    }
}

/* A share of the recurrent matrix that exists, from a hundredth to all but a tenth. */
static void densities(void) {
    static const double shares[] = {0.01, 0.03, 0.1, 0.3, 0.9};
    Point before = {0};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        char text[512], what[64];
        snprintf(text, sizeof text,
                 "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n] sparse %g;"
                 " h = 0.9 * h[t-1] + 0.1 * tanh(W @ x + R @ h[t-1]); }\n"
                 "network w { input x[32]; param V[10,1024], d[10]; layer l = c(n = 1024, x = x);"
                 " y = V @ l.h + d; loss softmax_cross_entropy(y, target); }\n",
                 shares[i]);
        snprintf(what, sizeof what, "leaky tanh eprop n=1024, a step, R %g %% full", 100 * shares[i]);
        network(what, text, LEARN_FORWARD, shares[i], &before);
    }
}

/* From one sequence to 256 at once, the time of all; the sheet's exponent is 1. */
static void batches(void) {
    enum { STEPS = 100, UNITS = 128, INPUTS = 32 };
    Point before = {0};
    char what[96];
    for (int lanes = 1; lanes <= 256; lanes *= 4) {
        Running made = running_compiled(&(Cell){
            .name = "lstm", .rule = "bptt", .n = UNITS, .m = INPUTS, .how = LEARN_BACKWARD, .lanes = lanes});
        snprintf(what, sizeof what, "lstm bptt n=%d, a step of all, B=%d", UNITS, lanes);
        report(what, "us", measured(made, STEPS, INPUTS), lanes, &before, (Point){lanes, 0, lanes});
        running_free(made);
    }
}

void bench_scaling(void) {
    bench_title("Growth with the units");
    units("lstm", "eprop", LEARN_FORWARD);
    units("lstm", "bptt", LEARN_BACKWARD);
    units("vanilla", "rtrl", LEARN_FORWARD);
    bench_title("Growth with the steps");
    lengths("lstm", "eprop", LEARN_FORWARD);
    lengths("lstm", "bptt", LEARN_BACKWARD);
    bench_title("In blocks, no growth with the steps");
    blocks();
    bench_title("Growth with the layers");
    layers();
    bench_title("Growth with what a sparse matrix has");
    densities();
    bench_title("Growth with the sequences done at once");
    batches();
}
