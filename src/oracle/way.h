/* Ways: what leads, inside one step, from a use of a variable or of a parameter to the first state or output.
 *
 * A way is the edge of the taxonomy's graph; its class depends on where it starts, where it ends, its lag and
 * the synapses it crosses. Here every way is walked one scalar node at a time. */
#ifndef ELIGO_ORACLE_WAY_H
#define ELIGO_ORACLE_WAY_H

#include "oracle/unroll.h"
#include "oracle/word.h"

enum { MOST_CROSSINGS = 32, MOST_STRETCHES = 64 };

/* One stretch of a way: from a scalar node up to what mixes units, or to the way's end. */
typedef struct Stretch {
    const Expr *from, *top; /* the same unit of both; whatever lies between is element-wise */
    int unit;
    const Expr *to; /* the node that mixes units and reads `top`, or `top` itself at the way's end */
    int to_unit;
    double slope; /* of `to` there by `top` here */
} Stretch;

typedef struct Way {
    const Var *from;  /* the state or output used; NULL when the way starts at a parameter */
    const Var *start; /* that, or the parameter */
    int lag;
    uint64_t tags;
    const Var *to;
    int crossings;
    const Var *via[MOST_CROSSINGS]; /* the parameter of each crossing, or NULL */
    int step, stretches;
    Stretch stretch[MOST_STRETCHES];
} Way;

/* Told of the end of each way: it ends at way->to's unit `unit`. */
typedef void (*WayEnd)(void *context, const Way *way, int unit);

/* Walks every way at `step` from unit `unit` of `start`: a use of a state or output (its lag and tags are the
 * way's), a use of a parameter, or a parameter's own product. False if one
 * crosses more than MOST_CROSSINGS. Where derivatives are replaced, ways of slope 0 are walked too. */
bool way_walk(Unrolled *unrolled, const Expr *start, int unit, int step, WayEnd end, void *context);

/* The product of the way's derivatives, with what stands for them. */
double way_weight(Unrolled *unrolled, const Way *way, OracleWeight kind);

/* The way's symbols, in order; returns how many (at most MOST_CROSSINGS). `local` says whether a lag-0
 * same-unit way is a symbol. */
int way_spell(const Way *way, bool local, Edge edge[MOST_CROSSINGS]);

#endif
