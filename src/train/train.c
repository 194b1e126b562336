/* The pipeline of a training run: load the data, open the spec at sizes that fit them, derive, compile
 * (prepare.c); then each seed: split, scale, initialise or resume, epochs, evaluation. */
#include "train/train.h"
#include "base/text.h"
#include "train/file.h"
#include "train/npy.h"
#include "train/run.h"
#include <stdlib.h>
#include <string.h>

/* All that the result depends on, for the checkpoint; of several seeds the number of epochs too. */
static void describe(Run *run) {
    const TrainOptions *o = run->options;
    Text text = {0};
    char *words = eligo_print(run->derivation, ELIGO_TEXT);
    text_printf(&text, "spec %s\n%s %s\n", o->spec, o->rule ? "rule" : "keep", o->rule ? o->rule : o->keep);
    text_printf(&text, "carry %s\nreal %s\n", report_carry(run), o->real == ELIGO_FLOAT ? "float" : "double");
    text_printf(&text, "lanes %d\n", run->lanes);
    text_printf(&text, "derivation %016llx\n",
                words ? (unsigned long long)hash_bytes(HASH_START, words, strlen(words)) : 0ULL);
    free(words);
    text_printf(&text, "data %s %016llx\n", run->data->name, (unsigned long long)data_hash(run->data));
    text_printf(&text, "scale %d %.17g\ntest %.17g\n", (int)run->scale, run->divisor, o->test);
    static const char *const update[] = {"", "end", "online", "every"};
    text_printf(&text, "batch %d\nupdate %s %d%s\n", run->update == ELIGO_UPDATE_END ? o->batch : 1,
                update[run->update], run->every, run->fused ? " in the step" : "");
    text_printf(&text, "stream %d\n", o->stream);
    text_printf(&text, "loss-at %s\n", o->loss_at == LOSS_AT_EACH ? "each" : "last");
    text_printf(&text, "optimiser %s\nrate %.17g\n", o->optimiser.kind == OPTIMISER_ADAM ? "adam" : "sgd",
                o->optimiser.rate);
    text_printf(&text, "momentum %.17g\nclip %.17g\nweight decay %.17g\n", o->optimiser.momentum,
                o->optimiser.clip, o->optimiser.weight_decay);
    text_printf(&text, "seed %llu\nseeds %d\n", (unsigned long long)o->seed, o->seeds);
    if (o->curriculum) text_printf(&text, "curriculum to %d\n", o->data.delay);
    if (o->seeds > 1) text_printf(&text, "epochs %d\n", o->epochs);
    run->options_text = arena_string(run->arena, text.at);
    text_free(&text);
}

/* ---- one seed ---- */

static bool write_params(Run *run) {
    const TrainOptions *o = run->options;
    if (!o->out) return true;
    const char *folder = o->out;
    if (o->seeds > 1)
        folder = path_join(run->arena, o->out,
                           arena_printf(run->arena, "seed-%llu", (unsigned long long)run->seed));
    if (!file_make_folder(run->eligo, folder)) return false;
    Outputs *outputs = outputs_new(run->eligo);
    bool good = true;
    for (int i = 0; good && i < eligo_params(run->spec); i++) {
        const EligoArray param = eligo_param(run->spec, i);
        const long shape[2] = {param.rows, param.cols};
        double *values = calloc((size_t)(param.rows * param.cols), sizeof *values);
        Text bytes = {0};
        eligo_learner_get_param(run->learner, i, values);
        npy_encode(&bytes, o->real == ELIGO_FLOAT, param.axes, shape, values);
        good = outputs_add(
            outputs, path_join(run->arena, folder, arena_printf(run->arena, "param.%s.npy", param.name)),
            bytes.at, bytes.length);
        text_free(&bytes);
        free(values);
    }
    good = good && outputs_commit(outputs);
    outputs_free(outputs);
    return good;
}

static bool log_epoch(Run *run) {
    const int every = run->options->log;
    if (every == 0 || run->position.epoch % (uint64_t)every != 0) return true;
    Metrics test;
    if (!epoch_evaluate(run, &test)) return false;
    progress_clear(&run->progress);
    report_epoch(run, &test);
    return true;
}

