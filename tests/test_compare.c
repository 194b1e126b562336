/* Comparing rules: cosines known without computing them, cosines computed a second time by another loop, and
 * what the command writes, refuses and leaves alone. */
#include "support.h"
#include "train/alignment.h"
#include "train/comparison.h"
#include "train/statistics.h"
#include "train/tasks.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *folder;
static Arena *arena;

static void set_up(void) {
    folder = scratch_make("compare");
    arena = arena_new();
}

static void tear_down(void) {
    scratch_remove(folder);
    arena_free(arena);
}

TestSuite(compare, .init = set_up, .fini = tear_down);

/* ---- measures ---- */

Test(compare, alignment_of_known_vectors) {
    const double exact[4] = {3, 0, -4, 0}, same[4] = {6, 0, -8, 0}, opposite[4] = {-3, 0, 4, 0},
                 across[4] = {0, 1, 0, 1}, half[4] = {1, 5, 1, 5}, zero[4] = {0}, broken[4] = {1, NAN, 1, 1};
    Agreement a = alignment(same, exact, 4);
    cr_expect_float_eq(a.cosine, 1, 1e-15);
    cr_expect_float_eq(a.ratio, 2, 1e-15);
    cr_expect_eq(a.same, 1);
    a = alignment(opposite, exact, 4);
    cr_expect_float_eq(a.cosine, -1, 1e-15);
    cr_expect_eq(a.same, 0);
    a = alignment(across, exact, 4);
    cr_expect_eq(a.cosine, 0);
    cr_expect_eq(a.same, 0);
    a = alignment(half, exact, 4);
    cr_expect_float_eq(a.cosine, -1 / (5 * sqrt(52)), 1e-15);
    cr_expect_eq(a.same, 0.5, "entries of the exact gradient that are zero have no sign to agree with");
    a = alignment(zero, exact, 4);
    cr_expect(isnan(a.cosine), "a gradient of zero has no direction");
    cr_expect_eq(a.ratio, 0);
    cr_expect_eq(a.same, 0);
    a = alignment(same, zero, 4);
    cr_expect(isnan(a.cosine) && isnan(a.ratio) && isnan(a.same));
    a = alignment(broken, exact, 4);
    cr_expect(isnan(a.cosine) && isnan(a.ratio) && isnan(a.same));
}

Test(compare, alignment_neither_under_nor_overflows) {
    const double tiny[2] = {3e-200, 4e-200}, huge[2] = {4e200, 3e200};
    const Agreement a = alignment(tiny, huge, 2);
    cr_expect_float_eq(a.cosine, 24.0 / 25, 1e-15);
    cr_expect_eq(a.same, 1);
    cr_expect_float_eq(alignment(huge, (double[]){4e199, 3e199}, 2).ratio, 10, 1e-12);
}

