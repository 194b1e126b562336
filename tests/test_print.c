/* Printed derivations: texts compared with the ones in tests/golden/ byte for byte, JSON that is well-formed,
 * and the facts that both state.
 *
 * After a change that is meant, `ELIGO_RENEW=1 make suite` writes the goldens anew; review
 * their difference like any other. */
#include "derive/derive.h"
#include "print/print.h"
#include "support.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Printed {
    Arena *arena;
    const Derivation *derivation; /* NULL after errors */
    Text text, json;
} Printed;

static Printed printed(const char *spec, const char *rule, Carry carry) {
    const char *given = getenv("ELIGO_LIBRARY");
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    Printed result = {.arena = arena};
    const ModelOptions options = {0};
    Package *package = package_load(arena, spec, given && *given ? given : "library", diagnostics);
    Model *model = package ? model_build(arena, package, &options, diagnostics) : NULL;
    Graph *graph = model ? graph_build(arena, model, diagnostics) : NULL;
    const char *keep = strncmp(rule, "keep ", 5) == 0 ? rule + 5 : NULL;
    Rule *made = graph ? rule_build(arena, package, graph, rule, keep, diagnostics) : NULL;
    if (made) result.derivation = derive(arena, model, graph, made, carry, LEARN_LATER, diagnostics);
    cr_assert(result.derivation && !diagnostics->errors, "%s by %s", spec, rule);
    print_text(result.derivation, 0, SPELLING_PLAIN, &result.text);
    print_json(result.derivation, &result.json);
    return result;
}

static void printed_free(Printed *result) {
    text_free(&result->text);
    text_free(&result->json);
    arena_free(result->arena);
}

static const ParamFacts *facts_of(const Printed *result, const char *label) {
    const Var *param = model_param(result->derivation->model, label);
    cr_assert(param, "no parameter %s", label);
    return &result->derivation->facts[param->index];
}

static const char *const cells[] = {"vanilla", "leaky", "lstm", "gru", "diag", "lif", "alif", "digits2"};
static const char *const rules[] = {
    "bptt",     "rtrl", "tbptt(5)",      "eprop",         "eprop(2)", "mdgl",
    "lstm1997", "sltt", "eprop_noreset", "eprop_lateral", "no_reset", "keep implicit* (explicit | implicit)"};
enum { CELLS = sizeof cells / sizeof *cells, RULES = sizeof rules / sizeof *rules };

/* ---- texts ---- */

static void compare_with_golden(const char *name, const char *ending, const Text *text) {
    char *path = formatted("tests/golden/%s.%s", name, ending);
    expect_golden(path, text->at);
    free(path);
}

Test(print, texts_and_json_are_the_goldens) {
    enum { TEXTS_ONLY = 2 };
    static const struct {
        const char *name, *cell, *rule;
    } pairs[] = {{"gru_eprop_2", "gru", "eprop(2)"},
                 {"lstm_tbptt_12", "lstm", "tbptt(12)"},
                 {"lstm_eprop", "lstm", "eprop"},
                 {"lstm_eprop_2", "lstm", "eprop(2)"},
                 {"gru_eprop_lateral", "gru", "eprop_lateral"},
                 {"alif_eprop_noreset", "alif", "eprop_noreset"},
                 {"vanilla_rtrl", "vanilla", "rtrl"},
                 {"leaky_readout_eprop", "leaky_readout", "eprop"},
                 {"digits2_bptt", "digits2", "bptt"},
                 {"vanilla_uoro", "vanilla", "uoro"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        Printed result = printed(pairs[i].cell, pairs[i].rule, CARRY_EITHER);
        compare_with_golden(pairs[i].name, "txt", &result.text);
        if (i >= TEXTS_ONLY) compare_with_golden(pairs[i].name, "json", &result.json);
        printed_free(&result);
    }
}

Test(print, texts_say_what_a_reader_looks_for) {
    static const struct {
        const char *cell, *rule, *phrase;
    } phrases[] = {
        {"lstm", "eprop", "        ε_c = f * ε_c[t-1] + g * i * (1 - i) * p\n"},
        {"lstm", "eprop", "    Rf @ h[t-1] → f → c     explicit  dropped   c[t-1] * f * (1 - f) · Rf\n"},
        {"lstm", "bptt", "        δ_i = λ_c * g * i * (1 - i)\n"},
        {"lstm", "bptt", "        φ_h = Rfᵀ @ δ_f + Riᵀ @ δ_i + Rgᵀ @ δ_g + Roᵀ @ δ_o\n"},
        {"diag", "eprop", "gradient  exact for every parameter\n"},
        {"gru", "eprop", "gradient  nothing kept: Wr, Rr, br\n"},
        {"gru", "eprop", "            Wr @ x → r → Rn → c → h (lateral)\n"},
        {"vanilla", "rtrl", "        J_h = (1 - h^2) * R @ J_h[t-1] + (1 - h^2) * p\n"},
        {"lstm", "tbptt(5)", "        Approximate: exact on sequences of at most 6 steps.\n"}};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        Printed result = printed(phrases[i].cell, phrases[i].rule, CARRY_EITHER);
        cr_expect(strstr(result.text.at, phrases[i].phrase), "%s by %s: no \"%s\"", phrases[i].cell,
                  phrases[i].rule, phrases[i].phrase);
        printed_free(&result);
    }
}

