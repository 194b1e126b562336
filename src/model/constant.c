/* Constants: numbers from numbers, known before anything is lowered, so that sizes may use them.
 *
 * A constant keeps its name in expressions (formulas show `beta`); what --set says replaces its value
 * wherever the name is used, in other constants too. */
#include "model/build.h"
#include <math.h>
#include <string.h>

static bool operands_value(const Scope *scope, const AstExpr *e, ExprOp op, double *value) {
    double operand[3] = {0};
    if (e->arguments.count != expr_operator(op)->arity) return false;
    for (int i = 0; i < e->arguments.count; i++)
        if (!constant_value(scope, e->arguments.at[i], &operand[i])) return false;
    *value = expr_operator_value(op, operand);
    return isfinite(*value);
}

static bool name_value(const Scope *scope, const AstExpr *e, double *value) {
    const Entry *entry = e->name.layer ? NULL : scope_find(scope, e->name.name);
    if (!entry || entry->kind != ENTRY_CONST || entry->stage != VALUE_KNOWN || e->lag > 0) return false;
    *value = entry->number;
    return true;
}

bool constant_value(const Scope *scope, const AstExpr *e, double *value) {
    ExprOp op;
    switch (e->kind) {
    case AST_NUMBER: *value = e->number; return true;
    case AST_NAME: return name_value(scope, e, value);
    case AST_UNARY: return operands_value(scope, e, EXPR_NEG, value);
    case AST_BINARY: return find_infix(e->op, &op) && operands_value(scope, e, op, value);
    case AST_CALL: return find_operator(e->name.name, &op) && operands_value(scope, e, op, value);
    }
    return false;
}

/* The last --set that is meant for this name; a bare name is meant for every layer. */
static bool setting(Builder *b, const Entry *entry, double *value) {
    const char *path = entry_path(entry);
    bool found = false;
    for (int i = 0; b->options && i < b->options->set.count; i++) {
        const Setting *one = &b->options->set.at[i];
        if (strcmp(one->name, entry->name) != 0 && strcmp(one->name, path) != 0) continue;
        b->set_used[i] = true;
        *value = one->value;
        found = true;
    }
    return found;
}

static void report_not_constant(Builder *b, const Entry *entry) {
    const AstExpr *value = entry->declaration->value;
    Diagnostic *one =
        report(b, value->span, "E0410", "the value of the constant `%s` is no number", entry->name);
    diagnostic_help(b->diagnostics, one,
                    "constants are made of numbers, other constants and the built-in functions");
}

static void bind_constant(Builder *b, Entry *entry) {
    const AstExpr *value = entry->declaration->value;
    if (is_vector_constant(entry)) {
        entry->is_set = setting(b, entry, &entry->number);
        return; /* it is lowered when sizes are known */
    }
    if (!setting(b, entry, &entry->number) &&
        (!value || !constant_value(entry->scope, value, &entry->number))) {
        if (value) report_not_constant(b, entry);
        entry->number = 1;
    }
    entry->value = value_of(expr_named_const(b->model->exprs, entry->name, entry->number));
    entry->stage = VALUE_KNOWN;
}

void bind_constants(Builder *b) {
    for (int i = 0; i < b->order.count; i++)
        if (b->order.at[i]->kind == ENTRY_CONST) bind_constant(b, b->order.at[i]);
}
