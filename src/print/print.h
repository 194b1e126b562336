/* Printing a derivation for people and for programs. */
#ifndef ELIGO_PRINT_PRINT_H
#define ELIGO_PRINT_PRINT_H

#include "derive/derive.h"

void print_text(const Derivation *derivation, Text *out);
void print_json(const Derivation *derivation, Text *out);

#endif
