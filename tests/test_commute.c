/* Readouts with state: where their filter commutes with the readout's matrix, traces are filtered before it.
 *
 * The gradient is held against path enumeration and the backward carry, which know of no filter, interpreted
 * and as compiled C. Where the filter doesn't commute, the influence on the readout must be carried whole. */
#include "derive/derive.h"
#include "eligo.h"
#include "eligo_internal.h"
#include "oracle/enumerate.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5, MOST = 256 };

#define LEAKY                                                                                                \
    "cell c { size n, m; input x[m]; state v[n], h[n]; output h; param W[n,m], R[n,n], b[n];"                \
    "v = 0.8 * v[t-1] + W @ x + R @ h[t-1] + b; h = tanh(v); }\n"
#define FED                                                                                                  \
    "cell c { size n, m, q; input x[m], back[q]; state v[n], h[n]; output h; param W[n,m], F[n,q];"          \
    "v = 0.8 * v[t-1] + W @ x + F @ back; h = tanh(v); }\n"
#define SPARSE                                                                                               \
    "cell c { size n, m; input x[m]; state v[n], h[n]; output h; param W[n,m], R[n,n] sparse 0.5;"           \
    "v = 0.8 * v[t-1] + W @ x + R @ h[t-1]; h = tanh(v); }\n"
#define NET(cell, declared, equations)                                                                       \
    cell "network w { input x[2]; param V[2,3]; " declared " layer l = c(n = 3, x = x); " equations " }"
#define MSE     " loss mse(y, target);"
#define EPROP   "(implicit | spatial)*"
#define READOUT "y = 0.6 * y[t-1] + V @ l.h;"

typedef struct Case {
    const char *what, *text, *keep;
    const char *filters;  /* the matrices whose filters are in use, each with a blank after it */
    const char *carriers; /* the roots that carry W's influence */
} Case;

static const Case cases[] = {
    {"a leak", NET(LEAKY, "param d[2];", "y = 0.6 * y[t-1] + V @ l.h + d;" MSE), EPROP, "V ", "v h̄ "},
    {"a named constant", NET(LEAKY, "const kappa = 0.7;", "y = kappa * y[t-1] + V @ l.h;" MSE), EPROP, "V ",
     "v h̄ "},
    {"a loss that mixes outputs", NET(LEAKY, "", READOUT " loss softmax_cross_entropy(y, target);"), EPROP,
     "V ", "v h̄ "},
    {"a leak that is learned",
     NET(LEAKY, "param a;", "y = sigmoid(a) * y[t-1] + (1 - sigmoid(a)) * V @ l.h;" MSE), EPROP, "V ",
     "v h̄ "},
    {"a leak that the input moves", NET(LEAKY, "", "y = sigmoid(sum(x)) * y[t-1] + V @ l.h;" MSE), EPROP,
     "V ", "v h̄ "},
    {"a gain before the matrix", NET(LEAKY, "", "y = 0.6 * y[t-1] - 0.5 * (V @ (l.h * l.h));" MSE), EPROP,
     "V ", "v h̄ "},
    {"two matrices", NET(LEAKY, "param U[2,3];", "y = 0.6 * y[t-1] + V @ l.h + U @ tanh(l.h);" MSE), EPROP,
     "V U ", "v h̄ h̄_U "},
    {"one matrix twice", NET(LEAKY, "", "y = 0.6 * y[t-1] + V @ l.h + 0.3 * V @ tanh(2 * l.h);" MSE), EPROP,
     "V ", "v h̄ "},
    {"two lags", NET(LEAKY, "", "y = 0.6 * y[t-1] - 0.2 * y[t-3] + V @ l.h;" MSE), EPROP, "V ", "v h̄ "},
    {"the layer's past", NET(LEAKY, "", "y = 0.6 * y[t-1] + V @ l.h[t-1];" MSE), "(implicit | explicit)*", "",
     "v y "},
    {"the layer's past, without hops in the layer", NET(LEAKY, "", "y = 0.6 * y[t-1] + V @ l.h[t-1];" MSE),
     "(implicit | explicit via V)*", "V ", "v h̄ "},
    {"two readouts and a second loss",
     NET(LEAKY, "param U[2,3]; ",
         "y = 0.6 * y[t-1] + V @ l.h; z = -0.4 * z[t-1] + U @ l.h;"
         " loss mse(y + 0.5 * z, target); loss 0.1 * mean(l.h ^ 2);"),
     EPROP, "V U ", "v h̄ h̄_U "},
    {"a sparse layer", NET(SPARSE, "", READOUT MSE), EPROP, "V ", "v h̄ "},
    {"a bounded past", NET(LEAKY, "", READOUT MSE), "implicit* within 2", "V ", ""},
    {"no past of the readout", NET(LEAKY, "", READOUT MSE), "(implicit & v -> v)*", "", "v "},
    {"the layer's past dense: outputs are fewer", NET(LEAKY, "", READOUT MSE), "any*", "", "v y "},

    {"a leak of each output's own",
     NET(LEAKY, "const k[2] = uniform(0.2, 0.9);", "y = k * y[t-1] + V @ l.h;" MSE), EPROP, "", "v y "},
    {"a learned leak of each output's own", NET(LEAKY, "param k[2];", "y = k * y[t-1] + V @ l.h;" MSE), EPROP,
     "", "v y "},
    {"outputs mixed in time", NET(LEAKY, "param K[2,2];", "y = K @ y[t-1] + V @ l.h;" MSE), "any*", "",
     "v y "},
    {"a gain of each output's own", NET(LEAKY, "param g[2];", "y = 0.6 * y[t-1] + g * (V @ l.h);" MSE), EPROP,
     "", "v y "},
    {"an output behind a nonlinearity", NET(LEAKY, "", "y = tanh(0.6 * y[t-1] + V @ l.h);" MSE), EPROP, "",
     "v y "},
    {"an output that is fed back",
     FED
     "network w { input x[2]; param V[2,3]; state y[2]; layer l = c(n = 3, x = x, back = y[t-1]); " READOUT
         MSE " }",
     "implicit*", "", "v y "},
    {"a second matrix behind the first", NET(LEAKY, "param U[3,3];", "y = 0.6 * y[t-1] + V @ (U @ l.h);" MSE),
     EPROP, "", "v y "},
    {"a loss on the readout's past", NET(LEAKY, "", READOUT " loss mse(y + 0.5 * y[t-1], target);"), EPROP,
     "", "v y "},
};
enum { CASES = sizeof cases / sizeof *cases };

