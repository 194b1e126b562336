/* Several sequences at once: the gradient is the sum of those of each alone, on every library cell by every
 * rule, however it is carried; in the interpreter and in compiled code. */
#include "support.h"
#include "trained.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5, LANES = 3 };

typedef struct Count {
    int same, refused, none;
} Count;

/* Whether `lanes` sequences at once agree with one after another, which add up their gradients. */
static void compare(const Training *trial, int lanes, Count *count) {
    const char *spec = trial->spec, *rule = trial->rule;
    Training batch = *trial;
    batch.lanes = lanes;
    Trained one = trained_new(trial), many = trained_new(&batch);
    cr_assert_eq(one.derivation != NULL, many.derivation != NULL, "%s by %s: %s", spec, rule,
                 eligo_messages(many.eligo, false));
    if (!one.derivation) {
        count->none++;
    } else if (eligo_lanes_refused(many.derivation)) {
        cr_expect_eq(eligo_lane_count(many.derivation), 1);
        count->refused++;
    } else {
        double loss = 0, norm;
        for (int i = 0; i < lanes; i++) loss += trained_run(&one, i, STEPS);
        const double together = trained_run(&many, 0, STEPS);
        cr_expect_float_eq(together, loss, 1e-12 * fabs(loss) + 1e-300, "%s by %s: loss %g for %g", spec,
                           rule, together, loss);
        const double off = trained_distance(&one, &many, &norm);
        cr_expect(off <= 1e-11 * norm + 1e-300, "%s by %s, %d at once: off by %g of %g", spec, rule, lanes,
                  off, norm);
        count->same += norm > 0;
    }
    trained_free(&one), trained_free(&many);
}

static void each_carry(const char *spec, const char *rule, void *count) {
    static const EligoCarry carries[] = {ELIGO_CARRY_FORWARD, ELIGO_CARRY_BACKWARD, ELIGO_CARRY_MIXED};
    for (size_t c = 0; c < sizeof carries / sizeof *carries; c++)
        compare(&(Training){.spec = spec,
                            .rule = rule,
                            .carry = carries[c],
                            .block = carries[c] == ELIGO_CARRY_MIXED ? 3 : 0,
                            .engine = ELIGO_ENGINE_INTERPRET,
                            .real = ELIGO_DOUBLE},
                LANES, count);
}

Test(batch, the_gradient_is_the_sum) {
    Count count = {0};
    trained_each("library/cells", each_carry, &count);
    trained_each("library/networks", each_carry, &count);
    printf("at once: %d learners agree with one sequence after another; %d do one at a time\n", count.same,
           count.refused);
    cr_assert(count.same > 2300, "%d of %d", count.same, count.same + count.refused + count.none);
}

/* A sequence that ends sooner than the others, or has no target for a while, is set not to teach. */
Test(batch, a_sequence_may_end_before_others) {
    enum { SHORT = 3, LONG = 6 };
    static const EligoCarry carries[] = {ELIGO_CARRY_FORWARD, ELIGO_CARRY_BACKWARD, ELIGO_CARRY_MIXED};
    for (size_t c = 0; c < sizeof carries / sizeof *carries; c++) {
        Training training = {.spec = "alif",
                             .rule = "eprop",
                             .carry = carries[c],
                             .block = carries[c] == ELIGO_CARRY_MIXED ? 4 : 0,
                             .engine = ELIGO_ENGINE_INTERPRET,
                             .real = ELIGO_DOUBLE};
        Trained one = trained_new(&training);
        training.lanes = LANES;
        Trained many = trained_new(&training);
        trained_run(&one, 0, LONG), trained_run(&one, 1, SHORT), trained_run(&one, 2, LONG);
        cr_assert(eligo_learner_start(many.learner, LONG));
        for (int t = 0; t < LONG; t++) {
            for (int lane = 0; lane < LANES; lane++) {
                eligo_learner_select(many.learner, lane);
                trained_set_step(&many, lane, t);
                if (lane == 1 && t >= SHORT) eligo_learner_set_teach(many.learner, false);
                cr_expect_eq(eligo_learner_teaches(many.learner), lane != 1 || t < SHORT);
            }
            eligo_learner_step(many.learner);
        }
        eligo_learner_finish(many.learner);
        double norm;
        const double off = trained_distance(&one, &many, &norm);
        cr_expect(norm > 0 && off <= 1e-11 * norm, "off by %g of %g", off, norm);
        trained_free(&one), trained_free(&many);
    }
}

