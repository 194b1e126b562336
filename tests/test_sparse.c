/* Sparse parameters: patterns, and learners that hold their entries only. The other side of each comparison
 * is the same spec written dense, with zeros where the sparse one has no entries: on the pattern gradients
 * are equal, whatever the rule and the carry. */
#include "eligo_internal.h"
#include "model/pattern.h"
#include "support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 6 };

#define CELL(name, more)                                                                                     \
    "cell " name " { size n = 6, m = 3; input x[m]; state p[n], c[n], h[n]; output h;"                       \
    " param W[n,m]" more ", R[n,n]" more ", Q[n,n]" more ", Wz[n,m], Rz[n,n]" more ", P[n,m]" more           \
    ", b[n]; p = 0.7 * p[t-1] + P @ x;"                                                                      \
    " r = sigmoid(Wz @ x + Rz @ h[t-1]); c = 0.4 * c[t-1] + p + tanh(W @ x + R @ (r * h[t-1]) + Q @ c[t-1] " \
    "+ "                                                                                                     \
    "b);"                                                                                                    \
    " h = r * tanh(c); }\n"
#define NETWORK                                                                                              \
    "network w { input x[3]; param V[2,5], d[2]; layer l1 = c(n = 6, x = x); layer l2 = c(n = 5, x = l1.h);" \
    " y = V @ l2.h + d; loss mse(y, target); }\n"

static const char sparse_text[] = CELL("c", " sparse 0.4") NETWORK, dense_text[] = CELL("c", "") NETWORK;

typedef struct Run {
    EligoSpec *spec;
    double *grad[32];
    double loss;
} Run;

static long entries(const EligoSpec *spec, int i) {
    const EligoArray param = eligo_param(spec, i);
    return param.rows * param.cols;
}

/* The same numbers for the same place, 0 where `pattern` has no entry. */
static double value_at(int param, long entry) {
    unsigned long seed = (unsigned long)(param + 1) * 7919 + (unsigned long)entry * 104729;
    for (int i = 0; i < 3; i++) seed = (seed ^ (seed >> 15)) * 2246822519UL % 4294967296UL;
    return (double)(seed % 4001) / 3000.0 - 4000 / 6000.0;
}

static void set_params(const EligoSpec *spec, const EligoSpec *pattern, EligoLearner *learner) {
    for (int i = 0; i < eligo_params(spec); i++) {
        double *values = calloc((size_t)entries(spec, i), sizeof *values);
        for (long k = 0; k < entries(spec, i); k++) {
            values[k] = value_at(i, k);
            if (eligo_param_misplaced(pattern, i, values) == k) values[k] = 0;
        }
        eligo_learner_set_param(learner, i, values);
        free(values);
    }
}