Test(compare, intervals_are_students) {
    static const struct {
        int degrees;
        double quantile; /* of the usual tables */
    } known[] = {{1, 12.706}, {2, 4.303}, {10, 2.228}, {30, 2.042}, {40, 2.021}, {60, 2.000}, {120, 1.980}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        cr_expect_float_eq(student_quantile(known[i].degrees), known[i].quantile, 6e-4);
    const double values[4] = {1, NAN, 2, 3};
    const Estimate e = estimate(values, 4);
    cr_expect_eq(e.count, 3);
    cr_expect_float_eq(e.mean, 2, 1e-15);
    cr_expect_float_eq(e.half, 4.30265 / sqrt(3), 1e-4);
    cr_expect(isnan(estimate(values, 1).half), "one value has no interval");
    cr_expect(isnan(estimate(values + 1, 1).mean));
}

/* ---- the command ---- */

#define SMALL "--engine tcc --real double --sequences 40 --batch 8 --epochs 2 --quiet "

/* Runs `eligo ARGUMENTS` with $D the scratch folder; checks the status and that the output holds `words`. */
static void expect(const char *arguments, int status, const char *words) {
    char *output;
    const int got = run(&output, "D='%s'; '%s' %s", folder, program(), arguments);
    cr_expect_eq(got, status, "eligo %s: status %d, not %d: %s", arguments, got, status, output);
    cr_expect(strstr(output, words), "eligo %s: no `%s` in: %s", arguments, words, output);
    free(output);
}

/* Compares into $D/OUT. */
static void compare_into(const char *out, const char *options) {
    char *line = formatted("compare %s --out $D/%s", options, out);
    expect(line, 0, "tables and figures: ");
    free(line);
}

static char *read_out(const char *out, const char *file, size_t *length) {
    char *path = formatted("%s/%s/%s", folder, out, file), *content = file_content(path, length);
    cr_assert(content, "%s is missing", path);
    free(path);
    return content;
}

/* The rows of a table that begin with `begin` have their fields after it checked by `check`; how many there
 * are. */
static int each_row(const char *table, const char *begin, void (*check)(const char *row, double allowed),
                    double allowed) {
    int count = 0;
    for (const char *line = table; line && *line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, begin, strlen(begin)) != 0) continue;
        if (check) check(line + strlen(begin), allowed);
        count++;
    }
    return count;
}

/* "UPDATE,RULE,PARAMETER,COSINE,NORM,SIGN" without the first two or three. */
static void split_measures(const char *fields, double values[3]) {
    for (int i = 0; i < 3; i++) {
        char *end;
        values[i] = strtod(fields, &end);
        if (end == fields) values[i] = NAN;
        fields = end + (*end == ',');
    }
}

static Agreement measured(const char *table, const char *update_rule_param) {
    char *begin = formatted("1,exact,%s,", update_rule_param);
    const char *row = strstr(table, begin);
    cr_assert(row, "no row %s", begin);
    double values[3];
    split_measures(row + strlen(begin), values);
    free(begin);
    return (Agreement){values[0], values[1], values[2]};
}

/* ---- cosines that are known ---- */

static void is_exact(const char *row, double allowed) {
    double values[3];
    split_measures(strchr(row, ',') + 1, values);
    cr_expect_float_eq(values[0], 1, allowed, "%.40s", row);
    cr_expect_float_eq(values[1], 1, allowed, "%.40s", row);
    cr_expect_eq(values[2], 1, "%.40s", row);
}

/* bptt, carried backward, is the reference itself; rtrl comes to the same another way. */
Test(compare, exact_rules_agree_with_the_exact_gradient) {
    static const char *const cells[] = {"vanilla", "gru", "lstm", "diag", "leaky"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char *line = formatted("%s --size n=5 --rules bptt,rtrl --data copy " SMALL, cells[i]);
        compare_into(cells[i], line);
        char *table = read_out(cells[i], "alignment.csv", NULL);
        const char *const rules[] = {"bptt", "rtrl"};
        for (int r = 0; r < 2; r++)
            for (int update = 0; update < 8; update++) {
                char *begin = formatted("1,exact,%d,%s,", update, rules[r]);
                cr_expect_geq(each_row(table, begin, is_exact, 1e-9), 4, "%s: %s", cells[i], begin);
                free(begin);
            }
        free(table);
        free(line);
    }
}

Test(compare, eprop_is_exact_on_a_diagonal_cell_and_not_on_an_lstm) {
    compare_into("diag", "diag --size n=5 --rules eprop --data copy " SMALL);
    char *table = read_out("diag", "alignment.csv", NULL);
    cr_expect_geq(each_row(table, "1,exact,7,eprop,", is_exact, 1e-9), 4);
    free(table);
    compare_into("lstm", "lstm --size n=5 --rules eprop --data copy " SMALL);
    table = read_out("lstm", "alignment.csv", NULL);
    const Agreement whole = measured(table, "7,eprop,all"), readout = measured(table, "7,eprop,V");
    cr_expect_lt(whole.cosine, 0.9999);
    cr_expect_gt(whole.cosine, 0.1);
    cr_expect_float_eq(readout.cosine, 1, 1e-9, "the readout's gradient crosses no time");
    free(table);
}

