/* Reading a rule's clauses: one table of axes, one function for each.
 *
 * What a clause asks for ends up in the rule, whether or not this version derives it: derive/ says what it
 * can't. Two clauses that contradict each other are contradict.c's. */
#include "rule/axes.h"
#include "rule/dfa.h"
#include <string.h>

typedef struct Axis {
    const char *name;
    bool (*read)(AxesScope *scope, const AstClause *clause);
} Axis;

/* ---- what clauses are made of ---- */

static bool word_is(const AstClause *clause, const char *word) {
    return clause->word.name && strcmp(clause->word.name, word) == 0;
}

static Span word_span(const AstClause *clause) {
    return clause->word.name ? clause->word.span : clause->span;
}

static bool unknown_word(AxesScope *scope, const AstClause *clause, const char *says,
                         const char *const *words, int count) {
    Diagnostics *diagnostics = scope->path.diagnostics;
    Diagnostic *one = diagnose(diagnostics, word_span(clause), "E0516", "%s", says);
    const char *near = clause->word.name ? closest_name(clause->word.name, words, count) : NULL;
    if (near) diagnostic_help(diagnostics, one, "did you mean `%s`?", near);
    return false;
}

static bool plain(AxesScope *scope, const AstClause *clause) {
    if (clause->arguments.count == 0 && !clause->outside) return true;
    diagnose(scope->path.diagnostics, clause->arguments.count ? clause->arguments.at[0]->span : clause->span,
             "E0516", "`%s %s` takes no argument", clause->axis, clause->word.name);
    return false;
}

/* A count of at least 1: `expr`, which stands in `clause`. */
static bool read_count(AxesScope *scope, const AstExpr *expr, const char *what, int *count) {
    long value;
    if (!bind_whole(expr, scope->path.bindings, &value, scope->path.diagnostics)) return false;
    *count = (int)value;
    if (value >= 1) return true;
    diagnose(scope->path.diagnostics, expr->span, "E0511", "%s is %ld: it is at least 1", what, value);
    return false;
}

/* The one argument of `mask reach(2)`. */
static bool read_argument(AxesScope *scope, const AstClause *clause, const char *what, int *count) {
    if (clause->arguments.count == 1) return read_count(scope, clause->arguments.at[0], what, count);
    diagnose(scope->path.diagnostics, clause->span, "E0516", "`%s %s` wants one number in parentheses",
             clause->axis, clause->word.name);
    return false;
}

/* The number of `sample 3`, `sample k`, `sample (k + 1)`. */
static AstExpr *operand(AxesScope *scope, const AstClause *clause) {
    if (clause->value) return clause->value;
    if (clause->word.name && clause->arguments.count == 0) {
        AstExpr *use = arena_new_of(scope->path.arena, AstExpr);
        use->kind = AST_NAME;
        use->name = clause->word;
        use->span = clause->word.span;
        return use;
    }
    diagnose(scope->path.diagnostics, clause->span, "E0516", "`%s` wants a number", clause->axis);
    return NULL;
}

static bool read_operand(AxesScope *scope, const AstClause *clause, const char *what, int *count) {
    const AstExpr *number = operand(scope, clause);
    return number && read_count(scope, number, what, count);
}

/* ---- the axes ---- */

static bool read_carry(AxesScope *scope, const AstClause *clause) {
    static const char *const word[] = {"auto", "forward", "backward", "mixed"};
    static const Carry carry[] = {CARRY_AUTO, CARRY_FORWARD, CARRY_BACKWARD};
    if (word_is(clause, "mixed")) {
        scope->rule->carry = CARRY_MIXED;
        scope->rule->carry_span = clause->span;
        return read_argument(scope, clause, "the steps of a block", &scope->rule->block);
    }
    for (int i = 0; i < 3; i++)
        if (word_is(clause, word[i])) {
            scope->rule->carry = carry[i];
            scope->rule->carry_span = clause->span;
            return plain(scope, clause);
        }
    return unknown_word(scope, clause, "a rule is carried `forward`, `backward`, `mixed(k)` or `auto`", word,
                        4);
}

static bool read_mask(AxesScope *scope, const AstClause *clause) {
    static const char *const word[] = {"diag", "block", "reach"};
    Mask *mask = &scope->rule->mask;
    mask->span = clause->span;
    if (word_is(clause, "diag")) {
        mask->kind = MASK_DIAGONAL;
        return plain(scope, clause);
    }
    if (word_is(clause, "block")) {
        mask->kind = MASK_BLOCK;
        return read_argument(scope, clause, "the number of units in a block", &mask->size);
    }
    if (word_is(clause, "reach")) {
        mask->kind = MASK_REACH;
        return read_argument(scope, clause, "the order of a reach", &mask->size);
    }
    return unknown_word(scope, clause, "a mask is `diag`, `block(k)` or `reach(n)`", word, 3);
}

