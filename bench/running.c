#include "running.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 50, ROUNDS = 21, INPUTS = 1024, OUTPUTS = 10 };

Running running_new(const char *text, const char *rule, EligoCarry carry) {
    Running made = {.eligo = eligo_new("library")};
    made.spec = eligo_open_text(made.eligo, "bench", text, ELIGO_TARGET_VALUES);
    if (made.spec) made.derivation = eligo_derive(made.eligo, made.spec, rule, NULL, carry);
    if (made.derivation)
        made.learner = eligo_learner_new(made.eligo, made.derivation, ELIGO_ENGINE_CC, ELIGO_FLOAT);
    if (!made.learner) {
        fputs(eligo_messages(made.eligo, false), stderr);
        exit(EXIT_FAILURE);
    }
    eligo_learner_init(made.learner, 1);
    return made;
}

void running_free(Running made) {
    eligo_learner_free(made.learner);
    eligo_derivation_free(made.derivation);
    eligo_spec_free(made.spec);
    eligo_free(made.eligo);
}

static double step_time(Running made) {
    double x[INPUTS], target[OUTPUTS] = {0};
    for (int i = 0; i < INPUTS; i++) x[i] = i * 37 % 19 / 19.0 - 0.5;
    eligo_learner_clear_gradients(made.learner);
    eligo_learner_start(made.learner, STEPS);
    const double start = bench_now();
    for (int t = 0; t < STEPS; t++) {
        eligo_learner_set_input(made.learner, 0, x);
        eligo_learner_set_target(made.learner, target);
        eligo_learner_step(made.learner);
    }
    eligo_learner_finish(made.learner);
    return (bench_now() - start) / STEPS * 1e6;
}

void running_alternate(Running a, Running b, double *time_a, double *time_b) {
    double of_a[ROUNDS], of_b[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) of_a[i] = step_time(a), of_b[i] = step_time(b);
    *time_a = bench_median(of_a, ROUNDS);
    *time_b = bench_median(of_b, ROUNDS);
}
