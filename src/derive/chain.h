/* Linear operators between units, symbolically: what a way, or several ways one after the other, does to a
 * derivative.
 *
 * A chain maps a vector over the source's units to one over the target's. It is either
 *     diag(factor[n]) P_n … diag(factor[1]) P_1 diag(factor[0])     with n ≥ 0 matrices, or
 *     left · rightᵀ                                                 (`outer`: the way went through a sum or a
 * broadcast). Every station reduces to one of these or to a sum of both (softmax). */
#ifndef ELIGO_DERIVE_CHAIN_H
#define ELIGO_DERIVE_CHAIN_H

#include "graph/graph.h"

typedef struct Chain {
    bool outer;
    const Expr *left, *right;
    int matrices;
    const Var *const *matrix;  /* matrices entries, nearest to the source first */
    const Expr *const *factor; /* matrices + 1 entries. Chains share these arrays: never written in place */
} Chain;
typedef VEC(Chain) Chains;

Chain chain_identity(Exprs *exprs, Arena *arena);
/* The chains (a sum) of `chain` followed by `way`, from the way's factor `from_station` on. */
Chains chain_through(Exprs *exprs, Arena *arena, Chain chain, const Way *way);
bool chain_is_diagonal(const Chain *chain);
/* What the chain makes of a vector over the source's units, over the target's (`target`: NULL for a scalar);
 * and, transposed, of one over the target's units. */
const Expr *chain_times(Exprs *exprs, const Chain *chain, const Expr *vector, const Dim *source,
                        const Dim *target);
const Expr *chain_transposed_times(Exprs *exprs, const Chain *chain, const Expr *vector, const Dim *source,
                                   const Dim *target);
bool chain_equal(const Chain *a, const Chain *b);

/* One way with the adjoint at its end. */
typedef struct Tail {
    const Way *way;
    const Expr *end;
} Tail;
typedef VEC(Tail) Tails;
/* Σ over ways of (Jacobian of the way)ᵀ end, with the parts that ways share taken once. NULL stands for zero
 * (no tails). */
const Expr *adjoint_pull_back(Exprs *exprs, Arena *arena, const Tails *tails);
/* (Jacobian of a station)ᵀ adjoint. */
const Expr *adjoint_of_station(Exprs *exprs, const Expr *station, const Expr *adjoint);

#endif
