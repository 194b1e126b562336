/* The expression floor: identities of the interning constructors, every operator's derivative against central
 * differences of its value, values, text, and the derivatives of whole regions. */
#include "expr/expr.h"
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static Dim dim_n = {"n", 3}, dim_m = {"m", 2};

/* One cell's worth of variables, with values: vectors over n, x over m, R and W matrices, scalar s. */
enum { A, B, C, H, X, S, R, W, VARS };
static Var vars[VARS] = {
    [A] = {.kind = VAR_STATE, .name = "a", .label = "a", .rows = &dim_n},
    [B] = {.kind = VAR_PARAM, .name = "b", .label = "b", .rows = &dim_n},
    [C] = {.kind = VAR_STATE, .name = "c", .label = "c", .rows = &dim_n},
    [H] = {.kind = VAR_STATE, .name = "h", .label = "h", .rows = &dim_n},
    [X] = {.kind = VAR_INPUT, .name = "x", .label = "x", .rows = &dim_m},
    [S] = {.kind = VAR_PARAM, .name = "s", .label = "s"},
    [R] = {.kind = VAR_PARAM, .name = "R", .label = "R", .rows = &dim_n, .cols = &dim_n},
    [W] = {.kind = VAR_PARAM, .name = "W", .label = "W", .rows = &dim_n, .cols = &dim_m},
};
static const double values[VARS][9] = {
    [A] = {0.3, -0.7, 1.1},
    [B] = {0.9, 0.4, -0.2},
    [C] = {-0.5, 0.6, 0.8},
    [H] = {0.2, -0.1, 0.7},
    [X] = {1.5, -2},
    [S] = {0.25},
    [R] = {1, 2, 3, 4, 5, 6, 7, 8, 9},
    [W] = {1, -1, 0.5, 2, 3, 0.25},
};

typedef struct Bench {
    Arena *arena;
    Exprs *x;
    const Expr *a, *b, *c, *h, *h1, *in, *s;
} Bench;

static Bench bench_new(void) {
    Bench t = {.arena = arena_new()};
    t.x = exprs_new(t.arena);
    t.a = expr_use(t.x, &vars[A], 0, 0);
    t.b = expr_use(t.x, &vars[B], 0, 0);
    t.c = expr_use(t.x, &vars[C], 0, 0);
    t.h = expr_use(t.x, &vars[H], 0, 0);
    t.h1 = expr_use(t.x, &vars[H], 1, 0);
    t.in = expr_use(t.x, &vars[X], 0, 0);
    t.s = expr_use(t.x, &vars[S], 0, 0);
    return t;
}

static const Expr *number(const Bench *t, double value) { return expr_constant(t->x, value); }

static const Expr *call(const Bench *t, ExprOp op, const Expr *a) {
    return expr_apply(t->x, op, a, NULL, NULL);
}

static const Expr *call2(const Bench *t, ExprOp op, const Expr *a, const Expr *b) {
    return expr_apply(t->x, op, a, b, NULL);
}

/* ---- text ---- */

static void expect_text(const Expr *e, const char *expected) {
    Text text = {0};
    expr_print(e, NULL, NULL, &text);
    cr_expect_str_eq(text.at, expected);
    text_free(&text);
}

