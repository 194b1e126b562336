/* The passes from a resolved path expression to its minimal automaton.
 *
 *     path tree → alphabet → NFA → subset construction → trimmed → minimal → numbered breadth first
 *
 * Symbols that no selector of the rule tells apart, and that have the same lag, are one *letter*: the passes
 * work on a handful of letters however many edges a model has. Inside these passes the start state of a Dfa
 * is 0. All tables live in a scratch arena that dies with the compilation. */
#ifndef ELIGO_RULE_DFA_H
#define ELIGO_RULE_DFA_H

#include "rule/path.h"
#include "rule/rule.h"

/* Where a rule is refused as too large, before memory is: states of an automaton, states and arcs of an NFA,
 * and the sum of the sizes of the sets that a subset construction makes. */
enum { LIMIT_STATES = 65536, LIMIT_NFA = 1 << 21, LIMIT_MEMBERS = 1 << 24 };

/* ---- letters (alphabet.c) ---- */

enum { LETTER_NONE = -1 }; /* a composed-away edge: stays in the state */

typedef struct Alphabet {
    int letters;
    int *letter;  /* [symbols]: letter or LETTER_NONE */
    int *example; /* [letters]: its first symbol; letters are in the order of these */
    int *lag;     /* [letters] */
} Alphabet;

/* `scope` says which tags the text names; `root` holds its sets. */
Alphabet alphabet_build(const PathScope *scope, const PathNode *root);

/* ---- automata ---- */

typedef struct Dfa {
    int states, letters; /* states == 0: the empty language */
    bool *accepting;
    int *delta; /* [states][letters]: state or DROPPED */
} Dfa;

/* A DFA while it grows: rows are added one by one (dfa.c). */
typedef struct DfaRows {
    int letters;
    VEC(bool) accepting;
    VEC(int) delta;
} DfaRows;
void dfa_add_row(Arena *arena, DfaRows *rows, bool accepting, const int *next);
Dfa dfa_of_rows(const DfaRows *rows);

typedef struct NfaArc {
    int letter; /* LETTER_NONE: an empty move */
    int to;
    int next; /* the next arc of the same state, or -1 */
} NfaArc;

/* Where a state stands in a fragment under `within`: of two states of one group, which differ in nothing but
 * the lag that is used up, the one that has used less accepts all that the other does. */
typedef struct NfaRank {
    int group; /* -1: in none */
    int used;
} NfaRank;

typedef struct Nfa {
    Arena *arena;
    VEC(int) first;    /* [states]: its first arc, or -1 */
    VEC(NfaRank) rank; /* [states] */
    VEC(NfaArc) arcs;
    int groups;
} Nfa;

typedef struct Fragment { /* a part of an NFA with one way in and one way out */
    int start, accept;
} Fragment;

/* Each pass below returns false when a limit is passed. */

/* The whole path (nfa.c): requires a resolved tree and the alphabet made from it. */
bool nfa_build(Nfa *nfa, const PathNode *root, const Alphabet *alphabet, Fragment *whole);
/* Subset construction (subset.c): all states are reachable. */
bool dfa_determinise(const Nfa *nfa, Fragment whole, int letters, Dfa *dfa);
/* Requires reachable states; removes those from which nothing is accepted (trim.c). */
Dfa dfa_trim(Arena *arena, const Dfa *dfa);
/* Requires a trimmed automaton; the result is minimal, its states in breadth-first order (minimise.c). */
Dfa dfa_minimise(Arena *arena, const Dfa *dfa);

/* The whole pipeline (automaton.c): the automaton over the graph's symbols, in `arena`. False when a limit is
 * passed. */
bool automaton_build(Arena *arena, const PathScope *scope, const PathNode *root, Automaton *automaton);

/* ---- sequences of numbers, each known by a dense index (set_table.c) ---- */

typedef struct IntSet {
    const int *at;
    int count;
} IntSet;
typedef struct SetTable {
    Arena *arena;
    VEC(IntSet) sets;
    int *slot; /* [slots]: index + 1, 0 = free */
    int slots;
} SetTable;
/* The index of the sequence; it is added (copied) when it is new. */
int set_table_intern(SetTable *table, const int *at, int count);

/* The words of `dfa` whose letters' lags sum to at most `bound` (within.c): all states are reachable, and
 * pairs.sets holds the state of `dfa` and the lag used for each. */
bool dfa_within(const Dfa *dfa, const int *lag, long bound, Dfa *bounded, SetTable *pairs);

#endif
