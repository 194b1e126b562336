/* What a rule does to each parameter: computed by walking the full graph beside the automaton. */
#include "derive/carry.h"
#include "derive/verdict.h"

/* Distances are in steps: the least sum of lags along a path, or NONE where there is no path. */
enum { NONE = -1 };

typedef struct Walk {
    Carrying *carrying;
    ParamFacts *facts;
    const int *to_loss; /* [roots]: in the full graph */
    int *distance;      /* [roots][states]: from the parameter's uses through kept ways */
    int *queue;         /* pairs whose distance shrank: a ring */
    bool *queued;
    int first, waiting, pairs;
} Walk;

static int *distances(Arena *arena, int count) {
    int *distance = arena_alloc(arena, sizeof *distance * (size_t)(count + 1));
    for (int i = 0; i < count; i++) distance[i] = NONE;
    return distance;
}

static int *distances_to_loss(const Carrying *carrying) {
    int *to_loss = distances(carrying->arena, carrying->paths.roots);
    to_loss[carrying->paths.loss] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = 0; w < carrying->paths.graph->ways.count; w++) {
            const Way *way = &carrying->paths.graph->ways.at[w];
            const int after = to_loss[way->to->index];
            int *known = &to_loss[way->from->index];
            if (after == NONE || (*known != NONE && *known <= after + way->lag)) continue;
            *known = after + way->lag;
            changed = true;
        }
    }
    return to_loss;
}

/* ---- which paths are kept ---- */

static int run(const Walk *walk, const Way *way, int state) {
    const Product *product = &walk->carrying->paths;
    return product->states ? automaton_run(product->automaton, state, way->symbol, way->symbols) : DROPPED;
}

/* A path through `way` that leads to a loss needs more steps than its lags sum up to. */
static void lose(Walk *walk, int steps) {
    ParamFacts *facts = walk->facts;
    if (facts->exact || steps < facts->exact_steps) facts->exact_steps = steps;
    facts->exact = false;
}

static void reach(Walk *walk, const Var *root, int state, int steps) {
    const int at = product_at(&walk->carrying->paths, root, state);
    if (walk->distance[at] != NONE && walk->distance[at] <= steps) return;
    walk->distance[at] = steps;
    if (walk->queued[at]) return;
    walk->queued[at] = true;
    walk->queue[(walk->first + walk->waiting++) % walk->pairs] = at;
}

static void walk_on(Walk *walk, const Way *way, int index, int state, int steps) {
    if (walk->to_loss[way->to->index] == NONE) return;
    walk->facts->reaches = true;
    const int after = run(walk, way, state);
    if (after != DROPPED) {
        reach(walk, way->to, after, steps + way->lag);
    } else if (way->start) {
        lose(walk, walk->to_loss[way->to->index]);
        vec_push(walk->carrying->arena, &walk->facts->drops, ((Drop){true, index, state}));
    }
}

static void find_distances(Walk *walk) {
    const Carrying *carrying = walk->carrying;
    const int states = carrying->paths.states;
    for (int s = 0; s < carrying->paths.graph->starts.count; s++)
        if (carrying->paths.graph->starts.at[s].from == walk->facts->param)
            walk_on(walk, &carrying->paths.graph->starts.at[s], s, 0, 0);
    while (walk->waiting > 0) {
        const int at = walk->queue[walk->first];
        walk->first = (walk->first + 1) % walk->pairs;
        walk->waiting--;
        walk->queued[at] = false;
        for (int w = 0; w < carrying->paths.graph->ways.count; w++) {
            const Way *way = &carrying->paths.graph->ways.at[w];
            if (way->from->index == at / states) walk_on(walk, way, w, at % states, walk->distance[at]);
        }
    }
}

