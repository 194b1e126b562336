/* What a spec comes to: definitions, order, tags, sizes and settings. */
#include "built.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* ---- what a spec comes to ---- */

static void check_definition(const Built *built, const char *label, const char *wanted) {
    Text text = {0};
    const Model *model = built->model;
    const Var *root = model_root(model, label);
    const Expr *e = root ? root->definition : NULL;
    for (int i = 0; !e && i < model->locals.count; i++)
        if (strcmp(model->locals.at[i].label, label) == 0) e = model->locals.at[i].value;
    if (!e && strcmp(label, "readout") == 0) e = model->readout;
    cr_assert_not_null(e, "nothing is labelled %s", label);
    expr_print(e, NULL, NULL, &text);
    cr_assert_str_eq(text.at, wanted, "%s is %s instead of %s", label, text.at, wanted);
    text_free(&text);
}

static const struct {
    const char *text, *label, *wanted;
} definitions[] = {
    {LEAKY, "h", "g * h[t-1] + tanh(W @ x + R @ h[t-1] + b)"},
    {LEAKY, "u", "W @ x + R @ h[t-1] + b"},
    {LEAKY, "readout", "V @ h + d"},
    {LEAKY, "loss", "0.5 * sum((V @ h + d - target)^2)"},
    /* locals are inlined, a state at lag 0 is a use */
    {"cell c { size n; input x[n]; state a[n], h[n]; output h; h = 2 * a + a[t-1]; a = x; }", "h",
     "2 * a + a[t-1]"},
    /* delays, initial values and sizes as numbers */
    {"cell c { size n; input x[n]; state h[n] init 1; output h; h = h[t-3] / n + x[t-2]; }", "h",
     "h[t-3] / n + x[t-2]"},
    /* a scalar, a sum and a constant spread over units */
    {"cell c { size n; input x[n]; state s, h[n]; output h; s = sum(x) + s[t-1]; h = s + 0 * x; }", "h", "s"},
    {"cell c { size n; input x[n]; state h[n]; output h; h = mean(x) * h[t-1] + softmax(x); }", "h",
     "mean(x) * h[t-1] + softmax(x)"},
    {"cell c { size n; input x[n]; state h[n]; output h; h = h[t-1] + sum(0 * x + 2); }", "h",
     "h[t-1] + 2 * n"},
    /* functions: inlined, or kept with their derivative */
    {"function f(u, v) = u * v + 1; cell c { size n; input x[n]; state h[n]; output h; h = f(x, h[t-1]); }",
     "h", "x * h[t-1] + 1"},
    {"function f(u) = step(u) derivative 1; cell c { size n; input x[n]; state h[n]; output h; h = f(x - "
     "h[t-1]); }",
     "h", "f(x - h[t-1])"},
    {"function g(u) = u + 1; function f(u) = g(g(u)); cell c { size n; input x[n]; state h[n]; output h;"
     " h = f(x) + h[t-1]; }",
     "h", "x + 1 + 1 + h[t-1]"},
    {"cell c { size n; input x[n]; state h[n]; output h; h = where(x > 0, stop(h[t-1]), clip(x, -1, 1)); }",
     "h", "where(x > 0, stop(h[t-1]), clip(x, -1, 1))"},
    /* networks: several layers, one whose output is no state, feedback, a readout with state, a mask */
    {LEAKY NETWORK("layer l2 = c(n = 5, x = l1.h); y = V @ l2.h + d; loss mse(y, target);"), "l2.u",
     "l2.W @ l1.h + l2.R @ l2.h[t-1] + l2.b"},
    {LEAKY NETWORK("layer l2 = c(n = 5, x = l1.h[t-1]); y = V @ l2.h + d; loss mse(y, target);"), "l2.u",
     "l2.W @ l1.h[t-1] + l2.R @ l2.h[t-1] + l2.b"},
    {LEAKY RAW "network w { input x[3]; layer l1 = p(x = x); param V[2,5]; layer l2 = c(n = 5, x = "
               "l1.h[t-1]); y = V @ l2.h;"
               " loss mse(y, target); }",
     "l2.u", "l2.W @ l1.h[t-1] + l2.R @ l2.h[t-1] + l2.b"},
    {LEAKY
     "network w { input x[3]; param U[3,5], V[2,5]; layer l1 = c(n = 5, x = x + U @ l1.h[t-1]); y = V @ l1.h;"
     " loss mse(y, target); }",
     "u", "W @ (x + U @ h[t-1]) + R @ h[t-1] + b"},
    {LEAKY NETWORK("const k = 0.9; y = k * y[t-1] + V @ l1.h + d; loss mse(y, target);"), "y",
     "k * y[t-1] + V @ h + d"},
    {LEAKY NETWORK("const k = 0.9; y = k * y[t-1] + V @ l1.h + d; loss mse(y, target);"), "readout", "y"},
    {LEAKY NETWORK("o = V @ l1.h + d; loss mse(o, target);"), "readout", "V @ h + d"},
    {LEAKY NETWORK("y = V @ l1.h + d; loss sum(abs(target - y)) when go;"), "loss",
     "go * sum(abs(target - (V @ h + d)))"},
    {LEAKY NETWORK("y = V @ l1.h + d; loss softmax_cross_entropy(y, target);"), "loss",
     "sum(target) * logsumexp(V @ h + d) - sum(target * (V @ h + d))"},
    {LEAKY NETWORK("y = V @ l1.h + d; loss sigmoid_cross_entropy(y, target);"), "loss",
     "sum(softplus(V @ h + d) - target * (V @ h + d))"},
    {LEAKY NETWORK("y = V @ l1.h + d; loss poisson(y, target);"), "loss",
     "sum(exp(V @ h + d) - target * (V @ h + d))"},
    {LEAKY NETWORK("y = V @ l1.h + d; loss mse(y, target);"), "loss", "mean((V @ h + d - target)^2)"},
    {LEAKY
     "network w { input x[3]; param q; layer l1 = c(n = 5, x = x); y = q * sum(l1.h); loss mse(y, target); }",
     "loss", "(q * sum(h) - target)^2"},
};

