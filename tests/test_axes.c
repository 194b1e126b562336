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
        {"rule r(a, c) { keep any*; replace explicit with diag(a * 2 - # a comment\n     c.a + a[t-1] + aa + "
         "(a)); }",
         "r(-0.5, 2)", "replace explicit with diag((-0.5) * 2 - c.a + a[t-1] + aa + ((-0.5)))"},
        {"rule r(a = 0.5) { keep any*; mask diag; estimate factored(a); }", "r",
         "mask diag; estimate factored(0.5)"},
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

/* ---- what is refused ---- */

/* `at` is where the mark has to stand in the rule's text. */
typedef struct Refusal {
    const char *clauses, *code, *at;
} Refusal;

static const Refusal refusals[] = {
    {"mask reach(0)", "E0511", "0)"},
    {"mask block(0)", "E0511", "0)"},
    {"mask block(-3)", "E0511", "-3)"},
    {"mask reach(1.5)", "E0503", "1.5)"},
    {"mask reach", "E0516", "mask reach"},
    {"mask reach(1, 2)", "E0516", "mask reach"},
    {"mask diag(2)", "E0516", "2)"},
    {"mask reech(2)", "E0516", "reech"},
    {"sample 0", "E0511", "0"},
    {"sample 1.5", "E0503", "1.5"},
    {"chunk 0", "E0511", "0"},
    {"chunk (1 - 4)", "E0511", "(1 - 4)"},
    {"update every 0", "E0511", "0"},
    {"update every", "E0516", "update every"},
    {"update offline", "E0516", "offline"},
    {"decay 0", "E0511", "0"},
    {"decay -0.5", "E0511", "-0.5"},
    {"decay 1.5", "E0511", "1.5"},
    {"decay (1 / 0)", "E0503", "(1 / 0)"},
    {"estimate factored", "E0516", "estimate factored"},
    {"estimate factored(2)", "E0511", "2)"},
    {"estimate optimal_kronecker(0)", "E0511", "0)"},
    {"estimate rank1(2)", "E0516", "2)"},
    {"estimate rank1 inside implicit*", "E0516", "inside"},
    {"estimate rank1 outside implicit{3,1}", "E0511", "1}"},
    {"estimate rank1 outside h*", "E0505", "h*"},
    {"signal td", "E0514", "signal td"},
    {"signal target", "E0514", "signal target"},
    {"signal relax", "E0514", "signal relax"},
    {"signal synthetic", "E0514", "signal synthetic"},
    {"signal rendom", "E0516", "rendom"},
    {"carry mixed", "E0516", "carry mixed"},
    {"carry mixed(0)", "E0511", "0"},
    {"mask diag; carry mixed(4)", "E0518", "mask diag"},
    {"chunk 3; carry mixed(4)", "E0518", "chunk 3"},
    {"replace implicit explicit with 0", "E0505", "implicit explicit"},
    {"replace implicit with 0 in weights", "E0516", "in weights"},
    {"replace explicit with 0; replace any with sign", "E0517", "replace any"},
    {"replace any with 0 in signal; replace via R with sign", "E0517", "replace via R"},
    {"mask diag; mask reach(1)", "E0513", "mask reach"},
    {"mask diag; carry backward", "E0518", "mask diag"},
    {"estimate rank1; carry backward", "E0518", "estimate"},
    {"update online; carry backward", "E0518", "update"},
    {"update every 2; carry backward", "E0518", "update"},
    {"mask diag; estimate rank1", "E0518", "estimate"},
    {"estimate factored(0.5)", "E0518", "estimate"},
    {"mask diag; estimate factored(0.5) outside implicit*", "E0516", "outside"},
    {"estimate optimal_kronecker(17)", "E0516", "estimate"},
    {"mask block(2); estimate factored(0.5)", "E0518", "estimate"},
    {"mask reach(2); estimate kronecker", "E0518", "estimate"},
};

Test(axes, each_refusal_names_its_place) {
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const Refusal *one = &refusals[i];
        Fixture f = fixture_new("");
        const char *text = arena_printf(f.arena, "any*; %s", one->clauses);
        const Rule *rule = build(&f, NULL, text);
        cr_assert(!rule && f.diagnostics->errors == 1, "%s: %d errors", text, f.diagnostics->errors);
        const Diagnostic *said = f.diagnostics->list.at[0];
        cr_expect_str_eq(said->code, one->code, "%s: %s %s", text, said->code, said->message);
        const char *at = said->span.source->text + said->span.begin;
        cr_expect(strncmp(at, one->at, strlen(one->at)) == 0, "%s: marks %s", text, at);
        arena_free(f.arena);
    }
}

Test(axes, these_go_together) {
    static const char *const table[] = {"mask diag; estimate factored(0.5)",
                                        "mask diag; carry forward; update online",
                                        "estimate rank1; update every 3",
                                        "update end; carry backward; chunk 3; sample 2; decay 0.5",
                                        "replace any with 0 in signal; replace any with sign in eligibility",
                                        "replace implicit with 0; replace explicit with random",
                                        "signal local; replace any with mean; decay 1"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new("");
        cr_expect_not_null(build(&f, NULL, arena_printf(f.arena, "any*; %s", table[i])), "%s", table[i]);
        arena_free(f.arena);
    }
}

/* A command's --carry comes after the rule is read. */
Test(axes, a_carry_chosen_later_is_checked_too) {
    static const struct {
        const char *clauses;
        bool backward;
    } table[] = {{"decay 0.5", true},       {"update end", true},     {"mask diag", false},
                 {"estimate rank1", false}, {"update online", false}, {"update every 2", false},
                 {"chunk 2", true}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new("");
        const Rule *rule = build(&f, NULL, arena_printf(f.arena, "any*; %s", table[i].clauses));
        cr_assert_not_null(rule);
        cr_expect_eq(rule->carry, table[i].backward ? CARRY_EITHER : CARRY_FORWARD, "%s", table[i].clauses);
        cr_expect(rule_check_carry(rule, CARRY_FORWARD, f.diagnostics));
        cr_expect_eq(rule_check_carry(rule, CARRY_BACKWARD, NULL), table[i].backward);
        cr_expect_eq(f.diagnostics->errors, 0);
        cr_expect_eq(rule_check_carry(rule, CARRY_BACKWARD, f.diagnostics), table[i].backward);
        cr_expect_eq(f.diagnostics->errors, table[i].backward ? 0 : 1);
        arena_free(f.arena);
    }
}
