#include "derive/plan.h"

enum { LONGEST_BLOCK = 1024 };
static const double model_error = 0.03; /* times that differ by less are the same */

/* ---- what can't be taken ---- */

/* Whether parameters change within a sequence elsewhere than at borders of such blocks. */
static bool changes_inside(const PlanWork *work, int block) {
    if (work->update == UPDATE_ONLINE) return block != 1;
    return work->update == UPDATE_EVERY && (block < 1 || work->every % block != 0);
}

static const char *work_refuses(const PlanWork *work, Carry carry, int block) {
    if (carry == CARRY_FORWARD) return NULL;
    if (work->stream) return "a stream has no end to go back from";
    if (!changes_inside(work, carry == CARRY_MIXED ? block : 0)) return NULL;
    return carry == CARRY_MIXED ? "parameters change inside a block"
                                : "parameters change before the sequence is over";
}

static const char *first_error(const Diagnostics *aside) {
    for (int i = 0; i < aside->list.count; i++)
        if (aside->list.at[i]->severity == SEVERITY_ERROR) return aside->list.at[i]->message;
    return "it can't be derived";
}

static const char *memory_refuses(const PlanWork *work, double bytes) {
    return work->memory > 0 && bytes > work->memory ? "too large" : NULL;
}

/* ---- candidates ---- */

typedef struct Planning {
    Arena *arena;
    Model *model;
    const Graph *graph;
    const Rule *rule;
    Plan *plan;
} Planning;

static double bytes_of(const Program *program, const PlanWork *work, Arena *arena) {
    const Layout layout = program_layout(program, work->real, arena);
    const int steps = program->block ? program->block : work->steps;
    const double records = program->has_tape ? (double)steps + program->history + 1 : 0;
    return (double)layout.struct_bytes + records * (double)layout.record_bytes;
}

static void weigh_derived(const Planning *p, Candidate *candidate, const Derivation *derivation) {
    const PlanWork *work = &p->plan->work;
    candidate->derived = true;
    candidate->time = machine_time(derivation, work->steps, work->real, p->arena);
    candidate->bytes = bytes_of(derivation->program, work, derivation->arena);
    candidate->refused = memory_refuses(work, candidate->bytes);
}

/* Leaves nothing in the model: what is derived afterwards is what it would have been. */
static void weigh(const Planning *p, Candidate *candidate) {
    Rule rule = *p->rule;
    rule.block = candidate->block;
    candidate->refused = work_refuses(&p->plan->work, candidate->carry, candidate->block);
    if (candidate->refused) return;
    Diagnostics *aside = diagnostics_new(p->arena);
    Arena *scratch = arena_new();
    const int expressions = exprs_count(p->model->exprs);
    const Derivation *derivation = NULL;
    if (rule_check_carry(&rule, candidate->carry, aside))
        derivation = derive(scratch, p->model, p->graph, &rule, candidate->carry, LEARN_LATER, aside);
    if (derivation)
        weigh_derived(p, candidate, derivation);
    else
        candidate->refused = first_error(aside);
    exprs_forget(p->model->exprs, expressions);
    arena_free(scratch);
}

static void add(const Planning *p, Carry carry, int block) {
    Candidate candidate = {.carry = carry, .block = block};
    weigh(p, &candidate);
    vec_push(p->arena, &p->plan->candidates, candidate);
}

/* Powers of two, and what goes with the update or was asked for. */
static bool is_block(const PlanWork *work, int steps) {
    if (steps == 1 || changes_inside(work, steps)) return false;
    return (steps & (steps - 1)) == 0 || (work->update == UPDATE_EVERY && steps == work->every);
}

/* Why no block can be taken, however long it is; NULL: some can. */
static const char *blocks_refused(const Planning *p) {
    Rule rule = *p->rule;
    Diagnostics *aside = diagnostics_new(p->arena);
    rule.block = 1; /* goes with any update */
    if (!rule_check_carry(&rule, CARRY_MIXED, aside)) return first_error(aside);
    return work_refuses(&p->plan->work, CARRY_MIXED, 1);
}

static void add_blocks(const Planning *p) {
    const PlanWork *work = &p->plan->work;
    const int longest = work->steps < LONGEST_BLOCK ? work->steps : LONGEST_BLOCK, own = p->rule->block;
    const char *why = blocks_refused(p);
    for (int block = 1; !why && block <= longest; block++)
        if (block == own || is_block(work, block)) add(p, CARRY_MIXED, block);
    if (!why && own > longest) add(p, CARRY_MIXED, own);
    if (p->plan->candidates.at[p->plan->candidates.count - 1].carry == CARRY_MIXED) return;
    if (!why) why = work_refuses(work, CARRY_MIXED, 0);
    if (!why) why = "sequences are shorter than any block";
    vec_push(p->arena, &p->plan->candidates, ((Candidate){.carry = CARRY_MIXED, .refused = why}));
}

/* ---- the choice ---- */

static void choose(Plan *plan) {
    plan->best = plan->fastest = -1;
    for (int i = 0; i < plan->candidates.count; i++) {
        const Candidate *one = &plan->candidates.at[i];
        if (!one->refused &&
            (plan->fastest < 0 || one->time.seconds < plan->candidates.at[plan->fastest].time.seconds))
            plan->fastest = i;
    }
    for (int i = 0; i < plan->candidates.count; i++) {
        const Candidate *one = &plan->candidates.at[i];
        if (one->refused) continue;
        const double least = plan->candidates.at[plan->fastest].time.seconds;
        if (one->time.seconds <= least * (1 + model_error) &&
            (plan->best < 0 || one->bytes < plan->candidates.at[plan->best].bytes))
            plan->best = i;
    }
}

Plan *plan_make(Arena *arena, Model *model, const Graph *graph, const Rule *rule, const PlanWork *work) {
    Plan *plan = arena_new_of(arena, Plan);
    plan->work = *work;
    if (work->update == UPDATE_UNSAID) {
        plan->work.update = rule->timing.update == UPDATE_UNSAID ? UPDATE_END : rule->timing.update;
        plan->work.every = rule->timing.every;
    }
    const Planning planning = {arena, model, graph, rule, plan};
    add(&planning, CARRY_FORWARD, 0);
    add(&planning, CARRY_BACKWARD, 0);
    add_blocks(&planning);
    choose(plan);
    return plan;
}

void plan_report(const Plan *plan, const Rule *rule, Diagnostics *diagnostics) {
    const Candidate *least = NULL;
    for (int i = 0; i < plan->candidates.count; i++) {
        const Candidate *one = &plan->candidates.at[i];
        if (one->derived && (!least || one->bytes < least->bytes)) least = one;
    }
    const Span span = rule->carry == CARRY_AUTO ? rule->carry_span : (Span){0};
    Diagnostic *d = diagnose(diagnostics, span, "E0521", "there is no way to carry `%s`%s", rule->name,
                             least ? " in so little memory" : "");
    if (least)
        diagnostic_help(diagnostics, d, "the smallest learner takes %.0f bytes", least->bytes);
    else
        diagnostic_help(diagnostics, d, "%s", plan->candidates.at[0].refused);
}
