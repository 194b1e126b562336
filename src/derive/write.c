/* Writing a schedule's statements in rounds.
 *
 * requires: schedule_collect
 * keeps:    every node is computed once; a value that another loop or a later round reads is in a buffer
 *
 * Round r evaluates, loop by loop, the element-wise nodes whose operands are known by then, and ends with the
 * products and reductions over what it has evaluated. A node's round is as early as its operands allow. */
#include "derive/schedule.h"

#include <string.h>

typedef struct Info {
    bool ours; /* computed by this schedule */
    int round;
    int users;     /* in the node's own loop */
    Buffer *store; /* NULL: lives inside one loop only */
} Info;

typedef struct Writer {
    Schedule *schedule;
    Lowering *low;
    Info *info; /* by node id */
    int count;
    int rounds;
    int unnamed;
} Writer;

/* A broadcast is read through: what matters is the scalar under it. */
static const Expr *through(const Expr *e) { return e->op == EXPR_BROADCAST ? e->kid[0] : e; }

static int operands(const Expr *e) { return schedule_is_maximum(e) ? 1 : e->kids; }
static const Expr *operand(const Expr *e, int i) {
    return schedule_is_maximum(e) ? e->var->definition : e->kid[i];
}

static Info *info_of(Writer *writer, const Expr *e) { return &writer->info[e->id]; }

/* ---- rounds ---- */

static int round_after(Writer *writer, const Expr *user, const Expr *kid) {
    const Expr *source = through(kid);
    if (schedule_is_barrier(user)) source = kid; /* a broadcast under a product is a vector like any other */
    Info *info = info_of(writer, source);
    if (!info->ours) return 0;
    bool next = schedule_is_barrier(source) ||
                (source->dim && source->dim != user->dim && !schedule_is_barrier(user));
    return info->round + next;
}

static void find_rounds(Writer *writer) {
    for (int i = 0; i < writer->schedule->order.count; i++) {
        const Expr *e = writer->schedule->order.at[i];
        Info *info = info_of(writer, e);
        info->ours = true;
        for (int k = 0; k < operands(e); k++) {
            int round = round_after(writer, e, operand(e, k));
            if (round > info->round) info->round = round;
        }
        if (info->round >= writer->rounds) writer->rounds = info->round + 1;
    }
}

/* ---- stores ---- */

static const Dim *range_of_operand(const Expr *barrier) {
    if (barrier->op == EXPR_MATVEC) return barrier->var->cols;
    if (barrier->op == EXPR_MATVEC_T) return barrier->var->rows;
    return operand(barrier, 0)->dim;
}

static const char *hint_for(Writer *writer, const Expr *e) {
    const char *name = lowering_name(writer->low, e);
    if (name) return name;
    if (e->op == EXPR_MATVEC || e->op == EXPR_MATVEC_T) {
        const Expr *vector = e->kid[0];
        const char *what = vector->op == EXPR_USE ? vector->var->label : lowering_name(writer->low, vector);
        return arena_printf(writer->low->arena, "%s%s_%s", e->var->label, e->op == EXPR_MATVEC ? "" : "T",
                            what ? what : "v");
    }
    return arena_printf(writer->low->arena, "w%d", ++writer->unnamed);
}

static void give_store(Writer *writer, const Expr *e) {
    Info *info = info_of(writer, e);
    if (!info->ours || info->store) return;
    if (schedule_is_maximum(e))
        info->store = lowering_buffer_of(writer->low, e->var);
    else
        info->store = program_buffer(writer->low->program, BUFFER_WORK, hint_for(writer, e), 1, &e->dim);
}

