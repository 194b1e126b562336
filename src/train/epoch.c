/* Batches, epochs, and what is reported when one of them stops. */
#include "train/file.h"
#include "train/run.h"
#include <math.h>
#include <string.h>

static bool complain_diverged(const Run *run, const Failure *failure) {
    const Position *p = &run->position;
    Text text = {0};
    text_printf(&text, "training stopped: the %s became %s in epoch %llu, batch %llu", failure->what,
                isnan(failure->value) ? "NaN" : "infinite", (unsigned long long)p->epoch + 1,
                (unsigned long long)p->batch + 1);
    if (failure->step >= 0) text_printf(&text, ", step %d", failure->step + 1);
    text_printf(&text, " (seed %llu); ", (unsigned long long)run->seed);
    if (run->checkpoint && file_exists(run->checkpoint))
        text_printf(&text, "the last checkpoint is `%s`; ", run->checkpoint);
    text_add(&text, "try a smaller --rate, or --clip");
    complain(run->eligo, "E0620", "%s", text.at);
    text_free(&text);
    return false;
}

/* What a sequence ended by. */
static bool complain_failed(const Run *run, const Failure *failure) {
    if (failure->what) return complain_diverged(run, failure);
    return complain(run->eligo, "E0623", "no memory for the tape of %d steps", run->data->steps);
}

bool epoch_start(Run *run) {
    return worker_start(run, run->workers) || complain_failed(run, &run->workers->failure);
}

bool epoch_gradient(Run *run, int begin, int end, Metrics *metrics) {
    Failure failure;
    return batch_run(run, run->order + begin, end - begin, true, metrics, &failure) ||
           complain_failed(run, &failure);
}

static bool update(Run *run, double scale) {
    return worker_update(run, run->workers, scale, -1) || complain_failed(run, &run->workers->failure);
}

static bool one_batch(Run *run, int begin, int end) {
    if (!epoch_gradient(run, begin, end, &run->position.running)) return false;
    if (run->watch && !run->watch(run, begin, end)) return false;
    return run->update != ELIGO_UPDATE_END || update(run, 1.0 / (end - begin));
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
    Failure failure;
    *metrics = (Metrics){0};
    if (run->stream) eligo_learner_save(run->learner, run->stream);
    const bool good = batch_run(run, run->held_out, run->test_count, false, metrics, &failure) ||
                      complain_failed(run, &failure);
    eligo_learner_clear_gradients(run->learner);
    if (run->stream) eligo_learner_restore(run->learner, run->stream);
    eligo_learner_set_draw(run->learner, draw);
    return good;
}
