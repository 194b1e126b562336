/* eligo list cells|rules|networks|tasks|operators; eligo list rules --for SPEC; eligo list rules --markdown
 */
#include "cli/command.h"
#include "train/tasks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int list_rules_for(Arena *arena, const Shared *shared, const char *spec) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    EligoSpec *opened = eligo_open(eligo, spec, ELIGO_TARGET_UNKNOWN);
    char *text = opened ? eligo_list_rules(opened) : NULL;
    if (text) fputs(text, stdout);
    free(text);
    eligo_spec_free(opened);
    return session_close(eligo, opened ? STATUS_GOOD : STATUS_ERROR);
}

static int list(Arena *arena, const Shared *shared, const char *what, bool markdown) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    const bool tasks = strcmp(what, "tasks") == 0; /* the library knows of no data */
    char *text = markdown ? eligo_list_markdown(eligo, what) : tasks ? task_list() : eligo_list(eligo, what);
    if (!text && markdown)
        eligo_report(eligo, "E0654", "there is a table of cells and of rules, none of `%s`", what);
    else if (!text && eligo_errors(eligo) == 0)
        eligo_report(eligo, "E0654",
                     "there is no list of `%s`; there are cells, rules, networks, tasks and operators", what);
    if (text) fputs(text, stdout);
    const int status = text ? STATUS_GOOD : STATUS_USAGE;
    free(text);
    return session_close(eligo, status);
}

int command_list(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0};
    const char *spec = NULL;
    bool markdown = false;
    const Option options[] = {
        {OPTION_TEXT, 0, "for", "SPEC", "of rules: which apply to this cell or network, and what they give",
         &spec, 0, 0},
        {OPTION_FLAG, 0, "markdown", NULL, "cells or rules as a table for a manual", &markdown, 0, 0},
        SPEC_OPTIONS(&shared),
        {0},
    };
    int status;
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        if (spec && (plain.count != 1 || strcmp(plain.at[0], "rules") != 0))
            status = (usage_error("E0654", "only rules are listed for a spec: list rules --for %s", spec),
                      STATUS_USAGE);
        else if (spec)
            status = list_rules_for(arena, &shared, spec);
        else if (plain.count == 1)
            status = list(arena, &shared, plain.at[0], markdown);
        else
            status = (usage_error("E0654", "list wants one of cells, rules, networks, tasks, operators"),
                      STATUS_USAGE);
    }
    arena_free(arena);
    return status;
}
