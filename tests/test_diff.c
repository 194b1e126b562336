/* `eligo diff`: witnesses against an enumeration of paths, and what it says against gradients as numbers. */
#include "derive/differ.h"
#include "eligo_trial.h"
#include "random_spec.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Pair {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *of[2];
} Pair;

static EligoDerivation *derive_text(Pair *pair, const char *text) {
    const bool keep = strncmp(text, "keep ", 5) == 0;
    return eligo_derive(pair->eligo, pair->spec, keep ? NULL : text, keep ? text + 5 : NULL,
                        ELIGO_CARRY_RULE);
}

/* Without derivations after an error. */
static Pair pair_open(Eligo *eligo, EligoSpec *spec, const char *a, const char *b) {
    Pair pair = {.eligo = eligo, .spec = spec};
    pair.of[0] = derive_text(&pair, a);
    pair.of[1] = pair.of[0] ? derive_text(&pair, b) : NULL;
    return pair;
}

static Pair pair_on(const char *spec, const char *a, const char *b) {
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", 4);
    Pair pair = pair_open(eligo, eligo_open(eligo, spec, ELIGO_TARGET_UNKNOWN), a, b);
    cr_assert(pair.of[1], "%s, %s on %s: %s", a, b, spec, eligo_messages(eligo, false));
    return pair;
}

static void pair_free(Pair *pair) {
    eligo_derivation_free(pair->of[1]);
    eligo_derivation_free(pair->of[0]);
    eligo_spec_free(pair->spec);
    eligo_free(pair->eligo);
}

/* How far the rules' gradients are from each other on a random sequence of so many steps. */
static double distance(Pair *pair, int steps) {
    Trial trial = {.eligo = pair->eligo, .spec = pair->spec, .arena = arena_new(), .steps = steps};
    double far = 0;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        trial_draw(&trial, seed);
        const Gradients a = trial_gradients(&trial, pair->of[0]), b = trial_gradients(&trial, pair->of[1]);
        cr_assert(a.at && b.at, "%s", eligo_messages(pair->eligo, false));
        const double one = trial_disagreement(&trial, a, b, NULL);
        far = one > far ? one : far;
    }
    arena_free(trial.arena);
    return far;
}

/* ---- what it says ---- */

typedef struct Saying {
    const char *spec, *a, *b;
    bool equal;
    const char *words;
} Saying;

