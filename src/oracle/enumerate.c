/* The sum over paths, from the loss backwards.
 *
 * What can follow a scalar node (root, unit, step) is a set of words, each with the sum of the products of
 * all paths that spell it; `suffixes` finds it from the ways that start at uses of the root and the suffixes
 * of where they end. A parameter's own ways are put in front, and only then, with the whole word known, is
 * the rule asked. */
#include "oracle/enumerate.h"

#include "oracle/pairs.h"
#include "oracle/way.h"

#include "model/pattern.h"

#include <math.h>
#include <string.h>

enum { MOST_WORDS = 1000000 };

typedef struct Suffix { /* one word, and for each unit the sum of the paths that spell it */
    int word;
    bool lagged; /* some edge has a lag: what comes before it is the eligibility's */
    double *at;
} Suffix;

typedef struct Suffixes {
    bool known;
    int units;
    VEC(Suffix) list;
} Suffixes;

typedef struct Enumeration {
    Arena *arena;
    Unrolled *unrolled;
    Words *words;
    Suffixes *suffixes; /* [root * steps + step] */
    Pairs *place;       /* (which suffixes, word) → index in its list */
    Pairs *seen;        /* words that lead from a parameter to a loss */
    long total;         /* suffixes in all lists */
    OracleCount count;
    const OracleRule *rule;
    Words **selected; /* for each replacement: the words of its selector */
    bool failed;
} Enumeration;

static Suffixes *suffixes(Enumeration *all, const Var *root, int step);

/* ---- words of paths ---- */

static int word_of(Enumeration *all, const Way *way, int rest) {
    Edge edge[MOST_CROSSINGS];
    int symbols = way_spell(way, words_name_local(all->words, way->tags), edge), word = rest;
    for (int i = symbols - 1; i >= 0 && word >= 0; i--) word = words_prepend(all->words, edge[i], word);
    if (word < 0) all->failed = true;
    return word;
}

/* ---- edges that are something else ---- */

/* The replacement that one of the way's edges is selected by on this side, or -1. */
static int replaced_by(Enumeration *all, const Way *way, OracleSide side) {
    for (int r = 0; r < all->rule->replace_count; r++) {
        const OracleReplace *replace = &all->rule->replaces[r];
        if (replace->side != ORACLE_BOTH && replace->side != side) continue;
        if (replace->kind == ORACLE_VALUE && !way->from) continue;
        Edge edge[MOST_CROSSINGS];
        Words *words = all->selected[r];
        const int symbols = way_spell(way, words_name_local(words, way->tags), edge);
        for (int i = 0; i < symbols; i++)
            if (words_keep(words, words_prepend(words, edge[i], 0))) return r;
    }
    return -1;
}

static bool is_between_layers(const Way *way) {
    return way->from && way->from->layer >= 0 && way->to->layer >= 0 && way->from->layer != way->to->layer;
}

static double weight_of_lag(const Enumeration *all, int lag) {
    return all->rule->decay > 0 ? pow(all->rule->decay, lag) : 1;
}

/* ---- from states to the loss ---- */

static double *suffix_of(Enumeration *all, int which, int word, bool lagged) {
    Suffixes *own = &all->suffixes[which];
    bool is_new;
    int i = pairs_enter(all->place, which, 2 * word + lagged, own->list.count, &is_new);
    if (is_new) {
        double *at = arena_alloc(all->arena, (size_t)own->units * sizeof *at);
        vec_push(all->arena, &own->list, ((Suffix){word, lagged, at}));
        if (++all->total > MOST_WORDS) all->failed = true;
    }
    return own->list.at[i].at;
}

typedef struct Stand { /* one replaced edge: what stands for all like it is put in front once */
    Way way;
    int by;
    OracleSide side;
} Stand;
typedef VEC(Stand) Stands;

typedef struct Prefix { /* ways are being walked from this unit of these suffixes' root; they end at `step` */
    Enumeration *all;
    int which, unit, step;
    Stands *stands;
} Prefix;

static void remember(const Prefix *prefix, const Way *way, int by, OracleSide side) {
    for (int i = 0; i < prefix->stands->count; i++) {
        const Stand *other = &prefix->stands->at[i];
        if (other->by == by && other->side == side && other->way.to == way->to && other->way.lag == way->lag)
            return;
    }
    vec_push(prefix->all->arena, prefix->stands, ((Stand){*way, by, side}));
}

