/* A path expression of one rule over one graph: names resolved to sets of symbols, counts to numbers.
 *
 * Everything that can be wrong with the text of a path is found while this tree is made; what follows (the
 * automaton) can only grow too large. */
#ifndef ELIGO_RULE_PATH_H
#define ELIGO_RULE_PATH_H

#include "graph/graph.h"
#include "rule/bind.h"

typedef enum { NODE_EMPTY, NODE_EDGES, NODE_SEQUENCE, NODE_OR, NODE_REPEAT, NODE_WITHIN } PathNodeKind;

typedef struct PathNode PathNode;
struct PathNode {
    PathNodeKind kind;
    Span span;
    const bool *edges; /* NODE_EDGES: [symbols] */
    PathNode *left, *right;
    long minimum, maximum; /* of a repeat; maximum < 0: unbounded. `within` has its bound in minimum */
};

/* Whose text it is decides what becomes of a name that this model doesn't have. */
typedef enum { ORIGIN_INLINE, ORIGIN_SPEC, ORIGIN_LIBRARY } RuleOrigin;

typedef struct PathScope {
    Arena *arena; /* for the tree */
    const Package *package;
    const Graph *graph;
    const Bindings *bindings;
    RuleOrigin origin;
    Diagnostics *diagnostics;
    uint64_t tags;    /* out: the tags that the text names */
    bool names_local; /* out: it names the class `local` */
} PathScope;

/* NULL after an error (E0503 to E0507, E0511). */
PathNode *path_resolve(PathScope *scope, const AstPath *path);
/* The set [symbols] of a name, `via` or an arrow (selector.c); NULL after an error. */
bool *path_selector(PathScope *scope, const AstPath *path);
/* The expression as the language writes it, with numbers for counts and no parentheses that aren't needed.
 * Requires a path that path_resolve accepted. */
void path_print(const AstPath *path, const Bindings *bindings, Text *out);

#endif
