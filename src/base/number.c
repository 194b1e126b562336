/* strtod does the rounding; the form is checked before, because strtod takes more than we want. */
#include "base/number.h"
#include "base/clocale.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t digits(const char *text, size_t length, size_t from) {
    while (from < length && text[from] >= '0' && text[from] <= '9') from++;
    return from;
}

static size_t sign(const char *text, size_t length, size_t from) {
    return from < length && (text[from] == '+' || text[from] == '-') ? from + 1 : from;
}

static bool well_formed(const char *text, size_t length) {
    const size_t begin = sign(text, length, 0);
    size_t at = digits(text, length, begin);
    size_t count = at - begin;
    if (at < length && text[at] == '.') {
        const size_t fraction = at + 1;
        at = digits(text, length, fraction);
        count += at - fraction;
    }
    if (count == 0) return false;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        const size_t exponent = sign(text, length, at + 1);
        at = digits(text, length, exponent);
        if (at == exponent) return false;
    }
    return at == length;
}

bool number_parse(const char *text, size_t length, double *value) {
    if (!well_formed(text, length)) return false;
    char small[64];
    char *copy = length < sizeof small ? small : malloc(length + 1);
    if (!copy) return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    const CLocale saved = c_locale_enter();
    const double number = strtod(copy, NULL);
    c_locale_leave(saved);
    if (copy != small) free(copy);
    if (!isfinite(number)) return false;
    *value = number;
    return true;
}
