/* Reading goes through zlib, which hands out plain files as they are; writing through mkstemp and rename. */
#include "train/file.h"
#include "base/vector.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

bool complain(Eligo *eligo, const char *code, const char *format, ...) {
    if (!eligo) return false;
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    eligo_report(eligo, code, "%s", text.at);
    text_free(&text);
    return false;
}

bool file_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0;
}

/* gzopen would open a folder, and reading it then fails with words that help nobody. */
static gzFile open_plain(Eligo *eligo, const char *path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        complain(eligo, "E0601", "can't open `%s`: %s", path, strerror(errno));
        return NULL;
    }
    struct stat about;
    if (fstat(file, &about) == 0 && S_ISDIR(about.st_mode)) {
        complain(eligo, "E0601", "can't read `%s`: it is a folder", path);
        close(file);
        return NULL;
    }
    gzFile in = gzdopen(file, "rb");
    if (!in) close(file);
    return in;
}

bool file_read(Eligo *eligo, const char *path, Text *out) {
    gzFile in = open_plain(eligo, path);
    if (!in) return false;
    char block[1 << 14];
    int got;
    while ((got = gzread(in, block, sizeof block)) > 0) text_add_bytes(out, block, (size_t)got);
    int state = Z_OK;
    gzerror(in, &state);
    const bool good = got == 0 && state != Z_BUF_ERROR && state != Z_DATA_ERROR;
    gzclose(in);
    return good || complain(eligo, "E0602", "`%s` is damaged or cut off (it can't be read to its end)", path);
}

bool file_make_folder(Eligo *eligo, const char *path) {
    Text part = {0};
    text_add(&part, path);
    bool good = true;
    for (size_t i = 1; good && i <= part.length; i++) {
        if (part.at[i] != '/' && part.at[i] != '\0') continue;
        const char kept = part.at[i];
        part.at[i] = '\0';
        struct stat about;
        good = mkdir(part.at, 0777) == 0 || (stat(part.at, &about) == 0 && S_ISDIR(about.st_mode));
        if (!good)
            complain(eligo, "E0751", "can't make the folder `%s`: %s", part.at,
                     errno == EEXIST ? "a file of that name is in the way" : strerror(errno));
        part.at[i] = kept;
    }
    text_free(&part);
    return good;
}

char *path_join(Arena *arena, const char *folder, const char *name) {
    const size_t length = strlen(folder);
    return arena_printf(arena, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name);
}

typedef struct Staged {
    const char *path;
    char *temporary;
} Staged;

struct Outputs {
    Eligo *eligo;
    Arena *arena;
    VEC(Staged) staged;
};

Outputs *outputs_new(Eligo *eligo) {
    Arena *arena = arena_new();
    Outputs *outputs = arena_new_of(arena, Outputs);
    outputs->eligo = eligo;
    outputs->arena = arena;
    return outputs;
}

static bool write_all(int file, const char *bytes, size_t length) {
    while (length > 0) {
        const ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes += written;
        length -= (size_t)written;
    }
    return fsync(file) == 0 || errno == EINVAL;
}

/* An empty file under a temporary name, open for writing; -1 after a report. */
static int stage(Outputs *outputs, const char *path) {
    Staged one = {arena_string(outputs->arena, path), arena_printf(outputs->arena, "%s.XXXXXX", path)};
    const int file = mkstemp(one.temporary);
    if (file < 0) return complain(outputs->eligo, "E0750", "can't write `%s`: %s", path, strerror(errno)), -1;
    vec_push(outputs->arena, &outputs->staged, one);
    const mode_t mask =
        umask(0); /* mkstemp's 0600 is for secrets; an output is as open as the user's others */
    umask(mask);
    if (fchmod(file, 0666 & ~mask) == 0) return file;
    complain(outputs->eligo, "E0750", "can't write `%s`: %s", path, strerror(errno));
    close(file);
    return -1;
}

bool outputs_add(Outputs *outputs, const char *path, const void *bytes, size_t length) {
    const int file = stage(outputs, path);
    if (file < 0) return false;
    bool good = write_all(file, bytes, length);
    const int problem = errno;
    good = close(file) == 0 && good;
    return good || complain(outputs->eligo, "E0750", "can't write `%s`: %s", path, strerror(problem));
}

const char *outputs_reserve(Outputs *outputs, const char *path) {
    const int file = stage(outputs, path);
    if (file < 0) return NULL;
    close(file);
    return outputs->staged.at[outputs->staged.count - 1].temporary;
}

bool outputs_commit(Outputs *outputs) {
    for (int i = 0; i < outputs->staged.count; i++) {
        Staged *one = &outputs->staged.at[i];
        if (rename(one->temporary, one->path) != 0)
            return complain(outputs->eligo, "E0750", "can't write `%s`: %s", one->path, strerror(errno));
        one->temporary = NULL;
    }
    return true;
}

void outputs_free(Outputs *outputs) {
    if (!outputs) return;
    for (int i = 0; i < outputs->staged.count; i++)
        if (outputs->staged.at[i].temporary) unlink(outputs->staged.at[i].temporary);
    arena_free(outputs->arena);
}

bool file_write(Eligo *eligo, const char *path, const void *bytes, size_t length) {
    Outputs *outputs = outputs_new(eligo);
    const bool good = outputs_add(outputs, path, bytes, length) && outputs_commit(outputs);
    outputs_free(outputs);
    return good;
}
