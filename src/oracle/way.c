/* The walk through one step, and the taxonomy's table of classes. */
#include "oracle/way.h"

#include "oracle/mean.h"

typedef struct Walk {
    Unrolled *unrolled;
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

static void walk_from(Walk *walk, const Expr *from, int unit);

/* The way goes from the last stretch through a node that mixes units, to each of its units. */
static void walk_through(Walk *walk, Reader reader, int unit) {
    const Expr *parent = reader.parent;
    Way *way = &walk->way;
    const bool crossing = crosses(way, parent);
    if ((crossing && way->crossings == MOST_CROSSINGS) || way->stretches == MOST_STRETCHES) {
        walk->failed = true;
        return;
    }
    if (crossing) way->via[way->crossings++] = parent->var;
    Stretch *last = &way->stretch[way->stretches - 1];
    for (int i = 0; i < dim_size(parent->dim); i++) {
        last->to = parent;
        last->to_unit = i;
        last->slope = unroll_slope(walk->unrolled, reader, i, unit, way->step);
        if (last->slope != 0 || walk->unrolled->replaces) walk_from(walk, parent, i);
    }
    if (crossing) way->crossings--;
}

static void end_at(Walk *walk, const Expr *definition, int unit) {
    const Model *model = walk->unrolled->model;
    Stretch *last = &walk->way.stretch[walk->way.stretches - 1];
    for (int i = 0; i < model->roots.count; i++) {
        if (model->roots.at[i]->definition != definition) continue;
        last->to = definition;
        last->to_unit = unit;
        last->slope = 1;
        walk->way.to = model->roots.at[i];
        walk->end(walk->context, &walk->way, unit);
    }
}

/* A stretch from here to each node that it may end at: what mixes units, and roots' definitions. Whatever
 * leads there element by element is one derivative. */
static void walk_from(Walk *walk, const Expr *from, int unit) {
    Way *way = &walk->way;
    if (way->stretches == MOST_STRETCHES) {
        walk->failed = true;
        return;
    }
    const Nodes reached = unroll_stretch_ends(walk->unrolled, from);
    way->stretch[way->stretches++] = (Stretch){.from = from, .unit = unit};
    for (int i = 0; i < reached.count; i++) {
        const Expr *top = reached.at[i];
        const double slope = unroll_stretch_slope(walk->unrolled, from, top, unit, way->step);
        if (slope == 0 && !walk->unrolled->replaces) continue;
        const Readers *readers = &walk->unrolled->readers[top->id];
        way->stretch[way->stretches - 1].top = top;
        end_at(walk, top, unit);
        for (int r = 0; r < readers->count; r++)
            if (expr_is_station(readers->at[r].parent)) walk_through(walk, readers->at[r], unit);
    }
    way->stretches--;
}

bool way_walk(Unrolled *unrolled, const Expr *start, int unit, int step, WayEnd end, void *context) {
    Walk walk = {
        .unrolled = unrolled, .end = end, .context = context, .way.step = step, .way.start = start->var};
    if (start->op == EXPR_USE && start->var->kind != VAR_PARAM) walk.way.from = start->var;
    if (start->op == EXPR_USE) {
        walk.way.lag = start->lag;
        walk.way.tags = start->tags;
    }
    walk_from(&walk, start, unit);
    return !walk.failed;
}

/* ---- weights ---- */

static double sign_of(double x) { return (x > 0) - (x < 0); }

static bool crosses_matrix(const Way *way) {
    for (int i = 0; i < way->stretches; i++)
        if (way->stretch[i].to->op == EXPR_MATVEC && i < way->stretches - 1) return true;
    return false;
}

/* What the signal or a replacement puts in the place of an entry of a matrix. */
static double entry_of(Unrolled *unrolled, const Way *way, int i, OracleWeight kind) {
    const Stretch *here = &way->stretch[i];
    const Var *matrix = here->to->var;
    const int row = here->to_unit, column = here->unit;
    if (kind == ORACLE_OWN && matrix->layer < 0 && way->from && way->from->layer >= 0)
        kind = unrolled->signal;
    switch (kind) {
    case ORACLE_RANDOM: return unrolled->drawn[matrix->index][row * dim_size(matrix->cols) + column];
    case ORACLE_SIGN: return sign_of(here->slope);
    case ORACLE_MEAN: return mean_entry(unrolled, here->to, row, column);
    default: return here->slope;
    }
}

static double slope_along(Unrolled *unrolled, const Way *way, int i, OracleWeight kind) {
    const Stretch *here = &way->stretch[i];
    if (kind == ORACLE_MEAN)
        return mean_slope(unrolled, here->from, here->top, here->unit, way->start, way->to, way->step);
    const double slope = unroll_stretch_slope(unrolled, here->from, here->top, here->unit, way->step);
    return kind == ORACLE_SIGN ? sign_of(slope) : slope;
}

double way_weight(Unrolled *unrolled, const Way *way, OracleWeight kind) {
    const bool matrix = crosses_matrix(way);
    double weight = 1;
    for (int i = 0; i < way->stretches; i++) {
        weight *= slope_along(unrolled, way, i, matrix ? ORACLE_OWN : kind);
        if (i == way->stretches - 1) continue;
        weight *=
            way->stretch[i].to->op == EXPR_MATVEC ? entry_of(unrolled, way, i, kind) : way->stretch[i].slope;
    }
    return weight;
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
