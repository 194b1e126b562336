/* Command-line options as tables: one line an option, from which parsing, checking and --help all follow.
 *
 * `--name value`, `--name=value` and `-l value` mean the same; `--` ends the options. Every mistake is
 * reported at once with what would have been right. */
#ifndef ELIGO_CLI_OPTIONS_H
#define ELIGO_CLI_OPTIONS_H

#include "base/vector.h"
#include "eligo.h"

typedef VEC(const char *) Strings;

typedef enum {
    OPTION_END,
    OPTION_SECTION, /* a heading in --help: `help` */
    OPTION_FLAG,    /* bool */
    OPTION_TEXT,    /* const char * */
    OPTION_LIST,    /* Strings: may be repeated */
    OPTION_WHOLE,   /* long, in [least, most] */
    OPTION_NUMBER,  /* double, in [least, most] */
    OPTION_CHOICE   /* int: which of the words in `word`, "float|double" */
} OptionKind;

typedef struct Option {
    OptionKind kind;
    char letter; /* 0: none */
    const char *name, *word, *help;
    void *to;
    double least, most;
} Option;

/* Parses argv[0, argc) into the options' places; what is no option goes to `plain`. False after a report. */
bool options_parse(Arena *arena, const Option *options, int argc, char **argv, Strings *plain);
void options_print(const Option *options);

/* One message about the command line itself, on standard error; returns false. */
bool usage_error(const char *code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "NAME=VALUE" into its parts; false after a report. */
bool split_setting(Arena *arena, const char *option, const char *text, const char **name, double *value);

#endif
