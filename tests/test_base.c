/* The floor everything stands on: arenas, numbers as text, places in sources, diagnostics. */
#include "base/clocale.h"
#include "base/diagnostic.h"
#include "base/number.h"
#include "base/vector.h"
#include "support.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

Test(arena, gives_zeroed_aligned_separate_memory) {
    Arena *arena = arena_new();
    static const size_t sizes[] = {1, 0, 7, 4096, 20000, 65536, 1000000, 3};
    unsigned char *blocks[LENGTH(sizes)];
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        blocks[i] = arena_alloc(arena, sizes[i]);
        cr_assert_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++) cr_assert_eq(blocks[i][j], 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < LENGTH(sizes); i++)
        for (size_t j = 0; j < sizes[i]; j++) cr_assert_eq(blocks[i][j], i + 1);
    cr_assert_str_eq(arena_printf(arena, "%s %.1f", "a", 0.5), "a 0.5");
    cr_assert_null(arena_string(arena, NULL));
    arena_free(arena);
    arena_free(NULL);
}

Test(vector, keeps_what_was_pushed) {
    Arena *arena = arena_new();
    VEC(int) v = {0};
    for (int i = 0; i < 1000; i++) vec_push(arena, &v, i * i);
    cr_assert_eq(v.count, 1000);
    for (int i = 0; i < 1000; i++) cr_assert_eq(v.at[i], i * i);
    arena_free(arena);
}

Test(number, is_written_shortest) {
    static const struct {
        double value;
        const char *text;
    } table[] = {{0.1, "0.1"},
                 {1e-5, "1e-05"},
                 {3, "3"},
                 {-0.0, "-0"},
                 {100, "100"},
                 {1e22, "1e+22"},
                 {0.5, "0.5"},
                 {1.0 / 3, "0.3333333333333333"},
                 {123456789012345, "123456789012345"},
                 {1e15, "1e+15"},
                 {-2.5, "-2.5"},
                 {5e-324, "5e-324"},
                 {0.30000000000000004, "0.30000000000000004"}};
    for (size_t i = 0; i < LENGTH(table); i++) {
        Text text = {0};
        text_number(&text, table[i].value);
        cr_expect_str_eq(text.at, table[i].text);
        text_free(&text);
    }
}

Test(number, comes_back_from_its_text) {
    uint64_t bits = 88172645463325252U;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double value, back = 0;
        memcpy(&value, &bits, sizeof value);
        if (!(value - value == 0)) continue; /* not finite */
        Text text = {0};
        text_number(&text, value);
        cr_assert(number_parse(text.at, text.length, &back), "%s", text.at);
        cr_assert_eq(memcmp(&back, &value, sizeof back), 0, "%s", text.at);
        text_free(&text);
    }
}

Test(number, is_read_strictly) {
    static const struct {
        const char *text;
        bool good;
        double value;
    } table[] = {{"1", true, 1},         {"-0.5", true, -0.5}, {".5", true, 0.5},   {"1.", true, 1},
                 {"+2e-3", true, 0.002}, {"1e-400", true, 0},  {"1e400", false, 0}, {"", false, 0},
                 {".", false, 0},        {"1e", false, 0},     {" 1", false, 0},    {"1 ", false, 0},
                 {"nan", false, 0},      {"inf", false, 0},    {"0x10", false, 0},  {"1,5", false, 0},
                 {"--1", false, 0},      {"1.5.2", false, 0},  {"0.1", true, 0.1}};
    for (size_t i = 0; i < LENGTH(table); i++) {
        double value = 42;
        cr_expect_eq(number_parse(table[i].text, strlen(table[i].text), &value), table[i].good, "%s",
                     table[i].text);
        cr_expect_eq(value, table[i].good ? table[i].value : 42, "%s", table[i].text);
    }
    double value = 0;
    cr_expect(number_parse("12345", 2, &value) && value == 12);
    char longer[301];
    memset(longer, '0', 300);
    longer[299] = '7', longer[300] = '\0';
    cr_expect(number_parse(longer, 300, &value) && value == 7);
}

/* The surroundings' locale is theirs again after each call; that it doesn't matter is tested where a locale
 * with a decimal comma was built. */
Test(number, leaves_the_locale_alone) {
    const locale_t theirs = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
    cr_assert(theirs);
    uselocale(theirs);
    Text text = {0};
    text_number(&text, 0.5);
    text_printf(&text, " %g", 1.5);
    cr_expect_str_eq(text.at, "0.5 1.5");
    cr_expect_eq(uselocale((locale_t)0), theirs);
    uselocale(LC_GLOBAL_LOCALE);
    freelocale(theirs);
    text_free(&text);
}

