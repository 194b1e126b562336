/* eligo train SPEC --rule RULE [--data DATA] */
#include "train/train.h"
#include "base/number.h"
#include "cli/command.h"
#include <math.h>
#include <string.h>

static volatile sig_atomic_t interrupted;

/* The first Ctrl-C asks; SA_RESETHAND gives the second one back its usual force. */
static void interrupt(int number) {
    (void)number;
    interrupted = 1;
}

static void catch_interrupts(void) {
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

typedef struct Words { /* what the options write, before it becomes TrainOptions */
    Shared shared;
    TrainOptions train;
    const char *scale, *update;
    long steps, delay, sequences, epochs, batch, seed, seeds, log;
    double rate, momentum;
    int optimiser, loss_at, label;
} Words;

static bool take_scale(const char *text, TrainOptions *train) {
    train->scale = SCALE_AUTO;
    if (!text) return true;
    if (strcmp(text, "none") == 0) return train->scale = SCALE_NONE, true;
    if (strcmp(text, "minmax") == 0) return train->scale = SCALE_MINMAX, true;
    train->scale = SCALE_DIVIDE;
    if (number_parse(text, strlen(text), &train->divisor) && train->divisor > 0) return true;
    return usage_error("E0653", "--scale: `%s` is neither none nor minmax nor a positive number to divide by",
                       text);
}

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
    TrainOptions *t = &w->train;
    t->spec = one_spec(self, plain);
    if (!t->spec || !one_rule(self, &w->shared) || !take_scale(w->scale, t) || !take_update(w->update, t))
        return false;
    if (w->momentum > 0 && w->optimiser == OPTIMISER_ADAM)
        return usage_error("E0655", "--momentum goes with --optimiser sgd; Adam has its own");
    t->rule = w->shared.rule;
    t->keep = w->shared.keep;
    t->carry = (EligoCarry)w->shared.carry;
    t->engine = (EligoEngine)w->shared.engine;
    t->real = (EligoReal)w->shared.real;
    t->stats = w->shared.stats;
    t->data.steps = (int)w->steps;
    t->data.delay = (int)w->delay;
    t->data.sequences = (int)w->sequences;
    t->data.values = w->label == 1;
    t->epochs = (int)w->epochs;
    t->batch = (int)w->batch;
    t->seed = (uint64_t)w->seed;
    t->seeds = (int)w->seeds;
    t->log = (int)w->log;
    t->loss_at = (LossAt)w->loss_at;
    const double usual = w->optimiser == OPTIMISER_ADAM ? 0.003 : 0.05;
    t->optimiser.kind = (OptimiserKind)w->optimiser;
    t->optimiser.rate = w->rate > 0 ? w->rate : usual;
    t->optimiser.momentum = w->optimiser == OPTIMISER_ADAM ? 0 : w->momentum < 0 ? 0.9 : w->momentum;
    return true;
}

static const Words usual = {
    .shared = {.real = ELIGO_FLOAT},
    .train = {.data = {.source = "digits"},
              .test = 0.2,
              .optimiser = {.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8}},
    .epochs = 30,
    .batch = 32,
    .seed = 1,
    .seeds = 1,
    .momentum = -1,
    .optimiser = OPTIMISER_ADAM,
};

