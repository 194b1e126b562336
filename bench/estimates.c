/* make bench, estimates: what a step of UORO costs beside one of truncated backpropagation over one step, of
 * the same LSTM in the same run. */
#include "running.h"

#include <stdio.h>

static const char lstm[] =
    "network w { input x[32]; param V[10,128], d[10]; layer l = lstm(n = 128, x = x); y = V @ l.h + d;"
    " loss mse(y, target); }\n";

static void beside(Running truncated, const char *rule, const char *name, double bound) {
    Running estimate = running_new(lstm, rule, ELIGO_CARRY_FORWARD);
    Figure time, other;
    char what[96];
    running_alternate(estimate, truncated, &time, &other);
    snprintf(what, sizeof what, "LSTM n=128 m=32 %s", name);
    bench_row((BenchRow){.what = what,
                         .unit = "us",
                         .value = time,
                         .peer = "TBPTT(1)",
                         .peer_value = other,
                         .peer_bound = bound});
    running_free(estimate);
}

void bench_estimates(void) {
    bench_title("Estimates");
    Running truncated = running_new(lstm, "tbptt(1)", ELIGO_CARRY_BACKWARD);
    beside(truncated, "uoro", "UORO", 3);
    beside(truncated, "kf_rtrl", "KF-RTRL", 0);
    running_free(truncated);
}
