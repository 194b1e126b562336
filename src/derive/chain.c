/* Composition of chains, and pulling adjoints back through ways. */
#include "derive/chain.h"

/* Σ over the units of `dim`; a constant stands for the same number at every unit. */
static const Expr *sum_over(Exprs *exprs, const Expr *e, const Dim *dim) {
    if (!dim) return e;
    return e->dim ? expr_sum(exprs, e) : expr_mul(exprs, e, expr_size(exprs, dim));
}

static const Expr *softmax_of(Exprs *exprs, const Expr *logsumexp) {
    return expr_softmax(exprs, logsumexp->kid[0]);
}

const Expr *adjoint_of_station(Exprs *exprs, const Expr *station, const Expr *adjoint) {
    const Dim *below = station->kid[0]->dim;
    switch (station->op) {
    case EXPR_MATVEC: return expr_matvec(exprs, station->var, adjoint, true);
    case EXPR_SUM: return expr_broadcast(exprs, adjoint, below);
    case EXPR_BROADCAST: return sum_over(exprs, adjoint, station->dim);
    case EXPR_LOGSUMEXP: return expr_mul(exprs, softmax_of(exprs, station), adjoint);
    default: { /* softmax: diag(y) - y yᵀ */
        const Expr *mean = expr_sum(exprs, expr_mul(exprs, station, adjoint));
        return expr_mul(exprs, station, expr_sub(exprs, adjoint, mean));
    }
    }
}

/* ---- pulling back ---- */

static const Expr *pull_back(Exprs *exprs, Arena *arena, const Tails *tails, int depth);

/* The tails that leave this region as the first one does: by the same factor into the same station. */
static Tails split_off(Arena *arena, const Tails *tails, int first, int depth, bool *done) {
    Tails group = {0};
    const Way *like = tails->at[first].way;
    for (int i = first; i < tails->count; i++) {
        const Way *way = tails->at[i].way;
        if (done[i] || way->stations == depth || way->station[depth] != like->station[depth] ||
            way->factor[depth] != like->factor[depth])
            continue;
        done[i] = true;
        vec_push(arena, &group, tails->at[i]);
    }
    return group;
}

static const Expr *pull_back(Exprs *exprs, Arena *arena, const Tails *tails, int depth) {
    const Expr *sum = NULL;
    bool *done = arena_alloc(arena, sizeof(bool) * (size_t)(tails->count + 1));
    for (int i = 0; i < tails->count; i++) {
        if (done[i]) continue;
        const Way *way = tails->at[i].way;
        const Expr *above = tails->at[i].end;
        if (way->stations > depth) {
            Tails group = split_off(arena, tails, i, depth, done);
            above =
                adjoint_of_station(exprs, way->station[depth], pull_back(exprs, arena, &group, depth + 1));
        }
        const Expr *term = expr_mul(exprs, above, way->factor[depth]);
        sum = sum ? expr_add(exprs, sum, term) : term;
    }
    return sum;
}

const Expr *adjoint_pull_back(Exprs *exprs, Arena *arena, const Tails *tails) {
    return tails->count ? pull_back(exprs, arena, tails, 0) : NULL;
}

/* ---- chains ---- */

/* The chain with room for one more matrix: its own arrays. */
static Chain with_matrices(Arena *arena, Chain chain, int matrices) {
    const Var **matrix = arena_alloc(arena, sizeof *matrix * (size_t)(matrices + 1));
    const Expr **factor = arena_alloc(arena, sizeof *factor * (size_t)(matrices + 1));
    for (int i = 0; i < chain.matrices; i++) matrix[i] = chain.matrix[i];
    for (int i = 0; chain.factor && i <= chain.matrices; i++) factor[i] = chain.factor[i];
    chain.matrices = matrices;
    chain.matrix = matrix;
    chain.factor = factor;
    return chain;
}

static void set_top(Chain *chain, const Expr *factor) {
    ((const Expr **)(void *)(uintptr_t)chain->factor)[chain->matrices] = factor;
}

Chain chain_identity(Exprs *exprs, Arena *arena) {
    Chain chain = with_matrices(arena, (Chain){0}, 0);
    set_top(&chain, expr_constant(exprs, 1));
    return chain;
}

bool chain_is_diagonal(const Chain *chain) { return !chain->outer && chain->matrices == 0; }

bool chain_equal(const Chain *a, const Chain *b) {
    if (a->outer != b->outer) return false;
    if (a->outer) return a->left == b->left && a->right == b->right;
    if (a->matrices != b->matrices || a->factor[0] != b->factor[0]) return false;
    for (int i = 0; i < a->matrices; i++)
        if (a->matrix[i] != b->matrix[i] || a->factor[i + 1] != b->factor[i + 1]) return false;
    return true;
}

