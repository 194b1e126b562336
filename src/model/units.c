/* Values that differ from unit to unit without being learned: populations, constants with a size, and the
 * functions that make them.
 *
 * All of them are expressions of the unit's index, computed where they are used: a learner stores nothing for
 * them, and they follow the size. A draw is a hash of the unit's index and a seed, so that the same spec
 * means the same constants on every machine; without a seed of its own a constant draws by its label. */
#include "model/build.h"
#include <math.h>
#include <string.h>

bool is_vector_constant(const Entry *entry) {
    return entry->kind == ENTRY_CONST && entry->declaration->shape.count > 0;
}

/* ---- populations ---- */

/* What a population divides: the entry of a size, or a range that is written as a number. */
static const void *divided(const Entry *entry) {
    if (entry->axis[0]) return entry->axis[0];
    if (entry->declaration->shape.count > 0)
        return scope_find(entry->scope, entry->declaration->shape.at[0]->name.name);
    return scope_first_size(entry->scope);
}

static void bind_fraction(Builder *b, Entry *entry) {
    const AstExpr *value = entry->declaration->value;
    if (!divided(entry))
        report(b, entry->span, "E0430", "the population `%s` divides no size: the cell has none",
               entry->name);
    entry->number = 0;
    if (constant_value(entry->scope, value, &entry->number) && entry->number > 0 && entry->number <= 1)
        return;
    report(b, value->span, "E0431", "a population is a fraction of the units: above 0 and at most 1");
    entry->number = 0.5;
}

/* The populations of one size, `first` and what follows it, are all of it. */
static void bind_partition(Builder *b, const Scope *scope, int first) {
    double total = 0;
    Entry *last = NULL;
    for (int i = first; i < scope->entries.count; i++) {
        Entry *entry = scope->entries.at[i];
        if (entry->kind != ENTRY_POPULATION || divided(entry) != divided(scope->entries.at[first])) continue;
        entry->border = total;
        total += entry->number;
        last = entry;
    }
    last->is_last = true;
    if (fabs(total - 1) <= 1e-9 || b->errors > 0) return;
    Diagnostic *one =
        report(b, last->span, "E0431", "the populations of one size add up to %g of it, not 1", total);
    if (last != scope->entries.at[first])
        diagnostic_label(b->diagnostics, one, scope->entries.at[first]->span, "the first of them");
}

static bool is_first(const Scope *scope, int at) {
    for (int i = 0; i < at; i++)
        if (scope->entries.at[i]->kind == ENTRY_POPULATION &&
            divided(scope->entries.at[i]) == divided(scope->entries.at[at]))
            return false;
    return true;
}

static void bind_scope(Builder *b, const Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++)
        if (scope->entries.at[i]->kind == ENTRY_POPULATION) bind_fraction(b, scope->entries.at[i]);
    for (int i = 0; i < scope->entries.count; i++)
        if (scope->entries.at[i]->kind == ENTRY_POPULATION && is_first(scope, i)) bind_partition(b, scope, i);
}

void bind_populations(Builder *b) {
    for (int l = 0; l < b->layers.count; l++) bind_scope(b, b->layers.at[l]);
    if (b->network) bind_scope(b, b->network);
}

static Value unit_of(Builder *b, const Dim *dim) { return value_of(expr_unit(b->model->exprs, dim)); }

static Value border_of(Builder *b, const Dim *dim, double fraction) {
    return value_of(expr_share(b->model->exprs, dim, fraction));
}

Value population_value(Builder *b, const Entry *entry) {
    const Dim *dim = entry_axis(entry, 0);
    const double to = entry->border + entry->number;
    if (!dim) return (Value){0};
    const long units = (entry->is_last ? dim_size(dim) : dim_share(dim, to)) - dim_share(dim, entry->border);
    if (dim_size(dim) > 0 && units < 1) {
        report(b, entry->span, "E0432", "the population `%s` has no unit: it is %g of %ld", entry->name,
               entry->number, dim_size(dim));
        return (Value){0};
    }
    Value above = {0}, below = {0};
    if (entry->border > 0)
        above = value_binary(b, EXPR_GREATER_EQUAL, unit_of(b, dim), border_of(b, dim, entry->border));
    if (!entry->is_last) below = value_binary(b, EXPR_LESS, unit_of(b, dim), border_of(b, dim, to));
    if (above.expr && below.expr) return value_binary(b, EXPR_MUL, above, below);
    if (above.expr || below.expr) return above.expr ? above : below;
    Value all = value_number(b, 1);
    all.dim = dim;
    return all;
}

/* ---- constants with a size ---- */

/* `seen`, by id, keeps a chain of shared nodes from being walked as a tree. */
static bool reads_variable(const Expr *e, bool *seen) {
    if (seen[e->id]) return false;
    seen[e->id] = true;
    if (e->var) return true;
    for (int i = 0; i < e->kids; i++)
        if (reads_variable(e->kid[i], seen)) return true;
    return false;
}

static bool is_constant(Builder *b, const Expr *e) {
    return !reads_variable(e, arena_alloc(b->arena, (size_t)exprs_count(b->model->exprs)));
}

