/* The tables that a comparison leaves, and its figure, drawn by gnuplot. */
#include "base/program.h"
#include "train/comparison.h"
#include "train/file.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A rule's arguments may have commas between them. */
static void add_word(Text *text, const char *word) {
    const char *quote = strchr(word, ',') ? "\"" : "";
    text_printf(text, "%s%s%s,", quote, word, quote);
}

/* What isn't there is an empty field. */
static void add_number(Text *text, double value, const char *after) {
    if (!isnan(value)) text_number(text, value);
    text_add(text, after);
}

static void add_trial(Text *text, const Comparison *c, const Trial *trial) {
    text_printf(text, "%llu,", (unsigned long long)trial->seed);
    add_word(text, c->contenders[trial->by].name);
}

static void add_alignment(Text *text, const Comparison *c, const Trial *trial) {
    for (int m = 0; m < trial->measured; m++)
        for (int i = 0; i < c->count; i++)
            for (int p = 0; p < c->parts; p++) {
                const size_t row = (size_t)m * (size_t)c->count + (size_t)i;
                const Agreement *of = &trial->agreements[row * (size_t)c->parts + (size_t)p];
                add_trial(text, c, trial);
                text_printf(text, "%llu,", (unsigned long long)trial->at[m]);
                add_word(text, c->contenders[i].name);
                text_printf(text, "%s,", c->part[p]);
                add_number(text, of->cosine, ",");
                add_number(text, of->ratio, ",");
                add_number(text, of->same, "\n");
            }
}

static void add_matrix(Text *text, const Comparison *c, const Trial *trial) {
    for (int i = 0; i < c->count; i++)
        for (int j = 0; j < c->count; j++) {
            const double *cosines = &trial->cosines[(size_t)(i * c->count + j) * (size_t)c->most];
            add_trial(text, c, trial);
            add_word(text, c->contenders[i].name);
            add_word(text, c->contenders[j].name);
            add_number(text, estimate(cosines, trial->measured).mean, "\n");
        }
}

static void add_loss(Text *text, const Comparison *c, const Trial *trial) {
    const int epochs = c->options->train.epochs;
    for (int e = 0; e < epochs; e++) {
        add_trial(text, c, trial);
        text_printf(text, "%d,%llu,", e + 1,
                    (unsigned long long)(trial->updates / (uint64_t)epochs * (uint64_t)(e + 1)));
        add_number(text, comparison_loss(&trial->train[e]), ",");
        add_number(text, report_score(&c->base, &trial->train[e]), ",");
        add_number(text, comparison_loss(&trial->test[e]), ",");
        add_number(text, report_score(&c->base, &trial->test[e]), "\n");
    }
}

static const struct {
    const char *file, *head;
    void (*add)(Text *text, const Comparison *c, const Trial *trial);
} tables[] = {
    {"alignment.csv", "seed,by,update,rule,parameter,cosine,relative_norm,same_sign\n", add_alignment},
    {"matrix.csv", "seed,by,rule,other,cosine\n", add_matrix},
    {"loss.csv", "seed,by,epoch,updates,train_loss,train_score,test_loss,test_score\n", add_loss},
};
enum { TABLES = sizeof tables / sizeof *tables };

static bool write_tables(const Comparison *c, Outputs *outputs) {
    bool good = true;
    for (int t = 0; good && t < TABLES; t++) {
        Text text = {0};
        text_add(&text, tables[t].head);
        for (int run = 0; run < c->runs; run++)
            for (int s = 0; s < c->options->train.seeds; s++)
                tables[t].add(&text, c, comparison_trial(c, run, s));
        good =
            outputs_add(outputs, path_join(c->arena, c->options->out, tables[t].file), text.at, text.length);
        text_free(&text);
    }
    return good && outputs_commit(outputs);
}

static const struct {
    const char *file, *terminal;
} figures[] = {{"compare.svg", "svg"}, {"compare.png", "pngcairo"}};
enum { FIGURES = sizeof figures / sizeof *figures };

static bool draw(const Comparison *c, Outputs *outputs, int figure) {
    const char *path = outputs_reserve(outputs, path_join(c->arena, c->options->out, figures[figure].file));
    if (!path) return false;
    char *script = comparison_figure(c, figures[figure].terminal, path);
    const bool good = program_feed("gnuplot", script);
    free(script);
    return good || complain(c->eligo, "E0660", "gnuplot failed to draw `%s`; the tables are in `%s`",
                            figures[figure].file, c->options->out);
}

static bool write_figures(const Comparison *c, Outputs *outputs) {
    if (!program_exists("gnuplot"))
        return complain(
            c->eligo, "E0660",
            "the figures want gnuplot, and there is none: apt-get install gnuplot-nox; the tables "
            "are in `%s`",
            c->options->out);
    for (int i = 0; i < FIGURES; i++)
        if (!draw(c, outputs, i)) return false;
    return outputs_commit(outputs);
}

static bool with_outputs(const Comparison *c, bool (*write)(const Comparison *c, Outputs *outputs)) {
    Outputs *outputs = outputs_new(c->eligo);
    const bool good = write(c, outputs);
    outputs_free(outputs);
    return good;
}

bool comparison_write(const Comparison *c) {
    return with_outputs(c, write_tables) && with_outputs(c, write_figures);
}