Test(diff, says) {
    static const Saying sayings[] = {
        {"vanilla", "snap(1)", "eprop", false,
         "W -> h[t-1] -R-> h[t] -> loss: explicit via R, R_jj; kept by snap(n=1), dropped by eprop(m=1)"},
        {"vanilla", "snap(1)", "eprop", false, "Every path that eprop(m=1) keeps, snap(n=1) keeps too."},
        {"vanilla", "snap(1)", "rtrl", false,
         "R_kj, an entry (k, j) of h that the mask hasn't; kept by rtrl, dropped by snap(n=1)"},
        {"vanilla", "snap(1)", "rtrl", false, "h by W, R, b: snap(n=1) has only k = j, rtrl has all (k, j)"},
        {"vanilla", "snap(2)", "rtrl", true, "Equal on vanilla."},
        {"leaky", "rflo", "eprop", false,
         "Same paths, but\n    other signals: errors come back through fixed random matrices under rflo"},
        {"leaky", "rflo", "eprop_random", true, "Equal on leaky.\n\nProof: of the "},
        {"leaky", "mdgl", "eprop(2)", false, "Every path that mdgl keeps, eprop(m=2) keeps too."},
        {"leaky", "mdgl", "eprop(2)", false, "On sequences of at most 2 steps they keep the same paths."},
        {"vanilla", "mdgl", "eprop(2)", true, "Equal on vanilla."},
        {"vanilla", "eprop(5)", "bptt", false, "On sequences of at most 5 steps they keep the same paths."},
        {"gru", "eprop", "bptt", false, "They part within a single step."},
        {"gru", "eprop", "bptt", false, "Wr -Rn-> h[t] -> loss: lateral via Rn; kept by bptt, dropped by"},
        {"diag", "eprop", "bptt", true, "Equal on diag."},
        {"lstm", "bptt", "rtrl", true, "bptt is carried backward, rtrl forward"},
        {"lstm", "dsf", "bptt", false,
         "the edge c[t-1] -> c (implicit): replaced with diag(0.9) under dsf(a=0.9)"},
        {"lstm", "dsf", "dsf_forward", true, "Equal on lstm."},
        {"lstm", "eprop_decayed(1)", "eprop", true, "Equal on lstm."},
        {"lstm", "eprop_decayed", "eprop", false, "other weights: each step back counts"},
        {"lstm", "uoro", "rtrl", false, "other estimates: influences are of rank 1"},
        {"lstm", "cafo", "bptt", true, "Equal on lstm."},
        {"leaky", "keep any*; chunk 3", "bptt", false, "paths are cut into chunks of 3 steps under"},
        {"vanilla", "keep implicit*; chunk 3", "eprop", true, "Equal on vanilla."}, /* nothing is cut there */
        {"leaky", "keep any*; sample 3", "bptt", false, "of a sequence teach 3 steps under"},
        {"leaky", "keep any*; update online", "rtrl", false, "parameters change at each step under"},
        {"alif", "eprop_noreset", "eprop", false, "-#reset-> "},
        {"lstm", "keep any* explicit", "bptt", false, "it ends in state q0, which doesn't accept"},
    };
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        const Saying *saying = &sayings[i];
        Pair pair = pair_on(saying->spec, saying->a, saying->b);
        bool equal, turned;
        char *text = eligo_diff(pair.of[0], pair.of[1], &equal),
             *back = eligo_diff(pair.of[1], pair.of[0], &turned);
        cr_expect(strstr(text, saying->words), "%s\nlacks: %s", text, saying->words);
        cr_expect(equal == saying->equal && turned == equal, "%s", text);
        free(text), free(back);
        pair_free(&pair);
    }
}

/* ---- numbers: the sequence on which the rules part first, and the one before ---- */

