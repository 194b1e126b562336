#include "print/layout.h"

#include <stdbool.h>
#include <string.h>

enum {
    LEAST_ROOM =
        48, /* a last column narrower than that (or as large a part of a narrow page) is too narrow */
    LEAST_REST = 24, /* what is left of a line after a hanging indent is wider, or the indent gives way */
    STACKED_INDENT = 8
};

Page page_of(int width) {
    return width ? (Page){.width = width, .table_width = width} : (Page){.width = 100, .table_width = 120};
}

static void blanks(Text *out, int count) {
    for (int i = 0; i < count; i++) text_add(out, " ");
}

static int columns_of(const char *text, size_t length) {
    int columns = 0;
    for (size_t i = 0; i < length; i++) columns += text_takes_column(text + i);
    return columns;
}

/* How well a line breaks at this blank: before + or - in few parentheses best, before other operators next.
 */
static int quality(const char *blank, int depth) {
    if (strncmp(blank, " + ", 3) == 0 || strncmp(blank, " - ", 3) == 0) return -2 * depth;
    if (strncmp(blank, " * ", 3) == 0 || strncmp(blank, " / ", 3) == 0 || strncmp(blank, " · ", 4) == 0 ||
        strncmp(blank, " . ", 3) == 0)
        return -2 * depth - 1;
    return -1000 - depth;
}

/* The byte at which to break so that at most `room` columns stay; the whole length when it fits or can't
 * break. The rest of the line begins at column `rest`: to break before that gives it no room, and is done
 * where there is no other blank. */
static size_t break_at(const char *line, int room, int rest) {
    const size_t length = strlen(line);
    if (columns_of(line, length) <= room) return length;
    int depth = 0, best_quality = -100000, column = 0;
    size_t best = 0;
    for (size_t i = 0; i < length && (column < room || best == 0); i++) {
        column += text_takes_column(line + i);
        if (line[i] == '(' || line[i] == '[') depth++;
        if (line[i] == ')' || line[i] == ']') depth--;
        if (line[i] != ' ' || i == 0) continue;
        const int here = quality(line + i, depth) - (column <= rest ? 10000 : 0);
        const bool late = column * 3 > room; /* a break near the margin leaves ragged stumps */
        if (best && (here < best_quality || (!late && here == best_quality))) continue;
        best = i;
        best_quality = here;
    }
    return best ? best : length;
}

static size_t without_blanks(const char *line, size_t length) {
    while (length && line[length - 1] == ' ') length--;
    return length;
}

static void wrapped(Text *out, int indent, int hang, const char *line, int width) {
    const int rest = width - indent - hang < LEAST_REST ? indent + 2 : indent + hang;
    for (int at = indent;; at = rest) {
        const size_t length = break_at(line, width - at, rest - at);
        blanks(out, at);
        text_add_bytes(out, line, without_blanks(line, length));
        text_add(out, "\n");
        line += length + strspn(line + length, " ");
        if (!*line) return;
    }
}

int page_columns(const Page *page, const char *text) {
    Text spelt = {0};
    spell(page->spelling, text, &spelt);
    const int columns = text_columns(spelt.at);
    text_free(&spelt);
    return columns;
}

void layout_line(const Page *page, Text *out, int indent, int hang, const char *line) {
    Text spelt = {0};
    spell(page->spelling, line, &spelt);
    wrapped(out, indent, hang, spelt.at, page->width);
    text_free(&spelt);
}

void layout_equation(const Page *page, Text *out, int indent, int left_width, const char *left,
                     const char *sign, const char *right) {
    Text line = {0};
    text_add(&line, left);
    blanks(&line, left_width - page_columns(page, left));
    text_printf(&line, " %s %s", sign, right);
    layout_line(page, out, indent, left_width + text_columns(sign) + 2, line.at);
    text_free(&line);
}

