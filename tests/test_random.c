/* Random specs × random rules: the derivation, forward and backward, interpreted and (every other one)
 * compiled, against path enumeration.
 *
 * Every other rule has a schedule too: chunks, steps that teach, a decay.
 *
 * ELIGO_SEED=number starts elsewhere, ELIGO_PAIRS=number does more; the seed is printed, and on a failure the
 * spec and the rule, which can be kept as a file and given to `eligo grad`. */
#include "eligo_trial.h"
#include "oracle/enumerate.h"
#include "oracle/masked.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The code of "this rule keeps no path of this model". */
#define EMPTY_LANGUAGE "E0509"

enum { STEPS = 4, RULES_PER_SPEC = 3, PAIRS = 3000 };

typedef struct Tally {
    int pairs, nonzero, partial; /* partial: nonzero, and not the gradient that any* keeps */
    int refused;                 /* empty languages */
    int chunked, sampled;        /* by their schedule other than without it, and nonzero */
} Tally;

typedef struct Clauses { /* a schedule, as the rule says it and as the oracle takes it */
    char text[80];
    int chunk, sample;
    double decay;
    bool teaches[STEPS];
} Clauses;
/* Derivations that carry a trace before the readout's matrix, which its filter commutes with. */
static int filtered;

/* ---- one derivation ---- */

typedef enum { DERIVED, REFUSED, FAILED } Derived;

static void step_through(EligoLearner *learner, const SpecModel *spec, const Clauses *clauses) {
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
        if (clauses && clauses->sample) eligo_learner_set_teach(learner, clauses->teaches[t]);
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}