Test(model, definitions) {
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
        Built built = build_text(definitions[i].text, NULL);
        cr_assert_not_null(built.model, "%s\n%s", definitions[i].text, messages(&built));
        cr_assert_eq(built.diagnostics->list.count, 0, "%s\n%s", definitions[i].text, messages(&built));
        check_definition(&built, definitions[i].label, definitions[i].wanted);
        built_free(&built);
    }
}

/* Every lag-0 use of a root stands after that root's definition. */
static void check_order(const Model *model, const Expr *e, int before) {
    if (e->op == EXPR_USE && e->lag == 0 && e->var->definition)
        cr_assert_lt(e->var->index, before, "%s is used before it is known", e->var->label);
    for (int i = 0; i < e->kids; i++) check_order(model, e->kid[i], before);
}

Test(model, roots_are_in_order) {
    Built built =
        build_text("cell c { size n; input x[n]; state h[n], b[n], a[n]; output h; h = b + q; q = a * b[t-1];"
                   " b = a + h[t-1]; a = x; }",
                   NULL);
    cr_assert_not_null(built.model, "%s", messages(&built));
    const Model *model = built.model;
    for (int i = 0; i < model->roots.count; i++) {
        cr_assert_eq(model->roots.at[i]->index, i);
        check_order(model, model->roots.at[i]->definition, i);
    }
    cr_assert_eq(model->roots.at[model->roots.count - 1], model->loss);
    cr_assert_eq(model_root(model, "h")->max_lag, 1);
    cr_assert_eq(model_root(model, "a")->max_lag, 0);
    built_free(&built);
}

/* ---- tags ---- */

static uint64_t tags_of(const Expr *e, const char *label, int lag) {
    if (e->op == EXPR_USE) return strcmp(e->var->label, label) == 0 && e->lag == lag ? e->tags : 0;
    uint64_t tags = 0;
    for (int i = 0; i < e->kids; i++) tags |= tags_of(e->kid[i], label, lag);
    return tags;
}

