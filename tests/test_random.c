/* Random specs × random rules: the derivation, forward and backward, interpreted and (every other one)
 * compiled, against path enumeration.
 *
 * ELIGO_SEED=number starts elsewhere, ELIGO_PAIRS=number does more; the seed is printed, and on a failure the
 * spec and the rule, which can be kept as a file and given to `eligo grad`. */
#include "eligo_internal.h"
#include "oracle/masked.h"
#include "oracle_rule.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rules that a model has no place for: no path is kept; a diagonal between different units, or for ways that
 * the rule tells apart; no readout matrix; edges that are in no learning signal. */
static const char *const refusals[] = {"E0509", "E0531", "E0532", "E0537", "E0538"};

enum { STEPS = 4, RULES_PER_SPEC = 3, PAIRS = 3000 };

typedef struct Tally {
    int pairs, nonzero, partial; /* partial: nonzero, and not the gradient that any* keeps */
    int refused;                 /* empty languages */
} Tally;

/* ---- one derivation ---- */

typedef enum { DERIVED, REFUSED, FAILED } Derived;

static void step_through(EligoLearner *learner, const SpecModel *spec) {
    const Model *model = spec->model;
    for (int t = 0; t < STEPS; t++) {
        int given = 0;
        for (int i = 0; i < model->inputs.count; i++) {
            const Var *var = model->inputs.at[i];
            const double *now = spec->inputs[i] + t * dim_size(var->rows);
            if (var == model->target)
                eligo_learner_set_target(learner, now);
            else if (var != model->when)
                eligo_learner_set_input(learner, given++, now);
        }
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}

static bool refuses(Eligo *eligo) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strstr(eligo_messages(eligo, false), refusals[i])) return true;
    return false;
}

/* The gradient that `keep` defines, as the library derives it and an engine runs it. */
static Derived derive_kept(const SpecModel *spec, const char *text, const char *keep, EligoCarry carry,
                           EligoEngine engine, double **grad) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "random.eligo", text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = opened ? eligo_derive(eligo, opened, NULL, keep, carry) : NULL;
    EligoLearner *learner = NULL;
    if (derivation) learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    bool empty = refuses(eligo);
    if (!learner && !empty) fprintf(stderr, "%s\n", eligo_messages(eligo, false));
    if (learner) {
        int count = eligo_params(opened);
        for (int p = 0; p < count; p++) eligo_learner_set_param(learner, p, spec->params[p]);
        oracle_rule_set_drawn(learner, derivation, spec);
        eligo_learner_clear_gradients(learner);
        eligo_learner_start(learner, STEPS);
        step_through(learner, spec);
        for (int p = 0; p < count; p++) eligo_learner_get_gradient(learner, p, grad[p]);
    }
    Derived outcome = learner ? DERIVED : empty ? REFUSED : FAILED;
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return outcome;
}

/* ---- comparing ---- */

static bool agree(const SpecModel *spec, double **got, double **want, const char *what) {
    for (int p = 0; p < spec->model->params.count; p++)
        for (long i = 0; i < spec_entries(spec->model->params.at[p]); i++) {
            if (fabs(got[p][i] - want[p][i]) <= 1e-11 + 1e-9 * fabs(want[p][i])) continue;
            fprintf(stderr, "%s: %s[%ld] is %.15g, enumeration says %.15g\n", what,
                    spec->model->params.at[p]->label, i, got[p][i], want[p][i]);
            return false;
        }
    return true;
}

static double distance(const SpecModel *spec, double **a, double **b) {
    double largest = 0;
    for (int p = 0; p < spec->model->params.count; p++)
        for (long i = 0; i < spec_entries(spec->model->params.at[p]); i++)
            largest = fmax(largest, fabs(a[p][i] - (b ? b[p][i] : 0)));
    return largest;
}

static bool enumerate(const SpecModel *spec, const OracleRule *rule, double **grad) {
    return oracle_gradient(spec->model, rule, (const double *const *)spec->params, &spec->sequence, grad,
                           NULL) == ORACLE_DONE;
}

