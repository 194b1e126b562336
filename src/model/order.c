/* The order within one step: what reads what without a lag, over all layers.
 *
 * requires  names are declared, equations assigned, layers' inputs connected
 * keeps     the spec's own order where nothing forces another
 * The walk has a stack of its own, which is also where a cycle is read off. */
#include "model/build.h"
#include <string.h>

/* ---- what an expression reads now ---- */

static void collect(Arena *arena, const Scope *scope, const AstExpr *e, Entries *needs);

static void collect_name(Arena *arena, const Scope *scope, AstName name, Entries *needs) {
    if (name.layer) scope = scope->layer < 0 ? find_layer(scope->builder, name.layer) : NULL;
    Entry *entry = scope ? scope_find(scope, name.name) : NULL;
    if (entry) vec_push(arena, needs, entry);
}

static void collect(Arena *arena, const Scope *scope, const AstExpr *e, Entries *needs) {
    if (e->kind == AST_NAME && e->lag == 0) collect_name(arena, scope, e->name, needs);
    const bool tag = e->kind == AST_CALL && strcmp(e->name.name, "tag") == 0;
    for (int i = tag; i < e->arguments.count; i++) collect(arena, scope, e->arguments.at[i], needs);
}

/* A constant is made of constants; what else stands in it is no order's matter but a mistake. */
static void find_constants(Builder *b, Entry *entry) {
    Entries needs = {0};
    if (entry->declaration->value) collect(b->arena, entry->scope, entry->declaration->value, &needs);
    for (int i = 0; i < needs.count; i++)
        if (needs.at[i]->kind == ENTRY_CONST ||
            (entry->kind == ENTRY_CONST && needs.at[i]->kind == ENTRY_POPULATION))
            vec_push(b->arena, &entry->needs, needs.at[i]);
}

static void find_needs(Builder *b, Entry *entry) {
    if (entry->kind == ENTRY_CONST || entry->kind == ENTRY_POPULATION) find_constants(b, entry);
    if (entry->equation) collect(b->arena, entry->scope, entry->equation->value, &entry->needs);
    if (entry->argument) collect(b->arena, b->network, entry->argument->value, &entry->needs);
}

/* ---- the walk ---- */

enum { UNSEEN, OPEN, DONE };

static Span place_of(const Entry *entry) {
    if (entry->equation) return entry->equation->span;
    return entry->argument ? entry->argument->value->span : entry->span;
}

static void report_cycle(Builder *b, const Entries *stack, const Entry *again) {
    int from = stack->count - 1;
    while (stack->at[from] != again) from--;
    Text path = {0};
    for (int i = from; i < stack->count; i++) text_printf(&path, "%s -> ", entry_path(stack->at[i]));
    text_add(&path, entry_path(again));
    Diagnostic *one = report(b, place_of(again), "E0401", "`%s` needs itself within one step: %s",
                             entry_path(again), path.at);
    for (int i = from + 1; i < stack->count && i < from + 6; i++)
        diagnostic_label(b->diagnostics, one, place_of(stack->at[i]), "`%s` is part of the cycle",
                         entry_path(stack->at[i]));
    diagnostic_help(b->diagnostics, one, "read one of them with a lag, as in `%s[t-1]`", again->name);
    text_free(&path);
}

static void open_entry(Builder *b, Entries *stack, Entry *entry) {
    find_needs(b, entry);
    entry->mark = OPEN;
    vec_push(b->arena, stack, entry);
}

/* False when it met a cycle. */
static bool visit(Builder *b, Entries *stack, Entry *first) {
    bool acyclic = true;
    open_entry(b, stack, first);
    while (stack->count > 0) {
        Entry *top = stack->at[stack->count - 1];
        if (top->cursor == top->needs.count) {
            top->mark = DONE;
            vec_push(b->arena, &b->order, top);
            stack->count--;
            continue;
        }
        Entry *next = top->needs.at[top->cursor++];
        if (next->mark == OPEN) {
            report_cycle(b, stack, next);
            acyclic = false;
        }
        if (next->mark == UNSEEN) open_entry(b, stack, next);
    }
    return acyclic;
}

static bool visit_scope(Builder *b, const Scope *scope) {
    Entries stack = {0};
    bool acyclic = true;
    for (int pass = 0; pass < 2; pass++) /* locals first: gates then stand in the order of the text */
        for (int i = 0; i < scope->entries.count; i++) {
            Entry *entry = scope->entries.at[i];
            if (entry->mark != UNSEEN || (pass == 0 && entry->kind != ENTRY_LOCAL)) continue;
            if (!visit(b, &stack, entry)) acyclic = false;
        }
    return acyclic;
}

bool order_entries(Builder *b) {
    bool acyclic = true;
    for (int i = 0; i < b->layers.count; i++)
        if (!visit_scope(b, b->layers.at[i])) acyclic = false;
    return (!b->network || visit_scope(b, b->network)) && acyclic;
}
