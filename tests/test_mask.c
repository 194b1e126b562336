/* Masks: derived influences against an oracle that shares nothing with them, on every engine; and what the
 * literature says about them: SnAp-2 on a dense matrix is RTRL, SnAp-1 is e-prop where there is no
 * self-connection and isn't where there is one. */
#include "eligo_internal.h"
#include "oracle/masked.h"
#include "spec_model.h"
#include "support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5 };

#define CELL(states, params, body)                                                                           \
    "cell c { size n, m; input x[m]; state " states "; output h; param " params "; " body " }\n"
#define NET(layers, top)                                                                                     \
    "network w { input x[2]; param V[2,5], d[2]; " layers " y = V @ " top " + d; loss mse(y, target); }\n"
#define ONE NET("layer l1 = c(n = 5, x = x);", "l1.h")
#define TWO NET("layer l1 = c(n = 4, x = x); layer l2 = c(n = 5, x = l1.h);", "l2.h")

#define VANILLA(more) CELL("h[n]", "W[n,m], R[n,n]" more ", b[n]", "h = tanh(W @ x + R @ h[t-1] + b);")
#define LSTM(more)                                                                                           \
    CELL("c[n], h[n]",                                                                                       \
         "Wi[n,m], Ri[n,n]" more ", Wf[n,m], Rf[n,n], Wg[n,m], Rg[n,n]" more ", bo[n], Ro[n,n]",             \
         "i = sigmoid(Wi @ x + Ri @ h[t-1]); f = sigmoid(Wf @ x + Rf @ h[t-1]); g = tanh(Wg @ x + Rg @ "     \
         "h[t-1]); o = sigmoid(bo + Ro @ h[t-1]); c = f * c[t-1] + i * g; h = o * tanh(c);")
#define GRU_BEFORE(more)                                                                                     \
    CELL("h[n]", "Wr[n,m], Rr[n,n]" more ", Wz[n,m], Rz[n,n]" more ", Wn[n,m], Rn[n,n]" more,                \
         "r = sigmoid(Wr @ x + Rr @ h[t-1]); z = sigmoid(Wz @ x + Rz @ h[t-1]); "                            \
         "h = z * h[t-1] + (1 - z) * tanh(Wn @ x + Rn @ (r * h[t-1]));")
#define GRU_AFTER(more)                                                                                      \
    CELL("h[n]", "Wr[n,m], Rr[n,n]" more ", Wz[n,m], Rz[n,n]" more ", Wn[n,m], Rn[n,n]" more ", bn[n]",      \
         "r = sigmoid(Wr @ x + Rr @ h[t-1]); z = sigmoid(Wz @ x + Rz @ h[t-1]); "                            \
         "h = z * h[t-1] + (1 - z) * tanh(Wn @ x + r * (Rn @ h[t-1] + bn));")
#define DELAYS(more)                                                                                         \
    CELL("v[n], h[n]", "W[n,m]" more ", R[n,n]" more ", Q[n,n]" more ", k",                                  \
         "v = 0.6 * v[t-1] + W @ x + R @ h[t-2] - 0.3 * v[t-3]; h = tanh(v + k * h[t-1] + Q @ h[t-1]);")
#define SUMS(more)                                                                                           \
    CELL("h[n], s", "W[n,m], R[n,n]" more ", p[n]",                                                          \
         "s = 0.5 * s[t-1] + sum(p * h[t-1]); h = tanh(W @ x + R @ h[t-1] + s[t-1]);")

static const struct {
    const char *name, *text;
} specs[] = {
    {"vanilla", VANILLA("") ONE},
    {"vanilla, bare", VANILLA(" zero_diagonal") ONE},
    {"vanilla, sparse", VANILLA(" sparse 0.3") ONE},
    {"vanilla, sparse and bare", VANILLA(" sparse 0.3 zero_diagonal") ONE},
    {"vanilla, two layers", VANILLA(" sparse 0.4") TWO},
    {"lstm", LSTM("") ONE},
    {"lstm, sparse", LSTM(" sparse 0.3") ONE},
    {"lstm, two layers", LSTM("") TWO},
    {"gru, reset before", GRU_BEFORE("") ONE},
    {"gru, reset before, sparse", GRU_BEFORE(" sparse 0.3") ONE},
    {"gru, reset after", GRU_AFTER("") ONE},
    {"gru, reset after, sparse", GRU_AFTER(" sparse 0.3") ONE},
    {"delays", DELAYS("") ONE},
    {"delays, sparse", DELAYS(" sparse 0.3") ONE},
    {"delays, sparse, two layers", DELAYS(" sparse 0.4") TWO},
    {"sums", SUMS("") ONE},
    {"sums, sparse", SUMS(" sparse 0.4") ONE},
};
enum { SPECS = sizeof specs / sizeof *specs };

