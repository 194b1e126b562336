/* The forward reference run on a hand-made model whose sequence can be worked out on paper. */
#include "model/model.h"
#include <criterion/criterion.h>

static Dim dim_n = {"n", 2};

/* h = w * h[t-2] + x[t-1], h = 3 before the start; k = 1 (a constant over n); loss = s * sum(h) */
typedef struct Toy {
    Model model;
    Var x, w, s, h, k, loss;
} Toy;

static void toy_build(Toy *toy) {
    *toy = (Toy){0};
    Model *m = &toy->model;
    m->arena = arena_new();
    m->exprs = exprs_new(m->arena);
    toy->x = (Var){.kind = VAR_INPUT, .index = 0, .label = "x", .rows = &dim_n, .max_lag = 1};
    toy->w = (Var){.kind = VAR_PARAM, .index = 0, .label = "w", .rows = &dim_n};
    toy->s = (Var){.kind = VAR_PARAM, .index = 1, .label = "s"};
    toy->h = (Var){.kind = VAR_STATE, .index = 0, .label = "h", .rows = &dim_n, .max_lag = 2};
    toy->h.init = INIT_NUMBER, toy->h.init_number = 3;
    toy->k = (Var){.kind = VAR_STATE, .index = 1, .label = "k", .rows = &dim_n};
    toy->loss = (Var){.kind = VAR_LOSS, .index = 2, .label = "loss"};
    Exprs *x = m->exprs;
    const Expr *kept = expr_mul(x, expr_use(x, &toy->w, 0, 0), expr_use(x, &toy->h, 2, 0));
    toy->h.definition = expr_add(x, kept, expr_use(x, &toy->x, 1, 0));
    toy->k.definition = expr_constant(x, 1);
    const Expr *h_now = expr_use(x, &toy->h, 0, 0);
    toy->loss.definition = expr_mul(x, expr_use(x, &toy->s, 0, 0), expr_sum(x, h_now));
    m->readout = expr_add(x, h_now, expr_constant(x, 1));
    m->loss = &toy->loss;
    vec_push(m->arena, &m->inputs, &toy->x);
    vec_push(m->arena, &m->params, &toy->w);
    vec_push(m->arena, &m->params, &toy->s);
    vec_push(m->arena, &m->roots, &toy->h);
    vec_push(m->arena, &m->roots, &toy->k);
    vec_push(m->arena, &m->roots, &toy->loss);
    vec_push(m->arena, &m->locals, ((Local){.label = "kept", .value = kept}));
}

Test(simulate, lags_initial_values_and_constants) {
    Toy toy;
    toy_build(&toy);
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, w[] = {1, 0.5}, s[] = {2};
    const double *const inputs[] = {x}, *const params[] = {w, s};
    const Sequence sequence = {4, inputs};
    double h[8], k[8], y[8];
    double *const states[] = {h, k, NULL};
    const double loss = model_simulate(&toy.model, params, &sequence, states, y);
    const double expected[] = {3, 1.5, 4, 3.5, 6, 4.75, 9, 7.75};
    double sum = 0;
    for (int i = 0; i < 8; i++) {
        cr_expect_eq(h[i], expected[i], "h %d: %g", i, h[i]);
        cr_expect_eq(k[i], 1);
        cr_expect_eq(y[i], expected[i] + 1);
        sum += expected[i];
    }
    cr_expect_eq(loss, 2 * sum);
    cr_expect_eq(model_simulate(&toy.model, params, &sequence, NULL, NULL), loss);
    arena_free(toy.model.arena);
}

Test(simulate, lookups) {
    Toy toy;
    toy_build(&toy);
    cr_expect_eq(model_param(&toy.model, "s"), &toy.s);
    cr_expect_null(model_param(&toy.model, "h"));
    cr_expect_eq(model_root(&toy.model, "k"), &toy.k);
    cr_expect_null(model_root(&toy.model, "w"));
    const Expr *kept = toy.h.definition->kid[0];
    cr_expect_str_eq(model_local_name(&toy.model, kept), "kept");
    cr_expect_null(model_local_name(&toy.model, toy.h.definition));
    arena_free(toy.model.arena);
}
