/* What the grammar's actions call, one constructor each, and the state of one parse.
 *
 * Included by the grammar, the lexer and the files of this folder only; everybody else sees ast.h and
 * parse.h. A constructor takes what was written, makes the node in the arena, and reports what the grammar
 * alone can't say (a lag into the future, an attribute that doesn't exist). It never fails: after a report it
 * returns a node that the parser can go on with. */
#ifndef ELIGO_SYNTAX_AST_BUILD_H
#define ELIGO_SYNTAX_AST_BUILD_H

#include "base/diagnostic.h"
#include "syntax/ast.h"
#include "syntax/parse.h"

/* ---- one parse ---- */

/* A token as the error messages need it. `kind` is the grammar's token number. */
typedef struct Token {
    int kind;
    Span span;
} Token;

typedef struct Parser {
    Arena *arena;
    Source *source;
    Diagnostics *diagnostics;
    void *scanner;
    int offset; /* of the next byte that the lexer reads */
    int entry;  /* the start token that chose what is parsed */

    /* for the messages */
    int errors;   /* reported by this parse */
    bool stopped; /* after too many: the lexer answers "end of file", nothing more is reported */
    bool deep;    /* "nested too deeply" was reported */
    bool spoiled; /* a broken token in this statement was reported: what the grammar says about it is noise */
    int depth;    /* of open blocks */
    Span open;    /* the brace that opened the newest block */
    int path_braces;    /* open {a,b} of a path */
    Token first;        /* of the statement that is being read; kind 0 before it */
    int statement_size; /* tokens of it so far */
    bool equation;      /* its second token is = */
    Token newest;       /* that the parser has got; the fields above tell of the tokens before it */
    Token last[2];      /* the two before it, the nearer one first */

    /* results, by entry point */
    AstFile *file;
    AstPath *path;
    AstRule *rule; /* inline, when clauses follow the path */
    AstRuleUse *use;
} Parser;

/* Reports an error and counts it; stops the parse after too many. Never NULL: when nothing may be reported
 * any more the result is a diagnostic that nobody sees. */
