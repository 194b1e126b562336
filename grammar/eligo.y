/* The grammar of .eligo text: LALR(1) without conflicts.
 *
 * One block serves cells, networks and rules: which statement belongs where is checked by the constructors, so that
 * a `keep` in a cell is told what it is. The words via, within, not, with and when are names except in paths
 * (`path_name`), where only `when` is. A start token, sent before the text's own, chooses between the three things
 * that can be parsed. What can be said about an error in the text is in parser_unexpected. */
%code requires {
#include "syntax/ast_build.h"
}

%define api.pure full
%define api.prefix {eligo_}
%define api.location.type {Span}
%define api.value.type union
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {Parser *parser}

%code provides {
/* The next token from the scanner (the lexer), without the start token. */
int eligo_scan(ELIGO_STYPE *value, Span *place, void *scanner);
/* The next token for the parser. */
int eligo_lex(ELIGO_STYPE *value, Span *place, Parser *parser);
}

%code top {
/* What bison writes holds small counts in char-sized integers and copies them about. */
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
}

%code {

#define YYLLOC_DEFAULT(current, rhs, count)                                                                      \
    ((current) = (count) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, count))                                      \
                         : (Span){parser->source, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})

/* With custom error messages, bison calls this only when its stack is exhausted. */
static void yyerror(Span *place, Parser *parser, const char *message) {
    (void)message;
    if (!parser->deep) parser_error(parser, *place, "E0107", "this is nested too deeply");
    parser->deep = true;
}
}

%token START_FILE "the text" START_RULE "a rule without a name" START_PATH "a path expression" START_USE "a rule's use"
%token END 0 "the end of the file"
%token CELL "cell" FUNCTION "function" RULE "rule" NETWORK "network" IMPORT "import"
%token SIZE "size" INPUT "input" STATE "state" OUTPUT "output" PARAM "param" CONST "const"
%token DERIVATIVE "derivative" LAYER "layer" LOSS "loss"
%token KEEP "keep" CARRY "carry" MASK "mask" REPLACE "replace" ESTIMATE "estimate" SIGNAL "signal" UPDATE "update"
%token VIA "via" WITHIN "within" NOT "not" WITH "with" WHEN "when"
%token <const char *> NAME "a name" STRING "a quoted string"
%token <double> NUMBER "a number"
%token COUNT_OPEN "{ of a count" COUNT_CLOSE "} of a count"
%token ARROW "->" AT_MOST "<=" AT_LEAST ">=" EQUAL "==" UNEQUAL "!="
%token '(' "(" ')' ")" '[' "[" ']' "]" '{' "{" '}' "}" '=' "=" ';' ";" ',' "," '.' "." '@' "@" '^' "^"
%token '*' "*" '/' "/" '+' "+" '-' "-" '?' "?" '|' "|" '&' "&" '<' "<" '>' ">"

%type <AstName> name path_name qualified path_qualified
%type <AstNames *> names
%type <AstExpr *> expr sum product unary contraction power exponent operand number_expr bound size_expr default_value loss_mask
%type <AstExprs *> exprs derivatives call_arguments shape sizes
%type <const char *> comparison
%type <AstArguments *> arguments some_arguments
%type <AstPath *> path sequence conjunction repeated prefix selector edges
%type <AstRuleParameters *> rule_header rule_parameters
%type <AstDeclareKind> declare_kind
%type <AstDeclarations *> declarators groups
%type <AstDeclaration *> declarator group
%type <AstWords *> words
%type <AstWord> word
%type <AstStatements *> block statements
%type <AstStatement *> statement
%type <AstName> axis
%type <AstClause *> clause

/* `explicit via Rg` is one selector: a `via` restricts the edges to its left rather than beginning the next edge. */
%precedence EDGES
%precedence VIA

%%

start
    : START_FILE items
    | START_PATH path                       { parser->path = $2; }
    | START_RULE path                       { ast_inline(parser, $2, NULL, @$); }
    | START_RULE path ';' statements        { ast_inline(parser, $2, $4, @$); }
    | START_USE name                        { ast_rule_use(parser, $2, NULL); }
    | START_USE name '(' arguments ')'      { ast_rule_use(parser, $2, $4); }
    ;

/* ---- items of a file ---- */

items
    : %empty
    | items item
    ;

