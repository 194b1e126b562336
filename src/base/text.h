/* A growing string on the heap: what every printer and the emitter write into.
 * Numbers are always written in the C locale's form (a decimal point), whatever the process's locale is. */
#ifndef ELIGO_BASE_TEXT_H
#define ELIGO_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Text {
    char *at; /* zero-terminated once anything was added; NULL before */
    size_t length, capacity;
} Text;

void text_add(Text *text, const char *more);
void text_add_bytes(Text *text, const char *bytes, size_t length);
void text_printf(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(Text *text, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));
/* The shortest decimal of `value` that reads back as the same double ("0.1", "1e-05", "3"); never a locale's
 * comma. */
void text_number(Text *text, double value);
/* 12345 as "12,345". */
void text_count(Text *text, uint64_t count);
void text_free(Text *text);
/* The number of terminal columns that UTF-8 text takes (code points but combining marks; no wide characters).
 */
int text_columns(const char *utf8);
/* Does this byte begin a character with a column of its own? */
bool text_takes_column(const char *byte);
/* The edit distance of two names, for "did you mean". */
int text_distance(const char *a, const char *b);

#endif
