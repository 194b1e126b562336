/* A user's functions: the body with the arguments put in; with a stated derivative, a node that keeps both.
 */
#include "model/build.h"
#include <string.h>

enum { NESTING_LIMIT = 64, INLINE_LIMIT = 50000 };

static bool is_open(const Lowering *at, const AstFunction *function) {
    for (; at; at = at->caller)
        if (at->function == function) return true;
    return false;
}

static int nesting(const Lowering *at) {
    int count = 0;
    for (; at; at = at->caller) count++;
    return count;
}

static bool may_call(Lowering *at, const AstExpr *e, const AstFunction *function) {
    Builder *b = at->builder;
    const int count = function->parameters.count;
    if (e->arguments.count != count) {
        Diagnostic *one = report(b, e->span, "E0415", "`%s` takes %d argument%s, not %d", e->name.name, count,
                                 count == 1 ? "" : "s", e->arguments.count);
        diagnostic_label(b->diagnostics, one, function->name.span, "defined here");
        return false;
    }
    if (is_open(at, function)) {
        Diagnostic *one = report(b, e->span, "E0417", "the function `%s` calls itself", e->name.name);
        diagnostic_label(b->diagnostics, one, function->name.span, "defined here");
        return false;
    }
    if (nesting(at) <= NESTING_LIMIT && b->inlined++ < INLINE_LIMIT) return true;
    report(b, e->span, "E0421", "functions call functions too often (more than %d deep, or %d calls in all)",
           NESTING_LIMIT, INLINE_LIMIT);
    return false;
}

static bool is_varying(int count, const Value *argument) {
    for (int i = 0; i < count; i++)
        if (argument[i].expr->op != EXPR_CONST && argument[i].expr->op != EXPR_SIZE) return true;
    return false;
}

/* The parser has seen to it that there are as many derivatives as parameters. */
static Value with_derivative(Lowering *inside, const AstExpr *e, Value value) {
    Builder *b = inside->builder;
    const AstFunction *function = inside->function;
    const int count = function->parameters.count;
    const size_t bytes = (size_t)count * sizeof(const Expr *);
    const Expr **argument = arena_alloc(b->arena, bytes), **partial = arena_alloc(b->arena, bytes);
    const Dim *dim, *range;
    if (!common_range(b, e->span, count, inside->argument, (const AstExpr *const *)e->arguments.at, &dim))
        return (Value){0};
    for (int i = 0; i < count; i++) {
        const Value one = lower(inside, function->derivatives.at[i]);
        if (!one.expr) return (Value){0};
        range = one.dim ? one.dim : dim;
        if (!dim_equal(range, dim) || !dim_equal(value.dim, dim)) {
            Diagnostic *wrong = report(b, function->name.span, "E0422",
                                       "a function with a stated derivative works element by element");
            diagnostic_label(b->diagnostics, wrong, e->span, "called here");
            return (Value){0};
        }
        argument[i] = inside->argument[i].expr;
        partial[i] = one.expr;
        if (one.depth > value.depth) value.depth = one.depth;
    }
    if (!is_varying(count, inside->argument)) return value;
    value.expr = expr_function(b->model->exprs, function->name.name, value.expr, count, argument, partial);
    value.depth++;
    return value_spread(b, value, dim);
}

static Value inline_body(Lowering *inside, const AstExpr *e) {
    const AstFunction *function = inside->function;
    const Value value = lower(inside, function->body);
    if (!value.expr || function->derivatives.count == 0) return value;
    return with_derivative(inside, e, value);
}

Value lower_function(Lowering *at, const AstExpr *e, const AstFunction *function) {
    Builder *b = at->builder;
    if (!may_call(at, e, function)) return (Value){0};
    Value *argument = arena_alloc(b->arena, (size_t)e->arguments.count * sizeof *argument + 1);
    bool fine = true;
    for (int i = 0; i < e->arguments.count; i++) {
        argument[i] = lower(at, e->arguments.at[i]);
        if (!argument[i].expr) fine = false;
    }
    if (!fine) return (Value){0};
    Lowering inside = {.builder = b, .scope = at->scope, .owner = at->owner};
    inside.function = function;
    inside.argument = argument;
    inside.caller = at;
    return inline_body(&inside, e);
}

/* ---- a function by itself ---- */

static void check_name(Builder *b, const AstFunction *function) {
    if (is_builtin(function->name.name))
        report(b, function->name.span, "E0209", "`%s` is built in: a function needs another name",
               function->name.name);
    for (int i = 0; i < function->parameters.count; i++)
        for (int j = 0; j < i; j++) {
            const AstName one = function->parameters.at[j], two = function->parameters.at[i];
            if (strcmp(one.name, two.name) != 0) continue;
            Diagnostic *twice = report(b, two.span, "E0206", "`%s` is declared twice", two.name);
            diagnostic_label(b->diagnostics, twice, one.span, "first declared here");
        }
}

/* The body over vectors of one range stands for every call. */
void check_function(Builder *b, PackageFile *file, const AstFunction *function) {
    check_name(b, function);
    Scope *scope = scope_new(b, "a function", file, 0);
    const int count = function->parameters.count;
    Value *argument = arena_alloc(b->arena, (size_t)count * sizeof *argument + 1);
    AstExpr call = {.kind = AST_CALL, .span = function->name.span, .name = function->name};
    AstExpr name = {.kind = AST_NAME, .span = function->name.span, .name = function->name};
    const Dim *dim = dim_new(b, "n", 0);
    for (int i = 0; i < count; i++) {
        Var *var =
            var_new(b, VAR_INPUT, scope, function->parameters.at[i].name, function->parameters.at[i].span);
        var->rows = dim;
        argument[i] = value_of(expr_use(b->model->exprs, var, 0, 0));
        vec_push(b->arena, &call.arguments, &name);
    }
    Lowering inside = {.builder = b, .scope = scope, .function = function, .argument = argument};
    inline_body(&inside, &call);
}
