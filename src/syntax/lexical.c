/* What the lexer's patterns can't say: valid UTF-8, which characters a name may have, which numbers fit a
 * double.
 *
 * The whole text is checked before the first token. The patterns may then take any byte above 0x7F as part of
 * a name, and the name is looked at here, where a minus sign pasted from a paper can be called what it is. */
#include "base/number.h"
#include "syntax/ast_build.h"
#include <stdint.h>
#include <string.h>

enum { NAME_LIMIT = 200, REPORT_LIMIT = 8 };

/* The length of the code point at `text`, 0 when it is not valid UTF-8. */
static size_t decode(const char *text, size_t left, uint32_t *code) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char lead = (unsigned char)text[0];
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xC0 ? 0
                          : lead < 0xE0 ? 2
                          : lead < 0xF0 ? 3
                          : lead < 0xF8 ? 4
                                        : 0;
    if (length == 0 || length > left) return 0;
    *code = length == 1 ? lead : lead & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if ((byte & 0xC0) != 0x80) return 0;
        *code = *code << 6 | (byte & 0x3F);
    }
    const bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < least[length] || *code > 0x10FFFF || surrogate ? 0 : length;
}

static bool is_control(unsigned char byte) {
    return (byte < ' ' && !strchr("\t\n\r\f\v", byte)) || byte == 0x7F || byte == 0;
}

static Span span_at(const Parser *parser, size_t begin, size_t end) {
    return (Span){parser->source, (int)begin, (int)end};
}

/* The end of the run of bytes at `begin` that are all wrong in the same way. */
static size_t wrong_run(const Source *source, size_t begin) {
    const bool control = is_control((unsigned char)source->text[begin]);
    size_t end = begin + 1;
    for (uint32_t code; end < source->length; end++) {
        if (is_control((unsigned char)source->text[end]) != control) break;
        if (!control && decode(source->text + end, source->length - end, &code) > 0) break;
    }
    return end;
}

static void report_bytes(Parser *parser, size_t begin, size_t end) {
    const unsigned char byte = (unsigned char)parser->source->text[begin];
    const Span span = span_at(parser, begin, end);
    const char *many = end - begin > 1 ? "these bytes are" : "this byte is";
    if (is_control(byte)) {
        parser_error(parser, span, "E0102", "a control character (0x%02X) can't stand in a spec", byte);
    } else {
        Diagnostic *one = parser_error(parser, span, "E0101", "%s not valid UTF-8 (0x%02X)", many, byte);
        diagnostic_help(parser->diagnostics, one, "save the file as UTF-8");
    }
}

bool lexical_check(Parser *parser) {
    const Source *source = parser->source;
    int reports = 0;
    for (size_t i = 0; i < source->length && reports < REPORT_LIMIT;) {
        uint32_t code;
        const size_t length = decode(source->text + i, source->length - i, &code);
        if (length > 0 && !is_control((unsigned char)source->text[i])) {
            i += length;
            continue;
        }
        const size_t end = wrong_run(source, i);
        report_bytes(parser, i, end);
        reports++;
        i = end;
    }
    return reports == 0;
}

typedef struct Range {
    uint32_t first, last;
} Range;

static bool in_ranges(uint32_t code, const Range *ranges, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (code >= ranges[i].first && code <= ranges[i].last) return true;
    return false;
}

/* Letters, roughly: the blocks of alphabets, without punctuation, operators, arrows and pictures. */
static bool is_letter(uint32_t code) {
    static const Range letters[] = {
        {'A', 'Z'},       {'a', 'z'},       {0xAA, 0xAA},     {0xB5, 0xB5},       {0xBA, 0xBA},
        {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2FF},    {0x370, 0x37D},     {0x37F, 0x386},
        {0x388, 0x167F},  {0x1681, 0x180D}, {0x180F, 0x1FFF}, {0x2100, 0x214F},   {0x2C00, 0x2DFF},
        {0x3040, 0xD7FF}, {0xF900, 0xFDFF}, {0xFE70, 0xFEFC}, {0x10000, 0x1EFFF}, {0x20000, 0x3FFFD}};
    return in_ranges(code, letters, sizeof letters / sizeof *letters);
}

