/* From the text of a network, or of a cell alone, to the finished model: the order of the passes.
 *
 * A pass goes on after an error, and what needs its result isn't begun: so one run tells as much as can be
 * told without guessing. A cell is checked by itself first, so that its mistakes are told once and with its
 * own names. */
#include "model/build.h"
#include <string.h>

Builder *builder_new(Arena *arena, const Package *package, const ModelOptions *options,
                     Diagnostics *diagnostics) {
    Builder *b = arena_new_of(arena, Builder);
    *b = (Builder){
        .arena = arena, .package = (Package *)package, .options = options, .diagnostics = diagnostics};
    b->model = arena_new_of(arena, Model);
    b->model->arena = arena;
    b->model->exprs = exprs_new(arena);
    b->set_used = arena_alloc(arena, (size_t)(options ? options->set.count : 0) + 1);
    b->size_used = arena_alloc(arena, (size_t)(options ? options->size.count : 0) + 1);
    return b;
}

/* ---- a cell by itself ---- */

/* Everything from names to definitions; false after errors. */
static bool build_definitions(Builder *b) {
    const int errors = b->errors;
    if (!order_entries(b)) return false;
    bind_constants(b);
    bind_populations(b);
    bind_sizes(b);
    make_variables(b);
    if (b->errors > errors) return false;
    lower_entries(b);
    return b->errors == errors;
}

static bool check_scope_of_cell(Builder *b, Scope *scope) {
    const int errors = b->errors;
    scope_declare(scope, &scope->cell->declarations);
    scope_assign(scope, &scope->cell->equations);
    scope_mark_outputs(scope, &scope->cell->declarations);
    scope_check_before(scope);
    if (b->broken || !build_definitions(b) || b->errors > errors) return false;
    scope_check_after(scope);
    return b->errors == errors;
}

Scope *check_cell(Builder *outer, FoundCell found) {
    for (int i = 0; i < outer->checked.count; i++)
        if (outer->checked.at[i].cell == found.cell) return outer->checked.at[i].scope;
    Builder *b = builder_new(outer->arena, outer->package, NULL, outer->diagnostics);
    b->symbolic = true;
    Scope *scope = scope_new(b, arena_printf(b->arena, "cell `%s`", found.cell->name.name), found.file, 0);
    scope->cell = found.cell;
    vec_push(b->arena, &b->layers, scope);
    const CheckedCell checked = {found.cell, check_scope_of_cell(b, scope) ? scope : NULL};
    vec_push(outer->arena, &outer->checked, checked);
    return checked.scope;
}

/* ---- a network ---- */

/* A name of the network's own that is read at a lag is kept from step to step: a state, declared or not. */
static void keep_delayed(const Scope *network, const AstExpr *e) {
    if (e->kind == AST_NAME && e->lag > 0 && !e->name.layer) {
        Entry *entry = scope_find(network, e->name.name);
        if (entry && entry->kind == ENTRY_LOCAL) entry->kind = ENTRY_STATE;
    }
    for (int i = 0; i < e->arguments.count; i++) keep_delayed(network, e->arguments.at[i]);
}

static void keep_all_delayed(const Scope *network, const AstNetwork *ast) {
    for (int i = 0; i < ast->equations.count; i++) keep_delayed(network, ast->equations.at[i]->value);
    for (int l = 0; l < ast->layers.count; l++)
        for (int i = 0; i < ast->layers.at[l]->arguments.count; i++)
            keep_delayed(network, ast->layers.at[l]->arguments.at[i].value);
    for (int i = 0; i < ast->losses.count; i++) keep_delayed(network, ast->losses.at[i].value);
}

Model *build_network(Builder *b, const AstNetwork *ast, PackageFile *file, const FoundCell *alone) {
    const int errors = b->errors;
    b->ast = ast;
    b->model->name = ast->name.name;
    b->network = scope_new(b, arena_printf(b->arena, "network `%s`", ast->name.name), file, -1);
    scope_declare(b->network, &ast->declarations);
    find_layers(b, ast, alone);
    scope_assign(b->network, &ast->equations);
    scope_mark_outputs(b->network, &ast->declarations);
    keep_all_delayed(b->network, ast);
    scope_check_before(b->network);
    if (b->broken || !build_definitions(b)) return NULL;
    build_loss(b);
    if (b->errors > errors) return NULL;
    scope_check_after(b->network);
    if (b->errors > errors) return NULL;
    finish_model(b);
    return b->model;
}

