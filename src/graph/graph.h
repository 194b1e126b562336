/* The recurrent dependency graph of one time step: every way along which a derivative can flow.
 *
 * A *way* leads from a use of a variable (h[t-1], another layer's l1.h, or the use of a parameter) through
 * the locals of its step to the first root (state, output, loss) that it reaches. Along it, element-wise
 * derivatives (`factor`) alternate with stations (products with a matrix, sums, softmax, broadcasts): the
 * way's Jacobian is diag(factor[n]) S_n diag(factor[n-1]) … S_1 diag(factor[0]), read from the right. Its
 * word over edge symbols is what rules look at (taxonomy, section 1). */
#ifndef ELIGO_GRAPH_GRAPH_H
#define ELIGO_GRAPH_GRAPH_H

#include "model/model.h"

typedef enum {
    CLASS_IMPLICIT,
    CLASS_EXPLICIT,
    CLASS_SPATIAL,
    CLASS_LATERAL,
    CLASS_LOCAL,
    CLASS_COUNT
} EdgeClass;
extern const char *const edge_class_name[CLASS_COUNT];

typedef struct Symbol {
    EdgeClass class;
    uint64_t tags;   /* the way's tags: those of the use that it starts from */
    const Var *via;  /* the parameter this symbol crosses, or NULL */
    const Var *from; /* the variable used at the way's start; NULL on a parameter's own way */
    const Var *to;   /* the root at the way's end */
    int lag;         /* of the way, carried by its first symbol; 0 on further ones */
} Symbol;

typedef struct Way {
    const Var *from; /* the used variable, or the parameter whose use starts a path */
    int lag;         /* of the use; 0 for parameters */
    uint64_t tags;
    const Var *to;
    int stations; /* number of stations crossed (after the parameter's own product, for a matrix parameter) */
    const Expr *const *station;
    const Expr *const *factor; /* stations + 1 element-wise derivatives, from the use to the root */
    const Expr *start; /* parameter ways: the use: the EXPR_MATVEC node of a matrix, the EXPR_USE of a vector
                          or scalar */
    int symbols;
    const int *symbol; /* the word: indices into Graph.symbols */
} Way;

typedef struct Graph {
    Arena *arena;
    const Model *model;
    VEC(const Var *) roots; /* the model's; then, made by a pass of a derivation, roots without a value */
    VEC(Symbol) symbols;    /* distinct ones, in order of first sight */
    VEC(Way) ways; /* from uses of variables; ordered by `to` (order of model->roots), then lag, then from */
    VEC(Way) starts; /* from uses of parameters; by parameter */
} Graph;

/* Requires a checked model. Reports E0411 when the number of ways of one root passes a million. NULL after an
 * error. */
Graph *graph_build(Arena *arena, Model *model, Diagnostics *diagnostics);

/* "R @ h[t-1] -> c": a way as a reader would point at it, with the tags and classes: for reasons and tables.
 */
void graph_print_way(const Graph *graph, const Way *way, Text *out);
/* "explicit via R, h -> c #reset" */
void graph_print_symbol(const Graph *graph, const Symbol *symbol, Text *out);

#endif
