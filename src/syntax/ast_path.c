/* Constructors of path expressions. `&` and `not` work on sets of single edges: the constructors check that.
 */
#include "syntax/ast_build.h"

static AstPath *path_new(Parser *parser, AstPathKind kind, Span span) {
    AstPath *path = arena_new_of(parser->arena, AstPath);
    path->kind = kind;
    path->span = span;
    path->depth = 1;
    return path;
}

/* Like an expression's: what is too deep is left out, and reported once. */
static AstPath *path_adopt(Parser *parser, AstPath *path, AstPath *part) {
    if (part->depth >= AST_DEPTH_LIMIT) {
        if (!parser->deep) parser_error(parser, part->span, "E0107", "this is nested too deeply");
        parser->deep = true;
        part = path_new(parser, PATH_EMPTY, part->span);
    }
    if (part->depth >= path->depth) path->depth = part->depth + 1;
    return part;
}

static bool is_edge_set(const AstPath *path) {
    switch (path->kind) {
    case PATH_NAME:
    case PATH_ARROW:
    case PATH_VIA:
    case PATH_NOT:
    case PATH_AND: return true;
    case PATH_OR: return is_edge_set(path->left) && is_edge_set(path->right);
    default: return false;
    }
}

static void check_edge_set(Parser *parser, const AstPath *path, const char *op) {
    if (is_edge_set(path)) return;
    Diagnostic *one = parser_error(parser, path->span, "E0123", "%s takes single edges, not paths", op);
    diagnostic_help(parser->diagnostics, one,
                    "put the parentheses so that repetition comes last: `(any & not reset)*`");
}

AstPath *ast_path_name(Parser *parser, AstName name) {
    AstPath *path = path_new(parser, PATH_NAME, name.span);
    path->name = name;
    if (name.layer) {
        Diagnostic *one =
            parser_error(parser, name.span, "E0124", "`%s.%s` alone selects no edges", name.layer, name.name);
        diagnostic_help(parser->diagnostics, one, "write `%s.%s -> TO`, or `via %s.%s`", name.layer,
                        name.name, name.layer, name.name);
    }
    return path;
}

AstPath *ast_path_arrow(Parser *parser, AstName from, AstName to, Span span) {
    AstPath *path = path_new(parser, PATH_ARROW, span);
    path->name = from;
    path->to = to;
    return path;
}

AstPath *ast_path_via(Parser *parser, AstPath *selector, AstName parameter, Span via, Span span) {
    AstPath *path = path_new(parser, PATH_VIA, span_join(via, parameter.span));
    path->name = parameter;
    if (!selector) return path;
    check_edge_set(parser, selector, "`via`");
    return ast_path_pair(parser, PATH_AND, selector, path, span);
}

AstPath *ast_path_not(Parser *parser, AstPath *inner, Span span) {
    check_edge_set(parser, inner, "`not`");
    AstPath *path = path_new(parser, PATH_NOT, span);
    path->left = path_adopt(parser, path, inner);
    return path;
}

AstPath *ast_path_pair(Parser *parser, AstPathKind kind, AstPath *left, AstPath *right, Span span) {
    AstPath *path = path_new(parser, kind, span);
    path->left = path_adopt(parser, path, left);
    path->right = path_adopt(parser, path, right);
    return path;
}

AstPath *ast_path_and(Parser *parser, AstPath *left, AstPath *right, Span span) {
    check_edge_set(parser, left, "`&`");
    check_edge_set(parser, right, "`&`");
    return ast_path_pair(parser, PATH_AND, left, right, span);
}

AstPath *ast_path_repeat(Parser *parser, AstPath *inner, AstExpr *minimum, AstExpr *maximum, Span span) {
    AstPath *path = path_new(parser, PATH_REPEAT, span);
    path->left = path_adopt(parser, path, inner);
    path->minimum = minimum;
    path->maximum = maximum;
    return path;
}

AstPath *ast_path_sign(Parser *parser, AstPath *inner, char sign, Span sign_span, Span span) {
    AstExpr *minimum = ast_number(parser, sign == '+' ? 1 : 0, sign_span);
    AstExpr *maximum = sign == '?' ? ast_number(parser, 1, sign_span) : NULL;
    return ast_path_repeat(parser, inner, minimum, maximum, span);
}

AstPath *ast_path_within(Parser *parser, AstPath *inner, AstExpr *bound, Span span) {
    AstPath *path = path_new(parser, PATH_WITHIN, span);
    path->left = path_adopt(parser, path, inner);
    path->minimum = bound;
    return path;
}

AstPath *ast_path_empty(Parser *parser, Span span) { return path_new(parser, PATH_EMPTY, span); }

AstPath *ast_path_parentheses(AstPath *inner, Span span) {
    inner->span = span;
    return inner;
}
