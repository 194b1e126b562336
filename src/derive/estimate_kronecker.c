/* Kronecker factors of one parameter's influence: `kronecker` (Mujika, Meier & Steger 2018), several products
 * of least variance `optimal_kronecker` (Benzing et al. 2019), `reverse_kronecker` (Marschall, Cho & Savin
 * 2020).
 *
 *     J[(root, k), (j, i)] ≈ Σ_r left_r[(root, k), wide] right_r[thin]       wide = j, thin = i; reversed: i,
 * j
 *
 * The left side goes through the step's Jacobians like an influence: T. What is new is one more product, N
 * and `fresh`. A use of the parameter enters as M[k, j] u[i], which is one already. An exact influence that
 * flows in is M[k, l] J[(l, j), i]: random signs over (l, j) make a product of it, right in the mean;
 * reversed, signs over j do so for every content at once. */
#include "derive/estimate_kronecker.h"

bool kronecker_estimates(const Kronecker *own, int carried) {
    return carried >= 0 && own->forward->carried.at[carried].structure == STRUCTURE_ESTIMATED;
}

const Dim *kronecker_units(const Kronecker *own, int carried) {
    return carried < 0 ? own->forward->param->rows : own->forward->carried.at[carried].root->rows;
}

Structure kronecker_structure(const Kronecker *own, int carried) {
    return carried < 0 ? STRUCTURE_PRESYNAPTIC : own->forward->carried.at[carried].structure;
}

static Buffer *matrix_buffer(Kronecker *own, BufferKind kind, const char *what, int carried) {
    const Carried *of = &own->forward->carried.at[carried];
    Arena *arena = own->carrying->arena;
    const char *prefix = arena_printf(arena, "%s_%s", what, own->forward->param->label);
    const char *name = carry_identifier(own->carrying, prefix, of->root, of->state);
    const Dim *dims[2] = {of->root->rows, own->wide};
    Buffer *buffer = program_buffer(own->carrying->derivation->program, kind, name, 2, dims);
    buffer->var = own->forward->param;
    return buffer;
}

static void make_held(Kronecker *own, int carried) {
    Arena *arena = own->carrying->arena;
    Held *held = &own->held[carried];
    const Carried *of = &own->forward->carried.at[carried];
    held->depth = estimate_depth(own->forward, carried);
    held->past = arena_alloc(arena, sizeof *held->past * (size_t)held->depth);
    for (int d = 0; d < held->depth; d++) {
        held->past[d] = arena_alloc(arena, sizeof **held->past * (size_t)own->terms);
        for (int r = 0; r < own->terms; r++) {
            Buffer *buffer = held->past[d][r] = matrix_buffer(own, BUFFER_INFLUENCE, "left", carried);
            const char *root = carry_label(own->carrying, "A", of->root, of->state);
            buffer->label = own->terms > 1
                                ? arena_printf(arena, "%s[%s](%d)", root, own->forward->param->label, r + 1)
                                : arena_printf(arena, "%s[%s]", root, own->forward->param->label);
            buffer->comment = d ? arena_printf(arena, "the same %d step%s ago", d, d > 1 ? "s" : "")
                                : "the estimate's left factor";
        }
    }
    for (int f = 0; f < own->forward->flows.count; f++)
        if (own->forward->flows.at[f].target == carried &&
            kronecker_estimates(own, own->forward->flows.at[f].source))
            held->tangent = arena_alloc(arena, sizeof *held->tangent * (size_t)own->terms);
    for (int r = 0; held->tangent && r < own->terms; r++)
        held->tangent[r] = matrix_buffer(own, BUFFER_WORK, "moved", carried);
    for (int r = 0; held->tangent && r < own->terms; r++)
        held->tangent[r]->comment = "T: the left factor after the step's Jacobians";
    held->noise = matrix_buffer(own, BUFFER_WORK, "entering", carried);
    held->noise->comment = "N: the left factor of what enters in this step";
}

static void make_right(Kronecker *own) {
    Arena *arena = own->carrying->arena;
    const char *label = own->forward->param->label;
    own->right = arena_alloc(arena, sizeof *own->right * (size_t)own->terms);
    for (int r = 0; r < own->terms; r++) {
        Buffer *buffer = own->right[r] =
            program_buffer(own->carrying->derivation->program, BUFFER_INFLUENCE,
                           arena_printf(arena, "right_%s", label), 1, &own->thin);
        buffer->slots = 2; /* mixing reads all of them as they were */
        buffer->label = own->terms > 1 ? arena_printf(arena, "u[%s](%d)", label, r + 1)
                                       : arena_printf(arena, "u[%s]", label);
        buffer->comment = "the estimate's right factor";
    }
}

/* ---- matrices over (units, wide) through the step's Jacobians ---- */

