/* Building the graph: from each root down through element-wise regions and stations to every use.
 *
 * requires: roots with definitions over uses (locals inlined), no lag-0 cycle
 * keeps:    expressions are only added to, never changed */
#include "graph/graph.h"

#include <string.h>

const char *const edge_class_name[CLASS_COUNT] = {"implicit", "explicit", "spatial", "lateral", "local"};

enum { MAX_WAYS_OF_A_ROOT = 1000000 };

/* The part of a way that lies above the point the walk has reached: stations and factors in walking order,
 * i.e. from the root downwards. */
typedef struct Above {
    const struct Above *next; /* nearer to the root */
    const Expr *factor;       /* the derivative just above this point */
    const Expr *station;      /* the station this point's region feeds; NULL at the root's own region */
} Above;

typedef struct Builder {
    Graph *graph;
    const Var *root;
    int ways_of_root;
    bool too_many;
} Builder;

static int symbol_index(Graph *graph, Symbol symbol) {
    for (int i = 0; i < graph->symbols.count; i++) {
        Symbol s = graph->symbols.at[i];
        if (s.class == symbol.class && s.tags == symbol.tags && s.via == symbol.via &&
            s.from == symbol.from && s.to == symbol.to && s.lag == symbol.lag)
            return i;
    }
    vec_push(graph->arena, &graph->symbols, symbol);
    return graph->symbols.count - 1;
}

/* Sums, softmax and products with a matrix mix units; a broadcast does so only for a scalar state's first
 * step. */
static bool is_crossing(const Way *way, int station, int crossed) {
    if (way->station[station]->op != EXPR_BROADCAST) return true;
    return !way->start && crossed == 0 && !way->from->rows;
}

/* The class of the way's first crossing (or of the whole way when it crosses nothing). */
static EdgeClass first_class(const Way *way, bool crosses) {
    if (way->start) return CLASS_LATERAL;
    if (way->lag >= 1) return crosses ? CLASS_EXPLICIT : CLASS_IMPLICIT;
    if (way->from->layer != way->to->layer) return CLASS_SPATIAL;
    return crosses ? CLASS_LATERAL : CLASS_LOCAL;
}

/* The way's word (taxonomy, section 1). In the readout (layer -1) nothing at lag 0 carries a symbol. */
static void spell_way(Graph *graph, Way *way) {
    bool readout = way->to->layer < 0;
    int *word = arena_alloc(graph->arena, sizeof(int) * (size_t)(way->stations + 1));
    Symbol symbol = {
        .tags = way->tags, .from = way->start ? NULL : way->from, .to = way->to, .lag = way->lag};
    int crossed = 0;
    way->symbol = word;
    if (readout && (way->start || way->lag == 0)) return;
    for (int i = 0; i < way->stations; i++) {
        if (!is_crossing(way, i, crossed)) continue;
        if (crossed > 0 && readout) break;
        symbol.class = crossed == 0 ? first_class(way, true) : CLASS_LATERAL;
        symbol.via = way->station[i]->op == EXPR_MATVEC ? way->station[i]->var : NULL;
        symbol.lag = crossed == 0 ? way->lag : 0;
        word[way->symbols++] = symbol_index(graph, symbol);
        crossed++;
    }
    if (crossed == 0 && !way->start) {
        symbol.class = first_class(way, false);
        word[way->symbols++] = symbol_index(graph, symbol);
    }
}

