/* What the way back leaves on the tape, and the sweeps over all of its steps. */
#include "derive/border.h"

static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};

const Dim *border_steps(Arena *arena, int block) {
    Dim *dim = arena_new_of(arena, Dim);
    *dim = (Dim){.name = "K", .value = block};
    return dim;
}

/* The value of this step, where the border finds it: in the step's record. */
static Placed tape(Carrying *carrying, const Expr *e, const char *hint) {
    Lowering *low = carrying->low;
    const Expr *node = lowering_canonical(low, e);
    if (node->op == EXPR_USE && !schedule_is_maximum(node)) {
        const Placed place = schedule_place(low->backward, node, hint);
        if (place.buffer->taped) return place;
    }
    for (int i = 0; i < low->program->roots.count; i++) {
        Buffer *root = low->program->roots.at[i];
        if (root->taped && lowering_canonical(low, root->var->definition) == node) return (Placed){root, 0};
    }
    for (int i = 0; i < low->backward->requests.count; i++) {
        const Request *request = &low->backward->requests.at[i];
        if (request->node == node && request->store->taped) return (Placed){request->store, 0};
    }
    Buffer *buffer = program_buffer(low->program, BUFFER_WORK, hint, 1, &node->dim);
    buffer->taped = true;
    schedule_store(low->backward, node, buffer);
    return (Placed){buffer, 0};
}

/* The last factor is read from the records of all steps, one after the other. */
static void by_step(const Sweep *sweep) {
    Update *update = &sweep->statement->updates.at[sweep->statement->updates.count - 1];
    Term *term = &update->terms.at[update->terms.count - 1];
    term->factor[term->factors - 1].step = 1 + sweep->loop[ROLE_SOURCE];
}

static void step_factor(Sweep *sweep, Placed place, Role role) {
    sweep_vector(sweep, place, role);
    by_step(sweep);
}

/* What the use multiplies, where it multiplies anything. */
static void step_operand(Carrying *carrying, Sweep *sweep, const Var *param, const Expr *start) {
    const char *hint = arena_printf(carrying->arena, "u_%s", param->label);
    if (start->op == EXPR_MATVEC) step_factor(sweep, tape(carrying, start->kid[0], hint), ROLE_COLUMN);
}

void border_outer(Carrying *carrying, Buffer *out, const Var *param, const Expr *left, const Expr *start,
                  const char *hint, const char *equation) {
    const Dim *dims[2];
    carry_entry_dims(carrying, param, dims);
    Sweep sweep = carry_entry_sweep(carrying, param, NULL, carrying->derivation->program->steps, true);
    sweep_update(&sweep, out, 2, row_column, dims, true)->equation = equation;
    sweep_term(&sweep);
    step_factor(&sweep, tape(carrying, left, hint), ROLE_ROW);
    step_operand(carrying, &sweep, param, start);
    vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
}

void border_outer_matrix(Carrying *carrying, Buffer *out, const Dim *units, const Var *param, Buffer *left,
                         const Expr *start, const char *equation) {
    static const Role unit_row_column[3] = {ROLE_UNIT, ROLE_ROW, ROLE_COLUMN},
                      unit_row[2] = {ROLE_UNIT, ROLE_ROW};
    const Dim *dims[3] = {units}, *left_dims[2] = {units, param->rows};
    carry_entry_dims(carrying, param, dims + 1);
    Sweep sweep = carry_entry_sweep(carrying, param, units, carrying->derivation->program->steps, true);
    sweep_update(&sweep, out, 3, unit_row_column, dims, true)->equation = equation;
    sweep_term(&sweep);
    sweep_factor(&sweep, (Placed){left, 0}, 2, unit_row, left_dims);
    by_step(&sweep);
    step_operand(carrying, &sweep, param, start);
    vec_push(carrying->arena, &carrying->sweeps, sweep.statement);
}
