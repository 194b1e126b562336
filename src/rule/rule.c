/* From a rule's use, or an inline path expression, to a Rule: find it, bind it, read its axes, compile its
 * paths.
 *
 * An inline expression is a rule without name, parameters and clauses; both go the same way from there. */
#include "rule/rule.h"
#include "rule/axes.h"
#include "rule/dfa.h"
#include <string.h>

typedef struct Build {
    Arena *arena, *scratch; /* the result; what dies with this compilation */
    Package *package;
    const Graph *graph;
    Diagnostics *diagnostics;
    RuleOrigin origin;
    Bindings bindings;
} Build;

/* ---- compiling the paths ---- */

static const char *print_keep(Build *b, const AstPath *keep) {
    Text text = {0};
    path_print(keep, &b->bindings, &text);
    const char *result = arena_string(b->arena, text.at);
    text_free(&text);
    return result;
}

static PathScope path_scope(Build *b) {
    return (PathScope){.arena = b->scratch,
                       .package = b->package,
                       .graph = b->graph,
                       .bindings = &b->bindings,
                       .origin = b->origin,
                       .diagnostics = b->diagnostics};
}

static bool compile_keep(Build *b, const AstPath *keep, Rule *rule) {
    PathScope scope = path_scope(b);
    const PathNode *root = path_resolve(&scope, keep);
    if (!root) return false;
    if (!automaton_build(b->arena, &scope, root, &rule->automaton)) {
        Diagnostic *one = diagnose(b->diagnostics, keep->span, "E0510",
                                   "the automaton of this path expression is too large");
        diagnostic_help(b->diagnostics, one,
                        "at most %d states are compiled; counts and `within` multiply them", LIMIT_STATES);
        return false;
    }
    rule->keep_text = print_keep(b, keep);
    if (rule->automaton.states) return true;
    Diagnostic *one = diagnose(b->diagnostics, keep->span, "E0509",
                               "this rule keeps no path at all, not even the empty one");
    diagnostic_help(b->diagnostics, one, "`%s` matches nothing in this model, so no parameter would learn",
                    rule->keep_text);
    return false;
}

/* ---- an inline expression ---- */

static bool read_axes(Build *b, const AstRule *ast, Rule *rule) {
    AxesScope scope = {.arena = b->arena, .path = path_scope(b), .ast = ast, .rule = rule};
    return axes_read(&scope);
}

static Rule *build_inline(Build *b, const char *keep) {
    const AstRule *ast = syntax_parse_inline(b->arena, "--keep", keep, b->diagnostics);
    Rule *rule = arena_new_of(b->arena, Rule);
    b->origin = ORIGIN_INLINE;
    if (!ast || !compile_keep(b, ast->keep, rule) || !read_axes(b, ast, rule)) return NULL;
    rule->name =
        arena_printf(b->arena, "keep %s%s%s", rule->keep_text, *rule->axes_text ? "; " : "", rule->axes_text);
    return rule;
}

/* ---- a rule by name ---- */

static void report_unknown(Build *b, AstName name) {
    Diagnostic *one = diagnose(b->diagnostics, name.span, "E0501", "there is no rule `%s`", name.name);
    const char *near = package_suggest(b->package, NULL, ITEM_RULE, name.name);
    const Names library = package_library_names(b->scratch, b->package->library, "rules");
    if (near)
        diagnostic_help(b->diagnostics, one, "did you mean `%s`?", near);
    else if (library.count == 0)
        diagnostic_help(b->diagnostics, one, "the library's folder of rules can't be read: `%s/rules`",
                        b->package->library ? b->package->library : "");
    else
        diagnostic_help(b->diagnostics, one,
                        "`eligo list rules` shows the library's; --keep takes paths themselves");
}

static Rule *build_found(Build *b, FoundRule found, const AstRuleUse *use) {
    const AstRule *ast = found.rule;
    b->origin = found.in_library ? ORIGIN_LIBRARY : ORIGIN_SPEC;
    if (found.shadows)
        diagnose(b->diagnostics, ast->name.span, "N0501", "the spec's rule `%s` stands before the library's",
                 ast->name.name);
    Rule *rule = arena_new_of(b->arena, Rule);
    bool ok = true;
    if (!ast->keep) {
        diagnose(b->diagnostics, ast->name.span, "E0512", "the rule `%s` doesn't say what it keeps",
                 ast->name.name);
        ok = false;
    }
    if (!bind_parameters(b->arena, ast, use, &b->bindings, b->diagnostics)) return NULL;
    if (ast->keep) ok &= compile_keep(b, ast->keep, rule);
    if (ok) ok &= read_axes(b, ast, rule);
    rule->name = bind_canonical(b->arena, ast->name.name, &b->bindings);
    return ok ? rule : NULL;
}

static Rule *build_named(Build *b, const char *use) {
    Source *source = source_from_text(b->arena, "--rule", use, strlen(use));
    const AstRuleUse *ast = syntax_parse_rule_use(b->arena, source, b->diagnostics);
    if (!ast) return NULL;
    const int errors = b->package->diagnostics->errors;
    const FoundRule found = package_rule(b->package, ast->name.name);
    if (b->package->diagnostics->errors > errors) return NULL; /* the library's file doesn't parse */
    if (found.rule) return build_found(b, found, ast);
    report_unknown(b, ast->name);
    return NULL;
}

Rule *rule_build(Arena *arena, Package *package, const Graph *graph, const char *use, const char *keep,
                 Diagnostics *diagnostics) {
    Build b = {.arena = arena,
               .scratch = arena_new(),
               .package = package,
               .graph = graph,
               .diagnostics = diagnostics};
    Rule *rule = keep ? build_inline(&b, keep) : build_named(&b, use);
    arena_free(b.scratch);
    return rule;
}
