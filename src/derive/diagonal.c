/* The diagonal of a chain, for influences that a mask makes unit-local: diag(f1) R diag(f0) leaves f1 R_jj
 * f0, and two matrices in a row leave a sum over the units between them, which is a product with the matrix
 * P_ji Q_ij. Both the diagonal of R and that matrix follow from the parameters alone: they are values of
 * their own, made before anything else in the step. */
#include "derive/mask.h"

bool mask_has_diagonal(const Chain *chain) { return chain->outer || chain->matrices <= 2; }

static Var *value_var(Carrying *carrying, const char *name, const Dim *rows, const Dim *cols) {
    Var *var = arena_new_of(carrying->arena, Var);
    *var = (Var){.kind = VAR_VALUE, .name = name, .label = name, .layer = -1, .rows = rows, .cols = cols};
    return var;
}

static Buffer *value_buffer(Carrying *carrying, const Var *var, const Csr *csr) {
    const Dim *dims[2] = {csr ? NULL : var->rows, csr ? csr->entries : var->cols};
    Buffer *buffer = program_buffer(carrying->derivation->program, BUFFER_WORK, var->name, 2, dims);
    buffer->csr = csr;
    lowering_bind(carrying->low, var, buffer);
    return buffer;
}

static const Var *known(const Carrying *carrying, const Var *above, const Var *below) {
    for (int i = 0; i < carrying->diagonals.count; i++)
        if (carrying->diagonals.at[i].above == above && carrying->diagonals.at[i].below == below)
            return carrying->diagonals.at[i].value;
    return NULL;
}

static const Var *remember(Carrying *carrying, const Var *above, const Var *below, const Var *value) {
    vec_push(carrying->arena, &carrying->diagonals, ((Diagonal){above, below, value}));
    return value;
}

static void early(Carrying *carrying, Sweep *sweep) {
    vec_push(carrying->arena, &carrying->early_sweeps, sweep->statement);
}

/* ---- one matrix ---- */

/* The sparse matrix's entries on the diagonal: 0 or 1 in each row. */
static void sparse_diagonal(Carrying *carrying, const Var *matrix, Buffer *out) {
    Arena *arena = carrying->arena;
    Program *program = carrying->derivation->program;
    Buffer *weight = lowering_buffer_of(carrying->low, matrix);
    const Pattern *pattern = weight->csr->pattern;
    int *start = arena_alloc(arena, sizeof(int) * (size_t)(pattern->rows + 1)), count = 0;
    int *entry = arena_alloc(arena, sizeof(int) * (size_t)(pattern->rows + 1));
    for (long j = 0; j < pattern->rows; j++) {
        for (int e = pattern->start[j]; e < pattern->start[j + 1]; e++)
            if (pattern->column[e] == j) entry[count++] = e;
        start[j + 1] = count;
    }
    Dim *entries = arena_new_of(arena, Dim);
    *entries = (Dim){arena_printf(arena, "%s.diagonal", matrix->label), count};
    const Dim *ranges[ROLE_COUNT] = {[ROLE_ROW] = matrix->rows, [ROLE_COLUMN] = entries};
    static const Role row[1] = {ROLE_ROW}, column[1] = {ROLE_COLUMN};
    Sweep sweep = sweep_new(arena, ranges);
    sweep.statement->start[1] =
        program_table(program, arena_printf(arena, "%s_diagonal_start", matrix->label),
                      (int)pattern->rows + 1, start, NULL);
    sweep.statement->parent[1] = 0;
    sweep_update(&sweep, out, 1, row, &matrix->rows, false);
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){weight, 0}, 1, column, &weight->csr->entries)->through[0] =
        program_table(program, arena_printf(arena, "%s_diagonal", matrix->label), count, entry,
                      arena_printf(arena, "which entries of %s are on its diagonal", matrix->label));
    early(carrying, &sweep);
}

