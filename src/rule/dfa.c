/* Growing a DFA row by row: three passes make one, and each learns how many states there are only at its end.
 */
#include "rule/dfa.h"

void dfa_add_row(Arena *arena, DfaRows *rows, bool accepting, const int *next) {
    vec_push(arena, &rows->accepting, accepting);
    for (int l = 0; l < rows->letters; l++) vec_push(arena, &rows->delta, next[l]);
}

Dfa dfa_of_rows(const DfaRows *rows) {
    return (Dfa){rows->accepting.count, rows->letters, rows->accepting.at, rows->delta.at};
}
