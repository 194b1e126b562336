/* The parts of the picture for Graphviz: the unrolled graph and the rule's automaton (dot.c), and the product
 * of both (dot_product.c). */
#ifndef ELIGO_PRINT_DOT_H
#define ELIGO_PRINT_DOT_H

#include "print/report.h"

typedef struct Drawing {
    Report *report;
    const Graph *graph;
    Text *out;
    int lags; /* the largest lag: columns are t - lags … t */
} Drawing;

typedef struct Style {
    const char *colour, *stroke;
} Style;
extern const Style dot_plain, dot_dropped;
/* Of the class of the last edge that the way is made of; plain for a readout. */
Style dot_style(const Drawing *d, const Way *way);

void dot_quoted(Text *out, const char *text);
void dot_edge(const Drawing *d, const char *from, const char *to, Style style, const char *label,
              const char *more);
/* The matrices that the way crosses, and its tags. */
const char *dot_crossed(const Drawing *d, const Way *way);

enum { ANY_STATE = -2 };
/* "Wi Ri bi": the parameters whose uses lead to `root` and this state, or are dropped there (DROPPED). */
const char *dot_params(const Drawing *d, const Var *root, int state);

/* Whether there is a product to draw: with one state it would be the graph itself. */
bool dot_has_product(const Drawing *d);
/* The pairs (variable, state) that kept paths lead through, or how many they are where they would be too many
 * to be read. */
void dot_product(const Drawing *d);

#endif
