/* The search: batches of entries at places of graph × automaton × automaton, in the order of their cost. */
#include "derive/differ.h"

#include "derive/mask.h"

/* A place: a root beside the state of each rule, DROPPED once it has dropped the path. */
typedef struct Spot {
    int root, state[2];
} Spot;

/* Entries that first reach a place at this cost. */
typedef struct Batch {
    Spot place;
    int steps, edges;
    Relation *entries;
    bool done;
} Batch;

typedef struct Search {
    Arena *arena, *scratch;
    Difference *result;
    const Graph *graph;
    const Var *param;
    const Automaton *automaton[2];
    const Relation **mask[2]; /* [root][state] of the automaton; NULL: all entries */
    Patterns patterns;
    VEC(Batch) batches;
    Relation **seen, **felt[2]; /* by place; by root */
} Search;

/* ---- the rules ---- */

static const Forward *forward_of(const Derivation *derivation, const Var *param) {
    for (int i = 0; i < derivation->recursions.count; i++)
        if (derivation->recursions.at[i]->param == param) return derivation->recursions.at[i];
    return NULL;
}

/* A mask cuts what is carried, and nothing else. A rule with a derivative for each side of a path carries
 * several states for one of its own. */
static void find_masks(Search *s, int rule) {
    const Derivation *derivation = s->result->derivation[rule];
    if (derivation->rule->mask.kind == MASK_NONE) return;
    const Forward *forward = forward_of(derivation, s->param);
    if (!forward) return;
    const int states = s->automaton[rule]->states;
    s->mask[rule] =
        arena_alloc(s->scratch, sizeof(Relation *) * (size_t)(s->graph->roots.count * states + 1));
    for (int c = 0; c < forward->carried.count; c++) {
        const Carried *carried = &forward->carried.at[c];
        if (carried->root->index >= s->graph->roots.count) continue;
        s->mask[rule][carried->root->index * states + carried->state % states] =
            mask_of_root(forward, carried->root);
    }
}

static const Relation *mask_at(const Search *s, int rule, int root, int state) {
    if (!s->mask[rule] || state == DROPPED) return NULL;
    return s->mask[rule][root * s->automaton[rule]->states + state];
}

static int start_of(const Search *s, int rule) { return s->automaton[rule]->states ? 0 : DROPPED; }

static bool accepts(const Search *s, int rule, int state) {
    return state != DROPPED && s->automaton[rule]->accepting[state];
}

/* ---- relations ---- */

static Relation *copy_of(Arena *arena, const Relation *relation) {
    Relation *copy = relation_new(arena, relation->rows, relation->cols);
    relation_add(copy, relation);
    return copy;
}

static void take_away(Relation *from, const Relation *what) {
    for (long i = 0; i < from->rows * from->words; i++) from->bits[i] &= ~what->bits[i];
}

/* Both rules put a diagonal in the way's place: it leads from each unit to itself. */
static bool is_made_diagonal(const Search *s, const Way *way) {
    for (int rule = 0; rule < 2; rule++) {
        const Rule *own = s->result->derivation[rule]->rule;
        bool made = false;
        for (int r = 0; r < own->replaces.count; r++)
            for (int i = 0; i < way->symbols; i++)
                made = made || (own->replaces.at[r].kind == REPLACE_DIAGONAL &&
                                own->replaces.at[r].selected[way->symbol[i]]);
        if (!made) return false;
    }
    return true;
}

/* Without masks all units are alike: one bit stands for them. */
static Relation *after(Search *s, const Way *way, const Relation *entries) {
    if (!s->result->of_units || (!way->start && is_made_diagonal(s, way)))
        return copy_of(s->scratch, entries);
    return relation_after(&s->patterns, way, entries);
}

/* ---- the search ---- */

static int place_index(const Search *s, Spot place) {
    const int wide = s->automaton[1]->states + 1;
    return (place.root * (s->automaton[0]->states + 1) + place.state[0] + 1) * wide + place.state[1] + 1;
}

static bool same_place(Spot a, Spot b) {
    return a.root == b.root && a.state[0] == b.state[0] && a.state[1] == b.state[1];
}

