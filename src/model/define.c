/* Definitions: each entry's equation, lowered once, in the order of dependency.
 *
 * requires  order_entries found no cycle; variables are made
 * keeps     a state is one definition over uses; a local is shared by all that name it */
#include "model/build.h"

enum { NESTING_LIMIT = 1000 };

static void report_deep(Builder *b, Span span) {
    report(b, span, "E0427", "one step's computation is nested deeper than %d operations here", DEPTH_LIMIT);
}

Value lower_in(Builder *b, Scope *scope, const Entry *owner, const AstExpr *e) {
    Lowering at = {.builder = b, .scope = scope, .owner = owner};
    const Value value = lower(&at, e);
    if (value.depth <= DEPTH_LIMIT) return value;
    report_deep(b, e->span);
    return (Value){0};
}

/* What is connected must have the shape that the cell's input declares. */
static Value lower_connected(Builder *b, const Entry *entry) {
    const AstExpr *e = entry->argument->value;
    const Value value = lower_in(b, b->network, entry, e);
    const Dim *rows = entry_axis(entry, 0);
    if (!value.expr || dim_equal(rows, value.dim)) return value;
    Diagnostic *one = report(b, e->span, "E0313", "the input `%s` is %s and can't be connected to %s",
                             entry_path(entry), shape_text(b, rows, NULL), shape_text(b, value.dim, NULL));
    diagnostic_label(b->diagnostics, one, entry->span, "declared here");
    return (Value){0};
}

/* Requires: the entry is a local, a connected input, a population or a constant with a size. */
static Value lower_value(Builder *b, const Entry *entry) {
    if (entry->kind == ENTRY_POPULATION) return population_value(b, entry);
    if (is_vector_constant(entry)) return vector_constant_value(b, entry);
    if (entry->argument) return lower_connected(b, entry);
    if (entry->equation) return lower_in(b, entry->scope, entry, entry->equation->value);
    return (Value){0};
}

Value entry_value(Builder *b, Entry *entry) {
    if (entry->stage == VALUE_KNOWN) return entry->value;
    if (entry->stage == VALUE_RUNNING || b->nesting >= NESTING_LIMIT) {
        report_deep(b, entry->span);
        return (Value){0};
    }
    entry->stage = VALUE_RUNNING;
    b->nesting++;
    entry->value = lower_value(b, entry);
    b->nesting--;
    entry->stage = VALUE_KNOWN;
    return entry->value;
}

static void report_shape(Builder *b, const Entry *entry, const Value *value) {
    const char *left = shape_text(b, entry->var->rows, NULL), *right = shape_text(b, value->dim, NULL);
    Diagnostic *one =
        report(b, entry->equation->span, "E0306", "`%s` is %s but gets %s", entry->name, left, right);
    diagnostic_label(b->diagnostics, one, entry->span, "%s", left);
    diagnostic_label(b->diagnostics, one, entry->equation->value->span, "%s", right);
}

static void lower_root(Builder *b, Entry *entry) {
    if (!entry->equation) return;
    Var *var = entry->var;
    const Value value = lower_in(b, entry->scope, entry, entry->equation->value);
    if (!value.expr) return;
    if (!entry->declaration && !entry->inferred && var->max_lag == 0) var->rows = value.dim;
    if (value.dim && !dim_equal(var->rows, value.dim)) {
        report_shape(b, entry, &value);
        return;
    }
    var->definition = value_spread(b, value, var->rows).expr;
}

void lower_entries(Builder *b) {
    for (int i = 0; i < b->order.count; i++) {
        Entry *entry = b->order.at[i];
        if (entry->kind == ENTRY_LOCAL || entry->kind == ENTRY_POPULATION || is_vector_constant(entry) ||
            entry->argument)
            entry_value(b, entry);
        if (entry->kind == ENTRY_STATE || entry->kind == ENTRY_OUTPUT) lower_root(b, entry);
    }
}