Test(diff, gradients_part_where_it_says) {
    static const struct {
        const char *spec, *a, *b;
        int steps; /* up to which they are equal; -1: for ever */
        int late;  /* what a GRU resets is zero at first: it takes a step more to show */
    } cases[] = {
        {"vanilla", "snap(1)", "eprop", 1, 0},
        {"vanilla", "snap(1)", "rtrl", 1, 0},
        {"vanilla", "snap(2)", "rtrl", -1, 0},
        {"vanilla", "eprop(3)", "bptt", 3, 0},
        {"leaky", "mdgl", "eprop(2)", 2, 0},
        {"lstm", "tbptt(2)", "bptt", 3, 0},
        {"lstm", "eprop", "lstm1997", -1, 0},
        {"gru", "eprop(3)", "bptt", 1, 1},
        {"diag", "eprop", "bptt", -1, 0},
        {"gru", "snap(1)", "snap(2)", 1, 0},
        {"lstm", "d_rtrl", "snap(1)", -1, 0},
        {"gru", "d_rtrl", "snap(1)", 0, 1},
        {"leaky", "keep any* explicit any*", "bptt", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Pair pair = pair_on(cases[i].spec, cases[i].a, cases[i].b);
        Arena *arena = arena_new();
        const Difference *found = differ(arena, pair.of[0]->derivation, pair.of[1]->derivation);
        int steps = -1;
        for (int keeper = 0; keeper < 2; keeper++)
            if (found->witness[keeper] && (steps < 0 || found->witness[keeper]->steps < steps))
                steps = found->witness[keeper]->steps;
        cr_expect_eq(steps, cases[i].steps, "%s and %s on %s: up to %d", cases[i].a, cases[i].b,
                     cases[i].spec, steps);
        const double same = distance(&pair, steps < 0 ? 6 : steps),
                     other = distance(&pair, steps + 1 + cases[i].late);
        cr_expect(steps == 0 || same < 1e-12, "%s and %s on %s: off by %g", cases[i].a, cases[i].b,
                  cases[i].spec, same);
        cr_expect(steps < 0 || other > 1e-9, "%s and %s on %s: equal with a witness", cases[i].a, cases[i].b,
                  cases[i].spec);
        arena_free(arena);
        pair_free(&pair);
    }
}

/* ---- random specs and paths, against an enumeration ---- */

enum { MOST_STEPS = 3, MOST_WAYS = 6, PAIRS = 250 };

typedef struct Path {
    int steps, ways;
} Path;

typedef struct Enumeration {
    const Graph *graph;
    const Automaton *automaton[2];
    Path least[2]; /* [keeper]; steps < 0: none */
    long budget;
} Enumeration;

static bool accepts(const Automaton *automaton, int state) {
    return state != DROPPED && automaton->accepting[state];
}

static void note(Enumeration *e, int keeper, Path path) {
    Path *least = &e->least[keeper];
    if (least->steps >= 0 &&
        (least->steps < path.steps || (least->steps == path.steps && least->ways <= path.ways)))
        return;
    *least = path;
}

/* Every path that goes on from here: no place is remembered, no path is cut short because of another. */
static void walk(Enumeration *e, const Way *way, int p, int q, Path path) {
    path = (Path){path.steps + way->lag, path.ways + 1};
    if (path.steps > MOST_STEPS || path.ways > MOST_WAYS || e->budget-- < 0) return;
    if (p != DROPPED) p = automaton_run(e->automaton[0], p, way->symbol, way->symbols);
    if (q != DROPPED) q = automaton_run(e->automaton[1], q, way->symbol, way->symbols);
    if (way->to == e->graph->model->loss) {
        const bool a = accepts(e->automaton[0], p), b = accepts(e->automaton[1], q);
        if (a && !b) note(e, 0, path);
        if (b && !a) note(e, 1, path);
    }
    for (int w = 0; w < e->graph->ways.count; w++)
        if (e->graph->ways.at[w].from == way->to) walk(e, &e->graph->ways.at[w], p, q, path);
}

static bool is_within(const Witness *witness) {
    return witness && witness->steps <= MOST_STEPS && witness->ways.count <= MOST_WAYS;
}

/* The witness is what it's said to be: a path of the graph that one keeps and the other drops. */
static void check_witness(const Enumeration *e, const Witness *witness, int keeper, const char *text) {
    int p = 0, q = 0, steps = 0;
    for (int i = 0; i < witness->ways.count; i++) {
        const Way *way = witness->ways.at[i];
        cr_assert(i == 0 ? way->from == witness->param : way->from == witness->ways.at[i - 1]->to, "%s",
                  text);
        if (p != DROPPED) p = automaton_run(e->automaton[keeper], p, way->symbol, way->symbols);
        if (q != DROPPED) q = automaton_run(e->automaton[1 - keeper], q, way->symbol, way->symbols);
        steps += way->lag;
        cr_assert((q == DROPPED) == (i >= witness->dropped_at), "%s", text);
    }
    cr_assert(witness->ways.at[witness->ways.count - 1]->to == e->graph->model->loss, "%s", text);
    cr_assert(steps == witness->steps && accepts(e->automaton[keeper], p), "%s", text);
    cr_assert(!accepts(e->automaton[1 - keeper], q), "%s", text);
}

typedef struct Tally {
    int equal, parted, numbers;
} Tally;

static void check_pair(Pair *pair, const char *text, Tally *tally) {
    Arena *arena = arena_new();
    const Difference *found = differ(arena, pair->of[0]->derivation, pair->of[1]->derivation);
    Enumeration e = {.graph = pair->spec->graph,
                     .automaton = {&pair->of[0]->rule->automaton, &pair->of[1]->rule->automaton},
                     .least = {{-1, 0}, {-1, 0}},
                     .budget = 300000};
    for (int s = 0; s < e.graph->starts.count; s++) walk(&e, &e.graph->starts.at[s], 0, 0, (Path){0, 0});
    bool any = false;
    for (int keeper = 0; keeper < 2; keeper++) {
        const Witness *witness = found->witness[keeper];
        any = any || witness;
        if (witness) check_witness(&e, witness, keeper, text);
        if (e.budget < 0) continue;
        cr_assert_eq(is_within(witness), e.least[keeper].steps >= 0, "%s", text);
        if (is_within(witness))
            cr_assert(witness->steps == e.least[keeper].steps && witness->ways.count == e.least[keeper].ways,
                      "%s: %d steps, %d ways; enumeration has %d, %d", text, witness->steps,
                      witness->ways.count, e.least[keeper].steps, e.least[keeper].ways);
    }
    const double far = distance(pair, 4);
    tally->equal += !any, tally->parted += any, tally->numbers += any && far > 1e-9;
    cr_assert(any || far < 1e-9, "%s: equal, but gradients differ by %g", text, far);
    arena_free(arena);
}

/* A witness may lead through a derivative that is zero at these numbers, or need a longer sequence: most do
 * neither. */
Test(diff, random_pairs, .timeout = 300) {
    Tally tally = {0};
    for (uint64_t seed = 1; tally.equal + tally.parted < PAIRS; seed++) {
        RandomSpec random = random_spec(seed);
        Random paths;
        random_seed(&paths, seed ^ 0xd1ff);
        Text keep[2] = {{0}, {0}};
        for (int rule = 0; rule < 2; rule++) {
            text_add(&keep[rule], "keep ");
            random_path(&paths, &random, &keep[rule]);
        }
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open_text(eligo, "random.eligo", random.text.at, ELIGO_TARGET_UNKNOWN);
        cr_assert(spec, "%s", eligo_messages(eligo, false));
        Pair pair = pair_open(eligo, spec, keep[0].at, keep[1].at); /* an empty language is refused */
        char *text = formatted("seed %d: %s, %s\n%s", (int)seed, keep[0].at, keep[1].at, random.text.at);
        if (pair.of[1]) check_pair(&pair, text, &tally);
        free(text);
        pair_free(&pair);
        text_free(&keep[0]), text_free(&keep[1]);
        random_spec_free(&random);
    }
    fprintf(stderr, "diff: %d equal, %d parted, %d of them in numbers\n", tally.equal, tally.parted,
            tally.numbers);
    cr_expect(tally.equal > PAIRS / 50 && tally.numbers > tally.parted * 3 / 4);
}

/* Masks beside each other and beside rules without one: what units are told apart for. */
Test(diff, random_masks, .timeout = 300) {
    static const char *const masks[] = {"; mask diag", "; mask reach(1)", "; mask reach(2)",
                                        "; mask block(2)", ""};
    Tally tally = {0};
    for (uint64_t seed = 1; tally.equal + tally.parted < PAIRS; seed++) {
        RandomSpec random = random_spec(seed);
        Random draws;
        random_seed(&draws, seed ^ 0x3a5c);
        Text other = {0};
        random_path(&draws, &random, &other);
        char *a = formatted("keep any*%s", masks[random_below(&draws, 4)]);
        char *b = random_chance(&draws, 70) ? formatted("keep any*%s", masks[random_below(&draws, 5)])
                                            : formatted("keep %s", other.at);
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open_text(eligo, "random.eligo", random.text.at, ELIGO_TARGET_UNKNOWN);
        Pair pair = pair_open(eligo, spec, a, b);
        if (pair.of[1]) {
            Arena *arena = arena_new();
            const Difference *found = differ(arena, pair.of[0]->derivation, pair.of[1]->derivation);
            const bool any = found->witness[0] || found->witness[1];
            const double far = distance(&pair, 4);
            tally.equal += !any, tally.parted += any, tally.numbers += any && far > 1e-9;
            cr_assert(any || far < 1e-9, "seed %d: %s, %s\n%s\nequal, but gradients differ by %g", (int)seed,
                      a, b, random.text.at, far);
            arena_free(arena);
        }
        free(a), free(b);
        pair_free(&pair);
        text_free(&other);
        random_spec_free(&random);
    }
    fprintf(stderr, "diff: under masks %d equal, %d parted, %d of them in numbers\n", tally.equal,
            tally.parted, tally.numbers);
    cr_expect(tally.equal > PAIRS / 10 && tally.numbers > tally.parted * 3 / 4);
}
