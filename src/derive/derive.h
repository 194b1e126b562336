/* Derivation: recurrent graph × rule automaton → update program, forward or backward.
 *
 * Both carries walk the same product graph, whose nodes are pairs (root, automaton state). Backward gives
 * each pair an adjoint; forward gives each pair, for each parameter, an influence whose structure (zero,
 * unit-local, dense) follows from the ways that lead into it. What the product graph can't reach, or can't
 * reach a loss from, never becomes a statement. Mathematics: the taxonomy paper (Martín-Sánchez, Bohte & Otte
 * 2022), in the automaton form. */
#ifndef ELIGO_DERIVE_DERIVE_H
#define ELIGO_DERIVE_DERIVE_H

#include "derive/commute.h"
#include "derive/eliminate.h"
#include "derive/program.h"
#include "rule/rule.h"

typedef enum {
    STRUCTURE_ZERO,        /* no path leads here */
    STRUCTURE_PRESYNAPTIC, /* unit-local, and the same for every unit j: one number for each column i */
    STRUCTURE_UNIT,        /* only unit j of the variable feels entry (j, i): stored like the parameter */
    STRUCTURE_DENSE,       /* every unit may feel every entry: units × entries */
    STRUCTURE_MASKED,      /* some units feel some rows: the entries of each such pair (derive/mask.h) */
    STRUCTURE_ESTIMATED,   /* held as products of random or smoothed factors (derive/estimate.h) */
    STRUCTURE_COUNT
} Structure;
extern const char *const structure_name[STRUCTURE_COUNT];   /* "unit-local" */
extern const char *const structure_symbol[STRUCTURE_COUNT]; /* "ε" */

/* The influence of one parameter on one root at one automaton state, carried from step to step. An estimated
 * one has an entry for each buffer that it is made of. */
typedef struct Influence {
    const Var *param;
    const Var *root;
    int state;
    Structure structure;
    const Expr *decay; /* from step to step, where it is the same at each: one number for every unit, or each
                          unit's own; else NULL */
    Buffer *buffer;
} Influence;

/* The adjoint of one root at one automaton state, on its way to the step `lag` earlier. */
typedef struct Adjoint {
    const Var *root;
    int state;
    int lag;
    const Var *var; /* how expressions name it */
    const Expr *value;
    Buffer *buffer;
} Adjoint;

/* The adjoint of (root, state) within its step, as it was derived: backward all that reach a parameter's use,
 * forward (where it's the learning signal) what isn't carried. For readers. */
typedef struct StepAdjoint {
    const Var *root;
    int state;
    const Expr *value;
} StepAdjoint;

/* Backward: the adjoint at a parameter's use: the gradient grows by value ⊗ what the use multiplies. For
 * readers. */
typedef struct Delta {
    const Var *param;
    const Expr *start;
    const Expr *value;
} Delta;

/* In blocks: the derivative of the influence on `end`, at the block's last step or `delay` before it, by that
 * on `root`, `lag` steps before the step that hands it back. For readers. */
typedef struct SeedAdjoint {
    const Var *end, *root;
    int end_state, delay, state, lag;
    const Var *var; /* how expressions name it */
    const Expr *value;
} SeedAdjoint;

/* Where a path leaves the language: a way that isn't let through in an automaton state. */
typedef struct Drop {
    bool start; /* `way` is an index into Graph.starts, else into Graph.ways */
    int way;
    int state;
} Drop;

/* What the gradient is worth, from the best to the worst. */
typedef enum {
    VERDICT_EXACT,       /* that of the whole sequence (also where nothing leads to the loss: zero) */
    VERDICT_UNBIASED,    /* its mean over draws is, up to a common scale */
    VERDICT_APPROXIMATE, /* other numbers, on sequences that are long enough */
    VERDICT_NOTHING,     /* zero although the loss depends on the parameter */
    VERDICT_COUNT
} Verdict;
extern const char *const verdict_name[VERDICT_COUNT];

/* Whose quantities meet in the update of entry (j, i). */
enum {
    MEETS_POST = 1,    /* unit j, which the entry belongs to */
    MEETS_PRE = 2,     /* column i, what the entry multiplies */
    MEETS_UNITS = 4,   /* other units k of the layer */
    MEETS_LAYERS = 8,  /* units of other layers */
    MEETS_OUTPUTS = 16 /* the outputs' errors, sent back to unit j */
};

/* Edges thought away: ways with one of these classes or tags in their word, or with a lag into such a layer.
 */
typedef struct Without {
    unsigned classes; /* bit c: EdgeClass c */
    unsigned layers;  /* bit l: the model's layer l */
    uint64_t tags;
} Without;
/* "no explicit and no lateral edge, no edge tagged reset"; lives in `arena`. */
const char *derive_without_text(const Model *model, Without without, Arena *arena);

/* What the rule does to one parameter. Computed from the graph, never from names. */
typedef struct ParamFacts {
    const Var *param;
    bool reaches;    /* the full graph has a path to a loss */
    bool kept;       /* some path to a loss is kept */
    bool exact;      /* every path of the full graph to a loss is kept (true also where there is none) */
    int exact_steps; /* not exact: the longest sequence on which no path is lost; 0: there is none */
    bool carries;    /* forward: something is carried in time (else instantaneous or nothing) */
    bool local; /* carried forward, every influence is unit-local: the update of entry (j, i) needs no other
                   unit's */
    Verdict verdict;       /* of all axes together */
    Without without;       /* no edge of which the graph would have to have for every path to be kept */
    const char *condition; /* the same in words ("no explicit edge"); NULL when there is none, or no need */
    VEC(const char *) reasons; /* what the other axes do to the gradient: a clause each */
    const char *spread; /* under a mask, not local: what takes the influence to other units; else NULL */
    bool causal;        /* as carried: the gradient up to a step is known at that step */
    unsigned meets;     /* MEETS_… */
    VEC(Drop) drops;    /* where kept prefixes end: the first dropped edge of each dropped path */
    VEC(int) refused;   /* states in which paths end at a loss without being accepted */
} ParamFacts;