/* A GRU's reset gate gets nothing from e-prop: no cosine, which isn't a cosine of 0. */
Test(compare, a_gradient_of_zero_has_no_cosine) {
    char *report;
    const char *line = "gru --size n=5 --rules eprop --data copy " SMALL;
    cr_expect_eq(run(&report, "'%s' compare %s --out '%s/gru'", program(), line, folder), 0);
    cr_expect(strstr(report, "-  no cosine: the gradient is zero"), "%s", report);
    char *table = read_out("gru", "alignment.csv", NULL);
    cr_expect(strstr(table, "\n1,exact,3,eprop,Rr,,0,0\n"), "%s", table);
    free(table);
    free(report);
}

/* ---- cosines computed again ---- */

static const char spec_text[] = "network tiny {\n"
                                "    input x[10];\n"
                                "    param V[8,4], d[8];\n"
                                "    layer l1 = lstm(n = 4, x = x);\n"
                                "    y = V @ l1.h + d;\n"
                                "    loss softmax_cross_entropy(y, target);\n"
                                "}\n";

/* The gradient of all sequences at the initial values of seed 1, by the public interface alone. */
static double *own_gradient(Eligo *eligo, EligoSpec *spec, const char *rule, const Dataset *data, int param) {
    EligoDerivation *derivation = eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_RULE);
    cr_assert(derivation, "%s", eligo_messages(eligo, false));
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    cr_assert(learner, "%s", eligo_messages(eligo, false));
    eligo_learner_init(learner, 1);
    eligo_learner_clear_gradients(learner);
    for (int s = 0; s < data->count; s++) {
        cr_assert(eligo_learner_start(learner, data->steps));
        for (int t = 0; t < data->steps; t++) {
            const int at = s * data->steps + t;
            eligo_learner_set_input(learner, 0, &data->x[at * data->inputs]);
            eligo_learner_set_class(learner, data->labels[at]);
            eligo_learner_step(learner);
        }
        eligo_learner_finish(learner);
    }
    const EligoArray array = eligo_param(spec, param);
    double *values = arena_alloc(arena, (size_t)(array.rows * array.cols) * sizeof *values);
    eligo_learner_get_gradient(learner, param, values);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    return values;
}

static double cosine_of(const double *a, const double *b, long count) {
    double product = 0, aa = 0, bb = 0;
    for (long i = 0; i < count; i++) product += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
    return product / sqrt(aa * bb);
}

static void agrees_again(Eligo *eligo, EligoSpec *spec, const Dataset *data, const char *table,
                         const char *rule) {
    for (int p = 0; p < eligo_params(spec); p++) {
        const EligoArray param = eligo_param(spec, p);
        const long count = param.rows * param.cols;
        const double *exact = own_gradient(eligo, spec, "bptt", data, p);
        const double *own = own_gradient(eligo, spec, rule, data, p);
        char *row = formatted("0,%s,%s", rule, param.name);
        const Agreement found = measured(table, row);
        cr_expect_float_eq(found.cosine, cosine_of(own, exact, count), 1e-9, "%s", row);
        double square = 0, exact_square = 0, same = 0;
        for (long i = 0; i < count; i++) {
            square += own[i] * own[i], exact_square += exact[i] * exact[i];
            same += own[i] * exact[i] > 0;
        }
        cr_expect_float_eq(found.ratio, sqrt(square / exact_square), 1e-9, "%s", row);
        cr_expect_float_eq(found.same, same / (double)count, 1e-9, "%s", row);
        free(row);
    }
}

