/* Sequences, batches, epochs.
 *
 * A step without a target must add nothing to the gradient. A loss with a mask says so itself, a class can be
 * absent, and a forward learner's contribution of one step can be taken back. For values without a mask and a
 * backward carry the sequence is run twice: the second time, such a step's target is the readout itself, so
 * that its error is zero. */
#include "train/file.h"
#include "train/run.h"
#include <math.h>
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

static void write_target(const Run *run, int sequence, int t) {
    const size_t rows = (size_t)run->target_rows, i = target_index(run, sequence, t);
    memset(run->target, 0, rows * sizeof(double));
    if (run->data->classes)
        run->target[run->data->labels[i]] = 1;
    else
        memcpy(run->target, &run->data->values[i * rows], rows * sizeof(double));
}

/* Only values without a mask ever need an echo of the readout. */
static bool needs_echo(const Run *run, int sequence) {
    if (run->has_when || run->forward || (run->class_target && run->data->classes)) return false;
    for (int t = 0; t < run->data->steps; t++)
        if (!scored(run, sequence, t)) return true;
    return false;
}

static void set_step(Run *run, int sequence, int t, bool is_scored) {
    const Dataset *data = run->data;
    const size_t at = ((size_t)sequence * (size_t)data->steps + (size_t)t) * (size_t)data->inputs;
    eligo_learner_set_input(run->learner, 0, &run->x[at]);
    if (run->has_when) eligo_learner_set_when(run->learner, is_scored ? 1 : 0);
    if (run->class_target && data->classes) {
        eligo_learner_set_class(run->learner, is_scored ? data->labels[target_index(run, sequence, t)] : -1);
        return;
    }
    if (is_scored)
        write_target(run, sequence, t);
    else
        memcpy(run->target, &run->echo[t * run->target_rows], (size_t)run->target_rows * sizeof(double));
    eligo_learner_set_target(run->learner, run->target);
}

static void record_echo(Run *run, int sequence) {
    for (int t = 0; t < run->data->steps; t++) {
        set_step(run, sequence, t, false);
        eligo_learner_step(run->learner);
        eligo_learner_get_readout(run->learner, &run->echo[t * run->readout_rows]);
    }
}

static void measure(Run *run, int sequence, int t, Metrics *metrics) {
    if (run->readout_rows == 0 || !counted(run, sequence, t)) return;
    eligo_learner_get_readout(run->learner, run->y);
    metrics->counted++;
    if (run->data->classes) {
        int best = 0;
        for (int i = 1; i < run->readout_rows; i++)
            if (run->y[i] > run->y[best]) best = i;
        metrics->correct += best == run->data->labels[target_index(run, sequence, t)];
        return;
    }
    write_target(run, sequence, t);
    for (int i = 0; i < run->readout_rows; i++) {
        const double error = run->y[i] - run->target[i];
        metrics->error += error * error / run->readout_rows;
    }
}

static size_t gradient_bytes(const Run *run) {
    return run->optimiser.entries * (run->optimiser.is_float ? sizeof(float) : sizeof(double));
}

static bool complain_diverged(Run *run, const char *what, double value, int t) {
    const Position *p = &run->position;
    Text text = {0};
    text_printf(&text, "training stopped: the %s became %s in epoch %llu, batch %llu", what,
                isnan(value) ? "NaN" : "infinite", (unsigned long long)p->epoch + 1,
                (unsigned long long)p->batch + 1);
    if (t >= 0) text_printf(&text, ", step %d", t + 1);
    text_printf(&text, " (seed %llu); ", (unsigned long long)run->seed);
    if (run->checkpoint && file_exists(run->checkpoint))
        text_printf(&text, "the last checkpoint is `%s`; ", run->checkpoint);
    text_add(&text, "try a smaller --rate, or --clip");
    complain(run->eligo, "E0620", "%s", text.at);
    text_free(&text);
    return false;
}

static bool update(Run *run, double scale, int t) {
    const double norm = optimiser_update(&run->optimiser, eligo_learner_params(run->learner),
                                         eligo_learner_gradients(run->learner), scale);
    eligo_learner_clip(run->learner);
    eligo_learner_clear_gradients(run->learner);
    run->pending = false;
    return isfinite(norm) || complain_diverged(run, "gradient", norm, t);
}

