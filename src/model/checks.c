/* Named checks over the entries of one cell or network: what can be said of names before anything is lowered,
 * and what nobody turned out to use. Checks that belong to one construct stand where that construct is
 * lowered. */
#include "model/build.h"
#include <string.h>

typedef struct Check {
    const char *name;
    void (*run)(Scope *scope);
} Check;

/* ---- before anything is lowered ---- */

static void check_assigned(Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        if (entry->kind != ENTRY_STATE || entry->equation) continue;
        Diagnostic *one =
            report(scope->builder, entry->span, "E0402", "the state `%s` is never assigned", entry->name);
        diagnostic_help(scope->builder->diagnostics, one, "give it an equation: `%s = …;`", entry->name);
    }
}

static void check_output(Scope *scope) {
    if (!scope->cell) return;
    for (int i = 0; i < scope->cell->declarations.count; i++)
        if (scope->cell->declarations.at[i]->kind == DECLARE_OUTPUT) return;
    Diagnostic *one =
        report(scope->builder, scope->cell->name.span, "E0405", "%s has no output", scope->what);
    diagnostic_help(scope->builder->diagnostics, one, "say which state the next layer sees: `output h;`");
}

/* ---- after lowering ---- */

static bool reads_of_layer(const AstExpr *e, const char *name) {
    if (!e) return false;
    if (e->kind == AST_NAME && e->name.layer && strcmp(e->name.name, name) == 0) return true;
    for (int i = 0; i < e->arguments.count; i++)
        if (reads_of_layer(e->arguments.at[i], name)) return true;
    return false;
}

/* Some network of the spec reads a state of that name from a layer. */
static bool is_read_by_network(const Scope *scope, const char *name) {
    const AstFile *file = scope->builder->package->root->ast;
    for (int n = 0; n < file->networks.count; n++) {
        const AstNetwork *network = file->networks.at[n];
        for (int i = 0; i < network->losses.count; i++)
            if (reads_of_layer(network->losses.at[i].value, name)) return true;
        for (int i = 0; i < network->equations.count; i++)
            if (reads_of_layer(network->equations.at[i]->value, name)) return true;
        for (int l = 0; l < network->layers.count; l++)
            for (int i = 0; i < network->layers.at[l]->arguments.count; i++)
                if (reads_of_layer(network->layers.at[l]->arguments.at[i].value, name)) return true;
    }
    return false;
}

static void check_states_used(Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        if (entry->kind != ENTRY_STATE || entry->used || entry->is_output) continue;
        if (scope->cell && is_read_by_network(scope, entry->name)) continue;
        Diagnostic *one =
            report(scope->builder, entry->span, "E0403", "the state `%s` is never used", entry->name);
        diagnostic_help(scope->builder->diagnostics, one,
                        "nothing but its own equation reads it, and it is no output");
    }
}

static void check_params_used(Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        if (entry->kind == ENTRY_PARAM && !entry->used)
            report(scope->builder, entry->span, "E0404", "the parameter `%s` is never used", entry->name);
    }
}

static void check_locals_used(Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        if (entry->kind == ENTRY_LOCAL && !entry->used)
            report(scope->builder, entry->span, "W0401", "`%s` is never used", entry->name);
    }
}

static void check_inputs_used(Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++) {
        const Entry *entry = scope->entries.at[i];
        if (entry->kind == ENTRY_INPUT && !entry->used)
            report(scope->builder, entry->span, "W0402", "the input `%s` is never used", entry->name);
    }
}

/* ---- the tables ---- */

static const Check before[] = {{"states are assigned", check_assigned},
                               {"a cell has an output", check_output}};

static const Check after[] = {{"states are used", check_states_used},
                              {"parameters are used", check_params_used},
                              {"locals are used", check_locals_used},
                              {"inputs are used", check_inputs_used}};

void scope_check_before(Scope *scope) {
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) before[i].run(scope);
}

void scope_check_after(Scope *scope) {
    for (size_t i = 0; i < sizeof after / sizeof *after; i++) after[i].run(scope);
}