/* Compiled code does what the interpreter does, to rounding, and tcc's and cc's the same to the bit. */
Test(batch, compiled_code_agrees) {
    static const Training trials[] = {
        {.spec = "lstm", .rule = "eprop", .carry = ELIGO_CARRY_FORWARD},
        {.spec = "lstm", .rule = "bptt", .carry = ELIGO_CARRY_BACKWARD},
        {.spec = "lstm", .rule = "eprop", .carry = ELIGO_CARRY_MIXED, .block = 3},
        {.spec = "vanilla", .rule = "rtrl", .carry = ELIGO_CARRY_FORWARD},
        {.spec = "vanilla", .rule = "rtrl", .carry = ELIGO_CARRY_MIXED, .block = 3},
        {.spec = "alif", .rule = "eprop", .carry = ELIGO_CARRY_FORWARD},
        {.spec = "lif", .rule = "eprop_random", .carry = ELIGO_CARRY_BACKWARD},
        {.spec = "lif_delay", .rule = "eprop", .carry = ELIGO_CARRY_MIXED, .block = 2},
        {.spec = "digits2", .rule = "bptt", .carry = ELIGO_CARRY_BACKWARD},
        {.spec = "lif_ei", .rule = "eprop", .carry = ELIGO_CARRY_FORWARD},
    };
    static const int lanes[] = {2, 17, 33, 300};
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
        for (size_t b = 0; b < sizeof lanes / sizeof *lanes; b++) {
            Training trial = trials[i];
            trial.real = ELIGO_DOUBLE;
            trial.lanes = lanes[b];
            Trained by[3];
            double loss[3], norm;
            static const EligoEngine engines[] = {ELIGO_ENGINE_INTERPRET, ELIGO_ENGINE_TCC, ELIGO_ENGINE_CC};
            for (int e = 0; e < 3; e++) {
                trial.engine = engines[e];
                by[e] = trained_new(&trial);
                cr_assert(by[e].learner, "%s by %s", trial.spec, trial.rule);
                loss[e] = trained_run(&by[e], 0, STEPS);
            }
            cr_expect_float_eq(loss[1], loss[0], 1e-12 * fabs(loss[0]), "%s by %s", trial.spec, trial.rule);
            cr_expect_eq(loss[2], loss[1], "%s by %s", trial.spec, trial.rule);
            const double off = trained_distance(&by[0], &by[1], &norm);
            cr_expect(norm > 0 && off <= 1e-11 * norm, "%s by %s, %d at once: off by %g of %g", trial.spec,
                      trial.rule, lanes[b], off, norm);
            cr_expect_eq(trained_distance(&by[1], &by[2], &norm), 0, "%s by %s: tcc and cc differ",
                         trial.spec, trial.rule);
            for (int e = 0; e < 3; e++) trained_free(&by[e]);
        }
}

/* ---- the emitted driver, beside gradients made elsewhere ---- */

enum { TIME = 7, INPUTS = 3, TEACHING = 2 };