static Run learn(Eligo *eligo, const char *text, const EligoSpec *pattern, const char *rule, EligoCarry carry,
                 EligoEngine engine) {
    Run run = {.spec = eligo_open_text(eligo, "spec", text, ELIGO_TARGET_VALUES)};
    cr_assert_not_null(run.spec, "%s", eligo_messages(eligo, false));
    EligoDerivation *derivation = eligo_derive(eligo, run.spec, rule, NULL, carry);
    cr_assert_not_null(derivation, "%s", eligo_messages(eligo, false));
    EligoLearner *learner = eligo_learner_new(eligo, derivation, engine, ELIGO_DOUBLE);
    cr_assert_not_null(learner, "%s", eligo_messages(eligo, false));
    cr_assert_eq(eligo_learner_struct_bytes(learner), eligo_struct_bytes(derivation, ELIGO_DOUBLE));
    set_params(run.spec, pattern ? pattern : run.spec, learner);
    eligo_learner_start(learner, STEPS);
    for (int t = 0; t < STEPS; t++) {
        double x[3], target[2];
        for (int i = 0; i < 3; i++) x[i] = 2 * value_at(100 + t, i);
        for (int i = 0; i < 2; i++) target[i] = value_at(200 + t, i);
        eligo_learner_set_input(learner, 0, x);
        eligo_learner_set_target(learner, target);
        run.loss += eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
    for (int i = 0; i < eligo_params(run.spec); i++) {
        run.grad[i] = calloc((size_t)entries(run.spec, i), sizeof(double));
        eligo_learner_get_gradient(learner, i, run.grad[i]);
    }
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    return run;
}

static void run_free(Run *run) {
    for (int i = 0; i < eligo_params(run->spec); i++) free(run->grad[i]);
    eligo_spec_free(run->spec);
}

static void expect_equal_on_pattern(const char *what, const Run *sparse, const Run *dense) {
    cr_assert(fabs(sparse->loss - dense->loss) < 1e-12, "%s: loss", what);
    int barred = 0, unlike = 0;
    for (int i = 0; i < eligo_params(sparse->spec); i++)
        for (long k = 0; k < entries(sparse->spec, i); k++) {
            double *one = calloc((size_t)entries(sparse->spec, i), sizeof *one);
            one[k] = 1;
            const bool is_barred = eligo_param_misplaced(sparse->spec, i, one) == k;
            free(one);
            const double got = sparse->grad[i][k], wanted = is_barred ? 0 : dense->grad[i][k];
            cr_assert(fabs(got - wanted) <= 1e-12 + 1e-10 * fabs(wanted), "%s: %s[%ld] is %g, not %g", what,
                      eligo_param(sparse->spec, i).name, k, got, wanted);
            barred += is_barred;
            unlike += is_barred && dense->grad[i][k] != 0;
        }
    cr_assert_gt(barred, 50, "%s", what);
    cr_assert_gt(unlike, 5, "%s: nothing is left out", what);
}

Test(sparse, learns_what_a_dense_parameter_with_zeros_learns, .timeout = 240) {
    static const char *const rules[] = {"rtrl", "eprop(1)", "eprop(2)", "eprop(3)",
                                        "mdgl", "sltt",     "tbptt(3)"};
    Eligo *eligo = eligo_new("library");
    Run shape = learn(eligo, sparse_text, NULL, "sltt", ELIGO_CARRY_BACKWARD, ELIGO_ENGINE_INTERPRET);
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        Run dense =
            learn(eligo, dense_text, shape.spec, rules[r], ELIGO_CARRY_BACKWARD, ELIGO_ENGINE_INTERPRET);
        for (int carry = ELIGO_CARRY_FORWARD; carry <= ELIGO_CARRY_BACKWARD; carry++)
            for (int engine = ELIGO_ENGINE_INTERPRET; engine <= ELIGO_ENGINE_CC; engine++) {
                if (engine == ELIGO_ENGINE_CC && r > 2) continue; /* gcc takes its time */
                Run sparse =
                    learn(eligo, sparse_text, NULL, rules[r], (EligoCarry)carry, (EligoEngine)engine);
                char *what = formatted("%s, carry %d, engine %d", rules[r], carry, engine);
                expect_equal_on_pattern(what, &sparse, &dense);
                free(what);
                run_free(&sparse);
            }
        run_free(&dense);
    }
    run_free(&shape);
    eligo_free(eligo);
}

/* ---- patterns ---- */

static Pattern pattern_for(Arena *arena, double fraction, bool zero_diagonal, long rows, long cols) {
    Dim *dims = arena_alloc(arena, 2 * sizeof *dims);
    dims[0] = (Dim){"n", rows}, dims[1] = (Dim){"m", cols};
    const Var param = {
        .label = "R", .rows = &dims[0], .cols = &dims[1], .sparse = fraction, .zero_diagonal = zero_diagonal};
    return *pattern_of(&param, arena);
}

Test(sparse, patterns_have_the_fraction_and_no_empty_row) {
    Arena *arena = arena_new();
    const struct {
        double fraction;
        bool bare;
        long rows, cols;
        int entries;
    } cases[] = {{0.1, false, 100, 100, 1000}, {0.05, true, 512, 512, 13107}, {0.001, false, 30, 30, 30},
                 {1, false, 7, 5, 35},         {1, true, 6, 6, 30},           {0.3, true, 1, 1, 0},
                 {0.335, false, 40, 10, 134}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Pattern p = pattern_for(arena, cases[i].fraction, cases[i].bare, cases[i].rows, cases[i].cols);
        cr_assert_eq(p.entries, cases[i].entries, "case %zu: %d entries", i, p.entries);
        for (long j = 0; j < p.rows; j++) {
            cr_assert(p.start[j + 1] > p.start[j] || p.entries == 0, "case %zu: row %ld is empty", i, j);
            for (int k = p.start[j]; k < p.start[j + 1]; k++) {
                cr_assert(p.column[k] >= 0 && p.column[k] < p.cols);
                cr_assert(k == p.start[j] || p.column[k] > p.column[k - 1]);
                cr_assert(!cases[i].bare || p.column[k] != j);
            }
        }
    }
    arena_free(arena);
}

