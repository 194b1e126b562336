/* Pictures: the graph, the automaton and their product in Graphviz's language. Edges are looked for by what a
 * reader looks for, and Graphviz takes the picture of every library cell and network. */
#include "derive/product.h"
#include "eligo_internal.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *dot_of(const char *spec, const char *rule) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = eligo_open(eligo, spec, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = opened ? eligo_derive(eligo, opened, rule, NULL, ELIGO_CARRY_RULE) : NULL;
    char *text = derivation ? eligo_print(derivation, ELIGO_DOT) : NULL;
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return text;
}

/* The attributes of the edge, with this label ("" for none) if `label` isn't NULL; NULL: there is no such
 * edge. */
static char *edge(const char *dot, const char *from, const char *to, const char *label) {
    char *begin = formatted("\"%s\" -> \"%s\" [", from, to), *found = NULL;
    char *wanted = label && *label ? formatted("label=\"%s\"", label) : NULL;
    for (const char *at = strstr(dot, begin); at && !found; at = strstr(at + 1, begin)) {
        char *attributes = strndup(at + strlen(begin), strcspn(at + strlen(begin), "]"));
        const bool fits =
            !label || (wanted ? strstr(attributes, wanted) != NULL : !strstr(attributes, " label="));
        if (fits)
            found = attributes;
        else
            free(attributes);
    }
    free(begin);
    free(wanted);
    return found;
}

static const char grey[] = "#bbbbbb";

static void expect_edge(const char *dot, const char *from, const char *to, const char *label, bool kept,
                        const char *stroke) {
    char *attributes = edge(dot, from, to, label);
    cr_assert(attributes, "no edge %s -> %s (%s) in\n%s", from, to, label, dot);
    cr_expect_eq(strstr(attributes, grey) == NULL, kept, "%s -> %s: %s", from, to, attributes);
    cr_expect_not_null(strstr(attributes, stroke), "%s -> %s: %s", from, to, attributes);
    free(attributes);
}

Test(dot, edges_say_their_class_and_what_the_rule_does) {
    char *dot = dot_of("lstm", "eprop");
    expect_edge(dot, "c[t-1]", "c[t]", "", true, "style=solid");
    expect_edge(dot, "h[t-1]", "c[t]", "Rf, Ri, Rg", false, "style=bold");
    expect_edge(dot, "h[t-1]", "h[t]", "Ro", false, "style=bold");
    expect_edge(dot, "c[t]", "h[t]", "", true, "style=dotted");
    expect_edge(dot, "h[t]", "loss[t]", "V · sum", true, "style=solid");
    expect_edge(dot, "q0", "q0", "implicit", true, "style=solid");
    cr_expect_null(edge(dot, "c[t-1]", "h[t]", NULL), "c reaches the next h through the next c only");
    free(dot);
    dot = dot_of("lstm", "bptt");
    expect_edge(dot, "h[t-1]", "c[t]", "Rf, Ri, Rg", true, "style=bold");
    cr_expect_null(strstr(dot, grey), "bptt drops nothing");
    free(dot);
    dot = dot_of("digits2", "eprop");
    expect_edge(dot, "l1.h[t]", "l2.c[t]", NULL, true, "style=dashed");
    free(dot);
    dot = dot_of("alif", "eprop_noreset");
    expect_edge(dot, "z[t-1]", "v[t]", "#reset", false, "style=solid");
    free(dot);
}

/* ---- the product ---- */

