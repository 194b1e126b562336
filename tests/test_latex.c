/* LaTeX: fragments compared with the ones in tests/golden/ byte for byte, and every library cell by five
 * rules through pdflatex, which must have nothing to say. ELIGO_RENEW=1 writes the goldens anew. */
#include "print/print.h"
#include "support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds the derivation's LaTeX; false where the rule has none for the cell. */
static bool add_latex(const char *spec, const char *rule, Text *out) {
    const char *given = getenv("ELIGO_LIBRARY");
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    const ModelOptions options = {0};
    Package *package = package_load(arena, spec, given && *given ? given : "library", diagnostics);
    Model *model = package ? model_build(arena, package, &options, diagnostics) : NULL;
    Graph *graph = model ? graph_build(arena, model, diagnostics) : NULL;
    Rule *made = graph ? rule_build(arena, package, graph, rule, NULL, diagnostics) : NULL;
    const Derivation *derivation =
        made ? derive(arena, model, graph, made, CARRY_EITHER, LEARN_LATER, diagnostics) : NULL;
    const bool good = derivation && !diagnostics->errors;
    if (good) print_latex(derivation, out);
    arena_free(arena);
    return good;
}

static void compare_with_golden(const char *name, const Text *text) {
    char *path = formatted("tests/golden/%s.tex", name);
    expect_golden(path, text->at);
    free(path);
}

Test(latex, fragments_are_the_goldens) {
    static const struct {
        const char *name, *cell, *rule;
    } pairs[] = {{"lstm_eprop", "lstm", "eprop"},
                 {"lstm_eprop_2", "lstm", "eprop(2)"},
                 {"gru_eprop_lateral", "gru", "eprop_lateral"},
                 {"alif_eprop_noreset", "alif", "eprop_noreset"},
                 {"vanilla_rtrl", "vanilla", "rtrl"},
                 {"leaky_readout_eprop", "leaky_readout", "eprop"},
                 {"digits2_bptt", "digits2", "bptt"},
                 {"vanilla_uoro", "vanilla", "uoro"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        Text text = {0};
        cr_assert(add_latex(pairs[i].cell, pairs[i].rule, &text), "%s", pairs[i].name);
        compare_with_golden(pairs[i].name, &text);
        text_free(&text);
    }
}

static int is_spec(const struct dirent *entry) { return strstr(entry->d_name, ".eligo") != NULL; }

/* Every cell and network of the library by a rule, in one article. */
static int add_folder(const char *folder, const char *rule, Text *out) {
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_spec, alphasort);
    int added = 0;
    for (int i = 0; i < count; i++) {
        char *name = formatted("%.*s", (int)strcspn(entries[i]->d_name, "."), entries[i]->d_name);
        added += add_latex(name, rule, out);
        free(name);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    return added;
}

/* What pdflatex complains of, "" for nothing. */
static char *complaints(const Text *article) {
    char *folder = scratch_make("latex"), *path = formatted("%s/all.tex", folder), *said = NULL;
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(article->at, 1, article->length, file) == article->length);
    cr_assert(fclose(file) == 0);
    const int status = run(&said,
                           "cd %s && pdflatex -interaction=nonstopmode -halt-on-error all.tex >said 2>&1; "
                           "code=$?; grep -E '^!|Overfull|Underfull|Warning' said; exit $code",
                           folder);
    cr_expect(status == 0, "pdflatex ends with %d", status);
    scratch_remove(folder);
    free(path);
    return said;
}

Test(latex, pdflatex_has_nothing_to_say, .timeout = 300) {
    static const char *const rules[] = {"eprop", "eprop(2)", "rtrl", "bptt", "uoro"};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        Text article = {0};
        print_latex_open(&article);
        const int added = add_folder("library/cells", rules[r], &article) +
                          add_folder("library/networks", rules[r], &article);
        print_latex_close(&article);
        cr_expect(added >= 30, "%s: only %d specs", rules[r], added);
        char *said = complaints(&article);
        cr_expect(!*said, "%s: %.600s", rules[r], said);
        free(said);
        text_free(&article);
    }
}

/* Width is no accident: a line that is too long does make pdflatex complain here. */
Test(latex, a_line_that_is_too_long_is_noticed, .timeout = 60) {
    Text article = {0};
    print_latex_open(&article);
    text_add(&article, "\\begin{align*}\n x &= ");
    for (int i = 0; i < 80; i++) text_add(&article, "W\\,");
    text_add(&article, "\n\\end{align*}\n");
    print_latex_close(&article);
    char *said = complaints(&article);
    cr_expect(strstr(said, "Overfull"), "%s", said);
    free(said);
    text_free(&article);
}

Test(latex, standalone_is_an_article_and_goes_with_latex_alone) {
    char *text = NULL;
    cr_expect(run(&text, "%s derive lstm --rule eprop --format latex --standalone", program()) == 0);
    cr_expect(strncmp(text, "\\documentclass", 14) == 0 && strstr(text, "\\end{document}"));
    free(text);
    cr_expect(run(&text, "%s derive lstm --rule eprop --standalone", program()) == 2);
    cr_expect(strstr(text, "E0655"), "%s", text);
    free(text);
    cr_expect(run(&text, "%s derive lstm --rule eprop --format tex", program()) == 2);
    cr_expect(strstr(text, "`tex` is none of text|html|latex"), "%s", text);
    free(text);
}
