/* Reading a package's files: the spec, its imports, the library.
 *
 * A file is known by its device and inode, not by the path that led to it, so that `../cells/lstm.eligo` and
 * `lstm.eligo` are one file and a cycle of imports ends at the first file that was seen before. */
#include "model/package_load.h"
#include "syntax/parse.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct LoadedFile { /* a PackageFile that remembers which file on disk it is */
    PackageFile file;       /* first, so that the two convert */
    bool on_disk;
    dev_t device;
    ino_t inode;
} LoadedFile;

static PackageFile *seen_before(const Package *package, const struct stat *status) {
    for (int i = 0; i < package->files.count; i++) {
        const LoadedFile *loaded = (const LoadedFile *)package->files.at[i];
        if (loaded->on_disk && loaded->device == status->st_dev && loaded->inode == status->st_ino)
            return package->files.at[i];
    }
    return NULL;
}

/* ---- a name belongs to one item of its kind in a file ---- */

static void check_twice(Package *package, const char *kind, AstName first, AstName second) {
    if (strcmp(first.name, second.name) != 0) return;
    Diagnostic *one =
        diagnose(package->diagnostics, second.span, "E0283", "%s `%s` is defined twice", kind, second.name);
    diagnostic_label(package->diagnostics, one, first.span, "first defined here");
}

#define CHECK_LIST(package, kind, list)                                                                      \
    for (int i = 0; i < (list).count; i++)                                                                   \
        for (int j = 0; j < i; j++) check_twice((package), (kind), (list).at[j]->name, (list).at[i]->name)

static void check_names(Package *package, const AstFile *ast) {
    CHECK_LIST(package, "function", ast->functions);
    CHECK_LIST(package, "cell", ast->cells);
    CHECK_LIST(package, "rule", ast->rules);
    CHECK_LIST(package, "network", ast->networks);
}

/* ---- files ---- */

static PackageFile *add_source(Package *package, Source *source, const struct stat *status);

const char *path_beside(Arena *arena, const char *file, const char *import) {
    const char *slash = strrchr(file, '/');
    if (!slash || import[0] == '/') return import;
    return arena_printf(arena, "%.*s%s", (int)(slash + 1 - file), file, import);
}

/* Only ordinary files: an import is read without the user having named it, and a device may never end. NULL
 * with errno set when it can't be read. */
static PackageFile *read_ordinary(Package *package, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return NULL;
    if (!S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        return NULL;
    }
    PackageFile *seen = seen_before(package, &status);
    if (seen) return seen;
    Source *source = source_read(package->arena, path);
    return source ? add_source(package, source, &status) : NULL;
}

static void load_imports(Package *package, PackageFile *file) {
    for (int i = 0; i < file->ast->imports.count; i++) {
        const AstImport import = file->ast->imports.at[i];
        const char *path = path_beside(package->arena, file->path, import.path);
        PackageFile *imported = read_ordinary(package, path);
        if (imported)
            vec_push(package->arena, &file->imports, imported);
        else
            diagnose(package->diagnostics, import.span, "E0282", "cannot read the import `%s`: %s", path,
                     strerror(errno));
    }
}

/* The file is known before its imports are read: that is what ends a cycle. */
static PackageFile *add_source(Package *package, Source *source, const struct stat *status) {
    LoadedFile *loaded = arena_new_of(package->arena, LoadedFile);
    if (status) {
        loaded->on_disk = true;
        loaded->device = status->st_dev;
        loaded->inode = status->st_ino;
    }
    PackageFile *file = &loaded->file;
    file->path = source->name;
    vec_push(package->arena, &package->files, file);
    file->ast = syntax_parse(package->arena, source, package->diagnostics);
    check_names(package, file->ast);
    load_imports(package, file);
    return file;
}

/* ---- the library ---- */

static const char *library_path(Arena *arena, const char *library, const char *folder, const char *name) {
    return arena_printf(arena, "%s/%s/%s.eligo", library, folder, name);
}

