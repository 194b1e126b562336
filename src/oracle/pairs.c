/* Open addressing, at most half full; storage in the arena. */
#include "oracle/pairs.h"

#include <stdint.h>

typedef struct Pair {
    int a, b, value;
    bool used;
} Pair;

struct Pairs {
    Arena *arena;
    Pair *at;
    size_t count, capacity; /* capacity is a power of two */
};

Pairs *pairs_new(Arena *arena) {
    Pairs *pairs = arena_new_of(arena, Pairs);
    pairs->arena = arena;
    pairs->capacity = 256;
    pairs->at = arena_alloc(arena, pairs->capacity * sizeof *pairs->at);
    return pairs;
}

static Pair *find(Pair *at, size_t capacity, int a, int b) {
    uint64_t hash = ((uint64_t)(unsigned)a << 32 | (unsigned)b) * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(hash >> 20) & (capacity - 1);
    while (at[i].used && (at[i].a != a || at[i].b != b)) i = (i + 1) & (capacity - 1);
    return &at[i];
}

static void grow(Pairs *pairs) {
    size_t capacity = pairs->capacity * 2;
    Pair *at = arena_alloc(pairs->arena, capacity * sizeof *at);
    for (size_t i = 0; i < pairs->capacity; i++) {
        Pair one = pairs->at[i];
        if (one.used) *find(at, capacity, one.a, one.b) = one;
    }
    pairs->at = at;
    pairs->capacity = capacity;
}

int pairs_enter(Pairs *pairs, int a, int b, int fresh, bool *is_new) {
    if (2 * pairs->count >= pairs->capacity) grow(pairs);
    Pair *pair = find(pairs->at, pairs->capacity, a, b);
    *is_new = !pair->used;
    if (!pair->used) {
        *pair = (Pair){.a = a, .b = b, .value = fresh, .used = true};
        pairs->count++;
    }
    return pair->value;
}