static bool check_carry(SpecModel *spec, const char *text, const char *keep, EligoCarry carry,
                        EligoEngine engine, double **want, Derived *outcome) {
    double **got = spec_gradients(spec);
    *outcome = derive_kept(spec, text, keep, carry, engine, got);
    if (*outcome == FAILED) return false;
    /* An empty language keeps nothing; with other clauses, what is refused has no gradient. */
    if (*outcome == REFUSED) return strchr(keep, ';') || distance(spec, want, NULL) == 0;
    const char *what = carry == ELIGO_CARRY_FORWARD ? "forward" : "backward";
    if (engine == ELIGO_ENGINE_TCC) what = "compiled";
    return agree(spec, got, want, what);
}

/* True when both carries agree with enumeration; rules too large to enumerate are passed over. */
static bool check_rule(SpecModel *spec, const char *text, const char *keep, double **all, Tally *tally) {
    const OracleRule *rule = oracle_rule(spec, keep);
    double **want = spec_gradients(spec);
    if (!rule) return false;
    if (!enumerate(spec, rule, want)) return true;
    Derived forward, backward;
    const EligoEngine engine = ELIGO_ENGINE_INTERPRET;
    if (!check_carry(spec, text, keep, ELIGO_CARRY_FORWARD, engine, want, &forward)) return false;
    if (!check_carry(spec, text, keep, ELIGO_CARRY_BACKWARD, engine, want, &backward)) return false;
    if (forward != backward) return false;
    const EligoCarry one = tally->pairs % 2 ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD;
    if (tally->pairs % 4 < 2 && !check_carry(spec, text, keep, one, ELIGO_ENGINE_TCC, want, &backward))
        return false;
    if (forward == REFUSED) {
        tally->refused++;
        return true;
    }
    bool nonzero = distance(spec, want, NULL) > 1e-9;
    tally->pairs++;
    tally->nonzero += nonzero;
    tally->partial += nonzero && distance(spec, want, all) > 1e-9;
    return true;
}

static void check_spec(uint64_t seed, bool clauses, Tally *tally) {
    RandomSpec random = random_spec(seed);
    Random paths;
    random_seed(&paths, seed ^ 0x5eed);
    SpecModel spec = spec_model(random.text.at, STEPS, seed);
    cr_assert_not_null(spec.model, "seed %llu:\n%s\n%s", (unsigned long long)seed, random.text.at,
                       spec.messages.at);
    double **all = spec_gradients(&spec);
    const OracleRule whole = {0};
    for (int i = 0; enumerate(&spec, &whole, all) && i < RULES_PER_SPEC; i++) {
        Text keep = {0};
        if (clauses && random_chance(&paths, 60))
            text_add(&keep, "any*");
        else
            random_path(&paths, &random, &keep);
        if (clauses) random_clauses(&paths, &random, &keep);
        bool good = check_rule(&spec, random.text.at, keep.at, all, tally);
        cr_assert(good, "seed %llu, keep %s\n%s", (unsigned long long)seed, keep.at, random.text.at);
        text_free(&keep);
    }
    spec_model_free(&spec);
    random_spec_free(&random);
}

/* ---- masks ---- */

static const struct {
    const char *name;
    Mask mask;
    OracleMask oracle;
} masks[] = {{"diag", {MASK_DIAGONAL, 0, {0}}, {ORACLE_DIAGONAL, 0}},
             {"block(2)", {MASK_BLOCK, 2, {0}}, {ORACLE_BLOCKS, 2}},
             {"reach(1)", {MASK_REACH, 1, {0}}, {ORACLE_REACH, 1}},
             {"reach(2)", {MASK_REACH, 2, {0}}, {ORACLE_REACH, 2}}};
enum { MASKS = sizeof masks / sizeof *masks };

/* The gradient of any* under a mask; false when there is none. */
static bool derive_masked(const SpecModel *spec, const char *text, Mask mask, double **grad) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "random.eligo", text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation made = {.spec = opened, .arena = arena_new()};
    made.rule = rule_build(made.arena, opened->package, opened->graph, NULL, "any*", eligo->diagnostics);
    made.rule->mask = mask;
    made.derivation =
        derive(made.arena, opened->model, opened->graph, made.rule, CARRY_FORWARD, false, eligo->diagnostics);
    EligoLearner *learner = NULL;
    if (made.derivation) learner = eligo_learner_new(eligo, &made, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    if (!learner) fprintf(stderr, "%s\n", eligo_messages(eligo, false));
    const bool good = learner != NULL;
    if (learner) {
        for (int p = 0; p < eligo_params(opened); p++) eligo_learner_set_param(learner, p, spec->params[p]);
        eligo_learner_clear_gradients(learner);
        eligo_learner_start(learner, STEPS);
        step_through(learner, spec);
        for (int p = 0; p < eligo_params(opened); p++) eligo_learner_get_gradient(learner, p, grad[p]);
    }
    eligo_learner_free(learner);
    arena_free(made.arena);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return good;
}

