/* The figures that the project set out to reach: learners beside peers (the same network in other programs,
 * bench/peers/) and beside the least time that this machine needs for what a step can't do without. Peer,
 * learner and limit take turns, a few sequences each; the first of a turn finds cold caches and isn't
 * counted. */
#include "limits.h"
#include "peer.h"
#include "running.h"

#include <stdio.h>

enum { TURNS = 15, COUNTED = PEER_ROUNDS - 1, MOST = TURNS * COUNTED };
static const double patience = 8; /* seconds; then a comparison has had turns enough */

/* ---- what a step can't do without: bytes in float ---- */

static double entries(const Cell *cell) { return (double)(cell->n * (cell->m + cell->n)); }

/* Three gates' traces and all four gates' weights are read and written, which is when the recurrent ones are
 * multiplied with what the next step begins with; those of the inputs are read again.
 */
static Work lstm_eprop(const Cell *cell) {
    const double e = entries(cell), inputs = (double)(cell->n * cell->m);
    return (Work){.sweep_bytes = 3 * 16 * e + 8 * e, .gemv_bytes = 16 * inputs, .set_bytes = (4 + 3) * 4 * e};
}

/* Weights are read on the way there, recurrent ones on the way back; the gradient is one product. */
static Work lstm_bptt(const Cell *cell) {
    const double e = entries(cell), n = (double)cell->n;
    return (Work){.gemv_bytes = 16 * e + 16 * n * n, .flops = 8 * e, .set_bytes = 16 * e};
}

/* The rank-1 pair's long vector and the gradient are read and written, for four gates. */
static Work lstm_uoro(const Cell *cell) {
    const double e = entries(cell);
    return (Work){.sweep_bytes = 4 * 16 * e, .gemv_bytes = 16 * e, .set_bytes = 12 * 4 * e};
}

/* The traces are vectors; the gradient of four gates is read and written. */
static Work lstm_factored(const Cell *cell) {
    const double e = entries(cell);
    return (Work){.sweep_bytes = 4 * 8 * e, .gemv_bytes = 16 * e, .set_bytes = 8 * 4 * e};
}

/* For each sequence: weights on the way there, recurrent ones on the way back, and the gradient. */
static Work lstm_batch_bptt(const Cell *cell) {
    const double e = entries(cell), n = (double)cell->n;
    return (Work){.flops = 2 * (8 * e + 4 * n * n)};
}

/* Without recurrent weights on the way back. */
static Work lstm_batch_eprop(const Cell *cell) { return (Work){.flops = 2 * 8 * entries(cell)}; }

/* n x n times the influence of all weights and biases, and the gradient from it. */
static Work tanh_rtrl(const Cell *cell) {
    const double n = (double)cell->n, columns = n * (double)(cell->n + cell->m + 1);
    return (Work){.flops = 2 * (n * n + n) * columns};
}

/* Of four gates; two states have an influence, and both follow from that of h. */
static Work lstm_rtrl(const Cell *cell) {
    const double n = (double)cell->n, columns = 4 * n * (double)(cell->n + cell->m + 1);
    return (Work){.flops = 2 * (2 * n * n + n) * columns};
}

/* ---- the comparisons ---- */

typedef struct Case {
    const char *what;
    Cell cell;
    int steps;
    int own_steps;             /* of our sequence; 0: as many */
    const char *script, *peer; /* NULL: none */
    double peer_bound;
    Work (*work)(const Cell *cell);
    double limit_bound;
} Case;

#define EPROP(N)                                                                                             \
    { .name = "lstm", .rule = "eprop", .n = N, .m = N / 4, .how = LEARN_ONLINE }
#define BPTT(N)                                                                                              \
    { .name = "lstm", .rule = "bptt", .n = N, .m = N / 4, .how = LEARN_BACKWARD }
#define MIXED(N, K)                                                                                          \
    { .name = "lstm", .rule = "eprop", .n = N, .m = N / 4, .how = LEARN_MIXED, .block = K }
#define BATCH(N, RULE)                                                                                       \
    { .name = "lstm", .rule = RULE, .n = N, .m = N / 4, .how = LEARN_BACKWARD, .lanes = 32 }
