/* The product of the recurrent graph with a rule's automaton: which pairs (root, state) matter. */
#ifndef ELIGO_DERIVE_PRODUCT_H
#define ELIGO_DERIVE_PRODUCT_H

#include "rule/rule.h"

typedef struct Product {
    const Graph *graph;
    const Automaton *automaton;
    int roots, states;
    int loss;   /* index of the loss among the roots */
    bool *live; /* [roots][states]: some continuation from here reaches the loss in an accepting state */
} Product;

Product product_new(Arena *arena, const Graph *graph, const Automaton *automaton);
/* The state after a way's word, or DROPPED when the automaton or the lack of any continuation drops it. */
int product_after(const Product *product, const Way *way, int state);
bool product_live(const Product *product, const Var *root, int state);
/* [roots][states]: live pairs that a use of `param` reaches (of any parameter when NULL). */
bool *product_reached(const Product *product, const Var *param, Arena *arena);
#define product_at(product, root, state) ((root)->index * (product)->states + (state))

#endif
