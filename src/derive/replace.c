/* Edges that are replaced: by a diagonal, or matrix by matrix.
 *
 * requires: a way of the model's graph.  keeps: where it leads from and to, its lag and its word. */
#include "derive/viewing.h"

static bool selects(const Replace *replace, const Way *way) {
    for (int s = 0; s < way->symbols; s++)
        if (replace->selected[way->symbol[s]]) return true;
    return false;
}

static const Replace *replaced_by(const Viewing *v, const Way *way, Side side) {
    for (int i = 0; i < v->rule->replaces.count; i++) {
        const Replace *replace = &v->rule->replaces.at[i];
        if ((replace->side == SIDE_BOTH || replace->side == side) && selects(replace, way)) return replace;
    }
    return NULL;
}

/* ---- a diagonal ---- */

/* The way that stands for all replaced ones between the same two variables at the same lag; NULL: none yet.
 */
static const Way *stands_already(const MadeWays *ways, const Way *way, const Replace *by, SideMark mark) {
    for (int i = 0; i < ways->count; i++) {
        const Made *other = &ways->at[i];
        if (other->by == by && other->mark == mark && other->way.from == way->from &&
            other->way.to == way->to && other->way.lag == way->lag)
            return &other->way;
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

/* False where nothing is to be added: it stands already, it is zero, or it can't be. */
static bool make_diagonal(Viewing *v, const MadeWays *ways, Made *made) {
    const Way *first = stands_already(ways, &made->way, made->by, made->mark);
    if (first) {
        check_words(v, first, &made->way, made->by);
        return false;
    }
    const Expr *value = weight_of(v, &made->way, made->by);
    if (!value) {
        v->failed = true;
        return false;
    }
    const Expr **factor = arena_new_of(v->arena, const Expr *);
    *factor = value;
    made->way.stations = 0;
    made->way.factor = factor;
    return !expr_is_const(value, 0);
}

/* ---- matrix by matrix ---- */

static bool crosses_matrix(const Way *way) {
    for (int i = 0; i < way->stations; i++)
        if (way->station[i]->op == EXPR_MATVEC) return true;
    return false;
}

static bool is_let_through(const Viewing *v, const Way *way) {
    const Automaton *automaton = &v->rule->automaton;
    for (int q = 0; q < automaton->states; q++)
        if (automaton_run(automaton, q, way->symbol, way->symbols) != DROPPED) return true;
    return false;
}

static void replace_matrices(Viewing *v, Way *way, ReplaceKind kind) {
    static const StandKind stand[] = {
        [REPLACE_RANDOM] = STAND_RANDOM, [REPLACE_SIGN] = STAND_SIGN, [REPLACE_MEAN] = STAND_MEAN};
    const Expr **station = arena_alloc(v->arena, sizeof *station * (size_t)(way->stations + 1));
    for (int i = 0; i < way->stations; i++) {
        const Expr *own = station[i] = way->station[i];
        if (own->op == EXPR_MATVEC)
            station[i] = expr_matvec(v->model->exprs, stand_for(v, own, stand[kind]), own->kid[0], false);
    }
    way->station = station;
}

/* Without a matrix, what is element-wise is replaced; sums and the like stay between. */
static bool replace_slopes(Viewing *v, Way *way, ReplaceKind kind) {
    const Expr **factor = arena_alloc(v->arena, sizeof *factor * (size_t)(way->stations + 1));
    bool any = true;
    for (int i = 0; i <= way->stations; i++) {
        const Expr *own = way->factor[i];
        factor[i] = kind == REPLACE_SIGN ? expr_apply(v->model->exprs, EXPR_SIGN, own, NULL, NULL)
                                         : stand_mean_of(v, own, way);
        any = any && !expr_is_const(factor[i], 0);
    }
    way->factor = factor;
    return any;
}

bool view_changes(const Way *way, ReplaceKind kind) {
    if (kind == REPLACE_DIAGONAL || crosses_matrix(way)) return true;
    for (int i = 0; i <= way->stations; i++) {
        const Expr *own = way->factor[i];
        if (kind == REPLACE_MEAN && own->dim) return true;
        if (kind == REPLACE_SIGN && !(expr_is_const(own, 1) || expr_is_const(own, -1))) return true;
    }
    return false;
}

/* ---- each way ---- */

static void make(Viewing *v, const Way *way, const Replace *by, SideMark mark, MadeWays *ways,
                 MadeWays *shown) {
    Made made = {*way, by, mark};
    bool any = true;
    if (by && by->kind == REPLACE_DIAGONAL)
        any = make_diagonal(v, ways, &made);
    else if (by && !is_let_through(v, way)) /* what no path uses needs nothing to stand for it */
        made.by = NULL;
    else if (by && crosses_matrix(way))
        replace_matrices(v, &made.way, by->kind);
    else if (by && by->kind != REPLACE_RANDOM)
        any = replace_slopes(v, &made.way, by->kind);
    if (!any) return;
    vec_push(v->arena, ways, made);
    if (mark == MARK_NONE || mark == MARK_LAG) vec_push(v->arena, shown, made);
}

void view_replace(Viewing *v, const Way *way, MadeWays *ways, MadeWays *shown) {
    const Replace *eligibility = replaced_by(v, way, SIDE_ELIGIBILITY);
    const Replace *signal = way->lag > 0 ? eligibility : replaced_by(v, way, SIDE_SIGNAL);
    const bool differ = eligibility != signal && is_let_through(v, way);
    if (!differ) {
        make(v, way, eligibility == signal ? signal : NULL, way->lag > 0 ? MARK_LAG : MARK_NONE, ways, shown);
        return;
    }
    v->split = true;
    make(v, way, eligibility, MARK_ELIGIBILITY, ways, shown);
    make(v, way, signal, MARK_SIGNAL, ways, shown);
    vec_push(v->arena, shown, ((Made){*way, NULL, MARK_NONE}));
}

/* ---- what can't matter ---- */

static bool selects_at_lag(const Replace *replace, const Graph *graph, bool lagged) {
    for (int w = 0; w < graph->ways.count; w++)
        if ((graph->ways.at[w].lag > 0) == lagged && selects(replace, &graph->ways.at[w])) return true;
    for (int s = 0; s < graph->starts.count && !lagged; s++)
        if (selects(replace, &graph->starts.at[s])) return true;
    return false;
}

void view_check_sides(Viewing *v) {
    for (int i = 0; i < v->rule->replaces.count; i++) {
        const Replace *replace = &v->rule->replaces.at[i];
        if (replace->side != SIDE_SIGNAL || selects_at_lag(replace, v->from, false) ||
            !selects_at_lag(replace, v->from, true))
            continue;
        Diagnostic *one =
            diagnose(v->diagnostics, replace->span, "E0538",
                     "this replaces nothing: every edge that it selects has a lag, and a path's learning "
                     "signal begins after its last edge with a lag");
        diagnostic_help(v->diagnostics, one,
                        "`in eligibility` (or nothing) replaces these edges; how errors come back from the "
                        "readout is said by `signal`");
        v->failed = true;
    }
}