#define LSTM(N, RULE)                                                                                        \
    { .name = "lstm", .rule = RULE, .n = N, .m = N / 4 }

static const Case cases[] = {
    {"LSTM n=128 m=32 e-prop online", EPROP(128), 100, 0, "torch_lstm", "bptt", 0.75, lstm_eprop, 0.6},
    {"LSTM n=128 m=32 e-prop online", EPROP(128), 100, 0, "jax_lstm", "eprop", 0.28, NULL, 0},
    {"LSTM n=128 m=32 e-prop online", EPROP(128), 100, 0, "braintrace_lstm", "d_rtrl", 1 / 60.0, NULL, 0},
    {"LSTM n=256 m=64 e-prop online", EPROP(256), 100, 0, "torch_lstm", "bptt", 1.0, lstm_eprop, 0.6},
    {"LSTM n=256 m=64 e-prop online", EPROP(256), 100, 0, "jax_lstm", "eprop", 0, NULL, 0},
    {"LSTM n=256 m=64 e-prop online", EPROP(256), 100, 0, "braintrace_lstm", "d_rtrl", 0, NULL, 0},
    {"LSTM n=512 m=128 e-prop online", EPROP(512), 100, 0, "torch_lstm", "bptt", 0.8, lstm_eprop, 0.6},
    {"LSTM n=512 m=128 e-prop online", EPROP(512), 100, 0, "jax_lstm", "eprop", 0, NULL, 0},
    {"LSTM n=128 m=32 e-prop mixed(32)", MIXED(128, 32), 100, 0, "torch_lstm", "bptt", 0.42, NULL, 0},
    {"LSTM n=256 m=64 e-prop mixed(32)", MIXED(256, 32), 100, 0, "torch_lstm", "bptt", 0.55, NULL, 0},
    {"LSTM n=512 m=128 e-prop mixed(32)", MIXED(512, 32), 100, 0, "torch_lstm", "bptt", 0.45, NULL, 0},
    {"LSTM n=128 m=32 BPTT", BPTT(128), 100, 0, "torch_lstm", "bptt", 0.5, lstm_bptt, 0},
    {"LSTM n=128 m=32 BPTT", BPTT(128), 100, 0, "jax_lstm", "bptt", 0, NULL, 0},
    {"LSTM n=128 m=32 BPTT", BPTT(128), 100, 0, "casadi_lstm", "bptt", 0, NULL, 0},
    {"LSTM n=128 m=32 BPTT", BPTT(128), 100, 0, "casadi_lstm", "bptt_vm", 0, NULL, 0},
    {"LSTM n=256 m=64 BPTT", BPTT(256), 100, 0, "torch_lstm", "bptt", 0.5, lstm_bptt, 0},
    {"LSTM n=512 m=128 BPTT", BPTT(512), 100, 0, "torch_lstm", "bptt", 0.5, lstm_bptt, 0},
    {"LSTM n=128 m=32 BPTT B=32", BATCH(128, "bptt"), 100, 0, "torch_lstm", "bptt", 0.8, lstm_batch_bptt,
     0.85},
    {"LSTM n=256 m=64 BPTT B=32", BATCH(256, "bptt"), 100, 0, "torch_lstm", "bptt", 0.8, lstm_batch_bptt,
     0.85},
    {"LSTM n=512 m=128 BPTT B=32", BATCH(512, "bptt"), 100, 0, "torch_lstm", "bptt", 0.8, lstm_batch_bptt,
     0.85},
    {"LSTM n=128 m=32 e-prop offline B=32", BATCH(128, "eprop"), 100, 0, "torch_lstm", "bptt", 0.55,
     lstm_batch_eprop, 0},
    {"LSTM n=256 m=64 e-prop offline B=32", BATCH(256, "eprop"), 100, 0, "torch_lstm", "bptt", 0.55,
     lstm_batch_eprop, 0},
    {"LSTM n=512 m=128 e-prop offline B=32", BATCH(512, "eprop"), 100, 0, "torch_lstm", "bptt", 0.55,
     lstm_batch_eprop, 0},
    {"tanh n=128 m=32 RTRL, every step",
     {.name = "vanilla", .rule = "rtrl", .n = 128, .m = 32},
     20,
     0,
     "jax_lstm",
     "rtrl_tanh",
     1.0,
     tanh_rtrl,
     0.85},
    {"tanh n=128 m=32 RTRL, mixed(128), T=1280",
     {.name = "vanilla", .rule = "rtrl", .n = 128, .m = 32, .how = LEARN_MIXED, .block = 128},
     20,
     1280,
     "jax_lstm",
     "rtrl_tanh",
     0.03,
     NULL,
     0},
    {"LSTM n=64 m=16 RTRL, mixed(64), T=640",
     {.name = "lstm", .rule = "rtrl", .n = 64, .m = 16, .how = LEARN_MIXED, .block = 64},
     20,
     640,
     NULL,
     NULL,
     0,
     NULL,
     0},
    {"LSTM n=64 m=16 RTRL, every step", LSTM(64, "rtrl"), 20, 0, NULL, NULL, 0, lstm_rtrl, 0.75},
    {"LSTM n=128 m=32 UORO", LSTM(128, "uoro"), 100, 0, "braintrace_lstm", "uoro", 0.05, lstm_uoro, 0},
    {"LSTM n=256 m=64 UORO", LSTM(256, "uoro"), 100, 0, "braintrace_lstm", "uoro", 0, lstm_uoro, 0},
    {"LSTM n=128 m=32 ES-D-RTRL", LSTM(128, "es_d_rtrl"), 100, 0, "braintrace_lstm", "pp_prop", 0.5,
     lstm_factored, 0},
    {"LSTM n=256 m=64 ES-D-RTRL", LSTM(256, "es_d_rtrl"), 100, 0, "braintrace_lstm", "pp_prop", 0,
     lstm_factored, 0},
};

