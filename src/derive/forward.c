/* The forward derivation: influences carried in time, their sweeps, and the gradient they give at each step.
 *
 * For each parameter: what flows where (flows.c), then one sweep for all unit-local influences with the
 * gradient's update in it, and GEMM-shaped sweeps for dense ones. Taxonomy, sections 3 and 4. */
#include "derive/estimate.h"
#include "derive/mask.h"

static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
static const Role unit_row_column[3] = {ROLE_UNIT, ROLE_ROW, ROLE_COLUMN};

/* ---- influences ---- */

static const char *const structure_prefix[] = {"", "presynaptic", "trace", "influence", "masked", ""};
const char *const structure_name[] = {"zero", "presynaptic", "unit-local", "dense", "masked", "estimated"};
const char *const structure_symbol[] = {"", "π", "ε", "J", "J", "Ĵ"};

/* The ranges of an influence's buffer, and the roles that run over them. */
static int ranges_of(const Forward *forward, const Carried *carried, const Dim *dims[3], const Role **roles) {
    const Var *param = forward->param;
    static const Role column[1] = {ROLE_COLUMN};
    const Dim *all[3] = {carried->root->rows};
    carry_entry_dims(forward->carrying, param, all + 1);
    if (carried->structure == STRUCTURE_PRESYNAPTIC) all[2] = param->cols;
    const int skipped = (int)STRUCTURE_DENSE - (int)carried->structure;
    for (int i = skipped; i < 3; i++) dims[i - skipped] = all[i];
    *roles = skipped == 0 ? unit_row_column : skipped == 1 ? row_column : column;
    return 3 - skipped;
}

/* The influence as a factor; a presynaptic one of a sparse parameter is read by column. */
void forward_influence_factor(const Forward *forward, Sweep *sweep, const Carried *carried, int lag) {
    const Dim *dims[3];
    const Role *roles;
    const int rank = ranges_of(forward, carried, dims, &roles);
    Factor *factor = sweep_factor(sweep, (Placed){carried->buffer, lag}, rank, roles, dims);
    if (carried->structure == STRUCTURE_PRESYNAPTIC && carried->buffer->rank)
        factor->through[0] = sweep->column;
}

static void make_buffer(Forward *forward, int index) {
    Carried *carried = &forward->carried.at[index];
    Carrying *carrying = forward->carrying;
    const Var *param = forward->param;
    const Dim *dims[3];
    const Role *roles;
    const char *prefix =
        arena_printf(carrying->arena, "%s_%s", structure_prefix[carried->structure], param->label);
    const char *name = carry_identifier(carrying, prefix, carried->root, carried->state);
    const bool masked = carried->structure == STRUCTURE_MASKED;
    const int rank =
        masked ? masked_ranges(forward, carried, dims) : ranges_of(forward, carried, dims, &roles);
    carried->buffer = program_buffer(carrying->derivation->program, BUFFER_INFLUENCE, name, rank, dims);
    carried->buffer->slots = carried->in_place ? 1 : carried->root->max_lag + 1;
    const char *root =
        carry_label(carrying, structure_symbol[carried->structure], carried->root, carried->state);
    carried->buffer->label = arena_printf(carrying->arena, "%s[%s]", root, param->label);
    carried->buffer->comment =
        arena_printf(carrying->arena, "influence of %s on %s", param->label, carried->root->label);
    Influence influence = {.param = param,
                           .root = carried->root,
                           .state = carried->state,
                           .structure = carried->structure,
                           .decay = forward_constant_decay(forward, index),
                           .buffer = carried->buffer};
    vec_push(carrying->arena, &carrying->derivation->influences, influence);
}

