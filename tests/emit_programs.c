/* The programs, each a page of statements. The mathematics means nothing; values stay bounded over some
 * steps. */
#include "emit_programs.h"
#include <stdlib.h>
#include <string.h>

typedef struct Build {
    Arena *arena;
    Program *p;
    Exprs *x;
    Dim *n, *m;
} Build;

static Dim *dim_new(Build *b, const char *name, long value) {
    Dim *dim = arena_new_of(b->arena, Dim);
    *dim = (Dim){name, value};
    vec_push(b->arena, &b->p->model->dims, dim);
    return dim;
}

static Build begin(Arena *arena, const char *name, long n, long m) {
    Build b = {.arena = arena, .p = arena_new_of(arena, Program), .x = exprs_new(arena)};
    b.p->arena = arena;
    b.p->name = name;
    b.p->model = arena_new_of(arena, Model);
    b.p->model->arena = arena;
    b.p->model->exprs = b.x;
    b.p->step.name = "step";
    b.p->backward.name = "backward";
    b.n = dim_new(&b, "l1.n", n);
    b.m = dim_new(&b, "m", m);
    return b;
}

static Buffer *buffer(Build *b, BufferKind kind, const char *name, const Dim *d0, const Dim *d1,
                      const Dim *d2) {
    Buffer *one = arena_new_of(b->arena, Buffer);
    const Dim *dims[] = {d0, d1, d2};
    *one = (Buffer){.kind = kind, .index = b->p->buffers.count, .name = name, .label = name, .slots = 1};
    for (int r = 0; r < 3 && dims[r]; r++) one->dims[one->rank++] = dims[r];
    if (kind == BUFFER_PARAM || kind == BUFFER_INPUT) {
        Var *var = arena_new_of(b->arena, Var);
        *var = (Var){.kind = kind == BUFFER_PARAM ? VAR_PARAM : VAR_INPUT, .name = name, .label = name};
        one->var = var;
        if (kind == BUFFER_INPUT) vec_push(b->arena, &b->p->model->inputs, var);
    }
    const char *of = kind == BUFFER_GRADIENT ? strchr(name, '_') : NULL; /* grad_W belongs to W */
    for (int i = 0; of && i < b->p->buffers.count; i++)
        if (strcmp(b->p->buffers.at[i]->name, of + 1) == 0) one->var = b->p->buffers.at[i]->var;
    vec_push(b->arena, &b->p->buffers, one);
    return one;
}

static Buffer *ring(Buffer *one, int slots, double initial) {
    one->slots = slots;
    one->initial = initial;
    return one;
}

static void place(Build *b, Routine *routine, const Expr *node, Buffer *where, int lag) {
    while (routine->placed.count <= node->id) vec_push(b->arena, &routine->placed, ((Placed){NULL, 0}));
    routine->placed.at[node->id] = (Placed){where, lag};
}

/* A node that reads the buffer. */
static const Expr *reading(Build *b, Routine *routine, Buffer *where, int lag) {
    Var *var = arena_new_of(b->arena, Var);
    *var = (Var){.kind = VAR_VALUE, .name = where->name, .label = where->name, .rows = where->dims[0]};
    const Expr *node = expr_use(b->x, var, lag, 0);
    place(b, routine, node, where, lag);
    return node;
}

static Statement *statement(Build *b, Routine *routine, StatementKind kind, const char *comment) {
    Statement *one = arena_new_of(b->arena, Statement);
    one->kind = kind;
    one->comment = comment;
    vec_push(b->arena, &routine->statements, one);
    return one;
}

static Statement *map(Build *b, Routine *routine, const Dim *dim) {
    Statement *one = statement(b, routine, STATEMENT_MAP, NULL);
    one->dim = dim;
    return one;
}

static void let(Build *b, Statement *where, const char *name, const Expr *node, Buffer *store) {
    vec_push(b->arena, &where->lets, ((Let){node, name, store}));
}

static void reduce(Build *b, StatementKind kind, const Dim *dim, const Expr *node, Buffer *store) {
    Statement *one = statement(b, &b->p->step, kind, NULL);
    one->dim = dim;
    one->node = node;
    one->store = store;
}

