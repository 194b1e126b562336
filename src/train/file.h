/* Files, read whole and written whole.
 *
 * What a command writes is staged first, each file under a temporary name beside its place, and renamed when
 * all of it is there: whoever reads a folder sees a complete old file or a complete new one, and an error
 * half way leaves nothing behind. All functions report into the Eligo handle. */
#ifndef ELIGO_TRAIN_FILE_H
#define ELIGO_TRAIN_FILE_H

#include "base/arena.h"
#include "base/text.h"
#include "eligo.h"

/* printf into the handle as an error; false, so that a caller can return it. A NULL handle keeps silent. */
bool complain(Eligo *eligo, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Appends the whole file to `out`, unpacked if it is gzip'ed; false after a report. The caller frees `out`.
 */
bool file_read(Eligo *eligo, const char *path, Text *out);
bool file_exists(const char *path);
/* Makes the folder and those above it. */
bool file_make_folder(Eligo *eligo, const char *path);
/* FOLDER/NAME. */
char *path_join(Arena *arena, const char *folder, const char *name);

typedef struct Outputs Outputs;
Outputs *outputs_new(Eligo *eligo);
/* Stages a file; the bytes are on disk, under a temporary name, when it returns true. */
bool outputs_add(Outputs *outputs, const char *path, const void *bytes, size_t length);
/* Stages a file that another program writes: under the name returned, which is the outputs'; NULL after a
 * report. */
const char *outputs_reserve(Outputs *outputs, const char *path);
/* Gives every staged file its name. */
bool outputs_commit(Outputs *outputs);
/* Removes what was staged and not committed. NULL is allowed. */
void outputs_free(Outputs *outputs);
/* One file, staged and committed. */
bool file_write(Eligo *eligo, const char *path, const void *bytes, size_t length);

#endif
