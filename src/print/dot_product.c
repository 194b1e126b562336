/* The product of the recurrent graph with the rule's automaton: a box for each pair (variable, state) that a
 * kept path leads through, whatever its step. What the rule drops in a state leaves the product, in grey. */
#include "print/dot.h"

#include <string.h>

enum { MOST_PLACES = 40 };

/* Ways that look the same: from a place to a place, or out of the product at a variable. */
typedef struct Hop {
    int from, to; /* places; `to` is DROPPED for what leaves */
    const Var *target;
    int lag;
    Style style;
    Text label;
} Hop;

typedef struct Places {
    const Drawing *d;
    const Product *product;
    const bool *drawn; /* by place: a parameter's use leads here, and from here a path to the loss */
    VEC(Hop) hops;
} Places;

static const char *name_of(const Places *p, const Var *var) {
    return var == p->d->report->model->loss ? "loss" : var->label;
}

/* "c, q0" */
static const char *place_name(const Places *p, int place) {
    const Var *root = p->product->graph->roots.at[place / p->product->states];
    return arena_printf(p->d->report->arena, "%s, %s", name_of(p, root),
                        p->product->automaton->label[place % p->product->states]);
}

static int count_places(const Places *p) {
    int count = 0;
    for (int i = 0; i < p->product->roots * p->product->states; i++) count += p->drawn[i];
    return count;
}

static void draw_places(const Places *p) {
    for (int i = 0; i < p->product->roots * p->product->states; i++) {
        if (!p->drawn[i]) continue;
        text_add(p->d->out, "        ");
        dot_quoted(p->d->out, place_name(p, i));
        text_printf(p->d->out, " [shape=%s];\n",
                    i / p->product->states == p->product->loss ? "doubleoctagon" : "box");
    }
}

/* ---- edges ---- */

static Hop *find_hop(Places *p, const Hop *like) {
    for (int i = 0; i < p->hops.count; i++) {
        const Hop *hop = &p->hops.at[i];
        if (hop->from == like->from && hop->to == like->to && hop->target == like->target &&
            hop->lag == like->lag && strcmp(hop->style.colour, like->style.colour) == 0 &&
            strcmp(hop->style.stroke, like->style.stroke) == 0)
            return &p->hops.at[i];
    }
    vec_push(p->d->report->arena, &p->hops, *like);
    return &p->hops.at[p->hops.count - 1];
}

static void add_hop(Places *p, const Way *way, int state) {
    const int from = product_at(p->product, way->from, state);
    if (!p->drawn[from]) return;
    const int after = product_after(p->product, way, state);
    Hop hop = {
        .from = from, .to = DROPPED, .target = way->to, .lag = way->lag, .style = dot_style(p->d, way)};
    if (after != DROPPED)
        hop.to = product_at(p->product, way->to, after);
    else
        hop.style.colour = dot_dropped.colour;
    Hop *found = find_hop(p, &hop);
    const char *crossed = dot_crossed(p->d, way);
    if (*crossed) text_printf(&found->label, "%s%s", found->label.length ? ", " : "", crossed);
}

/* Where a dropped way would have led: the variable alone, in grey, once for each place and variable. */
static const char *draw_outside(const Places *p, const char *from, const Var *target) {
    const char *outside = arena_printf(p->d->report->arena, "from %s out to %s", from, name_of(p, target));
    text_add(p->d->out, "        ");
    dot_quoted(p->d->out, outside);
    text_printf(p->d->out, " [shape=plaintext, fontcolor=\"%s\", label=", dot_dropped.colour);
    dot_quoted(p->d->out, name_of(p, target));
    text_add(p->d->out, "];\n");
    return outside;
}

static void draw_hop(const Places *p, const Hop *hop) {
    const char *from = place_name(p, hop->from), *label = hop->label.at ? hop->label.at : "";
    const char *to = hop->to == DROPPED ? draw_outside(p, from, hop->target) : place_name(p, hop->to);
    if (hop->lag > 1)
        label = arena_printf(p->d->report->arena, "%s%s%d steps", label, *label ? ", " : "", hop->lag);
    text_add(p->d->out, "    ");
    dot_edge(p->d, from, to, hop->style, label, hop->lag ? "" : ", arrowhead=onormal");
}

static void draw_hops(Places *p) {
    for (int w = 0; w < p->d->graph->ways.count; w++)
        for (int q = 0; q < p->product->states; q++) add_hop(p, &p->d->graph->ways.at[w], q);
    for (int i = 0; i < p->hops.count; i++) {
        draw_hop(p, &p->hops.at[i]);
        text_free(&p->hops.at[i].label);
    }
}

/* ---- parameters ---- */

static void draw_entrance(const Places *p, const Var *root, int state) {
    const char *names = dot_params(p->d, root, state);
    if (!*names) return;
    const bool out = state == DROPPED;
    const Style style = out ? dot_dropped : dot_plain;
    const char *to = out ? NULL : place_name(p, product_at(p->product, root, state));
    const char *own = arena_printf(p->d->report->arena, "parameters that %s %s",
                                   out ? "don't reach" : "reach", out ? name_of(p, root) : to);
    text_add(p->d->out, "        ");
    dot_quoted(p->d->out, own);
    text_printf(p->d->out, " [shape=plaintext, fontcolor=\"%s\", label=", style.colour);
    dot_quoted(p->d->out, names);
    text_add(p->d->out, "];\n");
    if (out) to = draw_outside(p, own, root);
    text_add(p->d->out, "    ");
    dot_edge(p->d, own, to, style, "", ", arrowhead=open");
}

static void draw_entrances(const Places *p) {
    for (int r = 0; r < p->product->roots; r++)
        for (int q = DROPPED; q < p->product->states; q++)
            draw_entrance(p, p->product->graph->roots.at[r], q);
}

/* ---- the whole ---- */

bool dot_has_product(const Drawing *d) { return d->report->product.states > 1; }

void dot_product(const Drawing *d) {
    const Product *product = &d->report->product;
    Places p = {.d = d, .product = product, .drawn = product_reached(product, NULL, d->report->arena)};
    const int places = count_places(&p);
    const bool drawn = places <= MOST_PLACES;
    text_printf(
        d->out,
        "    subgraph cluster_product {\n        label=\"graph and automaton together: kept paths lead "
        "through these pairs%s\"; color=\"#dddddd\"; fontsize=11;\n",
        drawn ? ", dropped edges out of them\\nan open arrow stays in its step" : "");
    if (drawn) {
        draw_places(&p);
        draw_hops(&p);
        draw_entrances(&p);
    } else {
        text_printf(
            d->out,
            "        \"pairs\" [shape=plaintext, label=\"%d pairs of %d variables and %d states: too many "
            "to draw\"];\n",
            places, product->roots, product->states);
    }
    text_add(d->out, "    }\n");
}