Value vector_constant_value(Builder *b, const Entry *entry) {
    const AstExpr *e = entry->declaration->value;
    const Dim *dim = entry_axis(entry, 0);
    if (entry->is_set) {
        Value given = value_of(expr_named_const(b->model->exprs, entry->name, entry->number));
        given.dim = dim;
        return given;
    }
    Value value = lower_in(b, entry->scope, entry, e);
    if (!value.expr) return value;
    if (!is_constant(b, value.expr)) {
        Diagnostic *one =
            report(b, e->span, "E0410", "the constant `%s` reads what is not constant", entry->name);
        diagnostic_help(b->diagnostics, one,
                        "constants are made of numbers, other constants, populations, unit(n), uniform and "
                        "normal");
        return (Value){0};
    }
    if (value.dim && !dim_equal(value.dim, dim)) {
        report(b, e->span, "E0306", "`%s` is %s but gets %s", entry->name, shape_text(b, dim, NULL),
               shape_text(b, value.dim, NULL));
        return (Value){0};
    }
    value.dim = dim;
    return value;
}

/* ---- unit(n), share(0.8, n), uniform(low, high), normal(mean, deviation) ---- */

bool is_unit_function(const char *name) {
    static const char *const names[] = {"unit", "share", "uniform", "normal"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* The size that the last of `count` arguments names; NULL after a report, or where it isn't known yet. */
static const Dim *named_size(Lowering *at, const AstExpr *e, int count) {
    Builder *b = at->builder;
    const AstExpr *size = e->arguments.count == count ? e->arguments.at[count - 1] : NULL;
    const bool named = size && size->kind == AST_NAME && !size->name.layer && !at->function;
    Entry *entry = named ? scope_find(at->scope, size->name.name) : NULL;
    if (entry && entry->kind == ENTRY_SIZE) {
        entry->used = true;
        return entry->size;
    }
    report(b, size ? size->span : e->span, "E0429",
           count == 1 ? "`unit` takes the name of a size: unit(n) is each unit's index in it, from 0"
                      : "`share` takes a fraction and the name of a size: share(0.8, n) is so many units");
    return NULL;
}

static Value lower_unit(Lowering *at, const AstExpr *e) {
    const Dim *dim = named_size(at, e, 1);
    return dim ? unit_of(at->builder, dim) : (Value){0};
}

static Value lower_share(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    const Dim *dim = named_size(at, e, 2);
    double fraction;
    if (!dim) return (Value){0};
    if (constant_value(at->scope, e->arguments.at[0], &fraction) && fraction > 0 && fraction <= 1)
        return border_of(b, dim, fraction);
    report(b, e->arguments.at[0]->span, "E0431", "a share is a fraction of the units: above 0 and at most 1");
    return (Value){0};
}

/* Fits a float exactly, whatever the label. */
static double seed_of(const Entry *entry) {
    uint32_t hash = 2166136261u;
    for (const char *c = label_of(entry->scope, entry->name); *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash >> 12;
}

static Value draw(Builder *b, const Dim *dim, Value seed) {
    return value_binary(b, EXPR_HASH, unit_of(b, dim), seed);
}

/* The Box–Muller transform; the first draw is mirrored, so that its logarithm is finite. */
static Value normal_of(Builder *b, const Dim *dim, Value seed) {
    const Value other = value_binary(b, EXPR_ADD, seed, value_number(b, 1048576));
    const Value mirrored = value_binary(b, EXPR_SUB, value_number(b, 1), draw(b, dim, seed));
    const Value logarithm = value_apply(b, EXPR_LOG, &mirrored);
    const Value square = value_binary(b, EXPR_MUL, value_number(b, -2), logarithm);
    const Value angle = value_binary(b, EXPR_MUL, value_number(b, 6.28318530717958648), draw(b, dim, other));
    return value_binary(b, EXPR_MUL, value_apply(b, EXPR_SQRT, &square), value_apply(b, EXPR_COS, &angle));
}

Value lower_unit_function(Lowering *at, const AstExpr *e) {
    Builder *b = at->builder;
    if (strcmp(e->name.name, "unit") == 0) return lower_unit(at, e);
    if (strcmp(e->name.name, "share") == 0) return lower_share(at, e);
    const bool drawn = at->owner && is_vector_constant(at->owner);
    if (!drawn || e->arguments.count < 2 || e->arguments.count > 3) {
        report(b, e->span, drawn ? "E0415" : "E0429",
               drawn ? "`%s` takes 2 arguments, or 3 with a seed"
                     : "`%s` draws a constant with a size, as in `const tau[n] = uniform(10, 30);`",
               e->name.name);
        return (Value){0};
    }
    Value operand[3] = {{0}, {0}, value_number(b, seed_of(at->owner))};
    for (int i = 0; i < e->arguments.count; i++) {
        operand[i] = lower(at, e->arguments.at[i]);
        if (!operand[i].expr) return operand[i];
    }
    const Dim *dim = entry_axis(at->owner, 0);
    if (!dim) return (Value){0};
    const bool uniform = strcmp(e->name.name, "uniform") == 0;
    const Value scale = uniform ? value_binary(b, EXPR_SUB, operand[1], operand[0]) : operand[1];
    const Value one = uniform ? draw(b, dim, operand[2]) : normal_of(b, dim, operand[2]);
    return value_binary(b, EXPR_ADD, operand[0], value_binary(b, EXPR_MUL, scale, one));
}
