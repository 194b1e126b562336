/* The oracle's own parts, each against something that it does not use: local derivatives against differences,
 * membership against words written out, the enumeration of every path against finite differences of the loss,
 * and of some paths against specs in which the other paths are cut by stop(). */
#include "model/pattern.h"
#include "oracle/difference.h"
#include "oracle/enumerate.h"
#include "oracle/slope.h"
#include "spec_model.h"
#include "syntax/parse.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* ---- local derivatives ---- */

static const struct {
    ExprOp op;
    int arity;
} smooth[] = {{EXPR_NEG, 1},  {EXPR_ADD, 2},      {EXPR_SUB, 2},  {EXPR_MUL, 2},  {EXPR_DIV, 2},
              {EXPR_POW, 2},  {EXPR_EXP, 1},      {EXPR_LOG, 1},  {EXPR_SQRT, 1}, {EXPR_SIGMOID, 1},
              {EXPR_TANH, 1}, {EXPR_RELU, 1},     {EXPR_GELU, 1}, {EXPR_SILU, 1}, {EXPR_ERF, 1},
              {EXPR_SIN, 1},  {EXPR_SOFTPLUS, 1}, {EXPR_COS, 1},  {EXPR_ABS, 1},  {EXPR_MAX, 2},
              {EXPR_MIN, 2},  {EXPR_CLIP, 3}};

Test(oracle, slopes_are_those_of_the_values) {
    static const double points[][3] = {{0.7, 0.3, 1.1}, {0.2, 1.4, 2.5}, {3.1, 0.6, 0.9}, {1.3, 2.2, 3.3}};
    const double h = 1e-5;
    for (size_t k = 0; k < sizeof smooth / sizeof *smooth; k++)
        for (size_t p = 0; p < sizeof points / sizeof *points; p++)
            for (int i = 0; i < smooth[k].arity; i++) {
                double up[3], down[3];
                memcpy(up, points[p], sizeof up);
                memcpy(down, points[p], sizeof down);
                up[i] += h;
                down[i] -= h;
                double wanted =
                    (expr_operator_value(smooth[k].op, up) - expr_operator_value(smooth[k].op, down)) /
                    (2 * h);
                double got = oracle_slope(smooth[k].op, points[p], i);
                cr_expect(fabs(got - wanted) <= 1e-8 * (1 + fabs(wanted)),
                          "operator %d operand %d: %g, not %g", (int)smooth[k].op, i, got, wanted);
            }
}

Test(oracle, kinks_are_as_the_language_fixes_them) {
    static const struct {
        ExprOp op;
        double x[3];
        int i;
        double slope;
    } kinks[] = {{EXPR_RELU, {0}, 0, 0},        {EXPR_ABS, {0}, 0, 0},         {EXPR_ABS, {-2}, 0, -1},
                 {EXPR_MAX, {1, 1}, 0, 1},      {EXPR_MAX, {1, 1}, 1, 0},      {EXPR_MIN, {1, 1}, 0, 1},
                 {EXPR_MIN, {1, 1}, 1, 0},      {EXPR_CLIP, {0, 0, 1}, 0, 0},  {EXPR_CLIP, {1, 0, 1}, 0, 0},
                 {EXPR_STEP, {0}, 0, 0},        {EXPR_SIGN, {0}, 0, 0},        {EXPR_STOP, {3}, 0, 0},
                 {EXPR_WHERE, {1, 5, 6}, 0, 0}, {EXPR_WHERE, {1, 5, 6}, 1, 1}, {EXPR_WHERE, {1, 5, 6}, 2, 0},
                 {EXPR_WHERE, {0, 5, 6}, 1, 0}, {EXPR_WHERE, {0, 5, 6}, 2, 1}, {EXPR_LESS, {1, 1}, 0, 0},
                 {EXPR_POW, {0, 2}, 0, 0},      {EXPR_POW, {-3, 2}, 0, -6}};
    for (size_t k = 0; k < sizeof kinks / sizeof *kinks; k++)
        cr_expect(oracle_slope(kinks[k].op, kinks[k].x, kinks[k].i) == kinks[k].slope, "line %zu", k);
}

/* ---- words ---- */

