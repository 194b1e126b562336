/* A rule: which paths are kept (a minimal DFA over the graph's edge symbols) and how they are carried.
 *
 * The DFA is compiled over the concrete alphabet of one graph, so a selector such as `explicit via Rg`
 * becomes a set of symbols. Symbols of class `local` stand for composed-away edges: unless the rule's text
 * names `local` or a tag of that symbol, they leave the state as it is. States from which nothing is accepted
 * don't exist: delta is DROPPED. */
#ifndef ELIGO_RULE_RULE_H
#define ELIGO_RULE_RULE_H

#include "graph/graph.h"

enum { DROPPED = -1 };

typedef struct Automaton {
    int states, symbols; /* states == 0: the language is empty */
    int start;           /* always 0 when states > 0 */
    bool *accepting;
    int *delta;         /* [states][symbols]: next state or DROPPED */
    const char **label; /* "q0", "q1", …: one for each state, in breadth-first order from the start */
} Automaton;

typedef enum { CARRY_EITHER, CARRY_FORWARD, CARRY_BACKWARD } Carry;

typedef struct Rule {
    const char *name;      /* "eprop(m=2)", or "keep …" for an inline one */
    const char *keep_text; /* the path expression with parameters put in, as the language writes it */
    Carry carry;           /* what the rule asks for */
    Automaton automaton;
} Rule;

/* `use` is a rule's use as on the command line ("eprop(2)") looked up in the package; or, when `keep` is not
 * NULL, `keep` is a path expression and `use` is ignored. Reports unknown rules (with suggestion), wrong
 * arguments, unknown classes / tags / states / parameters (listing the three name spaces), `not` or `&` over
 * anything but single-edge sets, an empty language, axes this version can't derive (by name), contradicting
 * axes. NULL after an error. Names that belong to no state of this model but are given by the rule (`reset`
 * on a cell without that tag, `c -> c` on a cell without c) match nothing; that is a note when the rule comes
 * from the library and an error when it is inline. */
Rule *rule_build(Arena *arena, Package *package, const Graph *graph, const char *use, const char *keep,
                 Diagnostics *diagnostics);

/* delta over a word. */
int automaton_run(const Automaton *automaton, int state, const int *word, int length);

#endif
