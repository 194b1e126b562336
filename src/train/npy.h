/* NumPy's .npy files: the form in which arrays come in and go out.
 *
 * Versions 1 to 3, C order, little-endian: <f8 <f4 <i8 <i4 |u1. Values are held as doubles (an <i8 beyond
 * 2^53 is rounded); whether the file held whole numbers is kept, because a target's type decides what it
 * means. */
#ifndef ELIGO_TRAIN_NPY_H
#define ELIGO_TRAIN_NPY_H

#include "base/arena.h"
#include "base/text.h"
#include "eligo.h"

enum { NPY_AXES = 4 };

typedef struct Npy {
    const char *path;
    bool integer;
    int axes;
    long shape[NPY_AXES];
    size_t count;
    double *values; /* row-major, in the arena */
} Npy;

/* Reads a file; false after a report (a NULL eligo keeps silent: the caller only wants to know). */
bool npy_read(Eligo *eligo, Arena *arena, const char *path, Npy *npy);
/* Reports the first NaN or infinity, with its place. */
bool npy_all_finite(Eligo *eligo, const Npy *npy);
/* "[7, 3]", "[]". */
const char *npy_shape_text(Arena *arena, int axes, const long *shape);
/* Appends the bytes of a version 1.0 file of float (else double) values. */
void npy_encode(Text *out, bool is_float, int axes, const long *shape, const double *values);

#endif