static void find_stores(Writer *writer) {
    Schedule *schedule = writer->schedule;
    for (int i = 0; i < schedule->requests.count; i++) {
        Request *request = &schedule->requests.at[i];
        Info *info = info_of(writer, request->node);
        bool fits = request->store->rank == (request->node->dim != NULL);
        if (info->ours && !info->store && fits && !schedule_is_maximum(request->node))
            info->store = request->store;
        if (!fits) give_store(writer, request->node); /* a scalar, to be copied to every unit */
    }
    for (int i = 0; i < schedule->order.count; i++) {
        const Expr *e = schedule->order.at[i];
        Info *info = info_of(writer, e);
        if (schedule_is_barrier(e)) {
            give_store(writer, e);
            give_store(writer, operand(e, 0));
            continue;
        }
        if (e->op == EXPR_BROADCAST) {
            if (!schedule_is_barrier(e->kid[0])) give_store(writer, e->kid[0]);
            continue;
        }
        for (int k = 0; k < e->kids; k++) {
            const Expr *source = through(e->kid[k]);
            Info *kid = info_of(writer, source);
            if (kid->ours && (kid->round != info->round || source->dim != e->dim)) give_store(writer, source);
            kid->users++;
        }
    }
}

/* ---- statements ---- */

static Statement *new_statement(Writer *writer, StatementKind kind) {
    Statement *statement = arena_new_of(writer->low->arena, Statement);
    statement->kind = kind;
    vec_push(writer->low->arena, &writer->schedule->routine->statements, statement);
    return statement;
}

static const char *name_in_equation(void *writer, const Expr *e) {
    Writer *w = writer;
    return lowering_name(w->low, e);
}

static const char *equation(Writer *writer, const char *name, const Expr *e) {
    Text text = {0};
    text_printf(&text, "%s = ", name);
    expr_print(e, name_in_equation, writer, &text);
    const char *kept = arena_string(writer->low->arena, text.at);
    text_free(&text);
    return kept;
}

static void add_let(Writer *writer, Statement *map, const Expr *e, const char *name, Buffer *store) {
    Let let = {.node = e, .name = name, .store = store};
    vec_push(writer->low->arena, &map->lets, let);
    const char *source = lowering_name(writer->low, e);
    if (!source) return;
    const char *line = equation(writer, source, e);
    map->comment = map->comment ? arena_printf(writer->low->arena, "%s\n%s", map->comment, line) : line;
}

static const char *let_name(Writer *writer, const Expr *e, const Buffer *store) {
    if (store) return store->name;
    const char *name = lowering_name(writer->low, e);
    if (!name) return arena_printf(writer->low->arena, "v%d", ++writer->unnamed);
    char *safe = arena_string(writer->low->arena, name);
    for (char *c = safe; *c; c++)
        if (*c == '.') *c = '_';
    return safe;
}

/* Is this request a copy: its node has its place elsewhere? */
static bool is_copy(Writer *writer, const Request *request) {
    return info_of(writer, request->node)->store != request->store;
}

static void place(Writer *writer, const Expr *e, Buffer *buffer) {
    Routine *routine = writer->schedule->routine;
    while (routine->placed.count <= e->id) vec_push(writer->low->arena, &routine->placed, (Placed){0});
    routine->placed.at[e->id] = (Placed){buffer, 0};
}

/* A product of a matrix with the same number at every unit: the vector has to exist. */
static const Expr *filled(Writer *writer, Statement *before, const Expr *constant, const Dim *dim) {
    Var *var = arena_new_of(writer->low->arena, Var);
    var->kind = VAR_VALUE;
    var->name = var->label = "filled";
    var->layer = -1;
    var->rows = dim;
    Buffer *buffer = program_buffer(writer->low->program, BUFFER_WORK, "filled", 1, &dim);
    const Expr *use = expr_use(writer->low->exprs, var, 0, 0);
    lowering_bind(writer->low, var, buffer);
    before->dim = dim;
    add_let(writer, before, constant, buffer->name, buffer);
    place(writer, use, buffer);
    return use;
}