static bool has_diagonal_entries(const Pattern *pattern) {
    for (long j = 0; j < pattern->rows; j++)
        for (int e = pattern->start[j]; e < pattern->start[j + 1]; e++)
            if (pattern->column[e] == j) return true;
    return false;
}

static const Var *diagonal_of(Carrying *carrying, const Var *matrix) {
    const Csr *csr = carry_csr(carrying, matrix);
    if (matrix->zero_diagonal || (csr && !has_diagonal_entries(csr->pattern))) return NULL;
    const Var *made = known(carrying, matrix, NULL);
    if (made) return made;
    const char *name = arena_printf(carrying->arena, "diagonal_%s", matrix->label);
    Var *var = value_var(carrying, name, matrix->rows, NULL);
    Buffer *out = value_buffer(carrying, var, NULL);
    if (csr) {
        sparse_diagonal(carrying, matrix, out);
        return remember(carrying, matrix, NULL, var);
    }
    const Dim *ranges[ROLE_COUNT] = {[ROLE_ROW] = matrix->rows};
    static const Role rows[2] = {ROLE_ROW, ROLE_ROW};
    const Dim *dims[2] = {matrix->rows, matrix->cols};
    Sweep sweep = sweep_new(carrying->arena, ranges);
    sweep_update(&sweep, out, 1, rows, dims, false);
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){lowering_buffer_of(carrying->low, matrix), 0}, 2, rows, dims);
    early(carrying, &sweep);
    return remember(carrying, matrix, NULL, var);
}

/* ---- two matrices ---- */

/* Where (row, col) is among the values of a matrix's buffer; -1: nowhere. */
static long place_in(const Buffer *matrix, long cols, long row, long col) {
    if (!matrix->csr) return row * cols + col;
    const Pattern *pattern = matrix->csr->pattern;
    for (int e = pattern->start[row]; e < pattern->start[row + 1]; e++)
        if (pattern->column[e] == col) return e;
    return -1;
}

static bool is_present(const Var *matrix, const Buffer *buffer, long row, long col) {
    if (matrix->zero_diagonal && row == col) return false;
    return place_in(buffer, dim_size(matrix->cols), row, col) >= 0;
}

/* A factor W[row[t], col[t]], t running over the sweep's ROLE_COLUMN. */
static void gathered(Carrying *carrying, Sweep *sweep, const Var *matrix, const Dim *entries, const int *row,
                     const int *col) {
    Program *program = carrying->derivation->program;
    Buffer *buffer = lowering_buffer_of(carrying->low, matrix);
    const int count = (int)entries->value;
    static const Role columns[2] = {ROLE_COLUMN, ROLE_COLUMN};
    const Dim *dims[2] = {buffer->csr ? NULL : matrix->rows,
                          buffer->csr ? buffer->csr->entries : matrix->cols};
    Factor *factor = sweep_factor(sweep, (Placed){buffer, 0}, 2, columns, dims);
    const char *name = arena_printf(carrying->arena, "%s_at", matrix->label);
    if (!buffer->csr) {
        factor->through[0] = program_table(program, name, count, row, NULL);
        factor->through[1] = program_table(program, name, count, col, NULL);
        return;
    }
    int *at = arena_alloc(carrying->arena, sizeof(int) * (size_t)(count + 1));
    for (int t = 0; t < count; t++) at[t] = (int)place_in(buffer, 0, row[t], col[t]);
    factor->through[0] = program_table(program, name, count, at, NULL);
}

