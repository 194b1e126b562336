/* Diagnostics: what is wrong, where, and what to do, collected while passes run on.
 *
 * A pass reports and goes on; whoever runs the pipeline asks `diagnostics_errors` at its borders. Codes are
 * stable and unique to one kind of mistake (docs/diagnostics.md lists them): E01xx text and syntax   E02xx
 * names   E03xx shapes   E04xx structure of cells and networks E05xx rules             E06xx data    E07xx
 * engines and files on output      W… the same, as warnings, N… notes */
#ifndef ELIGO_BASE_DIAGNOSTIC_H
#define ELIGO_BASE_DIAGNOSTIC_H

#include "base/source.h"
#include "base/text.h"
#include "base/vector.h"

typedef enum { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE } Severity;

typedef struct Label {
    Span span;
    const char *text;
} Label;

typedef struct Diagnostic {
    Severity severity;
    const char *code; /* "E0201" */
    Span span;        /* the main place; may have no source */
    const char *message;
    VEC(Label) labels; /* further places, each with a word on it */
    const char *help;  /* a suggestion, or NULL */
} Diagnostic;

typedef struct Diagnostics {
    Arena *arena;
    VEC(Diagnostic *) list;
    VEC(Source *) sources; /* copies of what spans point into: messages may outlive the tree they are about */
    int errors;
} Diagnostics;

/* An empty collection whose texts, and copies of the sources they point into, live in `arena`. */
Diagnostics *diagnostics_new(Arena *arena);
/* Adds one; the code's first letter is its severity (E, W or N). Returns it, for diagnostic_label and
 * diagnostic_help. */
Diagnostic *diagnose(Diagnostics *all, Span span, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diagnostic_label(Diagnostics *all, Diagnostic *one, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diagnostic_help(Diagnostics *all, Diagnostic *one, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Writes all, in the order of their places where they share a source, as
 *     file:line:column: error[E0201]: message
 *        12 |     c = f * c[t-1] + i * gg;
 *           |                          ^^ label
 *           = help: did you mean `g`?
 * with ANSI colour when `colour`. */
void diagnostics_print(const Diagnostics *all, bool colour, Text *out);

/* The best "did you mean" among candidates (edit distance at most 2 and less than the name's length), or
 * NULL. */
const char *closest_name(const char *name, const char *const *candidates, int count);

#endif
