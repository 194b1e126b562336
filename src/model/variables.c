/* Variables: one Var for each entry that has a life in the learner.
 *
 * requires  bind_sizes
 * Labels carry the layer's name where there are several layers, or where a name of the network would be the
 * same. */
#include "model/build.h"

const char *label_of(const Scope *scope, const char *name) {
    const Builder *b = scope->builder;
    if (scope->layer < 0 || !b->network) return name;
    if (scope->prefix[0] == 0 && scope_find(b->network, name))
        return arena_printf(b->arena, "%s.%s", scope->name, name);
    return arena_printf(b->arena, "%s%s", scope->prefix, name);
}

Var *var_new(Builder *b, VarKind kind, const Scope *scope, const char *name, Span span) {
    Var *var = arena_new_of(b->arena, Var);
    var->kind = kind;
    var->name = name;
    var->label = label_of(scope, name);
    var->layer = scope->layer;
    var->span = span;
    return var;
}

static void add_variable(Builder *b, Entry *entry, VarKind kind) {
    Var *var = entry->var = var_new(b, kind, entry->scope, entry->name, entry->span);
    var->rows = entry->declaration ? entry_axis(entry, 0) : entry->rows;
    if (!entry->declaration) return;
    if (kind == VAR_PARAM) var->cols = entry_axis(entry, 1);
    read_attributes(b, entry, var);
}

static void add_entry(Builder *b, Entry *entry) {
    Model *model = b->model;
    switch (entry->kind) {
    case ENTRY_INPUT:
        if (entry->argument || (b->network && entry->scope->layer >= 0)) return;
        add_variable(b, entry, VAR_INPUT);
        entry->var->index = model->inputs.count;
        vec_push(b->arena, &model->inputs, entry->var);
        return;
    case ENTRY_PARAM:
        add_variable(b, entry, VAR_PARAM);
        entry->var->index = model->params.count;
        vec_push(b->arena, &model->params, entry->var);
        return;
    case ENTRY_STATE: add_variable(b, entry, VAR_STATE); return;
    case ENTRY_OUTPUT: add_variable(b, entry, VAR_OUTPUT); return;
    default: return;
    }
}

void make_variables(Builder *b) {
    for (int l = 0; l < b->layers.count; l++)
        for (int i = 0; i < b->layers.at[l]->entries.count; i++) add_entry(b, b->layers.at[l]->entries.at[i]);
    for (int i = 0; b->network && i < b->network->entries.count; i++) add_entry(b, b->network->entries.at[i]);
}
