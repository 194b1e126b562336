#include "derive/sweep.h"

Sweep sweep_new(Arena *arena, const Dim *const dims[ROLE_COUNT]) {
    Sweep sweep = {.arena = arena, .statement = arena_new_of(arena, Statement)};
    sweep.statement->kind = STATEMENT_SWEEP;
    /* units outermost, then rows, sources, columns: the innermost loop runs over what is contiguous */
    static const Role order[ROLE_COUNT] = {ROLE_UNIT, ROLE_SOURCE, ROLE_ROW, ROLE_COLUMN};
    for (int i = 0; i < ROLE_COUNT; i++) {
        Role role = order[i];
        sweep.loop[role] = -1;
        if (!dims[role]) continue;
        sweep.loop[role] = sweep.statement->loops;
        sweep.statement->dims[sweep.statement->loops++] = dims[role];
    }
    return sweep;
}

static void set_index(const Sweep *sweep, int index[3], int count, const Role *roles,
                      const Dim *const *dims) {
    int n = 0;
    for (int i = 0; i < count; i++)
        if (dims[i]) index[n++] = sweep->loop[roles[i]];
}

Update *sweep_update(Sweep *sweep, Buffer *out, int count, const Role *roles, const Dim *const *dims,
                     bool accumulate) {
    Update update = {.out = out, .accumulate = accumulate};
    set_index(sweep, update.index, count, roles, dims);
    vec_push(sweep->arena, &sweep->statement->updates, update);
    return &sweep->statement->updates.at[sweep->statement->updates.count - 1];
}

static Update *last_update(Sweep *sweep) {
    return &sweep->statement->updates.at[sweep->statement->updates.count - 1];
}

void sweep_term(Sweep *sweep) {
    Update *update = last_update(sweep);
    vec_push(sweep->arena, &update->terms, (Term){0});
}

Factor *sweep_factor(Sweep *sweep, Placed place, int count, const Role *roles, const Dim *const *dims) {
    Update *update = last_update(sweep);
    Term *term = &update->terms.at[update->terms.count - 1];
    Factor *factor = &term->factor[term->factors++];
    factor->buffer = place.buffer;
    factor->lag = place.lag;
    set_index(sweep, factor->index, count, roles, dims);
    return factor;
}

void sweep_vector(Sweep *sweep, Placed place, Role role) {
    Factor *factor = sweep_factor(sweep, place, place.buffer->rank, &role, place.buffer->dims);
    if (role == ROLE_COLUMN && place.buffer->rank) factor->through[0] = sweep->column;
}

void sweep_along(Sweep *sweep, Role entries, const Csr *csr, Role row) {
    const int loop = sweep->loop[entries];
    sweep->statement->start[loop] = csr->start;
    sweep->statement->parent[loop] = sweep->loop[row];
}

void sweep_by_rows(Sweep *sweep, const Csr *csr) {
    sweep->column = csr->column;
    sweep_along(sweep, ROLE_COLUMN, csr, ROLE_ROW);
}
