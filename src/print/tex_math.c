/* Signs as pieces of LaTeX. */
#include "print/tex_math.h"

#include "print/greek.h"

#include <ctype.h>
#include <string.h>

static bool starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* ---- widths ---- */

double tex_width(const char *latex) {
    double width = 0, scale = 1;
    int script = 0; /* braces of the script that we are in */
    for (const char *c = latex; *c; c++) {
        if (*c == '\\') {
            const size_t length = strspn(c + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
            const bool frame = starts(c, "\\mathrm") || starts(c, "\\mathit") ||
                               starts(c, "\\operatorname") || starts(c, "\\,") || starts(c, "\\text");
            width += frame ? 0.3 : (length > 2 && !greek_called(c + 1, length) ? 2 : 1) * scale;
            c += length ? length : 1;
        } else if (*c == '^' || *c == '_') {
            scale = 0.75;
            script = 0;
        } else if (*c == '{') {
            script++;
        } else if (*c == '}') {
            if (--script <= 0) scale = 1;
        } else if (*c == '+' || *c == '-' || *c == '=') {
            width += (scale < 1 ? 1 : 2.2) * scale;
        } else if (*c != ' ' && *c != '&') {
            width += scale;
        }
    }
    return width;
}

/* ---- names ---- */

/* A word of several letters, some of which may be Greek. */
static void add_letters(const char *word, size_t length, Text *out) {
    for (size_t i = 0; i < length;) {
        const Greek *inner = greek_at(word + i);
        if (inner)
            text_printf(out, "%s ", inner->latex);
        else if ((unsigned char)word[i] < 0x80)
            text_add_bytes(out, word + i, 1);
        i += inner ? strlen(inner->letter) : 1;
    }
}

/* One word of a name: a Greek letter, a letter, or letters set together. */
static void add_word(const char *word, size_t length, bool upright, Text *out) {
    size_t letters = 0;
    const char *accent = notation_accent(word, length, &letters);
    const Greek *letter = greek_called(word, length);
    if (accent) {
        text_printf(out, "\\%s{", accent);
        add_word(word, letters, upright, out);
        text_add(out, "}");
    } else if (letter) {
        text_add(out, letter->latex);
    } else if (length == 1) {
        text_add_bytes(out, word, 1);
    } else {
        text_add(out, upright ? "\\mathrm{" : "\\mathit{");
        add_letters(word, length, out);
        text_add(out, "}");
    }
}

static void add_name(const Name *name, Text *out);

static void add_scripts(const char *open, const Scripts *scripts, Text *out) {
    if (!scripts->count) return;
    text_add(out, open);
    for (int i = 0; i < scripts->count; i++) {
        if (i) text_add(out, ",");
        add_name(scripts->at[i], out);
    }
    text_add(out, "}");
}

static void add_name(const Name *name, Text *out) {
    if (name->kind != NAME_VERBATIM)
        add_word(name->text, strlen(name->text), name->kind == NAME_WORD, out);
    else
        text_add(out, strcmp(name->text, "⊤") == 0 ? "\\top" : name->text);
    add_scripts("_{", &name->below, out);
    add_scripts("^{", &name->above, out);
}

static const char *take(const NotationStyle *style, Text *text) {
    const char *made = arena_string(style->arena, text->length ? text->at : "");
    text_free(text);
    return made;
}

const char *tex_name(const NotationStyle *style, const char *label) {
    Text text = {0};
    add_name(notation_name(style, label), &text);
    return take(style, &text);
}

/* ---- signs ---- */

/* What stands between the operands of an infix operator; "/" where the table has a fraction, which no line
 * can be broken in. */
static void add_infix(const Operator *line, Text *out) {
    if (starts(line->latex, "#0 "))
        text_add_bytes(out, line->latex + 2, strlen(line->latex) - 4);
    else
        text_add(out, line->infix);
}

/* A call's name up to its parenthesis. Templates that put their operands elsewhere are written as calls. */
static void add_call(const Sign *sign, Text *out) {
    const char *open = sign->means ? strstr(sign->means->latex, "(#0") : NULL;
    if (open) {
        text_add_bytes(out, sign->means->latex, (size_t)(open - sign->means->latex));
    } else if (strcmp(sign->text, "sum") == 0) {
        text_add(out, "\\textstyle\\sum");
    } else {
        text_add(out, "\\operatorname{");
        for (const char *c = sign->text; *c; c++) {
            if (*c == '_') text_add(out, "\\");
            if ((unsigned char)*c < 0x80) text_add_bytes(out, c, 1);
        }
        text_add(out, "}");
    }
}

static void add_other(const char *sign, Text *out) {
    static const struct {
        const char *sign, *latex;
    } table[] = {{"·", " \\cdot "}, {"′", "'"}, {"…", "\\dots "}, {"→", "\\to "}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].sign, sign) == 0) sign = table[i].latex;
    text_add(out, sign);
}

