/* Passes from graph to graph: decay, replacement, layer-local signals.
 *
 * requires: the model's graph, and a rule compiled over it.  keeps: symbols, roots, the parameters' own ways.
 */
#include "derive/view.h"

#include <math.h>
#include <string.h>

typedef struct Viewing {
    Arena *arena;
    Model *model;
    const Rule *rule;
    Diagnostics *diagnostics;
    const Graph *from;
    Graph *to;
    View *view;
    VEC(const Replace *) by; /* for each way of `to`: what it was made by, or NULL */
    bool failed;
} Viewing;

/* ---- replacement ---- */

static const Replace *replaced_by(const Viewing *v, const Way *way) {
    for (int i = 0; i < v->rule->replaces.count; i++)
        for (int s = 0; s < way->symbols; s++)
            if (v->rule->replaces.at[i].selected[way->symbol[s]]) return &v->rule->replaces.at[i];
    return NULL;
}

/* The way that stands for all replaced ones between the same two variables at the same lag; NULL: none yet.
 */
static const Way *stands_already(const Viewing *v, const Way *way, const Replace *by) {
    for (int i = 0; i < v->to->ways.count; i++) {
        const Way *other = &v->to->ways.at[i];
        if (v->by.at[i] == by && other->from == way->from && other->to == way->to && other->lag == way->lag)
            return other;
    }
    return NULL;
}

/* One derivative has one word: the automaton may not tell apart what it stands for. */
static void check_words(Viewing *v, const Way *first, const Way *way, const Replace *by) {
    const Automaton *automaton = &v->rule->automaton;
    for (int q = 0; q < automaton->states; q++) {
        if (automaton_run(automaton, q, first->symbol, first->symbols) ==
            automaton_run(automaton, q, way->symbol, way->symbols))
            continue;
        Diagnostic *one =
            diagnose(v->diagnostics, by->span, "E0532",
                     "one derivative would stand for ways from `%s` to `%s` that the rule tells apart",
                     way->from->label, way->to->label);
        diagnostic_help(v->diagnostics, one,
                        "replace fewer edges at once: a selector for each class that `keep` names");
        v->failed = true;
        return;
    }
}

static const Expr *weight_of(Viewing *v, const Way *way, const Replace *by) {
    const Expr *value = model_expression(v->model, way->to->layer, by->value, v->rule->numbers.at,
                                         v->rule->numbers.count, v->diagnostics);
    if (!value) return NULL;
    if (!dim_equal(way->from->rows, way->to->rows) || (value->dim && !dim_equal(value->dim, way->to->rows))) {
        Diagnostic *one = diagnose(v->diagnostics, by->span, "E0531",
                                   "a diagonal can't lead from `%s` to `%s`: they have different units",
                                   way->from->label, way->to->label);
        diagnostic_help(v->diagnostics, one, "`& not spatial` leaves the edges between layers as they are");
        return NULL;
    }
    const bool spread = way->to->rows && !value->dim && value->op != EXPR_CONST;
    return spread ? expr_broadcast(v->model->exprs, value, way->to->rows) : value;
}

static void add_way(Viewing *v, Way way, const Replace *by) {
    vec_push(v->arena, &v->to->ways, way);
    vec_push(v->arena, &v->by, by);
}

static void replace_way(Viewing *v, Way way, const Replace *by) {
    const Way *first = stands_already(v, &way, by);
    if (first) {
        check_words(v, first, &way, by);
        return;
    }
    const Expr *value = weight_of(v, &way, by);
    if (!value) {
        v->failed = true;
        return;
    }
    const Expr **factor = arena_new_of(v->arena, const Expr *);
    *factor = value;
    way.stations = 0;
    way.factor = factor;
    if (!expr_is_const(value, 0)) add_way(v, way, by);
}

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

/* ---- random signals ---- */

/* The fixed random matrix that takes the error back in place of `matrix`; one for each. */
static const Var *feedback_for(Viewing *v, const Var *matrix) {
    const char *label = arena_printf(v->arena, "B_%s", matrix->label);
    for (int i = 0; i < v->view->fixed.count; i++)
        if (strcmp(v->view->fixed.at[i]->label, label) == 0) return v->view->fixed.at[i];
    Var *fixed = arena_new_of(v->arena, Var);
    *fixed = (Var){.kind = VAR_VALUE,
                   .index = v->view->fixed.count,
                   .name = label,
                   .label = label,
                   .layer = -1,
                   .rows = matrix->rows,
                   .cols = matrix->cols};
    vec_push(v->arena, &v->view->fixed, fixed);
    return fixed;
}

/* What leads from a layer into the readout crosses fixed random matrices in place of the readout's. */
static Way fed_back(Viewing *v, Way way) {
    if (v->rule->signal != SIGNAL_RANDOM || way.from->layer < 0 || way.to->layer >= 0) return way;
    const Expr **station = arena_alloc(v->arena, sizeof *station * (size_t)(way.stations + 1));
    for (int i = 0; i < way.stations; i++) {
        const Expr *own = station[i] = way.station[i];
        if (own->op == EXPR_MATVEC && own->var->layer < 0)
            station[i] = expr_matvec(v->model->exprs, feedback_for(v, own->var), own->kid[0], false);
    }
    way.station = station;
    return way;
}

static void check_feedback(Viewing *v) {
    if (v->rule->signal != SIGNAL_RANDOM || v->view->fixed.count) return;
    Diagnostic *one =
        diagnose(v->diagnostics, v->rule->signal_span, "E0537",
                 "`signal random` wants a readout matrix to stand for; `%s` has none", v->model->name);
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

bool view_make(Arena *arena, Model *model, const Graph *graph, const Rule *rule, View *view,
               Diagnostics *diagnostics) {
    *view = (View){.rule = rule};
    Viewing v = {.arena = arena,
                 .model = model,
                 .rule = rule,
                 .diagnostics = diagnostics,
                 .from = graph,
                 .view = view};
    v.to = arena_new_of(arena, Graph);
    *v.to = *graph;
    v.to->arena = arena;
    v.to->ways.at = NULL;
    v.to->ways.count = v.to->ways.capacity = 0;
    for (int w = 0; w < graph->ways.count && !v.failed; w++) {
        const Way way = graph->ways.at[w];
        const Replace *by = replaced_by(&v, &way);
        if (by)
            replace_way(&v, way, by);
        else
            add_way(&v, way, NULL);
    }
    for (int w = 0; w < v.to->ways.count; w++) v.to->ways.at[w] = fed_back(&v, decayed(&v, v.to->ways.at[w]));
    check_feedback(&v);
    view->graph = v.to;
    if (rule->signal == SIGNAL_LOCAL) {
        Rule *own = arena_new_of(arena, Rule);
        *own = *rule;
        own->automaton = within_layers(&v);
        view->rule = own;
        check_readouts(&v);
    }
    return !v.failed;
}
