/* A growing string: storage doubles, every write leaves it zero-terminated. */
#include "base/text.h"
#include "base/clocale.h"
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void) {
    fputs("eligo: out of memory\n", stderr);
    abort();
}

static void text_reserve(Text *text, size_t more) {
    if (more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4) out_of_memory();
    const size_t needed = text->length + more + 1;
    if (needed <= text->capacity) return;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed) capacity *= 2;
    char *grown = realloc(text->at, capacity);
    if (!grown) out_of_memory();
    text->at = grown;
    text->capacity = capacity;
}

void text_add_bytes(Text *text, const char *bytes, size_t length) {
    text_reserve(text, length);
    if (length > 0) memcpy(text->at + text->length, bytes, length);
    text->length += length;
    text->at[text->length] = '\0';
}

void text_add(Text *text, const char *more) { text_add_bytes(text, more, strlen(more)); }

void text_vprintf(Text *text, const char *format, va_list arguments) {
    const CLocale saved = c_locale_enter();
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length > 0) {
        text_reserve(text, (size_t)length);
        vsnprintf(text->at + text->length, (size_t)length + 1, format, arguments);
        text->length += (size_t)length;
    }
    c_locale_leave(saved);
}

void text_printf(Text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(text, format, arguments);
    va_end(arguments);
}

/* Whole numbers of up to 15 digits are written out: 100, not the one character shorter 1e+02. */
static void write_number(char *buffer, size_t size, double value) {
    if (fabs(value) < 1e15 && value == floor(value)) {
        snprintf(buffer, size, "%.0f", value);
        return;
    }
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(buffer, size, "%.*g", precision, value);
        if (isnan(value) || strtod(buffer, NULL) == value) return;
    }
}

void text_number(Text *text, double value) {
    char buffer[48];
    const CLocale saved = c_locale_enter();
    write_number(buffer, sizeof buffer, value);
    c_locale_leave(saved);
    text_add(text, buffer);
}

void text_count(Text *text, uint64_t count) {
    if (count >= 1000) {
        text_count(text, count / 1000);
        text_printf(text, ",%03d", (int)(count % 1000));
    } else
        text_printf(text, "%d", (int)count);
}

void text_free(Text *text) {
    free(text->at);
    *text = (Text){0};
}

/* A combining mark (U+0300 to U+036F) has no column of its own. */
bool text_takes_column(const char *byte) {
    const unsigned char first = (unsigned char)byte[0], next = first ? (unsigned char)byte[1] : 0;
    const bool combines = first == 0xCC || (first == 0xCD && next < 0xB0);
    return (first & 0xC0) != 0x80 && !combines;
}

int text_columns(const char *utf8) {
    int columns = 0;
    for (; *utf8; utf8++) columns += text_takes_column(utf8);
    return columns;
}

static int smaller(int a, int b) { return a < b ? a : b; }

/* Three rows of the usual table: insertions, deletions, replacements, and two neighbours swapped count 1
 * each. */
int text_distance(const char *a, const char *b) {
    const size_t width = strlen(b) + 1;
    int *rows = calloc(3 * width, sizeof *rows);
    if (!rows) out_of_memory();
    int *before = rows, *above = rows + width, *row = rows + 2 * width;
    for (size_t j = 0; j < width; j++) row[j] = (int)j;
    for (size_t i = 1; i <= strlen(a); i++) {
        int *oldest = before;
        before = above, above = row, row = oldest;
        row[0] = (int)i;
        for (size_t j = 1; j < width; j++) {
            const int replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
    }
    const int distance = row[width - 1];
    free(rows);
    return distance;
}
