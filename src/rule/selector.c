/* Selectors: which symbols of the graph a class, a tag, `via PARAM` or `from -> to` stands for.
 *
 * Classes, tags and state names live in separate name spaces, and a rule may be older than the model it
 * meets: a tag or a state that this model lacks matches nothing. That is said in a note where the text is the
 * library's, or names what another cell of the spec has; in what the user wrote for this model it is an
 * error. */
#include "rule/path.h"
#include <string.h>

/* ---- does a variable answer to a name? ---- */

static bool var_matches(const Model *model, const Var *var, AstName name) {
    if (!var || strcmp(var->name, name.name) != 0) return false;
    if (!name.layer) return true;
    return var->layer >= 0 && strcmp(model->layers.at[var->layer].name, name.layer) == 0;
}

static bool is_endpoint(const Var *var) { return var->kind == VAR_STATE || var->kind == VAR_OUTPUT; }

static bool has_state(const Model *model, AstName name) {
    for (int i = 0; i < model->roots.count; i++)
        if (is_endpoint(model->roots.at[i]) && var_matches(model, model->roots.at[i], name)) return true;
    return false;
}

static bool has_param(const Model *model, AstName name) {
    for (int i = 0; i < model->params.count; i++)
        if (var_matches(model, model->params.at[i], name)) return true;
    return false;
}

static int tag_index(const Model *model, const char *name) {
    for (int i = 0; i < model->tags.count; i++)
        if (strcmp(model->tags.at[i], name) == 0) return i;
    return -1;
}

static int class_index(const char *name) {
    for (int i = 0; i < CLASS_COUNT; i++)
        if (strcmp(edge_class_name[i], name) == 0) return i;
    return strcmp(name, "any") == 0 ? CLASS_COUNT : -1;
}

/* ---- does some cell of the spec have it, if not this model? ---- */

static bool expr_tags(const AstExpr *expr, const char *tag) {
    if (expr->kind == AST_CALL && strcmp(expr->name.name, "tag") == 0 && expr->arguments.count > 0 &&
        expr->arguments.at[0]->kind == AST_NAME && strcmp(expr->arguments.at[0]->name.name, tag) == 0)
        return true;
    for (int i = 0; i < expr->arguments.count; i++)
        if (expr_tags(expr->arguments.at[i], tag)) return true;
    return false;
}

static bool cell_tags(const AstCell *cell, const char *tag) {
    for (int i = 0; i < cell->equations.count; i++)
        if (expr_tags(cell->equations.at[i]->value, tag)) return true;
    return false;
}

static bool cell_declares(const AstCell *cell, AstPathKind selector, const char *name) {
    for (int i = 0; i < cell->declarations.count; i++) {
        const AstDeclaration *one = cell->declarations.at[i];
        const bool fits = selector == PATH_VIA ? one->kind == DECLARE_PARAM
                                               : one->kind == DECLARE_STATE || one->kind == DECLARE_OUTPUT;
        if (fits && strcmp(one->name.name, name) == 0) return true;
    }
    return false;
}

static bool spec_knows(PathScope *scope, AstPathKind selector, AstName name) {
    const PackageFiles files = package_closure(scope->arena, scope->package, NULL);
    for (int f = 0; f < files.count; f++)
        for (int i = 0; i < files.at[f]->ast->cells.count; i++) {
            const AstCell *cell = files.at[f]->ast->cells.at[i];
            if (selector == PATH_NAME ? cell_tags(cell, name.name) : cell_declares(cell, selector, name.name))
                return true;
        }
    return false;
}

/* May the name be missing here? Then that is noted. */
static bool may_lack(PathScope *scope, AstPathKind selector, AstName name, const char *what) {
    if (scope->origin == ORIGIN_INLINE) return false;
    if (scope->origin == ORIGIN_SPEC && (name.layer || !spec_knows(scope, selector, name))) return false;
    diagnose(scope->diagnostics, name.span, "N0502", "this model has no %s `%s`: it matches nothing here",
             what, name.name);
    return true;
}

/* ---- errors that say what there is ---- */

typedef VEC(const char *) Candidates;

static void add_candidate(Arena *arena, Candidates *all, const char *name) {
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->at[i], name) == 0) return;
    vec_push(arena, all, name);
}

static void add_list(Text *text, const char *what, const char *const *names, int count) {
    text_printf(text, "%s%s", text->length ? "; " : "", what);
    for (int i = 0; i < count; i++) text_printf(text, "%s %s", i ? "," : ":", names[i]);
    if (count == 0) text_add(text, ": none");
}

static Candidates var_names(PathScope *scope, AstName name, AstPathKind selector) {
    const Model *model = scope->graph->model;
    Candidates all = {0};
    const int count = selector == PATH_VIA ? model->params.count : model->roots.count;
    for (int i = 0; i < count; i++) {
        const Var *var = selector == PATH_VIA ? model->params.at[i] : model->roots.at[i];
        if (selector != PATH_VIA && !is_endpoint(var)) continue;
        add_candidate(scope->arena, &all, name.layer ? var->label : var->name);
    }
    return all;
}

static const char *written(Arena *arena, AstName name) {
    return name.layer ? arena_printf(arena, "%s.%s", name.layer, name.name) : name.name;
}

