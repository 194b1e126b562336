/* The update program: what a derivation computes, as loops over symbolic index ranges, before it is any
 * language.
 *
 * Two kinds of work are enough. A *map* evaluates element-wise expressions over one unit range; a *sweep*
 * adds products of buffers over several index ranges (traces, influences, outer products, Jacobians, GEMMs
 * are all sweeps). Products with a matrix, reductions and the zeroing of absent entries complete the list.
 * Nothing here depends on the value of a size, so the emitted text's length doesn't either. The interpreter
 * (derive/interpret.c) and the C emitter (emit/) give this one meaning. */
#ifndef ELIGO_DERIVE_PROGRAM_H
#define ELIGO_DERIVE_PROGRAM_H

#include "model/model.h"
#include "model/pattern.h"

/* ---- whole numbers known when the program is made ---- */

typedef struct IntTable { /* the one thing in an emitted program that grows with the sizes */
    int index;            /* in Program.tables */
    const char *name;     /* unique; a valid C identifier */
    const char *comment;
    int count;
    const int *values;
} IntTable;

typedef struct Csr { /* a sparse matrix: its buffer holds the values of its entries only */
    const Pattern *pattern;
    const Dim *rows, *cols, *entries;
    const IntTable *start;  /* rows + 1: row j has the entries start[j] … start[j + 1] - 1 */
    const IntTable *column; /* by entry */
} Csr;

/* ---- storage ---- */

enum { MOST_RANGES = 4, MOST_LOOPS = 5 }; /* the last of each only where several sequences are done at once */

typedef enum {
    BUFFER_PARAM, /* parameters; first in the struct, in the order of model->params; then what follows them */
    BUFFER_GRADIENT,  /* their gradients, accumulated; same order and layout as the parameters */
    BUFFER_FIXED,     /* matrices that a rule draws once and keeps. The caller's, like parameters */
    BUFFER_INPUT,     /* this step's inputs, filled by the caller before each step */
    BUFFER_STATE,     /* roots' values */
    BUFFER_INFLUENCE, /* eligibility traces and influence tensors, carried forward in time */
    BUFFER_ADJOINT,   /* adjoints on their way to an earlier step */
    BUFFER_OUTPUT,    /* the step's loss and the readout */
    BUFFER_WORK       /* anything else that one routine's statements hand to later ones */
} BufferKind;

typedef struct Buffer {
    BufferKind kind;
    int index;           /* in Program.buffers */
    const char *name;    /* unique; a valid C identifier */
    const char *label;   /* for readers: "ε_c^{q0}[l1.Wi]" */
    const char *comment; /* what it holds; NULL when the name says it */
    int rank;            /* number of index ranges: 0 scalar … MOST_RANGES */
    const Dim *dims[MOST_RANGES];
    int slots;  /* ring length. The value of `lag` steps ago is in slot (t - lag) mod slots; 1: in place */
    bool taped; /* one per step, in a tape record, instead of in the struct: lag L reads L records back */
    double initial; /* every entry, every slot (every record before the first step), at the start of a
                       sequence */
    const Var *var; /* the parameter, input or root it belongs to, or NULL */
    const Csr *csr; /* of a sparse matrix: rank 1 over csr->entries; else NULL */
} Buffer;

/* ---- statements ---- */

typedef struct Let { /* name = node, per unit; stored too when `store` is not NULL */
    const Expr *node;
    const char *name; /* C identifier, unique within the routine's map */
    Buffer *store;    /* written at lag 0 */
} Let;

typedef struct Factor {
    const Buffer *buffer;
    int lag;
    int index[MOST_RANGES]; /* which of the sweep's loops runs over each of the buffer's ranges … */
    const IntTable *through[MOST_RANGES]; /* … as it is, or looked up here; -1 - p: always place p */
    int step; /* border: 1 + the loop over the steps whose record it is from, `lag` records back; else
                 0 */
} Factor;

typedef struct Term {
    int factors;
    Factor factor[4];
} Term;

