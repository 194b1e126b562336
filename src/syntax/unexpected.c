/* What to say when the grammar can't go on.
 *
 * The parser knows which tokens could have stood there, and the account of the tokens before (parser_track)
 * knows in which statement. Most mistakes are of a few kinds: a `;` forgotten, a keyword misspelt, a reserved
 * word used as a name, a block left open. Each is recognised by one function, asked in turn; the last one
 * lists what was expected. */
#include "syntax/ast_build.h"

#include "eligo.tab.h"

#include <string.h>

const char *const parser_reserved[] = {"cell",     "function", "rule",   "network", "import", "size",
                                       "input",    "state",    "output", "param",   "const",  "derivative",
                                       "layer",    "loss",     "keep",   "carry",   "mask",   "replace",
                                       "estimate", "signal",   "update"};
const int parser_reserved_count = (int)(sizeof parser_reserved / sizeof *parser_reserved);

bool parser_is_reserved(const char *word) {
    for (int i = 0; i < parser_reserved_count; i++)
        if (strcmp(word, parser_reserved[i]) == 0) return true;
    return false;
}

/* An unexpected token and what could have stood there. */
typedef struct Unexpected {
    Parser *parser;
    Token found;
    const char *found_text;
    const char *const *expected;
    int count;
} Unexpected;

static bool expects(const Unexpected *u, const char *name) {
    for (int i = 0; i < u->count; i++)
        if (strcmp(u->expected[i], name) == 0) return true;
    return false;
}

static bool is_item(int kind) {
    return kind == CELL || kind == FUNCTION || kind == RULE || kind == NETWORK || kind == IMPORT;
}

static bool is_declaration(int kind) {
    return kind == SIZE || kind == INPUT || kind == STATE || kind == OUTPUT || kind == PARAM || kind == CONST;
}

static bool is_word(int kind) {
    return kind == NAME || kind == VIA || kind == WITHIN || kind == NOT || kind == WITH || kind == WHEN;
}

static bool ends_operand(int kind) { return is_word(kind) || kind == NUMBER || kind == ')' || kind == ']'; }

static const char *found_words(const Unexpected *u) {
    if (u->found.kind != END) return arena_printf(u->parser->arena, "'%s'", u->found_text);
    return u->parser->entry == START_FILE ? "the end of the file" : "the end";
}

static const char *statement_words(const Parser *parser) {
    const int kind = parser->first.kind;
    if (is_declaration(kind)) return "the declaration";
    if (kind == LAYER) return "the layer";
    if (kind == LOSS) return "the loss";
    if (kind == FUNCTION) return "the function";
    if (kind == IMPORT) return "the import";
    return parser->equation ? "the equation" : "the clause";
}

/* Both are rows of text, so a line end between them tells whether the author began a new statement. */
static bool on_one_line(Span a, Span b) {
    for (int i = a.end; i < b.begin; i++)
        if (a.source->text[i] == '\n') return false;
    return true;
}

static void suggest(const Unexpected *u, Diagnostic *one, const char *word) {
    const char *close = closest_name(word, parser_reserved, parser_reserved_count);
    if (close) diagnostic_help(u->parser->diagnostics, one, "did you mean `%s`?", close);
}

/* Something at the top level that begins no item. */
static bool report_item(Unexpected *u) {
    Parser *parser = u->parser;
    const Span span = u->found.span;
    if (parser->entry != START_FILE || parser->depth > 0 || parser->first.kind != 0) return false;
    Diagnostic *one = NULL;
    if (is_word(u->found.kind)) {
        one = parser_error(parser, span, "E0112",
                           "unknown item '%s': a file holds cells, functions, rules, networks, imports",
                           u->found_text);
        suggest(u, one, u->found_text);
    } else if (u->found.kind == '}') {
        parser_error(parser, span, "E0110", "this '}' closes no block");
    } else if (u->found.kind == ';') {
        parser_error(parser, span, "E0110", "this ';' ends nothing");
    } else if (u->found.kind == DERIVATIVE) {
        one = parser_error(parser, span, "E0110", "'derivative' belongs to the function above it");
        diagnostic_help(parser->diagnostics, one, "remove the `;` before it");
    } else if (parser_is_reserved(u->found_text)) {
        parser_error(parser, span, "E0113", "'%s' can stand only inside a cell, a rule or a network",
                     u->found_text);
    } else {
        parser_error(parser, span, "E0110",
                     "expected a cell, a function, a rule, a network or an import, found %s", found_words(u));
    }
    return true;
}

/* The end of the file, or the next item, inside a block. */
static bool report_open_block(Unexpected *u) {
    Parser *parser = u->parser;
    if (parser->depth == 0) return false;
    Diagnostic *one = NULL;
    if (u->found.kind == END) {
        one = parser_error(parser, u->found.span, "E0115", "expected '}', found %s", found_words(u));
    } else if (is_item(u->found.kind) && parser->first.kind == 0) {
        one = parser_error(parser, u->found.span, "E0115",
                           "'%s' can't begin inside a block: is a '}' missing before it?", u->found_text);
    } else {
        return false;
    }
    diagnostic_label(parser->diagnostics, one, parser->open, "the block begins here");
    return true;
}

