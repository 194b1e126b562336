/* Class words and the question whether one is in a rule's language.
 *
 * A path spells a word: one symbol for each edge that has one. Membership depends only on which of the rule's
 * selectors each symbol satisfies, and on its lag; so a symbol is kept as just that, and paths whose words
 * look the same to the rule share a word. The matcher walks the rule's syntax tree directly: for a part of
 * the expression and a beginning in the word, the set of ends. There is no automaton. */
#ifndef ELIGO_ORACLE_WORD_H
#define ELIGO_ORACLE_WORD_H

#include "model/model.h"
#include "syntax/ast.h"

typedef enum { EDGE_IMPLICIT, EDGE_EXPLICIT, EDGE_SPATIAL, EDGE_LATERAL, EDGE_LOCAL } OracleClass;

/* One edge of a path as a rule sees it. */
typedef struct Edge {
    OracleClass class;
    uint64_t tags;
    const Var *from; /* NULL: the way began at a parameter */
    const Var *to;
    const Var *via; /* the parameter crossed, or NULL */
    int lag;
} Edge;

/* The value of one of the rule's own parameters. */
typedef struct OracleBinding {
    const char *name;
    long value;
} OracleBinding;

typedef struct Words Words;

/* All words over one rule; lives in `arena`. `keep` NULL means every path. NULL when the rule has more
 * selectors than a symbol has bits (64). */
Words *words_new(Arena *arena, const Model *model, const AstPath *keep, const OracleBinding *bindings,
                 int count);
/* Is a lag-0 same-unit use with these tags a symbol for this rule: does its text name `local` or one of them?
 */
bool words_name_local(const Words *words, uint64_t tags);
/* The word that starts with `edge` and goes on as `rest`; the empty word is 0. -1 when it would be too long
 * (60). */
int words_prepend(Words *words, Edge edge, int rest);
int words_count(const Words *words);
/* Is the word in the rule's language? The answer is remembered. */
bool words_keep(Words *words, int word);

#endif
