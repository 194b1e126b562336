/* From a line of a report to a row of signs. */
#include "print/notation.h"

#include "print/greek.h"

#include <ctype.h>
#include <string.h>

static bool starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

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
const char *notation_accent(const char *word, size_t length, size_t *letters) {
    enum { MARK = 2 };
    static const struct {
        const char *mark, *accent;
    } accents[] = {{"\xCC\x84", "bar"}, {"\xCC\x83", "tilde"}, {"\xCC\x82", "hat"}};
    for (size_t i = 0; i < sizeof accents / sizeof *accents && length > MARK; i++) {
        if (strncmp(word + length - MARK, accents[i].mark, MARK) != 0) continue;
        *letters = length - MARK;
        return accents[i].accent;
    }
    return NULL;
}

static Name *name_new(const NotationStyle *style, NameKind kind, const char *text, size_t length) {
    Name *name = arena_new_of(style->arena, Name);
    *name = (Name){.kind = kind, .text = arena_copy(style->arena, text, length)};
    return name;
}

static void add_verbatim(const NotationStyle *style, Scripts *scripts, const char *text, size_t length) {
    if (length) vec_push(style->arena, scripts, name_new(style, NAME_VERBATIM, text, length));
}

static bool is_param(const Model *model, const char *label) {
    for (int i = 0; i < model->params.count; i++)
        if (strcmp(model->params.at[i]->label, label) == 0) return true;
    return false;
}

/* The parts of "v_th_in" from its first underscore on. */
static void add_parts(const NotationStyle *style, Scripts *below, const char *rest) {
    while (*rest) {
        rest += strspn(rest, "_");
        const size_t length = strcspn(rest, "_");
        if (length) vec_push(style->arena, below, name_new(style, NAME_WORD, rest, length));
        rest += length;
    }
}

/* "l1.Wi" is W with i below and l1 above; "v_th" is v with th below. */
static Name *split_name(const NotationStyle *style, const char *label) {
    const char *dot = strrchr(label, '.'), *text = dot ? dot + 1 : label;
    const size_t length = strlen(text), head = strcspn(text, "_");
    const size_t one = greek_at(text) ? strlen(greek_at(text)->letter) : 1;
    const bool parts = head < length && head > 0;
    const bool matrix = !parts && length > one && length <= one + 2 && !greek_called(text, length) &&
                        is_param(style->model, label);
    Name *name = name_new(style, NAME_VARIABLE, text, parts ? head : matrix ? one : length);
    if (parts) add_parts(style, &name->below, text + head);
    if (matrix) vec_push(style->arena, &name->below, name_new(style, NAME_WORD, text + one, length - one));
    if (dot) vec_push(style->arena, &name->above, name_new(style, NAME_WORD, label, (size_t)(dot - label)));
    return name;
}

const Name *notation_name(const NotationStyle *style, const char *label) { return split_name(style, label); }

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
    if (strstr(label, "slope_")) return true; /* derive/eliminate.c */
    return model->readout_name && strcmp(model->readout_name, label) == 0;
}

static Name *split_symbol(const NotationStyle *style, const char *word) {
    const size_t letter = strcspn(word, "_");
    Name *name = name_new(style, NAME_VARIABLE, word, letter);
    vec_push(style->arena, &name->below, split_name(style, word + letter + 1));
    if (style->entries && starts(word, "ε")) add_verbatim(style, &name->below, "ji", 2);
    return name;
}

/* What follows a name and stands above it: its state, its transposition, its lag. */
static const char *take_above(const NotationStyle *style, const char *c, bool symbol, Scripts *above) {
    if (symbol && c[0] == '^' && c[1] == 'q') {
        const size_t state = 1 + strspn(c + 2, "0123456789es");
        const char *text = arena_printf(style->arena, "(%.*s)", (int)state, c + 1);
        add_verbatim(style, above, text, strlen(text));
        c += 1 + state;
    }
    if (starts(c, "ᵀ")) {
        add_verbatim(style, above, "⊤", strlen("⊤"));
        c += strlen("ᵀ");
    }
    if (symbol && *c == '(' && isdigit((unsigned char)c[1])) {
        const size_t lag = strcspn(c, ")") + 1;
        add_verbatim(style, above, c, lag);
        c += lag;
    }
    return c;
}

