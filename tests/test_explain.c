/* `eligo explain`: what it says, and random paths of random graphs, which it must find and judge. */
#include "eligo_internal.h"
#include "print/explain.h"
#include "print/path.h"
#include "random_spec.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Opened {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
} Opened;

static void opened_free(Opened *opened) {
    eligo_derivation_free(opened->derivation);
    eligo_spec_free(opened->spec);
    eligo_free(opened->eligo);
}

/* ---- what it says ---- */

typedef struct Saying {
    const char *spec, *rule, *question; /* a parameter, or a path */
    const char *words;                  /* of the answer, or of the message */
} Saying;

static const Saying sayings[] = {
    {"lstm", "eprop", "Wi -> c[t-1] -> h[t-1] -Rf-> c[t] -> h[t] -> loss",
     "Rf @ h[t-1] → f → c: explicit via Rf"},
    {"lstm", "eprop", "Wi -> c[t-1] -> h[t-1] -Rf-> c[t] -> h[t] -> loss", "Dropped at h[t-1] -Rf-> c[t]."},
    {"lstm", "eprop", "h[t-1] -> c",
     "dropped in q0 by keep (implicit | spatial)*: from there it lets through implicit"},
    {"lstm", "eprop", "h[t-1] -> c",
     "    Rg @ h[t-1] → g → c: explicit via Rg"}, /* every way that is meant */
    {"lstm", "eprop", "c[t-1] -> c -> h -> loss", "Kept: it ends in q0, which accepts."},
    {"lstm", "eprop(2)", "h[t-2] -Rf-> c[t-1] -> h[t-1] -Rf-> c[t]", "kept, q0 -> q1"},
    {"lstm", "eprop(2)", "h[t-2] -Rf-> c[t-1] -> h[t-1] -Rf-> c[t]", "dropped in q1 by keep"},
    {"lstm", "bptt", "h[t-2] -Rf-> c[t-1] -> h[t-1] -Rf-> c[t]", "Kept so far: it ends in q0"},
    {"lstm", "snap(1)", "h[t-1] -Ro-> h -> loss", "The mask then leaves those entries (k, j) that it has"},
    {"leaky", "rflo", "h[t-1] -> h -> loss", "bears on every kept path: signal random."},
    {"gru", "eprop", "Wr -> h -> loss", "lateral via Rn"},
    {"alif", "eprop_noreset", "z[t-1] -#reset-> v", "implicit #reset"},
    {"alif", "eprop_noreset", "z[t-1] -#reset-> v", "dropped in q0"},
    {"alif", "eprop", "z[t-1] -#reset-> v", "kept, q0 -> q0"},
    {"alif", "eprop", "v -> a", "there is no edge v -> a"},
    {"alif", "eprop", "v -> a", "a is reached from a[t-1], z[t-1]"},
    {"lstm", "eprop", "c[t-1] -> h[t]", "there is no edge c[t-1] -> h[t]"},
    {"lstm", "eprop", "h[t-1] -Wi-> c[t]", "there is no edge h[t-1] -Wi-> c[t]"},
    {"lstm", "eprop", "c -> Wi", "a parameter only begins a path"},
    {"lstm", "eprop", "c -> q", "`q` is no parameter, state, output or loss"},
    {"lstm", "eprop", "f -> c", "`f` is a local of its step"},
    {"lstm", "eprop", "c ->", "error[E0551]: this is no path: a variable is wanted here"},
    {"lstm", "eprop", "c h", "`->` is wanted here"},
    {"lstm", "eprop", "c[u] -> h", "a time, [t] or [t-1]"},
    {"lstm", "eprop", "c[t-] -> h", "a number of steps"},
    {"lstm", "eprop", "c[t-1 -> h", "`]` is wanted here"},
    {"lstm", "eprop", "Rf", "used in  f = sigmoid(Wf @ x + Rf @ h[t-1] + bf)"},
    {"lstm", "eprop", "Rf", "    Rf -> c[t-1] -> c[t] -> h[t] -> loss   ends in q0"},
    {"lstm", "eprop", "Rf",
     "    Rf -> c[t-1] -> h[t-1] -Ro-> h[t]: explicit via Ro, in q0, which lets through implicit"},
    {"lstm", "eprop", "Rf",
     "    ε_c = f * ε_c[t-1] + c[t-1] * f * (1 - f) * p\n    dE/dθ += L_c * ε_c\n    with p = h[t-1]"},
    {"lstm", "bptt", "Rf", "Nothing is dropped."},
    {"gru", "eprop", "Wr", "Nothing is kept: the gradient is zero."},
    {"lstm", "keep any* explicit", "Rf", "reach the loss in q0, which doesn't accept"},
    {"lstm", "eprop", "Rx", "the parameters are `Wi`, `Ri`"},
};