static bool read_signal(AxesScope *scope, const AstClause *clause) {
    static const char *const word[] = {"symmetric", "random", "adaptive", "sign_symmetric", "local"};
    static const char *const later[] = {"td", "target", "relax", "synthetic"};
    for (int i = 0; i < 5; i++)
        if (word_is(clause, word[i])) {
            scope->rule->signal = (SignalKind)i;
            scope->rule->signal_span = clause->span;
            return plain(scope, clause);
        }
    for (int i = 0; i < 4; i++)
        if (word_is(clause, later[i])) {
            diagnose(scope->path.diagnostics, clause->span, "E0514",
                     "this version has no learning signal `%s`; it is not supported yet", later[i]);
            return false;
        }
    return unknown_word(scope, clause,
                        "a learning signal is `symmetric`, `random`, `adaptive`, `sign_symmetric` or `local`",
                        word, 5);
}

static bool read_update(AxesScope *scope, const AstClause *clause) {
    static const char *const word[] = {"online", "every", "end"};
    Timing *timing = &scope->rule->timing;
    timing->update_span = clause->span;
    if (word_is(clause, "every")) {
        timing->update = UPDATE_EVERY;
        return read_argument(scope, clause, "the number of steps between updates", &timing->every);
    }
    timing->update = word_is(clause, "online") ? UPDATE_ONLINE : UPDATE_END;
    if (word_is(clause, "online") || word_is(clause, "end")) return plain(scope, clause);
    return unknown_word(scope, clause, "parameters are updated `online`, `every k` steps or at the `end`",
                        word, 3);
}

static bool read_sample(AxesScope *scope, const AstClause *clause) {
    scope->rule->timing.sample_span = clause->span;
    return read_operand(scope, clause, "the number of steps that teach", &scope->rule->timing.sample);
}

static bool read_chunk(AxesScope *scope, const AstClause *clause) {
    scope->rule->timing.chunk_span = clause->span;
    return read_operand(scope, clause, "the number of steps in a chunk", &scope->rule->timing.chunk);
}

/* A number above 0 and at most 1. */
static bool read_fraction(AxesScope *scope, const AstExpr *number, const char *what, double *value) {
    if (!bind_real(number, scope->path.bindings, value, scope->path.diagnostics)) return false;
    if (*value > 0 && *value <= 1) return true;
    Text text = {0};
    text_number(&text, *value);
    diagnose(scope->path.diagnostics, number->span, "E0511", "%s is %s: it is above 0 and at most 1", what,
             text.at);
    text_free(&text);
    return false;
}

static bool read_decay(AxesScope *scope, const AstClause *clause) {
    const AstExpr *number = operand(scope, clause);
    scope->rule->timing.decay_span = clause->span;
    return number && read_fraction(scope, number, "the decay", &scope->rule->timing.decay);
}

/* ---- replace ---- */

/* What the language's text doesn't name is no symbol: a composed-away edge isn't replaced by `any`. */
static bool is_composed_away(const PathScope *path, const Symbol *symbol) {
    return symbol->class == CLASS_LOCAL && !path->names_local && !(symbol->tags & path->tags);
}

static bool *selected_by(AxesScope *scope, const AstPath *selector) {
    const PathNode *node = path_resolve(&scope->path, selector);
    if (!node) return NULL;
    if (node->kind != NODE_EDGES) {
        Diagnostic *one = diagnose(scope->path.diagnostics, selector->span, "E0505",
                                   "what is replaced is a set of single edges, not of paths");
        diagnostic_help(scope->path.diagnostics, one, "join edges with `|`, `&` and `not`");
        return NULL;
    }
    const Graph *graph = scope->path.graph;
    bool *selected = arena_alloc(scope->arena, sizeof(bool) * (size_t)(graph->symbols.count + 1));
    for (int s = 0; s < graph->symbols.count; s++)
        selected[s] = node->edges[s] && !is_composed_away(&scope->path, &graph->symbols.at[s]);
    return selected;
}

/* A composed-away edge is selected where the selector itself names it, not because another clause does. */
static bool *read_selector(AxesScope *scope, const AstPath *selector) {
    const PathScope before = scope->path;
    bool *selected = selected_by(scope, selector);
    scope->path.names_local = before.names_local;
    scope->path.tags = before.tags;
    return selected;
}

/* A diagonal leads from a variable to a variable: a parameter's own way starts at none. */
static void leave_own_ways(AxesScope *scope, bool *selected) {
    const Graph *graph = scope->path.graph;
    for (int s = 0; s < graph->symbols.count; s++) selected[s] &= graph->symbols.at[s].from != NULL;
}