/* coefficient · (the source's trace, or what the parameter multiplies): a term without another unit. */
void forward_unit_term(Forward *forward, Sweep *sweep, const Expr *coefficient, int source, int lag,
                       const Expr *start, const char *what) {
    Schedule *schedule = forward->carrying->low->step;
    const char *of = source < 0 ? forward->param->label : forward->carried.at[source].root->label;
    const char *hint = arena_printf(forward->carrying->arena, "%s_%s", what, of);
    if (source < 0) {
        carry_outer_term(sweep, schedule, coefficient, start, hint);
        return;
    }
    const Carried *carried = &forward->carried.at[source];
    sweep_term(sweep);
    if (!expr_is_const(coefficient, 1))
        sweep_vector(sweep, schedule_place(schedule, coefficient, hint), ROLE_ROW);
    forward_influence_factor(forward, sweep, carried, lag);
}

static Structure structure_of(const Forward *forward, const Signal *signal) {
    return signal->source < 0 ? STRUCTURE_PRESYNAPTIC : forward->carried.at[signal->source].structure;
}

static bool is_unit_signal(const Forward *forward, const Signal *signal) {
    return structure_of(forward, signal) < STRUCTURE_DENSE;
}

/* Signals of influences without another unit: those at a lag, by structure (they read what the structure's
 * own sweep overwrites), or (STRUCTURE_DENSE) all of this step. */
static bool takes(const Forward *forward, const Signal *signal, Structure lagged) {
    if (!is_unit_signal(forward, signal)) return false;
    return lagged == STRUCTURE_DENSE ? signal->lag == 0
                                     : signal->lag > 0 && structure_of(forward, signal) == lagged;
}

static void gradient_update(Forward *forward, Sweep *sweep, Structure lagged) {
    const Var *param = forward->param;
    const Dim *dims[2];
    carry_entry_dims(forward->carrying, param, dims);
    Update *update = NULL;
    for (int i = 0; i < forward->signals.count; i++) {
        const Signal *signal = &forward->signals.at[i];
        if (!takes(forward, signal, lagged)) continue;
        if (!update) {
            update =
                sweep_update(sweep, carry_gradient_of(forward->carrying, param), 2, row_column, dims, true);
            update->equation = forward_gradient(forward);
        }
        forward_unit_term(forward, sweep, carry_signal(forward->carrying, signal->value), signal->source,
                          signal->lag, signal->start, "signal");
    }
}

/* All influences of one structure, presynaptic or unit-local, entry by entry. */
static void influence_updates(Forward *forward, Sweep *sweep, Structure structure) {
    for (int c = 0; c < forward->carried.count; c++) {
        const Carried *carried = &forward->carried.at[c];
        if (carried->structure != structure) continue;
        const Dim *dims[3];
        const Role *roles;
        const int rank = ranges_of(forward, carried, dims, &roles);
        Update *update = sweep_update(sweep, carried->buffer, rank, roles, dims, false);
        update->equation = forward_recursion(forward, c);
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            if (flow->target != c) continue;
            const Expr *factor = flow->chain.factor[0];
            if (structure == STRUCTURE_PRESYNAPTIC)
                factor = forward_unitless(forward->carrying->exprs, factor);
            forward_unit_term(forward, sweep, factor, flow->source, flow->lag, flow->start,
                              flow->source < 0 ? "gain" : "decay");
        }
    }
}

static void push_sweep(Forward *forward, Statement *statement) {
    if (statement->updates.count) vec_push(forward->carrying->arena, &forward->carrying->sweeps, statement);
}

/* The presynaptic influences: a filter of what the parameter multiplies, as long as one row. */
static void write_presynaptic_sweep(Forward *forward) {
    const Var *param = forward->param;
    Sweep before = carry_entry_sweep(forward->carrying, param, NULL, NULL, true);
    gradient_update(forward, &before, STRUCTURE_PRESYNAPTIC);
    push_sweep(forward, before.statement);
    const Dim *columns[ROLE_COUNT] = {[ROLE_COLUMN] = param->cols};
    Sweep sweep = sweep_new(forward->carrying->arena, columns);
    influence_updates(forward, &sweep, STRUCTURE_PRESYNAPTIC);
    push_sweep(forward, sweep.statement);
}

