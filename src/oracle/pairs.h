/* A map from pairs of whole numbers to a whole number: words are interned and sums are merged with it. */
#ifndef ELIGO_ORACLE_PAIRS_H
#define ELIGO_ORACLE_PAIRS_H

#include "base/arena.h"
#include <stdbool.h>

typedef struct Pairs Pairs;

Pairs *pairs_new(Arena *arena);
/* The value kept under (a, b); enters `fresh` there and sets *is_new when there is none yet. a and b are not
 * negative. */
int pairs_enter(Pairs *pairs, int a, int b, int fresh, bool *is_new);

#endif
