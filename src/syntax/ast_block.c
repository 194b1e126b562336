/* Constructors of a block's statements: declarations with their attributes, equations, layers, clauses. */
#include "syntax/ast_build.h"
#include <math.h>
#include <string.h>

/* ---- attributes ---- */

typedef struct AttributeForm {
    const char *name;
    bool word, number, string; /* what may follow; one of them must when any may */
    bool state;                /* may stand on a state too, not on a parameter only */
} AttributeForm;

static const AttributeForm attribute_forms[] = {
    {"init", .word = true, .number = true, .state = true},
    {.name = "zero_diagonal"},
    {"sparse", .number = true, .string = true},
    {.name = "nonnegative"},
};
enum { ATTRIBUTE_FORMS = sizeof attribute_forms / sizeof *attribute_forms };

static const AttributeForm *attribute_form(const char *name) {
    for (int i = 0; i < ATTRIBUTE_FORMS; i++)
        if (name && strcmp(attribute_forms[i].name, name) == 0) return &attribute_forms[i];
    return NULL;
}

static void report_attribute(Parser *parser, const AstWord *word) {
    const char *names[ATTRIBUTE_FORMS];
    for (int i = 0; i < ATTRIBUTE_FORMS; i++) names[i] = attribute_forms[i].name;
    Diagnostic *one = parser_error(parser, word->span, "E0125", "%s%s%s",
                                   word->name ? "unknown attribute '" : "this belongs to no attribute",
                                   word->name ? word->name : "", word->name ? "'" : "");
    const char *close = word->name ? closest_name(word->name, names, ATTRIBUTE_FORMS) : NULL;
    if (close)
        diagnostic_help(parser->diagnostics, one, "did you mean `%s`?", close);
    else
        diagnostic_help(
            parser->diagnostics, one,
            "attributes are init, zero_diagonal, sparse and nonnegative; names are separated by commas");
}

static bool takes(const AttributeForm *form, const AstWord *word) {
    if (word->name) return form->word && !attribute_form(word->name);
    return word->string ? form->string : form->number;
}

/* Reads one attribute at words[i]; returns how many words it took. */
static int read_attribute(Parser *parser, const AstWords *words, int i, AstAttributes *attributes) {
    const AstWord *word = &words->at[i];
    const AttributeForm *form = attribute_form(word->name);
    if (!form) {
        report_attribute(parser, word);
        return words->count - i;
    }
    AstAttribute attribute = {.name = form->name, .span = word->span};
    const bool wants = form->word || form->number || form->string;
    if (wants) {
        const AstWord *value = i + 1 < words->count ? word + 1 : NULL;
        if (!value || !takes(form, value)) {
            const char *what = form->word ? "a name or a number" : "a number or a quoted file name";
            parser_error(parser, value ? value->span : word->span, "E0126", "`%s` must be followed by %s",
                         form->name, what);
            return value && !attribute_form(value->name) ? 2 : 1;
        }
        attribute.word = value->name;
        if (value->arguments) attribute.arguments = *value->arguments;
        attribute.string = value->string;
        attribute.has_number = !value->name && !value->string;
        attribute.number = value->number;
        attribute.span = span_join(word->span, value->span);
    }
    vec_push(parser->arena, attributes, attribute);
    return wants ? 2 : 1;
}

AstWords *ast_words(Parser *parser, AstWords *list, AstWord word) {
    if (!list) list = arena_new_of(parser->arena, AstWords);
    vec_push(parser->arena, list, word);
    return list;
}

/* ---- declarations ---- */

AstDeclaration *ast_declarator(Parser *parser, AstName name, const AstExprs *shape, const AstWords *words,
                               AstExpr *value, Span span) {
    AstDeclaration *declaration = arena_new_of(parser->arena, AstDeclaration);
    declaration->name = name;
    if (shape) declaration->shape = *shape;
    for (int i = 0; words && i < words->count;)
        i += read_attribute(parser, words, i, &declaration->attributes);
    declaration->value = value;
    declaration->span = span;
    return declaration;
}

AstDeclarations *ast_declarators(Parser *parser, AstDeclarations *list, AstDeclaration *one) {
    if (!list) list = arena_new_of(parser->arena, AstDeclarations);
    vec_push(parser->arena, list, one);
    return list;
}

static void check_attributes(Parser *parser, const AstDeclaration *d) {
    for (int i = 0; i < d->attributes.count; i++) {
        const AstAttribute *attribute = &d->attributes.at[i];
        const AttributeForm *form = attribute_form(attribute->name);
        if (d->kind == DECLARE_PARAM || (d->kind == DECLARE_STATE && form->state)) continue;
        parser_error(parser, attribute->span, "E0125", "`%s` belongs to a parameter%s", form->name,
                     form->state ? " or a state" : "");
    }
}

static void check_shape(Parser *parser, const AstDeclaration *d) {
    if (d->shape.count > 0 && (d->kind == DECLARE_SIZE || d->kind == DECLARE_OUTPUT))
        parser_error(parser, d->shape.at[0]->span, "E0127",
                     "`%s` takes no sizes in a declaration of this kind", d->name.name);
    if (d->shape.count > 2)
        parser_error(parser, d->shape.at[2]->span, "E0127", "`%s` has more than two sizes", d->name.name);
    for (int i = 0; i < d->shape.count; i++) {
        const AstExpr *size = d->shape.at[i];
        const bool whole =
            size->number >= 1 && size->number <= 2147483647.0 && size->number == floor(size->number);
        if (size->kind == AST_NUMBER && !whole)
            parser_error(parser, size->span, "E0128", "a size must be a whole number of at least 1");
    }
}

