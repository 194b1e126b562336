/* The report: four lines that say what is trained on what and how, a table with a line a seed, and the mean.
 */
#include "base/text.h"
#include "train/file.h"
#include "train/run.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void report_flush(const Run *run, Text *text) {
    fputs(text->at, run->options->report);
    fflush(run->options->report);
    text_free(text);
}

static void add_data(Text *text, const Run *run) {
    const Dataset *data = run->data;
    text_printf(text, "  data      %s: ", data->name);
    text_count(text, (uint64_t)data->count);
    text_printf(text, " sequences of %d steps × %d input%s, %d %s%s", data->steps, data->inputs,
                data->inputs == 1 ? "" : "s", data->outputs,
                data->classes        ? "classes"
                : data->outputs == 1 ? "value"
                                     : "values",
                data->each ? " at each step" : "");
    if (run->scale == SCALE_MINMAX) text_add(text, "; inputs scaled to [0, 1] by the training part's range");
    if (run->scale == SCALE_DIVIDE) {
        text_add(text, "; inputs divided by ");
        text_number(text, run->divisor);
    }
    text_add(text, "\n  split     ");
    text_count(text, (uint64_t)run->train_count);
    text_add(text, " to train on, ");
    text_count(text, (uint64_t)run->test_count);
    text_add(text, " held out by a seeded shuffle\n");
}

static void add_schedule(Text *text, const Run *run) {
    if (run->update == ELIGO_UPDATE_ONLINE)
        text_printf(text, "updates online, at each step%s", run->fused ? " and within it" : "");
    else if (run->update == ELIGO_UPDATE_EVERY)
        text_printf(text, "updates every %d step%s", run->every, run->every == 1 ? "" : "s");
    else
        text_printf(text, "updates after batches of %d", run->options->batch);
    if (run->stream) text_add(text, "; one stream, no border between sequences");
}

static void add_method(Text *text, const Run *run) {
    const TrainOptions *o = run->options;
    const OptimiserOptions *optimiser = &o->optimiser;
    text_printf(text, "  training  %s at rate ",
                optimiser->kind == OPTIMISER_ADAM ? "Adam" : "gradient descent");
    text_number(text, optimiser->rate);
    if (optimiser->kind == OPTIMISER_SGD && optimiser->momentum > 0) {
        text_add(text, ", momentum ");
        text_number(text, optimiser->momentum);
    }
    if (optimiser->clip > 0) {
        text_add(text, ", gradients clipped at norm ");
        text_number(text, optimiser->clip);
    }
    if (optimiser->weight_decay > 0) {
        text_add(text, ", weight decay ");
        text_number(text, optimiser->weight_decay);
    }
    text_printf(text, "; %d epoch%s, ", o->epochs, o->epochs == 1 ? "" : "s");
    add_schedule(text, run);
    if (o->curriculum) text_add(text, "; delay from 1 on, longer below 0.15 bits a target");
    if (!run->data->each)
        text_printf(text, "; loss at %s step", o->loss_at == LOSS_AT_EACH ? "each" : "the last");
    text_add(text, "\n");
}

void report_setting(Text *text, const Run *run) {
    add_data(text, run);
    add_method(text, run);
}

void report_head(const Run *run) {
    const TrainOptions *o = run->options;
    Text text = {0};
    text_printf(&text, "\n  learner   %s: %s %s, %s, %s, engine %s; ", eligo_derivation_name(run->derivation),
                o->rule ? "rule" : "keep", o->rule ? o->rule : o->keep, report_carry(run),
                o->real == ELIGO_FLOAT ? "float" : "double",
                o->engine == ELIGO_ENGINE_BEST ? "best" : eligo_learner_engine(run->learner));
    text_count(&text, run->optimiser.entries);
    text_add(&text, " parameters\n");
    report_setting(&text, run);
    const char *what = run->data->classes ? "accuracy" : "sq. error";
    text_printf(&text, "\n  %6s %8s %14s %11s %13s %11s\n", "seed", "epochs", "train loss", what, "test loss",
                what);
    report_flush(run, &text);
}

static double ratio(double sum, uint64_t count) { return count > 0 ? sum / (double)count : NAN; }

double report_score(const Run *run, const Metrics *m) {
    return run->data->classes ? 100 * ratio((double)m->correct, m->counted) : ratio(m->error, m->counted);
}

