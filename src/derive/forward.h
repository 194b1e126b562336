/* The forward derivation's working tables: which influences are carried for one parameter, and what flows
 * into them. */
#ifndef ELIGO_DERIVE_FORWARD_H
#define ELIGO_DERIVE_FORWARD_H

#include "derive/carry.h"

/* A pair (root, state) whose influence by the parameter is carried because a later step reads it. */
typedef struct Carried {
    const Var *root;
    int state;
    Structure structure;
    Relation *support;     /* where there is a mask or a sparse matrix: units × the parameter's rows */
    bool cut;              /* the mask takes something away */
    const PairList *pairs; /* STRUCTURE_MASKED */
    bool in_place;         /* one slot: nothing reads the old value after it was overwritten */
    Buffer *buffer;
} Carried;

/* One contribution to a carried influence. */
typedef struct Flow {
    int target;        /* index of a Carried */
    int source;        /* index of a Carried, or -1: the parameter's own use */
    int lag;           /* at which the source is read; 0 for the parameter's own use */
    const Expr *start; /* the use, when source is -1 */
    Chain chain;
} Flow;

/* The learning signal of a carried influence read at `lag`: what its entries are multiplied with. */
typedef struct Signal {
    int source; /* -1: the parameter's own use */
    int lag;
    const Expr *start;
    const Expr *value; /* over the source's units (or the parameter's rows) */
} Signal;

typedef struct Forward {
    Carrying *carrying;
    const Var *param;
    const Graph *graph; /* the rule's, or that with the readouts' filters before their matrices (commute.h) */
    const Product *product; /* of this graph */
    bool *reached;
    Relation **reach;     /* under `mask reach`: by root, what it leaves */
    VEC(Carried) carried; /* in the order of roots: lag-0 reads go from smaller to larger index */
    VEC(Flow) flows;
    VEC(Signal) signals;
    VEC(StepAdjoint) adjoints; /* what the signals are made of */
} Forward;

/* The same number for every unit as a scalar expression; NULL where it may differ from unit to unit. */
const Expr *forward_unitless(Exprs *exprs, const Expr *e);
/* Finds carried pairs, flows, signals, structures. */
void forward_analyse(Forward *forward);
/* What a carried influence is multiplied by from step to step, where that is the same at each; else NULL. */
const Expr *forward_constant_decay(const Forward *forward, int carried);
/* Whether less is carried, with no more products; or as much, in fewer sweeps. */
bool forward_is_cheaper(const Forward *a, const Forward *b);
void forward_add_flow(Forward *forward, Flow flow);
/* Two flows of the same content: from the same source (or use) at the same lag. */
bool flow_same_content(const Flow *a, const Flow *b);
/* Is this the first flow into its target with its content? */
bool flow_is_first(const Forward *forward, int index);
/* Index of a carried pair, or -1. */
int forward_carried(const Forward *forward, const Var *root, int state);

/* Carried pairs, flows and signals only, without structures; of all parameters together when `param` is NULL.
 */
void forward_find(Forward *forward);
/* coefficient · (the carried source's trace, or what the parameter's use multiplies), as a term of the
 * sweep's last update. The source is none of another unit. */
void forward_unit_term(Forward *forward, Sweep *sweep, const Expr *coefficient, int source, int lag,
                       const Expr *start, const char *what);
void forward_influence_factor(const Forward *forward, Sweep *sweep, const Carried *carried, int lag);

/* Writes the sweeps of one parameter. */
void forward_write(Forward *forward);
/* "ε_c[Wi] = f · ε_c[Wi][t-1] + g * i * (1 - i) · x", and the gradient's "dE/dWi += …" ("" when nothing is
 * unit-local). */
const char *forward_recursion(const Forward *forward, int target);
const char *forward_gradient(const Forward *forward);
/* The matrix of a sum of chains from units of `source` to units of `target`; shared between parameters. When
 * `sparse`, it may be one with a csr. */
Buffer *forward_operator(Carrying *carrying, const Chains *chains, const Dim *target, const Dim *source,
                         bool sparse);
/* A chain of at least two matrices as a dense matrix. */
Buffer *operator_of_chain(Carrying *carrying, const Chain *chain, const Dim *source);
void operator_clear(Carrying *carrying, Buffer *buffer);
Placed operator_one(Carrying *carrying);

#endif
