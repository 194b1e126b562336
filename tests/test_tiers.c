/* The engine best: tcc's code until cc's is ready, the same bits wherever they change places; no process and
 * no file outlives a learner; and a compiler that is missing, broken or endless costs speed only.
 *
 * $CC is a script here that waits for a file before it compiles, so that the test says when cc is ready. */
#include "eligo_learner.h"
#include "support.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- compilers ---- */

static void rest(void) { nanosleep(&(struct timespec){0, 5000000}, NULL); }

/* $CC becomes a script with this text, in which $GATE is a file that isn't there, $REAL the compiler that $CC
 * was, and $D the folder. TMPDIR is $D/tmp. */
static char *compiler_is(const char *text) {
    char *folder = scratch_make("tiers"), *path = formatted("%s/cc", folder);
    char *temporary = formatted("%s/tmp", folder), *gate = formatted("%s/gate", folder);
    if (!getenv("REAL")) setenv("REAL", getenv("CC") ? getenv("CC") : "cc", 1);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    cr_assert_eq(chmod(path, 0700), 0);
    cr_assert_eq(mkdir(temporary, 0700), 0);
    setenv("CC", path, 1);
    setenv("TMPDIR", temporary, 1);
    setenv("GATE", gate, 1);
    setenv("D", folder, 1);
    free(path), free(temporary), free(gate);
    return folder;
}

static const char gated[] = "#!/bin/sh\nwhile [ ! -e $GATE ]; do sleep 0.01; done\nexec $REAL \"$@\"\n";

static void open_gate(void) {
    FILE *file = fopen(getenv("GATE"), "w");
    cr_assert_not_null(file);
    fclose(file);
}

static void close_gate(void) { unlink(getenv("GATE")); }

static void expect_nothing_left(const char *what) {
    cr_assert_eq(waitpid(-1, NULL, WNOHANG), -1, "%s: a child is left", what);
    cr_assert_eq(errno, ECHILD, "%s", what);
    cr_assert_eq(run(NULL, "test -z \"$(ls -A $TMPDIR)\""), 0, "%s: a temporary folder is left", what);
}

/* ---- learners ---- */

typedef struct Subject {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
} Subject;

static Subject subject_of(const char *cell, const char *rule, EligoCarry carry, bool online, long n) {
    Subject s = {.eligo = eligo_new(NULL)};
    eligo_size(s.eligo, "n", n);
    s.spec = eligo_open(s.eligo, cell, ELIGO_TARGET_VALUES);
    cr_assert(s.spec, "%s", eligo_messages(s.eligo, false));
    s.derivation = online ? eligo_derive_online(s.eligo, s.spec, rule, NULL)
                          : eligo_derive(s.eligo, s.spec, rule, NULL, carry);
    cr_assert(s.derivation, "%s", eligo_messages(s.eligo, false));
    return s;
}

static Subject simple(void) { return subject_of("vanilla", "eprop", ELIGO_CARRY_RULE, false, 3); }

static void subject_free(Subject *s) {
    eligo_derivation_free(s->derivation);
    eligo_spec_free(s->spec);
    eligo_free(s->eligo);
}

static EligoLearner *learner_of(const Subject *s, EligoEngine engine, EligoReal real) {
    EligoLearner *learner = eligo_learner_new(s->eligo, s->derivation, engine, real);
    cr_assert(learner, "%s", eligo_messages(s->eligo, false));
    return learner;
}

static EligoLearner *best_of(const Subject *s) { return learner_of(s, ELIGO_ENGINE_BEST, ELIGO_FLOAT); }

/* Numbers in (-1, 1) that repeat after nothing that matters here. */
static void fill(double *values, long count, int step, int which) {
    for (long k = 0; k < count; k++)
        values[k] = (double)((k * 7919 + step * 104729 + which * 611953 + 12345) % 2003) / 1002 - 1;
}

static void step(const Subject *s, EligoLearner *learner, int t) {
    double values[512];
    for (int i = 0; i < eligo_inputs(s->spec); i++) {
        fill(values, eligo_input(s->spec, i).rows, t, i);
        eligo_learner_set_input(learner, i, values);
    }
    fill(values, eligo_target(s->spec).rows, t, 17);
    eligo_learner_set_target(learner, values);
    eligo_learner_step(learner);
}

