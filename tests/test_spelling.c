/* Texts in other spellings: ASCII has no other byte, Greek letters stand for their names, tables stay
 * aligned, and what was two words before is two words after. */
#include "eligo.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 2000 }; /* nothing is broken or stacked there: word follows word in each spelling */

/* ---- two texts, word by word ---- */

typedef struct Pair {
    char *a, *b;
} Pair;
typedef struct Pairs {
    Pair *at;
    int count;
} Pairs;

static char *next_word(const char **at) {
    *at += strspn(*at, " \n");
    const size_t length = strcspn(*at, " \n");
    char *word = strndup(*at, length);
    *at += length;
    return word;
}

static void pairs_free(Pairs *pairs) {
    for (int i = 0; i < pairs->count; i++) free(pairs->at[i].a), free(pairs->at[i].b);
    free(pairs->at);
}

/* Each word is always spelt the same, and two never alike. The title's rule is as wide as what is above it,
 * and the arrow of a rule's text (`v -> z`) is an arrow. */
static void expect_one_to_one(const char *plain, const char *spelt, const char *what) {
    Pairs pairs = {0};
    for (;;) {
        char *a = next_word(&plain), *b = next_word(&spelt);
        cr_assert_eq(*a == 0, *b == 0, "%s: one text is longer: %s, %s", what, a, b);
        bool known = strncmp(a, "===", 3) == 0 || strcmp(a, "->") == 0, end = *a == 0;
        for (int i = 0; i < pairs.count && !known; i++) {
            const bool same = strcmp(pairs.at[i].a, a) == 0;
            cr_assert_eq(same, strcmp(pairs.at[i].b, b) == 0, "%s: %s is %s, and %s is %s", what, a, b,
                         pairs.at[i].a, pairs.at[i].b);
            known = same;
        }
        if (known || end) {
            free(a), free(b);
        } else {
            pairs.at = realloc(pairs.at, sizeof *pairs.at * (size_t)(pairs.count + 1));
            pairs.at[pairs.count++] = (Pair){a, b};
        }
        if (end) break;
    }
    pairs_free(&pairs);
}

/* ---- ASCII ---- */

static void expect_ascii(const char *text, const char *what) {
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        for (const char *c = line; *c != '\n'; c++)
            cr_assert((unsigned char)*c < 0x80, "%s: not ASCII: %.*s", what, (int)strcspn(line, "\n"), line);
}

/* Under "class" and "derivative" of the table of ways a cell begins in each row. */
static void expect_aligned(const char *text, const char *what) {
    static const char *const heads[] = {"class", "rule", "derivative"};
    const char *head = strstr(text, "\n    way ");
    cr_assert(head, "%s: %s", what, text);
    head++;
    for (const char *row = head; *row != '\n'; row += strcspn(row, "\n") + 1)
        for (int i = 0; i < 3; i++) {
            const long column = strstr(head, heads[i]) - head;
            cr_assert((long)strcspn(row, "\n") > column, "%s: %s", what, row);
            cr_assert(strncmp(row + column - 2, "  ", 2) == 0 && row[column] != ' ', "%s: %.*s", what,
                      (int)strcspn(row, "\n"), row);
        }
}

/* ---- the library ---- */

typedef struct Tally {
    int texts, spelt; /* how many derivations, how many look different in Greek */
} Tally;

static void check_derivation(const EligoDerivation *derivation, const char *what, Tally *tally) {
    char *same = eligo_print(derivation, ELIGO_TEXT),
         *plain = eligo_print_text(derivation, 0, ELIGO_SPELLING_PLAIN),
         *ascii = eligo_print_text(derivation, 0, ELIGO_SPELLING_ASCII);
    cr_expect_str_eq(plain, same, "%s", what);
    expect_ascii(ascii, what);
    free(same), free(plain), free(ascii);
    plain = eligo_print_text(derivation, WIDE, ELIGO_SPELLING_PLAIN);
    ascii = eligo_print_text(derivation, WIDE, ELIGO_SPELLING_ASCII);
    char *greek = eligo_print_text(derivation, WIDE, ELIGO_SPELLING_GREEK);
    expect_aligned(ascii, what);
    expect_one_to_one(plain, ascii, what);
    expect_one_to_one(plain, greek, what);
    tally->texts++, tally->spelt += strcmp(plain, greek) != 0;
    free(plain), free(ascii), free(greek);
}

