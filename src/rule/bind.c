/* Binding a rule's arguments to its parameters, and evaluating whole numbers over them.
 *
 * Values are kept to a thousand million, checked after every operation, so that no count can overflow
 * whatever a spec says; what is too large for an automaton is decided where it is built. */
#include "rule/bind.h"
#include <math.h>
#include <string.h>

/* ---- numbers ---- */

typedef struct Evaluation {
    const Bindings *bindings;
    Diagnostics *diagnostics;
    bool whole; /* every number in it has to be whole */
} Evaluation;

static bool evaluate(Evaluation *e, const AstExpr *expr, double *value);

static bool fail(Evaluation *e, Span span, const char *why) {
    Diagnostic *one = diagnose(e->diagnostics, span, "E0503", "%s", why);
    diagnostic_help(e->diagnostics, one,
                    "numbers, the rule's parameters, + - * / and parentheses may stand here");
    return false;
}

static bool is_whole(double value) { return !(floor(value) < value); }

static bool in_range(Evaluation *e, Span span, double value) {
    if (!(value >= -BIND_LARGEST && value <= BIND_LARGEST)) return fail(e, span, "this number is too large");
    if (e->whole && !is_whole(value)) return fail(e, span, "this is not a whole number");
    return true;
}

static bool evaluate_name(Evaluation *e, const AstExpr *expr, double *value) {
    for (int i = 0; i < e->bindings->count && !expr->name.layer && !expr->lag; i++)
        if (strcmp(e->bindings->at[i].name, expr->name.name) == 0) {
            *value = e->bindings->at[i].value;
            return true;
        }
    Diagnostic *one =
        diagnose(e->diagnostics, expr->span, "E0503", "`%s` is not a parameter of the rule", expr->name.name);
    if (e->bindings->count == 0) {
        diagnostic_help(e->diagnostics, one, "there are no parameters here: a number is wanted");
        return false;
    }
    Text names = {0};
    for (int i = 0; i < e->bindings->count; i++)
        text_printf(&names, "%s`%s`", i ? ", " : "", e->bindings->at[i].name);
    diagnostic_help(e->diagnostics, one, "its parameters are %s", names.at);
    text_free(&names);
    return false;
}

static bool evaluate_quotient(Evaluation *e, const AstExpr *expr, double a, double b, double *value) {
    if (e->whole && (fabs(b) < 1 || !is_whole(a / b)))
        return fail(e, expr->span, "this quotient is not a whole number");
    if (!(fabs(b) > 0)) return fail(e, expr->span, "this divides by zero");
    *value = a / b;
    return true;
}

static bool evaluate_pair(Evaluation *e, const AstExpr *expr, double *value) {
    double a, b;
    if (!evaluate(e, expr->arguments.at[0], &a)) return false;
    if (!evaluate(e, expr->arguments.at[1], &b)) return false;
    switch (expr->op[0]) {
    case '+': *value = a + b; return true;
    case '-': *value = a - b; return true;
    case '*': *value = a * b; return true;
    case '/': return evaluate_quotient(e, expr, a, b, value);
    default: return fail(e, expr->op_span, "this operator has no place in a count");
    }
}

static bool evaluate(Evaluation *e, const AstExpr *expr, double *value) {
    bool ok = false;
    switch (expr->kind) {
    case AST_NUMBER:
        *value = expr->number;
        ok = true;
        break;
    case AST_NAME: ok = evaluate_name(e, expr, value); break;
    case AST_UNARY:
        ok = evaluate(e, expr->arguments.at[0], value);
        if (ok) *value = -*value;
        break;
    case AST_BINARY: ok = evaluate_pair(e, expr, value); break;
    case AST_CALL: return fail(e, expr->span, "a function has no place in a count");
    }
    return ok && in_range(e, expr->span, *value);
}

bool bind_whole(const AstExpr *expr, const Bindings *bindings, long *value, Diagnostics *diagnostics) {
    Evaluation e = {bindings, diagnostics, true};
    double wide;
    if (!evaluate(&e, expr, &wide)) return false;
    *value = (long)wide;
    return true;
}

bool bind_real(const AstExpr *expr, const Bindings *bindings, double *value, Diagnostics *diagnostics) {
    Evaluation e = {bindings, diagnostics, false};
    return evaluate(&e, expr, value);
}

/* ---- which parameters are counts ---- */

static bool expr_names(const AstExpr *expr, const char *name) {
    if (!expr) return false;
    if (expr->kind == AST_NAME && !expr->name.layer && strcmp(expr->name.name, name) == 0) return true;
    for (int i = 0; i < expr->arguments.count; i++)
        if (expr_names(expr->arguments.at[i], name)) return true;
    return false;
}

static bool path_counts(const AstPath *path, const char *name) {
    return path && (expr_names(path->minimum, name) || expr_names(path->maximum, name) ||
                    path_counts(path->left, name) || path_counts(path->right, name));
}

/* Everything in these clauses is a count; elsewhere real numbers may stand. */
static bool clause_counts(const AstClause *clause, const char *name) {
    static const char *const axes[] = {"mask", "update", "sample", "chunk"};
    if (path_counts(clause->selector, name) || path_counts(clause->outside, name)) return true;
    bool counts = false;
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++)
        counts = counts || strcmp(clause->axis, axes[i]) == 0;
    if (!counts) return false;
    for (int i = 0; i < clause->arguments.count; i++)
        if (expr_names(clause->arguments.at[i], name)) return true;
    return expr_names(clause->value, name) || (clause->word.name && strcmp(clause->word.name, name) == 0);
}

