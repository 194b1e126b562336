/* Numbers read from text, the same under every locale. */
#ifndef ELIGO_BASE_NUMBER_H
#define ELIGO_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads all of `text[0, length)` as a decimal: an optional sign, digits with an optional point, an optional
 * exponent
 * ("-0.5", ".5", "1.", "2e-3"); correctly rounded. False, and `*value` untouched, when the text is anything
 * else (blanks, "nan", "inf" and hexadecimals too) or too large for a double; too small a number is rounded
 * to 0 or to a subnormal. `text` need not be zero-terminated. */
bool number_parse(const char *text, size_t length, double *value);

#endif
