/* Training with several threads: what it learns, reports and keeps is the same bits as with one; what a batch
 * adds up is what its sequences give one after the other; and a run stops where it would have stopped. */
#include "eligo.h"
#include "support.h"
#include "base/text.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static void set_up(void) { folder = scratch_make("train_threads"); }
static void tear_down(void) { scratch_remove(folder); }

TestSuite(train_threads, .init = set_up, .fini = tear_down);

static void write_text(const char *name, const char *text) {
    char *path = formatted("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

/* `eligo train ARGUMENTS --threads N` in $D/NAME, whose files are then what it learned, `said` and its
 * checkpoint. */
static int train_in(const char *name, const char *arguments, int threads) {
    return run(NULL,
               "D='%s'; mkdir -p $D/%s; cd $D/%s; '%s' train %s --quiet --threads %d --out . >said 2>&1",
               folder, name, name, program(), arguments, threads);
}

static void expect_same(const char *a, const char *b, const char *arguments) {
    char *output;
    const int status = run(&output, "cd '%s'; diff -r %s %s", folder, a, b);
    cr_expect_eq(status, 0, "train %s: %s and %s differ: %s", arguments, a, b, output);
    free(output);
}

static char *said(const char *name) {
    char *path = formatted("%s/%s/said", folder, name), *text = file_content(path, NULL);
    free(path);
    return text;
}

/* ---- the same bits ---- */

/* By size, since a case is copied into the process that runs it. */
typedef struct Line {
    char arguments[160];
} Line;

#define SMALL " --sequences 40 --epochs 2 --rate 0.02"

ParameterizedTestParameters(train_threads, same_bits) {
    static Line lines[] = {
        {"lstm --rule eprop --size n=9 --data delayed_xor --batch 7 --engine tcc" SMALL},
        {"lstm --rule eprop --size n=9 --data copy --batch 7 --engine tcc --loss-at each --log 1" SMALL},
        {"gru --rule bptt --size n=8 --data copy --batch 5 --real double --engine tcc" SMALL},
        {"gru --rule bptt --size n=8 --data adding --batch 5 --engine tcc" SMALL},
        {"lstm --rule rtrl --carry mixed --block 3 --size n=5 --data adding --batch 6 --engine tcc" SMALL},
        {"vanilla --rule uoro --size n=8 --data copy --batch 9 --engine tcc" SMALL},
        {"gru --rule 'ok(r=2)' --size n=6 --data adding --batch 9 --real double --engine tcc" SMALL},
        {"lif --rule 'sltt_k(k=2)' --size n=8 --data copy --batch 4 --engine tcc" SMALL},
        {"vanilla --rule 'snap(2)' --size n=6 --data delayed_xor --batch 40 --engine tcc" SMALL},
        {"vanilla --rule feedback_alignment --size n=8 --data copy --batch 3 --clip 1 --engine tcc" SMALL},
        {"lstm --rule eprop --size n=4 --data delayed_xor --batch 7 --real double --engine interpret" SMALL},
        {"lstm --rule eprop --size n=9 --data copy --curriculum --seeds 2 --batch 7 --engine tcc" SMALL},
        {"lstm --rule eprop --size n=9 --data delayed_xor --batch 7 --engine cc" SMALL},
        {"lstm --rule eprop --size n=9 --data copy --batch 20 --lanes 4 --engine tcc --loss-at each" SMALL},
        {"gru --rule bptt --size n=8 --data adding --batch 11 --lanes 3 --carry backward --engine cc" SMALL},
    };
    return cr_make_param_array(Line, lines, sizeof lines / sizeof *lines);
}

ParameterizedTest(Line *at, train_threads, same_bits, .timeout = 120) {
    cr_assert_eq(train_in("1", at->arguments, 1), 0, "train %s: %s", at->arguments, said("1"));
    cr_assert_eq(train_in("2", at->arguments, 2), 0);
    cr_assert_eq(train_in("3", at->arguments, 3), 0);
    expect_same("1", "2", at->arguments);
    expect_same("1", "3", at->arguments);
}

/* Each learner's code changes while they train. */
Test(train_threads, the_best_engine_gives_the_same_bits, .timeout = 60) {
#define LONG "lstm --rule eprop --size n=24 --data delayed_xor --sequences 3000 --epochs 2 --batch 64"
    cr_assert_eq(train_in("1", LONG " --engine tcc", 1), 0);
    cr_assert_eq(train_in("3", LONG, 3), 0);
    run(NULL, "sed -i 's/engine best/engine tcc/' '%s/3/said'", folder);
    expect_same("1", "3", LONG);
}

/* A run goes on with another number of threads. */
Test(train_threads, resume_with_others, .timeout = 60) {
#define DRAWN "vanilla --rule uoro --size n=8 --data copy --sequences 40 --batch 9 --engine tcc --epochs "
    cr_assert_eq(train_in("whole", DRAWN "4", 1), 0);
    cr_assert_eq(train_in("parts", DRAWN "2", 3), 0);
    cr_assert_eq(train_in("parts", DRAWN "4 --resume", 2), 0);
    expect_same("whole", "parts", DRAWN);
}

Test(train_threads, compare_gives_the_same_bits, .timeout = 60) {
    static const char *const threads[] = {"1", "3"};
    for (int i = 0; i < 2; i++)
        cr_assert_eq(
            run(NULL,
                "cd '%s'; mkdir %s; cd %s; '%s' compare vanilla --rules uoro,eprop --size n=6 --data copy "
                "--sequences 30 --epochs 2 --batch 8 --engine tcc --quiet --threads %s >said",
                folder, threads[i], threads[i], program(), threads[i]),
            0);
    expect_same("1", "3", "compare");
}

/* ---- what a batch adds up ---- */

enum { ALIKE = 5, STEPS = 6 };
static const double rate = 0.5;

static double input(int t) { return (double)((t * 37 + 11) % 19) / 10 - 0.9; }

/* So many rows of the same sequence and target. */
static void write_alike(void) {
    Text rows = {0};
    for (int i = 0; i < ALIKE; i++) {
        for (int t = 0; t < STEPS; t++) text_printf(&rows, "%.17g,", input(t));
        text_add(&rows, "0.25\n");
    }
    write_text("alike.csv", rows.at);
    text_free(&rows);
}

/* One step of descent by the sequences' mean gradient, one learner running them one after the other: what is
 * drawn goes on by itself. */
static void descend(const EligoSpec *spec, EligoLearner *learner) {
    const size_t entries = eligo_learner_entries(learner);
    double sum[1000], *gradient = eligo_learner_gradients(learner), *params = eligo_learner_params(learner);
    const double target = 0.25;
    cr_assert_leq(entries, 1000);
    for (int i = 0; i < ALIKE; i++) {
        cr_assert(eligo_learner_start(learner, STEPS));
        eligo_learner_clear_gradients(learner);
        for (int t = 0; t < STEPS; t++) {
            const double x = input(t);
            eligo_learner_set_input(learner, 0, &x);
            eligo_learner_set_target(learner, &target);
            eligo_learner_step(learner);
        }
        eligo_learner_finish(learner);
        for (size_t k = 0; k < entries; k++) sum[k] = i == 0 ? gradient[k] : sum[k] + gradient[k];
    }
    cr_assert_eq(eligo_inputs(spec), 1);
    for (size_t k = 0; k < entries; k++) params[k] -= rate * (1.0 / ALIKE * sum[k]);
}

static void expect_params(const EligoSpec *spec, const EligoLearner *learner, const char *name) {
    for (int p = 0; p < eligo_params(spec); p++) {
        const EligoArray param = eligo_param(spec, p);
        const size_t count = (size_t)(param.rows * param.cols);
        char *path = formatted("%s/%s/param.%s.npy", folder, name, param.name);
        const Array got = array_read(path);
        double *expected = calloc(count, sizeof *expected);
        eligo_learner_get_param(learner, p, expected);
        cr_assert_eq(got.count, count);
        cr_expect_eq(memcmp(got.values, expected, count * sizeof *expected), 0, "%s", param.name);
        free(expected);
        array_free(got);
        free(path);
    }
}

static void expect_a_batch_like_one_after_the_other(const char *cell, const char *rule) {
    Eligo *eligo = eligo_new(NULL);
    eligo_size(eligo, "n", 6);
    eligo_size(eligo, "m", 1);
    eligo_size(eligo, "k", 1);
    EligoSpec *spec = eligo_open(eligo, cell, ELIGO_TARGET_VALUES);
    EligoDerivation *derivation = eligo_derive(eligo, spec, rule, NULL, ELIGO_CARRY_RULE);
    EligoLearner *learner = eligo_learner_new(eligo, derivation, ELIGO_ENGINE_TCC, ELIGO_DOUBLE);
    cr_assert(learner, "%s", eligo_messages(eligo, false));
    eligo_learner_init(learner, 1);
    descend(spec, learner);
    char *arguments =
        formatted("%s --rule '%s' --size n=6 --data '%s/alike.csv' --label value --scale none --test 0 "
                  "--loss-at each --batch %d --lanes 1 --epochs 1 --optimiser sgd --momentum 0 --rate %g "
                  "--engine tcc --real double",
                  cell, rule, folder, ALIKE, rate);
    cr_assert_eq(train_in("3", arguments, 3), 0, "%s", said("3"));
    expect_params(spec, learner, "3");
    free(arguments);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(train_threads, a_batch_is_its_sequences_one_after_the_other, .timeout = 60) {
    write_alike();
    expect_a_batch_like_one_after_the_other("vanilla", "uoro");
    expect_a_batch_like_one_after_the_other("lif", "sltt_k(k=2)");
    expect_a_batch_like_one_after_the_other("gru", "bptt");
}

/* ---- where it stops ---- */

/* Sequences that overflow at different steps: the first of a batch is reported, whichever came first in time.
 */
Test(train_threads, the_first_that_fails_is_reported, .timeout = 60) {
    enum { LENGTH = 3000, ROWS = 16 };
    Text rows = {0};
    for (int i = 0; i < ROWS; i++) {
        for (int t = 0; t < LENGTH; t++) text_add(&rows, t == (i * 1237) % LENGTH ? "1e200," : "0,");
        text_add(&rows, "0\n");
    }
    write_text("steep.csv", rows.at);
    write_text("steep.eligo", "cell steep { size n, m; input x[m]; state h[n]; output h; param W[n,m];\n"
                              "h = 0.5 * h[t-1] + (W @ x) * (W @ x); }\n");
    text_free(&rows);
    for (int seed = 1; seed <= 4; seed++) {
        char *arguments =
            formatted("../steep.eligo --rule eprop --size n=3 --data ../steep.csv --label value --scale none "
                      "--loss-at each --batch 8 --test 0 --epochs 1 --engine tcc --seed %d --real double",
                      seed);
        for (int threads = 1; threads <= 3; threads++) {
            char name[2] = {(char)('0' + threads), 0};
            cr_assert_eq(train_in(name, arguments, threads), 1);
        }
        char *text = said("1");
        cr_expect(strstr(text, "E0620") && strstr(text, "batch 1, step "), "%s", text);
        expect_same("1", "2", arguments);
        expect_same("1", "3", arguments);
        free(text);
        free(arguments);
    }
}

/* n = 256: 256 x 256 multiplications, from which on rows are shared out. */
Test(train_threads, what_cannot_be_shared_out_is_said) {
#define COPY "train lstm --rule eprop --data copy --sequences 9 --epochs 1 --quiet --threads 2 --size "
    expect_run(
        folder, COPY "n=4 --stream", 0,
        "N0630]: one thread works: sequences can't be shared out among 2, a stream is one sequence; and "
        "no product is large enough");
    expect_run(folder, COPY "n=4 --batch 1", 0, "a batch has one; and no product");
    expect_run(folder, COPY "n=4 --update online", 0, "the parameters change within each; and no product");
    expect_run(folder, COPY "n=256 --update every:2 --engine tcc", 0, "and only what cc compiles");
    expect_run(folder, COPY "n=256 --update every:2", 0,
               "N0632]: 2 threads share out the rows of large products: sequences can't be shared out, the "
               "parameters change within each");
    expect_run(folder, COPY "n=4 --threads 0.5", 2,
               "--threads: `0.5` is neither auto nor a number up to 256");
    expect_run(folder, COPY "n=4 --threads 257", 2, "neither auto");
    expect_run(folder, COPY "n=4 --threads auto", 0, "learner");
    expect_run(folder, COPY "n=4 --threads 0", 0, "learner");
}

/* ---- rows ---- */

Test(train_threads, rows_give_the_same_bits, .timeout = 120) {
#define WIDE "lstm --size n=264 --data copy --sequences 5 --epochs 1 --engine cc --rule "
    static const char *const lines[] = {
        WIDE "eprop --update online --rate 0.001",
        WIDE "eprop --update every:3",
        WIDE "bptt --batch 1",
        WIDE "eprop --carry mixed --block 4 --batch 1",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_assert_eq(train_in("1", lines[i], 1), 0, "%s", said("1"));
        cr_assert_eq(train_in("3", lines[i], 3), 0, "%s", said("3"));
        char *text = said("3");
        cr_expect(strstr(text, "N0632"), "%s", text);
        run(NULL, "sed -i /N0632/d '%s/3/said'", folder);
        expect_same("1", "3", lines[i]);
        free(text);
    }
}

/* A compiler without OpenMP. */
Test(train_threads, one_thread_where_cc_knows_no_openmp, .timeout = 60) {
    write_text("cc", "#!/bin/sh\ncase \"$*\" in *-fopenmp*) echo error: no; exit 1;; esac\nexec cc \"$@\"\n");
    run(NULL, "chmod +x '%s/cc'", folder);
    char *compiler = formatted("%s/cc", folder);
    setenv("CC", compiler, 1);
    expect_run(
        folder,
        "train lstm --rule eprop --size n=256 --data copy --sequences 5 --epochs 1 --engine cc --quiet "
        "--update online --threads 2",
        0, "N0703]: one thread works: the system compiler");
    free(compiler);
}
