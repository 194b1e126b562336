/* Packages: what is found where, and what is said when it isn't. The files are written to a scratch folder:
 *
 *     spec.eligo  →  parts/a.eligo  ⇄  parts/b.eligo        library/{cells,rules,networks}/…   */
#include "model/package.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL(name) "cell " name " { size n; input x[n]; state h[n]; output h; h = x + h[t-1]; }\n"

static const char *const files[][2] = {
    {"spec.eligo", "import \"parts/a.eligo\";\n" CELL("own") "rule bptt { keep any*; }\n"},
    {"parts/a.eligo", "import \"b.eligo\";\n" CELL("both") CELL("in_a")},
    {"parts/b.eligo",
     "import \"../parts/a.eligo\";\nimport \"b.eligo\";\n" CELL("both") "function f(u) = u;\n"},
    {"bad.eligo", "import \"parts/none.eligo\";\nimport \"parts\";\n" CELL("own")},
    {"twice.eligo", CELL("one") CELL("two") CELL("one") "rule one { keep any*; }\n"},
    {"library/cells/lstm.eligo", CELL("lstm")},
    {"library/cells/own.eligo", CELL("own")},
    {"library/cells/notes.txt", ""},
    {"library/networks/digits.eligo", "import \"../cells/lstm.eligo\";\n" CELL("extra")},
    {"library/rules/bptt.eligo", "rule bptt { keep any*; }\n"},
    {"library/rules/rtrl.eligo", "rule rtrl { keep any*; }\n"},
};

typedef struct Fixture {
    char *folder, *library;
    Arena *arena;
    Diagnostics *diagnostics;
} Fixture;

static Fixture fixture_new(void) {
    Fixture f = {.folder = scratch_make("package"), .arena = arena_new()};
    f.diagnostics = diagnostics_new(f.arena);
    f.library = formatted("%s/library", f.folder);
    cr_assert_eq(
        run(NULL, "cd '%s' && mkdir -p parts library/cells library/rules library/networks", f.folder), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = formatted("%s/%s", f.folder, files[i][0]);
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL);
        fputs(files[i][1], file);
        cr_assert_eq(fclose(file), 0);
        free(path);
    }
    return f;
}

static void fixture_free(Fixture *f) {
    scratch_remove(f->folder);
    free(f->library);
    arena_free(f->arena);
}

static Package *load(Fixture *f, const char *file) {
    return package_load(f->arena, arena_printf(f->arena, "%s/%s", f->folder, file), f->library,
                        f->diagnostics);
}

static bool comes_from(FoundCell found, const char *end) {
    if (!found.cell || !found.file) return false;
    const size_t length = strlen(found.file->path), tail = strlen(end);
    return length >= tail && strcmp(found.file->path + length - tail, end) == 0;
}

Test(package, nearest_first_and_each_file_once) {
    Fixture f = fixture_new();
    Package *package = load(&f, "spec.eligo");
    cr_assert(package);
    cr_expect_eq(f.diagnostics->list.count, 0);
    cr_expect_eq(package->files.count, 3);
    cr_expect(comes_from(package_cell(package, NULL, "own"), "/spec.eligo"));
    cr_expect(comes_from(package_cell(package, NULL, "in_a"), "parts/a.eligo"));
    cr_expect(comes_from(package_cell(package, NULL, "both"), "parts/a.eligo"));
    PackageFile *b = package->files.at[2];
    cr_expect(comes_from(package_cell(package, b, "both"), "parts/b.eligo"));
    cr_expect(comes_from(package_cell(package, b, "own"), "library/cells/own.eligo"));
    cr_expect(comes_from(package_cell(package, NULL, "lstm"), "library/cells/lstm.eligo"));
    cr_expect(!package_cell(package, NULL, "gru").cell);
    cr_expect(package_function(package, NULL, "f") != NULL);
    cr_expect(package_function(package, b, "g") == NULL);
    const int count = package->files.count;
    cr_expect(package_cell(package, NULL, "lstm").cell != NULL);
    cr_expect_eq(package->files.count, count, "the library's file was read twice");
    fixture_free(&f);
}

Test(package, rules_of_the_spec_shadow_the_library) {
    Fixture f = fixture_new();
    Package *package = load(&f, "spec.eligo");
    const FoundRule own = package_rule(package, "bptt"), library = package_rule(package, "rtrl");
    cr_expect(own.rule && own.shadows && !own.in_library);
    cr_expect(library.rule && !library.shadows && library.in_library);
    cr_expect(!package_rule(package, "none").rule);
    fixture_free(&f);
}

