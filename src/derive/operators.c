/* Operators between units, as matrices in buffers: the Jacobians that influences are multiplied with.
 *
 * One chain through one sparse matrix stays as sparse as that; any other sum is written out dense. */
#include "derive/forward.h"

static const Role unit_source[2] = {ROLE_UNIT, ROLE_SOURCE};

static void scale(Carrying *carrying, Sweep *sweep, const Expr *factor, Role role) {
    if (!expr_is_const(factor, 1))
        sweep_vector(sweep, schedule_place(carrying->coefficients, factor, "slope"), role);
}

/* above · (entries of the sparse matrix) · below, added to a dense buffer or, where `out` has the matrix's
 * own pattern, set. */
static void scatter(Carrying *carrying, const Var *matrix, const Expr *above, const Expr *below,
                    Buffer *out) {
    Buffer *weight = lowering_buffer_of(carrying->low, matrix);
    const Csr *csr = weight->csr;
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[2] = {out->csr ? NULL : out->dims[0], csr->entries};
    Sweep sweep = carry_entry_sweep(carrying, matrix, NULL, NULL, true);
    Update *update = sweep_update(&sweep, out, 2, row_column, dims, !out->csr);
    if (!out->csr) update->through[1] = csr->column;
    sweep_term(&sweep);
    scale(carrying, &sweep, above, ROLE_ROW);
    const Dim *entries[2] = {NULL, csr->entries};
    sweep_factor(&sweep, (Placed){weight, 0}, 2, row_column, entries);
    scale(carrying, &sweep, below, ROLE_COLUMN);
    vec_push(carrying->arena, &carrying->operator_sweeps, sweep.statement);
}

void operator_clear(Carrying *carrying, Buffer *buffer) {
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->kind = STATEMENT_CLEAR;
    statement->store = buffer;
    vec_push(carrying->arena, &carrying->operator_sweeps, statement);
}

/* factor[n] P_n … P_1 factor[0] of a chain's first n matrices, as a matrix in a buffer. */
static Buffer *chain_matrix(Carrying *carrying, const Chain *chain, int n, const Dim *source) {
    Schedule *schedule = carrying->coefficients;
    const Var *matrix = chain->matrix[n - 1];
    const Dim *dims[2] = {matrix->rows, source};
    Placed weight = {lowering_buffer_of(carrying->low, matrix), 0};
    Buffer *product = program_buffer(carrying->derivation->program, BUFFER_WORK, "product", 2, dims);
    const Dim *weight_dims[2] = {matrix->rows, matrix->cols};
    const Csr *csr = weight.buffer->csr;
    if (n == 1 && csr) {
        operator_clear(carrying, product);
        scatter(carrying, matrix, chain->factor[1], chain->factor[0], product);
        return product;
    }
    if (n == 1) {
        const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = matrix->rows, [ROLE_SOURCE] = source};
        Sweep sweep = sweep_new(carrying->arena, ranges);
        sweep_update(&sweep, product, 2, unit_source, dims, false);
        sweep_term(&sweep);
        if (!expr_is_const(chain->factor[1], 1))
            sweep_vector(&sweep, schedule_place(schedule, chain->factor[1], "slope"), ROLE_UNIT);
        sweep_factor(&sweep, weight, 2, unit_source, weight_dims);
        if (!expr_is_const(chain->factor[0], 1))
            sweep_vector(&sweep, schedule_place(schedule, chain->factor[0], "slope"), ROLE_SOURCE);
        vec_push(carrying->arena, &carrying->operator_sweeps, sweep.statement);
        return product;
    }
    Placed below = {chain_matrix(carrying, chain, n - 1, source), 0};
    /* loops: UNIT = rows of P_n, ROW = the units between, SOURCE = columns of the result */
    const Dim *ranges[ROLE_COUNT] = {
        [ROLE_UNIT] = matrix->rows, [ROLE_ROW] = csr ? csr->entries : matrix->cols, [ROLE_SOURCE] = source};
    static const Role left[2] = {ROLE_UNIT, ROLE_ROW}, right[2] = {ROLE_ROW, ROLE_SOURCE};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    sweep_update(&sweep, product, 2, unit_source, dims, false);
    sweep_term(&sweep);
    if (csr) weight_dims[0] = NULL, weight_dims[1] = csr->entries;
    sweep_factor(&sweep, weight, 2, left, weight_dims);
    const Dim *below_dims[2] = {matrix->cols, source};
    Factor *lower = sweep_factor(&sweep, below, 2, right, below_dims);
    if (csr) sweep_along(&sweep, ROLE_ROW, csr, ROLE_UNIT), lower->through[0] = csr->column;
    vec_push(carrying->arena, &carrying->operator_sweeps, sweep.statement);
    if (expr_is_const(chain->factor[n], 1)) return product;
    const Dim *scale_ranges[ROLE_COUNT] = {[ROLE_UNIT] = matrix->rows, [ROLE_SOURCE] = source};
    Sweep scaling = sweep_new(carrying->arena, scale_ranges);
    sweep_update(&scaling, product, 2, unit_source, dims, false);
    sweep_term(&scaling);
    sweep_vector(&scaling, schedule_place(schedule, chain->factor[n], "slope"), ROLE_UNIT);
    sweep_factor(&scaling, (Placed){product, 0}, 2, unit_source, dims);
    vec_push(carrying->arena, &carrying->operator_sweeps, scaling.statement);
    return product;
}

