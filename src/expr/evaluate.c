/* The reference interpreter: the value of a node from the values of the leaves below it, in double.
 *
 * Every node is computed once between two `evaluator_clear`s, kept under its id. Buffers outlive a clear, a
 * stamp says whether their content does. Sums run in index order, so results are the same everywhere. */
#include "expr/expr.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Slot {
    double *value;
    unsigned long stamp; /* the value is there if this is the evaluator's */
} Slot;

struct Evaluator {
    Arena *arena;
    ExprLeaf leaf;
    void *context;
    unsigned long stamp;
    Slot *slot; /* by id */
    int slots;
    VEC(const Expr *) stack;
};

Evaluator *evaluator_new(const Exprs *exprs, ExprLeaf leaf, void *context) {
    Arena *arena = arena_new();
    Evaluator *evaluator = arena_new_of(arena, Evaluator);
    *evaluator = (Evaluator){.arena = arena, .leaf = leaf, .context = context, .stamp = 1};
    evaluator->slots = exprs_count(exprs);
    evaluator->slot = arena_alloc(arena, (size_t)evaluator->slots * sizeof *evaluator->slot);
    return evaluator;
}

void evaluator_free(Evaluator *evaluator) {
    if (evaluator) arena_free(evaluator->arena);
}

void evaluator_clear(Evaluator *evaluator) { evaluator->stamp++; }

/* The table may have grown since the evaluator was made. */
static void make_room(Evaluator *evaluator, int id) {
    if (id < evaluator->slots) return;
    const int slots = 2 * id + 1;
    Slot *slot = arena_alloc(evaluator->arena, (size_t)slots * sizeof *slot);
    if (evaluator->slots > 0) memcpy(slot, evaluator->slot, (size_t)evaluator->slots * sizeof *slot);
    evaluator->slot = slot;
    evaluator->slots = slots;
}

static bool is_known(const Evaluator *evaluator, const Expr *e) {
    return evaluator->slot[e->id].stamp == evaluator->stamp;
}

/* Entry i of a kid: a scalar one is the same for every unit. */
static double entry(const Expr *e, const double *value, long i) { return value[e->dim ? i : 0]; }

static void elementwise(const Evaluator *evaluator, const Expr *e, double *out) {
    const long size = dim_size(e->dim);
    for (long i = 0; i < size; i++) {
        double operand[3] = {0};
        for (int k = 0; k < e->kids; k++)
            operand[k] = entry(e->kid[k], evaluator->slot[e->kid[k]->id].value, i);
        out[i] = expr_operator_value(e->op, operand);
    }
}

static void matvec(const Expr *e, const double *matrix, const double *vector, double *out) {
    const long rows = dim_size(e->var->rows), cols = dim_size(e->var->cols);
    const bool transposed = e->op == EXPR_MATVEC_T;
    const long outer = transposed ? cols : rows, inner = transposed ? rows : cols;
    for (long i = 0; i < outer; i++) {
        double sum = 0;
        for (long j = 0; j < inner; j++)
            sum += matrix[transposed ? j * cols + i : i * cols + j] * entry(e->kid[0], vector, j);
        out[i] = sum;
    }
}

static double sum_of(const double *value, long size) {
    double sum = 0;
    for (long i = 0; i < size; i++) sum += value[i];
    return sum;
}

static double largest(const double *value, long size) {
    double best = -INFINITY;
    for (long i = 0; i < size; i++)
        if (!(value[i] <= best)) best = value[i]; /* a NaN stays */
    return best;
}

static void softmax(const double *value, long size, double *out) {
    const double top = largest(value, size);
    for (long i = 0; i < size; i++) out[i] = exp(value[i] - top);
    const double sum = sum_of(out, size);
    for (long i = 0; i < size; i++) out[i] /= sum;
}

static double logsumexp(const double *value, long size) {
    const double top = largest(value, size);
    double sum = 0;
    for (long i = 0; i < size; i++) sum += exp(value[i] - top);
    return top + log(sum);
}

static void fill(const Expr *from, const double *value, long size, double *out) {
    for (long i = 0; i < size; i++) out[i] = entry(from, value, i);
}

/* Requires: the kids' values are known. */
static void compute(Evaluator *evaluator, const Expr *e, double *out) {
    const Expr *kid = e->kid[0];
    const double *value = kid ? evaluator->slot[kid->id].value : NULL;
    const long size = dim_size(e->dim);
    switch (e->op) {
    case EXPR_CONST: out[0] = e->value; return;
    case EXPR_SIZE: out[0] = (double)expr_size_value(e); return;
    case EXPR_UNIT:
        for (long i = 0; i < size; i++) out[i] = (double)i;
        return;
    case EXPR_USE: fill(e, evaluator->leaf(evaluator->context, e->var, e->lag), size, out); return;
    case EXPR_MATVEC:
    case EXPR_MATVEC_T: matvec(e, evaluator->leaf(evaluator->context, e->var, 0), value, out); return;
    case EXPR_SUM: out[0] = sum_of(value, dim_size(kid->dim)); return;
    case EXPR_FUNCTION:
    case EXPR_BROADCAST: fill(kid, value, size, out); return;
    case EXPR_SOFTMAX: softmax(value, size, out); return;
    case EXPR_LOGSUMEXP: out[0] = logsumexp(value, dim_size(kid->dim)); return;
    default: elementwise(evaluator, e, out);
    }
}

static void finish(Evaluator *evaluator, const Expr *e) {
    Slot *slot = &evaluator->slot[e->id];
    if (!slot->value) slot->value = arena_alloc(evaluator->arena, (size_t)dim_size(e->dim) * sizeof(double));
    compute(evaluator, e, slot->value);
    slot->stamp = evaluator->stamp;
}

/* Depth first on a stack of its own: how deep an expression is nested is the user's choice. */
const double *evaluate(Evaluator *evaluator, const Expr *e) {
    make_room(evaluator, e->id);
    evaluator->stack.count = 0;
    vec_push(evaluator->arena, &evaluator->stack, e);
    while (evaluator->stack.count > 0) {
        const Expr *top = evaluator->stack.at[evaluator->stack.count - 1];
        bool ready = true;
        for (int i = 0; i < top->kids; i++) {
            if (is_known(evaluator, top->kid[i])) continue;
            ready = false;
            vec_push(evaluator->arena, &evaluator->stack, top->kid[i]);
        }
        if (!ready) continue;
        if (!is_known(evaluator, top)) finish(evaluator, top);
        evaluator->stack.count--;
    }
    return evaluator->slot[e->id].value;
}
