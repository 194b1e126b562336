/* Scheduling: expressions → maps, products and reductions in an order that computes each node once.
 *
 * A Lowering holds what the routines of one program share: where variables live, the canonical form of
 * expressions, names. A Schedule collects requests ("this expression's value, in a buffer") for one routine
 * and then writes its statements in rounds: element-wise nodes of one range and round share one loop, and
 * what mixes units (products, sums) separates the rounds. */
#ifndef ELIGO_DERIVE_SCHEDULE_H
#define ELIGO_DERIVE_SCHEDULE_H

#include "derive/program.h"

typedef struct Schedule Schedule;

typedef struct Request {
    const Expr *node; /* canonical */
    Buffer *store;
} Request;

typedef struct VarPlace {
    const Var *var;
    Buffer *buffer;
} VarPlace;

typedef struct Named {
    const Expr *node;
    const char *name;
} Named;

typedef struct Follower { /* a matrix that gets every gradient that `matrix` gets */
    const Var *var, *matrix;
} Follower;

typedef struct Lowering {
    Program *program;
    Model *model;
    Exprs *exprs;
    Arena *arena;
    VEC(VarPlace) places;      /* inputs, parameters, roots, adjoints, values */
    VEC(VarPlace) histories;   /* inputs and slopes that are read at a lag or from the tape */
    VEC(VarPlace) maxima;      /* VAR_VALUE variables that stand for the maximum of their definition */
    VEC(Named) names;          /* canonical nodes of locals and roots */
    VEC(char) reads_adjoint;   /* memo by node id */
    Schedule *step, *backward; /* backward is NULL without a tape */
} Lowering;

struct Schedule {
    Lowering *low;
    Routine *routine;
    bool reads_tape; /* the backward routine: forward values come from the tape */
    VEC(Request) requests;
    VEC(bool) visited;
    VEC(const Expr *) order; /* nodes to compute, operands first */
};

/* A lowering with buffers for parameters (and matrices that follow them: `followers`), gradients, inputs,
 * states, loss and readout; the step schedule already has the requests that compute them. `has_tape` decides
 * where states live; an `online` program has no gradients: it changes the parameters themselves. */
Lowering *lowering_new(Arena *arena, Program *program, Model *model, const Follower *followers, int count,
                       bool has_tape, bool online);
Buffer *program_buffer(Program *program, BufferKind kind, const char *name, int rank, const Dim *const *dims);
Buffer *lowering_buffer_of(const Lowering *low, const Var *var);
void lowering_bind(Lowering *low, const Var *var, Buffer *buffer);

/* The same value with tags stripped, lag-0 uses of roots replaced by their definitions, functions by their
 * values, softmax and logsumexp written out: what is computed, as opposed to what is differentiated. */
const Expr *lowering_canonical(Lowering *low, const Expr *e);
const char *lowering_name(const Lowering *low, const Expr *canonical);
/* Whether some statement reads an earlier value of the input or slope. */
bool lowering_keeps(const Lowering *low, const Var *var);

/* Asks for the value of e in a buffer; returns where statements find it. Leaves are found where they live. */
Placed schedule_place(Schedule *schedule, const Expr *e, const char *hint);
/* Asks for the value of e in this very buffer. */
void schedule_store(Schedule *schedule, const Expr *e, Buffer *store);
/* Finds the nodes that the requests need (for a backward schedule this makes the tape's requests of the
 * step). */
void schedule_collect(Schedule *schedule);
/* Appends the statements; requires schedule_collect. */
void schedule_write(Schedule *schedule);

/* A VAR_VALUE use that stands for the maximum over units of its variable's definition. */
bool schedule_is_maximum(const Expr *e);
/* A node that is a statement of its own: products, sums, maxima. */
bool schedule_is_barrier(const Expr *e);
bool schedule_is_constant(const Expr *e);

#endif
