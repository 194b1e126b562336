/* Presynaptic traces: where an influence is the same for every unit, one number for each column is carried.
 *
 * The gradient is held against path enumeration, which knows of no structure, both interpreted and as
 * compiled C; the memory against what the cost sheet and the emitted struct say. */
#include "derive/derive.h"
#include "eligo.h"
#include "eligo_internal.h"
#include "oracle/enumerate.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { STEPS = 5, MOST = 256 };

#define CELL(head, body)                                                                                     \
    "cell c { size n, m; input x[m]; output h; param W[n,m], R[n,n], b[n]; " head " " body " }\n"            \
    "network w { input x[2]; param V[2,3]; layer l = c(n = 3, x = x); y = V @ l.h; loss mse(y, target); }"

typedef struct Case {
    const char *what, *text, *keep;
    const char *presynaptic; /* the roots whose influences by W are presynaptic, each with a blank after it */
    const char *unit, *dense;
} Case;

static const Case cases[] = {
    {"a constant leak", CELL("state v[n], h[n];", "v = 0.9 * v[t-1] + W @ x + R @ h[t-1] + b; h = tanh(v);"),
     "implicit*", "v ", "", ""},
    {"a leak that is learned, one for all",
     CELL("state v[n], h[n]; param a;",
          "v = sigmoid(a) * v[t-1] + 2 * a * (W @ x + b) + R @ h[t-1]; h = tanh(v);"),
     "implicit*", "v ", "", ""},
    {"a filter behind a filter",
     CELL("state s[n], v[n], h[n];",
          "s = 0.5 * s[t-1] + W @ x + R @ h[t-1] + b; v = 0.8 * v[t-1] + s; h = tanh(v);"),
     "implicit*", "s v ", "", ""},
    {"a delay, and two uses",
     CELL("state v[n], h[n];",
          "v = 0.5 * v[t-1] - 0.3 * v[t-3] + W @ x + 0.1 * W @ x[t-1] + R @ h[t-1] + b; h = tanh(v);"),
     "implicit*", "v ", "", ""},
    {"a signal at a lag",
     CELL("state v[n], h[n];", "v = 0.5 * v[t-1] + W @ x + R @ h[t-1] + b; h = tanh(v[t-2]) + v;"),
     "implicit*", "v ", "", ""},
    {"a unit's own nonlinearity behind the filter",
     CELL("state v[n], a[n], h[n];",
          "v = 0.5 * v[t-1] + W @ x + R @ h[t-1] + b; a = 0.7 * a[t-1] + tanh(v[t-1]); h = tanh(v - a);"),
     "implicit*", "v ", "a ", ""},
    {"hops from a presynaptic trace",
     CELL("state v[n], h[n];", "v = 0.9 * v[t-1] + W @ x + R @ v[t-1] + b; h = tanh(v);"),
     "implicit* (explicit implicit*)?", "v ", "", "v "},
    {"a sum over units",
     CELL("state v[n], s, h[n];",
          "v = 0.9 * v[t-1] + W @ x + b; s = 0.5 * s[t-1] + sum(v); h = R @ tanh(v - 0.1 * s);"),
     "any*", "v ", "", "s "},
    {"a leak of each unit's own",
     CELL("state v[n], h[n]; param a[n];", "v = a * v[t-1] + W @ x + R @ h[t-1] + b; h = tanh(v);"),
     "implicit*", "", "v ", ""},
    {"a gain of each unit's own",
     CELL("state v[n], h[n];", "v = 0.9 * v[t-1] + tanh(W @ x + R @ h[t-1] + b); h = v;"), "implicit*", "",
     "v ", ""},
    {"a reset", CELL("state v[n], h[n];", "v = 0.9 * v[t-1] + W @ x + R @ h[t-1] + b - h[t-1]; h = tanh(v);"),
     "implicit*", "", "v ", ""},
};
enum { CASES = sizeof cases / sizeof *cases };

static const char *roots_with(const Derivation *derivation, Structure structure, const char *param,
                              Text *out) {
    text_add(out, "");
    for (int i = 0; i < derivation->influences.count; i++) {
        const Influence *influence = &derivation->influences.at[i];
        if (influence->structure == structure && strcmp(influence->param->label, param) == 0)
            text_printf(out, "%s ", influence->root->label);
    }
    return out->at;
}

