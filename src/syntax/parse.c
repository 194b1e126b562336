/* The entry points, and the small machine between lexer and parser.
 *
 * One grammar has three starting points; a token that the text doesn't hold, sent first, chooses among them.
 */
#include "syntax/parse.h"
#include "syntax/ast_build.h"

#include "eligo.tab.h"

#include <string.h>

/* Of the lexer that flex writes; its own header would bring all of flex's names. */
int eligo_scan_lex_init_extra(Parser *parser, void **scanner);
void *eligo_scan__scan_bytes(const char *bytes, int length, void *scanner);
int eligo_scan_lex_destroy(void *scanner);

enum { ERROR_LIMIT = 20 };

Diagnostic *parser_error(Parser *parser, Span span, const char *code, const char *format, ...) {
    if (parser->stopped) return arena_new_of(parser->arena, Diagnostic);
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vprintf(parser->arena, format, arguments);
    va_end(arguments);
    Diagnostic *one = diagnose(parser->diagnostics, span, code, "%s", message);
    parser->errors++;
    if (parser->errors >= ERROR_LIMIT) {
        const Span nowhere = {0};
        diagnose(parser->diagnostics, nowhere, "N0101", "%s: stopped reading after %d errors",
                 parser->source->name, parser->errors);
        parser->stopped = true;
    }
    return one;
}

const char *parser_text(Parser *parser, Span span) {
    return arena_copy(parser->arena, parser->source->text + span.begin, (size_t)(span.end - span.begin));
}

static void statement_over(Parser *parser) {
    parser->first = (Token){0};
    parser->statement_size = 0;
    parser->path_braces = 0;
    parser->equation = false;
    parser->spoiled = false;
}

void parser_track(Parser *parser, Token token) {
    if (token.kind == parser->entry) return;
    parser->last[1] = parser->last[0];
    parser->last[0] = token;
    parser->path_braces += (token.kind == COUNT_OPEN) - (token.kind == COUNT_CLOSE);
    if (token.kind == '{') {
        parser->depth++;
        parser->open = token.span;
        statement_over(parser);
    } else if (token.kind == '}') {
        if (parser->depth > 0) parser->depth--;
        statement_over(parser);
    } else if (token.kind == ';') {
        statement_over(parser);
    } else {
        if (parser->statement_size++ == 0) parser->first = token;
        if (parser->statement_size == 2) parser->equation = token.kind == '=';
    }
}

/* The braces of a path's {a,b} are tokens of their own: a mistake between them must not close the block. */
static int path_brace(const Parser *parser, int kind) {
    const bool in_path = parser->entry == START_PATH || parser->entry == START_RULE ||
                         parser->first.kind == KEEP || parser->first.kind == REPLACE ||
                         parser->first.kind == ESTIMATE;
    if (in_path && kind == '{') return COUNT_OPEN;
    if (in_path && kind == '}' && parser->path_braces > 0) return COUNT_CLOSE;
    return kind;
}

int eligo_lex(ELIGO_STYPE *value, Span *place, Parser *parser) {
    const int end = (int)parser->source->length;
    int kind = parser->entry;
    *place = (Span){parser->source, parser->offset, parser->offset};
    if (parser->newest.kind != 0) {
        parser_track(parser, parser->newest);
        kind = parser->stopped ? END : eligo_scan(value, place, parser->scanner);
        kind = path_brace(parser, kind);
        if (kind == END) *place = (Span){parser->source, end, end};
    }
    parser->newest = (Token){kind, *place};
    return kind;
}

/* Parses from `entry` on; the results are in the parser. A byte order mark is no part of the text. */
static Parser parse(Arena *arena, Source *source, Diagnostics *diagnostics, int entry) {
    Parser parser = {.arena = arena, .source = source, .diagnostics = diagnostics, .entry = entry};
    parser.file = arena_new_of(arena, AstFile);
    parser.file->source = source;
    if (!lexical_check(&parser)) return parser;
    if (strncmp(source->text, "\xEF\xBB\xBF", 3) == 0) parser.offset = 3;
    const char *text = source->text + parser.offset;
    if (eligo_scan_lex_init_extra(&parser, &parser.scanner) != 0) {
        parser_error(&parser, (Span){0}, "E0108", "not enough memory to read %s", source->name);
        return parser;
    }
    eligo_scan__scan_bytes(text, (int)source->length - parser.offset, parser.scanner);
    eligo_parse(&parser);
    eligo_scan_lex_destroy(parser.scanner);
    return parser;
}

AstFile *syntax_parse(Arena *arena, Source *source, Diagnostics *diagnostics) {
    return parse(arena, source, diagnostics, START_FILE).file;
}

AstPath *syntax_parse_path(Arena *arena, Source *source, Diagnostics *diagnostics) {
    const Parser parser = parse(arena, source, diagnostics, START_PATH);
    return parser.errors == 0 ? parser.path : NULL;
}

AstRule *syntax_parse_inline(Arena *arena, const char *name, const char *text, Diagnostics *diagnostics) {
    size_t end = strlen(text);
    while (end > 0 && strchr(" \t\r\n", text[end - 1])) end--;
    const bool open = strchr(text, ';') && text[end - 1] != ';';
    const char *whole = open ? arena_printf(arena, "%s;", text) : text;
    Source *source = source_from_text(arena, name, whole, strlen(whole));
    const Parser parser = parse(arena, source, diagnostics, START_RULE);
    return parser.errors == 0 ? parser.rule : NULL;
}

AstRuleUse *syntax_parse_rule_use(Arena *arena, Source *source, Diagnostics *diagnostics) {
    const Parser parser = parse(arena, source, diagnostics, START_USE);
    return parser.errors == 0 ? parser.use : NULL;
}
