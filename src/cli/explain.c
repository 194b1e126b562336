/* eligo explain SPEC --rule RULE, with --param, or --path, or --line and --file */
#include "base/source.h"
#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct Question {
    const char *param, *path, *file;
    long line;  /* 0: none asked for */
    long lanes; /* of the emitted file */
} Question;

static char *explain_line(Eligo *eligo, Arena *arena, const EligoDerivation *derivation,
                          const Question *question) {
    const Source *file = source_read(arena, question->file);
    if (file) return eligo_explain_line(eligo, derivation, file->text, (int)question->line);
    eligo_report(eligo, "E0601", "`%s` can't be opened", question->file);
    return NULL;
}

static char *answer(Eligo *eligo, Arena *arena, const EligoDerivation *derivation, const Question *question) {
    if (question->file) return explain_line(eligo, arena, derivation, question);
    if (question->param) return eligo_explain_param(eligo, derivation, question->param);
    return eligo_explain_path(eligo, derivation, question->path);
}

static int explain(Arena *arena, const Shared *shared, const char *name, const Question *question) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    eligo_lanes(eligo, (int)question->lanes);
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation =
        spec ? eligo_derive(eligo, spec, shared->rule, shared->keep, (EligoCarry)shared->carry) : NULL;
    char *text = derivation ? answer(eligo, arena, derivation, question) : NULL;
    session_flush(eligo);
    page_put(shared, text);
    const int status = text ? STATUS_GOOD : STATUS_ERROR;
    free(text);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    return session_close(eligo, status);
}

static bool one_question(const Command *self, const Question *question) {
    const bool line = question->line > 0 || question->file;
    const int given = (question->param != NULL) + (question->path != NULL) + line;
    if (given == 1 && line && !(question->line > 0 && question->file))
        return usage_error("E0657", "%s wants --line and --file together", self->name);
    if (given == 1) return true;
    return usage_error("E0657",
                       given ? "%s answers one question: --param, --path or --line"
                             : "%s wants --param NAME, --path \"PATH\" or --line N --file FILE",
                       self->name);
}

int command_explain(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0};
    Question question = {.lanes = 1};
    int status;
    const Option options[] = {
        {OPTION_TEXT, 0, "param", "NAME", "which of its paths are kept and dropped, and by what",
         &question.param, 0, 0},
        {OPTION_TEXT, 0, "path", "PATH", "\"c[t-2] -> c[t-1] -> h[t]\": where along it the rule drops it",
         &question.path, 0, 0},
        {OPTION_WHOLE, 0, "line", "N", "what line N of an emitted file is there for", &question.line, 1, 1e9},
        {OPTION_TEXT, 0, "file", "FILE", "the emitted .c or .h, or driver, that --line is about",
         &question.file, 0, 0},
        {OPTION_WHOLE, 0, "lanes", "B", "sequences that it was emitted for (1)", &question.lanes, 1, 4096},
        RULE_OPTIONS(&shared),
        PAGE_OPTIONS(&shared),
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        const char *spec = one_spec(self, &plain);
        const bool good = spec && one_rule(self, &shared) && one_question(self, &question);
        status = good ? explain(arena, &shared, spec, &question) : STATUS_USAGE;
    }
    arena_free(arena);
    return status;
}
