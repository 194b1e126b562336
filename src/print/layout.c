#include "print/layout.h"

#include <stdbool.h>
#include <string.h>

/* A last column narrower than LEAST_ROOM goes on lines of its own, unless a row of TABLE_WIDTH holds it. */
enum { LEAST_ROOM = 48, TABLE_WIDTH = 120 };

static void blanks(Text *out, int count) {
    for (int i = 0; i < count; i++) text_add(out, " ");
}

/* Does this byte begin a character with a column of its own? A combining mark (U+0300 to U+036F) has none. */
static bool takes_column(const char *byte) {
    const unsigned char first = (unsigned char)byte[0], next = first ? (unsigned char)byte[1] : 0;
    const bool combines = first == 0xCC || (first == 0xCD && next < 0xB0);
    return (first & 0xC0) != 0x80 && !combines;
}

static int columns_of(const char *text, size_t length) {
    int columns = 0;
    for (size_t i = 0; i < length; i++) columns += takes_column(text + i);
    return columns;
}

/* How well a line breaks at this blank: before + or - in few parentheses best, before other operators next.
 */
static int quality(const char *blank, int depth) {
    if (strncmp(blank, " + ", 3) == 0 || strncmp(blank, " - ", 3) == 0) return -2 * depth;
    if (strncmp(blank, " * ", 3) == 0 || strncmp(blank, " / ", 3) == 0 || strncmp(blank, " · ", 4) == 0)
        return -2 * depth - 1;
    return -1000 - depth;
}

/* The byte at which to break so that at most `room` columns stay; the whole length when it fits or can't
 * break. */
static size_t break_at(const char *line, int room) {
    const size_t length = strlen(line);
    if (columns_of(line, length) <= room) return length;
    int depth = 0, best_quality = -100000, column = 0;
    size_t best = 0;
    for (size_t i = 0; i < length && (column < room || best == 0); i++) {
        column += takes_column(line + i);
        if (line[i] == '(' || line[i] == '[') depth++;
        if (line[i] == ')' || line[i] == ']') depth--;
        if (line[i] != ' ' || i == 0) continue;
        const int here = quality(line + i, depth);
        const bool late = column * 3 > room; /* a break near the margin leaves ragged stumps */
        if (best && (here < best_quality || (!late && here == best_quality))) continue;
        best = i;
        best_quality = here;
    }
    return best ? best : length;
}

static void wrapped(Text *out, int indent, int hang, const char *line, int width) {
    for (int at = indent;; at = indent + hang) {
        const size_t length = break_at(line, width - at);
        blanks(out, at);
        text_add_bytes(out, line, length);
        text_add(out, "\n");
        if (!line[length]) return;
        line += length + 1;
    }
}

void layout_line(Text *out, int indent, int hang, const char *line) {
    wrapped(out, indent, hang, line, LAYOUT_WIDTH);
}

void layout_equation(Text *out, int indent, int left_width, const char *left, const char *sign,
                     const char *right) {
    Text line = {0};
    text_add(&line, left);
    blanks(&line, left_width - text_columns(left));
    text_printf(&line, " %s %s", sign, right);
    layout_line(out, indent, left_width + text_columns(sign) + 2, line.at);
    text_free(&line);
}

void table_cell(Table *table, const char *text) { vec_push(table->arena, &table->cells, text); }

static const char *cell_at(const Table *table, int row, int column) {
    return table->cells.at[row * table->columns + column];
}

/* All cells of a row but the last, padded where more follows. */
static void print_row(const Table *table, int row, const int *width, bool padded, Text *out) {
    for (int c = 0; c + 1 < table->columns; c++) {
        const char *cell = cell_at(table, row, c);
        text_add(out, cell);
        if (c + 2 < table->columns || padded) blanks(out, width[c] - text_columns(cell) + 2);
    }
}

void table_print(const Table *table, int indent, Text *out) {
    const int columns = table->columns, rows = table->cells.count / columns;
    int *width = arena_alloc(table->arena, sizeof *width * (size_t)columns);
    for (int i = 0; i < rows * columns; i++) {
        const int cell = text_columns(table->cells.at[i]);
        if (cell > width[i % columns]) width[i % columns] = cell;
    }
    int last = indent;
    for (int c = 0; c + 1 < columns; c++) last += width[c] + 2;
    const int room = LAYOUT_WIDTH - last;
    const bool fits = last + width[columns - 1] <= TABLE_WIDTH;
    const bool stacked = !fits && room < LEAST_ROOM;
    for (int row = 0; row < rows; row++) {
        const char *cell = cell_at(table, row, columns - 1);
        const bool beside = *cell && (!stacked || text_columns(cell) <= room);
        blanks(out, indent);
        print_row(table, row, width, beside, out);
        if (!beside) text_add(out, "\n");
        if (!*cell) continue;
        Text tail = {0};
        const int at = beside ? last : indent + 8;
        wrapped(&tail, at, 2, cell, beside && fits ? TABLE_WIDTH : LAYOUT_WIDTH);
        text_add(out, tail.at + (beside ? at : 0));
        text_free(&tail);
    }
}
