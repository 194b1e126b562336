/* What libtcc needs of its host when both are in one shared library.
 *
 * libtcc comes as an archive for programs: it reads stdout, stderr and environ as variables of its own
 * program, which code in a shared library can't. The makefile gives its copy for libeligo.so these names
 * instead; they are set once, when the library is loaded. Programs that link libeligo.a and libtcc.a don't
 * use this file. */
#include <stdio.h>

extern char **environ;

FILE *eligo_tcc_stdout, *eligo_tcc_stderr;
char **eligo_tcc_environ;

__attribute__((constructor)) static void set_streams(void) {
    eligo_tcc_stdout = stdout;
    eligo_tcc_stderr = stderr;
    eligo_tcc_environ = environ;
}
