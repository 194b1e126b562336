/* The pipeline of a training run: load the data, open the spec at sizes that fit them, derive, compile; then
 * each seed: split, scale, initialise or resume, epochs, evaluation. */
#include "train/train.h"
#include "base/text.h"
#include "train/file.h"
#include "train/npy.h"
#include "train/run.h"
#include "train/tasks.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool load_data(Run *run, uint64_t seed) {
    arena_free(run->seed_arena);
    run->seed_arena = arena_new();
    run->seed = seed;
    DataOptions options = run->options->data;
    options.seed = seed;
    run->data = data_load(run->eligo, run->seed_arena, &options);
    return run->data != NULL;
}

/* ---- the spec, at the data's sizes ---- */

typedef struct DataShape {
    const char *input, *target, *readout;
    long inputs, outputs;
} DataShape;

static bool same(const char *a, const char *b) { return a && b && strcmp(a, b) == 0; }

static int shape_of_data(void *context, const char *name, long shape[2]) {
    const DataShape *data = context;
    shape[1] = 1;
    if (same(name, data->input)) return shape[0] = data->inputs, 1;
    if (same(name, data->target) || same(name, data->readout)) return shape[0] = data->outputs, 1;
    return 0;
}

static bool open_spec(Run *run) {
    const char *path = run->options->spec;
    const EligoTarget target = run->data->classes ? ELIGO_TARGET_CLASS : ELIGO_TARGET_VALUES;
    run->spec = eligo_open(run->eligo, path, target); /* at any sizes: what are the variables' names? */
    if (!run->spec) return false;
    DataShape shape = {NULL, eligo_target(run->spec).name, eligo_readout(run->spec).name, run->data->inputs,
                       run->data->outputs};
    if (eligo_inputs(run->spec) == 1) shape.input = eligo_input(run->spec, 0).name;
    if (!eligo_infer_sizes(run->eligo, path, shape_of_data, &shape)) return false;
    eligo_spec_free(run->spec);
    eligo_messages_clear(run->eligo);
    run->spec = eligo_open(run->eligo, path, target);
    return run->spec != NULL;
}

static bool input_fits(Run *run) {
    const char *spec = run->options->spec;
    if (eligo_inputs(run->spec) != 1)
        return complain(run->eligo, "E0611", "`%s` has %d inputs; train feeds one", spec,
                        eligo_inputs(run->spec));
    const EligoArray input = eligo_input(run->spec, 0);
    if (input.rows == run->data->inputs) return true;
    return complain(run->eligo, "E0611",
                    "`%s` wants %ld numbers a step as %s, %s gives %d (--steps says how a row is cut)", spec,
                    input.rows, input.name, run->data->name, run->data->inputs);
}

static bool labels_fit(Run *run, long classes) {
    const Dataset *data = run->data;
    if (data->outputs <= classes) return true;
    int i = 0;
    while (data->labels[i] < classes) i++;
    const int sequence = data->each ? i / data->steps : i;
    return complain(run->eligo, "E0609",
                    "%s: %s %d: the label %d is out of range: `%s` knows the classes 0 to %ld", data->name,
                    data->rows ? "row" : "sequence", data->rows ? data->rows[sequence] : sequence,
                    data->labels[i], run->options->spec, classes - 1);
}

static bool target_fits(Run *run) {
    const EligoArray target = eligo_target(run->spec);
    if (!target.name)
        return complain(run->eligo, "E0611", "`%s` has no loss that compares with a target",
                        run->options->spec);
    run->target_rows = (int)target.rows;
    if (run->data->classes && target.rows > 1) return labels_fit(run, target.rows);
    if (!run->data->classes && target.rows == run->data->outputs) return true;
    if (run->data->classes)
        return complain(run->eligo, "E0611",
                        "`%s` compares with one value, %s has classes (--label value takes them as numbers)",
                        run->options->spec, run->data->name);
    return complain(run->eligo, "E0611", "`%s` compares with %ld values, %s has %d", run->options->spec,
                    target.rows, run->data->name, run->data->outputs);
}

static bool fits(Run *run) {
    if (!input_fits(run) || !target_fits(run)) return false;
    const EligoArray y = eligo_readout(run->spec);
    if (y.name && y.rows == run->target_rows) run->readout_rows = (int)y.rows;
    run->class_target = eligo_target_is_class(run->spec);
    run->has_when = eligo_when(run->spec).name != NULL;
    return true;
}

/* ---- the learner ---- */

