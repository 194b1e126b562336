/* `estimate rank1`: unbiased online recurrent optimisation (Tallec & Ollivier 2018) on the estimated part of
 * the product graph.
 *
 *     J[(root, unit), (parameter, entry)] ≈ s̃[root, unit] θ̃[parameter, entry]
 *     s̃ = ρ0 T + ρ1 N          T: the step's Jacobians times s̃, N: random signs ν through the step's own
 * edges θ̃ = θ̃ / ρ0 + (νᵀ M) / ρ1  M: what enters, from the parameter's use and from exact influences dE/dθ +=
 * (Σ L s̃) θ̃
 *
 * νᵀ M is what the gradient would be if ν were the learning signal on the estimated pairs. */
#include "derive/estimate.h"

typedef struct Pair { /* an estimated pair */
    int carried;      /* of `joint` */
    int depth;
    Buffer **held; /* [depth]: s̃ as it was 1, 2 … steps ago, seen from the next step */
    const Var **past;
    const Var *sign;
    const Expr *tangent, *noise; /* T and N; NULL: zero */
} Pair;

typedef struct Entries { /* θ̃ of one parameter */
    Forward *forward;
    Buffer *theta;
    bool is_outer;      /* νᵀ M is row ⊗ column … */
    Placed row, column; /* of which one may be missing */
    Buffer *fresh;      /* … else it is here */
} Entries;

typedef struct Rank1 {
    Forward joint; /* of all parameters together */
    VEC(Pair) pairs;
    VEC(Entries) entries;
    Mix *mix;
} Rank1;

static bool is_estimated(const Forward *forward, int carried) {
    return carried >= 0 && estimate_of_state(forward->carrying, forward->carried.at[carried].state);
}

/* ---- the left side: units ---- */

static Pair *pair_of(Rank1 *rank1, int carried) {
    for (int i = 0; i < rank1->pairs.count; i++)
        if (rank1->pairs.at[i].carried == carried) return &rank1->pairs.at[i];
    return NULL;
}

static void make_pair(Carrying *carrying, Rank1 *rank1, int carried) {
    const Carried *of = &rank1->joint.carried.at[carried];
    Arena *arena = carrying->arena;
    Pair pair = {.carried = carried, .depth = estimate_depth(&rank1->joint, carried)};
    pair.held = arena_alloc(arena, sizeof *pair.held * (size_t)pair.depth);
    pair.past = arena_alloc(arena, sizeof *pair.past * (size_t)pair.depth);
    const char *name = carry_identifier(carrying, "estimate", of->root, of->state);
    for (int d = 0; d < pair.depth; d++) {
        const char *own = d ? arena_printf(arena, "%s_past%d", name, d) : name;
        pair.past[d] = estimate_value(carrying, BUFFER_INFLUENCE, own, of->root->rows, &pair.held[d]);
        pair.held[d]->slots = 2;
        pair.held[d]->label = carry_label(carrying, "s̃", of->root, of->state);
        pair.held[d]->comment =
            d ? arena_printf(arena, "the same %d step%s ago", d, d > 1 ? "s" : "") : "the estimate's units";
    }
    const char *signs = carry_identifier(carrying, "sign", of->root, of->state);
    Buffer *drawn = estimate_signs(carrying, signs, 1, &of->root->rows);
    pair.sign = estimate_value(carrying, BUFFER_WORK, signs, of->root->rows, &drawn);
    vec_push(arena, &rank1->pairs, pair);
}

/* What flows into the pair: from itself and others as they were (T), or of this step's signs (N). */
static const Expr *flowing(Carrying *carrying, Rank1 *rank1, const Pair *pair, bool noise) {
    const Expr *sum = noise ? expr_use(carrying->exprs, pair->sign, 0, 0) : NULL;
    for (int f = 0; f < rank1->joint.flows.count; f++) {
        const Flow *flow = &rank1->joint.flows.at[f];
        if (flow->target != pair->carried || !is_estimated(&rank1->joint, flow->source)) continue;
        if (noise && flow->lag > 0) continue;
        const Pair *source = pair_of(rank1, flow->source);
        const Expr *vector = flow->lag > 0 ? expr_use(carrying->exprs, source->past[flow->lag - 1], 1, 0)
                             : noise       ? source->noise
                                           : source->tangent;
        if (!vector) continue;
        const Expr *term = chain_times(carrying->exprs, &flow->chain, vector,
                                       rank1->joint.carried.at[flow->source].root->rows,
                                       rank1->joint.carried.at[pair->carried].root->rows);
        if (!expr_is_const(term, 0)) sum = carry_plus(carrying, sum, term);
    }
    return sum;
}

