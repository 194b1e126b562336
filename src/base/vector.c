/* Doubling keeps pushing linear; the storage that is left behind goes with the arena. */
#include "base/vector.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

void *vec_grow(Arena *arena, void *at, int count, int *capacity, size_t size) {
    if (count < *capacity) return at;
    const int wider = *capacity < 4 ? 4 : *capacity > INT_MAX / 2 ? INT_MAX : *capacity * 2;
    /* A count that can't grow asks for more memory than there is, which ends as every lack of memory does. */
    const bool full = count == INT_MAX || (size_t)wider > SIZE_MAX / size;
    void *grown = arena_alloc(arena, full ? SIZE_MAX : (size_t)wider * size);
    if (count > 0) memcpy(grown, at, (size_t)count * size);
    *capacity = wider;
    return grown;
}
