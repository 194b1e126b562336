/* make bench, estimates: what a step of UORO costs beside one of truncated backpropagation over one step, of
 * the same LSTM in the same run. */
#include "bench.h"
#include "eligo.h"

#include <stdio.h>
#include <stdlib.h>

enum { ESTIMATE_STEPS = 100, ESTIMATE_ROUNDS = 31, INPUTS = 32, OUTPUTS = 10 };

static const char lstm[] =
    "network w { input x[32]; param V[10,128], d[10]; layer l = lstm(n = 128, x = x); y = V @ l.h + d;"
    " loss mse(y, target); }\n";

typedef struct Running {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Running;

static Running running_new(const char *rule) {
    Running made = {.eligo = eligo_new("library")};
    made.spec = eligo_open_text(made.eligo, "bench", lstm, ELIGO_TARGET_VALUES);
    if (made.spec) made.derivation = eligo_derive(made.eligo, made.spec, rule, NULL, ELIGO_CARRY_RULE);
    if (made.derivation)
        made.learner = eligo_learner_new(made.eligo, made.derivation, ELIGO_ENGINE_CC, ELIGO_FLOAT);
    if (!made.learner) {
        fputs(eligo_messages(made.eligo, false), stderr);
        exit(EXIT_FAILURE);
    }
    eligo_learner_init(made.learner, 1);
    return made;
}

static void running_free(Running made) {
    eligo_learner_free(made.learner);
    eligo_derivation_free(made.derivation);
    eligo_spec_free(made.spec);
    eligo_free(made.eligo);
}

/* Microseconds a step, the way back (if there is one) with it. */
static double step_time(Running made) {
    double x[INPUTS], target[OUTPUTS] = {0};
    for (int i = 0; i < INPUTS; i++) x[i] = i * 37 % 19 / 19.0 - 0.5;
    eligo_learner_clear_gradients(made.learner);
    eligo_learner_start(made.learner, ESTIMATE_STEPS);
    const double start = bench_now();
    for (int t = 0; t < ESTIMATE_STEPS; t++) {
        eligo_learner_set_input(made.learner, 0, x);
        eligo_learner_set_target(made.learner, target);
        eligo_learner_step(made.learner);
    }
    eligo_learner_finish(made.learner);
    return (bench_now() - start) / ESTIMATE_STEPS * 1e6;
}

static void beside(Running truncated, const char *rule, const char *name, double bound) {
    Running estimate = running_new(rule);
    double own[ESTIMATE_ROUNDS], other[ESTIMATE_ROUNDS];
    char what[96];
    for (int i = 0; i < ESTIMATE_ROUNDS; i++) own[i] = step_time(estimate), other[i] = step_time(truncated);
    const double time = bench_median(own, ESTIMATE_ROUNDS);
    snprintf(what, sizeof what, "LSTM n = 128: %s step", name);
    bench_report(what, time, "us", 0);
    snprintf(what, sizeof what, "LSTM n = 128: %s step beside TBPTT(1)'s", name);
    bench_report(what, time / bench_median(other, ESTIMATE_ROUNDS), "x", bound);
    running_free(estimate);
}

void bench_estimates(void) {
    Running truncated = running_new("tbptt(1)");
    beside(truncated, "uoro", "UORO", 3);
    beside(truncated, "kf_rtrl", "KF-RTRL", 0);
    running_free(truncated);
}