item
    : IMPORT STRING ';'                     { ast_import(parser, $2, @$); }
    | FUNCTION name '(' names ')' '=' expr derivatives ';'
                                            { ast_function(parser, $2, $4, $7, $8, @$); }
    | CELL name block                       { ast_cell(parser, $2, $3, @$); }
    | NETWORK name block                    { ast_network(parser, $2, $3, @$); }
    | RULE name rule_header block           { ast_rule(parser, $2, $3, $4, @$); }
    | error ';'                             { yyerrok; }
    | error '}'                             { yyerrok; }
    | error block                           { yyerrok; }
    ;

names
    : name                                  { $$ = ast_names(parser, NULL, $1); }
    | names ',' name                        { $$ = ast_names(parser, $1, $3); }
    ;

derivatives
    : %empty                                { $$ = NULL; }
    | DERIVATIVE exprs                      { $$ = $2; }
    ;

rule_header
    : %empty                                { $$ = NULL; }
    | '(' rule_parameters ')'               { $$ = $2; }
    ;

rule_parameters
    : name default_value                          { $$ = ast_rule_parameters(parser, NULL, $1, $2); }
    | rule_parameters ',' name default_value      { $$ = ast_rule_parameters(parser, $1, $3, $4); }
    ;

default_value
    : %empty                                { $$ = NULL; }
    | '=' expr                              { $$ = $2; }
    ;

block
    : '{' statements '}'                    { $$ = $2; }
    | '{' statements error '}'              { $$ = $2; yyerrok; }
    ;

statements
    : %empty                                { $$ = NULL; }
    | statements statement                  { $$ = ast_statements(parser, $1, $2); }
    ;

/* ---- statements ---- */

statement
    : declare_kind declarators ';'          { $$ = ast_declaration(parser, $1, $2, @$); }
    | name '=' expr ';'                     { $$ = ast_equation(parser, $1, $3, @$); }
    | LAYER name '=' name '(' arguments ')' ';'
                                            { $$ = ast_layer(parser, $2, $4, $6, @$); }
    | LOSS expr loss_mask ';'               { $$ = ast_loss(parser, $2, $3, @$); }
    | KEEP path ';'                         { $$ = ast_keep(parser, $2, @$); }
    | REPLACE path WITH expr ';'            { $$ = ast_clause(parser, ast_name("replace", @1),
                                                              ast_clause_replace(parser, $2, $4), @$); }
    | REPLACE path WITH expr name axis ';'  { $$ = ast_clause(parser, ast_name("replace", @1),
                                                              ast_clause_side(ast_clause_replace(parser, $2, $4), $5, $6), @$); }
    | axis clause ';'                       { $$ = ast_clause(parser, $1, $2, @$); }
    | axis groups ';'                       { $$ = ast_populations(parser, $1, $2, @$); }
    | error ';'                             { $$ = NULL; yyerrok; }
    ;

loss_mask
    : %empty                                { $$ = NULL; }
    | WHEN expr                             { $$ = $2; }
    ;

declare_kind
    : SIZE                                  { $$ = DECLARE_SIZE; }
    | INPUT                                 { $$ = DECLARE_INPUT; }
    | STATE                                 { $$ = DECLARE_STATE; }
    | OUTPUT                                { $$ = DECLARE_OUTPUT; }
    | PARAM                                 { $$ = DECLARE_PARAM; }
    | CONST                                 { $$ = DECLARE_CONST; }
    ;

declarators
    : declarator                            { $$ = ast_declarators(parser, NULL, $1); }
    | declarators ',' declarator            { $$ = ast_declarators(parser, $1, $3); }
    ;

declarator
    : name shape words                      { $$ = ast_declarator(parser, $1, $2, $3, NULL, @$); }
    | name shape '=' expr                   { $$ = ast_declarator(parser, $1, $2, NULL, $4, @$); }
    ;

/* population E[n] = 0.8, I = 0.2; the word is a name like any other */
groups
    : group                                 { $$ = ast_declarators(parser, NULL, $1); }
    | groups ',' group                      { $$ = ast_declarators(parser, $1, $3); }
    ;

group
    : name shape '=' expr                   { $$ = ast_declarator(parser, $1, $2, NULL, $4, @$); }
    ;

shape
    : %empty                                { $$ = NULL; }
    | '[' sizes ']'                         { $$ = $2; }
    ;

sizes
    : size_expr                             { $$ = ast_exprs(parser, NULL, $1); }
    | sizes ',' size_expr                   { $$ = ast_exprs(parser, $1, $3); }
    ;

