/* The manual: its tables are the library's, and its page on inventing a rule says what the program says. */
#include "support.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_same_file(const char *one, const char *other) {
    char *a = file_content(one, NULL), *b = file_content(other, NULL);
    cr_assert(a && b, "%s, %s", one, other);
    cr_expect_str_eq(a, b, "%s is stale: `make docs` writes it anew", one);
    free(a), free(b);
}

Test(docs, tables_are_written_from_the_library) {
    static const char *const pages[] = {"rules", "cells"};
    char *folder = scratch_make("docs"), *output;
    cr_assert_eq(
        run(&output,
            "cp docs/rules.md docs/cells.md '%s' && ELIGO_LIBRARY=library sh docs/tables.sh '%s' '%s'",
            folder, program(), folder),
        0, "%s", output);
    free(output);
    for (int i = 0; i < 2; i++) {
        char *committed = formatted("docs/%s.md", pages[i]), *made = formatted("%s/%s.md", folder, pages[i]);
        expect_same_file(committed, made);
        free(committed), free(made);
    }
    scratch_remove(folder);
}

Test(docs, a_table_has_a_row_for_each_file) {
    static const char *const lists[] = {"rules", "cells"};
    for (int i = 0; i < 2; i++) {
        char *output;
        cr_assert_eq(
            run(&output,
                "ls library/%s/*.eligo | wc -l; '%s' list %s --markdown | tail -n +3 | grep -c '^| `.*` "
                "|.*|.*|.* |$'",
                lists[i], program(), lists[i]),
            0);
        int files = 0, rows = -1;
        cr_assert_eq(sscanf(output, "%d %d", &files, &rows), 2, "%s", output);
        cr_expect_gt(files, 20);
        cr_expect_eq(rows, files, "%s: %d rows of %d files", lists[i], rows, files);
        free(output);
    }
}

/* ---- a page whose commands are run ---- */

/* Numbers that rounding moves from machine to machine stand for themselves: digits become one `#`. */
static void without_numbers(char *text) {
    char *to = text;
    for (const char *from = text; *from;) {
        if (!isdigit((unsigned char)*from)) {
            *to++ = *from++;
            continue;
        }
        while (isdigit((unsigned char)*from) || (*from && strchr(".e+-", *from) && from[1] && from[1] != ' '))
            from++;
        *to++ = '#';
        while (to - text > 1 && to[-2] == ' ' && to - text > 2 && to[-3] == ' ') to[-2] = to[-1], to--;
    }
    *to = 0;
}

/* The line's text must follow `*at` in what the command wrote; `*at` moves behind it. */
static void expect_line(const char *page_line, const char *command, const char *whole, const char **at) {
    const char *found = strstr(*at, page_line);
    cr_expect(found, "`%s` doesn't write (in this order)\n%s\nbut\n%s", command, page_line, whole);
    if (found) *at = found + strlen(page_line);
}

typedef struct Page {
    char *folder, *output, *command;
    const char *at;      /* in the output: what was found is before it */
    bool rounds;         /* the command's numbers are compared without their digits */
    int commands, lines; /* seen */
    double accuracy[8];  /* in training, of each `train` in order */
    int trained;
} Page;

static void run_command(Page *page, const char *command) {
    free(page->output), free(page->command);
    page->command = formatted("%s", command);
    cr_assert(strncmp(command, "eligo ", 6) == 0, "%s", command);
    const int status = run(&page->output, "cd '%s' && '%s' %s", page->folder, program(), command + 6);
    cr_assert_eq(status, 0, "%s: %d\n%s", command, status, page->output);
    const bool trains = strncmp(command, "eligo train", 11) == 0;
    page->rounds = trains || strncmp(command, "eligo verify", 12) == 0;
    const char *mean = trains ? strstr(page->output, " mean ") : NULL;
    if (trains) cr_assert(mean && page->trained < 8, "%s", page->output);
    if (mean) page->accuracy[page->trained++] = atof(mean + 6);
    if (page->rounds) without_numbers(page->output);
    page->at = page->output;
    page->commands++;
}

/* An indented line is a command, a line of its output, or (under no command) a line of mine.eligo. */
static void read_line(Page *page, char *line, FILE *spec, bool *inside) {
    if (strncmp(line, "    ", 4) != 0) {
        if (*line) *inside = false;
        return;
    }
    if (strncmp(line + 4, "$ ", 2) == 0) {
        fflush(spec);
        run_command(page, line + 6);
        *inside = true;
        return;
    }
    if (!*inside) {
        fprintf(spec, "%s\n", line + 4);
        return;
    }
    while (*line == ' ') line++;
    if (page->rounds) without_numbers(line);
    expect_line(line, page->command, page->output, &page->at);
    page->lines++;
}

Test(docs, inventing_shows_what_the_program_says, .timeout = 300) {
    char *text = file_content("docs/inventing.md", NULL);
    Page page = {.folder = scratch_make("inventing")};
    char *path = formatted("%s/mine.eligo", page.folder);
    FILE *spec = fopen(path, "w");
    bool inside = false;
    cr_assert(text && spec);
    for (char *line = text; line && *line;) {
        char *end = strchr(line, '\n');
        if (end) *end = 0;
        read_line(&page, line, spec, &inside);
        line = end ? end + 1 : NULL;
    }
    fclose(spec);
    cr_expect_eq(page.commands, 9);
    cr_expect_gt(page.lines, 25);
    cr_assert_eq(page.trained, 5);
    const double *accuracy = page.accuracy; /* eprop, own_memory, with_reset, one_hop, bptt */
    cr_expect_eq(accuracy[0], accuracy[1], "own_memory is e-prop here");
    cr_expect_gt(accuracy[3], accuracy[0] + 1);
    cr_expect_gt(accuracy[4], accuracy[3] + 1);
    scratch_remove(page.folder);
    free(path), free(page.output), free(page.command), free(text);
}
