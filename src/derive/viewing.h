/* What the passes from graph to graph share while they run. */
#ifndef ELIGO_DERIVE_VIEWING_H
#define ELIGO_DERIVE_VIEWING_H

#include "derive/view.h"

/* Where a path may use a way: a way that is the same on both sides of every path needs no mark. */
typedef enum {
    MARK_NONE,
    MARK_ELIGIBILITY, /* an edge with a lag follows */
    MARK_SIGNAL,      /* none follows */
    MARK_LAG          /* it has one itself */
} SideMark;

typedef struct Made {
    Way way;
    const Replace *by; /* what it was made by, or NULL */
    SideMark mark;
} Made;
typedef VEC(Made) MadeWays;

typedef struct Viewing {
    Arena *arena;
    Model *model;
    const Rule *rule;
    Diagnostics *diagnostics;
    const Graph *from;
    View *view;
    MadeWays ways, starts;             /* what is carried */
    MadeWays shown_ways, shown_starts; /* a way with a derivative for each side once, as the model has it */
    bool split;                        /* some way has a derivative for each side */
    bool failed;
} Viewing;

/* ---- stand.c ---- */

/* The matrix that stands for `station`'s; one for each matrix and kind. */
const Var *stand_for(Viewing *v, const Expr *station, StandKind kind);
/* The average of a stretch of the way's derivative over the units of each population, at each of its units:
 * the populations of where the way leads to, where the stretch is over its units, or of where it comes from.
 */
const Expr *stand_mean_of(const Viewing *v, const Expr *e, const Way *way);

/* ---- replace.c ---- */

/* Adds what stands for the way, on each side of a path, to `ways` and `shown`. */
void view_replace(Viewing *v, const Way *way, MadeWays *ways, MadeWays *shown);
/* Reports E0538: a replacement in the learning signal that selects no edge that may be there. */
void view_check_sides(Viewing *v);

/* ---- side.c ---- */

/* The graph of these ways, symbols and all. With marks, each way's word begins with its mark's symbol. */
const Graph *side_graph(const Viewing *v, const MadeWays *ways, const MadeWays *starts, bool marks);
/* The rule's automaton beside the question on which side of its path an edge is. */
const Automaton *side_automaton(const Viewing *v, const Automaton *own);

#endif