typedef struct Update { /* out[index…] (+)= Σ terms Π factors, summed over loops that `index` doesn't name */
    Buffer *out;        /* written at lag 0 */
    int index[MOST_RANGES];
    const IntTable
        *through[MOST_RANGES]; /* as in factors; no two entries of the sweep may meet in one of `out` */
    bool accumulate;           /* += instead of = */
    VEC(Term) terms;
    const char *equation; /* its source equation, for the comment above it; may be NULL */
} Update;

/* Where a node's value is found by the statements of one routine. */
typedef struct Placed {
    Buffer *buffer; /* NULL: not placed: evaluate its operands (within a map, a let of the same map comes
                       first) */
    int lag;
} Placed;

typedef enum {
    ROWS_MIX,   /* out[k, j] (+)= Σ over operations: operator[entry] in[row of the same j] */
    ROWS_OUTER, /* out[k, j] += Σ over operations: operator[entry] in, over the columns of row j */
    ROWS_PULL   /* out[j] += Σ_k operator[k] in[k, j]; out is like the parameter */
} RowsKind;

typedef struct PairRows {
    RowsKind kind;
    const Dim *rows, *columns; /* of the parameter; either may be NULL */
    const Csr *csr;            /* of a sparse parameter: row j is as long as its entries there */
    const IntTable *first;     /* by j: the masked influence's pairs, those of out or (PULL) of in */
    const IntTable *source;    /* MIX: by j, the pairs of in */
    const IntTable *op_first;  /* by j: its operations */
    const IntTable *op_entry, *op_pair, *op_row; /* by operation; pair of out and row of in within j's */
    const IntTable *unit;                        /* PULL: by pair, k */
    const Buffer *operator;                      /* entries; PULL: a vector over units, or a number */
    Placed in;                                   /* OUTER: without a buffer it is 1 */
    Buffer *out;
    Buffer *work; /* not OUTER: room for the sums of one j, then for what they are made of (kernels) */
    long room;    /* how much of it the sums take */
    bool accumulate;
} PairRows;

/* One vector of an estimate's products: what it is in each of the carried products, then what is new in this
 * step, which may be the outer product of two vectors instead (of which one may be missing). Any may be
 * missing (no buffer). */
typedef struct MixPart {
    Placed *vector; /* [terms + 1] */
    Placed outer[2];
} MixPart;

/* The products of an estimate, `terms` of them carried and one that is new, become `terms` again, right in
 * the mean over random signs. Both sides' scalar products are summed up over all parts; out come the mixtures
 * [terms, terms + 1]: new left[k] = Σ_i left_mix[k, i] left[i], and likewise right. */
typedef struct Mix {
    int terms;
    bool least_variance; /* else two products' lengths are balanced: terms is 1 */
    int stream;          /* of random signs */
    VEC(MixPart) left, right;
    Buffer *left_gram, *right_gram; /* [(terms + 1)²], upper triangles */
    Buffer *left_mix, *right_mix;   /* [terms · (terms + 1)] */
} Mix;

/* Neighbouring units that are averaged together: group g of the rows is rows[g] … rows[g + 1] - 1. */
typedef struct Groups {
    const IntTable *rows, *columns;
    bool hollow; /* of a dense matrix: the diagonal is no part of it */
} Groups;

typedef enum {
    STATEMENT_MAP,     /* for each unit of `dim` (once when NULL): lets in order */
    STATEMENT_SUM,     /* store = Σ over dim of node */
    STATEMENT_MAX,     /* store = max over dim of node */
    STATEMENT_PRODUCT, /* store = matrix @ vector, or its transpose */
    STATEMENT_SWEEP,   /* loops over dims[0..loops): updates in order at each entry; several updates only when
                          none   sums over a loop (each names all loops) */
    STATEMENT_DIAGONAL, /* store[j,j] = 0: entries that are no parameters */
    STATEMENT_CLEAR,    /* store = 0 */
    STATEMENT_ROWS, /* on rows of a masked influence: values of one row j of a parameter, pair by pair (k, j)
                     */
    STATEMENT_DRAW, /* store = +1 and -1 at random, other ones at each step */
    STATEMENT_MIX,  /* see Mix */
    STATEMENT_CLIP, /* store = max(store, 0): what learns online and may not be negative */
    STATEMENT_FORGET, /* at each step whose number, from 0 on, `period` divides: every slot of forgotten = 0
                       */
    STATEMENT_SIGN,   /* store = the sign of each entry of matrix, which is stored alike */
    STATEMENT_MEAN    /* store = the average of matrix, stored alike, over each pair of groups */
} StatementKind;