static const char *filters_of(const Derivation *derivation, Text *out) {
    text_add(out, "");
    for (int i = 0; i < derivation->filters.count; i++)
        if (derive_uses_filter(derivation, &derivation->filters.at[i]))
            text_printf(out, "%s ", derivation->filters.at[i].matrix->label);
    return out->at;
}

static const char *carriers_of(const Derivation *derivation, const char *param, Text *out) {
    text_add(out, "");
    for (int i = 0; i < derivation->influences.count; i++)
        if (strcmp(derivation->influences.at[i].param->label, param) == 0)
            text_printf(out, "%s ", derivation->influences.at[i].root->label);
    return out->at;
}

static void expect_structure(const Case *c, const Derivation *derivation) {
    Text filters = {0}, carriers = {0};
    cr_expect_str_eq(filters_of(derivation, &filters), c->filters, "%s: filters %s", c->what, filters.at);
    if (*c->carriers)
        cr_expect_str_eq(carriers_of(derivation, "W", &carriers), c->carriers, "%s: %s", c->what,
                         carriers.at);
    for (int i = 0; i < derivation->influences.count; i++)
        for (int f = 0; f < derivation->filters.count; f++)
            if (derivation->influences.at[i].root == derivation->filters.at[f].root)
                cr_expect_leq(derivation->influences.at[i].structure, STRUCTURE_UNIT, "%s", c->what);
    const int w = model_param(derivation->model, "W")->index;
    if (*c->filters && *c->carriers) cr_expect(derivation->facts[w].local, "%s: W is local", c->what);
    text_free(&filters), text_free(&carriers);
}

/* The derived gradient; `derivation` is NULL or judges it. */
static double **derived(SpecModel *spec, const Case *c, const char *rule, EligoCarry carry,
                        EligoEngine engine) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "case.eligo", c->text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, opened, NULL, rule, carry);
    cr_assert(derivation, "%s: %s", c->what, eligo_messages(eligo, false));
    if (carry == ELIGO_CARRY_FORWARD && strcmp(rule, c->keep) == 0)
        expect_structure(c, derivation->derivation);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    cr_assert(learner, "%s: %s", c->what, eligo_messages(eligo, false));
    for (int again = 0; again < 2; again++) spec_run(spec, learner); /* a second sequence: empty traces */
    double **grad = spec_gradients(spec);
    for (int p = 0; p < spec->model->params.count; p++) eligo_learner_get_gradient(learner, p, grad[p]);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return grad;
}

Test(commute, structure_and_gradient, .timeout = 120) {
    for (int i = 0; i < CASES; i++) {
        const Case *c = &cases[i];
        SpecModel spec = spec_model(c->text, STEPS, 17);
        cr_assert(spec.model, "%s: %s", c->what, spec.messages.at);
        double **want = spec_gradients(&spec);
        OracleRule rule = {.keep = spec_path(&spec, c->keep)};
        cr_assert(oracle_gradient(spec.model, &rule, (const double *const *)spec.params, &spec.sequence, want,
                                  NULL) == ORACLE_DONE);
        cr_expect_gt(spec_distance(&spec, want, NULL), 1e-3, "%s: a gradient", c->what);
        double **const got[] = {derived(&spec, c, c->keep, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET),
                                derived(&spec, c, c->keep, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC),
                                derived(&spec, c, c->keep, ELIGO_CARRY_BACKWARD, ELIGO_ENGINE_INTERPRET)};
        for (int k = 0; k < 3; k++)
            cr_expect_lt(spec_distance(&spec, got[k], want), 1e-12, "%s: %d", c->what, k);
        spec_model_free(&spec);
    }
}

