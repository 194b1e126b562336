/* The matcher. `ends(path, i)` is the set of all j such that `path` matches the word's part [i, j), as a bit
 * set; each kind of path expression is the definition of its language written down. */
#include "oracle/match.h"

#include <math.h>
#include <string.h>

typedef uint64_t Ends; /* bit j: the part ends before symbol j */

typedef struct Matcher {
    const Selectors *selectors;
    const Bindings *bindings;
    const Symbol *word;
    int length;
} Matcher;

static double number(const Matcher *matcher, const AstExpr *e) {
    if (e->kind == AST_NUMBER) return e->number;
    if (e->kind == AST_NAME) {
        for (int i = 0; i < matcher->bindings->count; i++)
            if (strcmp(matcher->bindings->at[i].name, e->name.name) == 0)
                return (double)matcher->bindings->at[i].value;
        return NAN;
    }
    if (e->kind == AST_UNARY) return -number(matcher, e->arguments.at[0]);
    if (e->kind != AST_BINARY) return NAN;
    double a = number(matcher, e->arguments.at[0]), b = number(matcher, e->arguments.at[1]);
    switch (e->op[0]) {
    case '+': return a + b;
    case '-': return a - b;
    case '*': return a * b;
    case '/': return a / b;
    case '^': return pow(a, b);
    default: return NAN;
    }
}

/* A single edge against a selector or a boolean combination of selectors. */
static bool holds(const Matcher *matcher, const AstPath *path, Symbol symbol) {
    switch (path->kind) {
    case PATH_NOT: return !holds(matcher, path->left, symbol);
    case PATH_AND: return holds(matcher, path->left, symbol) && holds(matcher, path->right, symbol);
    case PATH_OR: return holds(matcher, path->left, symbol) || holds(matcher, path->right, symbol);
    default:
        for (int i = 0; i < matcher->selectors->count; i++)
            if (matcher->selectors->at[i] == path) return (symbol.satisfied >> i & 1) != 0;
        return false;
    }
}

static Ends ends(const Matcher *matcher, const AstPath *path, int begin);

static Ends ends_of_all(const Matcher *matcher, const AstPath *path, Ends begins) {
    Ends all = 0;
    for (int i = 0; i <= matcher->length; i++)
        if (begins >> i & 1) all |= ends(matcher, path, i);
    return all;
}

/* left{minimum, maximum}: `reached` after 0, 1, 2 … rounds. A round either moves every place forward or can
 * stay, so the sets stop changing after at most length + 1 rounds. */
static Ends ends_of_repeat(const Matcher *matcher, const AstPath *path, int begin) {
    double minimum = path->minimum ? number(matcher, path->minimum) : 0;
    double maximum = path->maximum ? number(matcher, path->maximum) : INFINITY;
    if (!(minimum <= maximum)) return 0;
    Ends reached = (Ends)1 << begin, all = 0;
    for (double round = 0;; round++) {
        if (round >= minimum) all |= reached;
        Ends next = ends_of_all(matcher, path->left, reached);
        if (round >= maximum || next == 0) return all;
        if (next == reached) return all | reached;
        reached = next;
    }
}

static Ends ends_within(const Matcher *matcher, const AstPath *path, int begin) {
    double most = number(matcher, path->minimum);
    Ends found = ends(matcher, path->left, begin), all = 0;
    int lag = 0;
    for (int j = begin; j <= matcher->length && (double)lag <= most; j++) {
        all |= found & ((Ends)1 << j);
        if (j < matcher->length) lag += matcher->word[j].lag;
    }
    return all;
}

static Ends ends(const Matcher *matcher, const AstPath *path, int begin) {
    switch (path->kind) {
    case PATH_EMPTY: return (Ends)1 << begin;
    case PATH_SEQUENCE: return ends_of_all(matcher, path->right, ends(matcher, path->left, begin));
    case PATH_OR: return ends(matcher, path->left, begin) | ends(matcher, path->right, begin);
    case PATH_REPEAT: return ends_of_repeat(matcher, path, begin);
    case PATH_WITHIN: return ends_within(matcher, path, begin);
    default: break;
    }
    bool one = begin < matcher->length && holds(matcher, path, matcher->word[begin]);
    return one ? (Ends)1 << (begin + 1) : 0;
}

bool match_path(const AstPath *path, const Selectors *selectors, const Bindings *bindings, const Symbol *word,
                int length) {
    Matcher matcher = {selectors, bindings, word, length};
    return (ends(&matcher, path, 0) >> length & 1) != 0;
}
