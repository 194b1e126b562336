/* Names of a cell or a network: one entry each, with its declaration and its equation.
 *
 * What a name means is settled here and nowhere else; a second meaning for it is reported with both places.
 */
#include "model/build.h"
#include <string.h>

Scope *scope_new(Builder *b, const char *what, PackageFile *file, int layer) {
    Scope *scope = arena_new_of(b->arena, Scope);
    scope->builder = b;
    scope->what = what;
    scope->file = file;
    scope->layer = layer;
    scope->prefix = "";
    return scope;
}

static unsigned bucket_of(const char *name) {
    unsigned hash = 5381;
    for (; *name; name++) hash = hash * 33 + (unsigned char)*name;
    return (hash ^ (hash >> 15)) % SCOPE_BUCKETS;
}

Entry *scope_find(const Scope *scope, const char *name) {
    Entry *entry = scope->bucket[bucket_of(name)];
    while (entry && strcmp(entry->name, name) != 0) entry = entry->next;
    return entry;
}

Entry *scope_first_size(const Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++)
        if (scope->entries.at[i]->kind == ENTRY_SIZE) return scope->entries.at[i];
    return NULL;
}

Entry *scope_add(Scope *scope, EntryKind kind, const char *name, Span span) {
    Arena *arena = scope->builder->arena;
    Entry *entry = arena_new_of(arena, Entry);
    entry->kind = kind;
    entry->scope = scope;
    entry->name = name;
    entry->span = span;
    Entry **bucket = &scope->bucket[bucket_of(name)];
    entry->next = *bucket;
    *bucket = entry;
    vec_push(arena, &scope->entries, entry);
    return entry;
}

Scope *find_layer(const Builder *b, const char *name) {
    for (int i = 0; i < b->layers.count; i++)
        if (b->layers.at[i]->name && strcmp(b->layers.at[i]->name, name) == 0) return b->layers.at[i];
    return NULL;
}

/* ---- declarations ---- */

static EntryKind entry_kind(AstDeclareKind kind) {
    switch (kind) {
    case DECLARE_SIZE: return ENTRY_SIZE;
    case DECLARE_INPUT: return ENTRY_INPUT;
    case DECLARE_STATE: return ENTRY_STATE;
    case DECLARE_OUTPUT: return ENTRY_OUTPUT;
    case DECLARE_PARAM: return ENTRY_PARAM;
    case DECLARE_CONST: return ENTRY_CONST;
    case DECLARE_POPULATION: return ENTRY_POPULATION;
    }
    return ENTRY_LOCAL;
}

/* A range written as a number. The same number is the same range among parameters and states (V[10,32],
 * d[10]); an input's is its own, to be named by the layer that it goes into, and so is the range that a
 * matrix reads. */
static Dim *literal_dim(Scope *scope, long value, bool shared) {
    for (int i = 0; shared && i < scope->literals.count; i++)
        if (scope->literals.at[i]->value == value) return scope->literals.at[i];
    Dim *dim = arena_new_of(scope->builder->arena, Dim);
    dim->value = value;
    if (shared) vec_push(scope->builder->arena, &scope->literals, dim);
    return dim;
}

static void check_size_name(Scope *scope, const AstExpr *size) {
    const Entry *entry = scope_find(scope, size->name.name);
    if (entry && entry->kind == ENTRY_SIZE) return;
    Builder *b = scope->builder;
    b->broken = true;
    if (entry) {
        Diagnostic *one = report(b, size->span, "E0220", "`%s` is %s, not a size", entry->name,
                                 entry_kind_text(entry->kind));
        diagnostic_label(b->diagnostics, one, entry->span, "declared here");
        return;
    }
    Diagnostic *one = report(b, size->span, "E0219", "unknown size `%s`", size->name.name);
    Names sizes = {0};
    for (int i = 0; i < scope->entries.count; i++)
        if (scope->entries.at[i]->kind == ENTRY_SIZE) vec_push(b->arena, &sizes, scope->entries.at[i]->name);
    diagnostic_help(b->diagnostics, one, "declare it: `size %s;`", size->name.name);
    suggest(b, one, size->name.name, sizes);
}

