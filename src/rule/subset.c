/* The subset construction.
 *
 * requires: an NFA fragment.  keeps: the language.  gives: a DFA whose states are all reachable.
 * Only states that matter are kept in a set: those with an arc on a letter, and the accepting one. Of the
 * states that differ only in the lag that a `within` has counted, the one with the least is enough: without
 * this `(implicit any* within 20)*`, whose count may start anew at every step, would need a set for every
 * choice of starts. */
#include "rule/dfa.h"
#include <limits.h>
#include <stdlib.h>

typedef VEC(int) Ints;

typedef struct Subset {
    const Nfa *nfa;
    Arena *arena;
    int accept;
    int *seen;  /* [states]: the last closure that met it */
    int *least; /* [groups]: the least lag used among the states of the closure */
    int closures;
    Ints stack, closed;
    Ints *moved; /* [letters]: where the arcs of one set lead */
    SetTable table;
    long members;
} Subset;

static bool matters(const Subset *s, int state) {
    if (state == s->accept) return true;
    for (int a = s->nfa->first.at[state]; a >= 0; a = s->nfa->arcs.at[a].next)
        if (s->nfa->arcs.at[a].letter != LETTER_NONE) return true;
    return false;
}

static void visit(Subset *s, int state) {
    if (s->seen[state] == s->closures) return;
    s->seen[state] = s->closures;
    vec_push(s->arena, &s->stack, state);
}

static int ascending(const void *a, const void *b) {
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void keep_least(Subset *s) {
    const NfaRank *rank = s->nfa->rank.at;
    for (int i = 0; i < s->closed.count; i++)
        if (rank[s->closed.at[i]].group >= 0) s->least[rank[s->closed.at[i]].group] = INT_MAX;
    for (int i = 0; i < s->closed.count; i++) {
        const NfaRank r = rank[s->closed.at[i]];
        if (r.group >= 0 && r.used < s->least[r.group]) s->least[r.group] = r.used;
    }
    int kept = 0;
    for (int i = 0; i < s->closed.count; i++) {
        const NfaRank r = rank[s->closed.at[i]];
        if (r.group < 0 || r.used == s->least[r.group]) s->closed.at[kept++] = s->closed.at[i];
    }
    s->closed.count = kept;
}

/* The index of the set of all that is reached from `from` by empty moves. */
static int closure(Subset *s, const int *from, int count) {
    s->closures++;
    s->closed.count = 0;
    for (int i = 0; i < count; i++) visit(s, from[i]);
    while (s->stack.count) {
        const int state = s->stack.at[--s->stack.count];
        if (matters(s, state)) vec_push(s->arena, &s->closed, state);
        for (int a = s->nfa->first.at[state]; a >= 0; a = s->nfa->arcs.at[a].next)
            if (s->nfa->arcs.at[a].letter == LETTER_NONE) visit(s, s->nfa->arcs.at[a].to);
    }
    keep_least(s);
    if (s->closed.count) qsort(s->closed.at, (size_t)s->closed.count, sizeof(int), ascending);
    const int known = s->table.sets.count;
    const int index = set_table_intern(&s->table, s->closed.at, s->closed.count);
    if (index == known) s->members += s->closed.count;
    return index;
}

static bool accepts(const Subset *s, IntSet set) {
    for (int i = 0; i < set.count; i++)
        if (set.at[i] == s->accept) return true;
    return false;
}

/* The next set for each letter, DROPPED where there is no arc. */
static void move(Subset *s, IntSet set, int letters, int *next) {
    for (int l = 0; l < letters; l++) s->moved[l].count = 0;
    for (int i = 0; i < set.count; i++)
        for (int a = s->nfa->first.at[set.at[i]]; a >= 0; a = s->nfa->arcs.at[a].next) {
            const NfaArc arc = s->nfa->arcs.at[a];
            if (arc.letter != LETTER_NONE) vec_push(s->arena, &s->moved[arc.letter], arc.to);
        }
    for (int l = 0; l < letters; l++)
        next[l] = s->moved[l].count ? closure(s, s->moved[l].at, s->moved[l].count) : DROPPED;
}

bool dfa_determinise(const Nfa *nfa, Fragment whole, int letters, Dfa *dfa) {
    Arena *arena = nfa->arena;
    Subset s = {.nfa = nfa, .arena = arena, .accept = whole.accept, .table = {.arena = arena}};
    s.seen = arena_alloc(arena, sizeof(int) * (size_t)nfa->first.count);
    s.least = arena_alloc(arena, sizeof(int) * (size_t)(nfa->groups + 1));
    s.moved = arena_alloc(arena, sizeof(Ints) * (size_t)(letters + 1));
    int *next = arena_alloc(arena, sizeof(int) * (size_t)(letters + 1));
    DfaRows rows = {.letters = letters};
    closure(&s, &whole.start, 1);
    for (int q = 0; q < s.table.sets.count; q++) {
        const IntSet set = s.table.sets.at[q];
        move(&s, set, letters, next);
        if (s.table.sets.count > LIMIT_STATES || s.members > LIMIT_MEMBERS) return false;
        dfa_add_row(arena, &rows, accepts(&s, set), next);
    }
    *dfa = dfa_of_rows(&rows);
    return true;
}