typedef struct Masking {
    const char *name;
    Mask mask;
    OracleMask oracle;
} Masking;

static const Masking maskings[] = {
    {"whole", {MASK_NONE, 0, {0}}, {ORACLE_WHOLE, 0}},
    {"diag", {MASK_DIAGONAL, 0, {0}}, {ORACLE_DIAGONAL, 0}},
    {"block(2)", {MASK_BLOCK, 2, {0}}, {ORACLE_BLOCKS, 2}},
    {"reach(1)", {MASK_REACH, 1, {0}}, {ORACLE_REACH, 1}},
    {"reach(2)", {MASK_REACH, 2, {0}}, {ORACLE_REACH, 2}},
    {"reach(3)", {MASK_REACH, 3, {0}}, {ORACLE_REACH, 3}},
};
enum { MASKINGS = sizeof maskings / sizeof *maskings };

/* ---- a spec, its numbers, its derivations ---- */

typedef struct Trial {
    Eligo *eligo;
    EligoSpec *spec;
    SpecModel numbers; /* the same text, with parameters and data */
} Trial;

static Trial trial_new(const char *text) {
    Trial trial = {.eligo = eligo_new("library"), .numbers = spec_model(text, STEPS, 7)};
    trial.spec = eligo_open_text(trial.eligo, "spec", text, ELIGO_TARGET_VALUES);
    cr_assert_not_null(trial.spec, "%s", eligo_messages(trial.eligo, false));
    for (int p = 0; p < trial.numbers.model->params.count; p++)
        for (long i = 0; i < spec_entries(trial.numbers.model->params.at[p]); i++)
            trial.numbers.params[p][i] *= 2;
    return trial;
}

static void trial_free(Trial *trial) {
    spec_model_free(&trial->numbers);
    eligo_spec_free(trial->spec);
    eligo_free(trial->eligo);
}

/* A masked derivation of the language. */
static EligoDerivation derived(Trial *trial, const char *keep, Mask mask, bool forward) {
    EligoDerivation made = {.spec = trial->spec, .arena = arena_new()};
    made.rule = rule_build(made.arena, trial->spec->package, trial->spec->graph, NULL, keep,
                           trial->eligo->diagnostics);
    cr_assert_not_null(made.rule, "%s", eligo_messages(trial->eligo, false));
    made.rule->mask = mask;
    made.derivation =
        derive(made.arena, trial->spec->model, trial->spec->graph, made.rule,
               forward ? CARRY_FORWARD : CARRY_BACKWARD, LEARN_LATER, trial->eligo->diagnostics);
    cr_assert_not_null(made.derivation, "%s", eligo_messages(trial->eligo, false));
    return made;
}

