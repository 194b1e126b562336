/* Inside the emitter: what its files share while one learner is written.
 *
 * Statements are written before the lines that prepare them (ring offsets, records of the tape), because only
 * then it is known which of those a routine needs; both are joined by emit_routine. */
#ifndef ELIGO_EMIT_EMITTER_H
#define ELIGO_EMIT_EMITTER_H

#include "emit/emit.h"
#include "emit/names.h"
#include "runtime/kernels.h"

typedef struct Ring { /* a slot of a ring that the routine uses */
    const Buffer *buffer;
    int lag;
    const char *name; /* of the local that holds its first entry's index */
} Ring;

typedef struct Record { /* a record of the tape that the routine uses */
    int lag;
    bool written;
    const char *name;
} Record;

typedef struct Mark { /* where a part begins; it moves when its text is added to another */
    const Text *in;
    size_t at;
    EmitPart part;
} Mark;

typedef struct Emitter {
    Arena *arena;
    const Program *program;
    const EmitOptions *options;
    const char *name;               /* the learner's prefix */
    const char *capitals;           /* the prefix of its macros */
    const char **member;            /* by buffer index: its name in the struct or record */
    VEC(const Dim *) dims;          /* every size, in order of first sight … */
    VEC(const char *) dim_macro;    /* … and its macro */
    bool uses_kernel[KERNELS_MOST]; /* in the order of `kernels` */
    const char **table;             /* by table index: its name in the text */
    bool *uses_table;               /* likewise */
    bool uses_mem;                  /* memset or memcpy */
    bool uses_units;                /* EACH_UNIT */
    /* the routine being written */
    const Routine *routine;
    bool backward;
    NameSet names;          /* taken in the block being written: functions' locals, and the block's own */
    NameSet ever;           /* taken anywhere in the routine, blocks that are closed included */
    const char ***let_name; /* by statement and let */
    VEC(Ring) rings;
    VEC(Record) records;
    bool by_ranges;      /* maps and the like are calls of the host's range functions: the text is for tcc */
    const char *stretch; /* then the local that holds how many units a stretch has */
    const char *unit;    /* the variable of loops over units … */
    const char *lane;    /* … and over sequences done at once */
    bool by_lanes;       /* the map being written is for each of them: a stretch runs over them */
    const char *loop[MOST_LOOPS]; /* the variables of sweeps */
    bool uses_time, uses_struct;
    bool uses_tape; /* other than through records */
    Text text;      /* its statements so far */
    int indent;
    /* the map being written, by node id */
    const char **value; /* a name for the node's value, once there is one */
    int *uses;          /* how often the map's expressions refer to it */
    VEC(Mark) marks;    /* of all texts, in the order of writing */
} Emitter;

Emitter *emitter_new(const Program *program, const EmitOptions *options, Arena *arena);

/* text.c */
void line(Emitter *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A comment, as wide as it is, of one or several lines; `*` `/` inside are kept apart. */
void comment(Text *out, int indent, const char *text);
const char *literal(Emitter *e, double value);

/* parts.c: from here on `in` is about this. */
void mark(Emitter *e, const Text *in, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mark_buffer(Emitter *e, const Text *in, const Buffer *buffer, const char *words);
void mark_statement(Emitter *e, const Text *in, const Statement *statement);
/* The last mark, of a statement, is about this product too. */
void mark_product(Emitter *e, const Statement *product);
/* Adds a text with its marks. */
void add_marked(Emitter *e, Text *out, const Text *more);
/* The marks of `out` as parts. */
void collect_parts(const Emitter *e, const Text *out, EmitParts *parts);

/* A name for a local: of the block being written (forgotten with block_end), or of the whole function. */
const char *block_name(Emitter *e, const char *wish);
const char *function_name(Emitter *e, const char *wish);
int block_begin(const Emitter *e);
void block_end(Emitter *e, int begin);

/* access.c */
const char *size_of(Emitter *e, const Dim *dim);
/* N * M, "1" for a scalar: the entries of one slot. */
const char *entries_of(Emitter *e, const Buffer *buffer);
/* The entry at index expressions at[0..rank): "s->e[e_1 + j * N + i]". */
const char *element(Emitter *e, const Buffer *buffer, int lag, const char *const *at, bool write);
/* The entry of the unit that a map is at and, where each has its own, of the sequence. */
const char *unit_element(Emitter *e, const Buffer *buffer, int lag, bool write);
/* The address of the entry at index expressions at[0..given), the rest 0: "s->e + j * N". */
const char *address(Emitter *e, const Buffer *buffer, int lag, const char *const *at, int given, bool write);
/* Border: the entry in the record of the step that `loop` is at, `lag` records back; and, of the block's
 * first step, the whole buffer (records are apart by their size). */
const char *step_element(Emitter *e, const Buffer *buffer, int loop, int lag, const char *const *at);
const char *first_record(Emitter *e, const Buffer *buffer, int lag);
void use_kernel(Emitter *e, const char *name);

/* expression.c */
const Placed *place_of(const Emitter *e, const Expr *node);
/* Counts uses below the root, stopping at named and placed nodes. */
void count_uses(Emitter *e, const Expr *root, bool is_fill);
/* C for the node's value at `unit`; may write `const real part = …;` lines first. */
const char *expression(Emitter *e, const Expr *node, bool is_fill, const char *part);

/* C for a number that is the same at every unit: a constant, a size. */
const char *leaf_number(Emitter *e, const Expr *node);

/* map.c, ranges.c, sweep.c, rows.c */
void emit_map_by_ranges(Emitter *e, const Statement *map, const bool *needed); /* which lets are */
/* Opens the loop over stretches of `dim`, `u` being where one begins, and declares how many units it has. */
void open_stretches(Emitter *e, const char *u, const Dim *dim);
/* A plain loop of `i` over `dim`; ended by close_loop. */
void open_range(Emitter *e, const char *i, const Dim *dim);
void close_loop(Emitter *e);
void close_stretches(Emitter *e);
/* Arrays for a stretch: of one number; of two addresses joined by an operator (of the second, without the
 * first). */
const char *range_of(Emitter *e, const char *number);
const char *range_joined(Emitter *e, const char *function, const char *left, const char *right);
/* `sum` (or nothing) plus the local `number` times what is at x. */
const char *range_scaled(Emitter *e, const char *sum, const char *number, const char *x);
/* What is at `at` is stored at `out`, or added to it. */
void range_store(Emitter *e, const char *at, const char *out, bool accumulate);
void emit_rows(Emitter *e, const PairRows *rows);
/* Whether the next statement, a product, is written with it. */
bool emit_statement(Emitter *e, int index, const Statement *statement);
/* `product`: what may be taken in the same pass, or NULL; whether it is. */
bool emit_sweep(Emitter *e, const Statement *sweep, const Statement *product);
/* paste.c */
void paste_kernels(Emitter *e, bool pasted, Text *out);

/* declare.c */
const char *table_name(Emitter *e, const IntTable *table);
void declare_tables(Emitter *e, Text *out); /* those that functions use */
void declare_sizes(Emitter *e, Text *out);
void declare_structs(Emitter *e, Text *out);
void stamp(Emitter *e, const char *what, Text *out);
const char *struct_parameters(Emitter *e);

/* declare.c: what EACH_UNIT is, if anything says so. */
void declare_units(Emitter *e, Text *out);

/* body.c */
void emit_functions(Emitter *e, Text *out);

#endif
