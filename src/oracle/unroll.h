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

/* What stands for a derivative. */
typedef enum {
    ORACLE_OWN,
    ORACLE_RANDOM, /* each matrix is another one, given as numbers */
    ORACLE_SIGN,   /* each matrix is its signs; without one, the sign of each stretch */
    ORACLE_MEAN,   /* likewise averages over populations */
    ORACLE_VALUE   /* a given one, from each unit to the same unit */
} OracleWeight;

typedef struct Unrolled {
    Arena *arena;
    const Model *model;
    const double *const *params; /* in the order of model->params, row-major */
    bool replaces;               /* some derivative may stand for another one */
    OracleWeight signal;         /* what stands for the readout's matrices */
    const double *const *drawn;  /* as OracleRule has it */
    const Sequence *sequence;
    Nodes nodes;
    Readers *readers; /* by Expr.id */
    Nodes **ends;     /* by Expr.id: of stretches from there, NULL until asked for */
    double ***value;  /* [step][Expr.id]: one number for each unit, NULL until asked for */
} Unrolled;

/* Lives in `arena`; the arrays given must outlive it. */
Unrolled *unroll(Arena *arena, const Model *model, const double *const *params, const Sequence *sequence);
/* dim_size(e->dim) numbers. */
const double *unroll_value(Unrolled *unrolled, const Expr *e, int step);
/* d parent[parent_unit] / d operand[unit] at `step`. */
double unroll_slope(Unrolled *unrolled, Reader reader, int parent_unit, int unit, int step);

/* Whether a derivative can pass from the operand to its element-wise reader, whatever the numbers are. */
bool reader_may_pass(Reader reader);
/* The nodes that are reached from `e` element by element (itself too) and are a root's definition or read by
 * what mixes units. */
Nodes unroll_stretch_ends(Unrolled *unrolled, const Expr *e);
/* d top / d from at a unit: the sum over everything element-wise that leads there. */
double unroll_stretch_slope(Unrolled *unrolled, const Expr *from, const Expr *top, int unit, int step);

#endif
