/* Under which condition a rule would be exact for a parameter: what the graph would have to lack.
 *
 * A rule is exact when its language is complete on the graph. The same is asked of the graph without one
 * class of edges, one tag, or one other layer's edges in time, then of the graph without two of them, and
 * three: the first that is complete is the condition. */
#include "derive/verdict.h"

typedef struct Walk {
    const Product *product;
    const Graph *graph;
    const Var *param;
    Arena *scratch;
} Walk;

/* ---- is the language complete on a part of the graph? ---- */

static bool is_gone(const Graph *graph, const Way *way, Without without) {
    if (way->lag > 0 && way->to->layer >= 0 && (without.layers >> way->to->layer & 1U)) return true;
    for (int i = 0; i < way->symbols; i++) {
        const Symbol *symbol = &graph->symbols.at[way->symbol[i]];
        if ((without.classes >> symbol->class & 1U) || (symbol->tags & without.tags)) return true;
    }
    return false;
}

static bool *roots_with_loss(const Walk *walk, Without without) {
    bool *leads = arena_alloc(walk->scratch, sizeof *leads * (size_t)(walk->product->roots + 1));
    leads[walk->product->loss] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = 0; w < walk->graph->ways.count; w++) {
            const Way *way = &walk->graph->ways.at[w];
            if (!leads[way->to->index] || leads[way->from->index] || is_gone(walk->graph, way, without))
                continue;
            leads[way->from->index] = changed = true;
        }
    }
    return leads;
}

/* Follows every path from the parameter that leads to a loss. */
static Completeness complete_without(const Walk *walk, Without without) {
    const Automaton *automaton = walk->product->automaton;
    const int states = automaton->states, pairs = walk->product->roots * states;
    const bool *leads = roots_with_loss(walk, without);
    bool *seen = arena_alloc(walk->scratch, sizeof *seen * (size_t)(pairs + 1));
    int *stack = arena_alloc(walk->scratch, sizeof *stack * (size_t)(pairs + 1)), height = 0;
    bool any = false;
    for (int from = -1; from < 0 || height > 0;) {
        const int at = from < 0 ? from : stack[--height];
        const int count = from < 0 ? walk->graph->starts.count : walk->graph->ways.count;
        if (at >= 0 && at / states == walk->product->loss && !automaton->accepting[at % states])
            return INCOMPLETE;
        for (int w = 0; w < count; w++) {
            const Way *way = from < 0 ? &walk->graph->starts.at[w] : &walk->graph->ways.at[w];
            const bool here = from < 0 ? way->from == walk->param : way->from->index == at / states;
            if (!here || !leads[way->to->index] || is_gone(walk->graph, way, without)) continue;
            any = true;
            const int after =
                automaton_run(automaton, at < 0 ? automaton->start : at % states, way->symbol, way->symbols);
            if (after == DROPPED) return INCOMPLETE;
            const int next = product_at(walk->product, way->to, after);
            if (!seen[next]) stack[height++] = next;
            seen[next] = true;
        }
        from = 0;
    }
    return any ? COMPLETE : EMPTY;
}

Completeness derive_completeness(const Product *product, const Var *param) {
    const Walk walk = {product, product->graph, param, arena_new()};
    const Completeness found = complete_without(&walk, (Without){0});
    arena_free(walk.scratch);
    return found;
}

/* ---- the smallest condition ---- */

enum { MOST_SUSPECTS = 16 };

typedef struct Suspects {
    Without at[MOST_SUSPECTS];
    int count;
} Suspects;

static void suspect(Suspects *all, Without one) {
    if (all->count < MOST_SUSPECTS) all->at[all->count++] = one;
}

static Without add(Without a, Without b) {
    return (Without){a.classes | b.classes, a.layers | b.layers, a.tags | b.tags};
}

/* What the ways have at which kept prefixes end: a condition must speak of one of these. */
static Without had_by_drops(const Graph *graph, const ParamFacts *facts) {
    Without all = {0};
    for (int i = 0; i < facts->drops.count; i++) {
        const Drop *drop = &facts->drops.at[i];
        const Way *way = drop->start ? &graph->starts.at[drop->way] : &graph->ways.at[drop->way];
        const int layer = way->to->layer;
        if (way->lag > 0 && layer >= 0 && layer < 32 && layer != facts->param->layer)
            all.layers |= 1U << layer;
        for (int s = 0; s < way->symbols; s++) {
            const Symbol *symbol = &graph->symbols.at[way->symbol[s]];
            all.classes |= 1U << symbol->class;
            all.tags |= symbol->tags;
        }
    }
    return all;
}

/* Tags, which say most, before layers, before classes. */
static Suspects suspects_of(const Graph *graph, const ParamFacts *facts) {
    const Without had = had_by_drops(graph, facts);
    Suspects all = {.count = 0};
    for (int t = 0; t < graph->model->tags.count; t++)
        if (had.tags >> t & 1U) suspect(&all, (Without){.tags = (uint64_t)1 << t});
    for (int l = 0; l < graph->model->layers.count && l < 32; l++)
        if (had.layers >> l & 1U) suspect(&all, (Without){.layers = 1U << l});
    for (int c = 0; c < CLASS_COUNT; c++)
        if (had.classes >> c & 1U) suspect(&all, (Without){.classes = 1U << c});
    return all;
}

static int members(unsigned set) {
    int count = 0;
    for (; set; set &= set - 1) count++;
    return count;
}

/* At most three: more would be no condition that a reader can use. */
bool derive_condition(const Carrying *carrying, const ParamFacts *facts, Without *found) {
    Walk walk = {&carrying->paths, carrying->paths.graph, facts->param, arena_new()};
    const Suspects all = suspects_of(carrying->paths.graph, facts);
    bool known = false;
    for (int size = 1; size <= 3 && !known; size++)
        for (unsigned set = 1; set < 1U << all.count && !known; set++) {
            if (members(set) != size) continue;
            Without without = {0};
            for (int i = 0; i < all.count; i++)
                if (set >> i & 1U) without = add(without, all.at[i]);
            known = complete_without(&walk, without) == COMPLETE;
            if (known) *found = without;
        }
    arena_free(walk.scratch);
    return known;
}

/* ---- in words ---- */

static void add_word(Text *out, const char *between, const char *word) {
    text_printf(out, "%s%s", out->length ? between : "", word);
}

const char *derive_without_text(const Model *model, Without without, Arena *arena) {
    Text edges = {0}, all = {0};
    for (int c = 0; c < CLASS_COUNT; c++)
        if (without.classes >> c & 1U)
            add_word(&edges, " and ", arena_printf(arena, "no %s", edge_class_name[c]));
    if (edges.length) text_printf(&all, "%s edge", edges.at);
    for (int l = 0; l < model->layers.count && l < 32; l++)
        if (without.layers >> l & 1U)
            add_word(&all, ", ", arena_printf(arena, "no edge in time within %s", model->layers.at[l].name));
    for (int t = 0; t < model->tags.count; t++)
        if (without.tags >> t & 1U)
            add_word(&all, ", ", arena_printf(arena, "no edge tagged %s", model->tags.at[t]));
    const char *text = arena_string(arena, all.length ? all.at : "");
    text_free(&edges), text_free(&all);
    return text;
}
