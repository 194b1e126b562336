/* Two rules on one model, in words: shortest witnesses, or a proof, then what else is different. */
#include "print/diff.h"

#include "derive/differ.h"
#include "print/path.h"
#include "print/print.h"
#include "print/report.h"

#include <string.h>

typedef struct Printing {
    Arena *arena;
    const Difference *difference;
    const Model *model;
    const Graph *graph;
    Sentences axes;
    Text *out;
} Printing;

static const char *name_of(const Printing *p, int rule) {
    return p->difference->derivation[rule]->rule->name;
}

static void print_title(const Printing *p) {
    Text title = {0};
    text_printf(&title, "%s and %s on %s", name_of(p, 0), name_of(p, 1), p->model->name);
    text_printf(p->out, "%s\n", title.at);
    for (int i = 0; i < text_columns(title.at); i++) text_add(p->out, "=");
    text_free(&title);
    text_add(p->out, "\n\n");
    for (int rule = 0; rule < 2; rule++) {
        if (strncmp(name_of(p, rule), "keep ", 5) == 0) continue; /* its text is its name */
        text_printf(p->out, "%s: keep %s%s%s\n", name_of(p, rule),
                    p->difference->derivation[rule]->rule->keep_text,
                    *p->difference->derivation[rule]->rule->axes_text ? "; " : "",
                    p->difference->derivation[rule]->rule->axes_text);
    }
    text_add(p->out, "\n");
}

/* ---- a witness ---- */

/* "R_jj" or "R_kj": whether the edge leads to the unit that it comes from. */
static void add_entry(const Witness *witness, const Way *way, Text *out) {
    const int at = witness->dropped_at;
    if (!witness->units.count || !way->stations || way->station[0]->op != EXPR_MATVEC) return;
    const long before = at ? witness->units.at[at - 1] : witness->row;
    const bool own = before == witness->units.at[at];
    text_printf(out, own ? ", %s_jj" : ", %s_kj", way->station[0]->var->label);
}

static void add_reason(const Printing *p, const Witness *witness, int other, Text *out) {
    const Automaton *automaton = &p->difference->derivation[other]->rule->automaton;
    if (witness->dropped_at == witness->ways.count) {
        text_printf(out, "it ends in state %s, which doesn't accept",
                    automaton->label[witness->states.at[witness->dropped_at]]);
        return;
    }
    const Way *way = witness->ways.at[witness->dropped_at];
    const size_t before = out->length;
    path_word(p->graph, way, out);
    if (out->length == before) text_add(out, "the parameter's own use");
    add_entry(witness, way, out);
    if (witness->by_mask) text_printf(out, ", an entry (k, j) of %s that the mask hasn't", way->to->label);
}

static void print_parameters(const Printing *p, int keeper) {
    text_add(p->out, "    such paths start from");
    bool any = false;
    for (int i = 0; i < p->model->params.count; i++) {
        if (!p->difference->parts[keeper][i]) continue;
        text_printf(p->out, "%s %s", any ? "," : "", p->model->params.at[i]->label);
        any = true;
    }
    text_add(p->out, "\n");
}

static void print_direction(const Printing *p, int keeper) {
    const Witness *witness = p->difference->witness[keeper];
    const int other = 1 - keeper;
    if (!witness) {
        text_printf(p->out, "Every path that %s keeps, %s keeps too.\n", name_of(p, keeper),
                    name_of(p, other));
        return;
    }
    text_printf(p->out, "%s keeps paths that %s drops; a shortest one:\n    ", name_of(p, keeper),
                name_of(p, other));
    path_text(p->graph, witness->ways.at, witness->ways.count, p->out);
    Text reason = {0};
    add_reason(p, witness, other, &reason);
    text_printf(p->out, ": %s; kept by %s, dropped by %s\n", reason.at, name_of(p, keeper),
                name_of(p, other));
    text_free(&reason);
    print_parameters(p, keeper);
}

/* ---- entries ---- */

static const char *entries_text(const Printing *p, const Relation *entries, const Relation *other) {
    const long count = relation_count(entries), all = entries->rows * entries->cols;
    if (count == 0) return "none";
    if (count == all) return "all (k, j)";
    if (relation_is_diagonal(entries)) return "only k = j";
    Text text = {0};
    report_count((double)count, &text), text_add(&text, " of "), report_count((double)all, &text);
    if (!relation_within(entries, other)) text_add(&text, ", some of which the other lacks");
    const char *kept = arena_string(p->arena, text.at);
    text_free(&text);
    return kept;
}

