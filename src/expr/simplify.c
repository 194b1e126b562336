/* Simplification at construction: a few local rules, one function for each operator that has any.
 *
 * Derivatives by the chain rule are full of ones, zeros and signs; taking them away where a node is made
 * keeps every later pass free of them. The rules hold for finite numbers and change no rounding, except that
 * factors which are numbers are multiplied together. A named constant is left alone: formulas show it and
 * --set changes it. Written order is kept unless folding needs another. */
#include "expr/simplify.h"
#include <math.h>

bool expr_is_number(const Expr *e) { return e->op == EXPR_CONST && !e->name; }

static const Expr *fold(Exprs *exprs, ExprOp op, const Expr *const kid[3]) {
    double operand[3] = {0};
    for (int i = 0; i < expr_operator(op)->arity; i++) {
        if (!expr_is_number(kid[i])) return NULL;
        operand[i] = kid[i]->value;
    }
    const double value = expr_operator_value(op, operand);
    return isfinite(value) ? expr_constant(exprs, value) : NULL;
}

/* k * x with a number k. */
static bool is_scaled(const Expr *e) { return e->op == EXPR_MUL && expr_is_number(e->kid[0]); }

static bool is_negative_scaled(const Expr *e) { return is_scaled(e) && e->kid[0]->value < 0; }

static bool is_negative_number(const Expr *e) { return expr_is_number(e) && e->value < 0; }

static const Expr *times(Exprs *exprs, double factor, const Expr *e) {
    return expr_mul(exprs, expr_constant(exprs, factor), e);
}

static const Expr *flip_scale(Exprs *exprs, const Expr *e) {
    return times(exprs, -e->kid[0]->value, e->kid[1]);
}

static const Expr *simplify_neg(Exprs *exprs, const Expr *a) {
    if (a->op == EXPR_NEG) return a->kid[0];
    if (a->op == EXPR_SUB) return expr_sub(exprs, a->kid[1], a->kid[0]);
    if (is_scaled(a)) return flip_scale(exprs, a);
    return NULL;
}

static const Expr *simplify_add(Exprs *exprs, const Expr *a, const Expr *b) {
    if (expr_is_const(a, 0)) return b;
    if (expr_is_const(b, 0)) return a;
    if (b->op == EXPR_NEG) return expr_sub(exprs, a, b->kid[0]);
    if (a->op == EXPR_NEG) return expr_sub(exprs, b, a->kid[0]);
    if (is_negative_number(b)) return expr_sub(exprs, a, expr_constant(exprs, -b->value));
    if (is_negative_scaled(b)) return expr_sub(exprs, a, flip_scale(exprs, b));
    return NULL;
}

static const Expr *simplify_sub(Exprs *exprs, const Expr *a, const Expr *b) {
    if (a == b) return expr_constant(exprs, 0);
    if (expr_is_const(b, 0)) return a;
    if (expr_is_const(a, 0)) return expr_neg(exprs, b);
    if (b->op == EXPR_NEG) return expr_add(exprs, a, b->kid[0]);
    if (is_negative_number(b)) return expr_add(exprs, a, expr_constant(exprs, -b->value));
    if (is_negative_scaled(b)) return expr_add(exprs, a, flip_scale(exprs, b));
    return NULL;
}

/* number * (number * x), in any order, is one product. */
static const Expr *fold_factor(Exprs *exprs, const Expr *number, const Expr *e) {
    if (!expr_is_number(number) || e->op != EXPR_MUL) return NULL;
    for (int i = 0; i < 2; i++) {
        if (!expr_is_number(e->kid[i])) continue;
        const double product = number->value * e->kid[i]->value;
        if (isfinite(product)) return times(exprs, product, e->kid[1 - i]);
    }
    return NULL;
}

static const Expr *simplify_mul(Exprs *exprs, const Expr *a, const Expr *b) {
    if (expr_is_const(a, 0) || expr_is_const(b, 0)) return expr_constant(exprs, 0);
    if (expr_is_const(a, 1)) return b;
    if (expr_is_const(b, 1)) return a;
    if (expr_is_const(a, -1)) return expr_neg(exprs, b);
    if (expr_is_const(b, -1)) return expr_neg(exprs, a);
    if (a->op == EXPR_NEG) return expr_neg(exprs, expr_mul(exprs, a->kid[0], b));
    if (b->op == EXPR_NEG) return expr_neg(exprs, expr_mul(exprs, a, b->kid[0]));
    const Expr *folded = fold_factor(exprs, a, b);
    return folded ? folded : fold_factor(exprs, b, a);
}

static const Expr *simplify_div(Exprs *exprs, const Expr *a, const Expr *b) {
    if (expr_is_const(b, 1)) return a;
    if (expr_is_const(b, -1)) return expr_neg(exprs, a);
    if (expr_is_const(a, 0) && !expr_is_const(b, 0)) return a;
    if (a->op == EXPR_NEG) return expr_neg(exprs, expr_div(exprs, a->kid[0], b));
    if (b->op == EXPR_NEG) return expr_neg(exprs, expr_div(exprs, a, b->kid[0]));
    return NULL;
}

static const Expr *simplify_pow(Exprs *exprs, const Expr *a, const Expr *b) {
    if (expr_is_const(b, 1)) return a;
    if (expr_is_const(b, 0)) return expr_constant(exprs, 1);
    return NULL;
}

static const Expr *simplify_where(const Expr *condition, const Expr *a, const Expr *b) {
    if (expr_is_number(condition)) return condition->value != 0 ? a : b;
    return a == b ? a : NULL;
}

static const Expr *simplify_stop(const Expr *a) {
    return a->op == EXPR_CONST || a->op == EXPR_SIZE || a->op == EXPR_STOP ? a : NULL;
}

const Expr *expr_simplify(Exprs *exprs, ExprOp op, const Expr *const kid[3]) {
    const Expr *folded = fold(exprs, op, kid);
    if (folded) return folded;
    switch (op) {
    case EXPR_NEG: return simplify_neg(exprs, kid[0]);
    case EXPR_ADD: return simplify_add(exprs, kid[0], kid[1]);
    case EXPR_SUB: return simplify_sub(exprs, kid[0], kid[1]);
    case EXPR_MUL: return simplify_mul(exprs, kid[0], kid[1]);
    case EXPR_DIV: return simplify_div(exprs, kid[0], kid[1]);
    case EXPR_POW: return simplify_pow(exprs, kid[0], kid[1]);
    case EXPR_WHERE: return simplify_where(kid[0], kid[1], kid[2]);
    case EXPR_STOP: return simplify_stop(kid[0]);
    default: return NULL;
    }
}
