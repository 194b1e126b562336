/* The cost sheet: reals held and operations done, as polynomials in the sizes, read off the program itself.
 */
#include "derive/derive.h"

#include <math.h>
#include <string.h>

static int by_name(const Dim *a, const Dim *b) { return strcmp(a->name, b->name); }

void polynomial_add(Arena *arena, Polynomial *sum, double coefficient, int degree, const Dim *const *dims) {
    Monomial made = {.coefficient = coefficient};
    for (int i = 0; i < degree; i++) {
        if (!dims[i]) continue;
        if (!dims[i]->name) {
            made.coefficient = coefficient *= (double)dims[i]->value;
            continue;
        }
        int at = made.degree++;
        for (; at > 0 && by_name(made.dims[at - 1], dims[i]) > 0; at--) made.dims[at] = made.dims[at - 1];
        made.dims[at] = dims[i];
    }
    for (int i = 0; i < sum->terms.count; i++) {
        Monomial *known = &sum->terms.at[i];
        if (known->degree != made.degree || memcmp(known->dims, made.dims, sizeof made.dims) != 0) continue;
        known->coefficient += coefficient;
        return;
    }
    vec_push(arena, &sum->terms, made);
}

double polynomial_value(const Polynomial *p) {
    double sum = 0;
    for (int i = 0; i < p->terms.count; i++) {
        double product = p->terms.at[i].coefficient;
        for (int d = 0; d < p->terms.at[i].degree; d++) product *= (double)dim_size(p->terms.at[i].dims[d]);
        sum += product;
    }
    return sum;
}

static void print_power(Text *out, const Dim *dim, int power) {
    static const char *const small[] = {"", "", "²", "³", "⁴", "⁵", "⁶"};
    text_printf(out, " %s%s", dim->name, power <= 6 ? small[power] : "^n");
}

static void print_monomial(const Monomial *m, Text *out) {
    Text text = {0};
    if (m->coefficient != 1 || m->degree == 0) {
        text_add(&text, " ");
        text_number(&text, m->coefficient);
    }
    for (int i = 0; i < m->degree;) {
        int power = 1;
        while (i + power < m->degree && m->dims[i + power] == m->dims[i]) power++;
        print_power(&text, m->dims[i], power);
        i += power;
    }
    text_add(out, text.at + 1);
    text_free(&text);
}

/* Highest degree first. */
void polynomial_print(const Polynomial *p, Text *out) {
    bool first = true;
    for (int degree = 6; degree >= 0; degree--)
        for (int i = 0; i < p->terms.count; i++) {
            if (p->terms.at[i].degree != degree || p->terms.at[i].coefficient == 0) continue;
            if (!first) text_add(out, " + ");
            print_monomial(&p->terms.at[i], out);
            first = false;
        }
    if (first) text_add(out, "0");
}

/* ---- reals held ---- */

static void add_buffer(Cost *cost, const Buffer *buffer, Arena *arena) {
    Polynomial *into = &cost->work;
    if (buffer->taped)
        into = &cost->tape;
    else if (buffer->kind <= BUFFER_FIXED)
        into = &cost->params;
    else if (buffer->kind == BUFFER_STATE || buffer->kind == BUFFER_INFLUENCE ||
             buffer->kind == BUFFER_ADJOINT)
        into = &cost->carried;
    polynomial_add(arena, into, buffer->taped ? 1 : buffer->slots, buffer->rank, buffer->dims);
    /* a taped input is in the struct too, where the caller puts it */
    if (buffer->taped && buffer->kind == BUFFER_INPUT)
        polynomial_add(arena, &cost->work, 1, buffer->rank, buffer->dims);
}

/* ---- operations ---- */

typedef struct Counting { /* of one routine; within a map a node is computed once */
    const Routine *routine;
    int *seen; /* by node id: the map that computed it */
    int map;
    Arena *arena;
} Counting;

/* Element-wise operations that evaluating `e` takes. What a buffer holds is read, unless the let fills it. */
static double operations(Counting *counting, const Expr *e, const Buffer *fills) {
    const Routine *routine = counting->routine;
    if (counting->seen[e->id] == counting->map) return 0;
    counting->seen[e->id] = counting->map;
    const Placed *placed = e->id < routine->placed.count ? &routine->placed.at[e->id] : NULL;
    if (placed && placed->buffer && !(fills && placed->buffer == fills && placed->lag == 0)) return 0;
    if (e->op == EXPR_FUNCTION || e->op == EXPR_BROADCAST) return operations(counting, e->kid[0], NULL);
    if (!expr_is_elementwise(e)) return 0;
    double count = 1;
    for (int i = 0; i < e->kids; i++) count += operations(counting, e->kid[i], NULL);
    return count;
}

