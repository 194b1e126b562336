/* The recurrent graph unrolled over two steps, the rule's automaton and the product of both beside it, in
 * Graphviz's language.
 *
 * A column for each step, a box for each variable; edges in time lead from column to column, those within a
 * step stay in theirs. Colour and stroke say the class; what the rule drops in every state is grey.
 * Parameters stand in one box for each variable that their uses reach. */
#include "print/dot.h"
#include "print/print.h"

#include <string.h>

enum { MOST_STATES = 24 };

static const Style styles[CLASS_COUNT] = {
    [CLASS_IMPLICIT] = {"#1f6fb2", "solid"}, [CLASS_EXPLICIT] = {"#c0392b", "bold"},
    [CLASS_SPATIAL] = {"#2e8b57", "dashed"}, [CLASS_LATERAL] = {"#c77c02", "\"bold,dotted\""},
    [CLASS_LOCAL] = {"#7a5fa0", "dotted"},
};
const Style dot_plain = {"#555555", "solid"}, dot_dropped = {"#bbbbbb", "solid"};

void dot_quoted(Text *out, const char *text) {
    text_add(out, "\"");
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\') text_add(out, "\\");
        text_add_bytes(out, at, 1);
    }
    text_add(out, "\"");
}

/* "t", "t-1": a column. */
static const char *column(const Drawing *d, int lag) {
    return lag ? arena_printf(d->report->arena, "t-%d", lag) : "t";
}

static const char *node(const Drawing *d, const Var *var, int lag) {
    return arena_printf(d->report->arena, "%s[%s]", var == d->report->model->loss ? "loss" : var->label,
                        column(d, lag));
}

/* ---- nodes ---- */

static bool is_used_at(const Drawing *d, const Var *root, int lag) {
    if (lag <= 1) return true;
    for (int w = 0; w < d->graph->ways.count; w++)
        if (d->graph->ways.at[w].from == root && d->graph->ways.at[w].lag == lag) return true;
    return false;
}

static void draw_columns(const Drawing *d) {
    const Model *model = d->report->model;
    for (int lag = d->lags; lag >= 0; lag--) {
        text_printf(
            d->out,
            "    subgraph cluster_step%d {\n        label=\"step %s\"; color=\"#dddddd\"; fontsize=11;\n",
            lag, column(d, lag));
        for (int r = 0; r < model->roots.count; r++) {
            const Var *root = model->roots.at[r];
            if (!is_used_at(d, root, lag)) continue;
            text_add(d->out, "        ");
            dot_quoted(d->out, node(d, root, lag));
            text_printf(d->out, " [shape=%s];\n", root == model->loss ? "doubleoctagon" : "box");
        }
        text_add(d->out, "    }\n");
    }
}

/* ---- edges ---- */

static bool is_dropped(const Drawing *d, const Way *way) {
    return strncmp(report_verdict(d->report, way), "dropped", 7) == 0;
}

Style dot_style(const Drawing *d, const Way *way) {
    const bool readout = !way->symbols;
    return readout ? dot_plain : styles[d->graph->symbols.at[way->symbol[way->symbols - 1]].class];
}

static Style style_of(const Drawing *d, const Way *way) {
    Style style = dot_style(d, way);
    if (is_dropped(d, way)) style.colour = dot_dropped.colour;
    return style;
}

const char *dot_crossed(const Drawing *d, const Way *way) {
    Text text = {0};
    for (int i = 0; i < way->stations; i++)
        text_printf(&text, "%s%s", text.length ? " · " : "", report_station(way->station[i]));
    for (int i = 0; i < d->report->model->tags.count; i++)
        if (way->tags >> i & 1)
            text_printf(&text, "%s#%s", text.length ? " " : "", d->report->model->tags.at[i]);
    return report_take(d->report, &text);
}

/* Ways between the same variables that look the same are one arrow with all their labels. */
static bool looks_like(const Drawing *d, const Way *a, const Way *b) {
    const Style of_a = style_of(d, a), of_b = style_of(d, b);
    return a->from == b->from && a->to == b->to && a->lag == b->lag &&
           strcmp(of_a.colour, of_b.colour) == 0 && strcmp(of_a.stroke, of_b.stroke) == 0;
}

static bool is_first(const Drawing *d, int w) {
    for (int i = 0; i < w; i++)
        if (looks_like(d, &d->graph->ways.at[i], &d->graph->ways.at[w])) return false;
    return true;
}

static const char *labels(const Drawing *d, int w) {
    Text text = {0};
    for (int i = w; i < d->graph->ways.count; i++) {
        const Way *way = &d->graph->ways.at[i];
        if (!looks_like(d, way, &d->graph->ways.at[w])) continue;
        const char *label = dot_crossed(d, way);
        if (*label) text_printf(&text, "%s%s", text.length ? ", " : "", label);
    }
    return report_take(d->report, &text);
}

void dot_edge(const Drawing *d, const char *from, const char *to, Style style, const char *label,
              const char *more) {
    text_add(d->out, "    ");
    dot_quoted(d->out, from);
    text_add(d->out, " -> ");
    dot_quoted(d->out, to);
    text_printf(d->out, " [color=\"%s\", fontcolor=\"%s\", style=%s", style.colour, style.colour,
                style.stroke);
    if (*label) text_add(d->out, ", label="), dot_quoted(d->out, label);
    text_printf(d->out, "%s];\n", more);
}

/* Edges within a step are drawn in the last two columns, those in time into the last. */
static void draw_ways(const Drawing *d) {
    for (int w = 0; w < d->graph->ways.count; w++) {
        const Way *way = &d->graph->ways.at[w];
        if (!is_first(d, w)) continue;
        const Style style = style_of(d, way);
        const char *label = labels(d, w);
        dot_edge(d, node(d, way->from, way->lag), node(d, way->to, 0), style, label, "");
        if (way->lag == 0 && d->lags > 0)
            dot_edge(d, node(d, way->from, 1), node(d, way->to, 1), style, "", "");
    }
}

