/* Values are computed on demand and remembered: a use of a state asks for its definition at the step it
 * names. */
#include "oracle/unroll.h"

#include "oracle/slope.h"

#include <math.h>

/* ---- the nodes ---- */

static void visit(Arena *arena, const Expr *e, char *seen, Nodes *nodes) {
    if (seen[e->id]) return;
    seen[e->id] = 1;
    for (int i = 0; i < e->kids; i++) visit(arena, e->kid[i], seen, nodes);
    for (int i = 0; i < e->arguments; i++) {
        visit(arena, e->argument[i], seen, nodes);
        visit(arena, e->partial[i], seen, nodes);
    }
    vec_push(arena, nodes, e);
}

Nodes oracle_nodes(Arena *arena, const Model *model) {
    char *seen = arena_alloc(arena, (size_t)exprs_count(model->exprs) + 1);
    Nodes nodes = {0};
    for (int i = 0; i < model->roots.count; i++) visit(arena, model->roots.at[i]->definition, seen, &nodes);
    return nodes;
}

/* A function with its own derivative is read through its arguments, not through the value it computes. */
static void note_readers(Unrolled *unrolled, const Expr *parent) {
    bool stated = parent->op == EXPR_FUNCTION;
    int operands = stated ? parent->arguments : parent->kids;
    for (int i = 0; i < operands; i++) {
        const Expr *operand = stated ? parent->argument[i] : parent->kid[i];
        vec_push(unrolled->arena, &unrolled->readers[operand->id], ((Reader){parent, i}));
    }
}

Unrolled *unroll(Arena *arena, const Model *model, const double *const *params, const Sequence *sequence) {
    size_t count = (size_t)exprs_count(model->exprs) + 1, steps = (size_t)sequence->steps;
    Unrolled *unrolled = arena_new_of(arena, Unrolled);
    *unrolled = (Unrolled){.arena = arena, .model = model, .params = params, .sequence = sequence};
    unrolled->nodes = oracle_nodes(arena, model);
    unrolled->readers = arena_alloc(arena, count * sizeof *unrolled->readers);
    unrolled->ends = arena_alloc(arena, count * sizeof *unrolled->ends);
    unrolled->value = arena_alloc(arena, (steps + 1) * sizeof *unrolled->value);
    for (size_t t = 0; t < steps; t++)
        unrolled->value[t] = arena_alloc(arena, count * sizeof *unrolled->value[t]);
    for (int i = 0; i < unrolled->nodes.count; i++) note_readers(unrolled, unrolled->nodes.at[i]);
    return unrolled;
}

/* ---- values ---- */

static double unit_of(const Expr *e, const double *value, int unit) { return value[e->dim ? unit : 0]; }

static void use_value(Unrolled *unrolled, const Expr *e, int step, double *out) {
    const Var *var = e->var;
    long size = dim_size(e->dim);
    int at = step - e->lag;
    const double *from = NULL;
    if (var->kind == VAR_PARAM)
        from = unrolled->params[var->index];
    else if (at >= 0 && var->kind == VAR_INPUT)
        from = unrolled->sequence->inputs[var->index] + at * size;
    else if (at >= 0)
        from = unroll_value(unrolled, var->definition, at);
    bool shared = var->definition && !var->definition->dim; /* a vector state that is defined as one number */
    double before = var->kind == VAR_INPUT || var->init != INIT_NUMBER ? 0 : var->init_number;
    for (long i = 0; i < size; i++) out[i] = from ? from[shared ? 0 : i] : before;
}

static void product_value(Unrolled *unrolled, const Expr *e, const double *x, double *out) {
    long rows = dim_size(e->var->rows), cols = dim_size(e->var->cols);
    const double *w = unrolled->params[e->var->index];
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < cols; j++) {
            if (e->op == EXPR_MATVEC)
                out[i] += w[i * cols + j] * x[j];
            else
                out[j] += w[i * cols + j] * x[i];
        }
}

static void exponential_value(const Expr *e, const double *x, double *out) {
    long size = dim_size(e->kid[0]->dim);
    double largest = x[0], total = 0;
    for (long i = 0; i < size; i++) largest = fmax(largest, x[i]);
    for (long i = 0; i < size; i++) total += exp(x[i] - largest);
    if (e->op == EXPR_LOGSUMEXP)
        out[0] = largest + log(total);
    else
        for (long i = 0; i < size; i++) out[i] = exp(x[i] - largest) / total;
}

static void operator_value(const Expr *e, const double *const *kid, double *out) {
    for (int i = 0; i < dim_size(e->dim); i++) {
        double x[3] = {0};
        for (int k = 0; k < e->kids; k++) x[k] = unit_of(e->kid[k], kid[k], i);
        out[i] = expr_operator_value(e->op, x);
    }
}

static void compute(Unrolled *unrolled, const Expr *e, int step, double *out) {
    const double *kid[3] = {0};
    for (int i = 0; i < e->kids; i++) kid[i] = unroll_value(unrolled, e->kid[i], step);
    long size = dim_size(e->dim);
    switch (e->op) {
    case EXPR_CONST: out[0] = e->value; return;
    case EXPR_SIZE: out[0] = (double)expr_size_value(e); return;
    case EXPR_UNIT:
        for (int i = 0; i < size; i++) out[i] = i;
        return;
    case EXPR_USE: use_value(unrolled, e, step, out); return;
    case EXPR_MATVEC:
    case EXPR_MATVEC_T: product_value(unrolled, e, kid[0], out); return;
    case EXPR_SUM:
        for (long i = 0; i < dim_size(e->kid[0]->dim); i++) out[0] += kid[0][i];
        return;
    case EXPR_FUNCTION:
    case EXPR_BROADCAST:
        for (int i = 0; i < size; i++) out[i] = unit_of(e->kid[0], kid[0], i);
        return;
    case EXPR_SOFTMAX:
    case EXPR_LOGSUMEXP: exponential_value(e, kid[0], out); return;
    default: operator_value(e, kid, out);
    }
}

