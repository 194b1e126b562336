/* What a name in an expression stands for: a use of a variable, a constant, another equation's value. */
#include "model/build.h"
#include <string.h>

/* Tags go to uses of states and outputs: what is recomputed each step. Inputs and parameters carry no path.
 */
static Value use_variable(Lowering *at, Var *var, int lag, uint64_t tags) {
    if (var->kind == VAR_STATE || var->kind == VAR_OUTPUT) {
        tags |= at->tags;
        if (at->tags) at->marked++;
    }
    if (lag > var->max_lag) var->max_lag = lag;
    return value_of(expr_use(at->builder->model->exprs, var, lag, tags));
}

static void report_lag(Lowering *at, const AstExpr *e, const Entry *entry) {
    Builder *b = at->builder;
    if (entry->kind == ENTRY_LOCAL || entry->kind == ENTRY_OUTPUT) {
        Diagnostic *one =
            report(b, e->span, "E0407", "`%s` is not kept from step to step: only states and inputs are",
                   entry->name);
        diagnostic_label(b->diagnostics, one, entry->span, "%s", entry_kind_text(entry->kind) + 2);
        diagnostic_help(b->diagnostics, one, "declare it as a state: `state %s[n];`", entry->name);
    } else {
        Diagnostic *one = report(b, e->span, "E0408", "`%s` is %s: it is the same at every step", entry->name,
                                 entry_kind_text(entry->kind));
        diagnostic_help(b->diagnostics, one, "write `%s` without a lag", entry->name);
    }
}

/* A network reads a layer's outputs at a lag as well; the output is then kept as a state is. */
static Value use_output(Lowering *at, const AstExpr *e, Entry *entry) {
    const bool outside = at->scope != entry->scope;
    if (e->lag > 0 && outside) entry->var->kind = VAR_STATE;
    if (e->lag == 0 || outside) return use_variable(at, entry->var, e->lag, 0);
    report_lag(at, e, entry);
    return (Value){0};
}

static bool can_be_delayed(const Expr *e) {
    return e->op == EXPR_USE &&
           (e->var->kind == VAR_INPUT || e->var->kind == VAR_STATE || e->var->kind == VAR_OUTPUT);
}

/* A layer's input is what it is connected to; when that is a variable, the lag and the tags go to its use. */
static Value use_input(Lowering *at, const AstExpr *e, Entry *entry) {
    if (!entry->argument) return entry->var ? use_variable(at, entry->var, e->lag, 0) : (Value){0};
    Builder *b = at->builder;
    const Value value = entry_value(b, entry);
    if (!value.expr) return value;
    if (can_be_delayed(value.expr)) {
        Var *var = (Var *)value.expr->var;
        const int lag = value.expr->lag + e->lag;
        if (lag > 0 && var->kind == VAR_OUTPUT) var->kind = VAR_STATE;
        return use_variable(at, var, lag, value.expr->tags);
    }
    if (e->lag == 0) return value;
    Diagnostic *one =
        report(b, e->span, "E0409", "the input `%s` has no past: an expression is connected to it",
               entry_path(entry));
    diagnostic_label(b->diagnostics, one, entry->argument->value->span, "this one");
    diagnostic_help(b->diagnostics, one,
                    "make the expression a state of the network, or give the input a variable");
    return (Value){0};
}

static Value use_param(Lowering *at, const AstExpr *e, const Entry *entry) {
    Var *var = entry->var;
    if (!var->cols) return use_variable(at, var, 0, 0);
    Builder *b = at->builder;
    const char *shape = shape_text(b, var->rows, var->cols);
    Diagnostic *one =
        report(b, e->span, "E0304", "the matrix `%s` %s can only stand left of `@`", entry->name, shape);
    diagnostic_label(b->diagnostics, one, entry->span, "declared here");
    return (Value){0};
}

Value use_entry(Lowering *at, const AstExpr *e, Entry *entry) {
    if (at->owner != entry) entry->used = true;
    const bool lags = entry->kind == ENTRY_STATE || entry->kind == ENTRY_OUTPUT || entry->kind == ENTRY_INPUT;
    if (e->lag > 0 && !lags) {
        report_lag(at, e, entry);
        return (Value){0};
    }
    switch (entry->kind) {
    case ENTRY_SIZE: return value_of(expr_size(at->builder->model->exprs, entry->size));
    case ENTRY_INPUT: return use_input(at, e, entry);
    case ENTRY_STATE: return use_variable(at, entry->var, e->lag, 0);
    case ENTRY_OUTPUT: return use_output(at, e, entry);
    case ENTRY_PARAM: return use_param(at, e, entry);
    case ENTRY_CONST:
    case ENTRY_POPULATION:
    case ENTRY_LOCAL: return entry_value(at->builder, entry);
    }
    return (Value){0};
}

