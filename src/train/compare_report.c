/* The terminal's report: for each rule that trained a table of what the others would have done, their cosines
 * parameter by parameter, and each rule beside each other. */
#include "train/comparison.h"
#include <math.h>
#include <string.h>

enum { WIDTH = 100, BINS = 24, NUMBER = 15, NAME_LEAST = 10 };

static void add_blanks(Text *text, int count) {
    for (int i = 0; i < count; i++) text_add(text, " ");
}

static void add_left(Text *text, const char *word, int width) {
    text_add(text, word);
    add_blanks(text, width - text_columns(word));
}

static void add_right(Text *text, const char *word, int width) {
    add_blanks(text, width - text_columns(word));
    text_add(text, word);
}

/* "0.702 ± 0.013", "0.702" for one seed, "-" for none. */
static void add_estimate(Text *text, Estimate estimate, int width) {
    Text word = {0};
    if (isnan(estimate.mean))
        text_add(&word, "-");
    else
        text_printf(&word, "%.3f", fabs(estimate.mean) < 0.0005 ? 0 : estimate.mean);
    if (!isnan(estimate.half)) text_printf(&word, " ± %.3f", estimate.half);
    add_right(text, word.at, width);
    text_free(&word);
}

static int name_width(const Comparison *c) {
    int width = NAME_LEAST;
    for (int i = 0; i < c->count; i++)
        if (text_columns(c->contenders[i].name) > width) width = text_columns(c->contenders[i].name);
    for (int i = 0; i < c->parts; i++)
        if (text_columns(c->part[i]) > width) width = text_columns(c->part[i]);
    return width;
}

/* ---- the head ---- */

static void add_learners(Text *text, const Comparison *c) {
    const TrainOptions *o = &c->options->train;
    const EligoLearner *learner = c->contenders[EXACT].run.learner;
    text_printf(text, "\n  compared  %s: %d rule%s and the exact gradient (any*), %s, engine %s; ", o->spec,
                c->count - 1, c->count == 2 ? "" : "s", o->real == ELIGO_FLOAT ? "float" : "double",
                eligo_learner_engine(learner));
    text_count(text, eligo_learner_entries(learner));
    text_add(text, " parameters\n");
}

static void add_plan(Text *text, const Comparison *c) {
    const TrainOptions *o = &c->options->train;
    text_add(text, "  measured  the gradients of ");
    text_count(text, (uint64_t)c->most);
    text_add(text, " of ");
    text_count(text, c->updates);
    text_add(text, " batches; ");
    if (o->seeds > 1)
        text_printf(text, "± is half of a 95 %% interval over %d seeds (Student's)\n", o->seeds);
    else
        text_add(text, "one seed, so no intervals\n");
}

/* ---- one run ---- */

static Estimate over_seeds(const Comparison *c, int run, bool test, bool loss) {
    double values[SEEDS_LIMIT];
    const int seeds = c->options->train.seeds, last = c->options->train.epochs - 1;
    for (int s = 0; s < seeds; s++) {
        const Trial *trial = comparison_trial(c, run, s);
        const Metrics *metrics = test ? &trial->test[last] : &trial->train[last];
        values[s] = loss ? comparison_loss(metrics) : report_score(&c->base, metrics);
    }
    return estimate(values, seeds);
}

static Estimate delay_reached(const Comparison *c, int run) {
    double values[SEEDS_LIMIT];
    const int seeds = c->options->train.seeds;
    for (int s = 0; s < seeds; s++) values[s] = comparison_trial(c, run, s)->delay;
    return estimate(values, seeds);
}

static void add_value(Text *text, const char *label, Estimate value, const char *unit) {
    if (isnan(value.mean)) return;
    text_printf(text, "%s %.4g", label, value.mean);
    if (!isnan(value.half)) text_printf(text, " ± %.2g", value.half);
    text_add(text, unit);
}

static void add_result(Text *text, const Comparison *c, int run) {
    const bool classes = c->base.data->classes;
    const char *score = classes ? ", accuracy" : ", squared error", *unit = classes ? " %" : "";
    text_printf(text, "\n  trained by %s:", c->contenders[c->by[run]].name);
    add_value(text, " loss", over_seeds(c, run, false, true), "");
    add_value(text, score, over_seeds(c, run, false, false), unit);
    if (c->base.test_count > 0) {
        text_add(text, "\n  held out:");
        add_value(text, " loss", over_seeds(c, run, true, true), "");
        add_value(text, score, over_seeds(c, run, true, false), unit);
    }
    if (c->options->train.curriculum) add_value(text, "; delay reached", delay_reached(c, run), "");
    text_add(text, "\n\n");
}

