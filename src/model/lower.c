/* Expressions of the text become expressions of the DAG: operators, products, names, calls.
 *
 * requires  variables are made, sizes bound
 * An operand that failed was reported where it failed; what contains it fails silently. */
#include "model/build.h"
#include <string.h>

bool find_infix(const char *sign, ExprOp *op) {
    static const struct {
        const char *sign;
        ExprOp op;
    } table[] = {
        {"+", EXPR_ADD},        {"-", EXPR_SUB},
        {"*", EXPR_MUL},        {"/", EXPR_DIV},
        {"^", EXPR_POW},        {"<", EXPR_LESS},
        {">", EXPR_GREATER},    {"<=", EXPR_LESS_EQUAL},
        {"==", EXPR_EQUAL},     {">=", EXPR_GREATER_EQUAL},
        {"!=", EXPR_NOT_EQUAL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].sign, sign) == 0) {
            *op = table[i].op;
            return true;
        }
    return false;
}

/* ---- matrix @ vector ---- */

static void report_no_matrix(Builder *b, const AstExpr *left, const Entry *entry) {
    Diagnostic *one = report(b, left->span, "E0303", "left of `@` stands a matrix parameter, by its name");
    if (entry && entry->kind == ENTRY_PARAM && entry->var && !entry->var->cols) {
        diagnostic_label(b->diagnostics, one, entry->span, "`%s` is %s", entry->name,
                         shape_text(b, entry->var->rows, NULL));
        diagnostic_help(b->diagnostics, one, "element by element it is `%s * …`", entry->name);
    } else if (entry) {
        diagnostic_label(b->diagnostics, one, entry->span, "`%s` is %s", entry->name,
                         entry_kind_text(entry->kind));
    }
}

/* NULL after a report. */
static Var *product_matrix(Lowering *at, const AstExpr *left) {
    const bool named = left->kind == AST_NAME && !left->name.layer && !at->function;
    Entry *entry = named ? scope_find(at->scope, left->name.name) : NULL;
    if (named && !entry) {
        use_name(at, left); /* reports it as unknown */
        return NULL;
    }
    if (!entry || !entry->var || !entry->var->cols) {
        report_no_matrix(at->builder, left, entry);
        return NULL;
    }
    entry->used = true;
    if (left->lag == 0) return entry->var;
    use_entry(at, left, entry); /* reports the lag */
    return NULL;
}

static Value lower_product(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    const AstExpr *left = e->arguments.at[0], *right = e->arguments.at[1];
    Var *matrix = product_matrix(at, left);
    const Value vector = lower(at, right);
    if (!matrix || !vector.expr) return (Value){0};
    if (!dim_equal(matrix->cols, vector.dim)) {
        const char *shape = shape_text(b, matrix->rows, matrix->cols),
                   *range = shape_text(b, vector.dim, NULL);
        Diagnostic *one = report(b, e->op_span, "E0302", "a matrix %s can't take %s", shape, range);
        diagnostic_label(b->diagnostics, one, left->span, "%s", shape);
        diagnostic_label(b->diagnostics, one, right->span, "%s", range);
        return (Value){0};
    }
    if (!vector.expr->dim && !expr_is_const(vector.expr, 0)) {
        report(b, right->span, "E0314",
               "this is the same number for every unit: `@` takes a vector that varies");
        return (Value){0};
    }
    if (!matrix->cols->name) matrix->cols = vector.dim; /* a number in V[10,32] is what V is applied to */
    return (Value){expr_matvec(b->model->exprs, matrix, vector.expr, false), matrix->rows, vector.depth + 1};
}

/* ---- operators ---- */

static Value lower_infix(Lowering *at, const AstExpr *e, ExprOp op) {
    const Value operand[2] = {lower(at, e->arguments.at[0]), lower(at, e->arguments.at[1])};
    const AstExpr *const where[2] = {e->arguments.at[0], e->arguments.at[1]};
    const Dim *dim;
    if (!common_range(at->builder, e->op_span, 2, operand, where, &dim)) return (Value){0};
    return value_apply(at->builder, op, operand);
}

Value lower(Lowering *at, const AstExpr *e) {
    ExprOp op;
    Value operand;
    switch (e->kind) {
    case AST_NUMBER: return value_number(at->builder, e->number);
    case AST_NAME: return use_name(at, e);
    case AST_UNARY:
        operand = lower(at, e->arguments.at[0]);
        return value_apply(at->builder, EXPR_NEG, &operand);
    case AST_BINARY:
        if (find_infix(e->op, &op)) return lower_infix(at, e, op);
        return lower_product(at, e);
    case AST_CALL: return lower_call(at, e);
    }
    return (Value){0};
}