static bool read_side(AxesScope *scope, const AstClause *clause, Replace *replace) {
    if (!clause->side.name) return true;
    const bool signal = strcmp(clause->side.name, "signal") == 0;
    replace->side = signal ? SIDE_SIGNAL : SIDE_ELIGIBILITY;
    if (strcmp(clause->link.name, "in") == 0 && (signal || strcmp(clause->side.name, "eligibility") == 0))
        return true;
    diagnose(scope->path.diagnostics, clause->link.span, "E0516",
             "after what stands in an edge's place comes `in signal`, `in eligibility` or nothing");
    return false;
}

/* An edge has one derivative: two clauses that replace it contradict each other. */
static bool replaced_twice(AxesScope *scope, const Replace *replace) {
    for (int i = 0; i < scope->rule->replaces.count; i++) {
        const Replace *other = &scope->rule->replaces.at[i];
        if (other->side != SIDE_BOTH && replace->side != SIDE_BOTH && other->side != replace->side) continue;
        for (int s = 0; s < scope->path.graph->symbols.count; s++) {
            if (!other->selected[s] || !replace->selected[s]) continue;
            Text edge = {0};
            graph_print_symbol(scope->path.graph, &scope->path.graph->symbols.at[s], &edge);
            Diagnostic *one = diagnose(scope->path.diagnostics, replace->span, "E0517",
                                       "the edge %s is replaced twice", edge.at);
            diagnostic_label(scope->path.diagnostics, one, other->span, "it is replaced here too");
            text_free(&edge);
            return true;
        }
    }
    return false;
}

static const char *replace_text(AxesScope *scope, const AstClause *clause) {
    Text text = {0};
    path_print(clause->selector, scope->path.bindings, &text);
    text_add(&text, " with ");
    axes_value_text(clause->value, scope->path.bindings, &text);
    if (clause->side.name) text_printf(&text, " in %s", clause->side.name);
    const char *result = arena_string(scope->arena, text.at);
    text_free(&text);
    return result;
}

static bool read_replace(AxesScope *scope, const AstClause *clause) {
    static const char *const word[] = {"random", "sign", "mean"};
    static const ReplaceKind kind[] = {REPLACE_RANDOM, REPLACE_SIGN, REPLACE_MEAN};
    const AstExpr *value = clause->value;
    Replace replace = {
        .selector = clause->selector, .kind = REPLACE_DIAGONAL, .value = value, .span = clause->span};
    for (int i = 0; i < 3; i++)
        if (value->kind == AST_NAME && !value->name.layer && strcmp(value->name.name, word[i]) == 0)
            replace.kind = kind[i];
    if (value->kind == AST_CALL && strcmp(value->name.name, "diag") == 0 && value->arguments.count == 1)
        replace.value = value->arguments.at[0];
    replace.selected = read_selector(scope, clause->selector);
    if (replace.selected && replace.kind == REPLACE_DIAGONAL) leave_own_ways(scope, replace.selected);
    if (!replace.selected || !read_side(scope, clause, &replace) || replaced_twice(scope, &replace))
        return false;
    replace.text = replace_text(scope, clause);
    vec_push(scope->arena, &scope->rule->replaces, replace);
    return true;
}

/* ---- estimate ---- */

static bool read_outside(AxesScope *scope, const AstClause *clause) {
    Rule *rule = scope->rule;
    Automaton exact = {.symbols = rule->automaton.symbols};
    if (clause->outside) {
        if (strcmp(clause->link.name, "outside") != 0) {
            diagnose(scope->path.diagnostics, clause->link.span, "E0516",
                     "after an estimate comes `outside` and the paths that are carried exactly, or nothing");
            return false;
        }
        const PathNode *root = path_resolve(&scope->path, clause->outside);
        if (!root) return false;
        if (!automaton_build(scope->path.arena, &scope->path, root, &exact)) {
            diagnose(scope->path.diagnostics, clause->outside->span, "E0510",
                     "the automaton of this path expression is too large");
            return false;
        }
    }
    rule->automaton = outside_refine(scope->arena, &rule->automaton, &exact, &rule->estimate.estimated);
    return true;
}

enum { MOST_PRODUCTS = 16 }; /* the room that kernel_mix has */