/* A letter an edge: i implicit, I implicit with lag 2, r implicit and tagged reset, e explicit via R, g
 * explicit via Rg, s spatial, l lateral, o local; c is implicit from l1.c to l1.c, d from l2.c to l2.c. */
static Edge edge_of(char letter, const Var *vars) {
    Edge edge = {.class = EDGE_IMPLICIT, .from = &vars[0], .to = &vars[1], .lag = 1};
    switch (letter) {
    case 'I': edge.lag = 2; break;
    case 'r': edge.tags = 1; break;
    case 'e': edge = (Edge){EDGE_EXPLICIT, 0, &vars[0], &vars[1], &vars[3], 1}; break;
    case 'g': edge = (Edge){EDGE_EXPLICIT, 0, &vars[0], &vars[1], &vars[4], 1}; break;
    case 's': edge = (Edge){EDGE_SPATIAL, 0, &vars[0], &vars[2], NULL, 0}; break;
    case 'l': edge = (Edge){EDGE_LATERAL, 0, NULL, &vars[1], &vars[3], 0}; break;
    case 'o': edge = (Edge){EDGE_LOCAL, 0, &vars[0], &vars[1], NULL, 0}; break;
    case 'c': edge.to = &vars[0]; break;
    case 'd': edge.from = edge.to = &vars[2]; break;
    default: break;
    }
    return edge;
}

static const struct {
    const char *path, *in,
        *out; /* words in and out of the language, separated by blanks; "-" is the empty word */
} languages[] = {
    {"any*", "- i e s l o ieslo", ""},
    {"implicit*", "- i r I iiri", "e s l ie ei"},
    {"implicit explicit", "ie rg Ie", "- i e ei iie iee"},
    {"implicit explicit*", "i ie iee", "- e ei"},
    {"implicit* | implicit* explicit", "- i ii e ie iig", "ei eie ee"},
    {"(implicit | spatial)* (explicit (implicit | spatial)*){0, 1}", "- is ise sesi", "ee l siesie"},
    {"(implicit | spatial)* (explicit (implicit | spatial)*){0, k-1}", "ee siesie", "eee l iel"},
    {"explicit{2}", "ee eg", "e eee"},
    {"explicit{2,3}", "ee eee", "- e eeee"},
    {"(implicit?){3,4}", "- i iiii", "iiiii"},
    {"(implicit*)*", "- iii", "e"},
    {"(implicit* explicit?)+ spatial", "s is ies eeis", "- l sl"},
    {"implicit+", "i ii", "- ie"},
    {"any* within 2", "- i ii I isil e sss", "iii iI iei"},
    {"any* within k", "ii I", "iii iI"},
    {"(any* within 1) any", "i e ie ii s sls I iI", "iii - Ii"},
    {"((any within 1) explicit)*", "- ie ieee", "Ie iei"},
    {"(implicit & not reset)*", "- i ii", "r iri"},
    {"(any & not reset)*", "- ies", "r"},
    {"not (implicit | explicit)", "s l o", "i e - ss"},
    {"reset", "r", "i e"},
    {"(implicit | explicit via Rg)*", "- ig gi", "e ie"},
    {"via R", "e l", "g i"},
    {"explicit via l1.R", "e", "g l i"},
    {"via l2.R", "", "e g l i"},
    {"(c -> c)*", "- c d cd", "i e"},
    {"l1.c -> l1.c", "c", "d i"},
    {"(l1.c -> l2.c)", "s", "c d"},
    {"local spatial", "os", "s o"},
    {"()", "-", "i"},
    {"() | implicit", "- i", "ii"},
};

