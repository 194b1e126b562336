/* Blocks of steps: the gradient is backward's, whatever the block's length, on every library cell by every
 * rule that blocks can carry; in the interpreter and in compiled code; and after each block it is that of the
 * steps so far. */
#include "eligo_trial.h"
#include "support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 7 };

typedef struct Trained {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Trained;

static void trained_free(Trained *t) {
    eligo_learner_free(t->learner);
    eligo_derivation_free(t->derivation);
    eligo_spec_free(t->spec);
    eligo_free(t->eligo);
}

static const char *library(void) {
    const char *given = getenv("ELIGO_LIBRARY");
    return given && *given ? given : "library";
}

/* A small learner; block 0: carried backward. Without a learner where there is none of this kind. */
static Trained trained_new(const char *spec, const char *rule, int block, EligoEngine engine,
                           EligoReal real) {
    Trained t = {.eligo = eligo_new(library())};
    eligo_block(t.eligo, block);
    t.spec = eligo_open(t.eligo, spec, ELIGO_TARGET_UNKNOWN);
    cr_assert(t.spec, "%s: %s", spec, eligo_messages(t.eligo, false));
    trial_shrink(t.spec->model);
    char *use = eligo_rule_use(t.spec, rule);
    t.derivation = eligo_derive(t.eligo, t.spec, use, NULL, block ? ELIGO_CARRY_MIXED : ELIGO_CARRY_BACKWARD);
    free(use);
    if (!t.derivation) return t;
    t.learner = eligo_learner_new(t.eligo, t.derivation, engine, real);
    cr_assert(t.learner, "%s by %s: %s", spec, rule, eligo_messages(t.eligo, false));
    eligo_learner_init(t.learner, 5);
    return t;
}

/* Numbers that depend on step and place alone. */
static double number(int t, long i) { return sin(1.7 * t + 0.9 * (double)i + 0.3) * 1.3; }

static void set_step(const Trained *t, int step) {
    double values[512];
    for (int i = 0; i < eligo_inputs(t->spec); i++) {
        const long rows = eligo_input(t->spec, i).rows;
        for (long k = 0; k < rows; k++) values[k] = number(step, k + 7 * i);
        eligo_learner_set_input(t->learner, i, values);
    }
    const EligoArray target = eligo_target(t->spec);
    if (target.name && eligo_target_is_class(t->spec)) {
        eligo_learner_set_class(t->learner, step % target.rows);
    } else if (target.name) {
        for (long k = 0; k < target.rows; k++) values[k] = number(step + 3, k);
        eligo_learner_set_target(t->learner, values);
    }
    if (eligo_when(t->spec).name) eligo_learner_set_when(t->learner, step % 3 != 1);
}

static double run_steps(const Trained *t, int steps) {
    double loss = 0;
    cr_assert(eligo_learner_start(t->learner, steps));
    for (int step = 0; step < steps; step++) {
        set_step(t, step);
        loss += eligo_learner_step(t->learner);
    }
    eligo_learner_finish(t->learner);
    return loss;
}

static long entries_of(const Trained *t, int param) {
    const EligoArray array = eligo_param(t->spec, param);
    return array.rows * array.cols;
}

/* The largest difference of gradients, relative to the largest entry; *norm: that. */
static double distance(const Trained *a, const Trained *b, double *norm) {
    double most = 0;
    *norm = 0;
    for (int p = 0; p < eligo_params(a->spec); p++) {
        const size_t bytes = (size_t)entries_of(a, p) * sizeof(double);
        double *x = malloc(bytes), *y = malloc(bytes);
        cr_assert(x && y);
        eligo_learner_get_gradient(a->learner, p, x);
        eligo_learner_get_gradient(b->learner, p, y);
        for (long i = 0; i < entries_of(a, p); i++) {
            most = fmax(most, fabs(x[i] - y[i]));
            *norm = fmax(*norm, fabs(x[i]));
        }
        free(x), free(y);
    }
    return most;
}

static int is_spec(const struct dirent *entry) { return strstr(entry->d_name, ".eligo") != NULL; }

typedef struct Count {
    int same, other, blocks;
} Count;

static void compare(const char *spec, const char *rule, Count *count) {
    static const int blocks[] = {1, 2, 3, STEPS, STEPS + 2};
    Trained back = trained_new(spec, rule, 0, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    if (back.learner) run_steps(&back, STEPS);
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks && back.learner; b++) {
        Trained mixed = trained_new(spec, rule, blocks[b], ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        if (!mixed.learner) {
            const char *said = eligo_messages(mixed.eligo, false);
            cr_expect(strstr(said, "chunks and blocks are not derived together"), "%s by %s: %s", spec, rule,
                      said);
            count->other++;
            trained_free(&mixed);
            break;
        }
        run_steps(&mixed, STEPS);
        double norm;
        const double off = distance(&back, &mixed, &norm);
        cr_expect(off <= 1e-10 * norm + 1e-300, "%s by %s in blocks of %d: off by %g of %g", spec, rule,
                  blocks[b], off, norm);
        count->same += b == 0;
        count->blocks++;
        trained_free(&mixed);
    }
    trained_free(&back);
}

static void each_rule(const char *folder, Count *count) {
    struct dirent **specs, **rules;
    const int spec_count = scandir(folder, &specs, is_spec, alphasort);
    const int rule_count = scandir("library/rules", &rules, is_spec, alphasort);
    for (int i = 0; i < spec_count; i++) {
        char *spec = formatted("%.*s", (int)strcspn(specs[i]->d_name, "."), specs[i]->d_name);
        for (int r = 0; r < rule_count; r++) {
            char *rule = formatted("%.*s", (int)strcspn(rules[r]->d_name, "."), rules[r]->d_name);
            compare(spec, rule, count);
            free(rule);
        }
        free(spec);
        free(specs[i]);
    }
    for (int r = 0; r < rule_count; r++) free(rules[r]);
    free(specs), free(rules);
}

Test(mixed, the_gradient_is_backwards) {
    Count count = {0};
    each_rule("library/cells", &count);
    each_rule("library/networks", &count);
    printf("in blocks: %d pairs of rule and cell agree with backward, in %d runs; %d can't be carried so\n",
           count.same, count.blocks, count.other);
    cr_assert(count.same > 900, "%d", count.same);
}

/* Compiled code does what the interpreter does, to rounding, and tcc's and cc's the same to the bit. */
Test(mixed, compiled_code_agrees) {
    static const struct {
        const char *spec, *rule;
    } pairs[] = {{"lstm", "eprop"},     {"alif", "eprop"},       {"lif_delay", "eprop"}, {"elstm", "eprop"},
                 {"diag", "bptt"},      {"lif", "eprop_random"}, {"vanilla", "rtrl"},    {"gru", "eprop(2)"},
                 {"lif_delay", "rtrl"}, {"digits2", "bptt"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (int block = 1; block <= 5; block += 2) {
            const char *spec = pairs[i].spec, *rule = pairs[i].rule;
            Trained plain = trained_new(spec, rule, block, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
            Trained tcc = trained_new(spec, rule, block, ELIGO_ENGINE_TCC, ELIGO_DOUBLE);
            Trained cc = trained_new(spec, rule, block, ELIGO_ENGINE_CC, ELIGO_DOUBLE);
            cr_assert(plain.learner && tcc.learner && cc.learner, "%s by %s", spec, rule);
            const double loss = run_steps(&plain, STEPS), by_tcc = run_steps(&tcc, STEPS);
            cr_expect_float_eq(by_tcc, loss, 1e-12 * fabs(loss), "%s by %s", spec, rule);
            const double by_cc = run_steps(&cc, STEPS);
            cr_expect_eq(by_cc, by_tcc, "%s by %s", spec, rule);
            double norm;
            const double off = distance(&plain, &tcc, &norm);
            cr_expect(off <= 1e-11 * norm, "%s by %s in blocks of %d: off by %g of %g", spec, rule, block,
                      off, norm);
            cr_expect_eq(distance(&tcc, &cc, &norm), 0, "%s by %s: tcc and cc differ", spec, rule);
            trained_free(&plain), trained_free(&tcc), trained_free(&cc);
        }
}

/* A scalar and a vector reach the state through the same chain: what is kept of a use is each one's own. */
Test(mixed, parameters_of_other_sizes_do_not_share) {
    static const char *const params[] = {"g init 0.1, p[m] init 0.05", "p[m] init 0.05, g init 0.1"};
    char *folder = scratch_make("mixed"), *spec = formatted("%s/sizes.eligo", folder);
    Count count = {0};
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        FILE *file = fopen(spec, "w");
        cr_assert(file);
        fprintf(file,
                "cell sizes {\n    size n, m;\n    input x[m];\n    state h[n];\n    output h;\n"
                "    param W[n,m], R[n,n], %s;\n\n"
                "    h = tanh(W @ x + R @ h[t-1] + g + sum(p));\n}\n",
                params[i]);
        cr_assert_eq(fclose(file), 0);
        compare(spec, "bptt", &count);
    }
    cr_expect_eq(count.same, 2);
    free(spec);
    scratch_remove(folder);
}

/* What a block leaves is the gradient of the steps so far, before the sequence is over; a sequence after
 * another begins anew. */
Test(mixed, the_gradient_is_there_at_each_border) {
    enum { BLOCK = 3 };
    Trained mixed = trained_new("lstm", "eprop", BLOCK, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    for (int again = 0; again < 2; again++) {
        cr_assert(eligo_learner_start(mixed.learner, 1)); /* how long it will be needn't be known */
        eligo_learner_clear_gradients(mixed.learner);
        for (int step = 0; step < 4 * BLOCK; step++) {
            set_step(&mixed, step);
            eligo_learner_step(mixed.learner);
            if ((step + 1) % BLOCK) continue;
            Trained back = trained_new("lstm", "eprop", 0, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
            run_steps(&back, step + 1);
            double norm;
            const double off = distance(&back, &mixed, &norm);
            cr_expect(off <= 1e-10 * norm && norm > 0, "after step %d: off by %g of %g", step, off, norm);
            trained_free(&back);
        }
    }
    trained_free(&mixed);
}

Test(mixed, what_it_cannot_do_is_said) {
    static const struct {
        const char *command, *said;
    } wrong[] = {
        {"derive lstm --rule eprop --carry mixed", "E0519"},
        {"derive gru --rule snap1x --carry mixed --block 4", "E0501"},
        {"derive gru --rule 'snap(1)' --carry mixed --block 4", "a mask can't be carried backward"},
        {"derive lstm --rule 'tbptt_chunk(3)' --carry mixed --block 4", "chunks and blocks"},
        {"derive lstm --rule eprop --carry mixed --block 0", "--block"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *text = NULL;
        cr_expect(run(&text, "%s %s", program(), wrong[i].command) != 0, "%s", wrong[i].command);
        cr_expect(strstr(text, wrong[i].said), "%s: no `%s` in %s", wrong[i].command, wrong[i].said, text);
        free(text);
    }
    char *text = NULL;
    cr_expect_eq(run(&text, "%s derive lstm --keep 'implicit*' --carry mixed --block 4", program()), 0, "%s",
                 text);
    cr_expect(strstr(text, "mixed: adjoints backward within blocks of 4 steps"), "%s", text);
    cr_expect(strstr(text, "μ_c(c) = f * (μ_c(c)[t+1] + last)"), "%s", text);
    free(text);
}

/* What is emitted compiles under every warning, its driver too. */
Test(mixed, the_emitted_c_is_strict) {
    static const char *const learners[] = {"lstm --rule eprop", "vanilla --rule rtrl",
                                           "lif_delay --rule rtrl"};
    for (size_t i = 0; i < sizeof learners / sizeof *learners; i++)
        for (int single = 0; single < 2; single++) {
            char *folder = scratch_make("mixed"), *said = NULL;
            const int status = run(&said,
                                   "%s emit %s --carry mixed --block 4 --size n=5 --real %s --main -o %s && "
                                   "cd %s && gcc -std=c99 "
                                   "-pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Werror -c *.c",
                                   program(), learners[i], single ? "float" : "double", folder, folder);
            cr_expect_eq(status, 0, "%s: %s", learners[i], said);
            free(said);
            scratch_remove(folder);
        }
}
