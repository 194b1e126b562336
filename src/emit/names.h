/* NameSet that C accepts: spec names are UTF-8 and may be anybody's keyword, so each scope of emitted code
 * gets its own set of taken names, and every name goes through it. */
#ifndef ELIGO_EMIT_NAMES_H
#define ELIGO_EMIT_NAMES_H

#include "base/arena.h"
#include "base/vector.h"
#include <stdbool.h>

typedef struct NameSet {
    Arena *arena;
    VEC(const char *) taken;
} NameSet;

/* Greek letters are spelt out (α: alpha), other characters beyond ASCII become _uXXXX, points underscores. */
const char *name_ascii(Arena *arena, const char *utf8);
/* A word of C, a function of libm or a macro that standard headers may define. */
bool name_is_reserved(const char *name);
void names_take(NameSet *names, const char *name);
bool names_taken(const NameSet *names, const char *name);
/* `wish` made safe; with `_`, then _2, _3 … appended until it is free. Takes it. */
const char *names_new(NameSet *names, const char *wish);

#endif