/* Every number LANES times in a row: the same sequence in every lane. */
static void write_lanes(const char *path, const char *type, const char *shape, size_t size,
                        const void *values, size_t count) {
    FILE *file = fopen(path, "wb");
    char header[119];
    cr_assert(file);
    const int length = snprintf(header, sizeof header,
                                "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, shape);
    memset(header + length, ' ', sizeof header - (size_t)length);
    header[117] = '\n';
    fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
    fwrite(header, 1, 118, file);
    for (size_t i = 0; i < count; i++)
        for (int lane = 0; lane < LANES; lane++) fwrite((const char *)values + i * size, size, 1, file);
    cr_assert_eq(fclose(file), 0);
}

static void write_sequences(const char *folder) {
    char *path = formatted("%s/x.npy", folder);
    const Array x = array_read("tests/reference/lstm/x.npy");
    cr_assert_eq(x.count, TIME * INPUTS);
    write_lanes(path, "<f8", "7, 3, 3", sizeof *x.values, x.values, x.count);
    array_free(x);
    free(path);
    size_t length;
    char *labels = file_content("tests/reference/lstm/target.npy", &length);
    cr_assert_not_null(labels);
    path = formatted("%s/target.npy", folder);
    write_lanes(path, "<i8", "7, 3", 8, labels + length - 8 * TIME, TIME);
    free(path), free(labels);
    path = formatted("%s/teach.npy", folder);
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
    fprintf(file, "%-117s\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (7, 3), }");
    for (int i = 0; i < TIME * LANES; i++) fwrite(&(double){i % LANES < TEACHING}, sizeof(double), 1, file);
    cr_assert_eq(fclose(file), 0);
    free(path);
}

/* Of three lanes with the reference's sequence two teach: twice the reference's gradient. */
static void expect_driver(const char *rule, const char *reference) {
    static const char *const params[] = {"Wi", "Rf", "bg", "Wo", "V"};
    char *folder = scratch_make("batch"), *said = NULL;
    const int status =
        run(&said,
            "'%s' emit tests/reference/lstm/spec.eligo --rule %s --lanes 3 --real double --main -o %s && "
            "cp tests/reference/lstm/param.* %s && cd %s && "
            "gcc -std=c99 -pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Werror -o driver *.c -lm",
            program(), rule, folder, folder, folder);
    cr_assert_eq(status, 0, "%s", said);
    free(said);
    write_sequences(folder);
    cr_assert_eq(run(&said, "%s/driver %s", folder, folder), 0, "%s", said);
    for (size_t p = 0; p < sizeof params / sizeof *params; p++) {
        char *mine = formatted("%s/grad.%s.npy", folder, params[p]);
        char *theirs = formatted("tests/reference/lstm/grad.%s.%s.npy", reference, params[p]);
        const Array got = array_read(mine), wanted = array_read(theirs);
        cr_assert(wanted.count > 0 && got.count == wanted.count, "%s", mine);
        for (size_t i = 0; i < wanted.count; i++)
            cr_expect_float_eq(got.values[i], TEACHING * wanted.values[i],
                               1e-9 + 1e-8 * fabs(wanted.values[i]), "%s by %s: entry %zu is %g, not %g",
                               params[p], rule, i, got.values[i], TEACHING * wanted.values[i]);
        array_free(got), array_free(wanted);
        free(mine), free(theirs);
    }
    free(said);
    scratch_remove(folder);
}

Test(batch, the_driver_takes_several_sequences) {
    expect_driver("bptt", "bptt");
    expect_driver("eprop --carry backward", "eprop_m1");
    expect_driver("'eprop(2)' --carry forward", "eprop_m2");
    expect_driver("bptt --carry mixed --block 3", "bptt");
}

Test(batch, lines_are_explained) {
    static const char *const emitted[] = {"lstm --rule bptt", "lstm --rule eprop --online"},
                             *const calls[] = {"kernel_steps_lanes(.*Ri", "kernel_dot(.*Ri"};
    for (size_t i = 0; i < sizeof emitted / sizeof *emitted; i++) {
        char *folder = scratch_make("batch"), *said = NULL;
        const char *rule = i ? "lstm --rule eprop --carry forward" : emitted[i];
        const int status =
            run(&said,
                "cd %s && '%s' emit %s --lanes 4 -o . >/dev/null && for f in *.c; do '%s' explain "
                "%s --lanes 4 --line $(grep -n -m 1 ' %s' $f | cut -d: "
                "-f1) --file $f; done",
                folder, program(), emitted[i], program(), rule, calls[i]);
        cr_expect(status == 0 && strstr(said, "Ri"), "%s: %s", emitted[i], said);
        free(said);
        scratch_remove(folder);
    }
}

/* ---- training ---- */

/* What a run learned, all of it, in one array. */
static Array learned_by(const char *folder, const char *arguments) {
    static const char *const params[] = {"W", "R", "b", "Wi", "Rf", "Wz", "Rr", "V", "d", "l1.W", "l1.R"};
    Array all = {.values = calloc(10000, sizeof *all.values)};
    char *said = NULL;
    cr_assert_eq(run(&said,
                     "rm -rf %s/out && mkdir %s/out && '%s' train %s --quiet --real double --out %s/out",
                     folder, folder, program(), arguments, folder),
                 0, "%s", said);
    free(said);
    for (size_t p = 0; p < sizeof params / sizeof *params; p++) {
        char *path = formatted("%s/out/param.%s.npy", folder, params[p]);
        const Array one = array_read(path);
        for (size_t i = 0; i < one.count; i++) all.values[all.count++] = one.values[i];
        array_free(one);
        free(path);
    }
    return all;
}

static Array learned(const char *folder, const char *arguments, int lanes) {
    char *all = formatted("%s --lanes %d", arguments, lanes);
    const Array got = learned_by(folder, all);
    free(all);
    return got;
}

/* Batches that don't divide, targets at the end, at each step or where the task has them, classes and values.
 */
Test(batch, training_learns_the_same, .timeout = 120) {
#define SMALL " --size n=6 --sequences 30 --epochs 2 --rate 0.02 --engine tcc"
    static const char *const runs[] = {
        "lstm --rule bptt --data delayed_xor --batch 7" SMALL,
        "gru --rule bptt --data copy --batch 8" SMALL,
        "vanilla --rule bptt --data adding --batch 5" SMALL,
        "vanilla --rule eprop --carry forward --data adding --batch 5 --loss-at each" SMALL,
        "lstm --rule eprop --carry mixed --block 3 --data adding --batch 10" SMALL,
        "lif --rule eprop --data copy --batch 30 --optimiser sgd" SMALL,
    };
    for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
        char *folder = scratch_make("lanes");
        const Array one = learned(folder, runs[r], 1);
        cr_assert_gt(one.count, 40);
        for (int lanes = 3; lanes <= 16; lanes += 13) {
            const Array many = learned(folder, runs[r], lanes);
            cr_assert_eq(many.count, one.count);
            double most = 0;
            for (size_t i = 0; i < one.count; i++) most = fmax(most, fabs(one.values[i] - many.values[i]));
            cr_expect(most < 1e-9, "train %s, %d at once: off by %g", runs[r], lanes, most);
            array_free(many);
        }
        array_free(one);
        scratch_remove(folder);
    }
}