/* ---- options that nothing asked for ---- */

static void add_entry_names(Builder *b, const Scope *scope, EntryKind kind, Names *names) {
    for (int i = 0; i < scope->entries.count; i++) {
        if (scope->entries.at[i]->kind != kind) continue;
        vec_push(b->arena, names, scope->entries.at[i]->name);
        if (scope->name) vec_push(b->arena, names, entry_path(scope->entries.at[i]));
    }
}

static void report_option(Builder *b, const char *name, EntryKind kind, const char *code,
                          const char *option) {
    Names names = {0};
    add_entry_names(b, b->network, kind, &names);
    for (int l = 0; l < b->layers.count; l++) add_entry_names(b, b->layers.at[l], kind, &names);
    bool known = false;
    for (int i = 0; i < names.count; i++)
        if (strcmp(names.at[i], name) == 0) known = true;
    Diagnostic *one =
        report(b, (Span){0}, code,
               known ? "%s %s: the network gives this size by itself" : "%s %s: there is no such name",
               option, name);
    if (!known) suggest(b, one, name, names);
}

static void check_options(Builder *b) {
    const ModelOptions *options = b->options;
    for (int i = 0; options && i < options->set.count; i++)
        if (!b->set_used[i]) report_option(b, options->set.at[i].name, ENTRY_CONST, "E0211", "--set");
    for (int i = 0; options && i < options->size.count; i++)
        if (!b->size_used[i]) report_option(b, options->size.at[i].name, ENTRY_SIZE, "E0212", "--size");
}

/* ---- from a package ---- */

/* What could not be read would be told to be missing: no mistakes in the text or its imports may be open. */
static bool is_whole(const Package *package, const Diagnostics *diagnostics) {
    for (int i = 0; i < diagnostics->list.count; i++) {
        const Diagnostic *one = diagnostics->list.at[i];
        if (strncmp(one->code, "E01", 3) != 0 && strncmp(one->code, "E028", 4) != 0) continue;
        for (int f = 0; f < package->files.count; f++)
            if (source_equal(one->span.source, package->files.at[f]->ast->source)) return false;
    }
    return true;
}

static void check_functions(Builder *b, PackageFile *file) {
    for (int i = 0; i < file->ast->functions.count; i++) {
        Builder *own = builder_new(b->arena, b->package, NULL, b->diagnostics);
        check_function(own, file, file->ast->functions.at[i]);
        b->errors += own->errors;
    }
}

static Model *build_alone(Builder *b, FoundCell cell) {
    const Scope *scope = check_cell(b, cell);
    if (!scope) return NULL;
    const AstNetwork *network = alone_network(b, scope);
    return network ? build_network(b, network, cell.file, &cell) : NULL;
}

Model *model_build(Arena *arena, const Package *package, const ModelOptions *options,
                   Diagnostics *diagnostics) {
    if (!is_whole(package, diagnostics)) return NULL;
    Builder *b = builder_new(arena, package, options, diagnostics);
    Chosen chosen;
    for (int i = 0; i < package->files.count; i++) check_functions(b, package->files.at[i]);
    if (!choose(b, package, options ? options->network : NULL, &chosen)) return NULL;
    Model *model =
        chosen.network ? build_network(b, chosen.network, package->root, NULL) : build_alone(b, chosen.cell);
    if (model) check_options(b);
    return b->errors == 0 ? model : NULL;
}

void model_check(Arena *arena, const Package *package, const ModelOptions *options,
                 Diagnostics *diagnostics) {
    if (!is_whole(package, diagnostics)) return;
    const AstFile *file = package->root->ast;
    Builder *cells = builder_new(arena, package, options, diagnostics);
    check_functions(cells, package->root);
    for (int i = 0; i < file->cells.count; i++)
        check_cell(cells, (FoundCell){file->cells.at[i], package->root});
    for (int i = 0; i < file->networks.count; i++) {
        Builder *b = builder_new(arena, package, options, diagnostics);
        b->symbolic = true;
        b->checked = cells->checked;
        build_network(b, file->networks.at[i], package->root, NULL);
    }
}
