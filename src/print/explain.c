/* What all explanations share. */
#include "print/explain.h"

#include <string.h>

const char *explain_lets_through(const Report *report, int state) {
    const Arrows arrows = report_arrows(report);
    Text text = {0};
    for (int i = 0; i < arrows.count; i++)
        if (arrows.at[i].from == state) text_printf(&text, "%s%s", text.length ? ", " : "", arrows.at[i].by);
    return report_take(report, &text);
}

const char *explain_equation(const Report *report, const Var *root) {
    return arena_printf(report->arena, "%s = %s", root->label,
                        report_equation(report, root->definition, root->label));
}

void explain_clauses(const Report *report, Text *out) {
    const Rule *rule = report->derivation->rule;
    if (rule->mask.kind != MASK_NONE)
        text_add(out, "The mask then leaves those entries (k, j) that it has, of what is carried.\n");
    if (*rule->axes_text)
        text_printf(out, "What else the rule says bears on every kept path: %s.\n", rule->axes_text);
}
