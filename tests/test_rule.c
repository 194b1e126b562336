/* Rules against an independent matcher.
 *
 * A graph is made by hand: nothing but symbols, over a model with two layers. Each path expression is
 * compiled, and its automaton is compared with a matcher that walks the syntax tree over the word, on all
 * words of up to five symbols. Of every automaton it is checked that it is minimal, trimmed and numbered
 * breadth first, and that its printed expression compiles to the same automaton. */
#include "rule/rule.h"
#include "support.h"
#include "syntax/parse.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a model by hand ---- */

enum { SYMBOLS = 8, LONGEST = 5 };

static Var l1_c = {.kind = VAR_STATE, .name = "c", .label = "l1.c", .layer = 0};
static Var l1_h = {.kind = VAR_STATE, .name = "h", .label = "l1.h", .layer = 0};
static Var l1_R = {.kind = VAR_PARAM, .name = "R", .label = "l1.R", .layer = 0};
static Var l1_Rg = {.kind = VAR_PARAM, .name = "Rg", .label = "l1.Rg", .layer = 0};
static Var l2_c = {.kind = VAR_STATE, .name = "c", .label = "l2.c", .layer = 1};
static Var l2_h = {.kind = VAR_OUTPUT, .name = "h", .label = "l2.h", .layer = 1};
static Var l2_Rg = {.kind = VAR_PARAM, .name = "Rg", .label = "l2.Rg", .layer = 1};
static Var l2_W = {.kind = VAR_PARAM, .name = "W", .label = "l2.W", .layer = 1};
static Var y = {.kind = VAR_STATE, .name = "y", .label = "y", .layer = -1};

enum { TAG_RESET = 1, TAG_SLOW = 2 };
static const Symbol symbols[SYMBOLS] = {
    {CLASS_IMPLICIT, 0, NULL, &l1_c, &l1_c, 1},     {CLASS_IMPLICIT, TAG_RESET, NULL, &l1_h, &l1_c, 1},
    {CLASS_EXPLICIT, 0, &l1_R, &l1_h, &l1_c, 1},    {CLASS_EXPLICIT, 0, &l2_Rg, &l2_h, &l2_h, 2},
    {CLASS_LATERAL, 0, &l1_Rg, NULL, &l1_h, 0},     {CLASS_SPATIAL, 0, &l2_W, &l1_h, &l2_c, 0},
    {CLASS_LOCAL, TAG_SLOW, NULL, &l1_c, &l1_h, 0}, {CLASS_LOCAL, 0, NULL, &l2_c, &l2_h, 0},
};

typedef struct Fixture {
    Arena *arena;
    Diagnostics *diagnostics;
    Model model;
    Graph graph;
    Package *package;
    char *library; /* a folder with rules, or NULL */
} Fixture;

static const char *const library_rules[][2] = {
    {"no_reset", "rule no_reset { keep (any & not refractory)*; }"},
    {"truncated", "rule truncated { keep (implicit & q -> q)*; }"},
    {"bptt", "rule bptt { keep any*; carry backward; }"},
};

static void write_library(Fixture *f) {
    f->library = scratch_make("rules");
    char *folder = formatted("%s/rules", f->library);
    cr_assert_eq(run(NULL, "mkdir '%s'", folder), 0);
    for (size_t i = 0; i < sizeof library_rules / sizeof *library_rules; i++) {
        char *path = formatted("%s/%s.eligo", folder, library_rules[i][0]);
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL);
        fputs(library_rules[i][1], file);
        cr_assert_eq(fclose(file), 0);
        free(path);
    }
    free(folder);
}

static Fixture fixture_new(const char *spec, bool with_library) {
    Fixture f = {.arena = arena_new()};
    f.diagnostics = diagnostics_new(f.arena);
    if (with_library) write_library(&f);
    Source *source = source_from_text(f.arena, "spec.eligo", spec, strlen(spec));
    f.package = package_from_source(f.arena, source, f.library, f.diagnostics);
    cr_assert_eq(f.diagnostics->errors, 0, "the spec has errors: %s", spec);
    Var *roots[] = {&l1_c, &l1_h, &l2_c, &l2_h, &y}, *params[] = {&l1_R, &l1_Rg, &l2_Rg, &l2_W};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) vec_push(f.arena, &f.model.roots, roots[i]);
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) vec_push(f.arena, &f.model.params, params[i]);
    const Layer layers[] = {{"l1", "cell", &l1_h}, {"l2", "cell", &l2_h}};
    for (int i = 0; i < 2; i++) vec_push(f.arena, &f.model.layers, layers[i]);
    vec_push(f.arena, &f.model.tags, "reset");
    vec_push(f.arena, &f.model.tags, "slow");
    f.graph.arena = f.arena;
    for (int i = 0; i < SYMBOLS; i++) vec_push(f.arena, &f.graph.symbols, symbols[i]);
    return f;
}

