/* Kernels in emitted text: cut from the same source that is compiled into this program, at its seams. */
#include "emit/emitter.h"
#include "runtime/kernels.h"
#include <stdio.h>
#include <string.h>

void use_kernel(Emitter *e, const char *name) {
    for (int i = 0; i < kernel_count; i++)
        if (strcmp(kernels[i].name, name) == 0) e->uses_kernel[i] = true;
}

static const struct {
    const unsigned char *text;
    const unsigned long *length;
} texts[] = {
    {kernels_float_text, &kernels_float_text_length},
    {kernels_products_text, &kernels_products_text_length},
    {kernels_traces_text, &kernels_traces_text_length},
    {kernels_rows_text, &kernels_rows_text_length},
    {kernels_estimates_text, &kernels_estimates_text_length},
};

/* The text between the seam of this name and the next one; NULL without such a seam. */
static const char *between_seams(Emitter *e, const unsigned char *whole, unsigned long length,
                                 const char *name) {
    const char *text = arena_copy(e->arena, (const char *)whole, length);
    const char *seam = arena_printf(e->arena, "/*@ %s */\n", name);
    const char *begin = strstr(text, seam);
    if (!begin) return NULL;
    begin += strlen(seam);
    const char *end = strstr(begin, "/*@ ");
    return end ? arena_copy(e->arena, begin, (size_t)(end - begin)) : begin;
}

static const char *section(Emitter *e, const Kernel *kernel) {
    const char *found = NULL;
    for (size_t i = 0; !found && i < sizeof texts / sizeof *texts; i++)
        found = between_seams(e, texts[i].text, *texts[i].length, kernel->name);
    return found ? found : "";
}

/* One blank line is enough at the end. */
static void trim(Text *out) {
    while (out->length > 1 && out->at[out->length - 1] == '\n' && out->at[out->length - 2] == '\n')
        out->at[--out->length] = '\0';
}

/* Without `inline` gcc leaves a call in a map's loop, and then makes no vectors of it. */
static void paste(const char *text, bool function, Text *out) {
    const char *definition = strstr(text, "KERNEL ");
    if (!definition) return;
    text_add(out, "\n");
    text_add_bytes(out, text, (size_t)(definition - text));
    text_add(out, function ? "static inline " : "static ");
    text_add(out, definition + strlen("KERNEL "));
    trim(out);
}

static const char for_threads[] = "\n#if defined _OPENMP && defined ELIGO_THREADS\n";

/* Behind a kernel whose rows can be shared out: what does so. Behind the first one: what all of them need. */
static void paste_rows(Emitter *e, const char *name, bool *begun, Text *out) {
    const char *text = between_seams(e, kernels_threads_text, kernels_threads_text_length, name);
    if (!text) return;
    mark(e, out, "%s by several threads, where the compiler is told OpenMP and their number", name);
    text_add(out, for_threads);
    if (!*begun) {
        text_printf(out, "#ifndef ELIGO_THREADS_FROM\n#define ELIGO_THREADS_FROM %d\n#endif\n",
                    EMIT_THREADS_FROM);
        text_add(out, between_seams(e, kernels_threads_text, kernels_threads_text_length, "shares"));
    }
    *begun = true;
    text_add(out, text);
    trim(out);
    text_add(out, "#endif\n");
}

/* In front of the first kernel that has tiles: what they are. */
static void paste_tiles(Emitter *e, const char *text, bool *begun, Text *out) {
    if (*begun || !strstr(text, "KERNEL_TILE")) return;
    *begun = true;
    mark(e, out, "how large tiles of sums are, for kernels that have some");
    text_add(out, "\n");
    text_add(out, between_seams(e, kernels_products_text, kernels_products_text_length, "tiles"));
    trim(out);
}

static void declare(const char *text, Text *out) {
    const char *definition = strstr(text, "KERNEL ");
    if (!definition) return;
    definition += strlen("KERNEL ");
    text_add_bytes(out, definition, (size_t)(strstr(definition, " {") - definition));
    text_add(out, ";\n");
}

/* A kernel may call those that stand before it in the list. */
static void use_called(Emitter *e) {
    for (int i = kernel_count - 1; i >= 0; i--)
        for (int called = 0; e->uses_kernel[i] && called < i; called++)
            if (strstr(section(e, &kernels[i]), arena_printf(e->arena, "%s(", kernels[called].name)))
                e->uses_kernel[called] = true;
}

void paste_kernels(Emitter *e, bool pasted, Text *out) {
    bool rows = false, tiles = false;
    if (pasted) use_called(e);
    for (int i = 0; i < kernel_count; i++) {
        if (!e->uses_kernel[i]) continue;
        const bool function = !kernels[i].double_function;
        const char *text = section(e, &kernels[i]);
        if (pasted) paste_tiles(e, text, &tiles, out);
        mark(e, out, "the kernel %s: %s, the same source that eligo itself runs", kernels[i].name,
             function ? "a function of one number" : "a loop that statements call");
        if (!pasted) {
            declare(text, out);
            continue;
        }
        paste(text, function, out);
        paste_rows(e, kernels[i].name, &rows, out);
    }
}
