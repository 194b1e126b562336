/* What `train` and `compare` both make of their options. */
#include "cli/training.h"
#include "base/number.h"
#include <math.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

/* The first Ctrl-C asks; SA_RESETHAND gives the second one back its usual force. */
static void interrupt(int number) {
    (void)number;
    interrupted = 1;
}

void training_catch_interrupts(Training *training) {
    training->train.interrupted = &interrupted;
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool take_scale(const char *text, TrainOptions *train) {
    train->scale = SCALE_AUTO;
    if (!text) return true;
    if (strcmp(text, "none") == 0) return train->scale = SCALE_NONE, true;
    if (strcmp(text, "minmax") == 0) return train->scale = SCALE_MINMAX, true;
    train->scale = SCALE_DIVIDE;
    if (number_parse(text, strlen(text), &train->divisor) && train->divisor > 0) return true;
    return usage_error("E0653", "--scale: `%s` is neither none nor minmax nor a positive number to divide by",
                       text);
}

/* A number; 0 or `auto`: as many as there are processors. */
static bool take_threads(const char *text, TrainOptions *train) {
    double threads = 1;
    if (text && strcmp(text, "auto") == 0)
        threads = 0;
    else if (text && !(number_parse(text, strlen(text), &threads) && threads >= 0 &&
                       threads <= THREADS_LIMIT && threads == floor(threads)))
        return usage_error("E0653", "--threads: `%s` is neither auto nor a number up to %d", text,
                           THREADS_LIMIT);
    if (threads == 0) threads = fmin((double)sysconf(_SC_NPROCESSORS_ONLN), THREADS_LIMIT);
    train->threads = (int)fmax(threads, 1);
    return true;
}

bool training_gather(Training *w, const char *spec) {
    TrainOptions *t = &w->train;
    t->spec = spec;
    if (!spec || !take_scale(w->scale, t) || !take_threads(w->threads, t)) return false;
    if (w->momentum > 0 && w->optimiser == OPTIMISER_ADAM)
        return usage_error("E0655", "--momentum goes with --optimiser sgd; Adam has its own");
    t->engine = (EligoEngine)w->shared.engine;
    t->real = (EligoReal)w->shared.real;
    t->stats = w->shared.stats;
    t->data.steps = (int)w->steps;
    t->data.delay = (int)w->delay;
    t->data.sequences = (int)w->sequences;
    t->data.values = w->label == 1;
    t->epochs = (int)w->epochs;
    t->batch = (int)w->batch;
    t->lanes = (int)w->lanes;
    t->seed = (uint64_t)w->seed;
    t->seeds = (int)w->seeds;
    t->loss_at = (LossAt)w->loss_at;
    const double rate = w->optimiser == OPTIMISER_ADAM ? 0.003 : 0.05;
    t->optimiser.kind = (OptimiserKind)w->optimiser;
    t->optimiser.rate = w->rate > 0 ? w->rate : rate;
    t->optimiser.momentum = w->optimiser == OPTIMISER_ADAM ? 0 : w->momentum < 0 ? 0.9 : w->momentum;
    return true;
}

const Training training_usual = {
    .shared = {.real = ELIGO_FLOAT},
    .train = {.data = {.source = "digits"},
              .test = 0.2,
              .optimiser = {.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}},
    .epochs = 30,
    .batch = 32,
    .seed = 1,
    .seeds = 1,
    .momentum = -1,
    .optimiser = OPTIMISER_ADAM,
};
