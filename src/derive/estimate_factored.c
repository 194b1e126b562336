/* `estimate factored(α)`: a trace over rows times a trace over columns, smoothed and not drawn (ES-D-RTRL:
 * Wang et al. 2024).
 *
 *     J[(root, j), (j, i)] ≈ a[root, j] u[i]
 *     a = α T + (1 - α) M     T: the step's own decays times a, M: what the parameter's use brings
 *     u = α u[t-1] + what the use multiplies
 *
 * It goes with `mask diag`: every flow is a decay of unit j alone. Each use of the parameter has a pair of
 * its own. */
#include "derive/estimate.h"

typedef struct Factored { /* of one use of one parameter */
    Forward *forward;
    Carrying *carrying;
    const Expr *start;
    const Var **past;   /* [carried · depth]: a as it was 1, 2 … steps ago */
    Buffer **held;      /* likewise */
    const Expr **fresh; /* by carried: a of this step; NULL: zero */
    int depth;
    Buffer *columns;
} Factored;

static bool is_estimated(const Factored *own, int carried) {
    return carried >= 0 && own->forward->carried.at[carried].structure == STRUCTURE_ESTIMATED;
}

static double smoothing(const Factored *own) { return own->carrying->derivation->rule->estimate.smoothing; }

static const Expr *weighed(const Factored *own, double weight, const Expr *e) {
    return expr_mul(own->carrying->exprs, expr_constant(own->carrying->exprs, weight), e);
}

/* T or M of a pair: the sum over flows of their decays times what they bring. */
static const Expr *flowing(const Factored *own, int target, const Expr *const *now, bool fresh) {
    Exprs *exprs = own->carrying->exprs;
    const Expr *sum = NULL;
    for (int f = 0; f < own->forward->flows.count; f++) {
        const Flow *flow = &own->forward->flows.at[f];
        if (flow->target != target || !chain_is_diagonal(&flow->chain)) continue;
        const Expr *brought = NULL;
        if (flow->source < 0)
            brought = fresh && flow->start == own->start ? expr_constant(exprs, 1) : NULL;
        else if (is_estimated(own, flow->source) && flow->lag == 0)
            brought = now[flow->source];
        else if (is_estimated(own, flow->source) && !fresh)
            brought = expr_use(exprs, own->past[flow->source * own->depth + flow->lag - 1], 1, 0);
        if (!brought) continue;
        const Expr *term = expr_mul(exprs, flow->chain.factor[0], brought);
        sum = carry_plus(own->carrying, sum, term);
    }
    return sum;
}

static const Expr *spread(const Factored *own, const Expr *e) {
    const Dim *rows = own->forward->param->rows;
    return e->dim ? e : expr_broadcast(own->carrying->exprs, e, rows);
}

/* a of this step for each pair, those that others read within the step first. */
static void find_rows(Factored *own) {
    Arena *arena = own->carrying->arena;
    const size_t count = (size_t)own->forward->carried.count + 1;
    const Expr **moved = arena_alloc(arena, sizeof *moved * count);
    const Expr **brought = arena_alloc(arena, sizeof *brought * count);
    for (int c = 0; c < own->forward->carried.count; c++) {
        if (!is_estimated(own, c)) continue;
        moved[c] = flowing(own, c, moved, false);
        brought[c] = flowing(own, c, brought, true);
        const Expr *old = moved[c] ? weighed(own, smoothing(own), moved[c]) : NULL;
        const Expr *now = brought[c] ? weighed(own, 1 - smoothing(own), brought[c]) : NULL;
        const Expr *sum = carry_plus(own->carrying, old, now);
        own->fresh[c] = sum && !expr_is_const(sum, 0) ? spread(own, sum) : NULL;
    }
}

static void make_past(Factored *own, const char *number) {
    Carrying *carrying = own->carrying;
    Arena *arena = carrying->arena;
    const Var *param = own->forward->param;
    for (int c = 0; c < own->forward->carried.count; c++) {
        const Carried *of = &own->forward->carried.at[c];
        for (int d = 0; d < own->depth && is_estimated(own, c); d++) {
            const char *prefix =
                arena_printf(arena, d ? "rows_past%d_%s%s" : "rows_%.0d%s%s", d, param->label, number);
            const char *name = carry_identifier(carrying, prefix, of->root, of->state);
            const int at = c * own->depth + d;
            own->past[at] = estimate_value(carrying, BUFFER_INFLUENCE, name, param->rows, &own->held[at]);
            own->held[at]->slots = 2;
            const char *root = carry_label(carrying, "a", of->root, of->state);
            own->held[at]->label = arena_printf(arena, "%s[%s]", root, param->label);
            own->held[at]->comment = "the estimate's trace over units";
        }
    }
    own->columns = program_buffer(carrying->derivation->program, BUFFER_INFLUENCE,
                                  arena_printf(arena, "columns_%s%s", param->label, number), 1, &param->cols);
    own->columns->label = arena_printf(arena, "u[%s]", param->label);
    own->columns->comment = "the estimate's trace over columns";
}

