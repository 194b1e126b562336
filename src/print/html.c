/* The methods section as a page. */
#include "print/html.h"

#include <string.h>

extern const unsigned char template_page[];
extern const unsigned long template_page_length;

static Html *html_of(Methods *methods) { return (Html *)methods; }

/* ---- the parts ---- */

static void title(Methods *methods, const char *text) {
    text_add(methods->out, "<h1>");
    html_text(text, methods->out);
    text_add(methods->out, "</h1>\n<dl>\n");
}

/* The class of a word that says how good a gradient is, or what becomes of a way. */
static const char *class_of(const char *text) {
    static const char *const words[] = {"exact",   "unbiased", "approximate", "nothing",
                                        "dropped", "composed", "kept"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0) return words[i];
    return "";
}

static void fact(Methods *methods, const char *name, const char *text) {
    text_printf(methods->out, "<dt>%s</dt><dd class=\"%s\">", name, class_of(text));
    html_text(text, methods->out);
    text_add(methods->out, "</dd>\n");
}

static void heading(Methods *methods, const char *text) {
    Html *html = html_of(methods);
    vec_push(html->style.arena, &html->nav, text);
    text_printf(methods->out, "<h2 id=\"part%d\">", html->nav.count);
    html_text(text, methods->out);
    text_add(methods->out, "</h2>\n");
}

static void subheading(Methods *methods, const char *text) {
    text_add(methods->out, "<h3>");
    html_text(text, methods->out);
    text_add(methods->out, "</h3>\n");
}

static void symbols(Methods *methods, const char *text) {
    text_add(methods->out, "<h3 class=\"symbols\">");
    mathml_list(&html_of(methods)->style, text, methods->out);
    text_add(methods->out, "</h3>\n");
}

static void sentence(Methods *methods, int level, int hang, const char *text) {
    static const char *const classes[] = {"", "", "in", "deep"};
    (void)hang;
    if (!*text) return;
    text_printf(methods->out, "<p class=\"%s\">", classes[level < 3 ? level : 3]);
    html_text(text, methods->out);
    text_add(methods->out, "</p>\n");
}

static void gap(Methods *methods) { (void)methods; }

/* ---- equations ---- */

static void add_left(const Html *html, const Equation *equation) {
    static const char gradient[] = "dE/d";
    const char *left = equation->line.left;
    if (strncmp(left, gradient, strlen(gradient)) == 0)
        mathml_gradient(&html->style, left + strlen(gradient), html->methods.out);
    else
        mathml_line(&html->style, left, html->methods.out);
}

/* Links to the places in the listing: for a group, one for each parameter. */
static void add_links(Html *html, const Line *line) {
    const Places places = html_places(html, line);
    text_add(html->methods.out, "<span class=\"to\">");
    for (int i = 0; i < places.count; i++) {
        const CodePlace *place = &html->code->places.at[places.at[i]];
        text_printf(html->methods.out, "%s<a href=\"#s%d\" title=\"its code, line %d\">%s%d</a>",
                    i ? " " : "", places.at[i], place->first, i ? "" : "C ", place->first);
        html->by_place.at[places.at[i]] = html->equations;
    }
    text_add(html->methods.out, "</span>");
}

static void add_equation(Html *html, const Equation *equation) {
    Text *out = html->methods.out;
    if (!*equation->sign) {
        text_add(out, "<div class=\"remark\">");
        html_text(equation->line.right, out);
        text_add(out, "</div>\n");
        return;
    }
    html->style.entries = equation->entries;
    text_printf(out, "<div class=\"equation\" id=\"e%d\"><span>", ++html->equations);
    add_left(html, equation);
    text_printf(out, "</span> <span><math><mo form=\"infix\">%s</mo></math></span> <span>", equation->sign);
    mathml_line(&html->style, equation->line.right, out);
    text_add(out, "</span> ");
    add_links(html, &equation->line);
    text_add(out, "</div>\n");
    html->style.entries = false;
}

static void equations(Methods *methods, int level, const Equations *equations) {
    Html *html = html_of(methods);
    const int first = html->equations + 1;
    (void)level;
    if (!equations->count) return;
    text_add(methods->out, "<div class=\"beside\">\n<div class=\"equations\">\n");
    for (int i = 0; i < equations->count; i++) add_equation(html, &equations->at[i]);
    text_add(methods->out, "</div>\n");
    html_snippet(html, equations, first);
    text_add(methods->out, "</div>\n");
}

