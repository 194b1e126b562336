/* make bench-plans: what a plan chooses among, measured beside the model that it chooses by. Realisations of
 * one gradient take turns; what matters is their order. */
#include "running.h"

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 128, ROUNDS = 7, MOST = 16 };
static const double longest = 20e-3, most_bytes = 1e9; /* a step's seconds: what takes longer isn't run */
static const double apart = 1.1; /* times nearer to each other than this have no order */

typedef struct Case {
    const char *cell, *rule;
    long n, m;
} Case;

static const Case cases[] = {
    {"lstm", "eprop", 128, 32},      {"lstm", "eprop", 256, 64},   {"lstm", "eprop", 512, 128},
    {"lstm", "bptt", 128, 32},       {"vanilla", "rtrl", 128, 32}, {"lstm", "eprop", 32, 8},
    {"lstm", "eprop", 1024, 64},     {"lstm", "rtrl", 32, 8},      {"lstm", "eprop(2)", 64, 16},
    {"gru", "eprop", 256, 64},       {"gru", "rtrl", 48, 16},      {"vanilla", "rtrl", 32, 8},
    {"vanilla", "eprop", 512, 128},  {"lif", "eprop", 256, 64},    {"alif", "eprop", 256, 64},
    {"gru_after", "eprop", 128, 32}, {"lstm", "sltt", 128, 32},    {"lstm_peephole", "eprop", 128, 32},
};

typedef struct Timed { /* one realisation */
    char name[32];
    Running made;
    double model, measured; /* us a step */
    double times[ROUNDS];
} Timed;

static Running derived(const Case *at, EligoCarry carry, int block) {
    static const Learning how[] = {[ELIGO_CARRY_FORWARD] = LEARN_FORWARD,
                                   [ELIGO_CARRY_BACKWARD] = LEARN_BACKWARD,
                                   [ELIGO_CARRY_MIXED] = LEARN_MIXED};
    const Cell cell = {
        .name = at->cell, .rule = at->rule, .n = at->n, .m = at->m, .how = how[carry], .block = block};
    return running_cell(&cell);
}

static bool is_measured(const EligoCandidate *one) {
    if (one->refused || one->seconds > longest || one->bytes > most_bytes) return false;
    return one->carry != ELIGO_CARRY_MIXED || one->block == 8 || one->block == 32 || one->block == 128;
}

/* As the plan weighs them for sequences of STEPS. */
static int realise(const Case *at, Timed *timed) {
    const Cell cell = {.name = at->cell, .rule = at->rule, .n = at->n, .m = at->m, .how = LEARN_BACKWARD};
    Running weighed = running_derived(&cell);
    int count = 0;
    eligo_work(weighed.eligo, &(EligoWork){.steps = STEPS});
    for (int i = 0; i < eligo_candidates(weighed.derivation) && count < MOST; i++) {
        const EligoCandidate one = eligo_candidate(weighed.derivation, i);
        if (!is_measured(&one)) continue;
        Timed *next = &timed[count++];
        *next = (Timed){.made = derived(at, one.carry, one.block), .model = 1e6 * one.seconds};
        if (one.block)
            snprintf(next->name, sizeof next->name, "mixed(%d)", one.block);
        else
            snprintf(next->name, sizeof next->name,
                     one.carry == ELIGO_CARRY_FORWARD ? "forward" : "backward");
    }
    running_free(weighed);
    return count;
}

static void take_turns(const Case *at, Timed *timed, int count) {
    const Sequence sequence = sequence_new(STEPS, at->m, 0);
    for (int r = -1; r < ROUNDS; r++)
        for (int i = 0; i < count; i++) {
            const double time = sequence_time(timed[i].made, sequence);
            if (r >= 0) timed[i].times[r] = time; /* the first finds cold caches */
        }
    for (int i = 0; i < count; i++) timed[i].measured = bench_figure(timed[i].times, ROUNDS).min;
    sequence_free(sequence);
}

typedef struct Order { /* of pairs that differ when measured */
    int pairs, right;
    double lost; /* the largest ratio of what the model would take to the fastest */
} Order;

static void compare(const Timed *timed, int count, Order *order) {
    int best = 0, taken = 0;
    for (int i = 0; i < count; i++) {
        if (timed[i].measured < timed[best].measured) best = i;
        if (timed[i].model < timed[taken].model) taken = i;
        for (int k = 0; k < count; k++)
            if (timed[i].measured > apart * timed[k].measured)
                order->pairs++, order->right += timed[i].model > timed[k].model;
    }
    const double lost = timed[taken].measured / timed[best].measured;
    printf("%28s fastest %s, the model's %s: %.2f times as long\n", "", timed[best].name, timed[taken].name,
           lost);
    if (lost > order->lost) order->lost = lost;
}

static void one_case(const Case *at, Order *order) {
    Timed timed[MOST];
    const int count = realise(at, timed);
    take_turns(at, timed, count);
    for (int i = 0; i < count; i++) {
        printf("%-14s %-9s n=%-5ld %-10s %9.2f us, model %9.2f, ratio %.2f\n", i ? "" : at->cell,
               i ? "" : at->rule, at->n, timed[i].name, timed[i].measured, timed[i].model,
               timed[i].model / timed[i].measured);
        running_free(timed[i].made);
    }
    compare(timed, count, order);
}

void bench_plans(void) {
    Order order = {0};
    bench_title("Realisations of a gradient, and the model that a plan chooses by");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) one_case(&cases[i], &order);
    bench_report("pairs that differ by more than a tenth", order.pairs, "", 0);
    bench_report("of these in the model's order", order.right, "", 0);
    bench_report("the model's choice beside the fastest, at worst", order.lost, "x", 0);
}
