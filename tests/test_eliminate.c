/* State variables whose influence is another's, unit by unit: it isn't carried where that saves something.
 *
 * The gradient is held against path enumeration, which knows of no influence, forward, in blocks and
 * backward; what nearly follows must be carried. */
#include "derive/forward.h"
#include "eligo.h"
#include "eligo_internal.h"
#include "oracle/enumerate.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 6 };

#define NET "network w { input x[2]; param V[2,3], d[2]; layer l = c(n = 3, x = x);"
#define MSE " loss mse(y, target); }"
#define CELL(declared, equations)                                                                            \
    "cell c { size n, m; input x[m]; state " declared "; output h; param W[n,m], R[n,n], b[n];" equations    \
    " }\n" NET "y = V @ l.h + d;" MSE
#define LEAK  "v = 0.8 * v[t-1] + W @ x + R @ h[t-1] + b;"
#define RESET "v = 0.8 * v[t-1] + W @ x + R @ h[t-1] + b - 0.6 * h[t-1];"
#define EPROP "(implicit | spatial)*"

typedef struct Case {
    const char *what, *text, *keep;
    const char *forward; /* the roots that carry W's influence forward, each with a blank after it … */
    const char *blocks;  /* … and in blocks */
} Case;

static const Case cases[] = {
    {"a reset", CELL("v[n], h[n]", RESET "h = tanh(v);"), EPROP, "v ", "v "},
    {"hops", CELL("v[n], h[n]", LEAK "h = tanh(v);"), "any*", "v ", "v "},
    {"one hop", CELL("v[n], h[n]", RESET "h = tanh(v);"), "implicit* (explicit implicit*)?", "v v ", "v v "},
    {"a slope that the input moves", CELL("v[n], h[n]", RESET "h = tanh(v) * sum(x);"), EPROP, "v ", "v "},
    {"a slope with a product in it", CELL("v[n], h[n]", RESET "h = tanh(v) * stop(sigmoid(R @ v));"), EPROP,
     "v ", "v "},
    {"a slope that is a number", CELL("v[n], h[n]", RESET "h = 0.5 * v;"), EPROP, "v ", "v "},
    {"a slope that is the same for all units and learned",
     CELL("v[n], h[n]; param g", RESET "h = sigmoid(g) * v;"), EPROP, "v ", "v h "} /* likewise g's */,
    {"another way in, which the rule drops", CELL("v[n], h[n]", RESET "h = tanh(v + 0.3 * (R @ h[t-1]));"),
     EPROP, "v ", "v h "}, /* in blocks R's own use is in the way of all */
    {"one behind the other",
     CELL("v[n], u[n], h[n]", "v = 0.8 * v[t-1] + W @ x + R @ u[t-1] + b - 0.6 * h[t-1] + 0.1 * u[t-1];"
                              "u = tanh(v); h = u + u ^ 2;"),
     "any*", "v ", "v "},
    {"a lag as long as the source's",
     CELL("v[n], h[n]", "v = 0.5 * v[t-1] + 0.2 * v[t-2] + W @ x + R @ h[t-2] + b; h = tanh(v);"), "any*",
     "v ", "v v "},
    {"two words of one unit",
     CELL("v[n], h[n]",
          "v = 0.8 * v[t-1] + W @ x + R @ h[t-1] + b - 0.5 * h[t-1]; h = tanh(v) + tag(other, v) ^ 2;"),
     "(implicit | spatial | local & not other)*", "v ", "v "},
    {"a loss on the past",
     "cell c { size n, m; input x[m]; state v[n], h[n]; output h; param W[n,m], R[n,n], b[n];" RESET
     "h = tanh(v); }\n" NET "y = V @ l.h + V @ l.h[t-1] + d;" MSE,
     "any*", "v ", "v "},
    {"two sources, one presynaptic: only the other is as large",
     CELL("v[n], a[n], h[n]", "a = 0.9 * a[t-1] + h[t-1]; v = 0.8 * v[t-1] + W @ x + R @ h[t-1] + b;"
                              "h = tanh(v - 0.3 * a);"),
     EPROP, "v a ", "v a "},

    {"two sources that would be held twice as long",
     CELL("v[n], a[n], h[n]", "a = 0.9 * a[t-1] + h[t-1];" RESET "h = tanh(v - 0.3 * a);"), EPROP, "v a h ",
     "v a "},
    {"two sources that a product would read each",
     CELL("v[n], a[n], h[n]", "v = 0.8 * v[t-1] + W @ x + R @ h[t-1] + b; a = 0.9 * a[t-1] + 0.1 * v;"
                              "h = tanh(v - 0.3 * a);"),
     "any*", "v a h ", "v a "},
    {"four sources, three of which would be held twice as long",
     CELL("v[n], a[n], e[n], f[n], h[n]",
          "v = 0.5 * v[t-1] + W @ x + 0.3 * R @ v[t-1] + b - 0.2 * h[t-1]; a = 0.9 * a[t-1] + 0.1 * h[t-1];"
          "e = 0.7 * e[t-1] + 0.2 * h[t-1]; f = 0.4 * f[t-1] - 0.3 * h[t-1]; h = tanh(v - a + e - f);"),
     "any*", "v a e f h ", "v a e f "},
    {"a use of its own", CELL("v[n], h[n]", RESET "h = tanh(v + 0.3 * W @ x);"), EPROP, "v h ", "v h "},
    {"a past of its own", CELL("v[n], h[n]", RESET "h = tanh(v) + 0.2 * h[t-1];"), EPROP, "v h ", "v h "},
    {"a source one step back", CELL("v[n], h[n]", RESET "h = tanh(v[t-1]) * sum(x);"), EPROP, "v h ", "v h "},
    {"units that mix", CELL("v[n], h[n]", RESET "h = tanh(R @ v);"), "any*", "v h ", "v h "},
    {"a longer lag than the source's",
     CELL("v[n], h[n]", "v = 0.8 * v[t-1] + W @ x + R @ h[t-2] + b; h = tanh(v);"), "any*", "v h ", "v h h "},
    {"a source that no later step reads",
     CELL("v[n], h[n]", "v = W @ x + R @ h[t-1] + b; h = tanh(v) + 0.1 * v;"), "any*", "h ", "h "},
};
enum { CASES = sizeof cases / sizeof *cases };

