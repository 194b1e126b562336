/* Signs as MathML. */
#include "print/mathml.h"

#include "print/greek.h"

#include <string.h>

/* The widest stretch without a place for a break, in letters: what a page 400 pixels wide has room for. */
enum { LINE_ROOM = 24 };

void html_bytes(const char *text, size_t length, Text *out) {
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&': text_add(out, "&amp;"); break;
        case '<': text_add(out, "&lt;"); break;
        case '>': text_add(out, "&gt;"); break;
        case '"': text_add(out, "&quot;"); break;
        default: text_add_bytes(out, text + i, 1);
        }
    }
}

void html_text(const char *text, Text *out) { html_bytes(text, strlen(text), out); }

/* ---- names ---- */

/* A word of several letters is upright by itself in MathML; a variable's is slanted by the page's style. */
static void add_word(const char *word, size_t length, bool upright, Text *out) {
    size_t letters = 0;
    const char *accent = notation_accent(word, length, &letters);
    const Greek *greek = greek_called(word, length);
    if (accent) {
        static const struct {
            const char *accent, *sign;
        } signs[] = {{"bar", "¯"}, {"tilde", "~"}, {"hat", "^"}};
        text_add(out, "<mover accent=\"true\">");
        add_word(word, letters, upright, out);
        for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
            if (strcmp(signs[i].accent, accent) == 0)
                text_printf(out, "<mo stretchy=\"false\">%s</mo>", signs[i].sign);
        text_add(out, "</mover>");
        return;
    }
    text_add(out, length > 1 && !upright && !greek ? "<mi class=\"word\">" : "<mi>");
    if (greek)
        text_add(out, greek->letter);
    else
        html_bytes(word, length, out);
    text_add(out, "</mi>");
}

/* "t-1", "(q0)", "ji": letters, numbers and signs, one element each. */
static void add_verbatim(const char *text, Text *out) {
    for (const char *c = text; *c;) {
        const size_t digits = strspn(c, "0123456789");
        size_t n = digits ? digits : 1;
        while (((unsigned char)c[n] & 0xC0) == 0x80) n++;
        const bool letter = !digits && ((*c | 32) >= 'a') && ((*c | 32) <= 'z');
        text_add(out, digits ? "<mn>" : letter ? "<mi>" : "<mo form=\"prefix\" stretchy=\"false\">");
        if (*c == '-')
            text_add(out, "−");
        else
            html_bytes(c, n, out);
        text_add(out, digits ? "</mn>" : letter ? "</mi>" : "</mo>");
        c += n;
    }
}

static void add_name(const Name *name, Text *out);

static void add_scripts(const Scripts *scripts, Text *out) {
    text_add(out, "<mrow>");
    for (int i = 0; i < scripts->count; i++) {
        if (i) text_add(out, "<mo separator=\"true\">,</mo>");
        add_name(scripts->at[i], out);
    }
    text_add(out, "</mrow>");
}

static void add_name(const Name *name, Text *out) {
    const char *element = name->below.count && name->above.count ? "msubsup"
                          : name->below.count                    ? "msub"
                          : name->above.count                    ? "msup"
                                                                 : NULL;
    if (element) text_printf(out, "<%s>", element);
    if (name->kind == NAME_VERBATIM)
        add_verbatim(name->text, out);
    else
        add_word(name->text, strlen(name->text), name->kind == NAME_WORD, out);
    if (name->below.count) add_scripts(&name->below, out);
    if (name->above.count) add_scripts(&name->above, out);
    if (element) text_printf(out, "</%s>", element);
}

static double scripts_width(const Scripts *scripts);

static double name_width(const Name *name) {
    const Greek *greek = greek_called(name->text, strlen(name->text));
    const double below = scripts_width(&name->below), above = scripts_width(&name->above);
    return (greek ? 1 : text_columns(name->text)) + (below > above ? below : above);
}

static double scripts_width(const Scripts *scripts) {
    double width = 0;
    for (int i = 0; i < scripts->count; i++) width += 0.75 * (name_width(scripts->at[i]) + (i > 0));
    return width;
}

/* ---- signs ---- */

static void add_operator(const char *sign, Text *out) {
    text_add(out, "<mo form=\"infix\">");
    html_text(sign, out);
    text_add(out, "</mo>");
}

static double add_infix(const Sign *sign, Text *out) {
    static const struct {
        const char *infix, *sign;
    } table[] = {{" - ", "−"}, {" * ", "⊙"}, {" <= ", "≤"}, {" >= ", "≥"}, {" != ", "≠"}, {" == ", "="}};
    if (sign->beside) {
        text_add(out, "<mspace width=\"0.17em\"/>");
        return 0.3;
    }
    const char *infix = sign->means->infix;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].infix, infix) == 0) {
            add_operator(table[i].sign, out);
            return 2;
        }
    char bare[8] = "";
    strncat(bare, infix + strspn(infix, " "), strcspn(infix + strspn(infix, " "), " "));
    add_operator(bare, out);
    return 2;
}

