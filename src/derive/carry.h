/* What the forward and the backward derivation share while they run. */
#ifndef ELIGO_DERIVE_CARRY_H
#define ELIGO_DERIVE_CARRY_H

#include "derive/chain.h"
#include "derive/derive.h"
#include "derive/product.h"
#include "derive/relation.h"
#include "derive/schedule.h"
#include "derive/sweep.h"
#include "derive/view.h"

/* The matrix of a sum of chains, written once for all parameters. */
typedef struct Operation {
    Chains chains;
    const Dim *target, *source; /* a constant chain fits several ranges */
    Buffer *buffer;
} Operation;

/* What depends on parameters alone and was made before the step: see diagonal.c. */
typedef struct Diagonal {
    const Var *above, *below;
    const Var *value;
} Diagonal;

/* The entries that a masked influence has: see masked.c. */
typedef struct PairList {
    const Relation *support;
    const Dim *pairs;
    const IntTable *first, *unit;
} PairList;

typedef struct MaskedOperator {
    Chains chains;
    const Relation *out, *in; /* supports of what is written and read */
    const IntTable *first, *entry, *pair, *row;
    Buffer *values;
} MaskedOperator;

struct Rank1;

typedef struct Carrying {
    Arena *arena;
    Derivation *derivation;
    const Graph *graph;
    Exprs *exprs;
    Product product;  /* of what is carried */
    Product commuted; /* forward, readouts' filters before their matrices where they commute */
    Product paths;    /* of the rule's automaton with the graph that readers see: which paths are kept */
    Lowering *low;
    Schedule *coefficients; /* where the factors of operators are asked for */
    VEC(Operation) operators;
    Patterns patterns;
    VEC(Diagonal) diagonals;
    VEC(const PairList *) pair_lists;
    VEC(const MaskedOperator *) masked_operators;
    const Var *too_large;   /* a parameter whose masked influence would take too long a list of products */
    struct Rank1 *rank1;    /* the estimate of all parameters' influences together: see estimate_rank1.c */
    VEC(Statement *) signs; /* random signs, drawn first of all */
    VEC(Statement *) early_sweeps;    /* what parameters alone say, before everything else */
    const Var *rate;                  /* online learning: the step size; else NULL */
    const Var *teach;                 /* whether this step's loss teaches; NULL: each does */
    VEC(Statement *) operator_sweeps; /* matrices of operators, before anything that may change a weight */
    VEC(Statement *) sweeps;          /* appended after the routine's vector part */
} Carrying;

/* Where the parameter's update is added: its gradient, or the parameter itself when it learns online. */
Buffer *carry_gradient_of(const Carrying *carrying, const Var *param);
/* The sparse matrix that a parameter is; NULL for a dense one. */
const Csr *carry_csr(const Carrying *carrying, const Var *param);
/* The ranges of buffers that are like the parameter: rows and columns, or NULL and entries. */
void carry_entry_dims(const Carrying *carrying, const Var *param, const Dim *dims[2]);
/* A sweep over the parameter's entries by row and column (a sparse one's entries without their rows, when
 * `rows` is false), and over units and sources (NULL: absent). */
Sweep carry_entry_sweep(const Carrying *carrying, const Var *param, const Dim *unit, const Dim *source,
                        bool rows);
/* The learning signal as it multiplies influences: itself, or -rate times it when parameters learn online. */
const Expr *carry_signal(Carrying *carrying, const Expr *signal);
/* "c" or, where the automaton has several states, "c_q1" / "c^{q1}". */
const char *carry_identifier(const Carrying *carrying, const char *prefix, const Var *root, int state);
const char *carry_label(const Carrying *carrying, const char *prefix, const Var *root, int state);
/* Zero, in its place among the sweeps. */
void carry_clear(Carrying *carrying, Buffer *buffer);
/* a + b, where NULL is zero. */
const Expr *carry_plus(const Carrying *carrying, const Expr *a, const Expr *b);
/* Adds the term delta ⊗ (what `start` multiplies) to the sweep's last update; delta is over the parameter's
 * rows. */
void carry_outer_term(Sweep *sweep, Schedule *schedule, const Expr *delta, const Expr *start,
                      const char *hint);
/* Zeroes the gradient's entries that are no parameters (zero_diagonal); keeps what learns online from falling
 * below 0 (nonnegative). */
void carry_absent_entries(Carrying *carrying, const Var *param, Routine *routine);

/* What a chunk's border cuts, where the rule has chunks: appended to the routine. */
void carry_begin_chunk(const Carrying *carrying, Routine *routine);
/* The input that says whether a step teaches, where the rule draws those that do; else NULL. */
const Var *carry_teach(Carrying *carrying);
/* The derivative of the sequence's loss by this step's: 1, or whether the step teaches. */
const Expr *carry_loss_adjoint(const Carrying *carrying);
/* The matrices that stand for others (stand_write.c): their buffers, except those of followers, … */
void carry_bind_stands(Carrying *carrying, const View *view);
/* … then, with all else written: signs and averages, before whatever reads them, and the followers' updates
 * beside those of what they follow. */
void carry_write_stands(Carrying *carrying, const View *view);

/* Adds to derivation->program the statements that accumulate the gradient. */
void derive_backward(Carrying *carrying);
void derive_forward(Carrying *carrying);
/* Fills derivation->facts and program->notes, and reports parameters without any kept path. */
void derive_facts(Carrying *carrying, Diagnostics *diagnostics);

#endif