static void check_spec(const char *name, const LibraryNames *rules, Tally *tally) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_UNKNOWN);
    cr_assert(spec, "%s", name);
    for (int r = 0; r < rules->count; r++) {
        char *use = eligo_rule_use(spec, rules->at[r]);
        EligoDerivation *derivation =
            eligo_applies(spec, use, NULL) ? eligo_derive(eligo, spec, use, NULL, ELIGO_CARRY_RULE) : NULL;
        if (derivation) {
            char *what = formatted("%s by %s", name, use);
            check_derivation(derivation, what, tally);
            free(what);
        }
        eligo_derivation_free(derivation);
        free(use);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
}

Test(spelling, every_cell_and_rule_of_the_library, .timeout = 300) {
    LibraryNames specs[] = {library_names("cells"), library_names("networks")},
                 rules = library_names("rules");
    Tally tally = {0, 0};
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < specs[s].count; i++) check_spec(specs[s].at[i], &rules, &tally);
        library_names_free(&specs[s]);
    }
    library_names_free(&rules);
    fprintf(stderr, "spelling: %d texts, %d of them with Greek names\n", tally.texts, tally.spelt);
    cr_expect(tally.texts > 1000 && tally.spelt > tally.texts / 8);
}

/* ---- what a reader sees ---- */

static char *text_of(const char *spec, const char *content, const char *rule, EligoSpelling spelling) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *opened = content ? eligo_open_text(eligo, spec, content, ELIGO_TARGET_UNKNOWN)
                                : eligo_open(eligo, spec, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = opened ? eligo_derive(eligo, opened, rule, NULL, ELIGO_CARRY_RULE) : NULL;
    cr_assert(derivation, "%s by %s: %s", spec, rule, eligo_messages(eligo, false));
    char *text = eligo_print_text(derivation, WIDE, spelling);
    eligo_derivation_free(derivation);
    eligo_spec_free(opened);
    eligo_free(eligo);
    return text;
}

typedef struct Phrase {
    const char *spec, *rule;
    EligoSpelling spelling;
    const char *phrase;
} Phrase;

Test(spelling, what_a_reader_sees) {
    static const Phrase phrases[] = {
        {"lstm", "eprop", ELIGO_SPELLING_ASCII, "eps_c = f * eps_c[t-1] + g * i * (1 - i) * p\n"},
        {"lstm", "eprop", ELIGO_SPELLING_ASCII, "theta = Wi, Ri, bi;  p = x, h[t-1], 1\n"},
        {"lstm", "eprop", ELIGO_SPELLING_ASCII, "dE/dtheta += L_c * eps_c\n"},
        {"lstm", "eprop", ELIGO_SPELLING_ASCII, "L_h = V' @ L_y\n"},
        {"leaky_readout", "eprop", ELIGO_SPELLING_ASCII, "^bar"},
        {"lstm", "bptt", ELIGO_SPELLING_ASCII, "phi_h = Rf' @ delta_f + Ri' @ delta_i"},
        {"lstm", "bptt", ELIGO_SPELLING_ASCII, "delta_i  = lambda_c * g * i * (1 - i)\n"},
        {"lstm", "rtrl", ELIGO_SPELLING_ASCII, "12 m n^2 + 12 n^3"},
        {"lstm", "rtrl", ELIGO_SPELLING_ASCII, "sum_k L_h * J_h"},
        {"lstm", "uoro", ELIGO_SPELLING_ASCII, "Jhat[k, (j, i)] = s~[k] theta~[j, i]"},
        {"lstm_peephole", "eprop", ELIGO_SPELLING_ASCII, "pi * c[t-1]"}, /* a parameter of that name */
        {"alif", "uoro", ELIGO_SPELLING_ASCII, "Jhat_a = rho * Jhat_a[t-1] + Jhat_z[t-1]\n"},
        {"alif", "uoro", ELIGO_SPELLING_ASCII, "s~ = Rho0 T + Rho1 nu"}, /* not the constant rho */
        {"lif", "eprop", ELIGO_SPELLING_GREEK, "v = α * v[t-1] + W @ x"},
        {"lif", "eprop", ELIGO_SPELLING_GREEK, "ε_v = (α - v_th * slope_z_v[t-1]) * ε_v[t-1]"},
        {"alif", "eprop", ELIGO_SPELLING_GREEK, "a = ρ * a[t-1] + z[t-1]\n"},
        {"alif", "eprop", ELIGO_SPELLING_GREEK, "(v - v_th - β * a)"},
        {"srm", "eprop", ELIGO_SPELLING_GREEK, "α_s * "},
        {"lru", "bptt", ELIGO_SPELLING_GREEK, "dE/dν += "},
    };
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        char *text = text_of(phrases[i].spec, NULL, phrases[i].rule, phrases[i].spelling);
        cr_expect(strstr(text, phrases[i].phrase), "%s by %s has no \"%s\"", phrases[i].spec, phrases[i].rule,
                  phrases[i].phrase);
        free(text);
    }
}

