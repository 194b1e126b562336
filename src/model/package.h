/* A package: a spec with everything it can name: its own items, its imports, and the library.
 *
 * Lookup order, nearest first: the file itself, its imports (depth first, in order), the library's file of
 * that name (library/cells/NAME.eligo, library/rules/NAME.eligo, library/networks/NAME.eligo). A function is
 * looked up from the file of the cell that calls it. */
#ifndef ELIGO_MODEL_PACKAGE_H
#define ELIGO_MODEL_PACKAGE_H

#include "base/diagnostic.h"
#include "syntax/ast.h"

typedef struct PackageFile PackageFile; /* a parsed file with its imports */
struct PackageFile {
    AstFile *ast;
    const char *path;
    VEC(PackageFile *) imports;
};

typedef struct Package {
    Arena *arena;
    Diagnostics *diagnostics;
    const char *library;      /* the library's folder */
    PackageFile *root;        /* the spec */
    VEC(PackageFile *) files; /* every file that was read, once */
} Package;

/* Loads `spec`: a path (contains '/' or ends in .eligo), else a library network or cell of that name. NULL
 * (with an error that suggests a name) when there is no such thing; syntax errors are in diagnostics. */
Package *package_load(Arena *arena, const char *spec, const char *library, Diagnostics *diagnostics);
/* The same for text in memory. */
Package *package_from_source(Arena *arena, Source *source, const char *library, Diagnostics *diagnostics);

typedef struct FoundCell {
    AstCell *cell;
    PackageFile *file;
} FoundCell;
FoundCell package_cell(Package *package, PackageFile *from, const char *name);
AstFunction *package_function(Package *package, PackageFile *from, const char *name);
typedef struct FoundRule {
    AstRule *rule;
    bool in_library;
    bool shadows; /* the spec's rule hides a library rule of the same name */
} FoundRule;
FoundRule package_rule(Package *package, const char *name);
/* The best "did you mean" for a name that was looked up from `from` (NULL: the spec) and not found, among
 * what is in sight: the file's own items, its imports' and the library's. NULL when nothing is near. */
typedef enum { ITEM_CELL, ITEM_FUNCTION, ITEM_RULE, ITEM_NETWORK } ItemKind;
const char *package_suggest(const Package *package, const PackageFile *from, ItemKind kind, const char *name);
/* `from` (NULL: the spec) and everything it imports, each file once, in the order of lookup. */
typedef VEC(const PackageFile *) PackageFiles;
PackageFiles package_closure(Arena *arena, const Package *package, const PackageFile *from);
/* Names in a folder of the library ("cells", "rules", "networks"), sorted; for lists and suggestions. */
typedef VEC(const char *) Names;
Names package_library_names(Arena *arena, const char *library, const char *folder);

#endif
