/* Constructors of names and expressions. */
#include "syntax/ast_build.h"
#include <math.h>
#include <string.h>

enum { LAG_LIMIT = 1000000 };

AstNames *ast_names(Parser *parser, AstNames *list, AstName name) {
    if (!list) list = arena_new_of(parser->arena, AstNames);
    vec_push(parser->arena, list, name);
    return list;
}

AstExprs *ast_exprs(Parser *parser, AstExprs *list, AstExpr *expr) {
    if (!list) list = arena_new_of(parser->arena, AstExprs);
    vec_push(parser->arena, list, expr);
    return list;
}

AstArguments *ast_arguments(Parser *parser, AstArguments *list, AstName name, AstExpr *value) {
    if (!list) list = arena_new_of(parser->arena, AstArguments);
    const AstArgument argument = {name, value};
    vec_push(parser->arena, list, argument);
    return list;
}

AstRuleParameters *ast_rule_parameters(Parser *parser, AstRuleParameters *list, AstName name,
                                       AstExpr *value) {
    if (!list) list = arena_new_of(parser->arena, AstRuleParameters);
    const AstRuleParameter parameter = {name, value};
    vec_push(parser->arena, list, parameter);
    return list;
}

AstName ast_name(const char *text, Span span) { return (AstName){.name = text, .span = span}; }

AstName ast_qualified(AstName layer, AstName name, Span span) {
    return (AstName){.layer = layer.name, .name = name.name, .span = span};
}

static AstExpr *expr_new(Parser *parser, AstExprKind kind, Span span) {
    AstExpr *expr = arena_new_of(parser->arena, AstExpr);
    expr->kind = kind;
    expr->span = span;
    expr->depth = 1;
    return expr;
}

/* Takes `argument` under `expr`; beyond the limit it is left out, and reported once in a parse. */
static void expr_adopt(Parser *parser, AstExpr *expr, AstExpr *argument) {
    if (argument->depth >= AST_DEPTH_LIMIT) {
        if (!parser->deep) {
            Diagnostic *one = parser_error(parser, argument->span, "E0107", "this is nested too deeply");
            diagnostic_help(parser->diagnostics, one, "the limit is %d; name a part of it",
                            (int)AST_DEPTH_LIMIT);
        }
        parser->deep = true;
        argument = ast_number(parser, 0, argument->span);
    }
    if (argument->depth >= expr->depth) expr->depth = argument->depth + 1;
    vec_push(parser->arena, &expr->arguments, argument);
}

AstExpr *ast_number(Parser *parser, double number, Span span) {
    AstExpr *expr = expr_new(parser, AST_NUMBER, span);
    expr->number = number;
    return expr;
}

AstExpr *ast_use(Parser *parser, AstName name, Span span) {
    AstExpr *expr = expr_new(parser, AST_NAME, span);
    expr->name = name;
    return expr;
}

static bool is_time(const AstExpr *expr) {
    return expr->kind == AST_NAME && !expr->name.layer && expr->lag == 0 && strcmp(expr->name.name, "t") == 0;
}

static bool is_lag(const AstExpr *expr) {
    return expr->kind == AST_NUMBER && expr->number >= 0 && expr->number <= LAG_LIMIT &&
           expr->number == floor(expr->number);
}

/* The lag that an index says; 1, so that the equation can be read on, after a report. */
static int lag_of(Parser *parser, const char *name, const AstExpr *index) {
    if (is_time(index)) return 0;
    const bool sum = index->kind == AST_BINARY && (*index->op == '-' || *index->op == '+');
    if (!sum || !is_time(index->arguments.at[0])) {
        Diagnostic *one =
            parser_error(parser, index->span, "E0122", "only a time can stand in brackets after a name");
        diagnostic_help(parser->diagnostics, one,
                        "write `%s[t-1]` for the step before; single elements can't be named", name);
        return 1;
    }
    const AstExpr *lag = index->arguments.at[1];
    if (!is_lag(lag)) {
        parser_error(parser, lag->span, "E0121", "a delay must be a whole number from 0 to %d", LAG_LIMIT);
        return 1;
    }
    if (*index->op == '+' && lag->number > 0) {
        Diagnostic *one =
            parser_error(parser, index->span, "E0120", "`%s` of a later step can't be known yet", name);
        diagnostic_help(parser->diagnostics, one, "write `t-%d` for an earlier step", (int)lag->number);
        return 1;
    }
    return (int)lag->number;
}

AstExpr *ast_delayed(Parser *parser, AstName name, const AstExpr *index, Span span) {
    AstExpr *expr = ast_use(parser, name, span);
    expr->lag = lag_of(parser, name.name, index);
    return expr;
}

AstExpr *ast_unary(Parser *parser, const char *op, Span op_span, AstExpr *operand, Span span) {
    AstExpr *expr = expr_new(parser, AST_UNARY, span);
    expr->op = op;
    expr->op_span = op_span;
    expr_adopt(parser, expr, operand);
    return expr;
}

AstExpr *ast_binary(Parser *parser, const char *op, Span op_span, AstExpr *left, AstExpr *right, Span span) {
    AstExpr *expr = expr_new(parser, AST_BINARY, span);
    expr->op = op;
    expr->op_span = op_span;
    expr_adopt(parser, expr, left);
    expr_adopt(parser, expr, right);
    return expr;
}

AstExpr *ast_call(Parser *parser, AstName name, const AstExprs *arguments, Span span) {
    AstExpr *expr = expr_new(parser, AST_CALL, span);
    expr->name = name;
    for (int i = 0; arguments && i < arguments->count; i++) expr_adopt(parser, expr, arguments->at[i]);
    return expr;
}

AstExpr *ast_parentheses(AstExpr *inner, Span span) {
    inner->span = span;
    return inner;
}
