/* Matrices that stand for parameters, in a program: where they are kept, and how they come about.
 *
 * Random ones are the caller's. Signs and averages follow from the parameters, so each routine that reads one
 * makes it before anything else. A follower is changed wherever what it follows is, by the same terms. */
#include "derive/carry.h"

/* ---- buffers ---- */

static const char *name_of(Arena *arena, const Stand *stand) {
    if (stand->kind == STAND_SIGN) return arena_printf(arena, "sign_%s", stand->matrix->label);
    if (stand->kind == STAND_MEAN) return arena_printf(arena, "mean_%s", stand->matrix->label);
    return stand->var->label;
}

void carry_bind_stands(Carrying *carrying, const View *view) {
    for (int i = 0; i < view->stands.count; i++) {
        const Stand *stand = &view->stands.at[i];
        if (stand->kind == STAND_FOLLOWS) continue; /* lowering.c: it lies with the parameters */
        const Csr *csr = carry_csr(carrying, stand->matrix);
        const Dim *dims[2] = {csr ? NULL : stand->var->rows, csr ? csr->entries : stand->var->cols};
        const bool drawn = stand->kind == STAND_RANDOM;
        Buffer *buffer = program_buffer(carrying->derivation->program, drawn ? BUFFER_FIXED : BUFFER_WORK,
                                        name_of(carrying->arena, stand), 2, dims);
        buffer->label = stand->var->label;
        buffer->csr = csr;
        if (drawn) {
            buffer->var = stand->var;
            buffer->comment = arena_printf(
                carrying->arena, "random, stands for %s where derivatives cross it; it doesn't learn",
                stand->matrix->label);
        }
        lowering_bind(carrying->low, stand->var, buffer);
    }
}

/* ---- signs and averages ---- */

static bool reads(const Statement *statement, const Buffer *buffer) {
    if (statement->matrix == buffer) return true;
    for (int u = 0; u < statement->updates.count; u++)
        for (int t = 0; t < statement->updates.at[u].terms.count; t++) {
            const Term *term = &statement->updates.at[u].terms.at[t];
            for (int f = 0; f < term->factors; f++)
                if (term->factor[f].buffer == buffer) return true;
        }
    return false;
}

static bool is_read_in(const Routine *routine, const Buffer *buffer) {
    for (int i = 0; i < routine->statements.count; i++)
        if (reads(routine->statements.at[i], buffer)) return true;
    return false;
}

/* Where each group of rows (or columns) begins: its populations, or all units. */
static const IntTable *borders_of(Carrying *carrying, const Stand *stand, bool columns) {
    const Model *model = carrying->derivation->model;
    Arena *arena = carrying->arena;
    const Var *matrix = stand->matrix;
    const Units units = columns ? stand->columns : stand->rows;
    int *border = arena_alloc(arena, sizeof(int) * (size_t)(model->populations.count + 2)), count = 1;
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        if (units_have(units, population)) border[count++] = (int)dim_share(units.dim, population->to);
    }
    if (count == 1) border[count++] = (int)dim_size(units.dim);
    const char *what = columns ? "columns" : "rows";
    return program_table(carrying->derivation->program,
                         arena_printf(arena, "%s_groups_of_%s", matrix->label, what), count, border,
                         arena_printf(arena, "where each group of %s of %s begins", what, matrix->label));
}

static Statement *made_from_matrix(Carrying *carrying, const Stand *stand, Buffer *buffer) {
    const Var *matrix = stand->matrix;
    Statement *statement = arena_new_of(carrying->arena, Statement);
    statement->store = buffer;
    statement->matrix = lowering_buffer_of(carrying->low, matrix);
    statement->kind = stand->kind == STAND_SIGN ? STATEMENT_SIGN : STATEMENT_MEAN;
    statement->comment = arena_printf(carrying->arena, "%s: stands for %s where derivatives cross it",
                                      stand->var->label, matrix->label);
    if (stand->kind == STAND_MEAN)
        statement->groups = (Groups){borders_of(carrying, stand, false), borders_of(carrying, stand, true),
                                     matrix->zero_diagonal && !buffer->csr};
    return statement;
}