static void make_rank1(Carrying *carrying) {
    Rank1 *rank1 = arena_new_of(carrying->arena, Rank1);
    carrying->rank1 = rank1;
    rank1->joint = (Forward){.carrying = carrying, .graph = carrying->graph, .product = &carrying->product};
    forward_find(&rank1->joint);
    for (int c = 0; c < rank1->joint.carried.count; c++)
        if (is_estimated(&rank1->joint, c)) make_pair(carrying, rank1, c);
    for (int i = 0; i < rank1->pairs.count; i++) { /* those of this step come first */
        Pair *pair = &rank1->pairs.at[i];
        pair->tangent = flowing(carrying, rank1, pair, false);
        pair->noise = flowing(carrying, rank1, pair, true);
    }
}

/* ---- the right side: a parameter's entries ---- */

/* The signs of all estimated pairs, pulled back to where this content enters: a learning signal for it. */
static const Expr *pulled(const Forward *forward, const Flow *like) {
    Carrying *carrying = forward->carrying;
    const Dim *source =
        like->source < 0 ? forward->param->rows : forward->carried.at[like->source].root->rows;
    const Expr *sum = NULL;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (!flow_same_content(flow, like) || !is_estimated(forward, flow->target)) continue;
        const Carried *target = &forward->carried.at[flow->target];
        const Rank1 *rank1 = carrying->rank1;
        const Pair *pair =
            pair_of(carrying->rank1, forward_carried(&rank1->joint, target->root, target->state));
        const Expr *sign = expr_use(carrying->exprs, pair->sign, 0, 0);
        sum = carry_plus(
            carrying, sum,
            chain_transposed_times(carrying->exprs, &flow->chain, sign, source, target->root->rows));
    }
    return sum;
}

/* The distinct contents that enter estimated pairs from outside. */
typedef VEC(const Flow *) Contents;
static Contents contents_of(const Forward *forward) {
    Contents contents = {0};
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (!is_estimated(forward, flow->target) || is_estimated(forward, flow->source)) continue;
        if (flow->source >= 0 && forward->carried.at[flow->source].structure == STRUCTURE_ZERO) continue;
        bool known = false;
        for (int i = 0; i < contents.count; i++) known = known || flow_same_content(contents.at[i], flow);
        if (!known) vec_push(forward->carrying->arena, &contents, flow);
    }
    return contents;
}

static bool is_dense(const Forward *forward, const Flow *content) {
    return content->source >= 0 && forward->carried.at[content->source].structure == STRUCTURE_DENSE;
}

