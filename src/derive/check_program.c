/* The verifier of update programs: whatever a statement relies on is checked here, so that neither the
 * interpreter nor the emitter has to. A finding is an internal error of a derivation, never the user's. One
 * walk over each routine in order, with one record of what has been written so far. */
#include "derive/program.h"
#include <limits.h>
#include <stdio.h>

typedef struct Check {
    const Program *program;
    Arena *arena;
    const Routine *routine;
    bool backward;
    bool *written;    /* by buffer index: in this routine so far */
    const char **let; /* by node id: the name of the let of the current map, once it is passed */
    int *seen;        /* by node id: the last statement (counted from 1) that was checked with it */
    int statement;
    const char *wrong; /* the first finding */
} Check;

#define FAIL(check, ...)                                                                                     \
    do {                                                                                                     \
        if (!(check)->wrong) (check)->wrong = arena_printf((check)->arena, __VA_ARGS__);                     \
    } while (0)

/* Kept from step to step without anybody's writing it at this one. */
static bool is_given(const Buffer *buffer) { return buffer->kind <= BUFFER_INPUT; }

static bool is_carried(const Buffer *buffer) {
    return buffer->slots == 1 && !buffer->taped &&
           (buffer->kind == BUFFER_STATE || buffer->kind == BUFFER_INFLUENCE ||
            buffer->kind == BUFFER_ADJOINT);
}

static void check_member(Check *check, const Buffer *buffer) {
    const Program *program = check->program;
    if (!buffer)
        FAIL(check, "%s: a statement has no buffer", check->routine->name);
    else if (buffer->index < 0 || buffer->index >= program->buffers.count ||
             program->buffers.at[buffer->index] != buffer)
        FAIL(check, "buffer %s is not in the program's list", buffer->name);
}

static void check_read(Check *check, const Buffer *buffer, int lag) {
    check_member(check, buffer);
    if (check->wrong) return;
    const char *routine = check->routine->name;
    const int most = buffer->taped ? check->program->history : buffer->slots;
    if (lag < 0 || lag > most)
        FAIL(check, "%s reads %s at lag %d of %d", routine, buffer->name, lag, most);
    else if (buffer->taped && !check->program->has_tape)
        FAIL(check, "%s is taped in a program without a tape", buffer->name);
    else if (lag == 0 && !check->written[buffer->index] && !is_given(buffer) &&
             !(buffer->taped && check->backward))
        FAIL(check, "%s reads %s before it is written", routine, buffer->name);
    else if (lag > 0 && !buffer->taped && lag % buffer->slots == 0 && check->written[buffer->index])
        FAIL(check, "%s reads %s at lag %d after its slot was overwritten", routine, buffer->name, lag);
}

static void check_write(Check *check, const Buffer *buffer) {
    check_member(check, buffer);
    if (check->wrong) return;
    const bool learns = check->program->rate != NULL; /* online: the step itself changes the parameters */
    if ((buffer->kind == BUFFER_PARAM && !learns) || buffer->kind == BUFFER_INPUT ||
        buffer->kind == BUFFER_FIXED)
        FAIL(check, "%s writes %s, which is the caller's", check->routine->name, buffer->name);
    check->written[buffer->index] = true;
}

/* ---- expressions ---- */

static void check_place(Check *check, const Expr *e, const Buffer *buffer) {
    const int rank = buffer_ranges(check->program, buffer);
    if (e->dim ? rank != 1 || !dim_equal(buffer->dims[0], e->dim) : rank != 0)
        FAIL(check, "%s: node %d is placed in %s, which has another range", check->routine->name, e->id,
             buffer->name);
}

static const Placed *place_of(const Check *check, const Expr *e) {
    if (e->id >= check->routine->placed.count || !check->routine->placed.at[e->id].buffer) return NULL;
    return &check->routine->placed.at[e->id];
}

static void check_expr(Check *check, const Expr *e, const Dim *dim, const Buffer *fills) {
    if (check->wrong || check->let[e->id] || (!fills && check->seen[e->id] == check->statement)) return;
    if (!fills) check->seen[e->id] = check->statement;
    if (e->dim && !dim_equal(e->dim, dim))
        FAIL(check, "%s: node %d has another range than its statement", check->routine->name, e->id);
    const Placed *place = place_of(check, e);
    if (place && !(fills && place->buffer == fills && place->lag == 0)) {
        check_place(check, e, place->buffer);
        check_read(check, place->buffer, place->lag);
        return;
    }
    if (e->op == EXPR_CONST || e->op == EXPR_SIZE || e->op == EXPR_UNIT) return;
    if (!expr_is_elementwise(e) && e->op != EXPR_BROADCAST) {
        FAIL(check, "%s: node %d (%s) is not placed", check->routine->name, e->id,
             e->var ? e->var->label : "a station");
        return;
    }
    const int kids = e->op == EXPR_FUNCTION ? 1 : e->kids;
    for (int i = 0; i < kids; i++) check_expr(check, e->kid[i], dim, NULL);
}

