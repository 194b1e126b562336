/* make bench, structures of influences: what SnAp-n costs beside e-prop, what a masked influence costs for
 * each number that it holds beside a trace, and what filters hold that are the same for all units. Times of a
 * step without any influence are subtracted where numbers are compared.
 */
#include "bench.h"
#include "eligo.h"

#include <stdio.h>
#include <stdlib.h>

enum { MASK_STEPS = 50, MASK_ROUNDS = 21 };

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

typedef struct Masked {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Masked;

static Masked masked_new(const char *text, const char *rule) {
    Masked made = {.eligo = eligo_new("library")};
    made.spec = eligo_open_text(made.eligo, "bench", text, ELIGO_TARGET_VALUES);
    if (made.spec) made.derivation = eligo_derive(made.eligo, made.spec, rule, NULL, ELIGO_CARRY_FORWARD);
    if (made.derivation)
        made.learner = eligo_learner_new(made.eligo, made.derivation, ELIGO_ENGINE_CC, ELIGO_FLOAT);
    if (!made.learner) {
        fputs(eligo_messages(made.eligo, false), stderr);
        exit(EXIT_FAILURE);
    }
    eligo_learner_init(made.learner, 1);
    return made;
}

static void masked_free(Masked made) {
    eligo_learner_free(made.learner);
    eligo_derivation_free(made.derivation);
    eligo_spec_free(made.spec);
    eligo_free(made.eligo);
}

static double steps(Masked made) {
    double x[1024], target[10] = {0};
    for (int i = 0; i < 1024; i++) x[i] = i * 37 % 19 / 19.0 - 0.5;
    eligo_learner_start(made.learner, MASK_STEPS);
    const double start = bench_now();
    for (int t = 0; t < MASK_STEPS; t++) {
        eligo_learner_set_input(made.learner, 0, x);
        eligo_learner_set_target(made.learner, target);
        eligo_learner_step(made.learner);
    }
    return (bench_now() - start) / MASK_STEPS * 1e6;
}

/* Medians of both, timed in alternation. */
static void alternate(Masked a, Masked b, double *time_a, double *time_b) {
    double of_a[MASK_ROUNDS], of_b[MASK_ROUNDS];
    for (int i = 0; i < MASK_ROUNDS; i++) of_a[i] = steps(a), of_b[i] = steps(b);
    *time_a = bench_median(of_a, MASK_ROUNDS);
    *time_b = bench_median(of_b, MASK_ROUNDS);
}

/* What the struct holds beyond that of a learner without influences, in numbers. */
static double held(Masked with, Masked without) {
    return ((double)eligo_struct_bytes(with.derivation, ELIGO_FLOAT) -
            (double)eligo_struct_bytes(without.derivation, ELIGO_FLOAT)) /
           sizeof(float);
}

static void bench_gru(void) {
    Masked snap = masked_new(gru, "snap(1)"), eprop = masked_new(gru, "eprop"),
           none = masked_new(gru, "sltt");
    double time, other;
    alternate(snap, eprop, &time, &other);
    bench_report("GRU, reset after, n = 256: SnAp-1 step", time, "us", 0);
    bench_report("GRU, reset after, n = 256: SnAp-1 step beside e-prop's", time / other, "x", 4);
    bench_report("GRU, reset after, n = 256: SnAp-1 holds, of n (n + m)",
                 held(snap, none) / (256 * (256 + 32)), "x", 4);
    masked_free(snap), masked_free(eprop), masked_free(none);
}

/* A LIF with a constant leak whose reset is cut, and a leaky readout over it. */
static void bench_filters(void) {
    const char *const lif = "network w { input x[32]; param V[10,256], d[10]; layer l = lif(n = 256, x = x);"
                            " y = V @ l.z + d; loss mse(y, target); }\n";
    const char *const leaky =
        "network w { input x[32]; param V[10,256], d[10]; layer l = lif(n = 256, x = x);"
        " y = 0.8 * y[t-1] + V @ l.z + d; loss mse(y, target); }\n";
    Masked trace_only = masked_new(lif, "eprop_noreset"), none = masked_new(lif, "sltt"),
           filtered = masked_new(leaky, "eprop_noreset");
    double time, other;
    alternate(filtered, trace_only, &time, &other);
    bench_report("LIF, reset cut, n = 256: e-prop holds, of n + m", held(trace_only, none) / (256 + 32), "x",
                 2);
    bench_report("LIF under a leaky readout of 10: holds, of n (n + m)",
                 held(filtered, none) / (256 * (256 + 32)), "x", 1.1);
    bench_report("LIF under a leaky readout of 10: step beside the plain one", time / other, "x", 0);
    masked_free(trace_only), masked_free(none), masked_free(filtered);
}

static double per_number(const char *text, const char *rule, const char *what) {
    Masked with = masked_new(text, rule), without = masked_new(text, "sltt");
    double time, other;
    alternate(with, without, &time, &other);
    const double each = (time - other) / held(with, without) * 1e3;
    bench_report(what, each, "ns", 0);
    masked_free(with), masked_free(without);
    return each;
}

void bench_masks(void) {
    bench_gru();
    bench_filters();
    const double dense = per_number(trace, "eprop", "trace sweep, 512 x 1024: a number held, a step");
    const double masked = per_number(sparse, "snap(2)", "SnAp-2, 5 % of R, n = 512: a number held, a step");
    bench_report("SnAp-2, 5 % of R, n = 512: beside the trace sweep", masked / dense, "x", 1.3);
}
