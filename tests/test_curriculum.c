/* The curriculum: the delay grows when it is learned, not before, not beyond what was asked, and a run that
 * was stopped in between goes on as if it hadn't been. */
#include "support.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *folder;

static void set_up(void) { folder = scratch_make("curriculum"); }
static void tear_down(void) { scratch_remove(folder); }

TestSuite(curriculum, .init = set_up, .fini = tear_down);

#define COPY                                                                                                 \
    "train gru --size n=6 --rule bptt --data copy --curriculum --steps 1 --engine tcc --real double "        \
    "--sequences 40 --batch 8 --rate 0.03 --quiet "

/* Runs `eligo ARGUMENTS` with $D the scratch folder; what it wrote, malloc'ed. */
static char *said(const char *arguments, int status) {
    char *output;
    const int got = run(&output, "D='%s'; '%s' %s", folder, program(), arguments);
    cr_expect_eq(got, status, "eligo %s: status %d, not %d: %s", arguments, got, status, output);
    return output;
}

static void expect(const char *arguments, int status, const char *words) {
    char *output = said(arguments, status);
    cr_expect(strstr(output, words), "eligo %s: no `%s` in: %s", arguments, words, output);
    free(output);
}

/* The row of a table that begins with this seed or number of epochs. */
static const char *row(const char *report, const char *begin) {
    const char *at = strstr(report, begin);
    cr_assert(at, "no row `%s` in: %s", begin, report);
    return at;
}

/* The loss in training at an epoch of the report, and the delay it had. */
static double loss_of(const char *report, int epoch, int *delay) {
    char *begin = formatted("\n         %8d ", epoch);
    const char *at = row(report, begin);
    const double loss = strtod(at + strlen(begin), NULL);
    at = strstr(at, "  delay ");
    cr_assert(at);
    *delay = atoi(at + strlen("  delay "));
    free(begin);
    return loss;
}

Test(curriculum, grows_by_one_after_each_epoch_below_the_threshold) {
    const double threshold = 0.15 * 0.6931471805599453;
    char *report = said(COPY "--epochs 26 --log 1", 0);
    int expected = 1, delay;
    for (int epoch = 1; epoch <= 26; epoch++) {
        const double loss = loss_of(report, epoch, &delay);
        cr_expect_eq(delay, expected, "epoch %d: delay %d, not %d: %s", epoch, delay, expected, report);
        expected += loss < threshold;
    }
    cr_expect_gt(expected, 8, "%s", report);
    free(report);
}

Test(curriculum, stops_at_the_delay_given) {
    expect(COPY "--epochs 26 --delay 2", 0, "delay 2\n");
    expect(COPY "--epochs 1 --delay 9", 0, "delay 1\n");
}

Test(curriculum, each_seed_begins_anew) {
    char *both = said(COPY "--epochs 26 --seeds 2 --seed 4", 0),
         *second = said(COPY "--epochs 26 --seed 5", 0);
    const char *one = row(both, "\n       5 "), *other = row(second, "\n       5 ");
    const size_t length = strcspn(one + 1, "\n") + 1;
    cr_expect_eq(strncmp(one, other, length), 0, "%s%s", both, second);
    free(both);
    free(second);
}

static void expect_same(const char *a, const char *b) {
    static const char *const files[] = {"param.Rz.npy", "param.Wn.npy", "param.V.npy", "checkpoint"};
    for (int i = 0; i < 4; i++) {
        size_t n, m;
        char *left_path = formatted("%s/%s/%s", folder, a, files[i]),
             *right_path = formatted("%s/%s/%s", folder, b, files[i]);
        char *left = file_content(left_path, &n), *right = file_content(right_path, &m);
        cr_assert(left && right, "%s", files[i]);
        cr_expect(n == m && memcmp(left, right, n) == 0, "%s differs", files[i]);
        free(left);
        free(right);
        free(left_path);
        free(right_path);
    }
}

/* Stopped after epochs at different delays, one of them just learned: the report's last row is the same too.
 */
Test(curriculum, a_resumed_run_ends_in_the_same_bits) {
    char *whole = said(COPY "--epochs 26 --out $D/whole", 0);
    for (int stop = 15; stop <= 26; stop++) {
        char *first = formatted(COPY "--epochs %d --out $D/%d", stop, stop),
             *then = formatted(COPY "--epochs 26 --resume --out $D/%d", stop), *name = formatted("%d", stop);
        free(said(first, 0));
        char *report = said(then, 0);
        const char *one = row(whole, "\n       1 "), *other = row(report, "\n       1 ");
        cr_expect_eq(strncmp(one, other, strcspn(one + 1, "\n") + 1), 0, "%s%s", whole, report);
        expect_same("whole", name);
        free(report);
        free(name);
        free(then);
        free(first);
    }
    free(whole);
}

Test(curriculum, another_curriculum_is_another_run) {
    free(said(COPY "--epochs 2 --out $D/a", 0));
    expect(COPY "--epochs 4 --delay 7 --resume --out $D/a", 1, "E0622");
}

Test(curriculum, wants_a_task_with_a_delay) {
    expect("train gru --rule bptt --data adding --curriculum", 1,
           "E0611]: --curriculum wants a task whose delay can grow: copy");
    expect("compare gru --rules eprop --data digits --curriculum", 1, "`digits` has none");
}