/* The option's, else the rule's, else once a batch. Asks for a forward carry where the schedule needs one and
 * neither the option nor the rule says another. */
static EligoCarry choose_schedule(Run *run, const EligoSchedule *rule) {
    const TrainOptions *o = run->options;
    const bool own = o->update == ELIGO_UPDATE_UNSAID;
    run->update = own ? rule->update : o->update;
    run->every = own ? rule->every : o->every;
    if (run->update == ELIGO_UPDATE_UNSAID) run->update = ELIGO_UPDATE_END;
    const bool endless = run->update != ELIGO_UPDATE_END || o->stream;
    if (o->carry != ELIGO_CARRY_RULE) return o->carry;
    return endless && rule->carry == ELIGO_CARRY_RULE ? ELIGO_CARRY_FORWARD : rule->carry;
}

static bool schedule_fits(Run *run) {
    const TrainOptions *o = run->options;
    const char *carry =
        o->carry == ELIGO_CARRY_BACKWARD ? "`--carry backward`" : "the rule's `carry backward`";
    const char *update = run->update == ELIGO_UPDATE_ONLINE ? "online" : "every k";
    if (run->forward) return true;
    if (run->update != ELIGO_UPDATE_END)
        return complain(run->eligo, "E0625",
                        "updates %s contradict %s: it knows its gradient when a sequence is over; "
                        "`--carry forward` knows it at each step, `--update end` can wait",
                        update, carry);
    if (!o->stream) return true;
    return complain(
        run->eligo, "E0626",
        "--stream contradicts %s: it looks back from the end of a sequence, and a stream has none; "
        "`--carry forward` needs no end",
        carry);
}

/* Descent by nothing but the gradient at each step is what the step can do itself, in the sweep that carries
 * the traces. */
static bool can_fuse(const Run *run) {
    const OptimiserOptions *optimiser = &run->options->optimiser;
    return run->update == ELIGO_UPDATE_ONLINE && optimiser->kind == OPTIMISER_SGD &&
           optimiser->momentum == 0 && optimiser->clip == 0 && optimiser->weight_decay == 0;
}

static bool derive_rule(Run *run) {
    const TrainOptions *o = run->options;
    EligoSchedule rule = {0};
    eligo_rule_schedule(run->spec, o->rule, o->keep, &rule); /* what is wrong with it, deriving reports */
    const EligoCarry carry = choose_schedule(run, &rule);
    run->fused = carry == ELIGO_CARRY_FORWARD && can_fuse(run);
    run->derivation = run->fused ? eligo_derive_online(run->eligo, run->spec, o->rule, o->keep)
                                 : eligo_derive(run->eligo, run->spec, o->rule, o->keep, carry);
    if (!run->derivation) return false;
    run->forward = eligo_is_forward(run->derivation);
    return schedule_fits(run);
}

static bool make_learner(Run *run) {
    const TrainOptions *o = run->options;
    if (!derive_rule(run)) return false;
    run->learner = eligo_learner_new(run->eligo, run->derivation, o->engine, o->real);
    if (!run->learner) return false;
    if (o->stream) {
        run->stream_bytes = eligo_learner_state_bytes(run->learner);
        run->stream = arena_alloc(run->arena, run->stream_bytes);
    }
    const size_t entries = eligo_learner_entries(run->learner);
    if (!optimiser_init(&run->optimiser, &o->optimiser, entries, o->real == ELIGO_FLOAT))
        return complain(run->eligo, "E0623", "no memory for the optimiser's %zu entries", entries);
    run->kept = arena_alloc(run->arena, entries * sizeof(double));
    run->target = arena_alloc(run->arena, (size_t)run->target_rows * sizeof(double));
    run->y = arena_alloc(run->arena, (size_t)run->target_rows * sizeof(double));
    run->echo = arena_alloc(run->arena, (size_t)(run->target_rows * run->data->steps) * sizeof(double));
    return true;
}

/* All that the result depends on, for the checkpoint; of several seeds the number of epochs too. */
static void describe(Run *run) {
    const TrainOptions *o = run->options;
    Text text = {0};
    char *words = eligo_print(run->derivation, ELIGO_TEXT);
    text_printf(&text, "spec %s\n%s %s\n", o->spec, o->rule ? "rule" : "keep", o->rule ? o->rule : o->keep);
    text_printf(&text, "carry %s\nreal %s\n", run->forward ? "forward" : "backward",
                o->real == ELIGO_FLOAT ? "float" : "double");
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
    if (o->seeds > 1) text_printf(&text, "epochs %d\n", o->epochs);
    run->options_text = arena_string(run->arena, text.at);
    text_free(&text);
}

