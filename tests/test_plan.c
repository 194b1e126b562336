/* Plans: which realisation is taken as the work varies, why others aren't, that memory never makes a learner
 * slower, and that whatever is taken has the gradient of the others. */
#include "eligo_trial.h"
#include "support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Planned {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
} Planned;

static void planned_free(Planned p) {
    eligo_derivation_free(p.derivation);
    eligo_spec_free(p.spec);
    eligo_free(p.eligo);
}

/* n units, m inputs, or small where n is 0. Without a derivation where nothing could be taken. */
static Planned planned(const char *spec, const char *rule, long n, long m, EligoCarry carry, EligoWork work) {
    Planned p = {.eligo = eligo_new("library")};
    if (n) eligo_size(p.eligo, "n", n), eligo_size(p.eligo, "m", m);
    eligo_work(p.eligo, &work);
    p.spec = eligo_open(p.eligo, spec, ELIGO_TARGET_VALUES);
    cr_assert(p.spec, "%s: %s", spec, eligo_messages(p.eligo, false));
    if (!n) trial_shrink(p.spec->model);
    const char *keep = strchr(rule, ' ') ? rule : NULL;
    p.derivation = eligo_derive(p.eligo, p.spec, keep ? NULL : rule, keep, carry);
    return p;
}

/* "forward", "backward", "mixed(8)"; malloc'ed. */
static char *taken(const EligoDerivation *derivation) {
    const int block = eligo_block_steps(derivation);
    return block ? formatted("mixed(%d)", block)
                 : formatted("%s", eligo_is_forward(derivation) ? "forward" : "backward");
}

static EligoCarry carry_of(const EligoDerivation *derivation) {
    if (eligo_block_steps(derivation)) return ELIGO_CARRY_MIXED;
    return eligo_is_forward(derivation) ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD;
}

static EligoCandidate find(EligoDerivation *derivation, EligoCarry carry, int block) {
    for (int i = 0; i < eligo_candidates(derivation); i++) {
        const EligoCandidate one = eligo_candidate(derivation, i);
        if (one.carry == carry && one.block == block) return one;
    }
    cr_assert_fail("no such candidate");
    return (EligoCandidate){0};
}

/* ---- choices ---- */

#define MIB 1048576.0

