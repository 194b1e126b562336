/* A readout's filter, taken before its matrix.
 *
 * A readout with state, y = κ y[t-1] + V @ h, makes every parameter of the layer influence each output:
 * outputs × entries, carried. Where κ is one number for all outputs it commutes with V, and the trace
 * filtered before V says the same:
 *
 *     J_y[t] = κ J_y[t-1] + V J_h[t] = V F[t],     F[t] = κ F[t-1] + J_h[t]
 *
 * F is as small as J_h, and Vᵀ takes the learning signal on y to it: the filtered eligibility trace of Bellec
 * et al., Nature Communications 11 (2020). The pass puts a root without a value, h̄, where h was: a way h → h̄,
 * the ways of y to itself on h̄ too, and from h̄ through V to the loss. Backward there is nothing to gain. */
#ifndef ELIGO_DERIVE_COMMUTE_H
#define ELIGO_DERIVE_COMMUTE_H

#include "rule/rule.h"

typedef struct Filter {
    const Var *root;    /* h̄, over the units that the matrix multiplies */
    const Var *source;  /* h */
    const Var *readout; /* y */
    const Var *matrix;  /* V, or what stands for it in the learning signal */
} Filter;
typedef VEC(Filter) Filters;

/* Whether the rule's influences may be carried before the readout's matrix: nothing but the language decides
 * what is in them, and the matrix is the same from step to step. */
bool commute_may(const Rule *rule, bool online);
/* The graph with a filter for each matrix that a filter commutes with, and those filters; `graph` itself
 * where there is none. */
const Graph *commute_readouts(Arena *arena, const Graph *graph, Filters *filters);

#endif