Test(model, tags_mark_written_uses) {
    Built built =
        build_text("function twice(u) = u + u;"
                   "cell c { size n; input x[n]; state a[n], h[n]; output h; a = x + h[t-1]; q = h[t-2];"
                   " h = tag(one, twice(a[t-1]) + q * tag(two, a)); }\n"
                   "network w { input x[3]; layer l1 = c(x = x); layer l2 = c(x = tag(up, l1.h));"
                   " y = l2.h; loss mse(y, target); }",
                   NULL);
    cr_assert_not_null(built.model, "%s", messages(&built));
    const Model *model = built.model;
    cr_assert_eq(model->tags.count, 3);
    uint64_t one = 0, two = 0, up = 0;
    for (int i = 0; i < 3; i++) {
        if (strcmp(model->tags.at[i], "one") == 0) one = UINT64_C(1) << i;
        if (strcmp(model->tags.at[i], "two") == 0) two = UINT64_C(1) << i;
        if (strcmp(model->tags.at[i], "up") == 0) up = UINT64_C(1) << i;
    }
    const Expr *h = model_root(model, "l2.h")->definition, *a = model_root(model, "l2.a")->definition;
    cr_assert_eq(tags_of(h, "l2.a", 1), one);
    cr_assert_eq(tags_of(h, "l2.a", 0), one | two);
    cr_assert_eq(tags_of(h, "l2.h", 2), 0, "a local's own definition is not tagged");
    cr_assert_eq(tags_of(a, "l1.h", 0), up);
    cr_assert_eq(tags_of(a, "l2.h", 1), 0);
    built_free(&built);
}

/* ---- sizes and options ---- */

static const Dim *dim_named(const Model *model, const char *name) {
    for (int i = 0; i < model->dims.count; i++)
        if (strcmp(model->dims.at[i]->name, name) == 0) return model->dims.at[i];
    return NULL;
}

static void check_dims(const Model *model, const char *const *name, const long *value, int count) {
    cr_assert_eq(model->dims.count, count, "%d sizes", model->dims.count);
    for (int i = 0; i < count; i++) {
        const Dim *dim = dim_named(model, name[i]);
        cr_assert_not_null(dim, "no size %s", name[i]);
        cr_assert_eq(dim->value, value[i], "%s = %ld", name[i], dim->value);
    }
}

Test(model, sizes_of_a_cell_alone) {
    static const char *const names[] = {"n", "m", "k"};
    Built built = build_text(LEAKY, NULL);
    cr_assert_not_null(built.model, "%s", messages(&built));
    check_dims(built.model, names, (long[]){128, 32, 10}, 3);
    const Var *V = model_param(built.model, "V"), *W = model_param(built.model, "W");
    cr_assert(V->cols == W->rows && V->rows == model_param(built.model, "d")->rows, "one thing, one size");
    cr_assert_eq(W->cols, built.model->inputs.at[0]->rows);
    cr_assert_eq(built.model->target->rows, V->rows);
    built_free(&built);
    built = open_text(LEAKY);
    ModelOptions options = {.target = TARGET_CLASS};
    set(&built, &options, true, "n", 7), set(&built, &options, true, "m", 2),
        set(&built, &options, true, "k", 5);
    build_with(&built, &options);
    check_dims(built.model, names, (long[]){7, 2, 5}, 3);
    cr_assert(built.model->target_is_class);
    built_free(&built);
}

Test(model, sizes_of_networks) {
    static const char *const one[] = {"n", "m", "k"}, *const two[] = {"l1.n", "l1.m", "l2.n", "k"};
    Built built = build_text(LEAKY NETWORK("y = V @ l1.h + d; loss mse(y, target);"), NULL);
    cr_assert_not_null(built.model, "%s", messages(&built));
    check_dims(built.model, one, (long[]){5, 3, 4}, 3);
    built_free(&built);
    const char *stack = LEAKY "network w { size k = 4; input x[3]; param V[k,6]; layer l1 = c(n = 5, x = x);"
                              " layer l2 = c(n = 6, x = l1.h); y = V @ l2.h; loss mse(y, target); }";
    built = build_text(stack, NULL);
    cr_assert_not_null(built.model, "%s", messages(&built));
    check_dims(built.model, two, (long[]){5, 3, 6, 4}, 4);
    cr_assert_eq(model_param(built.model, "l2.W")->cols, model_param(built.model, "l1.W")->rows);
    cr_assert_eq(model_param(built.model, "V")->layer, -1);
    cr_assert_str_eq(built.model->params.at[built.model->params.count - 1]->label, "V",
                     "the readout comes last");
    built_free(&built);
    built = open_text(stack);
    ModelOptions options = {0};
    set(&built, &options, true, "l1.n", 9), set(&built, &options, true, "k", 2);
    build_with(&built, &options);
    check_dims(built.model, two, (long[]){9, 3, 6, 2}, 4);
    built_free(&built);
}