size_expr
    : name                                  { $$ = ast_use(parser, $1, @$); }
    | NUMBER                                { $$ = ast_number(parser, $1, @$); }
    ;

words
    : %empty                                { $$ = NULL; }
    | words word                            { $$ = ast_words(parser, $1, $2); }
    ;

word
    : name                                  { $$ = (AstWord){.name = $1.name, .span = @$}; }
    | name '(' exprs ')'                    { $$ = (AstWord){.name = $1.name, .arguments = $3, .span = @$}; }
    | STRING                                { $$ = (AstWord){.string = $1, .span = @$}; }
    | NUMBER                                { $$ = (AstWord){.number = $1, .span = @$}; }
    | '-' NUMBER                            { $$ = (AstWord){.number = -$2, .span = @$}; }
    ;

axis
    : CARRY                                 { $$ = ast_name("carry", @$); }
    | MASK                                  { $$ = ast_name("mask", @$); }
    | ESTIMATE                              { $$ = ast_name("estimate", @$); }
    | SIGNAL                                { $$ = ast_name("signal", @$); }
    | UPDATE                                { $$ = ast_name("update", @$); }
    | name
    ;

clause
    : name                                  { $$ = ast_clause_word(parser, $1, NULL); }
    | name '(' call_arguments ')'           { $$ = ast_clause_word(parser, $1, $3); }
    | name name                             { $$ = ast_clause_operand(parser, $1, ast_use(parser, $2, @2)); }
    | name name path                        { $$ = ast_clause_outside(ast_clause_word(parser, $1, NULL), $2, $3); }
    | name '(' call_arguments ')' name path { $$ = ast_clause_outside(ast_clause_word(parser, $1, $3), $5, $6); }
    | name NUMBER                           { $$ = ast_clause_operand(parser, $1, ast_number(parser, $2, @2)); }
    | number_expr                           { $$ = ast_clause_value(parser, $1); }
    ;

/* ---- paths: not; then * + ? {a,b} and within; then &; then a sequence; then | ---- */

path
    : sequence
    | path '|' sequence                     { $$ = ast_path_pair(parser, PATH_OR, $1, $3, @$); }
    ;

sequence
    : conjunction
    | sequence conjunction                  { $$ = ast_path_pair(parser, PATH_SEQUENCE, $1, $2, @$); }
    ;

conjunction
    : repeated
    | conjunction '&' repeated              { $$ = ast_path_and(parser, $1, $3, @$); }
    ;

repeated
    : prefix
    | repeated '*'                          { $$ = ast_path_sign(parser, $1, '*', @2, @$); }
    | repeated '+'                          { $$ = ast_path_sign(parser, $1, '+', @2, @$); }
    | repeated '?'                          { $$ = ast_path_sign(parser, $1, '?', @2, @$); }
    | repeated COUNT_OPEN expr COUNT_CLOSE  { $$ = ast_path_repeat(parser, $1, $3, $3, @$); }
    | repeated COUNT_OPEN expr ',' COUNT_CLOSE
                                            { $$ = ast_path_repeat(parser, $1, $3, NULL, @$); }
    | repeated COUNT_OPEN expr ',' expr COUNT_CLOSE
                                            { $$ = ast_path_repeat(parser, $1, $3, $5, @$); }
    | repeated WITHIN bound                 { $$ = ast_path_within(parser, $1, $3, @$); }
    ;

bound
    : NUMBER                                { $$ = ast_number(parser, $1, @$); }
    | path_name                             { $$ = ast_use(parser, $1, @$); }
    | '(' expr ')'                          { $$ = ast_parentheses($2, @$); }
    ;

prefix
    : selector
    | NOT prefix                            { $$ = ast_path_not(parser, $2, @$); }
    ;

selector
    : edges %prec EDGES
    | edges VIA path_qualified              { $$ = ast_path_via(parser, $1, $3, @2, @$); }
    ;

edges
    : path_qualified                        { $$ = ast_path_name(parser, $1); }
    | path_qualified ARROW path_qualified   { $$ = ast_path_arrow(parser, $1, $3, @$); }
    | VIA path_qualified                    { $$ = ast_path_via(parser, NULL, $2, @1, @$); }
    | '(' path ')'                          { $$ = ast_path_parentheses($2, @$); }
    | '(' ')'                               { $$ = ast_path_empty(parser, @$); }
    ;

