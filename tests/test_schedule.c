/* The schedule of a learner in process: which steps teach, and a learner's state kept and brought back.
 *
 * That the gradient is the one of the chosen steps is tested against enumeration (test_random.c). */
#include "eligo.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5, SEQUENCES = 400, MOST = 4096 };

typedef struct Subject {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Subject;

static Subject subject_new(const char *cell, const char *keep, EligoCarry carry, EligoEngine engine) {
    Subject s = {.eligo = eligo_new(NULL)};
    eligo_size(s.eligo, "n", 4), eligo_size(s.eligo, "m", 3), eligo_size(s.eligo, "k", 2);
    s.spec = eligo_open(s.eligo, cell, ELIGO_TARGET_VALUES);
    s.derivation = s.spec ? eligo_derive(s.eligo, s.spec, NULL, keep, carry) : NULL;
    s.learner = s.derivation ? eligo_learner_new(s.eligo, s.derivation, engine, ELIGO_DOUBLE) : NULL;
    cr_assert(s.learner, "%s", eligo_messages(s.eligo, false));
    return s;
}

static void subject_free(Subject *s) {
    eligo_learner_free(s->learner);
    eligo_derivation_free(s->derivation);
    eligo_spec_free(s->spec);
    eligo_free(s->eligo);
}

static void one_step(EligoLearner *learner, int t) {
    const double x[3] = {sin(t), cos(2 * t), t % 3 - 1}, target[2] = {sin(3 * t), 0.3};
    eligo_learner_set_input(learner, 0, x);
    eligo_learner_set_target(learner, target);
    eligo_learner_step(learner);
}

/* All gradients, one after the other; returns how many. */
static int gradients_of(const Subject *s, double *values) {
    int count = 0;
    for (int p = 0; p < eligo_params(s->spec); p++) {
        eligo_learner_get_gradient(s->learner, p, values + count);
        count += (int)(eligo_param(s->spec, p).rows * eligo_param(s->spec, p).cols);
    }
    return count;
}

/* The next `steps` steps as bits: those that teach. */
static unsigned next_choice(EligoLearner *learner, int steps) {
    unsigned set = 0;
    for (int t = 0; t < steps; t++) {
        set |= (unsigned)eligo_learner_teaches(learner) << t;
        one_step(learner, t);
    }
    return set;
}

static int bits(unsigned set) { return set ? (int)(set & 1) + bits(set >> 1) : 0; }

Test(schedule, each_choice_of_steps_is_as_likely_as_the_others) {
    Subject s = subject_new("vanilla", "any*; sample 2", ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET);
    int seen[1 << STEPS] = {0};
    eligo_learner_init(s.learner, 11);
    for (int i = 0; i < SEQUENCES; i++) {
        eligo_learner_start(s.learner, STEPS);
        seen[next_choice(s.learner, STEPS)]++;
    }
    for (unsigned set = 0; set < 1U << STEPS; set++) { /* 10 choices: 40 of each, give or take 6 */
        if (bits(set) == 2)
            cr_expect(seen[set] > 15 && seen[set] < 65, "choice %u: %d times", set, seen[set]);
        else
            cr_expect_eq(seen[set], 0, "choice %u", set);
    }
    subject_free(&s);
}

Test(schedule, a_choice_follows_from_the_number_of_its_draw) {
    Subject s = subject_new("vanilla", "any*; sample 2", ELIGO_CARRY_BACKWARD, ELIGO_ENGINE_INTERPRET);
    unsigned first[20], differ = 0;
    eligo_learner_set_draw(s.learner, 7);
    for (int i = 0; i < 20; i++) {
        cr_expect_eq(eligo_learner_get_draw(s.learner), (uint64_t)(7 + i));
        eligo_learner_start(s.learner, STEPS);
        first[i] = next_choice(s.learner, STEPS);
        eligo_learner_finish(s.learner);
        differ += first[i] != first[0];
    }
    cr_expect_gt(differ, 10);
    for (int i = 19; i >= 0; i--) {
        eligo_learner_set_draw(s.learner, (uint64_t)(7 + i));
        eligo_learner_start(s.learner, STEPS);
        cr_expect_eq(next_choice(s.learner, STEPS), first[i], "draw %d", 7 + i);
    }
    uint64_t draws[3];
    for (int i = 0; i < 3; i++) {
        eligo_learner_init(s.learner, (uint64_t)(i ? 2 * i : 2)); /* seeds 2, 2, 4 */
        draws[i] = eligo_learner_get_draw(s.learner);
    }
    cr_expect_eq(draws[0], draws[1]);
    cr_expect_neq(draws[0], draws[2]);
    subject_free(&s);
}

Test(schedule, short_and_endless_sequences) {
    Subject s = subject_new("vanilla", "any*; sample 3", ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET);
    eligo_learner_start(s.learner, 3);
    cr_expect_eq(next_choice(s.learner, 3), 7U, "as many steps as are asked for: all teach");
    eligo_learner_start(s.learner, 2);
    cr_expect_eq(next_choice(s.learner, 2), 3U);
    eligo_learner_start(s.learner, 0);
    cr_expect_eq(next_choice(s.learner, 6), 63U, "nobody knows how many: all teach");
    eligo_learner_start(s.learner, STEPS);
    unsigned differ = 0;
    const unsigned first = next_choice(s.learner, STEPS);
    for (int i = 0; i < 20; i++) {
        const unsigned set = next_choice(s.learner, STEPS);
        cr_expect_eq(bits(set), 3, "%u", set);
        differ += set != first;
    }
    cr_expect_gt(differ, 10);
    subject_free(&s);
    s = subject_new("vanilla", "any*", ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET);
    eligo_learner_start(s.learner, STEPS);
    eligo_learner_set_teach(s.learner, false);
    cr_expect(eligo_learner_teaches(s.learner), "no draws, nothing to set");
    subject_free(&s);
}

/* The gradients of the steps one by one add up to that of all; a step that doesn't teach adds nothing. */
Test(schedule, a_choice_of_steps_has_the_gradient_of_these_steps) {
    static const EligoCarry carries[] = {ELIGO_CARRY_FORWARD, ELIGO_CARRY_BACKWARD};
    for (int c = 0; c < 2; c++) {
        Subject s = subject_new("lstm", "any*; sample 1", carries[c], ELIGO_ENGINE_TCC);
        static double all[MOST], sum[MOST], one[MOST];
        memset(sum, 0, sizeof sum);
        int count = 0;
        double least = 1;
        eligo_learner_init(s.learner, 3);
        for (int only = -1; only < STEPS; only++) {
            eligo_learner_clear_gradients(s.learner);
            eligo_learner_start(s.learner, STEPS);
            for (int t = 0; t < STEPS; t++) {
                eligo_learner_set_teach(s.learner, only < 0 || t == only);
                one_step(s.learner, t);
            }
            eligo_learner_finish(s.learner);
            count = gradients_of(&s, only < 0 ? all : one);
            double largest = 0;
            for (int i = 0; only >= 0 && i < count; i++)
                sum[i] += one[i], largest = fmax(largest, fabs(one[i]));
            if (only >= 0) least = fmin(least, largest);
        }
        cr_assert_gt(least, 1e-3, "each step teaches something");
        for (int i = 0; i < count; i++) cr_assert_float_eq(sum[i], all[i], 1e-13);
        subject_free(&s);
    }
}

Test(schedule, a_learner_brought_back_goes_on_in_the_same_bits) {
    static const char *const rules[] = {"any*; sample 2", "any*; chunk 3", "(implicit | spatial)*"};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        Subject s = subject_new("gru", rules[r], ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC);
        Subject other = subject_new("gru", rules[r], ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC);
        const size_t bytes = eligo_learner_state_bytes(s.learner);
        char *state = malloc(bytes), *later = malloc(bytes), *again = malloc(bytes);
        cr_assert(state && later && again);
        cr_assert_eq(eligo_learner_state_bytes(other.learner), bytes);
        eligo_learner_init(s.learner, 5);
        eligo_learner_start(s.learner, STEPS);
        for (int t = 0; t < 8; t++) one_step(s.learner, t);
        eligo_learner_save(s.learner, state);
        for (int t = 8; t < 16; t++) one_step(s.learner, t);
        eligo_learner_save(s.learner, later);
        eligo_learner_start(s.learner, 2), one_step(s.learner, 0); /* something else in between */
        eligo_learner_restore(s.learner, state), eligo_learner_restore(other.learner, state);
        for (int t = 8; t < 16; t++) one_step(s.learner, t), one_step(other.learner, t);
        eligo_learner_save(s.learner, again);
        cr_expect_eq(memcmp(again, later, bytes), 0, "%s", rules[r]);
        eligo_learner_save(other.learner, again);
        cr_expect_eq(memcmp(again, later, bytes), 0, "%s, another learner", rules[r]);
        cr_expect_neq(memcmp(state, later, bytes), 0);
        free(state), free(later), free(again);
        subject_free(&s), subject_free(&other);
    }
}
