/* The pattern of a sparse parameter: which entries of the matrix exist, row by row in compressed form.
 *
 * `sparse 0.1` keeps that fraction of the entries, spread evenly over the rows (each has one at least), at
 * places drawn from a seed that is the parameter's label: a pattern is the same on every machine and in every
 * run. `sparse "file"` takes the nonzeros of a matrix of 0 and 1. With `zero_diagonal` the diagonal is never
 * in. A pattern follows from the sizes, so it is made when it is asked for. */
#ifndef ELIGO_MODEL_PATTERN_H
#define ELIGO_MODEL_PATTERN_H

#include "expr/expr.h"

typedef struct Pattern {
    long rows, cols;
    int entries;
    int *start;  /* rows + 1: row j has the entries start[j] … start[j + 1] - 1 */
    int *column; /* by entry, ascending within a row */
} Pattern;

bool pattern_is_sparse(const Var *param);
/* In `arena`; NULL for a parameter that isn't sparse. Requires known sizes. Where these differ from the
 * file's (a verification at small sizes), the file's upper left corner counts. */
const Pattern *pattern_of(const Var *param, Arena *arena);
/* Whether entry (row, col) of a matrix exists: by its pattern (NULL: dense) and its `zero_diagonal`. */
bool pattern_has(const Pattern *pattern, const Var *param, long row, long col);

typedef struct PatternFile {
    const Pattern *pattern; /* NULL: */
    const char *code;       /* E0545: it can't be read, E0547: its numbers are no pattern */
    const char *wrong;      /* why */
} PatternFile;
/* The entries that are 1 in a .npy or text file (numbers apart by commas or blanks, a row a line). */
PatternFile pattern_read(Arena *arena, const char *path);

#endif
