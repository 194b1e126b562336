/* Lists of what the library holds: a line each, and as tables for the manual. */
#include "eligo_internal.h"

#include "syntax/parse.h"

#include <string.h>

/* ---- what a file says of itself ---- */

/* The opening comment as one line. */
static const char *opening_comment(Arena *arena, const char *source) {
    Text text = {0};
    text_add(&text, "");
    for (const char *line = source; *line == '#'; line += *line == '\n') {
        const char *end = line + strcspn(line, "\n");
        while (line < end && (*line == '#' || *line == ' ')) line++;
        text_printf(&text, "%s%.*s", text.length ? " " : "", (int)(end - line), line);
        line = end;
    }
    const char *kept = arena_string(arena, text.at);
    text_free(&text);
    return kept;
}

/* "et al." and initials end no sentence. */
static bool ends_sentence(const char *at, size_t n) {
    if (n < 2 || at[n - 1] != '.' || at[n - 2] == '.') return false;
    if (n >= 4 && strncmp(at + n - 4, " al.", 4) == 0) return false;
    return !(at[n - 2] >= 'A' && at[n - 2] <= 'Z' && (n < 3 || at[n - 3] == ' '));
}

/* How much of the comment is its first sentence: it says what the file has, and where that is from. */
static size_t first_sentence(const char *comment) {
    for (size_t n = 0; comment[n]; n++)
        if (comment[n] == ' ' && ends_sentence(comment, n)) return n;
    return strlen(comment);
}

/* ---- a line each ---- */

static Source *library_file(const Eligo *eligo, Arena *arena, const char *folder, const char *name) {
    return source_read(arena, arena_printf(arena, "%s/%s/%s.eligo", eligo->library, folder, name));
}

static void list_file(const Eligo *eligo, const char *folder, const char *name, Text *out) {
    Arena *arena = arena_new();
    const Source *source = library_file(eligo, arena, folder, name);
    const char *comment = opening_comment(arena, source ? source->text : "");
    text_printf(out, "%-20s %.*s\n", name, (int)first_sentence(comment), comment);
    arena_free(arena);
}

static void list_operators(Text *out) {
    for (int op = 0; op < EXPR_FUNCTION; op++) {
        const Operator *operator= expr_operator((ExprOp)op);
        if (op == EXPR_HASH) continue; /* what draws of constants are made of */
        text_printf(out, "%-16s %d  %s\n", operator->name, operator->arity, operator->note ? operator->note : "");
    }
    text_add(out, "sum              1  over the units of a vector; a cross-unit reduction: counts as a "
                  "synapse crossing\n"
                  "mean             1  sum / size\n"
                  "softmax          1  over the units of a vector; a cross-unit reduction\n"
                  "unit             1  of the name of a size: each unit's index, from 0\n"
                  "share            2  of a fraction and the name of a size: so many units, rounded\n");
}

static bool is_folder(const char *what) {
    return strcmp(what, "cells") == 0 || strcmp(what, "rules") == 0 || strcmp(what, "networks") == 0;
}

char *eligo_list(Eligo *eligo, const char *what) {
    Text text = {0};
    if (strcmp(what, "operators") == 0) {
        list_operators(&text);
        return text.at;
    }
    if (!is_folder(what)) return NULL;
    Names names = package_library_names(eligo->arena, eligo->library, what);
    text_add(&text, "");
    for (int i = 0; i < names.count; i++) list_file(eligo, what, names.at[i], &text);
    return text.at;
}

/* ---- tables ---- */

/* A part of a source as one line of a table's cell: without comments, one blank for any, `|` escaped. */
static void add_source(const char *at, const char *end, Text *out) {
    const size_t before = out->length;
    for (bool gap = false; at < end; at++) {
        if (*at == '#') at += strcspn(at, "\n");
        if (at >= end) break;
        if (*at == ' ' || *at == '\n' || *at == '\t') {
            gap = out->length > before;
            continue;
        }
        if (gap) text_add(out, " ");
        gap = false;
        if (*at == '|') text_add(out, "\\");
        text_add_bytes(out, at, 1);
    }
}

static void rule_row(const AstRule *rule, const char *comment, Text *out) {
    const char *text = rule->span.source->text;
    const char *head = text + rule->name.span.begin, *end = text + rule->span.end;
    const char *open = strchr(head, '{');
    const size_t first = first_sentence(comment);
    text_add(out, "| `");
    add_source(head, open, out);
    text_add(out, "` | `");
    add_source(open + 1, end - 1, out);
    text_printf(out, "` | %s | %.*s |\n", comment[first] ? comment + first + 1 : "", (int)first, comment);
}

static void names_of(const AstCell *cell, AstDeclareKind kind, Text *out) {
    int found = 0;
    for (int i = 0; i < cell->declarations.count; i++) {
        const AstDeclaration *declaration = cell->declarations.at[i];
        if (declaration->kind == kind)
            text_printf(out, "%s`%s`", found++ ? ", " : "", declaration->name.name);
    }
}

static void cell_row(const AstCell *cell, const char *comment, Text *out) {
    text_printf(out, "| `%s` | ", cell->name.name);
    names_of(cell, DECLARE_STATE, out);
    text_add(out, " | ");
    names_of(cell, DECLARE_PARAM, out);
    text_printf(out, " | %s |\n", comment);
}

char *eligo_list_markdown(Eligo *eligo, const char *what) {
    const bool rules = strcmp(what, "rules") == 0;
    if (!rules && strcmp(what, "cells") != 0) return NULL;
    Text text = {0};
    text_add(&text,
             rules
                 ? "| rule | clauses | what it does | from |\n|---|---|---|---|\n"
                 : "| cell | states | parameters | what it is, and where it is from |\n|---|---|---|---|\n");
    Names names = package_library_names(eligo->arena, eligo->library, what);
    for (int i = 0; i < names.count; i++) {
        Arena *arena = arena_new();
        Source *source = library_file(eligo, arena, what, names.at[i]);
        if (source) {
            const AstFile *file = syntax_parse(arena, source, diagnostics_new(arena));
            const char *comment = opening_comment(arena, source->text);
            for (int k = 0; rules && k < file->rules.count; k++) rule_row(file->rules.at[k], comment, &text);
            for (int k = 0; !rules && k < file->cells.count; k++) cell_row(file->cells.at[k], comment, &text);
        }
        arena_free(arena);
    }
    return text.at;
}