Test(expr, print_table) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *a = t.a, *b = t.b, *c = t.c, *two = number(&t, 2);
    const Expr *rho = expr_named_const(x, "rho", 0.9);
    const struct {
        const Expr *e;
        const char *text;
    } rows[] = {
        {expr_add(x, expr_mul(x, a, t.h1), expr_mul(x, b, c)), "a * h[t-1] + b * c"},
        {expr_mul(x, expr_add(x, a, b), c), "(a + b) * c"},
        {expr_sub(x, a, expr_sub(x, b, c)), "a - (b - c)"},
        {expr_sub(x, expr_sub(x, a, b), c), "a - b - c"},
        {expr_add(x, a, expr_sub(x, b, c)), "a + b - c"},
        {expr_mul(x, a, expr_mul(x, b, c)), "a * b * c"},
        {expr_mul(x, a, expr_div(x, b, c)), "a * (b / c)"},
        {expr_div(x, a, expr_mul(x, b, c)), "a / (b * c)"},
        {expr_sub(x, number(&t, 1), call2(&t, EXPR_POW, a, two)), "1 - a^2"},
        {call2(&t, EXPR_POW, expr_neg(x, a), two), "(-a)^2"},
        {expr_neg(x, call2(&t, EXPR_POW, a, two)), "-a^2"},
        {call2(&t, EXPR_POW, call2(&t, EXPR_POW, a, two), b), "(a^2)^b"},
        {call2(&t, EXPR_POW, a, number(&t, -1)), "a^(-1)"},
        {expr_neg(x, expr_mul(x, a, b)), "-a * b"},
        {expr_neg(x, expr_add(x, a, b)), "-(a + b)"},
        {expr_mul(x, number(&t, -0.5), a), "-0.5 * a"},
        {expr_mul(x, b, number(&t, -0.5)), "b * (-0.5)"},
        {expr_mul(x, rho, a), "rho * a"},
        {expr_mul(x, t.s, a), "s * a"},
        {expr_mul(x, expr_sub(x, number(&t, 1), rho), a), "(1 - rho) * a"},
        {expr_matvec(x, &vars[R], expr_mul(x, b, t.h1), false), "R @ (b * h[t-1])"},
        {expr_matvec(x, &vars[R], a, true), "Rᵀ @ a"},
        {expr_mul(x, a, expr_matvec(x, &vars[W], t.in, false)), "a * W @ x"},
        {call(&t, EXPR_SIGMOID, expr_add(x, expr_matvec(x, &vars[W], t.in, false), b)), "sigmoid(W @ x + b)"},
        {expr_div(x, expr_sum(x, a), expr_size(x, &dim_n)), "mean(a)"},
        {expr_div(x, expr_sum(x, a), expr_size(x, &dim_m)), "sum(a) / m"},
        {expr_softmax(x, a), "softmax(a)"},
        {expr_logsumexp(x, a), "logsumexp(a)"},
        {expr_apply(x, EXPR_WHERE, call2(&t, EXPR_GREATER, a, number(&t, 0)), b, c), "where(a > 0, b, c)"},
        {expr_apply(x, EXPR_CLIP, a, number(&t, 0), number(&t, 1)), "clip(a, 0, 1)"},
        {call(&t, EXPR_STOP, a), "stop(a)"},
        {expr_function(x, "spike", call(&t, EXPR_STEP, a), 1, &a, &b), "spike(a)"},
        {expr_use(x, &vars[H], 3, 0), "h[t-3]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect_text(rows[i].e, rows[i].text);
    arena_free(t.arena);
}

static const char *gate_name(void *gate, const Expr *e) { return e == gate ? "i" : NULL; }

Test(expr, print_names_below_the_root) {
    const Bench t = bench_new();
    const Expr *gate = call(&t, EXPR_SIGMOID, t.a);
    Text text = {0};
    expr_print(expr_mul(t.x, gate, t.b), gate_name, (void *)(uintptr_t)gate, &text);
    text_add(&text, "; ");
    expr_print(gate, gate_name, (void *)(uintptr_t)gate, &text);
    cr_expect_str_eq(text.at, "i * b; sigmoid(a)");
    text_free(&text);
    arena_free(t.arena);
}

/* ---- identities ---- */

Test(expr, equal_expressions_are_one_node) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *a = t.a, *b = t.b, *c = t.c, *zero = number(&t, 0), *one = number(&t, 1);
    const Expr *ab = expr_mul(x, a, b);
    const struct {
        const Expr *got, *expected;
    } rows[] = {
        {expr_mul(x, a, b), ab},
        {expr_mul(x, b, a), ab},
        {expr_add(x, b, a), expr_add(x, a, b)},
        {expr_use(x, &vars[H], 1, 0), t.h1},
        {number(&t, -0.0), zero},
        {expr_add(x, a, zero), a},
        {expr_add(x, zero, a), a},
        {expr_sub(x, a, zero), a},
        {expr_sub(x, zero, a), expr_neg(x, a)},
        {expr_sub(x, a, a), zero},
        {expr_mul(x, a, one), a},
        {expr_mul(x, one, a), a},
        {expr_mul(x, zero, a), zero},
        {expr_mul(x, a, zero), zero},
        {expr_mul(x, a, number(&t, -1)), expr_neg(x, a)},
        {expr_neg(x, expr_neg(x, a)), a},
        {expr_neg(x, expr_sub(x, a, b)), expr_sub(x, b, a)},
        {expr_add(x, a, expr_neg(x, b)), expr_sub(x, a, b)},
        {expr_add(x, expr_neg(x, a), b), expr_sub(x, b, a)},
        {expr_sub(x, a, expr_neg(x, b)), expr_add(x, a, b)},
        {expr_mul(x, expr_neg(x, a), b), expr_neg(x, ab)},
        {expr_mul(x, a, expr_neg(x, b)), expr_neg(x, ab)},
        {expr_mul(x, expr_neg(x, a), expr_neg(x, b)), ab},
        {expr_div(x, expr_neg(x, a), b), expr_neg(x, expr_div(x, a, b))},
        {expr_div(x, a, one), a},
        {expr_div(x, zero, a), zero},
        {call2(&t, EXPR_POW, a, one), a},
        {call2(&t, EXPR_POW, a, zero), one},
        {expr_mul(x, number(&t, 2), expr_mul(x, number(&t, 3), a)), expr_mul(x, number(&t, 6), a)},
        {expr_mul(x, expr_mul(x, a, number(&t, 3)), number(&t, 2)), expr_mul(x, number(&t, 6), a)},
        {expr_add(x, a, expr_mul(x, number(&t, -2), b)), expr_sub(x, a, expr_mul(x, number(&t, 2), b))},
        {expr_sub(x, a, number(&t, -2)), expr_add(x, a, number(&t, 2))},
        {call(&t, EXPR_EXP, zero), one},
        {expr_add(x, number(&t, 2), number(&t, 3)), number(&t, 5)},
        {expr_apply(x, EXPR_WHERE, one, a, b), a},
        {expr_apply(x, EXPR_WHERE, zero, a, b), b},
        {expr_apply(x, EXPR_WHERE, c, a, a), a},
        {call(&t, EXPR_STOP, one), one},
        {expr_matvec(x, &vars[R], zero, false), zero},
        {expr_matvec(x, &vars[R], zero, true), zero},
        {expr_sum(x, zero), zero},
        {expr_broadcast(x, one, &dim_n), one},
        {expr_mul(x, t.s, a), expr_mul(x, expr_broadcast(x, t.s, &dim_n), a)},
        {expr_size(x, &dim_n), expr_size(x, &dim_n)},
        {expr_function(x, "f", a, 1, &a, &b), expr_function(x, "f", a, 1, &a, &b)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(rows[i].got, rows[i].expected, "row %zu", i);
    arena_free(t.arena);
}

Test(expr, different_expressions_are_different_nodes) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *one = number(&t, 1), *named = expr_named_const(x, "one", 1);
    cr_expect_neq(expr_sub(x, t.a, t.b), expr_sub(x, t.b, t.a));
    cr_expect_neq(t.h, t.h1);
    cr_expect_neq(expr_use(x, &vars[H], 1, 1), t.h1);
    cr_expect_neq(expr_size(x, &dim_n), expr_size(x, &dim_m));
    cr_expect_neq(expr_matvec(x, &vars[R], t.a, true), expr_matvec(x, &vars[R], t.a, false));
    cr_expect_neq(expr_function(x, "f", t.a, 1, &t.a, &t.b), expr_function(x, "f", t.a, 1, &t.a, &t.c));
    cr_expect_neq(named, one);
    cr_expect_eq(expr_mul(x, named, t.a)->op, EXPR_MUL, "a named constant stays itself");
    cr_expect_eq(expr_add(x, named, one)->op, EXPR_ADD);
    cr_expect_not(expr_is_const(named, 1));
    cr_expect_eq(call(&t, EXPR_LOG, number(&t, 0))->op, EXPR_LOG, "nothing folds to an infinity");
    cr_expect_eq(expr_mul(x, t.a, number(&t, 3))->kid[0], t.a, "the written order is kept");
    arena_free(t.arena);
}

Test(expr, scalars_are_broadcast) {
    const Bench t = bench_new();
    const Expr *e = expr_mul(t.x, t.s, t.a);
    cr_expect_eq(e->dim, &dim_n);
    cr_expect_eq(e->kid[0]->op, EXPR_BROADCAST);
    cr_expect_eq(e->kid[0]->kid[0], t.s);
    cr_expect_eq(expr_mul(t.x, number(&t, 2), t.a)->kid[0], number(&t, 2));
    cr_expect_eq(expr_div(t.x, t.a, expr_size(t.x, &dim_n))->kid[1], expr_size(t.x, &dim_n));
    cr_expect_null(expr_mul(t.x, t.s, t.s)->dim);
    cr_expect_eq(expr_matvec(t.x, &vars[W], t.in, false)->dim, &dim_n);
    cr_expect_eq(expr_matvec(t.x, &vars[W], t.a, true)->dim, &dim_m);
    arena_free(t.arena);
}

Test(expr, nodes_survive_the_table_growing) {
    const Bench t = bench_new();
    const Expr *first = expr_mul(t.x, t.a, number(&t, 0.5));
    const Expr *e = t.a;
    for (int i = 0; i < 5000; i++) e = expr_add(t.x, e, number(&t, 2 + i));
    const int count = exprs_count(t.x);
    cr_expect_eq(expr_mul(t.x, t.a, number(&t, 0.5)), first);
    for (int i = 0; i < 5000; i++) number(&t, 2 + i);
    cr_expect_eq(exprs_count(t.x), count);
    for (; e->kids > 0; e = e->kid[0]) cr_assert_lt(e->kid[0]->id, e->id);
    arena_free(t.arena);
}

Test(expr, with_kids_rebuilds) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *condition = call2(&t, EXPR_LESS, t.a, t.b);
    const Expr *const nodes[] = {
        expr_mul(x, t.a, t.b),
        expr_neg(x, t.a),
        expr_apply(x, EXPR_WHERE, condition, t.b, t.c),
        expr_matvec(x, &vars[R], t.a, false),
        expr_matvec(x, &vars[R], t.a, true),
        expr_sum(x, t.a),
        expr_softmax(x, t.a),
        expr_logsumexp(x, t.a),
        expr_broadcast(x, t.s, &dim_n),
        expr_function(x, "f", t.a, 1, &t.a, &t.b),
        t.h1,
    };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        cr_expect_eq(expr_with_kids(x, nodes[i], nodes[i]->kid), nodes[i], "node %zu", i);
    const Expr *const swapped[] = {t.c, t.b};
    cr_expect_eq(expr_with_kids(x, nodes[0], swapped), expr_mul(x, t.c, t.b));
    arena_free(t.arena);
}