Diagnostic *parser_error(Parser *parser, Span span, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A string with the text of a span. */
const char *parser_text(Parser *parser, Span span);
/* Takes one token into the account of statements and blocks. */
void parser_track(Parser *parser, Token token);
/* Reports that the newest token is unexpected. `expected` are the names of the `count` tokens that could
 * stand there. */
void parser_unexpected(Parser *parser, const char *const *expected, int count);
/* The reserved words, in the order of the language's description. */
extern const char *const parser_reserved[];
extern const int parser_reserved_count;
bool parser_is_reserved(const char *word);

/* ---- text (lexical.c) ---- */

/* Reports invalid UTF-8, zero and control bytes; false when there were any (the lexer relies on there being
 * none). */
bool lexical_check(Parser *parser);
/* Checks a name's length and its characters outside ASCII; returns its copy in the arena whatever it finds.
 */
const char *lexical_name(Parser *parser, Span span);
/* The number at a span that begins like a number; 1 after a report. */
double lexical_number(Parser *parser, Span span);
/* Reports a character that begins no token. */
void lexical_stray(Parser *parser, Span span);

/* ---- lists ---- */

AstNames *ast_names(Parser *parser, AstNames *list, AstName name);
AstExprs *ast_exprs(Parser *parser, AstExprs *list, AstExpr *expr);
AstArguments *ast_arguments(Parser *parser, AstArguments *list, AstName name, AstExpr *value);
AstRuleParameters *ast_rule_parameters(Parser *parser, AstRuleParameters *list, AstName name, AstExpr *value);

/* ---- names and expressions ---- */

AstName ast_name(const char *text, Span span);
AstName ast_qualified(AstName layer, AstName name, Span span);
AstExpr *ast_number(Parser *parser, double number, Span span);
AstExpr *ast_use(Parser *parser, AstName name, Span span);
/* name[index]: `index` must be t, t-D or t+0 with a whole D. */
AstExpr *ast_delayed(Parser *parser, AstName name, const AstExpr *index, Span span);
AstExpr *ast_unary(Parser *parser, const char *op, Span op_span, AstExpr *operand, Span span);
AstExpr *ast_binary(Parser *parser, const char *op, Span op_span, AstExpr *left, AstExpr *right, Span span);
/* `arguments` may be NULL. */
AstExpr *ast_call(Parser *parser, AstName name, const AstExprs *arguments, Span span);
/* Parentheses leave no node; they widen the span. */
AstExpr *ast_parentheses(AstExpr *inner, Span span);

/* ---- paths ---- */

AstPath *ast_path_name(Parser *parser, AstName name);
AstPath *ast_path_arrow(Parser *parser, AstName from, AstName to, Span span);
AstPath *ast_path_via(Parser *parser, AstPath *selector, AstName parameter, Span via, Span span);
AstPath *ast_path_not(Parser *parser, AstPath *inner, Span span);
AstPath *ast_path_and(Parser *parser, AstPath *left, AstPath *right, Span span);
AstPath *ast_path_pair(Parser *parser, AstPathKind kind, AstPath *left, AstPath *right, Span span);
/* `sign` is * + or ?. */
AstPath *ast_path_sign(Parser *parser, AstPath *inner, char sign, Span sign_span, Span span);
AstPath *ast_path_repeat(Parser *parser, AstPath *inner, AstExpr *minimum, AstExpr *maximum, Span span);
AstPath *ast_path_within(Parser *parser, AstPath *inner, AstExpr *bound, Span span);
AstPath *ast_path_empty(Parser *parser, Span span);
AstPath *ast_path_parentheses(AstPath *inner, Span span);

/* ---- statements of a block ---- */

typedef enum {
    STATEMENT_DECLARATION,
    STATEMENT_LAYER,
    STATEMENT_EQUATION,
    STATEMENT_LOSS,
    STATEMENT_KEEP,
    STATEMENT_CLAUSE
} AstStatementKind;

typedef struct AstStatement {
    AstStatementKind kind;
    Span span;
    AstDeclarations *declarations;
    AstLayer *layer;
    AstEquation *equation;
    AstExpr *loss, *when;
    AstPath *keep;
    AstClause *clause;
} AstStatement;
typedef VEC(AstStatement *) AstStatements;

/* One word, number or string among a declaration's attributes; ast_declarator sorts them into attributes. */
typedef struct AstWord {
    const char *name, *string; /* both NULL: a number */
    double number;
    const AstExprs *arguments; /* of a name: uniform(10, 30); NULL without parentheses */
    Span span;
} AstWord;
typedef VEC(AstWord) AstWords;

/* NULL statements (what an error left) are skipped. */
AstStatements *ast_statements(Parser *parser, AstStatements *list, AstStatement *statement);
AstDeclarations *ast_declarators(Parser *parser, AstDeclarations *list, AstDeclaration *one);
AstWords *ast_words(Parser *parser, AstWords *list, AstWord word);
/* `shape`, `words`, `value` may be NULL. */
AstDeclaration *ast_declarator(Parser *parser, AstName name, const AstExprs *shape, const AstWords *words,
                               AstExpr *value, Span span);
AstStatement *ast_declaration(Parser *parser, AstDeclareKind kind, AstDeclarations *declarators, Span span);
/* `word` must be "population"; those without a size are of the first one's. */
AstStatement *ast_populations(Parser *parser, AstName word, AstDeclarations *groups, Span span);
AstStatement *ast_equation(Parser *parser, AstName name, AstExpr *value, Span span);
AstStatement *ast_loss(Parser *parser, AstExpr *loss, AstExpr *when, Span span);
AstStatement *ast_layer(Parser *parser, AstName name, AstName cell, const AstArguments *arguments, Span span);
AstStatement *ast_keep(Parser *parser, AstPath *path, Span span);
/* A clause's parts; the axis and the span come with ast_clause. */
AstClause *ast_clause_word(Parser *parser, AstName word, const AstExprs *arguments);
AstClause *ast_clause_operand(Parser *parser, AstName word, AstExpr *operand);
AstClause *ast_clause_value(Parser *parser, AstExpr *value);
AstClause *ast_clause_replace(Parser *parser, AstPath *selector, AstExpr *value);
AstClause *ast_clause_side(AstClause *clause, AstName link, AstName side);
AstClause *ast_clause_outside(AstClause *clause, AstName link, AstPath *path);
AstStatement *ast_clause(Parser *parser, AstName axis, AstClause *clause, Span span);

/* ---- items of a file ---- */

/* `derivatives`, `parameters` may be NULL. */
void ast_function(Parser *parser, AstName name, const AstNames *parameters, AstExpr *body,
                  const AstExprs *derivatives, Span span);
void ast_cell(Parser *parser, AstName name, const AstStatements *block, Span span);
void ast_network(Parser *parser, AstName name, const AstStatements *block, Span span);
void ast_rule(Parser *parser, AstName name, const AstRuleParameters *parameters, const AstStatements *block,
              Span span);
/* A rule without a name: a path expression and, after a `;`, clauses. */
void ast_inline(Parser *parser, AstPath *keep, const AstStatements *block, Span span);
void ast_import(Parser *parser, const char *path, Span span);
void ast_rule_use(Parser *parser, AstName name, const AstArguments *arguments);

#endif