static void arrive(Search *s, Spot place, int steps, int edges, Relation *entries) {
    if ((place.state[0] == DROPPED && place.state[1] == DROPPED) || relation_count(entries) == 0) return;
    for (int i = 0; i < s->batches.count; i++) {
        Batch *batch = &s->batches.at[i];
        if (batch->steps != steps || batch->edges != edges || !same_place(batch->place, place)) continue;
        relation_add(batch->entries, entries);
        return;
    }
    vec_push(s->scratch, &s->batches, ((Batch){place, steps, edges, entries, false}));
}

/* Where these entries come to when the rules of `kept` let them through (bit r: rule r). */
static Spot spot_after(const Search *s, const Way *way, const int state[2], unsigned kept) {
    Spot place = {.root = way->to->index};
    for (int rule = 0; rule < 2; rule++)
        place.state[rule] = state[rule] != DROPPED && (kept >> rule & 1U)
                                ? automaton_run(s->automaton[rule], state[rule], way->symbol, way->symbols)
                                : DROPPED;
    return place;
}

/* Those of `entries` that the masks of `kept`, and of no other rule, let through at this place. */
static Relation *let_through(const Search *s, Spot place, unsigned kept, const Relation *entries) {
    Relation *left = copy_of(s->scratch, entries);
    for (int rule = 0; rule < 2; rule++) {
        const Relation *mask = mask_at(s, rule, place.root, place.state[rule]);
        if (mask && (kept >> rule & 1U)) relation_cut(left, mask);
        if (mask && !(kept >> rule & 1U)) take_away(left, mask);
        if (!mask && !(kept >> rule & 1U)) return relation_new(s->scratch, left->rows, left->cols);
    }
    return left;
}

static void go(Search *s, const Way *way, const int state[2], int steps, int edges, const Relation *entries) {
    const Relation *spread = after(s, way, entries);
    const Spot open = spot_after(s, way, state, 3);
    for (unsigned kept = 1; kept < 4; kept++)
        arrive(s, spot_after(s, way, state, kept), steps + way->lag, edges + 1,
               let_through(s, open, kept, spread));
}

static int cheapest(const Search *s) {
    int best = -1;
    for (int i = 0; i < s->batches.count; i++) {
        const Batch *one = &s->batches.at[i], *other = best < 0 ? NULL : &s->batches.at[best];
        if (one->done) continue;
        if (!other || one->steps < other->steps || (one->steps == other->steps && one->edges < other->edges))
            best = i;
    }
    return best;
}

/* What is new of a batch; what was there before at a lower cost is taken away. */
static bool is_new(Search *s, Batch *batch) {
    Relation **seen = &s->seen[place_index(s, batch->place)];
    batch->done = true;
    if (!*seen) {
        s->result->places++;
        *seen = relation_new(s->scratch, batch->entries->rows, batch->entries->cols);
    }
    take_away(batch->entries, *seen);
    relation_add(*seen, batch->entries);
    return relation_count(batch->entries) > 0;
}

static long rows_of(const Search *s) { return s->result->of_units ? dim_size(s->param->rows) : 1; }

static void begin(Search *s) {
    const int start[2] = {start_of(s, 0), start_of(s, 1)};
    for (int i = 0; i < s->graph->starts.count; i++)
        if (s->graph->starts.at[i].from == s->param)
            go(s, &s->graph->starts.at[i], start, 0, 0, relation_identity(s->scratch, rows_of(s)));
}

/* ---- a witness, from its end to its beginning ---- */

static bool has(const Relation *relation, long k, long j) { return relation_has(relation, k, j); }

/* Does the way bring (unit, row) here from some unit of the batch? The smallest one, or -1. */
static long unit_before(Search *s, const Way *way, const Relation *entries, long unit, long row) {
    for (long k = 0; k < entries->rows; k++) {
        if (!has(entries, k, row)) continue;
        Relation *one = relation_new(s->scratch, entries->rows, entries->cols);
        relation_set(one, k, row);
        if (has(after(s, way, one), unit, row)) return k;
    }
    return -1;
}