/* Is it time for an update after step t? A fused learner has made its own. */
static bool is_due(const Run *run, int t) {
    if (!run->pending || run->fused) return false;
    if (run->update == ELIGO_UPDATE_ONLINE) return true;
    return run->update == ELIGO_UPDATE_EVERY && ((t + 1) % run->every == 0 || t == run->data->steps - 1);
}

static bool one_step(Run *run, int sequence, int t, bool learn, Metrics *metrics) {
    const bool is_scored = scored(run, sequence, t);
    const bool take_back = learn && run->forward && !run->fused && !is_scored;
    if (run->fused)
        eligo_learner_set_rate(run->learner, learn && is_scored ? run->optimiser.options.rate : 0);
    if (take_back) memcpy(run->kept, eligo_learner_gradients(run->learner), gradient_bytes(run));
    set_step(run, sequence, t, is_scored);
    const double loss = eligo_learner_step(run->learner);
    run->steps++;
    if (take_back) memcpy(eligo_learner_gradients(run->learner), run->kept, gradient_bytes(run));
    if (learn && !isfinite(loss)) return complain_diverged(run, "loss", loss, t);
    measure(run, sequence, t, metrics);
    if (is_scored) metrics->loss += loss;
    metrics->losses += is_scored;
    run->pending = learn && (run->pending || is_scored);
    return !is_due(run, t) || update(run, 1, t);
}

bool epoch_start(Run *run) {
    if (eligo_learner_start(run->learner, run->data->steps)) return true;
    return complain(run->eligo, "E0623", "no memory for the tape of %d steps", run->data->steps);
}

/* What a fused learner does to its parameters shows in the loss a step later, and after the last one here. */
static bool is_sound(Run *run) {
    const char *params = eligo_learner_params(run->learner);
    for (size_t i = 0; run->fused && i < run->optimiser.entries; i++) {
        const double value = run->optimiser.is_float ? (double)((const float *)(const void *)params)[i]
                                                     : ((const double *)(const void *)params)[i];
        if (!isfinite(value)) return complain_diverged(run, "weights", value, -1);
    }
    return true;
}

/* The steps that teach are the same when a sequence is run for its readouts first, and what blocks of steps
 * have then added to the gradient is taken back. */
static bool echo(Run *run, int sequence) {
    const uint64_t draw = eligo_learner_get_draw(run->learner);
    if (!epoch_start(run)) return false;
    memcpy(run->kept, eligo_learner_gradients(run->learner), gradient_bytes(run));
    record_echo(run, sequence);
    memcpy(eligo_learner_gradients(run->learner), run->kept, gradient_bytes(run));
    eligo_learner_set_draw(run->learner, draw);
    return true;
}

static bool one_sequence(Run *run, int sequence, bool learn, Metrics *metrics) {
    if (learn && needs_echo(run, sequence) && !echo(run, sequence)) return false;
    if (!run->stream && !epoch_start(run)) return false;
    for (int t = 0; t < run->data->steps; t++)
        if (!one_step(run, sequence, t, learn, metrics)) return false;
    if (learn) eligo_learner_finish(run->learner);
    return !learn || is_sound(run);
}

bool epoch_gradient(Run *run, int begin, int end, Metrics *metrics) {
    eligo_learner_clear_gradients(run->learner);
    for (int i = begin; i < end; i++)
        if (!one_sequence(run, run->order[i], true, metrics)) return false;
    return true;
}

static bool one_batch(Run *run, int begin, int end) {
    if (!epoch_gradient(run, begin, end, &run->position.running)) return false;
    if (run->watch && !run->watch(run, begin, end)) return false;
    return run->update != ELIGO_UPDATE_END || update(run, 1.0 / (end - begin), -1);
}

