/* eligo list cells|rules|networks|tasks|operators */
#include "cli/command.h"
#include "train/tasks.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int list(Arena *arena, const Shared *shared, const char *what) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    const bool tasks = strcmp(what, "tasks") == 0; /* the library knows of no data */
    char *text = tasks ? task_list() : eligo_list(eligo, what);
    if (!text && eligo_errors(eligo) == 0)
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
    const Option options[] = {
        {OPTION_TEXT, 0, "library", "DIR", "folder of the library's files", &shared.library, 0, 0},
        {OPTION_FLAG, 'h', "help", NULL, "this text", &shared.help, 0, 0},
        {0},
    };
    int status;
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        if (plain.count == 1)
            status = list(arena, &shared, plain.at[0]);
        else
            status = (usage_error("E0654", "list wants one of cells, rules, networks, tasks, operators"),
                      STATUS_USAGE);
    }
    arena_free(arena);
    return status;
}