/* A sweep over units (NULL: none), the source's units (NULL: none) and the wide range. */
Sweep kronecker_sweep(const Kronecker *own, const Dim *units, const Dim *source) {
    const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = units, [ROLE_SOURCE] = source};
    ranges[own->wide_role] = own->wide;
    return sweep_new(own->carrying->arena, ranges);
}

Update *kronecker_update(const Kronecker *own, Sweep *sweep, Buffer *out, const Dim *units, bool accumulate) {
    const Role roles[2] = {ROLE_UNIT, own->wide_role};
    const Dim *dims[2] = {units, own->wide};
    return sweep_update(sweep, out, 2, roles, dims, accumulate);
}

void kronecker_factor(const Kronecker *own, Sweep *sweep, Placed matrix, Role units, const Dim *rows) {
    const Role roles[2] = {units, own->wide_role};
    const Dim *dims[2] = {rows, own->wide};
    sweep_factor(sweep, matrix, 2, roles, dims);
}

Placed kronecker_place(const Kronecker *own, const Expr *e, const char *hint) {
    return schedule_place(own->carrying->low->step, e, hint);
}

/* out[k, w] (+)= Σ_l A[k, l] matrix[l, w], A the sum of the flows' chains. */
static void through_matrices(Kronecker *own, Buffer *out, int target, const Chains *chains, Placed matrix,
                             const Dim *source, bool accumulate) {
    const Dim *units = kronecker_units(own, target);
    Buffer *jacobian = forward_operator(own->carrying, chains, units, source, true);
    const Csr *csr = jacobian->csr;
    Sweep sweep = kronecker_sweep(own, units, csr ? csr->entries : source);
    kronecker_update(own, &sweep, out, units, accumulate)->equation = out->comment;
    sweep_term(&sweep);
    static const Role roles[2] = {ROLE_UNIT, ROLE_SOURCE};
    const Dim *dims[2] = {csr ? NULL : units, csr ? csr->entries : source};
    sweep_factor(&sweep, (Placed){jacobian, 0}, 2, roles, dims);
    kronecker_factor(own, &sweep, matrix, ROLE_SOURCE, source);
    if (csr) {
        Factor *read = &sweep.statement->updates.at[0].terms.at[0].factor[1];
        sweep_along(&sweep, ROLE_SOURCE, csr, ROLE_UNIT);
        read->through[0] = csr->column;
    }
    estimate_push(own->carrying, sweep.statement);
}

/* out[k, w] (+)= d[k] matrix[k, w] */
static void through_diagonal(Kronecker *own, Buffer *out, int target, const Expr *factor, Placed matrix,
                             bool accumulate) {
    const Dim *units = kronecker_units(own, target);
    Sweep sweep = kronecker_sweep(own, units, NULL);
    kronecker_update(own, &sweep, out, units, accumulate)->equation = out->comment;
    sweep_term(&sweep);
    if (!expr_is_const(factor, 1)) sweep_vector(&sweep, kronecker_place(own, factor, "decay"), ROLE_UNIT);
    kronecker_factor(own, &sweep, matrix, ROLE_UNIT, units);
    estimate_push(own->carrying, sweep.statement);
}

/* The chains of all flows into the target with this content that go through matrices. */
Chains kronecker_chains(const Kronecker *own, const Flow *like) {
    Chains chains = {0};
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *flow = &own->forward->flows.at[f];
        if (flow->target == like->target && flow_same_content(flow, like) && !chain_is_diagonal(&flow->chain))
            vec_push(own->carrying->arena, &chains, flow->chain);
    }
    return chains;
}

/* Diagonal flows with one content are one flow (flows.c). */
const Expr *kronecker_decay(const Kronecker *own, const Flow *like) {
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *flow = &own->forward->flows.at[f];
        if (flow->target == like->target && flow_same_content(flow, like) && chain_is_diagonal(&flow->chain))
            return flow->chain.factor[0];
    }
    return NULL;
}

/* A content that is a matrix over (its units, wide), through all flows that bring it to the target. */
void kronecker_bring(Kronecker *own, Buffer *out, const Flow *like, Placed matrix, bool *accumulate) {
    const Expr *decay = kronecker_decay(own, like);
    const Chains chains = kronecker_chains(own, like);
    if (decay) through_diagonal(own, out, like->target, decay, matrix, *accumulate);
    *accumulate = *accumulate || decay;
    if (chains.count)
        through_matrices(own, out, like->target, &chains, matrix, kronecker_units(own, like->source),
                         *accumulate);
    *accumulate = *accumulate || chains.count > 0;
}