/* ---- statements ---- */

static void check_map(Check *check, const Statement *statement) {
    for (int i = 0; i < statement->lets.count && !check->wrong; i++) {
        const Let *let = &statement->lets.at[i];
        if (!let->name) FAIL(check, "%s: a let without a name", check->routine->name);
        check_expr(check, let->node, statement->dim, let->store);
        if (let->store) {
            const Buffer *store = let->store;
            const int rank = buffer_ranges(check->program, store);
            check_write(check, store);
            if (statement->dim ? rank != 1 || !dim_equal(store->dims[0], statement->dim) : rank != 0)
                FAIL(check, "%s: %s is stored over another range", check->routine->name, store->name);
        }
        if (!check->wrong) check->let[let->node->id] = let->name;
    }
    for (int i = 0; i < statement->lets.count; i++) check->let[statement->lets.at[i].node->id] = NULL;
}

static void check_reduction(Check *check, const Statement *statement) {
    if (!statement->dim) FAIL(check, "%s: a reduction over nothing", check->routine->name);
    check_expr(check, statement->node, statement->dim, NULL);
    check_write(check, statement->store);
    if (!check->wrong && buffer_ranges(check->program, statement->store) != 0)
        FAIL(check, "%s: a reduction into %s, which is no scalar", check->routine->name,
             statement->store->name);
}

static void check_product(Check *check, const Statement *statement) {
    const Buffer *matrix = statement->matrix;
    const Placed *vector = place_of(check, statement->node);
    if (!vector) {
        FAIL(check, "%s: a product with a vector that is not placed", check->routine->name);
        return;
    }
    check_read(check, matrix, 0);
    check_read(check, vector->buffer, vector->lag);
    check_write(check, statement->store);
    if (check->wrong) return;
    const Buffer *x = vector->buffer, *y = statement->store;
    const Dim *dims[2] = {matrix->csr ? matrix->csr->rows : matrix->dims[0],
                          matrix->csr ? matrix->csr->cols : matrix->dims[1]};
    if (matrix->rank != (matrix->csr ? 1 : 2) || buffer_ranges(check->program, x) != 1 ||
        buffer_ranges(check->program, y) != 1)
        FAIL(check, "%s: a product of %s with %s has wrong ranks", check->routine->name, matrix->name,
             x->name);
    else if (!dim_equal(dims[!statement->transposed], x->dims[0]) ||
             !dim_equal(dims[statement->transposed], y->dims[0]))
        FAIL(check, "%s: ranges of the product of %s with %s differ", check->routine->name, matrix->name,
             x->name);
    else if (x == y && (x->taped ? vector->lag == 0 : vector->lag % x->slots == 0))
        FAIL(check, "%s: the product of %s overwrites its vector", check->routine->name, matrix->name);
}

/* A table that a loop of this range looks up, for an index below `bound`. */
static void check_table(Check *check, const IntTable *table, long count, long bound) {
    const Program *program = check->program;
    if (table->index < 0 || table->index >= program->tables.count ||
        program->tables.at[table->index] != table)
        FAIL(check, "table %s is not in the program's list", table->name);
    if (table->count != count)
        FAIL(check, "%s: table %s has %d numbers for %ld", check->routine->name, table->name, table->count,
             count);
    for (int i = 0; i < table->count && !check->wrong; i++)
        if (table->values[i] < 0 || table->values[i] >= bound)
            FAIL(check, "%s: table %s leads out of its range", check->routine->name, table->name);
}

static void check_ranges(Check *check, const Statement *sweep, const Buffer *buffer, const int *index,
                         const IntTable *const *through) {
    for (int r = 0; r < buffer->rank && !check->wrong; r++) {
        if (index[r] < 0 && -1 - index[r] < dim_size(buffer->dims[r])) continue;
        if (index[r] < 0 || index[r] >= sweep->loops)
            FAIL(check, "%s: range %d of %s has no loop", check->routine->name, r, buffer->name);
        else if (through[r])
            check_table(check, through[r], dim_size(sweep->dims[index[r]]), dim_size(buffer->dims[r]));
        else if (!dim_equal(sweep->dims[index[r]], buffer->dims[r]))
            FAIL(check, "%s: range %d of %s doesn't fit its loop", check->routine->name, r, buffer->name);
    }
}

