/* Derivatives of the element-wise operators.
 *
 * Where the derivative reads better through the operator's own value (sigmoid, tanh, exp, sqrt) it is written
 * so: that is cheaper too, since the value is there. Each PARTIAL line gives the formula for operands u, v, w
 * of `e`. */
#include "expr/partials.h"

static const double two_over_sqrt_pi = 1.1283791670955126;
static const double one_over_sqrt_two_pi = 0.39894228040143268;
static const double one_over_sqrt_two = 0.70710678118654752;

static const Expr *call(Exprs *x, ExprOp op, const Expr *u) { return expr_apply(x, op, u, NULL, NULL); }

static const Expr *power(Exprs *x, const Expr *base, const Expr *exponent) {
    return expr_apply(x, EXPR_POW, base, exponent, NULL);
}

static const Expr *square(Exprs *x, const Expr *u) { return power(x, u, expr_constant(x, 2)); }

static const Expr *one_minus(Exprs *x, const Expr *u) { return expr_sub(x, expr_constant(x, 1), u); }

static const Expr *scaled(Exprs *x, double factor, const Expr *u) {
    return expr_mul(x, expr_constant(x, factor), u);
}

/* where(a comparison b, yes, no) */
static const Expr *choose(Exprs *x, ExprOp comparison, const Expr *a, const Expr *b, const Expr *yes,
                          const Expr *no) {
    return expr_apply(x, EXPR_WHERE, expr_apply(x, comparison, a, b, NULL), yes, no);
}

/* 1 where the comparison holds, else 0. */
static const Expr *indicator(Exprs *x, ExprOp comparison, const Expr *a, const Expr *b) {
    return choose(x, comparison, a, b, expr_constant(x, 1), expr_constant(x, 0));
}

#define PARTIAL(name, formula)                                                                               \
    const Expr *partial_##name(Exprs *x, const Expr *e, int i) {                                             \
        const Expr *const u = e->kid[0], *const v = e->kid[1];                                               \
        (void)x, (void)i, (void)u, (void)v;                                                                  \
        return formula;                                                                                      \
    }

PARTIAL(zero, expr_constant(x, 0))
PARTIAL(neg, expr_constant(x, -1))
PARTIAL(add, expr_constant(x, 1))
PARTIAL(sub, expr_constant(x, i == 0 ? 1 : -1))
PARTIAL(mul, i == 0 ? v : u)
PARTIAL(div, i == 0 ? expr_div(x, expr_constant(x, 1), v) : expr_neg(x, expr_div(x, e, v)))
PARTIAL(exp, e)
PARTIAL(log, expr_div(x, expr_constant(x, 1), u))
PARTIAL(sqrt, expr_div(x, expr_constant(x, 0.5), e))
PARTIAL(sigmoid, expr_mul(x, e, one_minus(x, e)))
PARTIAL(tanh, one_minus(x, square(x, e)))
PARTIAL(relu, indicator(x, EXPR_GREATER, u, expr_constant(x, 0)))
PARTIAL(softplus, call(x, EXPR_SIGMOID, u))
PARTIAL(erf, scaled(x, two_over_sqrt_pi, call(x, EXPR_EXP, expr_neg(x, square(x, u)))))
PARTIAL(sin, call(x, EXPR_COS, u))
PARTIAL(cos, expr_neg(x, call(x, EXPR_SIN, u)))
PARTIAL(abs, call(x, EXPR_SIGN, u))
/* a tie goes to the first operand */
PARTIAL(max, i == 0 ? indicator(x, EXPR_GREATER_EQUAL, u, v) : indicator(x, EXPR_LESS, u, v))
PARTIAL(min, i == 0 ? indicator(x, EXPR_LESS_EQUAL, u, v) : indicator(x, EXPR_GREATER, u, v))

/* silu(u) = u s with s = sigmoid(u): s + u s (1 - s) */
const Expr *partial_silu(Exprs *x, const Expr *e, int i) {
    (void)i;
    const Expr *s = call(x, EXPR_SIGMOID, e->kid[0]);
    return expr_add(x, s, expr_mul(x, e, one_minus(x, s)));
}

/* gelu(u) = u P(u), P the distribution function of the standard normal: P(u) + u P'(u) */
const Expr *partial_gelu(Exprs *x, const Expr *e, int i) {
    (void)i;
    const Expr *u = e->kid[0];
    const Expr *erf_part = call(x, EXPR_ERF, scaled(x, one_over_sqrt_two, u));
    const Expr *distribution = scaled(x, 0.5, expr_add(x, expr_constant(x, 1), erf_part));
    const Expr *bell = call(x, EXPR_EXP, scaled(x, -0.5, square(x, u)));
    return expr_add(x, distribution, expr_mul(x, scaled(x, one_over_sqrt_two_pi, u), bell));
}

/* By the exponent: u^v log(u), which is 0 in the limit u -> 0 for v > 0. */
const Expr *partial_pow(Exprs *x, const Expr *e, int i) {
    const Expr *u = e->kid[0], *v = e->kid[1], *zero = expr_constant(x, 0);
    if (i == 0) return expr_mul(x, v, power(x, u, expr_sub(x, v, expr_constant(x, 1))));
    const Expr *slope = expr_mul(x, e, call(x, EXPR_LOG, u));
    return choose(x, EXPR_EQUAL, u, zero, zero, slope);
}

/* clip(u, low, high): at an end the end's operand takes the derivative; low wins where the ends are the wrong
 * way round, as it does in the value. */
const Expr *partial_clip(Exprs *x, const Expr *e, int i) {
    const Expr *u = e->kid[0], *low = e->kid[1], *high = e->kid[2], *zero = expr_constant(x, 0);
    if (i == 1) return indicator(x, EXPR_LESS_EQUAL, u, low);
    const Expr *by_high = indicator(x, i == 0 ? EXPR_LESS : EXPR_GREATER_EQUAL, u, high);
    return choose(x, EXPR_GREATER, u, low, by_high, zero);
}

const Expr *partial_where(Exprs *x, const Expr *e, int i) {
    const Expr *condition = e->kid[0], *zero = expr_constant(x, 0), *one = expr_constant(x, 1);
    if (i == 0) return zero;
    return expr_apply(x, EXPR_WHERE, condition, i == 1 ? one : zero, i == 1 ? zero : one);
}
