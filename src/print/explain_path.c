/* A path as a reader writes it, matched to ways of the graph and run through the rule's automaton. */
#include "print/explain.h"
#include "print/path.h"

#include <stdlib.h>
#include <string.h>

enum { UNSAID = -1 };

typedef struct Stop { /* a node of the path */
    Span span;
    const Var *var;
    int ago;         /* h[t-2]: 2; UNSAID where no time is given */
    const char *via; /* what is written on the arrow before it; NULL: nothing */
} Stop;

typedef struct Explaining {
    Arena *arena;
    Report *report;
    const Derivation *derivation;
    Diagnostics *diagnostics;
    Source *source;
    size_t at;
    VEC(Stop) stops;
    Text *out;
} Explaining;

/* ---- reading ---- */

static const char *here(const Explaining *x) { return x->source->text + x->at; }

static void skip_blanks(Explaining *x) { x->at += strspn(here(x), " \t\n"); }

static Span span_from(const Explaining *x, size_t begin) { return (Span){x->source, (int)begin, (int)x->at}; }

static bool not_a_path(Explaining *x, const char *wanted) {
    Diagnostic *one = diagnose(x->diagnostics, (Span){x->source, (int)x->at, (int)x->at + 1}, "E0551",
                               "this is no path: %s is wanted here", wanted);
    diagnostic_help(x->diagnostics, one, "a path is written `c[t-2] -> c[t-1] -> h[t] -> loss`");
    return false;
}

static size_t name_length(const char *text) {
    size_t length = 0;
    while (text[length] && !strchr(" \t\n[]-", text[length])) length++;
    return length;
}

static const Var *labelled(const Explaining *x, const char *name) {
    const Model *model = x->derivation->model;
    for (int pass = 0; pass < 2; pass++) { /* a bare name of a layer's variable will do */
        for (int i = 0; i < model->roots.count; i++)
            if (strcmp(pass ? model->roots.at[i]->name : model->roots.at[i]->label, name) == 0)
                return model->roots.at[i];
        for (int i = 0; i < model->params.count; i++)
            if (strcmp(pass ? model->params.at[i]->name : model->params.at[i]->label, name) == 0)
                return model->params.at[i];
    }
    return NULL;
}

static const Var *no_such_variable(const Explaining *x, const char *name, Span span) {
    const Model *model = x->derivation->model;
    Diagnostic *one =
        diagnose(x->diagnostics, span, "E0552", "`%s` is no parameter, state, output or loss", name);
    for (int i = 0; i < model->locals.count; i++) {
        if (strcmp(model->locals.at[i].label, name) != 0) continue;
        diagnostic_help(x->diagnostics, one,
                        "`%s` is a local of its step: edges lead through it, from variable to variable",
                        name);
        return NULL;
    }
    Text names = {0};
    for (int i = 0; i < model->roots.count; i++)
        text_printf(&names, "%s`%s`", i ? ", " : "", model->roots.at[i]->label);
    diagnostic_help(x->diagnostics, one, "a path leads through %s", names.at);
    text_free(&names);
    return NULL;
}

/* "[t]", "[t-2]" or nothing. */
static bool read_time(Explaining *x, int *ago) {
    *ago = UNSAID;
    if (*here(x) != '[') return true;
    x->at++;
    if (*here(x) != 't') return not_a_path(x, "a time, [t] or [t-1],");
    x->at++;
    *ago = 0;
    if (*here(x) == '-') {
        char *end;
        x->at++;
        const long lag = strtol(here(x), &end, 10);
        if (end == here(x) || lag < 0 || lag > 1000000) return not_a_path(x, "a number of steps");
        x->at = (size_t)(end - x->source->text);
        *ago = (int)lag;
    }
    if (*here(x) != ']') return not_a_path(x, "`]`");
    x->at++;
    return true;
}

static bool read_stop(Explaining *x, const char *via) {
    skip_blanks(x);
    const size_t begin = x->at, length = name_length(here(x));
    if (!length) return not_a_path(x, "a variable");
    const char *name = arena_copy(x->arena, here(x), length);
    x->at += length;
    Stop stop = {.span = span_from(x, begin), .via = via};
    stop.var = labelled(x, name);
    if (!stop.var && !no_such_variable(x, name, stop.span)) return false;
    if (!read_time(x, &stop.ago)) return false;
    stop.span = span_from(x, begin);
    vec_push(x->arena, &x->stops, stop);
    skip_blanks(x);
    return true;
}