static void show(Run *run, int begin) {
    const TrainOptions *o = run->options;
    const Position *p = &run->position;
    if (!run->progress.on) return;
    Text label = {0}, words = {0};
    if (o->seeds > 1) text_printf(&label, "seed %d/%d  ", (int)p->seeds_done + 1, o->seeds);
    text_printf(&label, "epoch %3d/%d ", (int)p->epoch + 1, o->epochs);
    if (p->running.losses > 0) text_printf(&words, "loss %.4f", p->running.loss / (double)p->running.losses);
    if (run->data->classes && p->running.counted > 0)
        text_printf(&words, "  train %.1f %%",
                    100.0 * (double)p->running.correct / (double)p->running.counted);
    if (o->curriculum) text_printf(&words, "  delay %d", (int)p->delay);
    const double done = ((double)p->epoch + (double)begin / run->train_count) / o->epochs;
    progress_show(&run->progress, label.at, done, words.at ? words.at : "");
    text_free(&label);
    text_free(&words);
}

static bool save(Run *run) {
    const Resumed learner = {eligo_learner_params(run->learner), run->stream, run->stream_bytes};
    run->position.draw = eligo_learner_get_draw(run->learner);
    if (run->stream) eligo_learner_save(run->learner, run->stream);
    return !run->checkpoint || checkpoint_write(run->eligo, run->checkpoint, run->options_text,
                                                &run->position, &run->optimiser, &learner);
}

static int stop(Run *run) {
    progress_clear(&run->progress);
    if (!save(run)) return TRAIN_FAILED;
    const Position *p = &run->position;
    const char *advice = run->checkpoint ? "go on with --resume (checkpoint `"
                         : run->watch    ? "nothing is kept"
                                         : "nothing is kept: --checkpoint FILE would have kept it";
    eligo_report(run->eligo, "N0624", "interrupted in epoch %d after batch %d; %s%s%s", (int)p->epoch + 1,
                 (int)p->batch, advice, run->checkpoint ? run->checkpoint : "", run->checkpoint ? "`)" : "");
    return TRAIN_INTERRUPTED;
}

/* 0.15 bits a target, as Menick et al. (ICLR 2021) lengthen their copy task; losses are in nats. */
static bool is_learned(const Metrics *metrics) {
    return metrics->losses > 0 && metrics->loss / (double)metrics->losses < 0.15 * 0.6931471805599453;
}

/* Between two epochs: a curriculum whose last one was learned goes on with longer sequences, of the same
 * seed, split as before. */
static bool lengthen(Run *run) {
    Position *p = &run->position;
    if (p->epoch == 0 || p->batch > 0 || !run_may_lengthen(run) || !is_learned(&p->running)) return true;
    p->delay++;
    return run_take_seed(run, run->seed);
}

int epoch_run(Run *run) {
    Position *p = &run->position;
    if (!lengthen(run)) return TRAIN_FAILED;
    Random random = p->random;
    memcpy(run->order, run->train, (size_t)run->train_count * sizeof *run->order);
    random_shuffle(&random, run->order, run->train_count);
    if (p->batch == 0) p->running = (Metrics){0};
    const int size = run->update == ELIGO_UPDATE_END ? run->options->batch : 1;
    for (int begin = (int)p->batch * size; begin < run->train_count; begin += size) {
        if (*run->options->interrupted) return stop(run);
        show(run, begin);
        const int end = begin + size < run->train_count ? begin + size : run->train_count;
        if (!one_batch(run, begin, end)) return TRAIN_FAILED;
        p->batch++;
    }
    p->random = random;
    p->epoch++;
    p->batch = 0;
    return save(run) ? TRAIN_DONE : TRAIN_FAILED;
}

/* A stream goes on through the held-out sequences, without learning; then it is put back. Looking changes
 * nothing that is learned afterwards. */
bool epoch_evaluate(Run *run, Metrics *metrics) {
    const uint64_t draw = eligo_learner_get_draw(run->learner);
    bool good = true;
    *metrics = (Metrics){0};
    if (run->stream) eligo_learner_save(run->learner, run->stream);
    for (int i = 0; good && i < run->test_count; i++)
        good = one_sequence(run, run->held_out[i], false, metrics);
    eligo_learner_clear_gradients(run->learner);
    if (run->stream) eligo_learner_restore(run->learner, run->stream);
    eligo_learner_set_draw(run->learner, draw);
    return good;
}
