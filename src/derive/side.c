/* On which side of its path an edge is: before its last edge with a lag (the eligibility's), or after it (the
 * learning signal's).
 *
 * A way whose derivative depends on that stands twice, under two marks; so do edges with a lag, under a
 * third. The automaton remembers, beside the rule's state, what the marks since the last edge with a lag have
 * promised: nothing yet, that another one follows, or that none does. A promise that is broken drops the
 * path, so each path of the model's graph has exactly one that stands for it, and ways that are the same on
 * both sides are as they were. */
#include "derive/viewing.h"

enum { OPEN, MORE_FOLLOW, NONE_FOLLOWS, PROMISES };

/* ---- the graph ---- */

static Way marked(const Viewing *v, const Made *made) {
    Way way = made->way;
    if (made->mark == MARK_NONE) return way;
    int *word = arena_alloc(v->arena, sizeof *word * (size_t)(way.symbols + 1));
    word[0] = v->from->symbols.count + (int)made->mark - (int)MARK_ELIGIBILITY;
    for (int i = 0; i < way.symbols; i++) word[i + 1] = way.symbol[i];
    way.symbol = word;
    way.symbols++;
    return way;
}

const Graph *side_graph(const Viewing *v, const MadeWays *ways, const MadeWays *starts, bool marks) {
    Graph *graph = arena_new_of(v->arena, Graph);
    *graph = (Graph){.arena = v->arena, .model = v->from->model};
    for (int r = 0; r < v->from->roots.count; r++) vec_push(v->arena, &graph->roots, v->from->roots.at[r]);
    for (int s = 0; s < v->from->symbols.count; s++)
        vec_push(v->arena, &graph->symbols, v->from->symbols.at[s]);
    for (int m = MARK_ELIGIBILITY; marks && m <= MARK_LAG; m++)
        vec_push(v->arena, &graph->symbols, ((Symbol){.class = CLASS_LOCAL}));
    for (int w = 0; w < ways->count; w++)
        vec_push(v->arena, &graph->ways, marks ? marked(v, &ways->at[w]) : ways->at[w].way);
    for (int s = 0; s < starts->count; s++)
        vec_push(v->arena, &graph->starts, marks ? marked(v, &starts->at[s]) : starts->at[s].way);
    return graph;
}

/* ---- the automaton ---- */

/* What is promised after a mark; DROPPED where a promise is broken. */
static int promised(SideMark mark, int promise) {
    if (mark == MARK_LAG) return promise == NONE_FOLLOWS ? DROPPED : OPEN;
    const int wanted = mark == MARK_SIGNAL ? NONE_FOLLOWS : MORE_FOLLOW;
    return promise == OPEN || promise == wanted ? wanted : DROPPED;
}

const Automaton *side_automaton(const Viewing *v, const Automaton *own) {
    static const char *const suffix[PROMISES] = {"", "e", "s"};
    const int states = own->states, marks = MARK_LAG;
    Automaton *automaton = arena_new_of(v->arena, Automaton);
    *automaton = (Automaton){.states = PROMISES * states, .symbols = own->symbols + marks};
    const size_t all = (size_t)automaton->states;
    automaton->accepting = arena_alloc(v->arena, all + 1);
    automaton->delta = arena_alloc(v->arena, sizeof(int) * (all * (size_t)automaton->symbols + 1));
    automaton->label = arena_alloc(v->arena, sizeof(const char *) * (all + 1));
    for (int at = 0; at < automaton->states; at++) {
        const int q = at % states, promise = at / states;
        int *next = automaton->delta + at * automaton->symbols;
        automaton->accepting[at] = own->accepting[q] && promise != MORE_FOLLOW;
        automaton->label[at] = arena_printf(v->arena, "%s%s", own->label[q], suffix[promise]);
        for (int s = 0; s < own->symbols; s++) {
            const int after = own->delta[q * own->symbols + s];
            next[s] = after == DROPPED ? DROPPED : promise * states + after;
        }
        for (int m = 0; m < marks; m++) {
            const int after = promised((SideMark)(MARK_ELIGIBILITY + m), promise);
            next[own->symbols + m] = after == DROPPED ? DROPPED : after * states + q;
        }
    }
    return automaton;
}