static bool is_count(const AstRule *rule, const char *name) {
    if (path_counts(rule->keep, name)) return true;
    for (int i = 0; i < rule->clauses.count; i++)
        if (clause_counts(rule->clauses.at[i], name)) return true;
    return false;
}

/* ---- arguments ---- */

static void add_expr_text(Text *out, const AstExpr *expr) {
    const Span span = expr->span;
    if (span.source && span.begin < span.end && (size_t)span.end <= span.source->length)
        text_add_bytes(out, span.source->text + span.begin, (size_t)(span.end - span.begin));
}

/* "eprop(m = 1)": what the rule's first line says. */
static void help_signature(const AstRule *rule, Diagnostic *one, Diagnostics *diagnostics) {
    Text text = {0};
    text_add(&text, rule->name.name);
    for (int i = 0; i < rule->parameters.count; i++) {
        const AstRuleParameter *parameter = &rule->parameters.at[i];
        text_printf(&text, "%s%s", i ? ", " : "(", parameter->name.name);
        if (!parameter->value) continue;
        text_add(&text, " = ");
        add_expr_text(&text, parameter->value);
    }
    if (rule->parameters.count) text_add(&text, ")");
    diagnostic_help(diagnostics, one,
                    rule->parameters.count ? "the rule is `%s`" : "the rule is `%s`, without parameters",
                    text.at);
    text_free(&text);
}

static int parameter_index(const AstRule *rule, const char *name) {
    for (int i = 0; i < rule->parameters.count; i++)
        if (strcmp(rule->parameters.at[i].name.name, name) == 0) return i;
    return -1;
}

static bool parameters_distinct(const AstRule *rule, Diagnostics *diagnostics) {
    for (int i = 0; i < rule->parameters.count; i++) {
        const AstName *name = &rule->parameters.at[i].name;
        const int first = parameter_index(rule, name->name);
        if (first == i) continue;
        Diagnostic *one =
            diagnose(diagnostics, name->span, "E0502", "the parameter `%s` stands twice", name->name);
        diagnostic_label(diagnostics, one, rule->parameters.at[first].name.span, "first here");
        return false;
    }
    return true;
}

/* The parameter that argument i goes to, or -1 after an error. */
static int place_argument(const AstRule *rule, const AstRuleUse *use, int i, Diagnostics *diagnostics) {
    const AstArgument *argument = &use->arguments.at[i];
    Diagnostic *one;
    if (argument->name.name) {
        const int index = parameter_index(rule, argument->name.name);
        if (index >= 0) return index;
        one = diagnose(diagnostics, argument->name.span, "E0502", "`%s` has no parameter `%s`",
                       rule->name.name, argument->name.name);
    } else if (i > 0 && use->arguments.at[i - 1].name.name) {
        one = diagnose(diagnostics, argument->value->span, "E0502",
                       "an argument without a name after a named one");
    } else if (i < rule->parameters.count) {
        return i;
    } else {
        one = diagnose(diagnostics, argument->value->span, "E0502", "`%s` takes %d argument%s, not %d",
                       rule->name.name, rule->parameters.count, rule->parameters.count == 1 ? "" : "s",
                       use->arguments.count);
    }
    help_signature(rule, one, diagnostics);
    return -1;
}

static bool place_arguments(const AstRule *rule, const AstRuleUse *use, const AstExpr **given,
                            Diagnostics *diagnostics) {
    for (int i = 0; i < use->arguments.count; i++) {
        const int index = place_argument(rule, use, i, diagnostics);
        if (index < 0) return false;
        if (given[index]) {
            Diagnostic *one = diagnose(diagnostics, use->arguments.at[i].value->span, "E0502",
                                       "`%s` is given twice", rule->parameters.at[index].name.name);
            help_signature(rule, one, diagnostics);
            return false;
        }
        given[index] = use->arguments.at[i].value;
    }
    return true;
}

bool bind_parameters(Arena *arena, const AstRule *rule, const AstRuleUse *use, Bindings *bindings,
                     Diagnostics *diagnostics) {
    const AstExpr **given = arena_alloc(arena, sizeof *given * (size_t)(rule->parameters.count + 1));
    const Bindings nothing = {0};
    if (!parameters_distinct(rule, diagnostics) || !place_arguments(rule, use, given, diagnostics))
        return false;
    for (int i = 0; i < rule->parameters.count; i++) {
        const AstRuleParameter *parameter = &rule->parameters.at[i];
        const AstExpr *value = given[i] ? given[i] : parameter->value;
        if (!value) {
            Diagnostic *one = diagnose(diagnostics, use->name.span, "E0502", "`%s` needs a value for `%s`",
                                       rule->name.name, parameter->name.name);
            help_signature(rule, one, diagnostics);
            return false;
        }
        Binding binding = {parameter->name.name, 0};
        const int before = diagnostics->list.count;
        Evaluation e = {given[i] ? &nothing : bindings, diagnostics, is_count(rule, binding.name)};
        if (!evaluate(&e, value, &binding.value)) {
            if (diagnostics->list.count > before)
                help_signature(rule, diagnostics->list.at[before], diagnostics);
            return false;
        }
        vec_push(arena, bindings, binding);
    }
    return true;
}

const char *bind_canonical(Arena *arena, const char *rule, const Bindings *bindings) {
    Text text = {0};
    text_add(&text, rule);
    for (int i = 0; i < bindings->count; i++) {
        text_printf(&text, "%s%s=", i ? ", " : "(", bindings->at[i].name);
        text_number(&text, bindings->at[i].value);
    }
    if (bindings->count) text_add(&text, ")");
    const char *result = arena_string(arena, text.at);
    text_free(&text);
    return result;
}