/* A cosine in training, from 0 or less (the lowest bar) to 1; a blank where there is none. */
static void add_sparkline(Text *text, const Comparison *c, int run, int contender) {
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const int bins = c->most < BINS ? c->most : BINS;
    for (int bin = 0; bin < bins; bin++) {
        const double cosine = comparison_mean(c, run, contender, c->params, COSINE, bin, bins).mean;
        const int bar = (int)floor(fmax(0, cosine) * 8);
        text_add(text, isnan(cosine) ? " " : bars[bar > 7 ? 7 : bar]);
    }
}

static void add_rules(Text *text, const Comparison *c, int run, int width) {
    text_add(text, "  ");
    add_left(text, "rule", width);
    add_right(text, "cosine", NUMBER + 1);
    add_right(text, "relative norm", NUMBER + 1);
    add_right(text, "same sign", NUMBER + 1);
    text_add(text, "  cosine in training, 0 to 1\n");
    for (int i = 1; i < c->count; i++) {
        text_add(text, "  ");
        add_left(text, c->contenders[i].name, width);
        for (int m = COSINE; m <= SAME_SIGN; m++) {
            text_add(text, " ");
            add_estimate(text, comparison_mean(c, run, i, c->params, (Measure)m, 0, 1), NUMBER);
        }
        text_add(text, "  ");
        add_sparkline(text, c, run, i);
        text_add(text, "\n");
    }
}

/* ---- tables of cosines, in as many blocks as fit the width ---- */

typedef struct Grid {
    const char *corner;
    int rows;
    const char *(*row)(const Comparison *c, int row);
    Estimate (*cell)(const Comparison *c, int run, int row, int contender);
    int first; /* the first contender with a column */
} Grid;

static void add_grid(Text *text, const Comparison *c, int run, const Grid *grid, int width) {
    int column = NUMBER;
    for (int i = grid->first; i < c->count; i++)
        if (text_columns(c->contenders[i].name) > column) column = text_columns(c->contenders[i].name);
    int fit = (WIDTH - 2 - width) / (column + 2);
    if (fit < 1) fit = 1;
    for (int from = grid->first; from < c->count; from += fit) {
        const int to = from + fit < c->count ? from + fit : c->count;
        text_add(text, "\n  ");
        add_left(text, grid->corner, width);
        for (int i = from; i < to; i++) add_right(text, c->contenders[i].name, column + 2);
        text_add(text, "\n");
        for (int row = 0; row < grid->rows; row++) {
            text_add(text, "  ");
            add_left(text, grid->row(c, row), width);
            for (int i = from; i < to; i++) add_estimate(text, grid->cell(c, run, row, i), column + 2);
            text_add(text, "\n");
        }
    }
}

static const char *part_name(const Comparison *c, int row) { return c->part[row]; }
static const char *contender_name(const Comparison *c, int row) { return c->contenders[row].name; }

static Estimate part_cosine(const Comparison *c, int run, int row, int contender) {
    return comparison_mean(c, run, contender, row, COSINE, 0, 1);
}

/* ---- all of it ---- */

static bool lacks(const Comparison *c, int run) {
    for (int i = 0; i < c->count; i++)
        for (int p = 0; p < c->parts; p++)
            if (isnan(part_cosine(c, run, p, i).mean)) return true;
    return false;
}

void comparison_report(const Comparison *c) {
    Text text = {0};
    const int width = name_width(c);
    const Grid by_parameter = {"cosine of", c->params, part_name, part_cosine, 1},
               matrix = {"alignment", c->count, contender_name, comparison_pair, EXACT};
    const Run *shown = &c->contenders[c->by[0]].run;
    bool missing = false;
    add_learners(&text, c);
    report_setting(&text, shown);
    add_plan(&text, c);
    for (int run = 0; run < c->runs; run++) {
        add_result(&text, c, run);
        add_rules(&text, c, run, width);
        add_grid(&text, c, run, &by_parameter, width);
        add_grid(&text, c, run, &matrix, width);
        missing = missing || lacks(c, run);
    }
    if (missing)
        text_add(&text,
                 "\n  -  no cosine: the gradient is zero there (the rule keeps nothing), or isn't finite\n");
    text_add(&text, "\n");
    if (c->options->out) text_printf(&text, "  tables and figures: %s\n\n", c->options->out);
    report_flush(shown, &text);
}