static void put_all_in_front(const Prefix *prefix, const Way *way, int unit, double weight, OracleSide side);

static void put_in_front(void *context, const Way *way, int unit) {
    const Prefix *prefix = context;
    Enumeration *all = prefix->all;
    for (OracleSide side = ORACLE_ELIGIBILITY; side <= ORACLE_SIGNAL; side++) {
        const int by = replaced_by(all, way, side);
        const OracleWeight kind = by < 0 ? ORACLE_OWN : all->rule->replaces[by].kind;
        if (kind == ORACLE_VALUE)
            remember(prefix, way, by, side);
        else
            put_all_in_front(prefix, way, unit, way_weight(all->unrolled, way, kind), side);
    }
}

/* The edges that stand for replaced ones: from each unit to the same unit, with the value at their end's
 * step. */
static void put_stands_in_front(Enumeration *all, int which, int units, int step, const Stands *stands) {
    for (int i = 0; i < stands->count; i++) {
        const Stand *stand = &stands->at[i];
        const Expr *value = all->rule->replaces[stand->by].value[stand->way.to->layer + 1];
        const int end = step + stand->way.lag;
        const double *number = unroll_value(all->unrolled, value, end);
        for (int unit = 0; unit < units; unit++) {
            const Prefix prefix = {all, which, unit, end, NULL};
            put_all_in_front(&prefix, &stand->way, unit, number[value->dim ? unit : 0], stand->side);
        }
    }
}

static OracleSide side_of(const Way *way, const Suffix *rest) {
    return way->lag > 0 || rest->lagged ? ORACLE_ELIGIBILITY : ORACLE_SIGNAL;
}

/* Paths in which the way is on this side. */
static void put_all_in_front(const Prefix *prefix, const Way *way, int unit, double weight, OracleSide side) {
    Enumeration *all = prefix->all;
    if (weight == 0 || (all->rule->within_layers && is_between_layers(way))) return;
    weight *= weight_of_lag(all, way->lag);
    const Suffixes *rest = suffixes(all, way->to, prefix->step);
    for (int i = 0; i < rest->list.count && !all->failed; i++) {
        const Suffix *suffix = &rest->list.at[i];
        if (side_of(way, suffix) != side) continue;
        int word = word_of(all, way, suffix->word);
        if (word >= 0)
            suffix_of(all, prefix->which, word, side == ORACLE_ELIGIBILITY)[prefix->unit] +=
                weight * suffix->at[unit];
    }
}

/* Steps only go up along a path: it stays in one chunk when none of its edges leaves one. */
static bool crosses_chunks(const OracleRule *rule, int from, int to) {
    return rule->chunk > 0 && from / rule->chunk != to / rule->chunk;
}

static Suffixes *suffixes(Enumeration *all, const Var *root, int step) {
    int steps = all->unrolled->sequence->steps, which = root->index * steps + step;
    Suffixes *own = &all->suffixes[which];
    if (own->known) return own;
    own->known = true;
    own->units = (int)dim_size(root->rows);
    const bool teaches = !all->rule->teaches || all->rule->teaches[step];
    if (root == all->unrolled->model->loss && teaches) suffix_of(all, which, 0, false)[0] = 1;
    const Nodes *nodes = &all->unrolled->nodes;
    Stands stands = {0};
    for (int i = 0; i < nodes->count; i++) {
        const Expr *use = nodes->at[i];
        if (use->op != EXPR_USE || use->var != root || step + use->lag >= steps) continue;
        if (crosses_chunks(all->rule, step, step + use->lag)) continue;
        for (int unit = 0; unit < own->units && !all->failed; unit++) {
            Prefix prefix = {all, which, unit, step + use->lag, &stands};
            if (!way_walk(all->unrolled, use, unit, prefix.step, put_in_front, &prefix)) all->failed = true;
        }
    }
    put_stands_in_front(all, which, own->units, step, &stands);
    return own;
}

/* ---- from parameters ---- */

typedef struct Own { /* ways are being walked from a parameter's use; entry grad[i] takes factor[i] of each */
    Enumeration *all;
    int step, entries, row;
    const Var *param;
    const Pattern *pattern; /* of a sparse parameter */
    const double *factor;
    double *grad;
} Own;