static void help_names(PathScope *scope, Diagnostic *one, const char *name, const Candidates *candidates,
                       Text *lists) {
    const char *near = closest_name(name, candidates->at, candidates->count);
    if (near)
        diagnostic_help(scope->diagnostics, one, "did you mean `%s`? %s", near, lists->at);
    else
        diagnostic_help(scope->diagnostics, one, "%s", lists->at);
    text_free(lists);
}

static bool *unknown_var(PathScope *scope, AstName name, AstPathKind selector) {
    const bool via = selector == PATH_VIA;
    const char *text = written(scope->arena, name);
    Diagnostic *one = diagnose(scope->diagnostics, name.span, via ? "E0507" : "E0506",
                               via ? "there is no parameter `%s`" : "there is no state or output `%s`", text);
    const Candidates all = var_names(scope, name, selector);
    Text lists = {0};
    add_list(&lists, via ? "parameters" : "states and outputs", all.at, all.count);
    help_names(scope, one, text, &all, &lists);
    return NULL;
}

static bool *unknown_name(PathScope *scope, AstName name) {
    static const char *const classes[] = {"implicit", "explicit", "spatial", "lateral", "local", "any"};
    enum { CLASSES = sizeof classes / sizeof *classes };
    const Model *model = scope->graph->model;
    const char *text = written(scope->arena, name);
    Diagnostic *one = diagnose(scope->diagnostics, name.span, "E0504",
                               "`%s` is neither a class nor a tag of this model", text);
    const Candidates states = var_names(scope, name, PATH_ARROW);
    Candidates all = {0};
    for (int i = 0; i < CLASSES; i++) add_candidate(scope->arena, &all, classes[i]);
    for (int i = 0; i < model->tags.count; i++) add_candidate(scope->arena, &all, model->tags.at[i]);
    Text lists = {0};
    add_list(&lists, "classes", classes, CLASSES);
    add_list(&lists, "tags", model->tags.at, model->tags.count);
    add_list(&lists, "states (as in `c -> c`)", states.at, states.count);
    help_names(scope, one, text, &all, &lists);
    return NULL;
}

static bool *state_alone(PathScope *scope, AstName name) {
    const char *text = written(scope->arena, name);
    Diagnostic *one = diagnose(scope->diagnostics, name.span, "E0505",
                               "`%s` is a state, and a path is made of edges between states", text);
    diagnostic_help(scope->diagnostics, one, "write `%s -> %s` for the edges from %s to itself", text, text,
                    text);
    return NULL;
}

/* ---- the selectors ---- */

static bool *new_set(PathScope *scope) {
    return arena_alloc(scope->arena, sizeof(bool) * (size_t)(scope->graph->symbols.count + 1));
}

static bool *select_class(PathScope *scope, int class) {
    bool *set = new_set(scope);
    scope->names_local |= class == CLASS_LOCAL;
    for (int i = 0; i < scope->graph->symbols.count; i++)
        set[i] = class == CLASS_COUNT || (int)scope->graph->symbols.at[i].class == class;
    return set;
}

static bool *select_tag(PathScope *scope, int tag) {
    bool *set = new_set(scope);
    const uint64_t bit = (uint64_t)1 << tag;
    scope->tags |= bit;
    for (int i = 0; i < scope->graph->symbols.count; i++)
        set[i] = (scope->graph->symbols.at[i].tags & bit) != 0;
    return set;
}

static bool *select_name(PathScope *scope, AstName name) {
    const Model *model = scope->graph->model;
    const int class = class_index(name.name), tag = tag_index(model, name.name);
    if (class >= 0) return select_class(scope, class);
    if (tag >= 0) return select_tag(scope, tag);
    if (has_state(model, name) && scope->origin != ORIGIN_LIBRARY) return state_alone(scope, name);
    return may_lack(scope, PATH_NAME, name, "tag") ? new_set(scope) : unknown_name(scope, name);
}

static bool *select_via(PathScope *scope, AstName name) {
    const Model *model = scope->graph->model;
    if (!has_param(model, name) && !may_lack(scope, PATH_VIA, name, "parameter"))
        return unknown_var(scope, name, PATH_VIA);
    bool *set = new_set(scope);
    for (int i = 0; i < scope->graph->symbols.count; i++)
        set[i] = var_matches(model, scope->graph->symbols.at[i].via, name);
    return set;
}

static bool knows_endpoint(PathScope *scope, AstName name) {
    if (has_state(scope->graph->model, name) || may_lack(scope, PATH_ARROW, name, "state")) return true;
    unknown_var(scope, name, PATH_ARROW);
    return false;
}

static bool *select_arrow(PathScope *scope, AstName from, AstName to) {
    const Model *model = scope->graph->model;
    bool ok = knows_endpoint(scope, from);
    const bool same = strcmp(from.name, to.name) == 0 && !from.layer == !to.layer &&
                      (!from.layer || strcmp(from.layer, to.layer) == 0);
    if (!same) ok &= knows_endpoint(scope, to); /* `x -> x` is one mistake, not two */
    if (!ok) return NULL;
    bool *set = new_set(scope);
    for (int i = 0; i < scope->graph->symbols.count; i++) {
        const Symbol *symbol = &scope->graph->symbols.at[i];
        set[i] = var_matches(model, symbol->from, from) && var_matches(model, symbol->to, to);
    }
    return set;
}

bool *path_selector(PathScope *scope, const AstPath *path) {
    switch (path->kind) {
    case PATH_NAME: return select_name(scope, path->name);
    case PATH_VIA: return select_via(scope, path->name);
    default: return select_arrow(scope, path->name, path->to);
    }
}