/* All unit-local influences of the parameter and its gradient's part, entry by entry in one sweep. */
static void write_unit_sweep(Forward *forward) {
    Sweep sweep = carry_entry_sweep(forward->carrying, forward->param, NULL, NULL, true);
    gradient_update(forward, &sweep, STRUCTURE_UNIT);
    influence_updates(forward, &sweep, STRUCTURE_UNIT);
    gradient_update(forward, &sweep, STRUCTURE_DENSE);
    push_sweep(forward, sweep.statement);
}

static bool is_dense_source(const Forward *forward, const Flow *flow) {
    return flow->source >= 0 && forward->carried.at[flow->source].structure == STRUCTURE_DENSE;
}

/* J[k,j,i] = Σ d[k] J_source[k,j,i]: sets the influence; false where no dense source has a diagonal way. */
static bool write_dense_decay(Forward *forward, int target) {
    Carrying *carrying = forward->carrying;
    const Carried *carried = &forward->carried.at[target];
    const Var *param = forward->param;
    const Dim *dims[3] = {carried->root->rows};
    carry_entry_dims(carrying, param, dims + 1);
    Sweep sweep = carry_entry_sweep(carrying, param, carried->root->rows, NULL, false);
    Update *update = sweep_update(&sweep, carried->buffer, 3, unit_row_column, dims, false);
    update->equation = carried->buffer->label;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target != target || !is_dense_source(forward, flow) || !chain_is_diagonal(&flow->chain))
            continue;
        sweep_term(&sweep);
        if (!expr_is_const(flow->chain.factor[0], 1))
            sweep_vector(&sweep, schedule_place(carrying->low->step, flow->chain.factor[0], "decay"),
                         ROLE_UNIT);
        sweep_factor(&sweep, (Placed){forward->carried.at[flow->source].buffer, flow->lag}, 3,
                     unit_row_column, dims);
    }
    if (!update->terms.count) return false;
    vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
    return true;
}

/* J[j,j,i] += Σ d[j] ε[j,i]: what is unit-local enters on the diagonal. */
static void write_dense_entries(Forward *forward, int target) {
    Carrying *carrying = forward->carrying;
    const Carried *carried = &forward->carried.at[target];
    const Var *param = forward->param;
    const Dim *dims[3] = {carried->root->rows};
    carry_entry_dims(carrying, param, dims + 1);
    static const Role roles[3] = {ROLE_ROW, ROLE_ROW, ROLE_COLUMN};
    Sweep sweep = carry_entry_sweep(carrying, param, NULL, NULL, true);
    Update *update = sweep_update(&sweep, carried->buffer, 3, roles, dims, true);
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target != target || is_dense_source(forward, flow) || !chain_is_diagonal(&flow->chain))
            continue;
        forward_unit_term(forward, &sweep, flow->chain.factor[0], flow->source, flow->lag, flow->start,
                          "gain");
    }
    if (update->terms.count) vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
}

