/* One function for each oracle: what a rule's gradient should be, from somewhere else. */
#include "eligo_oracles.h"

#include "oracle/difference.h"
#include "oracle/enumerate.h"
#include "oracle/masked.h"

#include <math.h>
#include <string.h>

#define TOLERANCE            1e-9
#define DIFFERENCE_TOLERANCE 1e-6 /* of a difference quotient */
/* Of a right estimate's mean over draws, one entry in 5e8 is further from the truth, if it were normal. */
#define STANDARD_ERRORS 6.0
enum { DRAWS_OF_MEAN = 1000 };

static Outcome compared(const Trial *trial, Gradients a, Gradients b, const bool *only) {
    return (Outcome){true, trial_disagreement(trial, a, b, only), NULL};
}

/* ---- the gradient by definition: every path ---- */

/* Axes that give kept paths other weights, or keep less of them, have oracles of their own. */
static bool only_masks(const Rule *rule) {
    return rule->replaces.count == 0 && rule->estimate.kind == ESTIMATE_EXACT &&
           rule->signal == SIGNAL_SYMMETRIC && rule->timing.sample == 0 && rule->timing.chunk == 0 &&
           rule->timing.decay == 0;
}

/* Rules whose gradient is a sum over paths, whatever an edge weighs. */
static bool only_keeps(const Rule *rule) {
    return rule->mask.kind == MASK_NONE && rule->estimate.kind == ESTIMATE_EXACT;
}

/* What stands in the edges' place, in the names of each layer; where a layer lacks them, no edge ends. */
static const OracleReplace *oracle_replaces(Trial *trial, const Rule *rule) {
    Model *model = trial->spec->model;
    OracleReplace *all = arena_alloc(trial->arena, sizeof *all * (size_t)(rule->replaces.count + 1));
    Diagnostics *aside = diagnostics_new(trial->arena);
    static const OracleWeight kinds[] = {[REPLACE_DIAGONAL] = ORACLE_VALUE,
                                         [REPLACE_RANDOM] = ORACLE_RANDOM,
                                         [REPLACE_SIGN] = ORACLE_SIGN,
                                         [REPLACE_MEAN] = ORACLE_MEAN};
    static const OracleSide sides[] = {
        [SIDE_BOTH] = ORACLE_BOTH, [SIDE_ELIGIBILITY] = ORACLE_ELIGIBILITY, [SIDE_SIGNAL] = ORACLE_SIGNAL};
    for (int i = 0; i < rule->replaces.count; i++) {
        const Replace *replace = &rule->replaces.at[i];
        all[i] = (OracleReplace){
            .selector = replace->selector, .kind = kinds[replace->kind], .side = sides[replace->side]};
        if (replace->kind != REPLACE_DIAGONAL) continue;
        const Expr **value = arena_alloc(trial->arena, sizeof *value * (size_t)(model->layers.count + 2));
        for (int layer = -1; layer < model->layers.count; layer++)
            value[layer + 1] =
                model_expression(model, layer, replace->value, rule->numbers.at, rule->numbers.count, aside);
        all[i].value = value;
    }
    return all;
}

static OracleWeight oracle_signal(const Rule *rule) {
    switch (rule->signal) {
    case SIGNAL_RANDOM:
    case SIGNAL_ADAPTIVE: return ORACLE_RANDOM;
    case SIGNAL_SIGN: return ORACLE_SIGN;
    default: return ORACLE_OWN;
    }
}

/* Shortens the sequence until the paths can be counted. */
static Gradients enumerated(Trial *trial, const Subject *subject, const bool *teaches, const char **why) {
    Gradients gradients = trial_new_gradients(trial);
    OracleBinding *values =
        arena_alloc(trial->arena, sizeof *values * (size_t)(subject->bindings->count + 1));
    for (int i = 0; i < subject->bindings->count; i++)
        values[i] = (OracleBinding){subject->bindings->at[i].name, (long)subject->bindings->at[i].value};
    const Rule *own = subject->derivation->rule;
    OracleRule rule = {.keep = subject->path,
                       .bindings = values,
                       .binding_count = subject->bindings->count,
                       .replaces = oracle_replaces(trial, own),
                       .replace_count = own->replaces.count,
                       .decay = own->timing.decay,
                       .signal = oracle_signal(own),
                       .drawn = trial_feedback(trial, subject->derivation),
                       .within_layers = own->signal == SIGNAL_LOCAL,
                       .chunk = own->timing.chunk,
                       .teaches = teaches};
    const double *const *inputs = (const double *const *)trial->inputs;
    for (Sequence sequence = {trial->steps, inputs}; sequence.steps > 1; sequence.steps--) {
        OracleOutcome outcome = oracle_gradient(
            trial->spec->model, &rule, (const double *const *)trial->params, &sequence, gradients.at, NULL);
        trial->steps = sequence.steps;
        if (outcome == ORACLE_DONE) return gradients;
        *why = outcome == ORACLE_TOO_LARGE ? "too many words" : "too many selectors";
    }
    return (Gradients){NULL};
}

