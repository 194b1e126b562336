/* eligo verify SPEC [--rule RULE]... */
#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>

static int verify(Arena *arena, const Shared *shared, const char *spec, const Strings *rules) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    char *table = NULL;
    const bool agree = eligo_verify(eligo, spec, rules->at, rules->count, shared->keep, &table);
    session_flush(eligo);
    if (table) fputs(table, stdout);
    free(table);
    return session_close(eligo, agree ? STATUS_GOOD : STATUS_ERROR);
}

int command_verify(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0}, rules = {0};
    int status;
    const Option options[] = {
        {OPTION_LIST, 0, "rule", "RULE", "a rule to verify; may be repeated; default: all that apply", &rules,
         0, 0},
        {OPTION_TEXT, 0, "keep", "PATHS", "verify these paths", &shared.keep, 0, 0},
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        const char *spec = one_spec(self, &plain);
        status = spec ? verify(arena, &shared, spec, &rules) : STATUS_USAGE;
    }
    arena_free(arena);
    return status;
}
