/* The learners in generated/ are what the program writes now, byte for byte: a change of the output shows in
 * a review.
 *
 * The same text must come under a locale with another decimal point, and twice from one process. The library
 * is asked in this process, because setlocale reaches only the process that calls it. */
#include "eligo.h"
#include "support.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST "generated/learners.txt"
enum { LEARNERS = 8 };

static void expect_file(const char *name, const char *ending, const char *text) {
    char *path = formatted("generated/%s%s", name, ending), *committed = file_content(path, NULL);
    cr_assert_not_null(committed, "%s is missing: make generated", path);
    cr_assert(strcmp(committed, text) == 0,
              "%s isn't what is emitted now: make generated, and read the change", path);
    free(committed), free(path);
}

static void expect_learner(const char *spec_name, const char *rule) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, spec_name, ELIGO_TARGET_UNKNOWN);
    cr_assert_not_null(spec, "%s", eligo_messages(eligo, false));
    EligoDerivation *derivation = eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_RULE);
    cr_assert_not_null(derivation, "%s", eligo_messages(eligo, false));
    char *header, *body;
    cr_assert(eligo_emit(eligo, derivation, ELIGO_FLOAT, &header, &body, NULL));
    expect_file(eligo_derivation_name(derivation), ".h", header);
    expect_file(eligo_derivation_name(derivation), ".c", body);
    free(header), free(body);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

static void expect_all(void) {
    FILE *list = fopen(LIST, "r");
    cr_assert_not_null(list, LIST);
    char spec[64], rule[64];
    int count = 0;
    for (; fscanf(list, "%63s %63s", spec, rule) == 2; count++) expect_learner(spec, rule);
    fclose(list);
    cr_assert_eq(count, LEARNERS);
}

Test(generated, is_current) { expect_all(); }

Test(generated, is_the_same_twice) {
    expect_all();
    expect_all();
}

Test(generated, is_the_same_under_another_locale) {
    cr_assert_not_null(setlocale(LC_ALL, "de_DE.UTF-8"), "no locale de_DE.UTF-8: make locale");
    cr_assert_str_eq(localeconv()->decimal_point, ",");
    expect_all();
}

Test(generated, is_what_the_command_writes) {
    char *folder = scratch_make("generated"), *output = NULL;
    int status =
        run(&output, "cp %s %s && LC_ALL=de_DE.UTF-8 sh tests/generate.sh '%s' %s && diff -r generated %s",
            LIST, folder, program(), folder, folder);
    cr_assert_eq(status, 0, "%s", output);
    free(output);
    scratch_remove(folder);
}