static void add_share(const Trial *trial, Gradients sum, Gradients gradients, double share) {
    const Model *model = trial->spec->model;
    for (int p = 0; p < model->params.count; p++)
        for (long i = 0; i < trial_entries(model->params.at[p]); i++)
            sum.at[p][i] += share * gradients.at[p][i];
}

/* The choice that the bits of `set` say; false when it isn't one of `sample` steps. */
static bool choose(unsigned set, int steps, int sample, bool *teaches) {
    int chosen = 0;
    for (int t = 0; t < steps; t++) chosen += teaches[t] = set >> t & 1;
    return chosen == (sample < steps ? sample : steps);
}

/* Each choice of steps against the paths that end at their losses alone; and all choices together, of which
 * each step is in the same share, against every path. */
static Outcome compare_choices(Verification *verification, const Subject *subject, Gradients all) {
    Trial *trial = &verification->trial;
    const int steps = trial->steps, sample = subject->derivation->rule->timing.sample;
    const double scale = sample < steps ? (double)steps / sample : 1;
    bool *teaches = arena_alloc(trial->arena, sizeof *teaches * (size_t)steps);
    const Gradients mean = trial_new_gradients(trial);
    const char *why = NULL;
    double worst = 0, choices = 0;
    for (unsigned set = 0; set < 1U << steps; set++) choices += choose(set, steps, sample, teaches);
    trial->teaches = teaches;
    for (unsigned set = 0; set < 1U << steps; set++) {
        if (!choose(set, steps, sample, teaches)) continue;
        const Gradients wanted = enumerated(trial, subject, teaches, &why);
        const Gradients got = trial_gradients(trial, subject->derivation);
        worst = fmax(worst, wanted.at ? trial_disagreement(trial, got, wanted, NULL) : INFINITY);
        add_share(trial, mean, got, scale / choices);
    }
    trial->teaches = NULL;
    return (Outcome){true, fmax(worst, trial_disagreement(trial, mean, all, NULL)), NULL};
}

static Outcome compare_enumeration(Verification *verification, const Subject *subject) {
    const char *why = NULL;
    if (!only_keeps(subject->derivation->rule)) return (Outcome){0};
    const Gradients oracle = enumerated(&verification->trial, subject, NULL, &why);
    if (!oracle.at) return (Outcome){.why = why};
    if (subject->derivation->rule->timing.sample > 0) return compare_choices(verification, subject, oracle);
    return compared(&verification->trial, trial_gradients(&verification->trial, subject->derivation), oracle,
                    NULL);
}

/* ---- the other carry ---- */

static Outcome compare_carries(Verification *verification, const Subject *subject) {
    const Rule *rule = subject->derivation->rule;
    Trial *trial = &verification->trial;
    if (!rule_check_carry(rule, CARRY_BACKWARD, NULL)) return (Outcome){.why = "none"};
    const Gradients backward = trial_derived(trial, subject->use, subject->keep, ELIGO_CARRY_BACKWARD);
    if (!backward.at) return (Outcome){.why = "not derived"};
    return compared(trial, trial_gradients(trial, subject->derivation), backward, NULL);
}

/* In blocks of three steps, so that the sequence ends within one. */
static Outcome compare_blocks(Verification *verification, const Subject *subject) {
    enum { STEPS = 3 };
    Trial *trial = &verification->trial;
    if (!rule_check_carry(subject->derivation->rule, CARRY_MIXED, NULL)) return (Outcome){.why = "none"};
    eligo_block(trial->eligo, STEPS);
    const Gradients blocks = trial_derived(trial, subject->use, subject->keep, ELIGO_CARRY_MIXED);
    eligo_block(trial->eligo, 0);
    if (!blocks.at) return (Outcome){.why = "not derived"};
    return compared(trial, trial_gradients(trial, subject->derivation), blocks, NULL);
}

/* ---- what is called exact, against the whole gradient ---- */

static Gradients differences(const Trial *trial) {
    const Model *model = trial->spec->model;
    Gradients gradients = trial_new_gradients(trial);
    Sequence sequence = {trial->steps, (const double *const *)trial->inputs};
    for (int p = 0; p < model->params.count; p++) {
        const Var *param = model->params.at[p];
        const Pattern *pattern = pattern_of(param, trial->arena);
        for (long i = 0; i < trial_entries(param); i++) {
            const long cols = dim_size(param->cols);
            if (param->cols && !pattern_has(pattern, param, i / cols, i % cols)) continue;
            gradients.at[p][i] =
                oracle_difference(model, (const double *const *)trial->params, &sequence, p, i, NULL);
        }
    }
    return gradients;
}

/* By finite differences; where a derivative was chosen, as a spike's, by every path. */
Gradients oracles_whole(Verification *verification) {
    Trial *trial = &verification->trial;
    if (verification->whole.at && verification->whole_steps == trial->steps) return verification->whole;
    verification->whole = verification->not_differentiable
                              ? trial_derived(trial, NULL, "any*", ELIGO_CARRY_BACKWARD)
                              : differences(trial);
    verification->whole_steps = trial->steps;
    return verification->whole;
}

