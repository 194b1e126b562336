/* The pipeline of a comparison: data and spec once, a learner for each rule, then for each seed a run of each
 * rule that trains, with the others as its shadows. */
#include "base/diagnostic.h"
#include "train/comparison.h"
#include "train/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char everything[] = "any*";
static const char each[] = "each";
enum { USUAL_MEASUREMENTS = 200 };

/* ---- contenders ---- */

static void add_contender(Comparison *c, const char *name, const char *rule) {
    Contender *one = &c->contenders[c->count++];
    *one = (Contender){.name = name, .options = c->options->train};
    one->options.rule = rule;
    one->options.keep = rule ? NULL : everything;
    one->options.carry = rule ? ELIGO_CARRY_RULE : ELIGO_CARRY_BACKWARD;
    one->options.update = ELIGO_UPDATE_END;
    one->options.stream = one->options.resume = false;
    one->options.checkpoint = one->options.out = NULL;
}

static int find_contender(const Comparison *c, const char *name) {
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->contenders[i].name, name) == 0) return i;
    return -1;
}

/* The exact gradient, the rules asked for, and the one that trains where it isn't among them. */
static bool list_contenders(Comparison *c) {
    const CompareOptions *o = c->options;
    c->contenders = arena_alloc(c->arena, (size_t)(o->rule_count + 2) * sizeof *c->contenders);
    c->by = arena_alloc(c->arena, (size_t)(o->rule_count + 1) * sizeof *c->by);
    add_contender(c, "exact", NULL);
    for (int i = 0; i < o->rule_count; i++) {
        if (find_contender(c, o->rules[i]) >= 0)
            return complain(c->eligo, "E0628", "`%s` is in the list of rules twice%s", o->rules[i],
                            find_contender(c, o->rules[i]) == EXACT ? ": it is always compared with" : "");
        add_contender(c, o->rules[i], o->rules[i]);
    }
    if (o->by && strcmp(o->by, each) == 0) {
        for (int i = 0; i < o->rule_count; i++) c->by[c->runs++] = i + 1;
        return true;
    }
    const int by = o->by ? find_contender(c, o->by) : EXACT;
    if (by < 0) add_contender(c, o->by, o->by);
    c->by[c->runs++] = by < 0 ? c->count - 1 : by;
    return true;
}

static int find_param(const EligoSpec *spec, const char *name) {
    for (int i = 0; i < eligo_params(spec); i++)
        if (strcmp(eligo_param(spec, i).name, name) == 0) return i;
    return -1;
}