static void fixture_free(Fixture *f) {
    if (f->library) scratch_remove(f->library);
    arena_free(f->arena);
}

/* The graph points at the model, so this is set where both have their final address. */
static Rule *build(Fixture *f, const char *use, const char *keep) {
    f->graph.model = &f->model;
    return rule_build(f->arena, f->package, &f->graph, use, keep, f->diagnostics);
}

static const char *messages(Fixture *f) {
    Text text = {0};
    diagnostics_print(f->diagnostics, false, &text);
    const char *result = arena_string(f->arena, text.at ? text.at : "");
    text_free(&text);
    return result;
}

/* ---- the independent matcher ---- */

typedef struct Matcher {
    const AstPath *root;
    long m; /* the value of every name in a count */
    const int *word;
    int length;
} Matcher;

static long number(const Matcher *w, const AstExpr *e) {
    if (e->kind == AST_NUMBER) return lround(e->number);
    if (e->kind == AST_NAME) return w->m;
    const long a = number(w, e->arguments.at[0]), b = number(w, e->arguments.at[1]);
    return e->op[0] == '+' ? a + b : e->op[0] == '*' ? a * b : a - b;
}

static bool names(const Var *var, AstName name) {
    char label[32];
    snprintf(label, sizeof label, "%s.%s", name.layer ? name.layer : "", name.name);
    return var && (name.layer ? strcmp(var->label, label) == 0 : strcmp(var->name, name.name) == 0);
}

static bool holds(const AstPath *p, const Symbol *s) {
    static const char *const classes[] = {"implicit", "explicit", "spatial", "lateral", "local"};
    switch (p->kind) {
    case PATH_NAME:
        if (strcmp(p->name.name, "any") == 0) return true;
        if (strcmp(p->name.name, "reset") == 0) return s->tags & TAG_RESET;
        if (strcmp(p->name.name, "slow") == 0) return s->tags & TAG_SLOW;
        return strcmp(p->name.name, classes[s->class]) == 0;
    case PATH_ARROW: return names(s->from, p->name) && names(s->to, p->to);
    case PATH_VIA: return names(s->via, p->name);
    case PATH_NOT: return !holds(p->left, s);
    case PATH_AND: return holds(p->left, s) && holds(p->right, s);
    case PATH_OR: return holds(p->left, s) || holds(p->right, s);
    default: return false;
    }
}

/* The positions where a match of `p` that begins at `i` may end: bit j. */
static unsigned ends(const Matcher *w, const AstPath *p, int i);

static unsigned ends_from(const Matcher *w, const AstPath *p, unsigned begins) {
    unsigned all = 0;
    for (int i = 0; i <= w->length; i++)
        if (begins >> i & 1) all |= ends(w, p, i);
    return all;
}

static unsigned ends_repeat(const Matcher *w, const AstPath *p, int i) {
    const long least = number(w, p->minimum), most = p->maximum ? number(w, p->maximum) : least + LONGEST;
    unsigned at = 1u << i, all = 0;
    for (long k = 0; k <= most; k++) {
        if (k >= least) all |= at;
        at = ends_from(w, p->left, at);
    }
    return all;
}

static unsigned ends_within(const Matcher *w, const AstPath *p, int i) {
    const unsigned all = ends(w, p->left, i);
    unsigned kept = 0;
    long lag = 0;
    for (int j = i; j <= w->length; j++) {
        if (lag <= number(w, p->minimum)) kept |= all & 1u << j;
        if (j < w->length) lag += symbols[w->word[j]].lag;
    }
    return kept;
}

static unsigned ends(const Matcher *w, const AstPath *p, int i) {
    switch (p->kind) {
    case PATH_EMPTY: return 1u << i;
    case PATH_SEQUENCE: return ends_from(w, p->right, ends(w, p->left, i));
    case PATH_OR: return ends(w, p->left, i) | ends(w, p->right, i);
    case PATH_REPEAT: return ends_repeat(w, p, i);
    case PATH_WITHIN: return ends_within(w, p, i);
    default: return i < w->length && holds(p, &symbols[w->word[i]]) ? 2u << i : 0;
    }
}

