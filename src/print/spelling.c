#include "print/spelling.h"

#include "print/greek.h"

#include <ctype.h>
#include <string.h>

typedef struct Name {
    const char *name, *spelt;
} Name;

/* What printers write besides names: letters, which numbers or names may follow, and signs. What stands for a
 * sign could be no part of a name, so that no name becomes another by it. */
typedef struct Sign {
    const char *sign, *ascii;
} Sign;
static const Sign letters[] = {{"ε", "eps"},   {"π", "pi"},  {"λ", "lambda"}, {"δ", "delta"}, {"φ", "phi"},
                               {"θ", "theta"}, {"ρ", "rho"}, {"ν", "nu"},     {"Ĵ", "Jhat"},  {"Σ", "sum"}};
static const Sign signs[] = {{"→", "->"}, {"·", "."},  {"…", "..."}, {"ᵀ", "'"},        {"′", "^prime"},
                             {"ₖ", "_k"}, {"ᵣ", "_r"}, {"²", "^2"},  {"³", "^3"},       {"⁴", "^4"},
                             {"⁵", "^5"}, {"⁶", "^6"}, {"µ", "u"},   {"\xCC\x83", "~"}, {"\xCC\x84", "^bar"}};
enum { LETTERS = sizeof letters / sizeof *letters, SIGNS = sizeof signs / sizeof *signs };

struct Spelling {
    Arena *arena;
    const Derivation *derivation;
    SpellingKind kind;
    VEC(Name) names;
    const char *letter[LETTERS]; /* as they are spelt beside these names */
};

static bool starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static const char *taken(const Spelling *spelling, Text *text) {
    const char *kept = arena_string(spelling->arena, text->at ? text->at : "");
    text_free(text);
    return kept;
}

/* ---- the names ---- */

/* "l1.h" are two names, "eprop(m=2)" begins with one. */
static void add_name(Spelling *spelling, const char *label) {
    while (label && *label) {
        const size_t length = strcspn(label, ".()[]^ ");
        const char *name = arena_copy(spelling->arena, label, length);
        bool known = length == 0;
        for (int i = 0; i < spelling->names.count; i++)
            known = known || strcmp(spelling->names.at[i].name, name) == 0;
        if (!known) vec_push(spelling->arena, &spelling->names, ((Name){name, name}));
        if (label[length] != '.') return;
        label += length + 1;
    }
}

static void add_functions(Spelling *spelling, const Expr *e, bool *seen) {
    if (seen[e->id]) return;
    seen[e->id] = true;
    if (e->op == EXPR_FUNCTION) add_name(spelling, e->name);
    for (int i = 0; i < e->kids; i++) add_functions(spelling, e->kid[i], seen);
    for (int i = 0; i < expr_operands(e); i++) add_functions(spelling, expr_operand(e, i), seen);
}

static void add_names_of_model(Spelling *spelling, const Model *model) {
    bool *seen = arena_alloc(spelling->arena, (size_t)exprs_count(model->exprs) + 1);
    add_name(spelling, model->name);
    for (int i = 0; i < model->layers.count; i++) {
        add_name(spelling, model->layers.at[i].name);
        add_name(spelling, model->layers.at[i].cell);
    }
    for (int i = 0; i < model->inputs.count; i++) add_name(spelling, model->inputs.at[i]->label);
    for (int i = 0; i < model->params.count; i++) add_name(spelling, model->params.at[i]->label);
    for (int i = 0; i < model->locals.count; i++) add_name(spelling, model->locals.at[i].label);
    for (int i = 0; i < model->tags.count; i++) add_name(spelling, model->tags.at[i]);
    for (int i = 0; i < model->constants.count; i++) add_name(spelling, model->constants.at[i].label);
    for (int i = 0; i < model->populations.count; i++) add_name(spelling, model->populations.at[i].label);
    for (int i = 0; i < model->dims.count; i++) add_name(spelling, model->dims.at[i]->name);
    add_name(spelling, model->readout_name);
    for (int i = 0; i < model->roots.count; i++) {
        add_name(spelling, model->roots.at[i]->label);
        add_functions(spelling, model->roots.at[i]->definition, seen);
    }
}

