/* Rules that change what an edge is (replace, decay, signal local): forward, backward and every path counted.
 *
 * The enumeration takes the replaced edges out of its own walk and puts one edge in their place, by the
 * selector's syntax tree and numbers alone. Each rule must also differ from the whole gradient. */
#include "eligo.h"
#include "oracle_rule.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 4 };

#define HEAD    "cell c { size n, m; input x[m]; "
#define VANILLA HEAD "state h[n]; output h; param W[n,m], R[n,n], b[n]; h = tanh(W @ x + R @ h[t-1] + b); }"
#define LEAKY                                                                                                \
    HEAD "state h[n]; output h; param W[n,m], R[n,n]; const a = 0.7;"                                        \
         "h = a * h[t-1] + (1 - a) * tanh(W @ x + R @ h[t-1]); }"
#define LSTM                                                                                                 \
    HEAD "state c[n], h[n]; output h; param Wi[n,m], Ri[n,n], Wf[n,m], Rf[n,n], Wg[n,m], Rg[n,n];"           \
         "i = sigmoid(Wi @ x + Ri @ h[t-1]); f = sigmoid(Wf @ x + Rf @ h[t-1]);"                             \
         "g = tanh(Wg @ x + Rg @ h[t-1]); c = f * c[t-1] + i * g; h = tanh(c); }"
#define GRU                                                                                                  \
    HEAD "state h[n]; output h; param Wr[n,m], Rr[n,n], Wn[n,m], Rn[n,n];"                                   \
         "r = sigmoid(Wr @ x + Rr @ h[t-1]); u = tanh(Wn @ x + Rn @ (r * h[t-1]));"                          \
         "h = 0.5 * h[t-1] + 0.5 * u; }"
#define DELAYED                                                                                              \
    HEAD "state h[n]; output h; param W[n,m], R[n,n]; h = tanh(W @ x + R @ h[t-2] + 0.5 * h[t-1]); }"
#define ONE(cell)                                                                                            \
    cell "network s { input x[2]; param V[2,3]; layer l1 = c(n = 3, x = x); y = V @ l1.h; loss mse(y, "      \
         "target); }"
#define STACK(losses)                                                                                        \
    VANILLA "network s { input x[2]; param V1[2,3], V2[2,3]; layer l1 = c(n = 3, x = x);"                    \
            "layer l2 = c(n = 3, x = l1.h); y1 = V1 @ l1.h; y2 = V2 @ l2.h;" losses "}"

#define GROUPS                                                                                               \
    "cell c { size n, m; population E = 0.6, I = 0.4; input x[m]; state h[n], u[n]; output h;"               \
    "param W[n,m], R[n,n] zero_diagonal, S[n,n] sparse 0.6;"                                                 \
    "u = where(E, 0.7, 0.4) * u[t-1] * h[t-1] + W @ x + R @ h[t-1];"                                         \
    "h = tanh(u + S @ u[t-2]) + 0.3 * h[t-1]; }"
#define LATERAL                                                                                              \
    HEAD "state a[n], h[n]; output h; param W[n,m], A[n,n] sparse 0.7, R[n,n], b[n];"                        \
         "a = tanh(W @ x + R @ h[t-1] + 0.4 * a[t-1]); h = 0.6 * h[t-1] + sin(A @ a + b + 0.2 * sum(a)); }"

