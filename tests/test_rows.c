/* Rows shared out among threads: what cc then compiles, and what is emitted, gives the bits that one thread
 * gives, whichever of the kernels and however few rows there are. The compiler is told to share out
 * everything, small as it is. */
#include "eligo.h"
#include "runtime/kernels.h"
#include "support.h"
#include "train/npy.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

/* $CC, but for what it says of sizes. */
static void set_up(void) {
    folder = scratch_make("rows");
    char *path = formatted("%s/cc", folder);
    const char *compiler = getenv("CC");
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fprintf(file, "#!/bin/sh\nexec '%s' -DELIGO_THREADS_FROM=1 \"$@\"\n",
            compiler && *compiler ? compiler : "cc");
    fclose(file);
    cr_assert_eq(run(NULL, "chmod +x '%s'", path), 0);
    setenv("CC", path, 1);
    free(path);
}

static void tear_down(void) { scratch_remove(folder); }

TestSuite(rows, .init = set_up, .fini = tear_down, .timeout = 120);

enum { UNITS = 37, INPUTS = 35, STEPS = 5 };

typedef struct Kind {
    const char *spec, *rule;
    EligoCarry carry;
    int block, lanes;
    EligoReal real;
    const char *kernels; /* of those that share out rows: what its code calls */
    bool online;
} Kind;

static const char sparse[] = "cell thin { size n, m; input x[m]; state h[n]; output h;\n"
                             "param W[n,m] sparse 0.3, R[n,n] sparse 0.2, b[n];\n"
                             "h = tanh(W @ x + R @ h[t-1] + b); }";

static const Kind kinds[] = {
    {"lstm", "eprop", ELIGO_CARRY_FORWARD, 0, 1, ELIGO_FLOAT, "gemv outer trace_gradient", false},
    {"lstm", "eprop", ELIGO_CARRY_FORWARD, 0, 1, ELIGO_FLOAT, "outer_gemv trace_gradient_gemv", true},
    {"lstm", "bptt", ELIGO_CARRY_BACKWARD, 0, 1, ELIGO_DOUBLE, "gemv steps", false},
    {"lstm", "eprop", ELIGO_CARRY_MIXED, 3, 1, ELIGO_FLOAT, "gemv steps", false},
    {"vanilla", "rtrl", ELIGO_CARRY_FORWARD, 0, 1, ELIGO_FLOAT, "gemv gemm", false},
    {"lstm", "bptt", ELIGO_CARRY_BACKWARD, 0, 3, ELIGO_FLOAT, "gemm steps_lanes", false},
    {"alif", "eprop", ELIGO_CARRY_FORWARD, 0, 1, ELIGO_FLOAT, "gemv", false},
    {sparse, "bptt", ELIGO_CARRY_BACKWARD, 0, 1, ELIGO_FLOAT, "sparse", false},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

typedef struct Made {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
} Made;

static Made derived(const Kind *kind) {
    Made made = {.eligo = eligo_new(NULL)};
    eligo_size(made.eligo, "n", UNITS);
    eligo_size(made.eligo, "m", INPUTS);
    eligo_size(made.eligo, "k", 3);
    eligo_block(made.eligo, kind->block);
    eligo_lanes(made.eligo, kind->lanes);
    made.spec = strchr(kind->spec, ' ') ? eligo_open_text(made.eligo, "thin", kind->spec, ELIGO_TARGET_VALUES)
                                        : eligo_open(made.eligo, kind->spec, ELIGO_TARGET_VALUES);
    cr_assert(made.spec, "%s", eligo_messages(made.eligo, false));
    made.derivation = kind->online ? eligo_derive_online(made.eligo, made.spec, kind->rule, NULL)
                                   : eligo_derive(made.eligo, made.spec, kind->rule, NULL, kind->carry);
    cr_assert(made.derivation, "%s", eligo_messages(made.eligo, false));
    return made;
}

static void made_free(Made made) {
    eligo_derivation_free(made.derivation);
    eligo_spec_free(made.spec);
    eligo_free(made.eligo);
}

static void run_steps(const Kind *kind, EligoLearner *learner) {
    double values[INPUTS];
    eligo_learner_init(learner, 3);
    eligo_learner_set_rate(learner, 0.1);
    cr_assert(eligo_learner_start(learner, STEPS));
    for (int t = 0; t < STEPS; t++) {
        for (int lane = 0; lane < kind->lanes; lane++) {
            for (int i = 0; i < INPUTS; i++)
                values[i] = (double)((i * 37 + t * 101 + lane * 13) % 199) / 100 - 1;
            eligo_learner_select(learner, lane);
            eligo_learner_set_input(learner, 0, values);
            eligo_learner_set_target(learner, values + 5);
        }
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}

/* All that a learner by so many threads holds after five steps; malloc'ed. */
static char *numbers_by(const Kind *kind, int threads, size_t *bytes) {
    Made made = derived(kind);
    eligo_threads(made.eligo, threads);
    EligoLearner *learner = eligo_learner_new(made.eligo, made.derivation, ELIGO_ENGINE_CC, kind->real);
    cr_assert(learner, "%s", eligo_messages(made.eligo, false));
    cr_assert_str_empty(eligo_messages(made.eligo, false));
    run_steps(kind, learner);
    *bytes = eligo_learner_state_bytes(learner);
    char *numbers = malloc(*bytes);
    eligo_learner_save(learner, numbers);
    eligo_learner_free(learner);
    made_free(made);
    return numbers;
}

Test(rows, give_the_same_bits) {
    for (int i = 0; i < KINDS; i++) {
        size_t bytes;
        char *one = numbers_by(&kinds[i], 1, &bytes), *three = numbers_by(&kinds[i], 3, &bytes);
        cr_expect_eq(memcmp(one, three, bytes), 0, "%s by %s", kinds[i].spec, kinds[i].rule);
        free(one);
        free(three);
    }
}

/* Each kernel that shares out rows is called in one of these learners. */
Test(rows, every_kernel_is_met) {
    char *bodies = formatted("%s", "");
    for (int i = 0; i < KINDS; i++) {
        char *header, *body, *words = strdup(kinds[i].kernels), *rest = NULL;
        Made made = derived(&kinds[i]);
        cr_assert(eligo_emit(made.eligo, made.derivation, kinds[i].real, &header, &body, NULL));
        for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
            char *call = formatted("\n    kernel_%s(", word);
            cr_expect(strstr(body, call), "%s by %s: no kernel_%s", kinds[i].spec, kinds[i].rule, word);
            free(call);
        }
        char *all = formatted("%s%s", bodies, body);
        free(bodies), free(header), free(body), free(words);
        bodies = all;
        made_free(made);
    }
    char *text = strndup((const char *)kernels_threads_text, kernels_threads_text_length);
    for (const char *seam = strstr(text, "/*@ kernel_"); seam; seam = strstr(seam + 1, "/*@ kernel_")) {
        char *call = formatted("\n    %.*s(", (int)strcspn(seam + 4, " "), seam + 4);
        cr_expect(strstr(bodies, call), "no learner calls%s", call + 4);
        free(call);
    }
    free(text);
    free(bodies);
}

/* ---- emitted C ---- */

static void write_numbers(const char *name, long count) {
    double values[STEPS * INPUTS];
    Text bytes = {0};
    char *path = formatted("%s/%s.npy", folder, name);
    for (long i = 0; i < STEPS * count; i++) values[i] = (double)((i * 37 + 11) % 199) / 100 - 1;
    npy_encode(&bytes, false, 2, (const long[]){STEPS, count}, values);
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(bytes.at, 1, bytes.length, file) == bytes.length && fclose(file) == 0);
    text_free(&bytes);
    free(path);
}

