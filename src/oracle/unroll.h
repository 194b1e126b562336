/* A model unrolled in time on numbers: the value of every expression node at every step, and which nodes read
 * which. A scalar node of the unrolled graph is (expression node, unit, step); `unroll_slope` is the number
 * on the edge between two of them. */
#ifndef ELIGO_ORACLE_UNROLL_H
#define ELIGO_ORACLE_UNROLL_H

#include "model/model.h"

typedef VEC(const Expr *) Nodes;

/* Every node that the roots' definitions are made of, operands before what reads them. */
Nodes oracle_nodes(Arena *arena, const Model *model);

typedef struct Reader { /* `parent` reads the node as its operand number `operand` */
    const Expr *parent;
    int operand;
} Reader;
typedef VEC(Reader) Readers;

typedef struct Unrolled {
    Arena *arena;
    const Model *model;
    const double *const *params;   /* in the order of model->params, row-major */
    const double *const *feedback; /* as OracleRule has it */
    const Sequence *sequence;
    Nodes nodes;
    Readers *readers; /* by Expr.id */
    double ***value;  /* [step][Expr.id]: one number for each unit, NULL until asked for */
} Unrolled;

/* Lives in `arena`; the arrays given must outlive it. */
Unrolled *unroll(Arena *arena, const Model *model, const double *const *params, const Sequence *sequence);
/* dim_size(e->dim) numbers. */
const double *unroll_value(Unrolled *unrolled, const Expr *e, int step);
/* d parent[parent_unit] / d operand[unit] at `step`. */
double unroll_slope(Unrolled *unrolled, Reader reader, int parent_unit, int unit, int step);

#endif
