/* Tables and sparse matrices of a program, and what loops an update names. */
#include "derive/program.h"

#include <string.h>

static bool taken(const Program *program, const char *name) {
    for (int i = 0; i < program->tables.count; i++)
        if (strcmp(program->tables.at[i]->name, name) == 0) return true;
    return false;
}

static const char *free_name(const Program *program, const char *name) {
    char *safe = arena_string(program->arena, name);
    for (char *c = safe; *c; c++)
        if (*c == '.') *c = '_';
    if (!taken(program, safe)) return safe;
    for (int number = 2;; number++) {
        const char *numbered = arena_printf(program->arena, "%s_%d", safe, number);
        if (!taken(program, numbered)) return numbered;
    }
}

const IntTable *program_table(Program *program, const char *name, int count, const int *values,
                              const char *comment) {
    IntTable *table = arena_new_of(program->arena, IntTable);
    *table = (IntTable){.index = program->tables.count,
                        .name = free_name(program, name),
                        .comment = comment,
                        .count = count,
                        .values = values};
    vec_push(program->arena, &program->tables, table);
    return table;
}

const Csr *program_csr(Program *program, const char *name, const Pattern *pattern, const Dim *rows,
                       const Dim *cols) {
    Csr *csr = arena_new_of(program->arena, Csr);
    Dim *entries = arena_new_of(program->arena, Dim);
    *entries = (Dim){arena_printf(program->arena, "%s.entries", name), pattern->entries};
    *csr = (Csr){.pattern = pattern, .rows = rows, .cols = cols, .entries = entries};
    csr->start =
        program_table(program, arena_printf(program->arena, "%s_start", name), (int)pattern->rows + 1,
                      pattern->start, arena_printf(program->arena, "where each row of %s begins", name));
    csr->column =
        program_table(program, arena_printf(program->arena, "%s_column", name), pattern->entries,
                      pattern->column, arena_printf(program->arena, "the column of each entry of %s", name));
    return csr;
}

bool update_names(const Statement *sweep, const Update *update, int loop) {
    for (int r = 0; r < update->out->rank; r++)
        for (int l = update->index[r]; l >= 0; l = sweep->start[l] ? sweep->parent[l] : -1)
            if (l == loop) return true;
    return false;
}

bool update_sums(const Statement *sweep, const Update *update) {
    for (int l = 0; l < sweep->loops; l++)
        if (!update_names(sweep, update, l)) return true;
    return false;
}
