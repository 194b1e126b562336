/* The system's compiler: a text becomes a shared object with full optimisation for this processor, which is
 * kept in the cache and loaded. */
#define _DEFAULT_SOURCE
#include "jit/cache.h"
#include "jit/compiler.h"
#include "jit/engine.h"
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- its code ---- */

static void *symbol(void *state, const char *name) { return dlsym(state, name); }
static void release(void *state) { dlclose(state); }

static const char *options_of(bool openmp) {
    return openmp ? COMPILER_OPTIONS " -fopenmp" : COMPILER_OPTIONS;
}

/* OpenMP's threads outlive what they were made for, and its library must too. */
static void *load(const char *object, bool openmp) {
    return dlopen(object, RTLD_NOW | RTLD_LOCAL | (openmp ? RTLD_NODELETE : 0));
}

/* What can't be loaded any more is made anew. */
bool cc_cached(const char *text, bool openmp, Jit *jit) {
    char program[4096], place[CACHE_PATH];
    if (!jit_has_cc(program, sizeof program) || !cache_place(text, program, options_of(openmp), place) ||
        !cache_has(place))
        return false;
    void *handle = load(place, openmp);
    if (handle) *jit = (Jit){handle, symbol, release, true, 0};
    return handle != NULL;
}

/* ---- compiling ---- */

struct JitBuild {
    Compiler compiler;
    char place[CACHE_PATH]; /* in the cache; empty: it isn't kept */
    bool openmp;
};

static bool begin(JitBuild *build, const char *text, Diagnostics *diagnostics) {
    char program[4096];
    if (!jit_has_cc(program, sizeof program)) {
        Diagnostic *missing =
            diagnose(diagnostics, nowhere, "E0702", "the engine cc needs a C compiler, and there is none");
        diagnostic_help(diagnostics, missing,
                        "install one (apt-get install gcc), or name it in $CC, or take --engine tcc");
        return false;
    }
    const char *options = options_of(build->openmp);
    if (!cache_place(text, program, options, build->place)) build->place[0] = '\0';
    return compiler_begin(&build->compiler, program, options, text, diagnostics);
}

static atomic_int builds;

bool jit_build_may_begin(void) { return atomic_load(&builds) < JIT_BUILDS; }

JitBuild *jit_build_begin(const char *text, JitEngine engine, Diagnostics *diagnostics) {
    JitBuild *build = calloc(1, sizeof *build);
    if (build) build->openmp = engine == JIT_CC_OPENMP;
    if (!build)
        diagnose(diagnostics, nowhere, "E0703", "no memory for compiled code");
    else if (begin(build, text, diagnostics)) {
        atomic_fetch_add(&builds, 1);
        return build;
    }
    free(build);
    return NULL;
}

bool jit_build_is_over(JitBuild *build) { return compiler_is_over(&build->compiler, false); }

bool cc_finish(JitBuild *build, Jit *jit, Diagnostics *diagnostics) {
    Compiler *compiler = &build->compiler;
    void *handle = NULL;
    char said[400];
    compiler_is_over(compiler, true);
    if (!compiler->good) {
        compiler_error(compiler, said, sizeof said);
        diagnose(diagnostics, nowhere, "E0701", "%s: %s", compiler->program, said);
    } else if (!(handle = load(compiler->object, build->openmp)))
        diagnose(diagnostics, nowhere, "E0703", "compiled code can't be loaded: %s", dlerror());
    else if (build->place[0])
        cache_put(build->place, compiler->object);
    jit_build_abandon(build);
    *jit = (Jit){handle, symbol, release, false, 0};
    return handle != NULL;
}

void jit_build_abandon(JitBuild *build) {
    if (!build) return;
    atomic_fetch_sub(&builds, 1);
    compiler_leave(&build->compiler);
    free(build);
}

bool cc_engine(const char *text, bool openmp, Jit *jit, Diagnostics *diagnostics) {
    if (cc_cached(text, openmp, jit)) return true;
    JitBuild *build = jit_build_begin(text, openmp ? JIT_CC_OPENMP : JIT_CC, diagnostics);
    return build && cc_finish(build, jit, diagnostics);
}
