/* eligo diff RULE1 RULE2 --on SPEC */
#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule's use, or `keep PATHS` and other clauses. */
static EligoDerivation *derive(Eligo *eligo, EligoSpec *spec, const char *text) {
    const bool keep = strncmp(text, "keep ", 5) == 0;
    return eligo_derive(eligo, spec, keep ? NULL : text, keep ? text + 5 : NULL, ELIGO_CARRY_RULE);
}

/* As diff(1) has it: 0 equal, 1 different, 2 trouble. */
static int diff(Arena *arena, const Shared *shared, const char *on, const Strings *rules) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    EligoSpec *spec = eligo_open(eligo, on, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *a = spec ? derive(eligo, spec, rules->at[0]) : NULL;
    EligoDerivation *b = a ? derive(eligo, spec, rules->at[1]) : NULL;
    bool equal = false;
    char *text = b ? eligo_diff(a, b, &equal) : NULL;
    session_flush(eligo);
    page_put(shared, text);
    const int status = !text ? STATUS_USAGE : equal ? STATUS_GOOD : STATUS_ERROR;
    free(text);
    eligo_derivation_free(b);
    eligo_derivation_free(a);
    eligo_spec_free(spec);
    return session_close(eligo, status);
}

static bool two_rules(const Command *self, const Strings *plain, const char *on) {
    if (plain->count != 2)
        return usage_error("E0656", "%s wants two rules, as `%s RULE1 RULE2 --on SPEC`; there %s %d",
                           self->name, self->name, plain->count == 1 ? "is" : "are", plain->count);
    if (on) return true;
    return usage_error("E0654", "%s wants --on SPEC: a file, or a name of the library (`eligo list cells`)",
                       self->name);
}

int command_diff(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0};
    const char *on = NULL;
    int status;
    const Option options[] = {
        {OPTION_TEXT, 0, "on", "SPEC", "the cell or network on which they are compared", &on, 0, 0},
        PAGE_OPTIONS(&shared),
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status))
        status = two_rules(self, &plain, on) ? diff(arena, &shared, on, &plain) : STATUS_USAGE;
    arena_free(arena);
    return status;
}
