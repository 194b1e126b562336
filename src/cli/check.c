/* eligo check SPEC... */
#include "cli/command.h"
#include <stdio.h>

int command_check(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings specs = {0};
    const Option options[] = {SPEC_OPTIONS(&shared), {0}};
    int status;
    Eligo *eligo = NULL;
    if (!command_parse(self, arena, options, &shared, argc, argv, &specs, &status)) goto end;
    status = STATUS_USAGE;
    if (specs.count == 0) {
        usage_error("E0654", "check wants a spec or several: files, or names of the library");
        goto end;
    }
    if (!(eligo = session_open(arena, &shared))) goto end;
    status = STATUS_GOOD;
    for (int i = 0; i < specs.count; i++) {
        const bool good = eligo_check(eligo, specs.at[i]);
        session_flush(eligo);
        if (good)
            printf("%s: good\n", specs.at[i]);
        else
            status = STATUS_ERROR;
    }
    status = session_close(eligo, status);
end:
    arena_free(arena);
    return status;
}