static void add_map(Polynomial *total, Counting *counting, const Statement *map) {
    double count = 0;
    counting->map++;
    for (int i = 0; i < map->lets.count; i++)
        count += operations(counting, map->lets.at[i].node, map->lets.at[i].store);
    const Dim *dims[2] = {map->dim, map->lanes};
    if (count > 0) polynomial_add(counting->arena, total, count, 2, dims);
}

static void add_update(Polynomial *total, const Statement *sweep, const Update *update, Arena *arena) {
    double products = 0;
    for (int t = 0; t < update->terms.count; t++) {
        int factors = update->terms.at[t].factors;
        products += factors > 2 ? factors - 1 : 1;
    }
    const Dim *dims[MOST_LOOPS] = {0}; /* a ragged loop counts for its parent too */
    for (int l = 0; l < sweep->loops; l++) dims[l] = sweep->dims[l];
    for (int l = 0; l < sweep->loops; l++) /* over all steps there is no number to say: it is one step's */
        if (!dim_size(dims[l])) dims[l] = NULL;
    for (int l = 0; l < sweep->loops; l++)
        if (sweep->start[l]) dims[sweep->parent[l]] = NULL;
    if (products > 0) polynomial_add(arena, total, products, sweep->loops, dims);
}

/* Multiply-adds of a statement on rows: its operations, each as long as a row. */
static double rows_operations(const PairRows *rows) {
    const IntTable *of_row = rows->kind == ROWS_PULL ? rows->first : rows->op_first;
    double sum = 0;
    for (long j = 0; j < dim_size(rows->rows); j++) {
        const int length = rows->csr ? rows->csr->pattern->start[j + 1] - rows->csr->pattern->start[j] : 1;
        sum += (double)(of_row->values[j + 1] - of_row->values[j]) * (double)length;
    }
    return sum;
}

static void add_rows(Polynomial *total, const PairRows *rows, Arena *arena) {
    polynomial_add(arena, total, rows_operations(rows), 1, (const Dim *[]){rows->csr ? NULL : rows->columns});
}

/* Multiply-adds of one side's scalar products; what is done with their few sums isn't counted. */
static void add_products(Polynomial *total, const Mix *mix, int count, const MixPart *parts, Arena *arena) {
    const int size = mix->terms + 1;
    for (int p = 0; p < count; p++) {
        const Placed *vector = parts[p].vector, *outer = parts[p].outer;
        for (int i = 0; i < size; i++)
            for (int k = i; k < (mix->least_variance ? size : i + 1); k++)
                if (vector[i].buffer && vector[k].buffer)
                    polynomial_add(arena, total, 1, vector[i].buffer->rank, vector[i].buffer->dims);
        for (int side = 0; side < 2; side++)
            if (outer[side].buffer)
                polynomial_add(arena, total, 1, outer[side].buffer->rank, outer[side].buffer->dims);
    }
}

static void add_product(Polynomial *total, const Statement *product, Arena *arena) {
    const Dim *dims[MOST_RANGES] = {product->lanes};
    for (int r = 0; r < product->matrix->rank; r++) dims[1 + r] = product->matrix->dims[r];
    polynomial_add(arena, total, 1, 1 + product->matrix->rank, dims);
}

static void add_statement(Polynomial *total, Counting *counting, const Statement *statement) {
    Arena *arena = counting->arena;
    switch (statement->kind) {
    case STATEMENT_MAP: add_map(total, counting, statement); break;
    case STATEMENT_SUM:
    case STATEMENT_MAX:
        polynomial_add(arena, total, 1, 2, (const Dim *[]){statement->dim, statement->lanes});
        break;
    case STATEMENT_PRODUCT: add_product(total, statement, arena); break;
    case STATEMENT_SWEEP:
        for (int u = 0; u < statement->updates.count; u++)
            add_update(total, statement, &statement->updates.at[u], arena);
        break;
    case STATEMENT_ROWS: add_rows(total, statement->rows, arena); break;
    case STATEMENT_SIGN:
    case STATEMENT_MEAN:
        polynomial_add(arena, total, 1, statement->matrix->rank, statement->matrix->dims);
        break;
    case STATEMENT_MIX:
        add_products(total, statement->mix, statement->mix->left.count, statement->mix->left.at, arena);
        add_products(total, statement->mix, statement->mix->right.count, statement->mix->right.at, arena);
        break;
    case STATEMENT_DRAW:
    case STATEMENT_DIAGONAL:
    case STATEMENT_CLEAR:
    case STATEMENT_FORGET:
    case STATEMENT_CLIP: break;
    }
}