/* P_ji Q_ij where either of them is sparse: as sparse as both together. */
static const Var *sparse_product(Carrying *carrying, const Var *above, const Var *below, const char *name) {
    Arena *arena = carrying->arena;
    const Buffer *p = lowering_buffer_of(carrying->low, above), *q = lowering_buffer_of(carrying->low, below);
    const long rows = dim_size(above->rows), cols = dim_size(above->cols);
    Pattern *pattern = arena_new_of(arena, Pattern);
    *pattern = (Pattern){.rows = rows, .cols = cols};
    pattern->start = arena_alloc(arena, sizeof(int) * (size_t)(rows + 1));
    const long most = p->csr ? p->csr->pattern->entries : q->csr->pattern->entries;
    pattern->column = arena_alloc(arena, sizeof(int) * (size_t)(most + 1));
    int *row = arena_alloc(arena, sizeof(int) * (size_t)(most + 1));
    for (long j = 0; j < rows; j++) {
        for (long i = 0; i < cols; i++)
            if (is_present(above, p, j, i) && is_present(below, q, i, j)) {
                row[pattern->entries] = (int)j;
                pattern->column[pattern->entries++] = (int)i;
            }
        pattern->start[j + 1] = pattern->entries;
    }
    if (!pattern->entries) return NULL;
    const Csr *csr = program_csr(carrying->derivation->program, name, pattern, above->rows, above->cols);
    Var *var = value_var(carrying, name, above->rows, above->cols);
    Buffer *out = value_buffer(carrying, var, csr);
    const Dim *ranges[ROLE_COUNT] = {[ROLE_COLUMN] = csr->entries};
    static const Role column[1] = {ROLE_COLUMN};
    Sweep sweep = sweep_new(arena, ranges);
    sweep_update(&sweep, out, 1, column, &csr->entries, false);
    sweep_term(&sweep);
    gathered(carrying, &sweep, above, csr->entries, row, pattern->column);
    gathered(carrying, &sweep, below, csr->entries, pattern->column, row);
    early(carrying, &sweep);
    return var;
}

static const Var *product_of(Carrying *carrying, const Var *above, const Var *below) {
    const Var *made = known(carrying, above, below);
    if (made) return made;
    const char *name = arena_printf(carrying->arena, "round_%s_%s", above->label, below->label);
    if (carry_csr(carrying, above) || carry_csr(carrying, below)) {
        made = sparse_product(carrying, above, below, name);
        return made ? remember(carrying, above, below, made) : NULL;
    }
    Var *var = value_var(carrying, name, above->rows, above->cols);
    const Dim *ranges[ROLE_COUNT] = {[ROLE_ROW] = above->rows, [ROLE_COLUMN] = above->cols};
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN}, column_row[2] = {ROLE_COLUMN, ROLE_ROW};
    const Dim *dims[2] = {above->rows, above->cols}, *turned[2] = {below->rows, below->cols};
    Buffer *out = value_buffer(carrying, var, NULL);
    Sweep sweep = sweep_new(carrying->arena, ranges);
    sweep_update(&sweep, out, 2, row_column, dims, false);
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){lowering_buffer_of(carrying->low, above), 0}, 2, row_column, dims);
    sweep_factor(&sweep, (Placed){lowering_buffer_of(carrying->low, below), 0}, 2, column_row, turned);
    early(carrying, &sweep);
    return remember(carrying, above, below, var);
}

const Expr *mask_diagonal(Carrying *carrying, const Chain *chain) {
    Exprs *exprs = carrying->exprs;
    if (chain->outer) return expr_mul(exprs, chain->left, chain->right);
    if (chain->matrices == 0) return chain->factor[0];
    if (chain->matrices == 1) {
        const Var *diagonal = diagonal_of(carrying, chain->matrix[0]);
        if (!diagonal) return NULL;
        const Expr *within = expr_mul(exprs, chain->factor[1], expr_use(exprs, diagonal, 0, 0));
        return expr_mul(exprs, within, chain->factor[0]);
    }
    const Var *around = product_of(carrying, chain->matrix[1], chain->matrix[0]);
    if (!around) return NULL;
    const Expr *between = expr_matvec(exprs, around, chain->factor[1], false);
    return expr_mul(exprs, expr_mul(exprs, chain->factor[2], between), chain->factor[0]);
}
