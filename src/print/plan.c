#include "print/plan.h"

#include "print/layout.h"
#include "print/report.h"

typedef struct PlanPrinter {
    Arena *arena;
    const Plan *plan;
    int taken; /* which candidate */
    Page page;
    Text *out;
} PlanPrinter;

static const Candidate *candidate_at(const PlanPrinter *p, int i) { return &p->plan->candidates.at[i]; }

static const char *candidate_name(const PlanPrinter *p, int i) {
    const Candidate *one = candidate_at(p, i);
    if (one->carry == CARRY_FORWARD) return "forward";
    if (one->carry == CARRY_BACKWARD) return "backward";
    return one->block ? arena_printf(p->arena, "mixed(%d)", one->block) : "mixed";
}

/* "906 KiB" */
static const char *size_text(const PlanPrinter *p, double bytes) {
    static const char *const unit[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    int i = 0;
    for (; bytes >= 1024 && i < 4; i++) bytes /= 1024;
    return arena_printf(p->arena, bytes < 9.95 && i > 0 ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
}

static const char *time_text(const PlanPrinter *p, double seconds) {
    const double time = 1e6 * seconds;
    return arena_printf(p->arena, time < 0.995 ? "%.2f" : time < 99.5 ? "%.1f" : "%.0f", time);
}

static const char *delay_text(const PlanPrinter *p, const Candidate *one) {
    if (one->carry == CARRY_FORWARD) return "at each step";
    if (one->carry == CARRY_BACKWARD) return arena_printf(p->arena, "after %d steps", p->plan->work.steps);
    return one->block ? arena_printf(p->arena, "every %d steps", one->block) : "-";
}

/* ---- what for ---- */

static const char *update_text(const PlanPrinter *p) {
    const PlanWork *work = &p->plan->work;
    if (work->update == UPDATE_ONLINE) return "parameters change at each step";
    if (work->update == UPDATE_EVERY)
        return arena_printf(p->arena, "parameters change every %d step%s", work->every,
                            work->every == 1 ? "" : "s");
    return arena_printf(p->arena, "parameters change after %d sequence%s, one after the other", work->batch,
                        work->batch == 1 ? "" : "s");
}

static const char *memory_text(const PlanPrinter *p) {
    const double memory = p->plan->work.memory;
    return memory > 0 ? arena_printf(p->arena, "at most %s", size_text(p, memory)) : "any memory";
}

static void print_work(const PlanPrinter *p) {
    const PlanWork *work = &p->plan->work;
    layout_line(&p->page, p->out, 0, 0,
                arena_printf(p->arena, "For %s of %d step%s; %s; %s; numbers of %zu bytes.",
                             work->stream ? "a stream of sequences" : "sequences", work->steps,
                             work->steps == 1 ? "" : "s", update_text(p), memory_text(p), work->real));
}

/* ---- the table ---- */

static const char *verdict_text(const PlanPrinter *p, int i) {
    const Candidate *one = candidate_at(p, i);
    if (i == p->taken && i == p->plan->best) return "taken";
    if (i == p->taken)
        return one->refused ? arena_printf(p->arena, "asked for; %s", one->refused) : "asked for";
    if (one->refused) return arena_printf(p->arena, "no: %s", one->refused);
    return i == p->plan->best ? "the plan's choice" : "";
}

static void print_candidates(const PlanPrinter *p) {
    static const char *const head[] = {"carry", "µs a step", "memory", "gradient known", ""};
    Table table = {.arena = p->arena, .page = &p->page, .columns = 5};
    for (int i = 0; i < table.columns; i++) table_cell(&table, head[i]);
    for (int i = 0; i < p->plan->candidates.count; i++) {
        const Candidate *one = candidate_at(p, i);
        table_cell(&table, candidate_name(p, i));
        table_cell(&table, one->derived ? time_text(p, one->time.seconds) : "-");
        table_cell(&table, one->derived ? size_text(p, one->bytes) : "-");
        table_cell(&table, delay_text(p, one));
        table_cell(&table, verdict_text(p, i));
    }
    table_print(&table, 0, p->out);
}

/* ---- why ---- */

static int allowed(const PlanPrinter *p) {
    int count = 0;
    for (int i = 0; i < p->plan->candidates.count; i++) count += !candidate_at(p, i)->refused;
    return count;
}

/* The fastest of the others that can be taken; -1: there is none. */
static int runner_up(const PlanPrinter *p, int best) {
    int next = -1;
    for (int i = 0; i < p->plan->candidates.count; i++)
        if (i != best && !candidate_at(p, i)->refused &&
            (next < 0 || candidate_at(p, i)->time.seconds < candidate_at(p, next)->time.seconds))
            next = i;
    return next;
}

/* "0.72 of forward's time", "1/40 of forward's time" */
static const char *share_text(const PlanPrinter *p, int a, int b) {
    const double share = candidate_at(p, a)->time.seconds / candidate_at(p, b)->time.seconds;
    return arena_printf(p->arena, share < 0.095 ? "1/%.0f of %s's time" : "%.2f of %s's time",
                        share < 0.095 ? 1 / share : share, candidate_name(p, b));
}

/* Among what the limit keeps out, the fastest that beats the choice; -1: nothing does. */
static int kept_out(const PlanPrinter *p, int best) {
    int faster = -1;
    for (int i = 0; i < p->plan->candidates.count; i++) {
        const Candidate *one = candidate_at(p, i);
        const int than = faster < 0 ? best : faster;
        if (one->derived && one->refused && one->time.seconds < candidate_at(p, than)->time.seconds)
            faster = i;
    }
    return faster;
}

static const char *reason(const PlanPrinter *p, int best) {
    if (allowed(p) == 1) return "nothing else can be taken";
    const int fastest = p->plan->fastest, next = runner_up(p, best);
    if (fastest != best)
        return arena_printf(p->arena, "%s, which takes %s, is no faster to the model's accuracy, and larger",
                            candidate_name(p, fastest), share_text(p, fastest, best));
    return arena_printf(p->arena, "it is the fastest and takes %s", share_text(p, best, next));
}

static void print_reason(const PlanPrinter *p) {
    const int best = p->plan->best;
    if (best < 0) return;
    const char *name = candidate_name(p, best), *why = reason(p, best);
    const int faster = kept_out(p, best);
    const char *more = "";
    if (faster >= 0)
        more = arena_printf(p->arena, "; %s, too large with %s, would take %s", candidate_name(p, faster),
                            size_text(p, candidate_at(p, faster)->bytes), share_text(p, faster, best));
    const char *how = p->taken == best ? arena_printf(p->arena, "%s is taken", name)
                                       : arena_printf(p->arena, "%s was asked for; auto takes %s",
                                                      candidate_name(p, p->taken), name);
    layout_line(&p->page, p->out, 0, 0, arena_printf(p->arena, "%s: %s%s.", how, why, more));
}

/* ---- what a step's time goes to ---- */

enum { PARTS_SHOWN = 3 };

static void print_parts(const PlanPrinter *p) {
    const Candidate *one = candidate_at(p, p->taken);
    if (!one->derived) return;
    text_printf(p->out, "\n");
    layout_line(&p->page, p->out, 0, 0,
                arena_printf(p->arena, "Most of a step's time in %s", candidate_name(p, p->taken)));
    Table table = {.arena = p->arena, .page = &p->page, .columns = 3, .headless = true};
    for (int i = 0; i < one->time.parts.count && i < PARTS_SHOWN; i++) {
        const StepPart *part = &one->time.parts.at[i];
        table_cell(&table, arena_printf(p->arena, "%.0f %%", 100 * part->seconds / one->time.seconds));
        table_cell(&table, arena_printf(p->arena, "%s µs", time_text(p, part->seconds)));
        table_cell(&table, part->what);
    }
    table_print(&table, 4, p->out);
}

/* ---- all of it ---- */

static int taken_of(const Plan *plan, const Derivation *derivation) {
    const int block = derivation->program->block;
    const Carry carry = block ? CARRY_MIXED : derivation->carry;
    for (int i = 0; i < plan->candidates.count; i++)
        if (plan->candidates.at[i].carry == carry && plan->candidates.at[i].block == block) return i;
    for (int i = 0; i < plan->candidates.count; i++) /* its kind, refused for every number of steps */
        if (plan->candidates.at[i].carry == carry) return i;
    return plan->best;
}

void print_plan(const Plan *plan, const Derivation *derivation, int width, SpellingKind spelling, Text *out) {
    Arena *arena = arena_new();
    PlanPrinter p = {arena, plan, taken_of(plan, derivation), page_of(width), out};
    p.page.spelling = spelling_new(arena, derivation, spelling);
    layout_line(&p.page, out, 0, 0,
                arena_printf(arena, "%s by %s: how the gradient is carried, and why", derivation->model->name,
                             derivation->rule->name));
    text_add(out, "\n");
    print_work(&p);
    text_add(out, "\n");
    print_candidates(&p);
    text_add(out, "\n");
    print_reason(&p);
    print_parts(&p);
    text_add(out, "\n");
    layout_line(&p.page, out, 0, 0,
                "Times are a model's, of one core. All of these give the same gradient, to rounding.");
    arena_free(arena);
}
