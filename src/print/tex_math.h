/* The notation as LaTeX. */
#ifndef ELIGO_PRINT_TEX_MATH_H
#define ELIGO_PRINT_TEX_MATH_H

#include "print/notation.h"

Pieces tex_pieces(const NotationStyle *style, const char *line);
/* All in one, unbroken. */
const char *tex_line(const NotationStyle *style, const char *line);
/* A variable's, parameter's or constant's name without a time: "W_{i}", "\alpha". */
const char *tex_name(const NotationStyle *style, const char *label);
double tex_width(const char *latex);
/* Text in paragraphs: what TeX would take for its own is escaped, Greek letters become math. */
void tex_prose(const char *text, Text *out);

#endif
