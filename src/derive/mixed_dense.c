/* Blocks for influences that units share: what a seed hands back is a matrix.
 *
 *     Ψ_c[t]     = Σ_L H_{c,L}[t + L] + Σ_{edges c → c' of lag 0} Ψ_{c'}[t] A + [c is the seed's, t its step]
 * 1 H_{c,L}[t] = Σ_{edges c → c' of lag L} Ψ_{c'}[t] A J[t0 + K]  = Σ H_{c,L} J_c + Σ_t (Ψ[t] G[t]) ⊗ u[t]
 *
 * for each seed, A the edges' Jacobians and G what a use of the parameter gives. With K ≈ n that is
 * Schmidhuber's algorithm (Neural Computation 4, 1992): O(n³) a step, where J at each step takes O(n⁴). */
#include "derive/mixed_inside.h"

static const Role unit_source[2] = {ROLE_UNIT, ROLE_SOURCE}, unit_row[2] = {ROLE_UNIT, ROLE_ROW},
                  row_source[2] = {ROLE_ROW, ROLE_SOURCE}, row_column[2] = {ROLE_ROW, ROLE_COLUMN};
static const Role unit_row_column[3] = {ROLE_UNIT, ROLE_ROW, ROLE_COLUMN},
                  source_row_column[3] = {ROLE_SOURCE, ROLE_ROW, ROLE_COLUMN};

typedef struct Handed { /* by a seed's matrix, through edges of this lag, from where `source` is read */
    int seed, source, lag;
    Buffer *buffer;
} Handed;

typedef struct Gain { /* Ψ G of one use, on the tape */
    int seed;
    const Dim *rows; /* the parameter's: chains from a scalar and from a vector can be the same */
    Chains chains;
    VEC(int) target; /* of each chain */
    Buffer *buffer;
} Gain;

typedef struct DenseSystem {
    const Forward *forward; /* the first parameter's */
    Seeds seeds;
    VEC(Handed) handed;
    Buffer **matrix; /* Ψ, [seeds][carried]; NULL is zero */
    VEC(Gain) gains;
} DenseSystem;

static const Dim *units_of(const Forward *forward, int carried) {
    return forward->carried.at[carried].root->rows;
}

static Buffer *matrix_of(const DenseSystem *system, int seed, int carried) {
    return system->matrix[seed * system->forward->carried.count + carried];
}

static void push(Carrying *carrying, Statement *statement) {
    vec_push(carrying->arena, &carrying->operator_sweeps, statement);
}

/* ---- products ---- */

/* out[k, l] (+)= left[k, l] d[l]; the same number for every unit is asked for as one. */
static void scale(Carrying *carrying, Buffer *out, Buffer *left, const Expr *factor, const Dim *const dims[2],
                  bool add) {
    const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = dims[0], [ROLE_SOURCE] = dims[1]};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    while (factor->op == EXPR_BROADCAST) factor = factor->kid[0];
    sweep_update(&sweep, out, 2, unit_source, dims, add);
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){left, 0}, 2, unit_source, dims);
    if (!expr_is_const(factor, 1))
        sweep_vector(&sweep, schedule_place(carrying->coefficients, factor, "decay"), ROLE_SOURCE);
    push(carrying, sweep.statement);
}

/* out[k, l] (+)= Σ_m left[k, m] right[m, l] */
static void multiply(Carrying *carrying, Buffer *out, Buffer *left, Buffer *right, const Dim *rows,
                     const Dim *between, const Dim *columns, bool add) {
    const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = rows, [ROLE_ROW] = between, [ROLE_SOURCE] = columns};
    const Dim *out_dims[2] = {rows, columns}, *left_dims[2] = {rows, between},
              *right_dims[2] = {between, columns};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    sweep_update(&sweep, out, 2, unit_source, out_dims, add);
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){left, 0}, 2, unit_row, left_dims);
    sweep_factor(&sweep, (Placed){right, 0}, 2, row_source, right_dims);
    push(carrying, sweep.statement);
}

/* ---- what seeds hand back ---- */

/* Non-diagonal edges between the same two at the same lag: they have one matrix. Empty where an earlier flow
 * stands for them. */
