/* What flows where, for one parameter: through every way of the step, composed across pairs that are not
 * carried.
 *
 *     J_r^{q'}[t] = Σ_{(q, w): δ(q, w) = q'} A_w J_from^{q}[t - lag(w)] + [δ(q0, w) = q'] M_w
 *
 * A pair is carried when a kept way reads it at a later step; every other pair is composed away: where the
 * loss is concerned, the step's own adjoint takes its place. */
#include "derive/estimate.h"
#include "derive/mask.h"

int forward_carried(const Forward *forward, const Var *root, int state) {
    for (int i = 0; i < forward->carried.count; i++)
        if (forward->carried.at[i].root == root && forward->carried.at[i].state == state) return i;
    return -1;
}

static bool read_later(const Forward *forward, const Var *root, int state) {
    const Graph *graph = forward->graph;
    for (int w = 0; w < graph->ways.count; w++) {
        const Way *way = &graph->ways.at[w];
        if (way->from == root && way->lag > 0 && product_after(forward->product, way, state) != DROPPED)
            return true;
    }
    return false;
}

static void find_carried(Forward *forward) {
    const Carrying *carrying = forward->carrying;
    for (int r = 0; r < forward->graph->roots.count; r++)
        for (int q = 0; q < forward->product->states; q++) {
            const Var *root = forward->graph->roots.at[r];
            if (!forward->reached[product_at(forward->product, root, q)] || !read_later(forward, root, q))
                continue;
            Carried carried = {
                .root = root,
                .state = q,
            };
            vec_push(carrying->arena, &forward->carried, carried);
        }
}

/* ---- flows ---- */

static bool same_flow(const Flow *a, const Flow *b) {
    return a->target == b->target && flow_same_content(a, b) && chain_is_diagonal(&a->chain) &&
           chain_is_diagonal(&b->chain);
}

/* Diagonal contributions from one source to one target are one decay. */
void forward_add_flow(Forward *forward, Flow flow) {
    Carrying *carrying = forward->carrying;
    for (int i = 0; i < forward->flows.count; i++) {
        Flow *other = &forward->flows.at[i];
        if (!same_flow(other, &flow)) continue;
        const Expr **sum = arena_new_of(carrying->arena, const Expr *);
        *sum = expr_add(carrying->exprs, other->chain.factor[0], flow.chain.factor[0]);
        other->chain.factor = sum;
        return;
    }
    vec_push(carrying->arena, &forward->flows, flow);
}

bool flow_same_content(const Flow *a, const Flow *b) {
    return a->source == b->source && a->lag == b->lag && a->start == b->start;
}

/* The first flow into this target with this content. */
bool flow_is_first(const Forward *forward, int index) {
    const Flow *flow = &forward->flows.at[index];
    for (int p = 0; p < index; p++)
        if (forward->flows.at[p].target == flow->target && flow_same_content(&forward->flows.at[p], flow))
            return false;
    return true;
}

static void flow_through(Forward *forward, Flow flow, const Way *way, int state);

/* The flow has reached (root, state): it ends in a carried pair or goes on through ways of lag 0. */
static void flow_at(Forward *forward, Flow flow, const Var *root, int state) {
    flow.target = forward_carried(forward, root, state);
    if (flow.target >= 0) {
        forward_add_flow(forward, flow);
        return;
    }
    const Graph *graph = forward->graph;
    for (int w = 0; w < graph->ways.count; w++)
        if (graph->ways.at[w].from == root && graph->ways.at[w].lag == 0)
            flow_through(forward, flow, &graph->ways.at[w], state);
}

static void flow_through(Forward *forward, Flow flow, const Way *way, int state) {
    Carrying *carrying = forward->carrying;
    int after = product_after(forward->product, way, state);
    if (after == DROPPED || way->to == carrying->derivation->model->loss) return;
    Chains chains = chain_through(carrying->exprs, carrying->arena, flow.chain, way);
    for (int i = 0; i < chains.count; i++) {
        flow.chain = chains.at[i];
        flow_at(forward, flow, way->to, after);
    }
}

static void find_flows(Forward *forward) {
    Carrying *carrying = forward->carrying;
    const Graph *graph = forward->graph;
    Chain identity = chain_identity(carrying->exprs, carrying->arena);
    for (int s = 0; s < graph->starts.count; s++) {
        const Way *way = &graph->starts.at[s];
        if (way->from != forward->param) continue;
        flow_through(forward, (Flow){.source = -1, .start = way->start, .chain = identity}, way, 0);
    }
    for (int c = 0; c < forward->carried.count; c++)
        for (int w = 0; w < graph->ways.count; w++) {
            const Way *way = &graph->ways.at[w];
            if (way->from != forward->carried.at[c].root) continue;
            flow_through(forward, (Flow){.source = c, .lag = way->lag, .chain = identity}, way,
                         forward->carried.at[c].state);
        }
}

/* ---- learning signals ---- */

typedef struct Signalling {
    Forward *forward;
    const Expr **memo;
    bool *known;
} Signalling;