Test(model, names_of_the_readout_keep_clear_of_the_cell) {
    Built built = build_text("cell c { size n, k; input x[k]; state V[n]; output V; param d[n,k]; y = d @ x;"
                             " V = y + V[t-1]; }",
                             NULL);
    cr_assert_not_null(built.model, "%s", messages(&built));
    cr_assert_not_null(model_param(built.model, "d"));
    cr_assert_not_null(model_param(built.model, "V_"));
    cr_assert_not_null(model_param(built.model, "d_"));
    cr_assert_str_eq(built.model->readout_name, "y_");
    static const char *const names[] = {"n", "k", "k2"};
    check_dims(built.model, names, (long[]){128, 10, 10}, 3);
    built_free(&built);
}

static double constant_of(const Expr *e, const char *name) {
    if (e->op == EXPR_CONST && e->name && strcmp(e->name, name) == 0) return e->value;
    double value = NAN;
    for (int i = 0; i < e->kids && isnan(value); i++) value = constant_of(e->kid[i], name);
    return value;
}

Test(model, settings_replace_constants) {
    const char *text =
        "cell c { size n; input x[n]; state h[n]; output h; const a = 0.5, b = 2 * a + sqrt(4);"
        " h = a * h[t-1] + b * x; }\n"
        "network w { input x[3]; layer l1 = c(x = x); layer l2 = c(x = l1.h); y = l2.h; loss mse(y, target); "
        "}";
    Built built = open_text(text);
    ModelOptions options = {0};
    set(&built, &options, false, "a", 0.25), set(&built, &options, false, "l2.a", 3);
    build_with(&built, &options);
    const Expr *one = model_root(built.model, "l1.h")->definition,
               *two = model_root(built.model, "l2.h")->definition;
    cr_assert_eq(constant_of(one, "a"), 0.25);
    cr_assert_eq(constant_of(one, "b"), 2.5, "a constant made of it follows");
    cr_assert_eq(constant_of(two, "a"), 3);
    cr_assert_eq(constant_of(two, "b"), 8);
    built_free(&built);
}

typedef struct Arrays {
    const char *label[4];
    long shape[4][2];
    int axes[4];
} Arrays;

static int shape_of(void *context, const char *label, long shape[2]) {
    const Arrays *arrays = context;
    for (int i = 0; i < 4; i++) {
        if (!arrays->label[i] || strcmp(arrays->label[i], label) != 0) continue;
        memcpy(shape, arrays->shape[i], sizeof arrays->shape[i]);
        return arrays->axes[i];
    }
    return 0;
}

Test(model, sizes_from_arrays) {
    static const char *const names[] = {"n", "m", "k"};
    Arrays arrays = {{"W", "V"}, {{6, 2}, {3, 6}}, {2, 2}};
    Built built = open_text(LEAKY);
    ModelOptions options = {0};
    set(&built, &options, true, "m", 4); /* what is given comes before what arrays say */
    model_infer_sizes(built.package, &options, built.arena, shape_of, &arrays);
    build_with(&built, &options);
    check_dims(built.model, names, (long[]){6, 4, 3}, 3);
    built_free(&built);

    built = open_text(
        LEAKY
        "network w { size k, i; input x[i]; param V[k,6]; layer l1 = c(n = 6, x = x); layer l2 = c(x = l1.h,"
        " n = 6); y = V @ l2.h; loss mse(y, target); }");
    options = (ModelOptions){0};
    arrays = (Arrays){{"l1.W", "V"}, {{6, 2}, {3, 6}}, {2, 2}};
    model_infer_sizes(built.package, &options, built.arena, shape_of, &arrays);
    build_with(&built, &options);
    cr_assert_eq(dim_named(built.model, "k")->value, 3);
    cr_assert_eq(dim_named(built.model, "i")->value, 2);
    built_free(&built);
}