/* The gradient that `keep` defines, as the library derives it and an engine runs it. */
static Derived derive_kept(const SpecModel *spec, const char *text, const char *keep, const Clauses *clauses,
                           EligoCarry carry, EligoEngine engine, double **grad) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "random.eligo", text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = opened ? eligo_derive(eligo, opened, NULL, keep, carry) : NULL;
    EligoLearner *learner = NULL;
    if (derivation) learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    const Filters *filters = derivation ? &derivation->derivation->filters : NULL;
    if (filters && filters->count && derive_uses_filter(derivation->derivation, &filters->at[0])) filtered++;
    bool empty = strstr(eligo_messages(eligo, false), EMPTY_LANGUAGE) != NULL;
    if (!learner && !empty) fprintf(stderr, "%s\n", eligo_messages(eligo, false));
    if (learner) {
        int count = eligo_params(opened);
        for (int p = 0; p < count; p++) eligo_learner_set_param(learner, p, spec->params[p]);
        eligo_learner_clear_gradients(learner);
        eligo_learner_start(learner, STEPS);
        step_through(learner, spec, clauses);
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

static bool enumerate(const SpecModel *spec, const AstPath *keep, const Clauses *clauses, double **grad) {
    OracleRule rule = {.keep = keep,
                       .chunk = clauses->chunk,
                       .decay = clauses->decay,
                       .teaches = clauses->sample ? clauses->teaches : NULL};
    return oracle_gradient(spec->model, &rule, (const double *const *)spec->params, &spec->sequence, grad,
                           NULL) == ORACLE_DONE;
}

static bool check_carry(SpecModel *spec, const char *text, const char *keep, const Clauses *clauses,
                        EligoCarry carry, EligoEngine engine, double **want, Derived *outcome) {
    double **got = spec_gradients(spec);
    *outcome = derive_kept(spec, text, keep, clauses, carry, engine, got);
    if (*outcome == FAILED) return false;
    /* An empty language keeps nothing. */
    if (*outcome == REFUSED) return distance(spec, want, NULL) == 0;
    const char *what = carry == ELIGO_CARRY_FORWARD ? "forward" : "backward";
    if (engine == ELIGO_ENGINE_TCC) what = "compiled";
    return agree(spec, got, want, what);
}

/* A choice of `sample` of the steps. */
static void draw_steps(Random *random, Clauses *clauses) {
    for (int chosen = 0; chosen < clauses->sample;) {
        bool *teaches = &clauses->teaches[random_below(random, STEPS)];
        chosen += !*teaches;
        *teaches = true;
    }
}

static Clauses random_clauses(Random *random) {
    Clauses clauses = {.text = ""};
    if (random_chance(random, 50)) return clauses;
    if (random_chance(random, 60)) clauses.chunk = 1 + random_below(random, STEPS);
    if (random_chance(random, 40)) clauses.sample = 1 + random_below(random, STEPS);
    if (random_chance(random, 40)) clauses.decay = 0.25 * (1 + random_below(random, 3));
    draw_steps(random, &clauses);
    size_t length = 0;
    const size_t room = sizeof clauses.text;
    if (clauses.chunk) length += (size_t)snprintf(clauses.text, room, "; chunk %d", clauses.chunk);
    if (clauses.sample)
        length += (size_t)snprintf(clauses.text + length, room - length, "; sample %d", clauses.sample);
    if (clauses.decay > 0) snprintf(clauses.text + length, room - length, "; decay %g", clauses.decay);
    return clauses;
}

/* Notes whether chunks, or steps that don't teach, made the gradient another. */
static void tally_schedule(SpecModel *spec, const AstPath *path, const Clauses *clauses, double **want,
                           Tally *tally) {
    double **without = spec_gradients(spec);
    Clauses all = *clauses, whole = *clauses;
    if (distance(spec, want, NULL) <= 1e-9) return;
    all.sample = whole.chunk = 0;
    if (clauses->sample && enumerate(spec, path, &all, without))
        tally->sampled += distance(spec, want, without) > 1e-9;
    if (clauses->chunk && enumerate(spec, path, &whole, without))
        tally->chunked += distance(spec, want, without) > 1e-9;
}

/* True when both carries agree with enumeration; rules too large to enumerate are passed over. */
static bool check_rule(SpecModel *spec, const char *text, const char *paths, const Clauses *clauses,
                       double **all, Tally *tally) {
    AstPath *path = spec_path(spec, paths);
    const char *keep = arena_printf(spec->arena, "%s%s", paths, clauses->text);
    double **want = spec_gradients(spec);
    if (!path) return false;
    if (!enumerate(spec, path, clauses, want)) return true;
    Derived forward, backward;
    const EligoEngine engine = ELIGO_ENGINE_INTERPRET;
    if (!check_carry(spec, text, keep, clauses, ELIGO_CARRY_FORWARD, engine, want, &forward)) return false;
    if (!check_carry(spec, text, keep, clauses, ELIGO_CARRY_BACKWARD, engine, want, &backward)) return false;
    if (forward != backward) return false;
    const EligoCarry one = tally->pairs % 2 ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD;
    if (tally->pairs % 4 < 2 &&
        !check_carry(spec, text, keep, clauses, one, ELIGO_ENGINE_TCC, want, &backward))
        return false;
    if (forward == REFUSED) {
        tally->refused++;
        return true;
    }
    bool nonzero = distance(spec, want, NULL) > 1e-9;
    tally->pairs++;
    tally->nonzero += nonzero;
    tally->partial += nonzero && distance(spec, want, all) > 1e-9;
    tally_schedule(spec, path, clauses, want, tally);
    return true;
}

static void check_spec(uint64_t seed, Tally *tally) {
    RandomSpec random = random_spec(seed);
    Random paths, schedules;
    random_seed(&paths, seed ^ 0x5eed);
    random_seed(&schedules, seed ^ 0x7173);
    SpecModel spec = spec_model(random.text.at, STEPS, seed);
    cr_assert_not_null(spec.model, "seed %llu:\n%s\n%s", (unsigned long long)seed, random.text.at,
                       spec.messages.at);
    double **all = spec_gradients(&spec);
    const Clauses none = {.text = ""};
    for (int i = 0; enumerate(&spec, NULL, &none, all) && i < RULES_PER_SPEC; i++) {
        Text keep = {0};
        random_path(&paths, &random, &keep);
        const Clauses clauses = random_clauses(&schedules);
        bool good = check_rule(&spec, random.text.at, keep.at, &clauses, all, tally);
        cr_assert(good, "seed %llu, keep %s%s\n%s", (unsigned long long)seed, keep.at, clauses.text,
                  random.text.at);
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
        step_through(learner, spec, NULL);
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

/* ---- estimates, in the mean ---- */

static const char *const estimates[] = {"rank1",
                                        "kronecker",
                                        "reverse_kronecker",
                                        "optimal_kronecker(2)",
                                        "rank1 outside implicit*",
                                        "kronecker outside (implicit | explicit)*",
                                        "reverse_kronecker outside implicit* explicit? implicit*",
                                        "optimal_kronecker(1) outside (implicit | spatial)*"};
enum { ESTIMATES = sizeof estimates / sizeof *estimates };

/* The rule `keep …; estimate …` on the spec, its mean over draws against the gradient of `keep` alone. */
static void check_estimate(uint64_t seed, int i, int *varying) {
    enum { DRAWS = 600 };
    RandomSpec random = random_spec(seed);
    Random choice;
    random_seed(&choice, seed);
    Text keep = {0}, text = {0};
    if (random_chance(&choice, 50))
        random_path(&choice, &random, &keep);
    else
        text_add(&keep, "any*");
    text_printf(&text, "%s\nrule drawn { keep %s; estimate %s; }\n", random.text.at, keep.at, estimates[i]);
    SpecModel spec = spec_model(random.text.at, STEPS, seed);
    Eligo *eligo = eligo_new("library");
    Trial trial = {.eligo = eligo, .steps = STEPS};
    trial.spec = eligo_open_text(eligo, "random.eligo", text.at, ELIGO_TARGET_UNKNOWN);
    cr_assert(trial.spec && spec.model, "%s\n%s", eligo_messages(eligo, false), text.at);
    trial.arena = trial.spec->arena;
    trial.params = spec.params;
    trial.inputs = spec.inputs;
    EligoDerivation *derivation = eligo_derive(eligo, trial.spec, "drawn", NULL, ELIGO_CARRY_FORWARD);
    if (derivation) { /* else the language is empty */
        const Gradients around = trial_derived(&trial, NULL, keep.at, ELIGO_CARRY_BACKWARD);
        const TrialMean mean = trial_mean(&trial, derivation, around, DRAWS);
        cr_assert(mean.errors < 7, "seed %llu: %g standard errors\n%s", (unsigned long long)seed, mean.errors,
                  text.at);
        *varying += mean.spread > 1e-6;
    }
    eligo_derivation_free(derivation);
    eligo_spec_free(trial.spec);
    eligo_free(eligo);
    spec_model_free(&spec);
    random_spec_free(&random);
    text_free(&keep);
    text_free(&text);
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
    for (; (uint64_t)tally.pairs < wanted; specs++) check_spec(seed + (uint64_t)specs, &tally);
    fprintf(
        stderr,
        "%d specs, %d pairs: %d nonzero, %d of them unlike any*; %d empty languages; %d derivations with a "
        "filter before the readout's matrix\n",
        specs, tally.pairs, tally.nonzero, tally.partial, tally.refused, filtered);
    cr_assert(30 * filtered >= tally.pairs, "only %d derivations filter before the readout's matrix",
              filtered);
    cr_assert(2 * tally.nonzero >= tally.pairs, "only %d of %d gradients are nonzero", tally.nonzero,
              tally.pairs);
    cr_assert(3 * tally.partial >= tally.pairs, "only %d of %d differ from any*", tally.partial, tally.pairs);
    fprintf(stderr, "%d other by their chunks, %d by the steps that teach\n", tally.chunked, tally.sampled);
    cr_assert(12 * tally.chunked >= tally.pairs, "only %d of %d feel their chunks", tally.chunked,
              tally.pairs);
    cr_assert(12 * tally.sampled >= tally.pairs, "only %d of %d feel the choice of steps", tally.sampled,
              tally.pairs);
    cr_assert(specs <= tally.pairs, "%d specs gave only %d pairs", specs, tally.pairs);
}

Test(random, masks_agree_with_their_oracle, .timeout = 300) {
    uint64_t seed = from_environment("ELIGO_SEED", 20260101),
             wanted = from_environment("ELIGO_PAIRS", PAIRS) / 5;
    int partial = 0;
    for (uint64_t i = 0; i < wanted; i++) check_mask(seed + i, (int)(i % MASKS), &partial);
    fprintf(stderr, "%d specs under a mask, %d of them unlike any*\n", (int)wanted, partial);
    cr_assert((uint64_t)partial * 3 >= wanted);
}

/* Were the means of 600 draws normal, one entry in 4e11 would be further than 7 standard errors off. */
Test(random, estimates_are_right_in_the_mean, .timeout = 600) {
    uint64_t seed = from_environment("ELIGO_SEED", 20260101),
             wanted = from_environment("ELIGO_PAIRS", PAIRS) / 10;
    int varying = 0;
    for (uint64_t i = 0; i < wanted; i++) check_estimate(seed + i, (int)(i % ESTIMATES), &varying);
    fprintf(stderr, "%d specs with an estimate, %d of them vary\n", (int)wanted, varying);
    cr_assert((uint64_t)varying * 3 >= wanted);
}