static Opened open_on(const char *name, const char *rule) {
    Opened opened = {.eligo = eligo_new("library")};
    const bool keep = strncmp(rule, "keep ", 5) == 0;
    opened.spec = eligo_open(opened.eligo, name, ELIGO_TARGET_UNKNOWN);
    opened.derivation =
        eligo_derive(opened.eligo, opened.spec, keep ? NULL : rule, keep ? rule + 5 : NULL, ELIGO_CARRY_RULE);
    cr_assert(opened.derivation, "%s", eligo_messages(opened.eligo, false));
    return opened;
}

Test(explain, says) {
    for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
        const Saying *saying = &sayings[i];
        Opened opened = open_on(saying->spec, saying->rule);
        eligo_messages_clear(opened.eligo);
        const bool path = strpbrk(saying->question, " [") != NULL;
        char *text = path ? eligo_explain_path(opened.eligo, opened.derivation, saying->question)
                          : eligo_explain_param(opened.eligo, opened.derivation, saying->question);
        const char *said = text ? text : eligo_messages(opened.eligo, false);
        cr_expect(strstr(said, saying->words), "%s under %s: %s\n%s\nlacks: %s", saying->question,
                  saying->rule, saying->spec, said, saying->words);
        cr_expect_eq(text == NULL, eligo_errors(opened.eligo) > 0);
        free(text);
        opened_free(&opened);
    }
}

/* ---- random paths ---- */

enum { LONGEST = 9, PATHS = 400 };

/* A walk from a parameter's use until the loss or too far; returns how many ways. */
static int random_walk(Random *random, const Graph *graph, const Way **ways) {
    int count = 0;
    if (!graph->starts.count) return 0;
    ways[count++] = &graph->starts.at[random_below(random, graph->starts.count)];
    while (count < LONGEST && ways[count - 1]->to != graph->model->loss) {
        int leading = 0, chosen;
        for (int w = 0; w < graph->ways.count; w++) leading += graph->ways.at[w].from == ways[count - 1]->to;
        if (!leading) return 0;
        chosen = random_below(random, leading);
        for (int w = 0; w < graph->ways.count; w++)
            if (graph->ways.at[w].from == ways[count - 1]->to && chosen-- == 0)
                ways[count] = &graph->ways.at[w];
        count++;
    }
    return ways[count - 1]->to == graph->model->loss ? count : 0;
}

static bool same_label(const Graph *graph, const Way *a, const Way *b) {
    Text of_a = {0}, of_b = {0};
    path_label(graph, a, &of_a), path_label(graph, b, &of_b);
    const bool same = strcmp(of_a.at ? of_a.at : "", of_b.at ? of_b.at : "") == 0;
    text_free(&of_a), text_free(&of_b);
    return same;
}

/* Only one way is written like this one. A way that crosses nothing is written without a label, which means
 * any. */
static bool is_unique(const Graph *graph, const Way *way) {
    Text label = {0};
    path_label(graph, way, &label);
    const bool bare = label.length == 0, single = !label.at || !strpbrk(label.at, ", #");
    int alike = 0;
    for (int i = 0; i < graph->starts.count + graph->ways.count; i++) {
        const Way *other =
            i < graph->starts.count ? &graph->starts.at[i] : &graph->ways.at[i - graph->starts.count];
        if (other->from != way->from || other->to != way->to || (!way->start && other->lag != way->lag))
            continue;
        alike += bare || single || same_label(graph, way, other);
    }
    text_free(&label);
    return alike == 1;
}

typedef struct Tally {
    int kept, dropped;
} Tally;

static void check_walk(const Opened *opened, const Way *const *ways, int count, const char *text,
                       Tally *tally) {
    const Derivation *derivation = opened->derivation->derivation;
    const Automaton *automaton = &derivation->rule->automaton;
    int state = 0;
    bool unique = true;
    for (int i = 0; i < count; i++) {
        if (state != DROPPED) state = automaton_run(automaton, state, ways[i]->symbol, ways[i]->symbols);
        unique = unique && is_unique(derivation->graph, ways[i]);
    }
    const bool accepted = state != DROPPED && automaton->accepting[state];
    Text path = {0};
    path_text(derivation->graph, ways, count, &path);
    char *said = eligo_explain_path(opened->eligo, opened->derivation, path.at);
    cr_assert(said, "%s\n%s\n%s", path.at, text, eligo_messages(opened->eligo, false));
    const bool kept = strstr(said, "\nKept: ") != NULL;
    cr_assert(!accepted || kept, "%s\n%s\n%s", path.at, text, said);
    cr_assert(!unique || kept == accepted, "%s\n%s\n%s", path.at, text, said);
    tally->kept += unique && kept, tally->dropped += unique && !kept;
    free(said);
    text_free(&path);
}

