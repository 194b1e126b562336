/* The door to both engines. */
#include "jit/jit.h"
#include "jit/engine.h"
#include <stdlib.h>

static const Span nowhere = {0};

static Jit *jit_new(Diagnostics *diagnostics) {
    Jit *jit = calloc(1, sizeof *jit);
    if (!jit) diagnose(diagnostics, nowhere, "E0703", "no memory for compiled code");
    return jit;
}

static Jit *kept_if(bool done, Jit *jit) {
    if (done) return jit;
    free(jit);
    return NULL;
}

Jit *jit_compile(const char *text, JitEngine engine, bool single, Diagnostics *diagnostics) {
    Jit *jit = jit_new(diagnostics);
    if (!jit) return NULL;
    return kept_if(engine == JIT_TCC ? tcc_engine(text, single, jit, diagnostics)
                                     : cc_engine(text, engine == JIT_CC_OPENMP, jit, diagnostics),
                   jit);
}

Jit *jit_cached(const char *text, JitEngine engine) {
    Jit *jit = calloc(1, sizeof *jit);
    return jit ? kept_if(cc_cached(text, engine == JIT_CC_OPENMP, jit), jit) : NULL;
}

bool jit_has_openmp(void) {
    Arena *arena = arena_new();
    Jit *jit = jit_compile("int eligo_sum(int n) {\n    int sum = 0;\n"
                           "#pragma omp parallel for num_threads(2) reduction(+ : sum)\n"
                           "    for (int i = 0; i < n; i++) sum += i;\n    return sum;\n}\n",
                           JIT_CC_OPENMP, true, diagnostics_new(arena));
    jit_free(jit);
    arena_free(arena);
    return jit != NULL;
}

Jit *jit_build_end(JitBuild *build, Diagnostics *diagnostics) {
    Jit *jit = jit_new(diagnostics);
    if (jit) return kept_if(cc_finish(build, jit, diagnostics), jit);
    jit_build_abandon(build);
    return NULL;
}

void jit_free(Jit *jit) {
    if (!jit || atomic_fetch_sub(&jit->shared, 1) > 0) return;
    jit->release(jit->state);
    free(jit);
}

Jit *jit_share(Jit *jit) {
    if (jit) atomic_fetch_add(&jit->shared, 1);
    return jit;
}

void *jit_symbol(const Jit *jit, const char *name) { return jit->symbol(jit->state, name); }

bool jit_was_cached(const Jit *jit) { return jit->cached; }
