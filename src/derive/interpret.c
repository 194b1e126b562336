/* The interpreter: an update program's meaning in double, written as plainly as it can be.
 *
 * It is what compiled learners are compared with, so it shares nothing with the emitter: expressions are
 * evaluated node by node, sweeps run one odometer over all of their loops. */
#include "derive/interpret.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

Interpreter *interpreter_new(const Program *program) {
    Arena *arena = arena_new();
    Interpreter *in = arena_new_of(arena, Interpreter);
    const size_t nodes = (size_t)exprs_count(program->model->exprs) + 1;
    in->program = program;
    in->arena = arena;
    in->layout = program_layout(program, sizeof(double), arena);
    in->value = arena_alloc(arena, nodes * sizeof *in->value);
    in->operations = arena_new_of(arena, double);
    in->stamp = arena_alloc(arena, nodes * sizeof *in->stamp);
    return in;
}

void interpreter_free(Interpreter *in) {
    if (in) arena_free(in->arena);
}

/* ---- storage ---- */

static double *in_memory(const Interpreter *in, size_t offset) {
    return (double *)(void *)(in->memory + offset);
}

static double *in_record(const Interpreter *in, const Buffer *buffer, int record) {
    char *at = in->tape + (size_t)record * in->layout.record_bytes;
    return (double *)(void *)(at + in->layout.record_offset[buffer->index]);
}

double *locate(const Interpreter *in, const Buffer *buffer, int lag) {
    if (buffer->taped) return in_record(in, buffer, in->program->history + in->t - lag);
    const int slot = (in->turn + lag * buffer->slots - lag) % buffer->slots;
    return in_memory(in, in->layout.offset[buffer->index]) + slot * buffer_entries(buffer);
}

/* Which entry a unit's value is. */
static long unit_place(const Interpreter *in, const Buffer *buffer, long unit) {
    const long at = buffer_ranges(in->program, buffer) ? unit : 0;
    return buffer_has_lanes(in->program, buffer) ? at * dim_size(in->program->lanes) + in->lane : at;
}

static long place_of(const Buffer *buffer, const int *index, const IntTable *const *through, const long *at) {
    long offset = 0;
    for (int r = 0; r < buffer->rank; r++) {
        const long i = index[r] < 0 ? -1 - index[r] : at[index[r]];
        offset = offset * dim_size(buffer->dims[r]) + (through[r] ? through[r]->values[i] : i);
    }
    return offset;
}

static double *entry(const Interpreter *in, const Update *update, const long *at) {
    return locate(in, update->out, 0) + place_of(update->out, update->index, update->through, at);
}

static double factor_value(const Interpreter *in, const Factor *factor, const long *at) {
    const int record = factor->step ? in->program->history + (int)at[factor->step - 1] - factor->lag : 0;
    const double *from =
        factor->step ? in_record(in, factor->buffer, record) : locate(in, factor->buffer, factor->lag);
    return from[place_of(factor->buffer, factor->index, factor->through, at)];
}

/* ---- expressions ---- */

static const Placed *placed(const Interpreter *in, const Expr *e) {
    if (e->id >= in->routine->placed.count || !in->routine->placed.at[e->id].buffer) return NULL;
    return &in->routine->placed.at[e->id];
}

static double compute(Interpreter *in, const Expr *e, long unit);

static double evaluate_unit(Interpreter *in, const Expr *e, long unit) {
    if (in->stamp[e->id] == in->now) return in->value[e->id];
    const Placed *place = placed(in, e);
    const double value = place ? locate(in, place->buffer, place->lag)[unit_place(in, place->buffer, unit)]
                               : compute(in, e, unit);
    in->stamp[e->id] = in->now;
    in->value[e->id] = value;
    return value;
}

static double compute(Interpreter *in, const Expr *e, long unit) {
    if (e->op == EXPR_CONST) return e->value;
    if (e->op == EXPR_SIZE) return (double)expr_size_value(e);
    if (e->op == EXPR_UNIT) return (double)unit;
    if (e->op == EXPR_FUNCTION || e->op == EXPR_BROADCAST) return evaluate_unit(in, e->kid[0], unit);
    assert(expr_is_elementwise(e)); /* program_verify has seen to it */
    *in->operations += 1;
    double operand[3] = {0};
    for (int i = 0; i < e->kids; i++) operand[i] = evaluate_unit(in, e->kid[i], unit);
    return expr_operator_value(e->op, operand);
}