static void product(Build *b, Routine *routine, Buffer *matrix, bool transposed, const Expr *vector,
                    Buffer *store) {
    Statement *one = statement(b, routine, STATEMENT_PRODUCT, "y = A @ x");
    one->matrix = matrix;
    one->transposed = transposed;
    one->node = vector;
    one->store = store;
}

static Statement *sweep(Build *b, Routine *routine, int loops, const Dim *d0, const Dim *d1, const Dim *d2,
                        const Dim *d3) {
    Statement *one = statement(b, routine, STATEMENT_SWEEP, NULL);
    const Dim *dims[] = {d0, d1, d2, d3};
    one->loops = loops;
    memcpy(one->dims, dims, sizeof dims);
    return one;
}

/* Index letters "ji" are loops 'a' 'b' 'c' 'd' of the sweep. */
static void indices(int *index, const char *letters) {
    for (int r = 0; letters[r]; r++) index[r] = letters[r] - 'a';
}

static Update *update(Build *b, Statement *where, Buffer *out, const char *letters, bool accumulate) {
    Update one = {.out = out, .accumulate = accumulate, .equation = out->name};
    indices(one.index, letters);
    vec_push(b->arena, &where->updates, one);
    return &where->updates.at[where->updates.count - 1];
}

typedef struct By {
    Buffer *buffer;
    const char *letters;
    int lag;
} By;

static void term(Build *b, Update *to, int factors, By f0, By f1, By f2) {
    const By by[] = {f0, f1, f2};
    Term one = {.factors = factors};
    for (int f = 0; f < factors; f++) {
        one.factor[f].buffer = by[f].buffer;
        one.factor[f].lag = by[f].lag;
        indices(one.factor[f].index, by[f].letters);
    }
    vec_push(b->arena, &to->terms, one);
}

#define NONE ((By){NULL, "", 0})

/* ---- the programs ---- */

static const Expr *bounded(Build *b, const Expr *e) { return expr_apply(b->x, EXPR_TANH, e, NULL, NULL); }

Program *program_operators(Arena *arena, long n, long m) {
    Build b = begin(arena, "operators", n, m);
    Routine *step = &b.p->step;
    Buffer *u = buffer(&b, BUFFER_INPUT, "u", b.n, NULL, NULL),
           *v = buffer(&b, BUFFER_INPUT, "v", b.n, NULL, NULL);
    Buffer *s = buffer(&b, BUFFER_PARAM, "scale", NULL, NULL, NULL);
    const Expr *a = reading(&b, step, u, 0), *c = reading(&b, step, v, 0), *scale = reading(&b, step, s, 0);
    Statement *all = map(&b, step, b.n);
    const Expr *safe =
        expr_add(b.x, expr_mul(b.x, a, a), expr_constant(b.x, 0.1)); /* for log, sqrt, pow, a divisor */
    for (int op = 0; op < EXPR_FUNCTION; op++) {
        const Operator *line = expr_operator((ExprOp)op);
        const bool positive = op == EXPR_LOG || op == EXPR_SQRT || op == EXPR_POW;
        const Expr *first = positive ? safe : a, *second = op == EXPR_DIV ? safe : c;
        const Expr *node = expr_apply(b.x, (ExprOp)op, first, line->arity > 1 ? second : NULL,
                                      line->arity > 2 ? expr_add(b.x, safe, c) : NULL);
        let(&b, all, arena_printf(arena, "v_%s", line->name), node,
            buffer(&b, BUFFER_WORK, arena_printf(arena, "w_%s", line->name), b.n, NULL, NULL));
    }
    const Expr *deep = a;
    for (int i = 0; i < 300; i++)
        deep = bounded(&b, expr_add(b.x, expr_constant(b.x, 0.01 * i), expr_mul(b.x, deep, c)));
    let(&b, all, "deep", deep, buffer(&b, BUFFER_WORK, "deep", b.n, NULL, NULL));
    const Expr *shared = bounded(&b, expr_mul(b.x, a, c)),
               *unnamed = expr_sub(b.x, expr_neg(b.x, shared), expr_neg(b.x, a));
    for (int i = 0; i < 40; i++)
        unnamed = expr_mul(b.x, expr_sub(b.x, unnamed, shared), bounded(&b, unnamed));
    let(&b, all, "shared", unnamed, buffer(&b, BUFFER_WORK, "shared", b.n, NULL, NULL));
    const Expr *mean = expr_div(b.x, expr_mul(b.x, scale, a), expr_size(b.x, b.n));
    const Expr *picked = expr_apply(b.x, EXPR_POW, expr_sub(b.x, mean, expr_constant(b.x, -1e-7)),
                                    expr_constant(b.x, 2), NULL);
    let(&b, all, "unused", expr_mul(b.x, picked, c), NULL);
    const Expr *argument[] = {a}, *partial[] = {c};
    let(&b, all, "spike", expr_function(b.x, "spike", picked, 1, argument, partial),
        buffer(&b, BUFFER_WORK, "spike", b.n, NULL, NULL));
    return b.p;
}