Test(compare, cosines_are_those_of_the_librarys_gradients) {
    char *path = formatted("%s/tiny.eligo", folder);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    char *root = getcwd(NULL, 0);
    fprintf(file, "import \"%s/library/cells/lstm.eligo\";\n%s", root, spec_text);
    fclose(file);
    free(root);
    compare_into("own", "$D/tiny.eligo --rules 'eprop,snap(1),rflo,tbptt(k=3)' --data copy --test 0 "
                        "--engine tcc --real double --sequences 12 --batch 12 --epochs 1 --quiet");
    char *table = read_out("own", "alignment.csv", NULL);
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, path, ELIGO_TARGET_CLASS);
    cr_assert(spec, "%s", eligo_messages(eligo, false));
    const Dataset *data =
        task_make(eligo, arena, &(DataOptions){.source = "copy", .sequences = 12, .seed = 1});
    static const char *const rules[] = {"eprop", "snap(1)", "rflo", "tbptt(k=3)"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        agrees_again(eligo, spec, data, table, rules[i]);
    eligo_spec_free(spec);
    eligo_free(eligo);
    free(table);
    free(path);
}

/* ---- the matrix, seeds, bytes ---- */

static double pair(const char *table, const char *a, const char *b) {
    char *begin = formatted("\n1,exact,%s,%s,", a, b);
    const char *row = strstr(table, begin);
    cr_assert(row, "no row %s", begin + 1);
    const double value = strtod(row + strlen(begin), NULL);
    free(begin);
    return value;
}

Test(compare, the_matrix_is_symmetric_and_its_diagonal_1) {
    static const char *const names[] = {"exact", "eprop", "rflo", "uoro", "snap(1)"};
    compare_into("m", "vanilla --size n=6 --rules 'eprop,rflo,uoro,snap(1)' --data copy " SMALL);
    char *table = read_out("m", "matrix.csv", NULL);
    for (int i = 0; i < 5; i++) {
        cr_expect_float_eq(pair(table, names[i], names[i]), 1, 1e-14);
        for (int j = 0; j < 5; j++)
            cr_expect_float_eq(pair(table, names[i], names[j]), pair(table, names[j], names[i]), 1e-14);
    }
    cr_expect_lt(fabs(pair(table, "exact", "eprop")), 0.9999);
    cr_expect_eq(each_row(table, "1,exact,", NULL, 0), 25);
    free(table);
}

static bool same_file(const char *a, const char *b, const char *file) {
    size_t n, m;
    char *left = read_out(a, file, &n), *right = read_out(b, file, &m);
    const bool same = n == m && memcmp(left, right, n) == 0;
    free(left);
    free(right);
    return same;
}

Test(compare, a_seed_decides_every_byte) {
#define DRAWING "vanilla --size n=6 --rules 'rflo,uoro,kf_rtrl' --data copy " SMALL
    static const char *const files[] = {"alignment.csv", "matrix.csv", "loss.csv"};
    compare_into("a", DRAWING "--seed 3");
    compare_into("b", DRAWING "--seed 3");
    compare_into("c", DRAWING "--seed 4");
    for (int i = 0; i < 3; i++) {
        cr_expect(same_file("a", "b", files[i]), "%s", files[i]);
        cr_expect_not(same_file("a", "c", files[i]), "%s", files[i]);
    }
}

Test(compare, measures_and_seeds_as_often_as_asked) {
    compare_into("s", "vanilla --size n=6 --rules eprop,rflo --by each --seeds 2 --measure 3 --params R,W "
                      "--data copy " SMALL);
    char *table = read_out("s", "alignment.csv", NULL);
    for (int seed = 1; seed <= 2; seed++)
        for (int by = 0; by < 2; by++) /* 8 updates, of which the 1st, 4th and 7th; R, W and both */
            for (int rule = 0; rule < 2; rule++)
                for (int update = 0; update < 8; update++) {
                    static const char *const names[] = {"eprop", "rflo"};
                    char *begin = formatted("%d,%s,%d,%s,", seed, names[by], update, names[rule]);
                    cr_expect_eq(each_row(table, begin, NULL, 0), update % 3 == 0 ? 3 : 0, "%s", begin);
                    free(begin);
                }
    free(table);
    table = read_out("s", "loss.csv", NULL);
    cr_expect_eq(each_row(table, "1,rflo,2,8,", NULL, 0), 1, "%s", table);
    free(table);
}