/* (chain)ᵀ vector, as an expression over the source's units. */
static const Expr *transpose_times(Exprs *exprs, const Chain *chain, const Expr *vector) {
    for (int i = chain->matrices; i >= 0; i--) {
        vector = expr_mul(exprs, chain->factor[i], vector);
        if (i > 0) vector = expr_matvec(exprs, chain->matrix[i - 1], vector, true);
    }
    return vector;
}

/* A number for each unit of `dim`. */
static const Expr *spread(Exprs *exprs, const Expr *e, const Dim *dim) {
    return dim && !e->dim ? expr_broadcast(exprs, e, dim) : e;
}

const Expr *chain_times(Exprs *exprs, const Chain *chain, const Expr *vector, const Dim *source,
                        const Dim *target) {
    if (chain->outer)
        return spread(
            exprs,
            expr_mul(exprs, chain->left, sum_over(exprs, expr_mul(exprs, chain->right, vector), source)),
            target);
    vector = expr_mul(exprs, chain->factor[0], vector);
    for (int i = 0; i < chain->matrices; i++)
        vector = expr_mul(exprs, chain->factor[i + 1], expr_matvec(exprs, chain->matrix[i], vector, false));
    return spread(exprs, vector, target);
}

const Expr *chain_transposed_times(Exprs *exprs, const Chain *chain, const Expr *vector, const Dim *source,
                                   const Dim *target) {
    if (!chain->outer) return spread(exprs, transpose_times(exprs, chain, vector), source);
    const Expr *sum = sum_over(exprs, expr_mul(exprs, chain->left, vector), target);
    return spread(exprs, expr_mul(exprs, chain->right, sum), source);
}

static Chain outer(const Expr *left, const Expr *right) {
    return (Chain){.outer = true, .left = left, .right = right};
}

/* rowᵀ · chain, for a row over the chain's target: always an outer product with a scalar on the left. */
static Chain row_times(Exprs *exprs, const Expr *row, const Dim *dim, const Chain *chain) {
    if (chain->outer) return outer(sum_over(exprs, expr_mul(exprs, row, chain->left), dim), chain->right);
    return outer(expr_constant(exprs, 1), transpose_times(exprs, chain, row));
}

static Chain scaled(Exprs *exprs, Arena *arena, Chain chain, const Expr *factor) {
    if (chain.outer) return outer(expr_mul(exprs, factor, chain.left), chain.right);
    Chain result = with_matrices(arena, chain, chain.matrices);
    set_top(&result, expr_mul(exprs, factor, chain.factor[chain.matrices]));
    return result;
}

static Chain matrix_times(Exprs *exprs, Arena *arena, const Var *matrix, Chain chain) {
    if (chain.outer) return outer(expr_matvec(exprs, matrix, chain.left, false), chain.right);
    Chain result = with_matrices(arena, chain, chain.matrices + 1);
    ((const Var **)(void *)(uintptr_t)result.matrix)[chain.matrices] = matrix;
    set_top(&result, expr_constant(exprs, 1));
    return result;
}

static void through_station(Exprs *exprs, Arena *arena, Chain chain, const Expr *station, Chains *out) {
    const Dim *below = station->kid[0]->dim;
    switch (station->op) {
    case EXPR_MATVEC: vec_push(arena, out, matrix_times(exprs, arena, station->var, chain)); return;
    case EXPR_SUM: vec_push(arena, out, row_times(exprs, expr_constant(exprs, 1), below, &chain)); return;
    case EXPR_LOGSUMEXP:
        vec_push(arena, out, row_times(exprs, softmax_of(exprs, station), below, &chain));
        return;
    case EXPR_BROADCAST:
        if (!chain.outer) chain = row_times(exprs, expr_constant(exprs, 1), NULL, &chain);
        vec_push(arena, out, outer(expr_broadcast(exprs, chain.left, station->dim), chain.right));
        return;
    default: {
        Chain mean = row_times(exprs, station, below, &chain);
        vec_push(arena, out, scaled(exprs, arena, chain, station));
        vec_push(arena, out, scaled(exprs, arena, mean, expr_neg(exprs, station)));
    }
    }
}

Chains chain_through(Exprs *exprs, Arena *arena, Chain chain, const Way *way) {
    Chains now = {0};
    vec_push(arena, &now, scaled(exprs, arena, chain, way->factor[0]));
    for (int i = 0; i < way->stations; i++) {
        Chains next = {0};
        for (int c = 0; c < now.count; c++) through_station(exprs, arena, now.at[c], way->station[i], &next);
        for (int c = 0; c < next.count; c++)
            next.at[c] = scaled(exprs, arena, next.at[c], way->factor[i + 1]);
        now = next;
    }
    return now;
}
