/* The program as a process: exit statuses, messages, what it writes and what it leaves alone. */
#include "support.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static void set_up(void) { folder = scratch_make("cli"); }
static void tear_down(void) { scratch_remove(folder); }

TestSuite(cli, .init = set_up, .fini = tear_down);

static void expect(const char *arguments, int status, const char *words) {
    expect_run(folder, arguments, status, words);
}

static void shell(const char *command) {
    char *output;
    cr_assert_eq(run(&output, "D='%s'; %s", folder, command), 0, "%s: %s", command, output);
    free(output);
}

typedef struct Line {
    const char *arguments;
    int status;
    const char *words;
} Line;

#define expect_all(lines)                                                                                    \
    for (size_t i_ = 0; i_ < sizeof(lines) / sizeof *(lines); i_++)                                          \
    expect((lines)[i_].arguments, (lines)[i_].status, (lines)[i_].words)

Test(cli, usage) {
    static const Line lines[] = {
        {"", 2, "eligo: error[E0650]: what is to be done?"},
        {"drive lstm", 2, "unknown command `drive`; did you mean `derive`?"},
        {"frobnicate", 2, "unknown command `frobnicate`; `eligo --help`"},
        {"derive", 2, "E0654"},
        {"derive lstm", 2, "derive wants --rule"},
        {"derive lstm gru --rule eprop", 2, "`gru` is one too many"},
        {"derive lstm --rule eprop --keep 'any*'", 2, "exclude each other"},
        {"derive lstm --rul eprop", 2, "unknown option `--rul`; did you mean `--rule`?"},
        {"derive lstm --zzzzzz", 2, "unknown option `--zzzzzz`; --help"},
        {"derive lstm -x", 2, "unknown option `-x`"},
        {"derive lstm --rule", 2, "--rule wants a value: RULE"},
        {"derive lstm --rule eprop --format xml", 2, "`xml` is none of text|html"},
        {"derive lstm --rule eprop --carry sideways", 2, "`sideways` is none of"},
        {"derive lstm --rule eprop --size n", 2, "`n` is not of the form NAME=VALUE"},
        {"derive lstm --rule eprop --size n=x", 2, "`x` in `n=x` is not a number"},
        {"derive lstm --rule eprop --size n=1.5", 2, "not a whole number of 1 or more"},
        {"derive lstm --rule eprop --size n=0", 2, "not a whole number of 1 or more"},
        {"list tasks --markdown", 2, "there is a table of cells and of rules, none of `tasks`"},
        {"derive lstm --help=yes", 2, "--help takes no value"},
        {"diff eprop --on lstm", 2, "E0656"},
        {"diff eprop bptt rtrl --on lstm", 2,
         "diff wants two rules, as `diff RULE1 RULE2 --on SPEC`; there are 3"},
        {"diff eprop bptt", 2, "diff wants --on SPEC"},
        {"diff eprop bpt --on lstm", 2, "did you mean `bptt`?"},
        {"diff eprop bptt --on lstmm", 2, "E0284"},
        {"explain lstm --rule eprop", 2, "E0657"},
        {"explain lstm --rule eprop --param Rf --path 'h -> c'", 2, "explain answers one question"},
        {"explain lstm --param Rf", 2, "explain wants --rule"},
        {"explain lstm --rule eprop --line 3", 2, "explain wants --line and --file together"},
        {"explain lstm --rule eprop --line 0 --file x.c", 2, "E0653"},
        {"explain lstm --rule eprop --line 3 --file $D/none.c", 1, "E0601"},
        {"explain lstm --rule eprop --line 280 --file generated/lstm_eprop_m1.c", 0, "the gradient of "},
        {"explain lstm --rule eprop --param Rx", 1, "error[E0552]: there is no parameter `Rx`"},
        {"explain lstm --rule eprop --path 'h -> x'", 1, "E0552"},
        {"explain lstm --rule eprop --path 'c[t-2] -> c[t-1] -> c[t]'", 0, "Kept so far"},
        {"emit lstm --rule eprop", 2, "emit wants -o DIR"},
        {"emit lstm --rule eprop -o $D --real half", 2, "`half` is none of float|double"},
        {"grad lstm --rule eprop", 2, "grad wants --params DIR"},
        {"train lstm --rule eprop --epochs 0", 2, "--epochs: `0` is not a whole number from 1 to"},
        {"train lstm --rule eprop --epochs 1.5", 2, "--epochs: `1.5`"},
        {"train lstm --rule eprop --epochs ten", 2, "--epochs: `ten`"},
        {"train lstm --rule eprop --test 1.5", 2, "--test: `1.5` is not a number from 0 to 0.99"},
        {"train lstm --rule eprop --rate=-1", 2, "--rate: `-1`"},
        {"train lstm --rule eprop --scale big", 2, "--scale: `big`"},
        {"train lstm --rule eprop --momentum 0.5", 2, "--momentum goes with --optimiser sgd"},
        {"train lstm --rule eprop --engine gpu", 2, "`gpu` is none of best|interpret|tcc|cc"},
        {"list", 2, "list wants one of"},
        {"list fruit", 2, "there is no list of `fruit`"},
        {"check", 2, "check wants a spec"},
    };
    expect_all(lines);
}

