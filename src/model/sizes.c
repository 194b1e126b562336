/* Sizes: every size name gets its range, from whoever knows it first.
 *
 * requires  order_entries, bind_constants
 * keeps     one Dim for one thing: a layer whose input has a known range takes that very range for its own
 * size name First what options and arguments say; then, round by round, what inputs say, until nothing
 * changes; then defaults. */
#include "model/build.h"
#include <math.h>
#include <string.h>

const char *dim_free_name(Builder *b, const char *base) {
    const char *name = base;
    for (int number = 2;; number++) {
        bool taken = false;
        for (int i = 0; i < b->dims.count && !taken; i++) taken = strcmp(b->dims.at[i]->name, name) == 0;
        if (!taken) return name;
        name = arena_printf(b->arena, "%s%d", base, number);
    }
}

Dim *dim_new(Builder *b, const char *name, long value) {
    Dim *dim = arena_new_of(b->arena, Dim);
    dim->name = dim_free_name(b, name);
    dim->value = value;
    vec_push(b->arena, &b->dims, dim);
    return dim;
}

const Dim *entry_axis(const Entry *entry, int axis) {
    if (entry->kind == ENTRY_POPULATION && axis == 0 && entry->declaration->shape.count == 0) {
        const Entry *first = scope_first_size(entry->scope);
        return first ? first->size : NULL;
    }
    if (!entry->declaration || axis >= entry->declaration->shape.count) return NULL;
    if (entry->axis[axis]) return entry->axis[axis];
    const Entry *size = scope_find(entry->scope, entry->declaration->shape.at[axis]->name.name);
    return size && size->kind == ENTRY_SIZE ? size->size : NULL;
}

static const char *full_name(const Entry *entry) {
    return arena_printf(entry->scope->builder->arena, "%s%s", entry->scope->prefix, entry->name);
}

/* ---- what options and arguments say ---- */

static bool size_option(Builder *b, const char *name, double *value) {
    bool found = false;
    for (int i = 0; b->options && i < b->options->size.count; i++) {
        if (strcmp(b->options->size.at[i].name, name) != 0) continue;
        b->size_used[i] = true;
        *value = b->options->size.at[i].value;
        found = true;
    }
    return found;
}

static void bind_number(Builder *b, Entry *entry, double value, Span span) {
    const bool whole = value >= 1 && value <= 2147483647.0 && value == floor(value);
    if (!whole)
        report(b, span, "E0310", "the size `%s` must be a whole number of at least 1", entry_path(entry));
    entry->size = dim_new(b, full_name(entry), whole ? (long)value : 0);
}

static const AstArgument *find_argument(const Scope *scope, const char *name) {
    for (int i = 0; scope->ast && i < scope->ast->arguments.count; i++)
        if (strcmp(scope->ast->arguments.at[i].name.name, name) == 0) return &scope->ast->arguments.at[i];
    return NULL;
}

/* A size is given as one of the network's sizes or as a number. */
static void bind_argument(Builder *b, Entry *entry, const AstExpr *given) {
    const Entry *named =
        given->kind == AST_NAME && !given->name.layer ? scope_find(b->network, given->name.name) : NULL;
    double value;
    if (named && named->kind == ENTRY_SIZE) {
        if (named->size) entry->size = named->size;
    } else if (constant_value(b->network, given, &value)) {
        bind_number(b, entry, value, given->span);
    } else {
        report(b, given->span, "E0310", "the size `%s` must be a whole number or one of the network's sizes",
               entry_path(entry));
        entry->size = dim_new(b, full_name(entry), 0);
    }
}

static void bind_given(Builder *b, Entry *entry) {
    const Span nowhere = {0};
    const AstArgument *argument = find_argument(entry->scope, entry->name);
    double value;
    if (size_option(b, entry_path(entry), &value))
        bind_number(b, entry, value, nowhere);
    else if (argument && size_option(b, entry->name, &value))
        bind_number(b, entry, value, nowhere);
    else if (argument)
        bind_argument(b, entry, argument->value);
}

/* ---- what inputs say ---- */

static bool infer_rows(Entry *entry) {
    if (entry->declaration || entry->inferred || !entry->equation) return false;
    entry->inferred = infer_dim(entry->scope, entry->equation->value, &entry->rows);
    return entry->inferred;
}

