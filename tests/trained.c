#include "trained.h"
#include "eligo_trial.h"
#include "support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void trained_free(Trained *t) {
    eligo_learner_free(t->learner);
    eligo_derivation_free(t->derivation);
    eligo_spec_free(t->spec);
    eligo_free(t->eligo);
}

static const char *library(void) {
    const char *given = getenv("ELIGO_LIBRARY");
    return given && *given ? given : "library";
}

Trained trained_new(const Training *trial) {
    Trained t = {.eligo = eligo_new(library())};
    eligo_block(t.eligo, trial->block);
    eligo_lanes(t.eligo, trial->lanes);
    t.spec = eligo_open(t.eligo, trial->spec, ELIGO_TARGET_UNKNOWN);
    cr_assert(t.spec, "%s: %s", trial->spec, eligo_messages(t.eligo, false));
    trial_shrink(t.spec->model);
    char *use = eligo_rule_use(t.spec, trial->rule);
    t.derivation = eligo_derive(t.eligo, t.spec, use, NULL, trial->carry);
    free(use);
    if (!t.derivation) return t;
    t.learner = eligo_learner_new(t.eligo, t.derivation, trial->engine, trial->real);
    cr_assert(t.learner, "%s by %s: %s", trial->spec, trial->rule, eligo_messages(t.eligo, false));
    eligo_learner_init(t.learner, 5);
    return t;
}

static double number(int sequence, int t, long i) {
    return sin(1.7 * t + 0.9 * (double)i + 0.3 + 2.3 * sequence) * 1.3;
}

void trained_set_step(const Trained *t, int sequence, int step) {
    double values[512];
    for (int i = 0; i < eligo_inputs(t->spec); i++) {
        const long rows = eligo_input(t->spec, i).rows;
        for (long k = 0; k < rows; k++) values[k] = number(sequence, step, k + 7 * i);
        eligo_learner_set_input(t->learner, i, values);
    }
    const EligoArray target = eligo_target(t->spec);
    if (target.name && eligo_target_is_class(t->spec)) {
        eligo_learner_set_class(t->learner, (step + sequence) % target.rows);
    } else if (target.name) {
        for (long k = 0; k < target.rows; k++) values[k] = number(sequence, step + 3, k);
        eligo_learner_set_target(t->learner, values);
    }
    if (eligo_when(t->spec).name) eligo_learner_set_when(t->learner, (step + sequence) % 3 != 1);
}

double trained_run(const Trained *t, int sequence, int steps) {
    const int lanes = eligo_lane_count(t->derivation);
    double loss = 0;
    cr_assert(eligo_learner_start(t->learner, steps));
    for (int step = 0; step < steps; step++) {
        for (int lane = 0; lane < lanes; lane++) {
            eligo_learner_select(t->learner, lane);
            trained_set_step(t, sequence + lane, step);
        }
        eligo_learner_step(t->learner);
        for (int lane = 0; lane < lanes; lane++) {
            eligo_learner_select(t->learner, lane);
            loss += eligo_learner_loss(t->learner);
        }
    }
    eligo_learner_finish(t->learner);
    return loss;
}

static long entries_of(const Trained *t, int param) {
    const EligoArray array = eligo_param(t->spec, param);
    return array.rows * array.cols;
}

double trained_distance(const Trained *a, const Trained *b, double *norm) {
    double most = 0;
    *norm = 0;
    for (int p = 0; p < eligo_params(a->spec); p++) {
        const size_t bytes = (size_t)entries_of(a, p) * sizeof(double);
        double *x = malloc(bytes), *y = malloc(bytes);
        cr_assert(x && y);
        eligo_learner_get_gradient(a->learner, p, x);
        eligo_learner_get_gradient(b->learner, p, y);
        for (long i = 0; i < entries_of(a, p); i++) {
            most = fmax(most, fabs(x[i] - y[i]));
            *norm = fmax(*norm, fabs(x[i]));
        }
        free(x), free(y);
    }
    return most;
}

static int is_spec(const struct dirent *entry) { return strstr(entry->d_name, ".eligo") != NULL; }

void trained_each(const char *folder, void (*act)(const char *spec, const char *rule, void *context),
                  void *context) {
    struct dirent **specs, **rules;
    const int spec_count = scandir(folder, &specs, is_spec, alphasort);
    const int rule_count = scandir("library/rules", &rules, is_spec, alphasort);
    for (int i = 0; i < spec_count; i++) {
        char *spec = formatted("%.*s", (int)strcspn(specs[i]->d_name, "."), specs[i]->d_name);
        for (int r = 0; r < rule_count; r++) {
            char *rule = formatted("%.*s", (int)strcspn(rules[r]->d_name, "."), rules[r]->d_name);
            act(spec, rule, context);
            free(rule);
        }
        free(spec);
        free(specs[i]);
    }
    for (int r = 0; r < rule_count; r++) free(rules[r]);
    free(specs), free(rules);
}