static bool mentions(const AstPath *p, const char *name) {
    if (!p) return false;
    if (p->kind == PATH_NAME && strcmp(p->name.name, name) == 0) return true;
    return mentions(p->left, name) || mentions(p->right, name);
}

/* Which symbols are no symbols for this rule: composed-away edges, unless its text names them. */
static unsigned composed_away(const AstPath *root) {
    if (mentions(root, "local")) return 0;
    return mentions(root, "slow") ? 1u << 7 : 1u << 6 | 1u << 7;
}

static bool matches(const AstPath *root, unsigned away, long m, const int *word, int length) {
    int left[LONGEST], count = 0;
    for (int i = 0; i < length; i++)
        if (!(away >> word[i] & 1)) left[count++] = word[i];
    const Matcher w = {root, m, left, count};
    return ends(&w, root, 0) >> count & 1;
}

/* ---- what every automaton must be ---- */

static void check_numbering(const Automaton *a, const char *text) {
    int next = 1;
    for (int q = 0; q < a->states; q++) {
        cr_assert(q < next, "%s: q%d is not reached in breadth-first order", text, q);
        for (int s = 0; s < a->symbols; s++) {
            const int to = a->delta[q * a->symbols + s];
            cr_assert(to >= DROPPED && to <= next && to < a->states, "%s: q%d goes to %d", text, q, to);
            if (to == next) next++;
        }
        char label[16];
        snprintf(label, sizeof label, "q%d", q);
        cr_assert_str_eq(a->label[q], label);
    }
    cr_assert_eq(next, a->states);
}

/* Table filling: every two states are told apart by some word, and so is each from the dropped one (hence
 * trimmed). */
static void check_minimal(const Automaton *a, const char *text) {
    const int n = a->states + 1; /* the last one is DROPPED */
    bool *apart = calloc((size_t)(n * n), 1);
    bool changed = true;
    for (int p = 0; p < n; p++)
        for (int q = 0; q < n; q++)
            apart[p * n + q] = (p < n - 1 && a->accepting[p]) != (q < n - 1 && a->accepting[q]);
    while (changed) {
        changed = false;
        for (int i = 0; i < n * n * a->symbols; i++) {
            const int s = i % a->symbols, p = i / a->symbols / n, q = i / a->symbols % n;
            int x = p < n - 1 ? a->delta[p * a->symbols + s] : DROPPED;
            int z = q < n - 1 ? a->delta[q * a->symbols + s] : DROPPED;
            x = x == DROPPED ? n - 1 : x;
            z = z == DROPPED ? n - 1 : z;
            if (apart[p * n + q] || !apart[x * n + z]) continue;
            apart[p * n + q] = changed = true;
        }
    }
    for (int p = 0; p < n; p++)
        for (int q = 0; q < p; q++)
            cr_assert(apart[p * n + q], "%s: states %d and %d are the same", text, p, q);
    free(apart);
}

static void check_words(const Automaton *a, const AstPath *path, long m, const char *text) {
    const unsigned away = composed_away(path);
    int word[LONGEST] = {0};
    for (int length = 0; length <= LONGEST; length++) {
        long words = 1;
        for (int i = 0; i < length; i++) words *= SYMBOLS;
        for (long number_of = 0; number_of < words; number_of++) {
            long rest = number_of;
            for (int i = 0; i < length; i++, rest /= SYMBOLS) word[i] = (int)(rest % SYMBOLS);
            const int end = automaton_run(a, a->start, word, length);
            const bool accepted = end != DROPPED && a->accepting[end];
            if (accepted == matches(path, away, m, word, length)) continue;
            char shown[LONGEST + 1];
            for (int i = 0; i < length; i++) shown[i] = (char)('0' + word[i]);
            shown[length] = 0;
            cr_assert_fail("%s (m = %ld): the word \"%s\" is %s", text, m, shown,
                           accepted ? "accepted" : "refused");
        }
    }
}

static bool same_automaton(const Automaton *a, const Automaton *b) {
    if (a->states != b->states || a->symbols != b->symbols) return false;
    const size_t states = (size_t)a->states, arcs = states * (size_t)a->symbols;
    return memcmp(a->accepting, b->accepting, sizeof *a->accepting * states) == 0 &&
           memcmp(a->delta, b->delta, sizeof *a->delta * arcs) == 0;
}

static void check_round_trip(Fixture *f, const Rule *rule, const char *text) {
    const Rule *again = build(f, NULL, rule->keep_text);
    cr_assert(again, "%s was printed as %s, which fails:\n%s", text, rule->keep_text, messages(f));
    cr_assert(same_automaton(&again->automaton, &rule->automaton), "%s was printed as %s", text,
              rule->keep_text);
    cr_assert_str_eq(again->keep_text, rule->keep_text);
}

