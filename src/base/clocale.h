/* The C locale for the length of one call of printf or strtod.
 *
 * A program that embeds the library may run under any locale; German prints 0,5 for a half. POSIX lets a
 * thread borrow another locale, which touches neither the process nor its other threads. */
#ifndef ELIGO_BASE_CLOCALE_H
#define ELIGO_BASE_CLOCALE_H

#include <locale.h>

typedef struct CLocale {
    locale_t ours, theirs;
} CLocale;

/* This thread is in the C locale until `c_locale_leave` is given the result. */
CLocale c_locale_enter(void);
void c_locale_leave(CLocale saved);

#endif
