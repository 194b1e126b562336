/* Inside the model: what one build keeps while names become variables and equations become expressions.
 *
 * A *scope* is one set of names: a cell instance (a layer), or the network's own level. Each name in it is
 * one *entry*, whatever it is; equations and connected inputs hang on their entries. The passes run over
 * entries in the order of dependency within the step, so that none of them recurses along a user's chain of
 * definitions. */
#ifndef ELIGO_MODEL_BUILD_H
#define ELIGO_MODEL_BUILD_H

#include "model/model.h"

typedef enum {
    ENTRY_SIZE,
    ENTRY_INPUT,
    ENTRY_STATE,
    ENTRY_OUTPUT, /* an output that is no state */
    ENTRY_PARAM,
    ENTRY_CONST,
    ENTRY_POPULATION,
    ENTRY_LOCAL
} EntryKind;

/* An expression with its range: a constant has none of its own, but 0 * h is still as long as h. */
typedef struct Value {
    const Expr *expr; /* NULL after an error, which was reported */
    const Dim *dim;   /* NULL: scalar */
    int depth;        /* of the tree below */
} Value;

typedef struct Builder Builder;
typedef struct Scope Scope;
typedef struct Entry Entry;
typedef VEC(Entry *) Entries;

struct Entry {
    EntryKind kind;
    Scope *scope;
    const char *name;
    Span span;                         /* of its declaration, else of its equation */
    const AstDeclaration *declaration; /* NULL for what is only assigned */
    const AstEquation *equation;       /* NULL when nothing is assigned */
    const AstArgument *argument;       /* of a layer's input: what is connected, in the network's names */
    bool is_output, used;
    Dim *size;     /* ENTRY_SIZE: NULL until it is known */
    double number; /* ENTRY_CONST without a size; ENTRY_POPULATION: its fraction */
    double border; /* ENTRY_POPULATION: the fractions of those before it */
    bool is_last;  /* ENTRY_POPULATION: it has all units that are left */
    bool is_set;   /* ENTRY_CONST with a size: --set gave `number` */
    Dim *axis[2];  /* ranges that are written as numbers */
    bool inferred; /* `rows` was found from the equation (where no declaration says it) */
    const Dim *rows;
    Var *var;
    enum { VALUE_UNKNOWN, VALUE_RUNNING, VALUE_KNOWN } stage; /* of `value` */
    Value value;                                              /* consts, locals, connected inputs */
    Entries needs;                                            /* what it reads within the step */
    int cursor, mark;                                         /* of the walk in order.c */
    Entry *next;                                              /* with the same hash */
};

enum { SCOPE_BUCKETS = 256 };

struct Scope {
    Builder *builder;
    int layer;          /* -1: the network's own level */
    const char *name;   /* "l1"; NULL at the network's level */
    const char *prefix; /* "l1." where labels need it, else "" */
    const char *what;   /* "cell `lstm`" */
    PackageFile *file;  /* where functions are looked up */
    const AstCell *cell;
    const AstLayer *ast; /* NULL when a cell is checked by itself */
    Entries entries;
    Entry *bucket[SCOPE_BUCKETS];
    VEC(Dim *)
    literals; /* ranges of parameters and states that are written as numbers, one for each number */
};

typedef struct CheckedCell {
    const AstCell *cell;
    Scope *scope; /* NULL: it has errors */
} CheckedCell;
typedef VEC(CheckedCell) CheckedCells;

struct Builder {
    Arena *arena;
    Package *package;
    const ModelOptions *options;
    Diagnostics *diagnostics;
    Model *model;
    bool symbolic;         /* sizes nobody gives stay symbols: a check */
    const AstNetwork *ast; /* NULL when a cell is checked by itself */
    Scope *network;
    VEC(Scope *) layers;
    VEC(Dim *) dims;            /* every named one */
    Entries order;              /* all entries, each after what it needs within the step */
    bool *set_used, *size_used; /* by option */
    const Dim *target_dim;      /* the range that an undeclared `target` gets here */
    bool in_loss;
    int inlined, nesting;
    int errors;  /* of this build, those that were told before included */
    bool broken; /* nothing sensible can be said beyond the declarations */
    CheckedCells checked;
};