Test(text, measures_and_compares_names) {
    cr_expect_eq(text_columns("αβ c"), 4);
    cr_expect_eq(text_columns("s\u0303 θ\u0303"), 3, "a mark on a letter takes no column");
    static const struct {
        const char *a, *b;
        int distance;
    } table[] = {{"", "", 0},    {"cell", "cel", 1}, {"cell", "clel", 1}, {"state", "sate", 1},
                 {"abc", "", 3}, {"abc", "xyz", 3},  {"ca", "abc", 3},    {"kitten", "sitting", 3}};
    for (size_t i = 0; i < LENGTH(table); i++) {
        cr_expect_eq(text_distance(table[i].a, table[i].b), table[i].distance, "%s %s", table[i].a,
                     table[i].b);
        cr_expect_eq(text_distance(table[i].b, table[i].a), table[i].distance, "%s %s", table[i].b,
                     table[i].a);
    }
}

Test(text, suggests_the_closest_name) {
    static const char *const names[] = {"Wi", "Wf", "cell", "state", "x"};
    static const struct {
        const char *name, *close;
    } table[] = {{"cel", "cell"}, {"statr", "state"}, {"Wg", "Wi"},
                 {"y", NULL},     {"network", NULL},  {"stt", "state"}};
    for (size_t i = 0; i < LENGTH(table); i++) {
        const char *close = closest_name(table[i].name, names, LENGTH(names));
        cr_expect(close == table[i].close || (close && table[i].close && strcmp(close, table[i].close) == 0),
                  "%s: %s", table[i].name, close ? close : "nothing");
    }
}

Test(source, places_count_code_points) {
    Arena *arena = arena_new();
    const char *text = "ab\nαβ c\n";
    const Source *source = source_from_text(arena, "s", text, strlen(text));
    static const struct {
        int offset, line, column;
    } table[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3},  {3, 2, 1},  {5, 2, 2},
                 {7, 2, 3}, {8, 2, 4}, {10, 3, 1}, {99, 3, 1}, {-1, 1, 1}};
    for (size_t i = 0; i < LENGTH(table); i++) {
        const Place place = source_place(source, table[i].offset);
        cr_expect(place.line == table[i].line && place.column == table[i].column, "offset %d: %d:%d",
                  table[i].offset, place.line, place.column);
    }
    arena_free(arena);
}

Test(source, reads_files_whole) {
    Arena *arena = arena_new();
    char *folder = scratch_make("source"), *path = formatted("%s/long", folder);
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    for (int i = 0; i < 100000; i++) fputc(i % 251, file);
    fclose(file);
    const Source *source = source_read(arena, path);
    cr_assert(source && source->length == 100000);
    for (int i = 0; i < 100000; i++) cr_assert_eq((unsigned char)source->text[i], i % 251);
    cr_expect_eq(source->text[100000], '\0');
    remove(path);
    errno = 0;
    cr_expect_null(source_read(arena, path));
    cr_expect_eq(errno, ENOENT);
    cr_expect_null(source_read(arena, "/"));
    cr_expect_eq(errno, EISDIR);
    free(path);
    scratch_remove(folder);
    arena_free(arena);
}

static const char *printed(Diagnostics *all) {
    Text text = {0};
    diagnostics_print(all, false, &text);
    const char *copy = arena_string(all->arena, text.at);
    text_free(&text);
    return copy;
}

Test(diagnostic, shows_line_caret_labels_and_help) {
    Arena *arena = arena_new();
    const char *text = "size n;\n\tα = gg + R;\n";
    const Source *source = source_from_text(arena, "f.eligo", text, strlen(text));
    Diagnostics *all = diagnostics_new(arena);
    Diagnostic *late = diagnose(all, (Span){source, 14, 16}, "E0201", "unknown name `%s`", "gg");
    diagnostic_label(all, late, (Span){source, 19, 20}, "a matrix");
    diagnostic_label(all, late, (Span){source, 0, 4}, "declared here");
    diagnostic_help(all, late, "did you mean `g`?");
    diagnose(all, (Span){source, 5, 6}, "W0401", "unused");
    diagnose(all, (Span){0}, "N0001", "done");
    cr_expect_eq(all->errors, 1);
    cr_expect_str_eq(printed(all), "f.eligo:1:6: warning[W0401]: unused\n"
                                   "    1 | size n;\n"
                                   "      |      ^\n"
                                   "f.eligo:2:6: error[E0201]: unknown name `gg`\n"
                                   "    2 | \tα = gg + R;\n"
                                   "      | \t    ^^\n"
                                   "      | \t         - a matrix\n"
                                   "    1 | size n;\n"
                                   "      | ---- declared here\n"
                                   "      = help: did you mean `g`?\n"
                                   "note[N0001]: done\n");
    arena_free(arena);
}

Test(diagnostic, is_safe_on_any_text) {
    Arena *arena = arena_new();
    char *text = arena_alloc(arena, 5001);
    memset(text, 'x', 5000);
    text[2500] = '\033';
    const Source *source = source_from_text(arena, "long", text, 5000);
    Diagnostics *all = diagnostics_new(arena);
    diagnose(all, (Span){source, 2500, 2600}, "E0101", "odd");
    diagnose(all, (Span){source, 5000, 5000}, "E0101", "at the end");
    const char *out = printed(all);
    cr_expect(strlen(out) < 1500);
    cr_expect_null(strchr(out, '\033'));
    cr_expect_not_null(strstr(out, "\xEF\xBF\xBD"));
    arena_free(arena);
}
