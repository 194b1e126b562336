/* A sequence on one learner, or as many as it does at once.
 *
 * A step without a target must add nothing to the gradient: the learner is told that it doesn't teach; one
 * that changes its parameters itself, in its step, gets a rate of 0. */
#include "train/run.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool scored(const Run *run, int sequence, int t) {
    const Dataset *data = run->data;
    if (data->each) return !data->classes || data->labels[sequence * data->steps + t] >= 0;
    return run->options->loss_at == LOSS_AT_EACH || t == data->steps - 1;
}

/* Whether a prediction counts: at each step that has a target of its own, else at the last. */
static bool counted(const Run *run, int sequence, int t) {
    return run->data->each ? scored(run, sequence, t) : t == run->data->steps - 1;
}

static size_t target_index(const Run *run, int sequence, int t) {
    return run->data->each ? (size_t)sequence * (size_t)run->data->steps + (size_t)t : (size_t)sequence;
}

static void write_target(const Run *run, Worker *worker, int sequence, int t) {
    const size_t rows = (size_t)run->target_rows, i = target_index(run, sequence, t);
    memset(worker->target, 0, rows * sizeof(double));
    if (run->data->classes && run->data->labels[i] >= 0)
        worker->target[run->data->labels[i]] = 1;
    else if (!run->data->classes)
        memcpy(worker->target, &run->data->values[i * rows], rows * sizeof(double));
}

/* Values that don't teach are there all the same: no other number needs to be one that the loss can take. */
static void set_step(const Run *run, Worker *worker, int sequence, int t, bool is_scored) {
    const Dataset *data = run->data;
    const size_t at = ((size_t)sequence * (size_t)data->steps + (size_t)t) * (size_t)data->inputs;
    EligoLearner *learner = worker->learner;
    eligo_learner_set_input(learner, 0, &run->x[at]);
    if (!is_scored) eligo_learner_set_teach(learner, false);
    if (run->has_when) eligo_learner_set_when(learner, is_scored ? 1 : 0);
    if (run->class_target && data->classes) {
        eligo_learner_set_class(learner, is_scored ? data->labels[target_index(run, sequence, t)] : -1);
        return;
    }
    write_target(run, worker, sequence, t);
    eligo_learner_set_target(learner, worker->target);
}

static void measure(const Run *run, Worker *worker, int sequence, int t) {
    Metrics *metrics = &worker->metrics;
    if (run->readout_rows == 0 || !counted(run, sequence, t)) return;
    eligo_learner_get_readout(worker->learner, worker->y);
    metrics->counted++;
    if (run->data->classes) {
        int best = 0;
        for (int i = 1; i < run->readout_rows; i++)
            if (worker->y[i] > worker->y[best]) best = i;
        metrics->correct += best == run->data->labels[target_index(run, sequence, t)];
        return;
    }
    write_target(run, worker, sequence, t);
    for (int i = 0; i < run->readout_rows; i++) {
        const double error = worker->y[i] - worker->target[i];
        metrics->error += error * error / run->readout_rows;
    }
}

static bool fail(Worker *worker, const char *what, double value, int step) {
    worker->failure = (Failure){what, value, step};
    return false;
}

bool worker_update(Run *run, Worker *worker, double scale, int t) {
    EligoLearner *learner = worker->learner;
    const double norm = optimiser_update(&run->optimiser, eligo_learner_params(learner),
                                         eligo_learner_gradients(learner), scale);
    eligo_learner_clip(learner);
    eligo_learner_clear_gradients(learner);
    worker->pending = false;
    return isfinite(norm) || fail(worker, "gradient", norm, t);
}

/* Is it time for an update after step t? A fused learner has made its own. */
static bool is_due(const Run *run, const Worker *worker, int t) {
    if (!worker->pending || run->fused) return false;
    if (run->update == ELIGO_UPDATE_ONLINE) return true;
    return run->update == ELIGO_UPDATE_EVERY && ((t + 1) % run->every == 0 || t == run->data->steps - 1);
}