Program *program_names(Arena *arena, long n, long m) {
    static const char *const nasty[] = {"i",    "j",      "k",  "s",      "t", "tape", "record", "u", "real",
                                        "for",  "exp",    "y0", "double", "α", "ж",    "alpha",  "I", "gamma",
                                        "part", "factor", "b",  "sum"};
    enum { COUNT = sizeof nasty / sizeof *nasty };
    Build b = begin(arena, "names", n, m);
    Routine *step = &b.p->step;
    Buffer *x = buffer(&b, BUFFER_INPUT, "float", b.n, NULL, NULL), *total = NULL;
    const Expr *value = reading(&b, step, x, 0);
    Statement *all = map(&b, step, b.n);
    all->comment = "a comment that ends */ and begins /* and has ?\?/\nand \\";
    Buffer *made[COUNT];
    for (int i = 0; i < COUNT; i++) {
        value = bounded(&b, expr_add(b.x, value, expr_constant(b.x, 0.5 + i)));
        made[i] = ring(buffer(&b, BUFFER_STATE, nasty[i], b.n, NULL, NULL), 1 + i % 3, 0.25);
        let(&b, all, nasty[i], value, made[i]);
    }
    total = buffer(&b, BUFFER_WORK, "sum_2", NULL, NULL, NULL);
    reduce(&b, STATEMENT_SUM, b.n, expr_mul(b.x, value, reading(&b, step, made[2], 1)), total);
    Buffer *grad = buffer(&b, BUFFER_GRADIENT, "grad_while", b.n, b.n, NULL);
    Statement *outer = sweep(&b, step, 2, b.n, b.n, NULL, NULL);
    term(&b, update(&b, outer, grad, "ab", true), 3, (By){made[0], "a", 0}, (By){total, "", 0},
         (By){made[1], "b", 1});
    b.p->rule = "any* */";
    return b.p;
}

