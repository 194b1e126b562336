/* Products taken ahead: where the step itself changes a matrix, the product that the next step begins with is
 * taken as soon as the matrix has changed, in the same pass over its rows.
 *
 * requires: a program that learns online, complete; its step evaluates maps before it changes parameters
 * keeps:    every number, bit by bit: it is the same sum of the same numbers
 * breaks:   a caller who changes parameters between two steps of a sequence runs `refresh` afterwards
 *
 * A step that learns online reads each weight for its product, then reads and writes it for its update:
 *
 *     u = R @ h[t-1]; …; R += l ⊗ ε          becomes          …; R += l ⊗ ε; u = R @ h
 *
 * and what the step reads is the product that the step before has left, u at lag 1. Before the first step it
 * is 0, as h is. A product stays where it is when its vector isn't known at the end of the step before (an
 * input, a state at lag 0), and when its matrix is changed by anything after its sweep, or by a sweep for
 * which there is no kernel that takes a product: nothing would be saved. */
#include "derive/program.h"

/* ---- who writes and reads ---- */

static bool writes(const Statement *statement, const Buffer *buffer) {
    if (statement->store == buffer || (statement->rows && statement->rows->out == buffer)) return true;
    for (int u = 0; u < statement->updates.count; u++)
        if (statement->updates.at[u].out == buffer) return true;
    return false;
}

static int last_that_writes(const Routine *step, const Buffer *buffer) {
    int i = step->statements.count - 1;
    while (i >= 0 && !writes(step->statements.at[i], buffer)) i--;
    return i;
}

static bool sweep_reads(const Statement *sweep, const Buffer *buffer) {
    for (int u = 0; u < sweep->updates.count; u++)
        for (int t = 0; t < sweep->updates.at[u].terms.count; t++) {
            const Term *term = &sweep->updates.at[u].terms.at[t];
            for (int f = 0; f < term->factors; f++)
                if (term->factor[f].buffer == buffer) return true;
        }
    return false;
}

static bool side_reads(int count, const MixPart *parts, int terms, const Buffer *buffer) {
    for (int p = 0; p < count; p++) {
        for (int i = 0; i <= terms; i++)
            if (parts[p].vector[i].buffer == buffer) return true;
        if (parts[p].outer[0].buffer == buffer || parts[p].outer[1].buffer == buffer) return true;
    }
    return false;
}

/* Other than through a node's place. */
static bool reads(const Statement *statement, const Buffer *buffer) {
    const PairRows *rows = statement->rows;
    const Mix *mix = statement->mix;
    return sweep_reads(statement, buffer) ||
           (rows && (rows->operator== buffer || rows->in.buffer == buffer)) ||
           (mix && (side_reads(mix->left.count, mix->left.at, mix->terms, buffer) ||
                    side_reads(mix->right.count, mix->right.at, mix->terms, buffer)));
}

/* Nodes are found where they are placed, so that only their places have to change. */
static bool is_read_by_place(const Routine *step, const Buffer *buffer) {
    for (int i = 0; i < step->statements.count; i++)
        if (reads(step->statements.at[i], buffer)) return false;
    return true;
}

/* ---- what may go ahead ---- */

/* A state's value of an earlier step, which was 0 before the first. */
static bool is_known_before(const Routine *step, const Expr *vector) {
    const Buffer *buffer = step->placed.at[vector->id].buffer;
    return vector->op == EXPR_USE && vector->lag > 0 && buffer->var == vector->var && buffer->initial == 0;
}

/* What varies along a row in a product of a vector over rows with a vector over columns, or with a matrix;
 * NULL: it is another product. */
static const Factor *along_row(const Term *term) {
    if (term->factors != 2) return NULL;
    const bool first = term->factor[0].buffer->rank == 1 && term->factor[0].index[0] == 0;
    const Factor *row = &term->factor[!first], *varying = &term->factor[first];
    const int rank = varying->buffer->rank;
    if (row->buffer->rank != 1 || row->index[0] != 0 || row->through[0]) return NULL;
    if (rank < 1 || rank > 2 || varying->index[rank - 1] != 1 || varying->through[rank - 1]) return NULL;
    return rank == 1 || (varying->index[0] == 0 && !varying->through[0]) ? varying : NULL;
}

