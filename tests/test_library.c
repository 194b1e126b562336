/* The library's cells as they are delivered: with their own constants and initial values, on inputs drawn
 * from N(0, 1), states stay finite, spiking units spike, and every parameter gets a gradient. */
#include "base/random.h"
#include "eligo.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONG = 1000, SHORT = 30 };

typedef struct Run {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Run;

static Run open_with(const char *cell, const char *rule, EligoEngine engine) {
    Run run = {eligo_new("library"), NULL, NULL, NULL};
    eligo_size(run.eligo, "n", 24);
    eligo_size(run.eligo, "m", 10);
    run.spec = eligo_open(run.eligo, cell, ELIGO_TARGET_VALUES);
    if (run.spec) run.derivation = eligo_derive(run.eligo, run.spec, rule, NULL, ELIGO_CARRY_RULE);
    if (run.derivation) run.learner = eligo_learner_new(run.eligo, run.derivation, engine, ELIGO_DOUBLE);
    cr_assert_not_null(run.learner, "%s: %s", cell, eligo_messages(run.eligo, false));
    eligo_learner_init(run.learner, 3);
    eligo_learner_clear_gradients(run.learner);
    return run;
}

static Run open_run(const char *cell, const char *rule) {
    return open_with(cell, rule, ELIGO_ENGINE_INTERPRET);
}

static void close_run(Run run) {
    eligo_learner_free(run.learner);
    eligo_derivation_free(run.derivation);
    eligo_spec_free(run.spec);
    eligo_free(run.eligo);
}

static void give(const Run *run, Random *random) {
    double values[64];
    for (int i = 0; i < eligo_inputs(run->spec); i++) {
        for (int k = 0; k < eligo_input(run->spec, i).rows; k++) values[k] = random_normal(random);
        eligo_learner_set_input(run->learner, i, values);
    }
    for (int k = 0; k < eligo_target(run->spec).rows; k++) values[k] = random_normal(random);
    eligo_learner_set_target(run->learner, values);
}

typedef struct Activity {
    bool finite;
    double nonzero; /* fraction of a state's values that are not 0 */
} Activity;

/* Adds what the states are now; `watched` is the state whose activity counts, or NULL. */
static void observe(const Run *run, const char *watched, Activity *activity) {
    double values[64];
    for (int s = 0; s < eligo_states(run->spec); s++) {
        const EligoArray state = eligo_state(run->spec, s);
        eligo_learner_get_state(run->learner, s, values);
        for (int k = 0; k < state.rows; k++) {
            if (!isfinite(values[k])) activity->finite = false;
            if (watched && strcmp(state.name, watched) == 0 && values[k] != 0)
                activity->nonzero += 1.0 / (LONG * (double)state.rows);
        }
    }
}

/* sltt carries nothing: a thousand steps are a thousand forward steps. */
static Activity run_long(const char *cell, const char *watched) {
    Run run = open_run(cell, "sltt");
    Random random;
    random_seed(&random, 11);
    Activity activity = {.finite = true};
    eligo_learner_start(run.learner, LONG);
    for (int t = 0; t < LONG; t++) {
        give(&run, &random);
        eligo_learner_step(run.learner);
        observe(&run, watched, &activity);
    }
    close_run(run);
    return activity;
}

static const struct {
    const char *cell, *spikes;
} cells[] = {
    {"vanilla", NULL},
    {"leaky", NULL},
    {"lstm", NULL},
    {"lstm_peephole", NULL},
    {"gru", NULL},
    {"gru_after", NULL},
    {"mgu", NULL},
    {"minimal_gru", NULL},
    {"diag", NULL},
    {"indrnn", NULL},
    {"elstm", NULL},
    {"lru", NULL},
    {"rtu", NULL},
    {"cornn", NULL},
    {"unicornn", NULL},
    {"fastgrnn", NULL},
    {"lif", "z"},
    {"lif_current", "z"},
    {"lif_conductance", "z"},
    {"lif_refractory", "z"},
    {"lif_delay", "z"},
    {"alif", "z"},
    {"izhikevich", "z"},
    {"adex", "z"},
    {"srm", "z"},
    {"lif_tau", "z"},
    {"plif", "z"},
    {"lif_ei", "z"},
    {"sigma_delta", "s"},
};
enum { CELLS = sizeof cells / sizeof *cells };

Test(library, cells_stay_finite_and_spike) {
    for (int i = 0; i < CELLS; i++) {
        const Activity activity = run_long(cells[i].cell, cells[i].spikes);
        cr_expect(activity.finite, "%s: a state is not finite", cells[i].cell);
        if (!cells[i].spikes) continue;
        cr_expect(activity.nonzero > 0.01 && activity.nonzero < 0.6, "%s: a rate of %g", cells[i].cell,
                  activity.nonzero);
    }
}

static double largest_gradient(const Run *run, int param) {
    const EligoArray shape = eligo_param(run->spec, param);
    double *gradient = malloc(sizeof *gradient * (size_t)(shape.rows * shape.cols)), largest = 0;
    eligo_learner_get_gradient(run->learner, param, gradient);
    for (long i = 0; i < shape.rows * shape.cols; i++) largest = fmax(largest, fabs(gradient[i]));
    free(gradient);
    return largest;
}

Test(library, every_parameter_of_a_cell_gets_a_gradient) {
    for (int i = 0; i < CELLS; i++) {
        Run run = open_run(cells[i].cell, "bptt");
        Random random;
        random_seed(&random, 12);
        eligo_learner_start(run.learner, SHORT);
        for (int t = 0; t < SHORT; t++) {
            give(&run, &random);
            eligo_learner_step(run.learner);
        }
        eligo_learner_finish(run.learner);
        for (int p = 0; p < eligo_params(run.spec); p++) {
            const double largest = largest_gradient(&run, p);
            cr_expect(largest > 1e-8 && isfinite(largest), "%s: the gradient of %s is %g", cells[i].cell,
                      eligo_param(run.spec, p).name, largest);
        }
        close_run(run);
    }
}

/* ---- element-wise recurrence ---- */

static Run taught(const char *cell, const char *rule, EligoEngine engine) {
    Run run = open_with(cell, rule, engine);
    Random random;
    random_seed(&random, 13);
    eligo_learner_start(run.learner, SHORT);
    for (int t = 0; t < SHORT; t++) {
        give(&run, &random);
        eligo_learner_step(run.learner);
    }
    eligo_learner_finish(run.learner);
    return run;
}

/* The largest difference of two gradients, relative to the largest entry of each parameter's; closes both. */
static double difference(Run a, Run b) {
    double worst = 0;
    for (int p = 0; p < eligo_params(a.spec); p++) {
        const EligoArray shape = eligo_param(a.spec, p);
        const long entries = shape.rows * shape.cols;
        double *ga = malloc(sizeof *ga * (size_t)entries), *gb = malloc(sizeof *gb * (size_t)entries);
        const double largest = largest_gradient(&a, p);
        eligo_learner_get_gradient(a.learner, p, ga);
        eligo_learner_get_gradient(b.learner, p, gb);
        for (long i = 0; i < entries; i++) worst = fmax(worst, fabs(ga[i] - gb[i]) / largest);
        free(ga);
        free(gb);
    }
    close_run(a);
    close_run(b);
    return worst;
}

/* Orvieto et al. normalise what comes in: a learned gain that begins where |eigenvalue|^2 + gain^2 = 1. */
Test(library, an_lru_begins_normalised_and_learns_its_gain) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, "lru", ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "eprop", NULL, ELIGO_CARRY_RULE);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    cr_assert(learner, "%s", eligo_messages(eligo, false));
    eligo_learner_init(learner, 1);
    double value[2] = {0};
    static const char *const names[] = {"nu", "gamma"};
    for (int i = 0; i < 2; i++)
        for (int p = 0; p < eligo_params(spec); p++) {
            const EligoArray array = eligo_param(spec, p);
            double all[4096];
            if (strcmp(array.name, names[i]) != 0) continue;
            cr_assert_leq(array.rows, 4096);
            eligo_learner_get_param(learner, p, all);
            value[i] = all[0];
        }
    cr_expect_lt(fabs(exp(-2 * exp(value[0])) + exp(2 * value[1]) - 1), 1e-4);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(library, eprop_is_exact_where_recurrence_is_element_wise) {
    static const struct {
        const char *cell, *rule;
        bool exact;
    } table[] = {
        {"diag", "eprop", true},          {"indrnn", "eprop", true},   {"minimal_gru", "eprop", true},
        {"lru", "eprop", true},           {"rtu", "eprop", true},      {"unicornn", "eprop", true},
        {"elstm", "eprop", false}, /* its output gate mixes units within the step */
        {"elstm", "eprop_lateral", true}, {"vanilla", "eprop", false}, {"cornn", "eprop_lateral", false},
        {"mgu", "eprop_lateral", false},  {"lif_ei", "eprop", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const EligoEngine engine = ELIGO_ENGINE_INTERPRET;
        const double off =
            difference(taught(table[i].cell, "bptt", engine), taught(table[i].cell, table[i].rule, engine));
        cr_expect(table[i].exact ? off < 1e-12 : off > 1e-3, "%s on %s is off by %g", table[i].rule,
                  table[i].cell, off);
    }
}

Test(library, compiled_cells_are_the_interpreted_ones) {
    static const char *const rules[] = {"eprop", "bptt"};
    for (int i = 0; i < CELLS; i++)
        for (int r = 0; r < 2; r++) {
            const double off = difference(taught(cells[i].cell, rules[r], ELIGO_ENGINE_INTERPRET),
                                          taught(cells[i].cell, rules[r], ELIGO_ENGINE_TCC));
            cr_expect(off < 1e-9, "%s by %s, compiled, is off by %g", cells[i].cell, rules[r], off);
        }
}
