/* Which part of an emitted text each line belongs to: marks in growing texts, which become lines at the end.
 */
#include "emit/emitter.h"

#include <stdarg.h>

static void add_mark(Emitter *e, const Text *in, EmitPart part) {
    vec_push(e->arena, &e->marks, ((Mark){in, in->length, part}));
}

void mark(Emitter *e, const Text *in, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_mark(e, in, (EmitPart){.words = arena_vprintf(e->arena, format, arguments)});
    va_end(arguments);
}

void mark_buffer(Emitter *e, const Text *in, const Buffer *buffer, const char *words) {
    add_mark(e, in, (EmitPart){.words = words, .buffer = buffer});
}

void mark_statement(Emitter *e, const Text *in, const Statement *statement) {
    add_mark(e, in, (EmitPart){.routine = e->routine, .statement = statement});
}

void mark_product(Emitter *e, const Statement *product) {
    e->marks.at[e->marks.count - 1].part.product = product;
}

void add_marked(Emitter *e, Text *out, const Text *more) {
    for (int i = 0; i < e->marks.count; i++) {
        Mark *one = &e->marks.at[i];
        if (one->in != more) continue;
        one->in = out;
        one->at += out->length;
    }
    if (more->length > 0) text_add_bytes(out, more->at, more->length);
}

/* The mark that holds at this place: the last one before it, of several there the last that was made. */
static const Mark *mark_at(const Emitter *e, const Text *in, size_t at) {
    const Mark *best = NULL;
    for (int i = 0; i < e->marks.count; i++) {
        const Mark *one = &e->marks.at[i];
        if (one->in == in && one->at <= at && (!best || one->at >= best->at)) best = one;
    }
    return best;
}

void collect_parts(const Emitter *e, const Text *out, EmitParts *parts) {
    const Mark *before = NULL;
    int line = 1;
    for (size_t at = 0; at < out->length; at++) {
        if (at > 0 && out->at[at - 1] != '\n') continue;
        const Mark *here = mark_at(e, out, at);
        if (here && here != before) {
            EmitPart part = here->part;
            part.line = line;
            if (part.words) part.words = arena_string(parts->arena, part.words);
            vec_push(parts->arena, &parts->list, part);
        }
        before = here;
        line++;
    }
}
