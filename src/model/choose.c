/* Which network of a spec is meant, or which cell where there is no network. */
#include "model/build.h"
#include <string.h>

static const AstNetwork *find_network(const AstFile *file, const char *name) {
    for (int i = 0; i < file->networks.count; i++)
        if (strcmp(file->networks.at[i]->name.name, name) == 0) return file->networks.at[i];
    return NULL;
}

static AstCell *find_cell(const AstFile *file, const char *name) {
    for (int i = 0; i < file->cells.count; i++)
        if (strcmp(file->cells.at[i]->name.name, name) == 0) return file->cells.at[i];
    return NULL;
}

static Names all_names(Arena *arena, const AstFile *file) {
    Names names = {0};
    for (int i = 0; i < file->networks.count; i++) vec_push(arena, &names, file->networks.at[i]->name.name);
    for (int i = 0; i < file->cells.count; i++) vec_push(arena, &names, file->cells.at[i]->name.name);
    return names;
}

/* The spec's own items; a spec that only imports and adds rules means what it imports. */
static const AstFile *items_of(const Package *package) {
    const AstFile *own = package->root->ast;
    if (own->networks.count + own->cells.count > 0) return own;
    AstFile *all = arena_new_of(package->arena, AstFile);
    all->source = own->source;
    const PackageFiles files = package_closure(package->arena, package, NULL);
    for (int f = 0; f < files.count; f++) {
        const AstFile *file = files.at[f]->ast;
        for (int i = 0; i < file->networks.count; i++)
            vec_push(package->arena, &all->networks, file->networks.at[i]);
        for (int i = 0; i < file->cells.count; i++) vec_push(package->arena, &all->cells, file->cells.at[i]);
    }
    return all;
}

/* The cell with the file that it stands in: its functions are looked up from there. */
static FoundCell with_file(const Package *package, AstCell *cell) {
    for (int f = 0; f < package->files.count; f++)
        for (int i = 0; i < package->files.at[f]->ast->cells.count; i++)
            if (package->files.at[f]->ast->cells.at[i] == cell)
                return (FoundCell){cell, package->files.at[f]};
    return (FoundCell){NULL, NULL};
}

static bool choose_named(Builder *b, const Package *package, const char *name, Chosen *chosen) {
    const AstFile *file = items_of(package);
    chosen->network = find_network(file, name);
    if (!chosen->network) chosen->cell = with_file(package, find_cell(file, name));
    if (chosen->network || chosen->cell.cell) return true;
    if (b) {
        Diagnostic *one =
            report(b, (Span){0}, "E0213", "%s has no network and no cell `%s`", package->root->path, name);
        suggest(b, one, name, all_names(b->arena, file));
    }
    return false;
}

static void report_several(Builder *b, const AstFile *file) {
    const bool networks = file->networks.count > 0;
    const int count = networks ? file->networks.count : file->cells.count;
    const AstName first = networks ? file->networks.at[0]->name : file->cells.at[0]->name;
    Diagnostic *one = report(b, first.span, "E0424", "there are %d %s in %s", count,
                             networks ? "networks" : "cells and no network", file->source->name);
    for (int i = 1; i < count; i++) {
        const AstName name = networks ? file->networks.at[i]->name : file->cells.at[i]->name;
        diagnostic_label(b->diagnostics, one, name.span, "another one");
    }
    diagnostic_help(b->diagnostics, one, "say which: --network %s", first.name);
}

bool choose(Builder *b, const Package *package, const char *name, Chosen *chosen) {
    const AstFile *file = items_of(package);
    *chosen = (Chosen){0};
    if (name) return choose_named(b, package, name, chosen);
    if (file->networks.count == 1) {
        chosen->network = file->networks.at[0];
        return true;
    }
    if (file->networks.count == 0 && file->cells.count == 1) {
        chosen->cell = with_file(package, file->cells.at[0]);
        return true;
    }
    if (!b) return false;
    if (file->networks.count + file->cells.count > 0)
        report_several(b, file);
    else
        report(b, (Span){0}, "E0423", "%s has neither a network nor a cell", package->root->path);
    return false;
}