/* ---- values ---- */

static const double *table_leaf(void *context, const Var *var, int lag) {
    (void)context, (void)lag;
    return values[var - vars];
}

static void expect_values(const Bench *t, const Expr *e, const double *expected) {
    Evaluator *evaluator = evaluator_new(t->x, table_leaf, NULL);
    const double *got = evaluate(evaluator, e);
    for (long i = 0; i < dim_size(e->dim); i++)
        cr_expect_float_eq(got[i], expected[i], 1e-14, "entry %ld", i);
    evaluator_free(evaluator);
}

Test(expr, evaluates_stations) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const double e0 = exp(0.3), e1 = exp(-0.7), e2 = exp(1.1), sum = e0 + e1 + e2;
    expect_values(&t, expr_matvec(x, &vars[W], t.in, false), (double[]){3.5, -3.25, 4});
    expect_values(&t, expr_matvec(x, &vars[W], t.a, true), (double[]){0.3 - 0.35 + 3.3, -0.3 - 1.4 + 0.275});
    expect_values(&t, expr_matvec(x, &vars[R], number(&t, 1), false), (double[]){6, 15, 24});
    expect_values(&t, expr_sum(x, t.a), (double[]){0.7});
    expect_values(&t, expr_softmax(x, t.a), (double[]){e0 / sum, e1 / sum, e2 / sum});
    expect_values(&t, expr_logsumexp(x, t.a), (double[]){log(sum)});
    expect_values(&t, expr_mul(x, t.s, t.a), (double[]){0.075, -0.175, 0.275});
    expect_values(&t, expr_div(x, t.a, expr_size(x, &dim_n)), (double[]){0.1, -0.7 / 3, 1.1 / 3});
    expect_values(&t, expr_function(x, "f", expr_neg(x, t.a), 1, &t.a, &t.b), (double[]){-0.3, 0.7, -1.1});
    arena_free(t.arena);
}