/* e = a e + b x */
static bool is_trace(const Update *update) {
    if (update->accumulate || update->terms.count != 2 || update->out->slots != 1) return false;
    const Factor *one = along_row(&update->terms.at[0]), *two = along_row(&update->terms.at[1]);
    return one && two &&
           ((one->buffer == update->out && two->buffer->rank == 1) ||
            (two->buffer == update->out && one->buffer->rank == 1));
}

/* Whether the sweep is one call of a kernel that can take the product too: W += l x, or e = a e + b x and
 * W += l e. */
static bool is_one_pass(const Statement *sweep, const Buffer *matrix) {
    const int count = sweep->updates.count;
    if (sweep->kind != STATEMENT_SWEEP || sweep->loops != 2 || sweep->start[1] || count > 2) return false;
    const Update *update = sweep->updates.at, *learned = &update[count - 1];
    const Factor *varying = learned->terms.count == 1 ? along_row(&learned->terms.at[0]) : NULL;
    if (learned->out != matrix || !learned->accumulate || !varying) return false;
    if (count == 1) return varying->buffer->rank == 1;
    return is_trace(update) && varying->buffer == update->out && varying->lag == 0;
}

/* The sweep after which the product may be taken; -1: there is none. */
static int sweep_before(const Routine *step, const Statement *product) {
    if (product->kind != STATEMENT_PRODUCT || product->transposed || product->matrix->csr) return -1;
    if (product->matrix->kind != BUFFER_PARAM || product->store->kind != BUFFER_WORK) return -1;
    if (expr_is_event(product->node)) return -1; /* reads little where it is: the columns of events */
    if (!is_known_before(step, product->node) || !is_read_by_place(step, product->store)) return -1;
    const int last = last_that_writes(step, product->matrix);
    if (last < 0 || !is_one_pass(step->statements.at[last], product->matrix)) return -1;
    return program_product_at_hand(step, last) ? -1 : last; /* a pass takes one product */
}

/* ---- moving ---- */

/* The vector one step later, which is what the next step will find at its lag. */
static const Expr *vector_of_next(Program *program, const Expr *vector) {
    Routine *step = &program->step;
    const Placed now = step->placed.at[vector->id];
    const Expr *later = expr_use(program->model->exprs, vector->var, vector->lag - 1, 0);
    while (step->placed.count <= later->id) vec_push(program->arena, &step->placed, (Placed){0});
    step->placed.at[later->id] = (Placed){now.buffer, now.lag - 1};
    return later;
}

static Statement *product_of_next(Program *program, const Statement *product) {
    Statement *later = arena_new_of(program->arena, Statement);
    *later = *product;
    later->node = vector_of_next(program, product->node);
    later->comment = arena_printf(program->arena, "the next step's %s", product->comment);
    return later;
}

static void read_at_lag_1(Routine *step, const Buffer *buffer) {
    for (int i = 0; i < step->placed.count; i++)
        if (step->placed.at[i].buffer == buffer) step->placed.at[i].lag = 1;
}

/* The statement at `from` leaves; `statement` comes right after the one at `to`, which is later. */
static void move(Routine *step, int from, int to, Statement *statement) {
    for (int i = from; i < to; i++) step->statements.at[i] = step->statements.at[i + 1];
    step->statements.at[to] = statement;
}

void program_take_ahead(Program *program) {
    Routine *step = &program->step;
    program->refresh.name = "refresh";
    for (int i = 0; i < step->statements.count; i++) {
        Statement *product = step->statements.at[i];
        const int sweep = sweep_before(step, product);
        if (sweep < i) continue;
        product->store->kind = BUFFER_STATE;
        product->store->comment = "for the next step, taken ahead";
        read_at_lag_1(step, product->store);
        move(step, i--, sweep, product_of_next(program, product));
        vec_push(program->arena, &program->refresh.statements, product);
    }
    program->refresh.placed = step->placed;
}

/* ---- one pass ---- */

/* What the sweep makes of one row is all that the product wants to know of it. */
const Statement *program_product_at_hand(const Routine *routine, int index) {
    if (index + 1 >= routine->statements.count) return NULL;
    const Statement *sweep = routine->statements.at[index], *product = routine->statements.at[index + 1];
    if (sweep->kind != STATEMENT_SWEEP || product->kind != STATEMENT_PRODUCT || product->transposed)
        return NULL;
    const Buffer *vector = routine->placed.at[product->node->id].buffer;
    const bool apart = writes(sweep, vector) || reads(sweep, product->store) || writes(sweep, product->store);
    return writes(sweep, product->matrix) && !apart ? product : NULL;
}