static void name_dim(Builder *b, Dim *dim, const Entry *size) {
    if (dim->name) return;
    dim->name = dim_free_name(b, full_name(size));
    vec_push(b->arena, &b->dims, dim);
}

/* The size name in a layer's `input x[m]`, or NULL. */
static Entry *input_size(const Entry *input) {
    const AstExprs shape = input->declaration->shape;
    if (shape.count != 1 || shape.at[0]->kind != AST_NAME) return NULL;
    Entry *size = scope_find(input->scope, shape.at[0]->name.name);
    return size && size->kind == ENTRY_SIZE ? size : NULL;
}

/* Where the size was given too, a network input's number is the same thing by the same name. */
static void adopt(Builder *b, const Entry *input, const Entry *size) {
    const AstExpr *value = input->argument->value;
    Entry *from =
        value->kind == AST_NAME && !value->name.layer ? scope_find(b->network, value->name.name) : NULL;
    if (!from || from->kind != ENTRY_INPUT || !from->axis[0] || from->axis[0]->name) return;
    if (from->axis[0]->value == size->size->value) from->axis[0] = size->size;
}

static bool bind_from_input(Builder *b, const Entry *input) {
    Entry *size = input_size(input);
    const Dim *dim;
    if (!size) return false;
    if (size->size) {
        adopt(b, input, size);
        return false;
    }
    if (!infer_dim(b->network, input->argument->value, &dim) || !dim) return false;
    size->size = (Dim *)dim;
    name_dim(b, size->size, size);
    return true;
}

static void bind_by_inputs(Builder *b) {
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 0; i < b->order.count; i++) {
            Entry *entry = b->order.at[i];
            if (infer_rows(entry)) changed = true;
            if (entry->argument && bind_from_input(b, entry)) changed = true;
        }
    }
}

/* ---- what is left ---- */

static void report_open(Builder *b, const Entry *entry) {
    const Scope *scope = entry->scope;
    const Span span = scope->ast ? scope->ast->span : entry->span;
    Diagnostic *one =
        report(b, span, "E0308", "the size `%s` is neither given nor told by an input", entry_path(entry));
    if (scope->ast) {
        diagnostic_label(b->diagnostics, one, entry->span, "declared here");
        diagnostic_help(b->diagnostics, one, "give it: %s(%s = 64, …), or --size %s=64",
                        scope->ast->cell.name, entry->name, entry_path(entry));
    } else {
        diagnostic_help(b->diagnostics, one, "give it a value: `size %s = 64;`, or --size %s=64", entry->name,
                        entry->name);
    }
}

/* Binds one size by option, default or symbol. */
static void bind_left(Builder *b, Entry *entry) {
    const AstExpr *value = entry->declaration->value;
    double number;
    if (b->network && size_option(b, entry->name, &number)) {
        bind_number(b, entry, number, (Span){0});
    } else if (value && b->network) {
        if (!constant_value(entry->scope, value, &number)) number = 0;
        bind_number(b, entry, number, value->span);
    } else {
        if (!b->symbolic) report_open(b, entry);
        entry->size = dim_new(b, full_name(entry), 0);
    }
}

static bool is_open_size(const Entry *entry) { return entry->kind == ENTRY_SIZE && !entry->size; }

void bind_sizes(Builder *b) {
    for (int i = 0; b->network && i < b->network->entries.count; i++)
        if (is_open_size(b->network->entries.at[i])) bind_left(b, b->network->entries.at[i]);
    for (int l = 0; b->network && l < b->layers.count; l++)
        for (int i = 0; i < b->layers.at[l]->entries.count; i++)
            if (is_open_size(b->layers.at[l]->entries.at[i])) bind_given(b, b->layers.at[l]->entries.at[i]);
    bind_by_inputs(b);
    for (int l = 0; l < b->layers.count; l++)
        for (int i = 0; i < b->layers.at[l]->entries.count; i++) {
            if (!is_open_size(b->layers.at[l]->entries.at[i])) continue;
            bind_left(b, b->layers.at[l]->entries.at[i]);
            bind_by_inputs(b);
        }
}