/* A let whose place is its own store is what fills that place: it is computed. */
static double let_value(Interpreter *in, const Let *let, long unit) {
    const Placed *place = placed(in, let->node);
    const bool fills = place && place->buffer == let->store && place->lag == 0;
    if (!fills || in->stamp[let->node->id] == in->now) return evaluate_unit(in, let->node, unit);
    return compute(in, let->node, unit);
}

/* ---- statements ---- */

static void map_unit(Interpreter *in, const Statement *statement, long unit) {
    in->now++;
    for (int i = 0; i < statement->lets.count; i++) {
        const Let *let = &statement->lets.at[i];
        const double value = let_value(in, let, unit);
        in->stamp[let->node->id] = in->now;
        in->value[let->node->id] = value;
        if (let->store) locate(in, let->store, 0)[unit_place(in, let->store, unit)] = value;
    }
}

static void run_map(Interpreter *in, const Statement *statement) {
    for (in->lane = 0; in->lane < dim_size(statement->lanes); in->lane++)
        for (long unit = 0; unit < dim_size(statement->dim); unit++) map_unit(in, statement, unit);
}

static void reduce(Interpreter *in, const Statement *statement) {
    double result = 0;
    for (long unit = 0; unit < dim_size(statement->dim); unit++) {
        in->now++;
        const double value = evaluate_unit(in, statement->node, unit);
        *in->operations += 1;
        if (statement->kind == STATEMENT_SUM)
            result += value;
        else if (unit == 0 || value > result)
            result = value;
    }
    locate(in, statement->store, 0)[unit_place(in, statement->store, 0)] = result;
}

static void run_reduction(Interpreter *in, const Statement *statement) {
    for (in->lane = 0; in->lane < dim_size(statement->lanes); in->lane++) reduce(in, statement);
}

/* The columns of row j's stored entries, and where these begin. */
static long row_entries(const Buffer *matrix, long j, long *begin) {
    if (!matrix->csr) return *begin = j * dim_size(matrix->dims[1]), dim_size(matrix->dims[1]);
    const int *start = matrix->csr->pattern->start;
    return *begin = start[j], start[j + 1] - start[j];
}

static void multiply(Interpreter *in, const Statement *statement) {
    const Buffer *matrix = statement->matrix;
    const Placed *vector = placed(in, statement->node);
    const long rows = dim_size(matrix->csr ? matrix->csr->rows : matrix->dims[0]);
    const double *a = locate(in, matrix, 0), *x = locate(in, vector->buffer, vector->lag);
    double *out = locate(in, statement->store, 0);
    for (long k = 0; k < dim_size(statement->store->dims[0]); k++)
        out[unit_place(in, statement->store, k)] = 0;
    for (long j = 0; j < rows; j++) {
        long begin;
        const long count = row_entries(matrix, j, &begin);
        for (long k = 0; k < count; k++) {
            const long i = matrix->csr ? matrix->csr->pattern->column[begin + k] : k;
            *in->operations += 1;
            const long to = statement->transposed ? i : j, from = statement->transposed ? j : i;
            out[unit_place(in, statement->store, to)] +=
                a[begin + k] * x[unit_place(in, vector->buffer, from)];
        }
    }
}

static void run_product(Interpreter *in, const Statement *statement) {
    for (in->lane = 0; in->lane < dim_size(statement->lanes); in->lane++) multiply(in, statement);
}

static void run_diagonal(Interpreter *in, const Statement *statement) {
    const Buffer *store = statement->store;
    const int rank = buffer_ranges(in->program, store);
    const long n = dim_size(store->dims[rank - 1]),
               lanes = rank < store->rank ? dim_size(store->dims[rank]) : 1;
    double *out = locate(in, store, 0);
    for (long block = 0; block < buffer_entries(store); block += n * n * lanes)
        for (long j = 0; j < n; j++)
            for (long lane = 0; lane < lanes; lane++) out[block + (j * n + j) * lanes + lane] = 0;
}

