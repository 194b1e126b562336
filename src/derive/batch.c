#include "derive/batch.h"

typedef struct Batch {
    Program *program;
    const Dim *lanes;
    bool *differs; /* by buffer index: each sequence has its own */
    bool changed;
} Batch;

enum { ROUTINES = 3 };

static const Routine *routine_of(const Program *program, int which) {
    return which == 0 ? &program->step : which == 1 ? &program->backward : &program->border;
}

const char *program_lanes_refused(const Program *program) {
    if (program->sample > 0) return "steps that teach are drawn for one sequence";
    for (int q = 0; q < ROUTINES; q++)
        for (int i = 0; i < routine_of(program, q)->statements.count; i++) {
            const StatementKind kind = routine_of(program, q)->statements.at[i]->kind;
            if (kind == STATEMENT_ROWS) return "a masked influence is held for one sequence";
            if (kind == STATEMENT_MIX || kind == STATEMENT_DRAW)
                return "an estimate is drawn for one sequence";
        }
    return NULL;
}

/* ---- what differs between sequences ---- */

static const Placed *place_of(const Routine *routine, const Expr *e) {
    if (e->id >= routine->placed.count || !routine->placed.at[e->id].buffer) return NULL;
    return &routine->placed.at[e->id];
}

static bool expression_differs(const Batch *batch, const Routine *routine, const Expr *e,
                               const Buffer *fills) {
    const Placed *place = place_of(routine, e);
    if (place && !(place->buffer == fills && place->lag == 0)) return batch->differs[place->buffer->index];
    const int kids = e->op == EXPR_FUNCTION ? 1 : e->kids;
    for (int i = 0; i < kids; i++)
        if (expression_differs(batch, routine, e->kid[i], NULL)) return true;
    return false;
}

static bool update_differs(const Batch *batch, const Update *update) {
    for (int t = 0; t < update->terms.count; t++)
        for (int f = 0; f < update->terms.at[t].factors; f++)
            if (batch->differs[update->terms.at[t].factor[f].buffer->index]) return true;
    return batch->differs[update->out->index];
}

/* A map is done for each sequence as soon as anything in it is. */
static bool statement_differs(const Batch *batch, const Routine *routine, const Statement *statement) {
    if (statement->store && batch->differs[statement->store->index]) return true;
    if (statement->matrix && batch->differs[statement->matrix->index]) return true;
    if (statement->node && expression_differs(batch, routine, statement->node, NULL)) return true;
    for (int i = 0; i < statement->lets.count; i++) {
        const Let *let = &statement->lets.at[i];
        if (let->store && batch->differs[let->store->index]) return true;
        if (expression_differs(batch, routine, let->node, let->store)) return true;
    }
    return false;
}

static void mark(Batch *batch, const Buffer *buffer) {
    if (!buffer || buffer->kind <= BUFFER_FIXED || batch->differs[buffer->index]) return;
    batch->differs[buffer->index] = batch->changed = true;
}

static void mark_written(Batch *batch, const Routine *routine, const Statement *statement) {
    if (statement_differs(batch, routine, statement)) {
        mark(batch, statement->store);
        for (int i = 0; i < statement->lets.count; i++) mark(batch, statement->lets.at[i].store);
    }
    for (int u = 0; u < statement->updates.count; u++)
        if (update_differs(batch, &statement->updates.at[u])) mark(batch, statement->updates.at[u].out);
}

/* Work that follows from parameters alone is the same for all. */
static void find_differences(Batch *batch) {
    for (int i = 0; i < batch->program->buffers.count; i++) {
        const Buffer *buffer = batch->program->buffers.at[i];
        if (buffer->kind != BUFFER_WORK && buffer != batch->program->rate) mark(batch, buffer);
    }
    do {
        batch->changed = false;
        for (int q = 0; q < ROUTINES; q++) {
            const Routine *routine = routine_of(batch->program, q);
            for (int i = 0; i < routine->statements.count; i++)
                mark_written(batch, routine, routine->statements.at[i]);
        }
    } while (batch->changed);
}

/* ---- statements ---- */

static void index_lanes(const Batch *batch, const Buffer *buffer, int *index, int loop) {
    if (batch->differs[buffer->index]) index[buffer->rank - 1] = loop;
}

/* What is learned grows by each sequence's part, and by one that is the same for all as often. */
static bool is_learned(const Update *update) { return update->out->kind <= BUFFER_GRADIENT; }