/* J[k,j,i] (+)= Σ_l A[k,l] J_source[l,j,i], or A[k,j] ε[j,i], or A[k,j] u[i]. */
static void write_dense_product(Forward *forward, int target, const Flow *like, bool accumulate) {
    Carrying *carrying = forward->carrying;
    const Carried *carried = &forward->carried.at[target];
    const Var *param = forward->param;
    Chains chains = {0};
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target == target && flow_same_content(flow, like) && !chain_is_diagonal(&flow->chain))
            vec_push(carrying->arena, &chains, flow->chain);
    }
    bool dense = is_dense_source(forward, like);
    const Dim *from = like->source >= 0 ? forward->carried.at[like->source].root->rows : param->rows;
    Buffer *jacobian = forward_operator(carrying, &chains, carried->root->rows, from, dense);
    const Dim *dims[3] = {carried->root->rows};
    carry_entry_dims(carrying, param, dims + 1);
    const Csr *csr = jacobian->csr;
    Sweep sweep = carry_entry_sweep(carrying, param, carried->root->rows,
                                    !dense ? NULL
                                    : csr  ? csr->entries
                                           : from,
                                    !dense);
    sweep_update(&sweep, carried->buffer, 3, unit_row_column, dims, accumulate)->equation =
        carried->buffer->label;
    sweep_term(&sweep);
    const Dim *jacobian_dims[2] = {csr ? NULL : carried->root->rows, csr ? csr->entries : from};
    Role jacobian_roles[2] = {ROLE_UNIT, dense ? ROLE_SOURCE : ROLE_ROW};
    sweep_factor(&sweep, (Placed){jacobian, 0}, 2, jacobian_roles, jacobian_dims);
    if (dense) {
        static const Role roles[3] = {ROLE_SOURCE, ROLE_ROW, ROLE_COLUMN};
        const Dim *source_dims[3] = {from, dims[1], dims[2]};
        Factor *source = sweep_factor(&sweep, (Placed){forward->carried.at[like->source].buffer, like->lag},
                                      3, roles, source_dims);
        if (csr) sweep_along(&sweep, ROLE_SOURCE, csr, ROLE_UNIT), source->through[0] = csr->column;
    } else if (like->source >= 0) {
        forward_influence_factor(forward, &sweep, &forward->carried.at[like->source], like->lag);
    } else if (like->start->op == EXPR_MATVEC) {
        sweep_vector(&sweep, schedule_place(carrying->low->step, like->start->kid[0], "u"), ROLE_COLUMN);
    }
    vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
}

/* Does an earlier flow already stand for this one's source (its product takes all chains at once)? */
static bool is_repeated(const Forward *forward, int index) {
    const Flow *flow = &forward->flows.at[index];
    for (int p = 0; p < index; p++) {
        const Flow *other = &forward->flows.at[p];
        if (other->target == flow->target && flow_same_content(other, flow) &&
            !chain_is_diagonal(&other->chain))
            return true;
    }
    return false;
}

/* A dense influence has a dense diagonal source or a product: the first of them sets it, the rest adds. */
static void write_dense(Forward *forward, int target) {
    bool set = write_dense_decay(forward, target);
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target != target || chain_is_diagonal(&flow->chain) || is_repeated(forward, f)) continue;
        write_dense_product(forward, target, flow, set);
        set = true;
    }
    write_dense_entries(forward, target);
}

/* G[j,i] += Σ_k l[k] J[k,j,i] */
static void write_dense_signal(Forward *forward, const Signal *signal) {
    Carrying *carrying = forward->carrying;
    const Var *param = forward->param;
    const Carried *carried = &forward->carried.at[signal->source];
    const Dim *dims[3] = {carried->root->rows};
    carry_entry_dims(carrying, param, dims + 1);
    Sweep sweep = carry_entry_sweep(carrying, param, carried->root->rows, NULL, false);
    sweep_update(&sweep, carry_gradient_of(carrying, param), 2, row_column, dims + 1, true)->equation =
        arena_printf(carrying->arena, "dE/d%s", param->label);
    sweep_term(&sweep);
    sweep_vector(&sweep, schedule_place(carrying->low->step, carry_signal(carrying, signal->value), "signal"),
                 ROLE_UNIT);
    sweep_factor(&sweep, (Placed){carried->buffer, signal->lag}, 3, unit_row_column, dims);
    vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
}

/* Signals at a lag read influences before this step overwrites them. */
static void write_dense_signals(Forward *forward, bool lagged) {
    for (int i = 0; i < forward->signals.count; i++) {
        const Signal *signal = &forward->signals.at[i];
        if (is_unit_signal(forward, signal) || (signal->lag > 0) != lagged) continue;
        if (structure_of(forward, signal) == STRUCTURE_ESTIMATED) continue;
        if (structure_of(forward, signal) == STRUCTURE_MASKED)
            masked_write_signal(forward, signal);
        else
            write_dense_signal(forward, signal);
    }
}