/* Not only on this machine: the draw is part of the language. */
Test(sparse, a_pattern_is_known_from_its_label) {
    Arena *arena = arena_new();
    const Pattern p = pattern_for(arena, 0.3, false, 4, 10);
    static const int wanted[] = {3, 5, 7, 0, 2, 8, 3, 5, 7, 3, 4, 7};
    cr_assert_eq(p.entries, 12);
    for (int k = 0; k < 12; k++)
        cr_assert_eq(p.column[k], wanted[k], "entry %d is in column %d", k, p.column[k]);
    arena_free(arena);
}

/* ---- files ---- */

static void write_file(const char *folder, const char *name, const char *text) {
    char *path = formatted("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    fclose(file);
    free(path);
}

#define FROM_FILE(name)                                                                                      \
    "cell c { size n = 2, m = 3; input x[m]; state h[n]; output h; param W[n,m] sparse \"" name              \
    "\", R[n,n]; h = tanh(W @ x + R @ h[t-1]); }\n"

Test(sparse, a_file_gives_the_pattern) {
    const struct {
        const char *text, *code;
    } cases[] = {{"1 0 1\n0,1,0\n", NULL},  {"1 0\n0 1\n", "E0546"},     {"1 0 2\n0 1 0\n", "E0547"},
                 {"1 0 1\n0 1\n", "E0545"}, {"1 0 a\n0 1 0\n", "E0545"}, {"", "E0545"}};
    char *folder = scratch_make("pattern");
    write_file(folder, "spec.eligo", FROM_FILE("w.csv"));
    char *spec = formatted("%s/spec.eligo", folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(folder, "w.csv", cases[i].text);
        Eligo *eligo = eligo_new("library");
        EligoSpec *opened = eligo_open(eligo, spec, ELIGO_TARGET_VALUES);
        const char *said = eligo_messages(eligo, false);
        cr_assert_eq(opened == NULL, cases[i].code != NULL, "case %zu\n%s", i, said);
        if (cases[i].code) {
            cr_assert_not_null(strstr(said, cases[i].code), "case %zu\n%s", i, said);
            cr_assert_not_null(strstr(said, "w.csv"), "%s", said);
        } else {
            const double row[] = {1, 0, 1, 0, 1, 0}, other[] = {1, 0, 1, 0, 1, 5};
            cr_assert_eq(eligo_param_misplaced(opened, 0, row), -1);
            cr_assert_eq(eligo_param_misplaced(opened, 0, other), 5);
        }
        eligo_spec_free(opened);
        eligo_free(eligo);
    }
    free(spec);
    scratch_remove(folder);
}

/* ---- nonnegative ---- */

Test(sparse, nonnegative_parameters_never_fall_below_zero) {
    static const char text[] = "cell c { size n = 4, m = 3; input x[m]; state h[n]; output h; param W[n,m],"
                               " R[n,n] sparse 0.5 nonnegative; h = tanh(W @ x + R @ h[t-1]); }\n";
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "spec", text, ELIGO_TARGET_VALUES);
    cr_assert_not_null(spec, "%s", eligo_messages(eligo, false));
    for (int engine = ELIGO_ENGINE_INTERPRET; engine <= ELIGO_ENGINE_TCC; engine++) {
        EligoDerivation *derivation = eligo_derive_online(eligo, spec, "eprop(1)", NULL);
        EligoLearner *learner = eligo_learner_new(eligo, derivation, (EligoEngine)engine, ELIGO_DOUBLE);
        eligo_learner_init(learner, 3);
        eligo_learner_set_rate(learner, 3); /* far too large: many would change sign */
        eligo_learner_start(learner, 20);
        double values[16], begin[16];
        eligo_learner_get_param(learner, 1, begin);
        int positive = 0, zero = 0;
        for (int t = 0; t < 20; t++) {
            const double x[3] = {1, -1, 0.5};
            double target[10];
            for (int k = 0; k < 10; k++) target[k] = value_at(t, k);
            eligo_learner_set_input(learner, 0, x);
            eligo_learner_set_target(learner, target);
            eligo_learner_step(learner);
        }
        eligo_learner_get_param(learner, 1, values);
        for (int k = 0; k < 16; k++) {
            cr_assert_geq(begin[k], 0);
            cr_assert_geq(values[k], 0, "entry %d is %g", k, values[k]);
            positive += begin[k] > 0;
            zero += begin[k] > 0 && values[k] == 0;
        }
        cr_assert_eq(positive, 8);
        cr_assert_gt(zero, 0, "nothing was clipped");
        eligo_learner_free(learner);
        eligo_derivation_free(derivation);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
}