/* T of one product, or (noise) what this step's N of other pairs adds to the target's N. */
static void bring_estimated(Kronecker *own, int target, int term, bool noise) {
    Held *held = &own->held[target];
    bool accumulate = noise;
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *flow = &own->forward->flows.at[f];
        if (flow->target != target || !kronecker_estimates(own, flow->source) ||
            !flow_is_first(own->forward, f))
            continue;
        if (noise && flow->lag > 0) continue;
        const Held *source = &own->held[flow->source];
        if (!noise && flow->lag == 0 && !source->tangent) continue;
        const Placed matrix = flow->lag > 0 ? (Placed){source->past[flow->lag - 1][term], 1}
                              : noise       ? (Placed){source->noise, 0}
                                            : (Placed){source->tangent[term], 0};
        kronecker_bring(own, noise ? held->noise : held->tangent[term], flow, matrix, &accumulate);
    }
    if (!accumulate) carry_clear(own->carrying, held->tangent[term]);
}

/* ---- mixing ---- */

static void write_mix(Kronecker *own) {
    const bool least = own->carrying->derivation->rule->estimate.kind == ESTIMATE_OPTIMAL_KRONECKER;
    const int terms = own->terms;
    own->mix = estimate_mix(own->carrying, terms, least,
                            arena_printf(own->carrying->arena, "_%s", own->forward->param->label));
    for (int c = 0; c < own->forward->carried.count; c++) {
        if (!kronecker_estimates(own, c)) continue;
        MixPart part = estimate_part(own->carrying, terms);
        for (int r = 0; own->held[c].tangent && r < terms; r++)
            part.vector[r] = (Placed){own->held[c].tangent[r], 0};
        part.vector[terms] = (Placed){own->held[c].noise, 0};
        vec_push(own->carrying->arena, &own->mix->left, part);
        for (int d = 0; d < own->held[c].depth; d++) {
            if (!estimate_remains(own->forward, c, d)) continue;
            MixPart past = estimate_part(own->carrying, terms);
            for (int r = 0; r < terms; r++) past.vector[r] = (Placed){own->held[c].past[d][r], 1};
            vec_push(own->carrying->arena, &own->mix->left, past);
        }
    }
    MixPart part = estimate_part(own->carrying, terms);
    for (int r = 0; r < terms; r++) part.vector[r] = (Placed){own->right[r], 1};
    part.vector[terms] = own->fresh;
    vec_push(own->carrying->arena, &own->mix->right, part);
    estimate_push_mix(
        own->carrying, own->mix,
        least ? "the products, and the new one, as one product less: of least variance"
              : "the product and the new one as one: both sides of one length, with random signs");
}

static void write_left(Kronecker *own, int carried, int d, int r) {
    const Held *held = &own->held[carried];
    const Dim *units = kronecker_units(own, carried);
    Sweep sweep = kronecker_sweep(own, units, NULL);
    Update *update = kronecker_update(own, &sweep, held->past[d][r], units, false);
    if (d == 0) update->equation = held->past[0][r]->label;
    for (int i = 0; i <= own->terms; i++) {
        const bool fresh = i == own->terms;
        if (d > 0 ? fresh : !fresh && !held->tangent) continue;
        sweep_term(&sweep);
        estimate_weight(&sweep, own->mix, false, r, i);
        const Placed matrix = d > 0   ? (Placed){held->past[d - 1][i], 1}
                              : fresh ? (Placed){held->noise, 0}
                                      : (Placed){held->tangent[i], 0};
        kronecker_factor(own, &sweep, matrix, ROLE_UNIT, units);
    }
    estimate_push(own->carrying, sweep.statement);
}

static void write_right(Kronecker *own, int r) {
    const Dim *ranges[ROLE_COUNT] = {0};
    ranges[own->thin_role] = own->thin;
    Sweep sweep = sweep_new(own->carrying->arena, ranges);
    sweep_update(&sweep, own->right[r], 1, &own->thin_role, &own->thin, false)->equation =
        own->right[r]->label;
    for (int i = 0; i <= own->terms; i++) {
        sweep_term(&sweep);
        estimate_weight(&sweep, own->mix, true, r, i);
        sweep_vector(&sweep, i < own->terms ? (Placed){own->right[i], 1} : own->fresh, own->thin_role);
    }
    estimate_push(own->carrying, sweep.statement);
}

/* ---- the gradient ---- */

/* pulled_r[w] += Σ_k L[k] left_r[k, w]; of an earlier step, what was left then, mixed as now. */
static void pull(Kronecker *own, Buffer *pulled, int r, const Signal *signal) {
    const Held *held = &own->held[signal->source];
    const Dim *units = kronecker_units(own, signal->source);
    const Placed l = kronecker_place(own, carry_signal(own->carrying, signal->value), "signal");
    Sweep sweep = kronecker_sweep(own, units, NULL);
    sweep_update(&sweep, pulled, 1, &own->wide_role, &own->wide, true)->equation = pulled->comment;
    for (int i = 0; i < (signal->lag > 0 ? own->terms : 1); i++) {
        sweep_term(&sweep);
        if (signal->lag > 0) estimate_weight(&sweep, own->mix, false, r, i);
        sweep_vector(&sweep, l, ROLE_UNIT);
        kronecker_factor(own, &sweep,
                         signal->lag > 0 ? (Placed){held->past[signal->lag - 1][i], 1}
                                         : (Placed){held->past[0][r], 0},
                         ROLE_UNIT, units);
    }
    estimate_push(own->carrying, sweep.statement);
}

