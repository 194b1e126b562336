/* Bounding the lag: the product of an automaton with a counter.
 *
 * requires: a DFA.  keeps: those of its words whose lags sum to at most the bound.  gives: reachable states
 * only. A letter consumes its lag; letters inside a step (lag 0) are free. */
#include "rule/dfa.h"

bool dfa_within(const Dfa *dfa, const int *lag, long bound, Dfa *bounded, SetTable *pairs) {
    Arena *arena = pairs->arena;
    DfaRows rows = {.letters = dfa->letters};
    int *next = arena_alloc(arena, sizeof(int) * (size_t)(dfa->letters + 1));
    if (dfa->states) set_table_intern(pairs, (const int[]){0, 0}, 2);
    for (int i = 0; i < pairs->sets.count; i++) {
        const int state = pairs->sets.at[i].at[0], used = pairs->sets.at[i].at[1];
        for (int l = 0; l < dfa->letters; l++) {
            const int to = dfa->delta[state * dfa->letters + l];
            const bool fits = to != DROPPED && (long)used + lag[l] <= bound;
            next[l] = fits ? set_table_intern(pairs, (const int[]){to, used + lag[l]}, 2) : DROPPED;
        }
        if (pairs->sets.count > LIMIT_STATES) return false;
        dfa_add_row(arena, &rows, dfa->accepting[state], next);
    }
    *bounded = dfa_of_rows(&rows);
    return true;
}