static void add_names(Spelling *spelling) {
    const Rule *rule = spelling->derivation->rule;
    add_names_of_model(spelling, spelling->derivation->model);
    if (!starts(rule->name, "keep ")) add_name(spelling, rule->name);
    for (int i = 0; i < rule->numbers.count; i++) add_name(spelling, rule->numbers.at[i].name);
}

/* Whether it is another name, or how one before it is spelt already. */
static bool is_taken(const Spelling *spelling, const char *spelt, int own) {
    for (int i = 0; i < spelling->names.count; i++) {
        if (i == own) continue;
        if (strcmp(spelling->names.at[i].name, spelt) == 0) return true;
        if (strcmp(spelling->names.at[i].spelt, spelt) == 0) return true;
    }
    return false;
}

/* ---- ASCII ---- */

/* The code point of valid UTF-8, and its length. */
static unsigned code_point(const char *at, size_t *length) {
    const unsigned char first = (unsigned char)*at;
    *length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    unsigned code = first & (0xFFU >> (*length + 1));
    for (size_t i = 1; i < *length; i++) code = code << 6 | ((unsigned char)at[i] & 0x3F);
    return code;
}

/* A letter of a name: epsilon, 2 for a small one below, u00e9. */
static size_t add_letter(const char *at, Text *out) {
    const Greek *greek = greek_at(at);
    size_t length;
    const unsigned code = code_point(at, &length);
    if (greek)
        text_add(out, *greek->name ? greek->name : "Jhat");
    else if (code >= 0x2080 && code <= 0x2089)
        text_printf(out, "%u", code - 0x2080);
    else
        text_printf(out, "u%04x", code);
    return greek ? strlen(greek->letter) : length;
}

static const char *in_ascii(const Spelling *spelling, const char *name) {
    Text text = {0};
    while (*name)
        if ((unsigned char)*name < 0x80)
            text_add_bytes(&text, name++, 1);
        else
            name += add_letter(name, &text);
    return taken(spelling, &text);
}

/* `wanted`, or the first of wanted2, wanted3, … that isn't taken. */
static void spell_names_in_ascii(Spelling *spelling) {
    for (int i = 0; i < spelling->names.count; i++) {
        const char *wanted = in_ascii(spelling, spelling->names.at[i].name), *spelt = wanted;
        for (int n = 2; is_taken(spelling, spelt, i); n++)
            spelt = arena_printf(spelling->arena, "%s%d", wanted, n);
        spelling->names.at[i].spelt = spelt;
    }
}

/* Whether some name is this word, or could be read as a symbol that begins with it. */
static bool is_read_as_name(const Spelling *spelling, const char *word) {
    const size_t length = strlen(word);
    for (int i = 0; i < spelling->names.count; i++) {
        const char *spelt = spelling->names.at[i].spelt;
        if (starts(spelt, word) && (!spelt[length] || spelt[length] == '_')) return true;
    }
    return false;
}

/* "lambda", else "Lambda", "Lambda_2", …: digits are for what a letter numbers (ρ0). */
static void spell_letters(Spelling *spelling) {
    for (int i = 0; i < LETTERS; i++) {
        const char *spelt = letters[i].ascii;
        char *capital = arena_string(spelling->arena, spelt);
        capital[0] = (char)toupper((unsigned char)capital[0]);
        for (int n = 1; is_read_as_name(spelling, spelt); n++)
            spelt = n == 1 ? capital : arena_printf(spelling->arena, "%s_%d", capital, n);
        spelling->letter[i] = spelt;
    }
}

static size_t add_sign(const Spelling *spelling, const char *at, Text *out) {
    for (int i = 0; i < LETTERS; i++)
        if (starts(at, letters[i].sign)) {
            text_add(out, spelling->letter[i]);
            return strlen(letters[i].sign);
        }
    for (int i = 0; i < SIGNS; i++)
        if (starts(at, signs[i].sign)) {
            text_add(out, signs[i].ascii);
            return strlen(signs[i].sign);
        }
    text_add_bytes(out, at, 1);
    return 1;
}