static Chains chains_with(const Forward *forward, int first) {
    Chains chains = {0};
    const Flow *like = &forward->flows.at[first];
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target != like->target || !flow_same_content(flow, like) || chain_is_diagonal(&flow->chain))
            continue;
        if (f < first) return (Chains){0};
        vec_push(forward->carrying->arena, &chains, flow->chain);
    }
    return chains;
}

/* out (+)= Σ Ψ_{c'} A over edges of this lag out of `source`; whether there were any. */
static bool pull(Carrying *carrying, const DenseSystem *system, int seed, int source, int lag, Buffer *out,
                 bool add) {
    const Forward *forward = system->forward;
    const Dim *end = units_of(forward, system->seeds.at[seed].carried), *from = units_of(forward, source);
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->source != source || flow->lag != lag) continue;
        Buffer *above = matrix_of(system, seed, flow->target);
        if (!above) continue;
        if (chain_is_diagonal(&flow->chain)) {
            scale(carrying, out, above, flow->chain.factor[0], (const Dim *[]){end, from}, add);
            add = true;
            continue;
        }
        const Chains chains = chains_with(forward, f);
        if (!chains.count) continue;
        const Dim *between = units_of(forward, flow->target);
        multiply(carrying, out, above, forward_operator(carrying, &chains, between, from, false), end,
                 between, from, add);
        add = true;
    }
    return add;
}

/* Ψ = Σ H of later steps, which is there before anything else of this step. */
static bool sum_handed(Carrying *carrying, const DenseSystem *system, int seed, int carried, Buffer *out) {
    const Dim *dims[2] = {units_of(system->forward, system->seeds.at[seed].carried),
                          units_of(system->forward, carried)};
    const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = dims[0], [ROLE_SOURCE] = dims[1]};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    sweep_update(&sweep, out, 2, unit_source, dims, false);
    for (int i = 0; i < system->handed.count; i++) {
        const Handed *handed = &system->handed.at[i];
        if (handed->seed != seed || handed->source != carried) continue;
        sweep_term(&sweep);
        sweep_factor(&sweep, (Placed){handed->buffer, handed->lag}, 2, unit_source, dims);
    }
    if (!sweep.statement->updates.at[0].terms.count) return false;
    push(carrying, sweep.statement);
    return true;
}

/* Ψ[k, k] += 1 at the seed's step. */
static void add_seed(Mixed *mixed, const Seed *seed, const Dim *units, Buffer *out) {
    Carrying *carrying = mixed->carrying;
    const Dim *ranges[ROLE_COUNT] = {[ROLE_ROW] = units}, *dims[2] = {units, units};
    static const Role diagonal[2] = {ROLE_ROW, ROLE_ROW};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    sweep_update(&sweep, out, 2, diagonal, dims, true);
    sweep_term(&sweep);
    sweep_vector(&sweep, schedule_place(carrying->coefficients, mixed_delay(mixed, seed->delay), "last"),
                 ROLE_ROW);
    push(carrying, sweep.statement);
}

/* Edges of lag 0 lead from smaller to larger indices: from the last one on, all that is read is there. */
static void write_matrix(Mixed *mixed, DenseSystem *system, int seed, int carried) {
    Carrying *carrying = mixed->carrying;
    const Forward *forward = system->forward;
    const Seed *own = &system->seeds.at[seed];
    const char *name = carry_identifier(carrying, "matrix", forward->carried.at[carried].root,
                                        forward->carried.at[carried].state);
    const Dim *dims[2] = {units_of(forward, own->carried), units_of(forward, carried)};
    Buffer *out = program_buffer(carrying->derivation->program, BUFFER_WORK, name, 2, dims);
    bool any = sum_handed(carrying, system, seed, carried, out);
    if (own->carried == carried) {
        if (!any) operator_clear(carrying, out);
        add_seed(mixed, own, dims[0], out);
        any = true;
    }
    pull(carrying, system, seed, carried, 0, out, any);
    system->matrix[seed * forward->carried.count + carried] = out;
}

