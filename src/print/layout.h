/* Setting text in columns: wrapped equations and tables, by terminal columns of UTF-8. */
#ifndef ELIGO_PRINT_LAYOUT_H
#define ELIGO_PRINT_LAYOUT_H

#include "base/arena.h"
#include "base/text.h"
#include "base/vector.h"

#include <stdbool.h>

enum { LAYOUT_WIDTH = 100 };

/* Writes `line` after `indent` blanks and a line's end. What is too wide is broken before an operator,
 * preferably one in few parentheses, or at a blank; the rest goes on `hang` blanks further in. */
void layout_line(Text *out, int indent, int hang, const char *line);
/* "left = right", continued under the right side. */
void layout_equation(Text *out, int indent, int left_width, const char *left, const char *sign,
                     const char *right);

typedef struct Table {
    Arena *arena;
    int columns;
    VEC(const char *) cells; /* row by row; the first row is the head … */
    bool headless;           /* … or not */
    unsigned symbols;        /* columns, as bits, whose cells are names or expressions */
} Table;
void table_cell(Table *table, const char *text);
/* Columns as wide as their widest cell. A last cell that doesn't fit is wrapped, or, where hardly any room is
 * left, goes below its row. */
void table_print(const Table *table, int indent, Text *out);

#endif
