/* Patterns from files: NumPy's .npy (little-endian, row-major, two axes) or a text with a row a line. */
#include "model/pattern.h"

#include "base/number.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Matrix {
    long rows, cols;
    double *values;
    const char *wrong; /* why there is none */
} Matrix;

static Matrix wrong(const char *why) { return (Matrix){.wrong = why}; }

/* ---- .npy ---- */

static double number_at(const unsigned char *at, const char *type) {
    double f8;
    float f4;
    int64_t i8;
    int32_t i4;
    if (type[1] == 'f' && type[2] == '8') return memcpy(&f8, at, 8), f8;
    if (type[1] == 'f') return memcpy(&f4, at, 4), (double)f4;
    if (type[1] == 'i' && type[2] == '8') return memcpy(&i8, at, 8), (double)i8;
    if (type[1] == 'i') return memcpy(&i4, at, 4), (double)i4;
    return *at;
}

/* The text after a key of the header's dictionary; NULL when it isn't there. */
static const char *value_of(const char *header, const char *key) {
    const char *at = strstr(header, key);
    if (!at) return NULL;
    at += strlen(key);
    while (*at == ' ' || *at == ':') at++;
    return at;
}

static bool known_type(const char *type) {
    static const char *const types[] = {"<f8", "<f4", "<i8", "<i4", "|u1", "|b1"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strncmp(type, types[i], 3) == 0) return true;
    return false;
}

static Matrix read_npy(Arena *arena, const Source *file) {
    const unsigned char *bytes = (const unsigned char *)file->text;
    if (file->length < 12) return wrong("it is no .npy file");
    const bool wide = bytes[6] >= 2;
    const size_t begin = wide ? 12 : 10;
    size_t length = bytes[8] + 256U * bytes[9];
    if (wide) length += 65536U * (bytes[10] + 256U * bytes[11]);
    if (begin + length > file->length) return wrong("it ends within its header");
    const char *header = arena_copy(arena, file->text + begin, length);
    const char *type = value_of(header, "'descr'"), *order = value_of(header, "'fortran_order'"),
               *shape = value_of(header, "'shape'");
    if (!type || !order || !shape) return wrong("its header is not that of an array");
    type += *type == '\'';
    if (!known_type(type)) return wrong("its type is none of <f8, <f4, <i8, <i4, |u1, |b1");
    if (*order != 'F') return wrong("it is not row-major");
    char *end = NULL;
    Matrix m = {.rows = strtol(shape + 1, &end, 10)};
    m.cols = *end == ',' ? strtol(end + 1, &end, 10) : 0;
    if (m.rows < 1 || m.cols < 1 || *end != ')') return wrong("it is no matrix");
    const size_t size = (size_t)(type[2] - '0'), from = begin + length;
    const size_t count = (file->length - from) / size;
    if ((size_t)m.rows > count || (size_t)m.cols > count / (size_t)m.rows)
        return wrong("it ends before its data does");
    m.values = arena_alloc(arena, sizeof(double) * (size_t)(m.rows * m.cols));
    for (long i = 0; i < m.rows * m.cols; i++) m.values[i] = number_at(bytes + from + (size_t)i * size, type);
    return m;
}

/* ---- text ---- */

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == ','; }

static Matrix read_table(Arena *arena, const Source *file) {
    VEC(double) values = {0};
    Matrix m = {0};
    long width = 0;
    for (const char *at = file->text;; at++) {
        while (blank(*at)) at++;
        if (*at == '\n' || !*at) {
            if (width > 0 && m.rows > 0 && width != m.cols)
                return wrong(arena_printf(arena, "its row %ld has %ld numbers, those before have %ld",
                                          m.rows + 1, width, m.cols));
            if (width > 0) m.cols = width, m.rows++;
            width = 0;
            if (!*at) break;
            continue;
        }
        const size_t length = strcspn(at, " \t\r,\n");
        double value;
        if (!number_parse(at, length, &value))
            return wrong(arena_printf(arena, "`%s` is no number", arena_copy(arena, at, length)));
        vec_push(arena, &values, value);
        width++;
        at += length - 1;
    }
    if (m.rows == 0) return wrong("it is empty");
    m.values = values.at;
    return m;
}

/* Only ordinary files: a device may never end. */
static const Source *ordinary(Arena *arena, const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? source_read(arena, path) : NULL;
}

PatternFile pattern_read(Arena *arena, const char *path) {
    const Source *file = ordinary(arena, path);
    const bool npy = file && file->length > 6 && memcmp(file->text, "\x93NUMPY", 6) == 0;
    const Matrix m = !file ? wrong("it can't be read")
                     : npy ? read_npy(arena, file)
                           : read_table(arena, file);
    if (m.wrong) return (PatternFile){.code = "E0545", .wrong = m.wrong};
    Pattern *pattern = arena_new_of(arena, Pattern);
    *pattern = (Pattern){.rows = m.rows, .cols = m.cols};
    pattern->start = arena_alloc(arena, sizeof(int) * ((size_t)m.rows + 1));
    pattern->column = arena_alloc(arena, sizeof(int) * (size_t)(m.rows * m.cols));
    for (long i = 0; i < m.rows * m.cols; i++) {
        if (m.values[i] != 0 && m.values[i] != 1)
            return (PatternFile){.code = "E0547",
                                 .wrong = arena_printf(arena, "row %ld, column %ld is neither 0 nor 1",
                                                       i / m.cols + 1, i % m.cols + 1)};
        if (m.values[i] == 1) pattern->column[pattern->entries++] = (int)(i % m.cols);
        pattern->start[i / m.cols + 1] = pattern->entries;
    }
    return (PatternFile){.pattern = pattern};
}