Program *program_products(Arena *arena, long n, long m) {
    Build b = begin(arena, "products", n, m);
    Routine *step = &b.p->step;
    Buffer *w = buffer(&b, BUFFER_PARAM, "W", b.n, b.m, NULL),
           *r = buffer(&b, BUFFER_PARAM, "R", b.n, b.n, NULL);
    Buffer *grad = buffer(&b, BUFFER_GRADIENT, "grad_R", b.n, b.n, NULL);
    Buffer *x = buffer(&b, BUFFER_INPUT, "x", b.m, NULL, NULL);
    Buffer *one = ring(buffer(&b, BUFFER_STATE, "one", b.n, NULL, NULL), 1, 0.5);
    Buffer *two = ring(buffer(&b, BUFFER_STATE, "two", b.n, NULL, NULL), 2, -0.5);
    Buffer *three = ring(buffer(&b, BUFFER_STATE, "three", b.n, NULL, NULL), 3, 0.25);
    Buffer *level = ring(buffer(&b, BUFFER_STATE, "level", NULL, NULL, NULL), 3, 2);
    Buffer *wx = buffer(&b, BUFFER_WORK, "Wx", b.n, NULL, NULL),
           *rh = buffer(&b, BUFFER_WORK, "Rh", b.n, NULL, NULL);
    Buffer *back = buffer(&b, BUFFER_WORK, "WTh", b.m, NULL, NULL);
    Buffer *sum = buffer(&b, BUFFER_OUTPUT, "sum", NULL, NULL, NULL),
           *most = buffer(&b, BUFFER_OUTPUT, "most", NULL, NULL, NULL);
    product(&b, step, w, false, reading(&b, step, x, 0), wx);
    product(&b, step, r, false, reading(&b, step, three, 2), rh);
    Statement *all = map(&b, step, b.n);
    const Expr *in = expr_add(b.x, reading(&b, step, wx, 0), reading(&b, step, rh, 0));
    const Expr *h = bounded(&b, expr_add(b.x, in, reading(&b, step, one, 1)));
    const Expr *g = expr_sub(b.x, expr_mul(b.x, h, reading(&b, step, two, 1)), reading(&b, step, level, 2));
    const Expr *held = bounded(&b, expr_add(b.x, g, reading(&b, step, three, 1)));
    let(&b, all, "h", h, two);
    let(&b, all, "g", held, three);
    let(&b, all, "kept", expr_mul(b.x, held, h), one);
    place(&b, step, h, two, 0);
    place(&b, step, held, three, 0);
    product(&b, step, w, true, h, back);
    reduce(&b, STATEMENT_SUM, b.n, expr_mul(b.x, held, h), sum);
    reduce(&b, STATEMENT_MAX, b.n, expr_neg(b.x, held), most);
    Statement *scalar = map(&b, step, NULL);
    const Expr *both = expr_add(b.x, reading(&b, step, sum, 0), reading(&b, step, most, 0));
    let(&b, scalar, "level", bounded(&b, expr_add(b.x, both, reading(&b, step, level, 1))), level);
    Statement *outer = sweep(&b, step, 2, b.n, b.n, NULL, NULL);
    term(&b, update(&b, outer, grad, "ab", true), 2, (By){two, "a", 0}, (By){three, "b", 1}, NONE);
    statement(&b, step, STATEMENT_DIAGONAL, "no self-connections")->store = grad;
    b.p->loss = sum;
    b.p->readout = three;
    return b.p;
}

