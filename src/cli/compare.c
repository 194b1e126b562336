/* eligo compare SPEC --rules A,B,C [--data DATA] */
#include "cli/training.h"
#include "train/compare.h"

typedef struct Words {
    Training training;
    Strings rules, params;
    const char *by, *update;
    long measure;
    bool stream;
} Words;

/* What each rule's gradient is of must be the same, and known to all of them: a batch of whole sequences. */
static bool is_by_batches(const Words *w) {
    if (!w->stream && !w->update) return true;
    return usage_error("E0661",
                       "%s doesn't go with compare: gradients are compared over whole batches of sequences, "
                       "at whose end the parameters change; --batch says how many",
                       w->stream ? "--stream" : "--update");
}

static bool gather(const Command *self, Arena *arena, const Strings *plain, Words *w, CompareOptions *o) {
    const char *spec = one_spec(self, plain);
    if (!spec || !is_by_batches(w) || !training_gather(&w->training, spec)) return false;
    const Strings rules = separate(arena, &w->rules);
    if (rules.count == 0)
        return usage_error(
            "E0661", "compare wants rules: --rules eprop,\"snap(1)\" (`eligo list rules --for %s`)", spec);
    o->train = w->training.train;
    o->rules = rules.at;
    o->rule_count = rules.count;
    const Strings params = separate(arena, &w->params);
    o->params = params.at;
    o->param_count = params.count;
    o->by = w->by;
    o->measure = w->measure;
    return true;
}

int command_compare(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Strings plain = {0};
    Words w = {.training = training_usual};
    CompareOptions o = {0};
    w.training.train.report = stdout;
    const Option options[] = {
        {OPTION_LIST, 0, "rules", "A,B,C", "rules to compare, apart by commas; may be repeated", &w.rules, 0,
         0},
        {OPTION_TEXT, 0, "by", "RULE|each", "the rule that trains (the exact gradient); each: one run each",
         &w.by, 0, 0},
        {OPTION_LIST, 0, "params", "W,R,b", "compare the gradients of these parameters alone (all)",
         &w.params, 0, 0},
        {OPTION_WHOLE, 0, "measure", "N", "compare at every N-th update (some 200 times in a run)",
         &w.measure, 1, 1e9},
        DATA_OPTIONS(&w.training),
        PASSES_OPTIONS(&w.training),
        {OPTION_TEXT, 0, "update", "WHEN", "not here: all rules update at the end of a batch", &w.update, 0,
         0},
        {OPTION_FLAG, 0, "stream", NULL, "not here: every sequence begins anew", &w.stream, 0, 0},
        OPTIMISER_OPTIONS(&w.training),
        {OPTION_SECTION, 0, NULL, NULL, "Keeping", NULL, 0, 0},
        {OPTION_TEXT, 'o', "out", "DIR", "gets alignment.csv, matrix.csv, loss.csv, compare.svg, compare.png",
         &o.out, 0, 0},
        {OPTION_FLAG, 'q', "quiet", NULL, "no progress bar", &w.training.train.quiet, 0, 0},
        {OPTION_SECTION, 0, NULL, NULL, "Running", NULL, 0, 0},
        ENGINE_OPTIONS(&w.training.shared),
        THREADS_OPTION(&w.training),
        SIZES_NOTE,
        SPEC_OPTIONS(&w.training.shared),
        {0},
    };
    int status;
    if (command_parse(self, arena, options, &w.training.shared, argc, argv, &plain, &status)) {
        training_catch_interrupts(&w.training);
        Eligo *eligo = gather(self, arena, &plain, &w, &o) ? session_open(arena, &w.training.shared) : NULL;
        status = eligo ? session_close(eligo, compare(eligo, &o)) : STATUS_USAGE;
    }
    arena_free(arena);
    return status;
}