/* "->" or "-R->". */
static bool read_arrow(Explaining *x, const char **via) {
    if (*here(x) != '-') return not_a_path(x, "`->`");
    x->at++;
    const char *end = strstr(here(x), ">");
    const size_t length = end ? (size_t)(end - here(x)) : 0;
    if (!end || (length > 0 && here(x)[length - 1] != '-')) return not_a_path(x, "`->`");
    *via = length > 1 ? arena_copy(x->arena, here(x), length - 1) : NULL;
    x->at += length + 1;
    return true;
}

static bool read_path(Explaining *x) {
    const char *via = NULL;
    if (!read_stop(x, NULL)) return false;
    do {
        if (!read_arrow(x, &via) || !read_stop(x, via)) return false;
    } while (*here(x));
    return true;
}

/* ---- edges ---- */

static const Graph *graph_of(const Explaining *x) { return x->derivation->graph; }

static const Way *way_at(const Explaining *x, bool start, int i) {
    return start ? &graph_of(x)->starts.at[i] : &graph_of(x)->ways.at[i];
}

static int ways_of(const Explaining *x, bool start) {
    return start ? graph_of(x)->starts.count : graph_of(x)->ways.count;
}

static bool is_start(const Stop *from) { return from->var->kind == VAR_PARAM; }

static bool crosses(const Explaining *x, const Way *way, const char *via) {
    Text label = {0};
    path_label(graph_of(x), way, &label);
    bool same = label.length && strcmp(label.at, via) == 0;
    for (int i = 0; i < way->symbols && !same; i++) {
        const Var *crossed = graph_of(x)->symbols.at[way->symbol[i]].via;
        same = crossed && strcmp(crossed->label, via) == 0;
    }
    text_free(&label);
    return same;
}

static bool matches(const Explaining *x, const Way *way, const Stop *from, const Stop *to) {
    if (way->from != from->var || way->to != to->var) return false;
    const int end = to->var == x->derivation->model->loss && to->ago == UNSAID ? 0 : to->ago;
    if (!is_start(from) && from->ago != UNSAID && end != UNSAID && from->ago - end != way->lag) return false;
    return !to->via || crosses(x, way, to->via);
}

static void add_use(const Way *way, Text *out) {
    text_printf(out, "%s%s", out->length ? ", " : "", way->from->label);
    if (way->lag) text_printf(out, "[t-%d]", way->lag);
}

/* What does lead there, each once. */
static const char *sources_of(const Explaining *x, const Var *to) {
    Text out = {0};
    for (int w = 0; w < graph_of(x)->ways.count; w++) {
        const Way *way = &graph_of(x)->ways.at[w];
        bool said = way->to != to;
        for (int o = 0; o < w && !said; o++) {
            const Way *other = &graph_of(x)->ways.at[o];
            said = other->to == to && other->from == way->from && other->lag == way->lag;
        }
        if (!said) add_use(way, &out);
    }
    return report_take(x->report, &out);
}

static bool no_edge(Explaining *x, int i) {
    const Stop *from = &x->stops.at[i], *to = &x->stops.at[i + 1];
    const char *text = x->source->text;
    Diagnostic *one = diagnose(x->diagnostics, (Span){x->source, from->span.begin, to->span.end}, "E0553",
                               "there is no edge %.*s -%s%s> %.*s", from->span.end - from->span.begin,
                               text + from->span.begin, to->via ? to->via : "", to->via ? "-" : "",
                               to->span.end - to->span.begin, text + to->span.begin);
    const char *sources = sources_of(x, to->var);
    if (to->var->kind == VAR_PARAM)
        diagnostic_help(x->diagnostics, one, "a parameter only begins a path");
    else if (*sources)
        diagnostic_help(x->diagnostics, one, "%s is reached from %s", to->var->label, sources);
    else
        diagnostic_help(x->diagnostics, one, "nothing but parameters leads to %s", to->var->label);
    return false;
}

static bool all_exist(Explaining *x) {
    for (int i = 0; i + 1 < x->stops.count; i++) {
        bool any = false;
        const bool start = is_start(&x->stops.at[i]);
        for (int w = 0; w < ways_of(x, start); w++)
            any = any || matches(x, way_at(x, start, w), &x->stops.at[i], &x->stops.at[i + 1]);
        if (!any || (i && start)) return no_edge(x, i);
    }
    return true;
}

/* ---- the automaton along it ---- */