Test(explain, random_paths, .timeout = 120) {
    Tally tally = {0};
    for (uint64_t seed = 1; tally.kept + tally.dropped < PATHS; seed++) {
        RandomSpec random = random_spec(seed);
        Random draws;
        random_seed(&draws, seed ^ 0xe8);
        Text keep = {0};
        random_path(&draws, &random, &keep);
        Opened opened = {.eligo = eligo_new("library")};
        opened.spec = eligo_open_text(opened.eligo, "random.eligo", random.text.at, ELIGO_TARGET_UNKNOWN);
        opened.derivation = eligo_derive(opened.eligo, opened.spec, NULL, keep.at, ELIGO_CARRY_RULE);
        char *text = formatted("seed %d, keep %s\n%s", (int)seed, keep.at, random.text.at);
        for (int i = 0; opened.derivation && i < 5; i++) {
            const Way *ways[LONGEST + 1];
            const int count = random_walk(&draws, opened.derivation->derivation->graph, ways);
            if (count) check_walk(&opened, ways, count, text, &tally);
        }
        for (int p = 0; opened.derivation && p < eligo_params(opened.spec); p++) { /* each has an answer */
            char *said =
                eligo_explain_param(opened.eligo, opened.derivation, eligo_param(opened.spec, p).name);
            const bool nothing = said && strstr(said, "Nothing is kept");
            cr_assert(said && nothing == !opened.derivation->derivation->facts[p].kept, "%s\n%s", text, said);
            free(said);
        }
        free(text);
        opened_free(&opened);
        text_free(&keep);
        random_spec_free(&random);
    }
    fprintf(stderr, "explain: %d kept, %d dropped\n", tally.kept, tally.dropped);
    cr_expect(tally.kept > PATHS / 8 && tally.dropped > PATHS / 8);
}

/* ---- lines ---- */

typedef struct Lines {
    int all, statements; /* of which so many are a statement's */
} Lines;

static const char *line_at(const char *text, int line) {
    for (int i = 1; i < line; i++) text = strchr(text, '\n') + 1;
    return text;
}

/* Says something about every line; what changes a gradient is explained by it. */
static void check_text(const Opened *opened, const char *path, const char *text, Lines *lines) {
    bool function = false;
    for (int line = 1; *line_at(text, line); line++) {
        const char *here = line_at(text, line);
        char *own = formatted("%.*s", (int)strcspn(here, "\n"), here);
        char *said = eligo_explain_line(opened->eligo, opened->derivation, text, line);
        cr_assert(said, "%s:%d: %s", path, line, eligo_messages(opened->eligo, false));
        char *begin = formatted("line %d: %s\n", line, own);
        cr_expect(strncmp(said, begin, strlen(begin)) == 0 && said[strlen(begin)], "%s:%d: %s", path, line,
                  said);
        const bool statement = strstr(said, "\na statement of ") != NULL;
        function = function || strstr(own, "_step(") != NULL;
        if (function && strstr(own, "s->grad_"))
            cr_expect(statement && strstr(said, ": the gradient of "), "%s:%d: %s", path, line, said);
        if (strstr(own, "s->t++")) cr_expect(!statement && strstr(said, "counts the step"), "%s", said);
        lines->all++, lines->statements += statement;
        free(begin), free(own), free(said);
    }
}

static void check_file(const Opened *opened, const char *path, Lines *lines) {
    char *text = file_content(path, NULL);
    cr_assert(text, "%s", path);
    check_text(opened, path, text, lines);
    free(text);
}

Test(explain, every_line_of_every_committed_file, .timeout = 300) {
    FILE *list = fopen("generated/learners.txt", "r");
    cr_assert_not_null(list);
    char spec[64], rule[64];
    int files = 0;
    for (; fscanf(list, "%63s %63s", spec, rule) == 2; files++) {
        Opened opened = open_on(spec, rule);
        Lines header = {0, 0}, body = {0, 0};
        char *path = formatted("generated/%s.h", eligo_derivation_name(opened.derivation));
        check_file(&opened, path, &header);
        path[strlen(path) - 1] = 'c';
        check_file(&opened, path, &body);
        cr_expect(header.all > 20 && header.statements == 0, "%s", path);
        cr_expect(body.statements > 30 && body.statements < body.all - 30, "%s: %d of %d", path,
                  body.statements, body.all);
        free(path);
        opened_free(&opened);
    }
    cr_expect_eq(files, 8);
    fclose(list);
}