/* A function whose sign in papers is a Greek letter goes by that. */
static double add_call(const Sign *sign, Text *out) {
    const char *latex = sign->means ? sign->means->latex : "";
    const Greek *greek = *latex == '\\' ? greek_called(latex + 1, strcspn(latex + 1, "(")) : NULL;
    const bool sum = strcmp(sign->text, "sum") == 0;
    text_add(out, sum ? "<mo>" : "<mi>");
    html_text(sum ? "∑" : greek ? greek->letter : sign->text, out);
    text_add(out, sum ? "</mo>" : "</mi>");
    return sum || greek ? 1 : text_columns(sign->text);
}

static double add_other(const char *sign, Text *out) {
    if (strspn(sign, " ") == strlen(sign)) return 0;
    const bool bracket = strchr("()[]", *sign) != NULL;
    text_add(out, bracket ? "<mo stretchy=\"false\">" : "<mo>");
    html_text(*sign == '-' ? "−" : sign, out);
    text_add(out, "</mo>");
    return bracket ? 0.6 : 1.5;
}

static double add_number(const Sign *sign, Text *out) {
    text_printf(out, "<mn>%s</mn>", sign->text);
    if (!sign->exponent) return text_columns(sign->text);
    const bool minus = *sign->exponent == '-';
    text_printf(out, "<mo>·</mo><msup><mn>10</mn><mrow>%s<mn>%s</mn></mrow></msup>",
                minus ? "<mo>−</mo>" : "", sign->exponent + minus);
    return text_columns(sign->text) + 5;
}

static double add_sign(const Sign *sign, Text *out) {
    switch (sign->kind) {
    case SIGN_NAME:
        if (sign->closed) text_add(out, "<mrow><mo stretchy=\"false\">(</mo>");
        add_name(sign->name, out);
        if (sign->closed) text_add(out, "<mo stretchy=\"false\">)</mo></mrow>");
        return name_width(sign->name) + (sign->closed ? 1 : 0);
    case SIGN_NUMBER: return add_number(sign, out);
    case SIGN_CALL: return add_call(sign, out);
    case SIGN_INFIX: return add_infix(sign, out);
    case SIGN_SUM: text_add(out, "<msub><mo>∑</mo><mi>k</mi></msub>"); return 2;
    case SIGN_APPLY: text_add(out, "<mspace width=\"0.17em\"/>"); return 0.3;
    case SIGN_OTHER: return add_other(sign->text, out);
    case SIGN_POWER: break; /* goes with the sign before it */
    }
    return 0;
}

static Pieces pieces_of(const NotationStyle *style, const Notation *notation);

/* The last piece with an exponent. */
static void raise(const NotationStyle *style, const Notation *exponent, Pieces *pieces) {
    const Pieces inner = pieces_of(style, exponent);
    Piece *base = &pieces->at[pieces->count - 1];
    Text text = {0};
    text_printf(&text, "<msup>%s<mrow>", base->markup);
    for (int i = 0; i < inner.count; i++) {
        text_add(&text, inner.at[i].markup);
        base->width += 0.75 * inner.at[i].width;
    }
    text_add(&text, "</mrow></msup>");
    base->markup = arena_string(style->arena, text.at);
    text_free(&text);
}

static Pieces pieces_of(const NotationStyle *style, const Notation *notation) {
    Pieces pieces = {0};
    for (int i = 0; i < notation->row.count; i++) {
        const Sign *sign = &notation->row.at[i];
        if (sign->kind == SIGN_POWER && pieces.count) {
            raise(style, sign->inner, &pieces);
            continue;
        }
        Text text = {0};
        const double width = add_sign(sign, &text);
        const char *markup = arena_string(style->arena, text.length ? text.at : "");
        vec_push(style->arena, &pieces, ((Piece){markup, width, sign->depth, sign->breaks}));
        text_free(&text);
    }
    return pieces;
}

void mathml_line(const NotationStyle *style, const char *line, Text *out) {
    const Pieces pieces = pieces_of(style, notation_read(style, line));
    const int depth = pieces_depth(&pieces, LINE_ROOM);
    text_add(out, "<math>");
    for (int i = 0; i < pieces.count; i++) {
        if (i && pieces.at[i].breaks && pieces.at[i].depth <= depth) text_add(out, "</math><wbr><math>");
        text_add(out, pieces.at[i].markup);
    }
    text_add(out, "</math>");
}

void mathml_gradient(const NotationStyle *style, const char *label, Text *out) {
    text_add(out, "<math><mfrac><mrow><mi>d</mi><mi>E</mi></mrow><mrow><mi>d</mi>");
    add_name(notation_name(style, label), out);
    text_add(out, "</mrow></mfrac></math>");
}

/* Up to the next comma or semicolon outside of parentheses. */
static size_t item_length(const char *list) {
    size_t n = 0;
    for (int open = 0; list[n] && (open || (list[n] != ',' && list[n] != ';')); n++)
        open += list[n] == '(' || list[n] == '[' ? 1 : list[n] == ')' || list[n] == ']' ? -1 : 0;
    return n;
}

void mathml_list(const NotationStyle *style, const char *list, Text *out) {
    while (*list) {
        const size_t length = item_length(list);
        mathml_line(style, arena_copy(style->arena, list, length), out);
        list += length;
        if (*list) text_printf(out, "%c%s", *list, *list == ';' ? "&emsp;" : " ");
        list += *list ? 1 : 0;
        list += strspn(list, " ");
    }
}
