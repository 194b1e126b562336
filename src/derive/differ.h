/* Where two rules part on one graph: which paths from a parameter's use to a loss one keeps and the other
 * drops.
 *
 * The product of the graph with both automata is searched from a parameter's use, fewest steps in time first,
 * then fewest edges: the first loss that one automaton accepts and the other doesn't ends a shortest witness,
 * and where there is none the languages are equal on this graph. Under a mask a path is one of single units:
 * each place of the product then holds the entries (k, j) that reach it, and a mask drops those that it
 * hasn't where the rule carries them. */
#ifndef ELIGO_DERIVE_DIFFER_H
#define ELIGO_DERIVE_DIFFER_H

#include "derive/derive.h"
#include "derive/relation.h"

/* Of two rules, 0 and 1: a path that `keeper` keeps and the other drops. */
typedef struct Witness {
    const Var *param;
    int steps;             /* the sum of its lags */
    VEC(const Way *) ways; /* the parameter's own first; the last leads to the loss */
    VEC(int) states;       /* the other rule's, before each way and at the end; DROPPED once dropped */
    VEC(long) units;       /* of each way's end; empty where no rule has a mask */
    long row;              /* of the parameter, likewise */
    int dropped_at;        /* which of the ways the other drops; their count: it ends unaccepted */
    bool by_mask;          /* its automaton would let it through */
} Witness;

/* What one parameter's entries meet under each rule, over one variable. */
typedef struct EntriesDiffer {
    const Var *param, *root;
    const Relation *felt[2];
} EntriesDiffer;

typedef struct Difference {
    const Derivation *derivation[2];
    Witness *witness[2];        /* [keeper]: the shortest over all parameters, or NULL */
    bool *parts[2];             /* [keeper][param]: is there one from this parameter? */
    int places;                 /* of the product that were searched: how much a proof looked at */
    bool of_units;              /* some rule has a mask */
    VEC(EntriesDiffer) entries; /* of_units: where the rules' entries differ */
} Difference;

/* Both derivations are of the same spec. The result lives in `arena`. */
Difference *differ(Arena *arena, const Derivation *a, const Derivation *b);

#endif