typedef struct Statement {
    StatementKind kind;
    const char *comment;  /* the source equation(s); may be NULL, may have several lines */
    const Dim *dim;       /* MAP, SUM, MAX */
    const Dim *lanes;     /* MAP, SUM, MAX, PRODUCT: for each sequence, too; else NULL */
    VEC(Let) lets;        /* MAP */
    const Expr *node;     /* SUM, MAX: evaluated per unit like a let; PRODUCT: the vector, always placed */
    Buffer *store;        /* all but MAP, SWEEP and ROWS */
    const Buffer *matrix; /* PRODUCT, SIGN, MEAN */
    Groups groups;        /* MEAN */
    bool transposed;
    int loops; /* SWEEP */
    const Dim *dims[MOST_LOOPS];
    const IntTable
        *start[MOST_LOOPS]; /* a ragged loop runs from start[p] to start[p + 1] - 1, p its parent's value: */
    int parent[MOST_LOOPS]; /* an earlier loop. To name a ragged loop is to name its parent */
    VEC(Update) updates;
    PairRows *rows; /* ROWS */
    int stream;     /* SIGNS: which of the step's sequences of signs; none is used twice */
    Mix *mix;       /* MIX */
    int period;     /* FORGET */
    VEC(Buffer *)
    forgotten; /* FORGET: influences in the step, before anything; adjoints in the way back,
                  after everything */
} Statement;

typedef struct Routine {
    const char *name; /* "step", "backward" */
    VEC(Statement *) statements;
    VEC(Placed) placed; /* by node id; ids beyond count are not placed */
} Routine;

typedef struct Program {
    Arena *arena;
    Model *model;
    const char *name;        /* C identifier prefix: "lstm_eprop" */
    const char *rule;        /* for the header comment: "eprop(m=1): keep …" */
    VEC(const char *) notes; /* lines for the header comment: dropped edges, parameters without gradient */
    bool has_tape;           /* backward programs record each step */
    int history;             /* tape records that precede the first step (the largest lag) */
    VEC(Buffer *) buffers;   /* in struct (or record) order: parameters, gradients, inputs, … */
    VEC(const IntTable *) tables;
    int streams;      /* random signs that a step draws; 0: the struct has no count of draws */
    bool early;       /* the step begins with what follows from parameters alone (diagonals of Jacobians) */
    Routine step;     /* forward in time: states, loss and, for a forward carry, influences and gradients */
    Routine backward; /* one step back in time, for programs with a tape; else empty */
    const Dim *lanes; /* sequences done at once (derive/batch.h): the last range of each buffer that isn't the
                         same for all of them; NULL: one */
    int block; /* a program in blocks: so many steps, then back through them, then the border; else 0 */
    const Dim
        *steps; /* of a block or (0: as many as there are) a sequence; a loop over it ends with those done */
    Routine border;  /* after the last step back; rings are as that left them */
    Routine refresh; /* the next step's products that a step takes ahead, taken anew: where parameters change
                        between two steps. Empty where none is taken ahead */
    Buffer *rate;    /* learning online: the step size that the caller sets; else NULL */
    Buffer *teach;   /* an input that says whether this step's loss teaches; NULL: each does */
    int sample;      /* how many steps of a sequence teach; 0: all */
    Buffer *loss;    /* rank 0, or NULL */
    Buffer *readout; /* or NULL */
    VEC(const Expr *)
    canonical;           /* by node id: what statements have in the node's place; NULL, or beyond
                            the count: they never have it */
    VEC(Buffer *) roots; /* by order of model->roots: where each root's value is after a step */
} Program;

