/* eligo derive SPEC --rule RULE */
#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>

static int derive(Arena *arena, const Shared *shared, const char *name, EligoFormat format) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation =
        spec ? eligo_derive(eligo, spec, shared->rule, shared->keep, (EligoCarry)shared->carry) : NULL;
    char *text = derivation ? eligo_print(derivation, format) : NULL;
    session_flush(eligo);
    if (text) fputs(text, stdout);
    const int status = text ? STATUS_GOOD : STATUS_ERROR;
    free(text);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    return session_close(eligo, status);
}

int command_derive(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0};
    int format = ELIGO_TEXT, status;
    bool standalone = false;
    const Option options[] = {
        RULE_OPTIONS(&shared),
        {OPTION_CHOICE, 0, "format", "text|json|latex", "for people, programs or papers", &format, 0, 0},
        {OPTION_FLAG, 0, "standalone", NULL, "with --format latex: a whole article", &standalone, 0, 0},
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        const char *spec = one_spec(self, &plain);
        if (spec && standalone && format != ELIGO_LATEX)
            spec = (usage_error("E0655", "--standalone goes with --format latex"), NULL);
        if (standalone) format = ELIGO_LATEX_ARTICLE;
        status = spec && one_rule(self, &shared) ? derive(arena, &shared, spec, (EligoFormat)format)
                                                 : STATUS_USAGE;
    }
    arena_free(arena);
    return status;
}