Test(plan, follows_the_work) {
    static const struct {
        const char *spec, *rule;
        long n, m;
        EligoWork work;
        const char *taken; /* its beginning */
    } table[] = {
        /* weights that move at each step, and sequences without an end, want the gradient at once */
        {"lstm", "eprop", 128, 32, {.update = ELIGO_UPDATE_ONLINE}, "forward"},
        {"lstm", "any* ", 16, 4, {.update = ELIGO_UPDATE_ONLINE}, "forward"},
        {"lstm", "eprop", 128, 32, {.stream = true}, "forward"},
        /* the end of a short sequence can be waited for */
        {"lstm", "eprop", 128, 32, {.steps = 8, .batch = 32}, "backward"},
        {"lstm", "any* ", 128, 32, {.steps = 100}, "backward"},
        /* a long one's tape doesn't fit: blocks, or, in still less, forward */
        {"lstm", "eprop", 128, 32, {.steps = 100000, .memory = 4 * MIB}, "mixed("},
        {"lstm", "eprop", 128, 32, {.steps = 100000, .memory = 0.9 * MIB}, "forward"},
        {"vanilla", "rtrl", 64, 16, {.steps = 100000, .memory = 16 * MIB}, "mixed("},
        {"lstm", "rtrl", 48, 16, {.steps = 100000, .memory = 30 * MIB}, "mixed("},
        /* parameters change at borders alone; a dense influence is moved as rarely as they allow */
        {"vanilla", "rtrl", 64, 16, {.update = ELIGO_UPDATE_EVERY, .every = 12}, "mixed(12)"},
        {"vanilla", "rtrl", 64, 16, {.update = ELIGO_UPDATE_EVERY, .every = 1}, "forward"},
        {"vanilla", "any*; update every(20)", 64, 16, {0}, "mixed(20)"},
        {"vanilla", "any*; update every(20)", 64, 16, {.update = ELIGO_UPDATE_ONLINE}, "forward"},
        /* what only an influence can have */
        {"vanilla", "uoro", 16, 4, {.steps = 10}, "forward"},
        {"lstm", "snap(1)", 16, 4, {.steps = 10}, "forward"},
        {"vanilla", "tbptt_chunk(5)", 16, 4, {.steps = 10}, "backward"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Planned p =
            planned(table[i].spec, table[i].rule, table[i].n, table[i].m, ELIGO_CARRY_AUTO, table[i].work);
        cr_assert(p.derivation, "%s", eligo_messages(p.eligo, false));
        char *got = taken(p.derivation);
        cr_expect(strncmp(got, table[i].taken, strlen(table[i].taken)) == 0, "%zu: %s by %s: %s, not %s", i,
                  table[i].spec, table[i].rule, got, table[i].taken);
        free(got);
        planned_free(p);
    }
}

/* What bench/README.md has measured on LSTMs: e-prop forward, in blocks of 32, and backpropagation. */
Test(plan, orders_what_was_measured) {
    static const struct {
        long n;
        bool back_before_forward;
    } table[] = {{128, true}, {256, true}, {512, true}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const long n = table[i].n;
        Planned eprop = planned("lstm", "eprop", n, n / 4, ELIGO_CARRY_FORWARD, (EligoWork){0}),
                bptt = planned("lstm", "bptt", n, n / 4, ELIGO_CARRY_BACKWARD, (EligoWork){0});
        const double forward = find(eprop.derivation, ELIGO_CARRY_FORWARD, 0).seconds,
                     mixed = find(eprop.derivation, ELIGO_CARRY_MIXED, 32).seconds,
                     back = find(bptt.derivation, ELIGO_CARRY_BACKWARD, 0).seconds;
        cr_expect_lt(mixed, forward);
        cr_expect_lt(mixed, back);
        cr_expect_eq(back < forward, table[i].back_before_forward, "n = %ld: %g, %g", n, back, forward);
        planned_free(eprop), planned_free(bptt);
    }
    Planned rtrl = planned("vanilla", "rtrl", 128, 32, ELIGO_CARRY_FORWARD, (EligoWork){.steps = 1280});
    cr_expect_gt(find(rtrl.derivation, ELIGO_CARRY_FORWARD, 0).seconds,
                 20 * find(rtrl.derivation, ELIGO_CARRY_MIXED, 128).seconds);
    planned_free(rtrl);
}

/* An influence of all units on all entries is moved once a step, or once in as many as there are units. */
Test(plan, a_dense_influence_is_not_moved_at_each_step_where_a_block_can_wait) {
    for (long n = 16; n <= 128; n *= 2) {
        Planned p = planned("vanilla", "rtrl", n, n / 4, ELIGO_CARRY_AUTO,
                            (EligoWork){.update = ELIGO_UPDATE_EVERY, .every = (int)n, .steps = 1000});
        cr_assert(p.derivation);
        cr_expect_eq(eligo_block_steps(p.derivation), (int)n, "n = %ld: %d", n,
                     eligo_block_steps(p.derivation));
        planned_free(p);
    }
}

/* ---- refusals ---- */

Test(plan, says_why_not) {
    static const struct {
        const char *rule;
        EligoWork work;
        EligoCarry carry;
        int block;
        const char *why;
    } table[] = {
        {"uoro", {0}, ELIGO_CARRY_BACKWARD, 0, "an estimate can't be carried backward"},
        {"uoro", {0}, ELIGO_CARRY_MIXED, 0, "an estimate can't be carried backward"},
        {"snap(1)", {0}, ELIGO_CARRY_BACKWARD, 0, "a mask can't be carried backward"},
        {"tbptt_chunk(5)", {0}, ELIGO_CARRY_MIXED, 0, "chunks and blocks are not derived together"},
        {"rtrl", {.update = ELIGO_UPDATE_ONLINE}, ELIGO_CARRY_BACKWARD, 0, "before the sequence is over"},
        {"rtrl", {.update = ELIGO_UPDATE_ONLINE}, ELIGO_CARRY_MIXED, 0, "inside a block"},
        {"rtrl", {.stream = true}, ELIGO_CARRY_BACKWARD, 0, "a stream has no end"},
        {"rtrl", {.stream = true}, ELIGO_CARRY_MIXED, 0, "a stream has no end"},
        {"rtrl", {.steps = 1}, ELIGO_CARRY_MIXED, 0, "shorter than any block"},
        {"rtrl", {.memory = 1000}, ELIGO_CARRY_MIXED, 8, "too large"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Planned p = planned("vanilla", table[i].rule, 8, 2, ELIGO_CARRY_RULE, table[i].work);
        cr_assert(p.derivation, "%s", eligo_messages(p.eligo, false));
        const EligoCandidate one = find(p.derivation, table[i].carry, table[i].block);
        cr_expect(one.refused && strstr(one.refused, table[i].why), "%zu: %s", i,
                  one.refused ? one.refused : "not refused");
        cr_expect_not(one.chosen);
        planned_free(p);
    }
}

/* A block that was asked for is looked at, whatever its length; with updates every k steps only divisors of k
 * are. */
Test(plan, looks_at_the_block_asked_for) {
    Planned p = planned("vanilla", "any*; carry mixed(6)", 8, 2, ELIGO_CARRY_RULE, (EligoWork){0});
    cr_expect_eq(eligo_block_steps(p.derivation), 6);
    cr_expect_null(find(p.derivation, ELIGO_CARRY_MIXED, 6).refused);
    planned_free(p);
    p = planned("vanilla", "any*; carry mixed(6)", 8, 2, ELIGO_CARRY_RULE,
                (EligoWork){.update = ELIGO_UPDATE_EVERY, .every = 20});
    cr_expect_not_null(find(p.derivation, ELIGO_CARRY_MIXED, 6).refused);
    for (int i = 0; i < eligo_candidates(p.derivation); i++) {
        const EligoCandidate one = eligo_candidate(p.derivation, i);
        cr_expect(one.refused || one.block == 0 || 20 % one.block == 0, "%d", one.block);
    }
    planned_free(p);
}

/* ---- memory ---- */

static double time_of_choice(EligoDerivation *derivation, double limit) {
    for (int i = 0; i < eligo_candidates(derivation); i++) {
        const EligoCandidate one = eligo_candidate(derivation, i);
        if (!one.chosen) continue;
        cr_expect(!one.refused && one.bytes <= limit);
        return one.seconds;
    }
    cr_assert_fail("nothing is chosen");
    return 0;
}

Test(plan, more_memory_is_never_slower, .timeout = 120) {
    static const char *const specs[] = {"lstm", "vanilla", "gru", "alif"}, *const rules[] = {"eprop", "rtrl"};
    int changes = 0;
    for (int s = 0; s < 8; s++) {
        double last = INFINITY;
        for (double limit = 1 << 13; limit < 1 << 28; limit *= 1.7) {
            Planned p = planned(specs[s / 2], rules[s % 2], 24, 8, ELIGO_CARRY_AUTO,
                                (EligoWork){.steps = 20000, .memory = limit});
            if (!p.derivation) {
                cr_expect(strstr(eligo_messages(p.eligo, false), "E0521"));
                cr_expect(isinf(last), "what fits in less fits in more");
            } else {
                const double time = time_of_choice(p.derivation, limit);
                cr_expect_leq(time, last, "%s by %s in %g bytes", specs[s / 2], rules[s % 2], limit);
                changes += time < last;
                last = time;
            }
            planned_free(p);
        }
    }
    cr_assert_geq(changes, 16);
}

/* The bytes of a plan are those of the learner that it leads to. */
Test(plan, bytes_are_the_learners) {
    for (double limit = 1e5; limit < 1e8; limit *= 10) {
        Planned p =
            planned("lstm", "eprop", 24, 8, ELIGO_CARRY_AUTO, (EligoWork){.steps = 1000, .memory = limit});
        cr_assert(p.derivation);
        const int block = eligo_block_steps(p.derivation);
        const EligoCarry carry = carry_of(p.derivation);
        const double records = block || carry == ELIGO_CARRY_BACKWARD
                                   ? (block ? block : 1000) + 1 + p.derivation->derivation->program->history
                                   : 0;
        cr_expect_eq(find(p.derivation, carry, block).bytes,
                     (double)eligo_struct_bytes(p.derivation, ELIGO_FLOAT) +
                         records * (double)eligo_record_bytes(p.derivation, ELIGO_FLOAT));
        planned_free(p);
    }
}

/* ---- the same gradient ---- */

enum { STEPS = 9, MOST = 4096 };

static double number(int t, long i) { return sin(1.3 * t + 0.7 * (double)i + 0.2); }

/* The gradients of all parameters after STEPS steps, one after the other; returns how many. */
static long gradient(Planned *p, double *into) {
    EligoLearner *learner = eligo_learner_new(p->eligo, p->derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    double values[64];
    long count = 0;
    cr_assert(learner, "%s", eligo_messages(p->eligo, false));
    eligo_learner_init(learner, 3);
    cr_assert(eligo_learner_start(learner, STEPS));
    for (int t = 0; t < STEPS; t++) {
        for (long k = 0; k < eligo_input(p->spec, 0).rows; k++) values[k] = 2 * number(t, k);
        eligo_learner_set_input(learner, 0, values);
        for (long k = 0; k < eligo_target(p->spec).rows; k++) values[k] = number(t + 5, k);
        eligo_learner_set_target(learner, values);
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
    for (int i = 0; i < eligo_params(p->spec); i++) {
        eligo_learner_get_gradient(learner, i, into + count);
        count += eligo_param(p->spec, i).rows * eligo_param(p->spec, i).cols;
        cr_assert_lt(count, MOST);
    }
    eligo_learner_free(learner);
    return count;
}

static int compare(const char *spec, const char *rule, EligoWork work) {
    static const EligoCarry carries[] = {ELIGO_CARRY_AUTO, ELIGO_CARRY_FORWARD, ELIGO_CARRY_BACKWARD};
    static double values[3][MOST];
    int kind = 0;
    for (int c = 0; c < 3; c++) {
        Planned p = planned(spec, rule, 0, 0, carries[c], work);
        cr_assert(p.derivation, "%s by %s: %s", spec, rule, eligo_messages(p.eligo, false));
        if (c == 0) kind = eligo_block_steps(p.derivation) ? 4 : eligo_is_forward(p.derivation) ? 1 : 2;
        const long count = gradient(&p, values[c]);
        double norm = 0, off = 0;
        for (long i = 0; i < count; i++) {
            norm = fmax(norm, fabs(values[c][i]));
            off = fmax(off, fabs(values[c][i] - values[0][i]));
        }
        cr_expect(off <= 1e-10 * norm, "%s by %s, carry %d: off by %g of %g", spec, rule, c, off, norm);
        cr_expect_gt(norm, 1e-6);
        planned_free(p);
    }
    return kind;
}

Test(plan, takes_no_other_gradient, .timeout = 120) {
    static const char *const specs[] = {"lstm", "gru", "vanilla", "leaky", "indrnn"}, *const rules[] = {
                                                                                          "eprop", "rtrl",
                                                                                          "eprop(2)",
                                                                                          "any* "};
    static const EligoWork works[] = {{.steps = STEPS},
                                      {.stream = true},
                                      {.steps = STEPS, .update = ELIGO_UPDATE_EVERY, .every = 4},
                                      {.steps = STEPS, .update = ELIGO_UPDATE_EVERY, .every = 8}};
    int kinds = 0;
    for (int s = 0; s < 5; s++)
        for (int r = 0; r < 4; r++)
            for (int w = 0; w < 4; w++) kinds |= compare(specs[s], rules[r], works[w]);
    cr_expect_eq(kinds, 7, "forward, backward and blocks were all among them: %d", kinds);
}

/* ---- a rule that leaves it open ---- */

static const char open_rule[] = "import \"library/cells/vanilla.eligo\";\n"
                                "rule open { keep any*; carry auto; }\n"
                                "rule masked { keep any*; mask diag; carry auto; }\n";

static Planned opened(const char *rule, EligoCarry carry, EligoWork work) {
    Planned p = {.eligo = eligo_new("library")};
    eligo_work(p.eligo, &work);
    p.spec = eligo_open_text(p.eligo, "open", open_rule, ELIGO_TARGET_VALUES);
    cr_assert(p.spec, "%s", eligo_messages(p.eligo, false));
    p.derivation = eligo_derive(p.eligo, p.spec, rule, NULL, carry);
    cr_assert(p.derivation, "%s", eligo_messages(p.eligo, false));
    return p;
}

Test(plan, a_rule_may_leave_it_open) {
    static const struct {
        const char *rule;
        EligoWork work;
        EligoCarry carry;
        const char *taken;
    } table[] = {
        {"open", {0}, ELIGO_CARRY_RULE, "backward"},
        {"open", {.update = ELIGO_UPDATE_ONLINE}, ELIGO_CARRY_RULE, "forward"},
        {"open", {.update = ELIGO_UPDATE_EVERY, .every = 16}, ELIGO_CARRY_RULE, "mixed(16)"},
        {"open", {0}, ELIGO_CARRY_FORWARD, "forward"},
        {"masked", {0}, ELIGO_CARRY_RULE, "forward"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        Planned p = opened(table[i].rule, table[i].carry, table[i].work);
        EligoSchedule schedule;
        cr_assert(eligo_rule_schedule(p.spec, table[i].rule, NULL, &schedule));
        cr_expect_eq(schedule.carry, ELIGO_CARRY_AUTO);
        char *got = taken(p.derivation);
        cr_expect_str_eq(got, table[i].taken, "%zu", i);
        free(got);
        planned_free(p);
    }
}

static char *emitted(Planned p) {
    char *header, *body;
    cr_assert(p.derivation && eligo_emit(p.eligo, p.derivation, ELIGO_FLOAT, &header, &body, NULL));
    char *both = formatted("%s%s", header, body);
    free(header), free(body);
    return both;
}

/* Weighing others leaves no trace in what is emitted. */
Test(plan, emits_what_the_carry_by_name_emits) {
    static const EligoWork works[] = {
        {.stream = true}, {.steps = 20}, {.update = ELIGO_UPDATE_EVERY, .every = 4}};
    static const char *const specs[] = {"lstm", "gru", "alif", "vanilla"};
    for (int i = 0; i < 12; i++) {
        const char *spec = specs[i / 3];
        Planned chosen = planned(spec, "rtrl", 8, 2, ELIGO_CARRY_AUTO, works[i % 3]);
        Planned named = {.eligo = eligo_new("library")};
        eligo_size(named.eligo, "n", 8), eligo_size(named.eligo, "m", 2);
        eligo_block(named.eligo, eligo_block_steps(chosen.derivation));
        named.spec = eligo_open(named.eligo, spec, ELIGO_TARGET_VALUES);
        named.derivation = eligo_derive(named.eligo, named.spec, "rtrl", NULL, carry_of(chosen.derivation));
        char *a = emitted(chosen), *b = emitted(named);
        cr_expect(strcmp(a, b) == 0, "%s, %d", spec, i % 3);
        free(a), free(b);
        planned_free(chosen), planned_free(named);
    }
}

/* ---- in words ---- */

static void expect_text(const char *name, const char *spec, const char *rule, EligoCarry carry,
                        EligoWork work, EligoSpelling spelling) {
    Planned p = planned(spec, rule, 128, 32, carry, work);
    cr_assert(p.derivation);
    char *text = eligo_explain_plan(p.derivation, 80, spelling);
    char *path = formatted("tests/golden/plan_%s.txt", name);
    expect_golden(path, text);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        char *one = formatted("%.*s", (int)strcspn(line, "\n"), line);
        cr_expect_leq(text_columns(one), 80, "%s: %s", name, one);
        for (const char *c = one; spelling == ELIGO_SPELLING_ASCII && *c; c++)
            cr_expect((unsigned char)*c < 0x80, "%s: %s", name, one);
        free(one);
    }
    free(path), free(text);
    planned_free(p);
}

Test(plan, texts_are_the_goldens) {
    expect_text("eprop_asked_forward", "lstm", "eprop", ELIGO_CARRY_RULE, (EligoWork){0},
                ELIGO_SPELLING_PLAIN);
    expect_text("rtrl_long", "vanilla", "rtrl", ELIGO_CARRY_AUTO,
                (EligoWork){.steps = 100000, .batch = 8, .memory = 40 * MIB}, ELIGO_SPELLING_ASCII);
    expect_text("uoro", "vanilla", "uoro", ELIGO_CARRY_AUTO, (EligoWork){.update = ELIGO_UPDATE_ONLINE},
                ELIGO_SPELLING_PLAIN);
    expect_text("every", "vanilla", "any* ", ELIGO_CARRY_AUTO,
                (EligoWork){.update = ELIGO_UPDATE_EVERY, .every = 20, .real = ELIGO_DOUBLE},
                ELIGO_SPELLING_PLAIN);
}