static bool leads(const Search *s, const Way *way, const int state[2], Spot to, long unit, long row) {
    const Spot open = spot_after(s, way, state, 3);
    unsigned kept = 0;
    for (int rule = 0; rule < 2; rule++) {
        const Relation *mask = mask_at(s, rule, open.root, open.state[rule]);
        if (!mask || has(mask, unit, row)) kept |= 1U << rule;
    }
    return same_place(spot_after(s, way, state, kept), to);
}

typedef struct Back { /* how a batch was reached */
    const Way *way;
    int batch; /* -1: by the parameter's own use */
    long unit;
} Back;

static Back step_back(Search *s, const Batch *to, long unit, long row) {
    const int start[2] = {start_of(s, 0), start_of(s, 1)};
    if (to->edges == 1)
        for (int i = 0; i < s->graph->starts.count; i++) {
            const Way *way = &s->graph->starts.at[i];
            if (way->from != s->param || !leads(s, way, start, to->place, unit, row)) continue;
            const Relation *own = relation_identity(s->scratch, rows_of(s));
            if (has(after(s, way, own), unit, row)) return (Back){way, -1, row};
        }
    for (int b = 0; b < s->batches.count; b++) {
        const Batch *from = &s->batches.at[b];
        if (!from->done || from->edges != to->edges - 1) continue;
        for (int w = 0; w < s->graph->ways.count; w++) {
            const Way *way = &s->graph->ways.at[w];
            if (way->from->index != from->place.root || from->steps + way->lag != to->steps ||
                !leads(s, way, from->place.state, to->place, unit, row))
                continue;
            const long before = unit_before(s, way, from->entries, unit, row);
            if (before >= 0) return (Back){way, b, before};
        }
    }
    return (Back){NULL, -1, 0};
}

static void first_entry(const Relation *entries, long *unit, long *row) {
    for (*unit = 0; *unit < entries->rows; ++*unit)
        for (*row = 0; *row < entries->cols; ++*row)
            if (has(entries, *unit, *row)) return;
}

static void say_where_dropped(const Search *s, Witness *witness, int other) {
    const int count = witness->ways.count;
    witness->dropped_at = 0;
    while (witness->dropped_at < count && witness->states.at[witness->dropped_at + 1] != DROPPED)
        witness->dropped_at++;
    if (witness->dropped_at == count || witness->states.at[witness->dropped_at] == DROPPED) return;
    const Way *way = witness->ways.at[witness->dropped_at];
    const int before = witness->states.at[witness->dropped_at];
    witness->by_mask = automaton_run(s->automaton[other], before, way->symbol, way->symbols) != DROPPED;
}

static Witness *witness_of(Search *s, int end, int keeper) {
    Witness *witness = arena_new_of(s->arena, Witness);
    const int other = 1 - keeper, count = s->batches.at[end].edges;
    witness->param = s->param;
    witness->steps = s->batches.at[end].steps;
    const Way **ways = arena_alloc(s->scratch, sizeof *ways * (size_t)(count + 1));
    int *states = arena_alloc(s->scratch, sizeof *states * (size_t)(count + 1));
    long *units = arena_alloc(s->scratch, sizeof *units * (size_t)(count + 1)), unit;
    first_entry(s->batches.at[end].entries, &unit, &witness->row);
    int at = end;
    for (int i = count - 1; i >= 0; i--) {
        const Back back = step_back(s, &s->batches.at[at], unit, witness->row);
        if (!back.way) return NULL;
        ways[i] = back.way, units[i] = unit;
        at = back.batch, unit = back.unit;
        states[i] = at < 0 ? start_of(s, other) : s->batches.at[at].place.state[other];
    }
    for (int i = 0; i < count; i++) {
        vec_push(s->arena, &witness->ways, ways[i]);
        vec_push(s->arena, &witness->states, states[i]);
        if (s->result->of_units) vec_push(s->arena, &witness->units, units[i]);
    }
    vec_push(s->arena, &witness->states, s->batches.at[end].place.state[other]);
    say_where_dropped(s, witness, other);
    return witness;
}