static void operator_term(Carrying *carrying, Sweep *sweep, const Chain *chain, const Buffer *made,
                          const Dim *target, const Dim *source) {
    Schedule *schedule = carrying->coefficients;
    const Dim *dims[2] = {target, source};
    sweep_term(sweep);
    if (chain->outer) {
        sweep_vector(sweep, schedule_place(schedule, chain->left, "left"), ROLE_UNIT);
        if (!expr_is_const(chain->right, 1))
            sweep_vector(sweep, schedule_place(schedule, chain->right, "right"), ROLE_SOURCE);
        return;
    }
    if (chain->matrices > 1) {
        sweep_factor(sweep, (Placed){(Buffer *)(uintptr_t)made, 0}, 2, unit_source, dims);
        return;
    }
    const Expr *above = chain->factor[1], *below = chain->factor[0];
    const Buffer *weight = lowering_buffer_of(carrying->low, chain->matrix[0]);
    if (!expr_is_const(above, 1)) sweep_vector(sweep, schedule_place(schedule, above, "slope"), ROLE_UNIT);
    sweep_factor(sweep, (Placed){(Buffer *)(uintptr_t)weight, 0}, 2, unit_source, dims);
    if (!expr_is_const(below, 1)) sweep_vector(sweep, schedule_place(schedule, below, "slope"), ROLE_SOURCE);
}

/* Parameters share operators that were written already. */
static Buffer *find_shared(const Carrying *carrying, const Chains *chains, const Dim *target,
                           const Dim *source, bool sparse) {
    for (int i = 0; i < carrying->operators.count; i++) {
        const Operation *known = &carrying->operators.at[i];
        bool equal = known->target == target && known->source == source &&
                     known->chains.count == chains->count && (known->buffer->csr != NULL) == sparse;
        for (int c = 0; equal && c < chains->count; c++)
            equal = chain_equal(&known->chains.at[c], &chains->at[c]);
        if (equal) return known->buffer;
    }
    return NULL;
}

static const Csr *csr_of_step(const Carrying *carrying, const Chain *chain) {
    return !chain->outer && chain->matrices == 1 ? carry_csr(carrying, chain->matrix[0]) : NULL;
}

static Buffer *sparse_operator(Carrying *carrying, const Chain *chain, const Csr *csr) {
    const Dim *entries[1] = {csr->entries};
    Buffer *buffer = program_buffer(carrying->derivation->program, BUFFER_WORK, "jacobian", 1, entries);
    buffer->csr = csr;
    scatter(carrying, chain->matrix[0], chain->factor[1], chain->factor[0], buffer);
    return buffer;
}

/* What isn't through one sparse matrix in one sweep, then the rest into it. */
static Buffer *dense_operator(Carrying *carrying, const Chains *chains, const Dim *target,
                              const Dim *source) {
    const Dim *dims[2] = {target, source};
    Buffer *buffer = program_buffer(carrying->derivation->program, BUFFER_WORK, "jacobian", 2, dims);
    const Buffer **made = arena_alloc(carrying->arena, sizeof *made * (size_t)(chains->count + 1));
    for (int c = 0; c < chains->count; c++)
        if (!chains->at[c].outer && chains->at[c].matrices > 1)
            made[c] = chain_matrix(carrying, &chains->at[c], chains->at[c].matrices, source);
    const Dim *ranges[ROLE_COUNT] = {[ROLE_UNIT] = target, [ROLE_SOURCE] = source};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    const Update *update = sweep_update(&sweep, buffer, 2, unit_source, dims, false);
    for (int c = 0; c < chains->count; c++)
        if (!csr_of_step(carrying, &chains->at[c]))
            operator_term(carrying, &sweep, &chains->at[c], made[c], target, source);
    if (update->terms.count)
        vec_push(carrying->arena, &carrying->operator_sweeps, sweep.statement);
    else
        operator_clear(carrying, buffer);
    for (int c = 0; c < chains->count; c++) {
        const Chain *chain = &chains->at[c];
        if (csr_of_step(carrying, chain))
            scatter(carrying, chain->matrix[0], chain->factor[1], chain->factor[0], buffer);
    }
    return buffer;
}

Buffer *forward_operator(Carrying *carrying, const Chains *chains, const Dim *target, const Dim *source,
                         bool sparse) {
    const Csr *csr = chains->count == 1 && sparse ? csr_of_step(carrying, &chains->at[0]) : NULL;
    Buffer *buffer = find_shared(carrying, chains, target, source, csr != NULL);
    if (buffer) return buffer;
    buffer = csr ? sparse_operator(carrying, &chains->at[0], csr)
                 : dense_operator(carrying, chains, target, source);
    vec_push(carrying->arena, &carrying->operators, ((Operation){*chains, target, source, buffer}));
    return buffer;
}

Buffer *operator_of_chain(Carrying *carrying, const Chain *chain, const Dim *source) {
    return chain_matrix(carrying, chain, chain->matrices, source);
}

Placed operator_one(Carrying *carrying) {
    const Placed one = schedule_place(carrying->coefficients, expr_constant(carrying->exprs, 1), "one");
    return one;
}
