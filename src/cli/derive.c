/* eligo derive SPEC --rule RULE */
#include "cli/command.h"
#include "cli/graphviz.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    FORMAT_TEXT,
    FORMAT_HTML,
    FORMAT_LATEX,
    FORMAT_JSON,
    FORMAT_DOT,
    FORMAT_SVG,
    FORMAT_ARTICLE /* --standalone */
};

/* The graph laid out by Graphviz; NULL after a report. */
static char *picture(const EligoDerivation *derivation) {
    char *graph = eligo_print(derivation, ELIGO_DOT), *svg = graphviz_svg(graph);
    free(graph);
    return svg;
}

static char *page(const EligoDerivation *derivation) {
    char *svg = picture(derivation), *made = svg ? eligo_page(derivation, svg) : NULL;
    free(svg);
    return made;
}

/* malloc'ed; NULL after a report. */
static char *print(const EligoDerivation *derivation, int format, int width, EligoSpelling spelling) {
    switch (format) {
    case FORMAT_HTML: return page(derivation);
    case FORMAT_LATEX: return eligo_print(derivation, ELIGO_LATEX);
    case FORMAT_JSON: return eligo_print(derivation, ELIGO_JSON);
    case FORMAT_DOT: return eligo_print(derivation, ELIGO_DOT);
    case FORMAT_SVG: return picture(derivation);
    case FORMAT_ARTICLE: return eligo_print(derivation, ELIGO_LATEX_ARTICLE);
    default: return eligo_print_text(derivation, width, spelling);
    }
}

/* How a text's names and signs are spelt; false after a report. */
static bool choose_spelling(bool ascii, bool greek, EligoSpelling *spelling) {
    *spelling = ascii ? ELIGO_SPELLING_ASCII : greek ? ELIGO_SPELLING_GREEK : ELIGO_SPELLING_PLAIN;
    return !ascii || !greek || usage_error("E0658", "--ascii and --unicode-names exclude each other");
}

/* Width, spelling and plan are a text's; false after a report. */
static bool suits(int format, const Shared *shared, bool ascii, bool greek) {
    if (shared->explain_plan && format != FORMAT_TEXT)
        return usage_error("E0658", "--explain-plan goes with --format text");
    const char *option = shared->width ? "--width" : ascii ? "--ascii" : greek ? "--unicode-names" : NULL;
    if (!option || format == FORMAT_TEXT) return true;
    const bool letters = format == FORMAT_LATEX && greek && !ascii && !shared->width;
    return usage_error("E0658", "%s goes with --format text%s", option,
                       letters ? "; LaTeX has Greek letters for their names anyway" : "");
}

static int derive(Arena *arena, const Shared *shared, const char *name, int format, EligoSpelling spelling) {
    Eligo *eligo = session_open(arena, shared);
    if (!eligo) return STATUS_USAGE;
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation =
        spec ? eligo_derive(eligo, spec, shared->rule, shared->keep, (EligoCarry)shared->carry) : NULL;
    session_flush(eligo);
    plan_put(shared, derivation, spelling, stdout);
    char *text =
        derivation && !shared->explain_plan ? print(derivation, format, page_width(shared), spelling) : NULL;
    const int status = text || (derivation && shared->explain_plan) ? STATUS_GOOD : STATUS_ERROR;
    if (text) fputs(text, stdout);
    free(text);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    return session_close(eligo, status);
}

int command_derive(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Shared shared = {0};
    Strings plain = {0};
    int format = FORMAT_TEXT, status;
    bool standalone = false, ascii = false, greek = false;
    EligoSpelling spelling;
    const Option options[] = {
        RULE_OPTIONS(&shared),
        WORK_OPTIONS(&shared),
        PLAN_OPTIONS(&shared),
        {OPTION_CHOICE, 0, "format", "text|html|latex|json|dot|svg",
         "for a terminal, a browser, a paper or a program; the graph and the automaton as a picture", &format,
         0, 0},
        {OPTION_FLAG, 0, "standalone", NULL, "with --format latex: a whole article", &standalone, 0, 0},
        PAGE_OPTIONS(&shared),
        {OPTION_FLAG, 0, "ascii", NULL, "a text without any other characters", &ascii, 0, 0},
        {OPTION_FLAG, 0, "unicode-names", NULL, "alpha, tau_m as α, τ_m in a text", &greek, 0, 0},
        SPEC_OPTIONS(&shared),
        {0},
    };
    if (command_parse(self, arena, options, &shared, argc, argv, &plain, &status)) {
        const char *spec = one_spec(self, &plain);
        if (spec && standalone && format != FORMAT_LATEX)
            spec = (usage_error("E0655", "--standalone goes with --format latex"), NULL);
        const bool good = spec && suits(format, &shared, ascii, greek) &&
                          choose_spelling(ascii, greek, &spelling) && one_rule(self, &shared);
        if (standalone) format = FORMAT_ARTICLE;
        status = good ? derive(arena, &shared, spec, format, spelling) : STATUS_USAGE;
    }
    arena_free(arena);
    return status;
}
