/* Texts in pages of any width: nothing that can be broken passes it, and what files get doesn't depend on it.
 */
#define _XOPEN_SOURCE 700 /* pseudo terminals */
#include "base/text.h"
#include "eligo.h"
#include "support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const int widths[] = {40, 60, 80, 100, 200};
static const char *const rules[] = {"eprop", "eprop(2)", "bptt", "tbptt(12)", "snap(1)", "uoro", "dsf"};
enum { WIDTHS = sizeof widths / sizeof *widths, RULES = sizeof rules / sizeof *rules };

/* ---- the library on all pages ---- */

/* The longest line; one that has no blank after its indent is a word and doesn't count. */
static int longest_line(const char *text, char **longest) {
    int most = 0;
    *longest = NULL;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        char *own = formatted("%.*s", (int)strcspn(line, "\n"), line);
        const int columns = text_columns(own);
        if (columns > most && strchr(own + strspn(own, " "), ' ')) {
            most = columns;
            free(*longest);
            *longest = own;
        } else {
            free(own);
        }
    }
    return most;
}

/* Every word of `text` in its order without what layouts add: line ends, rules of `=`. */
static char *words_of(const char *text) {
    char *words = calloc(1, strlen(text) + 2), *to = words;
    for (const char *at = text; *at;) {
        const size_t length = strcspn(at, " \n");
        if (length && strspn(at, "=") < 3) {
            memcpy(to, at, length);
            to += length;
            *to++ = ' ';
        }
        at += length + strspn(at + length, " \n");
    }
    return words;
}

typedef struct Tally {
    int texts, narrowed; /* texts, and lines of the narrowest of them */
} Tally;

static void check_pages(const EligoDerivation *derivation, const char *what, Tally *tally) {
    char *text = eligo_print_text(derivation, 0, ELIGO_SPELLING_PLAIN),
         *same = eligo_print(derivation, ELIGO_TEXT);
    cr_expect_str_eq(text, same, "%s", what);
    for (int w = 0; w < WIDTHS; w++) {
        char *page = eligo_print_text(derivation, widths[w], ELIGO_SPELLING_PLAIN), *line;
        const int longest = longest_line(page, &line);
        cr_expect(longest <= widths[w], "%s in %d columns has %d: %s", what, widths[w], longest, line);
        cr_expect_null(strstr(page, " \n"), "%s in %d columns: a line ends in a blank", what, widths[w]);
        cr_expect(strlen(page) * 10 > strlen(text) * 7, "%s in %d columns: something is lost", what,
                  widths[w]);
        tally->texts++;
        if (longest == widths[w]) tally->narrowed++;
        free(page), free(line);
    }
    free(text), free(same);
}

