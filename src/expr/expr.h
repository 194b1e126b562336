/* Expressions: one hash-consed DAG of scalar- and vector-valued equations of one time step.
 *
 * A node stands for a whole vector over one unit range (`dim`) or for a scalar (`dim == NULL`); sizes stay
 * symbolic, so that whatever is derived has a length that doesn't depend on them. Every node is made by one
 * interning constructor that also simplifies; two expressions are equal when their pointers are. Element-wise
 * operators keep the unit index. Whatever mixes units is a *station* of its own kind: a product with a matrix
 * parameter, a sum, a softmax, the broadcast of a scalar. Between stations derivatives are element-wise,
 * which is what makes "unit-local" a property that can be read off the graph. */
#ifndef ELIGO_EXPR_EXPR_H
#define ELIGO_EXPR_EXPR_H

#include "base/source.h"
#include "base/text.h"
#include "base/vector.h"
#include <stdbool.h>
#include <stdint.h>

/* ---- sizes ---- */

typedef struct Dim {
    const char *name; /* "n", "l1.n", "m": as formulas show it; NULL for a plain number */
    long value;       /* 0 while unknown (a cell checked by itself) */
} Dim;

/* The same size: the same object, or both known and equal. NULL (scalar) equals only NULL. */
bool dim_equal(const Dim *a, const Dim *b);
/* The value, 1 for NULL. */
long dim_size(const Dim *dim);
/* A fraction of it in whole units, rounded; half a unit counts as one. */
long dim_share(const Dim *dim, double fraction);

/* ---- variables ---- */

typedef enum {
    VAR_INPUT,   /* given at each step: inputs, the target, a loss mask */
    VAR_STATE,   /* assigned at each step and readable at a lag */
    VAR_OUTPUT,  /* a layer's output that is no state: assigned at each step, read at lag 0 by others */
    VAR_PARAM,   /* learned */
    VAR_LOSS,    /* the step's scalar loss */
    VAR_ADJOINT, /* made by a derivation: an adjoint of some variable */
    VAR_SLOPE,   /* made by a derivation: a derivative, its definition, kept for later steps */
    VAR_VALUE    /* made by a derivation: any other quantity that lives across statements */
} VarKind;

typedef enum { INIT_DEFAULT, INIT_NUMBER, INIT_NAMED } InitKind;

typedef struct Expr Expr;
typedef struct Var Var;
struct Var {
    VarKind kind;
    int index;         /* in its list of the model (inputs, params, roots) */
    const char *name;  /* "c" */
    const char *label; /* "l1.c", or "c" where there is one layer: what users see and files are named by */
    int layer;         /* index of the layer, -1 for the network's own (readout) variables */
    const Dim *rows;   /* NULL: scalar */
    const Dim *cols;   /* NULL: vector or scalar. Only parameters are matrices */
    InitKind init;
    double init_number;    /* INIT_NUMBER; a state's value before t = 0 (default 0) */
    const char *init_name; /* INIT_NAMED: orthogonal … */
    bool init_given;       /* uniform or normal with its two numbers: from, to; mean, deviation */
    double init_range[2];
    bool zero_diagonal, nonnegative;
    double sparse;                      /* fraction of entries kept at random places, 0: all are there */
    const struct Pattern *sparse_given; /* the pattern that a file gave, or NULL (model/pattern.h) */
    const Expr *definition;             /* states, outputs, loss: this step's value */
    int max_lag;                        /* the largest lag at which it is used */
    Span span;                          /* its declaration */
};

/* ---- nodes ---- */

/* name, arity, precedence-free kind; evaluation, text, C and derivative of each are one line each in
 * operators.c */
#define EXPR_ELEMENTWISE(X)                                                                                  \
    X(NEG, "neg", 1)                                                                                         \
    X(ADD, "add", 2)                                                                                         \
    X(SUB, "sub", 2)                                                                                         \
    X(MUL, "mul", 2)                                                                                         \
    X(DIV, "div", 2)                                                                                         \
    X(POW, "pow", 2)                                                                                         \
    X(EXP, "exp", 1)                                                                                         \
    X(LOG, "log", 1)                                                                                         \
    X(SQRT, "sqrt", 1)                                                                                       \
    X(SIGMOID, "sigmoid", 1)                                                                                 \
    X(TANH, "tanh", 1)                                                                                       \
    X(RELU, "relu", 1)                                                                                       \
    X(SOFTPLUS, "softplus", 1)                                                                               \
    X(GELU, "gelu", 1)                                                                                       \
    X(SILU, "silu", 1)                                                                                       \
    X(ERF, "erf", 1)                                                                                         \
    X(SIN, "sin", 1)                                                                                         \
    X(COS, "cos", 1)                                                                                         \
    X(ABS, "abs", 1)                                                                                         \
    X(SIGN, "sign", 1)                                                                                       \
    X(STEP, "step", 1)                                                                                       \
    X(MAX, "max", 2)                                                                                         \
    X(MIN, "min", 2)                                                                                         \
    X(CLIP, "clip", 3)                                                                                       \
    X(WHERE, "where", 3)                                                                                     \
    X(LESS, "less", 2)                                                                                       \
    X(LESS_EQUAL, "less_equal", 2)                                                                           \
    X(GREATER, "greater", 2)                                                                                 \
    X(GREATER_EQUAL, "greater_equal", 2)                                                                     \
    X(EQUAL, "equal", 2)                                                                                     \
    X(NOT_EQUAL, "not_equal", 2)                                                                             \
    X(HASH, "hash", 2)                                                                                       \
    X(STOP, "stop", 1)