static Outcome compare_exact(Verification *verification, const Subject *subject) {
    Trial *trial = &verification->trial;
    const Derivation *derivation = subject->derivation->derivation;
    const int params = derivation->model->params.count;
    bool *exact = arena_alloc(trial->arena, sizeof *exact * (size_t)(params + 1)), any = false;
    for (int p = 0; p < params; p++) {
        exact[p] = derivation->facts[p].verdict == VERDICT_EXACT;
        any = any || exact[p];
    }
    if (!any) return (Outcome){.why = "none is"};
    return compared(trial, trial_gradients(trial, subject->derivation), oracles_whole(verification), exact);
}

/* ---- masks, entry by entry ---- */

/* The masked oracle knows of no language. */
static bool keeps_all(const Automaton *automaton) {
    for (int i = 0; i < automaton->states * automaton->symbols; i++)
        if (automaton->delta[i] == DROPPED) return false;
    for (int q = 0; q < automaton->states; q++)
        if (!automaton->accepting[q]) return false;
    return true;
}

static Outcome compare_mask(Verification *verification, const Subject *subject) {
    static const OracleMaskKind kinds[] = {ORACLE_WHOLE, ORACLE_DIAGONAL, ORACLE_BLOCKS, ORACLE_REACH};
    Trial *trial = &verification->trial;
    const Rule *rule = subject->derivation->rule;
    if (rule->mask.kind == MASK_NONE) return (Outcome){0};
    if (!keeps_all(&rule->automaton) || !only_masks(rule)) return (Outcome){.why = "not alone"};
    const Gradients wanted = trial_new_gradients(trial);
    const Sequence sequence = {trial->steps, (const double *const *)trial->inputs};
    const OracleMask mask = {kinds[rule->mask.kind], rule->mask.size};
    oracle_masked_gradient(trial->spec->model, mask, (const double *const *)trial->params, &sequence,
                           wanted.at);
    return compared(trial, trial_gradients(trial, subject->derivation), wanted, NULL);
}

/* ---- estimates, in the mean over draws ---- */

/* The mean over all choices of the steps that teach: so much of the whole. */
static void scale_by_choice(const Trial *trial, int sample, Gradients gradients) {
    if (sample == 0 || sample >= trial->steps) return;
    for (int p = 0; p < trial->spec->model->params.count; p++)
        for (long i = 0; i < trial_entries(trial->spec->model->params.at[p]); i++)
            gradients.at[p][i] *= (double)sample / trial->steps;
}

/* What the same rule has in the mean without its estimate. */
static Gradients without_estimate(Trial *trial, const Subject *subject) {
    Rule *rule = arena_new_of(trial->arena, Rule);
    *rule = *subject->derivation->rule;
    rule->estimate = (Estimate){.kind = ESTIMATE_EXACT};
    rule->timing.sample = 0;
    EligoDerivation exact = {.spec = trial->spec, .arena = trial->arena, .rule = rule};
    exact.derivation = derive(trial->arena, trial->spec->model, trial->spec->graph, rule, CARRY_FORWARD,
                              LEARN_LATER, trial->eligo->diagnostics);
    if (!exact.derivation) return (Gradients){NULL};
    const Gradients gradients = trial_gradients(trial, &exact);
    if (gradients.at) scale_by_choice(trial, subject->derivation->rule->timing.sample, gradients);
    return gradients;
}

static bool draws_at_random(const Rule *rule) {
    return rule->estimate.kind != ESTIMATE_EXACT && rule->estimate.kind != ESTIMATE_FACTORED;
}

static Outcome compare_mean(Verification *verification, const Subject *subject) {
    Trial *trial = &verification->trial;
    if (!draws_at_random(subject->derivation->rule)) return (Outcome){0};
    const Gradients around = without_estimate(trial, subject);
    if (!around.at) return (Outcome){.why = "not derived"};
    const TrialMean mean = trial_mean(trial, subject->derivation, around, DRAWS_OF_MEAN);
    verification->spread = mean.spread;
    return (Outcome){true, mean.errors, NULL};
}

/* Any spread is right; it is shown because it is what an estimate costs. */
static Outcome show_spread(Verification *verification, const Subject *subject) {
    if (!draws_at_random(subject->derivation->rule)) return (Outcome){0};
    return (Outcome){true, verification->spread, NULL};
}

const Oracle oracles[ORACLES] = {
    {"enumeration", TOLERANCE, compare_enumeration},
    {"backward", TOLERANCE, compare_carries},
    {"blocks", TOLERANCE, compare_blocks},
    {"exact", DIFFERENCE_TOLERANCE, compare_exact},
    {"mask", TOLERANCE, compare_mask},
    {"mean", STANDARD_ERRORS, compare_mean},
    {"spread", INFINITY, show_spread},
};

const double oracles_difference_tolerance = DIFFERENCE_TOLERANCE;

Outcome oracles_compare_whole(Verification *verification, Gradients all) {
    return compared(&verification->trial, all, oracles_whole(verification), NULL);
}
