/* Two rules on one spec, compared. */
#include "eligo_internal.h"

#include "print/print.h"

char *eligo_diff(const EligoDerivation *a, const EligoDerivation *b, bool *equal) {
    Text text = {0};
    const bool same = print_diff(a->derivation, b->derivation, &text);
    if (equal) *equal = same;
    return text.at;
}
