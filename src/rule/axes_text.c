/* The clauses of a rule as the language writes them, in one order whatever the file's.
 *
 * A replacement's value is written as its author wrote it: its words are copied from the source, without
 * comments and line ends, and a parameter of the rule gives way to its number. */
#include "rule/axes.h"
#include <ctype.h>
#include <string.h>

/* ---- the value of a replacement ---- */

static bool in_word(char c) { return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }

static size_t word_length(const char *at, const char *end) {
    size_t length = 0;
    while (at + length < end && in_word(at[length])) length++;
    return length;
}

static size_t gap_length(const char *at, const char *end) {
    size_t length = 0;
    while (at + length < end && (isspace((unsigned char)at[length]) || at[length] == '#'))
        if (at[length] == '#')
            while (at + length < end && at[length] != '\n') length++;
        else
            length++;
    return length;
}

static const Binding *bound(const Bindings *bindings, const char *word, size_t length) {
    for (int i = 0; i < bindings->count; i++)
        if (strlen(bindings->at[i].name) == length && strncmp(bindings->at[i].name, word, length) == 0)
            return &bindings->at[i];
    return NULL;
}

static void add_binding(const Binding *binding, Text *out) {
    if (binding->value < 0) text_add(out, "(");
    text_number(out, binding->value);
    if (binding->value < 0) text_add(out, ")");
}

void axes_value_text(const AstExpr *value, const Bindings *bindings, Text *out) {
    const char *at = value->span.source->text + value->span.begin;
    const char *const end = value->span.source->text + value->span.end;
    for (char before = ' '; at < end;) {
        const size_t gap = gap_length(at, end), word = word_length(at, end);
        const char after = at + word < end ? at[word] : ' ';
        const Binding *binding =
            before == '.' || (after && strchr(".[(", after)) ? NULL : bound(bindings, at, word);
        const size_t length = gap ? gap : word ? word : 1;
        if (gap)
            text_add(out, " ");
        else if (binding)
            add_binding(binding, out);
        else
            text_add_bytes(out, at, length);
        before = at[length - 1];
        at += length;
    }
}

/* ---- clauses ---- */

static void begin(Text *out, const char *axis) { text_printf(out, "%s%s", out->length ? "; " : "", axis); }

static void add_mask(Text *out, const Mask *mask) {
    static const char *const word[] = {"", "diag", "block", "reach"};
    if (mask->kind == MASK_NONE) return;
    begin(out, "mask ");
    text_add(out, word[mask->kind]);
    if (mask->kind != MASK_DIAGONAL) text_printf(out, "(%d)", mask->size);
}

static void add_estimate(Text *out, const AxesScope *scope) {
    static const char *const word[] = {
        "", "rank1", "kronecker", "reverse_kronecker", "optimal_kronecker", "factored"};
    const Estimate *estimate = &scope->rule->estimate;
    if (estimate->kind == ESTIMATE_EXACT) return;
    begin(out, "estimate ");
    text_add(out, word[estimate->kind]);
    if (estimate->kind == ESTIMATE_OPTIMAL_KRONECKER) text_printf(out, "(%d)", estimate->rank);
    if (estimate->kind == ESTIMATE_FACTORED) {
        text_add(out, "(");
        text_number(out, estimate->smoothing);
        text_add(out, ")");
    }
    for (int i = 0; i < scope->ast->clauses.count; i++) {
        if (!scope->ast->clauses.at[i]->outside) continue;
        text_add(out, " outside ");
        path_print(scope->ast->clauses.at[i]->outside, scope->path.bindings, out);
    }
}

static void add_signal(Text *out, SignalKind signal) {
    static const char *const word[] = {"", "random", "adaptive", "sign_symmetric", "local"};
    if (signal == SIGNAL_SYMMETRIC) return;
    begin(out, "signal ");
    text_add(out, word[signal]);
}

static void add_timing(Text *out, const Timing *timing) {
    static const char *const word[] = {"", "online", "every", "end"};
    if (timing->update != UPDATE_UNSAID) {
        begin(out, "update ");
        text_add(out, word[timing->update]);
        if (timing->update == UPDATE_EVERY) text_printf(out, " %d", timing->every);
    }
    if (timing->sample) {
        begin(out, "sample ");
        text_printf(out, "%d", timing->sample);
    }
    if (timing->chunk) {
        begin(out, "chunk ");
        text_printf(out, "%d", timing->chunk);
    }
    if (timing->decay > 0) {
        begin(out, "decay ");
        text_number(out, timing->decay);
    }
}

const char *axes_text(const AxesScope *scope) {
    const Rule *rule = scope->rule;
    Text text = {0};
    add_mask(&text, &rule->mask);
    for (int i = 0; i < rule->replaces.count; i++) {
        begin(&text, "replace ");
        text_add(&text, rule->replaces.at[i].text);
    }
    add_estimate(&text, scope);
    add_signal(&text, rule->signal);
    add_timing(&text, &rule->timing);
    const char *result = arena_string(scope->arena, text.at ? text.at : "");
    text_free(&text);
    return result;
}
