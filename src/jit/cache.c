#define _DEFAULT_SOURCE
#include "jit/cache.h"
#include "base/hash.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- the folder ---- */

/* The user's own, and nobody else may write to it. */
static bool is_private(const char *folder) {
    struct stat found;
    return stat(folder, &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
           (found.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
    return is_private(path);
}

static bool find_folder(char path[CACHE_PATH]) {
    const char *own = getenv("ELIGO_CACHE"), *shared = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length = -1;
    if (own)
        length = *own ? snprintf(path, CACHE_PATH, "%s", own) : -1;
    else if (shared && *shared)
        length = snprintf(path, CACHE_PATH, "%s/eligo", shared);
    else if (home && *home)
        length = snprintf(path, CACHE_PATH, "%s/.cache/eligo", home);
    return length > 0 && length < CACHE_PATH - 64 && make_folders(path);
}

/* ---- names ---- */

/* What -march=native means: the first processor's description, without what changes by itself. */
static uint64_t processor(uint64_t hash) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[8192];
    while (file && fgets(line, sizeof line, file) && line[0] != '\n')
        if (strncmp(line, "model name", 10) == 0 || strncmp(line, "flags", 5) == 0 ||
            strncmp(line, "Features", 8) == 0)
            hash = hash_bytes(hash, line, strlen(line));
    if (file) fclose(file);
    return hash;
}

static uint64_t key(uint64_t start, const char *text, const char *compiler, const char *options) {
    struct stat found = {0};
    uint64_t hash = hash_bytes(start, text, strlen(text));
    hash = hash_bytes(hash, compiler, strlen(compiler) + 1);
    hash = hash_bytes(hash, options, strlen(options) + 1);
    if (stat(compiler, &found) == 0) {
        const int64_t facts[2] = {(int64_t)found.st_size, (int64_t)found.st_mtime};
        hash = hash_bytes(hash, facts, sizeof facts);
    }
    return processor(hash);
}

bool cache_place(const char *text, const char *compiler, const char *options, char path[CACHE_PATH]) {
    if (!find_folder(path)) return false;
    const size_t length = strlen(path);
    snprintf(path + length, CACHE_PATH - length, "/%016llx%016llx.so",
             (unsigned long long)key(HASH_START, text, compiler, options),
             (unsigned long long)key(~HASH_START, text, compiler, options));
    return true;
}

/* By our own clock: the file system's would give what is used within a few milliseconds one age. */
bool cache_has(const char *path) {
    struct timespec now[2];
    clock_gettime(CLOCK_REALTIME, &now[0]);
    now[1] = now[0];
    return utimensat(AT_FDCWD, path, now, 0) == 0;
}

/* ---- putting in, and out ---- */

/* To a new file: `to` ends in XXXXXX and gets its name. */
static bool copy(const char *from, char *to) {
    char block[65536];
    size_t got;
    const int fresh = mkstemp(to);
    FILE *in = fopen(from, "rb"), *out = fresh >= 0 ? fdopen(fresh, "wb") : NULL;
    if (fresh >= 0 && !out) close(fresh);
    bool good = in && out;
    while (good && (got = fread(block, 1, sizeof block, in)) > 0) good = fwrite(block, 1, got, out) == got;
    good = good && !ferror(in);
    if (in) fclose(in);
    if (out) good = fclose(out) == 0 && good;
    return good;
}

typedef struct Oldest {
    char path[CACHE_PATH];
    struct timespec used;
    long long bytes; /* of all objects */
    int count;
} Oldest;

static bool is_older(struct timespec a, struct timespec b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static Oldest look_over(const char *folder) {
    Oldest oldest = {.count = 0};
    DIR *opened = opendir(folder);
    for (const struct dirent *entry; opened && (entry = readdir(opened));) {
        char path[CACHE_PATH + 300];
        struct stat found;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (lstat(path, &found) != 0 || !S_ISREG(found.st_mode) || strlen(path) >= CACHE_PATH) continue;
        if (oldest.count++ == 0 || is_older(found.st_mtim, oldest.used)) {
            oldest.used = found.st_mtim;
            strcpy(oldest.path, path);
        }
        oldest.bytes += found.st_size;
    }
    if (opened) closedir(opened);
    return oldest;
}

static void trim(const char *folder) {
    const char *given = getenv("ELIGO_CACHE_BYTES");
    const long long most = given ? atoll(given) : 64LL << 20;
    for (Oldest oldest = look_over(folder); oldest.count > 1 && oldest.bytes > most;
         oldest = look_over(folder))
        if (unlink(oldest.path) != 0) return;
}

void cache_put(const char *path, const char *object) {
    char folder[CACHE_PATH], fresh[CACHE_PATH + 32];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    snprintf(fresh, sizeof fresh, "%s.XXXXXX", path); /* another thread may put the same */
    if (!copy(object, fresh) || rename(fresh, path) != 0) {
        unlink(fresh);
        return;
    }
    cache_has(path); /* the youngest */
    trim(folder);
}
