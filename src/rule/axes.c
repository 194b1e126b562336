/* Reading a rule's clauses: one table of axes, one function for each axis that is derived. */
#include "rule/axes.h"
#include <string.h>

typedef struct Axis {
    const char *name;
    /* NULL: an axis of the taxonomy that isn't derived yet. False after an error. */
    bool (*read)(const AstClause *clause, Rule *rule, Diagnostics *diagnostics);
} Axis;

static bool not_yet(const AstClause *clause, const char *what, Diagnostics *diagnostics) {
    Diagnostic *one = diagnose(diagnostics, clause->span, "E0514",
                               "this version derives keep and carry only; `%s` is not supported yet", what);
    diagnostic_label(diagnostics, one, clause->span,
                     "without this clause the rule would have another gradient");
    return false;
}

static bool word_is(const AstClause *clause, const char *word) {
    return clause->word.name && strcmp(clause->word.name, word) == 0;
}

static Span word_span(const AstClause *clause) {
    return clause->word.name ? clause->word.span : clause->span;
}

static bool read_carry(const AstClause *clause, Rule *rule, Diagnostics *diagnostics) {
    static const char *const word[] = {"auto", "forward", "backward", "mixed"};
    static const Carry carry[] = {CARRY_EITHER, CARRY_FORWARD, CARRY_BACKWARD};
    if (word_is(clause, "mixed")) return not_yet(clause, "carry mixed", diagnostics);
    for (int i = 0; i < 3; i++) {
        if (!word_is(clause, word[i])) continue;
        if (clause->arguments.count) {
            diagnose(diagnostics, clause->arguments.at[0]->span, "E0516", "`carry %s` takes no argument",
                     word[i]);
            return false;
        }
        rule->carry = carry[i];
        return true;
    }
    Diagnostic *one = diagnose(diagnostics, word_span(clause), "E0516",
                               "a rule is carried `forward`, `backward` or `auto`");
    const char *near = clause->word.name ? closest_name(clause->word.name, word, 4) : NULL;
    if (near) diagnostic_help(diagnostics, one, "did you mean `%s`?", near);
    return false;
}

static bool read_signal(const AstClause *clause, Rule *rule, Diagnostics *diagnostics) {
    (void)rule; /* the symmetric signal is what a rule has without this clause */
    if (word_is(clause, "symmetric") && clause->arguments.count == 0) return true;
    return not_yet(clause, "signal", diagnostics);
}

static const Axis axes[] = {{"carry", read_carry}, {"signal", read_signal}, {"mask", NULL},
                            {"replace", NULL},     {"estimate", NULL},      {"update", NULL},
                            {"sample", NULL}};
enum { AXES = sizeof axes / sizeof *axes };

static bool unknown_axis(const AstClause *clause, Diagnostics *diagnostics) {
    const char *names[AXES + 1] = {"keep"};
    for (int i = 0; i < AXES; i++) names[i + 1] = axes[i].name;
    Diagnostic *one =
        diagnose(diagnostics, clause->axis_span, "E0515", "a rule has no axis `%s`", clause->axis);
    const char *near = closest_name(clause->axis, names, AXES + 1);
    if (near)
        diagnostic_help(diagnostics, one, "did you mean `%s`?", near);
    else
        diagnostic_help(diagnostics, one,
                        "the axes are keep, carry, mask, replace, estimate, signal, update and sample");
    return false;
}

static bool read_clause(const AstClause *clause, Rule *rule, Diagnostics *diagnostics) {
    for (int i = 0; i < AXES; i++) {
        if (strcmp(axes[i].name, clause->axis) != 0) continue;
        return axes[i].read ? axes[i].read(clause, rule, diagnostics)
                            : not_yet(clause, axes[i].name, diagnostics);
    }
    return unknown_axis(clause, diagnostics);
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

bool axes_read(const AstRule *ast, Rule *rule, Diagnostics *diagnostics) {
    bool ok = true;
    for (int i = 0; i < ast->clauses.count; i++) {
        const AstClause *clause = ast->clauses.at[i];
        const Span before = given_before(ast, i);
        if (!before.source) {
            ok &= read_clause(clause, rule, diagnostics);
            continue;
        }
        Diagnostic *one = diagnose(diagnostics, clause->span, "E0513", "a second `%s` in the rule `%s`",
                                   clause->axis, ast->name.name);
        diagnostic_label(diagnostics, one, before, "the first one is here");
        ok = false;
    }
    return ok;
}