static bool wants_lanes(const Batch *batch, const Update *update) {
    return is_learned(update) || update_differs(batch, update);
}

static void add_lanes(const Batch *batch, Statement *sweep) {
    const int loop = sweep->loops++;
    sweep->dims[loop] = batch->lanes;
    for (int u = 0; u < sweep->updates.count; u++) {
        Update *update = &sweep->updates.at[u];
        index_lanes(batch, update->out, update->index, loop);
        for (int t = 0; t < update->terms.count; t++)
            for (int f = 0; f < update->terms.at[t].factors; f++) {
                Factor *factor = &update->terms.at[t].factor[f];
                index_lanes(batch, factor->buffer, factor->index, loop);
            }
    }
}

typedef VEC(Statement *) Statements;

static Statement *alone(const Batch *batch, const Statement *sweep, int update) {
    Statement *one = arena_new_of(batch->program->arena, Statement);
    *one = *sweep;
    one->updates.at = NULL, one->updates.count = one->updates.capacity = 0;
    if (update > 0) one->comment = NULL;
    vec_push(batch->program->arena, &one->updates, sweep->updates.at[update]);
    return one;
}

/* Updates stay together where each is done for each sequence. A sum over the lanes stands alone, and so does
 * what knows of none: entry by entry they were in this order anyway. */
static void rewrite_sweep(const Batch *batch, Statement *sweep, Statements *out) {
    Arena *arena = batch->program->arena;
    bool together = true;
    for (int u = 0; u < sweep->updates.count; u++)
        together = together && batch->differs[sweep->updates.at[u].out->index];
    if (together || sweep->updates.count < 2) {
        if (wants_lanes(batch, &sweep->updates.at[0])) add_lanes(batch, sweep);
        vec_push(arena, out, sweep);
        return;
    }
    for (int u = 0; u < sweep->updates.count; u++) {
        Statement *one = alone(batch, sweep, u);
        if (wants_lanes(batch, &one->updates.at[0])) add_lanes(batch, one);
        vec_push(arena, out, one);
    }
}

/* Matrix times matrix: loop 0 over the result's units, loop 1 over those that are summed. */
static void product_to_sweep(const Batch *batch, const Routine *routine, Statement *product) {
    const Placed *vector = place_of(routine, product->node);
    const int row = product->transposed ? 1 : 0;
    Update update = {.out = product->store, .index = {0}};
    Term term = {.factors = 2,
                 .factor = {{.buffer = product->matrix, .index = {row, !row}},
                            {.buffer = vector->buffer, .lag = vector->lag, .index = {1}}}};
    vec_push(batch->program->arena, &update.terms, term);
    *product = (Statement){.kind = STATEMENT_SWEEP,
                           .comment = product->comment,
                           .loops = 2,
                           .dims = {product->store->dims[0], vector->buffer->dims[0]}};
    vec_push(batch->program->arena, &product->updates, update);
}

static void rewrite(const Batch *batch, Routine *routine) {
    Statements out = {0};
    for (int i = 0; i < routine->statements.count; i++) {
        Statement *statement = routine->statements.at[i];
        const bool differs = statement_differs(batch, routine, statement);
        if (differs && statement->kind == STATEMENT_PRODUCT && !statement->matrix->csr)
            product_to_sweep(batch, routine, statement);
        if (statement->kind == STATEMENT_SWEEP) {
            rewrite_sweep(batch, statement, &out);
            continue;
        }
        if (differs) statement->lanes = batch->lanes;
        vec_push(batch->program->arena, &out, statement);
    }
    routine->statements.at = out.at;
    routine->statements.count = out.count;
    routine->statements.capacity = out.capacity;
}

void program_set_lanes(Program *program, int lanes) {
    Dim *dim = arena_new_of(program->arena, Dim);
    *dim = (Dim){"B", lanes};
    Batch batch = {.program = program, .lanes = dim};
    batch.differs = arena_alloc(program->arena, (size_t)program->buffers.count + 1);
    find_differences(&batch);
    for (int i = 0; i < program->buffers.count; i++) {
        Buffer *buffer = program->buffers.at[i];
        if (batch.differs[i]) buffer->dims[buffer->rank++] = dim;
    }
    rewrite(&batch, &program->step);
    rewrite(&batch, &program->backward);
    rewrite(&batch, &program->border);
    program->lanes = dim;
    program->name = arena_printf(program->arena, "%s_batch_%d", program->name, lanes);
}
