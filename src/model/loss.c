/* The loss: one scalar for each step, of the readout and the target, times a mask where there is one. Several
 * statements are summed: a readout for each layer, a cost of activity. */
#include "model/build.h"
#include <string.h>

/* ---- loss functions ---- */

static Value squared_error(Builder *b, Value y, Value target) {
    const Value square = value_binary(b, EXPR_POW, value_binary(b, EXPR_SUB, y, target), value_number(b, 2));
    return square.dim ? value_mean(b, square) : square;
}

/* With a one-hot target; no target at all (all zeros) costs nothing. */
static Value softmax_cross_entropy(Builder *b, Value y, Value target) {
    const Value all = value_binary(b, EXPR_MUL, value_sum(b, target), value_logsumexp(b, y));
    return value_binary(b, EXPR_SUB, all, value_sum(b, value_binary(b, EXPR_MUL, target, y)));
}

static Value total(Builder *b, Value each) { return each.dim ? value_sum(b, each) : each; }

static Value sigmoid_cross_entropy(Builder *b, Value y, Value target) {
    const Value all = value_apply(b, EXPR_SOFTPLUS, &y);
    return total(b, value_binary(b, EXPR_SUB, all, value_binary(b, EXPR_MUL, target, y)));
}

static Value poisson(Builder *b, Value y, Value target) {
    const Value rate = value_apply(b, EXPR_EXP, &y);
    return total(b, value_binary(b, EXPR_SUB, rate, value_binary(b, EXPR_MUL, target, y)));
}

typedef struct LossFunction {
    const char *name;
    bool of_class; /* the target is one-hot, and y a vector */
    Value (*build)(Builder *b, Value y, Value target);
} LossFunction;

static const LossFunction loss_functions[] = {
    {"mse", false, squared_error},
    {"softmax_cross_entropy", true, softmax_cross_entropy},
    {"sigmoid_cross_entropy", false, sigmoid_cross_entropy},
    {"poisson", false, poisson},
};
enum { LOSS_FUNCTIONS = sizeof loss_functions / sizeof *loss_functions };

static const LossFunction *find_loss_function(const char *name) {
    for (int i = 0; i < LOSS_FUNCTIONS; i++)
        if (strcmp(loss_functions[i].name, name) == 0) return &loss_functions[i];
    return NULL;
}

bool is_loss_function(const char *name) { return find_loss_function(name) != NULL; }

void loss_function_names(Arena *arena, Names *names) {
    for (int i = 0; i < LOSS_FUNCTIONS; i++) vec_push(arena, names, loss_functions[i].name);
}

static bool is_target(const AstExpr *e) {
    return e->kind == AST_NAME && !e->name.layer && e->lag == 0 && strcmp(e->name.name, "target") == 0;
}

Value lower_loss_function(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    const LossFunction *function = find_loss_function(e->name.name);
    if (!b->in_loss) {
        report(b, e->span, "E0217", "`%s` can only stand in the loss", e->name.name);
        return (Value){0};
    }
    if (e->arguments.count != 2) {
        report(b, e->span, "E0415", "`%s` takes 2 arguments, not %d", e->name.name, e->arguments.count);
        return (Value){0};
    }
    Value operand[2] = {lower(at, e->arguments.at[0])};
    const Dim *outer = b->target_dim, *dim;
    b->target_dim = operand[0].dim;
    operand[1] = lower(at, e->arguments.at[1]);
    b->target_dim = outer;
    if (!common_range(b, e->span, 2, operand, (const AstExpr *const *)e->arguments.at, &dim))
        return (Value){0};
    if (function->of_class && !operand[0].dim) {
        report(b, e->arguments.at[0]->span, "E0305", "`%s` is taken over a vector; this is a scalar",
               e->name.name);
        return (Value){0};
    }
    if (function->of_class && is_target(e->arguments.at[1])) b->model->target_is_class = true;
    const Value target = function->of_class ? value_spread(b, operand[1], dim) : operand[1];
    return function->build(b, operand[0], target);
}

/* ---- target and mask ---- */

static Var *new_input(Builder *b, const char *name, const Dim *rows, Span span) {
    Var *var = var_new(b, VAR_INPUT, b->network, name, span);
    var->rows = rows;
    var->index = b->model->inputs.count;
    vec_push(b->arena, &b->model->inputs, var);
    return var;
}

Value use_target(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    if (!b->model->target) b->model->target = new_input(b, "target", b->target_dim, e->span);
    return value_of(expr_use(b->model->exprs, b->model->target, 0, 0));
}

