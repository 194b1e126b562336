/* The range of an expression from its text, as far as sizes are known yet: what tells a layer the size of its
 * input before anything is lowered. It never reports: what is wrong is found when the expression is lowered.
 */
#include "model/build.h"
#include <string.h>

enum { CALL_LIMIT = 8 };

typedef struct Inference {
    const Scope *scope;
    const AstFunction *function; /* inside one: only its parameters are names */
    const Dim *const *argument;
    const bool *known;
    int depth;
} Inference;

static bool infer(const Inference *at, const AstExpr *e, const Dim **dim);

static bool infer_entry(const Entry *entry, const Dim **dim) {
    *dim = NULL;
    if (entry->kind == ENTRY_SIZE) return true;
    if (!entry->declaration) {
        *dim = entry->rows;
        return entry->inferred;
    }
    if (entry->declaration->shape.count == 0 && entry->kind != ENTRY_POPULATION) return true;
    *dim = entry_axis(entry, 0);
    return *dim != NULL;
}

static bool infer_name(const Inference *at, const AstName *name, const Dim **dim) {
    if (at->function) {
        for (int i = 0; i < at->function->parameters.count; i++) {
            if (strcmp(at->function->parameters.at[i].name, name->name) != 0) continue;
            *dim = at->argument[i];
            return at->known[i];
        }
        return false;
    }
    const Scope *scope = name->layer ? find_layer(at->scope->builder, name->layer) : at->scope;
    const Entry *entry = scope ? scope_find(scope, name->name) : NULL;
    return entry && infer_entry(entry, dim);
}

/* Element by element: the first vector decides; without one, all operands must be known scalars. */
static bool infer_operands(const Inference *at, const AstExpr *e, int from, const Dim **dim) {
    bool all_known = true;
    for (int i = from; i < e->arguments.count; i++) {
        const bool known = infer(at, e->arguments.at[i], dim);
        if (known && *dim) return true;
        if (!known) all_known = false;
    }
    *dim = NULL;
    return all_known;
}

static bool infer_function(const Inference *at, const AstExpr *e, const Dim **dim) {
    const Scope *scope = at->scope;
    const AstFunction *function = package_function(scope->builder->package, scope->file, e->name.name);
    if (!function || function->parameters.count != e->arguments.count || at->depth >= CALL_LIMIT)
        return infer_operands(at, e, 0, dim);
    Arena *arena = scope->builder->arena;
    const size_t count = (size_t)e->arguments.count;
    const Dim **argument = arena_alloc(arena, count * sizeof *argument);
    bool *known = arena_alloc(arena, count * sizeof *known);
    for (int i = 0; i < e->arguments.count; i++) known[i] = infer(at, e->arguments.at[i], &argument[i]);
    const Inference inside = {scope, function, argument, known, at->depth + 1};
    return infer(&inside, function->body, dim);
}

/* unit(n): as long as n. */
static bool infer_unit(const Inference *at, const AstExpr *e, const Dim **dim) {
    const bool named = e->arguments.count == 1 && e->arguments.at[0]->kind == AST_NAME && !at->function;
    const Entry *size = named ? scope_find(at->scope, e->arguments.at[0]->name.name) : NULL;
    if (size && size->kind == ENTRY_SIZE) *dim = size->size;
    return *dim != NULL;
}

static bool infer_call(const Inference *at, const AstExpr *e, const Dim **dim) {
    static const char *const reductions[] = {"sum", "mean", "logsumexp"};
    *dim = NULL;
    for (int i = 0; i < 3; i++)
        if (strcmp(e->name.name, reductions[i]) == 0) return true;
    if (is_loss_function(e->name.name)) return true;
    if (strcmp(e->name.name, "unit") == 0) return infer_unit(at, e, dim);
    if (strcmp(e->name.name, "share") == 0) return true;
    if (strcmp(e->name.name, "tag") == 0) return infer_operands(at, e, 1, dim);
    return is_builtin(e->name.name) ? infer_operands(at, e, 0, dim) : infer_function(at, e, dim);
}

static bool infer_product(const Inference *at, const AstExpr *e, const Dim **dim) {
    const AstExpr *matrix = e->arguments.at[0];
    if (matrix->kind != AST_NAME) return false;
    return infer_name(at, &matrix->name, dim) && *dim;
}

static bool infer(const Inference *at, const AstExpr *e, const Dim **dim) {
    *dim = NULL;
    switch (e->kind) {
    case AST_NUMBER: return true;
    case AST_NAME: return infer_name(at, &e->name, dim);
    case AST_UNARY: return infer(at, e->arguments.at[0], dim);
    case AST_BINARY: return e->op[0] == '@' ? infer_product(at, e, dim) : infer_operands(at, e, 0, dim);
    case AST_CALL: return infer_call(at, e, dim);
    }
    return false;
}

bool infer_dim(const Scope *scope, const AstExpr *e, const Dim **dim) {
    const Inference at = {.scope = scope};
    return infer(&at, e, dim);
}