/* ---- being compared changes nothing that is learned ---- */

static void expect_same_parameters(const Comparison *c, int contender, const char *out) {
    for (int p = 0; p < eligo_params(c->base.spec); p++) {
        const EligoArray param = eligo_param(c->base.spec, p);
        const size_t count = (size_t)(param.rows * param.cols);
        double *values = arena_alloc(arena, count * sizeof *values);
        eligo_learner_get_param(c->contenders[contender].run.learner, p, values);
        char *path = formatted("%s/%s/param.%s.npy", folder, out, param.name);
        const Array alone = array_read(path);
        cr_assert_eq(alone.count, count, "%s", path);
        cr_expect_eq(memcmp(values, alone.values, count * sizeof *values), 0, "%s", path);
        array_free(alone);
        free(path);
    }
}

typedef struct Case {
    const char *by, *alone; /* as `compare` and as `train` are told */
    const char *data;
    bool curriculum;
} Case;

/* Both by the same options: those of SMALL, and what a curriculum needs to get on in a few epochs. */
static void expect_the_same_learned(const Case *one, const char *out) {
    static const char *const rules[] = {"eprop", "rflo", "uoro", "sltt_k(3)"};
    const volatile sig_atomic_t interrupted = 0;
    const char *more = one->curriculum ? "--curriculum --steps 1 --epochs 21 --rate 0.03" : "";
    char *line = formatted("train gru --size n=6 --rule '%s' --data %s " SMALL "%s --out $D/%s", one->alone,
                           one->data, more, out);
    expect(line, 0, one->curriculum ? "delay 5" : "learned parameters");
    free(line);
    CompareOptions options = {.train = {.spec = "gru",
                                        .engine = ELIGO_ENGINE_TCC,
                                        .real = ELIGO_DOUBLE,
                                        .data = {.source = one->data, .sequences = 40},
                                        .test = 0.2,
                                        .epochs = 2,
                                        .batch = 8,
                                        .seed = 1,
                                        .seeds = 1,
                                        .quiet = true,
                                        .interrupted = &interrupted},
                              .rules = rules,
                              .rule_count = 4,
                              .by = one->by};
    options.train.optimiser = (OptimiserOptions){
        .rate = 0.003, .kind = OPTIMISER_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    if (one->curriculum) {
        options.train.curriculum = true;
        options.train.data.steps = 1;
        options.train.epochs = 21;
        options.train.optimiser.rate = 0.03;
    }
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", 6);
    Comparison *c = comparison_new(eligo, &options);
    cr_assert(c, "%s", eligo_messages(eligo, false));
    cr_expect_eq(comparison_run(c), TRAIN_DONE, "%s", eligo_messages(eligo, false));
    cr_expect_eq(c->trials[0].measured, 4 * options.train.epochs);
    cr_expect_eq(c->trials[0].delay, one->curriculum ? 5 : 0);
    expect_same_parameters(c, c->by[0], out);
    comparison_free(c);
    eligo_free(eligo);
}

Test(compare, shadows_do_not_change_what_is_learned) {
    static const Case cases[] = {
        {NULL, "bptt", "copy", false},       {NULL, "bptt", "adding", false},
        {"eprop", "eprop", "adding", false}, {"rflo", "rflo", "copy", false},
        {"uoro", "uoro", "copy", false},     {"sltt_k(3)", "sltt_k(3)", "copy", false},
        {NULL, "bptt", "copy", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_the_same_learned(&cases[i], arena_printf(arena, "%d", (int)i));
}

/* ---- figures ---- */

static void expect_no_other_files(const char *out, const char *files) {
    char *listed;
    cr_expect_eq(run(&listed, "ls '%s/%s' | tr '\\n' ' '", folder, out), 0);
    cr_expect_str_eq(listed, files);
    free(listed);
}

#define FIGURED "vanilla --size n=4 --rules eprop,uoro --by each --seeds 2 --data copy " SMALL

Test(compare, figures_are_complete) {
    size_t length;
    compare_into("f", FIGURED);
    expect_no_other_files("f", "alignment.csv compare.png compare.svg loss.csv matrix.csv ");
    char *svg = read_out("f", "compare.svg", &length);
    cr_expect(strstr(svg, "<svg"));
    cr_expect(strstr(svg, "</svg>"));
    cr_expect(strstr(svg, "kf_rtrl") == NULL);
    cr_expect(strstr(svg, "while uoro trains"));
    free(svg);
    char *png = read_out("f", "compare.png", &length);
    cr_expect_gt(length, 1000);
    cr_expect_eq(memcmp(png, "\x89PNG\r\n\x1a\n", 8), 0);
    cr_expect_eq(memcmp(png + length - 8, "IEND", 4), 0);
    free(png);
}

Test(compare, without_gnuplot_the_tables_are_there) {
    char *output;
    cr_expect_eq(run(&output, "PATH='%s' '%s' compare " FIGURED "--out '%s/none'", folder, program(), folder),
                 1);
    cr_expect(
        strstr(output, "E0660]: the figures want gnuplot, and there is none: apt-get install gnuplot-nox"),
        "%s", output);
    expect_no_other_files("none", "alignment.csv loss.csv matrix.csv ");
    free(output);
}

Test(compare, a_failing_gnuplot_leaves_nothing_half_done) {
    char *output;
    cr_expect_eq(run(&output,
                     "printf '#!/bin/sh\\nexit 3\\n' > '%s/gnuplot'; chmod +x '%s/gnuplot'; PATH='%s' '%s' "
                     "compare " FIGURED "--out '%s/bad'",
                     folder, folder, folder, program(), folder),
                 1);
    cr_expect(strstr(output, "E0660]: gnuplot failed"), "%s", output);
    expect_no_other_files("bad", "alignment.csv loss.csv matrix.csv ");
    free(output);
}

/* ---- wrong use ---- */

Test(compare, wrong_use_is_named) {
    static const struct {
        const char *arguments;
        int status;
        const char *words;
    } lines[] = {
        {"compare vanilla", 2, "E0661]: compare wants rules: --rules"},
        {"compare --rules eprop", 2, "E0654"},
        {"compare vanilla --rules eprop --stream", 2, "E0661]: --stream doesn't go with compare"},
        {"compare vanilla --rules eprop --update online", 2, "E0661]: --update doesn't go with compare"},
        {"compare vanilla --rules eprop --momentum 0.5", 2, "E0655]: --momentum goes with"},
        {"compare vanilla --rules eprop --measure 0", 2, "E0653"},
        {"compare vanilla --rule eprop", 2, "did you mean"},
        {"compare vanilla --rules 'snap(1),epropp'", 1, "did you mean `eprop`?"},
        {"compare vanilla --rules 'snap(1),snap'", 1, "`snap` needs a value for `n`"},
        {"compare vanilla --rules eprop,ottt", 1,
         "E0627]: `ottt` doesn't apply to `vanilla`: this model has no state `v`"},
        {"compare vanilla --rules eprop --by rtlr", 1, "did you mean `rtrl`?"},
        {"compare vanilla --rules eprop,rtrl,eprop", 1, "E0628]: `eprop` is in the list of rules twice"},
        {"compare vanilla --rules eprop --params R,Rx", 1, "E0629]: `vanilla` has no parameter `Rx`"},
        {"compare vanilla --rules eprop --params R,R", 1, "E0628]: `R` is in the list of parameters twice"},
        {"compare vanilla --rules eprop --data copi", 1, "copy"},
        {"compare vanila --rules eprop", 1, "vanilla"},
        {"compar vanilla", 2, "did you mean `compare`?"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect(lines[i].arguments, lines[i].status, lines[i].words);
}
