/* Specs that mean nothing: one for every code of src/model that a text or an option can raise, with its
 * place. */
#include "built.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- mistakes ---- */

static const struct {
    const char *text, *code;
    int line, column;
} mistakes[] = {
    {CELL("h = tanh(W @ x + R @ hh[t-1]);"), "E0201", 2, 22},
    {NET("y = V @ l1.hh; loss mse(y, target);"), "E0201", 5, 9},
    {NET("y = V @ l1.h + target; loss mse(y, target);"), "E0201", 5, 16},
    {"function f(u) = u + v;\n" CELL("h = f(W @ x + R @ h[t-1]);"), "E0201", 1, 21},
    {CELL("h = tanhh(W @ x + R @ h[t-1]);"), "E0202", 2, 5},
    {NET("y = V @ l3.h; loss mse(y, target);"), "E0203", 5, 9},
    {CELL("h = tanh(W @ x + R @ l1.h[t-1]);"), "E0203", 2, 22},
    {"network w { input x[3]; layer l1 = nothing(x = x); }", "E0204", 1, 36},
    {CELL(FINE) "network w { input x[3];\nlayer l1 = c(n = 5, x = x, q = 2); }", "E0205", 4, 28},
    {CELL("param W[n]; " FINE), "E0206", 2, 7},
    {NET("layer l1 = c(n = 5, x = x); y = V @ l1.h; loss mse(y, target);"), "E0206", 5, 7},
    {"function f(u, u) = u;\n" CELL(FINE), "E0206", 1, 15},
    {CELL("h = tanh(W @ x);\nh = tanh(R @ h[t-1]);"), "E0207", 3, 1},
    {CELL("W = h; " FINE), "E0208", 2, 1},
    {"function tanh(u) = u;\n" CELL(FINE), "E0209", 1, 10},
    {CELL("param b[n] init orthogonl; h = tanh(W @ x + R @ h[t-1] + b);"), "E0210", 2, 12},
    {NET("y = V @ l1.W; loss mse(y, target);"), "E0214", 5, 9},
    {CELL(FINE) "network w { input x[3];\nlayer l1 = c(n = 5, x = x, x = x); }", "E0216", 4, 28},
    {NET("y = V @ l1.h; z = mse(y, y); loss mse(y, target) + z;"), "E0217", 5, 19},
    {CELL("param b[q]; h = tanh(W @ x + R @ h[t-1] + b);"), "E0219", 2, 9},
    {CELL("param b[W]; h = tanh(W @ x + R @ h[t-1] + b);"), "E0220", 2, 9},
    {CELL("h = tanh(W @ x + R @ h[t-1] + x);"), "E0301", 2, 29},
    {CELL("h = tanh(W @ x + R @ x);"), "E0302", 2, 20},
    {CELL("h = tanh(W @ x + R @ sum(x));"), "E0302", 2, 20},
    {CELL("h = tanh(W @ x + R @ h[t-1] + h[t-1] @ h[t-1]);"), "E0303", 2, 31},
    {CELL("h = tanh(W @ x + R * h[t-1]);"), "E0304", 2, 18},
    {CELL("h = tanh(W @ x + R @ h[t-1]) + sum(3);"), "E0305", 2, 36},
    {CELL(FINE) "network w { input x[3]; param V[5];\nlayer l1 = c(n = 5, x = x); y = sum(V * l1.h);\n"
                "loss softmax_cross_entropy(y, target); }",
     "E0305", 5, 28},
    {CELL("h = x + sum(W @ x + R @ h[t-1]);"), "E0306", 2, 1},
    {NET("y = V @ l1.h; loss (y - target)^2;"), "E0307", 5, 20},
    {CELL(FINE) "network w { input x[3];\nlayer l1 = c(x = x); }", "E0308", 4, 1},
    {CELL(FINE) "network w { input x[3];\nlayer l1 = c(n = 2.5, x = x); }", "E0310", 4, 18},
    {CELL("param Q[n,m] zero_diagonal; h = tanh(W @ x + R @ h[t-1] + Q @ x);"), "E0311", 2, 14},
    {CELL(FINE) "network w { input x[3], u;\nlayer l1 = c(n = 5, m = 4, x = x + u); }", "E0313", 4, 32},
    {CELL("h = tanh(W @ x + R @ (0 * h[t-1] + 1));"), "E0314", 2, 22},
    {CELL("state q[n,m]; q = h; h = q[t-1] + W @ x + R @ h[t-1];"), "E0315", 2, 11},
    {CELL("u = R @ v; v = W @ x + u; h = u + h[t-1];"), "E0401", 2, 1},
    {CELL("h = tanh(W @ x + R @ h);"), "E0401", 2, 1},
    {CELL(FINE) "network w { layer l1 = c(n = 5, x = l2.h);\nlayer l2 = c(n = 5, x = l1.h); }", "E0401", 3,
     38},
    {CELL("const a = 2 * b, b = a; h = tanh(W @ x + R @ h[t-1]) * a;"), "E0401", 2, 7},
    {CELL("state q[n]; h = tanh(W @ x + R @ h[t-1] + q);"), "E0402", 2, 7},
    {CELL("state q[n]; q = q[t-1] + h; " FINE), "E0403", 2, 7},
    {CELL("param Q[n,n]; " FINE), "E0404", 2, 7},
    {"cell c { size n; input x[n]; state h[n]; h = x + h[t-1]; }", "E0405", 1, 6},
    {CELL("output q; " FINE), "E0406", 2, 8},
    {CELL("output W; " FINE), "E0406", 2, 8},
    {CELL("u = R @ h[t-1]; h = tanh(W @ x + u[t-1]);"), "E0407", 2, 34},
    {CELL("param b[n]; h = tanh(W @ x + R @ h[t-1] + b[t-1]);"), "E0408", 2, 43},
    {"cell e { size n, m; input x[m]; state h[n]; output h; param W[n,m]; h = W @ x[t-1] + h[t-1]; }\n"
     "network w { input x[3]; layer l1 = e(n = 5, x = 2 * x); }",
     "E0409", 1, 77},
    {CELL("const a = h; h = tanh(W @ x + R @ h[t-1]) * a;"), "E0410", 2, 11},
    {CELL("param b[n] init identity; h = tanh(W @ x + R @ h[t-1] + b);"), "E0412", 2, 12},
    {CELL("state q[n] init normal; q = h; h = tanh(W @ x + R @ q[t-1]);"), "E0412", 2, 12},
    {CELL("param b[n] sparse 0.5; h = tanh(W @ x + R @ h[t-1] + b);"), "E0548", 2, 12},
    {CELL("param Q[n,n] sparse \"no.npy\"; h = tanh(W @ x + R @ h[t-1] + Q @ h[t-1]);"), "E0545", 2, 14},
    {CELL("param Q[n,n] sparse 1.5; h = tanh(W @ x + R @ h[t-1] + Q @ h[t-1]);"), "E0414", 2, 14},
    {CELL("h = max(W @ x + R @ h[t-1]);"), "E0415", 2, 5},
    {"function f(u) = 2 * u;\n" CELL("h = f(W @ x, R @ h[t-1]);"), "E0415", 3, 5},
    {"function f(u) = g(u) + u; function g(u) = g(2 * u);\n" CELL("h = W @ x + R @ h[t-1];"), "E0417", 1, 43},
    {CELL("h = tanh(W @ x + R @ tag(2, h[t-1]));"), "E0419", 2, 26},
    {CELL(FINE) "network w { input x[3];\nlayer l1 = c(n = 5); }", "E0420", 4, 12},
    {"function f(u) = sum(u) derivative 1;\n" CELL("h = f(W @ x + R @ h[t-1]) * h[t-1];"), "E0422", 1, 10},
    {"rule r { keep any*; }", "E0423", 0, 0},
    {CELL(FINE) "cell e { size n; state h[n]; output h; h = h[t-1]; }", "E0424", 1, 6},
    {"cell c { size n; input target[n]; state h[n]; output h; h = target + h[t-1]; }", "E0425", 1, 24},
    {NET("y = V @ l1.h; loss mse(y, target) when x;"), "E0426", 5, 40},
    {NET("y = V @ l1.h; loss mse(y, target) when 2 * y;"), "E0426", 5, 40},
    {CELL("u = 2 * x; " FINE), "W0401", 2, 1},
    {CELL("input q[m]; " FINE), "W0402", 2, 7},
    {CELL("h = tanh(W @ tag(a, x) + R @ h[t-1]);"), "W0403", 2, 14},
};