static bool read_estimate(AxesScope *scope, const AstClause *clause) {
    static const char *const word[] = {
        "exact", "rank1", "kronecker", "reverse_kronecker", "optimal_kronecker", "factored"};
    Estimate *estimate = &scope->rule->estimate;
    estimate->span = clause->span;
    int kind = 0;
    while (kind < 6 && !word_is(clause, word[kind])) kind++;
    if (kind == 6)
        return unknown_word(scope, clause,
                            "an estimate is `rank1`, `kronecker`, `reverse_kronecker`, "
                            "`optimal_kronecker(r)`, `factored(decay)` or `exact`",
                            word, 6);
    estimate->kind = (EstimateKind)kind;
    if (estimate->kind == ESTIMATE_EXACT) return plain(scope, clause);
    if (estimate->kind == ESTIMATE_OPTIMAL_KRONECKER) {
        if (!read_argument(scope, clause, "the number of products", &estimate->rank)) return false;
        if (estimate->rank > MOST_PRODUCTS) {
            diagnose(scope->path.diagnostics, clause->span, "E0516",
                     "`estimate optimal_kronecker` takes 1 to %d products", MOST_PRODUCTS);
            return false;
        }
    } else if (estimate->kind == ESTIMATE_FACTORED) {
        if (clause->arguments.count != 1) {
            diagnose(scope->path.diagnostics, clause->span, "E0516",
                     "`estimate factored` wants its decay in parentheses");
            return false;
        }
        if (!read_fraction(scope, clause->arguments.at[0], "the decay", &estimate->smoothing)) return false;
        if (clause->outside) {
            diagnose(
                scope->path.diagnostics, clause->link.span, "E0516",
                "`estimate factored` has no `outside`: what is carried exactly is no product of two traces");
            return false;
        }
    } else if (clause->arguments.count) {
        return plain(scope, clause);
    }
    return read_outside(scope, clause);
}

/* ---- all clauses ---- */

static const Axis axes[] = {{"carry", read_carry},       {"mask", read_mask},     {"replace", read_replace},
                            {"estimate", read_estimate}, {"signal", read_signal}, {"update", read_update},
                            {"sample", read_sample},     {"chunk", read_chunk},   {"decay", read_decay}};
enum { AXES = sizeof axes / sizeof *axes };

static bool unknown_axis(AxesScope *scope, const AstClause *clause) {
    Diagnostics *diagnostics = scope->path.diagnostics;
    const char *names[AXES + 1] = {"keep"};
    for (int i = 0; i < AXES; i++) names[i + 1] = axes[i].name;
    Diagnostic *one =
        diagnose(diagnostics, clause->axis_span, "E0515", "a rule has no axis `%s`", clause->axis);
    const char *near = closest_name(clause->axis, names, AXES + 1);
    if (near)
        diagnostic_help(diagnostics, one, "did you mean `%s`?", near);
    else
        diagnostic_help(
            diagnostics, one,
            "the axes are keep, carry, mask, replace, estimate, signal, update, sample, chunk and decay");
    return false;
}

static bool read_clause(AxesScope *scope, const AstClause *clause) {
    for (int i = 0; i < AXES; i++)
        if (strcmp(axes[i].name, clause->axis) == 0) return axes[i].read(scope, clause);
    return unknown_axis(scope, clause);
}

/* Where the axis of clause i was given before; no source when it wasn't. `replace` may stand once for each
 * selector; the first `keep` is no clause, so that one in the list is always a second. */
static Span given_before(const AstRule *ast, int i) {
    const char *axis = ast->clauses.at[i]->axis;
    if (strcmp(axis, "keep") == 0) return ast->keep->span;
    for (int j = 0; j < i && strcmp(axis, "replace") != 0; j++)
        if (strcmp(ast->clauses.at[j]->axis, axis) == 0) return ast->clauses.at[j]->span;
    return (Span){0};
}

bool axes_read(AxesScope *scope) {
    bool ok = true;
    for (int i = 0; i < scope->ast->clauses.count; i++) {
        const AstClause *clause = scope->ast->clauses.at[i];
        const Span before = given_before(scope->ast, i);
        if (!before.source) {
            ok &= read_clause(scope, clause);
            continue;
        }
        Diagnostic *one = diagnose(scope->path.diagnostics, clause->span, "E0513",
                                   "a second `%s` in the rule `%s`", clause->axis, scope->ast->name.name);
        diagnostic_label(scope->path.diagnostics, one, before, "the first one is here");
        ok = false;
    }
    if (!ok) return false;
    for (int i = 0; i < scope->path.bindings->count; i++) {
        const Binding *bound = &scope->path.bindings->at[i];
        const ModelNumber number = {arena_string(scope->arena, bound->name), bound->value};
        vec_push(scope->arena, &scope->rule->numbers, number);
    }
    axes_choose_carry(scope->rule);
    scope->rule->axes_text = axes_text(scope);
    return axes_check(scope->rule, scope->path.diagnostics);
}
