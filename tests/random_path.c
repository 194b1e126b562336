/* Path expressions: mostly shapes that a rule's author would write (a star of a set of edges, with or without
 * a hop), sometimes anything that the grammar allows. */
#include "random_spec.h"

#include <string.h>

static const char *name_of(Random *random, const RandomNames *names) {
    return names->at[random_below(random, names->count)];
}

/* A name, sometimes with the layer in front of it. The cell `a` of a name is the first layer's, `b` the
 * second's. */
static void add_name(Random *random, const RandomSpec *spec, const RandomNames *names, Text *out) {
    const char *name = name_of(random, names);
    size_t length = strlen(name);
    bool first = name[length - 1] == 'a', second = name[length - 1] == 'b';
    if (first && spec->twice) second = random_chance(random, 50);
    if ((first || second) && random_chance(random, 25)) text_add(out, second ? "l2." : "l1.");
    text_add(out, name);
}

static void add_selector(Random *random, const RandomSpec *spec, Text *out) {
    static const char *const classes[] = {"implicit", "implicit", "explicit", "explicit",
                                          "spatial",  "lateral",  "any",      "local"};
    int kind = random_below(random, 100);
    if (kind < 15 && spec->tags.count > 0)
        text_add(out, name_of(random, &spec->tags));
    else if (kind < 25) {
        text_add(out, random_chance(random, 50) ? "explicit via " : "via ");
        add_name(random, spec, &spec->params, out);
    } else if (kind < 38) {
        add_name(random, spec, &spec->states, out);
        text_add(out, " -> ");
        add_name(random, spec, &spec->states, out);
    } else
        text_add(out, classes[random_below(random, kind < 90 ? 7 : 8)]);
}

/* A set of edges, in parentheses where it is more than a selector. */
static void add_set(Random *random, const RandomSpec *spec, int depth, Text *out) {
    int kind = depth == 0 ? 0 : random_below(random, 10);
    if (kind < 4) {
        text_add(out, "(");
        add_selector(random, spec, out);
        text_add(out, ")");
        return;
    }
    text_add(out, kind == 4 ? "(any & not " : kind == 5 ? "(not " : "(");
    add_set(random, spec, depth - 1, out);
    if (kind == 6) text_add(out, " & not ");
    if (kind > 6) text_add(out, " | ");
    if (kind > 5) add_set(random, spec, depth - 1, out);
    if (kind > 7) {
        text_add(out, " | ");
        add_set(random, spec, depth - 1, out);
    }
    text_add(out, ")");
}

/* Anything: sequence, choice, repetition, a bounded lag. */
static void add_any_path(Random *random, const RandomSpec *spec, int depth, Text *out) {
    static const char *const after[] = {"*",     "*",     "+",         "?",        "{1,2}",
                                        "{0,2}", "{2,3}", " within 1", " within 2"};
    int kind = depth == 0 ? 0 : random_below(random, 6);
    if (kind < 2) {
        add_set(random, spec, 1, out);
        if (random_chance(random, 70)) text_add(out, "*");
        return;
    }
    text_add(out, "(");
    add_any_path(random, spec, depth - 1, out);
    if (kind < 5) {
        text_add(out, kind == 2 ? " | " : " ");
        add_any_path(random, spec, depth - 1, out);
    }
    text_add(out, ")");
    if (kind > 3) text_add(out, after[random_below(random, 9)]);
}

/* S stands for the wide set (most edges, so that something is kept), T and U for two others. */
void random_path(Random *random, const RandomSpec *spec, Text *out) {
    static const char *const shapes[] = {"S*",
                                         "S* (T S*)?",
                                         "S* (T S*){0,1}",
                                         "S* T*",
                                         "S* | T* U",
                                         "(S T?)*",
                                         "any* within 1",
                                         "any* within 2",
                                         "(S* within 1) T*",
                                         "T*",
                                         "(S | T U)*",
                                         "S* (T (any* within 1))?",
                                         "(S{0,2} T)*",
                                         "S* T? | U*"};
    if (random_chance(random, 25)) {
        add_any_path(random, spec, 3, out);
        return;
    }
    for (const char *c = shapes[random_below(random, 14)]; *c; c++) {
        if (*c == 'S' && random_chance(random, 50)) {
            text_add(out, "(implicit | spatial | ");
            add_set(random, spec, 1, out);
            text_add(out, ")");
        } else if (*c == 'S') {
            text_add(out, "(any & not ");
            add_set(random, spec, 1, out);
            text_add(out, ")");
        } else if (*c == 'T' || *c == 'U')
            add_set(random, spec, 2, out);
        else
            text_add_bytes(out, c, 1);
    }
}

static void add_replace(Random *random, const RandomSpec *spec, const char *side, Text *out) {
    static const char *const values[] = {"random", "sign", "mean",      "random",
                                         "sign",   "mean", "diag(0.7)", "-0.4"};
    text_add(out, "; replace ");
    add_set(random, spec, 1, out);
    text_printf(out, " with %s%s", values[random_below(random, 8)], side);
}

void random_clauses(Random *random, const RandomSpec *spec, Text *out) {
    static const char *const signals[] = {"random", "adaptive", "sign_symmetric"};
    const int kind = random_below(random, 10);
    if (kind < 4) add_replace(random, spec, "", out);
    if (kind == 4 || kind > 6) add_replace(random, spec, " in eligibility", out);
    if (kind > 4 && kind < 10) add_replace(random, spec, " in signal", out);
    if (random_chance(random, 40)) text_printf(out, "; signal %s", signals[random_below(random, 3)]);
    if (random_chance(random, 15)) text_add(out, "; decay 0.8");
}
