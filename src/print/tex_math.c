/* From text to pieces of LaTeX. */
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

static bool is_name_byte(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

/* Signs of more than one byte that are no letters of names. */
static bool is_sign(const char *c) {
    static const char *const signs[] = {"ᵀ", "·", "′", "…", "→", "ₖ"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (starts(c, signs[i])) return true;
    return false;
}

static size_t name_length(const char *text) {
    size_t n = 0;
    while (is_name_byte(text[n]) || (n && text[n] == '.' && isalpha((unsigned char)text[n + 1]))) {
        if (is_sign(text + n)) break;
        n++;
    }
    return n;
}

/* Marks that stand on the sign before them: z̄, s̃. */
static const struct {
    const char *mark, *latex;
} accents[] = {{"\xCC\x84", "\\bar"}, {"\xCC\x83", "\\tilde"}, {"\xCC\x82", "\\hat"}};
enum { ACCENTS = sizeof accents / sizeof *accents, MARK = 2 };

/* The accent at the end of these bytes, in LaTeX; NULL: none. */
static const char *accent_of(const char *end) {
    for (int i = 0; i < ACCENTS; i++)
        if (strncmp(end, accents[i].mark, MARK) == 0) return accents[i].latex;
    return NULL;
}

/* One word of a name: a Greek letter, a letter, or letters set together. */
static void add_word(const char *word, size_t length, bool script, Text *out) {
    const char *accent = length > MARK ? accent_of(word + length - MARK) : NULL;
    if (accent) {
        text_printf(out, "%s{", accent);
        add_word(word, length - MARK, script, out);
        text_add(out, "}");
        return;
    }
    const Greek *letter = greek_called(word, length);
    if (letter) {
        text_add(out, letter->latex);
    } else if (length == 1) {
        text_add_bytes(out, word, 1);
    } else {
        text_add(out, script ? "\\mathrm{" : "\\mathit{");
        for (size_t i = 0; i < length;) {
            const Greek *inner = greek_at(word + i);
            if (inner)
                text_printf(out, "%s ", inner->latex);
            else if ((unsigned char)word[i] < 0x80)
                text_add_bytes(out, word + i, 1);
            i += inner ? strlen(inner->letter) : 1;
        }
        text_add(out, "}");
    }
}

typedef struct Scripts {
    Text base, below, above;
} Scripts;

static void add_script(Text *script, const char *more) {
    if (*more) text_printf(script, "%s%s", script->length ? "," : "", more);
}

static bool is_param(const Model *model, const char *label) {
    for (int i = 0; i < model->params.count; i++)
        if (strcmp(model->params.at[i]->label, label) == 0) return true;
    return false;
}

/* "l1.Wi" is W with the subscript i and the superscript l1; "v_th" is v with the subscript th. */
static void split_name(const Model *model, const char *label, Scripts *to) {
    const char *dot = strrchr(label, '.'), *name = dot ? dot + 1 : label;
    const size_t length = strlen(name), head = strcspn(name, "_");
    const size_t one = greek_at(name) ? strlen(greek_at(name)->letter) : 1;
    Text layer = {0}, rest = {0};
    if (dot) add_word(label, (size_t)(dot - label), true, &layer);
    if (head < length && head > 0) {
        add_word(name, head, false, &to->base);
        for (const char *c = name + head; *c; c += strcspn(c, "_")) {
            c += strspn(c, "_");
            if (!*c) break;
            text_add(&rest, rest.length ? "," : "");
            add_word(c, strcspn(c, "_"), true, &rest);
        }
    } else if (length > one && length <= one + 2 && !greek_called(name, length) && is_param(model, label)) {
        add_word(name, one, false, &to->base);
        add_word(name + one, length - one, true, &rest);
    } else {
        add_word(name, length, false, &to->base);
    }
    if (rest.length) add_script(&to->below, rest.at);
    if (layer.length) add_script(&to->above, layer.at);
    text_free(&layer);
    text_free(&rest);
}

static const char *join_scripts(const TexMath *math, Scripts *scripts) {
    Text text = {0};
    text_add(&text, scripts->base.length ? scripts->base.at : "");
    if (scripts->below.length) text_printf(&text, "_{%s}", scripts->below.at);
    if (scripts->above.length) text_printf(&text, "^{%s}", scripts->above.at);
    const char *made = arena_string(math->arena, text.length ? text.at : "");
    text_free(&text);
    text_free(&scripts->base);
    text_free(&scripts->below);
    text_free(&scripts->above);
    return made;
}

const char *tex_name(const TexMath *math, const char *label) {
    Scripts scripts = {0};
    split_name(math->model, label, &scripts);
    return join_scripts(math, &scripts);
}

/* ---- one name with what belongs to it ---- */

/* Influences, signals and adjoints are a letter, "_" and the name of what they are of. */
static bool is_symbol(const char *word) {
    static const char *const letters[] = {"ε_", "J_", "Ĵ_", "L_", "λ_", "δ_", "φ_", "π_"};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (starts(word, letters[i])) return true;
    return false;
}

/* Whether a name's value differs from step to step. */
static bool is_timed(const Model *model, const char *label) {
    for (int i = 0; i < model->roots.count; i++)
        if (strcmp(model->roots.at[i]->label, label) == 0) return true;
    for (int i = 0; i < model->locals.count; i++)
        if (strcmp(model->locals.at[i].label, label) == 0) return true;
    for (int i = 0; i < model->inputs.count; i++)
        if (strcmp(model->inputs.at[i]->label, label) == 0) return true;
    return model->readout_name && strcmp(model->readout_name, label) == 0;
}

static void split_symbol(const TexMath *math, const char *word, Scripts *to) {
    const size_t letter = strcspn(word, "_");
    const Greek *greek = greek_called(word, letter);
    if (greek)
        text_add(&to->base, greek->latex);
    else
        text_add_bytes(&to->base, word, letter);
    add_script(&to->below, tex_name(math, word + letter + 1));
    if (math->entries && starts(word, "ε")) add_script(&to->below, "ji");
}

/* A name at `*at` with its state, its transposition and its time; moves *at behind them. */
static const char *take_name(const TexMath *math, const char **at) {
    const size_t length = name_length(*at);
    const char *word = arena_copy(math->arena, *at, length);
    const char *c = *at + length;
    Scripts scripts = {0};
    const bool symbol = is_symbol(word);
    if (symbol)
        split_symbol(math, word, &scripts);
    else
        split_name(math->model, word, &scripts);
    if (symbol && c[0] == '^' && c[1] == 'q') {
        const size_t state = 1 + strspn(c + 2, "0123456789es");
        add_script(&scripts.above, arena_printf(math->arena, "(%.*s)", (int)state, c + 1));
        c += 1 + state;
    }
    if (starts(c, "ᵀ")) {
        add_script(&scripts.above, "\\top");
        c += strlen("ᵀ");
    }
    const char *lag = c;
    if (symbol && *lag == '(' && isdigit((unsigned char)lag[1])) lag += strcspn(lag, ")") + 1;
    if (lag > c) add_script(&scripts.above, arena_copy(math->arena, c, (size_t)(lag - c)));
    c = lag;
    if (starts(c, "[t")) {
        const size_t inside = strcspn(c, "]");
        add_script(&scripts.above, arena_copy(math->arena, c + 1, inside - 1));
        c += inside + 1;
    } else if (symbol || is_timed(math->model, word)) {
        add_script(&scripts.above, "t");
    }
    *at = c;
    return join_scripts(math, &scripts);
}

/* ---- the row ---- */

typedef struct Row {
    const TexMath *math;
    TexPieces pieces;
    int depth;
} Row;

static void add_piece(Row *row, const char *latex, bool breaks) {
    vec_push(row->math->arena, &row->pieces,
             ((TexPiece){latex, tex_width(latex), row->depth, breaks && row->pieces.count}));
}

/* What stands between the operands of an infix operator; "/" where the table has a fraction, which no line
 * can be broken in. */
static const char *infix_latex(const TexMath *math, const char *text, size_t *length) {
    for (ExprOp op = EXPR_NEG; op < EXPR_FUNCTION; op++) {
        const Operator *line = expr_operator(op);
        if (!line->infix || !starts(text, line->infix) || op == EXPR_POW) continue;
        *length = strlen(line->infix);
        if (!starts(line->latex, "#0 ")) return line->infix;
        return arena_copy(math->arena, line->latex + 2, strlen(line->latex) - 4);
    }
    return NULL;
}

static const Operator *operator_called(const char *name, size_t length) {
    for (ExprOp op = EXPR_NEG; op < EXPR_FUNCTION; op++)
        if (strlen(expr_operator(op)->name) == length && strncmp(expr_operator(op)->name, name, length) == 0)
            return expr_operator(op);
    return NULL;
}

/* A call's name up to its parenthesis. Templates that put their operands elsewhere are written as calls. */
static const char *call_latex(const TexMath *math, const char *name, size_t length) {
    const Operator *line = operator_called(name, length);
    const char *open = line ? strstr(line->latex, "(#0") : NULL;
    if (open) return arena_copy(math->arena, line->latex, (size_t)(open - line->latex));
    if (length == 3 && starts(name, "sum")) return "\\textstyle\\sum";
    Text text = {0};
    text_add(&text, "\\operatorname{");
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '_') text_add(&text, "\\");
        if ((unsigned char)name[i] < 0x80) text_add_bytes(&text, name + i, 1);
    }
    text_add(&text, "}");
    const char *made = arena_string(math->arena, text.at);
    text_free(&text);
    return made;
}