static const char names[] =
    "function größe(u) = tanh(u) derivative 1 - tanh(u)^2;\n"
    "cell c { size n, m; input x[m]; state h[n], α[n], λ[n]; output h;\n"
    "param W[n,m], alpha[n], lambda_α[n], x₁[n], café[n], dbeta[n], tau_m[n], theta[n];\n"
    "α = alpha * α[t-1] + größe(W @ x); λ = lambda_α * λ[t-1] + dbeta * α;\n"
    "h = café * h[t-1] + x₁ * λ + tau_m * theta; }\n";

static void expect_phrases(const char *text, const char *const *phrases) {
    for (; *phrases; phrases++) cr_expect(strstr(text, *phrases), "no \"%s\":\n%s", *phrases, text);
}

/* α beside alpha, λ beside the text's own λ_h, letters without a name. */
Test(spelling, names_stay_apart) {
    static const char *const ascii[] = {"alpha2 = alpha * alpha2[t-1] + gru00f6u00dfe(W @ x)\n",
                                        "lambda = lambda_alpha * lambda[t-1] + dbeta * alpha2\n",
                                        "h      = cafu00e9 * h[t-1] + x1 * lambda + tau_m * theta\n",
                                        "Lambda_h            = V' @ delta_y", NULL};
    static const char *const greek[] = {"α = alpha * α[t-1] + größe(W @ x)\n",
                                        "λ = lambda_α * λ[t-1] + dbeta * α\n",
                                        "h = café * h[t-1] + x₁ * λ + τ_m * theta\n", NULL};
    for (int backward = 0; backward < 2; backward++) {
        const char *rule = backward ? "bptt" : "rtrl";
        char *plain = text_of("names", names, rule, ELIGO_SPELLING_PLAIN),
             *as_ascii = text_of("names", names, rule, ELIGO_SPELLING_ASCII),
             *as_greek = text_of("names", names, rule, ELIGO_SPELLING_GREEK);
        expect_ascii(as_ascii, rule);
        expect_one_to_one(plain, as_ascii, rule);
        expect_one_to_one(plain, as_greek, rule);
        if (backward) expect_phrases(as_ascii, ascii);
        if (backward) expect_phrases(as_greek, greek);
        free(plain), free(as_ascii), free(as_greek);
    }
}

Test(spelling, options_that_exclude_each_other) {
    static const struct {
        const char *options, *words;
    } lines[] = {{"--ascii --unicode-names", "exclude each other"},
                 {"--ascii --format json", "--ascii goes with --format text"},
                 {"--unicode-names --format latex", "LaTeX has Greek letters for their names anyway"},
                 {"--unicode-names --format dot", "--unicode-names goes with --format text\n"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char *said;
        cr_expect_eq(run(&said, "'%s' derive lif --rule eprop %s", program(), lines[i].options), 2);
        cr_expect(strstr(said, "E0658") && strstr(said, lines[i].words), "%s: %s", lines[i].options, said);
        free(said);
    }
    char *said;
    cr_expect_eq(run(&said, "'%s' derive lif --rule eprop --unicode-names", program()), 0);
    cr_expect(strstr(said, "v = α * v[t-1]"), "%s", said);
    free(said);
    cr_expect_eq(run(&said, "'%s' derive lif --rule eprop --ascii", program()), 0);
    expect_ascii(said, "the option");
    free(said);
}
