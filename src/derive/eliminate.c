/* A pass from graph to graph, for carries that have influences.
 *
 * requires: the graph as it is carried (view.c, commute.c), and its product with the automaton
 * keeps:    roots, symbols, starts; each kept path, with its word and its derivative
 * breaks:   that a way's first symbol has its lag: what is composed begins within the step before */
#include "derive/eliminate.h"

#include "derive/forward.h"

#include <string.h>

typedef struct Eliminating {
    Arena *arena;
    Exprs *exprs;
    const Var *param;
    const Product *product;
    const bool *reached;
    Slopes *slopes;
} Eliminating;

/* Whether some path from the parameter goes along the way and on to the loss. */
static bool is_live(const Eliminating *e, const Way *way) {
    for (int q = 0; q < e->product->states; q++)
        if (e->reached[product_at(e->product, way->from, q)] && product_after(e->product, way, q) != DROPPED)
            return true;
    return false;
}

/* ---- which roots ---- */

/* The largest lag at which a live way reads the root. */
static int depth_of(const Eliminating *e, const Var *root) {
    int depth = 0;
    for (int w = 0; w < e->product->graph->ways.count; w++) {
        const Way *way = &e->product->graph->ways.at[w];
        if (way->from == root && way->lag > depth && is_live(e, way)) depth = way->lag;
    }
    return depth;
}

static bool is_entered(const Eliminating *e, const Var *root) {
    const Graph *graph = e->product->graph;
    for (int s = 0; s < graph->starts.count; s++) {
        const Way *way = &graph->starts.at[s];
        if ((e->param && way->from != e->param) || way->to != root || !e->product->states) continue;
        if (product_after(e->product, way, e->product->automaton->start) != DROPPED) return true;
    }
    return false;
}

/* Unit by unit within the step, from what is carried anyway and no less long. */
static bool follows_by(const Eliminating *e, const Way *way, int depth) {
    const Var *from = way->from;
    return way->lag == 0 && way->stations == 0 && from->layer == way->to->layer &&
           dim_equal(from->rows, way->to->rows) && depth <= from->max_lag && depth_of(e, from) > 0;
}

static bool follows(const Eliminating *e, const Var *root) {
    const int depth = depth_of(e, root);
    bool any = false;
    if (!depth || root == e->product->graph->model->loss || is_entered(e, root)) return false;
    for (int w = 0; w < e->product->graph->ways.count; w++) {
        const Way *way = &e->product->graph->ways.at[w];
        if (way->to != root || !is_live(e, way)) continue;
        if (!follows_by(e, way, depth)) return false;
        any = true;
    }
    return any;
}

/* ---- slopes ---- */

/* "l1.slope_z_v" for l1.z by l1.v; numbered where words of several ways lead from v to z. */
static const char *slope_label(const Eliminating *e, const Var *to, const Var *from) {
    const int layer = (int)(strlen(to->label) - strlen(to->name));
    int same = 1;
    for (int i = 0; i < e->slopes->count; i++)
        same += e->slopes->at[i].to == to && e->slopes->at[i].from == from;
    const char *number = same > 1 ? arena_printf(e->arena, "_%d", same) : "";
    return arena_printf(e->arena, "%.*sslope_%s_%s%s", layer > 0 ? layer : 0, to->label, to->name, from->name,
                        number);
}

static const Var *slope_var(Eliminating *e, const Way *way, const Expr *derivative) {
    for (int i = 0; i < e->slopes->count; i++) {
        const Slope *slope = &e->slopes->at[i];
        if (slope->to == way->to && slope->from == way->from && slope->var->definition == derivative)
            return slope->var;
    }
    Var *var = arena_new_of(e->arena, Var);
    *var = (Var){.kind = VAR_SLOPE,
                 .layer = way->to->layer,
                 .rows = derivative->dim,
                 .definition = derivative,
                 .max_lag = way->from->max_lag};
    var->name = var->label = slope_label(e, way->to, way->from);
    vec_push(e->arena, e->slopes, ((Slope){way->to, way->from, var}));
    return var;
}

/* The derivative along `way` as it was `lag` steps ago. The same number at every unit is kept once. */
static const Expr *slope_of(Eliminating *e, const Way *way, int lag) {
    const Expr *alike = forward_unitless(e->exprs, way->factor[0]);
    if (alike && alike->op == EXPR_CONST) return alike;
    const Expr *kept = expr_use(e->exprs, slope_var(e, way, alike ? alike : way->factor[0]), lag, 0);
    return alike && way->to->rows ? expr_broadcast(e->exprs, kept, way->to->rows) : kept;
}

/* ---- ways ---- */

/* `first` of `later`'s lag ago, then `later`. */
static Way composed(Eliminating *e, const Way *first, Way later) {
    const Expr **factor = arena_alloc(e->arena, sizeof *factor * (size_t)(later.stations + 1));
    int *symbol = arena_alloc(e->arena, sizeof *symbol * (size_t)(first->symbols + later.symbols + 1));
    factor[0] = expr_mul(e->exprs, later.factor[0], slope_of(e, first, later.lag));
    for (int i = 1; i <= later.stations; i++) factor[i] = later.factor[i];
    for (int i = 0; i < first->symbols; i++) symbol[i] = first->symbol[i];
    for (int i = 0; i < later.symbols; i++) symbol[first->symbols + i] = later.symbol[i];
    later.from = first->from;
    later.tags |= first->tags;
    later.factor = factor;
    later.symbol = symbol;
    later.symbols += first->symbols;
    return later;
}

static const Product *without(Eliminating *e, const Var *root) {
    const Graph *from = e->product->graph;
    Graph *to = arena_new_of(e->arena, Graph);
    *to = *from;
    to->ways.at = NULL, to->ways.count = to->ways.capacity = 0;
    for (int w = 0; w < from->ways.count; w++) {
        const Way *way = &from->ways.at[w];
        if (way->from != root || way->lag == 0) {
            vec_push(e->arena, &to->ways, *way);
            continue;
        }
        for (int i = 0; i < from->ways.count; i++)
            if (from->ways.at[i].to == root && is_live(e, &from->ways.at[i]))
                vec_push(e->arena, &to->ways, composed(e, &from->ways.at[i], *way));
    }
    Product *product = arena_new_of(e->arena, Product);
    *product = product_new(e->arena, to, e->product->automaton);
    return product;
}

bool eliminate_may(const Rule *rule) { return rule->estimate.kind == ESTIMATE_EXACT; }

const Product *eliminate_root(Arena *arena, const Product *product, const Var *param, const Var *root,
                              Slopes *slopes) {
    Eliminating e = {.arena = arena,
                     .exprs = product->graph->model->exprs,
                     .param = param,
                     .product = product,
                     .reached = product_reached(product, param, arena),
                     .slopes = slopes};
    return follows(&e, root) ? without(&e, root) : NULL;
}

const Product *eliminate_all(Arena *arena, const Product *product, Slopes *slopes) {
    for (int r = product->graph->roots.count - 1; r >= 0; r--) {
        const Product *less = eliminate_root(arena, product, NULL, product->graph->roots.at[r], slopes);
        if (less) product = less;
    }
    return product;
}
