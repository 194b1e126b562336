/* An expression of a rule, over a finished model: the names of one layer, then the network's, then the rule's
 * own numbers.
 *
 * requires  a built model: everything it reads has a range and a value
 * What stands here weighs a path; it is never differentiated. */
#include "model/model.h"

#include <string.h>

typedef struct Reading {
    Model *model;
    int layer;
    const ModelNumber *numbers;
    int number_count;
    Diagnostics *diagnostics;
} Reading;

static const Expr *read(Reading *r, const AstExpr *e);

/* ---- names ---- */

static bool answers(const Reading *r, AstName name, const char *label, int layer, bool network) {
    const char *dot = strchr(label, '.');
    if (name.layer) {
        const size_t length = strlen(name.layer);
        return strncmp(label, name.layer, length) == 0 && label[length] == '.' &&
               strcmp(label + length + 1, name.name) == 0;
    }
    return layer == (network ? -1 : r->layer) && strcmp(dot ? dot + 1 : label, name.name) == 0;
}

static const Expr *find_variable(Reading *r, const AstExpr *e, bool network) {
    const Model *m = r->model;
    for (int i = 0; i < m->roots.count; i++) {
        Var *var = m->roots.at[i];
        if (!answers(r, e->name, var->label, var->layer, network) || var == m->loss) continue;
        if (e->lag > var->max_lag) return NULL; /* its past isn't kept that long */
        return expr_use(m->exprs, var, e->lag, 0);
    }
    for (int i = 0; i < m->params.count && !e->lag; i++)
        if (!m->params.at[i]->cols &&
            answers(r, e->name, m->params.at[i]->label, m->params.at[i]->layer, network))
            return expr_use(m->exprs, m->params.at[i], 0, 0);
    return NULL;
}

static const Expr *find_value(Reading *r, const AstExpr *e, bool network) {
    const Model *m = r->model;
    if (e->lag) return NULL;
    for (int i = 0; i < m->locals.count; i++)
        if (answers(r, e->name, m->locals.at[i].label, m->locals.at[i].layer, network))
            return m->locals.at[i].value;
    for (int i = 0; i < m->constants.count; i++)
        if (answers(r, e->name, m->constants.at[i].label, m->constants.at[i].layer, network))
            return m->constants.at[i].value;
    for (int i = 0; i < m->populations.count; i++)
        if (answers(r, e->name, m->populations.at[i].label, m->populations.at[i].layer, network))
            return m->populations.at[i].value;
    return NULL;
}

static const Expr *read_name(Reading *r, const AstExpr *e) {
    for (int i = 0; i < r->number_count && !e->name.layer && !e->lag; i++)
        if (strcmp(r->numbers[i].name, e->name.name) == 0)
            return expr_constant(r->model->exprs, r->numbers[i].value);
    for (int network = 0; network < 2; network++) {
        const Expr *found = find_variable(r, e, network);
        if (!found) found = find_value(r, e, network);
        if (found) return found;
    }
    Diagnostic *one = diagnose(r->diagnostics, e->span, "E0534", "there is no `%s%s%s` to weigh an edge with",
                               e->name.layer ? e->name.layer : "", e->name.layer ? "." : "", e->name.name);
    diagnostic_help(r->diagnostics, one,
                    "the rule's parameters, and the layer's states, vectors of parameters, constants and "
                    "named equations may stand here, at a lag that the model keeps");
    return NULL;
}

/* ---- operators ---- */

static bool fitting(Reading *r, Span span, int count, const Expr *const *operand) {
    const Dim *dim = NULL;
    for (int i = 0; i < count; i++) {
        if (!operand[i]) return false;
        if (!operand[i]->dim) continue;
        if (dim && !dim_equal(dim, operand[i]->dim)) {
            diagnose(r->diagnostics, span, "E0535", "these are over different units: %s and %s", dim->name,
                     operand[i]->dim->name);
            return false;
        }
        dim = operand[i]->dim;
    }
    return true;
}

static const Expr *read_binary(Reading *r, const AstExpr *e) {
    static const struct {
        char sign;
        ExprOp op;
    } table[] = {{'+', EXPR_ADD}, {'-', EXPR_SUB}, {'*', EXPR_MUL}, {'/', EXPR_DIV}, {'^', EXPR_POW}};
    const Expr *operand[2] = {read(r, e->arguments.at[0]), read(r, e->arguments.at[1])};
    if (!fitting(r, e->op_span, 2, operand)) return NULL;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].sign == e->op[0] && !e->op[1])
            return expr_apply(r->model->exprs, table[i].op, operand[0], operand[1], NULL);
    diagnose(r->diagnostics, e->op_span, "E0536", "`%s` has no place in a weight", e->op);
    return NULL;
}

/* sum and mean over units, or an operator by its name. */
static const Expr *read_call(Reading *r, const AstExpr *e) {
    Exprs *exprs = r->model->exprs;
    const Expr *operand[3] = {NULL, NULL, NULL};
    const int count = e->arguments.count;
    for (int i = 0; i < count && i < 3; i++) operand[i] = read(r, e->arguments.at[i]);
    if (count < 1 || count > 3 || !fitting(r, e->span, count, operand)) return NULL;
    const bool mean = strcmp(e->name.name, "mean") == 0;
    if (count == 1 && (mean || strcmp(e->name.name, "sum") == 0)) {
        if (!operand[0]->dim) return operand[0];
        const Expr *sum = expr_sum(exprs, operand[0]);
        return mean ? expr_div(exprs, sum, expr_size(exprs, operand[0]->dim)) : sum;
    }
    for (int op = 0; op < EXPR_FUNCTION; op++) {
        const Operator *known = expr_operator((ExprOp)op);
        if (known->arity == count && strcmp(known->name, e->name.name) == 0)
            return expr_apply(exprs, (ExprOp)op, operand[0], operand[1], operand[2]);
    }
    diagnose(r->diagnostics, e->name.span, "E0536", "`%s` has no place in a weight", e->name.name);
    return NULL;
}

static const Expr *read(Reading *r, const AstExpr *e) {
    const Expr *operand;
    switch (e->kind) {
    case AST_NUMBER: return expr_constant(r->model->exprs, e->number);
    case AST_NAME: return read_name(r, e);
    case AST_UNARY:
        operand = read(r, e->arguments.at[0]);
        return operand ? expr_neg(r->model->exprs, operand) : NULL;
    case AST_BINARY: return read_binary(r, e);
    case AST_CALL: return read_call(r, e);
    }
    return NULL;
}

const Expr *model_expression(Model *model, int layer, const AstExpr *e, const ModelNumber *numbers, int count,
                             Diagnostics *diagnostics) {
    Reading reading = {model, layer, numbers, count, diagnostics};
    return read(&reading, e);
}
