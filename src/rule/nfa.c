/* Thompson's construction, with one addition: `within`.
 *
 * requires: a resolved path tree.  keeps: the language.
 * A part under `within k` is a language of its own, the words of that part whose lags sum to at most k. So it
 * is compiled to its minimal automaton first, multiplied with a counter of the lag (within.c), and set in as
 * a fragment. Nested and repeated `within` need no further thought: every entry to the fragment starts at
 * count 0. */
#include "rule/dfa.h"

typedef struct Builder {
    Nfa *nfa;
    const Alphabet *alphabet;
} Builder;

static bool full(const Nfa *nfa) { return nfa->first.count > LIMIT_NFA || nfa->arcs.count > LIMIT_NFA; }

static int add_state(Nfa *nfa) {
    const NfaRank none = {-1, 0};
    vec_push(nfa->arena, &nfa->first, -1);
    vec_push(nfa->arena, &nfa->rank, none);
    return nfa->first.count - 1;
}

static void add_arc(Nfa *nfa, int from, int letter, int to) {
    const NfaArc arc = {letter, to, nfa->first.at[from]};
    vec_push(nfa->arena, &nfa->arcs, arc);
    nfa->first.at[from] = nfa->arcs.count - 1;
}

static Fragment add_fragment(Nfa *nfa) {
    const int start = add_state(nfa);
    return (Fragment){start, add_state(nfa)};
}

static bool build(Builder *b, const PathNode *node, Fragment *out);

static void build_edges(Builder *b, const PathNode *node, Fragment *out) {
    *out = add_fragment(b->nfa);
    for (int l = 0; l < b->alphabet->letters; l++)
        if (node->edges[b->alphabet->example[l]]) add_arc(b->nfa, out->start, l, out->accept);
}

static bool build_sequence(Builder *b, const PathNode *node, Fragment *out) {
    Fragment left, right;
    if (!build(b, node->left, &left) || !build(b, node->right, &right)) return false;
    add_arc(b->nfa, left.accept, LETTER_NONE, right.start);
    *out = (Fragment){left.start, right.accept};
    return true;
}

static bool build_or(Builder *b, const PathNode *node, Fragment *out) {
    Fragment left, right;
    if (!build(b, node->left, &left) || !build(b, node->right, &right)) return false;
    *out = add_fragment(b->nfa);
    add_arc(b->nfa, out->start, LETTER_NONE, left.start);
    add_arc(b->nfa, out->start, LETTER_NONE, right.start);
    add_arc(b->nfa, left.accept, LETTER_NONE, out->accept);
    add_arc(b->nfa, right.accept, LETTER_NONE, out->accept);
    return true;
}

/* The part `minimum` times in a row, then either a loop of it or as many more as may follow, each of which
 * may be the last. */
static bool build_repeat(Builder *b, const PathNode *node, Fragment *out) {
    const long copies = node->maximum < 0 ? node->minimum + 1 : node->maximum;
    *out = add_fragment(b->nfa);
    int at = out->start;
    for (long i = 0; i < copies; i++) {
        Fragment part;
        if (!build(b, node->left, &part)) return false;
        if (i >= node->minimum) add_arc(b->nfa, at, LETTER_NONE, out->accept);
        add_arc(b->nfa, at, LETTER_NONE, part.start);
        if (node->maximum < 0 && i == node->minimum) {
            add_arc(b->nfa, part.accept, LETTER_NONE, at);
            return true; /* the way on to the end was added above */
        }
        at = part.accept;
    }
    add_arc(b->nfa, at, LETTER_NONE, out->accept);
    return true;
}

/* Sets the product of a DFA of `states` states and a counter in: `bounded`, whose states are the pairs. */
static void embed(Nfa *nfa, const Dfa *bounded, const SetTable *pairs, int states, Fragment *out) {
    const int base = nfa->first.count;
    for (int q = 0; q < bounded->states; q++) {
        add_state(nfa);
        const int *pair = pairs->sets.at[q].at;
        nfa->rank.at[base + q] = (NfaRank){nfa->groups + pair[0], pair[1]};
    }
    nfa->groups += states;
    *out = add_fragment(nfa);
    if (bounded->states) add_arc(nfa, out->start, LETTER_NONE, base);
    for (int q = 0; q < bounded->states; q++) {
        if (bounded->accepting[q]) add_arc(nfa, base + q, LETTER_NONE, out->accept);
        for (int l = 0; l < bounded->letters; l++) {
            const int to = bounded->delta[q * bounded->letters + l];
            if (to != DROPPED) add_arc(nfa, base + q, l, base + to);
        }
    }
}

static bool build_within(Builder *b, const PathNode *node, Fragment *out) {
    Arena *arena = b->nfa->arena;
    Nfa inner = {.arena = arena};
    SetTable pairs = {.arena = arena};
    Fragment whole;
    Dfa dfa, bounded;
    if (!nfa_build(&inner, node->left, b->alphabet, &whole)) return false;
    if (!dfa_determinise(&inner, whole, b->alphabet->letters, &dfa)) return false;
    dfa = dfa_trim(arena, &dfa);
    dfa = dfa_minimise(arena, &dfa);
    if (!dfa_within(&dfa, b->alphabet->lag, node->minimum, &bounded, &pairs)) return false;
    embed(b->nfa, &bounded, &pairs, dfa.states, out);
    return true;
}

static bool build(Builder *b, const PathNode *node, Fragment *out) {
    if (full(b->nfa)) return false;
    switch (node->kind) {
    case NODE_EMPTY:
        *out = add_fragment(b->nfa);
        add_arc(b->nfa, out->start, LETTER_NONE, out->accept);
        return true;
    case NODE_EDGES: build_edges(b, node, out); return true;
    case NODE_SEQUENCE: return build_sequence(b, node, out);
    case NODE_OR: return build_or(b, node, out);
    case NODE_REPEAT: return build_repeat(b, node, out);
    case NODE_WITHIN: return build_within(b, node, out);
    }
    return false;
}

bool nfa_build(Nfa *nfa, const PathNode *root, const Alphabet *alphabet, Fragment *whole) {
    Builder b = {nfa, alphabet};
    return build(&b, root, whole) && !full(nfa);
}
