/* eligo train SPEC --rule RULE [--data DATA] */
#include "base/number.h"
#include "cli/training.h"
#include <math.h>
#include <string.h>

typedef struct Words { /* what the options write, before it becomes TrainOptions */
    Training training;
    const char *update;
    long log;
} Words;

/* end, online or every:K. */
static bool take_update(const char *text, TrainOptions *train) {
    static const char every[] = "every:";
    double steps;
    train->update = ELIGO_UPDATE_UNSAID;
    if (!text) return true;
    if (strcmp(text, "end") == 0) return train->update = ELIGO_UPDATE_END, true;
    if (strcmp(text, "online") == 0) return train->update = ELIGO_UPDATE_ONLINE, true;
    const char *number = text + strlen(every);
    if (strncmp(text, every, strlen(every)) == 0 && number_parse(number, strlen(number), &steps) &&
        steps >= 1 && steps <= 1e6 && steps == floor(steps)) {
        train->update = ELIGO_UPDATE_EVERY;
        train->every = (int)steps;
        return true;
    }
    return usage_error("E0653", "--update: `%s` is neither end nor online nor every:K, K steps from 1 on",
                       text);
}

static bool gather(const Command *self, const Strings *plain, Words *w) {
    TrainOptions *t = &w->training.train;
    const Shared *shared = &w->training.shared;
    const char *spec = one_spec(self, plain);
    if (!spec || !one_rule(self, shared) || !training_gather(&w->training, spec) ||
        !take_update(w->update, t))
        return false;
    t->rule = shared->rule;
    t->keep = shared->keep;
    t->carry = (EligoCarry)shared->carry;
    EligoWork work;
    if (!work_of(shared, &work)) return false;
    t->memory = work.memory;
    t->explain_plan = shared->explain_plan;
    t->log = (int)w->log;
    return true;
}

int command_train(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Strings plain = {0};
    Words w = {.training = training_usual};
    TrainOptions *t = &w.training.train;
    t->report = stdout;
    const Option options[] = {
        RULE_OPTIONS(&w.training.shared),
        PLAN_OPTIONS(&w.training.shared),
        DATA_OPTIONS(&w.training),
        PASSES_OPTIONS(&w.training),
        {OPTION_TEXT, 0, "update", "WHEN", "end (of a batch), online, every:K steps (as the rule says)",
         &w.update, 0, 0},
        {OPTION_FLAG, 0, "stream", NULL, "state and traces go on from sequence to sequence", &t->stream, 0,
         0},
        OPTIMISER_OPTIONS(&w.training),
        {OPTION_SECTION, 0, NULL, NULL, "Keeping", NULL, 0, 0},
        {OPTION_TEXT, 'o', "out", "DIR", "gets the learned param.NAME.npy and the checkpoint", &t->out, 0, 0},
        {OPTION_TEXT, 0, "checkpoint", "FILE", "written after each epoch and on Ctrl-C", &t->checkpoint, 0,
         0},
        {OPTION_FLAG, 0, "resume", NULL, "go on from the checkpoint, to the same result bit for bit",
         &t->resume, 0, 0},
        {OPTION_WHOLE, 0, "log", "N", "a line of the report each N epochs", &w.log, 1, 1e6},
        {OPTION_FLAG, 'q', "quiet", NULL, "no progress bar", &t->quiet, 0, 0},
        {OPTION_SECTION, 0, NULL, NULL, "Running", NULL, 0, 0},
        ENGINE_OPTIONS(&w.training.shared),
        THREADS_OPTION(&w.training),
        SIZES_NOTE,
        SPEC_OPTIONS(&w.training.shared),
        {0},
    };
    int status;
    if (command_parse(self, arena, options, &w.training.shared, argc, argv, &plain, &status)) {
        Eligo *eligo = gather(self, &plain, &w) ? session_open(arena, &w.training.shared) : NULL;
        status = STATUS_USAGE;
        if (eligo) {
            training_catch_interrupts(&w.training);
            status = session_close(eligo, train(eligo, t));
        }
    }
    arena_free(arena);
    return status;
}