/* A second loss, which reads no target, teaches at steps that have one, and at no others; a loss may be none
 * that a target of 0 could have. However it is carried, and whenever parameters change. */
Test(batch, steps_without_a_target_teach_nothing, .timeout = 120) {
    static const char *const losses[] = {
        "y = V @ l1.h + d; loss mse(y, target); loss 0.5 * mean(l1.h^2);",
        "y = exp(V @ l1.h + d); loss sum(target * log(target / y) - target + y);",
    };
    static const char *const ways[] = {"--carry forward", "--carry backward --lanes 1",
                                       "--carry backward --lanes 16", "--carry mixed --block 3"};
    for (size_t l = 0; l < sizeof losses / sizeof *losses; l++)
        for (int every = 0; every < 2; every++) {
            char *folder = scratch_make("teach"), *path = formatted("%s/w.eligo", folder);
            FILE *file = fopen(path, "w");
            cr_assert(file);
            fprintf(
                file,
                "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n], b[n];\n"
                "h = tanh(W @ x + R @ h[t-1] + b); }\n"
                "network w { input x[2]; param V[1,6], d[1] init 0.1; layer l1 = c(n = 6, x = x);\n%s }\n",
                losses[l]);
            cr_assert_eq(fclose(file), 0);
            Array first = {0};
            for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
                if (every && strstr(ways[w], "backward")) continue;
                char *arguments = formatted("%s --rule rtrl --data adding --sequences 24 --test 0 --epochs 2 "
                                            "--batch 16 --optimiser sgd --rate 0.02 --engine tcc %s %s",
                                            path, ways[w], every ? "--update every:3" : "");
                const Array got = learned_by(folder, arguments);
                double most = 0;
                for (size_t i = 0; w > 0 && i < got.count; i++)
                    most = fmax(most, fabs(got.values[i] - first.values[i]));
                cr_expect(got.count > 40 && most < 1e-9, "%s: off by %g", arguments, most);
                if (w == 0)
                    first = got;
                else
                    array_free(got);
                free(arguments);
            }
            array_free(first);
            free(path);
            scratch_remove(folder);
        }
}

Test(batch, what_it_cannot_do_is_said) {
    char *said = NULL;
    cr_expect_eq(run(&said, "'%s' emit lstm --rule uoro --lanes 4 -o build/never", program()), 1);
    cr_expect(strstr(said, "E0645") && strstr(said, "an estimate is drawn for one sequence"), "%s", said);
    free(said);
    cr_expect_eq(
        run(&said, "'%s' train vanilla --rule uoro --size n=4 --epochs 1 --lanes 4 --quiet", program()), 0);
    cr_expect(strstr(said, "N0631") && strstr(said, "an estimate is drawn for one sequence"), "%s", said);
    free(said);
}
