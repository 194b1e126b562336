/* Which states of a rule are estimated: the product of what is kept with what is carried exactly.
 *
 * requires: the minimal automata of both over one graph.  keeps: the language of `keep`.
 * gives: its states, split so that each knows whether the word so far can still become one of `exact`. A
 * state of the product remembers the exact automaton's state while it lives; once dead it stays dead, so that
 * a path that was estimated once is never carried exactly again. */
#include "rule/axes.h"

typedef struct Pairs {
    Arena *arena;
    const Automaton *keep, *exact;
    int *at;        /* [keep][exact + 1]: state of the product + 1 */
    VEC(int) known; /* code of each state of the product */
} Pairs;

static int pair_of(Pairs *pairs, int kept, int exact) {
    if (kept == DROPPED) return DROPPED;
    const int code = kept * (pairs->exact->states + 1) + exact + 1;
    if (!pairs->at[code]) {
        vec_push(pairs->arena, &pairs->known, code);
        pairs->at[code] = pairs->known.count;
    }
    return pairs->at[code] - 1;
}

Automaton outside_refine(Arena *arena, const Automaton *keep, const Automaton *exact, bool **estimated) {
    const int wide = exact->states + 1, symbols = keep->symbols;
    Pairs pairs = {.arena = arena, .keep = keep, .exact = exact};
    pairs.at = arena_alloc(arena, sizeof(int) * (size_t)(keep->states * wide + 1));
    VEC(int) delta = {0};
    pair_of(&pairs, 0, exact->states > 0 ? 0 : DROPPED);
    for (int i = 0; i < pairs.known.count; i++) {
        const int kept = pairs.known.at[i] / wide, live = pairs.known.at[i] % wide - 1;
        for (int s = 0; s < symbols; s++) {
            const int next = live == DROPPED ? DROPPED : exact->delta[live * symbols + s];
            vec_push(arena, &delta, pair_of(&pairs, keep->delta[kept * symbols + s], next));
        }
    }
    Automaton refined = {.states = pairs.known.count, .symbols = symbols, .delta = delta.at};
    refined.accepting = arena_alloc(arena, sizeof(bool) * (size_t)(refined.states + 1));
    refined.label = arena_alloc(arena, sizeof(char *) * (size_t)(refined.states + 1));
    *estimated = arena_alloc(arena, sizeof(bool) * (size_t)(refined.states + 1));
    for (int q = 0; q < refined.states; q++) {
        refined.accepting[q] = keep->accepting[pairs.known.at[q] / wide];
        refined.label[q] = arena_printf(arena, "q%d", q);
        (*estimated)[q] = pairs.known.at[q] % wide == 0;
    }
    return refined;
}
