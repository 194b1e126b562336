/* What a run needs before its first step: data, the spec at sizes that fit them, a learner, a split. */
#include "base/text.h"
#include "train/file.h"
#include "train/run.h"
#include "train/tasks.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

uint64_t run_first_delay(const TrainOptions *options) { return options->curriculum ? 1 : 0; }

bool run_may_lengthen(const Run *run) {
    const TrainOptions *o = run->options;
    const uint64_t longest = o->data.delay > 0 ? (uint64_t)o->data.delay : TASK_STEPS_LIMIT;
    return o->curriculum && run->position.delay < longest;
}

static bool has_curriculum(const Run *run) {
    const TrainOptions *o = run->options;
    return !o->curriculum || task_has_delay(o->data.source) ||
           complain(run->eligo, "E0611",
                    "--curriculum wants a task whose delay can grow: copy, for one (`eligo list tasks`); "
                    "`%s` has none",
                    o->data.source);
}

bool run_load_data(Run *run, uint64_t seed) {
    if (!has_curriculum(run)) return false;
    arena_free(run->seed_arena);
    run->seed_arena = arena_new();
    run->seed = seed;
    run->delay = run->position.delay;
    DataOptions options = run->options->data;
    options.seed = seed;
    if (run->options->curriculum) options.delay = (int)run->delay;
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

static void choose_scale(Run *run) {
    const TrainOptions *o = run->options;
    run->scale = o->scale;
    run->divisor = o->divisor;
    if (o->scale != SCALE_AUTO) return;
    const bool digits = strcmp(o->data.source, "digits") == 0;
    run->scale = digits ? SCALE_DIVIDE : task_known(o->data.source) ? SCALE_NONE : SCALE_MINMAX;
    run->divisor = digits ? 16 : 1;
}

bool run_open(Run *run) {
    choose_scale(run);
    return open_spec(run) && fits(run);
}

/* ---- the learner ---- */

/* When parameters change: the option's, else the rule's, else once a batch. And how the gradient is carried:
 * the option's, else the rule's, else what is fastest for these data and that schedule. */
static EligoCarry choose_schedule(Run *run, const EligoSchedule *rule) {
    const TrainOptions *o = run->options;
    const bool own = o->update == ELIGO_UPDATE_UNSAID;
    run->update = own ? rule->update : o->update;
    run->every = own ? rule->every : o->every;
    if (run->update == ELIGO_UPDATE_UNSAID) run->update = ELIGO_UPDATE_END;
    eligo_work(run->eligo, &(EligoWork){.steps = run->data->steps,
                                        .batch = o->batch,
                                        .update = run->update,
                                        .every = run->every,
                                        .stream = o->stream,
                                        .memory = o->memory,
                                        .real = o->real});
    const EligoCarry carry = o->carry != ELIGO_CARRY_RULE ? o->carry : rule->carry;
    if (carry != ELIGO_CARRY_RULE && carry != ELIGO_CARRY_AUTO) return carry;
    const EligoCarry planned = eligo_planned_carry(run->eligo, run->spec, o->rule, o->keep);
    /* how long blocks are, and why there is no way, deriving finds out */
    return planned == ELIGO_CARRY_FORWARD || planned == ELIGO_CARRY_BACKWARD ? planned : ELIGO_CARRY_AUTO;
}

/* Whether the gradient is known, and nothing on its way, wherever parameters change. */
static bool is_known_in_time(const Run *run) {
    const int block = eligo_block_steps(run->derivation);
    if (run->update == ELIGO_UPDATE_END) return true;
    return block > 0 && (run->update == ELIGO_UPDATE_EVERY ? run->every % block == 0 : block == 1);
}

static bool schedule_fits(Run *run) {
    const TrainOptions *o = run->options;
    const char *carry = eligo_block_steps(run->derivation) ? "mixed" : "backward";
    const char *whose = o->carry == ELIGO_CARRY_RULE ? "the rule's `" : "`--";
    const char *update = run->update == ELIGO_UPDATE_ONLINE ? "online" : "every k";
    if (run->forward) return true;
    if (!is_known_in_time(run))
        return complain(
            run->eligo, "E0625",
            "updates %s contradict %scarry %s`: it knows its gradient when a sequence or a block is "
            "over; `--carry forward` knows it at each step, `--update end` can wait",
            update, whose, carry);
    if (!o->stream) return true;
    return complain(
        run->eligo, "E0626",
        "--stream contradicts %scarry %s`: it looks back from the end of a sequence or a block, and a "
        "stream has none; `--carry forward` needs no end",
        whose, carry);
}

/* Descent by nothing but the gradient at each step is what the step can do itself, in the sweep that carries
 * the traces. */
static bool can_fuse(const Run *run) {
    const OptimiserOptions *optimiser = &run->options->optimiser;
    return run->update == ELIGO_UPDATE_ONLINE && optimiser->kind == OPTIMISER_SGD &&
           optimiser->momentum == 0 && optimiser->clip == 0 && optimiser->weight_decay == 0;
}

/* A batch in parts of one size, none of more than 32 sequences. Fewer than 16 at once take longer than one
 * after the other (bench/README.md). */
static int lanes_that_pay(int batch) {
    enum { MOST = 32, LEAST = 16 };
    const int parts = (batch + MOST - 1) / MOST;
    return batch < LEAST ? 1 : (batch + parts - 1) / parts;
}

/* Backward, what differs between sequences is vectors: weights read once for all of them count more. Forward
 * and in blocks each has traces of its own, the size of the weights. A limit of memory is one sequence's, as
 * plans weigh it. */
static int choose_lanes(const Run *run, EligoCarry carry) {
    const TrainOptions *o = run->options;
    const bool may = run->update == ELIGO_UPDATE_END && !o->stream;
    const bool pays = carry == ELIGO_CARRY_BACKWARD && o->memory == 0;
    const int lanes = o->lanes > 0 ? o->lanes : pays ? lanes_that_pay(o->batch) : 1;
    return !may ? 1 : lanes < o->batch ? lanes : o->batch;
}

/* Says why sequences are done one at a time although the options ask for more. */
static void note_lanes(const Run *run) {
    const TrainOptions *o = run->options;
    const char *refused = eligo_lanes_refused(run->derivation);
    if (o->lanes <= 1 || run->lanes > 1) return;
    if (!refused) refused = o->stream ? "a stream is one sequence" : "the parameters change within each";
    if (!o->stream && o->batch == 1 && run->update == ELIGO_UPDATE_END) refused = "a batch has one";
    eligo_report(run->eligo, "N0631", "one sequence at a time: %s", refused);
}

static bool may_be_unscored(const Run *run) {
    return run->data->each ? run->data->classes : run->options->loss_at != LOSS_AT_EACH;
}

static bool derive_rule(Run *run) {
    const TrainOptions *o = run->options;
    EligoSchedule rule = {0};
    eligo_rule_schedule(run->spec, o->rule, o->keep, &rule); /* what is wrong with it, deriving reports */
    const EligoCarry carry = choose_schedule(run, &rule);
    run->fused = carry == ELIGO_CARRY_FORWARD && can_fuse(run);
    eligo_lanes(run->eligo, choose_lanes(run, carry));
    eligo_teach(run->eligo, !run->fused && may_be_unscored(run));
    run->derivation = run->fused ? eligo_derive_online(run->eligo, run->spec, o->rule, o->keep)
                                 : eligo_derive(run->eligo, run->spec, o->rule, o->keep, carry);
    eligo_lanes(run->eligo, 1);
    eligo_teach(run->eligo, false);
    if (!run->derivation) return false;
    run->lanes = eligo_lane_count(run->derivation);
    note_lanes(run);
    run->forward = eligo_is_forward(run->derivation);
    return schedule_fits(run);
}

size_t run_gradient_bytes(const Run *run) {
    return run->optimiser.entries * (run->optimiser.is_float ? sizeof(float) : sizeof(double));
}

/* ---- threads ---- */

/* Why one learner has to do all sequences of an update; NULL: they can be shared out. */
static const char *why_one_learner(const Run *run) {
    if (run->options->stream) return "a stream is one sequence";
    if (run->update != ELIGO_UPDATE_END) return "the parameters change within each";
    if (run->options->batch == 1) return "a batch has one";
    return run->options->batch <= run->lanes ? "a batch is done at once (fewer --lanes leave parts)" : NULL;
}

/* Threads for the sequences of a batch, no more than it has parts; else for the rows of products, where these
 * are large. */
static void choose_threads(Run *run) {
    const TrainOptions *o = run->options;
    const int parts = (o->batch + run->lanes - 1) / run->lanes;
    const char *why = why_one_learner(run);
    const bool by_cc = o->engine == ELIGO_ENGINE_BEST || o->engine == ELIGO_ENGINE_CC;
    const bool rows = o->threads > 1 && why && by_cc && eligo_threads_help(run->derivation);
    run->threads = o->threads <= 1 || why ? 1 : o->threads < parts ? o->threads : parts;
    eligo_threads(run->eligo, rows ? o->threads : 1);
    if (o->threads <= 1 || !why) return;
    if (rows)
        eligo_report(run->eligo, "N0632",
                     "%d threads share out the rows of large products: sequences can't be shared out, %s",
                     o->threads, why);
    else
        eligo_report(run->eligo, "N0630",
                     "one thread works: sequences can't be shared out among %d, %s; and %s", o->threads, why,
                     by_cc ? "no product is large enough to share out its rows"
                           : "only what cc compiles shares out rows");
}

static void make_worker(Run *run, Worker *worker) {
    const size_t rows = (size_t)run->target_rows * sizeof(double);
    *worker = (Worker){.learner = worker == run->workers ? run->learner : eligo_learner_twin(run->learner)};
    worker->target = arena_alloc(run->arena, rows);
    worker->y = arena_alloc(run->arena, rows);
}

static bool make_workers(Run *run) {
    bool good = true;
    run->workers = arena_alloc(run->arena, (size_t)run->threads * sizeof *run->workers);
    for (int i = 0; i < run->threads; i++) {
        make_worker(run, &run->workers[i]);
        good = good && run->workers[i].learner;
    }
    if (run->threads > 1) run->pool = pool_new(run->threads);
    return (good && (run->threads == 1 || run->pool)) ||
           complain(run->eligo, "E0623", "no memory for %d threads", run->threads);
}

/* What each learner draws for itself follows from the seed alone. */
void run_draw(Run *run, uint64_t seed) {
    for (int i = 0; i < run->threads; i++) eligo_learner_init(run->workers[i].learner, seed);
}

bool run_make_learner(Run *run) {
    const TrainOptions *o = run->options;
    if (!derive_rule(run)) return false;
    choose_threads(run);
    run->learner = eligo_learner_new(run->eligo, run->derivation, o->engine, o->real);
    if (!run->learner) return false;
    if (o->stream) {
        run->stream_bytes = eligo_learner_state_bytes(run->learner);
        run->stream = arena_alloc(run->arena, run->stream_bytes);
    }
    const size_t entries = eligo_learner_entries(run->learner);
    if (!optimiser_init(&run->optimiser, &o->optimiser, entries, o->real == ELIGO_FLOAT))
        return complain(run->eligo, "E0623", "no memory for the optimiser's %zu entries", entries);
    run->sum = arena_alloc(run->arena, run_gradient_bytes(run));
    return make_workers(run);
}

void run_free_learner(Run *run) {
    pool_free(run->pool);
    for (int i = 1; run->workers && i < run->threads; i++) eligo_learner_free(run->workers[i].learner);
    eligo_learner_free(run->learner);
    optimiser_free(&run->optimiser);
    eligo_derivation_free(run->derivation);
}

/* ---- one seed ---- */

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

bool run_take_seed(Run *run, uint64_t seed) {
    const long classes = run->data->classes ? run->target_rows : INT_MAX;
    const bool loaded = seed == run->seed && run->delay == run->position.delay;
    if (!loaded && !run_load_data(run, seed)) return false;
    return labels_fit(run, classes) && split(run);
}

bool run_initialise(Run *run) {
    Position *p = &run->position;
    p->epoch = p->batch = 0;
    p->delay = run_first_delay(run->options);
    p->running = (Metrics){0};
    random_seed(&p->random, run->seed + 0x6F72646572U);
    optimiser_reset(&run->optimiser);
    run_draw(run, run->seed);
    eligo_learner_clear_gradients(run->learner);
    return !run->stream || epoch_start(run);
}