const double *unroll_value(Unrolled *unrolled, const Expr *e, int step) {
    double **known = &unrolled->value[step][e->id];
    if (!*known) {
        double *out = arena_alloc(unrolled->arena, (size_t)dim_size(e->dim) * sizeof *out);
        compute(unrolled, e, step, out);
        *known = out;
    }
    return *known;
}

/* ---- edges ---- */

static double elementwise_slope(Unrolled *unrolled, Reader reader, int unit, int step) {
    const Expr *e = reader.parent;
    if (e->op == EXPR_FUNCTION) {
        const Expr *partial = e->partial[reader.operand];
        return unit_of(partial, unroll_value(unrolled, partial, step), unit);
    }
    double x[3] = {0};
    for (int k = 0; k < e->kids; k++)
        x[k] = unit_of(e->kid[k], unroll_value(unrolled, e->kid[k], step), unit);
    return oracle_slope(e->op, x, reader.operand);
}

double unroll_slope(Unrolled *unrolled, Reader reader, int parent_unit, int unit, int step) {
    const Expr *e = reader.parent;
    const double *w = e->var ? unrolled->params[e->var->index] : NULL;
    long cols = e->var ? dim_size(e->var->cols) : 0;
    switch (e->op) {
    case EXPR_MATVEC: return w[parent_unit * cols + unit];
    case EXPR_MATVEC_T: return w[unit * cols + parent_unit];
    case EXPR_SUM:
    case EXPR_BROADCAST: return 1;
    case EXPR_LOGSUMEXP:
        return exp(unroll_value(unrolled, e->kid[0], step)[unit] - unroll_value(unrolled, e, step)[0]);
    case EXPR_SOFTMAX: {
        const double *s = unroll_value(unrolled, e, step);
        return s[parent_unit] * ((parent_unit == unit ? 1 : 0) - s[unit]);
    }
    default: break;
    }
    bool meet = parent_unit == unit || !(reader.parent->dim);
    return meet ? elementwise_slope(unrolled, reader, parent_unit, step) : 0;
}

/* ---- stretches ---- */

bool reader_may_pass(Reader reader) {
    const Expr *e = reader.parent;
    switch (e->op) {
    case EXPR_FUNCTION:
        return !(e->partial[reader.operand]->op == EXPR_CONST && e->partial[reader.operand]->value == 0);
    case EXPR_WHERE: return reader.operand > 0;
    case EXPR_SIGN:
    case EXPR_STEP:
    case EXPR_STOP:
    case EXPR_LESS:
    case EXPR_LESS_EQUAL:
    case EXPR_GREATER:
    case EXPR_GREATER_EQUAL:
    case EXPR_EQUAL:
    case EXPR_NOT_EQUAL: return false;
    default: return true;
    }
}

static void mark_above(const Unrolled *unrolled, const Expr *e, char *above) {
    if (above[e->id]) return;
    above[e->id] = 1;
    const Readers *readers = &unrolled->readers[e->id];
    for (int i = 0; i < readers->count; i++)
        if (!expr_is_station(readers->at[i].parent) && reader_may_pass(readers->at[i]))
            mark_above(unrolled, readers->at[i].parent, above);
}

static bool is_end(const Unrolled *unrolled, const Expr *e) {
    const Model *model = unrolled->model;
    const Readers *readers = &unrolled->readers[e->id];
    for (int i = 0; i < readers->count; i++)
        if (expr_is_station(readers->at[i].parent)) return true;
    for (int i = 0; i < model->roots.count; i++)
        if (model->roots.at[i]->definition == e) return true;
    return false;
}

Nodes unroll_stretch_ends(Unrolled *unrolled, const Expr *e) {
    Nodes **known = &unrolled->ends[e->id];
    if (*known) return **known;
    *known = arena_new_of(unrolled->arena, Nodes);
    char *above = arena_alloc(unrolled->arena, (size_t)exprs_count(unrolled->model->exprs) + 1);
    mark_above(unrolled, e, above);
    for (int i = 0; i < unrolled->nodes.count; i++) {
        const Expr *node = unrolled->nodes.at[i];
        if (above[node->id] && is_end(unrolled, node)) vec_push(unrolled->arena, *known, node);
    }
    return **known;
}

double unroll_stretch_slope(Unrolled *unrolled, const Expr *from, const Expr *top, int unit, int step) {
    const bool stated = top->op == EXPR_FUNCTION;
    double sum = 0;
    if (top == from) return 1;
    if (expr_is_station(top) || expr_is_leaf(top)) return 0;
    for (int i = 0; i < (stated ? top->arguments : top->kids); i++) {
        const Expr *operand = stated ? top->argument[i] : top->kid[i];
        const double below = unroll_stretch_slope(unrolled, from, operand, operand->dim ? unit : 0, step);
        if (below != 0) sum += below * unroll_slope(unrolled, (Reader){top, i}, unit, unit, step);
    }
    return sum;
}