static bool keeps(Enumeration *all, int word) {
    bool is_new, kept = words_keep(all->words, word);
    pairs_enter(all->seen, 0, word, 0, &is_new);
    all->count.words += is_new;
    all->count.kept += is_new && kept;
    return kept;
}

static void add_path(const Own *own, double path) {
    for (int entry = 0; entry < own->entries; entry++)
        if (own->row < 0 || pattern_has(own->pattern, own->param, own->row, entry))
            own->grad[entry] += own->factor[entry] * path;
}

static void add_to_gradient(void *context, const Way *way, int unit) {
    const Own *own = context;
    Enumeration *all = own->all;
    double weight[ORACLE_SIGNAL + 1];
    for (OracleSide side = ORACLE_ELIGIBILITY; side <= ORACLE_SIGNAL; side++) {
        const int by = replaced_by(all, way, side);
        weight[side] = way_weight(all->unrolled, way, by < 0 ? ORACLE_OWN : all->rule->replaces[by].kind);
    }
    const Suffixes *rest = suffixes(all, way->to, own->step);
    for (int i = 0; i < rest->list.count && !all->failed; i++) {
        const Suffix *suffix = &rest->list.at[i];
        int word = word_of(all, way, suffix->word);
        if (word >= 0 && keeps(all, word)) add_path(own, weight[side_of(way, suffix)] * suffix->at[unit]);
    }
}

/* `use` is the parameter itself (entry = unit), or its product with a vector (a row of entries for each
 * unit). */
static void start_at_use(Enumeration *all, const Expr *use, int step, double *grad) {
    static const double one = 1;
    bool product = use->op == EXPR_MATVEC;
    int width = product ? (int)dim_size(use->var->cols) : 1;
    const Pattern *pattern = pattern_of(use->var, all->arena);
    const double *factor = product ? unroll_value(all->unrolled, use->kid[0], step) : &one;
    for (int unit = 0; unit < dim_size(use->dim) && !all->failed; unit++) {
        Own own = {all, step, width, product ? unit : -1, use->var, pattern, factor, grad + unit * width};
        if (!way_walk(all->unrolled, use, unit, step, add_to_gradient, &own)) all->failed = true;
    }
}

static void start_at_param(Enumeration *all, const Var *param, double *grad) {
    memset(grad, 0, (size_t)(dim_size(param->rows) * dim_size(param->cols)) * sizeof *grad);
    const Nodes *nodes = &all->unrolled->nodes;
    for (int i = 0; i < nodes->count; i++)
        for (int step = 0; nodes->at[i]->var == param && step < all->unrolled->sequence->steps; step++)
            start_at_use(all, nodes->at[i], step, grad);
}

OracleOutcome oracle_gradient(const Model *model, const OracleRule *rule, const double *const *params,
                              const Sequence *sequence, double *const *grad, OracleCount *count) {
    Arena *arena = arena_new();
    Enumeration all = {.arena = arena, .rule = rule};
    all.unrolled = unroll(arena, model, params, sequence);
    all.unrolled->replaces = rule->replace_count > 0 || rule->signal != ORACLE_OWN;
    all.unrolled->signal = rule->signal;
    all.unrolled->drawn = rule->drawn;
    all.words = words_new(arena, model, rule->keep, rule->bindings, rule->binding_count);
    all.selected = arena_alloc(arena, (size_t)(rule->replace_count + 1) * sizeof *all.selected);
    for (int r = 0; r < rule->replace_count; r++)
        all.selected[r] =
            words_new(arena, model, rule->replaces[r].selector, rule->bindings, rule->binding_count);
    all.suffixes =
        arena_alloc(arena, (size_t)(model->roots.count * sequence->steps + 1) * sizeof *all.suffixes);
    all.place = pairs_new(arena);
    all.seen = pairs_new(arena);
    for (int i = 0; all.words && i < model->params.count; i++)
        if (grad[i]) start_at_param(&all, model->params.at[i], grad[i]);
    OracleOutcome outcome = all.failed ? ORACLE_TOO_LARGE : ORACLE_DONE;
    if (!all.words) outcome = ORACLE_TOO_MANY_SELECTORS;
    if (count) *count = all.count;
    arena_free(arena);
    return outcome;
}
