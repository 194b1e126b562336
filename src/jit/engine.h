/* Inside the floor: what the two engines fill in. */
#ifndef ELIGO_JIT_ENGINE_H
#define ELIGO_JIT_ENGINE_H

#include "jit/jit.h"
#include <stdatomic.h>

struct Jit {
    void *state; /* the engine's own */
    void *(*symbol)(void *state, const char *name);
    void (*release)(void *state);
    bool cached;       /* compiled by an earlier run */
    atomic_int shared; /* by so many others */
};

/* Each fills *jit or reports and returns false. */
bool tcc_engine(const char *text, bool single, Jit *jit, Diagnostics *diagnostics);
bool cc_engine(const char *text, bool openmp, Jit *jit, Diagnostics *diagnostics);
/* From the cache only: nothing is reported. */
bool cc_cached(const char *text, bool openmp, Jit *jit);
/* Waits for a build and frees it. */
bool cc_finish(JitBuild *build, Jit *jit, Diagnostics *diagnostics);

#endif