Test(expr, softmax_and_softplus_are_stable) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *large = expr_mul(x, number(&t, 1e4), t.a);
    expect_values(&t, expr_softmax(x, large), (double[]){0, 0, 1});
    expect_values(&t, expr_logsumexp(x, large), (double[]){11000});
    expect_values(&t, call(&t, EXPR_SOFTPLUS, large), (double[]){3000, 0, 11000});
    expect_values(&t, call(&t, EXPR_SIGMOID, large), (double[]){1, 0, 1});
    expect_values(&t, call(&t, EXPR_SILU, large), (double[]){3000, 0, 11000});
    arena_free(t.arena);
}

typedef struct Counter {
    double value;
    int calls;
} Counter;

static const double *counting_leaf(void *context, const Var *var, int lag) {
    (void)var, (void)lag;
    Counter *counter = context;
    counter->calls++;
    return &counter->value;
}

Test(expr, evaluator_remembers_until_cleared) {
    const Bench t = bench_new();
    Counter counter = {.value = 2};
    Evaluator *evaluator = evaluator_new(t.x, counting_leaf, &counter);
    const Expr *square = expr_mul(t.x, t.s, t.s); /* made after the evaluator */
    const Expr *e = expr_add(t.x, square, call(&t, EXPR_NEG, t.s));
    cr_expect_eq(evaluate(evaluator, e)[0], 2);
    cr_expect_eq(evaluate(evaluator, square)[0], 4);
    cr_expect_eq(counter.calls, 1);
    counter.value = 3;
    cr_expect_eq(evaluate(evaluator, square)[0], 4);
    evaluator_clear(evaluator);
    cr_expect_eq(evaluate(evaluator, e)[0], 6);
    cr_expect_eq(counter.calls, 2);
    evaluator_free(evaluator);
    arena_free(t.arena);
}