/* ---- Greek ---- */

/* "alpha_m2" part by part: α, m2. */
static const char *in_greek(const Spelling *spelling, const char *name) {
    Text text = {0};
    for (;;) {
        const size_t length = strcspn(name, "_"), word = strcspn(name, "_0123456789");
        const Greek *greek = greek_called(name, word);
        const bool whole = greek && word + strspn(name + word, "0123456789") == length;
        text_add(&text, whole ? greek->letter : "");
        text_add_bytes(&text, name + (whole ? word : 0), length - (whole ? word : 0));
        name += length;
        if (!*name) return taken(spelling, &text);
        text_add_bytes(&text, name++, 1);
    }
}

/* Whether the text has a meaning of its own for the letter that a name would begin with. */
static bool begins_like_symbol(const Spelling *spelling, const char *spelt) {
    const Derivation *derivation = spelling->derivation;
    static const char *const always[] = {"θ", "Σ", NULL}, *const forward[] = {"ε", "π", "Ĵ", NULL},
                             *const backward[] = {"λ", "δ", "φ", NULL}, *const estimated[] = {"ρ", "ν", NULL},
                             *const none[] = {NULL};
    const char *const *const own[] = {always, derivation->carry == CARRY_FORWARD ? forward : backward,
                                      derivation->rule->estimate.kind == ESTIMATE_EXACT ? none : estimated};
    for (int i = 0; i < 3; i++)
        for (int k = 0; own[i][k]; k++)
            if (starts(spelt, own[i][k])) return true;
    return false;
}

static void spell_names_in_greek(Spelling *spelling) {
    for (int i = 0; i < spelling->names.count; i++) {
        const char *spelt = in_greek(spelling, spelling->names.at[i].name);
        if (!begins_like_symbol(spelling, spelt) && !is_taken(spelling, spelt, i))
            spelling->names.at[i].spelt = spelt;
    }
}

/* ---- a text ---- */

const Spelling *spelling_new(Arena *arena, const Derivation *derivation, SpellingKind kind) {
    if (kind == SPELLING_PLAIN) return NULL;
    Spelling *spelling = arena_new_of(arena, Spelling);
    *spelling = (Spelling){.arena = arena, .derivation = derivation, .kind = kind};
    add_names(spelling);
    if (kind == SPELLING_GREEK) spell_names_in_greek(spelling);
    if (kind == SPELLING_ASCII) spell_names_in_ascii(spelling);
    if (kind == SPELLING_ASCII) spell_letters(spelling);
    return spelling;
}

/* A name begins where a word does, behind the underscore of a symbol ("ε_h"), and in "dE/dW". */
static bool may_begin(const char *text, const char *at) {
    return at == text || !isalnum((unsigned char)at[-1]) || (at - text >= 4 && starts(at - 4, "dE/d"));
}

/* The longest name that stands here. The λ of "λ_h" is a symbol, whatever names there are; behind an
 * underscore
 * ("round_A_B") one may follow. */
static const Name *name_at(const Spelling *spelling, const char *text, const char *at) {
    const bool inside = at > text && at[-1] == '_';
    const Name *longest = NULL;
    for (int i = 0; i < spelling->names.count; i++) {
        const Name *name = &spelling->names.at[i];
        const size_t length = strlen(name->name);
        if (!starts(at, name->name) || isalnum((unsigned char)at[length])) continue;
        if (at[length] == '_' && !inside) continue;
        if (!longest || length > strlen(longest->name)) longest = name;
    }
    return longest;
}

void spell(const Spelling *spelling, const char *text, Text *out) {
    text_add(out, "");
    for (const char *at = text; *at;) {
        const Name *name = spelling && may_begin(text, at) ? name_at(spelling, text, at) : NULL;
        if (name) {
            text_add(out, name->spelt);
            at += strlen(name->name);
        } else if (spelling && spelling->kind == SPELLING_ASCII && (unsigned char)*at >= 0x80) {
            at += add_sign(spelling, at, out);
        } else {
            text_add_bytes(out, at++, 1);
        }
    }
}
