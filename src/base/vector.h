/* Growable arrays inside an arena: `VEC(int) v = {0}; vec_push(arena, &v, 3); v.at[0]`.
 * The storage belongs to the arena; growing copies it, so keep indices, not addresses of elements. */
#ifndef ELIGO_BASE_VECTOR_H
#define ELIGO_BASE_VECTOR_H

#include "base/arena.h"

#define VEC(type)                                                                                            \
    struct {                                                                                                 \
        type *at;                                                                                            \
        int count, capacity;                                                                                 \
    }

/* Makes room for one more element of `size` bytes; returns the storage (used by vec_push only). */
void *vec_grow(Arena *arena, void *at, int count, int *capacity, size_t size);

#define vec_push(arena, v, value)                                                                            \
    ((v)->at = vec_grow((arena), (v)->at, (v)->count, &(v)->capacity, sizeof *(v)->at),                      \
     (v)->at[(v)->count++] = (value))

#endif