typedef enum {
#define X(id, name, arity) EXPR_##id,
    EXPR_ELEMENTWISE(X)
#undef X
        EXPR_FUNCTION, /* a user's function with its own derivative: kid[0] is the value; see arguments,
                          partials */
    /* leaves */
    EXPR_CONST, /* value; name when it is a spec's constant */
    EXPR_SIZE,  /* the number dim_size(of), or the share `value` of it in whole units: scalar */
    EXPR_UNIT,  /* the index of each unit of `dim`, from 0 */
    EXPR_USE,   /* var at `lag` steps ago, with its tags */
    /* stations: they mix units */
    EXPR_MATVEC,    /* var @ kid[0]; over var->rows */
    EXPR_MATVEC_T,  /* transpose(var) @ kid[0]; over var->cols. Only derivations make it */
    EXPR_SUM,       /* the sum of kid[0] over its units: scalar */
    EXPR_BROADCAST, /* the scalar kid[0] for every unit of dim */
    EXPR_SOFTMAX,   /* over the units of kid[0] */
    EXPR_LOGSUMEXP  /* of kid[0]: scalar */
} ExprOp;

struct Expr {
    ExprOp op;
    int id;         /* dense, in order of making: children have smaller ids than parents */
    const Dim *dim; /* the unit range, NULL for a scalar */
    double value;
    const char *name;
    const Dim *of;
    const Var *var;
    int lag;
    uint64_t tags; /* EXPR_USE: bit i = the model's tag i marks this use */
    int kids;
    const Expr *kid[3];
    int arguments; /* EXPR_FUNCTION */
    const Expr *const *argument;
    const Expr *const *partial; /* d value / d argument[i] */
};

/* The table that holds every node of one model; lives in (and dies with) the arena. */
typedef struct Exprs Exprs;
Exprs *exprs_new(Arena *arena);
int exprs_count(const Exprs *exprs); /* ids are below this */
/* Forgets the nodes made since there were `count`, as if nobody had asked for them: what is made afterwards
 * is what it would have been. Nobody may hold one of them any more. */
void exprs_forget(Exprs *exprs, int count);
Arena *exprs_arena(const Exprs *exprs);

const Expr *expr_constant(Exprs *exprs, double value);
const Expr *expr_named_const(Exprs *exprs, const char *name, double value);
const Expr *expr_size(Exprs *exprs, const Dim *of);
/* The number of units that a fraction (above 0, below 1) of a range is: the border between two populations.
 */
const Expr *expr_share(Exprs *exprs, const Dim *of, double fraction);
long expr_size_value(const Expr *size); /* of either */
const Expr *expr_unit(Exprs *exprs, const Dim *dim);
const Expr *expr_use(Exprs *exprs, const Var *var, int lag, uint64_t tags);
/* An element-wise operator; scalar operands (constants excepted) are broadcast when another operand is a
 * vector. Requires: operands are scalars or have equal dims. */
const Expr *expr_apply(Exprs *exprs, ExprOp op, const Expr *a, const Expr *b, const Expr *c);
const Expr *expr_neg(Exprs *exprs, const Expr *a);
const Expr *expr_add(Exprs *exprs, const Expr *a, const Expr *b);
const Expr *expr_sub(Exprs *exprs, const Expr *a, const Expr *b);
const Expr *expr_mul(Exprs *exprs, const Expr *a, const Expr *b);
const Expr *expr_div(Exprs *exprs, const Expr *a, const Expr *b);
/* A function node with a stated derivative; arrays are copied. Operands are broadcast to `value`'s dim. */
const Expr *expr_function(Exprs *exprs, const char *name, const Expr *value, int arguments,
                          const Expr *const *argument, const Expr *const *partial);