Test(cli, diff_exits_as_diff_does) {
    static const Line lines[] = {
        {"diff bptt rtrl --on lstm", 0, "Equal on lstm."},
        {"diff eprop bptt --on lstm", 1, "dropped by eprop(m=1)"},
        {"diff 'keep implicit*' eprop --on lstm --size n=5", 0, "Equal on lstm."},
        {"diff rflo eprop --on leaky", 1, "Same paths, but"},
    };
    expect_all(lines);
}

Test(cli, help) {
    static const Line lines[] = {
        {"--help", 0, "usage: eligo COMMAND"},
        {"help", 0, "usage: eligo COMMAND"},
        {"--version", 0, "eligo 0."},
        {"help train", 0, "--loss-at last|each"},
        {"check --help", 0, "--library DIR"},
        {"derive --help", 0, "--format text|html"},
        {"emit -h", 0, "--main"},
        {"grad --help", 0, "--params DIR"},
        {"verify --help", 0, "--rule RULE"},
        {"train --help", 0, "--checkpoint FILE"},
        {"list --help", 0, "cells|rules|networks"},
        {"list tasks", 0, "delayed_xor"},
        {"list cells", 0, "lstm"},
        {"list rules", 0, "eprop"},
        {"list rules --for lstm", 0, "lstm1997"},
        {"list rules --for vanilla", 0, "does not apply: this model has no state `c`"},
        {"list rules --for indrnn", 0, "eprop                yes     yes"},
        {"list rules --for lstmm", 1, "did you mean `lstm`"},
        {"list cells --for lstm", 2, "only rules are listed for a spec"},
        {"list networks", 0, "digits"},
        {"list operators", 0, "sigmoid"},
    };
    expect_all(lines);
    expect("list cells >/dev/full", 1, "can't write to standard output");
}

Test(cli, check) {
    static const Line lines[] = {
        {"check lstm gru digits", 0, "gru: good"},
        {"check $D/absent.eligo", 1, "error[E"},
        {"check lsmt", 1, "did you mean"},
        {"check $D/bad.eligo lstm", 1, "lstm: good"},
    };
    shell("echo 'cell c { size n; state h[n]; output h; h = tanh(g); }' > $D/bad.eligo");
    expect_all(lines);
}

Test(cli, emit) {
    expect("emit lstm --rule eprop --size n=8 --size m=3 --main -o $D/deep/er", 0, "_main.c");
    shell("cd $D/deep/er && cc -std=c99 -Wall -Werror -o learner lstm_eprop*.c -lm && test "
          "-f lstm_eprop*.h");
    shell("test $(ls $D/deep/er | wc -l) -eq 4");
    expect("emit lstm --rule nosuchrule -o $D/none", 1, "error[E05");
    expect("emit lstm --rule eprop -o /dev/null/x", 1, "E0751");
    shell("test ! -e $D/none");
}