static void pull_all(Kronecker *own, Buffer **pulled, bool lagged) {
    for (int s = 0; s < own->forward->signals.count; s++) {
        const Signal *signal = &own->forward->signals.at[s];
        if (!kronecker_estimates(own, signal->source) || (signal->lag > 0) != lagged) continue;
        for (int r = 0; r < own->terms; r++) pull(own, pulled[r], r, signal);
    }
}

static bool is_taught(const Kronecker *own) {
    for (int s = 0; s < own->forward->signals.count; s++)
        if (kronecker_estimates(own, own->forward->signals.at[s].source)) return true;
    return false;
}

static void write_gradient(Kronecker *own, Buffer **pulled) {
    const Var *param = own->forward->param;
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[2];
    carry_entry_dims(own->carrying, param, dims);
    Sweep sweep = carry_entry_sweep(own->carrying, param, NULL, NULL, true);
    sweep_update(&sweep, carry_gradient_of(own->carrying, param), 2, row_column, dims, true)->equation =
        arena_printf(own->carrying->arena, "dE/d%s += (Σ L A) ⊗ u", param->label);
    for (int r = 0; r < own->terms; r++) {
        sweep_term(&sweep);
        sweep_vector(&sweep, (Placed){pulled[r], 0}, own->wide_role);
        sweep_vector(&sweep, (Placed){own->right[r], 0}, own->thin_role);
    }
    estimate_push(own->carrying, sweep.statement);
}

void kronecker_write(Forward *forward) {
    Carrying *carrying = forward->carrying;
    Arena *arena = carrying->arena;
    const Estimate *estimate = &carrying->derivation->rule->estimate;
    const Var *param = forward->param;
    const bool reversed = estimate->kind == ESTIMATE_REVERSE_KRONECKER;
    Kronecker own = {.forward = forward,
                     .carrying = carrying,
                     .reversed = reversed,
                     .terms = estimate->kind == ESTIMATE_OPTIMAL_KRONECKER ? estimate->rank : 1,
                     .wide = reversed ? param->cols : param->rows,
                     .thin = reversed ? param->rows : param->cols,
                     .wide_role = reversed ? ROLE_COLUMN : ROLE_ROW,
                     .thin_role = reversed ? ROLE_ROW : ROLE_COLUMN};
    own.held = arena_alloc(arena, sizeof *own.held * (size_t)(forward->carried.count + 1));
    for (int c = 0; c < forward->carried.count; c++)
        if (kronecker_estimates(&own, c)) make_held(&own, c);
    make_right(&own);
    for (int c = 0; c < forward->carried.count; c++)
        for (int r = 0; kronecker_estimates(&own, c) && r < own.terms; r++) {
            for (int d = 0; d < own.held[c].depth; d++) estimate_list(forward, c, own.held[c].past[d][r]);
            estimate_list(forward, c, own.right[r]);
        }
    Buffer **pulled = arena_alloc(arena, sizeof *pulled * (size_t)own.terms);
    for (int r = 0; r < own.terms; r++) {
        pulled[r] = program_buffer(carrying->derivation->program, BUFFER_WORK,
                                   arena_printf(arena, "pulled_%s", param->label), 1, &own.wide);
        pulled[r]->var = param;
        pulled[r]->comment = "the learning signal on the left factor";
    }
    for (int c = 0; c < forward->carried.count; c++)
        if (kronecker_estimates(&own, c)) carry_clear(carrying, own.held[c].noise);
    (reversed ? kronecker_enter_reversed : kronecker_enter)(&own);
    for (int c = 0; c < forward->carried.count; c++) {
        if (!kronecker_estimates(&own, c)) continue;
        for (int r = 0; own.held[c].tangent && r < own.terms; r++) bring_estimated(&own, c, r, false);
        bring_estimated(&own, c, 0, true);
    }
    write_mix(&own);
    for (int r = 0; r < own.terms; r++) carry_clear(carrying, pulled[r]);
    pull_all(&own, pulled, true);
    for (int c = 0; c < forward->carried.count; c++)
        for (int d = kronecker_estimates(&own, c) ? own.held[c].depth : 0; d-- > 0;)
            for (int r = 0; r < own.terms; r++) write_left(&own, c, d, r);
    for (int r = 0; r < own.terms; r++) write_right(&own, r);
    pull_all(&own, pulled, false);
    if (is_taught(&own)) write_gradient(&own, pulled);
}