static void write_barrier(Writer *writer, const Expr *e) {
    const Expr *vector = operand(e, 0);
    Buffer *store = info_of(writer, e)->store;
    if (schedule_is_constant(vector) && vector->dim == NULL && range_of_operand(e))
        vector = filled(writer, new_statement(writer, STATEMENT_MAP), vector, range_of_operand(e));
    bool product = e->op == EXPR_MATVEC || e->op == EXPR_MATVEC_T;
    Statement *statement = new_statement(writer, product             ? STATEMENT_PRODUCT
                                                 : e->op == EXPR_SUM ? STATEMENT_SUM
                                                                     : STATEMENT_MAX);
    statement->store = store;
    statement->node = vector;
    if (product) {
        statement->matrix = lowering_buffer_of(writer->low, e->var);
        statement->transposed = e->op == EXPR_MATVEC_T;
    } else {
        statement->dim = vector->dim;
    }
    const char *name = lowering_name(writer->low, e);
    statement->comment = equation(writer, name ? name : store->name, e);
    place(writer, e, store);
}

typedef VEC(const Dim *) Dims;

static void add_dim(Writer *writer, Dims *dims, const Dim *dim) {
    for (int i = 0; i < dims->count; i++)
        if (dims->at[i] == dim) return;
    vec_push(writer->low->arena, dims, dim);
}

/* The ranges of a round's loops: scalars first, since vectors of the same round may read them. */
static Dims ranges_of_round(Writer *writer, int round) {
    Dims dims = {0};
    Schedule *schedule = writer->schedule;
    vec_push(writer->low->arena, &dims, NULL);
    for (int i = 0; i < schedule->order.count; i++)
        if (info_of(writer, schedule->order.at[i])->round == round)
            add_dim(writer, &dims, schedule->order.at[i]->dim);
    for (int i = 0; i < schedule->requests.count; i++)
        if (schedule->requests.at[i].store->rank)
            add_dim(writer, &dims, schedule->requests.at[i].store->dims[0]);
    return dims;
}

/* When a copy can be made: with its node's own loop, or in the round after a product or another range's loop.
 */
static int round_of_copy(Writer *writer, const Request *request) {
    Info *info = info_of(writer, request->node);
    if (!info->ours) return 0;
    const Dim *dim = request->store->rank ? request->store->dims[0] : NULL;
    return info->round + (schedule_is_barrier(request->node) || request->node->dim != dim);
}

static void write_map(Writer *writer, int round, const Dim *dim) {
    Schedule *schedule = writer->schedule;
    Statement map = {.kind = STATEMENT_MAP, .dim = dim};
    for (int i = 0; i < schedule->order.count; i++) {
        const Expr *e = schedule->order.at[i];
        Info *info = info_of(writer, e);
        if (info->round != round || e->dim != dim || schedule_is_barrier(e)) continue;
        if (!info->store && (e->op == EXPR_BROADCAST || (info->users < 2 && !lowering_name(writer->low, e))))
            continue;
        add_let(writer, &map, e, let_name(writer, e, info->store), info->store);
        if (info->store) place(writer, e, info->store);
    }
    for (int i = 0; i < schedule->requests.count; i++) {
        Request *request = &schedule->requests.at[i];
        const Dim *range = request->store->rank ? request->store->dims[0] : NULL;
        if (range != dim || !is_copy(writer, request) || round_of_copy(writer, request) != round) continue;
        Let let = {.node = request->node, .name = request->store->name, .store = request->store};
        vec_push(writer->low->arena, &map.lets, let);
    }
    if (map.lets.count) *new_statement(writer, STATEMENT_MAP) = map;
}

static void write_round(Writer *writer, int round) {
    Dims dims = ranges_of_round(writer, round);
    for (int i = 0; i < dims.count; i++) write_map(writer, round, dims.at[i]);
    for (int i = 0; i < writer->schedule->order.count; i++) {
        const Expr *e = writer->schedule->order.at[i];
        if (schedule_is_barrier(e) && info_of(writer, e)->round == round) write_barrier(writer, e);
    }
}

void schedule_write(Schedule *schedule) {
    Writer writer = {.schedule = schedule, .low = schedule->low};
    writer.count = exprs_count(schedule->low->exprs);
    writer.info = arena_alloc(schedule->low->arena, sizeof(Info) * (size_t)(writer.count + 1));
    find_rounds(&writer);
    find_stores(&writer);
    for (int round = 0; round <= writer.rounds; round++) write_round(&writer, round);
}