Program *program_traces(Arena *arena, long n, long m) {
    Build b = begin(arena, "traces", n, m);
    Routine *step = &b.p->step;
    Buffer *f = buffer(&b, BUFFER_INPUT, "f", b.n, NULL, NULL),
           *d = buffer(&b, BUFFER_INPUT, "d", b.n, NULL, NULL);
    Buffer *x = buffer(&b, BUFFER_INPUT, "x", b.m, NULL, NULL),
           *q = buffer(&b, BUFFER_INPUT, "q", NULL, NULL, NULL);
    Buffer *e1 = buffer(&b, BUFFER_INFLUENCE, "e1", b.n, b.m, NULL),
           *e2 = buffer(&b, BUFFER_INFLUENCE, "e2", b.n, b.m, NULL);
    Buffer *e3 = ring(buffer(&b, BUFFER_INFLUENCE, "e3", b.n, b.m, NULL), 2, 0.5);
    Buffer *e4 = ring(buffer(&b, BUFFER_INFLUENCE, "e4", b.n, b.m, NULL), 3, 0);
    Buffer *bias = buffer(&b, BUFFER_INFLUENCE, "e_bias", b.n, NULL, NULL),
           *cube = buffer(&b, BUFFER_INFLUENCE, "cube", b.n, b.n, b.m);
    Buffer *g1 = buffer(&b, BUFFER_GRADIENT, "g1", b.n, b.m, NULL),
           *g2 = buffer(&b, BUFFER_GRADIENT, "g2", b.n, b.m, NULL);
    Buffer *g3 = buffer(&b, BUFFER_GRADIENT, "g3", b.n, NULL, NULL),
           *g4 = buffer(&b, BUFFER_GRADIENT, "g4", NULL, NULL, NULL);
    Statement *plain =
        sweep(&b, step, 2, b.n, b.m, NULL, NULL); /* a trace with its gradient, as one row kernel */
    Update *u = update(&b, plain, e1, "ab", false);
    term(&b, u, 2, (By){f, "a", 0}, (By){e1, "ab", 1}, NONE);
    term(&b, u, 2, (By){d, "a", 0}, (By){x, "b", 0}, NONE);
    term(&b, update(&b, plain, g1, "ab", true), 2, (By){d, "a", 0}, (By){e1, "ab", 0}, NONE);
    Statement *alone =
        sweep(&b, step, 2, b.n, b.m, NULL, NULL); /* the terms the other way round, and no gradient */
    u = update(&b, alone, e2, "ab", false);
    term(&b, u, 3, (By){d, "a", 0}, (By){f, "a", 0}, (By){x, "b", 0});
    term(&b, u, 2, (By){f, "a", 0}, (By){e2, "ab", 1}, NONE);
    Statement *rings = sweep(&b, step, 2, b.n, b.m, NULL, NULL); /* rings of two and three, three updates */
    u = update(&b, rings, e3, "ab", false);
    term(&b, u, 3, (By){f, "a", 0}, (By){q, "", 0}, (By){e3, "ab", 1});
    term(&b, u, 2, (By){d, "a", 0}, (By){e1, "ab", 0}, NONE);
    u = update(&b, rings, e4, "ab", false);
    term(&b, u, 2, (By){f, "a", 0}, (By){e4, "ab", 2}, NONE);
    term(&b, u, 1, (By){e3, "ab", 0}, NONE, NONE);
    u = update(&b, rings, g2, "ab", true);
    term(&b, u, 2, (By){e4, "ab", 0}, (By){e4, "ab", 1}, NONE);
    term(&b, u, 2, (By){f, "a", 0}, (By){d, "a", 0}, NONE);
    Statement *line = sweep(&b, step, 1, b.n, NULL, NULL, NULL);
    u = update(&b, line, bias, "a", false);
    term(&b, u, 2, (By){f, "a", 0}, (By){bias, "a", 1}, NONE);
    term(&b, u, 2, (By){q, "", 0}, (By){d, "a", 0}, NONE);
    term(&b, update(&b, line, g3, "a", true), 1, (By){bias, "a", 0}, NONE, NONE);
    term(&b, update(&b, sweep(&b, step, 0, NULL, NULL, NULL, NULL), g4, "", true), 2, (By){q, "", 0},
         (By){q, "", 0}, NONE);
    Statement *three = sweep(&b, step, 3, b.n, b.n, b.m, NULL);
    term(&b, update(&b, three, cube, "abc", true), 3, (By){f, "a", 0}, (By){d, "b", 0}, (By){x, "c", 0});
    Statement *diagonal =
        sweep(&b, step, 2, b.n, b.m, NULL, NULL); /* the unit's own entries of a dense influence */
    term(&b, update(&b, diagonal, cube, "aab", true), 2, (By){d, "a", 0}, (By){x, "b", 0}, NONE);
    Statement *across =
        sweep(&b, step, 2, b.m, b.n, NULL, NULL); /* the inner loop isn't the contiguous one */
    term(&b, update(&b, across, g1, "ba", true), 2, (By){x, "a", 0}, (By){f, "b", 0}, NONE);
    return b.p;
}

