/* The graph as a rule sees it: edges weighed by a decay, edges replaced, edges that its signal doesn't cross.
 *
 * These axes change what an edge is, not how derivatives are carried; so they are passes from graph to graph,
 * and everything after them (product, flows, both carries) is the same for every rule. */
#ifndef ELIGO_DERIVE_VIEW_H
#define ELIGO_DERIVE_VIEW_H

#include "rule/rule.h"

typedef struct View {
    const Graph *graph; /* its symbols are those of the graph it was made from */
    const Rule *rule;   /* with the automaton over that graph */
    VEC(const Var *)
    fixed; /* matrices that stand for others: random, never learned; `B_V` for the feedback of V */
} View;

/* False after an error (E0531 to E0536). */
bool view_make(Arena *arena, Model *model, const Graph *graph, const Rule *rule, View *view,
               Diagnostics *diagnostics);

#endif