static void add_score(Text *text, const Run *run, double value) {
    if (isnan(value))
        text_printf(text, " %11s", "-");
    else if (run->data->classes)
        text_printf(text, " %9.2f %%", value);
    else
        text_printf(text, " %11.4g", value);
}

static void add_loss(Text *text, int width, const Metrics *m) {
    if (m->losses > 0)
        text_printf(text, " %*.4g", width, ratio(m->loss, m->losses));
    else
        text_printf(text, " %*s", width, "-");
}

static void add_row(Text *text, const Run *run, const char *label, int epochs, const Metrics *train,
                    const Metrics *test, uint64_t delay) {
    text_printf(text, "  %6s %8d", label, epochs);
    add_loss(text, 14, train);
    add_score(text, run, report_score(run, train));
    add_loss(text, 13, test);
    add_score(text, run, report_score(run, test));
    if (run->options->curriculum) text_printf(text, "  delay %d", (int)delay);
    text_add(text, "\n");
}

void report_epoch(const Run *run, const Metrics *test) {
    Text text = {0};
    add_row(&text, run, "", (int)run->position.epoch, &run->position.running, test, run->position.delay);
    report_flush(run, &text);
}

void report_seed(const Run *run, const SeedResult *result) {
    Text text = {0}, label = {0};
    text_printf(&label, "%llu", (unsigned long long)result->seed);
    add_row(&text, run, label.at, run->options->epochs, &result->train, &result->test, result->delay);
    text_free(&label);
    report_flush(run, &text);
}

static void add_mean(Text *text, const Run *run) {
    const int count = (int)run->position.seeds_done;
    double train = 0, test = 0, squares = 0, delay = 0;
    for (int i = 0; i < count; i++) {
        train += report_score(run, &run->position.results[i].train) / count;
        test += report_score(run, &run->position.results[i].test) / count;
        delay += (double)run->position.results[i].delay / count;
    }
    for (int i = 0; i < count; i++) {
        const double off = report_score(run, &run->position.results[i].test) - test;
        squares += off * off;
    }
    text_printf(text, "  %6s %8s %14s", "mean", "", "");
    add_score(text, run, train);
    text_printf(text, " %13s", "");
    add_score(text, run, test);
    if (count > 1 && !isnan(test))
        text_printf(text, "  (standard deviation %.2g)", sqrt(squares / (count - 1)));
    if (run->options->curriculum) text_printf(text, "  delay %.3g", delay);
    text_add(text, "\n");
}

void report_end(const Run *run) {
    Text text = {0};
    if (run->options->seeds > 1) add_mean(&text, run);
    text_add(&text, "\n");
    if (run->options->out) text_printf(&text, "  learned parameters: %s\n\n", run->options->out);
    report_flush(run, &text);
}

void report_learner(Text *text, const Run *run) {
    text_printf(text, "engine %s, state %zu bytes, tape %zu bytes a step, carried %s",
                eligo_learner_tiers(run->learner), eligo_learner_struct_bytes(run->learner),
                eligo_record_bytes(run->derivation, run->options->real), report_carry(run));
}

const char *report_carry(const Run *run) {
    const int block = eligo_block_steps(run->derivation);
    if (block) return arena_printf(run->arena, "mixed(%d)", block);
    return run->forward ? "forward" : "backward";
}

void report_plan(const Run *run) {
    char *text = eligo_explain_plan(run->derivation, 0, ELIGO_SPELLING_PLAIN);
    if (text) fprintf(stderr, "%s\n", text);
    free(text);
}

void report_stats(const Run *run) {
    const double seconds = seconds_now() - run->started;
    Text text = {0};
    text_add(&text, "stats: ");
    report_learner(&text, run);
    text_printf(&text, ", %.2f s", seconds);
    if (run->steps > 0) {
        text_add(&text, " for ");
        text_count(&text, run->steps);
        text_printf(&text, " steps: %.2f µs a step, updates and evaluation included",
                    1e6 * seconds / (double)run->steps);
    }
    fprintf(stderr, "%s\n", text.at);
    text_free(&text);
}

void report_refusal(Eligo *eligo, const EligoLearner *learner) {
    const char *why = eligo_learner_refused(learner);
    if (why)
        complain(eligo, "W0701", "running code compiled by tcc, several times slower than cc's: %s", why);
}
