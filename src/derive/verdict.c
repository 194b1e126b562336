/* What a rule's gradient is worth for a parameter: exact, unbiased or approximate, under which condition it
 * would be exact, and whose quantities meet in its update.
 *
 * All of it follows from the graph beside the automaton, and from the other axes' values. A rule is exact for
 * a parameter when the language is complete on the graph: each path that leads from it to a loss is kept. */
#include "derive/verdict.h"

#include "derive/mask.h"

#include <string.h>

const char *const verdict_name[VERDICT_COUNT] = {"exact", "unbiased", "approximate", "nothing kept"};

typedef struct Judge {
    const Carrying *carrying;
    const Product *product;
    const Graph *graph;
    ParamFacts *facts;
    Arena *scratch;
} Judge;

/* ---- paths ---- */

static void judge_paths(Judge *judge) {
    ParamFacts *facts = judge->facts;
    if (facts->exact || !facts->kept || !judge->product->states) return;
    facts->verdict = VERDICT_APPROXIMATE;
    if (derive_condition(judge->carrying, facts, &facts->without))
        facts->condition = derive_without_text(judge->graph->model, facts->without, judge->carrying->arena);
}

/* ---- whose quantities meet ---- */

static bool varies(const Expr *e) {
    if (e->op == EXPR_USE) return true;
    for (int i = 0; i < e->kids; i++)
        if (varies(e->kid[i])) return true;
    return false;
}

/* Does the derivative along the way read other units' quantities? A plain sum's is the same for all. */
static bool mixes_units(const Way *way) {
    for (int s = 0; s < way->stations; s++) {
        if (way->station[s]->op != EXPR_SUM) return true;
        for (int f = s + 1; f <= way->stations; f++)
            if (varies(way->factor[f])) return true;
    }
    return false;
}

static unsigned met_along(const Var *param, const Way *way) {
    const int from = way->from->kind == VAR_PARAM ? param->layer : way->from->layer, to = way->to->layer;
    if (way->to->kind == VAR_LOSS || (to < 0 && from >= 0)) {
        if (param->layer < 0) return 0; /* the output's own error */
        return mixes_units(way) ? MEETS_OUTPUTS : 0;
    }
    if (to != from) return MEETS_LAYERS;
    if (way->stations == 0) return 0;
    return from == param->layer ? MEETS_UNITS : MEETS_LAYERS;
}

static void find_meetings(Judge *judge) {
    ParamFacts *facts = judge->facts;
    const Var *param = facts->param;
    facts->meets = (param->rows ? MEETS_POST : 0U) | (param->cols ? MEETS_PRE : 0U);
    if (!facts->kept) return;
    const bool *reached = product_reached(judge->product, param, judge->scratch);
    const bool unit_mask = judge->carrying->derivation->rule->mask.kind != MASK_NONE && facts->local;
    for (int s = 0; s < judge->graph->starts.count; s++) {
        const Way *way = &judge->graph->starts.at[s];
        if (way->from == param && product_after(judge->product, way, 0) != DROPPED)
            facts->meets |= met_along(param, way);
    }
    for (int w = 0; w < judge->graph->ways.count; w++)
        for (int q = 0; q < judge->product->states; q++) {
            const Way *way = &judge->graph->ways.at[w];
            if (way->lag > 0 && unit_mask) continue; /* what crosses units in time is cut */
            if (reached[product_at(judge->product, way->from, q)] &&
                product_after(judge->product, way, q) != DROPPED)
                facts->meets |= met_along(param, way);
        }
}

/* ---- the other axes ---- */

static void worsen(Judge *judge, Verdict verdict, const char *why) {
    ParamFacts *facts = judge->facts;
    if (facts->verdict < verdict) facts->verdict = verdict;
    vec_push(judge->carrying->arena, &facts->reasons, why);
}

