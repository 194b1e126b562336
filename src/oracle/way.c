/* The walk through one step, and the taxonomy's table of classes. */
#include "oracle/way.h"

typedef struct Walk {
    Unrolled *unrolled;
    int step;
    WayEnd end;
    void *context;
    Way way;
    bool failed;
} Walk;

/* Does going up into `parent` cross a synapse? A scalar state that is given to every unit crosses one; a
 * parameter's broadcast does not, nor does the broadcast of a reduction that has been counted already. */
static bool crosses(const Way *way, const Expr *parent) {
    switch (parent->op) {
    case EXPR_MATVEC:
    case EXPR_MATVEC_T:
    case EXPR_SUM:
    case EXPR_SOFTMAX:
    case EXPR_LOGSUMEXP: return true;
    case EXPR_BROADCAST: return way->from && !way->from->rows && way->crossings == 0;
    default: return false;
    }
}

static void walk_up(Walk *walk, const Expr *e, int unit, double weight);

/* The slope on the walk: back from the readout to a layer, feedback may stand for the readout's matrix. */
static double slope_of(const Walk *walk, Reader reader, int unit, int from) {
    const Var *matrix = reader.parent->op == EXPR_MATVEC ? reader.parent->var : NULL;
    const double *const *feedback = walk->unrolled->feedback;
    if (matrix && feedback && matrix->layer < 0 && feedback[matrix->index] && walk->way.from &&
        walk->way.from->layer >= 0)
        return feedback[matrix->index][unit * dim_size(matrix->cols) + from];
    return unroll_slope(walk->unrolled, reader, unit, from, walk->step);
}

static void walk_into(Walk *walk, Reader reader, int unit, double weight) {
    const Expr *parent = reader.parent;
    bool crossing = crosses(&walk->way, parent);
    if (crossing && walk->way.crossings == MOST_CROSSINGS) {
        walk->failed = true;
        return;
    }
    if (crossing) walk->way.via[walk->way.crossings++] = parent->var;
    for (int i = 0; i < dim_size(parent->dim); i++) {
        double slope = slope_of(walk, reader, i, unit);
        if (slope != 0) walk_up(walk, parent, i, weight * slope);
    }
    if (crossing) walk->way.crossings--;
}

static void walk_up(Walk *walk, const Expr *e, int unit, double weight) {
    const Model *model = walk->unrolled->model;
    for (int i = 0; i < model->roots.count; i++) {
        if (model->roots.at[i]->definition != e) continue;
        walk->way.to = model->roots.at[i];
        walk->end(walk->context, &walk->way, unit, weight);
    }
    const Readers *readers = &walk->unrolled->readers[e->id];
    for (int i = 0; i < readers->count; i++) walk_into(walk, readers->at[i], unit, weight);
}

bool way_walk(Unrolled *unrolled, const Expr *start, int unit, int step, WayEnd end, void *context) {
    Walk walk = {.unrolled = unrolled, .step = step, .end = end, .context = context};
    if (start->op == EXPR_USE && start->var->kind != VAR_PARAM) walk.way.from = start->var;
    if (start->op == EXPR_USE) {
        walk.way.lag = start->lag;
        walk.way.tags = start->tags;
    }
    walk_up(&walk, start, unit, 1);
    return !walk.failed;
}

int way_spell(const Way *way, bool local, Edge edge[MOST_CROSSINGS]) {
    const Edge plain = {.class = EDGE_LATERAL, .tags = way->tags, .from = way->from, .to = way->to};
    bool readout = way->to->layer == -1, own = !way->from;
    bool lagged = !own && way->lag > 0, across = !own && way->from->layer != way->to->layer;
    if (readout && !lagged) return 0;
    for (int i = 0; i < way->crossings; i++) {
        edge[i] = plain;
        edge[i].via = way->via[i];
    }
    if (own || (!lagged && !across && way->crossings > 0)) return way->crossings;
    if (way->crossings == 0) edge[0] = plain;
    edge[0].lag = way->lag;
    if (lagged)
        edge[0].class = way->crossings > 0 ? EDGE_EXPLICIT : EDGE_IMPLICIT;
    else if (across)
        edge[0].class = EDGE_SPATIAL;
    else
        edge[0].class = EDGE_LOCAL;
    if (edge[0].class == EDGE_LOCAL) return local ? 1 : 0;
    return readout || way->crossings == 0 ? 1 : way->crossings;
}