/* Small ones and those that malloc takes from the system. */
Test(tiers, memory_begins_at_a_cache_line) {
    for (long n = 3; n < 500; n = 2 * n + 1) {
        Subject s = subject_of("vanilla", "eprop", ELIGO_CARRY_FORWARD, false, n);
        EligoLearner *learner = learner_of(&s, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        cr_expect_eq((uintptr_t)learner->memory % 64, 0, "%ld units", n);
        eligo_learner_free(learner);
        subject_free(&s);
    }
}

/* ---- the same bits ---- */

enum { STEPS = 5, SEQUENCES = 2, NEVER = STEPS * SEQUENCES + 1 };

/* cc is ready before step `ready` of all, STEPS meaning between the last step of the first sequence and the
 * way back. */
static void settle_at(EligoLearner *learner, int ready, int done) {
    if (ready != done || strcmp(eligo_learner_engine(learner), "cc") == 0) return;
    cr_assert_str_eq(eligo_learner_engine(learner), "tcc");
    open_gate();
    eligo_learner_settle(learner);
    close_gate();
    cr_assert_null(eligo_learner_refused(learner), "%s", eligo_learner_refused(learner));
    cr_assert_str_eq(eligo_learner_engine(learner), "cc");
}

static EligoLearner *run_until(const Subject *s, EligoEngine engine, EligoReal real, int ready) {
    EligoLearner *learner = learner_of(s, engine, real);
    eligo_learner_init(learner, 5);
    eligo_learner_set_rate(learner, 0.125);
    for (int i = 0, done = 0; i < SEQUENCES; i++) {
        settle_at(learner, ready, done);
        cr_assert(eligo_learner_start(learner, STEPS));
        for (int t = 0; t < STEPS; t++, done++) {
            settle_at(learner, ready, done);
            step(s, learner, done);
        }
        settle_at(learner, ready, done);
        eligo_learner_finish(learner);
    }
    const bool tcc = ready == NEVER || engine == ELIGO_ENGINE_TCC;
    cr_assert_str_eq(eligo_learner_engine(learner), tcc ? "tcc" : "cc");
    return learner;
}

static bool has_numbers(const EligoLearner *learner) {
    const double *at = (const double *)(const void *)learner->memory;
    for (size_t i = 0; i < learner->layout.t_offset / sizeof(double); i++)
        if (at[i] != 0) return true;
    return false;
}

static void expect_same(const char *label, const EligoLearner *a, const EligoLearner *b) {
    const size_t records = (size_t)(a->capacity + a->program->history) + 1;
    cr_assert(has_numbers(a));
    cr_assert_eq(memcmp(a->memory, b->memory, a->layout.struct_bytes), 0, "%s: other numbers", label);
    if (!a->program->has_tape) return;
    cr_assert_eq(a->capacity, STEPS);
    cr_assert_eq(memcmp(a->tape, b->tape, records * a->layout.record_bytes), 0, "%s: another tape", label);
}

typedef struct Case {
    const char cell[16], rule[24];
    EligoCarry carry;
    int online, n;
} Case;

static const Case cases[] = {{"lstm", "eprop", ELIGO_CARRY_FORWARD, 0, 5},
                             {"lstm", "eprop", ELIGO_CARRY_FORWARD, 1, 37},
                             {"lstm", "bptt", ELIGO_CARRY_BACKWARD, 0, 21},
                             {"gru", "tbptt(k=3)", ELIGO_CARRY_BACKWARD, 0, 7},
                             {"gru", "snap(n=2)", ELIGO_CARRY_FORWARD, 0, 4},
                             {"vanilla", "rtrl", ELIGO_CARRY_FORWARD, 0, 1},
                             {"vanilla", "ok(r=2)", ELIGO_CARRY_FORWARD, 0, 6},
                             {"vanilla", "uoro", ELIGO_CARRY_FORWARD, 0, 16},
                             {"alif", "eprop_random", ELIGO_CARRY_FORWARD, 0, 33},
                             {"lif_delay", "no_reset", ELIGO_CARRY_BACKWARD, 0, 9},
                             {"izhikevich", "bptt", ELIGO_CARRY_BACKWARD, 0, 8}};
enum { CASES = sizeof cases / sizeof *cases };

static void compare(const Case *c, EligoReal real) {
    static const int places[] = {0, 1, 3, STEPS, STEPS + 2, NEVER};
    char *folder = compiler_is(gated);
    Subject s = subject_of(c->cell, c->rule, c->carry, c->online, c->n);
    EligoLearner *tcc = run_until(&s, ELIGO_ENGINE_TCC, real, NEVER);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *label = formatted("%s, %s, n = %d, %s, cc from step %d on", c->cell, c->rule, c->n,
                                real == ELIGO_FLOAT ? "float" : "double", places[i]);
        EligoLearner *both = run_until(&s, ELIGO_ENGINE_BEST, real, places[i]);
        expect_same(label, tcc, both);
        eligo_learner_free(both);
        expect_nothing_left(label);
        free(label);
    }
    eligo_learner_free(tcc);
    subject_free(&s);
    scratch_remove(folder);
}

