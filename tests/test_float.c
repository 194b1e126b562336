/* Learners in float against the same in double, n = 128 units over 1000 steps: the gradient of each parameter
 * is within 1e-4, relative in norm, by e-prop and by BPTT, in every cell of the library but two. */
#include "base/random.h"
#include "eligo.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { UNITS = 128, STEPS = 1000, INPUTS = 6 };

typedef struct Run {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner[2]; /* double, float */
} Run;

/* Both have the parameters that the float one can hold. */
static Run run_of(const char *cell, const char *rule) {
    Run run = {.eligo = eligo_new("library")};
    eligo_size(run.eligo, "n", UNITS);
    eligo_size(run.eligo, "m", INPUTS);
    run.spec = eligo_open(run.eligo, cell, ELIGO_TARGET_VALUES);
    if (run.spec) run.derivation = eligo_derive(run.eligo, run.spec, rule, NULL, ELIGO_CARRY_RULE);
    cr_assert_not_null(run.derivation, "%s: %s", cell, eligo_messages(run.eligo, false));
    for (int single = 0; single < 2; single++) {
        run.learner[single] = eligo_learner_new(run.eligo, run.derivation, ELIGO_ENGINE_TCC,
                                                single ? ELIGO_FLOAT : ELIGO_DOUBLE);
        cr_assert_not_null(run.learner[single], "%s: %s", cell, eligo_messages(run.eligo, false));
        eligo_learner_init(run.learner[single], 3);
        eligo_learner_clear_gradients(run.learner[single]);
        eligo_learner_start(run.learner[single], STEPS);
    }
    for (int p = 0; p < eligo_params(run.spec); p++) {
        const EligoArray shape = eligo_param(run.spec, p);
        double *values = malloc(sizeof *values * (size_t)(shape.rows * shape.cols));
        eligo_learner_get_param(run.learner[1], p, values);
        eligo_learner_set_param(run.learner[0], p, values);
        free(values);
    }
    return run;
}

static void run_free(const Run *run) {
    for (int i = 0; i < 2; i++) eligo_learner_free(run->learner[i]);
    eligo_derivation_free(run->derivation);
    eligo_spec_free(run->spec);
    eligo_free(run->eligo);
}

/* Numbers that a float holds. */
static void draw(Random *random, double *values, long count) {
    for (long k = 0; k < count; k++) values[k] = (double)(float)random_normal(random);
}

static void step(const Run *run, Random *random) {
    double values[UNITS];
    for (int i = 0; i < eligo_inputs(run->spec); i++) {
        draw(random, values, eligo_input(run->spec, i).rows);
        for (int k = 0; k < 2; k++) eligo_learner_set_input(run->learner[k], i, values);
    }
    draw(random, values, eligo_target(run->spec).rows);
    for (int k = 0; k < 2; k++) {
        eligo_learner_set_target(run->learner[k], values);
        eligo_learner_step(run->learner[k]);
    }
}

/* The distance of a parameter's gradients, relative in norm. */
static double distance_in(const Run *run, int p) {
    const EligoArray shape = eligo_param(run->spec, p);
    const long entries = shape.rows * shape.cols;
    double *gradient[2], distance = 0, norm = 0;
    for (int k = 0; k < 2; k++) {
        gradient[k] = malloc(sizeof(double) * (size_t)entries);
        eligo_learner_get_gradient(run->learner[k], p, gradient[k]);
    }
    for (long e = 0; e < entries; e++) {
        const double exact = gradient[0][e], apart = exact - gradient[1][e];
        distance += apart * apart, norm += exact * exact;
    }
    for (int k = 0; k < 2; k++) free(gradient[k]);
    cr_assert(isfinite(norm));
    return norm > 0 ? sqrt(distance / norm) : sqrt(distance);
}

/* Of the parameter that is worst. */
static double distance_of(const Run *run) {
    double most = 0;
    for (int p = 0; p < eligo_params(run->spec); p++) most = fmax(most, distance_in(run, p));
    return most;
}

static double distance_by(const char *cell, const char *rule) {
    const Run run = run_of(cell, rule);
    Random random;
    random_seed(&random, 11);
    for (int t = 0; t < STEPS; t++) step(&run, &random);
    for (int k = 0; k < 2; k++) eligo_learner_finish(run.learner[k]);
    const double distance = distance_of(&run);
    run_free(&run);
    return distance;
}
static void expect_near(const char *cell, double bound) {
    static const char *const rules[] = {"eprop", "bptt"};
    for (int r = 0; r < 2; r++) {
        const double distance = distance_by(cell, rules[r]);
        cr_expect(distance <= bound, "%s by %s: float's gradients are %.3g from double's", cell, rules[r],
                  distance);
    }
}

Test(single, gradients_of_smooth_cells) {
    static const char *const cells[] = {
        "vanilla", "leaky",  "lstm",  "lstm_peephole", "gru", "gru_after", "mgu",      "minimal_gru",
        "diag",    "indrnn", "elstm", "lru",           "rtu", "cornn",     "unicornn", "fastgrnn"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) expect_near(cells[i], 1e-4);
}

Test(single, gradients_of_spiking_cells) {
    static const char *const cells[] = {
        "lif",     "lif_current", "lif_conductance", "lif_refractory", "lif_delay", "alif", "srm",
        "lif_tau", "plif",        "lif_ei",          "sigma_delta"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) expect_near(cells[i], 1e-4);
}

/* Two cells don't keep to 1e-4. Their membranes escape to infinity in Euler steps of 1 ms, and each step of a
 * spike's rise multiplies what float has rounded: by 1 + dt (0.08 v + 5), 14 at v = 100 mV, in Izhikevich's
 * model, by an exponential's slope in adex. All spikes of the 1000 steps are the same, but peaks differ by up
 * to 1e-3 of their 300 mV, and so do the factors of the gradient there. Measured: 0.0018 (eprop) and 0.018
 * (bptt), 0.0015 for adex; of all parameters as one vector, adex has 1.9e-4. */
Test(single, gradients_of_escaping_membranes) {
    expect_near("izhikevich", 0.03);
    expect_near("adex", 0.003);
}
