/* A derivation as one page of HTML: the parts that print/html.c is made of.
 *
 * The page is the methods section again, with equations as MathML, the graph as a picture, and beside
 * equations the lines of the emitted file that work them out. It needs no script and asks for no other file.
 * What belongs together is linked both ways, and lights up when one of the two is pointed at. */
#ifndef ELIGO_PRINT_HTML_H
#define ELIGO_PRINT_HTML_H

#include "print/mathml.h"
#include "print/methods.h"
#include "print/print.h"

typedef struct Html {
    Methods methods; /* first: the parts get this */
    NotationStyle style;
    const Code *code;
    int equations;         /* so far; they are called e1, e2, … */
    VEC(const char *) nav; /* headings */
    VEC(int) by_place;     /* for each place of the code, the last equation that it works out, 0: none */
} Html;

/* ---- code (html_code.c) ---- */

/* The places that work out the equation, in the code's order. */
typedef VEC(int) Places;
Places html_places(const Html *html, const Line *line);
/* The lines of the places that equations from number `first` on are worked out in, those that hold for a
 * group's first parameter alone. */
void html_snippet(Html *html, const Equations *equations, int first);
/* The whole file, with links back. */
void html_listing(const Html *html);

#endif
