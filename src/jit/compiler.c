/* Its folder, its process, its words. */
#define _XOPEN_SOURCE 700 /* nftw */
#define _DEFAULT_SOURCE
#include "jit/compiler.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const Span nowhere = {0};

/* ---- the folder ---- */

static bool make_folder(Compiler *compiler) {
    const char *temporary = getenv("TMPDIR");
    if (!temporary || !*temporary || strlen(temporary) > 450) temporary = "/tmp";
    snprintf(compiler->folder, sizeof compiler->folder, "%s/eligo-XXXXXX", temporary);
    if (!mkdtemp(compiler->folder)) return false;
    snprintf(compiler->source, sizeof compiler->source, "%s/learner.c", compiler->folder);
    snprintf(compiler->object, sizeof compiler->object, "%s/learner.so", compiler->folder);
    snprintf(compiler->log, sizeof compiler->log, "%s/log", compiler->folder);
    return true;
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *place) {
    (void)about, (void)type, (void)place;
    remove(path);
    return 0;
}

/* What is being killed may write one more file while its folder is removed: then once more. */
static void remove_folder(const Compiler *compiler) {
    const struct timespec moment = {0, 1000000};
    for (int i = 0; i < 100; i++) {
        nftw(compiler->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
        if (access(compiler->folder, F_OK) != 0) return;
        nanosleep(&moment, NULL);
    }
}

static bool write_source(const Compiler *compiler, const char *text) {
    FILE *file = fopen(compiler->source, "w");
    if (!file) return false;
    const bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

/* ---- the process ---- */

static bool is_set(const char *entry, const char *name) {
    return strncmp(entry, name, strlen(name)) == 0 && entry[strlen(name)] == '=';
}

/* The environment with LC_ALL=C, so that the compiler's messages are plain, and its own TMPDIR, which is
 * written to `temporary`. Freed by the caller, entries not. */
static char **environment_of(const Compiler *compiler, char *temporary, size_t size) {
    static char plain[] = "LC_ALL=C"; /* never written to */
    size_t count = 0, kept = 0;
    while (environ[count]) count++;
    char **copy = calloc(count + 3, sizeof *copy);
    if (!copy) return NULL;
    snprintf(temporary, size, "TMPDIR=%s", compiler->folder);
    copy[kept++] = plain;
    copy[kept++] = temporary;
    for (size_t i = 0; i < count; i++)
        if (!is_set(environ[i], "LC_ALL") && !is_set(environ[i], "TMPDIR")) copy[kept++] = environ[i];
    return copy;
}

/* A group of its own; and the signals as a program finds them that is started by hand, whatever the host
 * ignores or blocks: a compiler has to see its own children end. */
static bool set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGCHLD);
    sigaddset(&usual, SIGINT);
    sigaddset(&usual, SIGTERM);
    sigaddset(&usual, SIGPIPE);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF) == 0 &&
           posix_spawnattr_setpgroup(attributes, 0) == 0 &&
           posix_spawnattr_setsigmask(attributes, &none) == 0 &&
           posix_spawnattr_setsigdefault(attributes, &usual) == 0;
}

static bool set_files(posix_spawn_file_actions_t *files, const char *log) {
    return posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0) == 0 &&
           posix_spawn_file_actions_addopen(files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600) == 0 &&
           posix_spawn_file_actions_adddup2(files, 1, 2) == 0;
}

static bool spawn(Compiler *compiler, char *const *words) {
    char temporary[540];
    char **environment = environment_of(compiler, temporary, sizeof temporary);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    bool done = false;
    if (environment && posix_spawn_file_actions_init(&files) == 0) {
        if (posix_spawnattr_init(&attributes) == 0) {
            done = set_files(&files, compiler->log) && set_attributes(&attributes) &&
                   posix_spawn(&compiler->child, words[0], &files, &attributes, words, environment) == 0;
            posix_spawnattr_destroy(&attributes);
        }
        posix_spawn_file_actions_destroy(&files);
    }
    free(environment);
    return done;
}

static bool start(Compiler *compiler, const char *options) {
    char words[256], output[] = "-o", library[] = "-lm", *rest = NULL;
    char *all[16];
    int count = 0;
    snprintf(words, sizeof words, "%s", options);
    all[count++] = compiler->program;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        all[count++] = word;
    all[count++] = output;
    all[count++] = compiler->object;
    all[count++] = compiler->source;
    all[count++] = library;
    all[count] = NULL;
    return spawn(compiler, all);
}

bool compiler_begin(Compiler *compiler, const char *program, const char *options, const char *text,
                    Diagnostics *diagnostics) {
    *compiler = (Compiler){.child = -1};
    snprintf(compiler->program, sizeof compiler->program, "%s", program);
    if (!make_folder(compiler)) {
        diagnose(diagnostics, nowhere, "E0703", "no temporary folder for compiled code: %s", strerror(errno));
        return false;
    }
    if (!write_source(compiler, text))
        diagnose(diagnostics, nowhere, "E0703", "can't write %s: %s", compiler->source, strerror(errno));
    else if (!start(compiler, options))
        diagnose(diagnostics, nowhere, "E0701", "%s: it could not be run", program);
    else
        return true;
    remove_folder(compiler);
    return false;
}

/* A host that takes every child's status, or ignores SIGCHLD, leaves none for us: then the object, which
 * linkers remove when they fail, says how it went. */
bool compiler_is_over(Compiler *compiler, bool wait) {
    if (compiler->over) return true;
    int status = 0;
    pid_t ended;
    do ended = waitpid(compiler->child, &status, wait ? 0 : WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended == 0) return false;
    compiler->over = true;
    compiler->good =
        (ended < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) && access(compiler->object, R_OK) == 0;
    return true;
}

void compiler_error(const Compiler *compiler, char *said, size_t size) {
    char one[400];
    FILE *file = fopen(compiler->log, "r");
    snprintf(said, size, "it failed and said nothing");
    if (!file) return;
    for (bool first = true; fgets(one, sizeof one, file); first = false) {
        one[strcspn(one, "\n")] = '\0';
        const char *error = strstr(one, "error");
        if (first || error) snprintf(said, size, "%s", error ? error : one);
        if (error) break;
    }
    fclose(file);
}

/* As long as it isn't over, its number is nobody else's. */
void compiler_leave(Compiler *compiler) {
    if (!compiler_is_over(compiler, false)) {
        kill(-compiler->child, SIGKILL);
        compiler_is_over(compiler, true);
    }
    remove_folder(compiler);
}
