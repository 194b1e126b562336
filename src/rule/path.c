/* Resolving a path expression: sets of single edges are folded into one leaf, counts are evaluated and
 * checked.
 *
 * The parser has made sure that `&` and `not` stand over sets of single edges, and that the tree isn't too
 * deep to walk; after its error a tree may still come this way, and is refused without a second word. */
#include "rule/path.h"

/* Is every path of it one edge long, by its form? */
static bool is_edge_set(const AstPath *path) {
    switch (path->kind) {
    case PATH_NAME:
    case PATH_ARROW:
    case PATH_VIA: return true;
    case PATH_NOT: return is_edge_set(path->left);
    case PATH_AND:
    case PATH_OR: return is_edge_set(path->left) && is_edge_set(path->right);
    default: return false;
    }
}

/* ---- sets of edges ---- */

static bool *resolve_edges(PathScope *scope, const AstPath *path) {
    if (!is_edge_set(path)) return NULL;
    if (path->kind == PATH_NAME || path->kind == PATH_VIA || path->kind == PATH_ARROW)
        return path_selector(scope, path);
    bool *left = resolve_edges(scope, path->left);
    const bool *right = path->right ? resolve_edges(scope, path->right) : left;
    if (!left || !right) return NULL;
    for (int i = 0; i < scope->graph->symbols.count; i++)
        left[i] = path->kind == PATH_NOT   ? !left[i]
                  : path->kind == PATH_AND ? left[i] && right[i]
                                           : left[i] || right[i];
    return left;
}

/* ---- counts ---- */

static bool count(PathScope *scope, const AstExpr *expr, const char *what, long *value) {
    if (!bind_whole(expr, scope->bindings, value, scope->diagnostics)) return false;
    if (*value >= 0) return true;
    diagnose(scope->diagnostics, expr->span, "E0511", "%s is %ld: it can't be negative", what, *value);
    return false;
}

static bool resolve_counts(PathScope *scope, const AstPath *path, PathNode *node) {
    node->maximum = -1;
    if (path->kind == PATH_WITHIN) return count(scope, path->minimum, "the bound on the lag", &node->minimum);
    if (!count(scope, path->minimum, "the least number of repeats", &node->minimum)) return false;
    if (!path->maximum) return true;
    if (!count(scope, path->maximum, "the largest number of repeats", &node->maximum)) return false;
    if (node->minimum <= node->maximum) return true;
    diagnose(scope->diagnostics, path->maximum->span, "E0511",
             "at least %ld repeats and at most %ld: there is no such number", node->minimum, node->maximum);
    return false;
}

/* ---- the tree ---- */

static PathNodeKind kind_of(AstPathKind kind) {
    switch (kind) {
    case PATH_SEQUENCE: return NODE_SEQUENCE;
    case PATH_OR: return NODE_OR;
    case PATH_REPEAT: return NODE_REPEAT;
    case PATH_WITHIN: return NODE_WITHIN;
    case PATH_EMPTY: return NODE_EMPTY;
    default: return NODE_EDGES;
    }
}

PathNode *path_resolve(PathScope *scope, const AstPath *path) {
    PathNode *node = arena_new_of(scope->arena, PathNode);
    node->span = path->span;
    node->kind = is_edge_set(path) ? NODE_EDGES : kind_of(path->kind);
    if (node->kind == NODE_EDGES) {
        node->edges = resolve_edges(scope, path);
        return node->edges ? node : NULL;
    }
    bool ok = true; /* both sides are looked at even after an error, to report all of them */
    if (path->left) ok &= (node->left = path_resolve(scope, path->left)) != NULL;
    if (path->right) ok &= (node->right = path_resolve(scope, path->right)) != NULL;
    if (path->kind == PATH_REPEAT || path->kind == PATH_WITHIN) ok &= resolve_counts(scope, path, node);
    return ok ? node : NULL;
}
