/* The header is a Python dictionary; only the three keys that the format names can stand in it, so looking
 * for them is enough. */
#include "train/npy.h"
#include "train/file.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error ".npy values are copied as they lie in memory: this file needs a little-endian machine"
#endif

typedef struct Kind {
    const char *name;
    size_t bytes;
    bool integer;
} Kind;

static const Kind kinds[] = {
    {"<f8", 8, false}, {"<f4", 4, false}, {"<i8", 8, true}, {"<i4", 4, true}, {"|u1", 1, true}};

typedef struct Header {
    const char *text; /* the dictionary, zero-terminated */
    const char *data;
    size_t left; /* bytes of data */
    const Kind *kind;
} Header;

static bool split(Eligo *eligo, Arena *arena, const char *path, const Text *file, Header *header) {
    const unsigned char *at = (const unsigned char *)file->at;
    if (file->length < 10 || memcmp(at, "\x93NUMPY", 6) != 0)
        return complain(eligo, "E0602", "`%s` is no .npy file", path);
    const bool wide = at[6] >= 2;
    if (at[6] < 1 || at[6] > 3 || (wide && file->length < 12))
        return complain(eligo, "E0602", "`%s` has an unknown .npy version (%d)", path, at[6]);
    size_t length = at[8] | (size_t)at[9] << 8;
    if (wide) length |= (size_t)at[10] << 16 | (size_t)at[11] << 24;
    const size_t begin = wide ? 12 : 10;
    if (length > file->length - begin) return complain(eligo, "E0605", "`%s` ends within its header", path);
    header->text = arena_copy(arena, file->at + begin, length);
    header->data = file->at + begin + length;
    header->left = file->length - begin - length;
    return true;
}

static const char *value_of(const char *text, const char *key) {
    const char *at = strstr(text, key);
    if (!at) return NULL;
    at += strlen(key);
    while (*at == ' ' || *at == ':') at++;
    return at;
}

static bool parse_type(Eligo *eligo, const char *path, Header *header) {
    const char *type = value_of(header->text, "'descr'"), *order = value_of(header->text, "'fortran_order'");
    if (!type || !order) return complain(eligo, "E0602", "`%s` has no complete .npy header", path);
    for (size_t i = 0; *type == '\'' && i < sizeof kinds / sizeof *kinds; i++)
        if (strncmp(type + 1, kinds[i].name, 3) == 0 && type[4] == '\'') header->kind = &kinds[i];
    if (!header->kind) {
        const size_t length = *type == '\'' ? strcspn(type + 1, "'") + 2 : strcspn(type, "\n}");
        return complain(eligo, "E0603",
                        "`%s` holds %.*s values; eligo reads '<f8', '<f4', '<i8', '<i4' and '|u1'", path,
                        (int)(length < 40 ? length : 40), type);
    }
    if (strncmp(order, "False", 5) == 0) return true;
    return complain(eligo, "E0603", "`%s` is in Fortran order; save it with np.ascontiguousarray", path);
}

static bool parse_shape(Eligo *eligo, const Header *header, Npy *npy) {
    const char *at = value_of(header->text, "'shape'");
    if (!at || *at != '(') return complain(eligo, "E0602", "`%s` has no complete .npy header", npy->path);
    npy->count = 1;
    for (at++; *at != ')'; at += strspn(at, ", ")) {
        char *end;
        const long size = strtol(at, &end, 10);
        if (end == at || size < 0) return complain(eligo, "E0602", "`%s` has a damaged shape", npy->path);
        if (npy->axes == NPY_AXES)
            return complain(eligo, "E0604", "`%s` has more than %d axes", npy->path, NPY_AXES);
        if (size > 0 && npy->count > ((size_t)1 << 40) / (size_t)size)
            return complain(eligo, "E0602", "`%s` claims more values than a file can hold", npy->path);
        npy->shape[npy->axes++] = size;
        npy->count *= (size_t)size;
        at = end;
    }
    if (header->left >= npy->count * header->kind->bytes) return true;
    return complain(eligo, "E0605",
                    "`%s` is too short: %zu values of %zu bytes are announced, %zu bytes are there",
                    npy->path, npy->count, header->kind->bytes, header->left);
}

static double value_at(const Kind *kind, const char *at) {
    double d;
    float f;
    int64_t l;
    int32_t i;
    switch (kind - kinds) {
    case 0: return memcpy(&d, at, sizeof d), d;
    case 1: return memcpy(&f, at, sizeof f), (double)f;
    case 2: return memcpy(&l, at, sizeof l), (double)l;
    case 3: return memcpy(&i, at, sizeof i), (double)i;
    default: return (double)(unsigned char)*at;
    }
}

static bool decode(Eligo *eligo, Arena *arena, const Text *file, Npy *npy) {
    Header header = {0};
    if (!split(eligo, arena, npy->path, file, &header) || !parse_type(eligo, npy->path, &header) ||
        !parse_shape(eligo, &header, npy))
        return false;
    npy->integer = header.kind->integer;
    npy->values = arena_alloc(arena, (npy->count ? npy->count : 1) * sizeof(double));
    for (size_t i = 0; i < npy->count; i++)
        npy->values[i] = value_at(header.kind, header.data + i * header.kind->bytes);
    return true;
}

bool npy_read(Eligo *eligo, Arena *arena, const char *path, Npy *npy) {
    *npy = (Npy){.path = path};
    Text file = {0};
    const bool good = file_read(eligo, path, &file) && decode(eligo, arena, &file, npy);
    text_free(&file);
    return good;
}

bool npy_all_finite(Eligo *eligo, const Npy *npy) {
    for (size_t i = 0; i < npy->count; i++) {
        if (isfinite(npy->values[i])) continue;
        Text place = {0};
        size_t rest = i, width = npy->count;
        for (int a = 0; a < npy->axes; a++) {
            width /= (size_t)npy->shape[a];
            text_printf(&place, "%s%zu", a ? ", " : "", rest / width);
            rest %= width;
        }
        complain(eligo, "E0606", "`%s` holds %s at [%s] (counted from 0)", npy->path,
                 isnan(npy->values[i]) ? "NaN" : "an infinity", place.at ? place.at : "");
        text_free(&place);
        return false;
    }
    return true;
}

const char *npy_shape_text(Arena *arena, int axes, const long *shape) {
    char *text = arena_string(arena, "[");
    for (int a = 0; a < axes; a++) text = arena_printf(arena, "%s%s%ld", text, a ? ", " : "", shape[a]);
    return arena_printf(arena, "%s]", text);
}

void npy_encode(Text *out, bool is_float, int axes, const long *shape, const double *values) {
    Text header = {0};
    size_t count = 1;
    text_printf(&header, "{'descr': '<f%d', 'fortran_order': False, 'shape': (", is_float ? 4 : 8);
    for (int a = 0; a < axes; a++) {
        text_printf(&header, "%ld%s", shape[a], a + 1 < axes ? ", " : axes == 1 ? "," : "");
        count *= (size_t)shape[a];
    }
    text_add(&header, "), }");
    while ((10 + header.length + 1) % 64 != 0) text_add(&header, " ");
    text_add(&header, "\n");
    const char start[10] = {
        (char)0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(header.length & 255), (char)(header.length >> 8)};
    text_add_bytes(out, start, sizeof start);
    text_add_bytes(out, header.at, header.length);
    text_free(&header);
    for (size_t i = 0; i < count; i++) {
        const float narrow = (float)values[i];
        text_add_bytes(out, is_float ? (const char *)&narrow : (const char *)&values[i],
                       is_float ? sizeof narrow : sizeof *values);
    }
}
