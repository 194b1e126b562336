/* make bench, structures of influences: what SnAp-n costs beside e-prop, what a masked influence costs for
 * each number that it holds beside a trace, and what filters hold that are the same for all units. Times of a
 * step without any influence are subtracted where numbers are compared.
 */
#include "running.h"

#include <stdio.h>
#include <stdlib.h>

static const char gru[] =
    "network w { input x[32]; param V[10,256], d[10]; layer l = gru_after(n = 256, x = x);"
    " y = V @ l.h + d; loss mse(y, target); }\n";
static const char sparse[] =
    "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n] sparse 0.05;"
    " h = tanh(W @ x + R @ h[t-1]); }\n"
    "network w { input x[32]; param V[10,512], d[10]; layer l = c(n = 512, x = x); y = V @ l.h + d;"
    " loss mse(y, target); }\n";
static const char trace[] =
    "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m]; h = 0.9 * h[t-1] * tanh(W @ x); }\n"
    "network w { input x[1024]; param V[10,512], d[10]; layer l = c(n = 512, x = x); y = V @ l.h + d;"
    " loss mse(y, target); }\n";

/* What the struct holds beyond that of a learner without influences, in numbers. */
static double held(Running with, Running without) {
    return ((double)eligo_struct_bytes(with.derivation, ELIGO_FLOAT) -
            (double)eligo_struct_bytes(without.derivation, ELIGO_FLOAT)) /
           sizeof(float);
}

static void bench_gru(void) {
    Running snap = running_new(gru, "snap(1)", ELIGO_CARRY_FORWARD),
            eprop = running_new(gru, "eprop", ELIGO_CARRY_FORWARD),
            none = running_new(gru, "sltt", ELIGO_CARRY_FORWARD);
    Figure time, other;
    running_alternate(snap, eprop, &time, &other);
    bench_row((BenchRow){.what = "GRU reset-after n=256 m=32 SnAp-1",
                         .unit = "us",
                         .value = time,
                         .peer = "e-prop",
                         .peer_value = other,
                         .peer_bound = 4});
    bench_report("GRU, reset after, n = 256: SnAp-1 holds, of n (n + m)",
                 held(snap, none) / (256 * (256 + 32)), "x", 4);
    running_free(snap), running_free(eprop), running_free(none);
}

/* A LIF with a constant leak whose reset is cut, and a leaky readout over it. */
static void bench_filters(void) {
    const char *const lif = "network w { input x[32]; param V[10,256], d[10]; layer l = lif(n = 256, x = x);"
                            " y = V @ l.z + d; loss mse(y, target); }\n";
    const char *const leaky =
        "network w { input x[32]; param V[10,256], d[10]; layer l = lif(n = 256, x = x);"
        " y = 0.8 * y[t-1] + V @ l.z + d; loss mse(y, target); }\n";
    Running trace_only = running_new(lif, "eprop_noreset", ELIGO_CARRY_FORWARD),
            none = running_new(lif, "sltt", ELIGO_CARRY_FORWARD),
            filtered = running_new(leaky, "eprop_noreset", ELIGO_CARRY_FORWARD);
    Figure time, other;
    running_alternate(filtered, trace_only, &time, &other);
    bench_report("LIF, reset cut, n = 256: e-prop holds, of n + m", held(trace_only, none) / (256 + 32), "x",
                 2);
    bench_report("LIF under a leaky readout of 10: holds, of n (n + m)",
                 held(filtered, none) / (256 * (256 + 32)), "x", 1.1);
    bench_row((BenchRow){.what = "LIF under a leaky readout of 10: step",
                         .unit = "us",
                         .value = time,
                         .peer = "under a plain one",
                         .peer_value = other});
    running_free(trace_only), running_free(none), running_free(filtered);
}

static double per_number(const char *text, const char *rule, const char *what) {
    Running with = running_new(text, rule, ELIGO_CARRY_FORWARD),
            without = running_new(text, "sltt", ELIGO_CARRY_FORWARD);
    Figure time, other;
    running_alternate(with, without, &time, &other);
    const double each = (time.median - other.median) / held(with, without) * 1e3;
    bench_report(what, each, "ns", 0);
    running_free(with), running_free(without);
    return each;
}

void bench_masks(void) {
    bench_title("Structures of influences");
    bench_gru();
    bench_filters();
    const double dense = per_number(trace, "eprop", "trace sweep, 512 x 1024: a number held, a step");
    const double masked = per_number(sparse, "snap(2)", "SnAp-2, 5 % of R, n = 512: a number held, a step");
    bench_report("SnAp-2, 5 % of R, n = 512: beside the trace sweep", masked / dense, "x", 1.3);
}