/* ---- tables ---- */

static void add_cell(const Html *html, const Table *table, int row, int column) {
    const char *text = table->cells.at[row * table->columns + column];
    const char *head = table->headless ? "" : table->cells.at[column];
    const bool is_head = row == 0 && !table->headless;
    Text *out = html->methods.out;
    text_printf(out, is_head ? "<th>" : "<td class=\"%s\"", class_of(text));
    if (!is_head) {
        text_add(out, " data-head=\"");
        html_text(head, out);
        text_add(out, "\">");
    }
    if (!is_head && *text && (table->symbols >> column & 1U))
        mathml_list(&html->style, text, out);
    else
        html_text(text, out);
    text_add(out, is_head ? "</th>" : "</td>");
}

static void table(Methods *methods, const Table *table) {
    text_add(methods->out, "<table>\n");
    for (int row = 0; row < table->cells.count / table->columns; row++) {
        text_add(methods->out, row || table->headless ? "<tr>" : "<tr class=\"head\">");
        for (int column = 0; column < table->columns; column++)
            add_cell(html_of(methods), table, row, column);
        text_add(methods->out, "</tr>\n");
    }
    text_add(methods->out, "</table>\n");
}

static const MethodsParts parts = {title,   fact,      heading, subheading, sentence,
                                   symbols, equations, table,   gap};

/* ---- the page ---- */

static void add_picture(Methods *methods, const char *svg) {
    const char *begin = svg ? strstr(svg, "<svg") : NULL; /* behind the XML declaration */
    if (!begin) return;
    text_add(methods->out,
             "<div class=\"figure\" role=\"img\" aria-label=\"The recurrent graph over two steps and "
             "the rule's automaton\">\n");
    text_add(methods->out, begin);
    text_add(methods->out, "</div>\n");
}

static void add_body(Html *html, const char *svg) {
    Methods *methods = &html->methods;
    methods_title(methods);
    text_add(methods->out, "</dl>\n");
    methods_network(methods);
    methods_graph(methods);
    add_picture(methods, svg);
    report_recursions(methods->report);
    methods_recursions(methods);
    methods_parameters(methods);
    methods_costs(methods);
    heading(methods, arena_printf(html->style.arena, "6. The code, %s", html->code->name));
    html_listing(html);
}

static void add_nav(const Html *html, Text *out) {
    text_add(out, "<nav>");
    for (int i = 0; i < html->nav.count; i++) {
        text_printf(out, "<a href=\"#part%d\">", i + 1);
        html_text(html->nav.at[i], out);
        text_add(out, "</a>\n");
    }
    text_add(out, "</nav>\n");
}

/* An equation and its code light up together. */
static void add_style(const Html *html, Text *out) {
    text_add(out, "<style>\n");
    text_add_bytes(out, (const char *)template_page, template_page_length);
    for (int e = 1; e <= html->equations; e++)
        text_printf(out, "%s:root:has(#e%d:hover) .k%d, :root:has(.k%d:hover) #e%d", e > 1 ? ",\n" : "", e, e,
                    e, e);
    text_add(out, html->equations ? " { background: var(--mark); }\n</style>\n" : "</style>\n");
}

void print_html(const Derivation *derivation, const Code *code, const char *svg, Text *out) {
    Arena *arena = arena_new();
    Text body = {0};
    Html html = {.methods = {.parts = &parts, .report = report_new(arena, derivation), .out = &body},
                 .style = {.arena = arena, .model = derivation->model},
                 .code = code};
    for (int i = 0; i < code->places.count; i++) vec_push(arena, &html.by_place, 0);
    add_body(&html, svg);
    text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html_text(arena_printf(arena, "%s, learned by %s", derivation->model->name, derivation->rule->name), out);
    text_add(out, "</title>\n");
    add_style(&html, out);
    text_add(out, "</head>\n<body>\n");
    add_nav(&html, out);
    text_add(out, body.at);
    text_add(out, "</body>\n</html>\n");
    text_free(&body);
    arena_free(arena);
}
