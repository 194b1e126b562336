/* Shared by all commands. */
#include "cli/command.h"
#include "base/number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool command_parse(const Command *self, Arena *arena, const Option *options, Shared *shared, int argc,
                   char **argv, Strings *plain, int *status) {
    *status = STATUS_USAGE;
    if (!options_parse(arena, options, argc, argv, plain)) return false;
    if (!shared->help) return true;
    printf("eligo %s %s\n%s\n\nOptions\n", self->name, self->arguments, self->summary);
    options_print(options);
    *status = STATUS_GOOD;
    return false;
}

const char *one_spec(const Command *self, const Strings *plain) {
    if (plain->count == 1) return plain->at[0];
    if (plain->count == 0)
        usage_error("E0654", "%s wants a spec: a file, or a name of the library (`eligo list cells`)",
                    self->name);
    else
        usage_error("E0654", "%s takes one spec; `%s` is one too many", self->name, plain->at[1]);
    return NULL;
}

bool one_rule(const Command *self, const Shared *shared) {
    if (shared->rule && shared->keep) return usage_error("E0655", "--rule and --keep exclude each other");
    if (shared->rule || shared->keep) return true;
    return usage_error("E0655", "%s wants --rule RULE (`eligo list rules`) or --keep \"PATHS\"", self->name);
}

Strings separate(Arena *arena, const Strings *given) {
    Strings parts = {0};
    for (int i = 0; i < given->count; i++) {
        const char *begin = given->at[i];
        int depth = 0;
        for (const char *at = begin;; at++) {
            depth += (*at == '(') - (*at == ')');
            if (*at && !(*at == ',' && depth == 0)) continue;
            if (at > begin) vec_push(arena, &parts, arena_copy(arena, begin, (size_t)(at - begin)));
            if (!*at) break;
            begin = at + 1;
        }
    }
    return parts;
}

/* "64M": a number of bytes, or of 1024 (K), 1024² (M), 1024³ (G) of them. */
static bool take_memory(const char *text, double *bytes) {
    static const char units[] = "KMG";
    const size_t length = strlen(text);
    const char *unit = length ? strchr(units, text[length - 1]) : NULL;
    const size_t digits = length - (unit != NULL);
    *bytes = 0;
    if (digits && number_parse(text, digits, bytes) && *bytes > 0) {
        for (long i = unit ? unit - units + 1 : 0; i > 0; i--) *bytes *= 1024;
        return true;
    }
    return usage_error("E0653", "--memory: `%s` is no size, as 512K, 64M or 2G", text);
}

bool work_of(const Shared *shared, EligoWork *work) {
    *work = (EligoWork){
        .steps = (int)shared->steps, .batch = (int)shared->batch, .real = (EligoReal)shared->real};
    return !shared->memory || take_memory(shared->memory, &work->memory);
}

void plan_put(const Shared *shared, EligoDerivation *derivation, EligoSpelling spelling, FILE *to) {
    if (!shared->explain_plan || !derivation) return;
    char *text = eligo_explain_plan(derivation, page_width(shared), spelling);
    if (text) fputs(text, to);
    free(text);
}

static bool apply(Arena *arena, Eligo *eligo, const Shared *shared) {
    const char *name;
    double value;
    for (int i = 0; i < shared->set.count; i++) {
        if (!split_setting(arena, "set", shared->set.at[i], &name, &value)) return false;
        eligo_set(eligo, name, value);
    }
    for (int i = 0; i < shared->size.count; i++) {
        if (!split_setting(arena, "size", shared->size.at[i], &name, &value)) return false;
        if (value != floor(value) || value < 1 || value > 1e9)
            return usage_error("E0653", "--size: `%s` is not a whole number of 1 or more",
                               shared->size.at[i]);
        eligo_size(eligo, name, (long)value);
    }
    EligoWork work;
    if (!work_of(shared, &work)) return false;
    eligo_work(eligo, &work);
    if (shared->network) eligo_network(eligo, shared->network);
    eligo_block(eligo, (int)shared->block);
    return true;
}

Eligo *session_open(Arena *arena, const Shared *shared) {
    Eligo *eligo = eligo_new(shared->library);
    if (!eligo) return usage_error("E0601", "the library's files can't be found"), NULL;
    if (apply(arena, eligo, shared)) return eligo;
    eligo_free(eligo);
    return NULL;
}

/* A message without a place begins with its severity, perhaps after a colour: it gets the program's name in
 * front. */
static bool lacks_place(const char *line) {
    if (*line == '\033') line += strcspn(line, "m") + 1;
    return strncmp(line, "error[", 6) == 0 || strncmp(line, "warning[", 8) == 0 ||
           strncmp(line, "note[", 5) == 0;
}

static bool in_colour(void) {
    const char *terminal = getenv("TERM"), *no = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no && *no) && terminal && strcmp(terminal, "dumb") != 0;
}

void session_flush(Eligo *eligo) {
    fflush(stdout);
    const char *text = eligo_messages(eligo, in_colour());
    while (text && *text) {
        const size_t length = strcspn(text, "\n");
        if (lacks_place(text)) fputs("eligo: ", stderr);
        fprintf(stderr, "%.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
    eligo_messages_clear(eligo);
}

int session_close(Eligo *eligo, int status) {
    if (status == STATUS_GOOD && eligo_errors(eligo) > 0) status = STATUS_ERROR;
    session_flush(eligo);
    eligo_free(eligo);
    return status;
}