/* A block's statement whose first word looks like a misspelt keyword: `stat c[n];`. */
static bool report_statement(Unexpected *u) {
    Parser *parser = u->parser;
    if (parser->depth == 0 || parser->first.kind != NAME || parser->equation || parser->statement_size < 2)
        return false;
    const char *word = parser_text(parser, parser->first.span);
    if (!closest_name(word, parser_reserved, parser_reserved_count)) return false;
    suggest(u, parser_error(parser, parser->first.span, "E0112", "unknown statement '%s'", word), word);
    return true;
}

static void report_missing(Unexpected *u, const char *what, Span after, const char *found) {
    const Span spot = {after.source, after.end, after.end};
    Diagnostic *one = parser_error(u->parser, spot, "E0116", "expected %s after %s, found %s", what,
                                   statement_words(u->parser), found);
    const bool factors = ends_operand(u->parser->last[0].kind) &&
                         (is_word(u->found.kind) || u->found.kind == NUMBER) &&
                         on_one_line(after, u->found.span) && !is_declaration(u->parser->first.kind);
    if (factors && u->parser->entry == START_FILE && u->parser->equation)
        diagnostic_help(u->parser->diagnostics, one, "write `*` or `@` between two factors");
}

/* In a declaration a name without comma reads as an attribute, so what is missing shows one token late. */
static bool report_late(Unexpected *u) {
    Parser *parser = u->parser;
    const Token name = parser->last[0], before = parser->last[1];
    if (!is_declaration(parser->first.kind) || !is_word(name.kind) || parser->statement_size < 3)
        return false;
    if (before.kind == ',' || (u->found.kind != '=' && u->found.kind != '[')) return false;
    const char *text = arena_printf(parser->arena, "'%s'", parser_text(parser, name.span));
    report_missing(u, u->found.kind == '[' ? "',' or ';'" : "';'", before.span, text);
    return true;
}

static bool report_semicolon(Unexpected *u) {
    Parser *parser = u->parser;
    if (!expects(u, ";") || parser->statement_size == 0) return false;
    report_missing(u, "';'", parser->last[0].span, found_words(u));
    return true;
}

static bool report_reserved(Unexpected *u) {
    Parser *parser = u->parser;
    if (u->found.kind == '=' && parser->depth > 0 && parser->statement_size == 1) {
        const Span word = parser->first.span;
        parser_error(parser, word, "E0111", "the reserved word '%s' can't be a name",
                     parser_text(parser, word));
        return true;
    }
    if (!parser_is_reserved(u->found_text) || !expects(u, "a name")) return false;
    const char *what = expects(u, "a number") ? "an expression" : "a name";
    Diagnostic *one = parser_error(u->parser, u->found.span, "E0111",
                                   "expected %s, found the reserved word '%s'", what, u->found_text);
    diagnostic_help(u->parser->diagnostics, one, "reserved words can't be names");
    return true;
}

static bool report_bracket(Unexpected *u) {
    Parser *parser = u->parser;
    if (u->found.kind != '[') return false;
    if (parser->depth > 0 && parser->first.kind == NAME && parser->statement_size == 1)
        parser_error(parser, u->found.span, "E0110",
                     "the left side of an equation is a bare name: it means this step's value");
    else if (parser->last[0].kind == ')')
        parser_error(parser, u->found.span, "E0110", "only a name can be delayed: name[t-1]");
    else
        return false;
    return true;
}

/* "an operator, ',' or ')'": what stands for a whole class of tokens is named by the class. */
static const char *expected_words(const Unexpected *u) {
    static const char *const single[] = {
        "(", ")", "[", "]", "{", "}", "=", ";", ",", "a quoted string", "with", "} of a count", NULL};
    const char *words[16];
    int count = 0;
    const bool path = expects(u, "not") && !expects(u, "a number");
    const bool begins = expects(u, "(") && expects(u, "a name");
    const bool operators = expects(u, "/");
    if (begins)
        words[count++] = path ? "a path" : "an expression";
    else if (expects(u, "a name"))
        words[count++] = "a name";
    else if (expects(u, "a number"))
        words[count++] = "a number";
    if (operators) words[count++] = "an operator";
    for (int i = 0; single[i]; i++) {
        const bool opens = strcmp(single[i], "(") == 0 || strcmp(single[i], "[") == 0;
        if (!expects(u, single[i]) || (opens && (begins || operators))) continue;
        if (strcmp(single[i], "with") == 0 && expects(u, "a name")) continue;
        const bool sign = strlen(single[i]) == 1 || *single[i] == '}';
        words[count++] = sign ? arena_printf(u->parser->arena, "'%c'", *single[i]) : single[i];
    }
    if (count == 0) return u->count > 0 ? u->expected[0] : "something else";
    const char *all = words[0];
    for (int i = 1; i < count; i++)
        all = arena_printf(u->parser->arena, "%s%s%s", all, i + 1 < count ? ", " : " or ", words[i]);
    return all;
}

void parser_unexpected(Parser *parser, const char *const *expected, int count) {
    if (parser->spoiled || parser->stopped) return;
    Unexpected u = {parser, parser->newest, parser_text(parser, parser->newest.span), expected, count};
    if (report_item(&u) || report_open_block(&u) || report_statement(&u) || report_late(&u) ||
        report_bracket(&u) || report_semicolon(&u) || report_reserved(&u))
        return;
    if (parser->depth > 0 && parser->first.kind == 0)
        parser_error(parser, u.found.span, "E0110",
                     "expected a declaration, an equation or a clause, found %s", found_words(&u));
    else
        parser_error(parser, u.found.span, "E0110", "expected %s, found %s", expected_words(&u),
                     found_words(&u));
}
