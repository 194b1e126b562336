/* The constructors: each brings its operands to one unit range, simplifies, and interns what is left.
 *
 * A scalar that varies meets a vector only through an EXPR_BROADCAST, so that everything between stations has
 * one range and the sum over units, which a derivative through a scalar needs, stays visible in the graph.
 * Constants and sizes have no derivative and need no such node. */
#include "expr/expr.h"
#include "expr/intern.h"
#include "expr/simplify.h"
#include <assert.h>
#include <math.h>

bool dim_equal(const Dim *a, const Dim *b) {
    if (a == b) return true;
    return a && b && a->value > 0 && a->value == b->value;
}

long dim_size(const Dim *dim) { return dim ? dim->value : 1; }

/* The little that is added makes 0.35 of 10, which is 3.4999… in binary, four units. */
long dim_share(const Dim *dim, double fraction) {
    return (long)floor(fraction * (double)dim_size(dim) + 0.5 + 1e-9);
}

bool expr_is_const(const Expr *e, double value) { return expr_is_number(e) && e->value == value; }

bool expr_is_elementwise(const Expr *e) { return e->op <= EXPR_FUNCTION; }

bool expr_is_leaf(const Expr *e) { return e->op >= EXPR_CONST && e->op <= EXPR_USE; }

bool expr_is_station(const Expr *e) { return e->op >= EXPR_MATVEC; }

/* ---- leaves ---- */

const Expr *expr_constant(Exprs *exprs, double value) {
    /* no negative zero: it would be a second node for the same number */
    const Expr key = {.op = EXPR_CONST, .value = value == 0 ? 0 : value};
    return expr_intern(exprs, &key);
}

/* Finds with the caller's string and copies it only for a new node. */
static const Expr *intern_named(Exprs *exprs, Expr *key) {
    const Expr *found = expr_find(exprs, key);
    if (found) return found;
    key->name = arena_string(exprs_arena(exprs), key->name);
    return expr_intern(exprs, key);
}

const Expr *expr_named_const(Exprs *exprs, const char *name, double value) {
    Expr key = {.op = EXPR_CONST, .value = value == 0 ? 0 : value, .name = name};
    return intern_named(exprs, &key);
}

const Expr *expr_size(Exprs *exprs, const Dim *of) {
    const Expr key = {.op = EXPR_SIZE, .of = of};
    return of ? expr_intern(exprs, &key) : expr_constant(exprs, 1);
}

const Expr *expr_share(Exprs *exprs, const Dim *of, double fraction) {
    const Expr key = {.op = EXPR_SIZE, .of = of, .value = fraction};
    return expr_intern(exprs, &key);
}

long expr_size_value(const Expr *size) {
    return size->value > 0 ? dim_share(size->of, size->value) : dim_size(size->of);
}

const Expr *expr_unit(Exprs *exprs, const Dim *dim) {
    const Expr key = {.op = EXPR_UNIT, .dim = dim};
    return expr_intern(exprs, &key);
}

const Expr *expr_use(Exprs *exprs, const Var *var, int lag, uint64_t tags) {
    assert(!var->cols && "a matrix is used by a product only");
    const Expr key = {.op = EXPR_USE, .dim = var->rows, .var = var, .lag = lag, .tags = tags};
    return expr_intern(exprs, &key);
}

/* ---- element-wise operators ---- */

/* The range that these operands have together: the first vector's. */
static const Dim *common_dim(const Dim *dim, int count, const Expr *const *operand) {
    for (int i = 0; i < count; i++) {
        if (!operand[i]->dim) continue;
        assert(!dim || dim_equal(dim, operand[i]->dim));
        if (!dim) dim = operand[i]->dim;
    }
    return dim;
}

static const Expr *spread(Exprs *exprs, const Expr *e, const Dim *dim) {
    return dim && !e->dim ? expr_broadcast(exprs, e, dim) : e;
}

/* a + b and b + a are one node: the one that was made first. */
static const Expr *find_swapped(Exprs *exprs, const Expr *key) {
    if (key->op != EXPR_ADD && key->op != EXPR_MUL) return NULL;
    Expr swapped = *key;
    swapped.kid[0] = key->kid[1];
    swapped.kid[1] = key->kid[0];
    if (swapped.kid[0]->dim) swapped.dim = swapped.kid[0]->dim; /* another object of the same length */
    return expr_find(exprs, &swapped);
}

const Expr *expr_apply(Exprs *exprs, ExprOp op, const Expr *a, const Expr *b, const Expr *c) {
    assert(op < EXPR_FUNCTION);
    Expr key = {.op = op, .kids = expr_operator(op)->arity, .kid = {a, b, c}};
    key.dim = common_dim(NULL, key.kids, key.kid);
    for (int i = 0; i < 3; i++) key.kid[i] = i < key.kids ? spread(exprs, key.kid[i], key.dim) : NULL;
    const Expr *simpler = expr_simplify(exprs, op, key.kid);
    if (simpler) return simpler;
    const Expr *swapped = find_swapped(exprs, &key);
    return swapped ? swapped : expr_intern(exprs, &key);
}