ParameterizedTestParameters(tiers, change_without_a_trace) {
    static Case all[CASES];
    memcpy(all, cases, sizeof cases);
    return cr_make_param_array(Case, all, CASES);
}

ParameterizedTest(Case *c, tiers, change_without_a_trace, .timeout = 300) {
    for (int real = ELIGO_FLOAT; real <= ELIGO_DOUBLE; real++) compare(c, (EligoReal)real);
}

/* Whoever never asks gets cc's code all the same, at some step. */
Test(tiers, change_by_themselves, .timeout = 120) {
    char *folder = compiler_is(gated);
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    for (int t = 0; t < 20; t++) step(&s, learner, t);
    cr_expect_str_eq(eligo_learner_engine(learner), "tcc");
    open_gate();
    for (int t = 0; strcmp(eligo_learner_engine(learner), "tcc") == 0; t++, rest()) step(&s, learner, t);
    cr_expect_str_eq(eligo_learner_engine(learner), "cc");
    expect_nothing_left("after the change");
    eligo_learner_free(learner);
    subject_free(&s);
    scratch_remove(folder);
}

/* ---- nothing is left ---- */

/* A number that a script writes, as soon as it is there. */
static pid_t number_in(const char *path) {
    for (;; rest()) {
        char *text = file_content(path, NULL);
        const long number = text && strchr(text, '\n') ? atol(text) : 0;
        free(text);
        if (number > 0) return (pid_t)number;
    }
}

/* Dead, though perhaps not yet buried by whoever inherited it. */
static bool is_dead(pid_t process) {
    char *path = formatted("/proc/%ld/stat", (long)process), *text = file_content(path, NULL);
    const char *name_end = text ? strrchr(text, ')') : NULL;
    const bool dead = !name_end || name_end[2] == 'Z' || name_end[2] == 'X';
    free(path), free(text);
    return dead;
}

Test(tiers, end_their_compiler, .timeout = 60) {
    char *folder = compiler_is("#!/bin/sh\nsleep 600 &\necho $! > $TMPDIR/own\necho $! > $D/started\nwait\n");
    char *started = formatted("%s/started", folder);
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    while (access(started, F_OK) != 0) step(&s, learner, 0);
    const pid_t grandchild = number_in(started);
    cr_expect_not(is_dead(grandchild));
    cr_expect_eq(run(NULL, "ls $TMPDIR/eligo-*/own >/dev/null"), 0, "its TMPDIR is the learner's folder");
    eligo_learner_free(learner);
    expect_nothing_left("freed while cc works");
    while (!is_dead(grandchild)) rest();
    for (int i = 0; i < 5; i++) eligo_learner_free(best_of(&s));
    expect_nothing_left("freed at once");
    subject_free(&s);
    free(started);
    scratch_remove(folder);
}