/* The range that `target` has in an expression: that of what it is put beside. */
static bool beside_target(const Scope *scope, const AstExpr *e, const Dim **dim) {
    for (int i = 0; i < e->arguments.count; i++)
        if (beside_target(scope, e->arguments.at[i], dim)) return true;
    if (e->kind != AST_BINARY || e->op[0] == '@') return false;
    const AstExpr *left = e->arguments.at[0], *right = e->arguments.at[1];
    if (is_target(left) == is_target(right)) return false;
    return infer_dim(scope, is_target(left) ? right : left, dim) && *dim;
}

/* The mask's input; NULL after a report. */
static Var *mask_of(Builder *b, const AstExpr *e) {
    const bool named = e->kind == AST_NAME && !e->name.layer && e->lag == 0;
    Entry *entry = named ? scope_find(b->network, e->name.name) : NULL;
    if (!named || (entry && (entry->kind != ENTRY_INPUT || entry->declaration->shape.count > 0))) {
        Diagnostic *one = report(b, e->span, "E0426", "the loss's mask is the name of a scalar input");
        if (entry) diagnostic_label(b->diagnostics, one, entry->span, "`%s` is none", entry->name);
        return NULL;
    }
    if (entry) entry->used = true;
    if (!b->model->when) b->model->when = entry ? entry->var : new_input(b, e->name.name, NULL, e->span);
    if (strcmp(b->model->when->name, e->name.name) == 0) return b->model->when;
    Diagnostic *one = report(b, e->span, "E0428", "a second mask: the losses of a network share one");
    diagnostic_label(b->diagnostics, one, b->model->when->span, "`%s` is the mask", b->model->when->name);
    return NULL;
}

/* ---- the readout ---- */

static void find_readout(Builder *b, Lowering *at) {
    Entry *entry = NULL;
    for (int i = 0; i < b->network->entries.count; i++)
        if (b->network->entries.at[i]->is_output) entry = b->network->entries.at[i];
    if (!entry) entry = scope_find(b->network, "y");
    const AstExpr *loss = b->ast->losses.count > 0 ? b->ast->losses.at[0].value : NULL;
    AstExpr name = {.kind = AST_NAME};
    if (entry && entry->equation) {
        name.name = entry->equation->name;
    } else if (loss && loss->kind == AST_CALL && loss->arguments.count > 0 &&
               is_loss_function(loss->name.name) && loss->arguments.at[0]->kind == AST_NAME) {
        name = *loss->arguments.at[0];
    } else {
        return;
    }
    name.span = name.name.span;
    const Value value = use_name(at, &name);
    b->model->readout = value_spread(b, value, value.dim).expr;
    b->model->readout_name =
        name.name.layer ? arena_printf(b->arena, "%s.%s", name.name.layer, name.name.name) : name.name.name;
}

/* ---- all of it ---- */

static void find_declared_target(Builder *b) {
    const Entry *entry = scope_find(b->network, "target");
    if (entry && entry->kind == ENTRY_INPUT && entry->used) b->model->target = entry->var;
}

/* One statement's loss, 0 where its mask is. */
static Value lower_loss(Builder *b, Lowering *at, const AstLoss *loss) {
    b->target_dim = b->model->readout ? b->model->readout->dim : NULL;
    const Dim *beside;
    if (beside_target(b->network, loss->value, &beside)) b->target_dim = beside;
    b->in_loss = true;
    const Value value = lower(at, loss->value);
    b->in_loss = false;
    find_declared_target(b);
    const Var *mask = loss->when ? mask_of(b, loss->when) : NULL;
    if (!value.expr || (loss->when && !mask)) return (Value){0};
    if (value.dim) {
        report(b, loss->value->span, "E0307", "the loss is one number for each step; this is %s",
               shape_text(b, value.dim, NULL));
        return (Value){0};
    }
    if (!mask) return value;
    return value_binary(b, EXPR_MUL, value_of(expr_use(b->model->exprs, mask, 0, 0)), value);
}

void build_loss(Builder *b) {
    Lowering at = {.builder = b, .scope = b->network};
    Value sum = {0};
    find_readout(b, &at);
    for (int i = 0; i < b->ast->losses.count; i++) {
        const Value one = lower_loss(b, &at, &b->ast->losses.at[i]);
        if (!one.expr) return;
        vec_push(b->arena, &b->model->losses, one.expr);
        sum = i == 0 ? one : value_binary(b, EXPR_ADD, sum, one);
    }
    if (!sum.expr) return;
    Var *var = var_new(b, VAR_LOSS, b->network, "loss", b->ast->losses.at[0].value->span);
    var->definition = sum.expr;
    b->model->loss = var;
}
