/* Tables of numbers: comma-separated text, one row a line, the same number of columns in each.
 *
 * Blanks around a number, CRLF and blank lines are allowed; quotes are not, there is nothing to quote in a
 * number. Every complaint names file, row and column, counted from 1 as an editor does. */
#ifndef ELIGO_TRAIN_CSV_H
#define ELIGO_TRAIN_CSV_H

#include "base/arena.h"
#include "eligo.h"

typedef struct Table {
    const char *name; /* the file's, for messages */
    long rows;
    int columns;
    double *values; /* row-major */
    int *lines;     /* the line on which each row stands: blank lines and a header are no rows */
} Table;

/* Parses zero-terminated text; `header` skips the first line. False after a report. */
bool csv_parse(Eligo *eligo, Arena *arena, const char *name, const char *text, bool header, Table *table);
/* Reads a .csv or .csv.gz file. */
bool csv_read(Eligo *eligo, Arena *arena, const char *path, bool header, Table *table);

#endif
