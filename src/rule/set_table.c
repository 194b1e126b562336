/* Interning sequences of ints: a hash table with open addressing, never more than half full. */
#include "rule/dfa.h"
#include <stdint.h>
#include <string.h>

static uint32_t hash(const int *at, int count) {
    uint32_t h = 2166136261u;
    for (int i = 0; i < count; i++) {
        h = (h ^ (uint32_t)at[i]) * 16777619u;
        h ^= h >> 15;
    }
    return h;
}

static int find_slot(const SetTable *table, const int *at, int count) {
    const uint32_t mask = (uint32_t)table->slots - 1;
    for (uint32_t i = hash(at, count) & mask;; i = (i + 1) & mask) {
        const int index = table->slot[i] - 1;
        if (index < 0) return (int)i;
        const IntSet set = table->sets.at[index];
        if (set.count == count && (count == 0 || memcmp(set.at, at, sizeof *at * (size_t)count) == 0))
            return (int)i;
    }
}

static void widen(SetTable *table) {
    table->slots = table->slots ? table->slots * 2 : 64;
    table->slot = arena_alloc(table->arena, sizeof(int) * (size_t)table->slots);
    for (int i = 0; i < table->sets.count; i++)
        table->slot[find_slot(table, table->sets.at[i].at, table->sets.at[i].count)] = i + 1;
}

int set_table_intern(SetTable *table, const int *at, int count) {
    if (2 * table->sets.count >= table->slots) widen(table);
    const int slot = find_slot(table, at, count);
    if (table->slot[slot] == 0) {
        int *copy = arena_alloc(table->arena, sizeof(int) * (size_t)(count + 1));
        if (count) memcpy(copy, at, sizeof(int) * (size_t)count);
        const IntSet set = {copy, count};
        vec_push(table->arena, &table->sets, set);
        table->slot[slot] = table->sets.count;
    }
    return table->slot[slot] - 1;
}