static void expect_words(Words *words, const Var *vars, const char *list, bool wanted, const char *path) {
    char copy[200], *rest = copy;
    cr_assert(strlen(list) < sizeof copy);
    strcpy(copy, list);
    for (char *one = strtok_r(copy, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
        int word = 0;
        for (size_t i = strlen(one); one[0] != '-' && i-- > 0;)
            word = words_prepend(words, edge_of(one[i], vars), word);
        cr_expect(words_keep(words, word) == wanted, "%s %s %s", one, wanted ? "is not in" : "is in", path);
    }
}

Test(oracle, words_belong_where_the_language_says) {
    Arena *arena = arena_new();
    const Var vars[] = {{.name = "c", .layer = 0},
                        {.name = "h", .layer = 0},
                        {.name = "c", .layer = 1},
                        {.name = "R", .layer = 0},
                        {.name = "Rg", .layer = 0}};
    Model model = {.arena = arena};
    vec_push(arena, &model.tags, "reset");
    vec_push(arena, &model.layers, ((Layer){.name = "l1"}));
    vec_push(arena, &model.layers, ((Layer){.name = "l2"}));
    const OracleBinding binding = {"k", 3}, two = {"k", 2};
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        const char *text = languages[i].path;
        Diagnostics *diagnostics = diagnostics_new(arena);
        Source *source = source_from_text(arena, "path", text, strlen(text));
        AstPath *path = syntax_parse_path(arena, source, diagnostics);
        cr_assert(path && diagnostics->errors == 0, "%s", text);
        Words *words = words_new(arena, &model, path, strstr(text, "within k") ? &two : &binding, 1);
        expect_words(words, vars, languages[i].in, true, text);
        expect_words(words, vars, languages[i].out, false, text);
    }
    arena_free(arena);
}

/* ---- gradients ---- */

static double **kept(SpecModel *spec, const char *keep) {
    double **grad = spec_gradients(spec);
    OracleRule rule = {.keep = keep ? spec_path(spec, keep) : NULL};
    cr_assert(!keep || rule.keep, "%s", keep);
    OracleOutcome outcome =
        oracle_gradient(spec->model, &rule, (const double *const *)spec->params, &spec->sequence, grad, NULL);
    cr_assert_eq(outcome, ORACLE_DONE);
    return grad;
}

/* Over all parameters, or the one of that name: the largest difference, and the largest entry. */
static double apart(const SpecModel *spec, double **a, double **b, const char *only) {
    double largest = 0;
    for (int p = 0; p < spec->model->params.count; p++)
        for (long i = 0; i < spec_entries(spec->model->params.at[p]); i++)
            if (!only || strcmp(only, spec->model->params.at[p]->name) == 0)
                largest = fmax(largest, fabs(a[p][i] - (b ? b[p][i] : 0)));
    return largest;
}

Test(oracle, every_path_together_is_the_finite_difference, .timeout = 300) {
    int compared = 0;
    for (uint64_t seed = 1; compared < 25; seed++) {
        RandomSpec random = random_spec(seed);
        SpecModel spec = spec_model(random.text.at, 4, seed);
        cr_assert_not_null(spec.model, "seed %d\n%s\n%s", (int)seed, random.text.at, spec.messages.at);
        const double *const *params = (const double *const *)spec.params;
        bool smooth_enough = !oracle_not_differentiable(spec.arena, spec.model) &&
                             !strstr(random.text.at, "relu") && !strstr(random.text.at, "abs(s") &&
                             !strstr(random.text.at, "max(s") && !strstr(random.text.at, "clip(") &&
                             !strstr(random.text.at, "where(");
        double **grad = kept(&spec, NULL);
        for (int p = 0; smooth_enough && p < spec.model->params.count; p++)
            for (long i = 0; i < spec_entries(spec.model->params.at[p]); i++) {
                const Var *var = spec.model->params.at[p];
                const Pattern *pattern = pattern_of(var, spec.arena);
                const long cols = dim_size(var->cols);
                bool barred = var->cols && !pattern_has(pattern, var, i / cols, i % cols);
                cr_assert(!barred || grad[p][i] == 0, "%s[%ld] is no parameter", var->label, i);
                double error, slope = oracle_difference(spec.model, params, &spec.sequence, p, i, &error);
                cr_assert(barred || fabs(slope - grad[p][i]) <= 1e-9 + 1e-8 * fabs(slope),
                          "seed %d %s[%ld]: %g, not %g\n%s", (int)seed, var->label, i, grad[p][i], slope,
                          random.text.at);
            }
        compared += smooth_enough;
        spec_model_free(&spec);
        random_spec_free(&random);
    }
}

