/* The system's compiler at work on one text: a process of its own, in a temporary folder of its own.
 *
 * No thread waits for it: whoever began it asks now and then whether it is over, which is a system call, or
 * waits. It leads a process group, so that what it starts itself (gcc starts three programs) ends with it,
 * and its TMPDIR is that folder, so that removing one folder removes all that it wrote. No shell is involved.
 */
#ifndef ELIGO_JIT_COMPILER_H
#define ELIGO_JIT_COMPILER_H

#include "base/diagnostic.h"
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define COMPILER_OPTIONS "-std=c99 -O3 -march=native -ffp-contract=off -fno-builtin -w -shared -fPIC"

typedef struct Compiler {
    char program[4096];
    char folder[512], source[540], object[540], log[540];
    pid_t child;
    bool over, good; /* it has ended, and the object is there */
} Compiler;

/* Starts compiling the text by the program at this path, with options apart by blanks. False after an error:
 *   E0701 the program can't be run
 *   E0703 there is no temporary folder, or it can't be written to
 * else end it with compiler_leave. */
bool compiler_begin(Compiler *compiler, const char *program, const char *options, const char *text,
                    Diagnostics *diagnostics);
/* Whether it has ended; `wait` until it has. */
bool compiler_is_over(Compiler *compiler, bool wait);
/* What it said when it is over and not good: the first line with an error. */
void compiler_error(const Compiler *compiler, char *said, size_t size);
/* Ends it if it still runs, and removes its folder. */
void compiler_leave(Compiler *compiler);

#endif