static const Expr *step_adjoint(Signalling *signalling, const Var *root, int state);

/* What the loss of this step says at the end of a way: nothing where a carried influence has it already. */
static const Expr *end_of(Signalling *signalling, const Way *way, int after) {
    if (after == DROPPED || forward_carried(signalling->forward, way->to, after) >= 0) return NULL;
    return step_adjoint(signalling, way->to, after);
}

static const Expr *pull(Signalling *signalling, const Var *root, int state, int lag) {
    Carrying *carrying = signalling->forward->carrying;
    const Graph *graph = signalling->forward->graph;
    Tails tails = {0};
    for (int w = 0; w < graph->ways.count; w++) {
        const Way *way = &graph->ways.at[w];
        if (way->from != root || way->lag != lag) continue;
        const Expr *end = end_of(signalling, way, product_after(signalling->forward->product, way, state));
        if (end) vec_push(carrying->arena, &tails, ((Tail){way, end}));
    }
    return adjoint_pull_back(carrying->exprs, carrying->arena, &tails);
}

/* The adjoint of (root, state) within this step, through pairs that are not carried. */
static const Expr *step_adjoint(Signalling *signalling, const Var *root, int state) {
    Carrying *carrying = signalling->forward->carrying;
    const Product *product = signalling->forward->product;
    if (root == carrying->derivation->model->loss)
        return product->automaton->accepting[state] ? carry_loss_adjoint(carrying) : NULL;
    int at = product_at(product, root, state);
    if (!signalling->known[at]) {
        signalling->known[at] = true;
        signalling->memo[at] = pull(signalling, root, state, 0);
        StepAdjoint made = {root, state, signalling->memo[at]};
        if (made.value) vec_push(carrying->arena, &signalling->forward->adjoints, made);
    }
    return signalling->memo[at];
}

static void add_signal(Forward *forward, int source, int lag, const Expr *start, const Expr *value) {
    if (!value || expr_is_const(value, 0)) return;
    Signal signal = {.source = source, .lag = lag, .start = start, .value = value};
    vec_push(forward->carrying->arena, &forward->signals, signal);
}

static const Expr *signal_of_start(Signalling *signalling, const Expr *start) {
    Carrying *carrying = signalling->forward->carrying;
    const Graph *graph = signalling->forward->graph;
    Tails tails = {0};
    for (int w = 0; w < graph->starts.count; w++) {
        const Way *way = &graph->starts.at[w];
        if (way->start != start || way->from != signalling->forward->param) continue;
        const Expr *end = end_of(signalling, way, product_after(signalling->forward->product, way, 0));
        if (end) vec_push(carrying->arena, &tails, ((Tail){way, end}));
    }
    return adjoint_pull_back(carrying->exprs, carrying->arena, &tails);
}

static void find_signals(Forward *forward) {
    Carrying *carrying = forward->carrying;
    const Graph *graph = forward->graph;
    size_t pairs = (size_t)(forward->product->roots * forward->product->states + 1);
    Signalling signalling = {.forward = forward,
                             .memo = arena_alloc(carrying->arena, sizeof(const Expr *) * pairs),
                             .known = arena_alloc(carrying->arena, sizeof(bool) * pairs)};
    for (int c = 0; c < forward->carried.count; c++) {
        const Carried *carried = &forward->carried.at[c];
        for (int lag = 0; lag <= carried->root->max_lag; lag++)
            add_signal(forward, c, lag, NULL, pull(&signalling, carried->root, carried->state, lag));
    }
    for (int s = 0; s < graph->starts.count; s++) {
        const Expr *start = graph->starts.at[s].start;
        bool seen = graph->starts.at[s].from != forward->param;
        for (int p = 0; p < s; p++) seen = seen || graph->starts.at[p].start == start;
        if (!seen) add_signal(forward, -1, 0, start, signal_of_start(&signalling, start));
    }
}

/* ---- structure ---- */

const Expr *forward_unitless(Exprs *exprs, const Expr *e) {
    if (!e->dim) return e;
    if (e->op == EXPR_BROADCAST) return e->kid[0];
    if (!expr_is_elementwise(e)) return NULL;
    const Expr *kid[3] = {NULL};
    for (int i = 0; i < e->kids; i++)
        if (!(kid[i] = forward_unitless(exprs, e->kid[i]))) return NULL;
    return expr_with_kids(exprs, e, kid);
}

/* The least structure that holds what a flow brings (taxonomy, section 4). */
static Structure structure_of_flow(const Forward *forward, const Flow *flow) {
    const Structure source =
        flow->source >= 0 ? forward->carried.at[flow->source].structure : STRUCTURE_PRESYNAPTIC;
    if (!chain_is_diagonal(&flow->chain)) return STRUCTURE_DENSE;
    const bool alike = forward_unitless(forward->carrying->exprs, flow->chain.factor[0]) != NULL;
    return source == STRUCTURE_PRESYNAPTIC && !alike ? STRUCTURE_UNIT : source;
}

