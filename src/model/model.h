/* The model: a network of cells, resolved, ready to be differentiated.
 *
 * Cells are instantiated, locals are inlined (hash-consing shares them; their names are kept for printing),
 * inputs of a layer are replaced by what is connected to them. What is left is one definition for every
 * *root* (state, output, loss), over uses of variables: `h[t-1]` is a use at lag 1, `c` in `h = o * tanh(c)`
 * a use at lag 0, `l1.h` in layer 2 a use at lag 0 of another layer's root. */
#ifndef ELIGO_MODEL_MODEL_H
#define ELIGO_MODEL_MODEL_H

#include "base/diagnostic.h"
#include "expr/expr.h"
#include "model/package.h"

typedef struct Layer {
    const char *name; /* "l1" */
    const char *cell; /* "lstm" */
    Var *output;
} Layer;

typedef struct Local { /* a named subexpression */
    const char *label; /* "i", or "l1.i" where there are several layers */
    int layer;
    const Expr *value;
    Span span;
} Local;

typedef struct Constant { /* const alpha = 0.9; */
    const char *label;
    int layer;
    const Expr *value;
} Constant;

/* A named group of neighbouring units: those from `from` on, `to` not included. The populations of one size
 * follow one another and are all of it. */
typedef struct Population {
    const char *label; /* "E", or "l1.E" where there are several layers */
    int layer;
    const Dim *dim;
    double from, to;   /* as fractions of the size: dim_share(dim, from) is the first unit */
    const Expr *value; /* 1 for its units, 0 for others */
} Population;

typedef struct Model {
    Arena *arena;
    Exprs *exprs;
    const char *name; /* the network's name, or the cell's */
    VEC(Layer) layers;
    VEC(Var *) inputs; /* x, …, then the target and the mask where there are any */
    VEC(Var *) params; /* in order of declaration, layer by layer, readout last */
    VEC(Var *)
    roots; /* states and outputs in an order that respects lag-0 uses; the loss is last when there is one */
    VEC(Local) locals;           /* in dependency order */
    VEC(const char *) tags;      /* bit i of Expr.tags */
    VEC(Constant) constants;     /* of one number for all units */
    VEC(Population) populations; /* layer by layer, in order of declaration */
    VEC(const Expr *) losses; /* what is summed in the loss, each with its mask: a term for each statement */
    VEC(Dim *) dims;          /* every symbolic size, once */
    Var *loss;                /* NULL when the network has none */
    Var *target;              /* the input that the loss compares with, or NULL */
    Var *when;                /* the loss's mask input, or NULL */
    bool target_is_class;     /* the target is one-hot, made from a class label (softmax_cross_entropy) */
    const Expr
        *readout; /* what `y` is: compared with the target, written to y.npy; NULL when there is none */
    const char *readout_name;
} Model;

typedef struct Setting { /* --set beta=0.1, --size n=128; name may carry a layer: l1.beta */
    const char *name;
    double value;
} Setting;

typedef enum { TARGET_UNKNOWN, TARGET_VALUES, TARGET_CLASS } TargetKind;

typedef struct ModelOptions {
    const char *network; /* which network of several, or NULL */
    VEC(Setting) set, size;
    TargetKind target; /* for a cell used alone: which loss its readout gets; unknown = values */
} ModelOptions;

/* Builds the model of the spec in `package`: its network, or its one cell with a linear readout V, d
 * (parameter names without a prefix) and the loss that fits options->target. Sizes nobody gives default to n
 * = 128, m = 32, k = 10 with no complaint. NULL when there are errors. */
Model *model_build(Arena *arena, const Package *package, const ModelOptions *options,
                   Diagnostics *diagnostics);

/* Checks everything in a file without sizes: each cell by itself with symbolic sizes, functions, and each
 * network. */
void model_check(Arena *arena, const Package *package, const ModelOptions *options, Diagnostics *diagnostics);

/* Asks for the shapes of given arrays by parameter label; returns the number of axes, 0 if there is none. */
typedef int (*ShapeOf)(void *context, const char *label, long shape[2]);
/* Adds to options->size what a cell's (or a network's one-cell layers') declared shapes say about given
 * arrays. Disagreeing arrays are left for the shape check of whoever reads them. */
void model_infer_sizes(const Package *package, ModelOptions *options, Arena *arena, ShapeOf shape_of,
                       void *context);

typedef struct ModelNumber { /* a number that a rule gives a name to */
    const char *name;
    double value;
} ModelNumber;
/* What `e` says in the names of a layer, of the network (-1) and of `numbers`: a weight, over units or a
 * scalar. Reads variables only at lags at which the model keeps them. Reports E0534 to E0536; NULL after an
 * error. */
const Expr *model_expression(Model *model, int layer, const AstExpr *e, const ModelNumber *numbers, int count,
                             Diagnostics *diagnostics);

/* Finds by label; NULL when there is none. */
Var *model_param(const Model *model, const char *label);
Var *model_root(const Model *model, const char *label);

/* ---- running it forward in double: the reference for tests and oracles (simulate.c) ---- */

typedef struct Sequence { /* steps × inputs, each input's array row-major [steps][rows], in the order of
                             model->inputs */
    int steps;
    const double *const *inputs;
} Sequence;
/* Runs the sequence from the initial state with parameters params[i] (order of model->params, row-major);
 * returns the summed loss. Writes when not NULL: states[r] = [steps][rows] for every root r (NULL entries are
 * skipped), y = [steps][dim of readout]. */
double model_simulate(const Model *model, const double *const *params, const Sequence *sequence,
                      double *const *states, double *y);

/* An ExprName that shows locals by their labels; context is the Model. */
const char *model_local_name(void *model, const Expr *e);

#endif
