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
#include "oracle_rule.h"
#include "spec_model.h"

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
    int chunked, sampled;        /* by their schedule other than without it, and nonzero */
} Tally;

typedef struct Schedule { /* a schedule, as the rule says it and as the oracle takes it */
    char text[80];
    int chunk, sample;
    double decay;
    bool teaches[STEPS];
} Schedule;
/* Derivations that carry a trace before the readout's matrix, which its filter commutes with. */
static int filtered;

/* ---- one derivation ---- */

typedef enum { DERIVED, REFUSED, FAILED } Derived;

static void step_through(EligoLearner *learner, const SpecModel *spec, const Schedule *schedule) {
    for (int t = 0; t < STEPS; t++) {
        spec_set_inputs(spec, learner, t);
        if (schedule && schedule->sample) eligo_learner_set_teach(learner, schedule->teaches[t]);
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
static Derived derive_kept(const SpecModel *spec, const char *text, const char *keep,
                           const Schedule *schedule, EligoCarry carry, EligoEngine engine, double **grad) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open_text(eligo, "random.eligo", text, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = opened ? eligo_derive(eligo, opened, NULL, keep, carry) : NULL;
    EligoLearner *learner = NULL;
    if (derivation) learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    const Filters *filters = derivation ? &derivation->derivation->filters : NULL;
    if (filters && filters->count && derive_uses_filter(derivation->derivation, &filters->at[0])) filtered++;
    bool empty = refuses(eligo);
    if (!learner && !empty) fprintf(stderr, "%s\n", eligo_messages(eligo, false));
    if (learner) {
        int count = eligo_params(opened);
        for (int p = 0; p < count; p++) eligo_learner_set_param(learner, p, spec->params[p]);
        oracle_rule_set_drawn(learner, derivation, spec);
        eligo_learner_clear_gradients(learner);
        eligo_learner_start(learner, STEPS);
        step_through(learner, spec, schedule);
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

static bool enumerate(const SpecModel *spec, const OracleRule *rule, double **grad) {
    return oracle_gradient(spec->model, rule, (const double *const *)spec->params, &spec->sequence, grad,
                           NULL) == ORACLE_DONE;
}

static bool check_carry(SpecModel *spec, const char *text, const char *keep, const Schedule *schedule,
                        EligoCarry carry, EligoEngine engine, double **want, Derived *outcome) {
    double **got = spec_gradients(spec);
    *outcome = derive_kept(spec, text, keep, schedule, carry, engine, got);
    if (*outcome == FAILED) return false;
    /* An empty language keeps nothing; with other schedule, what is refused has no gradient. */
    if (*outcome == REFUSED) return strchr(keep, ';') || spec_distance(spec, want, NULL) == 0;
    const char *what = carry == ELIGO_CARRY_FORWARD ? "forward" : "backward";
    if (engine == ELIGO_ENGINE_TCC) what = "compiled";
    return agree(spec, got, want, what);
}

/* A choice of `sample` of the steps. */
static void draw_steps(Random *random, Schedule *schedule) {
    for (int chosen = 0; chosen < schedule->sample;) {
        bool *teaches = &schedule->teaches[random_below(random, STEPS)];
        chosen += !*teaches;
        *teaches = true;
    }
}

static Schedule random_schedule(Random *random, bool decays) {
    Schedule schedule = {.text = ""};
    if (random_chance(random, 50)) return schedule;
    if (random_chance(random, 60)) schedule.chunk = 1 + random_below(random, STEPS);
    if (random_chance(random, 40)) schedule.sample = 1 + random_below(random, STEPS);
    if (decays && random_chance(random, 40)) schedule.decay = 0.25 * (1 + random_below(random, 3));
    draw_steps(random, &schedule);
    size_t length = 0;
    const size_t room = sizeof schedule.text;
    if (schedule.chunk) length += (size_t)snprintf(schedule.text, room, "; chunk %d", schedule.chunk);
    if (schedule.sample)
        length += (size_t)snprintf(schedule.text + length, room - length, "; sample %d", schedule.sample);
    if (schedule.decay > 0) snprintf(schedule.text + length, room - length, "; decay %g", schedule.decay);
    return schedule;
}

/* Notes whether chunks, or steps that don't teach, made the gradient another. */
static void tally_schedule(SpecModel *spec, const OracleRule *rule, double **want, Tally *tally) {
    double **without = spec_gradients(spec);
    OracleRule all = *rule, whole = *rule;
    if (spec_distance(spec, want, NULL) <= 1e-9) return;
    all.teaches = NULL;
    whole.chunk = 0;
    if (rule->teaches && enumerate(spec, &all, without))
        tally->sampled += spec_distance(spec, want, without) > 1e-9;
    if (rule->chunk && enumerate(spec, &whole, without))
        tally->chunked += spec_distance(spec, want, without) > 1e-9;
}

/* True when both carries agree with enumeration; rules too large to enumerate are passed over. */
static bool check_rule(SpecModel *spec, const char *text, const char *clauses, const Schedule *schedule,
                       double **all, Tally *tally) {
    const char *keep = arena_printf(spec->arena, "%s%s", clauses, schedule->text);
    OracleRule *rule = oracle_rule(spec, keep);
    double **want = spec_gradients(spec);
    if (!rule) return false;
    rule->chunk = schedule->chunk;
    if (schedule->sample) rule->teaches = schedule->teaches;
    if (!enumerate(spec, rule, want)) return true;
    Derived forward, backward;
    const EligoEngine engine = ELIGO_ENGINE_INTERPRET;
    if (!check_carry(spec, text, keep, schedule, ELIGO_CARRY_FORWARD, engine, want, &forward)) return false;
    if (!check_carry(spec, text, keep, schedule, ELIGO_CARRY_BACKWARD, engine, want, &backward)) return false;
    if (forward != backward) return false;
    const EligoCarry one = tally->pairs % 2 ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD;
    if (tally->pairs % 4 < 2 &&
        !check_carry(spec, text, keep, schedule, one, ELIGO_ENGINE_TCC, want, &backward))
        return false;
    if (forward == REFUSED) {
        tally->refused++;
        return true;
    }
    bool nonzero = spec_distance(spec, want, NULL) > 1e-9;
    tally->pairs++;
    tally->nonzero += nonzero;
    tally->partial += nonzero && spec_distance(spec, want, all) > 1e-9;
    tally_schedule(spec, rule, want, tally);
    return true;
}

/* Paths under a schedule; or (`axes`) replaced edges and signals, under a schedule too. */
static void check_spec(uint64_t seed, bool axes, Tally *tally) {
    RandomSpec random = random_spec(seed);
    Random paths, schedules;
    random_seed(&paths, seed ^ 0x5eed);
    random_seed(&schedules, seed ^ 0x7173);
    SpecModel spec = spec_model(random.text.at, STEPS, seed);
    cr_assert_not_null(spec.model, "seed %llu:\n%s\n%s", (unsigned long long)seed, random.text.at,
                       spec.messages.at);
    double **all = spec_gradients(&spec);
    const OracleRule whole = {0};
    for (int i = 0; enumerate(&spec, &whole, all) && i < RULES_PER_SPEC; i++) {
        Text keep = {0};
        if (axes && random_chance(&paths, 60))
            text_add(&keep, "any*");
        else
            random_path(&paths, &random, &keep);
        if (axes) random_clauses(&paths, &random, &keep);
        const Schedule schedule = random_schedule(&schedules, !axes);
        bool good = check_rule(&spec, random.text.at, keep.at, &schedule, all, tally);
        cr_assert(good, "seed %llu, keep %s%s\n%s", (unsigned long long)seed, keep.at, schedule.text,
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
    made.derivation = derive(made.arena, opened->model, opened->graph, made.rule, CARRY_FORWARD, LEARN_LATER,
                             eligo->diagnostics);
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
    *partial += spec_distance(&spec, want, all) > 1e-9;
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

/* The rule `keep …; estimate …` on the spec, every other one with replaced edges, signals and decays, its
 * mean over draws against the same rule without the estimate. */
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
    if (random_chance(&choice, 50)) random_clauses(&choice, &random, &keep);
    text_printf(&text, "%s\nrule drawn { keep %s; estimate %s; }\nrule plain { keep %s; }\n", random.text.at,
                keep.at, estimates[i], keep.at);
    SpecModel spec = spec_model(random.text.at, STEPS, seed);
    Eligo *eligo = eligo_new("library");
    Trial trial = {.eligo = eligo, .steps = STEPS};
    trial.spec = eligo_open_text(eligo, "random.eligo", text.at, ELIGO_TARGET_UNKNOWN);
    cr_assert(trial.spec && spec.model, "%s\n%s", eligo_messages(eligo, false), text.at);
    trial.arena = trial.spec->arena;
    trial.params = spec.params;
    trial.inputs = spec.inputs;
    EligoDerivation *derivation = eligo_derive(eligo, trial.spec, "drawn", NULL, ELIGO_CARRY_FORWARD);
    cr_assert(derivation || refuses(eligo), "%s\n%s", eligo_messages(eligo, false), text.at);
    if (derivation) {
        const Gradients around = trial_derived(&trial, "plain", NULL, ELIGO_CARRY_BACKWARD);
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
    for (; (uint64_t)tally.pairs < wanted; specs++) check_spec(seed + (uint64_t)specs, false, &tally);
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

/* Were the means of 600 draws normal, one entry in 4e11 would be further than 7 standard errors off. */
Test(random, estimates_are_right_in_the_mean, .timeout = 600) {
    uint64_t seed = from_environment("ELIGO_SEED", 20260101),
             wanted = from_environment("ELIGO_PAIRS", PAIRS) / 10;
    int varying = 0;
    for (uint64_t i = 0; i < wanted; i++) check_estimate(seed + i, (int)(i % ESTIMATES), &varying);
    fprintf(stderr, "%d specs with an estimate, %d of them vary\n", (int)wanted, varying);
    cr_assert((uint64_t)varying * 3 >= wanted);
}