typedef struct Turns { /* what was timed so far */
    int count, turns;
    double ours[MOST], peer[MOST], limit[TURNS];
    const char *why; /* the peer has no times; NULL: it has */
} Turns;

static void turn(const Case *at, Running made, Sequence sequence, Turns *turns) {
    const int lanes = at->cell.lanes ? at->cell.lanes : 1;
    const PeerTask task = {at->script, at->peer, at->cell.n, at->cell.m, lanes, at->steps};
    double times[PEER_ROUNDS];
    if (at->script && !turns->why && peer_run(&task, times, &turns->why)) {
        turns->why = NULL;
        for (int i = 0; i < COUNTED; i++) turns->peer[turns->count + i] = times[i + 1] / lanes;
    }
    sequence_time(made, sequence);
    for (int i = 0; i < COUNTED; i++) turns->ours[turns->count + i] = sequence_time(made, sequence);
    if (at->work) turns->limit[turns->turns] = limit_time(at->work(&at->cell));
    turns->count += COUNTED;
    turns->turns++;
}

static void report(const Case *at, Turns *turns) {
    char peer[64];
    BenchRow row = {.what = at->what, .unit = "us", .value = bench_figure(turns->ours, turns->count)};
    snprintf(peer, sizeof peer, "%s %s", at->script, at->peer);
    for (char *c = peer; *c; c++)
        if (*c == '_') *c = ' ';
    if (at->script && !turns->why) {
        row.peer = peer;
        row.peer_value = bench_figure(turns->peer, turns->count);
        row.peer_bound = at->peer_bound;
    }
    if (at->work) row.limit = bench_median(turns->limit, turns->turns), row.limit_bound = at->limit_bound;
    bench_row(row);
    if (turns->why) bench_missing(at->what, turns->why);
}

static void compare(const Case *at) {
    Running made = running_cell(&at->cell);
    const Sequence sequence = sequence_new(at->own_steps ? at->own_steps : at->steps, at->cell.m, 0);
    Turns turns = {0};
    turn(at, made, sequence, &turns); /* loads and compiles the peer; not counted */
    turns.count = turns.turns = 0;
    const double start = bench_now();
    while (turns.turns < TURNS && (turns.turns < 3 || bench_now() - start < patience))
        turn(at, made, sequence, &turns);
    report(at, &turns);
    sequence_free(sequence);
    running_free(made);
}

