/* Telling what is wrong: once at a place, with shapes as formulas show them. */
#include "model/build.h"
#include <string.h>

static bool same_place(const Diagnostic *one, Span span, const char *code, const char *message) {
    if (strcmp(one->code, code) != 0 || !source_equal(one->span.source, span.source)) return false;
    if (!span.source) return strcmp(one->message, message) == 0;
    return one->span.begin == span.begin && one->span.end == span.end;
}

Diagnostic *report(Builder *b, Span span, const char *code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vprintf(b->arena, format, arguments);
    va_end(arguments);
    if (code[0] == 'E') b->errors++;
    for (int i = 0; i < b->diagnostics->list.count; i++)
        if (same_place(b->diagnostics->list.at[i], span, code, message))
            return arena_new_of(b->arena, Diagnostic); /* labels and help go nowhere */
    return diagnose(b->diagnostics, span, code, "%s", message);
}

static const char *axis_text(Builder *b, const Dim *dim) {
    if (dim->value <= 0) return dim->name;
    if (!dim->name) return arena_printf(b->arena, "%ld", dim->value);
    return arena_printf(b->arena, "%s = %ld", dim->name, dim->value);
}

const char *shape_text(Builder *b, const Dim *rows, const Dim *cols) {
    if (!rows) return "a scalar";
    if (!cols) return arena_printf(b->arena, "[%s]", axis_text(b, rows));
    return arena_printf(b->arena, "[%s, %s]", axis_text(b, rows), axis_text(b, cols));
}

void suggest(Builder *b, Diagnostic *one, const char *name, Names candidates) {
    const char *close = closest_name(name, candidates.at, candidates.count);
    if (close) diagnostic_help(b->diagnostics, one, "did you mean `%s`?", close);
}

Names scope_names(const Scope *scope) {
    Names names = {0};
    for (int i = 0; i < scope->entries.count; i++)
        vec_push(scope->builder->arena, &names, scope->entries.at[i]->name);
    return names;
}

const char *entry_kind_text(EntryKind kind) {
    static const char *const text[] = {"a size",      "an input",   "a state",      "an output",
                                       "a parameter", "a constant", "a population", "a local"};
    return text[kind];
}

const char *entry_path(const Entry *entry) {
    const Scope *scope = entry->scope;
    return scope->name ? arena_printf(scope->builder->arena, "%s.%s", scope->name, entry->name) : entry->name;
}