static void declare_handed(Carrying *carrying, DenseSystem *system, int seed, int source, int lag) {
    const Forward *forward = system->forward;
    const Carried *from = &forward->carried.at[source];
    const char *name = carry_identifier(carrying, "handed", from->root, from->state);
    const Dim *dims[2] = {units_of(forward, system->seeds.at[seed].carried), from->root->rows};
    Handed handed = {.seed = seed, .source = source, .lag = lag};
    handed.buffer = program_buffer(carrying->derivation->program, BUFFER_ADJOINT, name, 2, dims);
    handed.buffer->slots = lag + 1;
    handed.buffer->comment = arena_printf(
        carrying->arena, "derivative of an influence at the block's end by that on %s, handed %d step%s back",
        from->root->label, lag, lag > 1 ? "s" : "");
    vec_push(carrying->arena, &system->handed, handed);
}

static void write_system(Mixed *mixed, DenseSystem *system) {
    Carrying *carrying = mixed->carrying;
    const Forward *forward = system->forward;
    for (int s = 0; s < system->seeds.count; s++)
        for (int c = 0; c < forward->carried.count; c++)
            for (int lag = 1; lag <= forward->carried.at[c].root->max_lag; lag++)
                if (mixed_is_handed(forward, c, lag, system->seeds.at[s].carried))
                    declare_handed(carrying, system, s, c, lag);
    for (int s = 0; s < system->seeds.count; s++)
        for (int c = forward->carried.count - 1; c >= 0; c--)
            if (mixed_leads(forward, c, system->seeds.at[s].carried)) write_matrix(mixed, system, s, c);
    for (int i = 0; i < system->handed.count; i++) {
        const Handed *handed = &system->handed.at[i];
        pull(carrying, system, handed->seed, handed->source, handed->lag, handed->buffer, false);
    }
}

static DenseSystem *system_of(Mixed *mixed, const Forward *forward) {
    Arena *arena = mixed->carrying->arena;
    for (int i = 0; i < mixed->dense.count; i++)
        if (mixed_same_edges(mixed->dense.at[i]->forward, forward)) return mixed->dense.at[i];
    DenseSystem *system = arena_new_of(arena, DenseSystem);
    *system = (DenseSystem){.forward = forward, .seeds = mixed_seeds(mixed, forward)};
    const size_t pairs = (size_t)(system->seeds.count * forward->carried.count + 1);
    system->matrix = arena_alloc(arena, pairs * sizeof *system->matrix);
    write_system(mixed, system);
    vec_push(arena, &mixed->dense, system);
    return system;
}

/* ---- what a use of the parameter gives ---- */

static Gain gain_of(const Forward *forward, int seed, const Expr *start) {
    Gain gain = {.seed = seed, .rows = forward->param->rows};
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->source >= 0 || flow->start != start) continue;
        vec_push(forward->carrying->arena, &gain.chains, flow->chain);
        vec_push(forward->carrying->arena, &gain.target, flow->target);
    }
    return gain;
}

static bool same_gain(const Gain *a, const Gain *b) {
    bool same = a->seed == b->seed && a->rows == b->rows && a->chains.count == b->chains.count;
    for (int i = 0; same && i < a->chains.count; i++)
        same = a->target.at[i] == b->target.at[i] && chain_equal(&a->chains.at[i], &b->chains.at[i]);
    return same;
}

/* Whether the use gives anything to the seed's influence. */
static bool is_felt(const DenseSystem *system, const Gain *gain) {
    for (int i = 0; i < gain->target.count; i++)
        if (matrix_of(system, gain->seed, gain->target.at[i])) return true;
    return false;
}

/* Ψ G on the tape: units of the seed × the parameter's rows. */
static Buffer *gain_buffer(Carrying *carrying, DenseSystem *system, Gain gain, const Var *param) {
    for (int i = 0; i < system->gains.count; i++)
        if (same_gain(&system->gains.at[i], &gain)) return system->gains.at[i].buffer;
    const Dim *dims[2] = {units_of(system->forward, system->seeds.at[gain.seed].carried), gain.rows};
    const char *name = arena_printf(carrying->arena, "gain_%s", param->label);
    Buffer *out = program_buffer(carrying->derivation->program, BUFFER_WORK, name, 2, dims);
    bool add = false;
    out->taped = true;
    for (int i = 0; i < gain.chains.count; i++) {
        Buffer *above = matrix_of(system, gain.seed, gain.target.at[i]);
        if (!above) continue;
        const Dim *between = units_of(system->forward, gain.target.at[i]);
        const Chains one = {.at = &gain.chains.at[i], .count = 1, .capacity = 1};
        if (chain_is_diagonal(&gain.chains.at[i]))
            scale(carrying, out, above, gain.chains.at[i].factor[0], dims, add);
        else
            multiply(carrying, out, above, forward_operator(carrying, &one, between, gain.rows, false),
                     dims[0], between, dims[1], add);
        add = true;
    }
    gain.buffer = out;
    vec_push(carrying->arena, &system->gains, gain);
    return out;
}

