/* Does a word belong to a path expression? Answered by walking the expression's syntax tree over the word. */
#ifndef ELIGO_ORACLE_MATCH_H
#define ELIGO_ORACLE_MATCH_H

#include "oracle/word.h"

/* An edge as one rule sees it. */
typedef struct Symbol {
    uint64_t satisfied; /* bit i: the i-th selector of the rule's text holds */
    int lag;
} Symbol;

typedef VEC(const AstPath *) Selectors;
typedef struct Bindings {
    const OracleBinding *at;
    int count;
} Bindings;

/* `word` has at most 60 symbols. A number that does not evaluate (an unbound name) makes its part match
 * nothing. */
bool match_path(const AstPath *path, const Selectors *selectors, const Bindings *bindings, const Symbol *word,
                int length);

#endif
