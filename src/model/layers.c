/* Layers: each is its cell once more, with its own names, and its inputs connected to expressions of the
 * network. */
#include "model/build.h"
#include <string.h>

static void report_argument(Scope *scope, const AstArgument *argument, const Entry *entry) {
    Builder *b = scope->builder;
    const char *name = argument->name.name;
    Diagnostic *one =
        report(b, argument->name.span, "E0205", "%s has no size and no input `%s`", scope->what, name);
    if (entry && entry->kind == ENTRY_CONST) {
        diagnostic_help(b->diagnostics, one, "`%s` is a constant: --set %s=…", name, entry_path(entry));
        return;
    }
    Names names = {0};
    for (int i = 0; i < scope->entries.count; i++) {
        const EntryKind kind = scope->entries.at[i]->kind;
        if (kind == ENTRY_SIZE || kind == ENTRY_INPUT) vec_push(b->arena, &names, scope->entries.at[i]->name);
    }
    suggest(b, one, name, names);
}

static void connect(Scope *scope) {
    Builder *b = scope->builder;
    const AstArguments *arguments = &scope->ast->arguments;
    for (int i = 0; i < arguments->count; i++) {
        const AstArgument *argument = &arguments->at[i];
        Entry *entry = scope_find(scope, argument->name.name);
        for (int j = 0; j < i; j++)
            if (strcmp(arguments->at[j].name.name, argument->name.name) == 0)
                report(b, argument->name.span, "E0216", "`%s` is given twice", argument->name.name);
        if (!entry || (entry->kind != ENTRY_SIZE && entry->kind != ENTRY_INPUT))
            report_argument(scope, argument, entry);
        else if (entry->kind == ENTRY_INPUT)
            entry->argument = argument;
    }
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        if (entry->kind != ENTRY_INPUT || entry->argument) continue;
        b->broken = true;
        Diagnostic *one = report(b, scope->ast->cell.span, "E0420", "the input `%s` is connected to nothing",
                                 entry_path(entry));
        diagnostic_label(b->diagnostics, one, entry->span, "declared here");
        diagnostic_help(b->diagnostics, one, "say what it reads: %s(…, %s = …)", scope->ast->cell.name,
                        entry->name);
    }
}

static void instantiate(Builder *b, const AstLayer *layer, FoundCell found, bool several) {
    Scope *scope =
        scope_new(b, arena_printf(b->arena, "cell `%s`", found.cell->name.name), found.file, b->layers.count);
    scope->name = layer->name.name;
    scope->prefix = several ? arena_printf(b->arena, "%s.", layer->name.name) : "";
    scope->cell = found.cell;
    scope->ast = layer;
    vec_push(b->arena, &b->layers, scope);
    scope_declare(scope, &found.cell->declarations);
    scope_assign(scope, &found.cell->equations);
    scope_mark_outputs(scope, &found.cell->declarations);
    connect(scope);
}

static FoundCell find_cell(Builder *b, const AstLayer *layer) {
    const FoundCell found = package_cell(b->package, b->network->file, layer->cell.name);
    if (found.cell) return found;
    Diagnostic *one = report(b, layer->cell.span, "E0204", "unknown cell `%s`", layer->cell.name);
    const char *near = package_suggest(b->package, b->network->file, ITEM_CELL, layer->cell.name);
    if (near) diagnostic_help(b->diagnostics, one, "did you mean `%s`?", near);
    return found;
}

void find_layers(Builder *b, const AstNetwork *network, const FoundCell *alone) {
    for (int i = 0; i < network->layers.count; i++) {
        const AstLayer *layer = network->layers.at[i];
        const Scope *first = find_layer(b, layer->name.name);
        if (first) {
            Diagnostic *one =
                report(b, layer->name.span, "E0206", "`%s` is declared twice", layer->name.name);
            diagnostic_label(b->diagnostics, one, first->ast->name.span, "first declared here");
            continue;
        }
        const FoundCell found = alone ? *alone : find_cell(b, layer);
        if (found.cell && check_cell(b, found))
            instantiate(b, layer, found, network->layers.count > 1);
        else
            b->broken = true; /* what reads this layer would be told to be wrong, too */
    }
}
