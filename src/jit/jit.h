/* Compiling C in process: by libtcc within a millisecond, or by the system's compiler into a shared object.
 *
 * Only tcc.c names libtcc, only cc.c names dlopen, only compiler.c starts a process. Both take a text as
 * emit_in_process writes it: no #include, nothing undefined but libm, mem* and (for tcc) the kernels of
 * runtime/. Code memory is never writable and executable at once. */
#ifndef ELIGO_JIT_JIT_H
#define ELIGO_JIT_JIT_H

#include "base/diagnostic.h"
#include <stdbool.h>

typedef enum { JIT_TCC, JIT_CC, JIT_CC_OPENMP } JitEngine; /* the last: with OpenMP, where cc has it */
typedef struct Jit Jit;

/* Compiles `text`; `single` says that it computes in float (which kernels are bound). NULL after an error:
 *   E0701 the compiler refused the text (an internal error; its words are in the message)
 *   E0702 there is no system compiler; the help says what to install
 *   E0703 the engine can't run here (no memory, no temporary folder, a failed self-test)
 * Free with jit_free, after which its functions are gone. */
Jit *jit_compile(const char *text, JitEngine engine, bool single, Diagnostics *diagnostics);
void jit_free(Jit *jit);
/* The same code for somebody else, on any thread; each user frees it. */
Jit *jit_share(Jit *jit);
/* Whether the code was compiled before, and came from the user's cache folder. */
bool jit_was_cached(const Jit *jit);
/* The address of a function; NULL when there is none of that name. */
void *jit_symbol(const Jit *jit, const char *name);

/* The code that cc would give, if an earlier run left it in the user's cache folder; else NULL. Here and
 * below, `engine` isn't JIT_TCC. */
Jit *jit_cached(const char *text, JitEngine engine);
/* cc in the background: a process compiles while this one goes on. It belongs to whoever began it, and
 * ends by jit_build_end or jit_build_abandon. */
typedef struct JitBuild JitBuild;
/* NULL after an error (as jit_compile). */
JitBuild *jit_build_begin(const char *text, JitEngine engine, Diagnostics *diagnostics);
/* Whether fewer than JIT_BUILDS are at work in this process: a hundred learners need no hundred compilers at
 * once. Nothing but politeness: jit_build_begin doesn't ask. */
enum { JIT_BUILDS = 4 };
bool jit_build_may_begin(void);
/* Whether the compiler has ended: a system call, no wait. */
bool jit_build_is_over(JitBuild *build);
/* Waits for the compiler and gives its code; NULL after an error (as jit_compile). Frees the build. */
Jit *jit_build_end(JitBuild *build, Diagnostics *diagnostics);
/* Ends the compiler and all that it started, and leaves nothing behind. NULL is allowed. */
void jit_build_abandon(JitBuild *build);

/* Whether that compiler knows OpenMP, found out by trying. */
bool jit_has_openmp(void);
/* Whether JIT_CC has a compiler: $CC, else cc, gcc or clang along $PATH. Fills `path` when not NULL. */
bool jit_has_cc(char *path, size_t size);

#endif
