/* eligo cost SPEC --rule A,B,C: a table of them and, with --explain-plan, what was weighed for each. */
#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool explain(Eligo *eligo, EligoSpec *spec, const Shared *shared, const Strings *rules) {
    bool good = true;
    for (int i = 0; i < rules->count && good && shared->explain_plan; i++) {
        EligoDerivation *derivation = eligo_derive(eligo, spec, rules->at[i], NULL, ELIGO_CARRY_RULE);
        good = derivation != NULL;
        if (good) printf("\n");
        plan_put(shared, derivation, ELIGO_SPELLING_PLAIN, stdout);
        eligo_derivation_free(derivation);
    }
    return good;
}

static int cost(Arena *arena, const Shared *shared, const char *name, const Strings *rules, bool by_param,
                bool measure) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    char *table =
        spec ? eligo_cost(eligo, spec, rules->at, rules->count, by_param, measure, page_width(shared)) : NULL;
    session_flush(eligo);
    if (table) fputs(table, stdout);
    const int status = table && explain(eligo, spec, shared, rules) ? STATUS_GOOD : STATUS_ERROR;
    free(table);
    eligo_spec_free(spec);
    return session_close(eligo, status);
}

int command_cost(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0}, given = {0};
    bool by_param = false, measure = false;
    int status;
    const Option options[] = {
        {OPTION_LIST, 0, "rule", "RULES", "rules to compare, apart by commas; may be repeated", &given, 0, 0},
        {OPTION_FLAG, 0, "by-param", NULL, "each parameter's own part too", &by_param, 0, 0},
        {OPTION_FLAG, 0, "measure", NULL, "run each, and set what it takes beside the sheet", &measure, 0, 0},
        WORK_OPTIONS(&shared),
        PLAN_OPTIONS(&shared),
        PAGE_OPTIONS(&shared),
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        const char *spec = one_spec(self, &plain);
        const Strings rules = separate(arena, &given);
        status = STATUS_USAGE;
        if (spec && rules.count == 0)
            usage_error("E0655", "cost wants rules: --rule eprop,bptt");
        else if (spec)
            status = cost(arena, &shared, spec, &rules, by_param, measure);
    }
    arena_free(arena);
    return status;
}