static void check_loops(Check *check, const Statement *sweep) {
    for (int l = 0; l < sweep->loops && !check->wrong; l++) {
        const IntTable *start = sweep->start[l];
        if (!start) continue;
        const int parent = sweep->parent[l];
        if (parent < 0 || parent >= l)
            FAIL(check, "%s: a ragged loop without an outer one", check->routine->name);
        else
            check_table(check, start, dim_size(sweep->dims[parent]) + 1, dim_size(sweep->dims[l]) + 1);
        for (int i = 1; i < start->count && !check->wrong; i++)
            if (start->values[i] < start->values[i - 1])
                FAIL(check, "%s: table %s doesn't ascend", check->routine->name, start->name);
    }
}

/* An entry may read what it writes only as itself, and a sum not at all. */
static void check_overlap(Check *check, const Statement *sweep, const Update *update, const Factor *factor) {
    const Buffer *out = update->out;
    const bool same_slot =
        factor->buffer == out && (out->taped ? factor->lag == 0 : factor->lag % out->slots == 0);
    if (!same_slot) return;
    bool itself = !update_sums(sweep, update);
    for (int r = 0; r < out->rank; r++)
        itself = itself && factor->index[r] == update->index[r] && factor->through[r] == update->through[r];
    if (!itself) FAIL(check, "%s: %s is read while it is overwritten", check->routine->name, out->name);
}

/* What is read step by step is on the tape, and its loop runs over the block. */
static void check_step(Check *check, const Statement *sweep, const Factor *factor) {
    if (!factor->step) return;
    const Dim *steps = check->program->steps;
    if (!steps || !factor->buffer->taped || factor->step > sweep->loops ||
        sweep->dims[factor->step - 1] != steps)
        FAIL(check, "%s: %s is no record of the block's steps", check->routine->name, factor->buffer->name);
}

static void check_update(Check *check, const Statement *sweep, const Update *update) {
    check_member(check, update->out);
    if (check->wrong) return;
    if (update->terms.count == 0)
        FAIL(check, "%s: an update of %s without terms", check->routine->name, update->out->name);
    check_ranges(check, sweep, update->out, update->index, update->through);
    if (update_sums(sweep, update) && sweep->updates.count > 1)
        FAIL(check, "%s: %s sums in a sweep of several updates", check->routine->name, update->out->name);
    for (int t = 0; t < update->terms.count; t++) {
        const Term *term = &update->terms.at[t];
        if (term->factors < 1 || term->factors > 4)
            FAIL(check, "%s: a term without factors", check->routine->name);
        for (int f = 0; f < term->factors && !check->wrong; f++) {
            check_read(check, term->factor[f].buffer, term->factor[f].lag);
            if (!check->wrong) check_step(check, sweep, &term->factor[f]);
            if (check->wrong) return;
            check_ranges(check, sweep, term->factor[f].buffer, term->factor[f].index,
                         term->factor[f].through);
            check_overlap(check, sweep, update, &term->factor[f]);
        }
    }
    if (update->accumulate && !is_carried(update->out)) check_read(check, update->out, 0);
    check_write(check, update->out);
}

static void check_sweep(Check *check, const Statement *sweep) {
    if (sweep->loops < 0 || sweep->loops > MOST_LOOPS)
        FAIL(check, "%s: a sweep of %d loops", check->routine->name, sweep->loops);
    check_loops(check, sweep);
    for (int u = 0; u < sweep->updates.count && !check->wrong; u++)
        check_update(check, sweep, &sweep->updates.at[u]);
}

/* The values of all pairs of a list. */
static long values_of(const PairRows *rows, const IntTable *first) {
    long values = 0;
    for (long j = 0; j < dim_size(rows->rows); j++)
        values += (first->values[j + 1] - first->values[j]) *
                  (rows->csr ? rows->csr->pattern->start[j + 1] - rows->csr->pattern->start[j]
                             : dim_size(rows->columns));
    return values;
}

static void check_within(Check *check, const PairRows *rows, const IntTable *at, const IntTable *first) {
    for (long j = 0; j < dim_size(rows->rows) && !check->wrong; j++)
        for (int o = rows->op_first->values[j]; o < rows->op_first->values[j + 1]; o++)
            if (at->values[o] >= first->values[j + 1] - first->values[j])
                FAIL(check, "%s: table %s leads out of its row", check->routine->name, at->name);
}