Program *program_sums(Arena *arena, long n, long m) {
    Build b = begin(arena, "sums", n, m);
    Routine *step = &b.p->step;
    Buffer *a = buffer(&b, BUFFER_INPUT, "A", b.n, b.n, NULL),
           *v = buffer(&b, BUFFER_INPUT, "v", b.n, NULL, NULL);
    Buffer *x = buffer(&b, BUFFER_INPUT, "x", b.m, NULL, NULL),
           *w = buffer(&b, BUFFER_INPUT, "W", b.n, b.m, NULL);
    Buffer *j = ring(buffer(&b, BUFFER_INFLUENCE, "J", b.n, b.n, b.m), 2, 0.125);
    Buffer *jb = ring(buffer(&b, BUFFER_INFLUENCE, "Jb", b.n, b.n, NULL), 2, 0.5);
    Buffer *product_of = buffer(&b, BUFFER_WORK, "AA", b.n, b.n, NULL),
           *turned = buffer(&b, BUFFER_WORK, "ATW", b.n, b.m, NULL);
    Buffer *right = buffer(&b, BUFFER_WORK, "AWT", b.n, b.n, NULL),
           *row = buffer(&b, BUFFER_WORK, "Av", b.n, NULL, NULL);
    Buffer *grad = buffer(&b, BUFFER_GRADIENT, "grad", b.n, b.m, NULL),
           *column = buffer(&b, BUFFER_GRADIENT, "ATv", b.n, NULL, NULL);
    Buffer *total = buffer(&b, BUFFER_WORK, "total", NULL, NULL, NULL),
           *masked = buffer(&b, BUFFER_WORK, "masked", b.n, b.m, NULL);
    Buffer *trace = buffer(&b, BUFFER_WORK, "columns", b.m, NULL, NULL);
    Update *u =
        update(&b, sweep(&b, step, 4, b.n, b.n, b.n, b.m), j, "acd", false); /* J = A J + A J at lag 2 */
    term(&b, u, 2, (By){a, "ab", 0}, (By){j, "bcd", 1}, NONE);
    Statement *immediate = sweep(&b, step, 2, b.n, b.m, NULL, NULL);
    term(&b, update(&b, immediate, j, "aab", true), 2, (By){v, "a", 0}, (By){x, "b", 0}, NONE);
    u = update(&b, sweep(&b, step, 3, b.n, b.n, b.n, NULL), jb, "ac", false);
    term(&b, u, 2, (By){jb, "bc", 1}, (By){a, "ab", 0}, NONE);
    term(&b, u, 3, (By){v, "a", 0}, (By){a, "ab", 0}, (By){jb, "bc", 1});
    u = update(&b, sweep(&b, step, 3, b.n, b.n, b.n, NULL), product_of, "ab", false);
    term(&b, u, 2, (By){a, "ac", 0}, (By){a, "cb", 0}, NONE);
    term(&b, update(&b, sweep(&b, step, 3, b.n, b.m, b.n, NULL), turned, "ab", false), 2, (By){a, "ca", 0},
         (By){w, "cb", 0}, NONE);
    term(&b, update(&b, sweep(&b, step, 3, b.n, b.n, b.m, NULL), right, "ab", false), 2, (By){w, "ac", 0},
         (By){w, "bc", 0}, NONE);
    term(&b, update(&b, sweep(&b, step, 2, b.n, b.n, NULL, NULL), row, "a", false), 2, (By){a, "ab", 0},
         (By){v, "b", 0}, NONE);
    term(&b, update(&b, sweep(&b, step, 2, b.n, b.n, NULL, NULL), column, "a", true), 2, (By){a, "ba", 0},
         (By){v, "b", 0}, NONE);
    term(&b, update(&b, sweep(&b, step, 3, b.n, b.n, b.m, NULL), grad, "bc", true), 2, (By){v, "a", 0},
         (By){j, "abc", 0}, NONE);
    term(&b, update(&b, sweep(&b, step, 2, b.n, b.m, NULL, NULL), total, "", false), 3, (By){v, "a", 0},
         (By){w, "ab", 0}, (By){x, "b", 0});
    term(&b, update(&b, sweep(&b, step, 3, b.n, b.m, b.n, NULL), masked, "ab", false), 3, (By){a, "ac", 0},
         (By){v, "c", 0}, (By){w, "cb", 0});
    term(&b, update(&b, sweep(&b, step, 2, b.m, b.n, NULL, NULL), trace, "a", false), 1, (By){w, "ba", 0},
         NONE, NONE);
    Statement *all = map(&b, step, b.n);
    let(&b, all, "scaled", bounded(&b, expr_mul(b.x, reading(&b, step, row, 0), reading(&b, step, total, 0))),
        buffer(&b, BUFFER_OUTPUT, "scaled", b.n, NULL, NULL));
    return b.p;
}

