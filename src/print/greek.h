/* Greek letters: a name in the language, the letter, and TeX's command are one line of one table. */
#ifndef ELIGO_PRINT_GREEK_H
#define ELIGO_PRINT_GREEK_H

#include <stddef.h>

typedef struct Greek {
    const char *name, *letter, *latex;
} Greek;
/* The letter that a name of `length` bytes is, spelt out or itself; NULL when it is none. */
const Greek *greek_called(const char *name, size_t length);
/* The letter that `text` begins with, or NULL. */
const Greek *greek_at(const char *text);

#endif
