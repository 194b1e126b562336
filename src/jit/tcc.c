/* libtcc: the only file that knows it. Without standard headers, libraries or start files, so that the
 * symbols added here are all that a text can reach; relocated into memory of ours, which is made
 * read-and-execute before anything runs. This library has two silent miscompiles that emitted code is written
 * around (extern data read through the GOT, run-time row lengths in pointers to arrays); a self-test before
 * the first use compiles what emitted code relies on instead, and refuses the engine when that is wrong. */
#define _DEFAULT_SOURCE
#include "base/clocale.h"
#include "jit/engine.h"
#include "runtime/kernels.h"
#include <libtcc.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct Code {
    TCCState *tcc;
    void *memory;
    size_t bytes;
    char said[2000]; /* what tcc complained about */
} Code;

static const Span nowhere = {0};

/* libtcc compiles in variables of its own: one thread at a time. */
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void note(void *opaque, const char *message) {
    Code *code = opaque;
    const size_t used = strlen(code->said), left = sizeof code->said - used - 1;
    if (left < 3) return;
    if (used > 0) strcat(code->said, "; ");
    strncat(code->said, message, left - 2);
}

static void delete (Code *code) {
    if (code->tcc) tcc_delete(code->tcc);
    if (code->memory) munmap(code->memory, code->bytes);
    free(code);
}

static void release(void *state) {
    pthread_mutex_lock(&one_at_a_time);
    delete (state);
    pthread_mutex_unlock(&one_at_a_time);
}

static void *symbol(void *state, const char *name) {
    pthread_mutex_lock(&one_at_a_time);
    void *found = tcc_get_symbol(((Code *)state)->tcc, name);
    pthread_mutex_unlock(&one_at_a_time);
    return found;
}

/* ---- what a text may call ---- */

typedef void (*Function)(void);
typedef struct Allowed {
    const char *name;
    Function function;
} Allowed;

#define MATH(name)                                                                                           \
    {#name, (Function)(double (*)(double))name}, { #name "f", (Function)(float (*)(float))name##f }

static const Allowed allowed[] = {
    MATH(exp),
    MATH(log),
    MATH(sqrt),
    MATH(tanh),
    MATH(erf),
    MATH(sin),
    MATH(cos),
    MATH(fabs),
    MATH(log1p),
    {"pow", (Function)(double (*)(double, double))pow},
    {"powf", (Function)(float (*)(float, float))powf},
    {"memset", (Function)(void *(*)(void *, int, size_t))memset},
    {"memcpy", (Function)(void *(*)(void *, const void *, size_t))memcpy},
    {"memmove", (Function)(void *(*)(void *, const void *, size_t))memmove},
};

/* ISO C has no cast from functions to data pointers; POSIX gives both one representation. */
static void add_function(TCCState *tcc, const char *name, Function function) {
    const void *address;
    memcpy(&address, &function, sizeof address);
    tcc_add_symbol(tcc, name, address);
}

static void add_kernels(TCCState *tcc, const Kernel *list, int count, bool single) {
    for (int i = 0; i < count; i++) {
        const Function function = single ? list[i].float_function : list[i].double_function;
        if (function) add_function(tcc, list[i].name, function);
    }
}

static void add_functions(TCCState *tcc, bool single) {
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        add_function(tcc, allowed[i].name, allowed[i].function);
    add_kernels(tcc, kernels_here(), kernel_count, single);
    add_kernels(tcc, ranges_here(), range_count, single);
}

/* ---- compiling ---- */

static bool place(Code *code) {
    const int bytes = tcc_relocate(code->tcc, NULL);
    if (bytes < 0) return false;
    code->bytes = (size_t)bytes;
    void *memory = mmap(NULL, code->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return false;
    code->memory = memory;
    if (tcc_relocate(code->tcc, memory) < 0) return false;
    return mprotect(memory, code->bytes, PROT_READ | PROT_EXEC) == 0;
}

static bool translate(Code *code, const char *text, bool single) {
    code->tcc = tcc_new();
    if (!code->tcc) return false;
    tcc_set_error_func(code->tcc, code, note);
    tcc_set_options(code->tcc, "-nostdlib -nostdinc");
    if (tcc_set_output_type(code->tcc, TCC_OUTPUT_MEMORY) < 0) return false;
    add_functions(code->tcc, single);
    if (tcc_compile_string(code->tcc, text) < 0) return false;
    return place(code);
}

/* tcc reads numbers by the locale: it works in the C one. */
static Code *compile(const char *text, bool single) {
    Code *code = calloc(1, sizeof *code);
    if (!code) return NULL;
    const CLocale saved = c_locale_enter();
    const bool done = translate(code, text, single);
    c_locale_leave(saved);
    if (!done && !code->said[0]) strcpy(code->said, "no executable memory");
    if (done) code->said[0] = '\0';
    return code;
}

/* ---- the self-test ---- */

/* Data through pointers, rows by manual strides: the forms that stand in for the two that go wrong. */
static const char test_text[] =
    "float eligo_test(const float *g, const float *a, int rows, int m, float x) {\n"
    "    float sum = x + g[2];\n"
    "    for (int j = 0; j < rows; j++)\n"
    "        for (int i = 0; i < m; i++) sum = sum + a[j * m + i] * (float)(j + 1);\n"
    "    return sum * 0.5f;\n"
    "}\n";

static bool passes_test(const Code *code) {
    float (*test)(const float *, const float *, int, int, float);
    void *address = tcc_get_symbol(code->tcc, "eligo_test");
    if (!address) return false;
    memcpy(&test, &address, sizeof test);
    const float g[3] = {1, 2, 4}, a[6] = {1, 2, 3, 4, 5, 6};
    return test(g, a, 2, 3, 8) == 24.0F;
}

/* -1 not tried, else whether this libtcc computes what it should. */
static bool works(void) {
    static int known = -1;
    if (known < 0) {
        Code *code = compile(test_text, true);
        known = code && !code->said[0] && passes_test(code);
        if (code) delete (code);
    }
    return known;
}

static bool compile_into(Jit *jit, const char *text, bool single, Diagnostics *diagnostics) {
    if (!works()) {
        diagnose(diagnostics, nowhere, "E0703", "the engine tcc fails its self-test on this machine");
        return false;
    }
    Code *code = compile(text, single);
    if (!code || code->said[0]) {
        diagnose(diagnostics, nowhere, "E0701", "tcc: %s", code ? code->said : "no memory");
        if (code) delete (code);
        return false;
    }
    *jit = (Jit){code, symbol, release, false, 0};
    return true;
}

bool tcc_engine(const char *text, bool single, Jit *jit, Diagnostics *diagnostics) {
    pthread_mutex_lock(&one_at_a_time);
    const bool done = compile_into(jit, text, single, diagnostics);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}
