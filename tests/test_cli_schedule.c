/* The schedule on the command line: when `eligo train` updates, streams, what it resumes, what emitted
 * learners take and give. */
#include "support.h"
#include "train/npy.h"
#include "train/file.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *folder;
static Arena *arena;

static void set_up(void) {
    folder = scratch_make("schedule");
    arena = arena_new();
}

static void tear_down(void) {
    scratch_remove(folder);
    arena_free(arena);
}

TestSuite(cli_schedule, .init = set_up, .fini = tear_down);

#define SMALL "--engine tcc --size n=8 --sequences 40 --batch 7 --quiet --real double "

static void expect(const char *arguments, int status, const char *words) {
    expect_run(folder, arguments, status, words);
}

/* Trains on a task into $D/OUT; the report must hold `words`. */
static void train_into(const char *out, const char *options, const char *words) {
    char *line = formatted("train %s --out $D/%s", options, out);
    expect(line, 0, words);
    free(line);
}

static const double *values_of(const char *out, const char *file, size_t *count) {
    const char *path = arena_printf(arena, "%s/%s/%s.npy", folder, out, file);
    Npy npy;
    cr_assert(npy_read(NULL, arena, path, &npy), "%s", path);
    *count = npy.count;
    return npy.values;
}

/* The largest difference of two runs' weights, those of a recurrent cell's first layer and of the readout. */
static double apart(const char *a, const char *b) {
    static const char *const params[] = {"param.W", "param.R", "param.V"};
    double far = 0;
    for (int p = 0; p < 3; p++) {
        size_t n, m;
        const double *left = values_of(a, params[p], &n), *right = values_of(b, params[p], &m);
        cr_assert_eq(n, m);
        for (size_t i = 0; i < n; i++) far = fmax(far, fabs(left[i] - right[i]));
    }
    return far;
}

/* Steps without a target teach nothing, also where the gradient of a block is known before the sequence ends.
 */
Test(cli_schedule, blocks_learn_from_the_last_step_alone, .timeout = 60) {
    train_into("back", "vanilla --rule rtrl --carry backward --data adding --epochs 2 " SMALL, "backward");
    train_into("blocks", "vanilla --rule rtrl --carry mixed --block 3 --data adding --epochs 2 " SMALL,
               "blocks");
    cr_expect_lt(apart("back", "blocks"), 1e-10);
}

/* ---- what is refused ---- */

