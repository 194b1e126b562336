/* The table of element-wise operators: one line each, which evaluation, every printer, the emitter and the
 * differentiator follow.
 *
 * In the C text $0 $1 $2 are the operands (plain names or literals: they may be evaluated twice), @ stands
 * for the suffix of a libm function (nothing, or f) and {1} for a number that the emitter writes as a literal
 * of the real type. What stands behind a | is the text in float, where functions of our own make vectors.
 * Texts of operators with a precedence of 1 or 0 are closed: they can be operands as they
 * stand. The value functions compute exactly what the C text does in double, so that the interpreter and
 * emitted code agree; a power whose exponent is the number 2 is a product in both. A NaN goes through relu
 * and clip: it must not be hidden. */
#include "expr/expr.h"
#include "expr/partials.h"
#include <assert.h>
#include <math.h>

/* One multiplication after a fold of the high bits onto the low ones: enough for units in a row to look
 * independent. 24 bits, which a float holds exactly. */
static double hash_of(double a, double b) {
    const uint32_t mixed =
        (uint32_t)(int32_t)a * 2654435769u + (uint32_t)(int32_t)b * 2246822519u + 1831565813u;
    return (double)(((mixed ^ (mixed >> 15)) * 2869860233u) >> 8) / 16777216;
}
#define HASH_MIX "((unsigned)(int)($0) * 2654435769u + (unsigned)(int)($1) * 2246822519u + 1831565813u)"

#define VALUE(name, formula)                                                                                 \
    static double value_##name(const double *o) { return formula; }

VALUE(neg, -o[0])
VALUE(add, o[0] + o[1])
VALUE(sub, o[0] - o[1])
VALUE(mul, o[0] * o[1])
VALUE(div, o[0] / o[1])
VALUE(pow, o[1] == 2 ? o[0] * o[0] : pow(o[0], o[1]))
VALUE(exp, exp(o[0]))
VALUE(log, log(o[0]))
VALUE(sqrt, sqrt(o[0]))
VALUE(sigmoid, 1 / (1 + exp(-o[0])))
VALUE(tanh, tanh(o[0]))
VALUE(relu, o[0] <= 0 ? 0 : o[0])
VALUE(softplus, (o[0] > 0 ? o[0] : 0) + log1p(exp(-fabs(o[0]))))
VALUE(gelu, 0.5 * o[0] * (1 + erf(o[0] * 0.70710678118654752)))
VALUE(silu, o[0] / (1 + exp(-o[0])))
VALUE(erf, erf(o[0]))
VALUE(sin, sin(o[0]))
VALUE(cos, cos(o[0]))
VALUE(abs, fabs(o[0]))
VALUE(sign, o[0] > 0 ? 1 : o[0] < 0 ? -1 : 0)
VALUE(step, o[0] >= 0 ? 1 : 0)
VALUE(max, o[0] >= o[1] ? o[0] : o[1])
VALUE(min, o[0] <= o[1] ? o[0] : o[1])
VALUE(clip, o[0] <= o[1] ? o[1] : o[0] >= o[2] ? o[2] : o[0])
VALUE(where, o[0] != 0 ? o[1] : o[2])
VALUE(less, o[0] < o[1])
VALUE(less_equal, o[0] <= o[1])
VALUE(greater, o[0] > o[1])
VALUE(greater_equal, o[0] >= o[1])
VALUE(equal, o[0] == o[1])
VALUE(not_equal, o[0] != o[1])
VALUE(hash, hash_of(o[0], o[1]))
VALUE(stop, o[0])

