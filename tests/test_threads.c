/* Learners on several threads at once: each session by itself from its text to its last step, and learners of
 * one derivation side by side while their code changes. What they learn is what they learn one after the
 * other. */
#include "eligo_learner.h"
#include "support.h"
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, STEPS = 200 };

static void learn(const EligoSpec *spec, EligoLearner *learner, int seed) {
    double values[64];
    eligo_learner_init(learner, (uint64_t)seed);
    eligo_learner_set_rate(learner, 0.01);
    for (int t = 0; t < STEPS; t++) {
        if (t % 20 == 0) cr_assert(eligo_learner_start(learner, 20));
        for (int k = 0; k < 64; k++) values[k] = (double)((k * 37 + t * 101 + seed * 13) % 199) / 100 - 1;
        for (int i = 0; i < eligo_inputs(spec); i++) eligo_learner_set_input(learner, i, values);
        eligo_learner_set_target(learner, values + 7);
        eligo_learner_step(learner);
        if (t % 20 == 19) eligo_learner_finish(learner);
        if (t == STEPS / 2) eligo_learner_settle(learner);
    }
}

/* A copy of all its numbers, malloc'ed. */
static char *numbers_of(const EligoLearner *learner) {
    char *copy = malloc(learner->layout.struct_bytes);
    cr_assert_not_null(copy);
    return memcpy(copy, learner->memory, learner->layout.struct_bytes);
}

/* ---- a session each ---- */

typedef struct Job {
    const char *cell, *rule;
    EligoEngine engine;
    EligoReal real;
    char *numbers;
    size_t bytes;
} Job;

static void *from_text_to_numbers(void *at) {
    Job *job = at;
    Eligo *eligo = eligo_new(NULL);
    eligo_size(eligo, "n", 6);
    EligoSpec *spec = eligo_open(eligo, job->cell, ELIGO_TARGET_VALUES);
    EligoDerivation *derivation = eligo_derive(eligo, spec, job->rule, NULL, ELIGO_CARRY_RULE);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, job->engine, job->real);
    cr_assert(learner, "%s", eligo_messages(eligo, false));
    learn(spec, learner, 3);
    job->numbers = numbers_of(learner);
    job->bytes = learner->layout.struct_bytes;
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return NULL;
}

static const Job jobs[THREADS] = {{"lstm", "eprop", ELIGO_ENGINE_BEST, ELIGO_FLOAT, NULL, 0},
                                  {"gru", "bptt", ELIGO_ENGINE_TCC, ELIGO_DOUBLE, NULL, 0},
                                  {"alif", "eprop", ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE, NULL, 0},
                                  {"vanilla", "uoro", ELIGO_ENGINE_TCC, ELIGO_FLOAT, NULL, 0}};

Test(threads, sessions_do_not_meet, .timeout = 120) {
    Job alone[THREADS], together[THREADS];
    memcpy(alone, jobs, sizeof jobs);
    for (int round = 0; round < 5; round++) {
        pthread_t thread[THREADS];
        memcpy(together, jobs, sizeof jobs);
        for (int i = 0; i < THREADS; i++)
            cr_assert_eq(pthread_create(&thread[i], NULL, from_text_to_numbers, &together[i]), 0);
        for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
        for (int i = 0; i < THREADS && round == 0; i++) /* not before: what is made once is raced for */
            from_text_to_numbers(&alone[i]);
        for (int i = 0; i < THREADS; i++) {
            cr_assert_eq(memcmp(alone[i].numbers, together[i].numbers, alone[i].bytes), 0, "%s, round %d",
                         alone[i].cell, round);
            free(together[i].numbers);
        }
    }
    for (int i = 0; i < THREADS; i++) free(alone[i].numbers);
}

/* ---- one derivation for all ---- */

typedef struct Worker {
    const EligoSpec *spec;
    EligoLearner *learner;
    int seed;
} Worker;

static void *work(void *at) {
    const Worker *worker = at;
    learn(worker->spec, worker->learner, worker->seed);
    return NULL;
}

/* With a cache, which all four put the same code into. */
Test(threads, learners_of_one_derivation, .timeout = 120) {
    char *folder = scratch_make("threads");
    setenv("ELIGO_CACHE", folder, 1);
    Eligo *eligo = eligo_new(NULL);
    eligo_size(eligo, "n", 6);
    EligoSpec *spec = eligo_open(eligo, "lstm", ELIGO_TARGET_VALUES);
    EligoDerivation *derivation = eligo_derive_online(eligo, spec, "eprop", NULL);
    EligoLearner *alone = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
    cr_assert(alone, "%s", eligo_messages(eligo, false));
    Worker worker[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        worker[i] =
            (Worker){spec, eligo_learner_new(eligo, derivation, ELIGO_ENGINE_BEST, ELIGO_FLOAT), i + 1};
    for (int i = 0; i < THREADS; i++) cr_assert_eq(pthread_create(&thread[i], NULL, work, &worker[i]), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        learn(spec, alone, i + 1);
        cr_expect_str_eq(eligo_learner_engine(worker[i].learner), "cc");
        cr_expect_eq(memcmp(alone->memory, worker[i].learner->memory, alone->layout.struct_bytes), 0,
                     "thread %d", i);
        eligo_learner_free(worker[i].learner);
    }
    cr_expect_eq(run(NULL, "test $(ls %s | wc -l) = 1", folder), 0, "one object, and nothing half written");
    eligo_learner_free(alone);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    scratch_remove(folder);
}

/* ---- twins ---- */

/* Whichever is freed first, the other goes on; and a twin runs what its learner runs. */
Test(threads, twins_share_code, .timeout = 60) {
    Eligo *eligo = eligo_new(NULL);
    eligo_size(eligo, "n", 6);
    EligoSpec *spec = eligo_open(eligo, "lstm", ELIGO_TARGET_VALUES);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "bptt", NULL, ELIGO_CARRY_RULE);
    EligoLearner *first = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_BEST, ELIGO_FLOAT);
    cr_assert(first, "%s", eligo_messages(eligo, false));
    EligoLearner *second = eligo_learner_twin(first), *third = eligo_learner_twin(second);
    cr_expect_eq(second->code.jit, first->code.jit);
    eligo_learner_settle(first);
    cr_expect_str_eq(eligo_learner_engine(first), "cc");
    cr_expect_str_eq(eligo_learner_engine(second), "tcc");
    learn(spec, second, 3);
    eligo_learner_follow(second, first);
    cr_expect_eq(second->code.jit, first->code.jit);
    cr_expect_str_eq(eligo_learner_engine(second), "cc");
    learn(spec, first, 4);
    eligo_learner_free(first);
    learn(spec, second, 4);
    learn(spec, third, 3);
    learn(spec, third, 4);
    cr_expect_eq(memcmp(second->memory, third->memory, third->layout.struct_bytes), 0);
    eligo_learner_free(second);
    learn(spec, third, 5);
    eligo_learner_free(third);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
