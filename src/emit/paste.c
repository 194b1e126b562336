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

/* The text between the kernel's seam and the next one. */
static const char *section(Emitter *e, const Kernel *kernel) {
    const char *seam = arena_printf(e->arena, "/*@ %s */\n", kernel->name);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = arena_copy(e->arena, (const char *)texts[i].text, *texts[i].length);
        const char *begin = strstr(text, seam);
        if (!begin) continue;
        begin += strlen(seam);
        const char *end = strstr(begin, "/*@ ");
        return end ? arena_copy(e->arena, begin, (size_t)(end - begin)) : begin;
    }
    return "";
}

/* Without `inline` gcc leaves a call in a map's loop, and then makes no vectors of it. */
static void paste(const char *text, bool function, Text *out) {
    const char *definition = strstr(text, "KERNEL ");
    if (!definition) return;
    text_add(out, "\n");
    text_add_bytes(out, text, (size_t)(definition - text));
    text_add(out, function ? "static inline " : "static ");
    text_add(out, definition + strlen("KERNEL "));
    while (out->length > 1 && out->at[out->length - 1] == '\n' && out->at[out->length - 2] == '\n')
        out->at[--out->length] = '\0';
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
    if (pasted) use_called(e);
    for (int i = 0; i < kernel_count; i++) {
        if (!e->uses_kernel[i]) continue;
        const bool function = !kernels[i].double_function;
        mark(e, out, "the kernel %s: %s, the same source that eligo itself runs", kernels[i].name,
             function ? "a function of one number" : "a loop that statements call");
        const char *text = section(e, &kernels[i]);
        if (pasted)
            paste(text, function, out);
        else
            declare(text, out);
    }
}
