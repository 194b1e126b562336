/* What tells two rules apart besides the paths that they keep. */
#ifndef ELIGO_PRINT_DIFF_H
#define ELIGO_PRINT_DIFF_H

#include "derive/derive.h"

typedef VEC(const char *) Sentences;

/* A sentence for each axis in which they differ where it has an effect on this model. */
Sentences diff_axes(Arena *arena, const Derivation *a, const Derivation *b);

#endif