static const Automaton *automaton_of(const Explaining *x) { return &x->derivation->rule->automaton; }

static void explain_in_state(const Explaining *x, const Way *way, int state, bool *after) {
    const char *const *label = automaton_of(x)->label;
    const int next = automaton_run(automaton_of(x), state, way->symbol, way->symbols);
    if (next == DROPPED) {
        const char *through = explain_lets_through(x->report, state);
        text_printf(x->out, "        dropped in %s by keep %s", label[state], x->derivation->rule->keep_text);
        text_printf(x->out,
                    *through ? ": from there it lets through %s\n" : ": from there it lets nothing through\n",
                    through);
    } else if (!product_live(&x->report->product, way->to, next)) {
        text_printf(x->out,
                    "        let through, %s -> %s, but no path that is kept goes on from there to a loss\n",
                    label[state], label[next]);
    } else {
        text_printf(x->out, "        kept, %s -> %s\n", label[state], label[next]);
        after[next] = true;
    }
}

static void explain_way(const Explaining *x, const Way *way, const bool *before, bool *after) {
    Text word = {0};
    path_word(graph_of(x), way, &word);
    const char *class = word.length ? word.at : way->start ? "the parameter's own use" : "no symbol: readout";
    text_printf(x->out, "    %s: %s\n", report_way(x->report, way), class);
    text_free(&word);
    for (int q = 0; q < automaton_of(x)->states; q++)
        if (before[q]) explain_in_state(x, way, q, after);
}

/* The states after the edge, by any of its ways; false when none is left. */
static bool explain_edge(const Explaining *x, int i, bool *states) {
    const Stop *from = &x->stops.at[i], *to = &x->stops.at[i + 1];
    const bool start = is_start(from);
    const size_t bytes = (size_t)automaton_of(x)->states;
    bool *after = arena_alloc(x->arena, bytes + 1), any = false;
    const char *text = x->source->text;
    text_printf(x->out, "\n%.*s   in %s\n", to->span.end - from->span.begin, text + from->span.begin,
                explain_equation(x->report, to->var));
    for (int w = 0; w < ways_of(x, start); w++)
        if (matches(x, way_at(x, start, w), from, to)) explain_way(x, way_at(x, start, w), states, after);
    for (size_t q = 0; q < bytes; q++) any = any || after[q];
    memcpy(states, after, bytes);
    return any;
}

static void explain_end(const Explaining *x, const bool *states) {
    const Var *last = x->stops.at[x->stops.count - 1].var;
    const Automaton *automaton = automaton_of(x);
    text_add(x->out, "\nKept");
    if (last != x->derivation->model->loss) text_add(x->out, " so far");
    for (int q = 0, count = 0; q < automaton->states; q++)
        if (states[q]) text_printf(x->out, "%s %s", count++ ? "," : ": it ends in", automaton->label[q]);
    text_printf(x->out, last == x->derivation->model->loss ? ", which accepts.\n"
                                                           : ", from which kept paths go on to a loss.\n");
    explain_clauses(x->report, x->out);
}

static void explain_all(const Explaining *x) {
    bool *states = arena_alloc(x->arena, (size_t)automaton_of(x)->states + 1);
    states[0] = true;
    text_printf(x->out, "%s under %s: keep %s\n", x->source->text, x->derivation->rule->name,
                x->derivation->rule->keep_text);
    if (!is_start(&x->stops.at[0]))
        text_printf(x->out, "Taken up in %s, where a parameter's own use leads without a crossing.\n",
                    automaton_of(x)->label[0]);
    for (int i = 0; i + 1 < x->stops.count; i++) {
        if (explain_edge(x, i, states)) continue;
        const Stop *from = &x->stops.at[i], *to = &x->stops.at[i + 1];
        text_printf(x->out, "\nDropped at %.*s.\n", to->span.end - from->span.begin,
                    x->source->text + from->span.begin);
        return;
    }
    explain_end(x, states);
}

bool print_explained_path(const Derivation *derivation, const char *path, Diagnostics *diagnostics,
                          Text *out) {
    Arena *arena = arena_new();
    Explaining x = {.arena = arena,
                    .report = report_new(arena, derivation),
                    .derivation = derivation,
                    .diagnostics = diagnostics,
                    .source = source_from_text(arena, "--path", path, strlen(path)),
                    .out = out};
    const bool good = read_path(&x) && all_exist(&x);
    if (good) explain_all(&x);
    arena_free(arena);
    return good;
}