static void add_dense(Forward *forward, Buffer *out, const Flow *content) {
    Carrying *carrying = forward->carrying;
    const Carried *source = &forward->carried.at[content->source];
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
    static const Role unit_row_column[3] = {ROLE_UNIT, ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[3] = {source->root->rows};
    carry_entry_dims(carrying, forward->param, dims + 1);
    Sweep sweep = carry_entry_sweep(carrying, forward->param, source->root->rows, NULL, false);
    sweep_update(&sweep, out, 2, row_column, dims + 1, true);
    sweep_term(&sweep);
    sweep_vector(&sweep, schedule_place(carrying->low->step, pulled(forward, content), "drawn"), ROLE_UNIT);
    sweep_factor(&sweep, (Placed){source->buffer, content->lag}, 3, unit_row_column, dims);
    estimate_push(carrying, sweep.statement);
}

/* νᵀ M in a buffer of its own. */
static Buffer *write_fresh(Forward *forward, const Contents *contents) {
    Carrying *carrying = forward->carrying;
    const Var *param = forward->param;
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[2];
    carry_entry_dims(carrying, param, dims);
    const char *name = arena_printf(carrying->arena, "fresh_%s", param->label);
    Buffer *fresh = program_buffer(carrying->derivation->program, BUFFER_WORK, name, 2, dims);
    fresh->var = param;
    Sweep sweep = carry_entry_sweep(carrying, param, NULL, NULL, true);
    const Update *update = sweep_update(&sweep, fresh, 2, row_column, dims, false);
    for (int i = 0; i < contents->count; i++) {
        const Flow *content = contents->at[i];
        if (is_dense(forward, content)) continue;
        forward_unit_term(forward, &sweep, pulled(forward, content), content->source, content->lag,
                          content->start, "drawn");
    }
    if (update->terms.count)
        estimate_push(carrying, sweep.statement);
    else
        carry_clear(carrying, fresh);
    for (int i = 0; i < contents->count; i++)
        if (is_dense(forward, contents->at[i])) add_dense(forward, fresh, contents->at[i]);
    return fresh;
}

void rank1_write(Forward *forward) {
    Carrying *carrying = forward->carrying;
    const Var *param = forward->param;
    if (!carrying->rank1) make_rank1(carrying);
    Entries own = {.forward = forward};
    const Dim *dims[2];
    carry_entry_dims(carrying, param, dims);
    const char *name = arena_printf(carrying->arena, "estimate_of_%s", param->label);
    own.theta = program_buffer(carrying->derivation->program, BUFFER_INFLUENCE, name, 2, dims);
    own.theta->label = arena_printf(carrying->arena, "θ̃[%s]", param->label);
    own.theta->comment = arena_printf(carrying->arena, "the estimate's entries of %s", param->label);
    for (int c = 0; c < forward->carried.count; c++)
        if (is_estimated(forward, c)) estimate_list(forward, c, own.theta);
    const Contents contents = contents_of(forward);
    const Flow *only = contents.count == 1 && contents.at[0]->source < 0 ? contents.at[0] : NULL;
    if (only) {
        Schedule *schedule = carrying->low->step;
        own.is_outer = true;
        own.row = schedule_place(schedule, pulled(forward, only), "drawn");
        if (only->start->op == EXPR_MATVEC) own.column = schedule_place(schedule, only->start->kid[0], "u");
    } else {
        own.fresh = write_fresh(forward, &contents);
    }
    vec_push(carrying->arena, &carrying->rank1->entries, own);
}

/* ---- both together ---- */

static void write_mix(Carrying *carrying, Rank1 *rank1) {
    Schedule *schedule = carrying->low->step;
    rank1->mix = estimate_mix(carrying, 1, false, "");
    for (int i = 0; i < rank1->pairs.count; i++) {
        const Pair *pair = &rank1->pairs.at[i];
        MixPart part = estimate_part(carrying, 1);
        if (pair->tangent) part.vector[0] = schedule_place(schedule, pair->tangent, "tangent");
        part.vector[1] = schedule_place(schedule, pair->noise, "noise");
        vec_push(carrying->arena, &rank1->mix->left, part);
        for (int d = 0; d < pair->depth; d++) {
            if (!estimate_remains(&rank1->joint, pair->carried, d)) continue;
            MixPart past = estimate_part(carrying, 1);
            past.vector[0] = (Placed){pair->held[d], 1};
            vec_push(carrying->arena, &rank1->mix->left, past);
        }
    }
    for (int i = 0; i < rank1->entries.count; i++) {
        const Entries *own = &rank1->entries.at[i];
        MixPart part = estimate_part(carrying, 1);
        part.vector[0] = (Placed){own->theta, 1};
        if (own->is_outer)
            part.outer[0] = own->row, part.outer[1] = own->column;
        else
            part.vector[1] = (Placed){own->fresh, 0};
        vec_push(carrying->arena, &rank1->mix->right, part);
    }
    estimate_push_mix(carrying, rank1->mix,
                      "ρ0 = √(|θ̃| / |T|), ρ1 = √(|νᵀM| / |N|), each with a random sign");
}

/* s̃ of d steps ago becomes that of d + 1 steps ago, scaled as θ̃ is. */
static void write_units(Carrying *carrying, const Rank1 *rank1, const Pair *pair, int d) {
    const Dim *rows = pair->held[d]->rank ? pair->held[d]->dims[0] : NULL;
    const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = rows};
    static const Role unit[1] = {ROLE_UNIT};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    Update *update = sweep_update(&sweep, pair->held[d], 1, unit, &rows, false);
    if (d == 0) update->equation = arena_printf(carrying->arena, "%s = ρ0 T + ρ1 N", pair->held[0]->label);
    const Expr *old = d > 0 ? expr_use(carrying->exprs, pair->past[d - 1], 1, 0) : pair->tangent;
    for (int i = 0; i < (d > 0 ? 1 : 2); i++) {
        const Expr *value = i ? pair->noise : old;
        if (!value) continue;
        sweep_term(&sweep);
        estimate_weight(&sweep, rank1->mix, false, 0, i);
        sweep_vector(&sweep, schedule_place(carrying->low->step, value, i ? "noise" : "tangent"), ROLE_UNIT);
    }
    estimate_push(carrying, sweep.statement);
}