#define NETWORK                                                                                              \
    " network net { input x[2]; param V[2,3], d[2]; layer l1 = c(n = 3, x = x); y = V @ l1.h + d;"           \
    " loss 0.5 * sum((y - target)^2); }"
#define CELL(body) "cell c { size n, m; input x[m]; output h; " body "}" NETWORK
#define GRU(gate, reset)                                                                                     \
    CELL("state h[n]; param Wz[n,m], Rz[n,n], Wr[n,m], Rr[n,n], br[n], Wn[n,m], Rn[n,n];"                    \
         "z = sigmoid(Wz @ x + Rz @ " gate "); r = sigmoid(Wr @ x + Rr @ h[t-1] + br);"                      \
         "g = tanh(Wn @ x + Rn @ (" reset ")); h = z * h[t-1] + (1 - z) * g;")
#define LIF(recurrent, reset)                                                                                \
    "function spike(u) = step(u) derivative 0.3 * max(0, 1 - abs(u));" CELL(                                 \
        "state v[n], h[n]; param W[n,m], R[n,n];"                                                            \
        "v = 0.9 * v[t-1] + W @ x + R @ " recurrent " - 0.4 * " reset "; h = spike((v - 0.2) / 0.4);")
#define STACK(current, feedback)                                                                             \
    "cell c { size n, m; input x[m], back[n]; state h[n]; output h; param W[n,m], R[n,n];"                   \
    " h = tanh(W @ x + R @ h[t-1] + 0.3 * h[t-1] + " feedback "); }"                                         \
    "cell e { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n];"                            \
    " h = tanh(W @ " current " + R @ h[t-1] + 0.3 * h[t-1]); }"                                              \
    "network net { input x[2]; param V[2,3], d[2]; layer l1 = c(n = 3, x = x, back = l2.h[t-1]);"            \
    " layer l2 = e(n = 3, x = l1.h); y = V @ l2.h + d; loss mse(y, target); }"

#define READOUT(recurrent, readout)                                                                          \
    "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n];"                            \
    " h = tanh(W @ x + 0.4 * h[t-1] + R @ " recurrent "); }"                                                 \
    "network net { input x[2]; state y[2]; param V[2,2]; layer l1 = c(n = 2, x = x); y = " readout ";"       \
    " loss 0.5 * sum((y - target)^2); }"

