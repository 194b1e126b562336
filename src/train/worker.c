/* A sequence on one learner, or as many as it does at once.
 *
 * A step without a target must add nothing to the gradient. A loss with a mask says so itself, a class can be
 * absent, and a forward learner's contribution of one step can be taken back. For values without a mask and a
 * backward carry the sequence is run twice: the second time, such a step's target is the readout itself, so
 * that its error is zero. */
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
    if (run->data->classes)
        worker->target[run->data->labels[i]] = 1;
    else
        memcpy(worker->target, &run->data->values[i * rows], rows * sizeof(double));
}

/* Only values without a mask ever need an echo of the readout. */
static bool needs_echo(const Run *run, int sequence) {
    if (run->has_when || run->forward || (run->class_target && run->data->classes)) return false;
    for (int t = 0; t < run->data->steps; t++)
        if (!scored(run, sequence, t)) return true;
    return false;
}

static void set_step(const Run *run, Worker *worker, int sequence, int t, bool is_scored) {
    const Dataset *data = run->data;
    const size_t at = ((size_t)sequence * (size_t)data->steps + (size_t)t) * (size_t)data->inputs;
    eligo_learner_set_input(worker->learner, 0, &run->x[at]);
    if (run->has_when) eligo_learner_set_when(worker->learner, is_scored ? 1 : 0);
    if (run->class_target && data->classes) {
        eligo_learner_set_class(worker->learner,
                                is_scored ? data->labels[target_index(run, sequence, t)] : -1);
        return;
    }
    if (is_scored)
        write_target(run, worker, sequence, t);
    else
        memcpy(worker->target, &worker->echo[t * run->target_rows],
               (size_t)run->target_rows * sizeof(double));
    eligo_learner_set_target(worker->learner, worker->target);
}

static void record_echo(const Run *run, Worker *worker, int sequence) {
    for (int t = 0; t < run->data->steps; t++) {
        set_step(run, worker, sequence, t, false);
        eligo_learner_step(worker->learner);
        eligo_learner_get_readout(worker->learner, &worker->echo[t * run->readout_rows]);
    }
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
    const bool take_back = learn && run->forward && !run->fused && !is_scored;
    if (run->fused) eligo_learner_set_rate(learner, learn && is_scored ? run->optimiser.options.rate : 0);
    if (take_back) memcpy(worker->kept, eligo_learner_gradients(learner), run_gradient_bytes(run));
    set_step(run, worker, sequence, t, is_scored);
    const double loss = eligo_learner_step(learner);
    worker->steps++;
    if (take_back) memcpy(eligo_learner_gradients(learner), worker->kept, run_gradient_bytes(run));
    if (learn && !isfinite(loss)) return fail(worker, "loss", loss, t);
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

static bool make_echo_room(const Run *run, Worker *worker) {
    const size_t room = (size_t)(run->target_rows * run->data->steps);
    if (room <= worker->echo_room) return true;
    free(worker->echo);
    worker->echo = calloc(room, sizeof *worker->echo);
    worker->echo_room = worker->echo ? room : 0;
    return worker->echo || fail(worker, NULL, 0, -1);
}

/* The steps that teach are the same when a sequence is run for its readouts first, and what blocks of steps
 * have then added to the gradient is taken back. */
static bool echo(const Run *run, Worker *worker, int sequence) {
    const uint64_t draw = eligo_learner_get_draw(worker->learner);
    if (!worker_start(run, worker)) return false;
    memcpy(worker->kept, eligo_learner_gradients(worker->learner), run_gradient_bytes(run));
    record_echo(run, worker, sequence);
    memcpy(eligo_learner_gradients(worker->learner), worker->kept, run_gradient_bytes(run));
    eligo_learner_set_draw(worker->learner, draw);
    return true;
}

/* ---- several at once ---- */

/* What a lane gets; one that has no target, or no sequence of its own any more, doesn't teach. */
static void set_lane(const Run *run, Worker *worker, int sequence, int t, bool is_scored) {
    if (!is_scored) memset(worker->echo, 0, worker->echo_room * sizeof *worker->echo);
    set_step(run, worker, sequence, t, is_scored);
    eligo_learner_set_teach(worker->learner, is_scored);
}

static bool measure_lane(const Run *run, Worker *worker, int sequence, int t, bool learn) {
    const double loss = eligo_learner_loss(worker->learner);
    worker->steps++;
    if (learn && !isfinite(loss)) return fail(worker, "loss", loss, t);
    measure(run, worker, sequence, t);
    if (!scored(run, sequence, t)) return true;
    worker->metrics.loss += loss;
    worker->metrics.losses++;
    return true;
}

static bool step_together(const Run *run, Worker *worker, const int *sequences, int count, int t,
                          bool learn) {
    bool good = true;
    for (int lane = 0; lane < run->lanes; lane++) {
        const int sequence = sequences[lane < count ? lane : 0];
        eligo_learner_select(worker->learner, lane);
        set_lane(run, worker, sequence, t, lane < count && scored(run, sequence, t));
    }
    eligo_learner_step(worker->learner);
    for (int lane = 0; good && lane < count; lane++) {
        eligo_learner_select(worker->learner, lane);
        good = measure_lane(run, worker, sequences[lane], t, learn);
    }
    return good;
}

static bool run_together(const Run *run, Worker *worker, const int *sequences, int count, bool learn) {
    if (!make_echo_room(run, worker) || !worker_start(run, worker)) return false;
    for (int t = 0; t < run->data->steps; t++)
        if (!step_together(run, worker, sequences, count, t, learn)) return false;
    if (learn) eligo_learner_finish(worker->learner);
    return true;
}

/* ---- one ---- */

static bool run_alone(Run *run, Worker *worker, int sequence, bool learn) {
    if (!make_echo_room(run, worker)) return false;
    if (learn && needs_echo(run, sequence) && !echo(run, worker, sequence)) return false;
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
