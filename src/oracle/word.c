/* Interning of words as cells (symbol, rest), and what the rule's selectors say of an edge. */
#include "oracle/word.h"

#include "oracle/match.h"
#include "oracle/pairs.h"

#include <string.h>

enum { LONGEST_WORD = 60, MOST_SELECTORS = 64 };

typedef struct Cell {
    int symbol, rest, length;
    signed char kept; /* -1 while nobody has asked */
} Cell;

struct Words {
    Arena *arena;
    const Model *model;
    const AstPath *keep;
    Selectors selectors;
    Bindings bindings;
    bool names_local, counts_lag; /* the rule's text says `local`; it says `within` */
    uint64_t named_tags;
    Pairs *cell_of;
    VEC(Symbol) symbol;
    VEC(Cell) cells;
};

static uint64_t tag_bit(const Model *model, const char *name) {
    for (int i = 0; i < model->tags.count; i++)
        if (strcmp(model->tags.at[i], name) == 0) return (uint64_t)1 << i;
    return 0;
}

/* Lists the selectors below `path` and notes whether lag-0 same-unit edges are named. */
static void collect(Words *words, const AstPath *path) {
    if (!path) return;
    if (path->kind == PATH_NAME || path->kind == PATH_ARROW || path->kind == PATH_VIA)
        vec_push(words->arena, &words->selectors, path);
    if (path->kind == PATH_NAME && strcmp(path->name.name, "local") == 0) words->names_local = true;
    if (path->kind == PATH_NAME) words->named_tags |= tag_bit(words->model, path->name.name);
    if (path->kind == PATH_WITHIN) words->counts_lag = true;
    collect(words, path->left);
    collect(words, path->right);
}

Words *words_new(Arena *arena, const Model *model, const AstPath *keep, const OracleBinding *bindings,
                 int count) {
    Words *words = arena_new_of(arena, Words);
    words->arena = arena;
    words->model = model;
    words->keep = keep;
    words->bindings = (Bindings){bindings, count};
    words->cell_of = pairs_new(arena);
    collect(words, keep);
    vec_push(arena, &words->cells, ((Cell){-1, -1, 0, -1}));
    return words->selectors.count > MOST_SELECTORS ? NULL : words;
}

bool words_name_local(const Words *words, uint64_t tags) {
    return words->names_local || (words->named_tags & tags) != 0;
}

/* Bare names stand for that name in every layer. */
static bool names(const Model *model, const AstName *name, const Var *var) {
    if (!var || strcmp(var->name, name->name) != 0) return false;
    if (!name->layer) return true;
    return var->layer >= 0 && strcmp(model->layers.at[var->layer].name, name->layer) == 0;
}

static bool named(const Words *words, const AstPath *path, const Edge *edge) {
    static const char *const classes[] = {"implicit", "explicit", "spatial", "lateral", "local"};
    if (strcmp(path->name.name, "any") == 0) return true;
    for (int i = 0; i < 5; i++)
        if (strcmp(path->name.name, classes[i]) == 0) return (int)edge->class == i;
    return (tag_bit(words->model, path->name.name) & edge->tags) != 0;
}

static bool satisfies(const Words *words, const AstPath *path, const Edge *edge) {
    switch (path->kind) {
    case PATH_NAME: return named(words, path, edge);
    case PATH_VIA: return names(words->model, &path->name, edge->via);
    case PATH_ARROW:
        return names(words->model, &path->name, edge->from) && names(words->model, &path->to, edge->to);
    default: return false;
    }
}

static int intern_symbol(Words *words, const Edge *edge) {
    Symbol symbol = {.lag = words->counts_lag ? edge->lag : 0};
    for (int i = 0; i < words->selectors.count; i++)
        if (satisfies(words, words->selectors.at[i], edge)) symbol.satisfied |= (uint64_t)1 << i;
    for (int i = 0; i < words->symbol.count; i++)
        if (words->symbol.at[i].lag == symbol.lag && words->symbol.at[i].satisfied == symbol.satisfied)
            return i;
    vec_push(words->arena, &words->symbol, symbol);
    return words->symbol.count - 1;
}

int words_prepend(Words *words, Edge edge, int rest) {
    int length = words->cells.at[rest].length + 1, symbol = intern_symbol(words, &edge);
    if (length > LONGEST_WORD) return -1;
    bool is_new;
    int word = pairs_enter(words->cell_of, symbol, rest, words->cells.count, &is_new);
    if (is_new) vec_push(words->arena, &words->cells, ((Cell){symbol, rest, length, -1}));
    return word;
}

int words_count(const Words *words) { return words->cells.count; }

static bool ask(const Words *words, int word) {
    Symbol spelled[LONGEST_WORD];
    int length = 0;
    for (int at = word; at != 0; at = words->cells.at[at].rest)
        spelled[length++] = words->symbol.at[words->cells.at[at].symbol];
    return match_path(words->keep, &words->selectors, &words->bindings, spelled, length);
}

bool words_keep(Words *words, int word) {
    Cell *cell = &words->cells.at[word];
    if (cell->kept < 0) cell->kept = !words->keep || ask(words, word);
    return cell->kept != 0;
}
