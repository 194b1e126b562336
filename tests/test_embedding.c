/* The library from outside: the manual's example is built as a user builds it, and must learn; the shared
 * library must show the functions of eligo.h and nothing else. */
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Builds docs/embedding/example.c with `link` and runs it; its last line is `loss FIRST -> LAST`. */
static void expect_learning(const char *name, const char *link) {
    const char *sanitize = getenv("ELIGO_SANITIZE");
    char *folder = scratch_make(name), *output = NULL;
    int status = run(
        &output,
        "cc -std=c11 -Wall -Wextra -pedantic -Werror %s -Isrc -o %s/example docs/embedding/example.c %s && "
        "ELIGO_LIBRARY=library LD_LIBRARY_PATH='%s' %s/example",
        sanitize ? sanitize : "", folder, link, folder, folder);
    cr_assert_eq(status, 0, "%s", output);
    const char *last = strstr(output, "loss ");
    double before = 0, after = 0;
    cr_assert(last && sscanf(last, "loss %lf -> %lf", &before, &after) == 2, "%s", output);
    cr_assert(after > 0 && after < 0.5 * before, "it doesn't learn: %s", output);
    free(output);
    scratch_remove(folder);
}

Test(embedding, static_library) {
    char *link = formatted("'%s/libeligo.a' -ltcc -lz -ldl -lm -lpthread", build_folder());
    expect_learning("static", link);
    free(link);
}

Test(embedding, shared_library) {
    char *link;
    link = formatted("'%s/libeligo.so' -Wl,-rpath,'%s' -lm", build_folder(), build_folder());
    expect_learning("shared", link);
    free(link);
}

Test(embedding, shows_only_the_public_header) {
    char *output = NULL;
    int status =
        run(&output,
            "nm -D --defined-only '%s/libeligo.so' | awk '{print $3}' | sort -u >'%s/shown'; "
            "grep -oE '\\beligo_[a-z_0-9]+\\(' src/eligo.h | tr -d '(' | sort -u | diff - '%s/shown'",
            build_folder(), build_folder(), build_folder());
    cr_assert_eq(status, 0, "%s", output);
    free(output);
}