path_qualified
    : path_name
    | path_name '.' path_name               { $$ = ast_qualified($1, $3, @$); }
    ;

path_name
    : NAME                                  { $$ = ast_name($1, @$); }
    | WHEN                                  { $$ = ast_name("when", @$); }
    ;

/* ---- expressions: postfix; ^ from the right; @ from the right; unary minus; * /; + -; comparisons ---- */

expr
    : sum
    | sum comparison sum                    { $$ = ast_binary(parser, $2, @2, $1, $3, @$); }
    ;

comparison
    : '<'                                   { $$ = "<"; }
    | '>'                                   { $$ = ">"; }
    | AT_MOST                               { $$ = "<="; }
    | AT_LEAST                              { $$ = ">="; }
    | EQUAL                                 { $$ = "=="; }
    | UNEQUAL                               { $$ = "!="; }
    ;

sum
    : product
    | sum '+' product                       { $$ = ast_binary(parser, "+", @2, $1, $3, @$); }
    | sum '-' product                       { $$ = ast_binary(parser, "-", @2, $1, $3, @$); }
    ;

product
    : unary
    | product '*' unary                     { $$ = ast_binary(parser, "*", @2, $1, $3, @$); }
    | product '/' unary                     { $$ = ast_binary(parser, "/", @2, $1, $3, @$); }
    ;

unary
    : contraction
    | '-' unary                             { $$ = ast_unary(parser, "-", @1, $2, @$); }
    ;

contraction
    : power
    | power '@' unary                       { $$ = ast_binary(parser, "@", @2, $1, $3, @$); }
    ;

power
    : operand
    | operand '^' exponent                  { $$ = ast_binary(parser, "^", @2, $1, $3, @$); }
    ;

exponent
    : power
    | '-' exponent                          { $$ = ast_unary(parser, "-", @1, $2, @$); }
    ;

operand
    : NUMBER                                { $$ = ast_number(parser, $1, @$); }
    | qualified                             { $$ = ast_use(parser, $1, @$); }
    | qualified '[' expr ']'                { $$ = ast_delayed(parser, $1, $3, @$); }
    | name '(' call_arguments ')'           { $$ = ast_call(parser, $1, $3, @$); }
    | '(' expr ')'                          { $$ = ast_parentheses($2, @$); }
    ;

number_expr
    : NUMBER                                { $$ = ast_number(parser, $1, @$); }
    | '-' NUMBER                            { $$ = ast_unary(parser, "-", @1, ast_number(parser, $2, @2), @$); }
    | '(' expr ')'                          { $$ = ast_parentheses($2, @$); }
    ;

exprs
    : expr                                  { $$ = ast_exprs(parser, NULL, $1); }
    | exprs ',' expr                        { $$ = ast_exprs(parser, $1, $3); }
    ;

call_arguments
    : %empty                                { $$ = NULL; }
    | exprs
    ;

arguments
    : %empty                                { $$ = NULL; }
    | some_arguments
    ;

some_arguments
    : name '=' expr                         { $$ = ast_arguments(parser, NULL, $1, $3); }
    | expr                                  { $$ = ast_arguments(parser, NULL, (AstName){.span = @$}, $1); }
    | some_arguments ',' name '=' expr      { $$ = ast_arguments(parser, $1, $3, $5); }
    | some_arguments ',' expr               { $$ = ast_arguments(parser, $1, (AstName){.span = @3}, $3); }
    ;

qualified
    : name
    | name '.' name                         { $$ = ast_qualified($1, $3, @$); }
    ;

name
    : NAME                                  { $$ = ast_name($1, @$); }
    | VIA                                   { $$ = ast_name("via", @$); }
    | WITHIN                                { $$ = ast_name("within", @$); }
    | NOT                                   { $$ = ast_name("not", @$); }
    | WITH                                  { $$ = ast_name("with", @$); }
    | WHEN                                  { $$ = ast_name("when", @$); }
    ;

%%

static int yyreport_syntax_error(const yypcontext_t *context, Parser *parser) {
    enum { LIMIT = YYNTOKENS };
    yysymbol_kind_t kinds[LIMIT];
    const char *names[LIMIT];
    const int count = yypcontext_expected_tokens(context, kinds, LIMIT);
    for (int i = 0; i < count; i++) names[i] = yysymbol_name(kinds[i]);
    parser_unexpected(parser, names, count < 0 ? 0 : count);
    return 0;
}
