/* The derivation's page: what the printer knows beside what the emitter knows of its lines. */
#include "eligo_internal.h"

#include "emit/emit.h"
#include "print/print.h"

static int lines_of(const Text *text) {
    int lines = 0;
    for (size_t i = 0; i < text->length; i++) lines += text->at[i] == '\n';
    return lines;
}

/* The statements among the parts, each up to the line before the next part. */
static void add_places(const EmitParts *parts, int lines, Code *code) {
    for (int i = 0; i < parts->list.count; i++) {
        const EmitPart *part = &parts->list.at[i];
        const int last = i + 1 < parts->list.count ? parts->list.at[i + 1].line - 1 : lines;
        if (part->statement)
            vec_push(parts->arena, &code->places,
                     ((CodePlace){part->routine, part->statement, part->product, part->line, last}));
    }
}

char *eligo_page(const EligoDerivation *derivation, const char *svg) {
    Arena *arena = arena_new();
    const Program *program = derivation->derivation->program;
    char hash[17];
    const EmitOptions options = eligo_emit_options(derivation->spec, ELIGO_FLOAT, hash);
    EmitParts parts = {.arena = arena};
    Text body = {0}, page = {0};
    emit_body_parts(program, &options, &body, &parts);
    Code code = {.name = arena_printf(arena, "%s.c", emit_name(program, arena)), .text = body.at};
    add_places(&parts, lines_of(&body), &code);
    print_html(derivation->derivation, &code, svg, &page);
    text_free(&body);
    arena_free(arena);
    return page.at;
}
