/* Source text and places in it. Every tree node carries a Span, so that any later pass can point at the text.
 */
#ifndef ELIGO_BASE_SOURCE_H
#define ELIGO_BASE_SOURCE_H

#include "base/arena.h"
#include <stdbool.h>

typedef struct Source {
    const char *name; /* as the user gave it: what diagnostics show */
    const char *text; /* zero-terminated UTF-8 */
    size_t length;    /* in bytes */
} Source;

/* Bytes [begin, end) of a source; source == NULL means "no place" (made by the compiler or the command line).
 */
typedef struct Span {
    const Source *source;
    int begin, end;
} Span;

/* 1-based line and column (columns count code points). */
typedef struct Place {
    int line, column;
} Place;

/* Reads a file whole into the arena; NULL when it can't be read (errno says why). */
Source *source_read(Arena *arena, const char *path);
/* A source from memory; copies both strings. */
Source *source_from_text(Arena *arena, const char *name, const char *text, size_t length);
/* The same text under the same name (messages keep copies of sources); NULL equals only NULL. */
bool source_equal(const Source *a, const Source *b);
Place source_place(const Source *source, int offset);
/* From the beginning of `a` to the end of `b`, for spans of one source. */
Span span_join(Span a, Span b);

#endif