Test(model_errors, mistakes_are_told_once_at_their_place) {
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        Built built = build_text(mistakes[i].text, NULL);
        const char *text = mistakes[i].text;
        cr_expect_eq(built.model != NULL, mistakes[i].code[0] == 'W', "%s\n%s", text, messages(&built));
        cr_expect_eq(built.diagnostics->list.count, 1, "%s\n%s", text, messages(&built));
        const Diagnostic *one = built.diagnostics->list.at[0];
        Place place = {0, 0};
        if (one->span.source) place = source_place(one->span.source, one->span.begin);
        cr_expect_str_eq(one->code, mistakes[i].code, "%s\n%s", text, messages(&built));
        cr_expect(place.line == mistakes[i].line && place.column == mistakes[i].column, "%s\n%s", text,
                  messages(&built));
        built_free(&built);
    }
}

Test(model_errors, several_mistakes_in_one_run) {
    Built built = build_text(CELL("h = tanh(Ww @ x + R @ hh[t-1] + q);"), NULL);
    cr_assert_eq(built.diagnostics->errors, 3, "%s", messages(&built));
    cr_assert_not_null(strstr(messages(&built), "did you mean `W`?"));
    built_free(&built);
}

Test(model_errors, too_many_tags) {
    Text text = {0};
    text_add(&text, "cell c { size n; input x[n]; state h[n]; output h; h = x");
    for (int i = 0; i < 65; i++) text_printf(&text, " + tag(t%d, h[t-1])", i);
    text_add(&text, "; }");
    Built built = build_text(text.at, NULL);
    cr_assert_eq(built.diagnostics->errors, 1, "%s", messages(&built));
    cr_assert_str_eq(built.diagnostics->list.at[0]->code, "E0418");
    built_free(&built);
    text_free(&text);
}

