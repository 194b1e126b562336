/* Where variables live, and the canonical form of what is computed. */
#include "derive/schedule.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* 0 when no buffer has this name, else the least n, from 2 on, above the number of every name_number. */
static int next_number(const Program *program, const char *name) {
    const size_t length = strlen(name);
    int next = 2;
    bool taken = false;
    for (int i = 0; i < program->buffers.count; i++) {
        const char *other = program->buffers.at[i]->name;
        if (strncmp(other, name, length) != 0) continue;
        if (!other[length]) taken = true;
        if (other[length] != '_' || strspn(other + length + 1, "0123456789") != strlen(other + length + 1))
            continue;
        const long number = strtol(other + length + 1, NULL, 10);
        if (number >= next && number < INT_MAX) next = (int)number + 1;
    }
    return taken ? next : 0;
}

Buffer *program_buffer(Program *program, BufferKind kind, const char *name, int rank,
                       const Dim *const *dims) {
    Buffer *buffer = arena_new_of(program->arena, Buffer);
    char *safe = arena_string(program->arena, name);
    for (char *c = safe; *c; c++)
        if (*c == '.') *c = '_';
    buffer->name = safe;
    const int number = next_number(program, safe);
    if (number) buffer->name = arena_printf(program->arena, "%s_%d", safe, number);
    buffer->kind = kind;
    buffer->label = arena_string(program->arena, name);
    buffer->slots = 1;
    for (int i = 0; i < rank; i++)
        if (dims[i]) buffer->dims[buffer->rank++] = dims[i];
    buffer->index = program->buffers.count;
    vec_push(program->arena, &program->buffers, buffer);
    return buffer;
}

Buffer *lowering_buffer_of(const Lowering *low, const Var *var) {
    for (int i = 0; i < low->places.count; i++)
        if (low->places.at[i].var == var) return low->places.at[i].buffer;
    return NULL;
}

void lowering_bind(Lowering *low, const Var *var, Buffer *buffer) {
    vec_push(low->arena, &low->places, ((VarPlace){var, buffer}));
}

/* ---- canonical form ---- */

static const Expr *maximum_of(Lowering *low, const Expr *vector) {
    for (int i = 0; i < low->maxima.count; i++)
        if (low->maxima.at[i].var->definition == vector)
            return expr_use(low->exprs, low->maxima.at[i].var, 0, 0);
    Var *var = arena_new_of(low->arena, Var);
    var->kind = VAR_VALUE;
    var->name = var->label = arena_printf(low->arena, "largest%d", low->maxima.count + 1);
    var->layer = -1;
    var->definition = vector;
    Buffer *buffer = program_buffer(low->program, BUFFER_WORK, var->name, 0, NULL);
    vec_push(low->arena, &low->maxima, ((VarPlace){var, buffer}));
    lowering_bind(low, var, buffer);
    return expr_use(low->exprs, var, 0, 0);
}

/* exp(v - max v): both softmax and logsumexp are taken through it, so that nothing overflows. */
static const Expr *shifted_exp(Lowering *low, const Expr *vector) {
    const Expr *shifted = expr_sub(low->exprs, vector, maximum_of(low, vector));
    return expr_apply(low->exprs, EXPR_EXP, shifted, NULL, NULL);
}

static const Expr *canonical_station(Lowering *low, const Expr *e, const Expr *vector) {
    Exprs *exprs = low->exprs;
    const Expr *exponential = shifted_exp(low, vector), *total = expr_sum(exprs, exponential);
    if (e->op == EXPR_SOFTMAX) return expr_div(exprs, exponential, total);
    return expr_add(exprs, maximum_of(low, vector), expr_apply(exprs, EXPR_LOG, total, NULL, NULL));
}

static const Expr *make_canonical(Lowering *low, const Expr *e) {
    const Expr *kid[3] = {NULL, NULL, NULL};
    if (e->op == EXPR_USE) {
        VarKind kind = e->var->kind;
        if (e->lag == 0 && e->var->definition && kind != VAR_VALUE && kind != VAR_ADJOINT)
            return lowering_canonical(low, e->var->definition);
        return expr_use(low->exprs, e->var, e->lag, 0);
    }
    if (e->op == EXPR_FUNCTION || e->op == EXPR_STOP) return lowering_canonical(low, e->kid[0]);
    if (!e->kids) return e;
    for (int i = 0; i < e->kids; i++) kid[i] = lowering_canonical(low, e->kid[i]);
    if ((e->op == EXPR_SOFTMAX || e->op == EXPR_LOGSUMEXP) && kid[0]->dim)
        return canonical_station(low, e, kid[0]);
    return expr_with_kids(low->exprs, e, kid);
}

const Expr *lowering_canonical(Lowering *low, const Expr *e) {
    Program *program = low->program;
    while (program->canonical.count <= e->id) vec_push(program->arena, &program->canonical, NULL);
    if (program->canonical.at[e->id]) return program->canonical.at[e->id];
    const Expr *result = make_canonical(low, e);
    program->canonical.at[e->id] = result;
    return result;
}