/* Learners whose code is compiled at one time take turns. */
Test(tiers, start_few_compilers_at_once, .timeout = 60) {
    enum { LEARNERS = JIT_BUILDS + 2 };
    char *folder = compiler_is(gated);
    Subject s[LEARNERS];
    EligoLearner *learner[LEARNERS];
    for (int i = 0; i < LEARNERS; i++) {
        s[i] = subject_of("vanilla", "eprop", ELIGO_CARRY_RULE, false, i + 1);
        learner[i] = best_of(&s[i]);
    }
    while (learner[JIT_BUILDS - 1]->tiers.text.at)
        for (int i = 0; i < LEARNERS; i++) step(&s[i], learner[i], 0);
    for (int i = 0; i < LEARNERS; i++) step(&s[i], learner[i], 0);
    cr_expect_eq(run(NULL, "test $(ls $TMPDIR | wc -l) = %d", JIT_BUILDS), 0);
    open_gate();
    for (int i = 0; i < LEARNERS; i++)
        while (strcmp(eligo_learner_engine(learner[i]), "tcc") == 0) {
            for (int k = 0; k < LEARNERS; k++) step(&s[k], learner[k], 0);
            rest();
        }
    expect_nothing_left("all compiled");
    for (int i = 0; i < LEARNERS; i++) {
        eligo_learner_free(learner[i]);
        subject_free(&s[i]);
    }
    scratch_remove(folder);
}

/* Such a host finds no status of its children; nor do we. */
Test(tiers, work_under_a_host_that_ignores_its_children, .timeout = 60) {
    char *folder = compiler_is(gated);
    signal(SIGCHLD, SIG_IGN);
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    open_gate();
    eligo_learner_settle(learner);
    cr_expect_str_eq(eligo_learner_engine(learner), "cc", "%s", eligo_learner_refused(learner));
    eligo_learner_free(learner);
    eligo_learner_free(best_of(&s));
    signal(SIGCHLD, SIG_DFL);
    expect_nothing_left("ignored");
    subject_free(&s);
    scratch_remove(folder);
}

/* ---- compilers that fail ---- */

Test(tiers, stay_with_tcc_where_there_is_no_compiler) {
    setenv("PATH", "/nowhere", 1);
    unsetenv("CC");
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    cr_expect_not_null(strstr(eligo_messages(s.eligo, false), "note[N0702]"));
    cr_expect_eq(eligo_errors(s.eligo), 0);
    step(&s, learner, 0);
    eligo_learner_settle(learner);
    cr_expect_str_eq(eligo_learner_engine(learner), "tcc");
    cr_expect_str_eq(eligo_learner_tiers(learner), "tcc");
    cr_expect_null(eligo_learner_refused(learner));
    eligo_learner_free(learner);
    subject_free(&s);
}