/* Pairs from which kept ways within the step lead to the loss, or (`later`) to a kept edge with a lag. */
static bool *pairs_before(const Judge *judge, bool later) {
    const Product *product = judge->product;
    bool *before =
        arena_alloc(judge->scratch, sizeof *before * (size_t)(product->roots * product->states + 1));
    for (int q = 0; q < product->states && !later; q++)
        before[product->loss * product->states + q] = product->automaton->accepting[q];
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = 0; w < judge->graph->ways.count; w++)
            for (int q = 0; q < product->states; q++) {
                const Way *way = &judge->graph->ways.at[w];
                const int after = product_after(product, way, q);
                bool *known = &before[product_at(product, way->from, q)];
                if (*known || after == DROPPED) continue;
                *known = way->lag ? later : before[product_at(product, way->to, after)];
                changed = changed || *known;
            }
    }
    return before;
}

typedef struct Sides { /* what follows a path's last edge with a lag is the learning signal's */
    Side side;
    const bool *eligibility, *signal;
} Sides;

static bool is_on_side(const Judge *judge, const Sides *sides, const Way *way, int after) {
    const int to = product_at(judge->product, way->to, after);
    if (sides->side == SIDE_BOTH) return true;
    if (sides->side == SIDE_ELIGIBILITY) return way->lag > 0 || sides->eligibility[to];
    return way->lag == 0 && sides->signal[to];
}

/* Does a kept path from the parameter use a selected way, on the side that is meant? */
static bool crosses(const Judge *judge, const Replace *replace) {
    const Sides sides = {replace->side, pairs_before(judge, true), pairs_before(judge, false)};
    const bool *reached = product_reached(judge->product, judge->facts->param, judge->scratch);
    for (int pass = 0; pass < 2; pass++) {
        const int count = pass ? judge->graph->ways.count : judge->graph->starts.count;
        for (int w = 0; w < count; w++) {
            const Way *way = pass ? &judge->graph->ways.at[w] : &judge->graph->starts.at[w];
            bool marked = false;
            for (int i = 0; i < way->symbols; i++) marked = marked || replace->selected[way->symbol[i]];
            marked = marked && view_changes(way, replace->kind);
            for (int q = 0; q < (pass ? judge->product->states : 1) && marked; q++) {
                const int after = product_after(judge->product, way, q);
                const bool kept = pass ? reached[product_at(judge->product, way->from, q)]
                                       : way->from == judge->facts->param;
                if (kept && after != DROPPED && is_on_side(judge, &sides, way, after)) return true;
            }
        }
    }
    return false;
}

/* Asked of the model's own graph: in the rule's, what was replaced by zero is no edge any more. */
static void judge_replacements(Judge *judge, const Rule *rule) {
    ParamFacts *facts = judge->facts;
    if (rule->replaces.count == 0) return;
    const Product own = product_new(judge->scratch, judge->carrying->derivation->whole, &rule->automaton);
    const Judge whole = {judge->carrying, &own, own.graph, facts, judge->scratch};
    const Completeness kept = derive_completeness(&own, facts->param);
    facts->reaches = facts->reaches || kept != EMPTY;
    if (facts->exact && kept == INCOMPLETE)
        worsen(judge, VERDICT_APPROXIMATE,
               "its language drops paths through edges that are replaced by zero");
    for (int i = 0; i < rule->replaces.count; i++)
        if (crosses(&whole, &rule->replaces.at[i]))
            worsen(judge, VERDICT_APPROXIMATE,
                   arena_printf(judge->carrying->arena, "its paths use the replaced derivatives of %s",
                                rule->replaces.at[i].text));
}

/* What a mask leaves shows in the influences themselves: it has an influence to cut, or none. */
static void judge_mask(Judge *judge, const Rule *rule) {
    const Derivation *derivation = judge->carrying->derivation;
    if (rule->mask.kind == MASK_NONE) return;
    for (int i = 0; i < derivation->recursions.count; i++) {
        const Forward *forward = derivation->recursions.at[i];
        if (forward->param != judge->facts->param) continue;
        for (int c = 0; c < forward->carried.count; c++) {
            if (!forward->carried.at[c].cut) continue;
            worsen(judge, VERDICT_APPROXIMATE, "the mask cuts entries of its influences");
            return;
        }
    }
}

