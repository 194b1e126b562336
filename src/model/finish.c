/* The lists of the finished model: roots and locals in order, sizes with a name each.
 *
 * requires  everything is lowered and there was no error */
#include "model/build.h"

static void add_root(Builder *b, Var *var) {
    var->index = b->model->roots.count;
    vec_push(b->arena, &b->model->roots, var);
}

static void add_local(Builder *b, const Entry *entry) {
    if (!entry->value.expr || expr_is_leaf(entry->value.expr)) return;
    const Local local = {label_of(entry->scope, entry->name), entry->scope->layer, entry->value.expr,
                         entry->span};
    vec_push(b->arena, &b->model->locals, local);
}

static void add_population(Builder *b, const Entry *entry) {
    const Population population = {label_of(entry->scope, entry->name),
                                   entry->scope->layer,
                                   entry_axis(entry, 0),
                                   entry->border,
                                   entry->is_last ? 1 : entry->border + entry->number,
                                   entry->value.expr};
    vec_push(b->arena, &b->model->populations, population);
}

static void add_constant(Builder *b, Entry *entry) {
    const Value value = entry_value(b, entry);
    const Constant constant = {label_of(entry->scope, entry->name), entry->scope->layer, value.expr};
    if (value.expr) vec_push(b->arena, &b->model->constants, constant);
}

/* What stays the same in a scope: populations, and constants that are one number. */
static void add_fixed(Builder *b, const Scope *scope) {
    for (int i = 0; i < scope->entries.count; i++) {
        Entry *entry = scope->entries.at[i];
        if (entry->kind == ENTRY_POPULATION) add_population(b, entry);
        if (entry->kind == ENTRY_CONST && !is_vector_constant(entry)) add_constant(b, entry);
    }
}

static void add_layers(Builder *b) {
    for (int l = 0; l < b->layers.count; l++) {
        const Scope *scope = b->layers.at[l];
        Layer layer = {.name = scope->name, .cell = scope->cell->name.name};
        for (int i = 0; i < scope->cell->declarations.count && !layer.output; i++) {
            const AstDeclaration *d = scope->cell->declarations.at[i];
            if (d->kind == DECLARE_OUTPUT) layer.output = scope_find(scope, d->name.name)->var;
        }
        vec_push(b->arena, &b->model->layers, layer);
    }
}

/* ---- sizes ---- */

static void name_dim(Builder *b, Dim *dim, const char *base) {
    if (dim->name) return;
    dim->name = dim_free_name(b, base);
    vec_push(b->arena, &b->dims, dim);
}

static void add_dim(Builder *b, const Dim *dim, const char *base) {
    Model *model = b->model;
    if (!dim) return;
    for (int i = 0; i < model->dims.count; i++)
        if (model->dims.at[i] == dim) return;
    Dim *own = (Dim *)dim; /* made by this build */
    name_dim(b, own, base);
    vec_push(b->arena, &model->dims, own);
}

/* A number that no size name stands for gets the letter papers use: k for what is read out, m for what comes
 * in. */
static void add_dims(Builder *b) {
    const Model *model = b->model;
    if (model->readout && model->readout->dim) name_dim(b, (Dim *)model->readout->dim, "k");
    for (int l = 0; l < b->layers.count; l++)
        for (int i = 0; i < b->layers.at[l]->entries.count; i++) {
            const Entry *entry = b->layers.at[l]->entries.at[i];
            if (entry->kind == ENTRY_SIZE && entry->used) add_dim(b, entry->size, "n");
        }
    for (int i = 0; i < model->inputs.count; i++)
        if (model->inputs.at[i] != model->target) add_dim(b, model->inputs.at[i]->rows, "m");
    for (int i = 0; i < model->params.count; i++) {
        add_dim(b, model->params.at[i]->rows, "k");
        add_dim(b, model->params.at[i]->cols, "k");
    }
    for (int i = 0; i < model->roots.count; i++) add_dim(b, model->roots.at[i]->rows, "k");
    if (model->target) add_dim(b, model->target->rows, "k");
    for (int i = 0; i < b->network->entries.count; i++) {
        const Entry *entry = b->network->entries.at[i];
        if (entry->kind == ENTRY_SIZE && entry->used) add_dim(b, entry->size, "n");
    }
}

void finish_model(Builder *b) {
    for (int i = 0; i < b->order.count; i++) {
        const Entry *entry = b->order.at[i];
        if (entry->kind == ENTRY_STATE || entry->kind == ENTRY_OUTPUT) add_root(b, entry->var);
        if (entry->kind == ENTRY_LOCAL || is_vector_constant(entry) || entry->kind == ENTRY_POPULATION)
            add_local(b, entry);
    }
    if (b->model->loss) add_root(b, b->model->loss);
    for (int l = 0; l < b->layers.count; l++) add_fixed(b, b->layers.at[l]);
    add_fixed(b, b->network);
    add_layers(b);
    add_dims(b);
}