/* ---- parameters ---- */

static bool enters(const Drawing *d, const Way *start, const Var *root, int state) {
    const Product *product = &d->report->product;
    return start->to == root &&
           (state == ANY_STATE || product_after(product, start, product->automaton->start) == state);
}

const char *dot_params(const Drawing *d, const Var *root, int state) {
    Text text = {0};
    for (int s = 0; s < d->graph->starts.count; s++) {
        const Way *start = &d->graph->starts.at[s];
        bool named = !enters(d, start, root, state);
        for (int i = 0; i < s && !named; i++)
            named =
                d->graph->starts.at[i].from == start->from && enters(d, &d->graph->starts.at[i], root, state);
        if (!named) text_printf(&text, "%s%s", text.length ? " " : "", start->from->label);
    }
    return report_take(d->report, &text);
}

static void draw_params(const Drawing *d) {
    const Model *model = d->report->model;
    for (int r = 0; r < model->roots.count; r++) {
        const Var *root = model->roots.at[r];
        const char *names = dot_params(d, root, ANY_STATE);
        if (!*names) continue;
        const char *own = arena_printf(d->report->arena, "parameters of %s", root->label);
        text_add(d->out, "    ");
        dot_quoted(d->out, own);
        text_add(d->out, " [shape=plaintext, fontcolor=\"#555555\", label=");
        dot_quoted(d->out, names);
        text_add(d->out, "];\n");
        dot_edge(d, own, node(d, root, 0), dot_plain, "", ", arrowhead=open");
    }
}

/* ---- the legend and the automaton ---- */

static void draw_legend(const Drawing *d) {
    bool there[CLASS_COUNT] = {false}, drops = false;
    for (int w = 0; w < d->graph->ways.count; w++) {
        const Way *way = &d->graph->ways.at[w];
        drops = drops || is_dropped(d, way) ||
                (dot_has_product(d) && strstr(report_verdict(d->report, way), "dropped"));
        if (way->symbols && !is_dropped(d, way))
            there[d->graph->symbols.at[way->symbol[way->symbols - 1]].class] = true;
    }
    text_add(d->out,
             "    subgraph cluster_legend {\n        label=\"edges\"; color=\"#dddddd\"; fontsize=11;\n"
             "        node [shape=plaintext, fontsize=10];\n");
    for (int c = 0; c <= CLASS_COUNT; c++) {
        const bool grey = c == CLASS_COUNT;
        if (grey ? !drops : !there[c]) continue;
        const Style style = grey ? dot_dropped : styles[c];
        const char *name = grey               ? "dropped"
                           : c == CLASS_LOCAL ? "within a unit and step"
                                              : edge_class_name[c];
        text_printf(d->out,
                    "        \"%s \" [label=\"%s\"]; \"%s  \" [label=\"\", width=0.1];\n"
                    "        \"%s \" -> \"%s  \" [color=\"%s\", style=%s];\n",
                    name, name, name, name, name, style.colour, style.stroke);
    }
    text_add(d->out, "    }\n");
}

static void draw_states(const Drawing *d, const Automaton *automaton) {
    const Arrows arrows = report_arrows(d->report);
    for (int q = 0; q < automaton->states; q++) {
        text_add(d->out, "        ");
        dot_quoted(d->out, automaton->label[q]);
        text_printf(d->out, " [shape=%s];\n", automaton->accepting[q] ? "doublecircle" : "circle");
    }
    for (int i = 0; i < arrows.count; i++) {
        text_add(d->out, "    ");
        dot_edge(d, automaton->label[arrows.at[i].from], automaton->label[arrows.at[i].to], dot_plain,
                 arrows.at[i].by, "");
    }
}

static void draw_automaton(const Drawing *d) {
    const Automaton *automaton = &d->report->derivation->rule->automaton;
    const bool drawn = automaton->states <= MOST_STATES;
    text_printf(d->out,
                "    subgraph cluster_rule {\n        label=\"the rule's automaton%s\"; color=\"#dddddd\"; "
                "fontsize=11;\n",
                drawn ? "; a path may end where the circle is double" : "");
    if (drawn)
        draw_states(d, automaton);
    else
        text_printf(d->out, "        \"states\" [shape=plaintext, label=\"%d states: too many to draw\"];\n",
                    automaton->states);
    text_add(d->out, "    }\n");
}

void print_dot(const Derivation *derivation, Text *out) {
    Arena *arena = arena_new();
    Drawing d = {.report = report_new(arena, derivation), .graph = derivation->graph, .out = out};
    for (int w = 0; w < d.graph->ways.count; w++)
        if (d.graph->ways.at[w].lag > d.lags) d.lags = d.graph->ways.at[w].lag;
    text_add(out, "digraph ");
    dot_quoted(out, derivation->program->name);
    text_add(out, " {\n    rankdir=LR; fontname=\"sans-serif\"; nodesep=0.3; ranksep=0.7; label=");
    dot_quoted(out, arena_printf(arena, "%s under %s", derivation->model->name, derivation->program->rule));
    text_add(out, "; labelloc=t;\n    node [fontname=\"sans-serif\", fontsize=12, height=0.3];\n"
                  "    edge [fontname=\"sans-serif\", fontsize=10, arrowsize=0.7];\n");
    draw_columns(&d);
    draw_params(&d);
    draw_ways(&d);
    draw_automaton(&d);
    if (dot_has_product(&d)) dot_product(&d);
    draw_legend(&d);
    text_add(out, "}\n");
    arena_free(arena);
}
