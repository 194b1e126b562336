/* What of a rule this version derives. An axis that isn't derived yet is refused by name: without it the
 * gradient would be another. */
#include "derive/carry.h"

typedef struct Axis {
    const char *name;
    bool derived;
    bool (*asked)(const Rule *rule, Span *span);
} Axis;

static bool asks_estimate(const Rule *rule, Span *span) {
    *span = rule->estimate.span;
    return rule->estimate.kind != ESTIMATE_EXACT;
}

static bool asks_sample(const Rule *rule, Span *span) {
    *span = rule->timing.sample_span;
    return rule->timing.sample > 0;
}

static bool asks_chunk(const Rule *rule, Span *span) {
    *span = rule->timing.chunk_span;
    return rule->timing.chunk > 0;
}

static bool asks_decay(const Rule *rule, Span *span) {
    *span = rule->timing.decay_span;
    return rule->timing.decay > 0;
}

static const Axis axes[] = {{"estimate", false, asks_estimate},
                            {"sample", false, asks_sample},
                            {"chunk", false, asks_chunk},
                            {"decay", true, asks_decay}};

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