/* Ways at which a kept prefix ends, and losses that a path reaches in a state that doesn't accept. */
static void find_drops(Walk *walk) {
    const Carrying *carrying = walk->carrying;
    const Product *product = &carrying->paths;
    for (int w = 0; w < carrying->paths.graph->ways.count; w++)
        for (int q = 0; q < product->states; q++) {
            const Way *way = &carrying->paths.graph->ways.at[w];
            const int steps = walk->distance[product_at(product, way->from, q)];
            const int left = walk->to_loss[way->to->index];
            if (steps == NONE || left == NONE || run(walk, way, q) != DROPPED) continue;
            lose(walk, steps + way->lag + left);
            vec_push(carrying->arena, &walk->facts->drops, ((Drop){false, w, q}));
        }
    for (int q = 0; q < product->states; q++) {
        const int steps = walk->distance[product->loss * product->states + q];
        if (steps == NONE) continue;
        if (product->automaton->accepting[q]) {
            walk->facts->kept = true;
        } else {
            lose(walk, steps);
            vec_push(carrying->arena, &walk->facts->refused, q);
        }
    }
}

/* ---- what a forward carry would hold ---- */

static bool read_later(const Product *product, const Var *root, int state) {
    for (int w = 0; w < product->graph->ways.count; w++) {
        const Way *way = &product->graph->ways.at[w];
        if (way->from == root && way->lag > 0 && product_after(product, way, state) != DROPPED) return true;
    }
    return false;
}

/* Pairs that something later reads, by themselves or through what they feed within the step. */
static bool *pairs_that_last(const Product *product, Arena *arena) {
    bool *lasting = arena_alloc(arena, sizeof *lasting * (size_t)(product->roots * product->states + 1));
    for (int r = product->roots - 1; r >= 0; r--)
        for (int q = 0; q < product->states; q++) {
            const Var *root = product->graph->roots.at[r];
            bool lasts = product_live(product, root, q) && read_later(product, root, q);
            for (int w = 0; w < product->graph->ways.count && !lasts; w++) {
                const Way *way = &product->graph->ways.at[w];
                if (way->from != root || way->lag > 0) continue;
                const int after = product_after(product, way, q);
                lasts = after != DROPPED && lasting[product_at(product, way->to, after)];
            }
            lasting[product_at(product, root, q)] = lasts;
        }
    return lasting;
}

static void find_structure(ParamFacts *facts, const Product *product, const bool *lasting, Arena *arena) {
    const bool *reached = product_reached(product, facts->param, arena);
    facts->local = true;
    for (int at = 0; at < product->roots * product->states; at++)
        if (reached[at] && lasting[at]) facts->carries = true;
    for (int s = 0; s < product->graph->starts.count; s++) {
        const Way *way = &product->graph->starts.at[s];
        if (way->from != facts->param || way->stations == 0 || !product->states) continue;
        const int after = product_after(product, way, 0);
        if (after != DROPPED && lasting[product_at(product, way->to, after)]) facts->local = false;
    }
    for (int w = 0; w < product->graph->ways.count; w++)
        for (int q = 0; q < product->states; q++) {
            const Way *way = &product->graph->ways.at[w];
            if (way->stations == 0 || !reached[product_at(product, way->from, q)]) continue;
            const int after = product_after(product, way, q);
            if (after != DROPPED && lasting[product_at(product, way->to, after)]) facts->local = false;
        }
}

static void find_facts(Carrying *carrying, ParamFacts *facts, const int *to_loss, const bool *lasting) {
    const int pairs = carrying->paths.roots * carrying->paths.states;
    Walk walk = {.carrying = carrying, .facts = facts, .to_loss = to_loss, .pairs = pairs};
    walk.distance = distances(carrying->arena, pairs);
    walk.queue = arena_alloc(carrying->arena, sizeof *walk.queue * (size_t)(pairs + 1));
    walk.queued = arena_alloc(carrying->arena, sizeof *walk.queued * (size_t)(pairs + 1));
    facts->exact = true;
    find_distances(&walk);
    find_drops(&walk);
    find_structure(facts, &carrying->commuted, lasting, carrying->arena);
    derive_verdict(carrying, facts);
}