static double **gradients(Trial *trial, const EligoDerivation *derivation, EligoEngine engine) {
    EligoLearner *learner = eligo_learner_new(trial->eligo, derivation, engine, ELIGO_DOUBLE);
    cr_assert_not_null(learner, "%s", eligo_messages(trial->eligo, false));
    cr_assert_eq(eligo_learner_struct_bytes(learner), eligo_struct_bytes(derivation, ELIGO_DOUBLE));
    const Model *model = trial->numbers.model;
    for (int p = 0; p < model->params.count; p++)
        eligo_learner_set_param(learner, p, trial->numbers.params[p]);
    eligo_learner_start(learner, STEPS);
    for (int t = 0; t < STEPS; t++) {
        int data = 0;
        for (int i = 0; i < model->inputs.count; i++) {
            const Var *input = model->inputs.at[i];
            const double *values = trial->numbers.inputs[i] + t * dim_size(input->rows);
            if (input == model->target)
                eligo_learner_set_target(learner, values);
            else
                eligo_learner_set_input(learner, data++, values);
        }
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
    double **grad = spec_gradients(&trial->numbers);
    for (int p = 0; p < model->params.count; p++) eligo_learner_get_gradient(learner, p, grad[p]);
    eligo_learner_free(learner);
    return grad;
}

static double **masked(Trial *trial, const char *keep, Mask mask, EligoEngine engine) {
    EligoDerivation made = derived(trial, keep, mask, true);
    double **grad = gradients(trial, &made, engine);
    arena_free(made.arena);
    return grad;
}

/* The largest difference relative to the largest entry. */
static double distance(const Trial *trial, double *const *a, double *const *b) {
    double worst = 0;
    for (int p = 0; p < trial->numbers.model->params.count; p++) {
        double largest = 1e-6, difference = 0;
        for (long i = 0; i < spec_entries(trial->numbers.model->params.at[p]); i++) {
            largest = fmax(largest, fmax(fabs(a[p][i]), fabs(b[p][i])));
            difference = fmax(difference, fabs(a[p][i] - b[p][i]));
        }
        worst = fmax(worst, difference / largest);
    }
    return worst;
}

static double **oracle(Trial *trial, OracleMask mask) {
    double **grad = spec_gradients(&trial->numbers);
    oracle_masked_gradient(trial->numbers.model, mask, (const double *const *)trial->numbers.params,
                           &trial->numbers.sequence, grad);
    return grad;
}

/* ---- tests ---- */

Test(mask, agrees_with_the_oracle, .timeout = 300) {
    int different = 0;
    for (int s = 0; s < SPECS; s++) {
        Trial trial = trial_new(specs[s].text);
        double **whole = oracle(&trial, (OracleMask){ORACLE_WHOLE, 0});
        for (int i = 0; i < MASKINGS; i++) {
            double **wanted = oracle(&trial, maskings[i].oracle);
            for (int engine = ELIGO_ENGINE_INTERPRET; engine <= ELIGO_ENGINE_TCC; engine++) {
                double **got = masked(&trial, "any*", maskings[i].mask, (EligoEngine)engine);
                const double error = distance(&trial, got, wanted);
                cr_expect(error < 1e-10, "%s, %s, engine %d: off by %g", specs[s].name, maskings[i].name,
                          engine, error);
            }
            different += distance(&trial, whole, wanted) > 1e-4;
        }
        trial_free(&trial);
    }
    cr_assert_gt(different, 35, "only %d masks take anything away", different);
}

Test(mask, the_oracle_without_a_mask_is_backpropagation) {
    for (int s = 0; s < SPECS; s++) {
        Trial trial = trial_new(specs[s].text);
        EligoDerivation made = derived(&trial, "any*", (Mask){0}, false);
        const double error = distance(&trial, gradients(&trial, &made, ELIGO_ENGINE_INTERPRET),
                                      oracle(&trial, (OracleMask){ORACLE_WHOLE, 0}));
        cr_expect(error < 1e-10, "%s: off by %g", specs[s].name, error);
        arena_free(made.arena);
        trial_free(&trial);
    }
}

/* A mask that takes nothing away changes nothing, whatever the language. */
Test(mask, a_wide_mask_is_none_in_every_language) {
    static const char *const languages[] = {
        "any*", "implicit*", "(implicit | spatial)* explicit? implicit*",
        "(implicit | spatial)* ((explicit | lateral) (implicit | spatial)*){0,1}", "any* within 2"};
    for (int s = 0; s < SPECS; s++) {
        Trial trial = trial_new(specs[s].text);
        for (size_t l = 0; l < sizeof languages / sizeof *languages; l++) {
            EligoDerivation made = derived(&trial, languages[l], (Mask){0}, false);
            double **wanted = gradients(&trial, &made, ELIGO_ENGINE_INTERPRET);
            arena_free(made.arena);
            const Mask wide = {MASK_REACH, 12, {0}};
            const double none =
                distance(&trial, masked(&trial, languages[l], (Mask){0}, ELIGO_ENGINE_TCC), wanted);
            const double with =
                distance(&trial, masked(&trial, languages[l], wide, ELIGO_ENGINE_INTERPRET), wanted);
            cr_expect(none < 1e-10 && with < 1e-10, "%s, %s: off by %g, masked by %g", specs[s].name,
                      languages[l], none, with);
        }
        trial_free(&trial);
    }
}

static const Mask reach1 = {MASK_REACH, 1, {0}}, reach2 = {MASK_REACH, 2, {0}};

static double between(const char *text, const char *keep_a, Mask a, const char *keep_b, Mask b) {
    Trial trial = trial_new(text);
    const double found = distance(&trial, masked(&trial, keep_a, a, ELIGO_ENGINE_INTERPRET),
                                  masked(&trial, keep_b, b, ELIGO_ENGINE_INTERPRET));
    trial_free(&trial);
    return found;
}

Test(mask, what_the_literature_says) {
    const Mask none = {0};
    cr_expect_lt(between(VANILLA("") ONE, "any*", reach2, "any*", none), 1e-10, "SnAp-2, dense, is RTRL");
    cr_expect_lt(between(VANILLA(" zero_diagonal") ONE, "any*", reach1, "implicit*", none), 1e-10,
                 "SnAp-1 without self-connections is e-prop");
    cr_expect_gt(between(VANILLA("") ONE, "any*", reach1, "implicit*", none), 1e-3,
                 "SnAp-1 with self-connections isn't e-prop");
    cr_expect_gt(between(VANILLA("") ONE, "any*", reach1, "any*", none), 1e-3, "SnAp-1 isn't RTRL");
}

/* ---- what is held ---- */

typedef struct Held {
    const char *text, *keep;
    Mask mask;
    const char *param, *root;
    Structure structure;
    long entries; /* of the influence; -1: not said */
} Held;

static long entries_of_pattern(const Trial *trial, const char *label) {
    return pattern_of(model_param(trial->spec->model, label), trial->spec->arena)->entries;
}

Test(mask, influences_hold_what_the_mask_leaves) {
    const Mask none = {0}, diagonal = {MASK_DIAGONAL, 0, {0}}, block = {MASK_BLOCK, 2, {0}};
    const Held cases[] = {
        {VANILLA("") ONE, "any*", reach1, "W", "h", STRUCTURE_UNIT, 10},
        {VANILLA("") ONE, "any*", reach2, "W", "h", STRUCTURE_DENSE, 50},
        {VANILLA("") ONE, "any*", diagonal, "R", "h", STRUCTURE_UNIT, 25},
        {VANILLA("") ONE, "any*", block, "R", "h", STRUCTURE_MASKED, 9 * 5},
        {VANILLA(" sparse 0.2 zero_diagonal") ONE, "any*", reach2, "W", "h", STRUCTURE_MASKED, 10 * 2},
        {LSTM("") ONE, "any*", reach1, "Ri", "c", STRUCTURE_UNIT, 25},
        {LSTM("") ONE, "any*", reach1, "Ri", "h", STRUCTURE_UNIT, 25},
        {LSTM("") TWO, "any*", reach1, "l1.Ri", "l1.c", STRUCTURE_UNIT, 16},
        {LSTM("") TWO, "any*", reach1, "l1.Ri", "l2.c", STRUCTURE_DENSE, 5 * 16},
        {LSTM("") TWO, "any*", diagonal, "l1.Ri", "l2.c", STRUCTURE_ZERO, 0},
        {GRU_AFTER("") ONE, "any*", reach1, "Rr", "h", STRUCTURE_UNIT, 25},
        {GRU_BEFORE("") ONE, "any*", reach1, "Rr", "h", STRUCTURE_DENSE, 125},
        {GRU_BEFORE("") ONE, "any*", reach1, "Rz", "h", STRUCTURE_UNIT, 25},
        {VANILLA(" sparse 0.2 zero_diagonal") ONE, "any* within 2", none, "W", "h", STRUCTURE_MASKED, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Trial trial = trial_new(cases[i].text);
        EligoDerivation made = derived(&trial, cases[i].keep, cases[i].mask, true);
        Structure structure = STRUCTURE_ZERO;
        long entries = 0;
        for (int k = 0; k < made.derivation->influences.count; k++) {
            const Influence *influence = &made.derivation->influences.at[k];
            if (strcmp(influence->param->label, cases[i].param) ||
                strcmp(influence->root->label, cases[i].root) || influence->structure < structure)
                continue;
            structure = influence->structure;
            entries = buffer_entries(influence->buffer);
        }
        cr_expect_eq(structure, cases[i].structure, "case %zu: structure %d", i, (int)structure);
        if (cases[i].entries >= 0)
            cr_expect_eq(entries, cases[i].entries, "case %zu: %ld entries", i, entries);
        arena_free(made.arena);
        trial_free(&trial);
    }
}

/* Of a sparse matrix under reach(2): for each pair that the mask has, the entries of the pair's row. */
Test(mask, a_masked_influence_of_a_sparse_matrix_has_the_masks_nonzeros) {
    Trial trial = trial_new(VANILLA(" sparse 0.3") ONE);
    const Pattern *r = pattern_of(model_param(trial.spec->model, "R"), trial.spec->arena);
    long wanted = 0;
    for (long j = 0; j < r->rows; j++)
        for (long k = 0; k < r->rows; k++)
            if (k == j || pattern_has(r, model_param(trial.spec->model, "R"), k, j))
                wanted += r->start[j + 1] - r->start[j];
    EligoDerivation made = derived(&trial, "any*", reach2, true);
    long found = 0;
    for (int k = 0; k < made.derivation->influences.count; k++)
        if (strcmp(made.derivation->influences.at[k].param->label, "R") == 0)
            found += buffer_entries(made.derivation->influences.at[k].buffer);
    cr_assert_eq(found, wanted, "%ld entries, not %ld", found, wanted);
    cr_assert_lt(wanted, 5 * entries_of_pattern(&trial, "R"));
    arena_free(made.arena);
    trial_free(&trial);
}

/* The cost sheet counts what the step does: sums over the pairs that feed a pair, the own use, the gradient.
 */
Test(mask, the_sheet_counts_the_products_of_pairs) {
    Trial trial = trial_new(VANILLA(" sparse 0.3") ONE);
    const Var *param = model_param(trial.spec->model, "R");
    const Pattern *r = pattern_of(param, trial.spec->arena);
    double by_row = 0, by_entry = 0;
    for (long j = 0; j < r->rows; j++) {
        long products = 1; /* the own use */
        for (long k = 0; k < r->rows; k++) {
            if (k != j && !pattern_has(r, param, k, j)) continue;
            products++; /* the gradient */
            for (long l = 0; l < r->rows; l++)
                products += pattern_has(r, param, k, l) && (l == j || pattern_has(r, param, l, j));
        }
        by_row += (double)products;
        by_entry += (double)products * (r->start[j + 1] - r->start[j]);
    }
    EligoDerivation made = derived(&trial, "any*", reach2, true);
    const Model *model = made.derivation->model;
    const ParamCost w = derivation_param_cost(made.derivation, model_param(model, "W"), made.arena),
                    own = derivation_param_cost(made.derivation, model_param(model, "R"), made.arena);
    cr_expect_eq(polynomial_value(&w.work), by_row * 2, "%g, not %g", polynomial_value(&w.work), by_row * 2);
    cr_expect_eq(polynomial_value(&own.work), by_entry, "%g, not %g", polynomial_value(&own.work), by_entry);
    arena_free(made.arena);
    trial_free(&trial);
}

/* What is called exact equals the whole gradient; what is called approximate differs from it, unless the
 * sequence ends before a cut entry would have mattered. */
Test(mask, verdicts_are_what_numbers_say) {
    int exact = 0, approximate = 0, unseen = 0;
    for (int s = 0; s < SPECS; s++) {
        Trial trial = trial_new(specs[s].text);
        double **whole = oracle(&trial, (OracleMask){ORACLE_WHOLE, 0});
        for (int i = 0; i < MASKINGS; i++) {
            double **cut = oracle(&trial, maskings[i].oracle);
            EligoDerivation made = derived(&trial, "any*", maskings[i].mask, true);
            for (int p = 0; p < trial.numbers.model->params.count; p++) {
                const ParamFacts *facts = &made.derivation->facts[p];
                double difference = 0, largest = 1e-6;
                for (long e = 0; e < spec_entries(trial.numbers.model->params.at[p]); e++) {
                    difference = fmax(difference, fabs(cut[p][e] - whole[p][e]));
                    largest = fmax(largest, fabs(whole[p][e]));
                }
                const bool equal = difference <= 1e-10 * largest;
                cr_expect(equal || facts->verdict != VERDICT_EXACT, "%s, %s: %s is called exact",
                          specs[s].name, maskings[i].name, facts->param->label);
                exact += facts->verdict == VERDICT_EXACT;
                approximate += facts->verdict != VERDICT_EXACT;
                unseen += equal && facts->verdict != VERDICT_EXACT;
            }
            arena_free(made.arena);
        }
        trial_free(&trial);
    }
    cr_expect(exact > 100 && approximate > 100, "%d exact, %d not", exact, approximate);
    cr_expect(20 * unseen <= approximate, "%d of %d are called approximate and equal", unseen, approximate);
}

/* ---- what is said ---- */

static const char *spread_of(const char *text, const char *param, const char *rule) {
    static char kept[200];
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "spec", text, ELIGO_TARGET_VALUES);
    EligoDerivation *made = eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_RULE);
    cr_assert_not_null(made, "%s", eligo_messages(eligo, false));
    const ParamFacts *facts = &made->derivation->facts[model_param(spec->model, param)->index];
    snprintf(kept, sizeof kept, "%s%s%s", verdict_name[facts->verdict], facts->spread ? ": " : "",
             facts->spread ? facts->spread : "");
    eligo_derivation_free(made);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return kept;
}