/* ---- names ---- */

static Value use_argument(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    Names names = {0};
    for (int i = 0; i < at->function->parameters.count; i++) {
        const char *name = at->function->parameters.at[i].name;
        vec_push(b->arena, &names, name);
        if (e->name.layer || strcmp(name, e->name.name) != 0) continue;
        if (e->lag == 0) return at->argument[i];
        report(b, e->span, "E0408", "`%s` is a function's parameter: it has no past", name);
        return (Value){0};
    }
    Diagnostic *one = report(b, e->span, "E0201", "unknown name `%s`", e->name.name);
    diagnostic_help(b->diagnostics, one, "a function knows its own parameters only");
    suggest(b, one, e->name.name, names);
    return (Value){0};
}

static bool is_readable(const Entry *entry) {
    return entry->kind == ENTRY_STATE || entry->kind == ENTRY_OUTPUT;
}

static Names readable_names(const Scope *layer) {
    Names names = {0};
    for (int i = 0; i < layer->entries.count; i++)
        if (is_readable(layer->entries.at[i]))
            vec_push(layer->builder->arena, &names, layer->entries.at[i]->name);
    return names;
}

static void report_layer(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    Diagnostic *one = report(b, e->span, "E0203", "unknown layer `%s`", e->name.layer);
    if (at->scope->layer >= 0)
        diagnostic_help(b->diagnostics, one,
                        "a cell reads its own names and its inputs; layers are connected in a network");
    Names names = {0};
    for (int i = 0; i < b->layers.count; i++)
        if (b->layers.at[i]->name) vec_push(b->arena, &names, b->layers.at[i]->name);
    suggest(b, one, e->name.layer, names);
}

static Value use_of_layer(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    const Scope *layer = at->scope->layer < 0 ? find_layer(b, e->name.layer) : NULL;
    if (!layer) {
        report_layer(at, e);
        return (Value){0};
    }
    Entry *entry = scope_find(layer, e->name.name);
    if (entry && is_readable(entry)) return use_entry(at, e, entry);
    if (entry) {
        Diagnostic *one =
            report(b, e->span, "E0214", "`%s` is %s: a network reads states and outputs of its layers",
                   entry_path(entry), entry_kind_text(entry->kind));
        diagnostic_label(b->diagnostics, one, entry->span, "declared here");
    } else {
        Diagnostic *one = report(b, e->span, "E0201", "unknown name `%s`: the layer has no `%s`",
                                 arena_printf(b->arena, "%s.%s", layer->name, e->name.name), e->name.name);
        suggest(b, one, e->name.name, readable_names(layer));
    }
    return (Value){0};
}

static void report_unknown(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    const char *name = e->name.name;
    Diagnostic *one = report(b, e->span, "E0201", "unknown name `%s`", name);
    if (strcmp(name, "target") == 0 && at->scope->layer < 0)
        diagnostic_help(b->diagnostics, one,
                        "`target` is known in the loss only, unless it is declared as an input");
    else if (at->scope->layer < 0 && find_layer(b, name))
        diagnostic_help(b->diagnostics, one, "`%s` is a layer: write `%s.h` with one of its states", name,
                        name);
    else if (is_builtin(name) || package_function(b->package, at->scope->file, name))
        diagnostic_help(b->diagnostics, one, "`%s` is a function: write `%s(…)`", name, name);
    suggest(b, one, name, scope_names(at->scope));
}

Value use_name(Lowering *at, const AstExpr *e) {
    if (at->function) return use_argument(at, e);
    if (e->name.layer) return use_of_layer(at, e);
    Entry *entry = scope_find(at->scope, e->name.name);
    if (entry) return use_entry(at, e, entry);
    if (at->builder->in_loss && strcmp(e->name.name, "target") == 0 && e->lag == 0) return use_target(at, e);
    report_unknown(at, e);
    return (Value){0};
}
