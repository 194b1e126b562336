/* The door to both engines. */
#include "jit/jit.h"
#include "jit/engine.h"
#include <stdlib.h>

static const Span nowhere = {0};

Jit *jit_compile(const char *text, JitEngine engine, bool single, Diagnostics *diagnostics) {
    Jit *jit = calloc(1, sizeof *jit);
    if (!jit) {
        diagnose(diagnostics, nowhere, "E0703", "no memory for compiled code");
        return NULL;
    }
    const bool done =
        engine == JIT_TCC ? tcc_engine(text, single, jit, diagnostics) : cc_engine(text, jit, diagnostics);
    if (done) return jit;
    free(jit);
    return NULL;
}

void jit_free(Jit *jit) {
    if (!jit) return;
    jit->release(jit->state);
    free(jit);
}

void *jit_symbol(const Jit *jit, const char *name) { return jit->symbol(jit->state, name); }

bool jit_was_cached(const Jit *jit) { return jit->cached; }