const char *lowering_name(const Lowering *low, const Expr *canonical) {
    for (int i = 0; i < low->names.count; i++)
        if (low->names.at[i].node == canonical) return low->names.at[i].name;
    return NULL;
}

static void name_node(Lowering *low, const Expr *e, const char *name) {
    const Expr *node = lowering_canonical(low, e);
    if (expr_is_leaf(node) || lowering_name(low, node)) return;
    vec_push(low->arena, &low->names, ((Named){node, name}));
}

/* ---- the buffers every program has ---- */

/* A buffer like the parameter: a sparse one has entries only. */
static Buffer *param_buffer(Lowering *low, BufferKind kind, const char *name, const Var *param,
                            const Csr *csr) {
    const Dim *dims[2] = {csr ? NULL : param->rows, csr ? csr->entries : param->cols};
    Buffer *buffer = program_buffer(low->program, kind, name, 2, dims);
    buffer->var = param;
    buffer->csr = csr;
    return buffer;
}

static void bind_params(Lowering *low, const Follower *followers, int count, bool online) {
    const Model *model = low->model;
    for (int i = 0; i < model->params.count; i++) {
        const Var *param = model->params.at[i];
        const Pattern *pattern = pattern_of(param, low->arena);
        const Csr *csr = NULL;
        if (pattern) csr = program_csr(low->program, param->label, pattern, param->rows, param->cols);
        lowering_bind(low, param, param_buffer(low, BUFFER_PARAM, param->label, param, csr));
    }
    for (int i = 0; i < count; i++) {
        const Var *var = followers[i].var;
        const Csr *csr = lowering_buffer_of(low, followers[i].matrix)->csr;
        Buffer *buffer = param_buffer(low, BUFFER_PARAM, var->label, var, csr);
        buffer->comment = arena_printf(low->arena, "drawn once; gets every gradient that %s gets",
                                       followers[i].matrix->label);
        lowering_bind(low, var, buffer);
    }
    for (int i = 0; !online && i < model->params.count + count; i++) {
        const Var *param =
            i < model->params.count ? model->params.at[i] : followers[i - model->params.count].var;
        const char *name = arena_printf(low->arena, "grad_%s", param->label);
        param_buffer(low, BUFFER_GRADIENT, name, param, lowering_buffer_of(low, param)->csr);
    }
}

static void bind_inputs(Lowering *low) {
    for (int i = 0; i < low->model->inputs.count; i++) {
        const Var *input = low->model->inputs.at[i];
        Buffer *buffer = program_buffer(low->program, BUFFER_INPUT, input->label, 1, &input->rows);
        buffer->var = input;
        lowering_bind(low, input, buffer);
    }
}

static void bind_root(Lowering *low, Var *root) {
    Program *program = low->program;
    bool loss = root == low->model->loss;
    Buffer *buffer =
        program_buffer(program, loss ? BUFFER_OUTPUT : BUFFER_STATE, root->label, 1, &root->rows);
    buffer->var = root;
    buffer->slots = root->max_lag + 1;
    buffer->taped = program->has_tape && !loss;
    buffer->initial = root->init == INIT_NUMBER ? root->init_number : 0;
    if (loss) program->loss = buffer;
    if (root->max_lag > program->history) program->history = root->max_lag;
    vec_push(program->arena, &program->roots, buffer);
    lowering_bind(low, root, buffer);
    name_node(low, root->definition, root->label);
    schedule_store(low->step, root->definition, buffer);
}

static void bind_readout(Lowering *low) {
    const Expr *readout = low->model->readout;
    if (!readout) return;
    const char *name = low->model->readout_name ? low->model->readout_name : "y";
    Buffer *buffer = program_buffer(low->program, BUFFER_OUTPUT, name, 1, &readout->dim);
    low->program->readout = buffer;
    schedule_store(low->step, readout, buffer);
}

static Schedule *schedule_new(Lowering *low, Routine *routine, const char *name, bool reads_tape) {
    Schedule *schedule = arena_new_of(low->arena, Schedule);
    schedule->low = low;
    schedule->routine = routine;
    schedule->reads_tape = reads_tape;
    routine->name = name;
    return schedule;
}

Lowering *lowering_new(Arena *arena, Program *program, Model *model, const Follower *followers, int count,
                       bool has_tape, bool online) {
    Lowering *low = arena_new_of(arena, Lowering);
    low->program = program;
    low->model = model;
    low->exprs = model->exprs;
    low->arena = arena;
    program->has_tape = has_tape;
    for (int i = 0; i < model->inputs.count; i++)
        if (model->inputs.at[i]->max_lag > program->history) program->history = model->inputs.at[i]->max_lag;
    low->step = schedule_new(low, &program->step, "step", false);
    if (has_tape) low->backward = schedule_new(low, &program->backward, "backward", true);
    bind_params(low, followers, count, online);
    bind_inputs(low);
    for (int i = 0; i < model->roots.count; i++) bind_root(low, model->roots.at[i]);
    bind_readout(low);
    for (int i = 0; i < model->locals.count; i++) {
        const Local *local = &model->locals.at[i];
        name_node(low, local->value, local->label);
    }
    return low;
}