Test(expr, evaluates_deep_expressions) {
    const Bench t = bench_new();
    Counter counter = {.value = 1};
    const Expr *e = t.s;
    for (int i = 0; i < 200000; i++) e = expr_add(t.x, t.s, e);
    Evaluator *evaluator = evaluator_new(t.x, counting_leaf, &counter);
    cr_expect_eq(evaluate(evaluator, e)[0], 200001);
    evaluator_free(evaluator);
    arena_free(t.arena);
}

/* ---- operators and their derivatives ---- */

static Var operand_vars[3] = {
    {.kind = VAR_STATE, .name = "u", .label = "u", .index = 0},
    {.kind = VAR_STATE, .name = "v", .label = "v", .index = 1},
    {.kind = VAR_STATE, .name = "w", .label = "w", .index = 2},
};

static const double *point_leaf(void *context, const Var *var, int lag) {
    (void)lag;
    return (const double *)context + var->index;
}

static double value_at(const Bench *t, const Expr *e, double *point) {
    Evaluator *evaluator = evaluator_new(t->x, point_leaf, point);
    const double value = evaluate(evaluator, e)[0];
    evaluator_free(evaluator);
    return value;
}

static double difference(ExprOp op, const double *point, int i) {
    const double step = 1e-5;
    double up[3], down[3], up2[3], down2[3];
    memcpy(up, point, sizeof up), memcpy(down, point, sizeof down);
    memcpy(up2, point, sizeof up2), memcpy(down2, point, sizeof down2);
    up[i] += step, down[i] -= step, up2[i] += 2 * step, down2[i] -= 2 * step;
    const double near = expr_operator_value(op, up) - expr_operator_value(op, down);
    const double far = expr_operator_value(op, up2) - expr_operator_value(op, down2);
    return (8 * near - far) / (12 * step); /* fourth order */
}

static const Expr *operator_node(const Bench *t, ExprOp op) {
    const Expr *u[3];
    for (int i = 0; i < 3; i++) u[i] = expr_use(t->x, &operand_vars[i], 0, 0);
    return expr_apply(t->x, op, u[0], u[1], u[2]);
}

