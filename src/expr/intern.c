/* Hash-consing: one open-addressed table of node pointers.
 *
 * Nodes are only looked up, never enumerated, so hashing addresses does not make any output depend on where
 * the allocator puts things: ids are given in the order of making. Sizes are compared as objects, not as
 * numbers: two ranges that happen to have the same length stay apart, and what is derived doesn't change with
 * the sizes. */
#include "expr/intern.h"
#include <string.h>

struct Exprs {
    Arena *arena;
    const Expr **slot;
    size_t slots; /* a power of two */
    int count;
};

Exprs *exprs_new(Arena *arena) {
    Exprs *exprs = arena_new_of(arena, Exprs);
    exprs->arena = arena;
    exprs->slots = 256;
    exprs->slot = arena_alloc(arena, exprs->slots * sizeof *exprs->slot);
    return exprs;
}

int exprs_count(const Exprs *exprs) { return exprs->count; }

Arena *exprs_arena(const Exprs *exprs) { return exprs->arena; }

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t hash_string(const char *text) {
    uint64_t hash = 7;
    for (; text && *text; text++) hash = mix(hash, (unsigned char)*text);
    return hash;
}

static uint64_t hash_node(const Expr *e) {
    uint64_t value_bits;
    memcpy(&value_bits, &e->value, sizeof value_bits);
    uint64_t hash = mix((uint64_t)e->op, value_bits);
    hash = mix(hash, hash_string(e->name));
    hash = mix(hash, (uint64_t)(uintptr_t)e->dim);
    hash = mix(hash, (uint64_t)(uintptr_t)e->of);
    hash = mix(hash, (uint64_t)(uintptr_t)e->var);
    hash = mix(hash, (uint64_t)e->lag);
    hash = mix(hash, e->tags);
    for (int i = 0; i < e->kids; i++) hash = mix(hash, (uint64_t)e->kid[i]->id);
    for (int i = 0; i < e->arguments; i++) {
        hash = mix(hash, (uint64_t)e->argument[i]->id);
        hash = mix(hash, (uint64_t)e->partial[i]->id);
    }
    return hash;
}

static bool same_string(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool same_node(const Expr *a, const Expr *b) {
    if (a->op != b->op || a->dim != b->dim || memcmp(&a->value, &b->value, sizeof a->value) != 0)
        return false;
    if (!same_string(a->name, b->name) || a->of != b->of || a->var != b->var) return false;
    if (a->lag != b->lag || a->tags != b->tags || a->kids != b->kids || a->arguments != b->arguments)
        return false;
    for (int i = 0; i < a->kids; i++)
        if (a->kid[i] != b->kid[i]) return false;
    for (int i = 0; i < a->arguments; i++)
        if (a->argument[i] != b->argument[i] || a->partial[i] != b->partial[i]) return false;
    return true;
}

/* The slot that holds the node equal to `key`, or the empty one where it would go. */
static size_t place_of(const Exprs *exprs, const Expr *key) {
    size_t i = (size_t)hash_node(key) & (exprs->slots - 1);
    while (exprs->slot[i] && !same_node(exprs->slot[i], key)) i = (i + 1) & (exprs->slots - 1);
    return i;
}

/* Moves the nodes to a new table, of twice the slots where `twice`. */
static void move(Exprs *exprs, bool twice) {
    const Expr **old = exprs->slot;
    const size_t old_slots = exprs->slots;
    if (twice) exprs->slots *= 2;
    exprs->slot = arena_alloc(exprs->arena, exprs->slots * sizeof *exprs->slot);
    for (size_t i = 0; i < old_slots; i++)
        if (old[i] && old[i]->id < exprs->count) exprs->slot[place_of(exprs, old[i])] = old[i];
}

void exprs_forget(Exprs *exprs, int count) {
    exprs->count = count;
    move(exprs, false);
}

const Expr *expr_find(const Exprs *exprs, const Expr *key) { return exprs->slot[place_of(exprs, key)]; }

const Expr *expr_intern(Exprs *exprs, const Expr *key) {
    const Expr *found = expr_find(exprs, key);
    if (found) return found;
    if ((size_t)exprs->count * 2 >= exprs->slots) move(exprs, true);
    Expr *node = arena_new_of(exprs->arena, Expr);
    *node = *key;
    node->id = exprs->count++;
    exprs->slot[place_of(exprs, node)] = node;
    return node;
}