Test(package, suggestions) {
    Fixture f = fixture_new();
    Package *package = load(&f, "spec.eligo");
    cr_expect_str_eq(package_suggest(package, NULL, ITEM_CELL, "lstn"), "lstm");
    cr_expect_str_eq(package_suggest(package, NULL, ITEM_CELL, "in_b"), "in_a");
    cr_expect_str_eq(package_suggest(package, NULL, ITEM_RULE, "rtlr"), "rtrl");
    cr_expect_str_eq(package_suggest(package, NULL, ITEM_NETWORK, "digit"), "digits");
    cr_expect(package_suggest(package, NULL, ITEM_FUNCTION, "something") == NULL);
    fixture_free(&f);
}

Test(package, library_names_are_sorted) {
    Fixture f = fixture_new();
    const Names cells = package_library_names(f.arena, f.library, "cells");
    cr_assert_eq(cells.count, 2);
    cr_expect_str_eq(cells.at[0], "lstm");
    cr_expect_str_eq(cells.at[1], "own");
    cr_expect_eq(package_library_names(f.arena, f.library, "none").count, 0);
    cr_expect_eq(package_library_names(f.arena, NULL, "cells").count, 0);
    fixture_free(&f);
}

Test(package, a_bare_name_is_a_network_then_a_cell) {
    Fixture f = fixture_new();
    const Package *network = package_load(f.arena, "digits", f.library, f.diagnostics);
    cr_assert(network);
    cr_expect_eq(network->files.count, 2);
    const Package *cell = package_load(f.arena, "lstm", f.library, f.diagnostics);
    cr_assert(cell);
    cr_expect_str_eq(cell->root->ast->cells.at[0]->name.name, "lstm");
    cr_expect_eq(f.diagnostics->list.count, 0);
    fixture_free(&f);
}

Test(package, text_in_memory_imports_beside_its_name) {
    Fixture f = fixture_new();
    const char *text = "import \"parts/b.eligo\";";
    Source *source =
        source_from_text(f.arena, arena_printf(f.arena, "%s/memory.eligo", f.folder), text, strlen(text));
    Package *package = package_from_source(f.arena, source, NULL, f.diagnostics);
    cr_expect_eq(f.diagnostics->list.count, 0);
    cr_expect(comes_from(package_cell(package, NULL, "both"), "parts/b.eligo"));
    fixture_free(&f);
}

Test(package, missing_specs) {
    static const struct {
        const char *spec, *code, *help;
        bool with_library;
    } table[] = {
        {"lstn", "E0284", "did you mean `lstm`?", true},
        {"digit", "E0284", "did you mean `digits`?", true},
        {"nothing_like_it", "E0284", "eligo list cells", true},
        {"lstm", "E0284", "the library's folder", false},
        {"lstm.eligo", "E0281", "without `.eligo`", true},
        {"./nowhere/x.eligo", "E0281", NULL, true},
        {"./", "E0281", NULL, true},
    };
    Fixture f = fixture_new();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Diagnostics *diagnostics = diagnostics_new(f.arena);
        const char *library = table[i].with_library ? f.library : "nowhere/at/all";
        cr_expect(!package_load(f.arena, table[i].spec, library, diagnostics), "%s was loaded",
                  table[i].spec);
        cr_assert_eq(diagnostics->list.count, 1, "%s", table[i].spec);
        const Diagnostic *one = diagnostics->list.at[0];
        cr_expect_str_eq(one->code, table[i].code);
        if (table[i].help)
            cr_expect(one->help && strstr(one->help, table[i].help), "%s: %s", table[i].spec, one->help);
    }
    fixture_free(&f);
}

static void expect_place(const Diagnostic *one, const char *code, int line, int column) {
    const Place place = source_place(one->span.source, one->span.begin);
    cr_expect_str_eq(one->code, code);
    cr_expect(place.line == line && place.column == column, "%s at %d:%d", code, place.line, place.column);
}

Test(package, unreadable_imports_are_reported_at_the_import) {
    Fixture f = fixture_new();
    Package *package = load(&f, "bad.eligo");
    cr_assert(package);
    cr_assert_eq(f.diagnostics->list.count, 2);
    expect_place(f.diagnostics->list.at[0], "E0282", 1, 1);
    expect_place(f.diagnostics->list.at[1], "E0282", 2, 1);
    cr_expect(strstr(f.diagnostics->list.at[0]->message, "parts/none.eligo") != NULL);
    cr_expect(package_cell(package, NULL, "own").cell != NULL);
    fixture_free(&f);
}

Test(package, a_name_defined_twice) {
    Fixture f = fixture_new();
    load(&f, "twice.eligo");
    cr_assert_eq(f.diagnostics->list.count, 1);
    const Diagnostic *one = f.diagnostics->list.at[0];
    expect_place(one, "E0283", 3, 6);
    cr_assert_eq(one->labels.count, 1);
    cr_expect_eq(source_place(one->labels.at[0].span.source, one->labels.at[0].span.begin).line, 1);
    fixture_free(&f);
}
