/* Compiled code that was compiled before: shared objects in the user's cache folder, named by what they were
 * made from.
 *
 * The name is a hash of the text, the compiler (its path, size and date), its options and this processor, so
 * that nothing has to be invalidated. Objects come in by rename and go out oldest first when the folder grows
 * too large; both are safe while other processes do the same. Only a folder that is the user's own and that
 * nobody else may write to is used: what lies in it is run. Everything here may fail, which costs time only.
 */
#ifndef ELIGO_JIT_CACHE_H
#define ELIGO_JIT_CACHE_H

#include <stdbool.h>
#include <stddef.h>

enum { CACHE_PATH = 4096 };

/* Where the object for this text would be: $ELIGO_CACHE (empty: no cache), else $XDG_CACHE_HOME/eligo, else
 * ~/.cache/eligo, which is made. False when there is no such folder. */
bool cache_place(const char *text, const char *compiler, const char *options, char path[CACHE_PATH]);
/* Whether an object is there; it is then the folder's youngest. */
bool cache_has(const char *path);
/* Copies the object to its place, and removes the oldest beyond $ELIGO_CACHE_BYTES (64 MiB). */
void cache_put(const char *path, const char *object);

#endif
