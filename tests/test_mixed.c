/* Blocks of steps: the gradient is backward's, whatever the block's length, on every library cell by every
 * rule that blocks can carry; in the interpreter and in compiled code; and after each block it is that of the
 * steps so far. */
#include "derive/derive.h"
#include "eligo_internal.h"
#include "support.h"
#include "trained.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 7 };

/* A small learner; block 0: carried backward. */
static Trained learner_of(const char *spec, const char *rule, int block, EligoEngine engine) {
    return trained_new(&(Training){.spec = spec,
                                   .rule = rule,
                                   .carry = block ? ELIGO_CARRY_MIXED : ELIGO_CARRY_BACKWARD,
                                   .block = block,
                                   .engine = engine,
                                   .real = ELIGO_DOUBLE});
}

typedef struct Count {
    int same, other, blocks;
} Count;

static void compare(const char *spec, const char *rule, Count *count) {
    static const int blocks[] = {1, 2, 3, STEPS, STEPS + 2};
    Trained back = learner_of(spec, rule, 0, ELIGO_ENGINE_INTERPRET);
    if (back.learner) trained_run(&back, 0, STEPS);
    for (size_t b = 0; b < sizeof blocks / sizeof *blocks && back.learner; b++) {
        Trained mixed = learner_of(spec, rule, blocks[b], ELIGO_ENGINE_INTERPRET);
        if (!mixed.learner) {
            const char *said = eligo_messages(mixed.eligo, false);
            cr_expect(strstr(said, "chunks and blocks are not derived together"), "%s by %s: %s", spec, rule,
                      said);
            count->other++;
            trained_free(&mixed);
            break;
        }
        trained_run(&mixed, 0, STEPS);
        double norm;
        const double off = trained_distance(&back, &mixed, &norm);
        cr_expect(off <= 1e-10 * norm + 1e-300, "%s by %s in blocks of %d: off by %g of %g", spec, rule,
                  blocks[b], off, norm);
        count->same += b == 0;
        count->blocks++;
        trained_free(&mixed);
    }
    trained_free(&back);
}

static void compare_pair(const char *spec, const char *rule, void *count) { compare(spec, rule, count); }

Test(mixed, the_gradient_is_backwards) {
    Count count = {0};
    trained_each("library/cells", compare_pair, &count);
    trained_each("library/networks", compare_pair, &count);
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
            Trained plain = learner_of(spec, rule, block, ELIGO_ENGINE_INTERPRET);
            Trained tcc = learner_of(spec, rule, block, ELIGO_ENGINE_TCC);
            Trained cc = learner_of(spec, rule, block, ELIGO_ENGINE_CC);
            cr_assert(plain.learner && tcc.learner && cc.learner, "%s by %s", spec, rule);
            const double loss = trained_run(&plain, 0, STEPS), by_tcc = trained_run(&tcc, 0, STEPS);
            cr_expect_float_eq(by_tcc, loss, 1e-12 * fabs(loss), "%s by %s", spec, rule);
            const double by_cc = trained_run(&cc, 0, STEPS);
            cr_expect_eq(by_cc, by_tcc, "%s by %s", spec, rule);
            double norm;
            const double off = trained_distance(&plain, &tcc, &norm);
            cr_expect(off <= 1e-11 * norm, "%s by %s in blocks of %d: off by %g of %g", spec, rule, block,
                      off, norm);
            cr_expect_eq(trained_distance(&tcc, &cc, &norm), 0, "%s by %s: tcc and cc differ", spec, rule);
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
    Trained mixed = learner_of("lstm", "eprop", BLOCK, ELIGO_ENGINE_INTERPRET);
    for (int again = 0; again < 2; again++) {
        cr_assert(eligo_learner_start(mixed.learner, 1)); /* how long it will be needn't be known */
        eligo_learner_clear_gradients(mixed.learner);
        for (int step = 0; step < 4 * BLOCK; step++) {
            trained_set_step(&mixed, 0, step);
            eligo_learner_step(mixed.learner);
            if ((step + 1) % BLOCK) continue;
            Trained back = learner_of("lstm", "eprop", 0, ELIGO_ENGINE_INTERPRET);
            trained_run(&back, 0, step + 1);
            double norm;
            const double off = trained_distance(&back, &mixed, &norm);
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

static int buffers_named(const Derivation *derivation, const char *prefix) {
    int count = 0;
    for (int i = 0; i < derivation->program->buffers.count; i++)
        count += strncmp(derivation->program->buffers.at[i]->name, prefix, strlen(prefix)) == 0;
    return count;
}

/* Nothing leads from the upper layer to the lower: of l1's parameters there are three matrices and no fourth.
 */
Test(mixed, seeds_have_what_leads_to_them) {
    static const char two_layers[] =
        "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n];"
        " h = tanh(W @ x + R @ h[t-1]); }\n"
        "network w { input x[2]; param V[2,3]; layer l1 = c(n = 4, x = x); layer l2 = c(n = 3, x = l1.h);"
        " y = V @ l2.h; loss mse(y, target); }";
    Eligo *eligo = eligo_new("library");
    eligo_block(eligo, 4);
    EligoSpec *spec = eligo_open_text(eligo, "two.eligo", two_layers, ELIGO_TARGET_UNKNOWN);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "rtrl", NULL, ELIGO_CARRY_MIXED);
    cr_assert(derivation, "%s", eligo_messages(eligo, false));
    cr_expect_eq(buffers_named(derivation->derivation, "matrix_"), 3 + 1);
    cr_expect_eq(buffers_named(derivation->derivation, "handed_"), 3 + 1);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
