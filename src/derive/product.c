/* Liveness (from the loss backwards) and reachability (from parameters forwards) as two fixed points. */
#include "derive/product.h"

int product_after(const Product *product, const Way *way, int state) {
    int after = automaton_run(product->automaton, state, way->symbol, way->symbols);
    if (after == DROPPED || !product_live(product, way->to, after)) return DROPPED;
    return after;
}

bool product_live(const Product *product, const Var *root, int state) {
    return product->live[product_at(product, root, state)];
}

static void find_live(Product *product) {
    for (int q = 0; q < product->states; q++)
        product->live[product->loss * product->states + q] = product->automaton->accepting[q];
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = product->graph->ways.count - 1; w >= 0; w--) {
            const Way *way = &product->graph->ways.at[w];
            for (int q = 0; q < product->states; q++) {
                bool *live = &product->live[product_at(product, way->from, q)];
                if (*live || product_after(product, way, q) == DROPPED) continue;
                *live = changed = true;
            }
        }
    }
}

Product product_new(Arena *arena, const Graph *graph, const Automaton *automaton) {
    Product product = {.graph = graph,
                       .automaton = automaton,
                       .roots = graph->roots.count,
                       .states = automaton->states,
                       .loss = graph->model->loss->index};
    product.live = arena_alloc(arena, sizeof(bool) * (size_t)(product.roots * product.states + 1));
    find_live(&product);
    return product;
}

bool *product_reached(const Product *product, const Var *param, Arena *arena) {
    bool *reached = arena_alloc(arena, sizeof(bool) * (size_t)(product->roots * product->states + 1));
    for (int s = 0; s < product->graph->starts.count; s++) {
        const Way *way = &product->graph->starts.at[s];
        if (param && way->from != param) continue;
        int after = product->states ? product_after(product, way, product->automaton->start) : DROPPED;
        if (after != DROPPED) reached[product_at(product, way->to, after)] = true;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = 0; w < product->graph->ways.count; w++) {
            const Way *way = &product->graph->ways.at[w];
            for (int q = 0; q < product->states; q++) {
                if (!reached[product_at(product, way->from, q)]) continue;
                int after = product_after(product, way, q);
                if (after == DROPPED || reached[product_at(product, way->to, after)]) continue;
                reached[product_at(product, way->to, after)] = changed = true;
            }
        }
    }
    return reached;
}
