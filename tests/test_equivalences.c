/* What the literature says two rules have in common, as numbers: equal where they must be, different where
 * they must be.
 *
 * Both sides are derived by eligo, but from different texts: another rule, another carry, or a cell in which
 * stop() cuts what the rule would drop; where a paper gives a formula, the formula is written out here. */
#include "eligo_internal.h"
#include "spec_model.h"
#include "support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 6 };

/* ---- gradients ---- */

typedef struct Run {
    SpecModel numbers;
    double **gradient;
} Run;

static void run_learner(const SpecModel *numbers, EligoLearner *learner) {
    const Model *model = numbers->model;
    for (int p = 0; p < model->params.count; p++) eligo_learner_set_param(learner, p, numbers->params[p]);
    eligo_learner_clear_gradients(learner);
    eligo_learner_start(learner, numbers->sequence.steps);
    for (int t = 0; t < numbers->sequence.steps; t++) {
        int given = 0;
        for (int i = 0; i < model->inputs.count; i++) {
            const Var *var = model->inputs.at[i];
            const double *now = numbers->inputs[i] + t * dim_size(var->rows);
            if (var == model->target)
                eligo_learner_set_target(learner, now);
            else
                eligo_learner_set_input(learner, given++, now);
        }
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}

/* `rule`: a use, or "keep " and paths. */
static Run run_rule(const char *text, const char *rule, EligoCarry carry, int steps) {
    Run result = {.numbers = spec_model(text, steps, 5)};
    cr_assert(result.numbers.model, "%s\n%s", text, result.numbers.messages.at);
    result.gradient = spec_gradients(&result.numbers);
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open_text(eligo, "spec.eligo", text, ELIGO_TARGET_UNKNOWN);
    const bool keep = strncmp(rule, "keep ", 5) == 0;
    EligoDerivation *derivation =
        spec ? eligo_derive(eligo, spec, keep ? NULL : rule, keep ? rule + 5 : NULL, carry) : NULL;
    EligoLearner *learner =
        derivation ? eligo_learner_new(eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE) : NULL;
    cr_assert(learner, "%s: %s", rule, eligo_messages(eligo, false));
    run_learner(&result.numbers, learner);
    for (int p = 0; p < result.numbers.model->params.count; p++)
        eligo_learner_get_gradient(learner, p, result.gradient[p]);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
    return result;
}

/* The largest difference of a parameter's gradients, relative to its largest entry; of the worst one. */
static double distance(const Run *a, const Run *b) {
    double worst = 0;
    for (int p = 0; p < a->numbers.model->params.count; p++) {
        double far = 0, scale = 1e-9;
        for (long i = 0; i < spec_entries(a->numbers.model->params.at[p]); i++) {
            far = fmax(far, fabs(a->gradient[p][i] - b->gradient[p][i]));
            scale = fmax(scale, fmax(fabs(a->gradient[p][i]), fabs(b->gradient[p][i])));
        }
        worst = fmax(worst, far / scale);
    }
    return worst;
}

/* ---- specs ---- */

/* A network of one layer of a library cell; `replace` in the cell's text becomes `with` (NULL: as it is). */
static char *network_of(const char *cell, const char *replace, const char *with) {
    char *path = formatted("library/cells/%s.eligo", cell), *text = file_content(path, NULL);
    cr_assert(text, "%s", path);
    Text out = {0};
    int replaced = 0;
    for (const char *at = text; *at;) {
        const bool here = replace && strncmp(at, replace, strlen(replace)) == 0;
        text_add_bytes(&out, here ? with : at, here ? strlen(with) : 1);
        at += here ? strlen(replace) : 1;
        replaced += here;
    }
    cr_assert(!replace || replaced, "%s has no `%s`", cell, replace);
    const char *output = strstr(text, "\n    output ");
    output += strlen("\n    output");
    output += strspn(output, " ");
    text_printf(&out,
                "\nnetwork w { input x[2]; param V[2,3], d[2]; layer l = %s(n = 3, x = x);\n"
                "    y = V @ l.%.*s + d; loss mse(y, target); }\n",
                cell, (int)strcspn(output, " ,;"), output);
    char *copy = formatted("%s", out.at);
    text_free(&out);
    free(path), free(text);
    return copy;
}

static double between(const char *text_a, const char *rule_a, const char *text_b, const char *rule_b) {
    Run a = run_rule(text_a, rule_a, ELIGO_CARRY_RULE, STEPS),
        b = run_rule(text_b, rule_b, ELIGO_CARRY_RULE, STEPS);
    const double far = distance(&a, &b);
    spec_model_free(&a.numbers), spec_model_free(&b.numbers);
    return far;
}

/* ---- e-prop is backpropagation with the recurrent input detached ---- */

Test(equivalences, eprop_is_bptt_with_stopped_recurrence) {
    static const char *const cells[][3] = {
        {"vanilla", "@ h[t-1]", "@ stop(h[t-1])"}, {"leaky", "@ h[t-1]", "@ stop(h[t-1])"},
        {"lstm", "@ h[t-1]", "@ stop(h[t-1])"},    {"gru_after", "@ h[t-1]", "@ stop(h[t-1])"},
        {"lif", "@ z[t-1]", "@ stop(z[t-1])"},     {"alif", "@ z[t-1]", "@ stop(z[t-1])"},
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char *plain = network_of(cells[i][0], NULL, NULL),
             *stopped = network_of(cells[i][0], cells[i][1], cells[i][2]);
        const double same = between(plain, "eprop", stopped, "bptt"),
                     other = between(plain, "bptt", stopped, "bptt");
        cr_expect(same < 1e-12, "%s: e-prop is off by %g", cells[i][0], same);
        cr_expect(other > 1e-3, "%s: bptt is off by %g alone", cells[i][0], other);
        free(plain), free(stopped);
    }
}

/* ---- by order, e-prop becomes backpropagation at the largest number of hops ---- */

Test(equivalences, order_beyond_the_largest_hop_count_is_bptt) {
    static const struct {
        const char *cell, *below, *beyond;
    } cases[] = {
        /* STEPS steps have STEPS - 1 hops between them, so that order STEPS keeps all; a GRU's reset gate
         * adds a crossing within each step */
        {"vanilla", "eprop(5)", "eprop(6)"},
        {"lstm", "eprop(5)", "eprop(6)"},
        {"gru", "eprop(6)", "eprop(12)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = network_of(cases[i].cell, NULL, NULL);
        const double same = between(text, cases[i].beyond, text, "bptt"),
                     other = between(text, cases[i].below, text, "bptt");
        cr_expect(same < 1e-12, "%s: %s is off by %g", cases[i].cell, cases[i].beyond, same);
        cr_expect(other > 1e-9, "%s: %s is off by %g alone", cases[i].cell, cases[i].below, other);
        free(text);
    }
}

/* ---- MDGL is a part of the second order ---- */

/* Is every word of a's language in b's? Both automata are over the same graph's symbols. */
static bool is_within(const Automaton *a, const Automaton *b) {
    const int dead = b->states, count = a->states * (b->states + 1);
    bool *seen = calloc((size_t)count, sizeof *seen);
    bool within = true;
    seen[a->start * (dead + 1) + b->start] = true;
    for (bool changed = true; changed;) {
        changed = false;
        for (int at = 0; at < count; at++) {
            if (!seen[at]) continue;
            const int p = at / (dead + 1), q = at % (dead + 1);
            within = within && (!a->accepting[p] || (q < dead && b->accepting[q]));
            for (int s = 0; s < a->symbols; s++) {
                const int to = a->delta[p * a->symbols + s];
                if (to == DROPPED) continue;
                const int after = q < dead ? b->delta[q * b->symbols + s] : DROPPED;
                bool *next = &seen[to * (dead + 1) + (after == DROPPED ? dead : after)];
                changed = changed || !*next;
                *next = true;
            }
        }
    }
    free(seen);
    return within;
}

Test(equivalences, mdgl_is_within_the_second_order) {
    static const struct {
        const char *cell;
        bool equal; /* no implicit edge: nothing could follow the hop */
    } cases[] = {{"vanilla", true}, {"leaky", false}, {"lstm", false}, {"alif", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = network_of(cases[i].cell, NULL, NULL);
        Eligo *eligo = eligo_new("library");
        EligoSpec *spec = eligo_open_text(eligo, "spec.eligo", text, ELIGO_TARGET_UNKNOWN);
        EligoDerivation *mdgl = eligo_derive(eligo, spec, "mdgl", NULL, ELIGO_CARRY_RULE),
                        *second = eligo_derive(eligo, spec, "eprop(2)", NULL, ELIGO_CARRY_RULE);
        cr_assert(mdgl && second, "%s", eligo_messages(eligo, false));
        const Automaton *small = &mdgl->rule->automaton, *large = &second->rule->automaton;
        cr_expect(is_within(small, large), "%s: MDGL keeps a path that the second order drops",
                  cases[i].cell);
        cr_expect(is_within(large, small) == cases[i].equal, "%s", cases[i].cell);
        const double far = between(text, "mdgl", text, "eprop(2)");
        cr_expect(cases[i].equal ? far < 1e-12 : far > 1e-4, "%s: they differ by %g", cases[i].cell, far);
        eligo_derivation_free(mdgl), eligo_derivation_free(second);
        eligo_spec_free(spec);
        eligo_free(eligo);
        free(text);
    }
}

/* ---- where units meet themselves alone, e-prop is exact ---- */

Test(equivalences, elementwise_cells_learn_exactly_by_eprop) {
    static const char *const cells[] = {"diag", "indrnn", "lru", "rtu", "minimal_gru"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char *text = network_of(cells[i], NULL, NULL);
        const double same = between(text, "eprop", text, "bptt"), other = between(text, "sltt", text, "bptt");
        cr_expect(same < 1e-12, "%s: e-prop is off by %g", cells[i], same);
        cr_expect(other > 1e-3, "%s: without paths in time it is off by %g alone", cells[i], other);
        free(text);
    }
}

/* The element-wise LSTM's output gate mixes units within the step: its crossings have to be let through. */
Test(equivalences, elementwise_lstm_learns_exactly_with_lateral_edges) {
    char *text = network_of("elstm", NULL, NULL);
    cr_expect(between(text, "eprop_lateral", text, "bptt") < 1e-12);
    cr_expect(between(text, "eprop", text, "bptt") > 1e-3);
    free(text);
}

/* ---- OTTT is SLTT with a presynaptic trace ---- */

static const Var *param_of(const Run *run, const char *name, int *index) {
    const Model *model = run->numbers.model;
    for (*index = 0; *index < model->params.count; ++*index)
        if (strcmp(model->params.at[*index]->name, name) == 0) return model->params.at[*index];
    cr_assert_fail("no parameter %s", name);
    return NULL;
}

/* Σ_t (the step's own signal at v) ⊗ low-pass(x): Xiao et al. 2022, equation for online training through
 * time, on the library's lif; with leak 0 instead of the membrane's, SLTT. */
static double off_from_formula(const Run *run, double leak) {
    const Model *model = run->numbers.model;
    enum { N = 3, M = 2, K = 2 };
    double v[STEPS * N], z[STEPS * N], y[STEPS * K], low_pass[M] = {0}, sum[N * M] = {0};
    double *states[16] = {NULL};
    for (int r = 0; r < model->roots.count; r++) {
        if (strcmp(model->roots.at[r]->name, "v") == 0) states[r] = v;
        if (strcmp(model->roots.at[r]->name, "z") == 0) states[r] = z;
    }
    model_simulate(model, (const double *const *)run->numbers.params, &run->numbers.sequence, states, y);
    int of_W, of_V;
    param_of(run, "W", &of_W), param_of(run, "V", &of_V);
    const double *V = run->numbers.params[of_V], v_th = 0.1;
    double spikes = 0, worst = 0;
    for (int t = 0; t < STEPS; t++) {
        for (int i = 0; i < M; i++) low_pass[i] = leak * low_pass[i] + run->numbers.inputs[0][t * M + i];
        for (int j = 0; j < N; j++) {
            double signal = 0;
            for (int k = 0; k < K; k++)
                signal += V[k * N + j] * 2.0 / K * (y[t * K + k] - run->numbers.inputs[1][t * K + k]);
            signal *= 0.3 * fmax(0, 1 - fabs((v[t * N + j] - v_th) / v_th)) / v_th;
            for (int i = 0; i < M; i++) sum[j * M + i] += signal * low_pass[i];
            spikes += z[t * N + j];
        }
    }
    cr_expect(spikes > 0, "the model has to spike");
    for (int e = 0; e < N * M; e++) worst = fmax(worst, fabs(sum[e] - run->gradient[of_W][e]));
    return worst;
}

Test(equivalences, ottt_is_sltt_with_a_presynaptic_trace) {
    char *text = network_of("lif", "v_th = 0.6", "v_th = 0.1");
    Run ottt = run_rule(text, "ottt", ELIGO_CARRY_FORWARD, STEPS),
        sltt = run_rule(text, "sltt", ELIGO_CARRY_FORWARD, STEPS);
    cr_expect(off_from_formula(&ottt, 0.9) < 1e-13);
    cr_expect(off_from_formula(&sltt, 0) < 1e-13);
    cr_expect(off_from_formula(&sltt, 0.9) > 1e-4);
    spec_model_free(&ottt.numbers), spec_model_free(&sltt.numbers);
    free(text);
}

/* ---- rules with other axes ---- */

Test(equivalences, rules_that_are_one_on_a_cell) {
    static const struct {
        const char *cell, *replace, *with, *a, *b;
        bool equal;
    } cases[] = {
        {"vanilla", NULL, NULL, "snap(2)", "rtrl", true},
        {"vanilla", NULL, NULL, "snap(1)", "rtrl", false},
        {"vanilla", NULL, NULL, "snap(1)", "eprop", false}, /* the self-connection R_jj */
        {"vanilla", "R[n,n]", "R[n,n] zero_diagonal", "snap(1)", "eprop", true},
        {"leaky", NULL, NULL, "snap(2)", "rtrl", true},
        {"indrnn", NULL, NULL, "d_rtrl", "rtrl", true},
        {"leaky", NULL, NULL, "d_rtrl", "rtrl", false},
        {"lstm", NULL, NULL, "dsf", "dsf_forward", true},
        {"gru", NULL, NULL, "dsf", "dsf_forward", true},
        {"lstm", NULL, NULL, "dsf", "bptt", false},
        {"leaky", NULL, NULL, "rflo", "eprop_random", true},
        {"leaky", NULL, NULL, "rflo", "eprop", false}, /* the signal */
        {"leaky", NULL, NULL, "eprop_random", "keep any*; signal random", false},
        {"lstm", NULL, NULL, "ostl_rtrl", "rtrl", true}, /* one layer */
        {"lstm", NULL, NULL, "ostl", "eprop", true},
        {"lstm", NULL, NULL, "cafo", "bptt", true},
        {"lstm", NULL, NULL, "eprop_decayed(1)", "eprop", true},
        {"lstm", NULL, NULL, "eprop_decayed", "eprop", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = network_of(cases[i].cell, cases[i].replace, cases[i].with);
        const double far = between(text, cases[i].a, text, cases[i].b);
        cr_expect(cases[i].equal ? far < 1e-12 : far > 1e-4, "%s: %s and %s differ by %g", cases[i].cell,
                  cases[i].a, cases[i].b, far);
        free(text);
    }
}

/* ---- chunks ---- */

static const char *const chunk_cells[] = {"vanilla", "lstm", "gru", "lif_delay", "alif"};
enum { CHUNK_CELLS = sizeof chunk_cells / sizeof *chunk_cells };

/* In chunks of steps: all of the sequence in one is no cut; a step in each keeps what a step holds. */
Test(equivalences, chunks_lie_between_a_step_and_the_sequence) {
    for (int c = 0; c < CHUNK_CELLS; c++) {
        char *text = network_of(chunk_cells[c], NULL, NULL);
        cr_expect_lt(between(text, "tbptt_chunk(6)", text, "bptt"), 1e-14, "%s", chunk_cells[c]);
        cr_expect_lt(between(text, "tbptt_chunk(7)", text, "bptt"), 1e-14, "%s", chunk_cells[c]);
        cr_expect_lt(between(text, "tbptt_chunk(1)", text, "sltt"), 1e-13, "%s", chunk_cells[c]);
        cr_expect_gt(between(text, "tbptt_chunk(3)", text, "bptt"), 1e-6, "%s", chunk_cells[c]);
        cr_expect_gt(between(text, "tbptt_chunk(3)", text, "tbptt_chunk(2)"), 1e-6, "%s", chunk_cells[c]);
        free(text);
    }
}

/* Steps 0 1 2 | 3 4 5 are cut between 2 and 3 alone; a window of 3 steps is cut at each. */
Test(equivalences, a_chunk_is_no_window) {
    for (int c = 0; c < CHUNK_CELLS; c++) {
        char *text = network_of(chunk_cells[c], NULL, NULL);
        for (int k = 2; k < STEPS; k++) {
            char *chunk = formatted("tbptt_chunk(%d)", k), *window = formatted("tbptt(%d)", k),
                 *shorter = formatted("tbptt(%d)", k - 1),
                 *inside = formatted("keep any* within %d; chunk %d", k - 1, k);
            cr_expect_gt(between(text, chunk, text, window), 1e-6, "%s %d", chunk_cells[c], k);
            cr_expect_gt(between(text, chunk, text, shorter), 1e-6, "%s %d", chunk_cells[c], k);
            cr_expect_lt(between(text, chunk, text, inside), 1e-13,
                         "%s: no path of a chunk is longer than it", chunk_cells[c]);
            free(chunk), free(window), free(shorter), free(inside);
        }
        free(text);
    }
}