/* What may follow: digits, _, combining marks (x with a hat), superscripts and subscripts. */
static bool is_name_part(uint32_t code) {
    static const Range parts[] = {{'0', '9'}, {'_', '_'}, {0x300, 0x36F}, {0x2070, 0x209C}};
    return is_letter(code) || in_ranges(code, parts, sizeof parts / sizeof *parts);
}

/* Characters that papers and editors put where the language has an ASCII one. */
static const char *meant(uint32_t code) {
    static const struct {
        uint32_t code;
        const char *ascii;
    } table[] = {{0x2212, "-"},  {0x2013, "-"},  {0x2010, "-"},  {0x00D7, "*"},  {0x00B7, "*"},
                 {0x22C5, "*"},  {0x2217, "*"},  {0x2299, "*"},  {0x2218, "*"},  {0x00F7, "/"},
                 {0x2192, "->"}, {0x2264, "<="}, {0x2265, ">="}, {0x2260, "!="}, {0x201C, "\""},
                 {0x201D, "\""}, {0x037E, ";"},  {0x00AC, "not"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code) return table[i].ascii;
    return NULL;
}

static void report_character(Parser *parser, Span span, uint32_t code) {
    const char *ascii = meant(code);
    Diagnostic *one =
        parser_error(parser, span, "E0103", "the character '%s' (U+%04X) can't be part of a name",
                     parser_text(parser, span), (unsigned)code);
    if (ascii) diagnostic_help(parser->diagnostics, one, "write `%s`", ascii);
    if (code == 0xA0)
        diagnostic_help(parser->diagnostics, one, "it is a no-break space: write an ordinary one");
    parser->spoiled = true;
}

const char *lexical_name(Parser *parser, Span span) {
    const char *text = parser->source->text + span.begin;
    const size_t length = (size_t)(span.end - span.begin);
    const char *name = arena_copy(parser->arena, text, length < NAME_LIMIT ? length : NAME_LIMIT);
    if (length > NAME_LIMIT) {
        parser_error(parser, span, "E0106", "this name is longer than %d bytes", NAME_LIMIT);
        return name;
    }
    if (text[0] == '_') return name; /* reported by lexical_stray */
    uint32_t code = 0;
    for (size_t i = 0, step; i < length; i += step) {
        step = decode(text + i, length - i, &code);
        if (step == 0) return name; /* can't be: lexical_check was here */
        if (i == 0 ? is_letter(code) : is_name_part(code)) continue;
        const size_t begin = (size_t)span.begin + i;
        report_character(parser, span_at(parser, begin, begin + step), code);
        break;
    }
    return name;
}

double lexical_number(Parser *parser, Span span) {
    const char *text = parser->source->text + span.begin;
    const size_t length = (size_t)(span.end - span.begin);
    double number = 1;
    if (number_parse(text, length, &number)) return number;
    const bool numeric =
        strspn(text, "0123456789.eE+-") >= length && strpbrk("0123456789.", (char[]){text[length - 1], 0});
    if (numeric) {
        parser_error(parser, span, "E0104", "this number is too large for double precision");
    } else {
        Diagnostic *one = parser_error(parser, span, "E0104", "this is neither a number nor a name");
        diagnostic_help(parser->diagnostics, one,
                        "a name begins with a letter; a product is written with `*`");
    }
    return 1;
}

void lexical_stray(Parser *parser, Span span) {
    if (parser->source->text[span.begin] == '_')
        parser_error(parser, span, "E0103", "a name can't begin with `_`");
    else
        parser_error(parser, span, "E0103", "the character '%s' has no meaning here",
                     parser_text(parser, span));
    parser->spoiled = true;
}
