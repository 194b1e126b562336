/* eligo emit SPEC --rule RULE -o DIR: NAME.h, NAME.c and, with --main, NAME_main.c. */
#include "cli/command.h"
#include "train/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Emitted {
    char *header, *body, *main_text;
} Emitted;

static bool write_files(Arena *arena, Eligo *eligo, const char *folder, const char *name,
                        const Emitted *text) {
    const char *const endings[] = {".h", ".c", "_main.c"};
    const char *const texts[] = {text->header, text->body, text->main_text};
    if (!file_make_folder(eligo, folder)) return false;
    Outputs *outputs = outputs_new(eligo);
    const char *paths[3] = {0};
    bool good = true;
    for (int i = 0; good && i < 3; i++) {
        if (!texts[i]) continue;
        paths[i] = path_join(arena, folder, arena_printf(arena, "%s%s", name, endings[i]));
        good = outputs_add(outputs, paths[i], texts[i], strlen(texts[i]));
    }
    good = good && outputs_commit(outputs);
    outputs_free(outputs);
    for (int i = 0; good && i < 3; i++)
        if (paths[i]) printf("%s\n", paths[i]);
    return good;
}

/* A learner that changes its parameters in its step, where the rule or the user asks for one. */
static EligoDerivation *derive(Eligo *eligo, EligoSpec *spec, const Shared *shared, bool online) {
    EligoSchedule rule = {0};
    const bool said = eligo_rule_schedule(spec, shared->rule, shared->keep, &rule);
    const EligoCarry carry = shared->carry == ELIGO_CARRY_RULE ? rule.carry : (EligoCarry)shared->carry;
    const bool back = carry == ELIGO_CARRY_BACKWARD || carry == ELIGO_CARRY_MIXED;
    const bool own = said && rule.update == ELIGO_UPDATE_ONLINE && !back;
    if (!online && !own)
        return eligo_derive(eligo, spec, shared->rule, shared->keep, (EligoCarry)shared->carry);
    EligoWork work;
    if (!back && work_of(shared, &work)) {
        work.update = ELIGO_UPDATE_ONLINE;
        eligo_work(eligo, &work);
        return eligo_derive_online(eligo, spec, shared->rule, shared->keep);
    }
    complain(eligo, "E0625",
             "--online contradicts %scarry %s`: it knows its gradient when a sequence or a block is over; "
             "`--carry forward` knows it at each step",
             shared->carry == ELIGO_CARRY_RULE ? "the rule's `" : "`--",
             carry == ELIGO_CARRY_MIXED ? "mixed" : "backward");
    return NULL;
}

static bool emit(Arena *arena, Eligo *eligo, const Shared *shared, const char *name, const char *folder,
                 bool online, bool with_main) {
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = spec ? derive(eligo, spec, shared, online) : NULL;
    plan_put(shared, derivation, ELIGO_SPELLING_PLAIN, stderr);
    Emitted text = {0};
    const char *refused = derivation ? eligo_lanes_refused(derivation) : NULL;
    if (refused) complain(eligo, "E0645", "--lanes: the rule does one sequence at a time: %s", refused);
    const bool good = derivation && !refused &&
                      eligo_emit(eligo, derivation, (EligoReal)shared->real, &text.header, &text.body,
                                 with_main ? &text.main_text : NULL) &&
                      write_files(arena, eligo, folder, eligo_derivation_name(derivation), &text);
    free(text.header);
    free(text.body);
    free(text.main_text);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    return good;
}

int command_emit(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {.real = ELIGO_FLOAT};
    Strings plain = {0};
    const char *folder = NULL;
    long lanes = 1;
    bool with_main = false, online = false;
    int status;
    const Option options[] = {
        {OPTION_TEXT, 'o', "out", "DIR", "folder to write to; made if missing", &folder, 0, 0},
        RULE_OPTIONS(&shared),
        WORK_OPTIONS(&shared),
        PLAN_OPTIONS(&shared),
        {OPTION_CHOICE, 0, "real", "float|double", "the numbers' type (float)", &shared.real, 0, 0},
        {OPTION_FLAG, 0, "online", NULL, "parameters change in the step, by the input `rate`", &online, 0, 0},
        {OPTION_WHOLE, 0, "lanes", "B", "sequences done at once, the last range of its arrays (1)", &lanes, 1,
         4096},
        {OPTION_FLAG, 0, "main", NULL, "write a driver that reads .npy files too", &with_main, 0, 0},
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        const char *spec = one_spec(self, &plain);
        Eligo *eligo = NULL;
        status = STATUS_USAGE;
        if (spec && one_rule(self, &shared)) {
            if (!folder)
                usage_error("E0654", "emit wants -o DIR, the folder to write to");
            else
                eligo = session_open(arena, &shared);
        }
        if (eligo) eligo_lanes(eligo, (int)lanes);
        if (eligo)
            status = session_close(eligo, emit(arena, eligo, &shared, spec, folder, online, with_main)
                                              ? STATUS_GOOD
                                              : STATUS_ERROR);
    }
    arena_free(arena);
    return status;
}
