#include "running.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 50, ROUNDS = 21, INPUTS = 1024, OUTPUTS = 10 };

static void give_up(Eligo *eligo) {
    fputs(eligo_messages(eligo, false), stderr);
    exit(EXIT_FAILURE);
}

Running running_new(const char *text, const char *rule, EligoCarry carry) {
    Running made = {.eligo = eligo_new("library")};
    made.spec = eligo_open_text(made.eligo, "bench", text, ELIGO_TARGET_VALUES);
    if (made.spec) made.derivation = eligo_derive(made.eligo, made.spec, rule, NULL, carry);
    if (made.derivation)
        made.learner = eligo_learner_new(made.eligo, made.derivation, ELIGO_ENGINE_CC, ELIGO_FLOAT);
    if (!made.learner) give_up(made.eligo);
    eligo_learner_init(made.learner, 1);
    return made;
}

static EligoSpec *cell_opened(Eligo *eligo, const Cell *cell) {
    eligo_size(eligo, "n", cell->n);
    eligo_size(eligo, "m", cell->m);
    eligo_size(eligo, "k", CLASSES);
    if (cell->threshold > 0) eligo_set(eligo, "v_th", cell->threshold);
    return eligo_open(eligo, cell->name, ELIGO_TARGET_CLASS);
}

Running running_derived(const Cell *cell) {
    static const EligoCarry carry[] = {[LEARN_FORWARD] = ELIGO_CARRY_FORWARD,
                                       [LEARN_BACKWARD] = ELIGO_CARRY_BACKWARD,
                                       [LEARN_MIXED] = ELIGO_CARRY_MIXED};
    Running made = {.eligo = eligo_new("library")};
    eligo_block(made.eligo, cell->block);
    eligo_lanes(made.eligo, cell->lanes);
    eligo_threads(made.eligo, cell->threads);
    made.spec = cell->text ? eligo_open_text(made.eligo, "bench", cell->text, ELIGO_TARGET_CLASS)
                           : cell_opened(made.eligo, cell);
    if (made.spec)
        made.derivation = cell->how == LEARN_ONLINE
                              ? eligo_derive_online(made.eligo, made.spec, cell->rule, NULL)
                              : eligo_derive(made.eligo, made.spec, cell->rule, NULL, carry[cell->how]);
    if (!made.derivation) give_up(made.eligo);
    return made;
}

Running running_compiled(const Cell *cell) {
    Running made = running_derived(cell);
    made.learner =
        eligo_learner_new(made.eligo, made.derivation,
                          cell->engine == ELIGO_ENGINE_TCC ? ELIGO_ENGINE_TCC : ELIGO_ENGINE_CC, ELIGO_FLOAT);
    if (!made.learner) give_up(made.eligo);
    return made;
}

Running running_cell(const Cell *cell) {
    Running made = running_compiled(cell);
    eligo_learner_init(made.learner, 1);
    eligo_learner_set_rate(made.learner, 1e-4);
    return made;
}

void running_free(Running made) {
    if (made.learner) eligo_learner_free(made.learner);
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

void running_alternate(Running a, Running b, Figure *time_a, Figure *time_b) {
    double of_a[ROUNDS], of_b[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) of_a[i] = step_time(a), of_b[i] = step_time(b);
    *time_a = bench_figure(of_a, ROUNDS);
    *time_b = bench_figure(of_b, ROUNDS);
}

Sequence sequence_new(int steps, long inputs, double spikes) {
    const size_t count = (size_t)steps * (size_t)inputs;
    Sequence made = {steps, inputs, malloc(count * sizeof *made.x)};
    unsigned state = 1;
    if (!made.x) abort();
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        const double drawn = (double)(state >> 8) / 16777216.0;
        made.x[i] = spikes > 0 ? drawn < spikes : 2 * drawn - 1;
    }
    return made;
}

void sequence_free(Sequence sequence) { free(sequence.x); }

double sequence_time(Running made, Sequence sequence) {
    eligo_learner_clear_gradients(made.learner);
    eligo_learner_start(made.learner, sequence.steps);
    const int lanes = eligo_lane_count(made.derivation);
    const double start = bench_now();
    for (int t = 0; t < sequence.steps; t++) {
        for (int lane = 0; lane < lanes; lane++) {
            eligo_learner_select(made.learner, lane);
            eligo_learner_set_input(made.learner, 0,
                                    sequence.x + (t + lane) % sequence.steps * sequence.inputs);
            eligo_learner_set_class(made.learner, (t + lane) % CLASSES);
        }
        eligo_learner_step(made.learner);
    }
    eligo_learner_finish(made.learner);
    return (bench_now() - start) / sequence.steps / lanes * 1e6;
}
