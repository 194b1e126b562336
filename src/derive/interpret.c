/* The interpreter: an update program's meaning in double, written as plainly as it can be.
 *
 * It is what compiled learners are compared with, so it shares nothing with the emitter: expressions are
 * evaluated node by node, sweeps run one odometer over all of their loops. */
#include "derive/program.h"
#include "runtime/kernels.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct Interpreter {
    const Program *program;
    Arena *arena;
    Layout layout;
    char *memory, *tape;
    const Routine *routine;
    int t;         /* the step, counted from 0 */
    int turn;      /* what rings count: steps forward, or steps backward */
    long lane;     /* which of the sequences done at once */
    int count;     /* border: how many steps it is about */
    double *value; /* by node id, of the unit being computed */
    long *stamp;   /* a value is valid where its stamp is `now` */
    long now;
    double *operations; /* done so far, counted as the cost sheet counts them */
};

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

/* The first entry of a buffer as it was `lag` steps ago. */
static double *locate(const Interpreter *in, const Buffer *buffer, int lag) {
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

/* ---- rows of masked influences ---- */

static long length_of_row(const PairRows *rows, long j) {
    if (!rows->csr) return dim_size(rows->columns);
    return rows->csr->pattern->start[j + 1] - rows->csr->pattern->start[j];
}

/* The value at entry i of row j of what the parameter multiplies. */
static double multiplied(const Interpreter *in, const PairRows *rows, long j, long i) {
    if (!rows->in.buffer) return 1;
    const double *vector = locate(in, rows->in.buffer, rows->in.lag);
    if (!rows->in.buffer->rank) return *vector;
    return vector[rows->csr ? rows->csr->pattern->column[rows->csr->pattern->start[j] + i] : i];
}

/* One row's pairs: all new values are there before the old ones are overwritten. */
static void mix_row(const Interpreter *in, const PairRows *rows, const double *block, long j, double *out) {
    const double *entries = locate(in, rows->operator, 0);
    const long n = length_of_row(rows, j), count = (rows->first->values[j + 1] - rows->first->values[j]) * n;
    double *made = calloc((size_t)count + 1, sizeof *made);
    if (!made) abort();
    for (int o = rows->op_first->values[j]; o < rows->op_first->values[j + 1]; o++)
        for (long i = 0; i < n; i++)
            made[rows->op_pair->values[o] * n + i] +=
                entries[rows->op_entry->values[o]] * (rows->kind == ROWS_MIX
                                                          ? block[rows->op_row->values[o] * n + i]
                                                          : multiplied(in, rows, j, i));
    *in->operations += (double)(rows->op_first->values[j + 1] - rows->op_first->values[j]) * (double)n;
    for (long e = 0; e < count; e++) out[e] = rows->accumulate ? out[e] + made[e] : made[e];
    free(made);
}

static void pull_row(const Interpreter *in, const PairRows *rows, const double *block, long j, double *out) {
    const double *signal = locate(in, rows->operator, 0);
    const int *first = rows->first->values;
    const long n = length_of_row(rows, j);
    for (int pair = first[j]; pair < first[j + 1]; pair++)
        for (long i = 0; i < n; i++)
            out[i] += signal[rows->operator->rank ? rows->unit->values[pair] : 0] *
                      block[(pair - first[j]) * n + i];
    *in->operations += (double)(first[j + 1] - first[j]) * (double)n;
}

static void run_rows(const Interpreter *in, const PairRows *rows) {
    const double *block = rows->in.buffer ? locate(in, rows->in.buffer, rows->in.lag) : NULL;
    double *out = locate(in, rows->out, 0);
    const bool pull = rows->kind == ROWS_PULL;
    const int *first = rows->first->values, *source = pull ? first : rows->source->values;
    for (long j = 0; j < dim_size(rows->rows); j++) {
        const long n = length_of_row(rows, j);
        (pull ? pull_row : mix_row)(in, rows, block, j, out);
        if (rows->kind != ROWS_OUTER) block += (source[j + 1] - source[j]) * n;
        out += pull ? n : (first[j + 1] - first[j]) * n;
    }
}

static void run_clear(Interpreter *in, const Statement *statement) {
    const bool clip = statement->kind == STATEMENT_CLIP;
    double *out = locate(in, statement->store, 0);
    for (long i = 0; i < buffer_entries(statement->store); i++)
        if (!clip || out[i] < 0) out[i] = 0;
}

static unsigned *draws(const Interpreter *in) {
    return (unsigned *)(void *)(in->memory + in->layout.draws_offset);
}

/* Where a part of a product is; NULL: there is none. */
static const double *part(const Interpreter *in, const Placed *placed) {
    return placed->buffer ? locate(in, placed->buffer, placed->lag) : NULL;
}

static size_t part_entries(const Placed *placed) {
    return placed->buffer ? (size_t)buffer_entries(placed->buffer) : 0;
}

/* Balancing needs lengths only. */
static void gram_of(const Interpreter *in, const Mix *mix, const MixPart *one, double *gram) {
    const int size = mix->terms + 1;
    for (int i = 0; i < size; i++)
        for (int k = i; k < (mix->least_variance ? size : i + 1); k++)
            if (one->vector[i].buffer && one->vector[k].buffer) {
                *in->operations += (double)part_entries(&one->vector[i]);
                double_kernels.dot(part_entries(&one->vector[i]), part(in, &one->vector[i]),
                                   part(in, &one->vector[k]), gram + i * size + k);
            }
    *in->operations += (double)(part_entries(&one->outer[0]) + part_entries(&one->outer[1]));
    if (one->outer[0].buffer || one->outer[1].buffer)
        double_kernels.dot_outer(part_entries(&one->outer[0]), part(in, &one->outer[0]),
                                 part_entries(&one->outer[1]), part(in, &one->outer[1]),
                                 gram + size * size - 1);
}

static void run_mix(Interpreter *in, const Mix *mix) {
    const size_t size = (size_t)mix->terms + 1;
    double *left = locate(in, mix->left_gram, 0), *right = locate(in, mix->right_gram, 0);
    for (size_t i = 0; i < size * size; i++) left[i] = right[i] = 0;
    for (int i = 0; i < mix->left.count; i++) gram_of(in, mix, &mix->left.at[i], left);
    for (int i = 0; i < mix->right.count; i++) gram_of(in, mix, &mix->right.at[i], right);
    double *x = locate(in, mix->left_mix, 0), *y = locate(in, mix->right_mix, 0);
    const unsigned stream = (unsigned)mix->stream;
    if (mix->least_variance)
        double_kernels.mix(size - 1, left, right, *draws(in), stream, x, y);
    else
        double_kernels.balance(left, right, *draws(in), stream, x, y);
}

static void run_signs(Interpreter *in, const Statement *statement) {
    double_kernels.signs((size_t)buffer_entries(statement->store), *draws(in), (unsigned)statement->stream,
                         locate(in, statement->store, 0));
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
