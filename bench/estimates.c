/* make bench, estimates: what a step of UORO costs beside one of truncated backpropagation over one step, of
 * the same LSTM in the same run. */
#include "running.h"

#include <stdio.h>

static const char lstm[] =
    "network w { input x[32]; param V[10,128], d[10]; layer l = lstm(n = 128, x = x); y = V @ l.h + d;"
    " loss mse(y, target); }\n";

static void beside(Running truncated, const char *rule, const char *name, double bound) {
    Running estimate = running_new(lstm, rule, ELIGO_CARRY_FORWARD);
    double time, other;
    char what[96];
    running_alternate(estimate, truncated, &time, &other);
    snprintf(what, sizeof what, "LSTM n = 128: %s step", name);
    bench_report(what, time, "us", 0);
    snprintf(what, sizeof what, "LSTM n = 128: %s step beside TBPTT(1)'s", name);
    bench_report(what, time / other, "x", bound);
    running_free(estimate);
}

void bench_estimates(void) {
    Running truncated = running_new(lstm, "tbptt(1)", ELIGO_CARRY_BACKWARD);
    beside(truncated, "uoro", "UORO", 3);
    beside(truncated, "kf_rtrl", "KF-RTRL", 0);
    running_free(truncated);
}
