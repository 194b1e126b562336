/* What a rule does to each parameter: computed by walking the full graph beside the automaton. */
#include "derive/carry.h"

typedef struct Walk {
    Carrying *carrying;
    ParamFacts *facts;
    bool *seen;   /* [roots][states] */
    bool *useful; /* [roots]: some way leads on to the loss */
} Walk;

static void find_useful(const Carrying *carrying, bool *useful) {
    useful[carrying->product.loss] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int w = 0; w < carrying->graph->ways.count; w++) {
            const Way *way = &carrying->graph->ways.at[w];
            if (useful[way->from->index] || !useful[way->to->index]) continue;
            useful[way->from->index] = changed = true;
        }
    }
}

static bool contains(const int *list, int count, int value) {
    for (int i = 0; i < count; i++)
        if (list[i] == value) return true;
    return false;
}

static void visit(Walk *walk, const Var *root, int state);

static void follow(Walk *walk, const Way *way, int index, int state) {
    Carrying *carrying = walk->carrying;
    if (!walk->useful[way->to->index]) return;
    int after = carrying->product.states
                    ? automaton_run(carrying->product.automaton, state, way->symbol, way->symbols)
                    : DROPPED;
    if (after != DROPPED) {
        visit(walk, way->to, after);
        return;
    }
    walk->facts->exact = false;
    if (way->start) {
        if (!contains(walk->facts->dropped_starts.at, walk->facts->dropped_starts.count, index))
            vec_push(carrying->arena, &walk->facts->dropped_starts, index);
    } else if (!contains(walk->facts->dropped.at, walk->facts->dropped.count, index)) {
        vec_push(carrying->arena, &walk->facts->dropped, index);
    }
}

static void visit(Walk *walk, const Var *root, int state) {
    Carrying *carrying = walk->carrying;
    int at = product_at(&carrying->product, root, state);
    if (walk->seen[at]) return;
    walk->seen[at] = true;
    if (root == carrying->derivation->model->loss) {
        if (carrying->product.automaton->accepting[state])
            walk->facts->kept = true;
        else
            walk->facts->exact = false;
        return;
    }
    for (int w = 0; w < carrying->graph->ways.count; w++)
        if (carrying->graph->ways.at[w].from == root) follow(walk, &carrying->graph->ways.at[w], w, state);
}

static void find_facts(Carrying *carrying, ParamFacts *facts, bool *useful) {
    size_t pairs = (size_t)(carrying->product.roots * carrying->product.states + 1);
    Walk walk = {.carrying = carrying, .facts = facts, .useful = useful};
    walk.seen = arena_alloc(carrying->arena, sizeof(bool) * pairs);
    facts->exact = true;
    for (int s = 0; s < carrying->graph->starts.count; s++)
        if (carrying->graph->starts.at[s].from == facts->param)
            follow(&walk, &carrying->graph->starts.at[s], s, 0);
    if (!facts->kept) facts->exact = false;
    facts->local = true;
    for (int i = 0; i < carrying->derivation->influences.count; i++) {
        const Influence *influence = &carrying->derivation->influences.at[i];
        if (influence->param != facts->param) continue;
        facts->carries = true;
        if (influence->structure == STRUCTURE_DENSE) facts->local = false;
    }
}

static const char *way_text(const Carrying *carrying, const Way *way) {
    Text text = {0};
    graph_print_way(carrying->graph, way, &text);
    const char *kept = arena_string(carrying->arena, text.at);
    text_free(&text);
    return kept;
}

static void warn_if_nothing_kept(Carrying *carrying, const ParamFacts *facts, Diagnostics *diagnostics) {
    if (facts->kept) return;
    const Derivation *derivation = carrying->derivation;
    Diagnostic *d = diagnose(diagnostics, facts->param->span, "W0530",
                             "`%s` keeps no path for `%s`: its gradient is zero", derivation->rule->name,
                             facts->param->label);
    const Way *way = NULL;
    if (facts->dropped_starts.count)
        way = &carrying->graph->starts.at[facts->dropped_starts.at[0]];
    else if (facts->dropped.count)
        way = &carrying->graph->ways.at[facts->dropped.at[0]];
    if (way)
        diagnostic_help(diagnostics, d, "dropped: %s; the rule keeps %s", way_text(carrying, way),
                        derivation->rule->keep_text);
    else
        diagnostic_help(diagnostics, d, "its paths to the loss don't end in the language %s",
                        derivation->rule->keep_text);
}

static void note_dropped(Carrying *carrying, const ParamFacts *facts) {
    Program *program = carrying->derivation->program;
    const char *label = facts->param->label;
    if (!facts->kept)
        vec_push(carrying->arena, &program->notes,
                 arena_printf(carrying->arena, "no gradient for %s: no path is kept", label));
    for (int i = 0; i < facts->dropped_starts.count; i++)
        vec_push(carrying->arena, &program->notes,
                 arena_printf(carrying->arena, "dropped for %s: %s", label,
                              way_text(carrying, &carrying->graph->starts.at[facts->dropped_starts.at[i]])));
}

/* Ways that are dropped for some parameter, each once. */
static void note_dropped_ways(Carrying *carrying) {
    Derivation *derivation = carrying->derivation;
    for (int w = 0; w < carrying->graph->ways.count; w++) {
        bool dropped = false;
        for (int p = 0; p < derivation->model->params.count && !dropped; p++)
            dropped = contains(derivation->facts[p].dropped.at, derivation->facts[p].dropped.count, w);
        if (dropped)
            vec_push(carrying->arena, &derivation->program->notes,
                     arena_printf(carrying->arena, "dropped: %s",
                                  way_text(carrying, &carrying->graph->ways.at[w])));
    }
}

void derive_facts(Carrying *carrying, Diagnostics *diagnostics) {
    Derivation *derivation = carrying->derivation;
    const Model *model = derivation->model;
    derivation->facts = arena_alloc(carrying->arena, sizeof(ParamFacts) * (size_t)(model->params.count + 1));
    bool *useful = arena_alloc(carrying->arena, sizeof(bool) * (size_t)(model->roots.count + 1));
    find_useful(carrying, useful);
    for (int i = 0; i < model->params.count; i++) {
        derivation->facts[i].param = model->params.at[i];
        find_facts(carrying, &derivation->facts[i], useful);
        warn_if_nothing_kept(carrying, &derivation->facts[i], diagnostics);
        note_dropped(carrying, &derivation->facts[i]);
    }
    note_dropped_ways(carrying);
}