enum { DEPTH_LIMIT = 5000, TAG_LIMIT = 64 };

/* What lowering an expression needs to know about where it stands. */
typedef struct Lowering Lowering;
struct Lowering {
    Builder *builder;
    Scope *scope;
    const Entry *owner;          /* whose definition: reading oneself is no use */
    const AstFunction *function; /* inside a function: only its parameters are names */
    const Value *argument;
    const Lowering *caller;
    uint64_t tags; /* of the tag(…) around this place */
    int marked;    /* variable uses that got a tag */
};

/* ---- reports (report.c) ---- */

/* diagnose, but each code once at a place: a cell's mistake is not told again for each layer. Never NULL. */
Diagnostic *report(Builder *b, Span span, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "a scalar", "[n]", "[n = 64]", "[10]"; with cols a matrix. */
const char *shape_text(Builder *b, const Dim *rows, const Dim *cols);
/* Adds "did you mean" when a name in the list is near. */
void suggest(Builder *b, Diagnostic *one, const char *name, Names candidates);
/* Names of a scope's entries that suit a suggestion. */
Names scope_names(const Scope *scope);
const char *entry_kind_text(EntryKind kind); /* "a state" */
const char *entry_path(const Entry *entry);  /* "l1.h" */

/* ---- names (scope.c) ---- */

Scope *scope_new(Builder *b, const char *what, PackageFile *file, int layer);
Entry *scope_find(const Scope *scope, const char *name);
Entry *scope_first_size(const Scope *scope); /* NULL when there is none */
Entry *scope_add(Scope *scope, EntryKind kind, const char *name, Span span);
void scope_declare(Scope *scope, const AstDeclarations *declarations);
/* Hangs equations on their entries; names that are only assigned become locals. */
void scope_assign(Scope *scope, const AstEquations *equations);
/* Outputs that are no states become ENTRY_OUTPUT. Requires: scope_assign. */
void scope_mark_outputs(Scope *scope, const AstDeclarations *declarations);
Scope *find_layer(const Builder *b, const char *name);

/* ---- order within the step (order.c) ---- */

/* Fills b->order; false when there are cycles (reported). */
bool order_entries(Builder *b);

/* ---- sizes (sizes.c) ---- */

/* A number from constants alone; false (without a report) when it is none. */
bool constant_value(const Scope *scope, const AstExpr *e, double *value);
/* Evaluates constants, with what --set says. */
void bind_constants(Builder *b);
/* Binds every size name of every scope: what options say, what is given, what inputs say, defaults. */
void bind_sizes(Builder *b);
/* A declared range: NULL while its size name is not bound. */
const Dim *entry_axis(const Entry *entry, int axis);
/* The range of an expression as far as sizes are known; false when they don't say. */
bool infer_dim(const Scope *scope, const AstExpr *e, const Dim **dim);
Dim *dim_new(Builder *b, const char *name, long value);
/* `base`, or base with the smallest number that makes it unique among the model's sizes. */
const char *dim_free_name(Builder *b, const char *base);

/* ---- variables (variables.c) ---- */

/* Makes the Var of every entry that has one, in the order of the model's lists. */
void make_variables(Builder *b);
/* "c", or "l1.c" where labels need the layer. */
const char *label_of(const Scope *scope, const char *name);
Var *var_new(Builder *b, VarKind kind, const Scope *scope, const char *name, Span span);

/* ---- expressions ---- */

Value lower(Lowering *at, const AstExpr *e); /* lower.c */
Value entry_value(Builder *b, Entry *entry); /* define.c: consts, locals, connected inputs */
void lower_entries(Builder *b);              /* define.c: all of them */
/* define.c: an expression in a scope; reports one that is too deep to go on with. */
Value lower_in(Builder *b, Scope *scope, const Entry *owner, const AstExpr *e);
Value use_entry(Lowering *at, const AstExpr *e,
                Entry *entry);                    /* use.c: what a name in an expression stands for */
Value use_name(Lowering *at, const AstExpr *e);   /* use.c */
Value lower_call(Lowering *at, const AstExpr *e); /* call.c */
Value lower_function(Lowering *at, const AstExpr *e, const AstFunction *function); /* function.c */
void check_function(Builder *b, PackageFile *file, const AstFunction *function);   /* function.c */
bool find_operator(const char *name, ExprOp *op); /* call.c: one that is called by its name */
bool find_infix(const char *sign, ExprOp *op);    /* lower.c */
bool is_builtin(const char *name);                /* call.c: operators, reductions, losses, tag */
void builtin_names(Arena *arena, Names *names);

/* Values without checks (value.c). Operands have equal ranges or none. */
Value value_number(Builder *b, double number);
Value value_of(const Expr *expr);
Value value_apply(Builder *b, ExprOp op, const Value *operand);
Value value_binary(Builder *b, ExprOp op, Value left, Value right);
Value value_sum(Builder *b, Value vector);
Value value_mean(Builder *b, Value vector);
Value value_softmax(Builder *b, Value vector);
Value value_logsumexp(Builder *b, Value vector);
/* The same for every unit of `dim` where it is a scalar. */
Value value_spread(Builder *b, Value value, const Dim *dim);
/* The range of element-wise operands together; reports both when two differ. */
bool common_range(Builder *b, Span span, int count, const Value *operand, const AstExpr *const *where,
                  const Dim **dim);

/* ---- values by unit (units.c) ---- */

/* Binds populations: each gets its fraction and its border. Requires: bind_constants. */
void bind_populations(Builder *b);
bool is_vector_constant(const Entry *entry); /* const tau[n] = …: lowered like a local */
Value population_value(Builder *b, const Entry *entry);
Value vector_constant_value(Builder *b, const Entry *entry);
bool is_unit_function(const char *name); /* unit(n), uniform(a, b), normal(m, s) */
Value lower_unit_function(Lowering *at, const AstExpr *e);

/* ---- losses (loss.c) ---- */

bool is_loss_function(const char *name);
Value lower_loss_function(Lowering *at, const AstExpr *e);
/* The use of a target that no one declared; made at its first sight. */
Value use_target(Lowering *at, const AstExpr *e);
void build_loss(Builder *b);
void loss_function_names(Arena *arena, Names *names);

/* ---- pieces of the build ---- */

void scope_check_before(Scope *scope); /* checks.c: what can be said of names alone */
void scope_check_after(Scope *scope);  /* checks.c: what lowering has to find out */
void read_attributes(Builder *b, const Entry *entry, Var *var); /* attributes.c */
void finish_model(Builder *b);                                  /* finish.c */
Builder *builder_new(Arena *arena, const Package *package, const ModelOptions *options,
                     Diagnostics *diagnostics);
/* Checks a cell by itself with symbolic sizes (build.c); its scope, or NULL when there were errors. */
Scope *check_cell(Builder *outer, FoundCell cell);
/* The whole build of a network (network.c); `alone`: the cell of its one layer, where no lookup by name is
 * meant. NULL after errors. */
Model *build_network(Builder *b, const AstNetwork *network, PackageFile *file, const FoundCell *alone);
void find_layers(Builder *b, const AstNetwork *network, const FoundCell *alone); /* layers.c */

/* A cell used alone (alone.c): the network that it gets (inputs, one layer, a linear readout, a loss). */
const AstNetwork *alone_network(Builder *b, const Scope *cell);
/* What the readout's names are in that network: `base`, or base with something added where the cell has that
 * name. */
const char *alone_name(Arena *arena, const AstCell *cell, const char *base);

typedef struct Chosen {        /* what a package is asked to build */
    const AstNetwork *network; /* or NULL, then */
    FoundCell cell;            /* this cell alone */
} Chosen;
/* False when there is none or more than one; reported where `b` is not NULL (choose.c). */
bool choose(Builder *b, const Package *package, const char *name, Chosen *chosen);

#endif