/* The name at `*at` with its state, its transposition and its time; moves *at behind them. */
static const Name *take_name(const NotationStyle *style, const char **at) {
    const size_t length = name_length(*at);
    const char *word = arena_copy(style->arena, *at, length);
    const bool symbol = is_symbol(word);
    Name *name = symbol ? split_symbol(style, word) : split_name(style, word);
    const char *c = take_above(style, *at + length, symbol, &name->above);
    if (starts(c, "[t")) {
        const size_t inside = strcspn(c, "]");
        add_verbatim(style, &name->above, c + 1, inside - 1);
        c += inside + 1;
    } else if (symbol || is_timed(style->model, word)) {
        add_verbatim(style, &name->above, "t", 1);
    }
    *at = c;
    return name;
}

/* ---- the row ---- */

typedef struct Reader {
    const NotationStyle *style;
    Notation *notation;
    int depth;
} Reader;

static void add(Reader *reader, Sign sign) {
    sign.depth += reader->depth;
    sign.breaks = sign.breaks && reader->notation->row.count;
    vec_push(reader->style->arena, &reader->notation->row, sign);
}

static const Operator *infix_at(const char *text) {
    for (ExprOp op = EXPR_NEG; op < EXPR_FUNCTION; op++) {
        const Operator *line = expr_operator(op);
        if (line->infix && starts(text, line->infix) && op != EXPR_POW) return line;
    }
    return NULL;
}

static const Operator *operator_called(const char *name, size_t length) {
    for (ExprOp op = EXPR_NEG; op < EXPR_FUNCTION; op++)
        if (strlen(expr_operator(op)->name) == length && strncmp(expr_operator(op)->name, name, length) == 0)
            return expr_operator(op);
    return NULL;
}

/* A sum is broken before a product is, and no line begins behind a number's product. */
static const char *take_infix(Reader *reader, const char *c, const Operator *line) {
    const bool times = line == expr_operator(EXPR_MUL);
    const bool numeric = isdigit((unsigned char)c[-1]);
    add(reader, (Sign){.kind = SIGN_INFIX,
                       .means = line,
                       .beside = times && (reader->style->entries || numeric),
                       .depth = times,
                       .breaks = !(times && numeric)});
    return c + strlen(line->infix);
}

/* Up to the parenthesis that closes the one here. */
static size_t group_length(const char *c) {
    size_t n = 0;
    int open = 0;
    do {
        open += c[n] == '(' ? 1 : c[n] == ')' ? -1 : 0;
        n++;
    } while (open && c[n]);
    return n;
}

/* An exponent: a number, a name or what is in parentheses. */
static const char *take_power(Reader *reader, const char *c) {
    size_t length = *c == '(' ? group_length(c) : strspn(c, "0123456789.");
    if (!length) length = name_length(c);
    const char *inner = arena_copy(reader->style->arena, c, length);
    add(reader, (Sign){.kind = SIGN_POWER, .inner = notation_read(reader->style, inner)});
    return c + length;
}

/* "1ᵀ": of something that is no name. */
static const char *take_transposed(Reader *reader, const char *c) {
    Notation *inner = arena_new_of(reader->style->arena, Notation);
    Sign top = {.kind = SIGN_NAME, .name = name_new(reader->style, NAME_VERBATIM, "⊤", strlen("⊤"))};
    vec_push(reader->style->arena, &inner->row, top);
    add(reader, (Sign){.kind = SIGN_POWER, .inner = inner});
    return c + strlen("ᵀ");
}

