/* Diagnostics as text: the message, then each line that it is about with the spot underlined.
 *
 * Whatever stands in the source must be fit for a terminal: control bytes are shown as U+FFFD, tabs keep
 * their place, and of a very long line only the neighbourhood of the spot is shown. */
#include "base/diagnostic.h"
#include <stdlib.h>
#include <string.h>

enum {
    LINE_LIMIT = 240,
    LINE_MARGIN = 60
}; /* bytes of a line that are shown whole, and around a spot in a longer one */

typedef struct Printer {
    Text *out;
    const char *red, *yellow, *blue, *bold, *plain;
} Printer;

typedef struct Line {
    const char *text;
    int begin, end; /* offsets in the source of what is shown */
    bool cut_before, cut_after;
} Line;

static bool continues(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

static Line line_around(const Source *source, Span span) {
    const int length = (int)source->length;
    int spot = span.begin < 0 ? 0 : span.begin < length ? span.begin : length;
    Line line = {source->text, spot, spot, false, false};
    while (line.begin > 0 && source->text[line.begin - 1] != '\n') line.begin--;
    while (line.end < length && source->text[line.end] != '\n') line.end++;
    if (line.end > line.begin && source->text[line.end - 1] == '\r' && spot < line.end) line.end--;
    if (line.end - line.begin <= LINE_LIMIT) return line;
    if (spot - line.begin > LINE_MARGIN) {
        line.begin = spot - LINE_MARGIN;
        line.cut_before = true;
    }
    if (line.end - spot > 2 * LINE_MARGIN) {
        line.end = spot + 2 * LINE_MARGIN;
        line.cut_after = true;
    }
    while (line.begin > 0 && continues(line.text[line.begin])) line.begin--;
    while (line.end < length && continues(line.text[line.end])) line.end++;
    return line;
}

static void print_safely(Text *out, const char *bytes, int count) {
    for (int i = 0; i < count; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        if (byte == '\t' || (byte >= ' ' && byte != 0x7F)) {
            text_add_bytes(out, &bytes[i], 1);
        } else {
            text_add(out, "\xEF\xBF\xBD");
        }
    }
}

static void print_gutter(Printer *p, int line) {
    if (line > 0)
        text_printf(p->out, "%s%5d |%s ", p->blue, line, p->plain);
    else
        text_printf(p->out, "%s      |%s ", p->blue, p->plain);
}

static void print_line(Printer *p, const Source *source, Line line) {
    print_gutter(p, source_place(source, line.begin).line);
    if (line.cut_before) text_add(p->out, "...");
    print_safely(p->out, line.text + line.begin, line.end - line.begin);
    if (line.cut_after) text_add(p->out, "...");
    text_add(p->out, "\n");
}

static void print_marks(Printer *p, Line line, Span span, char mark, const char *colour, const char *text) {
    print_gutter(p, 0);
    if (line.cut_before) text_add(p->out, "   ");
    for (int i = line.begin; i < span.begin && i < line.end; i++)
        if (!continues(line.text[i])) text_add(p->out, line.text[i] == '\t' ? "\t" : " ");
    text_add(p->out, colour);
    int marks = 0;
    for (int i = span.begin; i < span.end && i < line.end; i++) {
        if (marks > 0 && continues(line.text[i])) continue;
        text_add_bytes(p->out, &mark, 1);
        marks++;
    }
    if (marks == 0) text_add_bytes(p->out, &mark, 1);
    if (text && *text) text_printf(p->out, " %s", text);
    text_printf(p->out, "%s\n", p->plain);
}

static bool same_span(Span a, Span b) { return a.source == b.source && a.begin == b.begin && a.end == b.end; }

static void print_place(Printer *p, Span span, const char *colour) {
    const Place place = source_place(span.source, span.begin);
    text_printf(p->out, "%s%s:%d:%d:%s ", colour, span.source->name, place.line, place.column, p->plain);
}

/* Labels on the main line go under it; others show their own line. A label on the main span names the ^^^. */
static void print_spots(Printer *p, const Diagnostic *one, const char *colour) {
    const Line main = line_around(one->span.source, one->span);
    const char *word = NULL;
    for (int i = 0; i < one->labels.count; i++)
        if (same_span(one->labels.at[i].span, one->span)) word = one->labels.at[i].text;
    print_line(p, one->span.source, main);
    print_marks(p, main, one->span, '^', colour, word);
    for (int i = 0; i < one->labels.count; i++) {
        const Label *label = &one->labels.at[i];
        if (!label->span.source || same_span(label->span, one->span)) continue;
        const bool here = label->span.source == one->span.source && label->span.begin >= main.begin &&
                          label->span.begin <= main.end;
        const Line line = here ? main : line_around(label->span.source, label->span);
        if (!here && label->span.source != one->span.source) {
            text_add(p->out, "  --> ");
            print_place(p, label->span, "");
            text_add(p->out, "\n");
        }
        if (!here) print_line(p, label->span.source, line);
        print_marks(p, line, label->span, '-', p->blue, label->text);
    }
}

static void print_one(Printer *p, const Diagnostic *one) {
    static const char *const words[] = {"error", "warning", "note"};
    const char *const colours[] = {p->red, p->yellow, p->blue};
    const char *colour = colours[one->severity];
    if (one->span.source) print_place(p, one->span, p->bold);
    text_printf(p->out, "%s%s[%s]:%s ", colour, words[one->severity], one->code, p->plain);
    text_printf(p->out, "%s%s%s\n", p->bold, one->message, p->plain);
    if (one->span.source) print_spots(p, one, colour);
    if (one->help) text_printf(p->out, "      %s=%s help: %s\n", p->blue, p->plain, one->help);
}

/* Sources keep the order in which they first appear; within one, places decide, then the order of reporting.
 */
static int source_rank(const Diagnostics *all, const Source *source) {
    int i = 0;
    while (all->list.at[i]->span.source != source) i++;
    return i;
}

typedef struct Entry {
    int rank, begin, index;
} Entry;

static int entry_compare(const void *left, const void *right) {
    const Entry *a = left, *b = right;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

void diagnostics_print(const Diagnostics *all, bool colour, Text *out) {
    Printer p = {out, "", "", "", "", ""};
    if (colour) p = (Printer){out, "\033[1;31m", "\033[1;33m", "\033[1;34m", "\033[1m", "\033[0m"};
    if (all->list.count == 0) return;
    Entry *order = arena_alloc(all->arena, (size_t)all->list.count * sizeof *order);
    for (int i = 0; i < all->list.count; i++) {
        const Span span = all->list.at[i]->span;
        order[i] = (Entry){source_rank(all, span.source), span.source ? span.begin : 0, i};
    }
    qsort(order, (size_t)all->list.count, sizeof *order, entry_compare);
    for (int i = 0; i < all->list.count; i++) print_one(&p, all->list.at[order[i].index]);
}