static void put_first(Arena *arena, Routine *routine, Statement *statement) {
    vec_push(arena, &routine->statements, statement);
    for (int i = routine->statements.count - 1; i > 0; i--)
        routine->statements.at[i] = routine->statements.at[i - 1];
    routine->statements.at[0] = statement;
}

static void write_made(Carrying *carrying, const Stand *stand) {
    Program *program = carrying->derivation->program;
    Routine *const routines[3] = {&program->step, &program->backward, &program->border};
    Buffer *buffer = lowering_buffer_of(carrying->low, stand->var);
    Statement *statement = NULL;
    for (int r = 0; r < 3; r++) {
        if (!is_read_in(routines[r], buffer)) continue;
        if (!statement) statement = made_from_matrix(carrying, stand, buffer);
        put_first(carrying->arena, routines[r], statement);
    }
}

/* ---- followers ---- */

/* The update of `leader`, made to `follower`. */
static Update twin_of(const Update *update, Buffer *follower) {
    Update twin = *update;
    twin.out = follower;
    twin.equation = NULL;
    return twin;
}

typedef struct Pair { /* what updates of `leader` are made to as well */
    const Buffer *leader;
    Buffer *follower;
} Pair;

/* A statement that changes nothing but the leader, made to the follower; NULL where it isn't one. */
static Statement *twin_statement(Arena *arena, const Statement *statement, Pair pair) {
    const bool rows = statement->kind == STATEMENT_ROWS && statement->rows->out == pair.leader;
    const bool entries = statement->store == pair.leader; /* a clip, a diagonal */
    const bool alone = statement->updates.count == 1 && statement->updates.at[0].out == pair.leader;
    if (!rows && !entries && !alone) return NULL;
    Statement *twin = arena_new_of(arena, Statement);
    *twin = *statement;
    twin->comment = arena_printf(arena, "%s follows %s", pair.follower->label, pair.leader->label);
    if (entries) twin->store = pair.follower;
    if (rows) {
        twin->rows = arena_new_of(arena, PairRows);
        *twin->rows = *statement->rows;
        twin->rows->out = pair.follower;
    }
    if (alone) {
        twin->updates.at = NULL;
        twin->updates.count = twin->updates.capacity = 0;
        vec_push(arena, &twin->updates, twin_of(&statement->updates.at[0], pair.follower));
    }
    return twin;
}

/* In a sweep of several updates, whose order counts, each of the leader's gets its twin next to it. */
static void twin_updates(Arena *arena, Statement *sweep, Pair pair) {
    const Statement before = *sweep;
    sweep->updates.at = NULL;
    sweep->updates.count = sweep->updates.capacity = 0;
    for (int u = 0; u < before.updates.count; u++) {
        const Update *update = &before.updates.at[u];
        vec_push(arena, &sweep->updates, *update);
        if (update->out == pair.leader) vec_push(arena, &sweep->updates, twin_of(update, pair.follower));
    }
}

static void follow_in(Carrying *carrying, Routine *routine, Pair pair) {
    const Routine before = *routine;
    routine->statements.at = NULL;
    routine->statements.count = routine->statements.capacity = 0;
    for (int i = 0; i < before.statements.count; i++) {
        Statement *statement = before.statements.at[i];
        Statement *twin = twin_statement(carrying->arena, statement, pair);
        if (!twin) twin_updates(carrying->arena, statement, pair);
        vec_push(carrying->arena, &routine->statements, statement);
        if (twin) vec_push(carrying->arena, &routine->statements, twin);
    }
}

void carry_write_stands(Carrying *carrying, const View *view) {
    Program *program = carrying->derivation->program;
    for (int i = 0; i < view->stands.count; i++) {
        const Stand *stand = &view->stands.at[i];
        if (stand->kind == STAND_SIGN || stand->kind == STAND_MEAN) write_made(carrying, stand);
        if (stand->kind != STAND_FOLLOWS) continue;
        const Pair pair = {carry_gradient_of(carrying, stand->matrix),
                           carry_gradient_of(carrying, stand->var)};
        follow_in(carrying, &program->step, pair);
        follow_in(carrying, &program->backward, pair);
        follow_in(carrying, &program->border, pair);
    }
}