static void check_cell(const char *name, Tally *tally) {
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", 5);
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    cr_assert(spec, "%s", name);
    for (int r = 0; r < RULES; r++) {
        if (!eligo_applies(spec, rules[r], NULL)) continue;
        EligoDerivation *derivation = eligo_derive(eligo, spec, rules[r], NULL, ELIGO_CARRY_RULE);
        cr_assert(derivation, "%s by %s", name, rules[r]);
        char *what = formatted("%s by %s", name, rules[r]);
        check_pages(derivation, what, tally);
        free(what);
        eligo_derivation_free(derivation);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(width, no_line_passes_it, .timeout = 240) {
    Tally tally = {0, 0};
    LibraryNames cells = library_names("cells");
    for (int c = 0; c < cells.count; c++) check_cell(cells.at[c], &tally);
    library_names_free(&cells);
    fprintf(stderr, "width: %d pages, %d of them filled\n", tally.texts, tally.narrowed);
    cr_expect(tally.texts > 500 && tally.narrowed > tally.texts / 4);
}

static EligoDerivation *derived(Eligo *eligo, EligoSpec **spec, const char *name, const char *rule) {
    *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = *spec ? eligo_derive(eligo, *spec, rule, NULL, ELIGO_CARRY_RULE) : NULL;
    cr_assert(derivation, "%s by %s", name, rule);
    return derivation;
}

/* Where no table is stacked the words are the same, in the same order. */
Test(width, pages_say_the_same) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec;
    EligoDerivation *derivation = derived(eligo, &spec, "diag", "eprop");
    char *wide = eligo_print_text(derivation, 200, ELIGO_SPELLING_PLAIN),
         *narrow = eligo_print_text(derivation, 100, ELIGO_SPELLING_PLAIN);
    cr_expect(strcmp(wide, narrow) != 0);
    char *of_wide = words_of(wide), *of_narrow = words_of(narrow);
    cr_expect_str_eq(of_wide, of_narrow);
    free(wide), free(narrow), free(of_wide), free(of_narrow);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(width, a_row_that_has_no_room_is_stacked) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec;
    EligoDerivation *derivation = derived(eligo, &spec, "lstm", "eprop(2)");
    char *text = eligo_print_text(derivation, 60, ELIGO_SPELLING_PLAIN);
    cr_expect(strstr(text, "\nkeep      (implicit | spatial)*\n          ((explicit"), "%s", text);
    cr_expect(strstr(text, "\n    Rf @ h[t-1] → f → c\n"
                           "        class       explicit\n"
                           "        rule        kept q0→q1; dropped in q1\n"
                           "        derivative  c[t-1] * f * (1 - f) · Rf\n"),
              "%s", text);
    free(text);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(width, costs_fit_too) {
    static const char *const compared[] = {"eprop", "bptt", "snap(1)", "uoro"};
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, "lstm", ELIGO_TARGET_UNKNOWN);
    for (int w = 0; w < WIDTHS; w++) {
        char *text = eligo_cost(eligo, spec, compared, 4, true, false, widths[w]), *line;
        const int longest = longest_line(text, &line);
        cr_expect(longest <= widths[w], "%d columns: %s", widths[w], line);
        free(text), free(line);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
}

/* Lines that have their indents: diff's and explain's. */
Test(width, longer_lines_are_wrapped) {
    static const struct {
        const char *text, *wrapped;
    } lines[] = {{"", ""},
                 {"short\n\n    Rf -> c   ends\n", "short\n\n    Rf -> c   ends\n"},
                 {"    Rf -> c[t-2] -> h[t-2] -Ro-> h[t-1] -Rf-> c[t]\n",
                  "    Rf -> c[t-2] -> h[t-2] -Ro-> h[t-1]\n        -Rf-> c[t]\n"},
                 {"no end", "no end\n"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *same = eligo_wrap(lines[i].text, 0), *wrapped = eligo_wrap(lines[i].text, 40);
        cr_expect_str_eq(same, lines[i].text);
        cr_expect_str_eq(wrapped, lines[i].wrapped);
        free(same), free(wrapped);
    }
}

/* ---- the option, and the terminal ---- */

/* What the program writes to a terminal of so many columns (0: it doesn't say). */
static char *on_terminal(int columns, const char *said, const char *arguments) {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    const int end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    const struct winsize size = {.ws_row = 24, .ws_col = (unsigned short)columns};
    cr_assert(end >= 0 && ioctl(end, TIOCSWINSZ, &size) == 0);
    char *command = formatted("COLUMNS=%s exec '%s' %s", said, program(), arguments);
    const pid_t child = fork();
    if (child == 0) {
        dup2(end, STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(end);
    free(command);
    Text text = {0};
    char bytes[4096];
    for (ssize_t got; (got = read(terminal, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            if (bytes[i] != '\r') text_add_bytes(&text, bytes + i, 1);
    int status = -1;
    waitpid(child, &status, 0);
    close(terminal);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "eligo %s: %s", arguments, text.at);
    return text.at;
}

static char *to_pipe(const char *arguments) {
    char *text;
    cr_assert_eq(run(&text, "COLUMNS=50 '%s' %s", program(), arguments), 0, "%s", text);
    return text;
}

static void expect_same(char *a, char *b, const char *what) {
    cr_expect_str_eq(a, b, "%s", what);
    free(a), free(b);
}

Test(width, a_terminal_has_its_own) {
    const char *derive = "derive lstm --rule eprop";
    expect_same(on_terminal(66, "50", derive), to_pipe("derive lstm --rule eprop --width 66"), "66");
    expect_same(on_terminal(0, "50", derive), to_pipe("derive lstm --rule eprop --width=50"), "$COLUMNS");
    expect_same(on_terminal(20, "50", derive), to_pipe("derive lstm --rule eprop --width 40"), "too narrow");
    expect_same(on_terminal(66, "50", "derive lstm --rule eprop --width 80"),
                to_pipe("derive lstm --rule eprop --width 80"), "the option before the terminal");
    expect_same(on_terminal(66, "50", "cost lstm --rule eprop,bptt"),
                to_pipe("cost lstm --rule eprop,bptt --width 66"), "cost");
    expect_same(on_terminal(66, "50", "explain lstm --rule 'eprop(2)' --param Rf"),
                to_pipe("explain lstm --rule 'eprop(2)' --param Rf --width 66"), "explain");
}

Test(width, files_have_none) {
    char *text = to_pipe("derive lstm --rule eprop");
    expect_golden("tests/golden/lstm_eprop.txt", text);
    free(text);
}

Test(width, what_diff_and_explain_say) {
    static const char *const asked[] = {
        "diff 'keep implicit*' 'tbptt(3)' --on lstm", "explain lstm --rule 'eprop(2)' --param Rf",
        "explain lstm --rule eprop --path 'h[t-1] -> c'",
        "explain lstm --rule eprop --line $(grep -n -m 1 'grad_Ri);' generated/lstm_eprop_m1.c | cut -d: "
        "-f1) --file generated/lstm_eprop_m1.c"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char *said, *wrapped, *line;
        run(&said, "'%s' %s", program(), asked[i]);
        run(&wrapped, "'%s' %s --width 60", program(), asked[i]);
        cr_expect_gt(longest_line(said, &line), 60, "%s", asked[i]);
        free(line);
        cr_expect_leq(longest_line(wrapped, &line), 60, "%s: %s", asked[i], line);
        free(line);
        char *words = words_of(said), *same = words_of(wrapped);
        cr_expect_str_eq(words, same);
        free(words), free(same), free(said), free(wrapped);
    }
}

Test(width, what_is_no_width) {
    static const char *const wrong[] = {"39", "401", "60.5", "wide", "0", "-5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *said;
        cr_expect_eq(run(&said, "'%s' derive lstm --rule eprop --width=%s", program(), wrong[i]), 2);
        cr_expect(strstr(said, "E0653") && strstr(said, "from 40 to 400"), "%s: %s", wrong[i], said);
        free(said);
    }
    char *said;
    cr_expect_eq(run(&said, "'%s' derive lstm --rule eprop --format json --width 60", program()), 2);
    cr_expect(strstr(said, "E0658"), "%s", said);
    free(said);
}
