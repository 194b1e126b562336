/* The system's compiler: a text is written to a temporary folder of our own, compiled there into a shared
 * object with full optimisation for this processor, loaded, and the folder is removed again. No shell is
 * involved. */
#define _DEFAULT_SOURCE
#include "base/clocale.h"
#include "jit/cache.h"
#include "jit/engine.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const Span nowhere = {0};

/* ---- finding it ---- */

static bool is_program(const char *path) { return access(path, X_OK) == 0; }

/* `name` along $PATH, or itself when it is a path. */
static bool find_program(const char *name, char *path, size_t size) {
    if (strchr(name, '/')) return snprintf(path, size, "%s", name) < (int)size && is_program(path);
    const char *folders = getenv("PATH");
    for (const char *at = folders ? folders : "/usr/local/bin:/usr/bin:/bin"; *at;) {
        const size_t length = strcspn(at, ":");
        const int needed = snprintf(path, size, "%.*s/%s", (int)length, at, name);
        if (length > 0 && needed > 0 && (size_t)needed < size && is_program(path)) return true;
        at += length;
        if (*at) at++;
    }
    return false;
}

/* $CC may carry options ("gcc -m64", "ccache gcc"): then it is no program's name, and the usual ones are
 * tried. */
bool jit_has_cc(char *path, size_t size) {
    char found[4096];
    const char *const names[] = {getenv("CC"), "cc", "gcc", "clang"};
    for (int i = 0; i < 4; i++) {
        if (!names[i] || !*names[i] || !find_program(names[i], found, sizeof found)) continue;
        if (path) snprintf(path, size, "%s", found);
        return true;
    }
    return false;
}

/* ---- running it ---- */

typedef struct Folder {
    char path[512], source[540], object[540], log[540];
} Folder;

static bool make_folder(Folder *folder) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || !*temporary || strlen(temporary) > 450) temporary = "/tmp";
    snprintf(folder->path, sizeof folder->path, "%s/eligo-XXXXXX", temporary);
    if (!mkdtemp(folder->path)) return false;
    snprintf(folder->source, sizeof folder->source, "%s/learner.c", folder->path);
    snprintf(folder->object, sizeof folder->object, "%s/learner.so", folder->path);
    snprintf(folder->log, sizeof folder->log, "%s/log", folder->path);
    return true;
}

static void remove_folder(const Folder *folder) {
    unlink(folder->source);
    unlink(folder->object);
    unlink(folder->log);
    rmdir(folder->path);
}

static bool write_source(const Folder *folder, const char *text) {
    FILE *file = fopen(folder->source, "w");
    if (!file) return false;
    const bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

/* The environment with LC_ALL=C in front, so that the compiler's messages are plain. Freed by the caller,
 * entries not. */
static char **plain_environment(void) {
    size_t count = 0;
    while (environ[count]) count++;
    char **copy = calloc(count + 2, sizeof *copy);
    if (!copy) return NULL;
    static char plain[] = "LC_ALL=C";
    size_t kept = 0;
    copy[kept++] = plain;
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) != 0) copy[kept++] = environ[i];
    return copy;
}

static bool spawn(char *const *words, const char *log, pid_t *child) {
    char **environment = plain_environment();
    posix_spawn_file_actions_t files;
    if (!environment || posix_spawn_file_actions_init(&files) != 0) return free(environment), false;
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    const int failed = posix_spawn(child, words[0], &files, NULL, words, environment);
    posix_spawn_file_actions_destroy(&files);
    free(environment);
    return failed == 0;
}

static bool run(char *const *words, const char *log) {
    pid_t child;
    if (!spawn(words, log, &child)) return false;
    int status = 0;
    pid_t ended;
    do ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#define OPTIONS "-std=c99 -O3 -march=native -ffp-contract=off -fno-builtin -w -shared -fPIC"

static bool compile(char *compiler, Folder *folder) {
    char words[] = OPTIONS, output[] = "-o", library[] = "-lm", *rest = NULL;
    char *all[16];
    int count = 0;
    all[count++] = compiler;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        all[count++] = word;
    all[count++] = output;
    all[count++] = folder->object;
    all[count++] = folder->source;
    all[count++] = library;
    all[count] = NULL;
    return run(all, folder->log);
}

/* The first line that says "error", else the first. */
static void first_error(const Folder *folder, char *said, size_t size) {
    char one[400];
    FILE *file = fopen(folder->log, "r");
    snprintf(said, size, "it could not be run");
    if (!file) return;
    for (bool first = true; fgets(one, sizeof one, file); first = false) {
        one[strcspn(one, "\n")] = '\0';
        const char *error = strstr(one, "error");
        if (first || error) snprintf(said, size, "%s", error ? error : one);
        if (error) break;
    }
    fclose(file);
}

/* ---- the engine ---- */

static void *symbol(void *state, const char *name) { return dlsym(state, name); }
static void release(void *state) { dlclose(state); }

static void *build(char *compiler, const char *text, const char *place, Diagnostics *diagnostics) {
    Folder folder = {{0}, {0}, {0}, {0}};
    if (!make_folder(&folder)) {
        diagnose(diagnostics, nowhere, "E0703", "no temporary folder for compiled code: %s", strerror(errno));
        return NULL;
    }
    void *handle = NULL;
    char said[400];
    if (!write_source(&folder, text))
        diagnose(diagnostics, nowhere, "E0703", "can't write %s: %s", folder.source, strerror(errno));
    else if (!compile(compiler, &folder)) {
        first_error(&folder, said, sizeof said);
        diagnose(diagnostics, nowhere, "E0701", "%s: %s", compiler, said);
    } else if (!(handle = dlopen(folder.object, RTLD_NOW | RTLD_LOCAL)))
        diagnose(diagnostics, nowhere, "E0703", "compiled code can't be loaded: %s", dlerror());
    else if (place)
        cache_put(place, folder.object);
    remove_folder(&folder);
    return handle;
}

bool cc_engine(const char *text, Jit *jit, Diagnostics *diagnostics) {
    char compiler[4096];
    if (!jit_has_cc(compiler, sizeof compiler)) {
        Diagnostic *missing =
            diagnose(diagnostics, nowhere, "E0702", "the engine cc needs a C compiler, and there is none");
        diagnostic_help(diagnostics, missing,
                        "install one (apt-get install gcc), or name it in $CC, or take --engine tcc");
        return false;
    }
    char place[CACHE_PATH];
    const bool caches = cache_place(text, compiler, OPTIONS, place);
    /* what can't be loaded any more is made anew */
    void *handle = caches && cache_has(place) ? dlopen(place, RTLD_NOW | RTLD_LOCAL) : NULL;
    const bool cached = handle != NULL;
    if (!handle) handle = build(compiler, text, caches ? place : NULL, diagnostics);
    if (!handle) return false;
    *jit = (Jit){handle, symbol, release, cached};
    return true;
}
