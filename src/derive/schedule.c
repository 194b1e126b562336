/* From requests to the list of nodes to compute: what is placed already, what the tape must hold. */
#include "derive/schedule.h"

bool schedule_is_maximum(const Expr *e) {
    return e->op == EXPR_USE && e->var->kind == VAR_VALUE && e->var->definition;
}

bool schedule_is_barrier(const Expr *e) {
    return (expr_is_station(e) && e->op != EXPR_BROADCAST) || schedule_is_maximum(e);
}

bool schedule_is_constant(const Expr *e) { return e->op == EXPR_CONST || e->op == EXPR_SIZE; }

static Placed *placed_slot(Schedule *schedule, const Expr *node) {
    Routine *routine = schedule->routine;
    while (routine->placed.count <= node->id) vec_push(schedule->low->arena, &routine->placed, (Placed){0});
    return &routine->placed.at[node->id];
}

static Buffer *known_history(const Lowering *low, const Var *var) {
    for (int i = 0; i < low->histories.count; i++)
        if (low->histories.at[i].var == var) return low->histories.at[i].buffer;
    return NULL;
}

bool lowering_keeps(const Lowering *low, const Var *var) { return known_history(low, var) != NULL; }

/* Values at earlier steps, or on the tape, of what is no root: an input (a copy that the step makes) or a
 * slope. */
static Buffer *history(Lowering *low, const Var *var) {
    Buffer *buffer = known_history(low, var);
    if (buffer) return buffer;
    const bool input = var->kind == VAR_INPUT;
    const char *name = input ? arena_printf(low->arena, "past_%s", var->label) : var->label;
    buffer = program_buffer(low->program, BUFFER_STATE, name, 1, &var->rows);
    buffer->slots = var->max_lag + 1;
    buffer->taped = low->program->has_tape;
    if (!input) buffer->comment = "a derivative of this step, for later ones";
    vec_push(low->arena, &low->histories, ((VarPlace){var, buffer}));
    schedule_store(low->step, input ? expr_use(low->exprs, var, 0, 0) : var->definition, buffer);
    return buffer;
}

/* Where a leaf's value is found in this routine. */
static Placed leaf_place(Schedule *schedule, const Expr *use) {
    const Var *var = use->var;
    if (var->kind == VAR_SLOPE || (var->kind == VAR_INPUT && (schedule->reads_tape || use->lag > 0)))
        return (Placed){history(schedule->low, var), use->lag};
    return (Placed){lowering_buffer_of(schedule->low, var), use->lag};
}

/* ---- the tape ---- */

enum { UNKNOWN, FREE, READS };

/* Does the value depend on an adjoint (so that only the backward routine can know it)? */
static bool reads_adjoint(Lowering *low, const Expr *e) {
    while (low->reads_adjoint.count <= e->id) vec_push(low->arena, &low->reads_adjoint, UNKNOWN);
    if (low->reads_adjoint.at[e->id] != UNKNOWN) return low->reads_adjoint.at[e->id] == READS;
    bool reads = e->op == EXPR_USE && e->var->kind == VAR_ADJOINT;
    if (schedule_is_maximum(e)) reads = reads_adjoint(low, e->var->definition);
    for (int i = 0; i < e->kids && !reads; i++) reads = reads_adjoint(low, e->kid[i]);
    low->reads_adjoint.at[e->id] = reads ? READS : FREE;
    return reads;
}

static bool is_costly(ExprOp op) {
    return op == EXPR_POW || (op >= EXPR_EXP && op <= EXPR_TANH) || (op >= EXPR_SOFTPLUS && op <= EXPR_COS);
}

/* Recomputing a cheap node from what the tape has is fine unless that would put a product's result there
 * instead. */
static bool worth_recomputing(const Lowering *low, const Expr *e) {
    if (schedule_is_constant(e) || (e->op == EXPR_USE && !schedule_is_maximum(e))) return true;
    if (lowering_name(low, e) || schedule_is_barrier(e)) return false;
    if (is_costly(e->op) && !(e->op == EXPR_POW && e->kid[1]->op == EXPR_CONST)) return false;
    for (int i = 0; i < e->kids; i++) {
        const Expr *kid = e->kid[i]->op == EXPR_BROADCAST ? e->kid[i]->kid[0] : e->kid[i];
        if (schedule_is_barrier(kid) && !lowering_name(low, kid)) return false;
    }
    return true;
}

static void put_on_tape(Schedule *schedule, const Expr *node) {
    Lowering *low = schedule->low;
    for (int i = 0; i < low->program->roots.count; i++) {
        Buffer *root = low->program->roots.at[i];
        if (root->taped && lowering_canonical(low, root->var->definition) == node) {
            *placed_slot(schedule, node) = (Placed){root, 0};
            return;
        }
    }
    const char *name = lowering_name(low, node);
    if (!name) name = arena_printf(low->arena, "kept%d", node->id);
    Buffer *buffer =
        program_buffer(low->program, BUFFER_WORK, arena_printf(low->arena, "tape_%s", name), 1, &node->dim);
    buffer->taped = true;
    *placed_slot(schedule, node) = (Placed){buffer, 0};
    vec_push(low->arena, &low->step->requests, ((Request){node, buffer}));
}

/* ---- collecting ---- */

static void visit(Schedule *schedule, const Expr *e) {
    Lowering *low = schedule->low;
    while (schedule->visited.count <= e->id) vec_push(low->arena, &schedule->visited, false);
    if (schedule->visited.at[e->id]) return;
    schedule->visited.at[e->id] = true;
    if (schedule_is_constant(e)) return;
    if (e->op == EXPR_USE && !schedule_is_maximum(e)) {
        *placed_slot(schedule, e) = leaf_place(schedule, e);
        return;
    }
    if (placed_slot(schedule, e)->buffer) return;
    if (schedule->reads_tape && e->op != EXPR_BROADCAST && !reads_adjoint(low, e) &&
        !worth_recomputing(low, e)) {
        put_on_tape(schedule, e);
        return;
    }
    if (schedule_is_maximum(e)) visit(schedule, e->var->definition);
    for (int i = 0; i < e->kids; i++) visit(schedule, e->kid[i]);
    vec_push(low->arena, &schedule->order, e);
}

void schedule_collect(Schedule *schedule) {
    for (int i = 0; i < schedule->requests.count; i++) visit(schedule, schedule->requests.at[i].node);
}

/* ---- requests ---- */

void schedule_store(Schedule *schedule, const Expr *e, Buffer *store) {
    vec_push(schedule->low->arena, &schedule->requests,
             ((Request){lowering_canonical(schedule->low, e), store}));
}

Placed schedule_place(Schedule *schedule, const Expr *e, const char *hint) {
    Lowering *low = schedule->low;
    const Expr *node = lowering_canonical(low, e);
    if (node->op == EXPR_USE && !schedule_is_maximum(node)) return leaf_place(schedule, node);
    for (int i = 0; i < schedule->requests.count; i++)
        if (schedule->requests.at[i].node == node &&
            schedule->requests.at[i].store->rank == (node->dim != NULL))
            return (Placed){schedule->requests.at[i].store, 0};
    const char *name = lowering_name(low, node);
    Buffer *buffer = program_buffer(low->program, BUFFER_WORK, name ? name : hint, 1, &node->dim);
    vec_push(low->arena, &schedule->requests, ((Request){node, buffer}));
    return (Placed){buffer, 0};
}