Test(mask, the_facts_say_why_an_influence_spreads) {
    cr_expect_str_eq(spread_of(GRU_BEFORE("") ONE, "Rr", "snap(1)"),
                     "exact: its use crosses Rn within the step");
    cr_expect_str_eq(spread_of(GRU_BEFORE("") ONE, "Rz", "snap(1)"), "approximate");
    cr_expect_str_eq(spread_of(GRU_AFTER("") ONE, "Rr", "snap(1)"), "approximate");
    cr_expect_str_eq(spread_of(VANILLA("") ONE, "W", "snap(2)"),
                     "exact: the mask lets it cross R from step to step");
    cr_expect_str_eq(spread_of(VANILLA("") TWO, "l1.W", "snap(1)"),
                     "approximate: its use crosses l2.W within the step");
    cr_expect_str_eq(spread_of(VANILLA("") ONE, "W", "d_rtrl"), "approximate");
    cr_expect_str_eq(spread_of(VANILLA("") TWO, "l1.W", "d_rtrl"), "nothing kept");
    cr_expect_str_eq(spread_of(VANILLA("") TWO, "l2.W", "d_rtrl"), "approximate");
}

/* Learning online changes the weights at the step's end: after one step they have moved by the gradient. */
Test(mask, online_learning_moves_by_the_masked_gradient) {
    static const char text[] = LSTM(" sparse 0.3") ONE;
    Trial trial = trial_new(text);
    const Model *model = trial.numbers.model;
    EligoDerivation *made[2] = {eligo_derive(trial.eligo, trial.spec, "snap(2)", NULL, ELIGO_CARRY_RULE),
                                eligo_derive_online(trial.eligo, trial.spec, "snap(2)", NULL)};
    double **value[2] = {spec_gradients(&trial.numbers), spec_gradients(&trial.numbers)};
    for (int online = 0; online < 2; online++) {
        EligoLearner *learner = eligo_learner_new(trial.eligo, made[online], ELIGO_ENGINE_TCC, ELIGO_DOUBLE);
        cr_assert_not_null(learner, "%s", eligo_messages(trial.eligo, false));
        for (int p = 0; p < model->params.count; p++)
            eligo_learner_set_param(learner, p, trial.numbers.params[p]);
        eligo_learner_start(learner, 3);
        for (int t = 0; t < 3; t++) { /* only the last step is learned from */
            eligo_learner_clear_gradients(learner);
            eligo_learner_set_rate(learner, t == 2 ? 0.5 : 0);
            eligo_learner_set_input(learner, 0, trial.numbers.inputs[0] + 2 * t);
            eligo_learner_set_target(learner, trial.numbers.inputs[1] + 2 * t);
            eligo_learner_step(learner);
        }
        for (int p = 0; p < model->params.count; p++)
            (online ? eligo_learner_get_param : eligo_learner_get_gradient)(learner, p, value[online][p]);
        eligo_learner_free(learner);
    }
    for (int p = 0; p < model->params.count; p++)
        for (long i = 0; i < spec_entries(model->params.at[p]); i++)
            value[0][p][i] = trial.numbers.params[p][i] - 0.5 * value[0][p][i];
    cr_assert_lt(distance(&trial, value[0], value[1]), 1e-12);
    eligo_derivation_free(made[0]);
    eligo_derivation_free(made[1]);
    trial_free(&trial);
}

/* The diagonal of a lower layer's influence says nothing about the layer above: no silent zero. */
Test(mask, a_mask_that_leaves_nothing_is_told) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "spec", VANILLA("") TWO, ELIGO_TARGET_VALUES);
    EligoDerivation *made = eligo_derive(eligo, spec, "d_rtrl", NULL, ELIGO_CARRY_RULE);
    cr_assert_not_null(made);
    const char *said = eligo_messages(eligo, false);
    cr_assert_not_null(strstr(said, "W0530"), "%s", said);
    cr_assert_not_null(strstr(said, "`l1.W`: its gradient is zero"), "%s", said);
    cr_assert_null(strstr(said, "`l2.W`"), "%s", said);
    eligo_derivation_free(made);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