static void check_chain(const char *code, const char *before, const char *link, const char *after,
                        int count) {
    Text text = {0};
    text_add(&text, before);
    for (int i = 1; i <= count; i++) text_printf(&text, link, i, i - 1, i - 1);
    text_printf(&text, after, count);
    Built built = build_text(text.at, NULL);
    if (code) {
        cr_assert_geq(built.diagnostics->errors, 1, "%s", messages(&built));
        cr_assert_str_eq(built.diagnostics->list.at[0]->code, code);
    } else {
        cr_assert_not_null(built.model, "%s", messages(&built));
    }
    built_free(&built);
    text_free(&text);
}

Test(model_errors, long_chains_end_in_a_report) {
    const char *before = "cell c { size n; input x[n]; state h[n]; output h; u0 = h[t-1];",
               *after = "h = u%d + x; }";
    check_chain(NULL, before, "u%d = u%d * 2 + u%d; ", after, 1000);
    check_chain("E0427", before, "u%d = tanh(u%d) - u%d; ", after, 20000);
    check_chain("E0421", "function f0(u) = u + 1; ", "function f%d(u) = f%d(u) * f%d(u); ",
                "cell c { size n; input x[n]; state h[n]; output h; h = f%d(x) + h[t-1]; }", 40);
}

static void check_option(bool size, const char *name, double value, const char *code, const char *help) {
    Built built = open_text(NET("y = V @ l1.h; loss mse(y, target);"));
    ModelOptions options = {0};
    set(&built, &options, size, name, value);
    cr_assert_null(model_build(built.arena, built.package, &options, built.diagnostics));
    diagnostics_print(built.diagnostics, false, &built.messages);
    cr_assert_eq(built.diagnostics->errors, 1, "%s", messages(&built));
    cr_assert_str_eq(built.diagnostics->list.at[0]->code, code, "%s", messages(&built));
    if (help) cr_assert_not_null(strstr(messages(&built), help), "%s", messages(&built));
    built_free(&built);
}

Test(model_errors, options_that_nothing_asks_for) {
    check_option(false, "beta", 1, "E0211", NULL);
    check_option(true, "nn", 5, "E0212", "did you mean `n`?");
    check_option(true, "m", 5, "E0212", NULL);
    check_option(true, "n", 0.5, "E0310", NULL);
    check_option(true, "l1.n", 8, "E0302", NULL); /* V is [4,5] still */
    Built built = open_text(CELL(FINE));
    ModelOptions options = {.network = "d"};
    cr_assert_null(model_build(built.arena, built.package, &options, built.diagnostics));
    cr_assert_str_eq(built.diagnostics->list.at[0]->code, "E0213");
    built_free(&built);
}

/* ---- checking without sizes ---- */

Test(model_errors, check_leaves_sizes_open) {
    Built built = open_text(CELL(FINE) "network w { size k; input x[3]; param V[k,5];\nlayer l1 = c(x = x);"
                                       " u = 2 * l1.h; y = sum(u) + sum(V @ stop(0 * x)); }");
    model_check(built.arena, built.package, &(ModelOptions){0}, built.diagnostics);
    diagnostics_print(built.diagnostics, false, &built.messages);
    cr_assert_eq(built.diagnostics->errors, 1, "%s", messages(&built));
    cr_assert_str_eq(built.diagnostics->list.at[0]->code, "E0302"); /* 5 and 3 differ whatever n is */
    built_free(&built);
}
