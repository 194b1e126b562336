/* Derivatives of element-wise regions by reverse accumulation.
 *
 * One sweep from the root down: nodes in descending order of id, which is a topological order, so each node's
 * derivative is complete when it is passed on. The cost is linear in the region, and what two paths share is
 * shared. */
#include "expr/expr.h"
#include <assert.h>
#include <stdlib.h>

int expr_operands(const Expr *e) { return e->op == EXPR_FUNCTION ? e->arguments : e->kids; }

const Expr *expr_operand(const Expr *e, int i) { return e->op == EXPR_FUNCTION ? e->argument[i] : e->kid[i]; }

const Expr *expr_partial(Exprs *exprs, const Expr *e, int i) {
    assert(expr_is_elementwise(e) && i < expr_operands(e));
    return e->op == EXPR_FUNCTION ? e->partial[i] : expr_operator(e->op)->partial(exprs, e, i);
}

typedef struct Sweep {
    Exprs *exprs;
    Arena *arena;
    const Expr **derivative; /* by id; NULL: nothing arrived */
    bool *seen;              /* by id: on the way down */
    unsigned char *varying;  /* by id: 0 not asked, 1 constant, 2 varies */
    VEC(const Expr *) sight; /* in order of first sight */
    VEC(const Expr *) stack;
} Sweep;

/* Does anything below vary? A broadcast of `1 - alpha` over a constant alpha is as constant as alpha is. */
static bool varies(Sweep *sweep, const Expr *e) {
    unsigned char *known = &sweep->varying[e->id];
    if (*known) return *known == 2;
    bool result = e->var != NULL;
    for (int i = 0; i < expr_operands(e) && !result; i++) result = varies(sweep, expr_operand(e, i));
    *known = result ? 2 : 1;
    return result;
}

static bool is_constant(Sweep *sweep, const Expr *e) {
    if (e->op == EXPR_CONST || e->op == EXPR_SIZE || e->op == EXPR_UNIT) return true;
    return e->op == EXPR_BROADCAST && !varies(sweep, e->kid[0]);
}

/* Lists the region's nodes, left to right, depth first. */
static void walk(Sweep *sweep, const Expr *root) {
    vec_push(sweep->arena, &sweep->stack, root);
    while (sweep->stack.count > 0) {
        const Expr *e = sweep->stack.at[--sweep->stack.count];
        if (sweep->seen[e->id]) continue;
        sweep->seen[e->id] = true;
        vec_push(sweep->arena, &sweep->sight, e);
        if (!expr_is_elementwise(e)) continue;
        for (int i = expr_operands(e) - 1; i >= 0; i--)
            vec_push(sweep->arena, &sweep->stack, expr_operand(e, i));
    }
}

static void pass_on(Sweep *sweep, const Expr *e) {
    const Expr *incoming = sweep->derivative[e->id];
    for (int i = 0; i < expr_operands(e); i++) {
        const Expr *operand = expr_operand(e, i);
        if (is_constant(sweep, operand)) continue;
        const Expr *part = expr_mul(sweep->exprs, incoming, expr_partial(sweep->exprs, e, i));
        if (expr_is_const(part, 0)) continue;
        const Expr **sum = &sweep->derivative[operand->id];
        *sum = *sum ? expr_add(sweep->exprs, *sum, part) : part;
    }
}

static int by_descending_id(const void *a, const void *b) {
    const Expr *const *left = a, *const *right = b;
    return ((*left)->id < (*right)->id) - ((*left)->id > (*right)->id);
}

/* The same nodes, parents first. */
static const Expr **topological(const Sweep *sweep) {
    const Expr **order = arena_alloc(sweep->arena, (size_t)sweep->sight.count * sizeof *order);
    for (int i = 0; i < sweep->sight.count; i++) order[i] = sweep->sight.at[i];
    qsort(order, (size_t)sweep->sight.count, sizeof *order, by_descending_id);
    return order;
}

Reaches expr_reach(Exprs *exprs, const Expr *root, Arena *arena) {
    Arena *scratch = arena_new();
    Sweep sweep = {.exprs = exprs, .arena = scratch};
    const size_t ids = (size_t)root->id + 1;
    sweep.derivative = arena_alloc(scratch, ids * sizeof *sweep.derivative);
    sweep.seen = arena_alloc(scratch, ids * sizeof *sweep.seen);
    sweep.varying = arena_alloc(scratch, ids * sizeof *sweep.varying);
    walk(&sweep, root);
    const Expr **order = topological(&sweep);
    sweep.derivative[root->id] = expr_constant(exprs, 1);
    for (int i = 0; i < sweep.sight.count; i++)
        if (expr_is_elementwise(order[i]) && sweep.derivative[order[i]->id]) pass_on(&sweep, order[i]);
    Reaches result = {0};
    for (int i = 0; i < sweep.sight.count; i++) {
        const Expr *node = sweep.sight.at[i], *derivative = sweep.derivative[node->id];
        if (expr_is_elementwise(node) || is_constant(&sweep, node)) continue;
        if (derivative && !expr_is_const(derivative, 0))
            vec_push(arena, &result, ((Reach){node, derivative}));
    }
    arena_free(scratch);
    return result;
}
