/* Reading sources and finding lines. Offsets are ints: a source of 2 GiB or more is refused as too large. */
#include "base/source.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Source *source_own(Arena *arena, const char *name, char *text, size_t length) {
    Source *source = arena_new_of(arena, Source);
    source->name = arena_string(arena, name);
    source->text = text;
    source->length = length;
    return source;
}

/* Reads to the end into a heap buffer (a pipe has no size to ask for); NULL with errno set on failure. */
static char *read_all(FILE *file, size_t *length) {
    size_t capacity = 1 << 14;
    char *buffer = malloc(capacity);
    *length = 0;
    while (buffer) {
        *length += fread(buffer + *length, 1, capacity - *length, file);
        if (*length < capacity) break;
        char *wider = capacity > INT_MAX / 2 ? NULL : realloc(buffer, capacity * 2);
        if (!wider) {
            free(buffer);
            errno = EFBIG;
            return NULL;
        }
        buffer = wider;
        capacity *= 2;
    }
    if (buffer && ferror(file)) {
        free(buffer);
        return NULL;
    }
    return buffer;
}

Source *source_read(Arena *arena, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t length = 0;
    char *buffer = read_all(file, &length);
    const int why = errno;
    fclose(file);
    if (!buffer) {
        errno = why;
        return NULL;
    }
    Source *source = source_own(arena, path, arena_copy(arena, buffer, length), length);
    free(buffer);
    return source;
}

Source *source_from_text(Arena *arena, const char *name, const char *text, size_t length) {
    if (length > INT_MAX / 2) length = INT_MAX / 2;
    return source_own(arena, name, arena_copy(arena, text, length), length);
}

Place source_place(const Source *source, int offset) {
    Place place = {1, 1};
    const size_t end = offset < 0 ? 0 : (size_t)offset < source->length ? (size_t)offset : source->length;
    for (size_t i = 0; i < end; i++) {
        if (source->text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((unsigned char)source->text[i + 1] & 0xC0) != 0x80) {
            place.column++; /* a code point ends here: the next byte doesn't continue it */
        }
    }
    return place;
}

Span span_join(Span a, Span b) {
    if (!a.source) return b;
    if (b.source == a.source) {
        if (b.begin < a.begin) a.begin = b.begin;
        if (b.end > a.end) a.end = b.end;
    }
    return a;
}

bool source_equal(const Source *a, const Source *b) {
    if (a == b || !a || !b) return a == b;
    return a->length == b->length && strcmp(a->name, b->name) == 0 &&
           memcmp(a->text, b->text, a->length) == 0;
}