static void expect_structure(const Case *c, const Derivation *derivation) {
    const struct {
        Structure structure;
        const char *roots;
    } wanted[] = {
        {STRUCTURE_PRESYNAPTIC, c->presynaptic}, {STRUCTURE_UNIT, c->unit}, {STRUCTURE_DENSE, c->dense}};
    for (int i = 0; i < 3; i++) {
        Text of_matrix = {0}, of_vector = {0};
        cr_expect_str_eq(roots_with(derivation, wanted[i].structure, "W", &of_matrix), wanted[i].roots, "%s",
                         c->what);
        cr_expect_str_eq(roots_with(derivation, wanted[i].structure, "b", &of_vector), wanted[i].roots, "%s",
                         c->what);
        text_free(&of_matrix), text_free(&of_vector);
    }
    for (int i = 0; i < derivation->influences.count; i++) {
        const Influence *influence = &derivation->influences.at[i];
        if (influence->structure != STRUCTURE_PRESYNAPTIC) continue;
        cr_expect_eq(influence->buffer->rank, influence->param->cols != NULL, "%s", c->what);
        if (influence->param->cols) cr_expect(influence->buffer->dims[0] == influence->param->cols);
    }
}

static void expect_gradient(const Case *c, const SpecModel *spec, double **want, EligoLearner *learner,
                            bool *differs) {
    const Model *model = spec->model;
    for (int again = 0; again < 2; again++) spec_run(spec, learner); /* a second sequence: empty traces */
    for (int p = 0; p < model->params.count; p++) {
        double got[MOST];
        eligo_learner_get_gradient(learner, p, got);
        for (long i = 0; i < spec_entries(model->params.at[p]); i++) {
            cr_expect(fabs(got[i] - want[p][i]) <= 1e-12 + 1e-10 * fabs(want[p][i]),
                      "%s, %s: %s[%ld] is %.15g, not %.15g", c->what, eligo_learner_engine(learner),
                      model->params.at[p]->label, i, got[i], want[p][i]);
            *differs = *differs || fabs(want[p][i]) > 1e-4;
        }
    }
}

static void check(const Case *c) {
    SpecModel spec = spec_model(c->text, STEPS, 11);
    cr_assert(spec.model, "%s: %s", c->what, spec.messages.at);
    double **want = spec_gradients(&spec);
    OracleRule rule = {.keep = spec_path(&spec, c->keep)};
    cr_assert(oracle_gradient(spec.model, &rule, (const double *const *)spec.params, &spec.sequence, want,
                              NULL) == ORACLE_DONE);
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "case.eligo", c->text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, opened, NULL, c->keep, ELIGO_CARRY_FORWARD);
    cr_assert(derivation, "%s: %s", c->what, eligo_messages(eligo, false));
    expect_structure(c, derivation->derivation);
    static const EligoEngine engines[] = {ELIGO_ENGINE_INTERPRET, ELIGO_ENGINE_TCC};
    for (int e = 0; e < 2; e++) {
        EligoLearner *learner = eligo_learner_new(eligo, derivation, engines[e], ELIGO_DOUBLE);
        bool differs = false;
        cr_assert(learner, "%s: %s", c->what, eligo_messages(eligo, false));
        expect_gradient(c, &spec, want, learner, &differs);
        cr_expect(differs, "%s: the gradient is zero", c->what);
        eligo_learner_free(learner);
    }
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    spec_model_free(&spec);
}

Test(presynaptic, structure_and_gradient) {
    for (int i = 0; i < CASES; i++) check(&cases[i]);
}

/* Reals carried for the parameters W and R of a library cell at these sizes. */
static double carried(const char *cell, const char *rule, long n, long m) {
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", n), eligo_size(eligo, "m", m);
    EligoSpec *spec = eligo_open(eligo, cell, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_FORWARD);
    cr_assert(derivation, "%s", eligo_messages(eligo, false));
    double sum = 0;
    for (int i = 0; i < derivation->derivation->influences.count; i++)
        sum += (double)buffer_entries(derivation->derivation->influences.at[i].buffer);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return sum;
}

Test(presynaptic, a_leaky_unit_without_reset_carries_one_number_an_input) {
    cr_expect(carried("lif", "eprop_noreset", 40, 7) == 40 + 7);
    cr_expect(carried("lif", "eprop", 40, 7) == 40 * (40 + 7));
}