const Expr *expr_matvec(Exprs *exprs, const Var *matrix, const Expr *vector, bool transposed);
/* Reductions need a node with a dim: what simplified to a scalar constant has lost it (`sum` of 0 excepted).
 */
const Expr *expr_sum(Exprs *exprs, const Expr *vector);
const Expr *expr_broadcast(Exprs *exprs, const Expr *scalar, const Dim *dim);
const Expr *expr_softmax(Exprs *exprs, const Expr *vector);
const Expr *expr_logsumexp(Exprs *exprs, const Expr *vector);
/* The same operator over other children (what every rewriting pass ends in); `kid` has node->kids entries. A
 * function keeps its arguments and partials: a pass that rewrites those too calls expr_function. */
const Expr *expr_with_kids(Exprs *exprs, const Expr *node, const Expr *const *kid);

bool expr_is_const(const Expr *e, double value);
bool expr_is_elementwise(const Expr *e); /* operators and EXPR_FUNCTION; not leaves, not stations */
bool expr_is_leaf(const Expr *e);
bool expr_is_station(const Expr *e);
/* Whether it is 0 wherever some threshold isn't reached: a step or a comparison, or such a factor, in its own
 * text or in the definition of the variable that it uses. Nothing follows but that looking for zeros may pay.
 */
bool expr_is_event(const Expr *e);

/* ---- derivatives (differentiate.c) ---- */

/* The operands that a derivative reaches: kids of an operator, arguments of a function. */
int expr_operands(const Expr *e);
const Expr *expr_operand(const Expr *e, int i);
/* d e / d operand i for an element-wise node, per unit; constant 0 where nothing passes (stop, comparisons,
 * where's condition). Conventions at kinks are those of the language: relu'(0) = abs'(0) = 0, max and min
 * take the first operand on a tie, clip' = 0 at its ends, step' = sign' = 0. */
const Expr *expr_partial(Exprs *exprs, const Expr *e, int i);

/* What one element-wise region reads: leaves and stations, with the derivative of the region's root by each.
 */
typedef struct Reach {
    const Expr *node;       /* a use of a variable, or a station */
    const Expr *derivative; /* per unit; never constant 0 */
} Reach;
typedef VEC(Reach) Reaches;
/* All leaves (EXPR_USE) and stations below `root` through element-wise nodes only, in order of first sight;
 * if root is itself a leaf or a station, that with derivative 1. Results go into `arena`. */
Reaches expr_reach(Exprs *exprs, const Expr *root, Arena *arena);

/* ---- evaluation (evaluate.c): the reference interpreter ---- */

/* Where the values of leaves come from: returns var's value at `lag` steps ago, dim_size(var->rows) numbers;
 * for a matrix parameter (asked by products) all rows*cols entries, row-major. Copied at once, products
 * excepted. */
typedef const double *(*ExprLeaf)(void *context, const Var *var, int lag);
typedef struct Evaluator Evaluator;
Evaluator *evaluator_new(const Exprs *exprs, ExprLeaf leaf, void *context);
void evaluator_free(Evaluator *evaluator);
/* Forgets all values: call at each new step. */
void evaluator_clear(Evaluator *evaluator);
/* The value of e, dim_size(e->dim) doubles, owned by the evaluator and valid until evaluator_clear. */
const double *evaluate(Evaluator *evaluator, const Expr *e);
/* One element-wise operator on numbers. */
double expr_operator_value(ExprOp op, const double *operand);

/* ---- text (print.c) ---- */

/* Names for nodes: shows `i` for sigmoid(…); NULL keeps the node written out. */
typedef const char *(*ExprName)(void *context, const Expr *e);
/* One line as the spec language writes it: f * c[t-1] + i * g, Wi @ x; named nodes below the root by their
 * names. */
void expr_print(const Expr *e, ExprName name, void *context, Text *out);

/* An operator's line of the table. */
typedef struct Operator {
    const char *name; /* as the language calls it: "add", "sigmoid" */
    int arity;
    const char *infix; /* " + " or NULL for a call */
    int precedence;    /* of infix operators: higher binds tighter */
    const char *c;     /* C with $0 $1 $2 for operands and @ for the float suffix of a function's name; of two
                        * texts with a | between them, the second is for float */
    const char *latex; /* with #0 #1 #2 */
    const char *note;  /* derivative and conventions, for `list operators` */
    double (*value)(const double *operand);
    const Expr *(*partial)(Exprs *exprs, const Expr *e, int i); /* d e / d kid i */
} Operator;
const Operator *expr_operator(ExprOp op); /* element-wise operators only */

#endif