Test(expr, every_partial_is_the_slope_of_its_value) {
    const Bench t = bench_new();
    /* no point is at a kink; the first operands of log, sqrt and pow are positive in the first half */
    static const double points[][3] = {{0.3, 0.7, 1.9},   {1.7, -0.4, 0.6},  {2.5, 3.1, 3.3},
                                       {0.05, 1.2, -2.0}, {-0.6, 2.0, 0.9},  {-2.3, -3.0, 1.0},
                                       {-1.1, -0.2, 0.8}, {-4.0, -1.0, -0.5}};
    for (int op = 0; op < EXPR_FUNCTION; op++) {
        const bool positive_only = op == EXPR_LOG || op == EXPR_SQRT || op == EXPR_POW;
        const Expr *e = operator_node(&t, (ExprOp)op);
        cr_assert_eq((int)e->op, op);
        for (size_t p = 0; p < (positive_only ? 4 : 8); p++)
            for (int i = 0; i < e->kids; i++) {
                double point[3];
                memcpy(point, points[p], sizeof point);
                const bool nothing_passes =
                    op == EXPR_STOP || op == EXPR_HASH || (op == EXPR_WHERE && i == 0);
                const double expected = nothing_passes ? 0 : difference((ExprOp)op, point, i);
                const double got = value_at(&t, expr_partial(t.x, e, i), point);
                cr_expect(fabs(got - expected) <= 1e-9 * (1 + fabs(expected)),
                          "%s, operand %d, point %zu: %g, slope %g", expr_operator((ExprOp)op)->name, i, p,
                          got, expected);
            }
    }
    arena_free(t.arena);
}