/* Records the way that begins at `use` with first factor `factor` and goes on through `above`. */
static void add_way(Builder *builder, const Expr *use, const Expr *factor, const Above *above, bool starts) {
    Graph *graph = builder->graph;
    if (++builder->ways_of_root > MAX_WAYS_OF_A_ROOT) {
        builder->too_many = true;
        return;
    }
    int stations = 0;
    for (const Above *a = above; a && a->station; a = a->next) stations++;
    const Expr **station = arena_alloc(graph->arena, sizeof *station * (size_t)(stations + 1));
    const Expr **factors = arena_alloc(graph->arena, sizeof *factors * (size_t)(stations + 1));
    factors[0] = factor;
    int i = 0;
    for (const Above *a = above; a && a->station; a = a->next) {
        station[i] = a->station;
        factors[++i] = a->factor;
    }
    Way way = {.from = use->var,
               .lag = use->op == EXPR_USE ? use->lag : 0,
               .tags = use->op == EXPR_USE ? use->tags : 0,
               .to = builder->root,
               .stations = stations,
               .station = station,
               .factor = factors,
               .start = starts ? use : NULL};
    spell_way(graph, &way);
    if (starts)
        vec_push(graph->arena, &graph->starts, way);
    else
        vec_push(graph->arena, &graph->ways, way);
}

static void walk(Builder *builder, const Expr *region, const Above *above) {
    Graph *graph = builder->graph;
    Reaches reaches = expr_reach(graph->model->exprs, region, graph->arena);
    for (int i = 0; i < reaches.count && !builder->too_many; i++) {
        const Expr *node = reaches.at[i].node, *factor = reaches.at[i].derivative;
        if (node->op == EXPR_USE) {
            if (node->var->kind != VAR_INPUT)
                add_way(builder, node, factor, above, node->var->kind == VAR_PARAM);
            continue;
        }
        if (node->op == EXPR_MATVEC) add_way(builder, node, factor, above, true);
        Above here = {.next = above, .factor = factor, .station = node};
        walk(builder, node->kid[0], &here);
    }
}

Graph *graph_build(Arena *arena, Model *model, Diagnostics *diagnostics) {
    Graph *graph = arena_new_of(arena, Graph);
    graph->arena = arena;
    graph->model = model;
    for (int r = 0; r < model->roots.count; r++) {
        Builder builder = {.graph = graph, .root = model->roots.at[r]};
        vec_push(arena, &graph->roots, builder.root);
        walk(&builder, builder.root->definition, NULL);
        if (builder.too_many) {
            diagnose(diagnostics, builder.root->span, "E0411",
                     "`%s` is reached along more than %d ways in one step: too many to derive",
                     builder.root->label, MAX_WAYS_OF_A_ROOT);
            return NULL;
        }
    }
    return graph;
}

void graph_print_symbol(const Graph *graph, const Symbol *symbol, Text *out) {
    text_add(out, edge_class_name[symbol->class]);
    if (symbol->via) text_printf(out, " via %s", symbol->via->label);
    if (symbol->from) text_printf(out, ", %s -> %s", symbol->from->label, symbol->to->label);
    for (int i = 0; i < graph->model->tags.count; i++)
        if (symbol->tags >> i & 1) text_printf(out, " #%s", graph->model->tags.at[i]);
}

static const char *station_text(const Expr *station) {
    switch (station->op) {
    case EXPR_MATVEC: return station->var->label;
    case EXPR_SUM: return "sum";
    case EXPR_SOFTMAX: return "softmax";
    case EXPR_LOGSUMEXP: return "logsumexp";
    default: return "broadcast";
    }
}

void graph_print_way(const Graph *graph, const Way *way, Text *out) {
    for (int i = way->stations - 1; i >= 0; i--) text_printf(out, "%s @ ", station_text(way->station[i]));
    text_add(out, way->from->label);
    if (way->lag) text_printf(out, "[t-%d]", way->lag);
    text_printf(out, " -> %s", way->to->label);
    if (way->symbols) {
        text_add(out, " (");
        for (int i = 0; i < way->symbols; i++)
            text_printf(out, "%s%s", i ? "·" : "", edge_class_name[graph->symbols.at[way->symbol[i]].class]);
        for (int i = 0; i < graph->model->tags.count; i++)
            if (way->tags >> i & 1) text_printf(out, " #%s", graph->model->tags.at[i]);
        text_add(out, ")");
    }
}