static void check_rule(Fixture *f, const Rule *rule, const AstPath *path, long m, const char *text) {
    cr_assert_eq(rule->automaton.symbols, SYMBOLS);
    cr_assert_eq(rule->automaton.start, 0);
    check_numbering(&rule->automaton, text);
    check_minimal(&rule->automaton, text);
    check_words(&rule->automaton, path, m, text);
    check_round_trip(f, rule, text);
}

static AstPath *parse(Fixture *f, const char *text) {
    Source *source = source_from_text(f->arena, "path", text, strlen(text));
    AstPath *path = syntax_parse_path(f->arena, source, f->diagnostics);
    cr_assert(path, "%s does not parse:\n%s", text, messages(f));
    return path;
}

/* ---- expressions that were thought of ---- */

Test(rule, known_expressions) {
    static const struct {
        const char *text;
        int states;          /* 0: any number */
        const char *printed; /* NULL: as written */
    } table[] = {
        {"any*", 1, NULL},
        {"()", 1, NULL},
        {"implicit*", 1, NULL},
        {"implicit", 2, NULL},
        {"any* within 2", 3, NULL},
        {"any* within 0", 1, NULL},
        {"any*{2,3} within 2", 3, "(any*){2,3} within 2"},
        {"(any* within 2)*", 1, NULL},
        {"(any within 1)* within 3", 4, NULL},
        {"((any* within 1) spatial)*", 0, "(any* within 1 spatial)*"},
        {"implicit* (any* within 2)", 0, "implicit* any* within 2"},
        {"(implicit any{0,2} within 2)* within 3", 0, NULL},
        {"(implicit | spatial)*", 1, NULL},
        {"(implicit|spatial)* ((explicit|lateral) (any* within 2))?", 0,
         "(implicit | spatial)* ((explicit | lateral) any* within 2)?"},
        {"implicit* | implicit* explicit", 2, NULL},
        {"(spatial | lateral)*", 1, NULL},
        {"(implicit & c -> c)*", 1, NULL},
        {"(implicit & not reset | spatial)*", 1, NULL},
        {"(any & not (reset | explicit))*", 1, NULL},
        {"not not implicit", 2, NULL},
        {"(any & not slow)*", 1, NULL},
        {"(implicit | local)*", 1, NULL},
        {"(slow | implicit)+ local?", 0, NULL},
        {"explicit via R", 2, NULL},
        {"explicit & via l2.Rg", 2, "explicit via l2.Rg"},
        {"(implicit | explicit via Rg)*", 1, NULL},
        {"via R* (via l1.Rg)", 0, NULL},
        {"explicit (via R)", 3, NULL},
        {"(explicit | lateral) via Rg", 2, "(explicit | lateral) & via Rg"},
        {"not explicit via R", 2, "not explicit via R"},
        {"not (explicit & not via R)", 2, NULL},
        {"l1.h -> l2.c any{2}", 4, NULL},
        {"l1.h -> c", 2, NULL},
        {"y -> y | c -> c", 2, NULL},
        {"h -> h{1,}", 2, "h -> h+"},
        {"explicit{1,3}", 4, NULL},
        {"any{2,2}", 3, "any{2}"},
        {"(any*)*", 1, NULL},
        {"(implicit*)? (explicit implicit*){0, 4 - 2}", 3, "(implicit*)? (explicit implicit*){0,2}"},
        {"explicit{0,0} implicit*", 1, "implicit*"},
        {"(any any)* within (1 + 2 * 3)", 0, "(any any)* within 7"},
        {"(spatial | ()) implicit", 3, NULL},
        {"implicit{0}", 1, NULL},
        {"(spatial explicit{0} | implicit local{0} lateral{0})*", 1, "(spatial | implicit local{0})*"},
    };
    Fixture f = fixture_new("", false);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const Rule *rule = build(&f, NULL, table[i].text);
        cr_assert(rule, "%s:\n%s", table[i].text, messages(&f));
        if (table[i].states)
            cr_expect_eq(rule->automaton.states, table[i].states, "%s: %d states", table[i].text,
                         rule->automaton.states);
        cr_expect_str_eq(rule->keep_text, table[i].printed ? table[i].printed : table[i].text);
        cr_expect(strncmp(rule->name, "keep ", 5) == 0 && strcmp(rule->name + 5, rule->keep_text) == 0);
        cr_expect_eq(rule->carry, CARRY_EITHER);
        check_rule(&f, rule, parse(&f, table[i].text), 0, table[i].text);
    }
    cr_expect_eq(f.diagnostics->list.count, 0, "%s", messages(&f));
    fixture_free(&f);
}