/* ---- grad ---- */

#define GRAD   "grad tests/reference/lstm/spec.eligo --rule bptt --engine interpret --params $D/p --out $D/out "
#define ARRAYS "--inputs $D/p/x.npy --targets $D/p/target.npy"

static void expect_grad_error(const char *spoil, const char *arguments, const char *code, const char *words) {
    shell("rm -rf $D/p && cp -r tests/reference/lstm $D/p && chmod -R u+w $D/p");
    shell(spoil);
    char *output;
    const int got = run(&output, "D='%s'; '%s' " GRAD "%s", folder, program(), arguments);
    cr_expect_eq(got, 1, "%s: status %d: %s", spoil, got, output);
    cr_expect(strstr(output, code) && strstr(output, words), "%s: no %s, `%s` in: %s", spoil, code, words,
              output);
    free(output);
    shell("test ! -e $D/out");
}

/* put(FILE, TYPE, SHAPE, printf's octal bytes): an .npy file by hand. */
#define PUT                                                                                                  \
    "put() { h=\"{'descr': '$2', 'fortran_order': False, 'shape': $3, }\"; l=$(printf '%03o' ${#h}); "       \
    "{ printf \"\\223NUMPY\\001\\000\\\\$l\\000%s\" \"$h\"; printf \"$4\"; } > $1; }; "
#define ZERO      "\\000\\000\\000\\000\\000\\000\\000\\000"
#define NAN_BYTES "\\000\\000\\000\\000\\000\\000\\370\\177"

