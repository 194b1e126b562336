/* The graph as a rule sees it: edges weighed by a decay, edges replaced, edges that its signal doesn't cross.
 *
 * These axes change what an edge is, not how derivatives are carried; so they are passes from graph to graph,
 * and everything after them (product, flows, both carries) is the same for every rule. Where a path's last
 * edge with a lag decides what an edge's derivative is, the pass makes two ways of one, and an automaton that
 * lets each path through exactly one of them (side.c). */
#ifndef ELIGO_DERIVE_VIEW_H
#define ELIGO_DERIVE_VIEW_H

#include "derive/derive.h"

typedef struct View {
    const Graph *graph;         /* what is carried … */
    const Automaton *automaton; /* … by this automaton */
    const Graph *shown; /* one way for each path's edge: its symbols are those of the model's graph … */
    const Rule *rule;   /* … and this rule's automaton is over them */
    Stands stands;
} View;

/* Is one of the model's populations of these units? */
bool units_are_divided(const Model *model, Units units);
bool units_have(Units units, const Population *population);

/* Whether a way's derivative is another one where it is replaced: random matrices leave a way that crosses
 * none, averages leave what is the same for all units. */
bool view_changes(const Way *way, ReplaceKind kind);

/* False after an error (E0531 to E0538). */
bool view_make(Arena *arena, Model *model, const Graph *graph, const Rule *rule, View *view,
               Diagnostics *diagnostics);

#endif
