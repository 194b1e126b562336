/* Clauses that contradict each other, reported with both in view.
 *
 * What only a forward rule has, an influence, can be masked, estimated, or used before the sequence is over;
 * how a rule is carried may be decided later than its clauses are read, so that question is one of its own.
 */
#include "rule/axes.h"

static bool contradict(Diagnostics *diagnostics, Span span, const char *says, Span other, const char *why) {
    if (!diagnostics) return false;
    Diagnostic *one = diagnose(diagnostics, span, "E0518", "%s", says);
    if (other.source) diagnostic_label(diagnostics, one, other, "the other one is here");
    diagnostic_help(diagnostics, one, "%s", why);
    return false;
}

/* Parameters may change where a block ends. */
static bool changes_at_borders(const Rule *rule) {
    if (rule->timing.update == UPDATE_ONLINE) return rule->block == 1;
    return rule->block > 0 && rule->timing.every % rule->block == 0;
}

bool rule_check_carry(const Rule *rule, Carry carry, Diagnostics *diagnostics) {
    const Span other = rule->carry == carry ? rule->carry_span : (Span){0};
    const UpdateKind update = rule->timing.update;
    if (carry != CARRY_BACKWARD && carry != CARRY_MIXED) return true;
    if (carry == CARRY_MIXED && rule->timing.chunk > 0)
        return contradict(diagnostics, rule->timing.chunk_span, "chunks and blocks are not derived together",
                          other, "a block may not end where a chunk does: leave one of the two out");
    if (rule->mask.kind != MASK_NONE)
        return contradict(diagnostics, rule->mask.span, "a mask can't be carried backward", other,
                          "a mask is on the entries of the influence, which only a forward rule has: write "
                          "`carry forward`, or leave it out");
    if (rule->estimate.kind != ESTIMATE_EXACT)
        return contradict(diagnostics, rule->estimate.span, "an estimate can't be carried backward", other,
                          "what is estimated is the influence, which only a forward rule has: write `carry "
                          "forward`, or leave it out");
    if (carry == CARRY_MIXED && changes_at_borders(rule)) return true;
    if (update == UPDATE_ONLINE || update == UPDATE_EVERY)
        return contradict(diagnostics, rule->timing.update_span,
                          "parameters can't change during a sequence that is carried backward", other,
                          "a backward rule knows its gradient when the sequence is over: write `update end`, "
                          "or `carry forward`");
    return true;
}

bool axes_check(const Rule *rule, Diagnostics *diagnostics) {
    const bool mask = rule->mask.kind != MASK_NONE, estimate = rule->estimate.kind != ESTIMATE_EXACT;
    const bool factored = rule->estimate.kind == ESTIMATE_FACTORED && rule->mask.kind == MASK_DIAGONAL;
    if (mask && estimate && !factored)
        return contradict(
            diagnostics, rule->estimate.span, "a mask and an estimate contradict each other", rule->mask.span,
            "an estimate stands for the whole influence, so no entry of it can be left out; only "
            "`mask diag` with `estimate factored(decay)` go together");
    if (rule->estimate.kind == ESTIMATE_FACTORED && !mask)
        return contradict(
            diagnostics, rule->estimate.span, "`estimate factored` wants `mask diag` beside it", (Span){0},
            "two smoothed traces stand for an influence that stays with its own unit: add `mask diag;`");
    return rule_check_carry(rule, rule->carry, diagnostics);
}

/* What only a forward rule can do makes one that doesn't say forward. */
void axes_choose_carry(Rule *rule) {
    const UpdateKind update = rule->timing.update;
    if (rule->carry == CARRY_EITHER &&
        (rule->mask.kind != MASK_NONE || rule->estimate.kind != ESTIMATE_EXACT || update == UPDATE_ONLINE ||
         update == UPDATE_EVERY))
        rule->carry = CARRY_FORWARD;
}
