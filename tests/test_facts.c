/* Facts about rules and models, computed from the graph: which rules apply, what is exact. */
#include "eligo_internal.h"
#include "random_spec.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Case {
    const char *cell, *rule;
    const char *reason; /* a part of it; NULL: the rule applies */
} Case;

Test(facts, a_rule_applies_or_says_why_not) {
    static const Case cases[] = {
        {"lstm", "bptt", NULL},
        {"lstm", "tbptt", NULL},
        {"lstm", "eprop(2)", NULL},
        {"lstm", "lstm1997", NULL},
        {"vanilla", "lstm1997", "no state `c`"},
        {"alif", "no_reset", NULL},
        {"vanilla", "no_reset", "no tag `reset`"},
        {"lstm", "eprop(0)", "negative"},
        {"lstm", "nonsense", "there is no rule"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open(eligo, c->cell, ELIGO_TARGET_UNKNOWN);
        cr_assert_not_null(spec);
        char *reason = NULL;
        const bool applies = eligo_applies(spec, c->rule, &reason);
        cr_expect_eq(applies, c->reason == NULL, "%s on %s: %s", c->rule, c->cell, reason ? reason : "");
        cr_expect(applies == (reason == NULL));
        if (c->reason && reason)
            cr_expect(strstr(reason, c->reason), "%s on %s: %s", c->rule, c->cell, reason);
        cr_expect_eq(eligo_errors(eligo), 0);
        cr_expect_str_empty(eligo_messages(eligo, false));
        free(reason);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}

Test(facts, parameters_without_default_get_two) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, "lstm", ELIGO_TARGET_UNKNOWN);
    static const char *const uses[][2] = {
        {"tbptt", "tbptt(k=2)"}, {"eprop", "eprop"}, {"eprop(3)", "eprop(3)"}, {"nonsense", "nonsense"}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        char *use = eligo_rule_use(spec, uses[i][0]);
        cr_expect_str_eq(use, uses[i][1]);
        free(use);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
}

/* ---- exact or not, by numbers ---- */

enum { STEPS = 14, DRAWS = 4, PAIRS = 400, RULES_PER_SPEC = 3 };

static bool gradient(Eligo *eligo, EligoSpec *spec, const char *keep, const SpecModel *numbers, double **grad,
                     const ParamFacts **facts, EligoDerivation **derivation) {
    *derivation = eligo_derive(eligo, spec, NULL, keep, ELIGO_CARRY_BACKWARD);
    if (!*derivation) return false;
    EligoLearner *learner = eligo_learner_new(eligo, *derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    const Model *model = numbers->model;
    for (int p = 0; p < model->params.count; p++) eligo_learner_set_param(learner, p, numbers->params[p]);
    eligo_learner_clear_gradients(learner);
    eligo_learner_start(learner, STEPS);
    for (int t = 0; t < STEPS; t++) {
        int given = 0;
        for (int i = 0; i < model->inputs.count; i++) {
            const Var *var = model->inputs.at[i];
            const double *now = numbers->inputs[i] + t * dim_size(var->rows);
            if (var == model->target)
                eligo_learner_set_target(learner, now);
            else if (var != model->when)
                eligo_learner_set_input(learner, given++, now);
        }
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
    for (int p = 0; p < model->params.count; p++) eligo_learner_get_gradient(learner, p, grad[p]);
    eligo_learner_free(learner);
    *facts = (*derivation)->derivation->facts;
    return true;
}

typedef struct Tally {
    int pairs, exact, approximate;
    int unseen;     /* approximate, and equal on every draw */
    int conditions; /* under which they would be exact */
} Tally;

static double farthest(const double *a, const double *b, long count, double *scale) {
    double most = 0;
    for (long i = 0; i < count; i++) {
        most = fmax(most, fabs(a[i] - b[i]));
        *scale = fmax(*scale, fabs(b[i]));
    }
    return most;
}

/* "(KEEP) | (any & not explicit)*": with all paths on which the edges of the condition don't occur. Where
 * KEEP would be exact without such edges, it has them all already. */
static const char *widened(Arena *arena, const char *keep, Without without) {
    const char *text = arena_printf(arena, "(%s) | (any", keep);
    for (int c = 0; c < CLASS_COUNT; c++)
        if (without.classes >> c & 1U) text = arena_printf(arena, "%s & not %s", text, edge_class_name[c]);
    return arena_printf(arena, "%s)*", text);
}

static void check_condition(uint64_t seed, const char *text, const char *keep, int p, Tally *tally) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "random.eligo", text, ELIGO_TARGET_UNKNOWN);
    SpecModel numbers = spec_model(text, STEPS, seed);
    double **kept = spec_gradients(&numbers), **wide = spec_gradients(&numbers);
    const ParamFacts *facts, *more;
    EligoDerivation *a, *b = NULL;
    double scale = 1e-3;
    if (gradient(eligo, spec, keep, &numbers, kept, &facts, &a) && facts[p].condition &&
        !facts[p].without.tags && !facts[p].without.layers &&
        gradient(eligo, spec, widened(numbers.arena, keep, facts[p].without), &numbers, wide, &more, &b)) {
        tally->conditions++;
        const double far = farthest(kept[p], wide[p], spec_entries(numbers.model->params.at[p]), &scale);
        cr_assert(far <= 1e-10 * scale, "%s: not exact with %s: keep %s\n%s", facts[p].param->label,
                  facts[p].condition, keep, text);
    }
    eligo_derivation_free(a), eligo_derivation_free(b);
    spec_model_free(&numbers);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

/* One rule on one spec: on several draws of numbers, `exact` parameters have the whole gradient, and each
 * other one differs from it on some draw. */
static void check_rule(uint64_t seed, const char *text, const char *keep, Tally *tally) {
    enum { MOST_PARAMS = 64 };
    bool differs[MOST_PARAMS] = {false}, exact[MOST_PARAMS] = {false}, matters[MOST_PARAMS] = {false};
    int params = 0;
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "random.eligo", text, ELIGO_TARGET_UNKNOWN);
    for (int draw = 0; draw < DRAWS; draw++) {
        SpecModel numbers = spec_model(text, STEPS, seed + 1000003U * (unsigned)draw);
        double **kept = spec_gradients(&numbers), **all = spec_gradients(&numbers);
        const ParamFacts *facts, *whole;
        EligoDerivation *of_rule, *of_all = NULL;
        if (gradient(eligo, spec, keep, &numbers, kept, &facts, &of_rule) &&
            gradient(eligo, spec, "any*", &numbers, all, &whole, &of_all)) {
            params = numbers.model->params.count;
            for (int p = 0; p < params && p < MOST_PARAMS; p++) {
                double scale = 1e-3;
                const double far =
                    farthest(kept[p], all[p], spec_entries(numbers.model->params.at[p]), &scale);
                exact[p] = facts[p].verdict == VERDICT_EXACT || facts[p].exact_steps >= STEPS;
                cr_assert(!exact[p] || far <= 1e-10 * scale,
                          "%s is called exact and differs by %g: keep %s\n%s", facts[p].param->label, far,
                          keep, text);
                differs[p] = differs[p] || far > 1e-12 * scale;
                matters[p] = matters[p] || scale > 1e-3;
            }
        }
        eligo_derivation_free(of_rule);
        eligo_derivation_free(of_all);
        spec_model_free(&numbers);
    }
    for (int p = 0; p < params; p++) check_condition(seed, text, keep, p, tally);
    for (int p = 0; p < params; p++) {
        if (!matters[p]) continue; /* a state that stays zero, say: all gradients are alike */
        tally->exact += exact[p];
        tally->approximate += !exact[p];
        tally->unseen += !exact[p] && !differs[p];
        if (!exact[p] && !differs[p])
            fprintf(stderr, "called approximate, yet equal: parameter %d, keep %s\n%s\n", p, keep, text);
    }
    tally->pairs += params > 0;
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(facts, exact_means_equal_and_approximate_means_different, .timeout = 300) {
    Tally tally = {0};
    for (uint64_t seed = 77; tally.pairs < PAIRS; seed++) {
        RandomSpec random = random_spec(seed);
        Random paths;
        random_seed(&paths, seed ^ 0xfac7);
        for (int i = 0; i < RULES_PER_SPEC; i++) {
            Text keep = {0};
            random_path(&paths, &random, &keep);
            check_rule(seed, random.text.at, keep.at, &tally);
            text_free(&keep);
        }
        random_spec_free(&random);
    }
    fprintf(stderr,
            "%d pairs: %d parameters exact, %d approximate, %d of those not seen to differ, %d conditions\n",
            tally.pairs, tally.exact, tally.approximate, tally.unseen, tally.conditions);
    cr_expect(tally.exact > 100 && tally.approximate > 100 && tally.conditions > 100);
    cr_expect(200 * tally.unseen <= tally.approximate); /* dead units, saturated draws */
}

/* ---- the judgement in words ---- */

typedef struct Judged {
    const char *spec, *use, *param;
    Verdict verdict;
    const char *condition; /* NULL: none */
    unsigned meets;
} Judged;

enum { J = MEETS_POST, I = MEETS_PRE, K = MEETS_UNITS, L = MEETS_LAYERS, O = MEETS_OUTPUTS };

/* W reaches h by itself and across R within the step; s sums what all units do. */
#define CROSSING                                                                                             \
    "cell c { size n, m; input x[m]; output h; state h[n], s; param W[n,m], R[n,n], a;"                      \
    " u = W @ x; h = a * h[t-1] + tanh(u + R @ u) - 0.1 * s; s = 0.5 * s[t-1] + sum(h[t-1]); }"

static const Judged judged[] = {
    {"cell c { size n, m; input x[m]; output h; state h[n]; param W[n,m], R[n,n], a;"
     " u = W @ x; h = a * h[t-1] + tanh(u + R @ u); }",
     "eprop", "W", VERDICT_APPROXIMATE, "no lateral edge", J | I | O},
    {CROSSING, "eprop", "W", VERDICT_APPROXIMATE, "no lateral edge", J | I | O},
    {CROSSING, "eprop_lateral", "W", VERDICT_APPROXIMATE, "no explicit edge", J | I | K | O},
    {CROSSING, "rtrl", "W", VERDICT_EXACT, NULL, J | I | K | O},
    {CROSSING, "rtrl", "a", VERDICT_EXACT, NULL, K | O},
    {"lstm", "rtrl", "Wi", VERDICT_EXACT, NULL, J | I | K | O},
    {"lstm", "eprop", "Wi", VERDICT_APPROXIMATE, "no explicit edge", J | I | O},
    {"lstm", "eprop", "bi", VERDICT_APPROXIMATE, "no explicit edge", J | O},
    {"lstm", "eprop", "V", VERDICT_EXACT, NULL, J | I},
    {"lstm", "sltt", "Wi", VERDICT_APPROXIMATE, "no implicit and no explicit edge", J | I | O},
    {"indrnn", "eprop", "W", VERDICT_EXACT, NULL, J | I | O},
    {"indrnn", "sltt", "W", VERDICT_APPROXIMATE, "no implicit edge", J | I | O},
    {"lif", "no_reset", "W", VERDICT_APPROXIMATE, "no edge tagged reset", J | I | K | O},
    {"lif", "eprop_noreset", "W", VERDICT_APPROXIMATE, "no explicit edge, no edge tagged reset", J | I | O},
    {"gru", "eprop", "Rr", VERDICT_NOTHING, NULL, J | I},
    {"gru", "eprop", "Rz", VERDICT_APPROXIMATE, "no explicit edge", J | I | O},
    {"gru", "eprop_lateral", "Rr", VERDICT_APPROXIMATE, "no explicit edge", J | I | K | O},
    {"digits2", "no_spatial", "l1.Wi", VERDICT_NOTHING, NULL, J | I},
    {"digits2", "no_spatial", "l2.Wi", VERDICT_EXACT, NULL, J | I | K | O},
    {"digits2", "keep (implicit | explicit | lateral)* spatial*", "l1.Wi", VERDICT_APPROXIMATE,
     "no edge in time within l2", J | I | K | L | O},
    {"digits2", "keep (implicit | explicit | lateral)* spatial*", "l2.Wi", VERDICT_EXACT, NULL,
     J | I | K | O},
    {"leaky", "keep any*; replace explicit with 0", "W", VERDICT_APPROXIMATE, NULL, J | I | O},
    {"leaky", "keep implicit*; replace explicit with 0", "W", VERDICT_APPROXIMATE, NULL, J | I | O},
    {"leaky", "keep any*; replace explicit with 0", "V", VERDICT_EXACT, NULL, J | I},
    {"leaky", "cafo", "W", VERDICT_EXACT, NULL, J | I | K | O}, /* one layer has no other */
    {"leaky", "rflo", "W", VERDICT_APPROXIMATE, "no explicit edge", J | I | O},
    {"leaky", "snap(1)", "W", VERDICT_APPROXIMATE, NULL, J | I | O},
    {"leaky", "snap(2)", "W", VERDICT_EXACT, NULL, J | I | K | O},
    {"digits2", "eprop", "l1.Wi", VERDICT_APPROXIMATE, "no explicit edge", J | I | L | O},
};

static const ParamFacts *facts_of(const EligoDerivation *derivation, const char *param) {
    const Model *model = derivation->derivation->model;
    for (int p = 0; p < model->params.count; p++)
        if (strcmp(model->params.at[p]->label, param) == 0) return &derivation->derivation->facts[p];
    cr_assert_fail("no parameter %s", param);
    return NULL;
}

static EligoDerivation *derived(Eligo *eligo, EligoSpec *spec, const char *rule) {
    const char *keep = strncmp(rule, "keep ", 5) == 0 ? rule + 5 : NULL;
    return eligo_derive(eligo, spec, keep ? NULL : rule, keep, ELIGO_CARRY_RULE);
}

Test(facts, verdict_condition_and_meetings) {
    for (size_t i = 0; i < sizeof judged / sizeof *judged; i++) {
        const Judged *j = &judged[i];
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = strchr(j->spec, '{')
                              ? eligo_open_text(eligo, "spec.eligo", j->spec, ELIGO_TARGET_UNKNOWN)
                              : eligo_open(eligo, j->spec, ELIGO_TARGET_UNKNOWN);
        cr_assert(spec, "%s", eligo_messages(eligo, false));
        EligoDerivation *derivation = derived(eligo, spec, j->use);
        cr_assert(derivation, "%s", eligo_messages(eligo, false));
        const ParamFacts *facts = facts_of(derivation, j->param);
        const char *condition = facts->condition ? facts->condition : "-";
        cr_expect_eq(facts->verdict, j->verdict, "%s, %s, %s: %s", j->spec, j->use, j->param,
                     verdict_name[facts->verdict]);
        cr_expect_str_eq(condition, j->condition ? j->condition : "-", "%s, %s, %s", j->spec, j->use,
                         j->param);
        cr_expect_eq(facts->meets, j->meets, "%s, %s, %s: meets %u, not %u", j->spec, j->use, j->param,
                     facts->meets, j->meets);
        eligo_derivation_free(derivation);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}
