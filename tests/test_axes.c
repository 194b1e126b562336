/* The axes of a rule besides what it keeps: what its clauses say ends up in the record, and which states of
 * an automaton are estimated.
 *
 * The states are checked by words: after each word up to a length, the state is an estimated one exactly when
 * the word can't go on to any word of the language that is carried exactly. That is asked of the exact
 * language's own automaton, compiled alone, by search over longer words. */
#include "rule/rule.h"
#include "spec_model.h"
#include "support.h"

#include <criterion/criterion.h>
#include <string.h>

static const char vanilla[] = "cell c {\n"
                              "    size n, m;  input x[m];  state h[n], c[n];  output h;\n"
                              "    param W[n,m], R[n,n], b[n];\n"
                              "    c = 0.9 * c[t-1] + W @ x + R @ h[t-1] + b;\n"
                              "    h = tanh(c) - 0.1 * tag(reset, h[t-1]);\n"
                              "}\n";

typedef struct Fixture {
    Arena *arena;
    Diagnostics *diagnostics;
    Package *package;
    Model *model;
    Graph *graph;
} Fixture;

static Fixture fixture_new(const char *rules) {
    Fixture f = {.arena = arena_new()};
    f.diagnostics = diagnostics_new(f.arena);
    const char *text = arena_printf(f.arena, "%s%s", vanilla, rules);
    Source *source = source_from_text(f.arena, "spec.eligo", text, strlen(text));
    f.package = package_from_source(f.arena, source, NULL, f.diagnostics);
    const ModelOptions options = {0};
    f.model = model_build(f.arena, f.package, &options, f.diagnostics);
    f.graph = f.model ? graph_build(f.arena, f.model, f.diagnostics) : NULL;
    cr_assert(f.graph && f.diagnostics->errors == 0, "%s", rules);
    return f;
}

static Rule *build(Fixture *f, const char *use, const char *keep) {
    return rule_build(f->arena, f->package, f->graph, use, keep, f->diagnostics);
}

