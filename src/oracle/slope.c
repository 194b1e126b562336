/* The table of derivatives on numbers; one case an operator, in the order of the operators' list. */
#include "oracle/slope.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

static double sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }

static double truth(bool condition) { return condition ? 1 : 0; }

static double slope_of_power(double base, double exponent, int i) {
    if (i == 1) return base > 0 ? pow(base, exponent) * log(base) : 0;
    return exponent == 0 ? 0 : exponent * pow(base, exponent - 1);
}

static double slope_of_unary(ExprOp op, double x) {
    switch (op) {
    case EXPR_NEG: return -1;
    case EXPR_EXP: return exp(x);
    case EXPR_LOG: return 1 / x;
    case EXPR_SQRT: return 1 / (2 * sqrt(x));
    case EXPR_SIGMOID: return sigmoid(x) * sigmoid(-x);
    case EXPR_TANH: return 1 / (cosh(x) * cosh(x));
    case EXPR_RELU: return truth(x > 0);
    case EXPR_SOFTPLUS: return sigmoid(x);
    case EXPR_GELU: return 0.5 * (1 + erf(x / sqrt(2.0))) + x * exp(-x * x / 2) / sqrt(2 * pi);
    case EXPR_SILU: return sigmoid(x) + x * sigmoid(x) * sigmoid(-x);
    case EXPR_ERF: return 2 / sqrt(pi) * exp(-x * x);
    case EXPR_SIN: return cos(x);
    case EXPR_COS: return -sin(x);
    case EXPR_ABS: return truth(x > 0) - truth(x < 0);
    default: return 0; /* step, sign, stop */
    }
}

/* clip(u, lo, hi): u between its ends, else the end that holds it. */
static double slope_of_clip(const double *x, int i) {
    if (i == 0) return truth(x[0] > x[1] && x[0] < x[2]);
    return i == 1 ? truth(x[0] <= x[1]) : truth(x[0] >= x[2]);
}

double oracle_slope(ExprOp op, const double *x, int i) {
    switch (op) {
    case EXPR_ADD: return 1;
    case EXPR_SUB: return i == 0 ? 1 : -1;
    case EXPR_MUL: return x[1 - i];
    case EXPR_DIV: return i == 0 ? 1 / x[1] : -x[0] / (x[1] * x[1]);
    case EXPR_POW: return slope_of_power(x[0], x[1], i);
    case EXPR_MAX: return truth((x[0] >= x[1]) == (i == 0));
    case EXPR_MIN: return truth((x[0] <= x[1]) == (i == 0));
    case EXPR_CLIP: return slope_of_clip(x, i);
    case EXPR_WHERE: return i == 0 ? 0 : truth((x[0] != 0) == (i == 1));
    case EXPR_LESS:
    case EXPR_LESS_EQUAL:
    case EXPR_GREATER:
    case EXPR_GREATER_EQUAL:
    case EXPR_EQUAL:
    case EXPR_NOT_EQUAL: return 0;
    default: return slope_of_unary(op, x[0]);
    }
}
