/* What differs from unit to unit without being learned (populations, the unit's index, constants with a
 * size), initial values in a range, and networks with several losses. */
#include "eligo.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A cell whose state is the one expression to look at; `more` are further declarations. */
static SpecModel one_cell(int n, const char *more, const char *expression) {
    char text[1024];
    snprintf(
        text, sizeof text,
        "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m]; %s h = %s + 0 * (W @ x); }\n"
        "network t { input x[2]; layer l1 = c(n = %d, x = x); param V[2,%d]; y = V @ l1.h;\n"
        " loss mse(y, target); }\n",
        more, expression, n, n);
    SpecModel spec = spec_model(text, 1, 5);
    cr_assert_not_null(spec.model, "%s\n%s", text, spec.messages.at);
    return spec;
}

static void run(const SpecModel *spec, double *h) {
    double *states[8] = {NULL};
    states[model_root(spec->model, "h")->index] = h;
    model_simulate(spec->model, (const double *const *)spec->params, &spec->sequence, states, NULL);
}

Test(units, values_by_unit) {
    static const struct {
        int n;
        const char *more, *expression;
        double h[8];
    } table[] = {
        {4, "", "unit(n)", {0, 1, 2, 3}},
        {4, "", "where(unit(n) >= 2, unit(n)^2, -1)", {-1, -1, 4, 9}},
        {5, "population E = 0.8, I = 0.2;", "E - I", {1, 1, 1, 1, -1}},
        {4, "population E = 0.8, I = 0.2;", "E - I", {1, 1, 1, -1}},    /* 3.2 */
        {6, "population E = 0.75, I = 0.25;", "E", {1, 1, 1, 1, 1, 0}}, /* 4.5: half a unit is one */
        {8, "population A[n] = 0.25, B = 0.25, C = 0.5;", "1 * A + 2 * B + 3 * C", {1, 1, 2, 2, 3, 3, 3, 3}},
        {3, "population A = 1;", "A", {1, 1, 1}},
        {5, "population E = 0.7, I = 0.3;", "E - (unit(n) < share(0.7, n)) + share(1, n)", {5, 5, 5, 5, 5}},
        {3, "const a = 0.5, t[n] = a * unit(n);", "t", {0, 0.5, 1}},
        {4, "population E = 0.5, I = 0.5; const t[n] = where(E, 2, 3);", "t + 1", {3, 3, 4, 4}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        SpecModel spec = one_cell(table[i].n, table[i].more, table[i].expression);
        double h[8];
        run(&spec, h);
        for (int k = 0; k < table[i].n; k++)
            cr_expect_eq(h[k], table[i].h[k], "%s, unit %d: %g", table[i].expression, k, h[k]);
        spec_model_free(&spec);
    }
}

Test(units, the_model_knows_its_populations) {
    SpecModel spec = one_cell(10, "population A = 0.35, B = 0.15, C = 0.5;", "A + B");
    static const struct {
        const char *label;
        long from, to;
    } expected[] = {{"A", 0, 4}, {"B", 4, 5}, {"C", 5, 10}}; /* 3.5 and 5 */
    cr_assert_eq(spec.model->populations.count, 3);
    for (int i = 0; i < 3; i++) {
        const Population *p = &spec.model->populations.at[i];
        cr_expect_str_eq(p->label, expected[i].label);
        cr_expect_eq(dim_share(p->dim, p->from), expected[i].from);
        cr_expect_eq(dim_share(p->dim, p->to), expected[i].to);
    }
    spec_model_free(&spec);
}

/* Draws are in range, differ from unit to unit and from constant to constant, and are the same at every size
 * and with an equal seed. */
Test(units, draws) {
    enum { N = 2000 };
    SpecModel spec = one_cell(N, "const a[n] = uniform(10, 30), b[n] = normal(5, 2, 3);", "a + 1000 * b");
    SpecModel seeded =
        one_cell(8, "const p[n] = uniform(0, 1, 3), q[n] = uniform(0, 1, 3), r[n] = uniform(0, 1);",
                 "where(p == q, p != r, 7)");
    SpecModel small = one_cell(8, "const a[n] = uniform(10, 30);", "a"),
              large = one_cell(N, "const a[n] = uniform(10, 30);", "a");
    SpecModel deviates = one_cell(N, "const b[n] = normal(5, 2, 3);", "b");
    static double h[N], few[8];
    run(&seeded, few);
    for (int k = 0; k < 8; k++) cr_expect_eq(few[k], 1);
    run(&small, few);
    run(&large, h);
    double mean = 0, square = 0, next = 0;
    for (int k = 0; k < 8; k++) cr_expect_eq(h[k], few[k]);
    for (int k = 0; k < N; k++) {
        cr_assert(h[k] >= 10 && h[k] < 30);
        mean += h[k] / N;
        if (k > 0) next += (h[k] - 20) * (h[k - 1] - 20) / N;
    }
    cr_expect(fabs(mean - 20) < 0.5, "a mean of %g", mean);        /* deviation 0.13 */
    cr_expect(fabs(next) < 3, "neighbours go together: %g", next); /* deviation 0.75 */
    run(&deviates, h);
    mean = 0;
    for (int k = 0; k < N; k++) mean += h[k] / N;
    for (int k = 0; k < N; k++) square += (h[k] - mean) * (h[k] - mean) / N;
    cr_expect(fabs(mean - 5) < 0.2 && fabs(sqrt(square) - 2) < 0.13, "%g ± %g", mean, sqrt(square));
    spec_model_free(&spec), spec_model_free(&seeded), spec_model_free(&small), spec_model_free(&large);
    spec_model_free(&deviates);
}

/* Each constant is the square of the one before: a tree of 2^60 nodes, a chain of 60. */
Test(units, chains_of_constants_are_walked_once) {
    Text more = {0};
    text_add(&more, "const c0[n] = 1 + 0.001 * unit(n);");
    for (int i = 1; i <= 60; i++)
        text_printf(&more, " const c%d[n] = 0.5 * c%d + 0.5 * c%d * c%d;", i, i - 1, i - 1, i - 1);
    char text[4096];
    snprintf(text, sizeof text,
             "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m]; %s"
             " h = tanh(W @ x) * c60; }",
             more.at);
    SpecModel spec = spec_model(text, 2, 5);
    cr_assert_not_null(spec.model, "%s", spec.messages.at);
    spec_model_free(&spec);
    text_free(&more);
}

Test(units, a_setting_is_for_every_unit) {
    static const char text[] = "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m];"
                               " const tau[n] = uniform(2, 3); h = 0 * (W @ x) + tau; }";
    Eligo *eligo = eligo_new("library");
    eligo_set(eligo, "tau", 7);
    EligoSpec *spec = eligo_open_text(eligo, "c.eligo", text, ELIGO_TARGET_VALUES);
    cr_assert_not_null(spec, "%s", eligo_messages(eligo, false));
    EligoDerivation *derivation = eligo_derive(eligo, spec, NULL, "any*", ELIGO_CARRY_FORWARD);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    double x[32] = {0}, h[128];
    eligo_learner_start(learner, 1);
    eligo_learner_set_input(learner, 0, x);
    eligo_learner_step(learner);
    eligo_learner_get_state(learner, 0, h);
    for (int k = 0; k < 128; k++) cr_expect_eq(h[k], 7);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

/* ---- through the whole pipeline ---- */

static const char both[] =
    "cell c { size n, m; population E = 0.6, I = 0.4; input x[m]; state v[n], h[n]; output h;\n"
    " param W[n,m], R[n,n], tau[n] init uniform(2, 6), g[n] init normal(1, 0.1);\n"
    " const slow[n] = uniform(0.5, 0.9), s[n] = normal(0, 0.1);\n"
    " v = exp(-1 / tau) * v[t-1] + W @ x[t-1] + R @ ((E - I) * h[t-2]) + 0.05 * unit(n);\n"
    " h = slow * h[t-1] + g * tanh(v) + s; }\n"
    "network two { input x[2]; layer l1 = c(n = 5, x = x); layer l2 = c(n = 4, x = l1.h);\n"
    " param V[3,4], U[3,5]; y = V @ l2.h; y1 = U @ l1.h;\n"
    " loss mse(y, target) when taught; loss 0.3 * mse(y1, target) when taught;\n"
    " loss 0.01 * mean((l1.v - 0.1)^2); }\n";

static EligoLearner *learner_of(Eligo *eligo, EligoDerivation *derivation, EligoEngine engine) {
    EligoLearner *learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    cr_assert_not_null(learner, "%s", eligo_messages(eligo, false));
    eligo_learner_init(learner, 4);
    eligo_learner_clear_gradients(learner);
    eligo_learner_start(learner, 6);
    for (int t = 0; t < 6; t++) {
        const double x[2] = {sin(t), cos(2 * t)}, target[3] = {0.1 * t, 0.2, -0.3};
        eligo_learner_set_input(learner, 0, x);
        eligo_learner_set_target(learner, target);
        eligo_learner_set_when(learner, t % 2);
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
    return learner;
}

Test(units, engines_agree) {
    for (int carry = ELIGO_CARRY_FORWARD; carry <= ELIGO_CARRY_BACKWARD; carry++) {
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open_text(eligo, "both.eligo", both, ELIGO_TARGET_UNKNOWN);
        cr_assert_not_null(spec, "%s", eligo_messages(eligo, false));
        EligoDerivation *derivation = eligo_derive(eligo, spec, NULL, "any*", (EligoCarry)carry);
        cr_assert_not_null(derivation, "%s", eligo_messages(eligo, false));
        EligoLearner *a = learner_of(eligo, derivation, ELIGO_ENGINE_INTERPRET);
        EligoLearner *b = learner_of(eligo, derivation, ELIGO_ENGINE_TCC);
        EligoLearner *c = learner_of(eligo, derivation, ELIGO_ENGINE_CC);
        const double *ga = eligo_learner_gradients(a), *gb = eligo_learner_gradients(b),
                     *gc = eligo_learner_gradients(c);
        double largest = 0;
        for (size_t i = 0; i < eligo_learner_entries(a); i++) {
            largest = fmax(largest, fabs(ga[i]));
            cr_expect(fabs(ga[i] - gb[i]) <= 1e-14 && fabs(ga[i] - gc[i]) <= 1e-14, "%zu: %g %g %g", i, ga[i],
                      gb[i], gc[i]);
        }
        cr_expect_gt(largest, 1e-3);
        eligo_learner_free(a), eligo_learner_free(b), eligo_learner_free(c);
        eligo_derivation_free(derivation);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}

Test(units, initial_values_in_a_range) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "both.eligo", both, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, spec, NULL, "any*", ELIGO_CARRY_FORWARD);
    EligoLearner *learner = learner_of(eligo, derivation, ELIGO_ENGINE_INTERPRET);
    double values[64];
    for (int p = 0; p < eligo_params(spec); p++) {
        const EligoArray shape = eligo_param(spec, p);
        const bool tau = strstr(shape.name, "tau") != NULL, g = strstr(shape.name, "g") != NULL;
        eligo_learner_get_param(learner, p, values);
        for (long k = 0; (tau || g) && k < shape.rows; k++)
            cr_expect(tau ? values[k] > 2 && values[k] < 6 : fabs(values[k] - 1) < 0.5, "%s: %g", shape.name,
                      values[k]);
    }
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

/* The sum of two statements is the one written out, and so is the gradient. */
Test(units, losses_add_up) {
    static const char head[] =
        "network t { input x[2], taught; layer l1 = lstm(n = 3, x = x); param V[2,3], U[2,3];\n"
        " y = V @ l1.h; y1 = U @ l1.c; ";
    char several[512], written[512];
    snprintf(several, sizeof several, "%s loss mse(y, target) when taught; loss 0.5 * mse(y1, target); }",
             head);
    snprintf(written, sizeof written, "%s loss taught * mse(y, target) + 0.5 * mse(y1, target); }", head);
    SpecModel a = spec_model(several, 5, 2), b = spec_model(written, 5, 2);
    cr_assert(a.model && b.model, "%s%s", a.messages.at, b.messages.at);
    const double one = model_simulate(a.model, (const double *const *)a.params, &a.sequence, NULL, NULL);
    const double other = model_simulate(b.model, (const double *const *)b.params, &b.sequence, NULL, NULL);
    cr_expect(one != 0 && fabs(one - other) < 1e-15, "%g and %g", one, other);
    cr_expect_eq(a.model->losses.count, 2);
    spec_model_free(&a), spec_model_free(&b);
}