/* An exponent: a number, a name or what is in parentheses. */
static const char *take_power(Row *row, const char *c) {
    const char *end = c;
    if (*c == '(') {
        int open = 0;
        do {
            open += *end == '(' ? 1 : *end == ')' ? -1 : 0;
            end++;
        } while (open && *end);
    } else {
        end += strspn(c, "0123456789.");
        if (end == c) end += name_length(c);
    }
    const char *inner = arena_copy(row->math->arena, c, (size_t)(end - c));
    add_piece(row, arena_printf(row->math->arena, "^{%s}", tex_line(row->math, inner)), false);
    return end;
}

static const char *take_number(Row *row, const char *c) {
    size_t n = strspn(c, "0123456789.");
    const char *digits = arena_copy(row->math->arena, c, n);
    if (c[n] == 'e' && (c[n + 1] == '-' || c[n + 1] == '+' || isdigit((unsigned char)c[n + 1]))) {
        const size_t sign = c[n + 1] == '-' || c[n + 1] == '+';
        const size_t more = strspn(c + n + 1 + sign, "0123456789");
        digits = arena_printf(row->math->arena, "%s\\cdot 10^{%s%.*s}", digits, c[n + 1] == '-' ? "-" : "",
                              (int)more, c + n + 1 + sign);
        n += 1 + sign + more;
    }
    add_piece(row, digits, false);
    return c + n;
}

