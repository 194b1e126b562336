/* An online e-prop step of an LSTM against a loop written by hand, timed in alternation. First their
 * gradients are compared: a ratio between two programs that compute different things says nothing. */
#include "lstm_eprop_yardstick.h"
#include "running.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 100, ROUNDS = 61 };

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

static void compare_steps(Running lstm, Yardstick *s, float rate, const char *how) {
    double by_hand[ROUNDS], derived[ROUNDS];
    char what[96];
    copy_params(lstm.learner, lstm.spec, s);
    for (int i = 0; i < ROUNDS; i++)
        by_hand[i] = time_yardstick(s, rate), derived[i] = time_learner(lstm.learner, rate);
    snprintf(what, sizeof what, "LSTM n=128 e-prop online, %s", how);
    bench_row((BenchRow){.what = what,
                         .unit = "us",
                         .value = bench_figure(derived, ROUNDS),
                         .peer = "by hand",
                         .peer_value = bench_figure(by_hand, ROUNDS),
                         .peer_bound = 1.2});
}

static void compare_gradients(Running lstm, Yardstick *s) {
    copy_params(lstm.learner, lstm.spec, s);
    time_yardstick(s, 0);
    time_learner(lstm.learner, 0);
    bench_report("gradients, by hand and derived: distance in norm",
                 distance_of(lstm.learner, lstm.spec, s, 1), "", 1e-4);
    eligo_learner_clear_gradients(lstm.learner);
}

void bench_steps(void) {
    Running gradient = running_cell(&(Cell){.name = "lstm", .rule = "eprop", .n = N, .m = M}),
            learning =
                running_cell(&(Cell){.name = "lstm", .rule = "eprop", .n = N, .m = M, .how = LEARN_ONLINE});
    Yardstick *s = aligned_alloc(64, sizeof *s);
    if (!s) abort();
    memset(s, 0, sizeof *s);
    make_inputs();
    bench_title("A loop written by hand");
    compare_gradients(gradient, s);
    compare_steps(gradient, s, 0, "gradient only");
    compare_steps(learning, s, 1e-4f, "SGD every step");
    bench_report("weights after it, by hand and derived: distance in norm",
                 distance_of(learning.learner, learning.spec, s, 0), "", 1e-3);
    free(s);
    running_free(gradient), running_free(learning);
}
