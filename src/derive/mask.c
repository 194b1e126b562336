/* Supports and masks: fixed points over relations. */
#include "derive/mask.h"

/* Of all entries: below this part, a list of entries is worth its tables. */
static const double WORTHWHILE = 0.6;
/* Products of rows in one step that are still listed: they are tables of the emitted program. */
static const double MOST_PRODUCTS = 1e7;

static const Mask *mask_of_rule(const Forward *forward) { return &forward->carrying->derivation->rule->mask; }

static long rows_of(const Forward *forward) { return dim_size(forward->param->rows); }

bool mask_matters(const Forward *forward) {
    if (mask_of_rule(forward)->kind != MASK_NONE) return true;
    if (forward->carrying->derivation->rule->estimate.kind != ESTIMATE_EXACT) return false;
    for (int f = 0; f < forward->flows.count; f++) {
        const Chain *chain = &forward->flows.at[f].chain;
        for (int i = 0; !chain->outer && i < chain->matrices; i++)
            if (pattern_is_sparse(chain->matrix[i])) return true;
    }
    return false;
}

/* ---- masks ---- */

static bool own_layer(const Forward *forward, const Var *root) {
    return root->layer == forward->param->layer && dim_size(root->rows) == rows_of(forward);
}

static Relation *block_mask(const Forward *forward, const Var *root, long size) {
    Arena *arena = forward->carrying->arena;
    const long n = rows_of(forward);
    Relation *mask = relation_new(arena, dim_size(root->rows), n);
    if (!own_layer(forward, root)) return mask;
    for (long k = 0; k < n; k++)
        for (long j = k - k % size; j < n && j < k - k % size + size; j++) relation_set(mask, k, j);
    return mask;
}

/* The entries of all variables of one unit are kept together. */
static bool same_units(const Var *a, const Var *b) {
    return a->layer == b->layer && dim_size(a->rows) == dim_size(b->rows);
}

/* What roots of earlier index feel goes on, within the step, to those that read them at lag 0. */
static void within_step(Forward *forward, Relation **felt) {
    const Graph *graph = forward->carrying->graph;
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = 0; w < graph->ways.count; w++) {
            const Way *way = &graph->ways.at[w];
            if (way->lag > 0) continue;
            const Relation *more = relation_after(&forward->carrying->patterns, way, felt[way->from->index]);
            changed = relation_add(felt[way->to->index], more) || changed;
        }
    }
}

static Relation **none_felt(const Forward *forward) {
    Arena *arena = forward->carrying->arena;
    const Model *model = forward->carrying->derivation->model;
    Relation **felt = arena_alloc(arena, sizeof *felt * (size_t)(model->roots.count + 1));
    for (int r = 0; r < model->roots.count; r++)
        felt[r] = relation_new(arena, dim_size(model->roots.at[r]->rows), rows_of(forward));
    return felt;
}

static void over_units(const Forward *forward, Relation **reached, Relation *const *felt) {
    const Model *model = forward->carrying->derivation->model;
    for (int r = 0; r < model->roots.count; r++)
        for (int q = 0; q < model->roots.count; q++)
            if (same_units(model->roots.at[r], model->roots.at[q])) relation_add(reached[r], felt[q]);
}

/* Order 1: what the parameter's own use reaches within the step. Each further order: one more step. */
static Relation **reach_masks(Forward *forward, int order) {
    Carrying *carrying = forward->carrying;
    const Graph *graph = carrying->graph;
    Relation **reached = none_felt(forward), **felt = none_felt(forward);
    const Relation *own = relation_identity(carrying->arena, rows_of(forward));
    for (int s = 0; s < graph->starts.count; s++) {
        const Way *way = &graph->starts.at[s];
        if (way->from == forward->param)
            relation_add(felt[way->to->index], relation_after(&carrying->patterns, way, own));
    }
    within_step(forward, felt);
    over_units(forward, reached, felt);
    for (int n = 1; n < order; n++) {
        felt = none_felt(forward);
        for (int w = 0; w < graph->ways.count; w++) {
            const Way *way = &graph->ways.at[w];
            if (way->lag > 0)
                relation_add(felt[way->to->index],
                             relation_after(&carrying->patterns, way, reached[way->from->index]));
        }
        within_step(forward, felt);
        over_units(forward, reached, felt);
    }
    return reached;
}

const Relation *mask_of_root(const Forward *forward, const Var *root) {
    const Mask *mask = mask_of_rule(forward);
    switch (mask->kind) {
    case MASK_NONE: return NULL;
    case MASK_DIAGONAL: return block_mask(forward, root, 1);
    case MASK_BLOCK: return block_mask(forward, root, mask->size);
    case MASK_REACH: return forward->reach[root->index];
    }
    return NULL;
}

/* ---- supports ---- */

static const Relation *source_of(const Forward *forward, const Flow *flow) {
    if (flow->source >= 0) return forward->carried.at[flow->source].support;
    return relation_identity(forward->carrying->arena, rows_of(forward));
}

static Relation *brought(Forward *forward, const Flow *flow) {
    const Var *root = forward->carried.at[flow->target].root;
    return relation_along(&forward->carrying->patterns, &flow->chain, root->rows, source_of(forward, flow));
}

