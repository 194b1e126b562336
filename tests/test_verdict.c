/* What the axes beside `keep` do to a verdict: estimates as rules say them, other axes put into a rule by
 * hand, on specs whose answer is known. */
#include "derive/verdict.h"
#include "eligo_internal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

typedef struct Axes {
    SignalKind signal;
    int sample, chunk;
    double decay;
    int replaced; /* 1 + the EdgeClass that is replaced; 0: none */
    Side side;
} Axes;

typedef struct Case {
    const char *what, *spec, *rule, *param;
    Axes axes;
    Verdict verdict;
    int reasons;
} Case;

static const Case cases[] = {
    {"nothing else", "lstm", "rtrl", "Wi", {0}, VERDICT_EXACT, 0},
    {"feedback", "lstm", "rtrl", "Wi", {.signal = SIGNAL_RANDOM}, VERDICT_APPROXIMATE, 1},
    {"feedback, to the readout's own weights",
     "lstm",
     "rtrl",
     "V",
     {.signal = SIGNAL_RANDOM},
     VERDICT_EXACT,
     0},
    {"feedback, of what is approximate",
     "lstm",
     "eprop",
     "Wi",
     {.signal = SIGNAL_SIGN},
     VERDICT_APPROXIMATE,
     1},
    {"an estimate", "lstm", "uoro", "Wi", {0}, VERDICT_UNBIASED, 1},
    {"an estimate, of what is instantaneous", "lstm", "uoro", "V", {0}, VERDICT_EXACT, 0},
    {"an estimate, of what is a matrix already", "lstm", "kf_rtrl", "bi", {0}, VERDICT_EXACT, 0},
    {"an estimate, of what is approximate",
     "lstm",
     "keep (implicit | spatial)*; estimate kronecker",
     "Wi",
     {0},
     VERDICT_APPROXIMATE,
     1},
    {"an estimate outside of all that is kept",
     "vanilla",
     "keep any*; estimate rank1 outside any*",
     "W",
     {0},
     VERDICT_EXACT,
     0},
    {"a biased estimate", "diag", "es_d_rtrl", "W", {0}, VERDICT_APPROXIMATE, 1},
    {"sampled steps", "lstm", "rtrl", "V", {.sample = 2}, VERDICT_UNBIASED, 1},
    {"sampled steps with feedback",
     "lstm",
     "rtrl",
     "Wi",
     {.sample = 2, .signal = SIGNAL_RANDOM},
     VERDICT_APPROXIMATE,
     2},
    {"chunks", "lstm", "bptt", "Wi", {.chunk = 5}, VERDICT_APPROXIMATE, 1},
    {"chunks, within one step", "lstm", "bptt", "V", {.chunk = 5}, VERDICT_EXACT, 0},
    {"decay", "indrnn", "eprop", "W", {.decay = 0.9}, VERDICT_APPROXIMATE, 1},
    {"decay, within one step", "indrnn", "eprop", "V", {.decay = 0.9}, VERDICT_EXACT, 0},
    {"decay by one", "indrnn", "eprop", "W", {.decay = 1}, VERDICT_EXACT, 0},
    {"a replaced edge", "lstm", "rtrl", "Wi", {.replaced = 1 + CLASS_EXPLICIT}, VERDICT_APPROXIMATE, 1},
    {"an edge that is not kept", "indrnn", "eprop", "W", {.replaced = 1 + CLASS_EXPLICIT}, VERDICT_EXACT, 0},
    {"in time, in the signal",
     "lstm",
     "rtrl",
     "Wi",
     {.replaced = 1 + CLASS_EXPLICIT, .side = SIDE_SIGNAL},
     VERDICT_EXACT,
     0},
    {"in time, in the eligibility",
     "lstm",
     "rtrl",
     "Wi",
     {.replaced = 1 + CLASS_EXPLICIT, .side = SIDE_ELIGIBILITY},
     VERDICT_APPROXIMATE,
     1},
    {"between layers, in the signal",
     "digits2",
     "rtrl",
     "l1.Wi",
     {.replaced = 1 + CLASS_SPATIAL, .side = SIDE_SIGNAL},
     VERDICT_APPROXIMATE,
     1},
    {"between layers, in the eligibility",
     "digits2",
     "rtrl",
     "l1.Wi",
     {.replaced = 1 + CLASS_SPATIAL, .side = SIDE_ELIGIBILITY},
     VERDICT_APPROXIMATE,
     1},
    {"between layers, never followed by time",
     "digits2",
     "keep (implicit | explicit | lateral)* spatial*",
     "l1.Wi",
     {.replaced = 1 + CLASS_SPATIAL, .side = SIDE_ELIGIBILITY},
     VERDICT_APPROXIMATE,
     0},
    {"below the edge", "digits2", "rtrl", "l2.Wi", {.replaced = 1 + CLASS_SPATIAL}, VERDICT_EXACT, 0},
};

static void put_axes(Rule *rule, const Graph *graph, const Axes *axes, Arena *arena) {
    rule->signal = axes->signal;
    rule->timing.sample = axes->sample;
    rule->timing.chunk = axes->chunk;
    rule->timing.decay = axes->decay;
    if (!axes->replaced) return;
    Replace replace = {.side = axes->side, .text = "them"};
    replace.selected = arena_alloc(arena, sizeof(bool) * (size_t)(graph->symbols.count + 1));
    for (int s = 0; s < graph->symbols.count; s++)
        replace.selected[s] = 1 + (int)graph->symbols.at[s].class == axes->replaced;
    vec_push(arena, &rule->replaces, replace);
}

/* The facts are found without the axes first; the verdict is then given with them. */
static void check(const Case *c) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, c->spec, ELIGO_TARGET_UNKNOWN);
    const char *keep = strncmp(c->rule, "keep ", 5) == 0 ? c->rule + 5 : NULL;
    EligoDerivation *made = eligo_derive(eligo, spec, keep ? NULL : c->rule, keep, ELIGO_CARRY_RULE);
    cr_assert(made, "%s", eligo_messages(eligo, false));
    put_axes(made->rule, spec->graph, &c->axes, made->arena);
    const Carrying carrying = {.arena = made->arena,
                               .derivation = made->derivation,
                               .graph = spec->graph,
                               .product = product_new(made->arena, spec->graph, &made->rule->automaton),
                               .paths = product_new(made->arena, spec->graph, &made->rule->automaton)};
    for (int p = 0; p < spec->model->params.count; p++) {
        ParamFacts *facts = &made->derivation->facts[p];
        if (strcmp(facts->param->label, c->param) != 0) continue;
        facts->reasons.count = 0;
        derive_verdict(&carrying, facts);
        cr_expect_eq(facts->verdict, c->verdict, "%s: %s", c->what, verdict_name[facts->verdict]);
        cr_expect_eq(facts->reasons.count, c->reasons, "%s: %d reasons", c->what, facts->reasons.count);
    }
    eligo_derivation_free(made);
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(verdict, axes_beside_keep) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i]);
}