static void check_operations(Check *check, const PairRows *rows) {
    const int count = rows->op_entry->count;
    check_table(check, rows->op_first, dim_size(rows->rows) + 1, count + 1);
    check_table(check, rows->op_entry, count, buffer_entries(rows->operator));
    check_table(check, rows->source, dim_size(rows->rows) + 1, INT_MAX);
    check_table(check, rows->op_pair, count, INT_MAX);
    check_table(check, rows->op_row, count, INT_MAX);
    check_within(check, rows, rows->op_pair, rows->first);
    check_within(check, rows, rows->op_row, rows->source);
    if (rows->kind != ROWS_OUTER && !rows->work)
        FAIL(check, "%s: no room for %s", check->routine->name, rows->out->name);
}

static void check_rows(Check *check, const PairRows *rows) {
    const bool pull = rows->kind == ROWS_PULL;
    check_read(check, rows->operator, 0);
    if (rows->in.buffer) check_read(check, rows->in.buffer, rows->in.lag);
    if (check->wrong) return;
    check_table(check, rows->first, dim_size(rows->rows) + 1, INT_MAX);
    if (check->wrong) return;
    if (pull)
        check_table(check, rows->unit, rows->first->values[rows->first->count - 1],
                    rows->operator->rank ? buffer_entries(rows->operator) : INT_MAX);
    else
        check_operations(check, rows);
    if (check->wrong) return;
    const Buffer *masked = pull ? rows->in.buffer : rows->out;
    if (buffer_entries(masked) != values_of(rows, rows->first))
        FAIL(check, "%s: %s has other pairs", check->routine->name, masked->name);
    if (rows->kind == ROWS_MIX && buffer_entries(rows->in.buffer) != values_of(rows, rows->source))
        FAIL(check, "%s: %s has other pairs", check->routine->name, rows->in.buffer->name);
    check_write(check, rows->out);
}

static void check_diagonal(Check *check, const Buffer *store) {
    check_member(check, store);
    if (check->wrong) return;
    const int rank = buffer_ranges(check->program, store);
    if (rank < 2 || !dim_equal(store->dims[rank - 1], store->dims[rank - 2]))
        FAIL(check, "%s: %s has no diagonal", check->routine->name, store->name);
}

static void check_part(Check *check, const Placed *placed, const Placed *like) {
    if (!placed->buffer) return;
    check_read(check, placed->buffer, placed->lag);
    if (!check->wrong && like && like->buffer &&
        buffer_entries(placed->buffer) != buffer_entries(like->buffer))
        FAIL(check, "%s: %s and %s have different lengths", check->routine->name, placed->buffer->name,
             like->buffer->name);
}

static void check_side(Check *check, const Mix *mix, int count, const MixPart *parts) {
    for (int i = 0; i < count && !check->wrong; i++) {
        const Placed *like = NULL;
        for (int k = 0; k <= mix->terms; k++) {
            check_part(check, &parts[i].vector[k], like);
            if (!like && parts[i].vector[k].buffer) like = &parts[i].vector[k];
        }
        check_part(check, &parts[i].outer[0], NULL);
        check_part(check, &parts[i].outer[1], NULL);
    }
}

static void check_mix(Check *check, const Mix *mix) {
    check_side(check, mix, mix->left.count, mix->left.at);
    check_side(check, mix, mix->right.count, mix->right.at);
    const long size = mix->terms + 1;
    if (check->wrong) return;
    if (mix->terms < 1 || mix->terms > 16 || (!mix->least_variance && mix->terms != 1) ||
        buffer_entries(mix->left_gram) != size * size || buffer_entries(mix->right_gram) != size * size ||
        buffer_entries(mix->left_mix) != mix->terms * size ||
        buffer_entries(mix->right_mix) != mix->terms * size)
        FAIL(check, "%s: a mixture of %d products", check->routine->name, mix->terms);
    check_write(check, mix->left_gram);
    check_write(check, mix->right_gram);
    check_write(check, mix->left_mix);
    check_write(check, mix->right_mix);
}

/* Nothing that a step of the next chunk reads may have been written before the border was drawn, and nothing
 * of this one after it. */
