/* What the commands share: options that several have, opening the library with them, and the one place from
 * which messages go to standard error. */
#ifndef ELIGO_CLI_COMMAND_H
#define ELIGO_CLI_COMMAND_H

#include "cli/options.h"

#include <stdio.h>

enum { STATUS_GOOD = 0, STATUS_ERROR = 1, STATUS_USAGE = 2 };

typedef struct Command {
    const char *name, *arguments, *summary;
    int (*run)(const struct Command *self, int argc, char **argv);
} Command;

int command_check(const Command *self, int argc, char **argv);
int command_compare(const Command *self, int argc, char **argv);
int command_derive(const Command *self, int argc, char **argv);
int command_diff(const Command *self, int argc, char **argv);
int command_explain(const Command *self, int argc, char **argv);
int command_emit(const Command *self, int argc, char **argv);
int command_grad(const Command *self, int argc, char **argv);
int command_cost(const Command *self, int argc, char **argv);
int command_verify(const Command *self, int argc, char **argv);
int command_train(const Command *self, int argc, char **argv);
int command_list(const Command *self, int argc, char **argv);

typedef struct Shared {
    const char *library, *network, *rule, *keep;
    Strings set, size;
    int carry, engine, real;
    long block;        /* 0: none given, here and below */
    long steps, batch; /* what realisations are weighed for */
    const char *memory;
    long width;
    bool explain_plan, stats, help;
} Shared;

#define SPEC_OPTIONS(s)                                                                                      \
    {OPTION_LIST, 0, "set", "NAME=V", "give a constant another value; may be repeated", &(s)->set, 0, 0},    \
        {OPTION_LIST, 0, "size", "NAME=N", "give a size, as n=128; may be repeated", &(s)->size, 0, 0},      \
        {OPTION_TEXT, 0, "network", "NAME", "which network of several in a file", &(s)->network, 0, 0},      \
        {OPTION_TEXT, 0, "library", "DIR", "folder of the library's files", &(s)->library, 0, 0}, {          \
        OPTION_FLAG, 'h', "help", NULL, "this text", &(s)->help, 0, 0                                        \
    }
#define RULE_OPTIONS(s)                                                                                      \
    {OPTION_TEXT, 0, "rule", "RULE", "NAME, NAME(2) or NAME(k=3); `eligo list rules`", &(s)->rule, 0, 0},    \
        {OPTION_TEXT, 0, "keep", "PATHS", "the paths to keep, in place of a rule", &(s)->keep, 0, 0},        \
        {OPTION_CHOICE, 0, "carry", "rule|forward|backward|mixed|auto", "how; as the rule says by default",  \
         &(s)->carry,   0, 0},                                                                               \
    {                                                                                                        \
        OPTION_WHOLE, 0, "block", "K", "steps of a block, for what is carried mixed", &(s)->block, 1, 1e6    \
    }
#define PLAN_OPTIONS(s)                                                                                      \
    {OPTION_TEXT,  0, "memory", "SIZE", "for --carry auto: what a learner may take, as 64M (any)",           \
     &(s)->memory, 0, 0},                                                                                    \
    {                                                                                                        \
        OPTION_FLAG, 0, "explain-plan", NULL, "what may be carried how, at which cost, and why which is",    \
            &(s)->explain_plan, 0, 0                                                                         \
    }
#define WORK_OPTIONS(s)                                                                                      \
    {OPTION_WHOLE, 0, "steps", "T", "for --carry auto: of a sequence (100)", &(s)->steps, 1, 1e9}, {         \
        OPTION_WHOLE, 0, "batch", "B", "for --carry auto: sequences an update (1)", &(s)->batch, 1, 1e6      \
    }
#define PAGE_OPTIONS(s)                                                                                      \
    {                                                                                                        \
        OPTION_WHOLE, 0, "width", "N", "columns of a line; the terminal's, or 100 without one", &(s)->width, \
            40, 400                                                                                          \
    }
#define ENGINE_OPTIONS(s)                                                                                    \
    {OPTION_CHOICE, 0, "engine", "best|interpret|tcc|cc", "best: tcc until cc has compiled",                 \
     &(s)->engine,  0, 0},                                                                                   \
        {OPTION_CHOICE, 0, "real", "float|double", "the numbers' type", &(s)->real, 0, 0}, {                 \
        OPTION_FLAG, 0, "stats", NULL, "say engine, bytes and time on standard error", &(s)->stats, 0, 0     \
    }

/* Parses; true when the command is to go on. Else *status is what to return: --help was asked for, or a
 * mistake made. */
bool command_parse(const Command *self, Arena *arena, const Option *options, Shared *shared, int argc,
                   char **argv, Strings *plain, int *status);
/* Exactly one plain argument, a spec; NULL after a report. */
const char *one_spec(const Command *self, const Strings *plain);
/* Exactly one of --rule and --keep. */
bool one_rule(const Command *self, const Shared *shared);
/* The columns that a text has: as given, else the terminal's that it goes to; 0: it goes to none. */
int page_width(const Shared *shared);
/* Writes the text, its lines no longer than that; nothing when it is NULL. */
void page_put(const Shared *shared, const char *text);

/* What --steps, --batch, --memory and --real say; false after a report. */
bool work_of(const Shared *shared, EligoWork *work);
/* With --explain-plan, why the gradient is carried as it is, to `to`. */
void plan_put(const Shared *shared, EligoDerivation *derivation, EligoSpelling spelling, FILE *to);

/* What stands in words that may hold several, apart by commas that are in no parentheses. */
Strings separate(Arena *arena, const Strings *given);

/* A session with the shared options; NULL after a report. */
Eligo *session_open(Arena *arena, const Shared *shared);
/* Prints what was reported since the last time. */
void session_flush(Eligo *eligo);
/* Prints what was reported and frees; `status`, or STATUS_ERROR when there were errors. */
int session_close(Eligo *eligo, int status);

#endif