Test(axes, clauses_in_one_order_with_numbers) {
    static const struct {
        const char *rule, *use, *axes;
    } table[] = {
        {"rule r { keep any*; }", "r", ""},
        {"rule r(n) { keep any*; mask reach(n); }", "r(2)", "mask reach(2)"},
        {"rule r { keep any*; mask block(4); carry forward; }", "r", "mask block(4)"},
        {"rule r { keep any*; mask diag; }", "r", "mask diag"},
        {"rule r { keep any*; signal random; replace explicit via R with 0.5 * c; }", "r",
         "replace explicit via R with 0.5 * c; signal random"},
        {"rule r { keep any*; replace any & not reset with diag(0.9) in eligibility; }", "r",
         "replace any & not reset with diag(0.9) in eligibility"},
        {"rule r { keep any*; replace any with sign in signal; replace any with mean in eligibility; }", "r",
         "replace any with sign in signal; replace any with mean in eligibility"},
        {"rule r(a = 0.5) { keep any*; estimate factored(a) outside implicit{0,2}; }", "r(a=0.25)",
         "estimate factored(0.25) outside implicit{0,2}"},
        {"rule r { keep any*; decay 0.5; estimate optimal_kronecker(3); }", "r",
         "estimate optimal_kronecker(3); decay 0.5"},
        {"rule r(k) { keep any*; chunk k; sample (2 * k); update every k; }", "r(3)",
         "update every 3; sample 6; chunk 3"},
        {"rule r { keep any*; signal sign_symmetric; update online; }", "r",
         "signal sign_symmetric; update online"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new(table[i].rule);
        const Rule *rule = build(&f, table[i].use, NULL);
        cr_assert(rule, "%s: %s", table[i].rule, f.diagnostics->list.at[0]->message);
        cr_expect_str_eq(rule->axes_text, table[i].axes, "%s: %s", table[i].rule, rule->axes_text);
        arena_free(f.arena);
    }
}

Test(axes, inline_rules_go_on_with_clauses) {
    Fixture f = fixture_new("");
    const Rule *rule = build(&f, NULL, "any*; mask reach(1); decay 0.5");
    cr_assert(rule);
    cr_expect_str_eq(rule->name, "keep any*; mask reach(1); decay 0.5");
    cr_expect_eq(rule->mask.kind, MASK_REACH);
    cr_expect_eq(rule->mask.size, 1);
    cr_expect_eq(rule->timing.decay, 0.5);
    cr_expect_eq(rule->carry, CARRY_FORWARD);
    arena_free(f.arena);
}

Test(axes, selectors_leave_composed_edges_alone) {
    Fixture f = fixture_new("");
    const Rule *rule = build(&f, NULL, "any*; replace (any & not reset) with diag(0.5)");
    cr_assert(rule && rule->replaces.count == 1);
    int selected = 0;
    for (int s = 0; s < f.graph->symbols.count; s++) {
        const Symbol *symbol = &f.graph->symbols.at[s];
        const bool expected = symbol->class != CLASS_LOCAL && symbol->tags == 0;
        cr_expect_eq(rule->replaces.at[0].selected[s], expected, "symbol %d", s);
        selected += rule->replaces.at[0].selected[s];
    }
    cr_expect(selected >= 2);
    arena_free(f.arena);
}

/* ---- what is estimated ---- */

/* Can some continuation of at most `longest` symbols be accepted from here? */
static bool goes_on(const Automaton *exact, int state, int longest) {
    if (state == DROPPED) return false;
    if (exact->accepting[state]) return true;
    for (int s = 0; longest > 0 && s < exact->symbols; s++)
        if (goes_on(exact, exact->delta[state * exact->symbols + s], longest - 1)) return true;
    return false;
}

static void compare_words(const Rule *rule, const Automaton *keep, const Automaton *exact, int refined,
                          int kept, int live, int longest, int *seen) {
    cr_assert_eq(refined == DROPPED, kept == DROPPED);
    if (refined == DROPPED) return;
    const bool estimated = rule->estimate.estimated[refined];
    cr_assert_eq(rule->automaton.accepting[refined], keep->accepting[kept]);
    cr_assert_eq(estimated, !goes_on(exact, live, 3));
    seen[estimated]++;
    for (int s = 0; longest > 0 && s < keep->symbols; s++)
        compare_words(rule, keep, exact, rule->automaton.delta[refined * keep->symbols + s],
                      keep->delta[kept * keep->symbols + s],
                      live == DROPPED ? DROPPED : exact->delta[live * keep->symbols + s], longest - 1, seen);
}

Test(axes, what_lies_outside_is_estimated) {
    static const struct {
        const char *keep, *outside;
    } table[] = {
        {"any*", "(implicit | spatial)*"},
        {"any*", "implicit{0,2}"},
        {"any* within 3", "implicit* explicit"},
        {"(any & not reset)*", "any*"},
        {"implicit* explicit?", "implicit* explicit implicit"},
    };
    int mixed = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new("");
        const char *text =
            arena_printf(f.arena, "%s; estimate rank1 outside %s", table[i].keep, table[i].outside);
        const Rule *rule = build(&f, NULL, text), *keep = build(&f, NULL, table[i].keep);
        const Rule *exact = build(&f, NULL, table[i].outside);
        cr_assert(rule && keep && exact, "%s", text);
        int seen[2] = {0, 0};
        compare_words(rule, &keep->automaton, &exact->automaton, 0, 0, 0, 4, seen);
        cr_expect(seen[0] > 0, "%s: nothing is carried exactly", text);
        mixed += seen[0] > 0 && seen[1] > 0;
        arena_free(f.arena);
    }
    cr_expect_eq(mixed, 3); /* the last two estimate nothing: every kept word can go on */
}

Test(axes, everything_is_estimated_without_outside) {
    Fixture f = fixture_new("");
    const Rule *rule = build(&f, NULL, "any* within 2; estimate kronecker");
    cr_assert(rule && rule->automaton.states > 1);
    for (int q = 0; q < rule->automaton.states; q++) cr_expect(rule->estimate.estimated[q]);
    arena_free(f.arena);
}
