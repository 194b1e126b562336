/* Collecting diagnostics; diagnostic_print.c writes them. */
#include "base/diagnostic.h"
#include <stdlib.h>
#include <string.h>

Diagnostics *diagnostics_new(Arena *arena) {
    Diagnostics *all = arena_new_of(arena, Diagnostics);
    all->arena = arena;
    return all;
}

static Severity severity_of(const char *code) {
    return code[0] == 'W' ? SEVERITY_WARNING : code[0] == 'N' ? SEVERITY_NOTE : SEVERITY_ERROR;
}

/* The same place in a copy of its source that lives as long as the messages. */
static Span kept_span(Diagnostics *all, Span span) {
    const Source *source = span.source;
    if (!source) return span;
    for (int i = 0; i < all->sources.count; i++) {
        const Source *known = all->sources.at[i];
        if (source_equal(known, source)) return (Span){known, span.begin, span.end};
    }
    Source *copy = source_from_text(all->arena, source->name, source->text, source->length);
    vec_push(all->arena, &all->sources, copy);
    return (Span){copy, span.begin, span.end};
}

Diagnostic *diagnose(Diagnostics *all, Span span, const char *code, const char *format, ...) {
    Diagnostic *one = arena_new_of(all->arena, Diagnostic);
    one->severity = severity_of(code);
    one->code = arena_string(all->arena, code);
    one->span = kept_span(all, span);
    va_list arguments;
    va_start(arguments, format);
    one->message = arena_vprintf(all->arena, format, arguments);
    va_end(arguments);
    vec_push(all->arena, &all->list, one);
    all->errors += one->severity == SEVERITY_ERROR;
    return one;
}

void diagnostic_label(Diagnostics *all, Diagnostic *one, Span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const Label label = {kept_span(all, span), arena_vprintf(all->arena, format, arguments)};
    va_end(arguments);
    vec_push(all->arena, &one->labels, label);
}

void diagnostic_help(Diagnostics *all, Diagnostic *one, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    one->help = arena_vprintf(all->arena, format, arguments);
    va_end(arguments);
}

const char *closest_name(const char *name, const char *const *candidates, int count) {
    const char *best = NULL;
    const int length = (int)strlen(name);
    int best_distance = length < 3 ? length : 3; /* to be beaten */
    for (int i = 0; i < count; i++) {
        if (abs((int)strlen(candidates[i]) - length) >= best_distance) continue;
        const int distance = text_distance(name, candidates[i]);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidates[i];
        }
    }
    return best;
}