static void add_row(const Notation *notation, Text *out);

static void add_sign(const Sign *sign, Text *out) {
    switch (sign->kind) {
    case SIGN_NAME:
        if (sign->closed) text_add(out, "{(");
        add_name(sign->name, out);
        if (sign->closed) text_add(out, ")}");
        break;
    case SIGN_NUMBER:
        text_add(out, sign->text);
        if (sign->exponent) text_printf(out, "\\cdot 10^{%s}", sign->exponent);
        break;
    case SIGN_CALL: add_call(sign, out); break;
    case SIGN_INFIX:
        if (sign->beside)
            text_add(out, "\\,");
        else
            add_infix(sign->means, out);
        break;
    case SIGN_POWER:
        text_add(out, "^{");
        add_row(sign->inner, out);
        text_add(out, "}");
        break;
    case SIGN_SUM: text_add(out, "\\textstyle\\sum_{k} "); break;
    case SIGN_APPLY: text_add(out, "\\,"); break;
    case SIGN_OTHER: add_other(sign->text, out); break;
    }
}

static void add_row(const Notation *notation, Text *out) {
    for (int i = 0; i < notation->row.count; i++) add_sign(&notation->row.at[i], out);
}

Pieces tex_pieces(const NotationStyle *style, const char *line) {
    Pieces pieces = {0};
    const Notation *notation = notation_read(style, line);
    for (int i = 0; i < notation->row.count; i++) {
        const Sign *sign = &notation->row.at[i];
        Text text = {0};
        add_sign(sign, &text);
        const char *latex = take(style, &text);
        vec_push(style->arena, &pieces, ((Piece){latex, tex_width(latex), sign->depth, sign->breaks}));
    }
    return pieces;
}

const char *tex_line(const NotationStyle *style, const char *line) {
    Text text = {0};
    add_row(notation_read(style, line), &text);
    return take(style, &text);
}

/* ---- prose ---- */

/* A sign that words use, as TeX has it; moves *at behind it. */
static const char *prose_sign(const char **at) {
    static const struct {
        const char *text, *latex;
    } signs[] = {{"…", "\\dots{}"}, {"→", "$\\to$"}, {"·", "$\\cdot$"}, {"ᵀ", "$^{\\top}$"},
                 {"Σ", "$\\sum$"},  {"<", "$<$"},    {">", "$>$"},      {"−", "$-$"}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (starts(*at, signs[i].text)) {
            *at += strlen(signs[i].text);
            return signs[i].latex;
        }
    return NULL;
}

void tex_prose(const char *text, Text *out) {
    enum { MARK = 2 }; /* bytes of a mark on a letter */
    for (const char *c = text; *c;) {
        const Greek *letter = greek_at(c);
        size_t letters = 0;
        const char *accent = isalpha((unsigned char)*c) ? notation_accent(c, 1 + MARK, &letters) : NULL;
        const char *sign = accent ? NULL : prose_sign(&c);
        if (accent) {
            text_printf(out, "$\\%s{%c}$", accent, *c);
            c += 1 + MARK;
        } else if (sign) {
            text_add(out, sign);
        } else if (letter) {
            text_printf(out, "$%s$", letter->latex);
            c += strlen(letter->letter);
        } else if (*c == '^') {
            text_add(out, "\\^{}");
            c++;
        } else {
            if (strchr("_{}#$%&", *c)) text_add(out, "\\");
            if ((unsigned char)*c < 0x80) text_add_bytes(out, c, 1);
            c++;
        }
    }
}