/* ---- spikes ---- */

enum { LIF_UNITS = 1024, LIF_INPUTS = 256, LIF_STEPS = 100 };

/* The share of units that spike in a step. */
static double spike_rate(Running lif, Sequence sequence) {
    double z[LIF_UNITS], spikes = 0;
    int state = 0;
    while (eligo_state(lif.spec, state).name[0] != 'z') state++;
    eligo_learner_start(lif.learner, sequence.steps);
    for (int t = 0; t < sequence.steps; t++) {
        eligo_learner_set_input(lif.learner, 0, sequence.x + t * sequence.inputs);
        eligo_learner_set_class(lif.learner, t % CLASSES);
        eligo_learner_step(lif.learner);
        eligo_learner_get_state(lif.learner, state, z);
        for (int j = 0; j < LIF_UNITS; j++) spikes += z[j];
    }
    return spikes / LIF_UNITS / sequence.steps;
}

/* The library's LIF with the threshold, of those tried, under which about one unit in fifty spikes. */
static Running lif_at_two_percent(const char *rule, Sequence sequence, double *rate) {
    double threshold = 0.05;
    Running lif;
    for (;; threshold *= 1.1) {
        lif = running_cell(&(Cell){.name = "lif",
                                   .rule = rule,
                                   .n = LIF_UNITS,
                                   .m = LIF_INPUTS,
                                   .threshold = threshold,
                                   .engine = ELIGO_ENGINE_TCC});
        *rate = spike_rate(lif, sequence);
        running_free(lif);
        if (*rate <= 0.02) break;
    }
    return running_cell(
        &(Cell){.name = "lif", .rule = rule, .n = LIF_UNITS, .m = LIF_INPUTS, .threshold = threshold});
}

static void report_held(Running lif) {
    Running none = running_cell(&(Cell){.name = "lif", .rule = "sltt", .n = LIF_UNITS, .m = LIF_INPUTS});
    bench_report("LIF n=1024 m=256 e-prop, reset cut: reals held, of n + m",
                 ((double)eligo_struct_bytes(lif.derivation, ELIGO_FLOAT) -
                  (double)eligo_struct_bytes(none.derivation, ELIGO_FLOAT)) /
                     sizeof(float) / (LIF_UNITS + LIF_INPUTS),
                 "x", 2);
    running_free(none);
}

/* A dense trace and its gradient: 16 bytes for each weight. */
static double dense_sweep_time(void) {
    const double bytes = 16.0 * LIF_UNITS * (LIF_UNITS + LIF_INPUTS);
    return bytes / limit_sweep((size_t)(bytes / 2)) * 1e-3;
}

static void spiking(void) {
    const Sequence sequence = sequence_new(LIF_STEPS, LIF_INPUTS, 0.02);
    double rate, ours[TURNS], dense[TURNS];
    char what[96];
    Running lif = lif_at_two_percent("eprop_noreset", sequence, &rate);
    sequence_time(lif, sequence);
    for (int i = 0; i < TURNS; i++) ours[i] = sequence_time(lif, sequence), dense[i] = dense_sweep_time();
    snprintf(what, sizeof what, "LIF n=1024 m=256 e-prop, reset cut, %.1f %% spikes", 100 * rate);
    bench_row((BenchRow){.what = what,
                         .unit = "us",
                         .value = bench_figure(ours, TURNS),
                         .peer = "its dense trace sweep",
                         .peer_value = bench_figure(dense, TURNS),
                         .peer_bound = 0.2});
    report_held(lif);
    running_free(lif);
    sequence_free(sequence);
}

void bench_reach(void) {
    bench_title("What was to be reached: a step, beside peers and limits");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) compare(&cases[i]);
    spiking();
    static const char *const not_built[] = {
        "two cores",
    };
    for (size_t i = 0; i < sizeof not_built / sizeof *not_built; i++)
        bench_missing(not_built[i], "not built yet");
}
