/* A cell used alone gets a network: its inputs, one layer, a linear readout (V, V2 … for each output, and d)
 * and the loss that fits the target.
 *
 * The network is written as text and parsed: from there on it is like any other, and what a user sees of it
 * reads like what they could have written. */
#include "model/build.h"
#include "syntax/parse.h"
#include <math.h>
#include <string.h>

static bool has_name(const AstCell *cell, const char *name) {
    for (int i = 0; i < cell->declarations.count; i++)
        if (strcmp(cell->declarations.at[i]->name.name, name) == 0) return true;
    for (int i = 0; i < cell->equations.count; i++)
        if (strcmp(cell->equations.at[i]->name.name, name) == 0) return true;
    return false;
}

const char *alone_name(Arena *arena, const AstCell *cell, const char *base) {
    const char *name = base;
    while (has_name(cell, name)) name = arena_printf(arena, "%s_", name);
    return name;
}

/* ---- sizes ---- */

static bool is_input_size(const AstCell *cell, const char *name) {
    for (int i = 0; i < cell->declarations.count; i++) {
        const AstDeclaration *d = cell->declarations.at[i];
        if (d->kind != DECLARE_INPUT || d->shape.count == 0) continue;
        if (d->shape.at[0]->kind == AST_NAME && strcmp(d->shape.at[0]->name.name, name) == 0) return true;
    }
    return false;
}

static long default_size(const Scope *cell, const Entry *entry) {
    double value;
    const AstExpr *given = entry->declaration->value;
    if (given && constant_value(cell, given, &value) && value >= 1 && value == floor(value))
        return (long)value;
    if (strcmp(entry->name, "n") == 0) return 128;
    if (strcmp(entry->name, "m") == 0) return 32;
    if (strcmp(entry->name, "k") == 0) return 10;
    return is_input_size(cell->cell, entry->name) ? 32 : 128;
}

static long option_size(Builder *b, const char *name, long otherwise) {
    const ModelOptions *options = b->options;
    for (int i = 0; options && i < options->size.count; i++) {
        const Setting *one = &options->size.at[i];
        const char *bare = strncmp(one->name, "l1.", 3) == 0 ? one->name + 3 : one->name;
        if (strcmp(bare, name) != 0) continue;
        b->size_used[i] = true;
        if (one->value >= 1 && one->value <= 2147483647.0 && one->value == floor(one->value))
            otherwise = (long)one->value;
        else
            report(b, (Span){0}, "E0310", "the size `%s` must be a whole number of at least 1", name);
    }
    return otherwise;
}

static long size_of(Builder *b, const Scope *cell, const Entry *entry) {
    return option_size(b, entry->name, default_size(cell, entry));
}

/* The number for a range of the cell as it was checked by itself. */
static long range_of(Builder *b, const Scope *cell, const Dim *dim) {
    for (int i = 0; i < cell->entries.count; i++) {
        const Entry *entry = cell->entries.at[i];
        if (entry->kind == ENTRY_SIZE && entry->size == dim) return size_of(b, cell, entry);
    }
    return dim->value;
}

/* ---- the text ---- */

static void write_inputs(Builder *b, const Scope *cell, Text *text) {
    for (int i = 0; i < cell->entries.count; i++) {
        const Entry *entry = cell->entries.at[i];
        if (entry->kind != ENTRY_INPUT) continue;
        text_printf(text, "    input %s", entry->name);
        if (entry->var->rows) text_printf(text, "[%ld]", range_of(b, cell, entry->var->rows));
        text_add(text, ";\n");
    }
}

static void write_layer(Builder *b, const Scope *cell, Text *text) {
    const char *separator = "";
    text_printf(text, "    layer l1 = %s(", cell->cell->name.name);
    for (int i = 0; i < cell->entries.count; i++) {
        const Entry *entry = cell->entries.at[i];
        if (entry->kind == ENTRY_INPUT)
            text_printf(text, "%s%s = %s", separator, entry->name, entry->name);
        else if (entry->kind == ENTRY_SIZE && !is_input_size(cell->cell, entry->name))
            text_printf(text, "%s%s = %ld", separator, entry->name, size_of(b, cell, entry));
        else
            continue;
        separator = ", ";
    }
    text_add(text, ");\n");
}

/* The readout's term of each output: V @ l1.a + V2 @ l1.b. The parameters are declared before the equation.
 */
static void write_terms(Builder *b, const Scope *cell, long k, Text *text, Text *terms) {
    int outputs = 0;
    for (int i = 0; i < cell->cell->declarations.count; i++) {
        const AstDeclaration *d = cell->cell->declarations.at[i];
        if (d->kind != DECLARE_OUTPUT) continue;
        const char *base = outputs++ == 0 ? "V" : arena_printf(b->arena, "V%d", outputs);
        const char *V = alone_name(b->arena, cell->cell, base);
        const Dim *rows = scope_find(cell, d->name.name)->var->rows;
        text_printf(text, "    param %s[%ld", V, k);
        if (rows) text_printf(text, ",%ld", range_of(b, cell, rows));
        text_add(text, "];\n");
        text_printf(terms, "%s %s l1.%s + ", V, rows ? "@" : "*", d->name.name);
    }
}

static void write_readout(Builder *b, const Scope *cell, Text *text) {
    const char *d = alone_name(b->arena, cell->cell, "d"), *y = alone_name(b->arena, cell->cell, "y");
    const Entry *size = scope_find(cell, "k");
    const long k = option_size(b, size && size->kind == ENTRY_SIZE ? "k2" : "k", 10);
    Text terms = {0};
    write_terms(b, cell, k, text, &terms);
    text_printf(text, "    param %s[%ld];\n    %s = %s%s;\n", d, k, y, terms.at, d);
    text_free(&terms);
    if (b->options && b->options->target == TARGET_CLASS)
        text_printf(text, "    loss softmax_cross_entropy(%s, target);\n", y);
    else
        text_printf(text, "    loss 0.5 * sum((%s - target)^2);\n", y);
    text_printf(text, "    output %s;\n", y);
}

const AstNetwork *alone_network(Builder *b, const Scope *cell) {
    const Entry *target = scope_find(cell, "target");
    if (target && target->kind == ENTRY_INPUT) {
        Diagnostic *one =
            report(b, target->span, "E0425", "`target` is what the loss of a cell used alone compares with");
        diagnostic_help(b->diagnostics, one,
                        "give the input another name, or write a network around the cell");
        return NULL;
    }
    Text text = {0};
    text_printf(&text, "network %s {\n", cell->cell->name.name);
    write_inputs(b, cell, &text);
    write_layer(b, cell, &text);
    write_readout(b, cell, &text);
    text_add(&text, "}\n");
    Source *source = source_from_text(b->arena, "(readout)", text.at, text.length);
    text_free(&text);
    const AstFile *file = syntax_parse(b->arena, source, b->diagnostics);
    return file->networks.count == 1 ? file->networks.at[0] : NULL;
}