static void expect_good(const char *command) {
    char *output;
    const int status = run(&output, "cd '%s' && eligo='%s' && %s", folder, program(), command);
    cr_expect_eq(status, 0, "%s: %s", command, output);
    free(output);
}

#define STRICT "-std=c99 -pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow -Werror -O2 "
#define THREE  "-fopenmp -DELIGO_THREADS=3 -DELIGO_THREADS_FROM=1 "

/* Its driver, compiled without threads and with them, writes the same gradients; no compiler minds. */
Test(rows, emitted_code_gives_the_same_bits) {
    write_numbers("x", 10);
    write_numbers("target", 8);
    expect_good(
        "\"$eligo\" train lstm --rule eprop --size n=37 --data copy --sequences 5 --epochs 1 --engine tcc "
        "--quiet --out .");
    expect_good("\"$eligo\" emit lstm --rule eprop --size n=37 --size m=10 --size k=8 --main -o .");
    expect_good("gcc " STRICT THREE "-c lstm_eprop_m1.c");
    expect_good("clang " STRICT THREE "-c lstm_eprop_m1.c");
    expect_good("gcc -O2 -ffp-contract=off -o one lstm_eprop_m1*.c -lm");
    expect_good("gcc -O2 -ffp-contract=off " THREE "-o three lstm_eprop_m1*.c -lm");
    expect_good("nm three | grep -q GOMP_parallel");
    expect_good("./one . && mkdir by_one && mv grad.*.npy y.npy loss.npy by_one");
    expect_good("./three . && mkdir by_three && mv grad.*.npy y.npy loss.npy by_three");
    expect_good("ls by_one | grep -c grad | grep -q 14 && diff -r by_one by_three");
}