PackageFile *package_library_file(Package *package, const char *folder, const char *name) {
    if (!package->library) return NULL;
    return read_ordinary(package, library_path(package->arena, package->library, folder, name));
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool ends_in(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

Names package_library_names(Arena *arena, const char *library, const char *folder) {
    Names names = {0};
    DIR *directory = library ? opendir(arena_printf(arena, "%s/%s", library, folder)) : NULL;
    if (!directory) return names;
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && ends_in(entry->d_name, ".eligo"))
            vec_push(arena, &names,
                     arena_copy(arena, entry->d_name, strlen(entry->d_name) - strlen(".eligo")));
    closedir(directory);
    if (names.count) qsort(names.at, (size_t)names.count, sizeof *names.at, by_name);
    return names;
}

/* ---- the spec ---- */

static Package *package_new(Arena *arena, const char *library, Diagnostics *diagnostics) {
    Package *package = arena_new_of(arena, Package);
    package->arena = arena;
    package->diagnostics = diagnostics;
    package->library = arena_string(arena, library);
    return package;
}

static bool has_library(const Package *package) {
    struct stat status;
    return package->library && stat(package->library, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Cells and networks of the library: what a bare spec name may mean. */
static Names spec_names(const Package *package) {
    Names names = package_library_names(package->arena, package->library, "networks");
    const Names cells = package_library_names(package->arena, package->library, "cells");
    for (int i = 0; i < cells.count; i++) vec_push(package->arena, &names, cells.at[i]);
    return names;
}

static void report_no_name(Package *package, const char *spec) {
    const Span nowhere = {0};
    Diagnostic *one = diagnose(package->diagnostics, nowhere, "E0284",
                               "there is no network, cell or file named `%s`", spec);
    if (!has_library(package)) {
        diagnostic_help(package->diagnostics, one, "the library's folder `%s` can't be read",
                        package->library ? package->library : "");
        return;
    }
    const Names names = spec_names(package);
    const char *near = closest_name(spec, names.at, names.count);
    if (near)
        diagnostic_help(package->diagnostics, one, "did you mean `%s`?", near);
    else
        diagnostic_help(package->diagnostics, one,
                        "`eligo list cells` and `eligo list networks` show the library's");
}

/* `lstm.eligo` that isn't there: the library's lstm goes by its name alone. */
static void report_no_file(Package *package, const char *path, int why) {
    const Span nowhere = {0};
    Diagnostic *one =
        diagnose(package->diagnostics, nowhere, "E0281", "cannot read `%s`: %s", path, strerror(why));
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    if (!ends_in(base, ".eligo")) return;
    base = arena_copy(package->arena, base, strlen(base) - strlen(".eligo"));
    const Names names = spec_names(package);
    for (int i = 0; i < names.count; i++)
        if (strcmp(names.at[i], base) == 0)
            diagnostic_help(package->diagnostics, one, "the library's `%s` is named without `.eligo`", base);
}

/* The user named this file, so a pipe or /dev/stdin will do. */
static PackageFile *read_spec(Package *package, const char *path) {
    struct stat status;
    if (stat(path, &status) != 0) return NULL;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return NULL;
    }
    Source *source = source_read(package->arena, path);
    return source ? add_source(package, source, &status) : NULL;
}

Package *package_load(Arena *arena, const char *spec, const char *library, Diagnostics *diagnostics) {
    Package *package = package_new(arena, library, diagnostics);
    if (strchr(spec, '/') || ends_in(spec, ".eligo")) {
        package->root = read_spec(package, spec);
        if (!package->root) report_no_file(package, spec, errno);
    } else {
        package->root = package_library_file(package, "networks", spec);
        if (!package->root) package->root = package_library_file(package, "cells", spec);
        if (!package->root) package->root = read_spec(package, spec);
        if (!package->root) report_no_name(package, spec);
    }
    return package->root ? package : NULL;
}

Package *package_from_source(Arena *arena, Source *source, const char *library, Diagnostics *diagnostics) {
    Package *package = package_new(arena, library, diagnostics);
    package->root = add_source(package, source, NULL);
    return package;
}
