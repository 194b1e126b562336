/* Passes from graph to graph: decay, replacement, layer-local signals.
 *
 * requires: the model's graph, and a rule compiled over it.  keeps: symbols, roots, the parameters' own ways.
 */
#include "derive/viewing.h"

#include <math.h>

/* ---- decay ---- */

/* Each edge is weighed by decay ^ lag: at its use, where the way begins. */
static Way decayed(Viewing *v, Way way) {
    const double decay = v->rule->timing.decay;
    if (!(decay > 0 && decay < 1) || way.lag == 0) return way;
    const Expr **factor = arena_alloc(v->arena, sizeof *factor * (size_t)(way.stations + 1));
    for (int i = 0; i <= way.stations; i++) factor[i] = way.factor[i];
    factor[0] = expr_mul(v->model->exprs, expr_constant(v->model->exprs, pow(decay, way.lag)), factor[0]);
    way.factor = factor;
    return way;
}

/* ---- signals through other matrices ---- */

static const struct {
    const char *name; /* NULL: the readout's own */
    StandKind stand;
} signals[] = {[SIGNAL_SYMMETRIC] = {NULL, STAND_RANDOM},
               [SIGNAL_RANDOM] = {"random", STAND_RANDOM},
               [SIGNAL_ADAPTIVE] = {"adaptive", STAND_FOLLOWS},
               [SIGNAL_SIGN] = {"sign_symmetric", STAND_SIGN},
               [SIGNAL_LOCAL] = {NULL, STAND_RANDOM}};

/* What leads from a layer into the readout crosses other matrices in place of the readout's. */
static Way fed_back(Viewing *v, Way way, bool *any) {
    if (!signals[v->rule->signal].name || way.from->layer < 0 || way.to->layer >= 0) return way;
    const Expr **station = arena_alloc(v->arena, sizeof *station * (size_t)(way.stations + 1));
    for (int i = 0; i < way.stations; i++) {
        const Expr *own = station[i] = way.station[i];
        if (own->op != EXPR_MATVEC || own->var->layer >= 0) continue;
        *any = true;
        if (own->var->kind != VAR_PARAM) continue; /* a replacement comes before */
        const Var *stand = stand_for(v, own, signals[v->rule->signal].stand);
        station[i] = expr_matvec(v->model->exprs, stand, own->kid[0], false);
    }
    way.station = station;
    return way;
}

static void check_feedback(Viewing *v, bool any) {
    const char *name = signals[v->rule->signal].name;
    if (!name || any || v->failed) return;
    Diagnostic *one =
        diagnose(v->diagnostics, v->rule->signal_span, "E0537",
                 "`signal %s` wants a readout matrix to stand for; `%s` has none", name, v->model->name);
    diagnostic_help(v->diagnostics, one, "a network's readout `y = V @ l1.h` has one");
    v->failed = true;
}

/* ---- layer-local signals ---- */

static bool is_between_layers(const Symbol *symbol) {
    return symbol->from && symbol->from->layer >= 0 && symbol->to->layer >= 0 &&
           symbol->from->layer != symbol->to->layer;
}

/* Every layer learns from its own readout: no edge between layers is crossed. */
static Automaton within_layers(const Viewing *v) {
    Automaton own = v->rule->automaton;
    const size_t entries = (size_t)(own.states * own.symbols);
    own.delta = arena_alloc(v->arena, sizeof(int) * (entries + 1));
    for (int q = 0; q < own.states; q++)
        for (int s = 0; s < own.symbols; s++)
            own.delta[q * own.symbols + s] = is_between_layers(&v->from->symbols.at[s])
                                                 ? DROPPED
                                                 : v->rule->automaton.delta[q * own.symbols + s];
    return own;
}

static bool reads_out(const Viewing *v, int layer) {
    for (int w = 0; w < v->from->ways.count; w++)
        if (v->from->ways.at[w].from->layer == layer && v->from->ways.at[w].to->layer < 0) return true;
    return false;
}

static void check_readouts(Viewing *v) {
    for (int l = 0; l < v->model->layers.count; l++) {
        if (reads_out(v, l)) continue;
        const char *name = v->model->layers.at[l].name;
        Diagnostic *one = diagnose(v->diagnostics, v->rule->signal_span, "E0533",
                                   "`signal local` wants a readout of each layer; `%s` has none",
                                   name ? name : v->model->name);
        diagnostic_help(v->diagnostics, one,
                        "give it one: `y1 = V1 @ %s.%s; loss mse(y1, target);`; several losses are summed",
                        name ? name : "l1", v->model->layers.at[l].output->name);
        v->failed = true;
    }
}

/* ---- all of it ---- */

static void replace_all(Viewing *v) {
    const Graph *graph = v->from;
    for (int w = 0; w < graph->ways.count && !v->failed; w++)
        view_replace(v, &graph->ways.at[w], &v->ways, &v->shown_ways);
    for (int s = 0; s < graph->starts.count && !v->failed; s++)
        view_replace(v, &graph->starts.at[s], &v->starts, &v->shown_starts);
}

static bool feed_back(Viewing *v, MadeWays *ways) {
    bool any = false;
    for (int w = 0; w < ways->count; w++) ways->at[w].way = fed_back(v, decayed(v, ways->at[w].way), &any);
    return any;
}

static const Rule *with_own_automaton(Viewing *v, const Rule *rule) {
    Rule *own = arena_new_of(v->arena, Rule);
    *own = *rule;
    own->automaton = within_layers(v);
    check_readouts(v);
    return own;
}

bool view_make(Arena *arena, Model *model, const Graph *graph, const Rule *rule, View *view,
               Diagnostics *diagnostics) {
    *view = (View){.rule = rule};
    Viewing v = {.arena = arena,
                 .model = model,
                 .rule = rule,
                 .diagnostics = diagnostics,
                 .from = graph,
                 .view = view};
    view_check_sides(&v);
    if (rule->signal == SIGNAL_LOCAL) v.rule = view->rule = with_own_automaton(&v, rule);
    replace_all(&v);
    const bool any = feed_back(&v, &v.ways);
    feed_back(&v, &v.shown_ways);
    check_feedback(&v, any);
    view->shown = side_graph(&v, &v.shown_ways, &v.shown_starts, false);
    view->graph = v.split ? side_graph(&v, &v.ways, &v.starts, true) : view->shown;
    view->automaton = v.split ? side_automaton(&v, &view->rule->automaton) : &view->rule->automaton;
    return !v.failed;
}