static const char *carriers_of(const Derivation *derivation, const char *param, Text *out) {
    text_add(out, "");
    for (int i = 0; i < derivation->influences.count; i++)
        if (strcmp(derivation->influences.at[i].param->label, param) == 0)
            text_printf(out, "%s ", derivation->influences.at[i].root->name);
    return out->at;
}

static void expect_carriers(const Case *c, const Derivation *derivation, const char *wanted) {
    Text carriers = {0};
    cr_expect_str_eq(carriers_of(derivation, "W", &carriers), wanted, "%s: %s", c->what, carriers.at);
    text_free(&carriers);
}

static double **derived(SpecModel *spec, const Case *c, EligoCarry carry, EligoEngine engine, int block) {
    Eligo *eligo = eligo_new("library");
    eligo_block(eligo, block);
    EligoSpec *opened = eligo_open_text(eligo, "case.eligo", c->text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, opened, NULL, c->keep, carry);
    cr_assert(derivation, "%s: %s", c->what, eligo_messages(eligo, false));
    if (carry == ELIGO_CARRY_FORWARD) expect_carriers(c, derivation->derivation, c->forward);
    if (carry == ELIGO_CARRY_MIXED) expect_carriers(c, derivation->derivation, c->blocks);
    if (carry == ELIGO_CARRY_BACKWARD) cr_expect_eq(derivation->derivation->slopes.count, 0, "%s", c->what);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    cr_assert(learner, "%s: %s", c->what, eligo_messages(eligo, false));
    for (int again = 0; again < 2; again++) spec_run(spec, learner); /* a second sequence: no slopes left */
    double **grad = spec_gradients(spec);
    for (int p = 0; p < spec->model->params.count; p++) eligo_learner_get_gradient(learner, p, grad[p]);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return grad;
}

static void check(const Case *c) {
    SpecModel spec = spec_model(c->text, STEPS, 17);
    cr_assert(spec.model, "%s: %s", c->what, spec.messages.at);
    double **want = spec_gradients(&spec);
    OracleRule rule = {.keep = spec_path(&spec, c->keep)};
    cr_assert(oracle_gradient(spec.model, &rule, (const double *const *)spec.params, &spec.sequence, want,
                              NULL) == ORACLE_DONE);
    cr_expect_gt(spec_distance(&spec, want, NULL), 1e-3, "%s: a gradient", c->what);
    double **const got[] = {derived(&spec, c, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET, 0),
                            derived(&spec, c, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC, 0),
                            derived(&spec, c, ELIGO_CARRY_BACKWARD, ELIGO_ENGINE_INTERPRET, 0),
                            derived(&spec, c, ELIGO_CARRY_MIXED, ELIGO_ENGINE_INTERPRET, 1),
                            derived(&spec, c, ELIGO_CARRY_MIXED, ELIGO_ENGINE_TCC, 3),
                            derived(&spec, c, ELIGO_CARRY_MIXED, ELIGO_ENGINE_INTERPRET, 4)};
    for (int k = 0; k < 6; k++) cr_expect_lt(spec_distance(&spec, got[k], want), 1e-10, "%s: %d", c->what, k);
    spec_model_free(&spec);
}

Test(eliminate, structure_and_gradient, .timeout = 240) {
    for (int i = 0; i < CASES; i++) check(&cases[i]);
}
