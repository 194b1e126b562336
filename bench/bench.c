/* make bench: what the project promises about speed and size, measured in one run and printed as one table.
 *
 * Each line has a measured value and, where one was promised, the bound. Times are medians; the yardstick and
 * the learner are timed in alternation, so that a busy machine slows both. First their gradients are
 * compared: a ratio between two programs that compute different things says nothing. */
#include "bench.h"
#include "eligo.h"
#include "lstm_eprop_yardstick.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STEPS = 100, ROUNDS = 61 };

static FILE *json;

double bench_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

/* One line of the table; `bound` 0 where nothing was promised. */
void bench_report(const char *what, double value, const char *unit, double bound) {
    static const char *comma = "\n";
    char promised[32] = "";
    if (bound > 0) snprintf(promised, sizeof promised, "%s %g", value <= bound ? "<=" : "ABOVE", bound);
    printf("%-58s %12.4g %-6s %s\n", what, value, unit, promised);
    fprintf(json, "%s  {\"what\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"", comma, what, value, unit);
    fprintf(json, bound > 0 ? ", \"bound\": %g}" : "}", bound);
    comma = ",\n";
}

static void give_up(Eligo *eligo) {
    fputs(eligo_messages(eligo, false), stderr);
    exit(EXIT_FAILURE);
}

/* ---- a library spec, opened and derived ---- */

typedef struct Opened {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
} Opened;

static Opened opened(const char *spec, const char *rule, long n) {
    Opened made = {eligo_new("library"), NULL, NULL};
    eligo_size(made.eligo, "n", n);
    eligo_size(made.eligo, "m", M);
    eligo_size(made.eligo, "k", K);
    made.spec = eligo_open(made.eligo, spec, ELIGO_TARGET_CLASS);
    if (!made.spec) give_up(made.eligo);
    made.derivation = eligo_derive(made.eligo, made.spec, rule, NULL, ELIGO_CARRY_FORWARD);
    if (!made.derivation) give_up(made.eligo);
    return made;
}

static void closed(Opened made) {
    eligo_derivation_free(made.derivation);
    eligo_spec_free(made.spec);
    eligo_free(made.eligo);
}

static EligoLearner *learner_of(Opened made, EligoEngine engine) {
    EligoLearner *learner = eligo_learner_new(made.eligo, made.derivation, engine, ELIGO_FLOAT);
    if (!learner) give_up(made.eligo);
    eligo_learner_init(learner, 1);
    return learner;
}

/* ---- the same weights and the same gradients on both sides ---- */

/* Where entry (r, c) of a parameter of the library's LSTM lies in the yardstick. */
static float *place(Yardstick *s, const char *name, long r, long c, int gradient) {
    static const char gates[] = "ifgo";
    if (name[0] == 'V') return gradient ? &s->dv[r][c] : &s->v[r][c];
    if (name[0] == 'd') return gradient ? &s->dd[r] : &s->d[r];
    long gate = strchr(gates, name[1]) - gates, column = name[0] == 'W' ? c : name[0] == 'R' ? M + c : P - 1;
    return gradient ? &s->dw[gate][r][column] : &s->w[gate][r][column];
}

static void copy_params(EligoLearner *learner, const EligoSpec *spec, Yardstick *s) {
    for (int p = 0; p < eligo_params(spec); p++) {
        EligoArray array = eligo_param(spec, p);
        double *values = malloc(sizeof(double) * (size_t)(array.rows * array.cols));
        if (!values) abort();
        eligo_learner_get_param(learner, p, values);
        for (long e = 0; e < array.rows * array.cols; e++)
            *place(s, array.name, e / array.cols, e % array.cols, 0) = (float)values[e];
        free(values);
    }
}

/* The distance between both sides' gradients (or weights), relative in norm. */
static double distance_of(EligoLearner *learner, const EligoSpec *spec, Yardstick *s, int gradient) {
    double distance = 0, norm = 0;
    for (int p = 0; p < eligo_params(spec); p++) {
        EligoArray array = eligo_param(spec, p);
        double *values = malloc(sizeof(double) * (size_t)(array.rows * array.cols));
        if (!values) abort();
        if (gradient)
            eligo_learner_get_gradient(learner, p, values);
        else
            eligo_learner_get_param(learner, p, values);
        for (long e = 0; e < array.rows * array.cols; e++) {
            double other = (double)*place(s, array.name, e / array.cols, e % array.cols, gradient);
            distance += (values[e] - other) * (values[e] - other), norm += other * other;
        }
        free(values);
    }
    return sqrt(distance / norm);
}

/* ---- one online step, by hand and derived ---- */

static float inputs[STEPS][M];
static double inputs_double[STEPS][M];

static void make_inputs(void) {
    unsigned state = 1;
    for (int t = 0; t < STEPS; t++)
        for (int i = 0; i < M; i++) {
            state = state * 1664525u + 1013904223u;
            inputs[t][i] = (float)(state >> 8) / 8388608.0f - 1.0f;
            inputs_double[t][i] = (double)inputs[t][i];
        }
}

static double time_yardstick(Yardstick *s, float rate) {
    yardstick_start(s);
    double start = bench_now();
    for (int t = 0; t < STEPS; t++) yardstick_step(s, inputs[t], t % K, rate);
    return (bench_now() - start) / STEPS * 1e6;
}

static double time_learner(EligoLearner *learner, float rate) {
    eligo_learner_set_rate(learner, (double)rate);
    eligo_learner_start(learner, STEPS);
    double start = bench_now();
    for (int t = 0; t < STEPS; t++) {
        eligo_learner_set_input(learner, 0, inputs_double[t]);
        eligo_learner_set_class(learner, t % K);
        eligo_learner_step(learner);
    }
    return (bench_now() - start) / STEPS * 1e6;
}

static void compare_steps(Opened lstm, EligoLearner *learner, Yardstick *s, float rate, const char *how) {
    double by_hand[ROUNDS], derived[ROUNDS];
    char what[96];
    copy_params(learner, lstm.spec, s);
    for (int i = 0; i < ROUNDS; i++)
        by_hand[i] = time_yardstick(s, rate), derived[i] = time_learner(learner, rate);
    double yardstick = bench_median(by_hand, ROUNDS), ours = bench_median(derived, ROUNDS);
    snprintf(what, sizeof what, "LSTM e-prop online step, %s: by hand", how);
    bench_report(what, yardstick, "us", 0);
    snprintf(what, sizeof what, "LSTM e-prop online step, %s: derived, cc", how);
    bench_report(what, ours, "us", 0);
    snprintf(what, sizeof what, "LSTM e-prop online step, %s: ratio", how);
    bench_report(what, ours / yardstick, "x", 1.2);
}

static void bench_steps(void) {
    Opened lstm = opened("lstm", "eprop", N);
    EligoLearner *learner = learner_of(lstm, ELIGO_ENGINE_CC);
    Yardstick *s = aligned_alloc(64, sizeof *s);
    if (!s) abort();
    memset(s, 0, sizeof *s);
    copy_params(learner, lstm.spec, s);
    time_yardstick(s, 0);
    time_learner(learner, 0);
    bench_report("gradients, by hand and derived: distance in norm", distance_of(learner, lstm.spec, s, 1),
                 "", 1e-4);
    eligo_learner_clear_gradients(learner);
    compare_steps(lstm, learner, s, 0, "gradient only");
    EligoDerivation *online = eligo_derive_online(lstm.eligo, lstm.spec, "eprop", NULL);
    EligoLearner *learns =
        online ? eligo_learner_new(lstm.eligo, online, ELIGO_ENGINE_CC, ELIGO_FLOAT) : NULL;
    if (!learns) give_up(lstm.eligo);
    eligo_learner_init(learns, 1);
    compare_steps(lstm, learns, s, 1e-4f, "SGD every step");
    bench_report("weights after it, by hand and derived: distance in norm",
                 distance_of(learns, lstm.spec, s, 0), "", 1e-3);
    eligo_learner_free(learns);
    eligo_derivation_free(online);
    bench_report("struct bytes, cost sheet minus sizeof in compiled code",
                 (double)eligo_struct_bytes(lstm.derivation, ELIGO_FLOAT) -
                     (double)eligo_learner_struct_bytes(learner),
                 "bytes", 0);
    eligo_learner_free(learner);
    double with_tcc[ROUNDS];
    learner = learner_of(lstm, ELIGO_ENGINE_TCC);
    for (int i = 0; i < ROUNDS; i++) with_tcc[i] = time_learner(learner, 0);
    bench_report("LSTM e-prop online step, gradient only: derived, tcc", bench_median(with_tcc, ROUNDS), "us",
                 0);
    eligo_learner_free(learner);
    free(s);
    closed(lstm);
}

/* ---- from text to code ---- */

static void bench_ready(void) {
    double times[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = bench_now();
        Opened lstm = opened("lstm", "eprop", N);
        EligoLearner *learner = eligo_learner_new(lstm.eligo, lstm.derivation, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
        times[i] = (bench_now() - start) * 1e3;
        if (!learner) give_up(lstm.eligo);
        eligo_learner_free(learner);
        closed(lstm);
    }
    bench_report("LSTM, spec text to ready JIT code (tcc)", bench_median(times, ROUNDS), "ms", 10);
}

static void bench_derive(void) {
    Eligo *library = eligo_new("library");
    char *cells = eligo_list(library, "cells");
    eligo_free(library);
    if (!cells) abort();
    for (char *line = strtok(cells, "\n"); line; line = strtok(NULL, "\n")) {
        double times[ROUNDS];
        char what[96];
        line[strcspn(line, " \t")] = 0;
        for (int i = 0; i < ROUNDS; i++) {
            double start = bench_now();
            Opened cell = opened(line, "eprop", N);
            free(eligo_print(cell.derivation, ELIGO_TEXT));
            times[i] = (bench_now() - start) * 1e3;
            closed(cell);
        }
        snprintf(what, sizeof what, "derive %s (eprop), text and all", line);
        bench_report(what, bench_median(times, ROUNDS), "ms", 50);
    }
    free(cells);
}

static void bench_lines(void) {
    for (long n = 8; n <= 4096; n *= 512) {
        Opened lstm = opened("lstm", "eprop", n);
        char *header, *body, what[96];
        if (!eligo_emit(lstm.eligo, lstm.derivation, ELIGO_FLOAT, &header, &body, NULL)) give_up(lstm.eligo);
        int lines = 0;
        for (const char *at = header; *at; at++) lines += *at == '\n';
        for (const char *at = body; *at; at++) lines += *at == '\n';
        snprintf(what, sizeof what, "LSTM e-prop, emitted lines (.h and .c), n = %ld", n);
        bench_report(what, lines, "lines", 600);
        free(header), free(body);
        closed(lstm);
    }
}

int main(int count, char **words) {
    if (count != 2 || !(json = fopen(words[1], "w")))
        return fputs("usage: bench FILE.json\n", stderr), EXIT_FAILURE;
    fputs("[", json);
    make_inputs();
    printf("LSTM: n = %d, m = %d, readout %d, batch 1, float\n", N, M, K);
    bench_steps();
    bench_ready();
    bench_derive();
    bench_lines();
    bench_masks();
    bench_estimates();
    fputs("\n]\n", json);
    printf("%s\n", words[1]);
    return fclose(json) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