static const char *take_word(Row *row, const char *c) {
    const size_t length = name_length(c);
    if (c[length] == '(' && !is_symbol(c)) {
        add_piece(row, call_latex(row->math, c, length), false);
        return c + length;
    }
    const char *end = c;
    const char *name = take_name(row->math, &end);
    if (*end == '^') name = arena_printf(row->math->arena, "{(%s)}", name);
    add_piece(row, name, false);
    return end;
}

static const char *take_sign(Row *row, const char *c) {
    static const struct {
        const char *text, *latex;
    } signs[] = {{"Σₖ ", "\\textstyle\\sum_{k} "},
                 {" @ ", "\\,"},
                 {" · ", " \\cdot "},
                 {"ᵀ", "^{\\top}"},
                 {"′", "'"},
                 {"…", "\\dots "},
                 {"→", "\\to "}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (starts(c, signs[i].text)) {
            add_piece(row, signs[i].latex, i == 2);
            return c + strlen(signs[i].text);
        }
    return NULL;
}

static const char *take(Row *row, const char *c) {
    size_t length = 0;
    const char *after = take_sign(row, c);
    if (after) return after;
    const char *infix = infix_latex(row->math, c, &length);
    if (infix) {
        const bool times = starts(c, " * ");
        const bool numeric = c[-1] && isdigit((unsigned char)c[-1]);
        row->depth += times; /* a sum is broken before a product is */
        add_piece(row, times && (row->math->entries || numeric) ? "\\," : infix, !numeric || !times);
        row->depth -= times;
        return c + length;
    }
    if (*c == '^') return take_power(row, c + 1);
    if (isdigit((unsigned char)*c)) return take_number(row, c);
    if (name_length(c)) return take_word(row, c);
    if (*c == ')') row->depth--;
    add_piece(row, arena_copy(row->math->arena, c, 1), false);
    if (*c == '(') row->depth++;
    return c + 1;
}

TexPieces tex_pieces(const TexMath *math, const char *line) {
    Row row = {.math = math};
    const char *whole = arena_printf(math->arena, " %s", line); /* take() looks one byte back */
    for (const char *c = whole + 1; *c;) c = take(&row, c);
    return row.pieces;
}

const char *tex_line(const TexMath *math, const char *line) {
    Text text = {0};
    const TexPieces pieces = tex_pieces(math, line);
    for (int i = 0; i < pieces.count; i++) text_add(&text, pieces.at[i].latex);
    const char *made = arena_string(math->arena, text.length ? text.at : "");
    text_free(&text);
    return made;
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
    for (const char *c = text; *c;) {
        const Greek *letter = greek_at(c);
        const char *accent = isalpha((unsigned char)*c) ? accent_of(c + 1) : NULL;
        const char *sign = accent ? NULL : prose_sign(&c);
        if (accent) {
            text_printf(out, "$%s{%c}$", accent, *c);
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