Test(dot, the_product_says_where_paths_go_and_leave) {
    char *dot = dot_of("lstm", "eprop(2)");
    expect_edge(dot, "c, q0", "c, q0", "", true, "style=solid");
    expect_edge(dot, "h, q0", "c, q1", "Rf, Ri, Rg", true, "style=bold");
    expect_edge(dot, "h, q0", "h, q1", "Ro", true, "style=bold");
    expect_edge(dot, "h, q1", "from h, q1 out to c", "Rf, Ri, Rg", false, "style=bold");
    expect_edge(dot, "h, q1", "from h, q1 out to h", "Ro", false, "style=bold");
    expect_edge(dot, "c, q1", "h, q1", "", true, "arrowhead=onormal");
    expect_edge(dot, "h, q1", "loss, q1", "V · sum", true, "arrowhead=onormal");
    expect_edge(dot, "parameters that reach c, q0", "c, q0", "", true, "arrowhead=open");
    cr_expect_null(edge(dot, "c, q0", "c, q1", NULL), "no path of one edge");
    cr_expect_not_null(strstr(dot, "label=\"dropped\""), "the legend");
    free(dot);
    dot = dot_of("lif_delay", "meprop_lag(2)");
    expect_edge(dot, "z, q0", "v, q1", "S, 3 steps", true, "style=bold");
    free(dot);
    dot = dot_of("gru", "mdgl");
    expect_edge(dot, "parameters that don't reach h", "from parameters that don't reach h out to h", "",
                false, "arrowhead=open");
    free(dot);
    dot = dot_of("lstm", "eprop");
    cr_expect_null(strstr(dot, "cluster_product"), "with one state it is the graph");
    free(dot);
    dot = dot_of("lstm", "tbptt(30)");
    cr_expect_not_null(strstr(dot, "\"93 pairs of 3 variables and 31 states: too many to draw\""), "%s", dot);
    cr_expect_not_null(strstr(dot, "\"31 states: too many to draw\""), "%s", dot);
    free(dot);
}

static char *place(const Product *product, const Var *root, int state) {
    const char *name = root == product->graph->model->loss ? "loss" : root->label;
    return formatted("%s, %s", name, product->automaton->label[state]);
}

static bool has_node(const char *dot, const char *name) {
    char *begin = formatted("\"%s\" [shape=", name);
    const bool found = strstr(dot, begin) != NULL;
    free(begin);
    return found;
}

/* A kept way leads to its place in its colour, a dropped one out of the product in grey. */
static void check_way(const char *dot, const Product *product, const Way *way, int state, const char *what) {
    const int after = product_after(product, way, state);
    char *from = place(product, way->from, state);
    char *to = after != DROPPED ? place(product, way->to, after)
               : way->to == product->graph->model->loss
                   ? formatted("from %s out to loss", from)
                   : formatted("from %s out to %s", from, way->to->label);
    char *attributes = edge(dot, from, to, NULL);
    cr_assert(attributes, "%s: no edge %s -> %s", what, from, to);
    cr_expect_eq(strstr(attributes, grey) != NULL, after == DROPPED, "%s: %s -> %s: %s", what, from, to,
                 attributes);
    free(attributes), free(from), free(to);
}

typedef struct Tally {
    int pictures, drawn, places, left; /* with a product, drawn, of so many places; edges that leave */
} Tally;

/* The boxes drawn are the pairs that a parameter's use reaches and that reach the loss. */
static void check_product(const Derivation *derivation, const char *dot, const char *what, Tally *tally) {
    Arena *arena = arena_new();
    const Product product = product_new(arena, derivation->graph, &derivation->rule->automaton);
    const bool *reached = product_reached(&product, NULL, arena);
    int useful = 0;
    for (int i = 0; i < product.roots * product.states; i++) useful += reached[i] && product.live[i];
    const bool drawn = product.states > 1 && useful <= 40;
    for (int i = 0; i < product.roots * product.states; i++) {
        const bool there = reached[i] && product.live[i] && drawn;
        char *name = place(&product, product.graph->roots.at[i / product.states], i % product.states);
        cr_expect_eq(has_node(dot, name), there, "%s: %s", what, name);
        tally->places += there;
        free(name);
    }
    for (int w = 0; w < product.graph->ways.count && drawn; w++)
        for (int q = 0; q < product.states; q++) {
            const Way *way = &product.graph->ways.at[w];
            if (!reached[product_at(&product, way->from, q)]) continue;
            check_way(dot, &product, way, q, what);
            tally->left += product_after(&product, way, q) == DROPPED;
        }
    tally->pictures++, tally->drawn += drawn;
    arena_free(arena);
}

