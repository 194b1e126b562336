/* The smallest pieces of emitted text: indented lines, comments, numbers. */
#include "emit/emitter.h"
#include <float.h>
#include <math.h>
#include <string.h>

void line(Emitter *e, const char *format, ...) {
    for (int i = 0; i < e->indent; i++) text_add(&e->text, "    ");
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&e->text, format, arguments);
    va_end(arguments);
    text_add(&e->text, "\n");
}

/* What would end or nest a comment, or be a trigraph, is written with a blank inside. */
static void add_defused(Text *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        text_add_bytes(out, text + i, 1);
        if (i + 1 == length) break;
        const bool ends = text[i] == '*' && text[i + 1] == '/', nests = text[i] == '/' && text[i + 1] == '*';
        if (ends || nests || (text[i] == '?' && text[i + 1] == '?')) text_add(out, " ");
    }
}

static void indentation(Text *out, int indent) {
    for (int i = 0; i < indent; i++) text_add(out, "    ");
}

void comment(Text *out, int indent, const char *text) {
    indentation(out, indent);
    text_add(out, "/* ");
    for (;;) {
        const char *end = strchr(text, '\n');
        const size_t length = end ? (size_t)(end - text) : strlen(text);
        add_defused(out, text, length);
        if (!end || !end[1]) break;
        text_add(out, "\n");
        indentation(out, indent);
        text_add(out, " * ");
        text = end + 1;
    }
    text_add(out, " */\n");
}

/* The shortest decimal that reads back as the same double; a float's literal is rounded once, by the
 * compiler. */
static const char *decimal(Emitter *e, double value) {
    Text digits = {0};
    text_number(&digits, value);
    const bool whole = !strpbrk(digits.at, ".e");
    const char *copy = arena_printf(e->arena, "%s%s", digits.at, whole ? ".0" : "");
    text_free(&digits);
    return copy;
}

const char *literal(Emitter *e, double value) {
    const bool single = e->options->single;
    const char *suffix = single ? "f" : "";
    if (isnan(value)) return arena_printf(e->arena, "(0.0%s / 0.0%s)", suffix, suffix);
    const double largest = single ? (double)FLT_MAX : DBL_MAX;
    if (fabs(value) > largest)
        return arena_printf(e->arena, "(%s1.0%s / 0.0%s)", value < 0 ? "-" : "", suffix, suffix);
    if (single && (double)(float)value == 0) value = 0;
    return arena_printf(e->arena, "%s%s", decimal(e, value), suffix);
}