/* ---- one parameter, at the border ---- */

typedef struct Own {
    Mixed *mixed;
    const Var *param;
    const Forward *forward;
    DenseSystem *system;
    Buffer **influence, **next; /* by seed */
} Own;

static void entry_dims(const Own *own, int carried, const Dim *dims[3]) {
    dims[0] = units_of(own->forward, carried);
    carry_entry_dims(own->mixed->carrying, own->param, dims + 1);
}

static Buffer *influence_buffer(const Own *own, int seed, bool next) {
    Carrying *carrying = own->mixed->carrying;
    const Seed *at = &own->system->seeds.at[seed];
    const Carried *carried = &own->forward->carried.at[at->carried];
    const Dim *dims[3];
    entry_dims(own, at->carried, dims);
    const char *prefix =
        arena_printf(carrying->arena, "%s_%s", next ? "next" : "influence", own->param->label);
    const char *name = carry_identifier(carrying, prefix, carried->root, carried->state);
    Buffer *buffer =
        program_buffer(carrying->derivation->program, next ? BUFFER_WORK : BUFFER_INFLUENCE, name, 3, dims);
    const char *symbol =
        carry_label(carrying, structure_symbol[STRUCTURE_DENSE], carried->root, carried->state);
    buffer->label = arena_printf(carrying->arena, "%s[%s]", symbol, own->param->label);
    buffer->comment = arena_printf(carrying->arena, "influence of %s on %s, at the %s border",
                                   own->param->label, carried->root->label, next ? "next" : "last");
    return buffer;
}

static void make_influences(Own *own) {
    Carrying *carrying = own->mixed->carrying;
    const size_t size = sizeof(Buffer *) * (size_t)(own->system->seeds.count + 1);
    own->influence = arena_alloc(carrying->arena, size);
    own->next = arena_alloc(carrying->arena, size);
    for (int s = 0; s < own->system->seeds.count; s++) {
        const Carried *carried = &own->forward->carried.at[own->system->seeds.at[s].carried];
        own->influence[s] = influence_buffer(own, s, false);
        own->next[s] = influence_buffer(own, s, true);
        const Influence made = {.param = own->param,
                                .root = carried->root,
                                .state = carried->state,
                                .structure = STRUCTURE_DENSE,
                                .decay =
                                    forward_constant_decay(own->forward, own->system->seeds.at[s].carried),
                                .buffer = own->influence[s]};
        vec_push(carrying->arena, &carrying->derivation->influences, made);
    }
}

static Buffer *influence_at(const Own *own, int carried, int delay) {
    return mixed_influence(&own->system->seeds, own->influence, carried, delay);
}

static void keep(const Own *own, Statement *statement) {
    vec_push(own->mixed->carrying->arena, &own->mixed->carrying->sweeps, statement);
}

/* dE/dθ[j, i] += Σ_k φ[k] J[k, j, i] */
static void add_gradient(const Own *own, const Adjoint *adjoint, int carried, int u) {
    Carrying *carrying = own->mixed->carrying;
    Buffer *influence = influence_at(own, carried, adjoint->lag - 1 - u);
    if (!influence) return;
    const Dim *dims[3];
    entry_dims(own, carried, dims);
    Sweep sweep = carry_entry_sweep(carrying, own->param, dims[0], NULL, false);
    sweep_update(&sweep, carry_gradient_of(carrying, own->param), 2, row_column, dims + 1, true)->equation =
        arena_printf(carrying->arena, "dE/d%s, through the border", own->param->label);
    sweep_term(&sweep);
    sweep_vector(&sweep, (Placed){adjoint->buffer, u}, ROLE_UNIT);
    sweep_factor(&sweep, (Placed){influence, 1}, 3, unit_row_column, dims);
    keep(own, sweep.statement);
}