const Expr *expr_neg(Exprs *exprs, const Expr *a) { return expr_apply(exprs, EXPR_NEG, a, NULL, NULL); }

const Expr *expr_add(Exprs *exprs, const Expr *a, const Expr *b) {
    return expr_apply(exprs, EXPR_ADD, a, b, NULL);
}

const Expr *expr_sub(Exprs *exprs, const Expr *a, const Expr *b) {
    return expr_apply(exprs, EXPR_SUB, a, b, NULL);
}

const Expr *expr_mul(Exprs *exprs, const Expr *a, const Expr *b) {
    return expr_apply(exprs, EXPR_MUL, a, b, NULL);
}

const Expr *expr_div(Exprs *exprs, const Expr *a, const Expr *b) {
    return expr_apply(exprs, EXPR_DIV, a, b, NULL);
}

static const Expr **spread_all(Exprs *exprs, int count, const Expr *const *from, const Dim *dim) {
    const Expr **to = arena_alloc(exprs_arena(exprs), (size_t)count * sizeof *to);
    for (int i = 0; i < count; i++) to[i] = spread(exprs, from[i], dim);
    return to;
}

const Expr *expr_function(Exprs *exprs, const char *name, const Expr *value, int arguments,
                          const Expr *const *argument, const Expr *const *partial) {
    const Dim *dim = common_dim(value->dim, arguments, argument);
    dim = common_dim(dim, arguments, partial);
    Expr key = {.op = EXPR_FUNCTION, .dim = dim, .name = name, .kids = 1, .arguments = arguments};
    key.kid[0] = spread(exprs, value, dim);
    key.argument = spread_all(exprs, arguments, argument, dim);
    key.partial = spread_all(exprs, arguments, partial, dim);
    return intern_named(exprs, &key);
}

/* ---- stations ---- */

const Expr *expr_matvec(Exprs *exprs, const Var *matrix, const Expr *vector, bool transposed) {
    assert(matrix->cols);
    const Dim *over = transposed ? matrix->cols : matrix->rows;
    if (expr_is_const(vector, 0)) return vector;
    assert(!vector->dim || dim_equal(vector->dim, transposed ? matrix->rows : matrix->cols));
    const ExprOp op = transposed ? EXPR_MATVEC_T : EXPR_MATVEC;
    const Expr key = {.op = op, .dim = over, .var = matrix, .kids = 1, .kid = {vector}};
    return expr_intern(exprs, &key);
}

static const Expr *reduction(Exprs *exprs, ExprOp op, const Dim *dim, const Expr *vector) {
    assert(vector->dim && "a reduction needs a range");
    const Expr key = {.op = op, .dim = dim, .kids = 1, .kid = {vector}};
    return expr_intern(exprs, &key);
}

const Expr *expr_sum(Exprs *exprs, const Expr *vector) {
    return expr_is_const(vector, 0) ? vector : reduction(exprs, EXPR_SUM, NULL, vector);
}

const Expr *expr_softmax(Exprs *exprs, const Expr *vector) {
    return reduction(exprs, EXPR_SOFTMAX, vector->dim, vector);
}

const Expr *expr_logsumexp(Exprs *exprs, const Expr *vector) {
    return reduction(exprs, EXPR_LOGSUMEXP, NULL, vector);
}

const Expr *expr_broadcast(Exprs *exprs, const Expr *scalar, const Dim *dim) {
    assert(!scalar->dim);
    if (!dim || scalar->op == EXPR_CONST || scalar->op == EXPR_SIZE) return scalar;
    if (scalar->op == EXPR_NEG) /* the minus stays where sums and products see it */
        return expr_neg(exprs, expr_broadcast(exprs, scalar->kid[0], dim));
    const Expr key = {.op = EXPR_BROADCAST, .dim = dim, .kids = 1, .kid = {scalar}};
    return expr_intern(exprs, &key);
}

/* ---- rewriting ---- */

const Expr *expr_with_kids(Exprs *exprs, const Expr *node, const Expr *const *kid) {
    switch (node->op) {
    case EXPR_CONST:
    case EXPR_SIZE:
    case EXPR_UNIT:
    case EXPR_USE: return node;
    case EXPR_FUNCTION:
        return expr_function(exprs, node->name, kid[0], node->arguments, node->argument, node->partial);
    case EXPR_MATVEC:
    case EXPR_MATVEC_T: return expr_matvec(exprs, node->var, kid[0], node->op == EXPR_MATVEC_T);
    case EXPR_SUM: return expr_sum(exprs, kid[0]);
    case EXPR_BROADCAST: return kid[0]->dim ? kid[0] : expr_broadcast(exprs, kid[0], node->dim);
    case EXPR_SOFTMAX: return expr_softmax(exprs, kid[0]);
    case EXPR_LOGSUMEXP: return expr_logsumexp(exprs, kid[0]);
    default:
        return expr_apply(exprs, node->op, kid[0], node->kids > 1 ? kid[1] : NULL,
                          node->kids > 2 ? kid[2] : NULL);
    }
}