static void find_supports(Forward *forward, const Relation *const *mask) {
    Arena *arena = forward->carrying->arena;
    for (int c = 0; c < forward->carried.count; c++)
        forward->carried.at[c].support =
            relation_new(arena, dim_size(forward->carried.at[c].root->rows), rows_of(forward));
    for (bool changed = true; changed;) {
        changed = false;
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            Relation *more = brought(forward, flow);
            if (mask[flow->target]) relation_cut(more, mask[flow->target]);
            changed = relation_add(forward->carried.at[flow->target].support, more) || changed;
        }
    }
    for (int f = 0; f < forward->flows.count; f++) {
        Carried *target = &forward->carried.at[forward->flows.at[f].target];
        if (!relation_within(brought(forward, &forward->flows.at[f]), target->support)) target->cut = true;
    }
}

/* ---- unit-local influences ---- */

/* From all that might be unit-local, those that aren't are struck out until nothing changes. */
static bool *find_local(const Forward *forward) {
    bool *local = arena_alloc(forward->carrying->arena, (size_t)forward->carried.count + 1);
    for (int c = 0; c < forward->carried.count; c++)
        local[c] = relation_is_diagonal(forward->carried.at[c].support);
    for (bool changed = true; changed;) {
        changed = false;
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            if (!local[flow->target]) continue;
            if ((flow->source < 0 || local[flow->source]) && mask_has_diagonal(&flow->chain)) continue;
            local[flow->target] = false;
            changed = true;
        }
    }
    return local;
}

/* The same flow with only its diagonal; false when that is zero. */
static bool reduce(Carrying *carrying, Flow *flow) {
    if (chain_is_diagonal(&flow->chain)) return true;
    const Expr *diagonal = mask_diagonal(carrying, &flow->chain);
    if (!diagonal) return false;
    const Expr **factor = arena_new_of(carrying->arena, const Expr *);
    *factor = diagonal;
    flow->chain = (Chain){.factor = factor};
    return true;
}

static bool is_empty(const Forward *forward, int carried) {
    return carried >= 0 && relation_count(forward->carried.at[carried].support) == 0;
}

static void remove_flows(Forward *forward) {
    const bool *local = find_local(forward);
    const int count = forward->flows.count;
    const Flow *flows = forward->flows.at;
    forward->flows.at = NULL;
    forward->flows.count = forward->flows.capacity = 0;
    for (int f = 0; f < count; f++) {
        Flow flow = flows[f];
        if (is_empty(forward, flow.source) || is_empty(forward, flow.target)) continue;
        if (local[flow.target] && !reduce(forward->carrying, &flow)) continue;
        forward_add_flow(forward, flow);
    }
}

static void remove_signals(Forward *forward) {
    int kept = 0;
    for (int i = 0; i < forward->signals.count; i++)
        if (!is_empty(forward, forward->signals.at[i].source))
            forward->signals.at[kept++] = forward->signals.at[i];
    forward->signals.count = kept;
}

void mask_supports(Forward *forward) {
    const Mask *mask = mask_of_rule(forward);
    Arena *arena = forward->carrying->arena;
    const Relation **masks = arena_alloc(arena, sizeof *masks * (size_t)(forward->carried.count + 1));
    if (mask->kind == MASK_REACH) forward->reach = reach_masks(forward, mask->size);
    for (int c = 0; c < forward->carried.count; c++)
        masks[c] = mask_of_root(forward, forward->carried.at[c].root);
    find_supports(forward, masks);
    remove_flows(forward);
    remove_signals(forward);
}

/* How many products of rows a step would take if all that is dense now were lists. */
static double products_of(Forward *forward) {
    Carrying *carrying = forward->carrying;
    double products = 0;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        const Carried *target = &forward->carried.at[flow->target];
        if (target->structure != STRUCTURE_DENSE) continue;
        const Dim *from =
            flow->source < 0 ? forward->param->rows : forward->carried.at[flow->source].root->rows;
        const Relation *own = relation_identity(carrying->arena, dim_size(from));
        const Relation *between = relation_along(&carrying->patterns, &flow->chain, target->root->rows, own);
        products += relation_products(carrying->arena, target->support, between, source_of(forward, flow));
    }
    return products;
}

void mask_structures(Forward *forward) {
    double all = 0, held = 0;
    bool cut = false;
    for (int c = 0; c < forward->carried.count; c++) {
        const Carried *carried = &forward->carried.at[c];
        if (carried->structure != STRUCTURE_DENSE) continue;
        all += (double)carried->support->rows * (double)carried->support->cols;
        held += (double)relation_count(carried->support);
        cut = cut || carried->cut;
    }
    if (!cut && held >= WORTHWHILE * all) return;
    const bool too_large = products_of(forward) > MOST_PRODUCTS;
    if (too_large && cut) forward->carrying->too_large = forward->param;
    if (too_large) return;
    for (int c = 0; c < forward->carried.count; c++)
        if (forward->carried.at[c].structure == STRUCTURE_DENSE)
            forward->carried.at[c].structure = STRUCTURE_MASKED;
}

/* ---- in words ---- */

static const char *crossed(Arena *arena, const Chain *chain) {
    if (chain->outer) return "a sum over units";
    const char *names = chain->matrix[0]->label;
    for (int i = 1; i < chain->matrices; i++)
        names = arena_printf(arena, "%s and %s", names, chain->matrix[i]->label);
    return names;
}

const char *mask_spread(const Forward *forward) {
    Arena *arena = forward->carrying->arena;
    for (int later = 0; later < 2; later++)
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            if (forward->carried.at[flow->target].structure <= STRUCTURE_UNIT ||
                chain_is_diagonal(&flow->chain) || (flow->lag > 0) != later)
                continue;
            const char *names = crossed(arena, &flow->chain);
            return later ? arena_printf(arena, "the mask lets it cross %s from step to step", names)
                         : arena_printf(arena, "its use crosses %s within the step", names);
        }
    return NULL;
}
