/* The methods section as text, in columns of a terminal. */
#include "print/page.h"
#include "print/print.h"

static void title(Page *page, const char *text) {
    text_printf(page->out, "%s\n", text);
    for (int i = text_columns(text); i > 0; i--) text_add(page->out, "=");
    text_add(page->out, "\n\n");
}

static void fact(Page *page, const char *name, const char *text) {
    layout_line(page->out, 0, 10, arena_printf(page->report->arena, "%-9s %s", name, text));
}

static void heading(Page *page, const char *text) { text_printf(page->out, "\n%s\n\n", text); }

static void subheading(Page *page, const char *text) { layout_line(page->out, 4, 4, text); }

static void sentence(Page *page, int level, int hang, const char *text) {
    layout_line(page->out, 4 * level, hang, text);
}

/* Signs of equality stand below each other; what a gradient gets stands by itself. */
static void equations(Page *page, int level, const Equations *equations) {
    int width = 0;
    for (int i = 0; i < equations->count; i++) {
        const int columns = text_columns(equations->at[i].line.left);
        if (columns > width && *equations->at[i].sign == '=') width = columns;
    }
    for (int i = 0; i < equations->count; i++) {
        const Equation *one = &equations->at[i];
        layout_equation(page->out, 4 * level, *one->sign == '+' ? 0 : width, one->line.left,
                        *one->sign ? one->sign : " ", one->line.right);
    }
}

static void table(Page *page, const Table *table) { table_print(table, 4, page->out); }

static void gap(Page *page) { text_add(page->out, "\n"); }

static const PageParts parts = {title,      fact,      heading, subheading, sentence,
                                subheading, equations, table,   gap};

void print_text(const Derivation *derivation, Text *out) {
    Arena *arena = arena_new();
    Page page = {.parts = &parts, .report = report_new(arena, derivation), .out = out};
    methods_title(&page);
    methods_network(&page);
    methods_graph(&page);
    report_recursions(page.report);
    methods_recursions(&page);
    methods_parameters(&page);
    methods_costs(&page);
    arena_free(arena);
}
