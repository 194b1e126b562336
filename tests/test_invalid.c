/* Specs that are wrong, each with what must be said about it, and where (tests/invalid).
 *
 * A line `#! E0203 5:12` expects that code at that line and column, `#! W0402 7:5` a warning; what is
 * reported must be exactly what is expected, so one mistake that raises two errors fails. `#! run derive
 * --rule 'snap(1)'` runs another command than `check`; `-` stands for the place of what has none. */
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/invalid"
enum { MOST = 256, LEAST = 40, REPORTS = 32 };

typedef struct Spec {
    char file[80];
} Spec;

typedef struct Reports {
    int count;
    char text[REPORTS][32]; /* "E0203 5:12" */
} Reports;

static int by_text(const void *a, const void *b) { return strcmp(a, b); }

static void add(Reports *reports, const char *code, const char *place) {
    cr_assert_lt(reports->count, REPORTS);
    snprintf(reports->text[reports->count++], 32, "%s %s", code, place);
}

static void sort(Reports *reports) {
    qsort(reports->text, (size_t)reports->count, sizeof *reports->text, by_text);
}

/* Errors and warnings among the lines of the program's output: `FILE:5:12: error[E0203]: …`, `error[E0203]:
 * …`. */
static Reports reported(char *output) {
    Reports reports = {0};
    for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n")) {
        const char *head = strstr(line, "error[E"), *warning = strstr(line, "warning[W");
        char code[6] = "", place[24] = "-";
        if (!head || (warning && warning < head)) head = warning;
        if (!head || sscanf(head, "%*[a-z][%5[EW0-9]]", code) != 1) continue;
        int row, column, used = 0;
        for (const char *at = line; at < head && !used; at++)
            if (*at == ':' && sscanf(at, ":%d:%d: %n", &row, &column, &used) == 2 && used &&
                at + used == head)
                snprintf(place, sizeof place, "%d:%d", row, column);
            else
                used = 0;
        if (head == line || *place != '-' || strstr(line, "eligo: ") == line) add(&reports, code, place);
    }
    sort(&reports);
    return reports;
}

static Reports expected(const char *text, char command[256]) {
    Reports reports = {0};
    for (const char *at = text; (at = strstr(at, "#! ")); at += 3) {
        char code[6] = "", place[24] = "";
        if (sscanf(at, "#! run %255[^\n]", command) == 1) continue;
        cr_assert_eq(sscanf(at, "#! %5[EW0-9] %23s", code, place), 2, "malformed expectation: %.30s", at);
        add(&reports, code, place);
    }
    sort(&reports);
    return reports;
}

/* The corpus's files by name; returns how many there are, and fills in at most `most`. */
static int list_specs(Spec *specs, int most) {
    struct dirent **entries;
    int files = scandir(FOLDER, &entries, NULL, alphasort), count = 0;
    for (int i = 0; i < files; i++) {
        if (strstr(entries[i]->d_name, ".eligo") && count++ < most)
            snprintf(specs[count - 1].file, sizeof specs->file, "%.79s", entries[i]->d_name);
        free(entries[i]);
    }
    if (files >= 0) free(entries);
    return count;
}

ParameterizedTestParameters(invalid, says_what_is_wrong) {
    static Spec specs[MOST];
    int count = list_specs(specs, MOST);
    return cr_make_param_array(Spec, specs, (size_t)(count < MOST ? count : MOST));
}

ParameterizedTest(Spec *spec, invalid, says_what_is_wrong) {
    char *path = formatted(FOLDER "/%s", spec->file), command[256] = "check", *output = NULL;
    char *text = file_content(path, NULL);
    cr_assert_not_null(text, "%s", path);
    Reports wanted = expected(text, command);
    cr_assert_gt(wanted.count, 0, "%s expects nothing", path);
    int word = (int)strcspn(command, " ");
    int status = run(&output, "'%s' %.*s %s%s", program(), word, command, path, command + word);
    char *copy = formatted("%s", output);
    Reports got = reported(copy);
    bool any_error = false;
    for (int i = 0; i < wanted.count; i++) any_error = any_error || wanted.text[i][0] == 'E';
    cr_assert_eq(status, any_error ? 1 : 0, "%s: exit status %d\n%s", path, status, output);
    cr_assert_eq(got.count, wanted.count, "%s: %d reports for %d\n%s", path, got.count, wanted.count, output);
    for (int i = 0; i < wanted.count; i++)
        cr_assert_str_eq(got.text[i], wanted.text[i], "%s: %s instead of %s\n%s", path, got.text[i],
                         wanted.text[i], output);
    free(copy), free(output), free(text), free(path);
}

Test(invalid, is_a_corpus) {
    int specs = list_specs(NULL, 0);
    cr_assert_geq(specs, LEAST);
    cr_assert_leq(specs, MOST, "the suite would leave some out");
}

Test(invalid, writes_nothing) {
    char *folder = scratch_make("invalid"), *output = NULL;
    int status =
        run(&output, "'%s' emit %s/shape_add.eligo --rule bptt -o %s/made", program(), FOLDER, folder);
    cr_assert_eq(status, 1, "%d: %s", status, output);
    cr_assert_eq(run(NULL, "test -z \"$(ls -A %s)\"", folder), 0, "something was written");
    free(output);
    scratch_remove(folder);
}
