/* A path's nodes with their times, and its edges with the matrices that they cross. */
#include "print/path.h"

static void add_tags(const Graph *graph, const Way *way, Text *out) {
    for (int i = 0; i < graph->model->tags.count; i++)
        if (way->tags >> i & 1) text_printf(out, "%s#%s", out->length ? " " : "", graph->model->tags.at[i]);
}

void path_label(const Graph *graph, const Way *way, Text *out) {
    for (int i = 0; i < way->symbols; i++) {
        const Var *via = graph->symbols.at[way->symbol[i]].via;
        if (via) text_printf(out, "%s%s", out->length ? "," : "", via->label);
    }
    add_tags(graph, way, out);
}

/* " -R-> ", " -#reset-> ", " -> " */
static void add_arrow(const Graph *graph, const Way *way, Text *out) {
    Text on = {0};
    path_label(graph, way, &on);
    if (on.length)
        text_printf(out, " -%s-> ", on.at);
    else
        text_add(out, " -> ");
    text_free(&on);
}

static void add_node(const Var *var, int ago, bool is_loss, Text *out) {
    text_add(out, var->label);
    if (is_loss) return;
    if (ago)
        text_printf(out, "[t-%d]", ago);
    else
        text_add(out, "[t]");
}

void path_text(const Graph *graph, const Way *const *ways, int count, Text *out) {
    int ago = 0;
    for (int i = 0; i < count; i++) ago += ways[i]->lag;
    for (int i = 0; i < count; i++) {
        if (i == 0) text_add(out, ways[i]->from->label);
        add_arrow(graph, ways[i], out);
        ago -= ways[i]->lag;
        add_node(ways[i]->to, ago, ways[i]->to == graph->model->loss, out);
    }
}

void path_word(const Graph *graph, const Way *way, Text *out) {
    Text word = {0};
    for (int i = 0; i < way->symbols; i++) {
        const Symbol *symbol = &graph->symbols.at[way->symbol[i]];
        text_printf(&word, "%s%s", i ? " · " : "", edge_class_name[symbol->class]);
        if (symbol->via) text_printf(&word, " via %s", symbol->via->label);
    }
    add_tags(graph, way, &word);
    text_add(out, word.length ? word.at : "");
    text_free(&word);
}