static void update_gradient(const Own *own) {
    const Derivation *derivation = own->mixed->carrying->derivation;
    for (int i = 0; i < derivation->adjoints.count; i++) {
        const Adjoint *adjoint = &derivation->adjoints.at[i];
        const int carried = forward_carried(own->forward, adjoint->root, adjoint->state);
        for (int u = 0; carried >= 0 && u < adjoint->lag; u++) add_gradient(own, adjoint, carried, u);
    }
}

/* next[k, j, i] (+)= Σ_l H[k, l] J[l, j, i], H as it was u turns ago. */
static bool carry_over(const Own *own, int seed, const Handed *handed, int u, bool add) {
    Carrying *carrying = own->mixed->carrying;
    Buffer *influence = influence_at(own, handed->source, handed->lag - 1 - u);
    if (!influence) return add;
    const Dim *out[3], *from[3];
    entry_dims(own, own->system->seeds.at[seed].carried, out);
    entry_dims(own, handed->source, from);
    const Dim *matrix[2] = {out[0], from[0]};
    Sweep sweep = carry_entry_sweep(carrying, own->param, out[0], from[0], false);
    sweep_update(&sweep, own->next[seed], 3, unit_row_column, out, add)->equation =
        arena_printf(carrying->arena, "%s over the block", own->influence[seed]->label);
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){handed->buffer, u}, 2, unit_source, matrix);
    sweep_factor(&sweep, (Placed){influence, 1}, 3, source_row_column, from);
    keep(own, sweep.statement);
    return true;
}

/* next (+)= J, or last times J where a block shorter than the delay only moves it on. */
static void copy_over(const Own *own, int carried, Buffer *to, Placed from, const Placed *last, bool add) {
    const Dim *dims[3];
    entry_dims(own, carried, dims);
    Sweep sweep = carry_entry_sweep(own->mixed->carrying, own->param, dims[0], NULL, false);
    sweep_update(&sweep, to, 3, unit_row_column, dims, add);
    sweep_term(&sweep);
    if (last) sweep_vector(&sweep, *last, ROLE_UNIT);
    sweep_factor(&sweep, from, 3, unit_row_column, dims);
    keep(own, sweep.statement);
}

static void update_influence(const Own *own, int seed) {
    Carrying *carrying = own->mixed->carrying;
    const Seed *at = &own->system->seeds.at[seed];
    bool add = false;
    for (int i = 0; i < own->system->handed.count; i++) {
        const Handed *handed = &own->system->handed.at[i];
        for (int u = 0; handed->seed == seed && u < handed->lag; u++)
            add = carry_over(own, seed, handed, u, add);
    }
    for (int i = 1; i <= at->delay; i++, add = true) {
        const Placed last = {own->mixed->delay_buffers.at[i], 0};
        copy_over(own, at->carried, own->next[seed],
                  (Placed){influence_at(own, at->carried, at->delay - i), 1}, &last, add);
    }
    if (!add) carry_clear(carrying, own->next[seed]);
}

static void add_uses(const Own *own, int seed) {
    Carrying *carrying = own->mixed->carrying;
    const Forward *forward = own->forward;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (!mixed_is_first_use(forward, f)) continue;
        const Gain felt = gain_of(forward, seed, flow->start);
        if (!is_felt(own->system, &felt)) continue;
        Buffer *gain = gain_buffer(carrying, own->system, felt, own->param);
        border_outer_matrix(
            carrying, own->influence[seed], units_of(forward, own->system->seeds.at[seed].carried),
            own->param, gain, flow->start,
            arena_printf(carrying->arena, "%s, the block's own part", own->influence[seed]->label));
    }
}

void mixed_write_dense(Mixed *mixed, const Forward *forward) {
    Own own = {.mixed = mixed, .param = forward->param, .forward = forward};
    own.system = system_of(mixed, forward);
    const int seeds = own.system->seeds.count;
    make_influences(&own);
    update_gradient(&own);
    for (int s = 0; s < seeds; s++) update_influence(&own, s);
    for (int s = 0; s < seeds; s++)
        copy_over(&own, own.system->seeds.at[s].carried, own.influence[s], (Placed){own.next[s], 0}, NULL,
                  false);
    for (int s = 0; s < seeds; s++) add_uses(&own, s);
}
