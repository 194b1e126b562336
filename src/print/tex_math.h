/* Printed equations as LaTeX: from one line of the language's text to the field's notation.
 *
 * Reports hold their equations as text, written by one printer with as few parentheses as a reader needs.
 * This walks that text once more, name by name: variables get the time as a superscript, parts of names
 * become subscripts, operators look as the table in expr/operators.c has them. What comes out is a row of
 * pieces, so that a long equation can be broken before an operator. */
#ifndef ELIGO_PRINT_TEX_MATH_H
#define ELIGO_PRINT_TEX_MATH_H

#include "print/report.h"

typedef struct TexPiece {
    const char *latex;
    double width; /* about that many italic letters */
    int depth;    /* parentheses around it */
    bool breaks;  /* a line may begin with it */
} TexPiece;
typedef VEC(TexPiece) TexPieces;

typedef struct TexMath {
    Arena *arena;
    const Model *model;
    bool entries; /* of entries (j, i), where a product is one of numbers; else of vectors */
} TexMath;

TexPieces tex_pieces(const TexMath *math, const char *line);
/* All in one, unbroken. */
const char *tex_line(const TexMath *math, const char *line);
/* A variable's, parameter's or constant's name without a time: "W_{i}", "\alpha". */
const char *tex_name(const TexMath *math, const char *label);
double tex_width(const char *latex);
/* Text in paragraphs: what TeX would take for its own is escaped, Greek letters become math. */
void tex_prose(const char *text, Text *out);

#endif
