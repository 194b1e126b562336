/* Looking names up in a package: the file itself, its imports, then the library.
 *
 * A file's items are few, so a lookup is a walk over lists. The closure (a file with all it imports, each
 * once) is the one notion of "in sight": cells, functions, rules and suggestions all walk it, and a cycle of
 * imports ends there. */
#include "model/package.h"
#include "model/package_load.h"
#include <string.h>

static void add_closure(Arena *arena, const PackageFile *file, PackageFiles *files) {
    for (int i = 0; i < files->count; i++)
        if (files->at[i] == file) return;
    vec_push(arena, files, file);
    for (int i = 0; i < file->imports.count; i++) add_closure(arena, file->imports.at[i], files);
}

PackageFiles package_closure(Arena *arena, const Package *package, const PackageFile *from) {
    PackageFiles files = {0};
    add_closure(arena, from ? from : package->root, &files);
    return files;
}

/* The item's name, or NULL past the end of the file's list of that kind. */
static const AstName *item_name(const AstFile *ast, ItemKind kind, int i) {
    switch (kind) {
    case ITEM_CELL: return i < ast->cells.count ? &ast->cells.at[i]->name : NULL;
    case ITEM_FUNCTION: return i < ast->functions.count ? &ast->functions.at[i]->name : NULL;
    case ITEM_RULE: return i < ast->rules.count ? &ast->rules.at[i]->name : NULL;
    case ITEM_NETWORK: return i < ast->networks.count ? &ast->networks.at[i]->name : NULL;
    }
    return NULL;
}

typedef struct Found {
    PackageFile *file; /* NULL: not found */
    int item;
} Found;

static Found find(PackageFiles files, ItemKind kind, const char *name) {
    for (int f = 0; f < files.count; f++) {
        const AstName *item;
        for (int i = 0; (item = item_name(files.at[f]->ast, kind, i)); i++)
            if (strcmp(item->name, name) == 0) return (Found){(PackageFile *)files.at[f], i};
    }
    return (Found){NULL, 0};
}

static Found find_in_library(Package *package, ItemKind kind, const char *folder, const char *name) {
    PackageFile *file = package_library_file(package, folder, name);
    if (!file) return (Found){NULL, 0};
    return find(package_closure(package->arena, package, file), kind, name);
}

FoundCell package_cell(Package *package, PackageFile *from, const char *name) {
    Found found = find(package_closure(package->arena, package, from), ITEM_CELL, name);
    if (!found.file) found = find_in_library(package, ITEM_CELL, "cells", name);
    if (!found.file) return (FoundCell){NULL, NULL};
    return (FoundCell){found.file->ast->cells.at[found.item], found.file};
}

AstFunction *package_function(Package *package, PackageFile *from, const char *name) {
    const Found found = find(package_closure(package->arena, package, from), ITEM_FUNCTION, name);
    return found.file ? found.file->ast->functions.at[found.item] : NULL;
}

static bool is_library_name(const Package *package, const char *folder, const char *name) {
    const Names names = package_library_names(package->arena, package->library, folder);
    for (int i = 0; i < names.count; i++)
        if (strcmp(names.at[i], name) == 0) return true;
    return false;
}

FoundRule package_rule(Package *package, const char *name) {
    Found found = find(package_closure(package->arena, package, NULL), ITEM_RULE, name);
    const bool own = found.file != NULL;
    if (!own) found = find_in_library(package, ITEM_RULE, "rules", name);
    if (!found.file) return (FoundRule){NULL, false, false};
    return (FoundRule){found.file->ast->rules.at[found.item], !own,
                       own && is_library_name(package, "rules", name)};
}

static void add_names(Arena *arena, Names *to, Names from) {
    for (int i = 0; i < from.count; i++) vec_push(arena, to, from.at[i]);
}

const char *package_suggest(const Package *package, const PackageFile *from, ItemKind kind,
                            const char *name) {
    Arena *arena = package->arena;
    Names names = {0};
    const PackageFiles files = package_closure(arena, package, from);
    for (int f = 0; f < files.count; f++) {
        const AstName *item;
        for (int i = 0; (item = item_name(files.at[f]->ast, kind, i)); i++)
            vec_push(arena, &names, item->name);
    }
    static const char *const folder[] = {
        [ITEM_CELL] = "cells", [ITEM_FUNCTION] = NULL, [ITEM_RULE] = "rules", [ITEM_NETWORK] = "networks"};
    if (folder[kind]) add_names(arena, &names, package_library_names(arena, package->library, folder[kind]));
    return closest_name(name, names.at, names.count);
}
