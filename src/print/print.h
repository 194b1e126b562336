/* Printing a derivation for people and for programs. */
#ifndef ELIGO_PRINT_PRINT_H
#define ELIGO_PRINT_PRINT_H

#include "derive/derive.h"
#include "print/spelling.h"

/* `width`: columns, 0 for those of files (page_of). */
void print_text(const Derivation *derivation, int width, SpellingKind spelling, Text *out);
void print_json(const Derivation *derivation, Text *out);
/* The graph over two steps, the rule's automaton, and the product of both, for Graphviz. */
void print_dot(const Derivation *derivation, Text *out);
/* What one rule keeps that the other drops on the model that both were derived on; true when they are equal
 * there: the same paths, and nothing else that makes other gradients or other updates of them. */
bool print_diff(const Derivation *a, const Derivation *b, Text *out);
/* The emitted file, for pages that show it: each statement's lines, from 1 on. */
typedef struct CodePlace {
    const Routine *routine;
    const Statement *statement;
    const Statement *product; /* that its lines take too, or NULL */
    int first, last;
} CodePlace;
typedef struct Code {
    const char *name, *text;
    VEC(CodePlace) places;
} Code;
/* A page of its own. `svg`: the picture of print_dot's graph as Graphviz draws it, or NULL. */
void print_html(const Derivation *derivation, const Code *code, const char *svg, Text *out);
/* A fragment for documents that load amsmath; between the other two, any number of fragments are an article.
 */
void print_latex(const Derivation *derivation, Text *out);
void print_latex_open(Text *out);
void print_latex_close(Text *out);

#endif