static void check_value(Parser *parser, const AstDeclaration *d) {
    Diagnostic *one = NULL;
    if (d->kind == DECLARE_CONST && !d->value) {
        one = parser_error(parser, d->span, "E0127", "the constant `%s` needs a value", d->name.name);
        diagnostic_help(parser->diagnostics, one, "write `const %s = 0.5;`", d->name.name);
    } else if (d->value && d->kind != DECLARE_CONST && d->kind != DECLARE_SIZE &&
               d->kind != DECLARE_POPULATION) {
        one = parser_error(parser, d->value->span, "E0127",
                           "only constants and sizes are declared with a value");
        if (d->kind == DECLARE_STATE || d->kind == DECLARE_PARAM)
            diagnostic_help(parser->diagnostics, one, "write `init` and the value it begins with");
    }
}

static AstStatement *statement_new(Parser *parser, AstStatementKind kind, Span span) {
    AstStatement *statement = arena_new_of(parser->arena, AstStatement);
    statement->kind = kind;
    statement->span = span;
    return statement;
}

AstStatement *ast_declaration(Parser *parser, AstDeclareKind kind, AstDeclarations *declarators, Span span) {
    for (int i = 0; i < declarators->count; i++) {
        AstDeclaration *d = declarators->at[i];
        d->kind = kind;
        check_attributes(parser, d);
        check_shape(parser, d);
        check_value(parser, d);
    }
    AstStatement *statement = statement_new(parser, STATEMENT_DECLARATION, span);
    statement->declarations = declarators;
    return statement;
}

AstStatement *ast_populations(Parser *parser, AstName word, AstDeclarations *groups, Span span) {
    if (strcmp(word.name, "population") != 0) {
        Diagnostic *one = parser_error(parser, word.span, "E0112", "unknown statement '%s'", word.name);
        const char *close = closest_name(word.name, parser_reserved, parser_reserved_count);
        if (!close && closest_name(word.name, (const char *[]){"population"}, 1)) close = "population";
        if (close) diagnostic_help(parser->diagnostics, one, "did you mean `%s`?", close);
        return NULL;
    }
    for (int i = 1; i < groups->count; i++)
        if (groups->at[i]->shape.count == 0) groups->at[i]->shape = groups->at[0]->shape;
    return ast_declaration(parser, DECLARE_POPULATION, groups, span);
}

/* ---- the other statements ---- */

AstStatements *ast_statements(Parser *parser, AstStatements *list, AstStatement *statement) {
    if (!list) list = arena_new_of(parser->arena, AstStatements);
    if (statement) vec_push(parser->arena, list, statement);
    return list;
}

AstStatement *ast_equation(Parser *parser, AstName name, AstExpr *value, Span span) {
    AstEquation *equation = arena_new_of(parser->arena, AstEquation);
    *equation = (AstEquation){name, value, span};
    AstStatement *statement = statement_new(parser, STATEMENT_EQUATION, span);
    statement->equation = equation;
    return statement;
}

AstStatement *ast_loss(Parser *parser, AstExpr *loss, AstExpr *when, Span span) {
    AstStatement *statement = statement_new(parser, STATEMENT_LOSS, span);
    statement->loss = loss;
    statement->when = when;
    return statement;
}

AstStatement *ast_layer(Parser *parser, AstName name, AstName cell, const AstArguments *arguments,
                        Span span) {
    AstLayer *layer = arena_new_of(parser->arena, AstLayer);
    layer->name = name;
    layer->cell = cell;
    layer->span = span;
    for (int i = 0; arguments && i < arguments->count; i++) {
        const AstArgument *argument = &arguments->at[i];
        if (argument->name.name) {
            vec_push(parser->arena, &layer->arguments, *argument);
            continue;
        }
        Diagnostic *one =
            parser_error(parser, argument->value->span, "E0117", "a layer's arguments are given by name");
        diagnostic_help(parser->diagnostics, one, "write `layer %s = %s(n = 64, x = x);`", name.name,
                        cell.name);
    }
    AstStatement *statement = statement_new(parser, STATEMENT_LAYER, span);
    statement->layer = layer;
    return statement;
}

AstStatement *ast_keep(Parser *parser, AstPath *path, Span span) {
    AstStatement *statement = statement_new(parser, STATEMENT_KEEP, span);
    statement->keep = path;
    return statement;
}

AstClause *ast_clause_word(Parser *parser, AstName word, const AstExprs *arguments) {
    AstClause *clause = arena_new_of(parser->arena, AstClause);
    clause->word = word;
    if (arguments) clause->arguments = *arguments;
    return clause;
}

AstClause *ast_clause_operand(Parser *parser, AstName word, AstExpr *operand) {
    return ast_clause_word(parser, word, ast_exprs(parser, NULL, operand));
}

AstClause *ast_clause_value(Parser *parser, AstExpr *value) {
    AstClause *clause = arena_new_of(parser->arena, AstClause);
    clause->value = value;
    return clause;
}

AstClause *ast_clause_replace(Parser *parser, AstPath *selector, AstExpr *value) {
    AstClause *clause = ast_clause_value(parser, value);
    clause->selector = selector;
    return clause;
}

AstClause *ast_clause_side(AstClause *clause, AstName link, AstName side) {
    clause->link = link;
    clause->side = side;
    return clause;
}

AstClause *ast_clause_outside(AstClause *clause, AstName link, AstPath *path) {
    clause->link = link;
    clause->outside = path;
    return clause;
}

AstStatement *ast_clause(Parser *parser, AstName axis, AstClause *clause, Span span) {
    clause->axis = axis.name;
    clause->axis_span = axis.span;
    clause->span = span;
    AstStatement *statement = statement_new(parser, STATEMENT_CLAUSE, span);
    statement->clause = clause;
    return statement;
}
