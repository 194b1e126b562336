/* The methods section as text, in columns of a terminal. */
#include "print/methods.h"
#include "print/print.h"

static void title(Methods *methods, const char *text) {
    layout_title(&methods->report->page, methods->out, text);
    text_add(methods->out, "\n");
}

static void fact(Methods *methods, const char *name, const char *text) {
    layout_line(&methods->report->page, methods->out, 0, 10,
                arena_printf(methods->report->arena, "%-9s %s", name, text));
}

static void heading(Methods *methods, const char *text) { text_printf(methods->out, "\n%s\n\n", text); }

static void subheading(Methods *methods, const char *text) {
    layout_line(&methods->report->page, methods->out, 4, 4, text);
}

static void sentence(Methods *methods, int level, int hang, const char *text) {
    layout_line(&methods->report->page, methods->out, 4 * level, hang, text);
}

/* Signs of equality stand below each other; what a gradient gets stands by itself. */
static void equations(Methods *methods, int level, const Equations *equations) {
    int width = 0;
    for (int i = 0; i < equations->count; i++) {
        const int columns = page_columns(&methods->report->page, equations->at[i].line.left);
        if (columns > width && *equations->at[i].sign == '=') width = columns;
    }
    for (int i = 0; i < equations->count; i++) {
        const Equation *one = &equations->at[i];
        layout_equation(&methods->report->page, methods->out, 4 * level, *one->sign == '+' ? 0 : width,
                        one->line.left, *one->sign ? one->sign : " ", one->line.right);
    }
}

static void table(Methods *methods, const Table *table) { table_print(table, 4, methods->out); }

static void gap(Methods *methods) { text_add(methods->out, "\n"); }

static const MethodsParts parts = {title,      fact,      heading, subheading, sentence,
                                   subheading, equations, table,   gap};

void print_text(const Derivation *derivation, int width, SpellingKind spelling, Text *out) {
    Arena *arena = arena_new();
    Methods methods = {.parts = &parts, .report = report_new(arena, derivation), .out = out};
    methods.report->page = page_of(width);
    methods.report->page.spelling = spelling_new(arena, derivation, spelling);
    methods_title(&methods);
    methods_network(&methods);
    methods_graph(&methods);
    report_recursions(methods.report);
    methods_recursions(&methods);
    methods_parameters(&methods);
    methods_costs(&methods);
    arena_free(arena);
}
