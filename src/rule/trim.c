/* Removing the states from which nothing is accepted.
 *
 * requires: a DFA whose states are all reachable.  keeps: the language and the order of the states that stay.
 */
#include "rule/dfa.h"

typedef struct Reverse { /* the states before each state: at[start[q]] … at[start[q + 1] - 1] */
    int *start, *at;
} Reverse;

static Reverse reverse_arcs(Arena *arena, const Dfa *dfa) {
    const int arcs = dfa->states * dfa->letters;
    Reverse r = {arena_alloc(arena, sizeof(int) * (size_t)(dfa->states + 2)),
                 arena_alloc(arena, sizeof(int) * (size_t)(arcs + 1))};
    for (int i = 0; i < arcs; i++)
        if (dfa->delta[i] != DROPPED) r.start[dfa->delta[i] + 2]++;
    for (int q = 0; q < dfa->states; q++) r.start[q + 2] += r.start[q + 1];
    for (int i = 0; i < arcs; i++)
        if (dfa->delta[i] != DROPPED) r.at[r.start[dfa->delta[i] + 1]++] = i / dfa->letters;
    return r;
}

/* Which states lead to an accepting one. */
static bool *coaccessible(Arena *arena, const Dfa *dfa) {
    const Reverse r = reverse_arcs(arena, dfa);
    bool *live = arena_alloc(arena, sizeof(bool) * (size_t)(dfa->states + 1));
    int *queue = arena_alloc(arena, sizeof(int) * (size_t)(dfa->states + 1));
    int count = 0;
    for (int q = 0; q < dfa->states; q++)
        if (dfa->accepting[q]) {
            live[q] = true;
            queue[count++] = q;
        }
    for (int i = 0; i < count; i++)
        for (int a = r.start[queue[i]]; a < r.start[queue[i] + 1]; a++)
            if (!live[r.at[a]]) {
                live[r.at[a]] = true;
                queue[count++] = r.at[a];
            }
    return live;
}

Dfa dfa_trim(Arena *arena, const Dfa *dfa) {
    const bool *live = coaccessible(arena, dfa);
    int *number = arena_alloc(arena, sizeof(int) * (size_t)(dfa->states + 1));
    int *next = arena_alloc(arena, sizeof(int) * (size_t)(dfa->letters + 1));
    int count = 0;
    for (int q = 0; q < dfa->states; q++) number[q] = live[q] ? count++ : DROPPED;
    DfaRows rows = {.letters = dfa->letters};
    for (int q = 0; q < dfa->states; q++) { /* the start is live unless nothing is */
        if (!live[q]) continue;
        for (int l = 0; l < dfa->letters; l++) {
            const int to = dfa->delta[q * dfa->letters + l];
            next[l] = to == DROPPED ? DROPPED : number[to];
        }
        dfa_add_row(arena, &rows, dfa->accepting[q], next);
    }
    return dfa_of_rows(&rows);
}