/* The rule on the first spec is every path of the second. */
static const struct {
    const char *spec, *rule, *cut;
} cuts[] = {
    {CELL("state h[n]; param W[n,m], R[n,n]; h = 0.7 * h[t-1] + tanh(W @ x + R @ h[t-1]);"), "implicit*",
     CELL("state h[n]; param W[n,m], R[n,n]; h = 0.7 * h[t-1] + tanh(W @ x + R @ stop(h[t-1]));")},
    {CELL("state h[n]; param W[n,m], R[n,n]; h = 0.7 * h[t-1] + tanh(W @ x + R @ h[t-1]);"), "explicit*",
     CELL("state h[n]; param W[n,m], R[n,n]; h = 0.7 * stop(h[t-1]) + tanh(W @ x + R @ h[t-1]);")},
    {CELL("state h[n]; param W[n,m], R[n,n]; h = 0.7 * h[t-1] + tanh(W @ x + R @ h[t-1]);"), "()",
     CELL("state h[n]; param W[n,m], R[n,n]; h = 0.7 * stop(h[t-1]) + tanh(W @ x + R @ stop(h[t-1]));")},
    {GRU("h[t-1]", "r * h[t-1]"), "(any & not via Rn)*", GRU("h[t-1]", "stop(r * h[t-1])")},
    {GRU("h[t-1]", "r * h[t-1]"), "(any & not (explicit via Rz))*", GRU("stop(h[t-1])", "r * h[t-1]")},
    {GRU("h[t-1]", "r * h[t-1]"), "(any & not (explicit via Rn))*", GRU("h[t-1]", "r * stop(h[t-1])")},
    {LIF("h[t-1]", "tag(reset, h[t-1])"), "(any & not reset)*", LIF("h[t-1]", "stop(h[t-1])")},
    {LIF("h[t-1]", "tag(reset, h[t-1])"), "implicit*", LIF("stop(h[t-1])", "h[t-1]")},
    {LIF("h[t-1]", "tag(reset, h[t-1])"), "(implicit & not reset)*", LIF("stop(h[t-1])", "stop(h[t-1])")},
    {LIF("tag(reset, h[t-1])", "h[t-1]"), "(any & not reset)*", LIF("stop(h[t-1])", "h[t-1]")},
    {STACK("x", "back"), "(any & not spatial)*", STACK("stop(x)", "back")},
    {STACK("x", "back"), "(any & not (implicit & h -> l1.h & not l1.h -> h))*", STACK("x", "stop(back)")},
    {STACK("x", "tanh(R @ back)"), "(any & not (explicit & l2.h -> l1.h))*",
     STACK("x", "tanh(R @ stop(back))")},
    {STACK("x", "tanh(tag(above, back))"), "(any & not above)*", STACK("x", "tanh(stop(back))")},
    {CELL("state c[n], h[n]; param W[n,m], R[n,n]; c = 0.7 * c[t-1] + tanh(W @ x); h = tanh(c + R @ c);"),
     "(any & not lateral)*",
     CELL("state c[n], h[n]; param W[n,m], R[n,n]; c = 0.7 * c[t-1] + tanh(W @ x); h = tanh(c + R @ "
          "stop(c));")},
    {CELL("state c[n], h[n]; param W[n,m], R[n,n]; c = 0.7 * c[t-1] + tanh(W @ x); h = tanh(c + R @ c);"),
     "(any & not local)*",
     CELL("state c[n], h[n]; param W[n,m], R[n,n]; c = 0.7 * c[t-1] + tanh(W @ x); h = tanh(stop(c) + R @ "
          "c);")},
    {CELL("state c[n], h[n]; param W[n,m], R[n,n]; c = 0.7 * c[t-1] + tanh(W @ x); h = tanh(tag(q, c) + R @ "
          "c);"),
     "(any & not q)*",
     CELL("state c[n], h[n]; param W[n,m], R[n,n]; c = 0.7 * c[t-1] + tanh(W @ x); h = tanh(stop(c) + R @ "
          "c);")},
    {CELL("state h[n], k; param W[n,m]; k = 0.5 * k[t-1] + mean(h[t-1]); h = tanh(W @ x + h[t-1] + k);"),
     "(any & not lateral)*",
     CELL("state h[n], k; param W[n,m]; k = 0.5 * k[t-1] + mean(h[t-1]); h = tanh(W @ x + h[t-1] + "
          "stop(k));")},
    {CELL("state h[n], k; param W[n,m]; k = 0.5 * k[t-1] + mean(h[t-1]); h = tanh(W @ x + h[t-1] + k);"),
     "(any & not explicit)*",
     CELL("state h[n], k; param W[n,m]; k = 0.5 * k[t-1] + mean(stop(h[t-1])); h = tanh(W @ x + h[t-1] + "
          "k);")},
    {CELL("state h[n]; param W[n,m], p[n]; h = tanh(W @ x + p * h[t-1] + softmax(h[t-1]) - 0.3 * "
          "mean(h[t-1]));"),
     "implicit*",
     CELL("state h[n]; param W[n,m], p[n];"
          "h = tanh(W @ x + p * h[t-1] + softmax(stop(h[t-1])) - 0.3 * mean(stop(h[t-1])));")},
    /* a lag longer than the rule's bound; and two uses of one state at different lags */
    {CELL("state h[n]; param W[n,m]; h = tanh(W @ x + 0.5 * h[t-1] + 0.6 * h[t-2]);"), "(any within 1)*",
     CELL("state h[n]; param W[n,m]; h = tanh(W @ x + 0.5 * h[t-1] + 0.6 * stop(h[t-2]));")},
    /* k[t-1] is broadcast, summed and broadcast again: the last is not a crossing */
    {CELL("state h[n], k; param W[n,m], R[n,n], b; k = 0.5 * k[t-1] + b;"
          "h = tanh(W @ x + R @ h[t-1] + 0.5 * h[t-1] + sum(x * k[t-1]));"),
     "(implicit | explicit lateral)*",
     CELL("state h[n], k; param W[n,m], R[n,n], b; k = 0.5 * k[t-1] + b;"
          "h = tanh(W @ x + R @ stop(h[t-1]) + 0.5 * h[t-1] + sum(x * k[t-1]));")},
    {READOUT("h[t-1]", "0.6 * y[t-1] + V @ l1.h"), "(any & not y -> y)*",
     READOUT("h[t-1]", "0.6 * stop(y[t-1]) + V @ l1.h")},
    {READOUT("h[t-1]", "0.6 * y[t-1] + V @ l1.h + V @ l1.h[t-1]"), "(any & not via V)*",
     READOUT("h[t-1]", "0.6 * y[t-1] + V @ l1.h + V @ stop(l1.h[t-1])")},
    {READOUT("h[t-1]", "0.1 * y[t-1] + softmax(V @ tanh(V @ l1.h[t-1]))"), "(implicit | explicit via V)*",
     READOUT("stop(h[t-1])", "0.1 * y[t-1] + softmax(V @ tanh(V @ l1.h[t-1]))")},
};

