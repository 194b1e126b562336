/* An arena: memory with one lifetime, freed whole.
 *
 * A compiler run builds a few graphs of small objects that live and die together; giving each graph an arena
 * removes every individual free and every question of ownership inside it. Nothing is ever moved, so pointers
 * into an arena stay valid until `arena_free`. Running out of memory ends the process with a message: there
 * is nothing useful left to do in a compiler. */
#ifndef ELIGO_BASE_ARENA_H
#define ELIGO_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

/* A new empty arena; the caller owns it and frees it with `arena_free`. */
Arena *arena_new(void);
/* Frees the arena and everything allocated from it; NULL is allowed. */
void arena_free(Arena *arena);
/* `size` zeroed bytes, aligned for any type, living as long as the arena. */
void *arena_alloc(Arena *arena, size_t size);
/* A zero-terminated copy of the first `length` bytes of `text`. */
char *arena_copy(Arena *arena, const char *text, size_t length);
/* A zero-terminated copy of `text`; NULL gives NULL. */
char *arena_string(Arena *arena, const char *text);
/* printf into the arena. */
char *arena_printf(Arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(Arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

#define arena_new_of(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
