/* Learning online in the step: the same weights as a step of gradient descent after each step's gradient. */
#include "eligo.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { STEPS = 25, MOST = 4096 };

static const double RATE = 0.05;

static EligoSpec *small(Eligo *eligo, const char *cell) {
    eligo_size(eligo, "n", 4);
    eligo_size(eligo, "m", 3);
    eligo_size(eligo, "k", 2);
    EligoSpec *spec = eligo_open(eligo, cell, ELIGO_TARGET_VALUES);
    cr_assert(spec, "%s", eligo_messages(eligo, false));
    return spec;
}

static void one_step(EligoLearner *learner, int t) {
    const double x[3] = {sin(t), cos(2 * t), t % 3 - 1}, target[2] = {sin(3 * t), 0.3};
    eligo_learner_set_input(learner, 0, x);
    eligo_learner_set_target(learner, target);
    eligo_learner_step(learner);
}

/* All parameters, one after the other; returns how many. */
static int weights_of(const EligoSpec *spec, const EligoLearner *learner, double *values) {
    int count = 0;
    for (int p = 0; p < eligo_params(spec); p++) {
        eligo_learner_get_param(learner, p, values + count);
        count += (int)(eligo_param(spec, p).rows * eligo_param(spec, p).cols);
    }
    return count;
}

static void descend(EligoLearner *learner) {
    double *params = eligo_learner_params(learner), *gradients = eligo_learner_gradients(learner);
    for (size_t i = 0; i < eligo_learner_entries(learner); i++) params[i] -= RATE * gradients[i];
    eligo_learner_clear_gradients(learner);
}

static void compare(const char *cell, const char *rule, EligoEngine engine) {
    Eligo *eligo = eligo_new(NULL);
    EligoSpec *spec = small(eligo, cell);
    EligoDerivation *by_hand = eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_FORWARD);
    EligoDerivation *online = eligo_derive_online(eligo, spec, rule, NULL);
    cr_assert(by_hand && online, "%s", eligo_messages(eligo, false));
    EligoLearner *a = eligo_learner_new(eligo, by_hand, engine, ELIGO_DOUBLE);
    EligoLearner *b = eligo_learner_new(eligo, online, engine, ELIGO_DOUBLE);
    cr_assert(a && b, "%s", eligo_messages(eligo, false));
    eligo_learner_init(a, 3), eligo_learner_init(b, 3);
    eligo_learner_set_rate(b, RATE);
    double first[MOST], wanted[MOST], got[MOST], moved = 0;
    int count = weights_of(spec, a, first);
    eligo_learner_start(a, STEPS), eligo_learner_start(b, STEPS);
    for (int t = 0; t < STEPS; t++) {
        one_step(a, t), descend(a);
        one_step(b, t);
    }
    weights_of(spec, a, wanted), weights_of(spec, b, got);
    for (int i = 0; i < count; i++) {
        cr_assert_float_eq(got[i], wanted[i], 1e-11, "%s %s: weight %d is %.15g, not %.15g", cell, rule, i,
                           got[i], wanted[i]);
        moved = fmax(moved, fabs(wanted[i] - first[i]));
    }
    cr_assert_gt(moved, 1e-3, "%s %s: nothing was learned", cell, rule);
    eligo_learner_free(a), eligo_learner_free(b);
    eligo_derivation_free(by_hand), eligo_derivation_free(online);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(online, equals_descent_after_each_step) {
    static const char *const cells[] = {"vanilla", "lstm", "gru", "alif", "diag", "lif_ei"};
    static const char *const rules[] = {"eprop",          "eprop(2)",      "rtrl",      "tbptt(2)",
                                        "eprop_adaptive", "sign_feedback", "mdgl_types"};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
            compare(cells[c], rules[r], ELIGO_ENGINE_INTERPRET);
            compare(cells[c], rules[r], ELIGO_ENGINE_TCC);
        }
}

Test(online, carries_any_language_forward_and_has_no_gradients) {
    Eligo *eligo = eligo_new(NULL);
    EligoSpec *spec = small(eligo, "vanilla");
    EligoDerivation *online = eligo_derive_online(eligo, spec, "bptt", NULL);
    cr_assert(online, "%s", eligo_messages(eligo, false));
    cr_assert(eligo_is_forward(online));
    EligoLearner *learner = eligo_learner_new(eligo, online, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    cr_assert_null(eligo_learner_gradients(learner));
    eligo_learner_free(learner);
    eligo_derivation_free(online);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
