/* Facts about parameters, in words. */
#include "print/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *report_exactness(const ParamFacts *facts) {
    return facts->reaches ? verdict_name[facts->verdict] : "exact (zero)";
}

const char *report_meets(const Report *report, const ParamFacts *facts) {
    static const char *const names[] = {"j", "i", "k", "layers", "outputs"};
    Text text = {0};
    text_add(&text, facts->meets ? "" : "itself alone");
    for (int i = 0; i < 5; i++)
        if (facts->meets >> i & 1U) text_printf(&text, "%s%s", text.length ? ", " : "", names[i]);
    return report_take(report, &text);
}

const char *report_condition(const Report *report, const ParamFacts *facts) {
    if (!facts->kept || facts->exact || facts->reasons.count) return "";
    if (facts->condition) return facts->condition;
    return facts->exact_steps ? arena_printf(report->arena, "at most %d step%s", facts->exact_steps,
                                             facts->exact_steps > 1 ? "s" : "")
                              : "";
}

const char *report_influences(const Report *report, const ParamFacts *facts) {
    const Derivation *derivation = report->derivation;
    if (!facts->kept) return "none";
    if (derivation->carry == CARRY_BACKWARD) return facts->carries ? "adjoints" : "none: instantaneous";
    Text text = {0};
    for (int structure = STRUCTURE_PRESYNAPTIC; structure < STRUCTURE_COUNT; structure++) {
        const Influence *told = NULL;
        for (int i = 0; i < derivation->influences.count; i++) {
            const Influence *influence = &derivation->influences.at[i];
            if (influence->param != facts->param || (int)influence->structure != structure) continue;
            if (told && told->root == influence->root && told->state == influence->state) continue;
            text_printf(
                &text, "%s%s", text.length ? ", " : "",
                report_symbol(report, structure_symbol[structure], influence->root->label, influence->state));
            told = influence;
        }
        if (told) text_printf(&text, " %s", structure_name[structure]);
    }
    if (!text.length) text_add(&text, "none: instantaneous");
    return report_take(report, &text);
}

void report_count(double count, Text *out) {
    char digits[48];
    snprintf(digits, sizeof digits, "%.0f", fabs(count));
    if (count < 0) text_add(out, "-");
    const size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) text_add(out, ",");
        text_add_bytes(out, digits + i, 1);
    }
}

const char *report_polynomial(const Report *report, const Polynomial *polynomial) {
    Text text = {0};
    bool constant = true;
    for (int i = 0; i < polynomial->terms.count; i++)
        constant = constant && polynomial->terms.at[i].degree == 0;
    if (!constant) {
        polynomial_print(polynomial, &text);
        text_add(&text, " = ");
    }
    report_count(polynomial_value(polynomial), &text);
    return report_take(report, &text);
}

bool report_same_facts(const ParamFacts *a, const ParamFacts *b) {
    if (a->reaches != b->reaches || a->kept != b->kept || a->exact != b->exact || a->local != b->local ||
        a->carries != b->carries || a->exact_steps != b->exact_steps || a->drops.count != b->drops.count ||
        a->refused.count != b->refused.count)
        return false;
    for (int i = 0; i < a->drops.count; i++)
        if (a->drops.at[i].start != b->drops.at[i].start || a->drops.at[i].way != b->drops.at[i].way ||
            a->drops.at[i].state != b->drops.at[i].state)
            return false;
    for (int i = 0; i < a->refused.count; i++)
        if (a->refused.at[i] != b->refused.at[i]) return false;
    return true;
}