static void check_mask(uint64_t seed, int i, int *partial) {
    RandomSpec random = random_spec(seed);
    SpecModel spec = spec_model(random.text.at, STEPS, seed);
    cr_assert_not_null(spec.model, "seed %llu", (unsigned long long)seed);
    double **got = spec_gradients(&spec), **want = spec_gradients(&spec), **all = spec_gradients(&spec);
    const double *const *params = (const double *const *)spec.params;
    oracle_masked_gradient(spec.model, masks[i].oracle, params, &spec.sequence, want);
    oracle_masked_gradient(spec.model, (OracleMask){ORACLE_WHOLE, 0}, params, &spec.sequence, all);
    const bool good =
        derive_masked(&spec, random.text.at, masks[i].mask, got) && agree(&spec, got, want, masks[i].name);
    cr_assert(good, "seed %llu, mask %s\n%s", (unsigned long long)seed, masks[i].name, random.text.at);
    *partial += distance(&spec, want, all) > 1e-9;
    spec_model_free(&spec);
    random_spec_free(&random);
}

static uint64_t from_environment(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

Test(random, forward_backward_and_enumeration_agree, .timeout = 600) {
    uint64_t seed = from_environment("ELIGO_SEED", 20260101), wanted = from_environment("ELIGO_PAIRS", PAIRS);
    fprintf(stderr, "random specs from seed %llu\n", (unsigned long long)seed);
    Tally tally = {0};
    int specs = 0;
    for (; (uint64_t)tally.pairs < wanted; specs++) check_spec(seed + (uint64_t)specs, false, &tally);
    fprintf(stderr, "%d specs, %d pairs: %d nonzero, %d of them unlike any*; %d empty languages\n", specs,
            tally.pairs, tally.nonzero, tally.partial, tally.refused);
    cr_assert(2 * tally.nonzero >= tally.pairs, "only %d of %d gradients are nonzero", tally.nonzero,
              tally.pairs);
    cr_assert(3 * tally.partial >= tally.pairs, "only %d of %d differ from any*", tally.partial, tally.pairs);
    cr_assert(specs <= tally.pairs, "%d specs gave only %d pairs", specs, tally.pairs);
}

Test(random, replaced_edges_and_signals_agree, .timeout = 600) {
    uint64_t seed = from_environment("ELIGO_SEED", 20260201),
             wanted = from_environment("ELIGO_PAIRS", PAIRS) / 3;
    Tally tally = {0};
    int specs = 0;
    for (; (uint64_t)tally.pairs < wanted; specs++) check_spec(seed + (uint64_t)specs, true, &tally);
    fprintf(stderr, "%d specs, %d rules with clauses: %d nonzero, %d of them unlike any*; %d refused\n",
            specs, tally.pairs, tally.nonzero, tally.partial, tally.refused);
    cr_assert(2 * tally.nonzero >= tally.pairs, "only %d of %d gradients are nonzero", tally.nonzero,
              tally.pairs);
    cr_assert(2 * tally.partial >= tally.pairs, "only %d of %d differ from any*", tally.partial, tally.pairs);
    cr_assert(tally.refused <= 2 * tally.pairs, "%d refused beside %d pairs", tally.refused, tally.pairs);
}

Test(random, masks_agree_with_their_oracle, .timeout = 300) {
    uint64_t seed = from_environment("ELIGO_SEED", 20260101),
             wanted = from_environment("ELIGO_PAIRS", PAIRS) / 5;
    int partial = 0;
    for (uint64_t i = 0; i < wanted; i++) check_mask(seed + i, (int)(i % MASKS), &partial);
    fprintf(stderr, "%d specs under a mask, %d of them unlike any*\n", (int)wanted, partial);
    cr_assert((uint64_t)partial * 3 >= wanted);
}