/* ---- drivers, and learners that learn online ---- */

typedef struct Words { /* what is said of a text's lines, each once */
    char *at[400];
    int count;
} Words;

/* The second line of an answer: what the line is there for. */
static Words words_of(const Opened *opened, const char *text) {
    Words words = {.count = 0};
    for (int line = 1; *line_at(text, line); line++) {
        char *said = eligo_explain_line(opened->eligo, opened->derivation, text, line);
        cr_assert(said, "line %d: %s", line, eligo_messages(opened->eligo, false));
        const char *second = strchr(said, '\n') + 1;
        char *own = strndup(second, strcspn(second, "\n"));
        bool known = false;
        for (int i = 0; i < words.count; i++) known = known || strcmp(words.at[i], own) == 0;
        if (known)
            free(own);
        else
            words.at[words.count++] = own;
        free(said);
    }
    return words;
}

static void words_free(Words *words) {
    for (int i = 0; i < words->count; i++) free(words->at[i]);
}

static int functions_in(const char *text) {
    int functions = 0;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        const size_t length = strcspn(line, "\n");
        functions += length > 3 && line[0] != ' ' && memchr(line, '(', length) && line[length - 1] == '{';
    }
    return functions;
}

/* Nothing in a driver is a statement; its functions have words of their own but those that run the sequence
 * and those that give out results. */
static void check_driver(const Opened *opened, const char *name, const char *text) {
    Lines lines = {0, 0};
    check_text(opened, name, text, &lines);
    Words words = words_of(opened, text);
    cr_expect(lines.all > 250 && lines.statements == 0, "%s: %d lines", name, lines.all);
    cr_expect(words.count > functions_in(text), "%s: %d words for %d functions", name, words.count,
              functions_in(text));
    words_free(&words);
}

Test(explain, every_line_of_every_driver, .timeout = 300) {
    static const char *const learners[][2] = {{"lstm", "eprop"},       {"alif", "bptt"},
                                              {"digits", "sltt_k(2)"}, {"leaky_readout", "rflo"},
                                              {"lstm", "uoro"},        {"lif_ei", "mdgl_types"}};
    for (size_t i = 0; i < sizeof learners / sizeof *learners; i++) {
        Opened opened = open_on(learners[i][0], learners[i][1]);
        char *header, *body, *driver;
        for (int real = ELIGO_FLOAT; real <= ELIGO_DOUBLE; real++) {
            cr_assert(eligo_emit(opened.eligo, opened.derivation, (EligoReal)real, &header, &body, &driver));
            check_driver(&opened, learners[i][0], driver);
            free(header), free(body), free(driver);
        }
        opened_free(&opened);
    }
}

static void expect_words(const Opened *opened, const char *text, const char *begin, const char *words) {
    const char *at = strstr(text, begin);
    cr_assert(at, "no %s in %s", begin, text);
    int line = 1;
    for (const char *c = text; c < at; c++) line += *c == '\n';
    char *said = eligo_explain_line(opened->eligo, opened->derivation, text, line);
    cr_expect(said && strstr(said, words), "%s: %s, not %s", begin, said, words);
    free(said);
}

