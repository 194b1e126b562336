/* What the suites that run the program as a process share: its name, scratch folders, commands, arrays in
 * files; and the names in the library.
 *
 * Suites run from the repository's root. The makefile says which build is meant: ELIGO is the program,
 * ELIGO_BUILD the folder that holds the libraries, a locale and everything that tests write. */
#ifndef TESTS_SUPPORT_H
#define TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>

const char *program(void);      /* ELIGO, else build/eligo */
const char *build_folder(void); /* ELIGO_BUILD, else build */

/* A new empty folder under the build folder; the text is malloc'ed. scratch_remove deletes it with its
 * content. */
char *scratch_make(const char *name);
void scratch_remove(char *folder);

/* Runs a shell command made by printf. Returns the exit status, 128 + signal when killed; *output, when not
 * NULL, receives what it wrote to standard output and standard error together (malloc'ed). */
int run(char **output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs `eligo ARGUMENTS` in the shell with $D the folder; fails the test unless it exits with this status and
 * what it says holds `words`. */
void expect_run(const char *folder, const char *arguments, int status, const char *words);

/* The library's cells, networks or rules, as `eligo list` has them. */
typedef struct LibraryNames {
    char *at[128];
    int count;
} LibraryNames;
LibraryNames library_names(const char *what);
void library_names_free(LibraryNames *names);

/* A printf'ed text, malloc'ed. */
char *formatted(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A file's whole content with a zero byte after it, malloc'ed; NULL when it cannot be read. */
char *file_content(const char *path, size_t *length);

/* Fails the test, naming the line where they part, unless the text is the file's; ELIGO_RENEW=1 writes the
 * file anew first. */
void expect_golden(const char *path, const char *text);

typedef struct Array { /* an .npy file of reals */
    size_t count;
    int bytes; /* of one real: 4 or 8; 0 when the file is missing or is something else */
    double *values;
} Array;
Array array_read(const char *path);
void array_free(Array array);

#endif
