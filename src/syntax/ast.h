/* The syntax tree of an .eligo file: what was written, with its place, and nothing decided yet.
 *
 * Names are not resolved, sizes not known, rules not compiled: that is `model/` and `rule/`. The grammar's
 * actions call one `ast_*` constructor each. All nodes live in the arena that was given to `syntax_parse`. */
#ifndef ELIGO_SYNTAX_AST_H
#define ELIGO_SYNTAX_AST_H

#include "base/source.h"
#include "base/vector.h"
#include <stdbool.h>

/* ---- names and expressions ---- */

typedef struct AstName {
    const char *layer; /* "l1" in l1.h, else NULL */
    const char *name;
    Span span;
} AstName;
typedef VEC(AstName) AstNames;

typedef enum {
    AST_NUMBER, /* number */
    AST_NAME,   /* name, lag */
    AST_UNARY,  /* op "-" ; 1 argument */
    AST_BINARY, /* op "+" "-" "*" "/" "^" "@" "<" "<=" ">" ">=" "==" "!=" ; 2 arguments */
    AST_CALL    /* name.name is the function; arguments. tag(name, e) and stop(e) are calls too */
} AstExprKind;

typedef struct AstExpr AstExpr;
typedef VEC(AstExpr *) AstExprs;
struct AstExpr {
    AstExprKind kind;
    Span span;
    double number;
    AstName name;
    const char *op;
    Span op_span;
    int lag; /* name[t-lag]; 0 = this step */
    AstExprs arguments;
    int depth; /* of the tree below, 1 for a leaf: never more than AST_DEPTH_LIMIT, so that passes may recurse
                */
};

enum { AST_DEPTH_LIMIT = 1000 }; /* of expressions and of paths; deeper ones are an error of the parser */

typedef struct AstEquation { /* name = value; */
    AstName name;
    AstExpr *value;
    Span span;
} AstEquation;
typedef VEC(AstEquation *) AstEquations;

/* ---- declarations ---- */

typedef enum {
    DECLARE_SIZE,
    DECLARE_INPUT,
    DECLARE_STATE,
    DECLARE_OUTPUT,
    DECLARE_PARAM,
    DECLARE_CONST,
    DECLARE_POPULATION
} AstDeclareKind;

typedef struct AstAttribute { /* init 1, init orthogonal, zero_diagonal, sparse 0.1, sparse "pattern.npy",
                                 nonnegative … */
    const char *name;
    const char *word;   /* `orthogonal`, or NULL */
    const char *string; /* a quoted string's content, or NULL */
    bool has_number;
    double number;
    AstExprs arguments; /* of the word: init uniform(10, 30) */
    Span span;
} AstAttribute;
typedef VEC(AstAttribute) AstAttributes;

typedef struct AstDeclaration {
    AstDeclareKind kind;
    AstName name;
    AstExprs shape; /* 0, 1 or 2 sizes: names or numbers */
    AstAttributes attributes;
    AstExpr *value; /* of a const, a population's fraction, or a size's default (`size n = 64`), else NULL */
    Span span;
} AstDeclaration;
typedef VEC(AstDeclaration *) AstDeclarations;

/* ---- path expressions ---- */

typedef enum {
    PATH_NAME,     /* a class, or a tag: name */
    PATH_ARROW,    /* from -> to */
    PATH_VIA,      /* via PARAM: name. `explicit via Rg` is PATH_AND(explicit, via Rg) */
    PATH_NOT,      /* left */
    PATH_AND,      /* left & right */
    PATH_SEQUENCE, /* left right */
    PATH_OR,       /* left | right */
    PATH_REPEAT,   /* left{minimum,maximum}: * + ? are built as this; maximum NULL = unbounded */
    PATH_WITHIN,   /* left within minimum */
    PATH_EMPTY     /* (): the empty path */
} AstPathKind;

typedef struct AstPath AstPath;
struct AstPath {
    AstPathKind kind;
    Span span;
    AstName name, to; /* PATH_NAME, PATH_VIA: name. PATH_ARROW: name -> to */
    AstPath *left, *right;
    AstExpr *minimum, *maximum; /* integer expressions over the rule's parameters */
    int depth;                  /* as in AstExpr */
};

/* ---- top-level items ---- */

typedef struct AstFunction {
    AstName name;
    AstNames parameters;
    AstExpr *body;
    AstExprs derivatives; /* empty: differentiate the body; else one for each parameter */
    Span span;
} AstFunction;

typedef struct AstCell {
    AstName name;
    AstDeclarations declarations;
    AstEquations equations;
    Span span;
} AstCell;

typedef struct AstRuleParameter {
    AstName name;
    AstExpr *value; /* default, or NULL */
} AstRuleParameter;
typedef VEC(AstRuleParameter) AstRuleParameters;

typedef struct AstClause { /* carry forward; carry mixed(16); mask reach(n); estimate rank1; signal random;
                              update every k; */
    const char
        *axis; /* "carry" "mask" "replace" "estimate" "signal" "update" "sample" …; a second keep: "keep" */
    Span axis_span;
    AstName word;       /* forward, reach, rank1 … */
    AstExprs arguments; /* in parentheses, or the k of `every k` */
    AstPath *selector;  /* replace SELECTOR with VALUE */
    AstExpr *value;     /* of a replace; or the number of `sample 3` */
    AstPath *outside;   /* estimate rank1 outside PATH */
    AstName link, side; /* the word before that path; replace … in signal: "in", "signal" */
    Span span;
} AstClause;

typedef struct AstRule {
    AstName name;
    AstRuleParameters parameters;
    AstPath *keep; /* the first keep clause, NULL when there is none; further ones are in `clauses` (rule/
                      reports both) */
    VEC(AstClause *) clauses;
    Span span;
} AstRule;

typedef struct AstArgument { /* n = 64, x = l1.h */
    AstName name;
    AstExpr *value;
} AstArgument;
typedef VEC(AstArgument) AstArguments;

typedef struct AstLayer { /* layer l1 = lstm(n = 64, x = x); */
    AstName name, cell;
    AstArguments arguments;
    Span span;
} AstLayer;

typedef struct AstLoss { /* loss value when mask; */
    AstExpr *value;
    AstExpr *when; /* or NULL */
} AstLoss;
typedef VEC(AstLoss) AstLosses;

typedef struct AstNetwork {
    AstName name;
    AstDeclarations declarations;
    VEC(AstLayer *) layers;
    AstEquations equations;
    AstLosses losses; /* summed; none: the network has no loss */
    Span span;
} AstNetwork;

typedef struct AstImport {
    const char *path;
    Span span;
} AstImport;

typedef struct AstFile {
    Source *source;
    VEC(AstImport) imports;
    VEC(AstFunction *) functions;
    VEC(AstCell *) cells;
    VEC(AstRule *) rules;
    VEC(AstNetwork *) networks;
} AstFile;

#endif
