/* The notation as MathML Core, which browsers lay out by themselves, and text as HTML. */
#ifndef ELIGO_PRINT_MATHML_H
#define ELIGO_PRINT_MATHML_H

#include "print/notation.h"

/* An equation's side, as one or several <math> elements: a browser breaks no line inside of one, so there is
 * a new one wherever a line may begin. */
void mathml_line(const NotationStyle *style, const char *line, Text *out);
/* "θ = Wi, Ri;  p = x, h[t-1]": expressions with commas and semicolons between them. */
void mathml_list(const NotationStyle *style, const char *list, Text *out);
/* dE/dθ as a fraction. */
void mathml_gradient(const NotationStyle *style, const char *label, Text *out);
/* Escapes what HTML takes for its own. */
void html_text(const char *text, Text *out);
void html_bytes(const char *text, size_t length, Text *out);

#endif