static void store_rows(Factored *own) {
    Exprs *exprs = own->carrying->exprs;
    Schedule *step = own->carrying->low->step;
    for (int c = 0; c < own->forward->carried.count; c++) {
        if (!is_estimated(own, c)) continue;
        const Expr *zero = expr_broadcast(exprs, expr_constant(exprs, 0), own->forward->param->rows);
        schedule_store(step, own->fresh[c] ? own->fresh[c] : zero, own->held[c * own->depth]);
        for (int d = 1; d < own->depth; d++)
            schedule_store(step, expr_use(exprs, own->past[c * own->depth + d - 1], 1, 0),
                           own->held[c * own->depth + d]);
    }
}

static void write_columns(Factored *own) {
    const Var *param = own->forward->param;
    static const Role column[1] = {ROLE_COLUMN};
    Sweep sweep = sweep_new(own->carrying->arena, (const Dim *[ROLE_COUNT]){[ROLE_COLUMN] = param->cols});
    sweep_update(&sweep, own->columns, 1, column, &param->cols, false)->equation = arena_printf(
        own->carrying->arena, "u[%s] = α u[%s][t-1] + what it multiplies", param->label, param->label);
    sweep_term(&sweep);
    const Expr *decay = expr_constant(own->carrying->exprs, smoothing(own));
    sweep_vector(&sweep, schedule_place(own->carrying->low->step, decay, "smoothing"), ROLE_COLUMN);
    sweep_factor(&sweep, (Placed){own->columns, 1}, 1, column, &param->cols);
    sweep_term(&sweep);
    sweep_vector(&sweep, schedule_place(own->carrying->low->step, own->start->kid[0], "u"), ROLE_COLUMN);
    estimate_push(own->carrying, sweep.statement);
}

/* dE/dθ[j, i] += (Σ L[j] a[j]) u[i] */
static void write_gradient(Factored *own) {
    Exprs *exprs = own->carrying->exprs;
    const Var *param = own->forward->param;
    const Expr *sum = NULL;
    for (int s = 0; s < own->forward->signals.count; s++) {
        const Signal *signal = &own->forward->signals.at[s];
        if (!is_estimated(own, signal->source)) continue;
        const Expr *rows =
            signal->lag == 0
                ? own->fresh[signal->source]
                : expr_use(exprs, own->past[signal->source * own->depth + signal->lag - 1], 1, 0);
        if (!rows) continue;
        const Expr *term = expr_mul(exprs, carry_signal(own->carrying, signal->value), rows);
        sum = carry_plus(own->carrying, sum, term);
    }
    if (!sum || expr_is_const(sum, 0)) return;
    static const Role row_column[2] = {ROLE_ROW, ROLE_COLUMN};
    const Dim *dims[2];
    carry_entry_dims(own->carrying, param, dims);
    Sweep sweep = carry_entry_sweep(own->carrying, param, NULL, NULL, true);
    sweep_update(&sweep, carry_gradient_of(own->carrying, param), 2, row_column, dims, true)->equation =
        arena_printf(own->carrying->arena, "dE/d%s += (Σ L a) ⊗ u", param->label);
    sweep_term(&sweep);
    sweep_vector(&sweep, schedule_place(own->carrying->low->step, sum, "taught"), ROLE_ROW);
    sweep_vector(&sweep, (Placed){own->columns, 0}, ROLE_COLUMN);
    estimate_push(own->carrying, sweep.statement);
}

static void write_use(Forward *forward, const Expr *start, int number) {
    Carrying *carrying = forward->carrying;
    Factored own = {.forward = forward, .carrying = carrying, .start = start, .depth = 1};
    for (int c = 0; c < forward->carried.count; c++)
        if (is_estimated(&own, c) && estimate_depth(forward, c) > own.depth)
            own.depth = estimate_depth(forward, c);
    const size_t count = (size_t)(forward->carried.count * own.depth + 1);
    own.past = arena_alloc(carrying->arena, sizeof *own.past * count);
    own.held = arena_alloc(carrying->arena, sizeof *own.held * count);
    own.fresh = arena_alloc(carrying->arena, sizeof *own.fresh * count);
    make_past(&own, number > 1 ? arena_printf(carrying->arena, "_use%d", number) : "");
    for (int c = 0; c < forward->carried.count; c++) {
        for (int d = 0; d < own.depth && is_estimated(&own, c); d++)
            estimate_list(forward, c, own.held[c * own.depth + d]);
        if (is_estimated(&own, c)) estimate_list(forward, c, own.columns);
    }
    find_rows(&own);
    store_rows(&own);
    write_columns(&own);
    write_gradient(&own);
}

void factored_write(Forward *forward) {
    int number = 0;
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        bool known = flow->source >= 0 || forward->carried.at[flow->target].structure != STRUCTURE_ESTIMATED;
        for (int p = 0; p < f; p++)
            known =
                known || (forward->flows.at[p].source < 0 && forward->flows.at[p].start == flow->start &&
                          forward->carried.at[forward->flows.at[p].target].structure == STRUCTURE_ESTIMATED);
        if (!known) write_use(forward, flow->start, ++number);
    }
}