/* ---- one seed ---- */

static void choose_scale(Run *run) {
    const TrainOptions *o = run->options;
    run->scale = o->scale;
    run->divisor = o->divisor;
    if (o->scale != SCALE_AUTO) return;
    const bool digits = strcmp(o->data.source, "digits") == 0;
    run->scale = digits ? SCALE_DIVIDE : task_known(o->data.source) ? SCALE_NONE : SCALE_MINMAX;
    run->divisor = digits ? 16 : 1;
}

static bool split(Run *run) {
    const Dataset *data = run->data;
    int *order = arena_alloc(run->seed_arena, (size_t)data->count * sizeof(int));
    for (int i = 0; i < data->count; i++) order[i] = i;
    Random random;
    random_seed(&random, run->seed);
    random_shuffle(&random, order, data->count);
    run->test_count = (int)(run->options->test * data->count + 0.5);
    run->train_count = data->count - run->test_count;
    if (run->train_count < 1)
        return complain(run->eligo, "E0610", "%s: of %d sequences none is left to train on", data->name,
                        data->count);
    run->held_out = order;
    run->train = order + run->test_count;
    run->order = arena_alloc(run->seed_arena, (size_t)run->train_count * sizeof(int));
    run->x = arena_alloc(run->seed_arena,
                         (size_t)data->count * (size_t)data->steps * (size_t)data->inputs * sizeof(double));
    data_scale(data, run->scale, run->divisor, run->train, run->train_count, run->x);
    return true;
}

static bool initialise(Run *run) {
    Position *p = &run->position;
    p->epoch = p->batch = 0;
    p->running = (Metrics){0};
    random_seed(&p->random, run->seed + 0x6F72646572U);
    optimiser_reset(&run->optimiser);
    eligo_learner_init(run->learner, run->seed);
    eligo_learner_clear_gradients(run->learner);
    return !run->stream || epoch_start(run);
}

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
    if (!resumed && !initialise(run)) return TRAIN_FAILED;
    while (p->epoch < (uint64_t)run->options->epochs) {
        const int status = epoch_run(run);
        if (status != TRAIN_DONE) return status;
        if (!log_epoch(run)) return TRAIN_FAILED;
    }
    SeedResult *result = &p->results[p->seeds_done];
    *result = (SeedResult){.train = p->running, .seed = run->seed};
    if (!epoch_evaluate(run, &result->test) || !write_params(run)) return TRAIN_FAILED;
    p->seeds_done++;
    progress_clear(&run->progress);
    report_seed(run, result);
    return TRAIN_DONE;
}

/* ---- the run ---- */

/* What isn't in the checkpoint follows from the seed, as fixed feedback does. */
static void draw_fixed(Run *run) {
    const size_t bytes = run->optimiser.entries * (run->optimiser.is_float ? sizeof(float) : sizeof(double));
    void *params = eligo_learner_params(run->learner);
    memcpy(run->kept, params, bytes);
    eligo_learner_init(run->learner, run->options->seed + run->position.seeds_done);
    memcpy(params, run->kept, bytes);
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
    if (!load_data(run, o->seed)) return false;
    choose_scale(run);
    if (!open_spec(run) || !fits(run) || !make_learner(run)) return false;
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
    const long classes = run->data->classes ? run->target_rows : INT_MAX;
    for (int i = first; i < o->seeds; i++) {
        const uint64_t seed = o->seed + (uint64_t)i;
        if (seed != run->seed && !load_data(run, seed)) return TRAIN_FAILED;
        if (!labels_fit(run, classes) || !split(run)) return TRAIN_FAILED;
        if (i == first) report_start(run);
        const int status = train_seed(run, o->resume && i == first);
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
    if (prepare(run) && (!options->out || file_make_folder(eligo, options->out))) {
        run->progress = progress_start(options->quiet);
        status = train_seeds(run);
        progress_clear(&run->progress);
        if (options->stats) report_stats(run);
        report_refusal(eligo, run->learner);
    }
    eligo_learner_free(run->learner);
    optimiser_free(&run->optimiser);
    eligo_derivation_free(run->derivation);
    eligo_spec_free(run->spec);
    arena_free(run->seed_arena);
    arena_free(run->arena);
    free(run);
    return status;
}
