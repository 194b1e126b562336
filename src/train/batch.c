/* A batch: its sequences, shared out among threads.
 *
 * A part of it is as many consecutive sequences as a learner runs at once, and its gradient begins at zero.
 * Threads take the parts in order, each with a learner of its own, and add what they found in that order too,
 * each in its turn: sums have the same bits however many threads there are. What a part draws at random
 * follows from where it stands in the batch. */
#include "train/run.h"
#include <pthread.h>
#include <string.h>

typedef struct Batch {
    Run *run;
    const int *sequences;
    int count, parts;
    bool learn;
    uint64_t draw;      /* before its first sequence */
    const void *params; /* the first learner's */
    Metrics *metrics;
    Failure *failure; /* of the first part that failed */
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int taken, added; /* parts */
    bool failed;
} Batch;

/* The batch's last part may be smaller. */
static int part_begin(const Batch *batch, int part) {
    const int begin = part * batch->run->lanes;
    return begin < batch->count ? begin : batch->count;
}

/* In a stream each sequence goes on with what the one before it drew last. */
static void set_draw(const Batch *batch, EligoLearner *learner, int sequences) {
    const Run *run = batch->run;
    if (!run->stream)
        eligo_learner_set_draw(learner, eligo_learner_draw_after(learner, batch->draw, (uint64_t)sequences,
                                                                 (uint64_t)run->data->steps));
}

/* The gradient of one part, by one learner. */
static bool run_part(const Batch *batch, Worker *worker, int part) {
    const int begin = part_begin(batch, part), end = part_begin(batch, part + 1);
    worker->metrics = (Metrics){0};
    worker->steps = 0;
    if (batch->learn) eligo_learner_clear_gradients(worker->learner);
    set_draw(batch, worker->learner, begin);
    return worker_run(batch->run, worker, batch->sequences + begin, end - begin, batch->learn);
}

/* ---- sums ---- */

static void add_metrics(Metrics *sum, const Metrics *more) {
    sum->loss += more->loss;
    sum->error += more->error;
    sum->losses += more->losses;
    sum->counted += more->counted;
    sum->correct += more->correct;
}

#define DEFINE_ADD(real)                                                                                     \
    static void add_##real(size_t entries, real *restrict sum, const real *restrict more) {                  \
        for (size_t i = 0; i < entries; i++) sum[i] += more[i];                                              \
    }
DEFINE_ADD(float)
DEFINE_ADD(double)

/* The only part's gradient stays where it is, in the first learner. */
static void add_gradient(const Batch *batch, const Worker *worker, int part) {
    const Run *run = batch->run;
    const void *more = eligo_learner_gradients(worker->learner);
    if (!batch->learn || batch->parts == 1) return;
    if (part == 0)
        memcpy(run->sum, more, run_gradient_bytes(run));
    else if (run->optimiser.is_float)
        add_float(run->optimiser.entries, run->sum, more);
    else
        add_double(run->optimiser.entries, run->sum, more);
}

static void add_part(Batch *batch, const Worker *worker, int part) {
    add_metrics(batch->metrics, &worker->metrics);
    batch->run->steps += worker->steps;
    add_gradient(batch, worker, part);
}

/* ---- turns ---- */

/* Its number, or `parts` when there is none left that counts. */
static int take_part(Batch *batch) {
    pthread_mutex_lock(&batch->lock);
    const int part = batch->failed ? batch->parts : batch->taken;
    if (part < batch->parts) batch->taken++;
    pthread_mutex_unlock(&batch->lock);
    return part;
}

/* False when a part before this one failed. */
static bool wait_for_turn(Batch *batch, int part) {
    pthread_mutex_lock(&batch->lock);
    while (batch->added < part) pthread_cond_wait(&batch->turn, &batch->lock);
    const bool good = !batch->failed;
    pthread_mutex_unlock(&batch->lock);
    return good;
}

static void end_turn(Batch *batch, bool failed) {
    pthread_mutex_lock(&batch->lock);
    batch->failed = batch->failed || failed;
    batch->added++;
    pthread_cond_broadcast(&batch->turn);
    pthread_mutex_unlock(&batch->lock);
}

static void take_params(const Run *run, const Worker *worker, const void *params) {
    if (worker != run->workers)
        memcpy(eligo_learner_params(worker->learner), params, run_gradient_bytes(run));
}

static void work(void *at, int thread) {
    Batch *batch = at;
    Worker *worker = &batch->run->workers[thread];
    take_params(batch->run, worker, batch->params);
    for (int part; (part = take_part(batch)) < batch->parts;) {
        const bool good = run_part(batch, worker, part);
        const bool counts = wait_for_turn(batch, part);
        if (counts && good) add_part(batch, worker, part);
        if (counts && !good) *batch->failure = worker->failure;
        end_turn(batch, !good);
    }
}

bool batch_run(Run *run, const int *sequences, int count, bool learn, Metrics *metrics, Failure *failure) {
    Batch batch = {.run = run, .sequences = sequences, .count = count, .learn = learn};
    batch.parts = (count + run->lanes - 1) / run->lanes;
    batch.draw = eligo_learner_get_draw(run->learner);
    batch.params = eligo_learner_params(run->learner);
    batch.metrics = metrics;
    batch.failure = failure;
    pthread_mutex_init(&batch.lock, NULL);
    pthread_cond_init(&batch.turn, NULL);
    for (int i = 1; i < run->threads; i++) eligo_learner_follow(run->workers[i].learner, run->learner);
    if (run->pool && batch.parts > 1)
        pool_run(run->pool, work, &batch);
    else
        work(&batch, 0);
    pthread_cond_destroy(&batch.turn);
    pthread_mutex_destroy(&batch.lock);
    if (learn && batch.parts > 1)
        memcpy(eligo_learner_gradients(run->learner), run->sum, run_gradient_bytes(run));
    set_draw(&batch, run->learner, count);
    return !batch.failed;
}
