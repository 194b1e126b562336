/* Calls: tags, reductions over a vector, element-wise operators by name, and where the others are. */
#include "model/build.h"
#include <string.h>

/* ---- what is built in ---- */

/* Operators with a sign of their own aren't called by a name; a hash is what uniform and normal are made of.
 */
static bool is_called(ExprOp op) { return op != EXPR_NEG && op != EXPR_HASH && !expr_operator(op)->infix; }

bool find_operator(const char *name, ExprOp *op) {
    for (ExprOp i = 0; i < EXPR_FUNCTION; i++) {
        if (!is_called(i) || strcmp(expr_operator(i)->name, name) != 0) continue;
        *op = i;
        return true;
    }
    return false;
}

typedef struct Reduction {
    const char *name;
    Value (*build)(Builder *b, Value vector);
} Reduction;

static const Reduction reductions[] = {
    {"sum", value_sum}, {"mean", value_mean}, {"softmax", value_softmax}, {"logsumexp", value_logsumexp}};
enum { REDUCTIONS = sizeof reductions / sizeof *reductions };

static const Reduction *find_reduction(const char *name) {
    for (int i = 0; i < REDUCTIONS; i++)
        if (strcmp(reductions[i].name, name) == 0) return &reductions[i];
    return NULL;
}

bool is_builtin(const char *name) {
    ExprOp op;
    return find_operator(name, &op) || find_reduction(name) || is_loss_function(name) ||
           is_unit_function(name) || strcmp(name, "tag") == 0;
}

void builtin_names(Arena *arena, Names *names) {
    for (ExprOp i = 0; i < EXPR_FUNCTION; i++)
        if (is_called(i)) vec_push(arena, names, expr_operator(i)->name);
    for (int i = 0; i < REDUCTIONS; i++) vec_push(arena, names, reductions[i].name);
    vec_push(arena, names, "tag");
    vec_push(arena, names, "unit");
    vec_push(arena, names, "share");
}

/* ---- calls ---- */

static bool takes(Lowering *at, const AstExpr *e, int count) {
    if (e->arguments.count == count) return true;
    report(at->builder, e->span, "E0415", "`%s` takes %d argument%s, not %d", e->name.name, count,
           count == 1 ? "" : "s", e->arguments.count);
    return false;
}

static Value lower_operator(Lowering *at, const AstExpr *e, ExprOp op) {
    Value operand[3] = {0};
    const AstExpr *where[3] = {0};
    if (!takes(at, e, expr_operator(op)->arity)) return (Value){0};
    for (int i = 0; i < e->arguments.count; i++) {
        where[i] = e->arguments.at[i];
        operand[i] = lower(at, where[i]);
    }
    const Dim *dim;
    if (!common_range(at->builder, e->span, e->arguments.count, operand, where, &dim)) return (Value){0};
    return value_apply(at->builder, op, operand);
}

static Value lower_reduction(Lowering *at, const AstExpr *e, const Reduction *reduction) {
    if (!takes(at, e, 1)) return (Value){0};
    const Value vector = lower(at, e->arguments.at[0]);
    if (!vector.expr) return (Value){0};
    if (!vector.dim) {
        report(at->builder, e->arguments.at[0]->span, "E0305",
               "`%s` is taken over a vector; this is a scalar", e->name.name);
        return (Value){0};
    }
    return reduction->build(at->builder, vector);
}

/* ---- tag(name, e) ---- */

/* The bit of a tag, 0 after a report. */
static uint64_t tag_bit(Builder *b, const AstExpr *name) {
    Model *model = b->model;
    for (int i = 0; i < model->tags.count; i++)
        if (strcmp(model->tags.at[i], name->name.name) == 0) return UINT64_C(1) << i;
    if (model->tags.count == TAG_LIMIT) {
        report(b, name->span, "E0418", "more than %d different tags", TAG_LIMIT);
        return 0;
    }
    vec_push(b->arena, &model->tags, name->name.name);
    return UINT64_C(1) << (model->tags.count - 1);
}

static Value lower_tag(Lowering *at, const AstExpr *e) {
    if (!takes(at, e, 2)) return (Value){0};
    const AstExpr *name = e->arguments.at[0];
    if (name->kind != AST_NAME || name->name.layer || name->lag > 0) {
        report(at->builder, name->span, "E0419", "a tag is a plain name, as in tag(reset, z[t-1])");
        return (Value){0};
    }
    const uint64_t outer = at->tags;
    const int marked = at->marked;
    at->tags |= tag_bit(at->builder, name);
    const Value value = lower(at, e->arguments.at[1]);
    at->tags = outer;
    if (value.expr && at->marked == marked) {
        Diagnostic *one =
            report(at->builder, e->span, "W0403", "the tag `%s` marks nothing", name->name.name);
        diagnostic_help(
            at->builder->diagnostics, one,
            "a tag marks uses of states and outputs that are written inside it, as in tag(%s, h[t-1])",
            name->name.name);
    }
    return value;
}

static void report_unknown(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    const char *name = e->name.name;
    Diagnostic *one = report(b, e->span, "E0202", "unknown function `%s`", name);
    const char *own = package_suggest(b->package, at->scope->file, ITEM_FUNCTION, name);
    Names names = {0};
    builtin_names(b->arena, &names);
    if (b->in_loss) loss_function_names(b->arena, &names);
    if (own) vec_push(b->arena, &names, own);
    suggest(b, one, name, names);
    if (!at->function && scope_find(at->scope, name))
        diagnostic_help(b->diagnostics, one, "`%s` is no function; products are written with `*` or `@`",
                        name);
}

Value lower_call(Lowering *at, const AstExpr *e) {
    ExprOp op;
    if (strcmp(e->name.name, "tag") == 0) return lower_tag(at, e);
    if (find_operator(e->name.name, &op)) return lower_operator(at, e, op);
    const Reduction *reduction = find_reduction(e->name.name);
    if (reduction) return lower_reduction(at, e, reduction);
    if (is_loss_function(e->name.name)) return lower_loss_function(at, e);
    if (is_unit_function(e->name.name)) return lower_unit_function(at, e);
    const AstFunction *function = package_function(at->builder->package, at->scope->file, e->name.name);
    if (function) return lower_function(at, e, function);
    report_unknown(at, e);
    return (Value){0};
}
