/* Realisations of a gradient, as they were weighed. */
#include "eligo_internal.h"
#include "print/plan.h"

const Plan *eligo_plan(EligoDerivation *derivation) {
    const EligoSpec *spec = derivation->spec;
    if (!derivation->plan)
        derivation->plan =
            plan_make(derivation->arena, spec->model, spec->graph, derivation->rule, &spec->eligo->work);
    return derivation->plan;
}

int eligo_candidates(EligoDerivation *derivation) { return eligo_plan(derivation)->candidates.count; }

static const EligoCarry carries[] = {[CARRY_FORWARD] = ELIGO_CARRY_FORWARD,
                                     [CARRY_BACKWARD] = ELIGO_CARRY_BACKWARD,
                                     [CARRY_MIXED] = ELIGO_CARRY_MIXED};

EligoCarry eligo_planned_carry(Eligo *eligo, EligoSpec *spec, const char *use, const char *keep) {
    Arena *arena = arena_new();
    Diagnostics *aside = diagnostics_new(arena);
    Rule *rule = rule_build(arena, spec->package, spec->graph, use, keep, aside);
    const Plan *plan = NULL;
    if (rule && eligo->block) rule->block = eligo->block;
    if (rule && !aside->errors && spec->model->loss)
        plan = plan_make(arena, spec->model, spec->graph, rule, &eligo->work);
    const EligoCarry carry =
        plan && plan->best >= 0 ? carries[plan->candidates.at[plan->best].carry] : ELIGO_CARRY_RULE;
    arena_free(arena);
    return carry;
}

EligoCandidate eligo_candidate(EligoDerivation *derivation, int i) {
    const Plan *plan = eligo_plan(derivation);
    const Candidate *one = &plan->candidates.at[i];
    return (EligoCandidate){.carry = carries[one->carry],
                            .block = one->block,
                            .seconds = one->time.seconds,
                            .bytes = one->bytes,
                            .refused = one->refused,
                            .chosen = i == plan->best};
}

char *eligo_explain_plan(EligoDerivation *derivation, int width, EligoSpelling spelling) {
    static const SpellingKind kinds[] = {[ELIGO_SPELLING_PLAIN] = SPELLING_PLAIN,
                                         [ELIGO_SPELLING_ASCII] = SPELLING_ASCII,
                                         [ELIGO_SPELLING_GREEK] = SPELLING_GREEK};
    Text text = {0};
    print_plan(eligo_plan(derivation), derivation->derivation, width, kinds[spelling], &text);
    return text.at;
}
