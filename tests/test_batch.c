/* Several sequences at once: the gradient is the sum of those of each alone, on every library cell by every
 * rule, however it is carried; in the interpreter and in compiled code. */
#include "support.h"
#include "trained.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 5 };

typedef struct Count {
    int same, refused, none;
} Count;

/* Whether `lanes` sequences at once agree with one after another, which add up their gradients. */
static void compare(const Training *trial, int lanes, Count *count) {
    const char *spec = trial->spec, *rule = trial->rule;
    Training batch = *trial;
    batch.lanes = lanes;
    Trained one = trained_new(trial), many = trained_new(&batch);
    cr_assert_eq(one.derivation != NULL, many.derivation != NULL, "%s by %s: %s", spec, rule,
                 eligo_messages(many.eligo, false));
    if (!one.derivation) {
        count->none++;
    } else if (eligo_lanes_refused(many.derivation)) {
        cr_expect_eq(eligo_lane_count(many.derivation), 1);
        count->refused++;
    } else {
        double loss = 0, norm;
        for (int i = 0; i < lanes; i++) loss += trained_run(&one, i, STEPS);
        const double together = trained_run(&many, 0, STEPS);
        cr_expect_float_eq(together, loss, 1e-12 * fabs(loss) + 1e-300, "%s by %s: loss %g for %g", spec,
                           rule, together, loss);
        const double off = trained_distance(&one, &many, &norm);
        cr_expect(off <= 1e-11 * norm + 1e-300, "%s by %s, %d at once: off by %g of %g", spec, rule, lanes,
                  off, norm);
        count->same += norm > 0;
    }
    trained_free(&one), trained_free(&many);
}

static void each_carry(const char *spec, const char *rule, void *count) {
    static const EligoCarry carries[] = {ELIGO_CARRY_FORWARD, ELIGO_CARRY_BACKWARD, ELIGO_CARRY_MIXED};
    for (size_t c = 0; c < sizeof carries / sizeof *carries; c++)
        compare(&(Training){.spec = spec,
                         .rule = rule,
                         .carry = carries[c],
                         .block = carries[c] == ELIGO_CARRY_MIXED ? 3 : 0,
                         .engine = ELIGO_ENGINE_INTERPRET,
                         .real = ELIGO_DOUBLE},
                3, count);
}

Test(batch, the_gradient_is_the_sum) {
    Count count = {0};
    trained_each("library/cells", each_carry, &count);
    trained_each("library/networks", each_carry, &count);
    printf("at once: %d learners agree with one sequence after another; %d do one at a time\n", count.same,
           count.refused);
    cr_assert(count.same > 2300, "%d of %d", count.same, count.same + count.refused + count.none);
}

/* Compiled code does what the interpreter does, to rounding, and tcc's and cc's the same to the bit. */
Test(batch, compiled_code_agrees) {
    static const Training trials[] = {
        {.spec = "lstm", .rule = "eprop", .carry = ELIGO_CARRY_FORWARD},
        {.spec = "lstm", .rule = "bptt", .carry = ELIGO_CARRY_BACKWARD},
        {.spec = "lstm", .rule = "eprop", .carry = ELIGO_CARRY_MIXED, .block = 3},
        {.spec = "vanilla", .rule = "rtrl", .carry = ELIGO_CARRY_FORWARD},
        {.spec = "vanilla", .rule = "rtrl", .carry = ELIGO_CARRY_MIXED, .block = 3},
        {.spec = "alif", .rule = "eprop", .carry = ELIGO_CARRY_FORWARD},
        {.spec = "lif", .rule = "eprop_random", .carry = ELIGO_CARRY_BACKWARD},
        {.spec = "lif_delay", .rule = "eprop", .carry = ELIGO_CARRY_MIXED, .block = 2},
        {.spec = "digits2", .rule = "bptt", .carry = ELIGO_CARRY_BACKWARD},
        {.spec = "lif_ei", .rule = "eprop", .carry = ELIGO_CARRY_FORWARD},
    };
    static const int lanes[] = {2, 17, 33, 300};
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++)
        for (size_t b = 0; b < sizeof lanes / sizeof *lanes; b++) {
            Training trial = trials[i];
            trial.real = ELIGO_DOUBLE;
            trial.lanes = lanes[b];
            Trained by[3];
            double loss[3], norm;
            static const EligoEngine engines[] = {ELIGO_ENGINE_INTERPRET, ELIGO_ENGINE_TCC, ELIGO_ENGINE_CC};
            for (int e = 0; e < 3; e++) {
                trial.engine = engines[e];
                by[e] = trained_new(&trial);
                cr_assert(by[e].learner, "%s by %s", trial.spec, trial.rule);
                loss[e] = trained_run(&by[e], 0, STEPS);
            }
            cr_expect_float_eq(loss[1], loss[0], 1e-12 * fabs(loss[0]), "%s by %s", trial.spec, trial.rule);
            cr_expect_eq(loss[2], loss[1], "%s by %s", trial.spec, trial.rule);
            const double off = trained_distance(&by[0], &by[1], &norm);
            cr_expect(norm > 0 && off <= 1e-11 * norm, "%s by %s, %d at once: off by %g of %g", trial.spec,
                      trial.rule, lanes[b], off, norm);
            cr_expect_eq(trained_distance(&by[1], &by[2], &norm), 0, "%s by %s: tcc and cc differ",
                         trial.spec, trial.rule);
            for (int e = 0; e < 3; e++) trained_free(&by[e]);
        }
}