/* ---- what is reported ---- */

static const char *way_text(const Carrying *carrying, const Way *way) {
    Text text = {0};
    graph_print_way(carrying->paths.graph, way, &text);
    const char *kept = arena_string(carrying->arena, text.at);
    text_free(&text);
    return kept;
}

static const Way *way_of(const Carrying *carrying, const Drop *drop) {
    return drop->start ? &carrying->paths.graph->starts.at[drop->way]
                       : &carrying->paths.graph->ways.at[drop->way];
}

static void warn_if_nothing_kept(Carrying *carrying, const ParamFacts *facts, Diagnostics *diagnostics) {
    if (facts->kept) return;
    const Derivation *derivation = carrying->derivation;
    const char *label = facts->param->label, *keep = derivation->rule->keep_text;
    Diagnostic *d =
        diagnose(diagnostics, facts->param->span, "W0530",
                 "`%s` keeps no path for `%s`: its gradient is zero", derivation->rule->name, label);
    if (facts->reaches && !facts->drops.count && derivation->rule->mask.kind != MASK_NONE)
        diagnostic_help(diagnostics, d, "the mask leaves nothing of its influence on what the loss reads");
    else if (facts->drops.count)
        diagnostic_help(diagnostics, d, "dropped: %s; the rule keeps %s",
                        way_text(carrying, way_of(carrying, &facts->drops.at[0])), keep);
    else if (facts->reaches)
        diagnostic_help(diagnostics, d, "its paths to the loss don't end in the language %s", keep);
    else
        diagnostic_help(diagnostics, d, "no path leads from it to the loss under any rule");
}

/* Ways that are dropped for some parameter, each once: those of variables, then those of parameters' own
 * uses. */
static void note_dropped_ways(Carrying *carrying) {
    Derivation *derivation = carrying->derivation;
    const int ways = carrying->paths.graph->ways.count;
    bool *noted = arena_alloc(carrying->arena,
                              sizeof *noted * (size_t)(ways + carrying->paths.graph->starts.count + 1));
    for (int p = 0; p < derivation->model->params.count; p++)
        for (int i = 0; i < derivation->facts[p].drops.count; i++) {
            const Drop *drop = &derivation->facts[p].drops.at[i];
            noted[drop->start ? ways + drop->way : drop->way] = true;
        }
    for (int i = 0; i < ways + carrying->paths.graph->starts.count; i++) {
        if (!noted[i]) continue;
        const Drop drop = {i >= ways, i >= ways ? i - ways : i, 0};
        vec_push(carrying->arena, &derivation->program->notes,
                 arena_printf(carrying->arena, "dropped: %s", way_text(carrying, way_of(carrying, &drop))));
    }
}

static void note_nothing_kept(Carrying *carrying, const ParamFacts *facts) {
    if (facts->kept) return;
    vec_push(carrying->arena, &carrying->derivation->program->notes,
             arena_printf(carrying->arena, "no gradient for %s: no path is kept", facts->param->label));
}

void derive_facts(Carrying *carrying, Diagnostics *diagnostics) {
    Derivation *derivation = carrying->derivation;
    const Model *model = derivation->model;
    derivation->facts = arena_alloc(carrying->arena, sizeof(ParamFacts) * (size_t)(model->params.count + 1));
    const int *to_loss = distances_to_loss(carrying);
    const bool *lasting = pairs_that_last(&carrying->commuted, carrying->arena);
    for (int i = 0; i < model->params.count; i++) {
        derivation->facts[i].param = model->params.at[i];
        find_facts(carrying, &derivation->facts[i], to_loss, lasting);
        warn_if_nothing_kept(carrying, &derivation->facts[i], diagnostics);
        note_nothing_kept(carrying, &derivation->facts[i]);
    }
    note_dropped_ways(carrying);
}