Test(cli_schedule, contradictions_name_both) {
    static const struct {
        const char *arguments;
        int status;
        const char *words;
    } lines[] = {
        {"train lstm --rule bptt --data copy --update online", 1,
         "E0625]: updates online contradict the rule's `carry backward`"},
        {"train lstm --rule bptt --data copy --update every:2", 1,
         "E0625]: updates every k contradict the rule's `carry backward`"},
        {"train lstm --rule eprop --carry backward --data copy --update every:2", 1,
         "E0625]: updates every k contradict `--carry backward`"},
        {"train lstm --rule dfse --carry backward --data copy", 1, "E0518"},
        {"train lstm --rule bptt --data copy --stream", 1, "E0626]: --stream contradicts the rule's"},
        {"train lstm --rule eprop --carry backward --data copy --stream", 1,
         "E0626]: --stream contradicts `--carry backward`"},
        {"train lstm --rule eprop --update every:0", 2, "--update: `every:0` is neither"},
        {"train lstm --rule eprop --update every:1.5", 2, "--update: `every:1.5` is neither"},
        {"train lstm --rule eprop --update every", 2, "--update: `every` is neither"},
        {"train lstm --rule eprop --weight-decay=-1", 2, "--weight-decay: `-1`"},
        {"emit lstm --rule bptt --online -o $D/e", 1,
         "E0625]: --online contradicts the rule's `carry backward`"},
        {"emit lstm --rule eprop --carry backward --online -o $D/e", 1,
         "E0625]: --online contradicts `--carry backward`"},
        {"emit lstm --rule dfse --carry backward -o $D/e", 1, "E0518"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect(lines[i].arguments, lines[i].status, lines[i].words);
}

/* ---- when parameters change ---- */

#define ADDING "vanilla --data adding --steps 9 --loss-at each --epochs 2 " SMALL
#define PLAIN  "--optimiser sgd --momentum 0 --rate 0.01 "

Test(cli_schedule, a_rule_has_its_own_schedule_and_the_command_line_the_last_word) {
    train_into("online", ADDING PLAIN "--rule rtrl --update online", "updates online");
    train_into("rule", ADDING PLAIN "--rule dfse", "updates online");
    cr_expect_eq(apart("online", "rule"), 0);
    train_into("every", ADDING "--rule rtrl --update every:3", "updates every 3 steps");
    train_into("every_rule", ADDING "--keep 'any*; update every(3)'", "updates every 3 steps");
    cr_expect_eq(apart("every", "every_rule"), 0);
    train_into("end", ADDING PLAIN "--rule rtrl", "updates after batches of 7");
    train_into("end_rule", ADDING PLAIN "--rule dfse --update end", "updates after batches of 7");
    cr_expect_eq(apart("end", "end_rule"), 0);
    cr_expect_gt(apart("end", "online"), 1e-6);
    train_into("sltt", ADDING "--rule sltt --update online", "sltt, forward");
}

/* 9 steps in fours: 4, 4 and the last; in nines, or more: one update a sequence. */
Test(cli_schedule, every_k_steps_and_at_the_end) {
    train_into("one", ADDING PLAIN "--rule rtrl --update every:1", "updates every 1 step;");
    train_into("online", ADDING PLAIN "--clip 1e30 --rule rtrl --update online", "updates online");
    cr_expect_eq(apart("one", "online"), 0);
    train_into("nine", ADDING PLAIN "--rule rtrl --update every:9", "updates every 9 steps");
    train_into("long", ADDING PLAIN "--rule rtrl --update every:100", "updates every 100 steps");
    train_into("batch", ADDING PLAIN "--rule rtrl --update end --batch 1", "updates after batches of 1");
    cr_expect_eq(apart("nine", "long"), 0);
    cr_expect_eq(apart("nine", "batch"), 0);
    train_into("four", ADDING PLAIN "--rule rtrl --update every:4", "updates every 4 steps");
    cr_expect_gt(apart("four", "nine"), 1e-6);
    cr_expect_gt(apart("four", "one"), 1e-6);
}

/* Parameters may change where a block ends: in a sequence of nine steps at 3, 6 and 9; at 4, 8 and where the
 * sequence's end cuts a block short; with the one target at the end; at each step. */
Test(cli_schedule, parameters_change_at_the_borders_of_blocks) {
    static const struct {
        const char *update, *block, *more;
    } ways[] = {{"every:3", "3", ""},
                {"every:6", "2", ""},
                {"every:4", "4", ""},
                {"every:4", "2", "--loss-at last"},
                {"online", "1", "--clip 1e30"}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *forward = formatted(ADDING PLAIN "--rule rtrl --update %s %s", ways[i].update, ways[i].more);
        char *blocks = formatted("%s --carry mixed --block %s", forward, ways[i].block);
        train_into("forward", forward, "rtrl, forward");
        train_into("blocks", blocks, "rtrl, mixed(");
        cr_expect_lt(apart("forward", "blocks"), 1e-12, "%zu: %g", i, apart("forward", "blocks"));
        free(forward), free(blocks);
    }
    expect("train " ADDING "--rule rtrl --update every:4 --carry mixed --block 3", 1,
           "E0625]: updates every k contradict `--carry mixed`");
    expect("train " ADDING "--rule rtrl --update online --carry mixed --block 2", 1, "E0625");
}

/* What neither rule nor user says is planned: other numbers by rounding at most, whatever is taken. */
Test(cli_schedule, what_nobody_says_is_planned) {
    static const struct {
        const char *more, *taken;
    } ways[] = {{"", "backward"},
                {"--update every:9 --size n=24", "mixed("},
                {"--update online", "forward"},
                {"--stream", "forward"}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *unsaid = formatted(ADDING PLAIN "--keep 'any*' %s", ways[i].more);
        char *said = formatted("%s --carry forward", unsaid);
        train_into("unsaid", unsaid, ways[i].taken);
        train_into("said", said, ", forward,");
        cr_expect_lt(apart("unsaid", "said"), 1e-12, "%zu: %g", i, apart("unsaid", "said"));
        free(unsaid), free(said);
    }
    expect("train " ADDING "--rule rtrl --explain-plan --carry auto", 0, "backward is taken");
    expect("train " ADDING "--rule rtrl --carry auto --memory 200", 1, "E0521");
    expect("train " ADDING "--rule rtrl --carry auto --memory some", 2, "--memory: `some` is no size");
    expect("train " ADDING "--rule rtrl --carry auto --stats", 0, "carried backward");
}

/* A bound that no gradient reaches keeps the update out of the step; the weights are the same to rounding. */
Test(cli_schedule, the_step_learns_what_an_optimiser_would) {
    static const char *const ways[] = {"--loss-at each", "--loss-at last", "--loss-at each --stream"};
    for (int i = 0; i < 3; i++) {
        char *fused =
            formatted("vanilla --data adding --steps 9 --epochs 2 " SMALL PLAIN "--rule dfse %s", ways[i]);
        char *apply = formatted("%s --clip 1e30", fused);
        train_into("fused", fused, "at each step and within it");
        train_into("optimiser", apply, "updates online, at each step;");
        cr_expect_lt(apart("fused", "optimiser"), 1e-12, "%s: %g", ways[i], apart("fused", "optimiser"));
        cr_expect_gt(apart("fused", "optimiser"), 0, "rounding differs: two ways were taken");
        free(fused), free(apply);
    }
}

/* ---- streams ---- */

static void put(const char *name, int axes, const long *shape, const double *values) {
    Text bytes = {0};
    npy_encode(&bytes, false, axes, shape, values);
    cr_assert(file_write(NULL, path_join(arena, folder, name), bytes.at, bytes.length));
    text_free(&bytes);
}

/* One sequence, three times in a stream, is the sequence of three times its length. */
Test(cli_schedule, a_stream_is_one_long_sequence) {
    enum { T = 5 };
    double x[3 * T * 2], y[3 * T];
    for (int t = 0; t < 3 * T; t++)
        x[2 * t] = sin(t % T), x[2 * t + 1] = cos(3 * (t % T)), y[t] = 0.5 * sin(2 * (t % T));
    put("x1.npy", 3, (long[]){1, T, 2}, x), put("y1.npy", 3, (long[]){1, T, 1}, y);
    put("x3.npy", 3, (long[]){1, 3 * T, 2}, x), put("y3.npy", 3, (long[]){1, 3 * T, 1}, y);
    static const char *const ways[] = {"--rule rtrl --update every:5", "--rule eprop --update online",
                                       "--keep 'any*; chunk 4' --update every:5",
                                       "--rule rtrl --update online --optimiser sgd --momentum 0"};
    for (int i = 0; i < 4; i++) {
        const char *common = arena_printf(arena,
                                          "vanilla --size n=4 --engine tcc --real double --scale none "
                                          "--test 0 --quiet %s",
                                          ways[i]);
        train_into("stream",
                   arena_printf(arena, "%s --data $D/x1.npy --targets $D/y1.npy --epochs 3 --stream", common),
                   "one stream");
        train_into("long", arena_printf(arena, "%s --data $D/x3.npy --targets $D/y3.npy --epochs 1", common),
                   "seed");
        cr_expect_eq(apart("stream", "long"), 0, "%s", ways[i]);
        train_into("borders",
                   arena_printf(arena, "%s --data $D/x1.npy --targets $D/y1.npy --epochs 3", common), "seed");
        cr_expect_gt(apart("stream", "borders"), 1e-9, "%s", ways[i]);
    }
}

/* A look at the held-out sequences changes nothing: neither a stream nor which steps teach next. */
Test(cli_schedule, evaluation_leaves_learning_alone) {
    static const char *const ways[] = {"--rule eprop --stream", "--rule dfse --stream " PLAIN,
                                       "--keep 'any*; sample 2'",
                                       "--keep 'any*; sample 2' --carry forward --stream"};
    for (int i = 0; i < 4; i++) {
        const char *common =
            arena_printf(arena, "vanilla --data adding --steps 9 " SMALL "--epochs 4 %s", ways[i]);
        train_into("silent", common, "seed");
        train_into("looked", arena_printf(arena, "%s --log 1", common), "seed");
        cr_expect_eq(apart("silent", "looked"), 0, "%s", ways[i]);
    }
}

/* ---- going on ---- */

Test(cli_schedule, each_schedule_resumes_bit_for_bit) {
    static const char *const ways[] = {"--rule eprop --stream",
                                       "--rule dfse --stream " PLAIN,
                                       "--rule rtrl --update every:4 --weight-decay 0.01",
                                       "--rule 'sltt_k(2)'",
                                       "--keep 'any*; sample 2; chunk 3' --carry forward --stream",
                                       "--rule 'tbptt_chunk(3)' --optimiser sgd --weight-decay 0.1",
                                       "--rule eprop_random"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *common = arena_printf(arena, "vanilla --data adding --steps 9 " SMALL "%s", ways[i]);
        const char *rest = arena_printf(arena, "%s --epochs 4 --resume", common);
        train_into("whole", arena_printf(arena, "%s --epochs 4", common), "seed");
        train_into("parts", arena_printf(arena, "%s --epochs 2", common), "seed");
        cr_expect_gt(apart("whole", "parts"), 0, "%s: learning goes on", ways[i]);
        train_into("parts", rest, "seed");
        cr_expect_eq(apart("whole", "parts"), 0, "%s", ways[i]);
        char *output;
        cr_expect_eq(run(&output, "rm -r '%s/whole' '%s/parts'", folder, folder), 0);
        free(output);
    }
}

Test(cli_schedule, weight_decay_is_part_of_a_run) {
    train_into("decayed", ADDING "--rule eprop --weight-decay 0.5", "weight decay 0.5");
    train_into("free", ADDING "--rule eprop", "seed");
    cr_expect_gt(apart("decayed", "free"), 1e-6);
    expect("train " ADDING "--rule eprop --out $D/decayed --resume", 1, "weight decay 0.5");
}

/* ---- emitted learners ---- */

/* Emits into $D/NAME, compiles, puts the numbers there and runs the driver on `steps` steps. */
static void emit_and_run(const char *name, const char *options, int steps, const double *extra,
                         const char *file) {
    const double values[18] = {0.3,  -0.2, 0.5, 0.7,  -0.4, 0.1, 0.6,  -0.9, 0.2,
                               -0.3, 0.8,  0.4, -0.7, 0.9,  0.5, -0.1, 0.2,  0.6};
    static const struct {
        const char *name;
        int axes;
        long shape[2];
    } params[] = {{"W", 2, {3, 2}}, {"R", 2, {3, 3}}, {"b", 1, {3}}, {"V", 2, {1, 3}}, {"d", 1, {1}}};
    const char *line =
        arena_printf(arena, "emit vanilla --real double --size n=3 --size m=2 --size k=1 --main %s -o $D/%s",
                     options, name);
    expect(line, 0, "_main.c");
    for (int p = 0; p < 5; p++)
        put(arena_printf(arena, "%s/param.%s.npy", name, params[p].name), params[p].axes, params[p].shape,
            values + p);
    put(arena_printf(arena, "%s/x.npy", name), 2, (long[]){steps, 2}, values + 2);
    put(arena_printf(arena, "%s/target.npy", name), 2, (long[]){steps, 1}, values + 5);
    if (extra) put(arena_printf(arena, "%s/%s.npy", name, file), 1, (long[]){steps}, extra);
    char *output;
    cr_assert_eq(run(&output,
                     "cd '%s/%s' && cc -std=c99 -Wall -Wextra -Werror -o driver *.c -lm && ./driver .",
                     folder, name),
                 0, "%s", output);
    free(output);
}

static const char *const all_params[] = {"W", "R", "b", "V", "d"};

/* A learner that learns in its step, run by its driver for one step: param - rate * gradient. */
Test(cli_schedule, an_emitted_online_learner_descends) {
    emit_and_run("gradient", "--rule rtrl", 1, NULL, NULL);
    emit_and_run("learns", "--rule dfse", 1, (double[]){0.25}, "rate");
    emit_and_run("asked", "--rule rtrl --online", 1, (double[]){0.25}, "rate");
    for (int p = 0; p < 5; p++) {
        size_t n;
        const char *name = all_params[p];
        const double *before = values_of("gradient", arena_printf(arena, "param.%s", name), &n);
        const double *slope = values_of("gradient", arena_printf(arena, "grad.%s", name), &n);
        const double *learned = values_of("learns", arena_printf(arena, "learned.%s", name), &n);
        const double *asked = values_of("asked", arena_printf(arena, "learned.%s", name), &n);
        double moved = 0;
        for (size_t i = 0; i < n; i++) {
            cr_expect_float_eq(learned[i], before[i] - 0.25 * slope[i], 1e-15, "%s[%zu]", name, i);
            cr_expect_eq(learned[i], asked[i]);
            moved = fmax(moved, fabs(learned[i] - before[i]));
        }
        if (strcmp(name, "R") != 0) cr_expect_gt(moved, 1e-3, "%s", name); /* nothing comes back to step 0 */
    }
}

/* Which steps teach is the driver's to read; each of two by itself, and together. */
Test(cli_schedule, an_emitted_learner_is_told_which_steps_teach) {
    static const char *const carries[] = {"forward", "backward"};
    emit_and_run("both", "--rule rtrl", 2, NULL, NULL);
    for (int c = 0; c < 2; c++) {
        const char *options = arena_printf(arena, "--keep 'any*; sample 1' --carry %s", carries[c]);
        emit_and_run(carries[c], options, 2, (double[]){1, 0}, "teach");
        const char *second = arena_printf(arena, "%s2", carries[c]);
        emit_and_run(second, options, 2, (double[]){0, 1}, "teach");
        for (int p = 0; p < 5; p++) {
            size_t n;
            const char *file = arena_printf(arena, "grad.%s", all_params[p]);
            const double *sum = values_of("both", file, &n), *a = values_of(carries[c], file, &n),
                         *b = values_of(second, file, &n);
            double largest = 0;
            for (size_t i = 0; i < n; i++) {
                cr_expect_float_eq(a[i] + b[i], sum[i], 1e-15, "%s[%zu]", all_params[p], i);
                largest = fmax(largest, fabs(b[i]));
            }
            cr_expect_gt(largest, 1e-3);
        }
    }
}

/* Compiled by the system's compiler: chunks of one step, of two, and of what the sequence has. */
Test(cli_schedule, an_emitted_learner_forgets_at_borders) {
    static const struct {
        const char *chunk, *like;
        double least; /* how far from all paths, at least */
    } cases[] = {{"chunk 1", "(spatial | lateral)*", 1e-3}, {"chunk 2", NULL, 1e-3}, {"chunk 3", "any*", 0}};
    emit_and_run("all", "--rule rtrl", 3, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        static const char *const files[] = {"grad.W", "grad.R", "grad.b"};
        emit_and_run(arena_printf(arena, "f%d", i),
                     arena_printf(arena, "--keep 'any*; %s' --carry forward", cases[i].chunk), 3, NULL, NULL);
        emit_and_run(arena_printf(arena, "b%d", i),
                     arena_printf(arena, "--keep 'any*; %s' --carry backward", cases[i].chunk), 3, NULL,
                     NULL);
        const char *like = cases[i].like ? arena_printf(arena, "l%d", i) : arena_printf(arena, "b%d", i);
        if (cases[i].like)
            emit_and_run(like, arena_printf(arena, "--keep '%s'", cases[i].like), 3, NULL, NULL);
        double far = 0;
        for (int p = 0; p < 3; p++) {
            size_t n;
            const double *forward = values_of(arena_printf(arena, "f%d", i), files[p], &n),
                         *backward = values_of(arena_printf(arena, "b%d", i), files[p], &n),
                         *wanted = values_of(like, files[p], &n), *all = values_of("all", files[p], &n);
            for (size_t k = 0; k < n; k++) {
                cr_expect_float_eq(forward[k], wanted[k], 1e-14, "%s: %s[%zu]", cases[i].chunk, files[p], k);
                cr_expect_float_eq(backward[k], wanted[k], 1e-14, "%s: %s[%zu]", cases[i].chunk, files[p], k);
                far = fmax(far, fabs(forward[k] - all[k]));
            }
        }
        cr_expect_geq(far, cases[i].least, "%s", cases[i].chunk);
        if (cases[i].least == 0) cr_expect_lt(far, 1e-14, "%s", cases[i].chunk);
    }
}