/* An edge inside the step is no symbol for a rule that names neither its tag nor `local`. */
Test(rule, local_symbols_stay_in_the_state_unless_named) {
    Fixture f = fixture_new("", false);
    const Automaton *eprop = &build(&f, NULL, "implicit* explicit?")->automaton;
    const Automaton *no_slow = &build(&f, NULL, "(any & not slow)* explicit")->automaton;
    cr_assert(eprop && no_slow);
    for (int q = 0; q < eprop->states; q++)
        for (int s = 6; s < 8; s++) cr_expect_eq(eprop->delta[q * SYMBOLS + s], q);
    for (int q = 0; q < no_slow->states; q++) {
        cr_expect_eq(no_slow->delta[q * SYMBOLS + 6], DROPPED);
        cr_expect_eq(no_slow->delta[q * SYMBOLS + 7], q);
    }
    fixture_free(&f);
}

/* ---- random expressions ---- */

static uint64_t seed_now;
static unsigned random_below(unsigned n) { /* splitmix64 */
    uint64_t z = (seed_now += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (unsigned)((z ^ (z >> 31)) % n);
}

static void random_edges(Text *out, int depth) {
    static const char *const leaves[] = {"implicit", "explicit", "spatial", "lateral",   "any",
                                         "local",    "reset",    "slow",    "via R",     "via l1.Rg",
                                         "via Rg",   "c -> c",   "h -> c",  "l1.h -> h", "explicit via R"};
    const unsigned kind = depth <= 0 ? 0 : random_below(5);
    if (kind < 3) {
        text_add(out, leaves[random_below(sizeof leaves / sizeof *leaves)]);
        return;
    }
    text_add(out, kind == 3 ? "(not (" : "((");
    random_edges(out, depth - 1);
    if (kind == 4) {
        text_add(out, random_below(2) ? ") & (" : ") | (");
        random_edges(out, depth - 1);
    }
    text_add(out, "))");
}

static void random_path(Text *out, int depth) {
    static const char *const postfix[] = {"*",     "*",     "+",         "?",         "{2}",
                                          "{0,2}", "{1,3}", " within 1", " within 2", " within 3"};
    switch (depth <= 0 ? 0 : random_below(7)) {
    case 0:
    case 1:
        text_add(out, "(");
        random_edges(out, 2);
        text_add(out, ")");
        break;
    case 2:
    case 3:
        text_add(out, "(");
        random_path(out, depth - 1);
        text_printf(out, ")%s", postfix[random_below(sizeof postfix / sizeof *postfix)]);
        break;
    case 4:
    case 5:
        random_path(out, depth - 1);
        text_add(out, " ");
        random_path(out, depth - 1);
        break;
    default:
        text_add(out, "(");
        random_path(out, depth - 1);
        text_add(out, random_below(4) ? " | " : " | () | ");
        random_path(out, depth - 1);
        text_add(out, ")");
        break;
    }
}

Test(rule, random_expressions) {
    enum { WANTED = 150 };
    const char *given = getenv("ELIGO_SEED");
    seed_now = given ? strtoull(given, NULL, 10) : 20240607;
    cr_log_info("seed %llu", (unsigned long long)seed_now);
    printf("test_rule: seed %llu\n", (unsigned long long)seed_now);
    Fixture f = fixture_new("", false);
    int compiled = 0, several_states = 0;
    for (int tries = 0; compiled < WANTED && tries < 10 * WANTED; tries++) {
        Text text = {0};
        random_path(&text, 5);
        const Rule *rule = build(&f, NULL, text.at);
        const int count = f.diagnostics->list.count;
        if (rule) {
            check_rule(&f, rule, parse(&f, text.at), 0, text.at);
            compiled++;
            several_states += rule->automaton.states > 2;
        } else { /* nothing but an empty language may be wrong with it, and then the matcher finds nothing
                    either */
            cr_assert_str_eq(f.diagnostics->list.at[count - 1]->code, "E0509", "%s: %s", text.at,
                             messages(&f));
            int word[LONGEST] = {0};
            const AstPath *path = parse(&f, text.at);
            for (int w = 0; w < SYMBOLS * SYMBOLS * SYMBOLS; w++) {
                for (int i = 0, rest = w; i < 3; i++, rest /= SYMBOLS) word[i] = rest % SYMBOLS;
                for (int length = 0; length <= 3; length++)
                    cr_assert(!matches(path, composed_away(path), 0, word, length), "%s is not empty",
                              text.at);
            }
        }
        text_free(&text);
    }
    cr_assert_eq(compiled, WANTED);
    cr_assert_gt(several_states, WANTED / 3);
    fixture_free(&f);
}

/* ---- rules with parameters ---- */

#define EPROP                                                                                                \
    "rule eprop(m = 1) { keep (implicit | spatial)* ((explicit | lateral) (implicit | spatial)*){0, m-1}; "  \
    "carry forward; }\n"

Test(rule, parameters) {
    static const struct {
        const char *spec, *use, *name, *keep;
        long m;
        int states;
        Carry carry;
    } table[] = {
        {EPROP, "eprop", "eprop(m=1)", "(implicit | spatial)*", 1, 1, CARRY_FORWARD},
        {EPROP, "eprop(2)", "eprop(m=2)",
         "(implicit | spatial)* ((explicit | lateral) (implicit | spatial)*)?", 2, 2, CARRY_FORWARD},
        {EPROP, "eprop(m = 3)", "eprop(m=3)",
         "(implicit | spatial)* ((explicit | lateral) (implicit | spatial)*){0,2}", 3, 3, CARRY_FORWARD},
        {"rule tbptt(k) { keep any* within k; carry backward; }", "tbptt(3)", "tbptt(k=3)", "any* within 3",
         3, 4, CARRY_BACKWARD},
        {"rule r { keep implicit*; carry auto; signal symmetric; }", "r()", "r", "implicit*", 0, 1,
         CARRY_AUTO},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new(table[i].spec, false);
        const Rule *rule = build(&f, table[i].use, NULL);
        cr_assert(rule, "%s:\n%s", table[i].use, messages(&f));
        cr_expect_str_eq(rule->name, table[i].name);
        cr_expect_str_eq(rule->keep_text, table[i].keep);
        cr_expect_eq(rule->automaton.states, table[i].states);
        cr_expect_eq(rule->carry, table[i].carry);
        check_rule(&f, rule, f.package->root->ast->rules.at[0]->keep, table[i].m, table[i].use);
        fixture_free(&f);
    }
}

Test(rule, a_default_may_name_an_earlier_parameter) {
    Fixture f = fixture_new("rule r(a, b = 2 * a + 1) { keep any{a, b}; }", false);
    const Rule *rule = build(&f, "r(a = 1)", NULL);
    cr_assert(rule, "%s", messages(&f));
    cr_expect_str_eq(rule->name, "r(a=1, b=3)");
    cr_expect_str_eq(rule->keep_text, "any{1,3}");
    fixture_free(&f);
}

/* Large counts: compiled while they are reasonable, refused before they fill the memory. */
Test(rule, large_counts) {
    static const struct {
        const char *text;
        int states; /* 0: refused */
    } table[] = {{"any* within 5000", 5001},
                 {"(implicit any* within 3000)*", 3002},
                 {"explicit{0,3000}", 3001},
                 {"(implicit | spatial)* ((explicit | lateral) (implicit | spatial)*){0,999}", 1000},
                 {"(implicit within 1000000)*", 1},
                 {"any* within 1000000", 0},
                 {"implicit{0,100000}", 0},
                 {"implicit{1000000000}", 0},
                 {"(any{0,40000} explicit){0,40000}", 0},
                 {"any* explicit any{30}", 0},
                 {"((){0,1000}){0,1000000000}", 0}};
    Fixture f = fixture_new("", false);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const Rule *rule = build(&f, NULL, table[i].text);
        if (table[i].states) {
            cr_assert(rule, "%s:\n%s", table[i].text, messages(&f));
            cr_expect_eq(rule->automaton.states, table[i].states, "%s: %d states", table[i].text,
                         rule->automaton.states);
        } else {
            cr_expect(!rule, "%s was compiled", table[i].text);
            cr_expect_str_eq(f.diagnostics->list.at[f.diagnostics->list.count - 1]->code, "E0510");
        }
    }
    fixture_free(&f);
}