/* A table named after `name`; `values` must live as long as the program. */
const IntTable *program_table(Program *program, const char *name, int count, const int *values,
                              const char *comment);
/* The sparse matrix of this pattern, named after `name`. */
const Csr *program_csr(Program *program, const char *name, const Pattern *pattern, const Dim *rows,
                       const Dim *cols);
/* Where a program learns online, products with the matrices that a sweep of the step changes go to that
 * sweep's end, with the next step's vectors: see derive/ahead.c. */
void program_take_ahead(Program *program);
/* The next statement, where it is the product of a matrix that statement `index`, a sweep, changes, and both
 * may be one pass over its rows; else NULL. */
const Statement *program_product_at_hand(const Routine *routine, int index);
/* STATEMENT_MEAN on numbers: `to` gets the average of `from`, both stored as `matrix` is. */
void groups_average(const Buffer *matrix, const Groups *groups, const double *from, double *to);
/* Does the update sum over a loop: one that its index doesn't name? */
bool update_sums(const Statement *sweep, const Update *update);
bool update_names(const Statement *sweep, const Update *update, int loop);

/* Bytes and offsets follow from the buffers' order: all struct buffers one after the other without gaps,
 * reals of one size, then `int t` (steps done since the start) and, where signs are drawn, `unsigned draws`
 * (steps done ever: never set by a start), padded to the size of a real. A record holds
 * its taped buffers likewise, no t. A taped input is in both: the caller fills the struct's member, and the
 * step begins by copying it into its record. */
typedef struct Layout {
    size_t real;         /* sizeof(float) or sizeof(double) */
    size_t struct_bytes; /* what sizeof says of the emitted struct */
    size_t record_bytes; /* of one tape record, 0 without tape */
    size_t *offset; /* in bytes, by buffer index: in the struct; of taped buffers that are no inputs: in the
                       record */
    size_t *record_offset; /* in bytes, by buffer index, of taped buffers */
    size_t t_offset;
    size_t draws_offset; /* of `unsigned draws`, where the program draws at random */
} Layout;
Layout program_layout(const Program *program, size_t real, Arena *arena);
long buffer_entries(const Buffer *buffer); /* of one slot */
/* Whether each sequence has its own; and how many ranges it has besides. */
bool buffer_has_lanes(const Program *program, const Buffer *buffer);
int buffer_ranges(const Program *program, const Buffer *buffer);
/* Whether a rule draws it: a matrix that stands for a parameter's, fixed or following it. */
bool buffer_is_drawn(const Buffer *buffer);
/* Whether the start of a sequence sets it to its initial value: not what the caller owns (parameters,
 * gradients, the next step's inputs), nor what each step writes before it reads. */
bool buffer_starts_anew(const Buffer *buffer);

/* Checks what every statement relies on: index ranges of buffers and loops agree, everything is written
 * before it is read within a routine (or carried from an earlier step), placed nodes have buffers of their
 * dim, no let is used outside its map. Returns NULL or a sentence that says what is wrong (an internal
 * error). */
const char *program_verify(const Program *program, Arena *arena);

/* ---- the interpreter: the program's meaning, in double, without any compiler ---- */

typedef struct Interpreter Interpreter;
/* Memory is the struct's layout with double reals; the tape likewise (NULL without tape). */
Interpreter *interpreter_new(const Program *program);
void interpreter_free(Interpreter *interpreter);
void interpreter_start(Interpreter *interpreter, void *memory, void *tape);
void interpreter_step(Interpreter *interpreter, void *memory, void *tape);
/* Multiply-adds and element-wise operations done since it was made: what the cost sheet predicts. */
double interpreter_operations(const Interpreter *interpreter);
/* Between two steps, after parameters were changed: what the last step took ahead, anew. */
void interpreter_refresh(Interpreter *interpreter, void *memory);
/* From the last step done back to the first; in blocks: of the block, over the border, and a new one begins
 * (which a step does by itself when its block is full). */
void interpreter_backward(Interpreter *interpreter, void *memory, void *tape);

#endif
