/* The texts that come out: each is a few pieces in order. Functions are written first, because they show
 * which kernels are needed. */
#include "emit/emit.h"
#include "emit/emitter.h"
#include <stdint.h>
#include <stdio.h>

void emit_hash(const char *text, size_t length, char digits[17]) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3U;
    for (int i = 15; i >= 0; i--, hash >>= 4) digits[i] = "0123456789abcdef"[hash & 15];
    digits[16] = '\0';
}

void emit_header_parts(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts) {
    Arena *arena = arena_new();
    Emitter *e = emitter_new(program, options, arena);
    mark(e, out, "says what this is, by which rule, from which spec, and what the rule drops");
    stamp(e, "the learner's declarations", out);
    mark(e, out, "lets the header be included twice, and names size_t");
    text_printf(out, "#ifndef %s_H\n#define %s_H\n\n#include <stddef.h>\n\n", e->capitals, e->capitals);
    mark(e, out, "sizes: everything that changes with them, and nothing else");
    declare_sizes(e, out);
    mark(e, out, "lets C++ call these functions");
    text_add(out, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n");
    declare_structs(e, out);
    mark(e, out, "ends what C++ is told, and the header");
    text_add(out, "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
    if (parts) collect_parts(e, out, parts);
    text_free(&e->text);
    arena_free(arena);
}

void emit_header(const Program *program, const EmitOptions *options, Text *out) {
    emit_header_parts(program, options, out, NULL);
}

void emit_body_parts(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts) {
    Arena *arena = arena_new();
    Emitter *e = emitter_new(program, options, arena);
    Text functions = {0};
    emit_functions(e, &functions);
    mark(e, out, "says what this is, by which rule, from which spec, and what the rule drops");
    stamp(e, "the learner's functions", out);
    mark(e, out, "the learner's declarations, mathematical functions and memset");
    text_printf(out, "#include \"%s.h\"\n#include <math.h>\n#include <string.h>\n\n", e->name);
    mark(e, out, "the type of all numbers, which kernels call real");
    text_printf(out, "typedef %s real;\n", options->single ? "float" : "double");
    paste_kernels(e, true, out);
    declare_units(e, out);
    declare_tables(e, out);
    add_marked(e, out, &functions);
    if (parts) collect_parts(e, out, parts);
    text_free(&functions);
    text_free(&e->text);
    arena_free(arena);
}

void emit_body(const Program *program, const EmitOptions *options, Text *out) {
    emit_body_parts(program, options, out, NULL);
}

/* The functions that operators and emitted code call; system headers cost more than all the rest. */
static void declare_library(const EmitOptions *options, bool ranges_too, Text *out) {
    static const char *const one[] = {"exp", "log", "sqrt", "tanh", "erf", "sin", "cos", "fabs", "log1p"};
    const char *type = options->single ? "float" : "double", *suffix = options->single ? "f" : "";
    text_printf(out, "typedef __SIZE_TYPE__ size_t;\ntypedef %s real;\n", type);
    text_add(out, "void *memset(void *, int, size_t);\nvoid *memcpy(void *, const void *, size_t);\n");
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        text_printf(out, "%s %s%s(%s);\n", type, one[i], suffix, type);
    text_printf(out, "%s pow%s(%s, %s);\n", type, suffix, type, type);
    for (int i = 0; ranges_too && i < range_count; i++)
        text_printf(out, "void %s(size_t, const real *, const real *, const real *, real *);\n",
                    ranges[i].name);
}

void emit_in_process(const Program *program, const EmitOptions *options, bool pasted, Text *out) {
    Arena *arena = arena_new();
    Emitter *e = emitter_new(program, options, arena);
    Text functions = {0};
    e->by_ranges = !pasted;
    emit_functions(e, &functions);
    if (pasted && options->threads > 1) text_printf(out, "#define ELIGO_THREADS %d\n", options->threads);
    declare_library(options, !pasted, out);
    paste_kernels(e, pasted, out);
    declare_units(e, out);
    declare_sizes(e, out);
    declare_structs(e, out);
    declare_tables(e, out);
    add_marked(e, out, &functions);
    text_free(&functions);
    text_free(&e->text);
    arena_free(arena);
}