typedef enum {
    STAND_RANDOM,  /* drawn once, never learned: `B_V` for V */
    STAND_FOLLOWS, /* drawn, then changed by the very gradient of what it stands for: `B_V` */
    STAND_SIGN,    /* the signs of its entries: `sign(V)` */
    STAND_MEAN     /* its average over pairs of populations: `mean(V)` */
} StandKind;

/* The units of a layer, or of the network (-1), as populations divide them. */
typedef struct Units {
    int layer;
    const Dim *dim;
} Units;

/* A matrix that stands for a parameter: of its shape, with its entries. */
typedef struct Stand {
    StandKind kind;
    const Var *var, *matrix;
    Units rows, columns; /* STAND_MEAN: whose populations they are averaged over */
} Stand;
typedef VEC(Stand) Stands;

typedef struct Derivation {
    Arena *arena;
    Model *model;
    const Graph *graph; /* as the rule sees it: edges replaced and weighed; those that have a derivative for
                           each side of a path as the model has them */
    const Graph *whole; /* the model's own */
    const Rule *rule;
    const Automaton *automaton; /* whose states influences and adjoints have: the rule's, or that beside the
                                   sides of a path (derive/view.h) */
    Carry carry;                /* CARRY_FORWARD or CARRY_BACKWARD; in blocks (program->block) the latter */
    Program *program;
    Stands stands;
    VEC(Influence) influences;
    Slopes slopes;   /* kept, where an influence that others give is not carried */
    Filters filters; /* that commute with a readout's matrix; in use where an influence is on their root */
    VEC(Adjoint) adjoints;
    VEC(StepAdjoint) step_adjoints; /* backward */
    VEC(Delta) deltas;              /* backward */
    VEC(SeedAdjoint) seeds;         /* in blocks */
    VEC(const Var *) delays;        /* in blocks, [i]: 1 at the step that is i before the last, handed back */
    VEC(const struct Forward *)
    recursions;        /* forward: the analysis, by order of model->params (derive/forward.h) */
    ParamFacts *facts; /* by order of model->params */
} Derivation;

typedef enum {               /* who changes the parameters */
               LEARN_LATER,  /* the caller, by gradients */
               LEARN_ONLINE, /* the step, which takes the next one's products meanwhile (derive/ahead.c) */
               LEARN_ONLINE_APART /* the step, and nothing is taken ahead: for several sequences at once, and
                                     for tests */
} Learning;

/* `carry` overrides the rule's; a rule that doesn't say, or leaves it to a plan (derive/plan.h), is
 * carried backward, forward where it can't be. Reports E0520 for a model
 * without a loss and W0530 for each parameter for which nothing is kept, with the dropped path. NULL after an
 * error. Online there are no gradients; each step changes the parameters by -rate times this step's, with
 * `rate` an input, carried forward whatever the rule says. The program is verified before it is returned
 * (E0590). */
Derivation *derive(Arena *arena, Model *model, const Graph *graph, const Rule *rule, Carry carry,
                   Learning learning, Diagnostics *diagnostics);

/* Whether some parameter's influence is carried before the readout's matrix by this filter. */
bool derive_uses_filter(const Derivation *derivation, const Filter *filter);
/* "The readout's filter commutes with V: …": what the filter is and what it stands for. Lives in `arena`. */
const char *derive_filter_text(const Filter *filter, Arena *arena);
/* "z follows unit by unit: …", of all slopes of one root; NULL where `first` isn't its first. Lives in
 * `arena`. */
const char *derive_slopes_text(const Derivation *derivation, int first, Arena *arena);

/* ---- the cost sheet (cost.c) ---- */

/* A sum of products of sizes: 4 n² m + n. */
typedef struct Monomial {
    double coefficient;
    int degree;
    const Dim *dims[6]; /* sorted by name */
} Monomial;
typedef struct Polynomial {
    VEC(Monomial) terms;
} Polynomial;
void polynomial_add(Arena *arena, Polynomial *sum, double coefficient, int degree, const Dim *const *dims);
double polynomial_value(const Polynomial *p);
void polynomial_print(const Polynomial *p, Text *out);

typedef struct Cost {
    Polynomial params, carried, tape, work; /* reals: parameters and gradients; influences, states and
                                               adjoints; one tape record; the rest */
    Polynomial forward, backward; /* multiply-adds (or element-wise operations) of a step of each routine … */
    Polynomial border;            /* … and of one border, after a whole block */
} Cost;
Cost program_cost(const Program *program, Arena *arena);
/* The most multiply-adds that one statement does at once, in any routine. */
double program_largest_product(const Program *program);
/* Reals that a routine's statements read and write in a step, each statement's once (traffic.c). */
Polynomial routine_traffic(const Program *program, const Routine *routine, Arena *arena);
/* Both of one statement, by its place in the routine; of a sum over steps, of all of a block's, or of one. */
Polynomial statement_operations(const Program *program, const Routine *routine, int statement, Arena *arena);
Polynomial statement_traffic(const Program *program, const Routine *routine, int statement, Arena *arena);

typedef struct ParamCost {
    Polynomial carried; /* reals of its influences */
    Polynomial
        work; /* multiply-adds a step of the sweeps that are its own (shared Jacobians are nobody's own) */
} ParamCost;
ParamCost derivation_param_cost(const Derivation *derivation, const Var *param, Arena *arena);

#endif