static void expect_tidy(const Printed *result, const char *what) {
    int number = 0;
    for (const char *line = result->text.at; *line; line += strcspn(line, "\n") + 1) {
        const size_t length = strcspn(line, "\n");
        char *copy = formatted("%.*s", (int)length, line);
        number++;
        cr_expect(text_columns(copy) <= 120, "%s, line %d is too wide: %s", what, number, copy);
        cr_expect(length == 0 || copy[length - 1] != ' ', "%s, line %d ends in a blank: %s", what, number,
                  copy);
        free(copy);
    }
}

/* ---- JSON ---- */

static const char *skip_value(const char *c);

static const char *skip_blanks(const char *c) { return c + strspn(c, " \n"); }

static const char *skip_string(const char *c) {
    if (*c != '"') return NULL;
    for (c++; *c && *c != '"'; c++) {
        if ((unsigned char)*c < 0x20) return NULL;
        if (*c == '\\' && !strchr("\"\\nu", *++c)) return NULL;
    }
    return *c ? c + 1 : NULL;
}

static const char *skip_members(const char *c, char end) {
    for (c = skip_blanks(c + 1); *c != end;) {
        if (end == '}') {
            c = skip_string(c);
            if (!c || *c != ':') return NULL;
            c++;
        }
        c = skip_value(c);
        if (!c) return NULL;
        c = skip_blanks(c);
        if (*c == end) break;
        if (*c != ',') return NULL;
        c = skip_blanks(c + 1);
        if (*c == end) return NULL;
    }
    return c + 1;
}

/* The text after one JSON value, or NULL where there is none. */
static const char *skip_value(const char *c) {
    static const char *const words[] = {"true", "false", "null"};
    c = skip_blanks(c);
    if (*c == '{') return skip_members(c, '}');
    if (*c == '[') return skip_members(c, ']');
    if (*c == '"') return skip_string(c);
    for (int i = 0; i < 3; i++)
        if (strncmp(c, words[i], strlen(words[i])) == 0) return c + strlen(words[i]);
    const size_t digits = strspn(c, "+-.0123456789e");
    return digits && (isdigit((unsigned char)*c) || *c == '-') ? c + digits : NULL;
}

Test(print, the_checker_of_json_refuses_what_is_none) {
    static const char *const wrong[] = {"{\"a\": 1,}", "[1 2]",    "{\"a\" 1}", "{a: 1}",
                                        "[1, ",        "\"a\nb\"", "\"\\q\"",   "nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *end = skip_value(wrong[i]);
        cr_expect(!end || *skip_blanks(end), "%s", wrong[i]);
    }
    const char *end = skip_value("{\"a\": [1, -2.5e-3, []], \"b\\\"\": {}, \"c\": null}\n");
    cr_expect(end && !*skip_blanks(end));
}

Test(print, json_states_the_facts) {
    Printed result = printed("gru", "eprop", CARRY_EITHER);
    const char *begin = "{\n  \"eligo-derivation\": 1,\n  \"model\": {\n    \"name\": \"gru\",\n";
    cr_expect(strncmp(result.json.at, begin, strlen(begin)) == 0);
    const char *facts =
        strstr(result.json.at, "\"param\": \"Wr\",\n      \"reaches_loss\": true,\n      \"kept\": false");
    cr_expect(facts, "Wr is kept");
    cr_expect(facts && strstr(facts, "\"in\": \"starts\""));
    printed_free(&result);
}

/* ---- facts ---- */

