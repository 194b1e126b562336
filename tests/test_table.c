/* Every rule of the library on every cell and network of the library, one line each: the largest relative
 * errors that `eligo verify` finds, or the computed reason why the rule doesn't apply. */
#include "base/arena.h"
#include "eligo.h"
#include "model/package.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_CELLS = 29, LEAST_RULES = 37, LEAST_APPLY = 630 };

typedef struct Tally {
    int pairs, apply, wrong;
} Tally;

/* The line of a table of verify with one rule, without the name. */
static void print_line(const char *table) {
    const char *row = table ? strchr(table, '\n') : NULL;
    if (!row) return;
    row += 1 + strcspn(row + 1, " ");
    fprintf(stderr, "%.*s\n", (int)strcspn(row, "\n"), row);
}

static bool verify(const char *spec, const char *use) {
    Eligo *eligo = eligo_new("library");
    const char *const rules[] = {use};
    char *table = NULL;
    const bool agree = eligo_verify(eligo, spec, rules, 1, NULL, &table);
    print_line(table);
    if (!agree) fprintf(stderr, "%s", eligo_messages(eligo, false));
    free(table);
    eligo_free(eligo);
    return agree;
}

static void check_pair(const char *name, EligoSpec *spec, const char *rule, Tally *tally) {
    char *use = eligo_rule_use(spec, rule), *reason = NULL;
    const bool applies = eligo_applies(spec, use, &reason);
    tally->pairs++;
    fprintf(stderr, "%-16s %-22s", name, use);
    if (applies) {
        tally->apply++;
        if (!verify(name, use)) {
            tally->wrong++;
            cr_expect(false, "%s on %s", use, name);
        }
    } else {
        cr_expect(reason && *reason, "%s on %s gives no reason", use, name);
        fprintf(stderr, " does not apply: %s\n", reason ? reason : "");
    }
    free(reason);
    free(use);
}

static void check_specs(const Names *specs, const Names *rules, Tally *tally) {
    for (int i = 0; i < specs->count; i++) {
        Eligo *eligo = eligo_new("library");
        eligo_size(eligo, "n", 4);
        EligoSpec *spec = eligo_open(eligo, specs->at[i], ELIGO_TARGET_VALUES);
        if (!spec) { /* a network has its sizes */
            eligo_free(eligo);
            eligo = eligo_new("library");
            spec = eligo_open(eligo, specs->at[i], ELIGO_TARGET_VALUES);
        }
        cr_assert_not_null(spec, "%s: %s", specs->at[i], eligo_messages(eligo, false));
        for (int r = 0; r < rules->count; r++) check_pair(specs->at[i], spec, rules->at[r], tally);
        eligo_spec_free(spec);
        eligo_free(eligo);
    }
}

Test(table, every_rule_on_every_cell, .timeout = 600) {
    Arena *arena = arena_new();
    const Names cells = package_library_names(arena, "library", "cells"),
                networks = package_library_names(arena, "library", "networks"),
                rules = package_library_names(arena, "library", "rules");
    Tally on_cells = {0}, on_networks = {0};
    check_specs(&cells, &rules, &on_cells);
    check_specs(&networks, &rules, &on_networks);
    fprintf(stderr, "%d rules, %d cells: %d of %d pairs apply; %d networks: %d of %d\n", rules.count,
            cells.count, on_cells.apply, on_cells.pairs, networks.count, on_networks.apply,
            on_networks.pairs);
    cr_expect_geq(cells.count, LEAST_CELLS);
    cr_expect_geq(rules.count, LEAST_RULES);
    cr_expect_geq(on_cells.apply, LEAST_APPLY);
    cr_expect_eq(on_cells.wrong + on_networks.wrong, 0);
    arena_free(arena);
}