static bool is_shorter(const Witness *one, const Witness *other) {
    return !other || one->steps < other->steps ||
           (one->steps == other->steps && one->ways.count < other->ways.count);
}

static void judge_loss(Search *s, int at, int param) {
    const Spot place = s->batches.at[at].place;
    for (int keeper = 0; keeper < 2; keeper++) {
        bool *parts = &s->result->parts[keeper][param];
        if (*parts || !accepts(s, keeper, place.state[keeper]) ||
            accepts(s, 1 - keeper, place.state[1 - keeper]))
            continue;
        *parts = true;
        Witness *witness = witness_of(s, at, keeper);
        if (witness && is_shorter(witness, s->result->witness[keeper])) s->result->witness[keeper] = witness;
    }
}

/* ---- entries ---- */

static void note_felt(Search *s, const Batch *batch) {
    for (int rule = 0; rule < 2; rule++) {
        Relation **felt = &s->felt[rule][batch->place.root];
        if (!*felt) *felt = relation_new(s->arena, batch->entries->rows, batch->entries->cols);
        if (batch->place.state[rule] != DROPPED) relation_add(*felt, batch->entries);
    }
}

/* Of variables that are carried from step to step by either rule. */
static bool is_carried(const Search *s, int root) {
    for (int rule = 0; rule < 2; rule++)
        for (int q = 0; s->mask[rule] && q < s->automaton[rule]->states; q++)
            if (s->mask[rule][root * s->automaton[rule]->states + q]) return true;
    return false;
}

static void compare_entries(Search *s) {
    for (int r = 0; r < s->graph->roots.count; r++) {
        const Relation *a = s->felt[0][r], *b = s->felt[1][r];
        if (!a || !is_carried(s, r) || relation_equal(a, b)) continue;
        vec_push(s->arena, &s->result->entries, ((EntriesDiffer){s->param, s->graph->roots.at[r], {a, b}}));
    }
}

/* ---- all of it ---- */

static void search_from(Difference *result, Arena *arena, int param) {
    const Derivation *first = result->derivation[0];
    Search s = {.arena = arena, .scratch = arena_new(), .result = result, .graph = first->whole};
    s.param = first->model->params.at[param];
    s.patterns.arena = s.scratch;
    for (int rule = 0; rule < 2; rule++) {
        s.automaton[rule] = &result->derivation[rule]->rule->automaton;
        find_masks(&s, rule);
        s.felt[rule] = arena_alloc(s.scratch, sizeof(Relation *) * (size_t)(s.graph->roots.count + 1));
    }
    const Spot last = {s.graph->roots.count, {DROPPED, DROPPED}};
    s.seen = arena_alloc(s.scratch, sizeof(Relation *) * (size_t)(place_index(&s, last) + 1));
    begin(&s);
    for (int at = cheapest(&s); at >= 0; at = cheapest(&s)) {
        if (!is_new(&s, &s.batches.at[at])) continue;
        const Batch batch = s.batches.at[at];
        if (result->of_units) note_felt(&s, &batch);
        if (batch.place.root == first->model->loss->index) judge_loss(&s, at, param);
        for (int w = 0; w < s.graph->ways.count; w++)
            if (s.graph->ways.at[w].from->index == batch.place.root)
                go(&s, &s.graph->ways.at[w], batch.place.state, batch.steps, batch.edges, batch.entries);
    }
    if (result->of_units) compare_entries(&s);
    arena_free(s.scratch);
}

Difference *differ(Arena *arena, const Derivation *a, const Derivation *b) {
    Difference *result = arena_new_of(arena, Difference);
    *result = (Difference){.derivation = {a, b}};
    result->of_units = a->rule->mask.kind != MASK_NONE || b->rule->mask.kind != MASK_NONE;
    for (int keeper = 0; keeper < 2; keeper++)
        result->parts[keeper] = arena_alloc(arena, sizeof(bool) * (size_t)(a->model->params.count + 1));
    for (int p = 0; p < a->model->params.count; p++) search_from(result, arena, p);
    return result;
}