static const Expr *summed(Exprs *exprs, const Expr *signal, const Expr *units, const Dim *rows) {
    const Expr *product = expr_mul(exprs, signal, units);
    if (!rows || expr_is_const(product, 0)) return product;
    return product->dim ? expr_sum(exprs, product) : expr_mul(exprs, product, expr_size(exprs, rows));
}

/* Σ L s̃ as (Σ L T) ρ0 + (Σ L N) ρ1; `noise`: the latter's sum. NULL: zero. */
static const Expr *strength_of(Carrying *carrying, Rank1 *rank1, bool noise) {
    const Expr *sum = NULL;
    for (int s = 0; s < rank1->joint.signals.count; s++) {
        const Signal *signal = &rank1->joint.signals.at[s];
        if (!is_estimated(&rank1->joint, signal->source) || (noise && signal->lag > 0)) continue;
        const Pair *pair = pair_of(rank1, signal->source);
        const Expr *units = signal->lag > 0 ? expr_use(carrying->exprs, pair->past[signal->lag - 1], 1, 0)
                            : noise         ? pair->noise
                                            : pair->tangent;
        if (!units) continue;
        const Dim *rows = rank1->joint.carried.at[signal->source].root->rows;
        const Expr *term = summed(carrying->exprs, carry_signal(carrying, signal->value), units, rows);
        if (!expr_is_const(term, 0)) sum = carry_plus(carrying, sum, term);
    }
    return sum;
}

static Buffer *write_strength(Carrying *carrying, Rank1 *rank1) {
    const Expr *part[2] = {strength_of(carrying, rank1, false), strength_of(carrying, rank1, true)};
    if (!part[0] && !part[1]) return NULL;
    Buffer *strength = program_buffer(carrying->derivation->program, BUFFER_WORK, "strength", 0, NULL);
    static const Dim *const none[ROLE_COUNT];
    Sweep sweep = sweep_new(carrying->arena, none);
    sweep_update(&sweep, strength, 0, NULL, NULL, false)->equation = "the loss's derivative along s̃: Σ L s̃";
    for (int i = 0; i < 2; i++) {
        if (!part[i]) continue;
        sweep_term(&sweep);
        estimate_weight(&sweep, rank1->mix, false, 0, i);
        sweep_vector(&sweep, schedule_place(carrying->low->step, part[i], "along"), ROLE_UNIT);
    }
    estimate_push(carrying, sweep.statement);
    return strength;
}

static void write_entries(Carrying *carrying, const Rank1 *rank1, const Entries *own, Buffer *strength) {
    const Var *param = own->forward->param;
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[2];
    carry_entry_dims(carrying, param, dims);
    Sweep sweep = carry_entry_sweep(carrying, param, NULL, NULL, true);
    sweep_update(&sweep, own->theta, 2, row_column, dims, false)->equation =
        arena_printf(carrying->arena, "%s = %s[t-1] / ρ0 + νᵀM / ρ1", own->theta->label, own->theta->label);
    sweep_term(&sweep);
    estimate_weight(&sweep, rank1->mix, true, 0, 0);
    sweep_factor(&sweep, (Placed){own->theta, 1}, 2, row_column, dims);
    sweep_term(&sweep);
    estimate_weight(&sweep, rank1->mix, true, 0, 1);
    if (!own->is_outer) {
        sweep_factor(&sweep, (Placed){own->fresh, 0}, 2, row_column, dims);
    } else {
        sweep_vector(&sweep, own->row, ROLE_ROW);
        if (own->column.buffer) sweep_vector(&sweep, own->column, ROLE_COLUMN);
    }
    if (strength) {
        sweep_update(&sweep, carry_gradient_of(carrying, param), 2, row_column, dims, true)->equation =
            arena_printf(carrying->arena, "dE/d%s += (Σ L s̃) %s", param->label, own->theta->label);
        sweep_term(&sweep);
        sweep_vector(&sweep, (Placed){strength, 0}, ROLE_ROW);
        sweep_factor(&sweep, (Placed){own->theta, 0}, 2, row_column, dims);
    }
    estimate_push(carrying, sweep.statement);
}

void rank1_finish(Carrying *carrying) {
    Rank1 *rank1 = carrying->rank1;
    write_mix(carrying, rank1);
    Buffer *strength = write_strength(carrying, rank1);
    for (int i = 0; i < rank1->pairs.count; i++)
        for (int d = rank1->pairs.at[i].depth; d-- > 0;) write_units(carrying, rank1, &rank1->pairs.at[i], d);
    for (int i = 0; i < rank1->entries.count; i++)
        write_entries(carrying, rank1, &rank1->entries.at[i], strength);
}