/* ---- errors ---- */

static void expect_first(Fixture *f, const char *what, const char *code, int line, int column) {
    cr_assert(f->diagnostics->list.count > 0, "%s: nothing was reported", what);
    const Diagnostic *first = f->diagnostics->list.at[0];
    cr_expect_str_eq(first->code, code, "%s:\n%s", what, messages(f));
    cr_assert(first->span.source != NULL, "%s: no place", what);
    const Place place = source_place(first->span.source, first->span.begin);
    cr_expect(place.line == line && place.column == column, "%s: at %d:%d, not %d:%d", what, place.line,
              place.column, line, column);
}

Test(rule, inline_errors) {
    static const struct {
        const char *text, *code;
        int column;
        const char *help; /* a part of it */
    } table[] = {
        {"implict*", "E0504", 1,
         "did you mean `implicit`? classes: implicit, explicit, spatial, lateral, local, any; tags: "
         "reset, slow; states (as in `c -> c`): c, h, y"},
        {"(any & not rest)*", "E0504", 12, "did you mean `reset`?"},
        {"zzz", "E0504", 1, "classes:"},
        {"implicit c*", "E0505", 10, "write `c -> c`"},
        {"(c -> hh)*", "E0506", 7, "states and outputs: c, h, y"},
        {"l1.h*", "E0124", 1, "l1.h -> TO"},
        {"any & (implicit explicit)", "E0123", 7, "repetition comes last"},
        {"q -> q", "E0506", 1, "states and outputs"},
        {"l3.c -> c", "E0506", 1, "did you mean `l1.c`?"},
        {"y.c -> c", "E0506", 1, "l1.c"},
        {"explicit via Rh", "E0507", 14, "did you mean `R`? parameters: R, Rg, W"},
        {"via l1.W", "E0507", 5, "l1.R"},
        {"spatial & implicit", "E0509", 1, "matches nothing"},
        {"y -> y", "E0509", 1, "matches nothing"},
        {"any{3,2}", "E0511", 7, NULL},
        {"any{0, 1 - 2}", "E0511", 8, NULL},
        {"any* within (0 - 3)", "E0511", 13, NULL},
        {"any{0.5}", "E0503", 5, NULL},
        {"any* within k", "E0503", 13, "a number is wanted"},
        {"any{0, 3 / 2}", "E0503", 8, "numbers"},
        {"any{0, 1 / 0}", "E0503", 8, "numbers"},
        {"any{0, 2 ^ 2}", "E0503", 10, "numbers"},
        {"any{f(2)}", "E0503", 5, "numbers"},
        {"any{1e300}", "E0503", 5, "numbers"},
        {"any{1000000000 * 2}", "E0503", 5, "numbers"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new("", false);
        cr_expect(!build(&f, NULL, table[i].text), "%s was compiled", table[i].text);
        expect_first(&f, table[i].text, table[i].code, 1, table[i].column);
        const char *help = f.diagnostics->list.at[0]->help;
        if (table[i].help)
            cr_expect(help && strstr(help, table[i].help), "%s: the help is: %s", table[i].text,
                      help ? help : "none");
        fixture_free(&f);
    }
}

Test(rule, every_mistake_is_reported_in_one_run) {
    Fixture f = fixture_new("", false);
    cr_expect(!build(&f, NULL, "(implict | c -> q)* via Z any{2,1}"));
    cr_expect_eq(f.diagnostics->errors, 4, "%s", messages(&f));
    fixture_free(&f);
}

Test(rule, errors_of_rules) {
    static const struct {
        const char *spec, *use, *code;
        int line, column;
        const char *help;
    } table[] = {
        {EPROP, "epro", "E0501", 1, 1, "did you mean `eprop`?"},
        {EPROP, "other", "E0501", 1, 1, "library"},
        {EPROP, "eprop(1, 2)", "E0502", 1, 10, "the rule is `eprop(m = 1)`"},
        {EPROP, "eprop(k=2)", "E0502", 1, 7, "the rule is `eprop(m = 1)`"},
        {EPROP, "eprop(m=2, m=3)", "E0502", 1, 14, "the rule is `eprop(m = 1)`"},
        {EPROP, "eprop(1.5)", "E0503", 1, 7, "the rule is `eprop(m = 1)`"},
        {EPROP, "eprop(m)", "E0503", 1, 7, "the rule is `eprop(m = 1)`"},
        {EPROP, "eprop(0)", "E0511", 1, 96, NULL},
        {"rule r(a, b) { keep any{a,b}; }", "r(1)", "E0502", 1, 1, "the rule is `r(a, b)`"},
        {"rule r(a, b) { keep any{a,b}; }", "r(a=1, 2)", "E0502", 1, 8, "the rule is `r(a, b)`"},
        {"rule r(a, a) { keep any{a}; }", "r(1, 2)", "E0502", 1, 11, NULL},
        {"rule r(a) { keep any{aa}; }", "r(1)", "E0503", 1, 22, "its parameters are `a`"},
        {"rule r { keep any*; }", "r(1)", "E0502", 1, 3, "without parameters"},
        {"rule r { carry forward; }", "r", "E0512", 1, 6, NULL},
        {"rule r { keep any*; keep any*; }", "r", "E0513", 1, 21, NULL},
        {"rule r { keep any*; carry forward; carry auto; }", "r", "E0513", 1, 36, NULL},
        {"rule r { keep any*; carry mixed; }", "r", "E0516", 1, 21, NULL},
        {"rule r { keep any*; signal td; }", "r", "E0514", 1, 21, NULL},
        {"rule r { keep any*; samples 3; }", "r", "E0515", 1, 21, "did you mean `sample`?"},
        {"rule r { keep any*; colour 3; }", "r", "E0515", 1, 21, "the axes are"},
        {"rule r { keep any*; carry forwards; }", "r", "E0516", 1, 27, "did you mean `forward`?"},
        {"rule r { keep any*; carry forward(3); }", "r", "E0516", 1, 35, NULL},
        {"rule r { keep (any & not nowhere)*; }", "r", "E0504", 1, 26, "classes:"},
        {"rule r { keep (implicit & z -> z)*; }", "r", "E0506", 1, 27, NULL},
        {"rule r { keep (any & not h)*; }", "r", "E0505", 1, 26, "h -> h"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Fixture f = fixture_new(table[i].spec, false);
        cr_expect(!build(&f, table[i].use, NULL), "%s was compiled", table[i].spec);
        expect_first(&f, table[i].spec, table[i].code, table[i].line, table[i].column);
        const char *help = f.diagnostics->list.at[0]->help;
        if (table[i].help)
            cr_expect(help && strstr(help, table[i].help), "%s: the help is: %s", table[i].use,
                      help ? help : "none");
        fixture_free(&f);
    }
}

/* ---- names that this model lacks ---- */

static void expect_note(const char *spec, bool library, const char *use, const char *code,
                        const char *same_as) {
    Fixture f = fixture_new(spec, library);
    const Rule *rule = build(&f, use, NULL);
    cr_assert(rule, "%s:\n%s", use, messages(&f));
    cr_assert_eq(f.diagnostics->list.count, 1, "%s", messages(&f));
    cr_expect_str_eq(f.diagnostics->list.at[0]->code, code);
    const Rule *other = build(&f, NULL, same_as);
    cr_expect(other && same_automaton(&rule->automaton, &other->automaton), "%s is not %s", use, same_as);
    fixture_free(&f);
}

Test(rule, names_that_the_model_lacks_match_nothing) {
    /* in a library rule; and in a spec where another cell has them */
    expect_note("", true, "no_reset", "N0502", "any*");
    expect_note("", true, "truncated", "N0502", "()");
    static const char *const cell = "cell a { size n; input x[n]; state q[n]; output q; param P[n,n];\n"
                                    "    q = P @ tag(refractory, q[t-1]) + x; }\n";
    static const char *const rules[][2] = {
        {"rule r { keep (any & not refractory)*; }", "any*"},
        {"rule r { keep (implicit & q -> q | spatial)*; }", "spatial*"},
        {"rule r { keep (implicit | explicit via P)*; }", "implicit*"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char *spec = formatted("%s%s", cell, rules[i][0]);
        expect_note(spec, false, "r", "N0502", rules[i][1]);
        free(spec);
    }
}

Test(rule, a_spec_rule_stands_before_the_library) {
    expect_note("rule bptt { keep implicit*; }", true, "bptt", "N0501", "implicit*");
}

Test(rule, the_library_is_found_by_name) {
    Fixture f = fixture_new("", true);
    const Rule *rule = build(&f, "bptt", NULL);
    cr_assert(rule, "%s", messages(&f));
    cr_expect_eq(rule->carry, CARRY_BACKWARD);
    cr_expect_eq(f.diagnostics->list.count, 0, "%s", messages(&f));
    cr_expect(!build(&f, "bppt", NULL));
    cr_expect_str_eq(f.diagnostics->list.at[0]->help, "did you mean `bptt`?");
    fixture_free(&f);
}

Test(rule, a_graph_without_symbols) {
    Fixture f = fixture_new("", false);
    f.graph.symbols.count = 0;
    const Rule *rule = build(&f, NULL, "any*");
    cr_assert(rule);
    cr_expect_eq(rule->automaton.states, 1);
    cr_expect(rule->automaton.accepting[0]);
    cr_expect(!build(&f, NULL, "any+"));
    fixture_free(&f);
}
