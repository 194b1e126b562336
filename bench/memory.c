/* What a learner's memory is, beside what was said of it: the struct beside the cost sheet, and the most that
 * a whole run of `eligo train` held beside its state and its data. */
#define _DEFAULT_SOURCE /* wait4 */
#include "running.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const double mega = 1024 * 1024;

static void report_struct(const char *cell, const char *rule, long n) {
    char what[96];
    Running made = running_cell(&(Cell){.name = cell, .rule = rule, .n = n, .m = n / 4});
    const double sheet = (double)eligo_struct_bytes(made.derivation, ELIGO_FLOAT);
    const double real = (double)eligo_learner_struct_bytes(made.learner);
    snprintf(what, sizeof what, "%s n=%ld %s: struct, beside the cost sheet's", cell, n, rule);
    bench_row((BenchRow){.what = what,
                         .unit = "bytes",
                         .value = {real, real, real},
                         .peer = "cost sheet",
                         .peer_value = {sheet, sheet, sheet},
                         .peer_bound = 1});
    running_free(made);
}

/* The most that a run held, in bytes; 0 when it failed. Its own compiler counts as well, so run it twice; and
 * so does what this process holds, which the child has until it becomes another: so measure this before all
 * else. */
static double peak_of(const char *const *words) {
    struct rusage usage;
    int status;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDOUT_FILENO), dup2(nowhere, STDERR_FILENO);
        execv(words[0], (char *const *)words);
        _exit(EXIT_FAILURE);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) < 0 || status) return 0;
    return (double)usage.ru_maxrss * 1024;
}

/* The digits network's data: 1,797 images of 64 numbers and a class, as doubles. */
static void report_run(void) {
    const char *const words[] = {"build/eligo", "train",    "lstm", "--rule", "eprop", "--size",
                                 "n=256",       "--epochs", "1",    "-q",     NULL};
    peak_of(words);
    const double peak = peak_of(words), data = 1797 * 65 * 8.0;
    Running lstm = running_cell(&(Cell){.name = "lstm", .rule = "eprop", .n = 256, .m = 8});
    const double state = (double)eligo_learner_struct_bytes(lstm.learner);
    running_free(lstm);
    if (peak > 0)
        bench_report("eligo train lstm, n=256, e-prop, digits: peak RSS - state - data",
                     (peak - state - data) / mega, "MiB", 20);
    else
        bench_missing("eligo train lstm, n=256, e-prop, digits: peak RSS", "skipped: the run failed");
}

void bench_memory(void) {
    bench_title("Memory");
    report_run();
    report_struct("lstm", "eprop", 128);
    report_struct("lstm", "rtrl", 64);
    report_struct("gru_after", "snap(1)", 256);
    report_struct("lif", "eprop_noreset", 1024);
}
