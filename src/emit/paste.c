/* Kernels in emitted text: cut from the same source that is compiled into this program, at its seams. */
#include "emit/emitter.h"
#include "runtime/kernels.h"
#include <stdio.h>
#include <string.h>

void use_kernel(Emitter *e, const char *name) {
    for (int i = 0; i < kernel_count; i++)
        if (strcmp(kernels[i].name, name) == 0) e->uses_kernel[i] = true;
}

/* The text between the kernel's seam and the next one. */
static const char *section(Emitter *e, const char *name) {
    const char *text = arena_copy(e->arena, (const char *)kernels_text, kernels_text_length);
    const char *seam = arena_printf(e->arena, "/*@ %s */\n", name);
    const char *begin = strstr(text, seam);
    if (!begin) return "";
    begin += strlen(seam);
    const char *end = strstr(begin, "/*@ ");
    return end ? arena_copy(e->arena, begin, (size_t)(end - begin)) : begin;
}

static void paste(const char *text, Text *out) {
    const char *definition = strstr(text, "KERNEL ");
    if (!definition) return;
    text_add(out, "\n");
    text_add_bytes(out, text, (size_t)(definition - text));
    text_add(out, "static ");
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

void paste_kernels(Emitter *e, bool pasted, Text *out) {
    for (int i = 0; i < kernel_count; i++)
        if (e->uses_kernel[i]) {
            mark(e, out, "the kernel %s: a loop that statements call, the same source that eligo itself runs",
                 kernels[i].name);
            (pasted ? paste : declare)(section(e, kernels[i].name), out);
        }
}