void layout_text(const Page *page, Text *out, const char *text) {
    while (*text) {
        const size_t indent = strspn(text, " "), length = strcspn(text + indent, "\n");
        Text line = {0};
        text_add_bytes(&line, text + indent, length);
        if (length)
            layout_line(page, out, (int)indent, 4, line.at);
        else
            text_add(out, "\n");
        text_free(&line);
        text += indent + length + (text[indent + length] == '\n');
    }
}

void layout_title(const Page *page, Text *out, const char *title) {
    layout_line(page, out, 0, 4, title);
    const int columns = page_columns(page, title);
    for (int i = 0; i < page->width && i < columns; i++) text_add(out, "=");
    text_add(out, "\n");
}

void table_cell(Table *table, const char *text) {
    Text spelt = {0};
    spell(table->page->spelling, text, &spelt);
    vec_push(table->arena, &table->cells, arena_string(table->arena, spelt.at));
    text_free(&spelt);
}

static const char *cell_at(const Table *table, int row, int column) {
    return table->cells.at[row * table->columns + column];
}

/* All cells of a row but the last: padded where that follows, else a line, if there is anything in them. */
static void print_row(const Table *table, int row, const int *width, int indent, bool padded, Text *out) {
    Text line = {0};
    blanks(&line, indent);
    for (int c = 0; c + 1 < table->columns; c++) {
        const char *cell = cell_at(table, row, c);
        text_add(&line, cell);
        blanks(&line, width[c] - text_columns(cell) + 2);
    }
    const size_t length = padded ? line.length : without_blanks(line.at, line.length);
    text_add_bytes(out, line.at, length);
    if (!padded && length) text_add(out, "\n");
    text_free(&line);
}

typedef struct Columns {
    int *width;
    int last; /* where the last one begins */
} Columns;

static Columns columns_measured(const Table *table, int indent) {
    Columns columns = {arena_alloc(table->arena, sizeof(int) * (size_t)table->columns), indent};
    for (int i = 0; i < table->cells.count; i++) {
        const int cell = text_columns(table->cells.at[i]);
        if (cell > columns.width[i % table->columns]) columns.width[i % table->columns] = cell;
    }
    for (int c = 0; c + 1 < table->columns; c++) columns.last += columns.width[c] + 2;
    return columns;
}

static void print_columns(const Table *table, const Columns *columns, int indent, Text *out) {
    const int width = table->page->width, last = columns->last, room = width - last;
    const int least = width * LEAST_ROOM / 100 < LEAST_ROOM ? width * LEAST_ROOM / 100 : LEAST_ROOM;
    const bool fits = last + columns->width[table->columns - 1] <= table->page->table_width;
    const bool below = !fits && room < least;
    for (int row = 0; row < table->cells.count / table->columns; row++) {
        const char *cell = cell_at(table, row, table->columns - 1);
        const bool beside = *cell && (!below || text_columns(cell) <= room);
        print_row(table, row, columns->width, indent, beside, out);
        if (!*cell) continue;
        Text tail = {0};
        const int at = beside ? last : indent + STACKED_INDENT;
        wrapped(&tail, at, 2, cell, beside && fits ? table->page->table_width : width);
        text_add(out, tail.at + (beside ? at : 0));
        text_free(&tail);
    }
}

static void print_stacked(const Table *table, int indent, Text *out) {
    const Page page = {.width = table->page->width}; /* cells are spelt already */
    int head = 0;
    for (int c = 1; c < table->columns; c++)
        if (text_columns(cell_at(table, 0, c)) > head) head = text_columns(cell_at(table, 0, c));
    for (int row = 1; row < table->cells.count / table->columns; row++) {
        layout_line(&page, out, indent, 4, cell_at(table, row, 0));
        for (int c = 1; c < table->columns; c++)
            if (*cell_at(table, row, c))
                layout_equation(&page, out, indent + STACKED_INDENT / 2, head, cell_at(table, 0, c), "",
                                cell_at(table, row, c));
    }
}

void table_print(const Table *table, int indent, Text *out) {
    const Columns columns = columns_measured(table, indent);
    if (columns.last - 2 > table->page->table_width)
        print_stacked(table, indent, out);
    else
        print_columns(table, &columns, indent, out);
}
