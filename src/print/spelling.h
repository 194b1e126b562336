/* How a text's names and signs are spelt: as they are, in ASCII, or with Greek letters for their names.
 *
 * A spelling is applied to a line or a cell before it is set, so that columns are those of what is shown. The
 * names of the model and the rule are told from the text's own words and signs: no two of them become one,
 * and none becomes a symbol of the text. */
#ifndef ELIGO_PRINT_SPELLING_H
#define ELIGO_PRINT_SPELLING_H

#include "derive/derive.h"

typedef enum {
    SPELLING_PLAIN,
    SPELLING_ASCII, /* signs as ASCII has them; letters in names by their name, else by their code point */
    SPELLING_GREEK  /* alpha is α, tau_m is τ_m */
} SpellingKind;

typedef struct Spelling Spelling;
/* NULL for SPELLING_PLAIN. Lives in the arena. */
const Spelling *spelling_new(Arena *arena, const Derivation *derivation, SpellingKind kind);
/* Adds the text as it is spelt; as it is where `spelling` is NULL. A sign that ASCII has no spelling for
 * stays (tests/test_spelling.c fails then). */
void spell(const Spelling *spelling, const char *text, Text *out);

#endif
