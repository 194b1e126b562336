/* The emitted code on the page: beside equations, and whole. */
#include "print/html.h"

#include <string.h>

/* ---- which statements work an equation out ---- */

static bool writes(const Statement *statement, const Buffer *buffer) {
    if (statement->store == buffer || (statement->rows && statement->rows->out == buffer)) return true;
    for (int i = 0; i < statement->updates.count; i++)
        if (statement->updates.at[i].out == buffer) return true;
    for (int i = 0; i < statement->lets.count; i++)
        if (statement->lets.at[i].store == buffer) return true;
    return false;
}

static bool place_writes(const CodePlace *place, const Buffer *buffer) {
    return writes(place->statement, buffer) || (place->product && writes(place->product, buffer));
}

static const Let *let_of(const Statement *statement, const Expr *value) {
    for (int i = 0; i < statement->lets.count; i++)
        if (statement->lets.at[i].node == value) return &statement->lets.at[i];
    return NULL;
}

/* The value as statements have it; NULL where none does. */
static const Expr *canonical_of(const Html *html, const Line *line) {
    const Program *program = html->methods.report->derivation->program;
    if (!line->value || line->value->id >= program->canonical.count) return NULL;
    return program->canonical.at[line->value->id];
}

/* Where the routine keeps the value, or NULL. */
static const Buffer *kept_in(const Routine *routine, const Expr *value) {
    return value->id < routine->placed.count ? routine->placed.at[value->id].buffer : NULL;
}

static bool works_out(const Html *html, const CodePlace *place, const Line *line) {
    const Expr *value = canonical_of(html, line);
    for (int i = 0; i < line->kept.count; i++)
        if (place_writes(place, line->kept.at[i])) return true;
    if (!value) return false;
    if (let_of(place->statement, value)) return true;
    const Buffer *buffer = kept_in(place->routine, value);
    return buffer && !line->kept.count && !place->statement->lets.count && place_writes(place, buffer);
}

Places html_places(const Html *html, const Line *line) {
    Places places = {0};
    for (int i = 0; i < html->code->places.count; i++)
        if (works_out(html, &html->code->places.at[i], line)) vec_push(html->style.arena, &places, i);
    return places;
}

/* ---- lines ---- */

static const char *line_at(const Code *code, int number) {
    const char *at = code->text;
    while (--number > 0) at = strchr(at, '\n') + 1;
    return at;
}

/* Blanks, then text: what comes before the statement's own depth is left out. */
static void add_text(const char *line, size_t indent, Text *out) {
    const size_t length = strcspn(line, "\n"), blanks = strspn(line, " ");
    const size_t skip = blanks < indent ? blanks : indent;
    const bool comment = strncmp(line + blanks, "/*", 2) == 0 || strncmp(line + blanks, "* ", 2) == 0;
    text_printf(out, "<span class=\"text%s\">", comment ? " comment" : "");
    html_bytes(line + skip, length - skip, out);
    text_add(out, "</span>");
}

/* ---- beside equations ---- */

/* Whether this line begins what a map says of the value: "const real f = …". */
static bool defines(const char *line, const Let *let) {
    static const char words[] = "const real ";
    line += strspn(line, " ");
    const size_t length = strlen(let->name);
    return strncmp(line, words, strlen(words)) == 0 &&
           strncmp(line + strlen(words), let->name, length) == 0 &&
           strncmp(line + strlen(words) + length, " =", 2) == 0;
}

/* Names the equations that the line works out as classes: those of its own value, where the statement says
 * it value by value, else all of the statement's. */
static void add_classes(const Html *html, const Equations *equations, int first, const CodePlace *place,
                        const char *line) {
    Text *out = html->methods.out;
    int number = first;
    for (int i = 0; i < equations->count; i++) {
        const Equation *one = &equations->at[i];
        if (!*one->sign) continue;
        const Expr *value = canonical_of(html, &one->line);
        const Let *let = value ? let_of(place->statement, value) : NULL;
        if (works_out(html, place, &one->line) && (!let || defines(line, let)))
            text_printf(out, " k%d", number);
        number++;
    }
}

static void add_place(const Html *html, const Equations *equations, int first, const CodePlace *place) {
    Text *out = html->methods.out;
    const char *line = line_at(html->code, place->first);
    const size_t indent = strspn(line, " ");
    for (int n = place->first; n <= place->last; n++, line += strcspn(line, "\n") + 1) {
        text_add(out, "<div class=\"l");
        add_classes(html, equations, first, place, line);
        text_printf(out, "\"><span class=\"number\"><a href=\"#L%d\">%d</a></span>", n, n);
        add_text(line, indent, out);
        text_add(out, "</div>\n");
    }
}

/* The line as it is for the first of a group's parameters alone. */
static Line of_first(const Line *line) {
    Line first = *line;
    if (first.firsts) first.kept.count = first.firsts;
    return first;
}

void html_snippet(Html *html, const Equations *equations, int first) {
    const int count = html->code->places.count;
    bool any = false;
    for (int p = 0; p < count; p++) {
        bool here = false;
        for (int i = 0; i < equations->count; i++) {
            const Line line = of_first(&equations->at[i].line);
            here = here || works_out(html, &html->code->places.at[p], &line);
        }
        if (here && !any) text_add(html->methods.out, "<div class=\"code\">\n");
        if (here) add_place(html, equations, first, &html->code->places.at[p]);
        any = any || here;
    }
    if (any) text_add(html->methods.out, "</div>\n");
}

/* ---- the whole file ---- */

static void add_number(const Html *html, int number, const char *line) {
    text_printf(html->methods.out, "<div id=\"L%d\"><span class=\"number\">%d</span>", number, number);
    add_text(line, 0, html->methods.out);
    text_add(html->methods.out, "</div>\n");
}

static void add_back(const Html *html, int place) {
    const int equation = html->by_place.at[place];
    if (equation)
        text_printf(
            html->methods.out,
            "<div><span class=\"number\"></span><a class=\"from\" href=\"#e%d\">↑ its equation</a></div>\n",
            equation);
}

void html_listing(const Html *html) {
    const Code *code = html->code;
    const char *line = code->text;
    int place = 0;
    text_add(html->methods.out, "<div class=\"code\">\n");
    for (int n = 1; *line; n++) {
        if (place < code->places.count && code->places.at[place].first == n) {
            text_printf(html->methods.out, "<div class=\"statement\" id=\"s%d\">\n", place);
            add_back(html, place);
        }
        add_number(html, n, line);
        if (place < code->places.count && code->places.at[place].last == n) {
            text_add(html->methods.out, "</div>\n");
            place++;
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    text_add(html->methods.out, "</div>\n");
}