static double terms_value(const Interpreter *in, const Update *update, const long *at) {
    double sum = 0;
    for (int t = 0; t < update->terms.count; t++) {
        double product = 1;
        for (int f = 0; f < update->terms.at[t].factors; f++) {
            const Factor *factor = &update->terms.at[t].factor[f];
            product *= factor_value(in, factor, at);
        }
        sum += product;
        *in->operations += update->terms.at[t].factors > 2 ? update->terms.at[t].factors - 1 : 1;
    }
    return sum;
}

static long first_of(const Statement *statement, int loop, const long *at) {
    return statement->start[loop] ? statement->start[loop]->values[at[statement->parent[loop]]] : 0;
}

static long end_of(const Interpreter *in, const Statement *statement, int loop, const long *at) {
    if (statement->dims[loop] == in->program->steps) return in->count;
    return statement->start[loop] ? statement->start[loop]->values[at[statement->parent[loop]] + 1]
                                  : dim_size(statement->dims[loop]);
}

typedef void (*AtEntry)(const Interpreter *in, const Statement *statement, const Update *update,
                        const long *at);

static void each_entry(const Interpreter *in, const Statement *statement, const Update *only, int loop,
                       long *at, AtEntry act) {
    if (loop < statement->loops) {
        const long end = end_of(in, statement, loop, at);
        for (at[loop] = first_of(statement, loop, at); at[loop] < end; at[loop]++)
            each_entry(in, statement, only, loop + 1, at, act);
    } else if (only) {
        act(in, statement, only, at);
    } else {
        for (int u = 0; u < statement->updates.count; u++) act(in, statement, &statement->updates.at[u], at);
    }
}

/* A sum starts from zero at every entry that the update names, and only there: its index may be a diagonal.
 */
static void clear(const Interpreter *in, const Statement *statement, const Update *update, const long *at) {
    (void)statement;
    *entry(in, update, at) = 0;
}

static void set(const Interpreter *in, const Statement *statement, const Update *update, const long *at) {
    (void)statement;
    const double value = terms_value(in, update, at);
    double *out = entry(in, update, at);
    *out = update->accumulate ? *out + value : value;
}

static void add(const Interpreter *in, const Statement *statement, const Update *update, const long *at) {
    (void)statement;
    *entry(in, update, at) += terms_value(in, update, at);
}

/* Of several updates none sums. */
static void run_sweep(Interpreter *in, const Statement *statement) {
    long at[MOST_LOOPS] = {0};
    if (!statement->updates.count) return;
    const bool sums = update_sums(statement, statement->updates.at);
    if (sums && !statement->updates.at->accumulate)
        each_entry(in, statement, statement->updates.at, 0, at, clear);
    each_entry(in, statement, NULL, 0, at, sums ? add : set);
}

static void run_clear(Interpreter *in, const Statement *statement) {
    const bool clip = statement->kind == STATEMENT_CLIP;
    double *out = locate(in, statement->store, 0);
    for (long i = 0; i < buffer_entries(statement->store); i++)
        if (!clip || out[i] < 0) out[i] = 0;
}

static void fill(double *at, long count, double value) {
    for (long i = 0; i < count; i++) at[i] = value;
}

static void run_forget(Interpreter *in, const Statement *statement) {
    for (int i = 0; in->t % statement->period == 0 && i < statement->forgotten.count; i++) {
        const Buffer *buffer = statement->forgotten.at[i];
        fill(in_memory(in, in->layout.offset[buffer->index]), buffer_entries(buffer) * buffer->slots, 0);
    }
}

/* ---- matrices made of others ---- */

static void run_sign(const Interpreter *in, const Statement *statement) {
    const double *from = locate(in, statement->matrix, 0);
    double *to = locate(in, statement->store, 0);
    for (long i = 0; i < buffer_entries(statement->store); i++) to[i] = (from[i] > 0) - (from[i] < 0);
    *in->operations += (double)buffer_entries(statement->store);
}

