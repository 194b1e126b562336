/* Two threads beside one: sequences of a batch, as `eligo train` shares them out, and rows of products within
 * a step. By the wall clock, alone of all that is measured here: that is what threads are for. On a machine
 * that others use a second processor comes and goes, so each turn has both, and the least of the turns is
 * what counts. */
#define _DEFAULT_SOURCE /* popen */
#include "running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TURNS = 5, SHORT_TURNS = 60, THREADS = 2 };
static const double reach = 1 / 1.8;

static double wall_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void report(const char *what, double *one, double *two, int turns) {
    const Figure by_one = bench_figure(one, turns), by_two = bench_figure(two, turns);
    bench_row((BenchRow){.what = what,
                         .unit = "us",
                         .value = {by_two.min, by_two.min, by_two.max},
                         .peer = "one thread",
                         .peer_value = {by_one.min, by_one.min, by_one.max},
                         .peer_bound = reach});
}

/* ---- sequences ---- */

/* What --stats says of a run: microseconds a step; 0 when it failed. */
static double train_time(const char *arguments, int threads) {
    char line[512], *at = NULL;
    double time = 0;
    snprintf(line, sizeof line, "build/eligo train %s --threads %d --engine cc --stats -q 2>&1 >/dev/null",
             arguments, threads);
    FILE *said = popen(line, "r");
    while (said && fgets(line, sizeof line, said))
        if ((at = strstr(line, "steps: "))) time = strtod(at + strlen("steps: "), NULL);
    return said && pclose(said) == 0 ? time : 0;
}

static void sequences(const char *what, const char *arguments) {
    double one[TURNS], two[TURNS];
    train_time(arguments, 1); /* compiles */
    for (int i = 0; i < TURNS; i++) {
        one[i] = train_time(arguments, 1);
        two[i] = train_time(arguments, THREADS);
        if (one[i] <= 0 || two[i] <= 0) {
            bench_missing(what, "skipped: a run failed");
            return;
        }
    }
    report(what, one, two, TURNS);
}

/* ---- rows ---- */

/* A few steps: a turn that is as short as this may find both processors free where others work too. */
static double step_time(Running made, Sequence sequence) {
    eligo_learner_start(made.learner, sequence.steps);
    const double start = wall_now();
    for (int t = 0; t < sequence.steps; t++) {
        eligo_learner_set_input(made.learner, 0, sequence.x + t * sequence.inputs);
        eligo_learner_set_class(made.learner, t % CLASSES);
        eligo_learner_step(made.learner);
    }
    return (wall_now() - start) / sequence.steps * 1e6;
}

static void rows(long n) {
    Cell cell = {.name = "lstm", .rule = "eprop", .n = n, .m = n / 4, .how = LEARN_ONLINE};
    char what[96];
    double one[SHORT_TURNS], two[SHORT_TURNS];
    Running by_one = running_cell(&cell);
    cell.threads = THREADS;
    Running by_two = running_cell(&cell);
    const Sequence sequence = sequence_new(8, cell.m, 0);
    for (int i = -1; i < SHORT_TURNS; i++) { /* the first finds cold caches */
        const int at = i < 0 ? 0 : i;
        one[at] = step_time(by_one, sequence);
        two[at] = step_time(by_two, sequence);
    }
    snprintf(what, sizeof what, "LSTM n=%ld m=%ld e-prop online, rows in two threads", n, cell.m);
    report(what, one, two, SHORT_TURNS);
    sequence_free(sequence);
    running_free(by_one);
    running_free(by_two);
}

void bench_threads(void) {
    bench_title("Two threads beside one, by the wall clock, least of many turns");
#define COPY " --size n=256 --data copy --delay 20 --sequences 320 --test 0 --epochs 8"
    sequences("eligo train, LSTM n=256 e-prop forward, B=32, T=30",
              "lstm --rule eprop --batch 32 --carry forward" COPY);
    sequences("eligo train, LSTM n=256 e-prop backward, B=64, T=30",
              "lstm --rule eprop --batch 64 --carry backward" COPY);
    sequences("eligo train, LSTM n=256 BPTT, B=64, T=30", "lstm --rule bptt --batch 64" COPY);
    rows(512);
    rows(1024);
}
