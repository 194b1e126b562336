/* Letters: classes of symbols that the rule can't tell apart.
 *
 * Here it is also decided which `local` symbols take part: an edge inside one step and unit is composed away,
 * and becomes a symbol only for a rule whose text names `local` or one of the edge's tags. */
#include "rule/dfa.h"

typedef VEC(const bool *) EdgeSets;

static void collect(Arena *arena, const PathNode *node, EdgeSets *sets) {
    if (!node) return;
    if (node->kind == NODE_EDGES) vec_push(arena, sets, node->edges);
    collect(arena, node->left, sets);
    collect(arena, node->right, sets);
}

static bool takes_part(const PathScope *scope, const Symbol *symbol) {
    return symbol->class != CLASS_LOCAL || scope->names_local || (symbol->tags & scope->tags) != 0;
}

static bool alike(const EdgeSets *sets, const Graph *graph, int a, int b) {
    if (graph->symbols.at[a].lag != graph->symbols.at[b].lag) return false;
    for (int i = 0; i < sets->count; i++)
        if (sets->at[i][a] != sets->at[i][b]) return false;
    return true;
}

Alphabet alphabet_build(const PathScope *scope, const PathNode *root) {
    const Graph *graph = scope->graph;
    EdgeSets sets = {0};
    collect(scope->arena, root, &sets);
    const size_t size = sizeof(int) * (size_t)(graph->symbols.count + 1);
    Alphabet alphabet = {0, arena_alloc(scope->arena, size), arena_alloc(scope->arena, size),
                         arena_alloc(scope->arena, size)};
    for (int s = 0; s < graph->symbols.count; s++) {
        alphabet.letter[s] = LETTER_NONE;
        if (!takes_part(scope, &graph->symbols.at[s])) continue;
        int letter = 0;
        while (letter < alphabet.letters && !alike(&sets, graph, alphabet.example[letter], s)) letter++;
        if (letter == alphabet.letters) {
            alphabet.example[letter] = s;
            alphabet.lag[letter] = graph->symbols.at[s].lag;
            alphabet.letters++;
        }
        alphabet.letter[s] = letter;
    }
    return alphabet;
}