static void check_forget(Check *check, const Statement *statement) {
    const char *routine = check->routine->name;
    if (statement->period < 1) FAIL(check, "%s: a chunk of %d steps", routine, statement->period);
    for (int i = 0; i < statement->forgotten.count && !check->wrong; i++) {
        const Buffer *buffer = statement->forgotten.at[i];
        check_member(check, buffer);
        if (check->wrong) return;
        if (buffer->taped || buffer->kind != (check->backward ? BUFFER_ADJOINT : BUFFER_INFLUENCE))
            FAIL(check, "%s forgets %s, which isn't carried by it", routine, buffer->name);
        else if (check->written[buffer->index] != check->backward)
            FAIL(check, "%s forgets %s at the wrong end of a step", routine, buffer->name);
    }
}

/* Borders of groups: from 0 to all `units`, ascending. */
static void check_borders(Check *check, const IntTable *borders, long units) {
    check_table(check, borders, borders->count, units + 1);
    if (check->wrong) return;
    if (borders->count < 2 || borders->values[0] != 0 || borders->values[borders->count - 1] != units)
        FAIL(check, "%s: the groups of %s aren't all units", check->routine->name, borders->name);
    for (int g = 1; g < borders->count; g++)
        if (borders->values[g] < borders->values[g - 1])
            FAIL(check, "%s: table %s doesn't ascend", check->routine->name, borders->name);
}

static void check_entrywise(Check *check, const Statement *statement) {
    const Buffer *from = statement->matrix, *to = statement->store;
    check_read(check, from, 0);
    check_write(check, to);
    if (check->wrong) return;
    if (from == to || from->csr != to->csr || buffer_entries(from) != buffer_entries(to))
        FAIL(check, "%s: %s and %s are not stored alike", check->routine->name, from->name, to->name);
    else if (statement->kind == STATEMENT_MEAN && from->rank != (from->csr ? 1 : 2))
        FAIL(check, "%s: the average of %s, which is no matrix", check->routine->name, from->name);
    else if (statement->kind == STATEMENT_MEAN) {
        check_borders(check, statement->groups.rows, dim_size(from->csr ? from->csr->rows : from->dims[0]));
        if (check->wrong) return;
        check_borders(check, statement->groups.columns,
                      dim_size(from->csr ? from->csr->cols : from->dims[1]));
    }
}

static void check_statement(Check *check, const Statement *statement) {
    check->statement++;
    switch (statement->kind) {
    case STATEMENT_MAP: check_map(check, statement); break;
    case STATEMENT_SUM:
    case STATEMENT_MAX: check_reduction(check, statement); break;
    case STATEMENT_PRODUCT: check_product(check, statement); break;
    case STATEMENT_SWEEP: check_sweep(check, statement); break;
    case STATEMENT_DIAGONAL: check_diagonal(check, statement->store); break;
    case STATEMENT_ROWS: check_rows(check, statement->rows); break;
    case STATEMENT_FORGET: check_forget(check, statement); break;
    case STATEMENT_MIX: check_mix(check, statement->mix); break;
    case STATEMENT_DRAW:
    case STATEMENT_CLEAR:
    case STATEMENT_CLIP: check_write(check, statement->store); break;
    case STATEMENT_SIGN:
    case STATEMENT_MEAN: check_entrywise(check, statement); break;
    }
}

static void check_statements(Check *check, const Routine *routine) {
    check->routine = routine;
    for (int i = 0; i < routine->statements.count && !check->wrong; i++)
        check_statement(check, routine->statements.at[i]);
}

static void check_routine(Check *check, const Routine *routine, bool backward) {
    check->backward = backward;
    check->written = arena_alloc(check->arena, (size_t)check->program->buffers.count + 1);
    check_statements(check, routine);
}

const char *program_verify(const Program *program, Arena *arena) {
    Check check = {.program = program, .arena = arena};
    const size_t nodes = (size_t)exprs_count(program->model->exprs) + 1;
    check.let = arena_alloc(arena, nodes * sizeof *check.let);
    check.seen = arena_alloc(arena, nodes * sizeof *check.seen);
    for (int i = 0; i < program->buffers.count; i++) {
        const Buffer *buffer = program->buffers.at[i];
        if (buffer->index != i || buffer->rank < 0 || buffer->rank > MOST_RANGES || buffer->slots < 1)
            return arena_printf(arena, "buffer %s has a wrong index, rank or number of slots", buffer->name);
    }
    check_routine(&check, &program->step, false);
    check_routine(&check, &program->refresh, false);
    if (program->has_tape) check_routine(&check, &program->backward, true);
    if (program->has_tape)
        check_statements(&check, &program->border); /* goes on where the last step back ended */
    return check.wrong;
}