static const struct {
    const char *spec, *rule;
    bool whole; /* it is the whole gradient */
} table[] = {
    {ONE(VANILLA), "any*; replace explicit with random", false},
    {ONE(LSTM), "any*; replace via Rg with random; replace c -> c with sign", false},
    {ONE(GRU), "any*; replace explicit with sign", false},
    {ONE(GRU), "any*; replace lateral with random; replace implicit with mean", false},
    {ONE(GROUPS), "any*; replace explicit with mean", false},
    {ONE(GROUPS), "any*; replace implicit with mean", false},
    {ONE(GROUPS), "any*; replace via S with random; replace via R with sign", false},
    {ONE(GROUPS), "implicit* (explicit implicit*)?; replace any with mean", false},
    {ONE(GROUPS), "any*; replace u -> u with sign; replace u -> h with random", false},
    {ONE(DELAYED), "any*; replace implicit with mean; decay 0.7", false},
    {ONE(LEAKY), "any*; replace implicit with random", true},
    {ONE(LEAKY), "any*; replace implicit with mean in eligibility", true},
    {ONE(LATERAL), "any*; replace any with random", false},
    {ONE(LATERAL), "any*; replace lateral with sign in signal", false},
    {ONE(LATERAL), "any*; replace lateral with sign in eligibility", false},
    {ONE(LATERAL), "any*; replace lateral with mean in eligibility; replace lateral with random in signal",
     false},
    {ONE(LATERAL), "any*; replace explicit with sign in eligibility; replace lateral with random in signal",
     false},
    {ONE(LATERAL), "any* within 2; replace lateral with 0.4 in signal", false},
    {ONE(LATERAL),
     "(implicit | lateral)*; replace a -> h with 0.4 in eligibility; replace lateral with -0.2 in signal",
     false},
    {ONE(LATERAL), "any*; replace lateral with 0 in signal", false},
    {ONE(GRU), "any*; replace lateral with sign in signal; decay 0.8", false},
    {ONE(GRU), "any*; replace lateral with random in eligibility; signal sign_symmetric", false},
    {ONE(LSTM), "any*; signal sign_symmetric", false},
    {ONE(LSTM), "any*; signal adaptive; replace explicit with random", false},
    {ONE(GROUPS), "implicit*; signal adaptive", false},
    {STACK("loss mse(y1 + y2, target);"), "any*; replace spatial with random in signal", false},
    {STACK("loss mse(y1 + y2, target);"), "any*; replace spatial with mean in eligibility; signal random",
     false},
    {STACK("loss mse(y1 + y2, target);"), "any*; replace spatial with -0.5 in eligibility", false},
    {STACK("loss mse(y1 + y2, target);"),
     "any*; replace any with sign in eligibility; replace any with mean in signal", false},
    {STACK("loss mse(y1, target); loss mse(y2, target);"), "any*; signal local; replace explicit with sign",
     false},
    {ONE(VANILLA), "any*; decay 0.5", false},
    {ONE(DELAYED), "any*; decay 0.8", false},
    {ONE(GRU), "(any & not lateral)*; decay 0.9", false},
    {ONE(VANILLA), "any*; decay 1", true},
    {ONE(VANILLA), "any*; replace (any & not spatial) with diag(0.9)", false},
    {ONE(LEAKY), "any*; replace explicit with 0.3", false},
    {ONE(LEAKY), "any*; replace implicit with a", true},
    {ONE(LEAKY), "any*; replace implicit with a * 0.5", false},
    {ONE(LSTM), "any*; replace c -> c with diag(f)", true},
    {ONE(LSTM), "any*; replace c -> c with mean(f)", false},
    {ONE(LSTM), "any*; replace explicit with -0.2; replace implicit with f * i", false},
    {ONE(LSTM), "implicit*; replace implicit with 1", false},
    {ONE(LSTM), "(implicit | explicit via Rg)*; replace explicit via Rg with g; decay 0.9", false},
    {ONE(GRU), "any*; replace any with r", false},
    {ONE(GRU), "any*; replace implicit with 0.25 + 0.5 * r / 2", false},
    {ONE(DELAYED), "any*; replace explicit with 0.4", false},
    {ONE(DELAYED), "any* within 2; replace implicit with h; decay 0.5", false},
    {STACK("loss mse(y1, target); loss mse(y2, target);"), "any*; signal local", false},
    {STACK("loss mse(y1, target); loss mse(y2, target);"), "implicit*; replace spatial with 0.5", false},
    {STACK("loss mse(y1 + y2, target);"), "any*; replace spatial with 0.5", false},
    {STACK("loss mse(y1 + y2, target);"), "any*; replace (any & not spatial) with diag(0.8)", false},
};

static double **derived(const SpecModel *spec, const char *text, const char *rule, EligoCarry carry) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "t.eligo", text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = opened ? eligo_derive(eligo, opened, NULL, rule, carry) : NULL;
    cr_assert(derivation, "%s\n%s", rule, eligo_messages(eligo, false));
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    oracle_rule_set_drawn(learner, derivation, spec);
    spec_run(spec, learner);
    double **grad = spec_gradients((SpecModel *)(uintptr_t)spec);
    for (int p = 0; p < eligo_params(opened); p++) eligo_learner_get_gradient(learner, p, grad[p]);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return grad;
}

static double **enumerated(SpecModel *spec, const char *text) {
    const OracleRule *rule = oracle_rule(spec, text);
    cr_assert(rule, "%s", text);
    double **grad = spec_gradients(spec);
    const OracleOutcome outcome =
        oracle_gradient(spec->model, rule, (const double *const *)spec->params, &spec->sequence, grad, NULL);
    cr_assert_eq(outcome, ORACLE_DONE, "%s", text);
    return grad;
}