static void declare_shape(Scope *scope, Entry *entry) {
    const AstExprs shape = entry->declaration->shape;
    if (shape.count > 1 && entry->kind != ENTRY_PARAM)
        report(scope->builder, shape.at[1]->span, "E0315",
               "%s is a vector or a scalar: only parameters are matrices", entry_kind_text(entry->kind));
    for (int i = 0; i < shape.count && i < 2; i++) {
        const AstExpr *size = shape.at[i];
        const bool shared = entry->kind != ENTRY_INPUT && i == 0;
        if (size->kind == AST_NUMBER)
            entry->axis[i] = literal_dim(scope, (long)size->number, shared);
        else
            check_size_name(scope, size);
    }
}

static void report_twice(Builder *b, const Entry *first, AstName second) {
    Diagnostic *one = report(b, second.span, "E0206", "`%s` is declared twice", second.name);
    diagnostic_label(b->diagnostics, one, first->span, "first declared here");
}

void scope_declare(Scope *scope, const AstDeclarations *declarations) {
    const int before = scope->entries.count;
    for (int i = 0; i < declarations->count; i++) {
        const AstDeclaration *d = declarations->at[i];
        if (d->kind == DECLARE_OUTPUT) continue; /* says something about a name, makes none */
        const Entry *first = scope_find(scope, d->name.name);
        if (first)
            report_twice(scope->builder, first, d->name);
        else
            scope_add(scope, entry_kind(d->kind), d->name.name, d->name.span)->declaration = d;
    }
    for (int i = before; i < scope->entries.count; i++) declare_shape(scope, scope->entries.at[i]);
}

/* ---- equations ---- */

static bool may_be_assigned(const Entry *entry) {
    return entry->kind == ENTRY_STATE || entry->kind == ENTRY_OUTPUT || entry->kind == ENTRY_LOCAL;
}

static void assign(Builder *b, Entry *entry, const AstEquation *equation) {
    const AstName name = equation->name;
    if (!may_be_assigned(entry)) {
        Diagnostic *one = report(b, name.span, "E0208", "`%s` is %s: no equation may assign it", name.name,
                                 entry_kind_text(entry->kind));
        diagnostic_label(b->diagnostics, one, entry->span, "declared here");
    } else if (entry->equation) {
        Diagnostic *one = report(b, name.span, "E0207", "`%s` is assigned twice", name.name);
        diagnostic_label(b->diagnostics, one, entry->equation->name.span, "first assigned here");
    } else {
        entry->equation = equation;
    }
}

void scope_assign(Scope *scope, const AstEquations *equations) {
    for (int i = 0; i < equations->count; i++) {
        const AstEquation *equation = equations->at[i];
        Entry *entry = scope_find(scope, equation->name.name);
        if (!entry) entry = scope_add(scope, ENTRY_LOCAL, equation->name.name, equation->name.span);
        assign(scope->builder, entry, equation);
    }
}

/* ---- outputs ---- */

static void mark_output(Scope *scope, const AstDeclaration *d) {
    Builder *b = scope->builder;
    Entry *entry = scope_find(scope, d->name.name);
    if (!entry) {
        Diagnostic *one =
            report(b, d->name.span, "E0406", "the output `%s` is neither a state nor assigned", d->name.name);
        suggest(b, one, d->name.name, scope_names(scope));
    } else if (!may_be_assigned(entry)) {
        Diagnostic *one = report(b, d->name.span, "E0406", "`%s` is %s: an output is a state or assigned",
                                 entry->name, entry_kind_text(entry->kind));
        diagnostic_label(b->diagnostics, one, entry->span, "declared here");
    } else if (entry->is_output) {
        report_twice(b, entry, d->name);
    } else {
        entry->is_output = true;
        if (entry->kind == ENTRY_LOCAL && scope->layer >= 0) entry->kind = ENTRY_OUTPUT;
    }
}

void scope_mark_outputs(Scope *scope, const AstDeclarations *declarations) {
    for (int i = 0; i < declarations->count; i++)
        if (declarations->at[i]->kind == DECLARE_OUTPUT) mark_output(scope, declarations->at[i]);
}