static void expect_refusal(const char *script, const char *words) {
    char *folder = compiler_is(script);
    Subject s = simple();
    EligoLearner *learner = best_of(&s), *tcc = learner_of(&s, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
    for (int t = 0; t < 4; t++) {
        if (t == 2) eligo_learner_settle(learner);
        step(&s, learner, t);
        step(&s, tcc, t);
    }
    const char *why = eligo_learner_refused(learner);
    cr_assert(why && strstr(why, words), "%s: %s", words, why ? why : "not refused");
    cr_expect_str_eq(eligo_learner_engine(learner), "tcc");
    cr_expect_str_eq(eligo_learner_tiers(learner), "tcc (cc failed)");
    cr_expect_eq(eligo_errors(s.eligo), 0, "%s", eligo_messages(s.eligo, false));
    expect_same(words, tcc, learner);
    expect_nothing_left(words);
    eligo_learner_free(learner);
    eligo_learner_free(tcc);
    subject_free(&s);
    scratch_remove(folder);
}

Test(tiers, stay_with_tcc_where_the_compiler_fails, .timeout = 60) {
    expect_refusal("#!/bin/sh\necho 'learner.c:7: error: out of sorts' >&2\nexit 1\n", "error: out of sorts");
    expect_refusal("#!/bin/sh\nexit 1\n", "said nothing");
    expect_refusal("#!/bin/sh\nexit 0\n", "said nothing");
    expect_refusal("no program at all", "could not be run");
    expect_refusal("#!/bin/sh\nwhile [ $1 != -o ]; do shift; done\necho rubbish > $2\n", "can't be loaded");
    expect_refusal("#!/bin/sh\nwhile [ $1 != -o ]; do shift; done\n"
                   "echo 'int x;' | cc -shared -fPIC -x c -o $2 -\n",
                   "isn't the program's");
}

Test(tiers, stay_with_tcc_without_a_temporary_folder) {
    char *folder = compiler_is(gated);
    setenv("TMPDIR", "/nowhere/at/all", 1);
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    eligo_learner_settle(learner);
    cr_assert_str_eq(eligo_learner_tiers(learner), "tcc (cc failed)");
    cr_expect_not_null(strstr(eligo_learner_refused(learner), "no temporary folder"));
    eligo_learner_free(learner);
    subject_free(&s);
    scratch_remove(folder);
}

/* ---- what is said, and what is kept ---- */

static void expect_tiers(EligoLearner *learner, const char *words) {
    const char *said = eligo_learner_tiers(learner);
    cr_assert_eq(strncmp(said, words, strlen(words)), 0, "%s, not %s", said, words);
}

Test(tiers, say_which_code_ran_when, .timeout = 60) {
    char *folder = compiler_is(gated);
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    expect_tiers(learner, "tcc (cc had not begun)");
    step(&s, learner, 0);
    expect_tiers(learner, "tcc for 1 step (cc ");
    for (int t = 1; t < 1203; t++) step(&s, learner, t);
    for (int i = 0; i < 5; i++) rest();
    step(&s, learner, 0);
    expect_tiers(learner, "tcc for 1,204 steps (cc was still compiling)");
    open_gate();
    eligo_learner_settle(learner);
    step(&s, learner, 0);
    expect_tiers(learner, "tcc for 1,204 steps, then cc (compiled in ");
    EligoLearner *cc = learner_of(&s, ELIGO_ENGINE_CC, ELIGO_FLOAT);
    expect_tiers(cc, "cc (compiled in ");
    eligo_learner_free(learner);
    eligo_learner_free(cc);
    subject_free(&s);
    scratch_remove(folder);
}

Test(tiers, begin_with_what_was_compiled_before, .timeout = 60) {
    char *folder = compiler_is(gated), *cache = formatted("%s/cache", folder);
    setenv("ELIGO_CACHE", cache, 1);
    Subject s = simple();
    EligoLearner *learner = best_of(&s);
    cr_expect_not(eligo_learner_was_cached(learner));
    open_gate();
    eligo_learner_settle(learner);
    close_gate(); /* from here on cc would never be ready */
    cr_expect_not(eligo_learner_was_cached(learner));
    EligoLearner *second = best_of(&s);
    cr_expect_str_eq(eligo_learner_engine(second), "cc");
    cr_expect(eligo_learner_was_cached(second));
    cr_expect_str_eq(eligo_learner_tiers(second), "cc (compiled before)");
    expect_nothing_left("from the cache");
    eligo_learner_free(learner);
    eligo_learner_free(second);
    subject_free(&s);
    free(cache);
    scratch_remove(folder);
}

/* Long enough for cc to begin. */
#define TRAIN                                                                                                \
    "train vanilla --rule eprop --data delayed_xor --size n=32 --sequences 4000 --epochs 1 --quiet --stats "

Test(tiers, stats_say_it_too, .timeout = 60) {
    char *folder = compiler_is("no program at all"); /* known at once */
    expect_run(folder, TRAIN, 0, "stats: engine tcc (cc failed), state");
    expect_run(folder, TRAIN, 0, "warning[W0701]: running code compiled by tcc");
    expect_run(folder, TRAIN "--engine cc", 1, "error[E0701]");
    scratch_remove(folder);
    folder = compiler_is("#!/bin/sh\nexec sleep 600\n");
    expect_run(folder, TRAIN, 0, "steps (cc was still compiling), state");
    expect_nothing_left("after a run");
    scratch_remove(folder);
    folder = compiler_is("#!/bin/sh\nexec $REAL \"$@\"\n");
    expect_run(folder, TRAIN "--engine cc", 0, "stats: engine cc (compiled in ");
    scratch_remove(folder);
}
