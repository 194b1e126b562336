/* Arenas as a list of blocks: small objects share a block, a large object gets one of its own.
 * Blocks come from calloc, so that a fresh allocation is zeroed without touching it twice. */
#include "base/arena.h"
#include "base/clocale.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

typedef struct Block Block;
struct Block {
    Block *next;
    size_t used, capacity;
    max_align_t storage[];
};

struct Arena {
    Block *blocks; /* the first one is the one that small objects go to */
};

static void *out_of_memory(void) {
    fputs("eligo: out of memory\n", stderr);
    abort();
}

static Block *block_new(size_t capacity) {
    if (capacity > SIZE_MAX - sizeof(Block)) return out_of_memory();
    Block *block = calloc(1, sizeof(Block) + capacity);
    if (!block) return out_of_memory();
    block->capacity = capacity;
    return block;
}

Arena *arena_new(void) {
    Arena *arena = calloc(1, sizeof *arena);
    return arena ? arena : out_of_memory();
}

void arena_free(Arena *arena) {
    if (!arena) return;
    for (Block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

/* A large object goes behind the current block, so that the current block's free end stays in use. */
static Block *arena_add_large(Arena *arena, size_t size) {
    Block *block = block_new(size);
    if (arena->blocks) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        arena->blocks = block;
    }
    return block;
}

void *arena_alloc(Arena *arena, size_t size) {
    const size_t unit = sizeof(max_align_t);
    if (size > SIZE_MAX - unit) return out_of_memory();
    size = (size + unit - 1) / unit * unit;
    if (size == 0) size = unit;
    Block *block = arena->blocks;
    if (size > BLOCK_SIZE / 4) {
        block = arena_add_large(arena, size);
    } else if (!block || block->capacity - block->used < size) {
        block = block_new(BLOCK_SIZE);
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *at = (char *)block->storage + block->used;
    block->used += size;
    return at;
}

char *arena_copy(Arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX) return out_of_memory();
    char *copy = arena_alloc(arena, length + 1);
    if (length > 0) memcpy(copy, text, length);
    return copy;
}

char *arena_string(Arena *arena, const char *text) {
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_vprintf(Arena *arena, const char *format, va_list arguments) {
    const CLocale saved = c_locale_enter();
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    const size_t size = length > 0 ? (size_t)length + 1 : 1;
    char *text = arena_alloc(arena, size);
    vsnprintf(text, size, format, arguments);
    c_locale_leave(saved);
    return text;
}

char *arena_printf(Arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}
