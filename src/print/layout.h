/* Setting text in columns: wrapped equations and tables, by terminal columns of UTF-8. What is handed over is
 * spelt as the page has it, then measured. */
#ifndef ELIGO_PRINT_LAYOUT_H
#define ELIGO_PRINT_LAYOUT_H

#include "base/arena.h"
#include "base/text.h"
#include "base/vector.h"
#include "print/spelling.h"

#include <stdbool.h>

typedef struct Page {
    int width;       /* in columns; a word that is wider may pass it */
    int table_width; /* tables whose rows fit this are left whole */
    const Spelling *spelling;
} Page;
/* `width` columns; 0: the 100 of files and pipes, where a table may take 120 rather than be broken. */
Page page_of(int width);
/* The columns of a text as it is spelt. */
int page_columns(const Page *page, const char *text);

/* Writes `line` after `indent` blanks and a line's end. What is too wide is broken before an operator,
 * preferably one in few parentheses, or at a blank; the rest goes on `hang` blanks further in, or fewer where
 * that would leave hardly any room. */
void layout_line(const Page *page, Text *out, int indent, int hang, const char *line);
/* "left = right", continued under the right side. */
void layout_equation(const Page *page, Text *out, int indent, int left_width, const char *left,
                     const char *sign, const char *right);
/* Each line of a text that has its indents already; what is broken goes on 4 blanks further in. */
void layout_text(const Page *page, Text *out, const char *text);
/* A line with a rule of `=` below it. */
void layout_title(const Page *page, Text *out, const char *title);

typedef struct Table {
    Arena *arena;
    const Page *page;
    int columns;
    VEC(const char *) cells; /* row by row; the first row is the head … */
    bool headless;           /* … or not */
    unsigned symbols;        /* columns, as bits, whose cells are names or expressions */
} Table;
void table_cell(Table *table, const char *text);
/* Columns as wide as their widest cell. A last cell that doesn't fit is wrapped, or, where hardly any room is
 * left, goes below its row. Where not even the other columns fit, a row is its first cell, and below it a
 * line for each other one after its column's head. */
void table_print(const Table *table, int indent, Text *out);

#endif
