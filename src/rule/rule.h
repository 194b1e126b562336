/* A rule: which paths are kept (a minimal DFA over the graph's edge symbols) and how they are carried.
 *
 * The DFA is compiled over the concrete alphabet of one graph, so a selector such as `explicit via Rg`
 * becomes a set of symbols. Symbols of class `local` stand for composed-away edges: unless the rule's text
 * names `local` or a tag of that symbol, they leave the state as it is. States from which nothing is accepted
 * don't exist: delta is DROPPED. */
#ifndef ELIGO_RULE_RULE_H
#define ELIGO_RULE_RULE_H

#include "graph/graph.h"

enum { DROPPED = -1 };

typedef struct Automaton {
    int states, symbols; /* states == 0: the language is empty */
    int start;           /* always 0 when states > 0 */
    bool *accepting;
    int *delta;         /* [states][symbols]: next state or DROPPED */
    const char **label; /* "q0", "q1", …: one for each state, in breadth-first order from the start */
} Automaton;

/* EITHER: the rule doesn't say; AUTO: it leaves the choice to a plan (derive/plan.h). */
typedef enum { CARRY_EITHER, CARRY_FORWARD, CARRY_BACKWARD, CARRY_MIXED, CARRY_AUTO } Carry;

/* ---- the other axes; each is neutral when all zero ---- */

typedef enum { MASK_NONE, MASK_DIAGONAL, MASK_BLOCK, MASK_REACH } MaskKind;
typedef struct Mask { /* which entries of the influence exist at all */
    MaskKind kind;
    int size; /* units of a block; the order of reach */
    Span span;
} Mask;

typedef enum {
    REPLACE_DIAGONAL, /* the whole derivative from the used variable to the way's end becomes diag(value) */
    REPLACE_RANDOM,   /* each matrix that the way crosses becomes a fixed random one; slopes stay */
    REPLACE_SIGN,     /* each matrix becomes its sign; a way without a matrix: the sign of its derivative */
    REPLACE_MEAN /* each matrix becomes its average over pairs of populations; a way without one: over units
                  */
} ReplaceKind;
typedef enum { SIDE_BOTH, SIDE_ELIGIBILITY, SIDE_SIGNAL } Side;
typedef struct Replace {
    const AstPath *selector;
    bool *selected; /* by symbol id of the graph: a way is replaced when one of its symbols is selected */
    ReplaceKind kind;
    Side side; /* of a path: what follows its last edge with a lag is the learning signal's, the rest the
                  eligibility's */
    const AstExpr *value; /* REPLACE_DIAGONAL: over the rule's parameters and the model's names */
    const char *text;     /* "explicit with diag(a)", as the language writes it */
    Span span;
} Replace;

typedef enum {
    ESTIMATE_EXACT,
    ESTIMATE_RANK1,             /* UORO: Tallec & Ollivier 2018 */
    ESTIMATE_KRONECKER,         /* KF-RTRL: Mujika, Meier & Steger 2018 */
    ESTIMATE_REVERSE_KRONECKER, /* R-KF-RTRL: Marschall, Cho & Savin 2020 */
    ESTIMATE_OPTIMAL_KRONECKER, /* OK: Benzing et al. 2019 */
    ESTIMATE_FACTORED           /* ES-D-RTRL: Wang et al. 2024: a smoothed product of two traces */
} EstimateKind;
typedef struct Estimate {
    EstimateKind kind;
    int rank;         /* OPTIMAL_KRONECKER */
    double smoothing; /* FACTORED: the traces' decay */
    bool *estimated;  /* by automaton state; the others are carried exactly. NULL when kind is EXACT */
    Span span;
} Estimate;

typedef enum { SIGNAL_SYMMETRIC, SIGNAL_RANDOM, SIGNAL_ADAPTIVE, SIGNAL_SIGN, SIGNAL_LOCAL } SignalKind;

typedef enum { UPDATE_UNSAID, UPDATE_ONLINE, UPDATE_EVERY, UPDATE_END } UpdateKind;
typedef struct Timing {
    UpdateKind update;
    int every;    /* UPDATE_EVERY: steps between updates */
    int sample;   /* this many random steps of a sequence teach; 0: all */
    int chunk;    /* paths that cross from one chunk of so many steps to the next are dropped; 0: none */
    double decay; /* every edge is weighed by decay ^ lag; 0 stands for 1 */
    Span update_span, sample_span, chunk_span, decay_span;
} Timing;

typedef struct Rule {
    const char *name;      /* "eprop(m=2)", or "keep …" for an inline one */
    const char *keep_text; /* the path expression with parameters put in, as the language writes it */
    const char
        *axes_text; /* the other clauses, likewise, "" when there is none: "mask reach(1); signal random" */
    Carry carry;    /* what the rule asks for */
    int block;      /* CARRY_MIXED: steps */
    bool says;      /* an input says of each step whether its loss teaches, though the rule draws none */
    Span carry_span;
    Automaton automaton;
    Mask mask;
    VEC(Replace) replaces;
    Estimate estimate;
    SignalKind signal;
    Span signal_span;
    Timing timing;
    VEC(ModelNumber) numbers; /* its parameters, bound */
} Rule;

/* `use` is a rule's use as on the command line ("eprop(2)") looked up in the package; or, when `keep` is not
 * NULL, `keep` is a path expression and `use` is ignored. Reports unknown rules (with suggestion), wrong
 * arguments, unknown classes / tags / states / parameters (listing the three name spaces), `not` or `&` over
 * anything but single-edge sets, an empty language, axes this version can't derive (by name), contradicting
 * axes. NULL after an error. Names that belong to no state of this model but are given by the rule (`reset`
 * on a cell without that tag, `c -> c` on a cell without c) match nothing; that is a note when the rule comes
 * from the library and an error when it is inline. */
Rule *rule_build(Arena *arena, Package *package, const Graph *graph, const char *use, const char *keep,
                 Diagnostics *diagnostics);

/* Whether the rule's axes can be carried like this; reports what contradicts (E0518), unless
 * `diagnostics` is NULL. */
bool rule_check_carry(const Rule *rule, Carry carry, Diagnostics *diagnostics);

/* delta over a word. */
int automaton_run(const Automaton *automaton, int state, const int *word, int length);

#endif
