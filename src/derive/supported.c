/* What of a rule this version derives. An axis that isn't derived yet is refused by name: without it the
 * gradient would be another. */
#include "derive/carry.h"

typedef struct Axis {
    const char *name;
    bool derived;
    bool (*asked)(const Rule *rule, Span *span);
} Axis;

/* A diagonal in an edge's place, on both sides of a path, is derived (view.c). */
static bool asks_replace(const Rule *rule, Span *span) {
    for (int i = 0; i < rule->replaces.count; i++) {
        *span = rule->replaces.at[i].span;
        if (rule->replaces.at[i].kind != REPLACE_DIAGONAL || rule->replaces.at[i].side != SIDE_BOTH)
            return true;
    }
    return false;
}

static bool asks_estimate(const Rule *rule, Span *span) {
    *span = rule->estimate.span;
    return rule->estimate.kind != ESTIMATE_EXACT;
}

static bool asks_signal(const Rule *rule, Span *span) {
    *span = rule->signal_span;
    return rule->signal == SIGNAL_ADAPTIVE || rule->signal == SIGNAL_SIGN;
}

static const Axis axes[] = {
    {"replace", false, asks_replace}, {"estimate", true, asks_estimate}, {"signal", false, asks_signal}};

bool derive_supports(const Rule *rule, Diagnostics *diagnostics) {
    bool all = true;
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        Span span = {0};
        if (axes[i].derived || !axes[i].asked(rule, &span)) continue;
        Diagnostic *one =
            diagnose(diagnostics, span, "E0514", "this version can't derive `%s` yet", axes[i].name);
        diagnostic_label(diagnostics, one, span, "without this clause the rule would have another gradient");
        all = false;
    }
    return all;
}
