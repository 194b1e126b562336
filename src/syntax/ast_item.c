/* Constructors of a file's items. A block comes as a list of statements; each kind of item takes those that
 * belong to it and says of the others where they belong. */
#include "syntax/ast_build.h"

void ast_function(Parser *parser, AstName name, const AstNames *parameters, AstExpr *body,
                  const AstExprs *derivatives, Span span) {
    AstFunction *function = arena_new_of(parser->arena, AstFunction);
    function->name = name;
    if (parameters) function->parameters = *parameters;
    function->body = body;
    if (derivatives) function->derivatives = *derivatives;
    function->span = span;
    const int given = function->derivatives.count, wanted = function->parameters.count;
    if (given > 0 && given != wanted)
        parser_error(parser, function->derivatives.at[0]->span, "E0129",
                     "`%s` has %d parameters and %d derivatives: there must be one for each parameter",
                     name.name, wanted, given);
    vec_push(parser->arena, &parser->file->functions, function);
}

/* "an equation", and where it belongs. */
static void report_misplaced(Parser *parser, const AstStatement *statement, const char *where) {
    static const struct {
        const char *what, *home;
    } words[] = {
        [STATEMENT_DECLARATION] = {"a declaration", "a cell or a network"},
        [STATEMENT_LAYER] = {"a layer", "a network"},
        [STATEMENT_EQUATION] = {"an equation", "a cell or a network"},
        [STATEMENT_LOSS] = {"a loss", "a network"},
        [STATEMENT_KEEP] = {"a keep clause", "a rule"},
        [STATEMENT_CLAUSE] = {"a clause", "a rule"},
    };
    if (statement->kind == STATEMENT_CLAUSE && !parser_is_reserved(statement->clause->axis)) {
        const char *axis = statement->clause->axis;
        Diagnostic *one = parser_error(parser, statement->clause->axis_span, "E0112",
                                       "unknown statement '%s' in %s", axis, where);
        const char *close = closest_name(axis, parser_reserved, parser_reserved_count);
        if (close) diagnostic_help(parser->diagnostics, one, "did you mean `%s`?", close);
        return;
    }
    parser_error(parser, statement->span, "E0113", "%s belongs in %s, not in %s", words[statement->kind].what,
                 words[statement->kind].home, where);
}

static void add_declarations(Parser *parser, AstDeclarations *to, const AstDeclarations *from) {
    for (int i = 0; i < from->count; i++) vec_push(parser->arena, to, from->at[i]);
}

void ast_cell(Parser *parser, AstName name, const AstStatements *block, Span span) {
    AstCell *cell = arena_new_of(parser->arena, AstCell);
    cell->name = name;
    cell->span = span;
    for (int i = 0; block && i < block->count; i++) {
        const AstStatement *statement = block->at[i];
        if (statement->kind == STATEMENT_DECLARATION)
            add_declarations(parser, &cell->declarations, statement->declarations);
        else if (statement->kind == STATEMENT_EQUATION)
            vec_push(parser->arena, &cell->equations, statement->equation);
        else
            report_misplaced(parser, statement, "a cell");
    }
    vec_push(parser->arena, &parser->file->cells, cell);
}

static void add_loss(Parser *parser, AstNetwork *network, const AstStatement *statement) {
    const AstLoss loss = {statement->loss, statement->when};
    vec_push(parser->arena, &network->losses, loss);
}

void ast_network(Parser *parser, AstName name, const AstStatements *block, Span span) {
    AstNetwork *network = arena_new_of(parser->arena, AstNetwork);
    network->name = name;
    network->span = span;
    for (int i = 0; block && i < block->count; i++) {
        const AstStatement *statement = block->at[i];
        switch (statement->kind) {
        case STATEMENT_DECLARATION:
            add_declarations(parser, &network->declarations, statement->declarations);
            break;
        case STATEMENT_LAYER: vec_push(parser->arena, &network->layers, statement->layer); break;
        case STATEMENT_EQUATION: vec_push(parser->arena, &network->equations, statement->equation); break;
        case STATEMENT_LOSS: add_loss(parser, network, statement); break;
        case STATEMENT_KEEP:
        case STATEMENT_CLAUSE: report_misplaced(parser, statement, "a network"); break;
        }
    }
    vec_push(parser->arena, &parser->file->networks, network);
}

/* The first keep is the rule's; a further one becomes a clause, so that rule/ reports doubled clauses in one
 * place. */
static void add_keep(Parser *parser, AstRule *rule, const AstStatement *statement) {
    if (!rule->keep) {
        rule->keep = statement->keep;
        return;
    }
    AstClause *clause = arena_new_of(parser->arena, AstClause);
    clause->axis = "keep";
    clause->axis_span = clause->span = statement->span;
    clause->selector = statement->keep;
    vec_push(parser->arena, &rule->clauses, clause);
}

static void add_clauses(Parser *parser, AstRule *rule, const AstStatements *block) {
    for (int i = 0; block && i < block->count; i++) {
        const AstStatement *statement = block->at[i];
        if (statement->kind == STATEMENT_KEEP)
            add_keep(parser, rule, statement);
        else if (statement->kind == STATEMENT_CLAUSE)
            vec_push(parser->arena, &rule->clauses, statement->clause);
        else
            report_misplaced(parser, statement, "a rule");
    }
}

void ast_rule(Parser *parser, AstName name, const AstRuleParameters *parameters, const AstStatements *block,
              Span span) {
    AstRule *rule = arena_new_of(parser->arena, AstRule);
    rule->name = name;
    rule->span = span;
    if (parameters) rule->parameters = *parameters;
    add_clauses(parser, rule, block);
    vec_push(parser->arena, &parser->file->rules, rule);
}

void ast_inline(Parser *parser, AstPath *keep, const AstStatements *block, Span span) {
    AstRule *rule = arena_new_of(parser->arena, AstRule);
    rule->name = (AstName){.name = "keep", .span = keep->span};
    rule->span = span;
    rule->keep = keep;
    add_clauses(parser, rule, block);
    parser->rule = rule;
}

void ast_import(Parser *parser, const char *path, Span span) {
    const AstImport import = {path, span};
    vec_push(parser->arena, &parser->file->imports, import);
}

void ast_rule_use(Parser *parser, AstName name, const AstArguments *arguments) {
    AstRuleUse *use = arena_new_of(parser->arena, AstRuleUse);
    use->name = name;
    if (arguments) use->arguments = *arguments;
    parser->use = use;
}