/* Relative to the larger of a's entries. */
static double distance(const SpecModel *spec, double **a, double **b) {
    return spec_distance(spec, a, b) / fmax(1e-3, spec_distance(spec, a, NULL));
}

Test(view, forward_backward_and_paths_agree) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *rule = table[i].rule;
        SpecModel spec = spec_model(table[i].spec, STEPS, 5 + i);
        cr_assert(spec.model, "%s: %s", rule, spec.messages.at);
        double **forward = derived(&spec, table[i].spec, rule, ELIGO_CARRY_FORWARD);
        double **backward = derived(&spec, table[i].spec, rule, ELIGO_CARRY_BACKWARD);
        double **whole = derived(&spec, table[i].spec, "any*", ELIGO_CARRY_BACKWARD);
        double **paths = enumerated(&spec, rule);
        cr_expect_lt(distance(&spec, forward, backward), 1e-12, "%s: forward and backward", rule);
        cr_expect_lt(distance(&spec, forward, paths), 1e-12, "%s: forward and every path", rule);
        if (table[i].whole)
            cr_expect_lt(distance(&spec, forward, whole), 1e-12, "%s is the whole gradient", rule);
        else
            cr_expect_gt(distance(&spec, forward, whole), 1e-3, "%s isn't the whole gradient", rule);
        spec_model_free(&spec);
    }
}

/* The enumeration with feedback is the library's table's; here, that feedback matters and where it does. */
Test(view, random_feedback_is_another_signal) {
    static const char *const rules[][2] = {{"implicit*; signal random", "implicit*"},
                                           {"any*; signal random", "any*"}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        SpecModel spec = spec_model(ONE(LEAKY), STEPS, 11);
        double **forward = derived(&spec, ONE(LEAKY), rules[i][0], ELIGO_CARRY_FORWARD);
        double **backward = derived(&spec, ONE(LEAKY), rules[i][0], ELIGO_CARRY_BACKWARD);
        double **symmetric = derived(&spec, ONE(LEAKY), rules[i][1], ELIGO_CARRY_BACKWARD);
        cr_expect_lt(distance(&spec, forward, backward), 1e-12, "%s", rules[i][0]);
        const Var *readout = model_param(spec.model, "V");
        for (int p = 0; p < spec.model->params.count; p++) {
            double largest = 0, difference = 0;
            for (long k = 0; k < spec_entries(spec.model->params.at[p]); k++) {
                largest = fmax(largest, fabs(forward[p][k]));
                difference = fmax(difference, fabs(forward[p][k] - symmetric[p][k]));
            }
            cr_expect_gt(largest, 1e-6, "%s: %s learns", rules[i][0], spec.model->params.at[p]->label);
            if (spec.model->params.at[p] == readout)
                cr_expect_lt(difference, 1e-14, "the readout's own gradient is the true one");
            else
                cr_expect_gt(difference, 1e-6, "%s", spec.model->params.at[p]->label);
        }
        spec_model_free(&spec);
    }
}

Test(view, what_cannot_be_replaced_is_said) {
    static const struct {
        const char *spec, *rule, *code;
    } errors[] = {
        {STACK("loss mse(y2, target);"), "any*; signal local", "E0533"},
        {ONE(VANILLA), "any*; replace explicit with q", "E0534"},
        {ONE(VANILLA), "any*; replace explicit with x + h", "E0534"},
        {ONE(LSTM), "any*; replace explicit with f < i", "E0536"},
        {ONE(LSTM), "any*; replace explicit with tan(f)", "E0536"},
        {ONE(LEAKY), "implicit* explicit?; replace any with 0.5", "E0532"},
        {VANILLA "network s { input x[2]; param V[2,3]; layer l1 = c(n = 4, x = x);"
                 "layer l2 = c(n = 3, x = l1.h); y = V @ l2.h; loss mse(y, target); }",
         "any*; replace spatial with 0.5", "E0531"},
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open_text(eligo, "t.eligo", errors[i].spec, ELIGO_TARGET_UNKNOWN);
        cr_assert(spec, "%s", eligo_messages(eligo, false));
        cr_expect_null(eligo_derive(eligo, spec, NULL, errors[i].rule, ELIGO_CARRY_RULE));
        cr_expect(strstr(eligo_messages(eligo, false), errors[i].code), "%s:\n%s", errors[i].rule,
                  eligo_messages(eligo, false));
        cr_expect_eq(eligo_errors(eligo), errors[i].code[4] == '3' ? eligo_errors(eligo) : 1, "%s",
                     errors[i].rule);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}