int command_train(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Strings plain = {0};
    Words w = usual;
    TrainOptions *t = &w.train;
    t->report = stdout;
    t->interrupted = &interrupted;
    const Option options[] = {
        RULE_OPTIONS(&w.shared),
        {OPTION_SECTION, 0, NULL, NULL, "Data", NULL, 0, 0},
        {OPTION_TEXT, 0, "data", "DATA", "FILE.csv, .csv.gz, .npy, digits (default), or a task",
         &t->data.source, 0, 0},
        {OPTION_TEXT, 0, "targets", "FILE.npy", "what goes with an .npy file; else its last column",
         &t->data.targets, 0, 0},
        {OPTION_WHOLE, 0, "steps", "N", "cut a row's columns into N steps (digits: 8; else one a column)",
         &w.steps, 1, 1e6},
        {OPTION_CHOICE, 0, "label", "class|value", "what a table's last column is (class)", &w.label, 0, 0},
        {OPTION_FLAG, 0, "header", NULL, "the table's first line names its columns", &t->data.header, 0, 0},
        {OPTION_TEXT, 0, "scale", "S", "none, minmax (of the training part), or a divisor", &w.scale, 0, 0},
        {OPTION_NUMBER, 0, "test", "SHARE", "held out by a seeded shuffle (0.2)", &t->test, 0, 0.99},
        {OPTION_WHOLE, 0, "sequences", "N", "of a task (1000)", &w.sequences, 1, 1e7},
        {OPTION_WHOLE, 0, "delay", "N", "of a task", &w.delay, 1, 1e5},
        {OPTION_SECTION, 0, NULL, NULL, "Learning", NULL, 0, 0},
        {OPTION_WHOLE, 0, "epochs", "N", "passes over the training part (30)", &w.epochs, 1, 1e6},
        {OPTION_WHOLE, 0, "batch", "N", "sequences an update (32)", &w.batch, 1, 1e6},
        {OPTION_TEXT, 0, "update", "WHEN", "end (of a batch), online, every:K steps (as the rule says)",
         &w.update, 0, 0},
        {OPTION_FLAG, 0, "stream", NULL, "state and traces go on from sequence to sequence", &t->stream, 0,
         0},
        {OPTION_CHOICE, 0, "loss-at", "last|each", "where a sequence's one target is held up (last step)",
         &w.loss_at, 0, 0},
        {OPTION_CHOICE, 0, "optimiser", "sgd|adam", "(adam)", &w.optimiser, 0, 0},
        {OPTION_NUMBER, 0, "rate", "R", "learning rate (adam 0.003, sgd 0.05)", &w.rate, 1e-12, 1e30},
        {OPTION_NUMBER, 0, "momentum", "M", "of sgd (0.9)", &w.momentum, 0, 0.999999},
        {OPTION_NUMBER, 0, "clip", "NORM", "largest norm of the whole gradient (none)", &t->optimiser.clip,
         1e-12, 1e30},
        {OPTION_NUMBER, 0, "weight-decay", "W", "sgd: W/2 |p|^2 beside the loss; adam: decoupled (0)",
         &t->optimiser.weight_decay, 0, 1e30},
        {OPTION_WHOLE, 0, "seed", "S", "decides split, order, initial values (1)", &w.seed, 0, 1e15},
        {OPTION_WHOLE, 0, "seeds", "N", "runs of consecutive seeds, and their mean (1)", &w.seeds, 1, 1000},
        {OPTION_SECTION, 0, NULL, NULL, "Keeping", NULL, 0, 0},
        {OPTION_TEXT, 'o', "out", "DIR", "gets the learned param.NAME.npy and the checkpoint", &t->out, 0, 0},
        {OPTION_TEXT, 0, "checkpoint", "FILE", "written after each epoch and on Ctrl-C", &t->checkpoint, 0,
         0},
        {OPTION_FLAG, 0, "resume", NULL, "go on from the checkpoint, to the same result bit for bit",
         &t->resume, 0, 0},
        {OPTION_WHOLE, 0, "log", "N", "a line of the report each N epochs", &w.log, 1, 1e6},
        {OPTION_FLAG, 'q', "quiet", NULL, "no progress bar", &t->quiet, 0, 0},
        {OPTION_SECTION, 0, NULL, NULL, "Running", NULL, 0, 0},
        ENGINE_OPTIONS(&w.shared),
        {OPTION_SECTION, 0, NULL, NULL, "The spec (a cell's input and output sizes follow from the data)",
         NULL, 0, 0},
        SPEC_OPTIONS(&w.shared),
        {0},
    };
    int status;
    if (command_parse(self, arena, options, &w.shared, argc, argv, &plain, &status)) {
        Eligo *eligo = gather(self, &plain, &w) ? session_open(arena, &w.shared) : NULL;
        status = STATUS_USAGE;
        if (eligo) {
            catch_interrupts();
            status = session_close(eligo, train(eligo, t));
        }
    }
    arena_free(arena);
    return status;
}