static int train_seed(Run *run, bool resumed) {
    Position *p = &run->position;
    if (!resumed && !run_initialise(run)) return TRAIN_FAILED;
    while (p->epoch < (uint64_t)run->options->epochs) {
        const int status = epoch_run(run);
        if (status != TRAIN_DONE) return status;
        if (!log_epoch(run)) return TRAIN_FAILED;
    }
    SeedResult *result = &p->results[p->seeds_done];
    *result = (SeedResult){.train = p->running, .seed = run->seed, .delay = p->delay};
    if (!epoch_evaluate(run, &result->test) || !write_params(run)) return TRAIN_FAILED;
    p->seeds_done++;
    progress_clear(&run->progress);
    report_seed(run, result);
    return TRAIN_DONE;
}

/* ---- the run ---- */

/* What isn't in the checkpoint follows from the seed, as fixed feedback does. */
static void draw_fixed(Run *run) {
    void *params = eligo_learner_params(run->learner);
    memcpy(run->sum, params, run_gradient_bytes(run));
    run_draw(run, run->options->seed + run->position.seeds_done);
    memcpy(params, run->sum, run_gradient_bytes(run));
}

static bool resume(Run *run) {
    const Resumed learner = {eligo_learner_params(run->learner), run->stream, run->stream_bytes};
    if (!checkpoint_read(run->eligo, run->checkpoint, run->options_text, &run->position, &run->optimiser,
                         &learner))
        return false;
    draw_fixed(run);
    if (run->stream) eligo_learner_restore(run->learner, run->stream);
    eligo_learner_set_draw(run->learner, run->position.draw);
    return true;
}

static bool prepare(Run *run) {
    const TrainOptions *o = run->options;
    run->started = seconds_now();
    run->position.delay = run_first_delay(o);
    if (!run_load_data(run, o->seed)) return false;
    if (!run_open(run) || !run_make_learner(run)) return false;
    describe(run);
    run->checkpoint = o->checkpoint;
    if (!o->checkpoint && o->out) run->checkpoint = path_join(run->arena, o->out, "checkpoint");
    if (!o->resume) return true;
    if (!run->checkpoint)
        return complain(run->eligo, "E0622",
                        "--resume needs to know the checkpoint: --checkpoint FILE, or --out DIR");
    return resume(run);
}

static void report_start(Run *run) {
    report_head(run);
    for (uint64_t i = 0; i < run->position.seeds_done; i++) report_seed(run, &run->position.results[i]);
}

static int train_seeds(Run *run) {
    const TrainOptions *o = run->options;
    const int first = (int)run->position.seeds_done;
    for (int i = first; i < o->seeds; i++) {
        const uint64_t seed = o->seed + (uint64_t)i;
        const bool resumed = o->resume && i == first;
        if (!resumed) run->position.delay = run_first_delay(o);
        if (!run_take_seed(run, seed)) return TRAIN_FAILED;
        if (i == first) report_start(run);
        const int status = train_seed(run, resumed);
        if (status != TRAIN_DONE) return status;
    }
    report_end(run);
    return TRAIN_DONE;
}

int train(Eligo *eligo, const TrainOptions *options) {
    Run *run = calloc(1, sizeof *run);
    if (!run) return complain(eligo, "E0623", "out of memory"), TRAIN_FAILED;
    *run = (Run){.eligo = eligo, .options = options, .arena = arena_new()};
    int status = TRAIN_FAILED;
    const bool prepared = prepare(run);
    if (prepared && options->explain_plan) report_plan(run);
    if (prepared && (!options->out || file_make_folder(eligo, options->out))) {
        run->progress = progress_start(options->quiet);
        status = train_seeds(run);
        progress_clear(&run->progress);
        if (options->stats) report_stats(run);
        report_refusal(eligo, run->learner);
    }
    run_free_learner(run);
    eligo_spec_free(run->spec);
    arena_free(run->seed_arena);
    arena_free(run->arena);
    free(run);
    return status;
}