void forward_write(Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++)
        if (forward->carried.at[c].structure != STRUCTURE_ZERO &&
            forward->carried.at[c].structure != STRUCTURE_ESTIMATED)
            make_buffer(forward, c);
    write_dense_signals(forward, true);
    write_presynaptic_sweep(forward);
    write_unit_sweep(forward);
    for (int c = 0; c < forward->carried.count; c++)
        if (forward->carried.at[c].structure == STRUCTURE_DENSE)
            write_dense(forward, c);
        else if (forward->carried.at[c].structure == STRUCTURE_MASKED)
            masked_write(forward, c);
    write_dense_signals(forward, false);
    estimate_write(forward);
}

static Forward *analysed_as_is(Carrying *carrying, const Var *param, const Product *product) {
    Forward *forward = arena_new_of(carrying->arena, Forward);
    *forward = (Forward){.carrying = carrying, .param = param, .graph = product->graph, .product = product};
    forward_analyse(forward);
    return forward;
}

/* Influences that follow from others are left out where that saves something. What follows comes later in the
 * step than what it follows from. */
static Forward *analysed_on(Carrying *carrying, const Var *param, const Product *product) {
    Forward *best = analysed_as_is(carrying, param, product);
    for (int r = product->graph->roots.count - 1; r >= 0 && eliminate_may(carrying->derivation->rule); r--) {
        const Product *less = eliminate_root(carrying->arena, best->product, param,
                                             product->graph->roots.at[r], &carrying->derivation->slopes);
        Forward *other = less ? analysed_as_is(carrying, param, less) : NULL;
        if (other && forward_is_cheaper(other, best)) best = other;
    }
    return best;
}

/* A filter before the readout's matrix is worth it where it filters unit-local traces: a dense influence is
 * smaller on the outputs than on the units. */
static Forward *analysed(Carrying *carrying, const Var *param) {
    Forward *forward = analysed_on(carrying, param, &carrying->commuted);
    const Filters *filters = &carrying->derivation->filters;
    for (int c = 0; c < forward->carried.count; c++)
        for (int i = 0; i < filters->count; i++)
            if (filters->at[i].root == forward->carried.at[c].root &&
                forward->carried.at[c].structure >= STRUCTURE_DENSE)
                return analysed_on(carrying, param, &carrying->product);
    return forward;
}

void derive_forward(Carrying *carrying) {
    const Model *model = carrying->derivation->model;
    Routine *routine = &carrying->derivation->program->step;
    for (int i = 0; i < model->params.count; i++) {
        Forward *forward = analysed(carrying, model->params.at[i]);
        forward_write(forward);
        vec_push(carrying->arena, &carrying->derivation->recursions, forward);
    }
    estimate_finish(carrying);
    schedule_collect(carrying->low->step);
    carry_begin_chunk(carrying, routine);
    for (int i = 0; i < carrying->signs.count; i++)
        vec_push(carrying->arena, &routine->statements, carrying->signs.at[i]);
    carrying->derivation->program->early = carrying->early_sweeps.count > 0;
    for (int i = 0; i < carrying->early_sweeps.count; i++)
        vec_push(carrying->arena, &routine->statements, carrying->early_sweeps.at[i]);
    schedule_write(carrying->low->step);
    for (int i = 0; i < carrying->operator_sweeps.count;
         i++) /* they read weights, which online learning changes below */
        vec_push(carrying->arena, &routine->statements, carrying->operator_sweeps.at[i]);
    for (int i = 0; i < carrying->sweeps.count; i++)
        vec_push(carrying->arena, &routine->statements, carrying->sweeps.at[i]);
    for (int i = 0; i < model->params.count; i++)
        carry_absent_entries(carrying, model->params.at[i], routine);
}
