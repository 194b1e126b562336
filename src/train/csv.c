/* One pass to count, one to read: the table is then a single block. */
#include "train/csv.h"
#include "base/number.h"
#include "train/file.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static size_t line_length(const char *at) { return strcspn(at, "\n"); }

static const char *next_line(const char *at) {
    at += line_length(at);
    return *at == '\n' ? at + 1 : at;
}

static bool is_blank(const char *at) { return strspn(at, " \t\r") >= line_length(at); }

static int count_columns(const char *at) {
    int columns = 1;
    for (; *at && *at != '\n'; at++) columns += *at == ',';
    return columns;
}

static bool complain_number(Eligo *eligo, const char *name, int line, int column, const char *text,
                            size_t length) {
    const char *bare = length > 0 && strchr("+-", *text) ? text + 1 : text;
    const bool not_finite = strncasecmp(bare, "nan", 3) == 0 || strncasecmp(bare, "inf", 3) == 0;
    if (length == 0) return complain(eligo, "E0608", "%s: row %d, column %d is empty", name, line, column);
    if (not_finite)
        return complain(eligo, "E0606", "%s: row %d, column %d is %.*s: every value must be finite", name,
                        line, column, (int)(length < 20 ? length : 20), text);
    return complain(eligo, "E0608", "%s: row %d, column %d is not a number: `%.*s`", name, line, column,
                    (int)(length < 40 ? length : 40), text);
}

static bool parse_row(Eligo *eligo, const char *name, int line, const char *at, int columns, double *values) {
    for (int column = 1; column <= columns; column++) {
        const size_t whole = strcspn(at, ",\n");
        const char *field = at + strspn(at, " \t");
        const char *end = at + whole;
        if (field > end) field = end;
        while (end > field && strchr(" \t\r", end[-1])) end--;
        const size_t length = (size_t)(end - field);
        if (!number_parse(field, length, &values[column - 1]))
            return complain_number(eligo, name, line, column, field, length);
        at += whole + 1;
    }
    return true;
}

static bool measure(Eligo *eligo, const char *name, const char *text, int first_line, Table *table) {
    int line = first_line;
    for (const char *at = text; *at; at = next_line(at), line++) {
        if (is_blank(at)) continue;
        const int columns = count_columns(at);
        if (table->rows == 0) table->columns = columns;
        if (columns != table->columns)
            return complain(eligo, "E0607", "%s: row %d has %d columns, those before it have %d", name, line,
                            columns, table->columns);
        table->rows++;
    }
    return table->rows > 0 || complain(eligo, "E0610", "%s holds no rows", name);
}

bool csv_parse(Eligo *eligo, Arena *arena, const char *name, const char *text, bool header, Table *table) {
    *table = (Table){.name = name};
    const int first = header ? 2 : 1;
    if (header) text = next_line(text);
    if (!measure(eligo, name, text, first, table)) return false;
    table->values = arena_alloc(arena, (size_t)table->rows * (size_t)table->columns * sizeof(double));
    table->lines = arena_alloc(arena, (size_t)table->rows * sizeof(int));
    int line = first;
    long row = 0;
    for (const char *at = text; *at; at = next_line(at), line++) {
        if (is_blank(at)) continue;
        table->lines[row] = line;
        if (!parse_row(eligo, name, line, at, table->columns, &table->values[row * table->columns]))
            return false;
        row++;
    }
    return true;
}

bool csv_read(Eligo *eligo, Arena *arena, const char *path, bool header, Table *table) {
    Text text = {0};
    bool good = file_read(eligo, path, &text);
    if (good && text.length != strlen(text.at ? text.at : ""))
        good = complain(eligo, "E0608", "%s is no text: it holds a zero byte", path);
    good = good && csv_parse(eligo, arena, path, text.at ? text.at : "", header, table);
    text_free(&text);
    return good;
}