Test(explain, lines_of_a_driver) {
    Opened opened = {.eligo = eligo_new("library")};
    opened.spec = eligo_open_text(opened.eligo, "sparse",
                                  "cell c { size n, m; input x[m]; state h[n]; output h;"
                                  " param W[n,m] sparse 0.3, b[n]; h = 0.9 * h[t-1] + tanh(W @ x) + b; }\n"
                                  "network w { input x[5]; param V[2,7]; layer l = c(n = 7, x = x);"
                                  " y = V @ l.h; loss softmax_cross_entropy(y, target); }\n",
                                  ELIGO_TARGET_UNKNOWN);
    opened.derivation = eligo_derive(opened.eligo, opened.spec, "eprop_random", NULL, ELIGO_CARRY_RULE);
    char *header, *body, *driver;
    cr_assert(eligo_emit(opened.eligo, opened.derivation, ELIGO_FLOAT, &header, &body, &driver));
    static const char *const lines[][2] = {
        {"static const int places_", "where in its matrix the values of a sparse parameter are\n    W: "},
        {"    {\"W\", ", "reads it before the first step, and writes its gradient\n    W: "},
        {"    {\"B_V\", ", "reads it before the first step\n    B_V: a matrix that the rule draws"},
        {"    {\"x\", ", "reads it for each step\n    x: an input of the step"},
        {"    {\"target\", ", "reads a class label for each step\n    target: "},
        {"static const real *loss_of", "gives out what it was after a step\n    loss: "},
        {"static struct npy read_npy", "reads an array from its file"},
        {"        step();", "the program: reads, runs the sequence step by step, writes"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect_words(&opened, driver, lines[i][0], lines[i][1]);
    cr_expect_null(strstr(driver, "/*@"), "a seam is left");
    free(header), free(body), free(driver);
    opened_free(&opened);
}

/* Asked with the rule alone, as for any other file. */
Test(explain, every_line_of_what_learns_online, .timeout = 300) {
    static const char *const learners[][2] = {
        {"lstm", "eprop"}, {"lif", "eprop_adaptive"}, {"vanilla", "rtrl"}, {"lif_ei", "uoro"}};
    for (size_t i = 0; i < sizeof learners / sizeof *learners; i++) {
        Opened opened = open_on(learners[i][0], learners[i][1]);
        EligoDerivation *online = eligo_derive_online(opened.eligo, opened.spec, learners[i][1], NULL);
        cr_assert(online);
        char *text[3];
        cr_assert(eligo_emit(opened.eligo, online, ELIGO_FLOAT, &text[0], &text[1], &text[2]));
        Lines header = {0, 0}, body = {0, 0};
        check_text(&opened, "online header", text[0], &header);
        check_text(&opened, "online body", text[1], &body);
        cr_expect(header.all > 20 && header.statements == 0);
        cr_expect(body.statements > 15 && body.statements < body.all - 30, "%d of %d", body.statements,
                  body.all);
        check_driver(&opened, learners[i][0], text[2]);
        for (int f = 0; f < 3; f++) free(text[f]);
        eligo_derivation_free(online);
        opened_free(&opened);
    }
}

Test(explain, a_line_of_what_learns_online) {
    Opened opened = open_on("lstm", "eprop");
    EligoDerivation *online = eligo_derive_online(opened.eligo, opened.spec, "eprop", NULL);
    char *header, *body, *driver;
    cr_assert(online && eligo_emit(opened.eligo, online, ELIGO_DOUBLE, &header, &body, &driver));
    static const char call[] = ", s->signal_c, s->Rf, s->h + h_0, s->Rf_h);";
    expect_words(&opened, body, call, "It is there for the learning of Rf; `eligo explain");
    expect_words(&opened, body, call,
                 "In the same pass: a statement of the step: a matrix times a vector\n"
                 "    the next step's Rf_h = Rf @ h[t-1]\nIt writes\n    Rf_h: ");
    expect_words(&opened, body, "kernel_gemv(LSTM_EPROP_M1_ONLINE_N, LSTM_EPROP_M1_ONLINE_N, s->Rf,",
                 "a statement of what takes products anew: a matrix times a vector\n    Rf_h = Rf @ h[t-1]");
    expect_words(&opened, header, " rate; /*", "a buffer of the learner\n    rate: an input of the step");
    expect_words(&opened, driver, "    {\"Rf\", ",
                 "reads it before the first step, and writes what it has become");
    expect_words(&opened, driver, "    {\"rate\", ", "reads it for each step\n    rate: ");
    free(header), free(body), free(driver);
    eligo_derivation_free(online);
    opened_free(&opened);
}

/* Lines that don't exist, files of other rules, and both real types. */
Test(explain, lines_of_this_derivation_only) {
    Opened opened = open_on("lstm", "eprop");
    char *text = file_content("generated/lstm_eprop_m1.c", NULL),
         *other = file_content("generated/lstm_bptt.c", NULL);
    cr_expect_null(eligo_explain_line(opened.eligo, opened.derivation, other, 1));
    cr_expect(strstr(eligo_messages(opened.eligo, false), "error[E0554]"));
    cr_expect_null(eligo_explain_line(opened.eligo, opened.derivation, text, 0));
    cr_expect_null(eligo_explain_line(opened.eligo, opened.derivation, text, 100000));
    cr_expect(strstr(eligo_messages(opened.eligo, false), "error[E0555]: there is no line 100000"));
    char *header, *body;
    cr_assert(eligo_emit(opened.eligo, opened.derivation, ELIGO_DOUBLE, &header, &body, NULL));
    char *of_header = eligo_explain_line(opened.eligo, opened.derivation, header, 1),
         *of_body = eligo_explain_line(opened.eligo, opened.derivation, body, 1);
    cr_expect(of_header && of_body);
    free(of_header), free(of_body), free(header), free(body), free(text), free(other);
    opened_free(&opened);
}
