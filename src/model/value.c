/* Values: expressions that know their range even where simplification has left only a number.
 *
 * `0 * h` is the constant 0 and yet as long as h; its sum, its softmax and the state that it is assigned to
 * must not forget that. Everything that builds an expression in the model goes through here. */
#include "model/build.h"

Value value_of(const Expr *expr) { return (Value){expr, expr->dim, 1}; }

Value value_number(Builder *b, double number) { return value_of(expr_constant(b->model->exprs, number)); }

Value value_spread(Builder *b, Value value, const Dim *dim) {
    if (!value.expr) return value;
    if (dim && !value.expr->dim) value.expr = expr_broadcast(b->model->exprs, value.expr, dim);
    if (dim) value.dim = dim;
    return value;
}

Value value_apply(Builder *b, ExprOp op, const Value *operand) {
    const Expr *kid[3] = {0};
    Value result = {.depth = 1};
    for (int i = 0; i < expr_operator(op)->arity; i++) {
        if (!operand[i].expr) return (Value){0};
        kid[i] = operand[i].expr;
        if (!result.dim) result.dim = operand[i].dim;
        if (operand[i].depth >= result.depth) result.depth = operand[i].depth + 1;
    }
    result.expr = expr_apply(b->model->exprs, op, kid[0], kid[1], kid[2]);
    return value_spread(b, result, result.dim);
}

Value value_binary(Builder *b, ExprOp op, Value left, Value right) {
    const Value operand[2] = {left, right};
    return value_apply(b, op, operand);
}

static Value size_of(Builder *b, const Dim *dim) { return value_of(expr_size(b->model->exprs, dim)); }

Value value_sum(Builder *b, Value v) {
    if (!v.expr->dim) return value_binary(b, EXPR_MUL, (Value){v.expr, NULL, v.depth}, size_of(b, v.dim));
    return (Value){expr_sum(b->model->exprs, v.expr), NULL, v.depth + 1};
}

Value value_mean(Builder *b, Value v) {
    if (!v.expr->dim) return (Value){v.expr, NULL, v.depth};
    return value_binary(b, EXPR_DIV, value_sum(b, v), size_of(b, v.expr->dim));
}

Value value_softmax(Builder *b, Value v) {
    if (v.expr->dim) return (Value){expr_softmax(b->model->exprs, v.expr), v.dim, v.depth + 1};
    Value each = value_binary(b, EXPR_DIV, value_number(b, 1), size_of(b, v.dim));
    each.dim = v.dim;
    return each;
}

Value value_logsumexp(Builder *b, Value v) {
    if (v.expr->dim) return (Value){expr_logsumexp(b->model->exprs, v.expr), NULL, v.depth + 1};
    const Value size = size_of(b, v.dim);
    return value_binary(b, EXPR_ADD, (Value){v.expr, NULL, v.depth}, value_apply(b, EXPR_LOG, &size));
}

bool common_range(Builder *b, Span span, int count, const Value *operand, const AstExpr *const *where,
                  const Dim **dim) {
    int first = -1;
    *dim = NULL;
    for (int i = 0; i < count; i++) {
        if (!operand[i].expr) return false;
        if (!operand[i].dim) continue;
        if (first < 0) {
            first = i;
            *dim = operand[i].dim;
        } else if (!dim_equal(*dim, operand[i].dim)) {
            const char *left = shape_text(b, *dim, NULL), *right = shape_text(b, operand[i].dim, NULL);
            Diagnostic *one = report(b, span, "E0301", "shapes %s and %s do not go together", left, right);
            diagnostic_label(b->diagnostics, one, where[first]->span, "%s", left);
            diagnostic_label(b->diagnostics, one, where[i]->span, "%s", right);
            return false;
        }
    }
    return true;
}