/* Graphviz reads all pictures of one spec, one after the other, and has nothing to say. */
static void check_spec(const char *folder, const char *name, const LibraryNames *rules, Tally *tally) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    char *path = formatted("%s/all.dot", folder), *said = NULL;
    FILE *file = fopen(path, "w");
    cr_assert(spec && file, "%s", name);
    for (int r = 0; r < rules->count; r++) {
        char *use = eligo_rule_use(spec, rules->at[r]);
        EligoDerivation *derivation =
            eligo_applies(spec, use, NULL) ? eligo_derive(eligo, spec, use, NULL, ELIGO_CARRY_RULE) : NULL;
        if (derivation) {
            char *dot = eligo_print(derivation, ELIGO_DOT), *what = formatted("%s by %s", name, use);
            check_product(derivation->derivation, dot, what, tally);
            fputs(dot, file);
            free(dot), free(what);
        }
        eligo_derivation_free(derivation);
        free(use);
    }
    fclose(file);
    cr_expect_eq(run(&said, "dot -Tcanon %s > %s/all.canon", path, folder), 0, "%s: %s", name, said);
    cr_expect_str_empty(said, "%s: %s", name, said);
    free(said), free(path);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(dot, every_product_of_the_library, .timeout = 300) {
    LibraryNames specs[] = {library_names("cells"), library_names("networks")},
                 rules = library_names("rules");
    char *folder = scratch_make("product");
    Tally tally = {0, 0, 0, 0};
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < specs[s].count; i++) check_spec(folder, specs[s].at[i], &rules, &tally);
        library_names_free(&specs[s]);
    }
    library_names_free(&rules);
    fprintf(stderr, "dot: %d pictures, %d with a product, of %d pairs; %d edges leave them\n", tally.pictures,
            tally.drawn, tally.places, tally.left);
    cr_expect(tally.pictures > 1000 && tally.drawn > 100 && tally.left > 100);
    scratch_remove(folder);
}

/* ---- the graph ---- */

Test(dot, a_delay_has_a_column_of_its_own) {
    char *dot = dot_of("lif_delay", "bptt");
    const char *last = NULL;
    for (const char *at = strstr(dot, "label=\"step t-"); at; at = strstr(at + 1, "label=\"step t-"))
        last = last ? last : at;
    cr_assert(last && atoi(last + strlen("label=\"step t-")) > 1, "%s", dot);
    free(dot);
}

/* Graphviz says nothing and writes a picture, the same one twice. */
static void expect_picture(const char *folder, const char *name, const char *rule) {
    char *said = NULL;
    const int status =
        run(&said,
            "cd %s && %s derive %s --rule '%s' --format svg > one.svg && %s derive %s --rule '%s' "
            "--format svg > two.svg && cmp one.svg two.svg && grep -q '</svg>' one.svg",
            folder, program(), name, rule, program(), name, rule);
    cr_expect_eq(status, 0, "%s: %s", name, said);
    cr_expect_null(strstr(said, "rror"), "%s: %s", name, said);
    free(said);
}

Test(dot, graphviz_takes_every_picture, .timeout = 120) {
    LibraryNames specs[] = {library_names("cells"), library_names("networks")};
    char *folder = scratch_make("dot");
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < specs[s].count; i++) {
            expect_picture(folder, specs[s].at[i], "rtrl");
            expect_picture(folder, specs[s].at[i], "eprop(2)");
        }
        library_names_free(&specs[s]);
    }
    expect_picture(folder, "gru", "eprop(3)");
    scratch_remove(folder);
}

Test(dot, without_graphviz_it_says_what_to_install) {
    char *said = NULL;
    char *folder = scratch_make("nodot");
    cr_assert_eq(run(NULL, "ln -s $(command -v sh) %s/sh", folder), 0);
    const int status = run(&said, "PATH=%s %s derive lstm --rule eprop --format svg", folder, program());
    cr_expect_eq(status, 1);
    cr_expect(strstr(said, "E0659") && strstr(said, "apt-get install graphviz"), "%s", said);
    free(said);
    scratch_remove(folder);
}