Program *program_taped(Arena *arena, long n, long m) {
    Build b = begin(arena, "taped", n, m);
    Routine *step = &b.p->step, *back = &b.p->backward;
    b.p->has_tape = true;
    b.p->history = 2;
    Buffer *w = buffer(&b, BUFFER_PARAM, "W", b.n, b.m, NULL),
           *r = buffer(&b, BUFFER_PARAM, "R", b.n, b.n, NULL);
    Buffer *gw = buffer(&b, BUFFER_GRADIENT, "grad_W", b.n, b.m, NULL),
           *gr = buffer(&b, BUFFER_GRADIENT, "grad_R", b.n, b.n, NULL);
    Buffer *x = buffer(&b, BUFFER_INPUT, "x", b.m, NULL, NULL),
           *gain = buffer(&b, BUFFER_INPUT, "gain", NULL, NULL, NULL);
    Buffer *h = buffer(&b, BUFFER_STATE, "h", b.n, NULL, NULL),
           *level = buffer(&b, BUFFER_STATE, "level", NULL, NULL, NULL);
    x->taped = gain->taped = h->taped = level->taped = true;
    h->initial = 0.5;
    Buffer *wx = buffer(&b, BUFFER_WORK, "Wx", b.n, NULL, NULL),
           *rh = buffer(&b, BUFFER_WORK, "Rh", b.n, NULL, NULL);
    Buffer *lambda1 = ring(buffer(&b, BUFFER_ADJOINT, "λ_1", b.n, NULL, NULL), 2, 0);
    Buffer *lambda2 = ring(buffer(&b, BUFFER_ADJOINT, "λ_2", b.n, NULL, NULL), 3, 0);
    Buffer *own = buffer(&b, BUFFER_ADJOINT, "in_place", b.n, NULL, NULL);
    Buffer *delta = buffer(&b, BUFFER_WORK, "delta", b.n, NULL, NULL);
    product(&b, step, w, false, reading(&b, step, x, 0), wx);
    product(&b, step, r, false, reading(&b, step, h, 2), rh);
    Statement *all = map(&b, step, b.n);
    const Expr *in = expr_add(b.x, reading(&b, step, wx, 0), reading(&b, step, rh, 0));
    let(&b, all, "h",
        bounded(&b, expr_add(b.x, in, expr_mul(b.x, reading(&b, step, gain, 1), reading(&b, step, h, 1)))),
        h);
    Statement *scalar = map(&b, step, NULL);
    let(&b, scalar, "level",
        bounded(&b, expr_add(b.x, reading(&b, step, level, 1), reading(&b, step, gain, 0))), level);
    const Expr *y = reading(&b, back, h, 0),
               *slope = expr_sub(b.x, expr_constant(b.x, 1), expr_mul(b.x, y, y));
    Statement *adjoint = map(&b, back, b.n);
    const Expr *from = expr_add(b.x, reading(&b, back, lambda1, 1), reading(&b, back, lambda2, 2));
    const Expr *d = expr_mul(b.x, expr_add(b.x, expr_add(b.x, from, reading(&b, back, own, 1)), y), slope);
    let(&b, adjoint, "delta", d, delta);
    let(&b, adjoint, "first", expr_mul(b.x, d, reading(&b, back, gain, 1)), lambda1);
    let(&b, adjoint, "kept", bounded(&b, expr_mul(b.x, d, reading(&b, back, level, 0))), own);
    place(&b, back, d, delta, 0);
    product(&b, back, r, true, d, lambda2);
    Statement *outer = sweep(&b, back, 2, b.n, b.m, NULL, NULL);
    term(&b, update(&b, outer, gw, "ab", true), 2, (By){delta, "a", 0}, (By){x, "b", 0}, NONE);
    outer = sweep(&b, back, 2, b.n, b.n, NULL, NULL);
    term(&b, update(&b, outer, gr, "ab", true), 2, (By){delta, "a", 0}, (By){h, "b", 2}, NONE);
    b.p->loss = level;
    b.p->readout = h;
    return b.p;
}