static bool complain_no_param(const Comparison *c, const char *name) {
    const int count = eligo_params(c->base.spec);
    const char **names = arena_alloc(c->arena, (size_t)count * sizeof *names);
    Text list = {0};
    for (int i = 0; i < count; i++) {
        names[i] = eligo_param(c->base.spec, i).name;
        text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    const char *near = closest_name(name, names, count);
    complain(c->eligo, "E0629", "`%s` has no parameter `%s`; %s%s%s", c->base.options->spec, name,
             near ? "did you mean `" : "it has ", near ? near : list.at, near ? "`?" : "");
    text_free(&list);
    return false;
}

/* Which parameters are compared: those asked for, else all. */
static bool list_params(Comparison *c) {
    const CompareOptions *o = c->options;
    c->params = o->param_count > 0 ? o->param_count : eligo_params(c->base.spec);
    c->param = arena_alloc(c->arena, (size_t)c->params * sizeof *c->param);
    for (int i = 0; i < c->params; i++) {
        c->param[i] = o->param_count > 0 ? find_param(c->base.spec, o->params[i]) : i;
        if (c->param[i] < 0) return complain_no_param(c, o->params[i]);
        for (int j = 0; j < i; j++)
            if (c->param[j] == c->param[i])
                return complain(c->eligo, "E0628", "`%s` is in the list of parameters twice", o->params[i]);
    }
    return true;
}

static void list_parts(Comparison *c) {
    c->parts = c->params + 1;
    c->part = arena_alloc(c->arena, (size_t)c->parts * sizeof *c->part);
    c->begin = arena_alloc(c->arena, (size_t)c->parts * sizeof *c->begin);
    c->size = arena_alloc(c->arena, (size_t)c->parts * sizeof *c->size);
    size_t total = 0;
    for (int i = 0; i < c->params; i++) {
        const EligoArray param = eligo_param(c->base.spec, c->param[i]);
        c->part[i] = param.name;
        c->begin[i] = total;
        c->size[i] = (size_t)(param.rows * param.cols);
        total += c->size[i];
    }
    c->part[c->params] = "all";
    c->size[c->params] = total;
}

/* What a contender's learner needs of the data; what it has drawn and learned stays its own. */
static void share_data(Run *run, const Run *from) {
    run->seed = from->seed;
    run->delay = from->delay;
    run->data = from->data;
    run->x = from->x;
    run->train = from->train;
    run->held_out = from->held_out;
    run->train_count = from->train_count;
    run->test_count = from->test_count;
    run->order = from->order;
}

static void make_room(Comparison *c) {
    size_t most = 0;
    for (int i = 0; i < eligo_params(c->base.spec); i++) {
        const EligoArray param = eligo_param(c->base.spec, i);
        if ((size_t)(param.rows * param.cols) > most) most = (size_t)(param.rows * param.cols);
    }
    c->values = arena_alloc(c->arena, most * sizeof *c->values);
}

/* `train` takes a rule that names what the model lacks, with a note; a row about it would mislead. */
static bool applies(const Comparison *c, const Contender *one) {
    char *reason = NULL;
    if (!one->options.rule || eligo_applies(c->base.spec, one->options.rule, &reason)) return true;
    complain(c->eligo, "E0627", "`%s` doesn't apply to `%s`: %s (`eligo list rules --for %s`)", one->name,
             one->options.spec, reason, one->options.spec);
    free(reason);
    return false;
}

static bool make_learners(Comparison *c) {
    for (int i = 0; i < c->count; i++) {
        Contender *one = &c->contenders[i];
        one->run = c->base;
        one->run.options = &one->options;
        one->run.seed_arena = NULL; /* the base's; one that a curriculum fills is its own */
        one->gradient = arena_alloc(c->arena, c->size[c->params] * sizeof *one->gradient);
        if (!run_make_learner(&one->run) || !applies(c, one)) return false;
    }
    return true;
}

/* ---- what is to be measured ---- */

static void plan(Comparison *c) {
    const TrainOptions *o = &c->options->train;
    const uint64_t batches = ((uint64_t)c->base.train_count + (uint64_t)o->batch - 1) / (uint64_t)o->batch;
    c->updates = batches * (uint64_t)o->epochs;
    c->every = (uint64_t)c->options->measure;
    if (c->every == 0) c->every = (c->updates + USUAL_MEASUREMENTS - 1) / USUAL_MEASUREMENTS;
    c->most = (int)((c->updates + c->every - 1) / c->every);
    c->trials = arena_alloc(c->arena, (size_t)(c->runs * o->seeds) * sizeof *c->trials);
}

static Trial *begin_trial(Comparison *c, int run, int seed) {
    Trial *trial = &c->trials[run * c->options->train.seeds + seed];
    const size_t most = (size_t)c->most, count = (size_t)c->count, epochs = (size_t)c->options->train.epochs;
    trial->by = c->by[run];
    trial->seed = c->base.seed;
    trial->at = arena_alloc(c->arena, most * sizeof *trial->at);
    trial->agreements = arena_alloc(c->arena, most * count * (size_t)c->parts * sizeof *trial->agreements);
    trial->cosines = arena_alloc(c->arena, count * count * most * sizeof *trial->cosines);
    trial->train = arena_alloc(c->arena, epochs * sizeof *trial->train);
    trial->test = arena_alloc(c->arena, epochs * sizeof *trial->test);
    return trial;
}

/* ---- measuring ---- */

typedef struct Watch {
    Comparison *comparison;
    Trial *trial;
} Watch;

/* The batch's gradient by a rule that doesn't train, at the trained parameters. */
static bool shadow(Comparison *c, Run *shadow, const Run *trained, int begin, int end) {
    Metrics unread = {0};
    for (int i = 0; i < eligo_params(c->base.spec); i++) {
        eligo_learner_get_param(trained->learner, i, c->values);
        eligo_learner_set_param(shadow->learner, i, c->values);
    }
    share_data(shadow, trained);
    shadow->position.epoch = trained->position.epoch;
    shadow->position.batch = trained->position.batch;
    return epoch_gradient(shadow, begin, end, &unread);
}

static void read_gradients(Comparison *c) {
    for (int i = 0; i < c->count; i++)
        for (int p = 0; p < c->params; p++)
            eligo_learner_get_gradient(c->contenders[i].run.learner, c->param[p],
                                       &c->contenders[i].gradient[c->begin[p]]);
}

static void measure(const Comparison *c, Trial *trial) {
    const size_t m = (size_t)trial->measured, all = c->size[c->params];
    for (int i = 0; i < c->count; i++) {
        Agreement *of = &trial->agreements[(m * (size_t)c->count + (size_t)i) * (size_t)c->parts];
        for (int p = 0; p < c->parts; p++)
            of[p] = alignment(&c->contenders[i].gradient[c->begin[p]],
                              &c->contenders[EXACT].gradient[c->begin[p]], c->size[p]);
        for (int j = 0; j < c->count; j++)
            trial->cosines[(size_t)(i * c->count + j) * (size_t)c->most + m] =
                alignment(c->contenders[i].gradient, c->contenders[j].gradient, all).cosine;
    }
    trial->at[trial->measured++] = trial->updates;
}

static bool watch(Run *run, int begin, int end) {
    const Watch *watch = run->watcher;
    Comparison *c = watch->comparison;
    Trial *trial = watch->trial;
    if (trial->updates % c->every == 0) {
        for (int i = 0; i < c->count; i++)
            if (i != trial->by && !shadow(c, &c->contenders[i].run, run, begin, end)) return false;
        read_gradients(c);
        measure(c, trial);
    }
    trial->updates++;
    return true;
}

/* ---- running ---- */

static int run_trial(Comparison *c, Trial *trial, int seed) {
    Watch watcher = {c, trial};
    for (int i = 0; i < c->count; i++) {
        share_data(&c->contenders[i].run, &c->base);
        if (!run_initialise(&c->contenders[i].run)) return TRAIN_FAILED;
    }
    Run *run = &c->contenders[trial->by].run;
    run->progress = progress_start(c->options->train.quiet);
    run->position.seeds_done = (uint64_t)seed;
    run->watch = watch;
    run->watcher = &watcher;
    int status = TRAIN_DONE;
    for (int epoch = 0; status == TRAIN_DONE && epoch < run->options->epochs; epoch++) {
        status = epoch_run(run);
        trial->train[epoch] = run->position.running;
        if (status == TRAIN_DONE && !epoch_evaluate(run, &trial->test[epoch])) status = TRAIN_FAILED;
    }
    trial->delay = (int)run->position.delay;
    run->watch = NULL;
    progress_clear(&run->progress);
    return status;
}

int comparison_run(Comparison *c) {
    const TrainOptions *o = &c->options->train;
    for (int seed = 0; seed < o->seeds; seed++) {
        if (!run_take_seed(&c->base, o->seed + (uint64_t)seed)) return TRAIN_FAILED;
        if (seed == 0) plan(c);
        for (int run = 0; run < c->runs; run++) {
            const int status = run_trial(c, begin_trial(c, run, seed), seed);
            if (status != TRAIN_DONE) return status;
        }
    }
    return TRAIN_DONE;
}

Comparison *comparison_new(Eligo *eligo, const CompareOptions *options) {
    Arena *arena = arena_new();
    Comparison *c = arena_new_of(arena, Comparison);
    *c = (Comparison){.eligo = eligo, .options = options, .arena = arena};
    c->base = (Run){.eligo = eligo, .options = &options->train, .arena = arena};
    c->base.started = seconds_now();
    c->base.position.delay = run_first_delay(&options->train);
    if (list_contenders(c) && run_load_data(&c->base, options->train.seed) && run_open(&c->base) &&
        list_params(c)) {
        list_parts(c);
        make_room(c);
        if (make_learners(c)) return c;
    }
    comparison_free(c);
    return NULL;
}

void comparison_free(Comparison *c) {
    for (int i = 0; i < c->count; i++) {
        run_free_learner(&c->contenders[i].run);
        arena_free(c->contenders[i].run.seed_arena);
    }
    eligo_spec_free(c->base.spec);
    arena_free(c->base.seed_arena);
    arena_free(c->arena);
}

static void report_learners(const Comparison *c) {
    Text text = {0};
    for (int i = 0; i < c->count; i++) {
        text_printf(&text, "stats: %s: ", c->contenders[i].name);
        report_learner(&text, &c->contenders[i].run);
        text_add(&text, ", ");
        text_count(&text, c->contenders[i].run.steps);
        text_add(&text, " steps\n");
    }
    fprintf(stderr, "%sstats: %.2f s in all\n", text.at, seconds_now() - c->base.started);
    text_free(&text);
}

int compare(Eligo *eligo, const CompareOptions *options) {
    Comparison *c = comparison_new(eligo, options);
    if (!c) return TRAIN_FAILED;
    int status = options->out && !file_make_folder(eligo, options->out) ? TRAIN_FAILED : comparison_run(c);
    if (status == TRAIN_DONE) {
        comparison_report(c);
        if (options->train.stats) report_learners(c);
        if (options->out && !comparison_write(c)) status = TRAIN_FAILED;
    }
    comparison_free(c);
    return status;
}

/* ---- what was found ---- */

const Trial *comparison_trial(const Comparison *c, int run, int seed) {
    return &c->trials[run * c->options->train.seeds + seed];
}

static double value_of(const Agreement *agreement, Measure measure) {
    return measure == COSINE ? agreement->cosine : measure == RATIO ? agreement->ratio : agreement->same;
}

static double mean_in_bin(const Comparison *c, const Trial *trial, int contender, int part, Measure measure,
                          int bin, int bins) {
    double sum = 0;
    int counted = 0;
    for (int m = 0; m < trial->measured; m++) {
        const size_t row = (size_t)m * (size_t)c->count + (size_t)contender;
        const double value = value_of(&trial->agreements[row * (size_t)c->parts + (size_t)part], measure);
        if ((long)m * bins / trial->measured != bin || isnan(value)) continue;
        sum += value;
        counted++;
    }
    return counted > 0 ? sum / counted : NAN;
}

Estimate comparison_mean(const Comparison *c, int run, int contender, int part, Measure measure, int bin,
                         int bins) {
    double means[SEEDS_LIMIT];
    const int seeds = c->options->train.seeds;
    for (int s = 0; s < seeds; s++)
        means[s] = mean_in_bin(c, comparison_trial(c, run, s), contender, part, measure, bin, bins);
    return estimate(means, seeds);
}

Estimate comparison_pair(const Comparison *c, int run, int a, int b) {
    double means[SEEDS_LIMIT];
    const int seeds = c->options->train.seeds;
    for (int s = 0; s < seeds; s++) {
        const Trial *trial = comparison_trial(c, run, s);
        const double *of = &trial->cosines[(size_t)(a * c->count + b) * (size_t)c->most];
        means[s] = estimate(of, trial->measured).mean;
    }
    return estimate(means, seeds);
}

double comparison_loss(const Metrics *metrics) {
    return metrics->losses > 0 ? metrics->loss / (double)metrics->losses : NAN;
}
