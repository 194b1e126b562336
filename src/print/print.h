/* Printing a derivation for people and for programs. */
#ifndef ELIGO_PRINT_PRINT_H
#define ELIGO_PRINT_PRINT_H

#include "derive/derive.h"

void print_text(const Derivation *derivation, Text *out);
void print_json(const Derivation *derivation, Text *out);
/* A fragment for documents that load amsmath; between the other two, any number of fragments are an article.
 */
void print_latex(const Derivation *derivation, Text *out);
void print_latex_open(Text *out);
void print_latex_close(Text *out);

#endif