Test(oracle, a_rule_keeps_what_stop_does_not_cut) {
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        SpecModel whole = spec_model(cuts[i].spec, 4, 7), cut = spec_model(cuts[i].cut, 4, 7);
        cr_assert(whole.model && cut.model, "%s\n%s%s", cuts[i].spec, whole.messages.at, cut.messages.at);
        double **got = kept(&whole, cuts[i].rule), **all = kept(&whole, NULL), **want = kept(&cut, NULL);
        double off = apart(&whole, got, want, NULL);
        cr_expect(off < 1e-13, "%s on %s: off by %g", cuts[i].rule, cuts[i].spec, off);
        cr_expect(apart(&whole, got, all, NULL) > 1e-6, "%s keeps all of %s", cuts[i].rule, cuts[i].spec);
        spec_model_free(&whole);
        spec_model_free(&cut);
    }
}

Test(oracle, hops_add_up) {
    SpecModel spec = spec_model(GRU("h[t-1]", "r * h[t-1]"), 4, 3);
    cr_assert_not_null(spec.model, "%s", spec.messages.at);
    static const char *const hops[] = {"implicit*", "implicit* ((explicit | lateral) implicit*){1}",
                                       "implicit* ((explicit | lateral) implicit*){2}",
                                       "implicit* ((explicit | lateral) implicit*){3,7}"};
    double **all = kept(&spec, "any*"), **sum = spec_gradients(&spec);
    for (int k = 0; k < 4; k++) {
        double **part = kept(&spec, hops[k]);
        cr_expect(apart(&spec, part, NULL, NULL) > 1e-8, "%s", hops[k]);
        for (int p = 0; p < spec.model->params.count; p++)
            for (long i = 0; i < spec_entries(spec.model->params.at[p]); i++) sum[p][i] += part[p][i];
    }
    cr_expect(apart(&spec, sum, all, NULL) < 1e-13);
    double **unhopped = kept(&spec, "(implicit | spatial)*"),
           **lateral = kept(&spec, "(implicit | lateral)*");
    cr_expect(apart(&spec, unhopped, NULL, "br") == 0, "a reset gate's gradient crosses a synapse");
    cr_expect(apart(&spec, lateral, NULL, "br") > 1e-6);
    spec_model_free(&spec);
}

Test(oracle, what_has_its_own_derivative_is_not_differenced) {
    SpecModel spiking = spec_model(LIF("h[t-1]", "h[t-1]"), 2, 1),
              gated = spec_model(GRU("h[t-1]", "h[t-1]"), 2, 1);
    SpecModel cut = spec_model(GRU("stop(h[t-1])", "h[t-1]"), 2, 1);
    cr_assert(spiking.model && gated.model && cut.model);
    cr_expect_not_null(strstr(oracle_not_differentiable(spiking.arena, spiking.model), "spike"));
    cr_expect_not_null(strstr(oracle_not_differentiable(cut.arena, cut.model), "stop"));
    cr_expect_null(oracle_not_differentiable(gated.arena, gated.model));
    spec_model_free(&spiking);
    spec_model_free(&gated);
    spec_model_free(&cut);
}