Test(print, facts_come_from_the_graph) {
    static const struct {
        const char *cell, *rule, *param;
        bool kept, exact, carries, local;
        int steps;
    } facts[] = {{"diag", "eprop", "W", true, true, true, true, 0},
                 {"diag", "eprop", "r", true, true, true, true, 0},
                 {"gru", "eprop", "Wr", false, false, false, true, 0},
                 {"gru", "eprop_lateral", "Wr", true, false, true, false, 1},
                 {"gru", "eprop(2)", "br", true, false, true, false, 1},
                 {"lstm", "eprop", "Wi", true, false, true, true, 1},
                 {"lstm", "eprop", "Wo", true, false, false, true, 1},
                 {"lstm", "eprop", "V", true, true, false, true, 0},
                 {"lstm", "mdgl", "Wi", true, false, true, true, 2},
                 {"lstm", "rtrl", "Wi", true, true, true, false, 0},
                 {"lstm", "tbptt(5)", "Wi", true, false, true, false, 6},
                 {"lstm", "keep implicit* explicit", "Wi", true, false, true, true, 0},
                 {"lif", "eprop_noreset", "W", true, false, true, true, 1},
                 {"digits2", "eprop", "l1.Wi", true, false, true, false, 1},
                 {"digits2", "eprop", "l2.Wi", true, false, true, true, 1}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        Printed result = printed(facts[i].cell, facts[i].rule, CARRY_EITHER);
        const ParamFacts *f = facts_of(&result, facts[i].param);
        cr_expect(f->reaches && f->kept == facts[i].kept && f->exact == facts[i].exact &&
                      f->carries == facts[i].carries && f->local == facts[i].local,
                  "%s by %s, %s: kept %d exact %d carries %d local %d", facts[i].cell, facts[i].rule,
                  facts[i].param, f->kept, f->exact, f->carries, f->local);
        cr_expect(f->exact || !f->kept || f->exact_steps == facts[i].steps, "%s by %s, %s: %d steps",
                  facts[i].cell, facts[i].rule, facts[i].param, f->exact_steps);
        printed_free(&result);
    }
}

/* The facts' idea of structure is the forward derivation's. */
static void expect_structure(const Printed *result, const char *what) {
    const Derivation *derivation = result->derivation;
    for (int p = 0; p < derivation->model->params.count; p++) {
        const ParamFacts *facts = &derivation->facts[p];
        bool carries = false, dense = false;
        for (int i = 0; i < derivation->influences.count; i++) {
            const Influence *influence = &derivation->influences.at[i];
            carries = carries || influence->param == facts->param;
            dense = dense || (influence->param == facts->param && influence->structure == STRUCTURE_DENSE);
        }
        cr_expect(facts->carries == carries && facts->local == !dense, "%s, %s: %d %d, not %d %d", what,
                  facts->param->label, facts->carries, facts->local, carries, !dense);
    }
}

static void expect_costs(const Printed *result, const char *what) {
    const Program *program = result->derivation->program;
    const Cost cost = program_cost(program, result->arena);
    const double held =
        polynomial_value(&cost.params) + polynomial_value(&cost.carried) + polynomial_value(&cost.work);
    for (size_t real = sizeof(float); real <= sizeof(double); real += sizeof(double) - sizeof(float)) {
        const Layout layout = program_layout(program, real, result->arena);
        cr_expect((double)layout.t_offset == held * (double)real, "%s: %zu bytes are not %.0f reals", what,
                  layout.t_offset, held);
        cr_expect((double)layout.record_bytes == polynomial_value(&cost.tape) * (double)real, "%s: the tape",
                  what);
    }
}

Test(print, every_pair_is_tidy_well_formed_and_adds_up, .timeout = 120) {
    for (int c = 0; c < CELLS; c++)
        for (int r = 0; r < RULES; r++)
            for (Carry carry = CARRY_FORWARD; carry <= CARRY_BACKWARD; carry++) {
                char *what = formatted("%s by %s, carry %d", cells[c], rules[r], (int)carry);
                Printed result = printed(cells[c], rules[r], carry);
                expect_tidy(&result, what);
                const char *end = skip_value(result.json.at);
                cr_expect(end && !*skip_blanks(end), "%s: the JSON breaks off at %.60s", what,
                          end ? end : "?");
                if (carry == CARRY_FORWARD) expect_structure(&result, what);
                expect_costs(&result, what);
                printed_free(&result);
                free(what);
            }
}
