/* A pass from graph to graph, for forward carries alone.
 *
 * requires: the graph as the rule sees it (view.c)
 * keeps:    symbols and starts; each path from a layer to the loss, with its word and its derivative
 * breaks:   that a root has a value, and that the loss is the last root */
#include "derive/commute.h"

#include "derive/forward.h"

#include <string.h>

typedef struct Commuting {
    Arena *arena;
    Exprs *exprs;
    const Graph *from;
    Graph *to;
    Filters *filters;
} Commuting;

bool commute_may(const Rule *rule, bool online) {
    const bool steady =
        !online && rule->timing.update != UPDATE_ONLINE && rule->timing.update != UPDATE_EVERY;
    return steady && rule->replaces.count == 0 && rule->mask.kind == MASK_NONE &&
           rule->estimate.kind == ESTIMATE_EXACT;
}

/* ---- which readouts ---- */

/* y's own past, weighed alike for every output; or this step's loss. */
static bool is_filter_or_loss(const Commuting *c, const Way *way) {
    if (way->to == c->from->model->loss) return way->lag == 0;
    return way->to == way->from && way->stations == 0 && forward_unitless(c->exprs, way->factor[0]);
}

/* number · V · diag(…), from a layer. */
static bool is_readout(const Commuting *c, const Way *way) {
    return way->from->layer >= 0 && way->stations == 1 && way->station[0]->op == EXPR_MATVEC &&
           forward_unitless(c->exprs, way->factor[1]);
}

static bool commutes(const Commuting *c, const Var *y) {
    bool filters = false, reads = false;
    if (y->layer >= 0 || !y->rows || y == c->from->model->loss) return false;
    for (int w = 0; w < c->from->ways.count; w++) {
        const Way *way = &c->from->ways.at[w];
        if (way->from == y && !is_filter_or_loss(c, way)) return false;
        if (way->to == y && way->from != y && !is_readout(c, way)) return false;
        filters = filters || (way->from == y && way->to == y);
        reads = reads || (way->to == y && way->from != y);
    }
    return filters && reads;
}

/* ---- the filters ---- */

static const Filter *find_filter(const Commuting *c, const Var *y, const Var *matrix) {
    for (int i = 0; i < c->filters->count; i++)
        if (c->filters->at[i].readout == y && c->filters->at[i].matrix == matrix) return &c->filters->at[i];
    return NULL;
}

static bool is_named(const Commuting *c, const char *label) {
    for (int i = 0; i < c->filters->count; i++)
        if (strcmp(c->filters->at[i].root->label, label) == 0) return true;
    return false;
}

/* "z̄"; where several matrices read z, the later ones "z̄_V2". */
static const Filter *add_filter(Commuting *c, const Way *way) {
    const Var *matrix = way->station[0]->var;
    const char *name = arena_printf(c->arena, "%s_bar", way->from->label);
    const char *label = arena_printf(c->arena, "%s\u0304", way->from->label);
    if (is_named(c, label)) {
        name = arena_printf(c->arena, "%s_%s", name, matrix->label);
        label = arena_printf(c->arena, "%s_%s", label, matrix->label);
    }
    Var *root = arena_new_of(c->arena, Var);
    *root = (Var){.kind = VAR_VALUE,
                  .index = c->to->roots.count,
                  .name = name,
                  .label = label,
                  .layer = -1,
                  .rows = matrix->cols,
                  .max_lag = way->to->max_lag};
    vec_push(c->arena, &c->to->roots, root);
    const Filter made = {.root = root, .source = way->from, .readout = way->to, .matrix = matrix};
    vec_push(c->arena, c->filters, made);
    return &c->filters->at[c->filters->count - 1];
}

/* ---- its ways ---- */

/* A number for every unit that the filter is over. */
static const Expr *spread(const Commuting *c, const Expr *factor, const Var *root) {
    const Expr *number = forward_unitless(c->exprs, factor);
    return number->op == EXPR_CONST ? number : expr_broadcast(c->exprs, number, root->rows);
}

static void add_diagonal(Commuting *c, Way way, const Expr *factor) {
    const Expr **own = arena_new_of(c->arena, const Expr *);
    *own = factor;
    way.factor = own;
    way.stations = 0;
    vec_push(c->arena, &c->to->ways, way);
}

/* What stood before V: h → h̄. */
static void filter_way(Commuting *c, Way way) {
    const Filter *filter = find_filter(c, way.to, way.station[0]->var);
    if (!filter) filter = add_filter(c, &way);
    way.to = filter->root;
    add_diagonal(c, way, expr_mul(c->exprs, spread(c, way.factor[1], filter->root), way.factor[0]));
}

/* The matrix, then what y goes through to the loss. The product that stands for the matrix is any that the
 * graph has. */
static void add_way_to_loss(Commuting *c, const Filter *filter, const Expr *product, Way way) {
    const Expr **station = arena_alloc(c->arena, sizeof *station * (size_t)(way.stations + 1));
    const Expr **factor = arena_alloc(c->arena, sizeof *factor * (size_t)(way.stations + 2));
    station[0] = product;
    factor[0] = expr_constant(c->exprs, 1);
    for (int i = 0; i < way.stations; i++) station[i + 1] = way.station[i];
    for (int i = 0; i <= way.stations; i++) factor[i + 1] = way.factor[i];
    way.from = filter->root;
    way.station = station;
    way.factor = factor;
    way.stations++;
    vec_push(c->arena, &c->to->ways, way);
}

static const Expr *product_of(const Commuting *c, const Filter *filter) {
    for (int w = 0; w < c->from->ways.count; w++) {
        const Way *way = &c->from->ways.at[w];
        if (way->to == filter->readout && way->from == filter->source && way->stations == 1 &&
            way->station[0]->var == filter->matrix)
            return way->station[0];
    }
    return NULL;
}

static void add_ways_of(Commuting *c, const Filter *filter) {
    const Expr *product = product_of(c, filter);
    for (int w = 0; w < c->from->ways.count; w++) {
        Way way = c->from->ways.at[w];
        if (way.from != filter->readout) continue;
        if (way.to != filter->readout) {
            add_way_to_loss(c, filter, product, way);
            continue;
        }
        way.from = way.to = filter->root;
        add_diagonal(c, way, spread(c, way.factor[0], filter->root));
    }
}

const Graph *commute_readouts(Arena *arena, const Graph *graph, Filters *filters) {
    Graph *to = arena_new_of(arena, Graph);
    Commuting c = {.arena = arena, .exprs = graph->model->exprs, .from = graph, .to = to, .filters = filters};
    *to = *graph;
    to->roots.at = NULL, to->ways.at = NULL;
    to->roots.count = to->roots.capacity = to->ways.count = to->ways.capacity = 0;
    for (int r = 0; r < graph->roots.count; r++) vec_push(arena, &to->roots, graph->roots.at[r]);
    for (int w = 0; w < graph->ways.count; w++) {
        const Way *way = &graph->ways.at[w];
        if (way->from != way->to && commutes(&c, way->to))
            filter_way(&c, *way);
        else
            vec_push(arena, &to->ways, *way);
    }
    for (int i = 0; i < filters->count; i++) add_ways_of(&c, &filters->at[i]);
    return filters->count ? to : graph;
}