Test(cli, grad_errors) {
    static const struct {
        const char *spoil, *arguments, *code, *words;
    } cases[] = {
        {"rm $D/p/param.Wi.npy", ARRAYS, "E0601", "param.Wi.npy"},
        {"cp $D/p/param.Ri.npy $D/p/param.bi.npy", ARRAYS, "E0604",
         "param.bi.npy` has shape [5, 5]; the parameter bi wants [5]"},
        {"cp $D/p/y.npy $D/p/x.npy", ARRAYS, "E0604", "x.npy` has shape [7, 4]"},
        {"cp $D/p/param.d.npy $D/p/target.npy", ARRAYS, "E0604", "target.npy` has shape [4]"},
        {"echo hello > $D/p/x.npy", ARRAYS, "E0602", "x.npy` is no .npy file"},
        {"head -c 150 tests/reference/lstm/x.npy > $D/p/x.npy", ARRAYS, "E0605", "too short"},
        {PUT "put $D/p/param.d.npy '<f8' '(4,)' '" ZERO ZERO NAN_BYTES ZERO "'", ARRAYS, "E0606",
         "param.d.npy` holds NaN at [2]"},
        {PUT "put $D/p/param.d.npy '>f8' '(4,)' '" ZERO ZERO ZERO ZERO "'", ARRAYS, "E0603", "'>f8'"},
        {PUT "put $D/p/target.npy '|u1' '(7,)' '\\000\\001\\002\\003\\004\\000\\001'", ARRAYS, "E0609",
         "the label 4 at [4]"},
        {PUT "put $D/p/target.npy '|u1' '(6,)' '\\000\\001\\002\\003\\000\\001'", ARRAYS, "E0604",
         "target.npy` has shape [6]"},
        {"true", "--inputs z=$D/p/x.npy --targets $D/p/target.npy", "E0611", "no array for the input x"},
        {"true", "--inputs x=$D/p/x.npy,z=$D/p/x.npy --targets $D/p/target.npy", "E0611", "`z` is no input"},
        {"true", "--inputs $D/p/absent.npy --targets $D/p/target.npy", "E0601", "absent.npy"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_grad_error(cases[i].spoil, cases[i].arguments, cases[i].code, cases[i].words);
}

Test(cli, grad_writes_all) {
    expect("grad tests/reference/lstm/spec.eligo --rule bptt --engine tcc --params tests/reference/lstm "
           "--inputs "
           "x=tests/reference/lstm/x.npy --targets tests/reference/lstm/target.npy --out $D/new/out --stats",
           0, "stats: engine tcc");
    shell("cd $D/new/out && test -f grad.Wi.npy -a -f grad.d.npy -a -f state.c.npy -a -f state.h.npy -a -f "
          "y.npy -a -f loss.npy");
    shell("test $(ls $D/new/out | wc -l) -eq 18 && head -c 128 $D/new/out/loss.npy | grep -aq \"'<f8'.*()\"");
}

/* ---- train ---- */

#define SMALL "--engine tcc --size n=8 --sequences 60 --batch 7 --quiet "

Test(cli, train_errors) {
    static const Line lines[] = {
        {"train lstm --rule eprop --data $D/absent.csv", 1, "E0601"},
        {"train lstm --rule eprop --data $D/cols.csv", 1, "cols.csv: row 2 has 2 columns"},
        {"train lstm --rule eprop --data $D/word.csv", 1, "word.csv: row 2, column 1 is not a number: `x`"},
        {"train lstm --rule eprop --data $D/nan.csv", 1, "row 1, column 2 is nan"},
        {"train digits --rule eprop --data $D/label.csv --steps 8", 1,
         "label.csv: row 2: the label 10 is out of range"},
        {"train digits --rule eprop --data $D/label.csv --steps 7", 1, "can't be cut into 7 steps"},
        {"train digits --rule eprop --data $D/label.csv --steps 4", 1, "wants 8 numbers a step as x"},
        {"train lstm --rule eprop --data $D/empty.csv", 1, "E0610"},
        {"train lstm --rule bptt --data copy --update online " SMALL, 1, "E0625"},
        {"train lstm --rule eprop --data copi", 1, "did you mean `copy`?"},
        {"train lstm --rule eprop --data copy --resume " SMALL, 1, "E0622"},
        {"train lstm --rule eprop --data copy --resume --checkpoint $D/cols.csv " SMALL, 1,
         "no checkpoint of eligo's"},
        {"train lstm --rule eprop --data copy --resume --checkpoint $D/absent " SMALL, 1, "E0601"},
    };
    shell("printf '1,2,0\\n3,4\\n' > $D/cols.csv; printf '1,2,0\\nx,4,1\\n' > $D/word.csv; printf "
          "'1,nan,0\\n' > $D/nan.csv");
    shell(": > $D/empty.csv; z=$(seq -s, 64); printf \"$z,1\\n$z,10\\n\" > $D/label.csv");
    expect_all(lines);
}

static void expect_same_params(const char *a, const char *b) {
    char *output;
    const int status =
        run(&output, "cd '%s' && for f in %s/param.*; do cmp $f %s/${f##*/} || exit 1; done", folder, a, b);
    cr_expect_eq(status, 0, "%s and %s differ: %s", a, b, output);
    free(output);
}

/* Four epochs at once, and two and two: the same bits, for each way of updating. */
Test(cli, resume_is_bit_for_bit) {
    static const char *const ways[] = {
        "--rule bptt", "--rule eprop --update online --optimiser sgd --rate 0.01",
        "--rule eprop --update online --optimiser sgd --momentum 0 --rate 0.01 --stream",
        "--rule eprop --real double --clip 0.1"};
    for (int i = 0; i < 4; i++) {
        char *whole =
            formatted("train lstm --data delayed_xor " SMALL "%s --epochs 4 --out $D/whole", ways[i]);
        char *half =
            formatted("train lstm --data delayed_xor " SMALL "%s --epochs 2 --out $D/parts", ways[i]);
        char *rest = formatted("train lstm --data delayed_xor " SMALL "%s --epochs 4 --out $D/parts --resume",
                               ways[i]);
        expect(whole, 0, "seed");
        expect(half, 0, "seed");
        char *differ;
        cr_expect_eq(run(&differ, "cmp '%s/whole/param.V.npy' '%s/parts/param.V.npy'", folder, folder), 1,
                     "learning goes on");
        free(differ);
        expect(rest, 0, "seed");
        expect_same_params("whole", "parts");
        free(whole);
        free(half);
        free(rest);
    }
    expect("train lstm --data delayed_xor " SMALL "--rule eprop --epochs 4 --out $D/parts --resume", 1,
           "is of another run");
}

/* Interrupted somewhere within an epoch, resumed, and the same bits as without. */
Test(cli, interrupt) {
    const char *train =
        "train lstm --rule bptt --data delayed_xor --engine tcc --size n=12 --sequences 400 --batch 3 "
        "--epochs 60 --quiet";
    char *output;
    const int status =
        run(&output,
            "D='%s'; '%s' %s --out $D/parts >$D/said 2>&1 & p=$!; i=0; "
            "while [ ! -f '%s/parts/checkpoint' ] && [ $i -lt 500 ]; do sleep 0.02; i=$((i+1)); done; "
            "sleep 0.03; kill -INT $p; wait $p; s=$?; cat '%s/said'; exit $s",
            folder, program(), train, folder, folder);
    cr_expect_eq(status, 130, "status %d: %s", status, output);
    cr_expect(strstr(output, "interrupted in epoch") && strstr(output, "--resume"), "%s", output);
    free(output);
    char *whole = formatted("%s --out $D/whole", train),
         *rest = formatted("%s --out $D/parts --resume", train);
    char *resumed, *at_once;
    cr_expect_eq(run(&resumed, "D='%s'; '%s' %s | grep '^ *1 '", folder, program(), rest), 0);
    cr_expect_eq(run(&at_once, "D='%s'; '%s' %s | grep '^ *1 '", folder, program(), whole), 0);
    cr_expect_str_eq(resumed, at_once);
    expect_same_params("whole", "parts");
    free(resumed);
    free(at_once);
    free(whole);
    free(rest);
}

Test(cli, several_seeds_resume) {
    const char *train = "train lstm --rule bptt --data delayed_xor --engine tcc --size n=6 --sequences 300 "
                        "--batch 3 --epochs 12 "
                        "--seeds 3 --quiet";
    char *whole = formatted("%s --out $D/whole", train),
         *rest = formatted("%s --out $D/parts --resume", train), *output;
    const int status = run(
        &output,
        "D='%s'; '%s' %s --out $D/parts >$D/said 2>&1 & p=$!; i=0; "
        "while [ ! -f '%s/parts/seed-1/param.V.npy' ] && [ $i -lt 500 ]; do sleep 0.02; i=$((i+1)); done; "
        "sleep 0.02; kill -INT $p; wait $p",
        folder, program(), train, folder);
    cr_expect_eq(status, 130, "%s", output);
    free(output);
    expect(whole, 0, "mean");
    shell("rm $D/parts/seed-1/*");
    expect(rest, 0, "mean");
    shell("test -z \"$(ls $D/parts/seed-1)\""); /* done before, and not done again */
    expect_same_params("whole/seed-2", "parts/seed-2");
    expect_same_params("whole/seed-3", "parts/seed-3");
    free(whole);
    free(rest);
}

Test(cli, divergence_stops) {
    const char *train = "train lstm --rule bptt --data sine_pattern --optimiser sgd " SMALL "--out $D/out ";
    char *fast = formatted("%s --rate 1e30 --epochs 9", train);
    expect(fast, 1, "E0620");
    expect(fast, 1, "in epoch 1, batch ");
    shell("test ! -e $D/out/checkpoint -a ! -e $D/out/param.V.npy");
    free(fast);
}

/* A run whose data overflow only after a while keeps the checkpoint of the epoch before. */
Test(cli, divergence_keeps_the_checkpoint) {
    shell("for i in 1 2 3 4 5 6 7 8 9; do echo \"0.$i,0.5,$i\"; done > $D/line.csv");
    expect("train diag --rule bptt --data $D/line.csv --label value --optimiser sgd --momentum 0 --rate 3 "
           "--batch 9 --epochs 1000 "
           "--engine tcc --size n=8 --quiet --checkpoint $D/checkpoint",
           1, "the last checkpoint is");
    shell("test -s $D/checkpoint");
}

static double largest_difference(const char *a, const char *b, const char *name) {
    char *path_a = formatted("%s/%s/param.%s.npy", folder, a, name),
         *path_b = formatted("%s/%s/param.%s.npy", folder, b, name);
    const Array one = array_read(path_a), two = array_read(path_b);
    cr_assert(one.count > 0 && one.count == two.count);
    double largest = 0;
    for (size_t i = 0; i < one.count; i++) largest = fmax(largest, fabs(one.values[i] - two.values[i]));
    array_free(one);
    array_free(two);
    free(path_a);
    free(path_b);
    return largest;
}

/* Steps without a target are left out in two ways, forward and backward: a wrong one would show here. */
Test(cli, steps_without_target_teach_nothing) {
    static const char *const tasks[] = {"adding --loss-at last", "copy", "delayed_xor --loss-at last"};
    for (int i = 0; i < 3; i++) {
        const char *form =
            "train lstm --real double --epochs 2 --optimiser sgd " SMALL "--data %s --rule %s --out $D/%s";
        char *forward = formatted(form, tasks[i], "rtrl", "forward"),
             *backward = formatted(form, tasks[i], "bptt", "backward");
        expect(forward, 0, "forward");
        expect(backward, 0, "backward");
        cr_expect_lt(largest_difference("forward", "backward", "V"), 1e-10, "%s", tasks[i]);
        cr_expect_lt(largest_difference("forward", "backward", "Ri"), 1e-10, "%s", tasks[i]);
        free(forward);
        free(backward);
    }
    expect("train lstm --real double --epochs 2 --optimiser sgd " SMALL
           "--data adding --loss-at each --rule bptt --out $D/each",
           0, "each step");
    expect("train lstm --real double --epochs 2 --optimiser sgd " SMALL
           "--data adding --loss-at last --rule bptt --out $D/last",
           0, "the last step");
    cr_expect_gt(largest_difference("each", "last", "V"), 1e-4);
}

/* The number that follows the label in the report's last column. */
static double test_accuracy(const char *arguments) {
    char *output;
    cr_assert_eq(run(&output, "'%s' %s", program(), arguments), 0, "%s", output);
    char *percent = strrchr(output, '%');
    cr_assert(percent, "%s", output);
    *--percent = '\0';
    const double value = atof(strrchr(output, ' '));
    free(output);
    return value;
}

Test(cli, it_learns) {
    cr_expect_gt(test_accuracy("train digits --rule bptt --epochs 3 --quiet"), 80);
    cr_expect_gt(test_accuracy("train digits --rule eprop --epochs 3 --quiet"), 70);
    cr_expect_gt(
        test_accuracy(
            "train lstm --size n=16 --rule bptt --data delayed_xor --loss-at last --rate 0.01 --quiet"),
        95);
}

Test(cli, report_follows_no_locale) {
    const char *train = "train lstm --rule bptt --data delayed_xor --epochs 2 " SMALL;
    char *here, *there;
    cr_assert_eq(run(&here, "LC_ALL=C '%s' %s", program(), train), 0, "%s", here);
    cr_assert_eq(run(&there, "LC_ALL=de_DE.UTF-8 '%s' %s", program(), train), 0, "%s", there);
    cr_expect_str_eq(here, there);
    free(here);
    free(there);
}