/* Those from `first` on, so many. */
static void add_statements(Polynomial *total, const Program *program, const Routine *routine, int first,
                           int count, Arena *arena) {
    Arena *scratch = arena_new();
    const size_t nodes = (size_t)exprs_count(program->model->exprs) + 1;
    Counting counting = {.routine = routine, .arena = arena};
    counting.seen = arena_alloc(scratch, nodes * sizeof *counting.seen);
    for (int i = first; i < first + count; i++) add_statement(total, &counting, routine->statements.at[i]);
    arena_free(scratch);
}

static void add_routine(Polynomial *total, const Program *program, const Routine *routine, Arena *arena) {
    add_statements(total, program, routine, 0, routine->statements.count, arena);
}

Polynomial statement_operations(const Program *program, const Routine *routine, int statement, Arena *arena) {
    Polynomial total = {0};
    add_statements(&total, program, routine, statement, 1, arena);
    return total;
}

Cost program_cost(const Program *program, Arena *arena) {
    Cost cost = {0};
    for (int i = 0; i < program->buffers.count; i++) add_buffer(&cost, program->buffers.at[i], arena);
    add_routine(&cost.forward, program, &program->step, arena);
    add_routine(&cost.backward, program, &program->backward, arena);
    add_routine(program->block ? &cost.border : &cost.backward, program, &program->border, arena);
    return cost;
}

/* Of one kernel's call: a product, or a sweep's update. */
static double largest_of(const Statement *statement, Arena *arena) {
    double largest = 0;
    Polynomial product = {0};
    if (statement->kind == STATEMENT_PRODUCT) {
        add_product(&product, statement, arena);
        largest = polynomial_value(&product);
    }
    for (int u = 0; statement->kind == STATEMENT_SWEEP && u < statement->updates.count; u++) {
        Polynomial update = {0};
        add_update(&update, statement, &statement->updates.at[u], arena);
        largest = fmax(largest, polynomial_value(&update));
    }
    return largest;
}

double program_largest_product(const Program *program) {
    Arena *arena = arena_new();
    const Routine *const routines[] = {&program->step, &program->backward, &program->border};
    double largest = 0;
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < routines[r]->statements.count; i++)
            largest = fmax(largest, largest_of(routines[r]->statements.at[i], arena));
    arena_free(arena);
    return largest;
}

/* ---- by parameter ---- */

static bool belongs_to(const Derivation *derivation, const Buffer *buffer, const Var *param) {
    if (buffer->var == param) return true; /* itself, its gradient, what makes an estimate of its influence */
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].buffer == buffer) return derivation->influences.at[i].param == param;
    return false;
}

static void add_own_sweeps(Polynomial *work, const Derivation *derivation, const Routine *routine,
                           const Var *param, Arena *arena) {
    for (int i = 0; i < routine->statements.count; i++) {
        const Statement *statement = routine->statements.at[i];
        if (statement->kind == STATEMENT_ROWS && belongs_to(derivation, statement->rows->out, param))
            add_rows(work, statement->rows, arena);
        for (int u = 0; statement->kind == STATEMENT_SWEEP && u < statement->updates.count; u++)
            if (belongs_to(derivation, statement->updates.at[u].out, param))
                add_update(work, statement, &statement->updates.at[u], arena);
    }
}

ParamCost derivation_param_cost(const Derivation *derivation, const Var *param, Arena *arena) {
    ParamCost cost = {0};
    for (int i = 0; i < derivation->influences.count; i++) {
        const Influence *influence = &derivation->influences.at[i];
        bool counted = influence->param != param;
        for (int p = 0; p < i; p++)
            counted = counted || derivation->influences.at[p].buffer == influence->buffer;
        if (!counted)
            polynomial_add(arena, &cost.carried, influence->buffer->slots, influence->buffer->rank,
                           influence->buffer->dims);
    }
    add_own_sweeps(&cost.work, derivation, &derivation->program->step, param, arena);
    add_own_sweeps(&cost.work, derivation, &derivation->program->backward, param, arena);
    add_own_sweeps(&cost.work, derivation, &derivation->program->border, param, arena);
    return cost;
}