static bool one_step(Run *run, Worker *worker, int sequence, int t, bool learn) {
    EligoLearner *learner = worker->learner;
    const bool is_scored = scored(run, sequence, t);
    if (run->fused) eligo_learner_set_rate(learner, learn && is_scored ? run->optimiser.options.rate : 0);
    set_step(run, worker, sequence, t, is_scored);
    const double loss = eligo_learner_step(learner);
    worker->steps++;
    if (learn && is_scored && !isfinite(loss)) return fail(worker, "loss", loss, t);
    measure(run, worker, sequence, t);
    if (is_scored) worker->metrics.loss += loss;
    worker->metrics.losses += is_scored;
    worker->pending = learn && (worker->pending || is_scored);
    if (!is_due(run, worker, t)) return true;
    eligo_learner_finish(learner); /* a block that the sequence's end cuts short */
    return worker_update(run, worker, 1, t);
}

bool worker_start(const Run *run, Worker *worker) {
    return eligo_learner_start(worker->learner, run->data->steps) || fail(worker, NULL, 0, -1);
}

/* What a fused learner does to its parameters shows in the loss a step later, and after the last one here. */
static bool is_sound(const Run *run, Worker *worker) {
    const char *params = eligo_learner_params(worker->learner);
    for (size_t i = 0; run->fused && i < run->optimiser.entries; i++) {
        const double value = run->optimiser.is_float ? (double)((const float *)(const void *)params)[i]
                                                     : ((const double *)(const void *)params)[i];
        if (!isfinite(value)) return fail(worker, "weights", value, -1);
    }
    return true;
}

/* ---- several at once ---- */

static bool measure_lane(const Run *run, Worker *worker, int sequence, int t, bool learn) {
    const double loss = eligo_learner_loss(worker->learner);
    const bool is_scored = scored(run, sequence, t);
    worker->steps++;
    if (learn && is_scored && !isfinite(loss)) return fail(worker, "loss", loss, t);
    measure(run, worker, sequence, t);
    if (is_scored) worker->metrics.loss += loss;
    worker->metrics.losses += is_scored;
    return true;
}

/* Lanes beyond the part's sequences repeat the first, and don't teach. */
static bool step_together(const Run *run, Worker *worker, const int *sequences, int count, int t,
                          bool learn) {
    bool good = true;
    for (int lane = 0; lane < run->lanes; lane++) {
        const int sequence = sequences[lane < count ? lane : 0];
        eligo_learner_select(worker->learner, lane);
        set_step(run, worker, sequence, t, lane < count && scored(run, sequence, t));
    }
    eligo_learner_step(worker->learner);
    for (int lane = 0; good && lane < count; lane++) {
        eligo_learner_select(worker->learner, lane);
        good = measure_lane(run, worker, sequences[lane], t, learn);
    }
    return good;
}

static bool run_together(const Run *run, Worker *worker, const int *sequences, int count, bool learn) {
    if (!worker_start(run, worker)) return false;
    for (int t = 0; t < run->data->steps; t++)
        if (!step_together(run, worker, sequences, count, t, learn)) return false;
    if (learn) eligo_learner_finish(worker->learner);
    return true;
}

/* ---- one ---- */

static bool run_alone(Run *run, Worker *worker, int sequence, bool learn) {
    if (!run->stream && !worker_start(run, worker)) return false;
    for (int t = 0; t < run->data->steps; t++)
        if (!one_step(run, worker, sequence, t, learn)) return false;
    if (learn) eligo_learner_finish(worker->learner);
    return !learn || is_sound(run, worker);
}

bool worker_run(Run *run, Worker *worker, const int *sequences, int count, bool learn) {
    if (run->lanes > 1) return run_together(run, worker, sequences, count, learn);
    for (int i = 0; i < count; i++)
        if (!run_alone(run, worker, sequences[i], learn)) return false;
    return true;
}