static void run(Interpreter *in, const Statement *statement) {
    switch (statement->kind) {
    case STATEMENT_MAP: run_map(in, statement); break;
    case STATEMENT_SUM:
    case STATEMENT_MAX: run_reduction(in, statement); break;
    case STATEMENT_PRODUCT: run_product(in, statement); break;
    case STATEMENT_SWEEP: run_sweep(in, statement); break;
    case STATEMENT_DIAGONAL: run_diagonal(in, statement); break;
    case STATEMENT_ROWS: run_rows(in, statement->rows); break;
    case STATEMENT_DRAW: run_signs(in, statement); break;
    case STATEMENT_MIX: run_mix(in, statement->mix); break;
    case STATEMENT_CLEAR:
    case STATEMENT_CLIP: run_clear(in, statement); break;
    case STATEMENT_FORGET: run_forget(in, statement); break;
    case STATEMENT_SIGN: run_sign(in, statement); break;
    case STATEMENT_MEAN:
        *in->operations += (double)buffer_entries(statement->store);
        groups_average(statement->matrix, &statement->groups, locate(in, statement->matrix, 0),
                       locate(in, statement->store, 0));
        break;
    }
}

static void run_routine(Interpreter *in, const Routine *routine) {
    in->routine = routine;
    for (int i = 0; i < routine->statements.count; i++) run(in, routine->statements.at[i]);
}

/* ---- the entries ---- */

static int *steps_done(const Interpreter *in) { return (int *)(void *)(in->memory + in->layout.t_offset); }

double interpreter_operations(const Interpreter *in) { return *in->operations; }

void interpreter_start(Interpreter *in, void *memory, void *tape) {
    in->memory = memory, in->tape = tape;
    for (int i = 0; i < in->program->buffers.count; i++) {
        const Buffer *buffer = in->program->buffers.at[i];
        const long entries = buffer_entries(buffer);
        if (buffer->taped)
            for (int record = 0; record < in->program->history; record++)
                fill(in_record(in, buffer, record), entries, buffer->initial);
        else if (buffer_starts_anew(buffer))
            fill(in_memory(in, in->layout.offset[i]), entries * buffer->slots, buffer->initial);
    }
    *steps_done(in) = 0;
}

void interpreter_step(Interpreter *in, void *memory, void *tape) {
    in->memory = memory, in->tape = tape;
    in->t = in->turn = *steps_done(in);
    for (int i = 0; i < in->program->buffers.count; i++) {
        const Buffer *buffer = in->program->buffers.at[i];
        if (buffer->taped && buffer->kind == BUFFER_INPUT)
            memcpy(locate(in, buffer, 0), in_memory(in, in->layout.offset[i]),
                   (size_t)buffer_entries(buffer) * sizeof(double));
    }
    run_routine(in, &in->program->step);
    *steps_done(in) += 1;
    if (in->program->streams) *draws(in) += 1;
    if (in->program->block && *steps_done(in) == in->program->block) interpreter_backward(in, memory, tape);
}

void interpreter_refresh(Interpreter *in, void *memory) {
    in->memory = memory;
    in->t = in->turn = *steps_done(in);
    run_routine(in, &in->program->refresh);
}

/* The block's last records are those before the next one's first. */
static void begin_block(Interpreter *in) {
    const size_t bytes = in->layout.record_bytes;
    memmove(in->tape, in->tape + (size_t)in->count * bytes, (size_t)in->program->history * bytes);
    *steps_done(in) = 0;
}

void interpreter_backward(Interpreter *in, void *memory, void *tape) {
    in->memory = memory, in->tape = tape;
    for (int i = 0; i < in->program->buffers.count; i++) {
        const Buffer *buffer = in->program->buffers.at[i];
        if (buffer->kind == BUFFER_ADJOINT && !buffer->taped)
            fill(in_memory(in, in->layout.offset[i]), buffer_entries(buffer) * buffer->slots,
                 buffer->initial);
    }
    in->turn = 0;
    for (in->t = *steps_done(in) - 1; in->t >= 0; in->t--, in->turn++)
        run_routine(in, &in->program->backward);
    if (*steps_done(in) == 0) return;
    in->count = *steps_done(in);
    in->t = 0, in->turn--;
    run_routine(in, &in->program->border);
    if (in->program->block) begin_block(in);
}