static bool same_entries(const EntriesDiffer *a, const EntriesDiffer *b) {
    return a->root == b->root && a->felt[0]->cols == b->felt[0]->cols &&
           relation_equal(a->felt[0], b->felt[0]) && relation_equal(a->felt[1], b->felt[1]);
}

/* One line for all parameters of which the same is true. */
static void print_entries_of(const Printing *p, int first, bool *said) {
    const EntriesDiffer *all = p->difference->entries.at, *one = &all[first];
    text_printf(p->out, "    %s by", one->root->label);
    for (int i = first; i < p->difference->entries.count; i++) {
        if (said[i] || !same_entries(one, &all[i])) continue;
        text_printf(p->out, "%s %s", i > first ? "," : "", all[i].param->label);
        said[i] = true;
    }
    text_printf(p->out, ": %s has %s, %s has %s\n", name_of(p, 0),
                entries_text(p, one->felt[0], one->felt[1]), name_of(p, 1),
                entries_text(p, one->felt[1], one->felt[0]));
}

static void print_entries(const Printing *p) {
    const int count = p->difference->entries.count;
    bool *said = arena_alloc(p->arena, sizeof *said * (size_t)(count + 1));
    if (count) text_add(p->out, "\nEntries (k, j): unit k of a variable, row j of a parameter\n");
    for (int i = 0; i < count; i++)
        if (!said[i]) print_entries_of(p, i, said);
}

/* ---- the whole ---- */

static void print_proof(const Printing *p) {
    text_printf(
        p->out,
        "\nProof: of the %d places (variable, state of each automaton) that a parameter's use reaches,\n"
        "none is a loss that one accepts and the other doesn't.\n",
        p->difference->places);
    if (p->difference->of_units)
        text_add(p->out, "Units are told apart, as a mask does: this holds for these sizes.\n");
}

static void print_axes(const Printing *p) {
    for (int i = 0; i < p->axes.count; i++) text_printf(p->out, "    %s\n", p->axes.at[i]);
}

static void print_same_paths(const Printing *p) {
    if (p->axes.count)
        text_add(p->out, "Same paths, but\n"), print_axes(p);
    else
        text_printf(p->out, "Equal on %s.\n", p->model->name);
    print_proof(p);
}

/* A path whose lags sum to s needs a sequence of s + 1 steps. */
static void print_steps(const Printing *p) {
    int steps = -1;
    for (int keeper = 0; keeper < 2; keeper++) {
        const Witness *witness = p->difference->witness[keeper];
        if (witness && (steps < 0 || witness->steps < steps)) steps = witness->steps;
    }
    if (steps > 0)
        text_printf(p->out, "\nOn sequences of at most %d step%s they keep the same paths.\n", steps,
                    steps == 1 ? "" : "s");
    if (steps == 0) text_add(p->out, "\nThey part within a single step.\n");
}

static void print_carries(const Printing *p) {
    static const char *const words[] = {"", "forward", "backward"};
    const Carry a = p->difference->derivation[0]->carry, b = p->difference->derivation[1]->carry;
    if (a != b)
        text_printf(p->out, "\n%s is carried %s, %s %s: the gradient doesn't depend on it.\n", name_of(p, 0),
                    words[a], name_of(p, 1), words[b]);
}

static void print_other_paths(const Printing *p) {
    for (int keeper = 0; keeper < 2; keeper++) print_direction(p, keeper);
    print_steps(p);
    print_entries(p);
    if (p->axes.count) text_add(p->out, "\nBesides,\n"), print_axes(p);
}

bool print_diff(const Derivation *a, const Derivation *b, Text *out) {
    Arena *arena = arena_new();
    const Difference *difference = differ(arena, a, b);
    const Printing p = {arena, difference, a->model, a->whole, diff_axes(arena, a, b), out};
    const bool same_paths = !difference->witness[0] && !difference->witness[1];
    const bool equal = same_paths && p.axes.count == 0;
    print_title(&p);
    if (same_paths)
        print_same_paths(&p);
    else
        print_other_paths(&p);
    print_carries(&p);
    arena_free(arena);
    return equal;
}