/* From the least structure upwards; a scalar parameter has nothing to gain from having no rows. */
static void find_structures(Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++)
        if (!forward->carried.at[c].support || relation_count(forward->carried.at[c].support) > 0)
            forward->carried.at[c].structure = forward->param->rows ? STRUCTURE_PRESYNAPTIC : STRUCTURE_UNIT;
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < forward->flows.count; i++) {
            Carried *target = &forward->carried.at[forward->flows.at[i].target];
            const Structure needed = structure_of_flow(forward, &forward->flows.at[i]);
            if (target->structure >= needed) continue;
            target->structure = needed;
            changed = true;
        }
    }
}

/* Presynaptic influences are updated first, then the unit-local ones, each in one sweep; then the dense ones
 * in order. */
static int position(const Forward *forward, int carried) {
    return carried + (int)forward->carried.at[carried].structure * forward->carried.count;
}

/* An influence may be overwritten where it stands when nothing reads its old value afterwards. */
static bool can_stay_in_place(const Forward *forward, int carried) {
    const Carried *self = &forward->carried.at[carried];
    if (self->root->max_lag > 1) return false;
    for (int i = 0; i < forward->flows.count; i++) {
        const Flow *flow = &forward->flows.at[i];
        if (flow->source != carried || flow->lag == 0) continue;
        const bool masked = self->structure == STRUCTURE_MASKED; /* it keeps what it overwrites for a while */
        if (flow->target == carried && (masked || chain_is_diagonal(&flow->chain))) continue;
        if (position(forward, flow->target) >= position(forward, carried)) return false;
    }
    return true;
}

void forward_find(Forward *forward) {
    forward->reached = product_reached(forward->product, forward->param, forward->carrying->arena);
    find_carried(forward);
    find_flows(forward);
    find_signals(forward);
}

/* What isn't carried exactly. A mask may have left nothing of it. */
static void mark_estimated(Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++)
        if (estimate_takes(forward, c) && forward->carried.at[c].structure != STRUCTURE_ZERO)
            forward->carried.at[c].structure = STRUCTURE_ESTIMATED;
}

void forward_analyse(Forward *forward) {
    forward_find(forward);
    const bool masks = mask_matters(forward);
    if (masks) mask_supports(forward);
    find_structures(forward);
    if (masks) mask_structures(forward);
    mark_estimated(forward);
    for (int c = 0; c < forward->carried.count; c++)
        forward->carried.at[c].in_place = can_stay_in_place(forward, c);
}

/* ---- decays ---- */

/* Nothing but numbers and parameters below. */
static bool is_constant(const Expr *e) {
    if (e->op == EXPR_USE) return e->var->kind == VAR_PARAM;
    for (int i = 0; i < e->kids; i++)
        if (!is_constant(e->kid[i])) return false;
    return true;
}

const Expr *forward_constant_decay(const Forward *forward, int carried) {
    const Expr *decay = NULL;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target != carried || flow->source != carried) continue;
        if (decay || flow->lag != 1 || !chain_is_diagonal(&flow->chain)) return NULL;
        decay = flow->chain.factor[0];
    }
    return decay && is_constant(decay) ? decay : NULL;
}

/* ---- what it takes ---- */

typedef struct Takes {
    double held;  /* numbers carried */
    int sweeps;   /* of their own: those of one structure below dense share one */
    int products; /* with influences that are not unit-local */
} Takes;

static double entries_of(const Forward *forward) {
    const Dim *dims[2];
    carry_entry_dims(forward->carrying, forward->param, dims);
    return (double)dim_size(dims[0]) * (double)dim_size(dims[1]);
}

static double numbers_of(const Forward *forward, const Carried *carried) {
    const double entries = entries_of(forward);
    const double rows = (double)dim_size(forward->param->rows), units = (double)dim_size(carried->root->rows);
    switch (carried->structure) {
    case STRUCTURE_PRESYNAPTIC: return (double)dim_size(forward->param->cols);
    case STRUCTURE_UNIT: return entries;
    case STRUCTURE_DENSE: return units * entries;
    case STRUCTURE_MASKED: return (double)relation_count(carried->support) * entries / rows;
    default: return 0;
    }
}

static Takes takes_of(const Forward *forward) {
    Takes takes = {0};
    for (int c = 0; c < forward->carried.count; c++) {
        const Carried *carried = &forward->carried.at[c];
        takes.held += numbers_of(forward, carried) * (carried->in_place ? 1 : carried->root->max_lag + 1);
        takes.sweeps += carried->structure > STRUCTURE_UNIT;
    }
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        takes.products += forward->carried.at[flow->target].structure > STRUCTURE_UNIT && flow->source >= 0 &&
                          !chain_is_diagonal(&flow->chain);
    }
    return takes;
}

bool forward_is_cheaper(const Forward *a, const Forward *b) {
    const Takes of_a = takes_of(a), of_b = takes_of(b);
    if (of_a.products > of_b.products || of_a.held > of_b.held) return false;
    return of_a.held < of_b.held || of_a.sweeps < of_b.sweeps;
}