/* clang-format off */
#define LINE(id, name, arity, infix, precedence, c, latex, note, partial) \
    [EXPR_##id] = {#name, arity, infix, precedence, c, latex, note, value_##name, partial_##partial}

static const Operator table[] = {
    LINE(NEG,           neg,           1, NULL,   2, "-($0)",       "-#0",            "-1", neg),
    LINE(ADD,           add,           2, " + ",  2, "$0 + $1",     "#0 + #1",        "1, 1", add),
    LINE(SUB,           sub,           2, " - ",  2, "$0 - $1",     "#0 - #1",        "1, -1", sub),
    LINE(MUL,           mul,           2, " * ",  3, "$0 * $1",     "#0 \\odot #1",   "b, a", mul),
    LINE(DIV,           div,           2, " / ",  3, "$0 / $1",     "\\frac{#0}{#1}", "1 / b, -y / b", div),
    LINE(POW,           pow,           2, "^",    5, "pow@($0, $1)", "{#0}^{#1}",     "b * a^(b - 1), y * log(a), which is 0 at a = 0", pow),
    LINE(EXP,           exp,           1, NULL,   0, "exp($0)|kernel_exp($0)", "\\exp(#0)",      "y", exp),
    LINE(LOG,           log,           1, NULL,   0, "log@($0)",    "\\log(#0)",      "1 / u", log),
    LINE(SQRT,          sqrt,          1, NULL,   0, "sqrt@($0)",   "\\sqrt{#0}",     "0.5 / y", sqrt),
    LINE(SIGMOID,       sigmoid,       1, NULL,   0, "({1} / ({1} + exp(-($0))))|kernel_sigmoid($0)", "\\sigma(#0)", "y * (1 - y)", sigmoid),
    LINE(TANH,          tanh,          1, NULL,   0, "tanh($0)|kernel_tanh($0)", "\\tanh(#0)",     "1 - y^2", tanh),
    LINE(RELU,          relu,          1, NULL,   0, "($0 <= {0} ? {0} : $0)", "\\operatorname{relu}(#0)", "1 where u > 0, else 0: 0 at u = 0", relu),
    LINE(SOFTPLUS,      softplus,      1, NULL,   0, "(($0 > {0} ? $0 : {0}) + log1p(exp(-fabs($0))))|(($0 > {0} ? $0 : {0}) + log1pf(kernel_exp(-fabsf($0))))", "\\operatorname{softplus}(#0)", "sigmoid(u)", softplus),
    LINE(GELU,          gelu,          1, NULL,   0, "({0.5} * ($0) * ({1} + erf@(($0) * {0.70710678118654752})))", "\\operatorname{gelu}(#0)", "the exact form, u * P(u) with the normal distribution function P: P(u) + u * P'(u)", gelu),
    LINE(SILU,          silu,          1, NULL,   0, "(($0) / ({1} + exp(-($0))))|($0 * kernel_sigmoid($0))", "\\operatorname{silu}(#0)", "s + y * (1 - s) with s = sigmoid(u)", silu),
    LINE(ERF,           erf,           1, NULL,   0, "erf@($0)",    "\\operatorname{erf}(#0)", "2 / sqrt(pi) * exp(-u^2)", erf),
    LINE(SIN,           sin,           1, NULL,   0, "sin@($0)",    "\\sin(#0)",      "cos(u)", sin),
    LINE(COS,           cos,           1, NULL,   0, "cos@($0)",    "\\cos(#0)",      "-sin(u)", cos),
    LINE(ABS,           abs,           1, NULL,   0, "fabs@($0)",   "\\left|#0\\right|", "sign(u): 0 at u = 0", abs),
    LINE(SIGN,          sign,          1, NULL,   0, "($0 > {0} ? {1} : $0 < {0} ? -{1} : {0})", "\\operatorname{sign}(#0)", "0; sign(0) = 0", zero),
    LINE(STEP,          step,          1, NULL,   0, "($0 >= {0} ? {1} : {0})", "\\Theta(#0)", "0; step(0) = 1", zero),
    LINE(MAX,           max,           2, NULL,   0, "($0 >= $1 ? $0 : $1)", "\\max(#0, #1)", "1 for the larger operand; on a tie for the first", max),
    LINE(MIN,           min,           2, NULL,   0, "($0 <= $1 ? $0 : $1)", "\\min(#0, #1)", "1 for the smaller operand; on a tie for the first", min),
    LINE(CLIP,          clip,          3, NULL,   0, "($0 <= $1 ? $1 : $0 >= $2 ? $2 : $0)", "\\operatorname{clip}(#0, #1, #2)", "1 where low < u < high; at u <= low and u >= high 1 for that end", clip),
    LINE(WHERE,         where,         3, NULL,   0, "($0 != {0} ? $1 : $2)", "\\begin{cases} #1 & #0 \\\\ #2 & \\text{otherwise} \\end{cases}", "of the branch taken; 0 for the condition", where),
    LINE(LESS,          less,          2, " < ",  1, "($0 < $1 ? {1} : {0})",  "#0 < #1",    "0", zero),
    LINE(LESS_EQUAL,    less_equal,    2, " <= ", 1, "($0 <= $1 ? {1} : {0})", "#0 \\le #1", "0", zero),
    LINE(GREATER,       greater,       2, " > ",  1, "($0 > $1 ? {1} : {0})",  "#0 > #1",    "0", zero),
    LINE(GREATER_EQUAL, greater_equal, 2, " >= ", 1, "($0 >= $1 ? {1} : {0})", "#0 \\ge #1", "0", zero),
    LINE(EQUAL,         equal,         2, " == ", 1, "($0 == $1 ? {1} : {0})", "#0 = #1",    "0", zero),
    LINE(NOT_EQUAL,     not_equal,     2, " != ", 1, "($0 != $1 ? {1} : {0})", "#0 \\ne #1", "0", zero),
    LINE(HASH,          hash,          2, NULL,   0, "((real)(int)((("HASH_MIX" ^ ("HASH_MIX" >> 15)) * 2869860233u) >> 8) * {0.000000059604644775390625})", "\\operatorname{hash}(#0, #1)", "0; of two whole numbers a number from 0 up to 1 that looks random", zero),
    LINE(STOP,          stop,          1, NULL,   0, "$0",          "\\operatorname{stop}(#0)", "0: nothing passes", zero),
};
/* clang-format on */

const Operator *expr_operator(ExprOp op) {
    assert(op < EXPR_FUNCTION);
    return &table[op];
}

double expr_operator_value(ExprOp op, const double *operand) { return expr_operator(op)->value(operand); }