static const char *take_number(Reader *reader, const char *c) {
    Arena *arena = reader->style->arena;
    const size_t n = strspn(c, "0123456789.");
    const size_t sign = c[n] == 'e' && (c[n + 1] == '-' || c[n + 1] == '+');
    size_t more = c[n] == 'e' ? strspn(c + n + 1 + sign, "0123456789") : 0;
    Sign number = {.kind = SIGN_NUMBER, .text = arena_copy(arena, c, n)};
    if (more) {
        const char *minus = c[n + 1] == '-' ? "-" : "";
        number.exponent = arena_printf(arena, "%s%.*s", minus, (int)more, c + n + 1 + sign);
        more += 1 + sign;
    }
    add(reader, number);
    return c + n + more;
}

static const char *take_word(Reader *reader, const char *c) {
    const size_t length = name_length(c);
    if (c[length] == '(' && !is_symbol(c)) {
        const char *called = arena_copy(reader->style->arena, c, length);
        add(reader, (Sign){.kind = SIGN_CALL, .text = called, .means = operator_called(c, length)});
        return c + length;
    }
    const char *end = c;
    const Name *name = take_name(reader->style, &end);
    add(reader, (Sign){.kind = SIGN_NAME, .name = name, .closed = *end == '^'});
    return end;
}

/* Signs of several bytes, and those that blanks stand around. */
static const char *take_sign(Reader *reader, const char *c) {
    static const struct {
        const char *text, *sign;
        SignKind kind;
        bool breaks;
    } signs[] = {{"Σₖ ", "Σ", SIGN_SUM, false},  {" @ ", "", SIGN_APPLY, false},
                 {" · ", "·", SIGN_OTHER, true}, {"′", "′", SIGN_OTHER, false},
                 {"…", "…", SIGN_OTHER, false},  {" → ", "→", SIGN_OTHER, true},
                 {"→", "→", SIGN_OTHER, false}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!starts(c, signs[i].text)) continue;
        add(reader, (Sign){.kind = signs[i].kind, .text = signs[i].sign, .breaks = signs[i].breaks});
        return c + strlen(signs[i].text);
    }
    return NULL;
}

static const char *take(Reader *reader, const char *c) {
    const char *after = take_sign(reader, c);
    if (after) return after;
    if (starts(c, "ᵀ")) return take_transposed(reader, c);
    const Operator *infix = infix_at(c);
    if (infix) return take_infix(reader, c, infix);
    if (*c == '^') return take_power(reader, c + 1);
    if (isdigit((unsigned char)*c)) return take_number(reader, c);
    if (name_length(c)) return take_word(reader, c);
    if (*c == ')') reader->depth--;
    const bool behind_comma = *c == ' ' && c[-1] == ',';
    add(reader,
        (Sign){.kind = SIGN_OTHER, .text = arena_copy(reader->style->arena, c, 1), .breaks = behind_comma});
    if (*c == '(') reader->depth++;
    return c + 1;
}

const Notation *notation_read(const NotationStyle *style, const char *line) {
    Reader reader = {.style = style, .notation = arena_new_of(style->arena, Notation)};
    const char *whole = arena_printf(style->arena, " %s", line); /* it is looked one byte back */
    for (const char *c = whole + 1; *c;) c = take(&reader, c);
    return reader.notation;
}

/* ---- where lines are broken ---- */

static bool breaks_at(const Pieces *pieces, int i, int depth) {
    return pieces->at[i].breaks && pieces->at[i].depth <= depth;
}

double pieces_stretch(const Pieces *pieces, int i, int depth) {
    double width = pieces->at[i].width;
    for (i++; i < pieces->count && !breaks_at(pieces, i, depth); i++) width += pieces->at[i].width;
    return width;
}

int pieces_depth(const Pieces *pieces, double room) {
    enum { DEEPEST = 8 };
    for (int depth = 0; depth < DEEPEST; depth++) {
        bool fits = true;
        for (int i = 0; i < pieces->count; i++)
            if (i == 0 || breaks_at(pieces, i, depth))
                fits = fits && pieces_stretch(pieces, i, depth) <= room;
        if (fits) return depth;
    }
    return DEEPEST;
}
