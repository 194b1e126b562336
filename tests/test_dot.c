/* Pictures: the graph and the automaton in Graphviz's language. Edges are looked for by what a reader looks
 * for, and Graphviz takes the picture of every library cell and network. */
#include "eligo.h"
#include "support.h"

#include <criterion/criterion.h>
#include <dirent.h>
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
    static const char *const folders[] = {"library/cells", "library/networks"};
    char *folder = scratch_make("dot");
    for (int f = 0; f < 2; f++) {
        DIR *opened = opendir(folders[f]);
        cr_assert(opened);
        for (const struct dirent *entry; (entry = readdir(opened));) {
            const char *ending = strstr(entry->d_name, ".eligo");
            if (!ending) continue;
            char *name = strndup(entry->d_name, (size_t)(ending - entry->d_name));
            expect_picture(folder, name, "rtrl");
            free(name);
        }
        closedir(opened);
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