/* B_V stands where V stood: the error comes back through it, the trace is filtered all the same. */
Test(commute, random_feedback_stands_for_the_matrix) {
    const Case *c = &cases[0];
    const char *rule = EPROP "; signal random";
    SpecModel spec = spec_model(c->text, STEPS, 23);
    double **forward = derived(&spec, c, rule, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC);
    double **backward = derived(&spec, c, rule, ELIGO_CARRY_BACKWARD, ELIGO_ENGINE_INTERPRET);
    double **symmetric = derived(&spec, c, c->keep, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET);
    cr_expect_lt(spec_distance(&spec, forward, backward), 1e-12);
    cr_expect_gt(spec_distance(&spec, forward, symmetric), 1e-3);
    spec_model_free(&spec);
}

/* ---- when the rule's other axes stand against it, and what it saves ---- */

#define OUTPUTS(k, kappa)                                                                                    \
    LEAKY "network w { input x[4]; param V[" k ",16]; const own[" k                                          \
          "] = uniform(0.5, 0.6); layer l = c(n = 16, x = x);"                                               \
          "y = " kappa " * y[t-1] + V @ l.h; loss mse(y, target); }"

static EligoDerivation *open(Eligo *eligo, EligoSpec **spec, const char *text, const char *rule,
                             bool online) {
    *spec = eligo_open_text(eligo, "t.eligo", text, ELIGO_TARGET_UNKNOWN);
    cr_assert(*spec, "%s", eligo_messages(eligo, false));
    EligoDerivation *derivation = online ? eligo_derive_online(eligo, *spec, NULL, rule)
                                         : eligo_derive(eligo, *spec, NULL, rule, ELIGO_CARRY_FORWARD);
    cr_assert(derivation, "%s: %s", rule, eligo_messages(eligo, false));
    return derivation;
}

Test(commute, a_matrix_that_learns_within_the_sequence_is_not_passed) {
    static const struct {
        const char *rule;
        bool online;
        const char *filters;
    } table[] = {{EPROP, false, "V "},
                 {EPROP "; signal random", false, "B_V "},
                 {EPROP "; decay 0.9", false, "V "},
                 {EPROP, true, ""},
                 {EPROP "; update online", false, ""},
                 {EPROP "; mask reach(1)", false, ""},
                 {EPROP "; mask diag", false, ""},
                 {EPROP "; replace implicit with 0.5", false, ""}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec;
        EligoDerivation *derivation = open(eligo, &spec, OUTPUTS("3", "0.6"), table[i].rule, table[i].online);
        Text filters = {0};
        cr_expect_str_eq(filters_of(derivation->derivation, &filters), table[i].filters, "%s: %s",
                         table[i].rule, filters.at);
        text_free(&filters);
        eligo_derivation_free(derivation);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}

typedef struct Held {
    double bytes, carried, work;
} Held;

/* What the compiled struct takes, and what the cost sheet says of W. */
static Held held(const char *text) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec;
    EligoDerivation *derivation = open(eligo, &spec, text, EPROP, false);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
    cr_assert(learner, "%s", eligo_messages(eligo, false));
    Arena *arena = arena_new();
    const Derivation *made = derivation->derivation;
    const ParamCost cost = derivation_param_cost(made, model_param(made->model, "W"), arena);
    const Held result = {.bytes = (double)eligo_learner_struct_bytes(learner),
                         .carried = polynomial_value(&cost.carried),
                         .work = polynomial_value(&cost.work)};
    cr_expect_eq(eligo_learner_struct_bytes(learner), eligo_struct_bytes(derivation, ELIGO_FLOAT));
    arena_free(arena);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return result;
}

Test(commute, traces_do_not_grow_with_the_outputs) {
    enum { N = 16, M = 4, FEW = 3, MANY = 9, ENTRIES = N * M + N * N + N };
    const Held few = held(OUTPUTS("3", "0.6")), many = held(OUTPUTS("9", "0.6"));
    cr_expect_eq(few.carried, M + N * M, "a presynaptic trace, and its filter past the nonlinearity");
    cr_expect_eq(many.carried, few.carried);
    cr_expect_eq(many.work, few.work);
    /* V, its gradient and its trace, the output's vectors */
    cr_expect_leq(many.bytes - few.bytes, (MANY - FEW) * 4 * (3 * N + 12));
    const Held by_output = held(OUTPUTS("9", "own"));
    cr_expect_geq(by_output.carried, MANY * N * M);
    cr_expect_geq(by_output.bytes - many.bytes, 4 * (MANY - 2) * ENTRIES);
}

Test(commute, the_derivation_says_so) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, "leaky_readout", ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "eprop", NULL, ELIGO_CARRY_RULE);
    char *text = eligo_print(derivation, ELIGO_TEXT);
    static const char *const parts[] = {
        "The readout's filter commutes with V: z̄ is z", "filtered eligibility trace", "L_z̄ = Vᵀ @ L_y",
        "ε_z̄ = kappa * ε_z̄[t-1] + slope_z_v * ε_v",     "dE/dθ += L_z̄ * ε_z̄",         "2 m n = 1,024"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect(strstr(text, parts[i]), "%s\nis not in\n%s", parts[i], text);
    free(text);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