Test(expr, kinks_are_as_the_language_says) {
    const Bench t = bench_new();
    const struct {
        ExprOp op;
        double point[3], value, partial[3];
    } rows[] = {
        {EXPR_RELU, {0}, 0, {0}},
        {EXPR_ABS, {0}, 0, {0}},
        {EXPR_SIGN, {0}, 0, {0}},
        {EXPR_STEP, {0}, 1, {0}},
        {EXPR_MAX, {2, 2}, 2, {1, 0}},
        {EXPR_MIN, {2, 2}, 2, {1, 0}},
        {EXPR_CLIP, {1, 1, 3}, 1, {0, 1, 0}},
        {EXPR_CLIP, {3, 1, 3}, 3, {0, 0, 1}},
        {EXPR_CLIP, {2, 1, 3}, 2, {1, 0, 0}},
        {EXPR_CLIP, {2, 2, 2}, 2, {0, 1, 0}},
        {EXPR_POW, {0, 2}, 0, {0, 0}},
        {EXPR_POW, {0, 1}, 0, {1, 0}},
        {EXPR_LESS, {1, 1}, 0, {0, 0}},
        {EXPR_LESS_EQUAL, {1, 1}, 1, {0, 0}},
        {EXPR_GREATER, {1, 1}, 0, {0, 0}},
        {EXPR_GREATER_EQUAL, {1, 1}, 1, {0, 0}},
        {EXPR_EQUAL, {1, 1}, 1, {0, 0}},
        {EXPR_NOT_EQUAL, {1, 1}, 0, {0, 0}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const Expr *e = operator_node(&t, rows[r].op);
        double point[3];
        memcpy(point, rows[r].point, sizeof point);
        cr_expect_eq(value_at(&t, e, point), rows[r].value, "row %zu", r);
        for (int i = 0; i < e->kids; i++)
            cr_expect_eq(value_at(&t, expr_partial(t.x, e, i), point), rows[r].partial[i],
                         "row %zu, operand %d", r, i);
    }
    arena_free(t.arena);
}

Test(expr, partials_read_well) {
    const Bench t = bench_new();
    const Expr *a = t.a, *tanh_a = call(&t, EXPR_TANH, a), *sigmoid_a = call(&t, EXPR_SIGMOID, a);
    const Expr *const two = number(&t, 2), *beta = expr_named_const(t.x, "beta", 3);
    const struct {
        const Expr *e;
        const char *text;
    } rows[] = {
        {tanh_a, "1 - tanh(a)^2"},
        {sigmoid_a, "sigmoid(a) * (1 - sigmoid(a))"},
        {call2(&t, EXPR_POW, a, two), "2 * a"},
        {call2(&t, EXPR_POW, a, number(&t, 3)), "3 * a^2"},
        {call2(&t, EXPR_POW, a, beta), "beta * a^(beta - 1)"},
        {call(&t, EXPR_RELU, a), "where(a > 0, 1, 0)"},
        {call(&t, EXPR_SOFTPLUS, a), "sigmoid(a)"},
        {call(&t, EXPR_COS, a), "-sin(a)"},
        {call(&t, EXPR_SQRT, a), "0.5 / sqrt(a)"},
        {expr_div(t.x, a, t.b), "1 / b"},
        {expr_neg(t.x, a), "-1"},
        {call(&t, EXPR_STOP, a), "0"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_text(expr_partial(t.x, rows[i].e, 0), rows[i].text);
    arena_free(t.arena);
}

Test(expr, every_operator_has_a_complete_line) {
    static const struct {
        const char *name;
        int arity;
    } declared[] = {
#define X(id, name, arity) {name, arity},
        EXPR_ELEMENTWISE(X)
#undef X
    };
    cr_assert_eq(sizeof declared / sizeof *declared, (size_t)EXPR_FUNCTION);
    for (int op = 0; op < EXPR_FUNCTION; op++) {
        const Operator *line = expr_operator((ExprOp)op);
        cr_assert_str_eq(line->name, declared[op].name);
        cr_expect_eq(line->arity, declared[op].arity);
        cr_assert(line->c && line->latex && line->note && line->value && line->partial);
        cr_expect_eq(line->infix != NULL, line->arity == 2 && line->precedence > 0, "%s", line->name);
        for (int i = 0; i < 3; i++) {
            const char in_c[] = {'$', (char)('0' + i), 0}, in_latex[] = {'#', (char)('0' + i), 0};
            cr_expect_eq(strstr(line->c, in_c) != NULL, i < line->arity, "%s", line->name);
            cr_expect_eq(strstr(line->latex, in_latex) != NULL, i < line->arity, "%s", line->name);
        }
    }
}

/* ---- regions ---- */

static void expect_reach(const Bench *t, const Expr *root, int count, const char *const expected[][2]) {
    const Reaches got = expr_reach(t->x, root, t->arena);
    cr_assert_eq(got.count, count, "%d reached, not %d", got.count, count);
    for (int i = 0; i < count; i++) {
        expect_text(got.at[i].node, expected[i][0]);
        expect_text(got.at[i].derivative, expected[i][1]);
    }
}

Test(expr, reach_of_an_lstm) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *c1 = expr_use(x, &vars[C], 1, 0);
    const Expr *i = call(&t, EXPR_SIGMOID, expr_add(x, expr_matvec(x, &vars[W], t.in, false), t.b));
    const Expr *g = call(&t, EXPR_TANH, expr_matvec(x, &vars[R], t.h1, false));
    const Expr *c = expr_add(x, expr_mul(x, t.a, c1), expr_mul(x, i, g));
    const char *const cell[][2] = {
        {"a", "c[t-1]"},
        {"c[t-1]", "a"},
        {"W @ x", "tanh(R @ h[t-1]) * sigmoid(W @ x + b) * (1 - sigmoid(W @ x + b))"},
        {"b", "tanh(R @ h[t-1]) * sigmoid(W @ x + b) * (1 - sigmoid(W @ x + b))"},
        {"R @ h[t-1]", "sigmoid(W @ x + b) * (1 - tanh(R @ h[t-1])^2)"},
    };
    expect_reach(&t, c, 5, cell);
    const char *const output[][2] = {{"a", "tanh(c)"}, {"c", "a * (1 - tanh(c)^2)"}};
    expect_reach(&t, expr_mul(x, t.a, call(&t, EXPR_TANH, t.c)), 2, output);
    arena_free(t.arena);
}

Test(expr, reach_of_a_gru) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const Expr *update = expr_mul(x, expr_sub(x, number(&t, 1), t.a), t.h1);
    const char *const state[][2] = {{"a", "c - h[t-1]"}, {"h[t-1]", "1 - a"}, {"c", "a"}};
    expect_reach(&t, expr_add(x, update, expr_mul(x, t.a, t.c)), 3, state);
    const Expr *reset = expr_matvec(x, &vars[R], expr_mul(x, t.b, t.h1), false);
    const char *const candidate[][2] = {{"R @ (b * h[t-1])", "1 - tanh(R @ (b * h[t-1]))^2"}};
    expect_reach(&t, call(&t, EXPR_TANH, reset), 1, candidate);
    arena_free(t.arena);
}

Test(expr, reach_stops_where_nothing_passes) {
    const Bench t = bench_new();
    Exprs *x = t.x;
    const char *const leaf[][2] = {{"a", "1"}};
    expect_reach(&t, t.a, 1, leaf);
    const char *const station[][2] = {{"R @ a", "1"}};
    expect_reach(&t, expr_matvec(x, &vars[R], t.a, false), 1, station);
    expect_reach(&t, number(&t, 3), 0, NULL);
    const char *const only_b[][2] = {{"b", "stop(a)"}};
    expect_reach(&t, expr_mul(x, call(&t, EXPR_STOP, t.a), t.b), 1, only_b);
    expect_reach(&t, call(&t, EXPR_STEP, t.a), 0, NULL);
    /* both ways cancel */
    expect_reach(&t, expr_add(x, t.a, expr_mul(x, t.b, expr_sub(x, t.c, t.a))), 3,
                 (const char *const[][2]){{"a", "1 - b"}, {"b", "c - a"}, {"c", "b"}});
    /* what is constant is no place that a derivative reaches, even behind a broadcast */
    const Expr *rho = expr_named_const(x, "rho", 0.9);
    const Expr *rest = expr_sub(x, number(&t, 1), rho);
    const char *const leak[][2] = {{"a", "1 - rho"}};
    expect_reach(&t, expr_mul(x, rest, t.a), 1, leak);
    /* a function's derivative is the stated one, by its argument and not through its value */
    const Expr *z = expr_function(x, "spike", call(&t, EXPR_STEP, t.a), 1, &t.a, &t.c);
    const char *const surrogate[][2] = {{"b", "spike(a)"}, {"a", "b * c"}};
    expect_reach(&t, expr_mul(x, t.b, z), 2, surrogate);
    arena_free(t.arena);
}

Test(expr, reach_through_a_scalar_parameter) {
    const Bench t = bench_new();
    const Reaches got = expr_reach(t.x, expr_mul(t.x, t.s, t.a), t.arena);
    cr_assert_eq(got.count, 2);
    cr_expect_eq(got.at[0].node, expr_broadcast(t.x, t.s, &dim_n));
    cr_expect_eq(got.at[0].derivative, t.a);
    cr_expect_eq(got.at[1].derivative, expr_broadcast(t.x, t.s, &dim_n));
    arena_free(t.arena);
}

/* The derivative of a region with much sharing against differences of its value, unit by unit. */
static double perturbed[VARS][9];
static const double *perturbed_leaf(void *context, const Var *var, int lag) {
    (void)context, (void)lag;
    return perturbed[var - vars];
}

static double unit_value(const Bench *t, const Expr *e, int var, long unit, double shift) {
    memcpy(perturbed, values, sizeof perturbed);
    perturbed[var][unit] += shift;
    Evaluator *evaluator = evaluator_new(t->x, perturbed_leaf, NULL);
    const double value = evaluate(evaluator, e)[unit];
    evaluator_free(evaluator);
    return value;
}

Test(expr, reach_agrees_with_differences) {
    const Bench t = bench_new();
    const Expr *e = t.a, *const leaves[] = {t.b, t.c, t.a};
    for (int i = 0; i < 12; i++) /* 4096 paths, 36 nodes or so */
        e = call(&t, EXPR_TANH, expr_add(t.x, expr_mul(t.x, e, leaves[i % 3]), call(&t, EXPR_SIN, e)));
    const Reaches got = expr_reach(t.x, e, t.arena);
    cr_assert_eq(got.count, 3);
    for (int r = 0; r < got.count; r++)
        for (long unit = 0; unit < 3; unit++) {
            const int var = (int)(got.at[r].node->var - vars);
            const double step = 1e-5;
            const double slope =
                (unit_value(&t, e, var, unit, step) - unit_value(&t, e, var, unit, -step)) / (2 * step);
            cr_expect_float_eq(unit_value(&t, got.at[r].derivative, var, unit, 0), slope, 1e-8);
        }
    arena_free(t.arena);
}