static void judge_estimate(Judge *judge, const Rule *rule) {
    const Derivation *derivation = judge->carrying->derivation;
    bool estimated = false;
    for (int i = 0; i < derivation->influences.count; i++)
        estimated = estimated || (derivation->influences.at[i].param == judge->facts->param &&
                                  derivation->influences.at[i].structure == STRUCTURE_ESTIMATED);
    if (!estimated) return;
    if (rule->estimate.kind == ESTIMATE_FACTORED)
        worsen(judge, VERDICT_APPROXIMATE, "a product of two smoothed traces stands for its influence");
    else
        worsen(judge, VERDICT_UNBIASED,
               "its influence is estimated: the kept gradient in the mean over draws");
}

static void judge_signal(Judge *judge, const Rule *rule) {
    static const char *const why[] = {
        [SIGNAL_RANDOM] = "its learning signal comes through fixed random matrices",
        [SIGNAL_ADAPTIVE] = "its learning signal comes through matrices that follow the readout's",
        [SIGNAL_SIGN] = "its learning signal comes through the signs of the readout's weights"};
    if (rule->signal != SIGNAL_SYMMETRIC && rule->signal != SIGNAL_LOCAL &&
        (judge->facts->meets & MEETS_OUTPUTS))
        worsen(judge, VERDICT_APPROXIMATE, why[rule->signal]);
}

static void judge_timing(Judge *judge, const Rule *rule) {
    const Timing *timing = &rule->timing;
    Arena *arena = judge->carrying->arena;
    if (timing->chunk > 0 && judge->facts->carries)
        worsen(
            judge, VERDICT_APPROXIMATE,
            arena_printf(arena, "paths from one chunk of %d steps to the next are dropped", timing->chunk));
    if (timing->decay > 0 && timing->decay < 1 && judge->facts->carries)
        worsen(judge, VERDICT_APPROXIMATE, "a path is weighed down by every step that it spans");
    if (timing->sample > 0 && judge->facts->kept)
        worsen(judge, VERDICT_UNBIASED, "only drawn steps teach: the kept gradient in the mean, up to scale");
}

/* Where a mask is at work, the influences say what is local. */
static void find_masked_structure(Judge *judge) {
    const Derivation *derivation = judge->carrying->derivation;
    if (derivation->rule->mask.kind == MASK_NONE || derivation->carry != CARRY_FORWARD) return;
    judge->facts->local = true;
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].param == judge->facts->param &&
            derivation->influences.at[i].structure > STRUCTURE_UNIT)
            judge->facts->local = false;
    for (int i = 0; i < derivation->recursions.count; i++) {
        const Forward *forward = derivation->recursions.at[i];
        if (forward->param != judge->facts->param) continue;
        if (!judge->facts->local) judge->facts->spread = mask_spread(forward);
        if (forward->signals.count == 0) judge->facts->kept = judge->facts->exact = false;
    }
}

void derive_verdict(const Carrying *carrying, ParamFacts *facts) {
    const Rule *rule = carrying->derivation->rule;
    Judge judge = {.carrying = carrying,
                   .product = &carrying->product,
                   .graph = carrying->graph,
                   .facts = facts,
                   .scratch = arena_new()};
    facts->causal = carrying->derivation->carry == CARRY_FORWARD || !facts->carries;
    facts->verdict = VERDICT_EXACT;
    find_masked_structure(&judge);
    judge_paths(&judge);
    find_meetings(&judge);
    judge_replacements(&judge, rule);
    judge_mask(&judge, rule);
    judge_estimate(&judge, rule);
    judge_signal(&judge, rule);
    judge_timing(&judge, rule);
    if (facts->reaches && !facts->kept) facts->verdict = VERDICT_NOTHING;
    arena_free(judge.scratch);
}
