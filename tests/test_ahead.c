/* Products taken ahead of the next step: the same bits as without, in each engine; what a caller changes in
 * between counts at once; and a weight is read once less. */
#include "eligo_internal.h"
#include "eligo_learner.h"
#include "random_spec.h"
#include "runtime/kernels.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a learner with products taken ahead, and one without ---- */

typedef struct Subject {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
} Subject;

/* A text of its own sizes where `n` is 0; or, where it has no blank, the library's cell. Without a derivation
 * where the rule doesn't apply. */
static Subject subject_of(const char *text, const char *rule, long n, long m, bool apart) {
    Subject s = {.eligo = eligo_new("library")};
    s.eligo->apart = apart;
    if (n) eligo_size(s.eligo, "n", n), eligo_size(s.eligo, "m", m), eligo_size(s.eligo, "k", 2);
    s.spec = strchr(text, ' ') ? eligo_open_text(s.eligo, "spec", text, ELIGO_TARGET_VALUES)
                               : eligo_open(s.eligo, text, ELIGO_TARGET_VALUES);
    cr_assert(s.spec, "%s: %s", text, eligo_messages(s.eligo, false));
    if (eligo_applies(s.spec, rule, NULL)) s.derivation = eligo_derive_online(s.eligo, s.spec, rule, NULL);
    return s;
}

static void subject_free(Subject *s) {
    eligo_derivation_free(s->derivation);
    eligo_spec_free(s->spec);
    eligo_free(s->eligo);
}

static const Program *program_of(const Subject *s) { return s->derivation->derivation->program; }
static int taken_ahead(const Subject *s) { return program_of(s)->refresh.statements.count; }

static EligoLearner *learner_of(const Subject *s, EligoEngine engine, EligoReal real) {
    EligoLearner *learner = eligo_learner_new(s->eligo, s->derivation, engine, real);
    cr_assert(learner, "%s", eligo_messages(s->eligo, false));
    eligo_learner_init(learner, 3);
    eligo_learner_set_rate(learner, 0.05);
    return learner;
}

/* Numbers in (-1, 1) that repeat after nothing that matters here. */
static double number_at(long k, int step, int which) {
    return (double)((k * 7919 + step * 104729 + which * 611953 + 12345) % 2003) / 1002 - 1;
}

static double step(const Subject *s, EligoLearner *learner, int t) {
    double values[256];
    for (int i = 0; i < eligo_inputs(s->spec); i++) {
        for (long k = 0; k < eligo_input(s->spec, i).rows; k++) values[k] = number_at(k, t, i);
        eligo_learner_set_input(learner, i, values);
    }
    for (long k = 0; k < eligo_target(s->spec).rows; k++) values[k] = number_at(k, t, 17);
    eligo_learner_set_target(learner, values);
    eligo_learner_set_when(learner, t % 3 != 0);
    return eligo_learner_step(learner);
}

/* Parameters and states, and nothing that only one of two programs has. */
static void expect_same_memory(const Subject *s, const EligoLearner *a, const EligoLearner *b,
                               const char *what) {
    cr_expect_eq(memcmp(a->memory, b->memory, eligo_learner_entries(a) * a->layout.real), 0,
                 "%s: other weights", what);
    for (int i = 0; i < eligo_states(s->spec); i++) {
        double of_a[256], of_b[256];
        eligo_learner_get_state(a, i, of_a), eligo_learner_get_state(b, i, of_b);
        cr_expect_eq(memcmp(of_a, of_b, sizeof(double) * (size_t)eligo_state(s->spec, i).rows), 0,
                     "%s: another %s", what, eligo_state(s->spec, i).name);
    }
}

/* Sequences of several lengths, one of which goes on where the last one ended. */
static void run_both(const Subject *s, EligoLearner *a, EligoLearner *b, const char *what) {
    static const struct {
        bool start;
        int steps;
    } sequences[] = {{true, 7}, {true, 1}, {false, 4}, {true, 5}};
    int t = 0;
    for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
        if (sequences[i].start) eligo_learner_start(a, 9), eligo_learner_start(b, 9);
        for (int k = 0; k < sequences[i].steps; k++, t++) {
            const double of_a = step(s, a, t), of_b = step(s, b, t);
            cr_expect_eq(memcmp(&of_a, &of_b, sizeof of_a), 0, "%s, step %d: loss %.17g and %.17g", what, t,
                         of_a, of_b);
        }
    }
    expect_same_memory(s, a, b, what);
}

/* Whether as many calls of kernels take a product as products are taken ahead. */
static void expect_one_pass_each(const Subject *s, const char *what) {
    char *header, *body;
    cr_assert(eligo_emit(s->eligo, s->derivation, ELIGO_FLOAT, &header, &body, NULL));
    int calls = 0;
    for (const char *at = body; (at = strstr(at, "\n    kernel_")); at++)
        calls +=
            strncmp(at + strcspn(at, "(") - 5, "_gemv", 5) == 0 && strncmp(at, "\n    kernel_gemv(", 17) != 0;
    cr_expect_eq(calls, taken_ahead(s), "%s: %d calls for %d", what, calls, taken_ahead(s));
    free(header), free(body);
}

/* How many products are taken ahead; -1: the rule doesn't apply. */
static int compare(const char *text, const char *rule, long n, long m, EligoEngine engine, EligoReal real) {
    Subject ahead = subject_of(text, rule, n, m, false), apart = subject_of(text, rule, n, m, true);
    int count = -1;
    if (ahead.derivation) {
        EligoLearner *a = learner_of(&ahead, engine, real), *b = learner_of(&apart, engine, real);
        char *what = formatted("%s by %s, engine %d", text, rule, engine);
        run_both(&ahead, a, b, what);
        count = taken_ahead(&ahead);
        cr_expect_eq(taken_ahead(&apart), 0);
        expect_one_pass_each(&ahead, what);
        free(what);
        eligo_learner_free(a), eligo_learner_free(b);
    }
    subject_free(&ahead), subject_free(&apart);
    return count;
}

static const char *const rules[] = {"eprop",   "eprop(2)",       "rtrl",         "uoro",
                                    "snap(1)", "eprop_adaptive", "eprop_lateral"};
enum { RULES = sizeof rules / sizeof *rules };

Test(ahead, same_bits_as_without, .timeout = 300) {
    LibraryNames cells = library_names("cells");
    int moved = 0;
    for (int c = 0; c < cells.count; c++)
        for (int r = 0; r < RULES; r++) {
            moved += compare(cells.at[c], rules[r], 5, 3, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE) > 0;
            compare(cells.at[c], rules[r], 5, 3, ELIGO_ENGINE_TCC, r % 2 ? ELIGO_FLOAT : ELIGO_DOUBLE);
        }
    cr_expect_gt(moved, 20, "%d learners take products ahead", moved);
    library_names_free(&cells);
}

/* More rows than are summed up together, and columns beyond whole vectors. */
Test(ahead, same_bits_as_without_in_kernels, .timeout = 300) {
    static const EligoEngine engines[] = {ELIGO_ENGINE_TCC, ELIGO_ENGINE_CC};
    for (int e = 0; e < 2; e++)
        for (int real = ELIGO_FLOAT; real <= ELIGO_DOUBLE; real++)
            for (long n = 32; n <= 37; n += 5) {
                cr_expect_eq(compare("lstm", "eprop", n, 11, engines[e], (EligoReal)real), 4);
                cr_expect_eq(compare("vanilla", "eprop", n, 11, engines[e], (EligoReal)real), 1);
            }
}

/* ---- random specs ---- */

Test(ahead, same_bits_as_without_on_random_specs, .timeout = 120) {
    int moved = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        RandomSpec random = random_spec(seed);
        for (int r = 0; r < 3; r++)
            moved += compare(random.text.at, rules[r], 0, 0, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE) > 0;
        random_spec_free(&random);
    }
    cr_expect_gt(moved, 50, "%d learners take products ahead", moved);
}

/* ---- which ---- */

#define CELL(declarations, equations)                                                                        \
    "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], " declarations "; " equations " }"

static const struct {
    const char *text, *rule;
    int count;
} which[] = {
    {"lstm", "eprop", 4},
    {"lstm", "rtrl", 0}, /* its gradient sums over units */
    {"vanilla", "eprop", 1},
    {"lif", "eprop_noreset", 0}, /* of spikes */
    {CELL("R[n,n]", "h = tanh(W @ x + R @ h[t-1]);"), "eprop", 1},
    {CELL("R[n,n] zero_diagonal", "h = tanh(W @ x + R @ h[t-1]);"), "eprop", 0}, /* changed after its sweep */
    {CELL("R[n,n] nonnegative", "h = tanh(W @ x + R @ h[t-1]);"), "eprop", 0},
    {CELL("R[n,n] sparse 0.5", "h = tanh(W @ x + R @ h[t-1]);"), "eprop", 0},
    {CELL("R[n,n]", "h = tanh(W @ x + R @ h[t-2]);"), "eprop", 1},
    {CELL("R[n,n]", "h = tanh(W @ x + R @ h[t-1] + R @ h[t-2]);"), "eprop", 0},       /* learned from both */
    {CELL("R[n,n]", "h = tanh(W @ x + R @ h[t-1] + stop(R @ h[t-2]));"), "eprop", 1}, /* in one pass one */
    {CELL("R[n,n]", "h = tanh(W @ x + R @ (0.5 * h[t-1]));"), "eprop", 0}, /* not known before the step */
    {CELL("R[n,n], S[n,n]", "h = tanh(W @ x + S @ (R @ h[t-1]));"), "eprop_lateral",
     0}, /* S's sweep reads it */
    {CELL("R[n,n], a[n]", "h = W @ x + a * (R @ h[t-1]);"), "eprop", 1},
    {"cell c { size n, m; input x[m]; state g[n], h[n]; output h; param W[n,m], R[n,n];"
     " g = R @ h[t-1]; h = tanh(W @ x + 0.5 * g + 0.25 * g[t-1]); }",
     "eprop", 0}, /* the product is a state */
    {"cell c { size n, m; input x[m]; state h[n] init 0.5; output h; param W[n,m], R[n,n];"
     " h = tanh(W @ x + R @ h[t-1]); }",
     "eprop", 0}, /* before the first step it isn't 0 */
    {CELL("R[n,n]", "h = tanh(W @ x[t-1] + R @ h[t-1]);"), "eprop", 1},
};

Test(ahead, products_known_at_the_end_of_the_step_before) {
    for (size_t i = 0; i < sizeof which / sizeof *which; i++) {
        const int count = compare(which[i].text, which[i].rule, 4, 3, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        cr_expect_eq(count, which[i].count, "%s by %s: %d", which[i].text, which[i].rule, count);
        compare(which[i].text, which[i].rule, 4, 3, ELIGO_ENGINE_TCC, ELIGO_DOUBLE);
    }
    Subject s = subject_of("lstm", "eprop", 4, 3, false);
    EligoDerivation *later = eligo_derive(s.eligo, s.spec, "eprop", NULL, ELIGO_CARRY_FORWARD);
    cr_expect_eq(later->derivation->program->refresh.statements.count, 0, "nothing changes in the step");
    eligo_derivation_free(later);
    subject_free(&s);
}

/* ---- parameters changed within a sequence ---- */

typedef void Change(const Subject *s, EligoLearner *learner);

static void by_set_param(const Subject *s, EligoLearner *learner) {
    for (int p = 0; p < eligo_params(s->spec); p++) {
        double values[256];
        const long count = eligo_param(s->spec, p).rows * eligo_param(s->spec, p).cols;
        for (long k = 0; k < count; k++) values[k] = number_at(k, p, 5);
        eligo_learner_set_param(learner, p, values);
    }
}

static void by_init(const Subject *s, EligoLearner *learner) {
    (void)s;
    eligo_learner_init(learner, 99);
}

static void in_place(const Subject *s, EligoLearner *learner) {
    (void)s;
    double *params = eligo_learner_params(learner);
    for (size_t i = 0; i < eligo_learner_entries(learner); i++) params[i] *= -2;
}

/* Set, and brought back before a step has seen it. */
static void by_restore(const Subject *s, EligoLearner *learner) {
    char *state = malloc(eligo_learner_state_bytes(learner));
    by_set_param(s, learner);
    eligo_learner_save(learner, state);
    eligo_learner_start(learner, 9);
    step(s, learner, 50);
    eligo_learner_restore(learner, state);
    free(state);
}

/* An evaluation between two steps leaves nothing behind. */
static void by_nothing(const Subject *s, EligoLearner *learner) {
    char *state = malloc(eligo_learner_state_bytes(learner));
    eligo_learner_save(learner, state);
    by_set_param(s, learner);
    eligo_learner_start(learner, 9);
    step(s, learner, 50);
    eligo_learner_restore(learner, state);
    free(state);
}

static double after_change(const Subject *s, EligoLearner *learner, Change *change) {
    eligo_learner_start(learner, 9);
    for (int t = 0; t < 4; t++) step(s, learner, t);
    if (change) change(s, learner);
    return step(s, learner, 4);
}

static void compare_change(EligoEngine engine, Change *change, bool matters) {
    Subject ahead = subject_of("lstm", "eprop", 5, 3, false), apart = subject_of("lstm", "eprop", 5, 3, true);
    EligoLearner *a = learner_of(&ahead, engine, ELIGO_DOUBLE), *b = learner_of(&apart, engine, ELIGO_DOUBLE),
                 *c = learner_of(&ahead, engine, ELIGO_DOUBLE);
    const double changed = after_change(&ahead, a, change), expected = after_change(&apart, b, change),
                 unchanged = after_change(&ahead, c, NULL);
    cr_expect_eq(changed, expected, "engine %d: loss %.17g, not %.17g", engine, changed, expected);
    cr_expect_eq(changed != unchanged, matters);
    expect_same_memory(&ahead, a, b, "after a change");
    for (int t = 5; t < 9; t++) cr_expect_eq(step(&ahead, a, t), step(&apart, b, t), "step %d", t);
    eligo_learner_free(a), eligo_learner_free(b), eligo_learner_free(c);
    subject_free(&ahead), subject_free(&apart);
}

Test(ahead, what_is_changed_within_a_sequence_counts_at_once) {
    static Change *const changes[] = {by_set_param, by_init, in_place, by_restore, by_nothing};
    for (int engine = ELIGO_ENGINE_INTERPRET; engine <= ELIGO_ENGINE_TCC; engine++)
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
            compare_change((EligoEngine)engine, changes[i], changes[i] != by_nothing);
}

/* ---- emitted C ---- */

static const char driver[] =
    "#include <stdio.h>\n"
    "#include \"lstm_eprop_m1_online.h\"\n"
    "static struct lstm_eprop_m1_online s;\n"
    "static double step(int t) {\n"
    "    for (int i = 0; i < 3; i++) s.x[i] = 0.25 * ((i + t) % 5) - 0.5;\n"
    "    for (int i = 0; i < 2; i++) s.target[i] = 0.125 * ((i + t) % 3);\n"
    "    lstm_eprop_m1_online_step(&s);\n"
    "    return s.loss;\n"
    "}\n"
    "int main(int count, char **argument) {\n"
    "    (void)argument;\n"
    "    double *params = s.Wi;\n"
    "    s.rate = 0.05;\n"
    "    for (double *p = params; p < s.x; p++) *p = 0.0625 * ((p - params) * 7 % 11) - 0.3;\n"
    "    lstm_eprop_m1_online_start(&s);\n"
    "    for (int t = 0; t < 4; t++) step(t);\n"
    "    for (double *p = params; p < s.x; p++) *p *= -2;\n"
    "    if (count == 1) lstm_eprop_m1_online_refresh(&s);\n"
    "    for (int t = 4; t < 7; t++) printf(\"%a \", step(t));\n"
    "}\n";

static void put(const char *folder, const char *name, const char *text) {
    char *path = formatted("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

/* The same steps of a learner that takes nothing ahead. */
static char *expected_of_driver(void) {
    Subject apart = subject_of("lstm", "eprop", 5, 3, true);
    EligoLearner *learner = learner_of(&apart, ELIGO_ENGINE_TCC, ELIGO_DOUBLE);
    double *params = eligo_learner_params(learner), losses[7];
    const long count = (long)eligo_learner_entries(learner);
    for (long k = 0; k < count; k++) params[k] = 0.0625 * (double)(k * 7 % 11) - 0.3;
    eligo_learner_start(learner, 7);
    for (int t = 0; t < 7; t++) {
        double x[3], target[2];
        for (int i = 0; i < 3; i++) x[i] = 0.25 * ((i + t) % 5) - 0.5;
        for (int i = 0; i < 2; i++) target[i] = 0.125 * ((i + t) % 3);
        for (long k = 0; t == 4 && k < count; k++) params[k] *= -2;
        eligo_learner_set_input(learner, 0, x);
        eligo_learner_set_target(learner, target);
        losses[t] = eligo_learner_step(learner);
    }
    eligo_learner_free(learner);
    subject_free(&apart);
    return formatted("%a %a %a ", losses[4], losses[5], losses[6]);
}

Test(ahead, emitted_c_refreshes_when_it_is_told_to) {
    char *folder = scratch_make("ahead"), *header, *body, *said, *expected = expected_of_driver();
    Subject s = subject_of("lstm", "eprop", 5, 3, false);
    cr_assert(eligo_emit(s.eligo, s.derivation, ELIGO_DOUBLE, &header, &body, NULL));
    put(folder, "lstm_eprop_m1_online.h", header);
    put(folder, "lstm_eprop_m1_online.c", body);
    put(folder, "driver.c", driver);
    cr_assert_eq(
        run(&said, "cd %s && cc -std=c99 -O2 -ffp-contract=off *.c -lm -o driver && ./driver", folder), 0,
        "%s", said);
    cr_expect_str_eq(said, expected);
    free(said);
    run(&said, "cd %s && ./driver stale", folder);
    cr_expect_str_neq(said, expected, "the driver would not notice");
    free(said), free(header), free(body), free(expected);
    subject_free(&s);
    scratch_remove(folder);
}

/* ---- the kernels, beside sums written out ---- */

enum { MOST_ROWS = 40, MOST_COLUMNS = 70, MOST = MOST_ROWS * MOST_COLUMNS };

typedef struct Pass {
    float a[MOST_ROWS], b[MOST_ROWS], l[MOST_ROWS], x[MOST_COLUMNS], v[MOST_COLUMNS];
    float e[MOST], w[MOST], y[MOST_ROWS];
} Pass;

static Pass pass_new(void) {
    Pass p;
    float *at = (float *)&p;
    for (size_t i = 0; i < sizeof p / sizeof *at; i++) at[i] = (float)number_at((long)i, 1, 2);
    p.a[1] = p.l[1] = 0; /* a row that learns nothing */
    p.w[MOST_COLUMNS] = -0.0f;
    return p;
}

/* Rounds where the kernels do: `volatile` keeps a compiler from doing otherwise. */
static void by_hand(Pass *p, size_t rows, size_t n, bool trace) {
    for (size_t j = 0; j < rows; j++) {
        volatile float sum[16] = {0}, product;
        for (size_t i = 0; i < n; i++) {
            float *e = &p->e[j * n + i], *w = &p->w[j * n + i];
            if (trace) product = p->a[j] * *e;
            if (trace) *e = product, product = p->b[j] * p->x[i], *e += product;
            product = trace ? p->l[j] * *e : p->a[j] * p->x[i];
            if ((trace ? p->l[j] : p->a[j]) != 0) *w += product;
            product = *w * p->v[i];
            sum[i % 16] += product;
        }
        for (int half = 8; half >= 4; half /= 2)
            for (int k = 0; k < half; k++) sum[k] += sum[k + half];
        const float even = sum[0] + sum[2], odd = sum[1] + sum[3];
        p->y[j] = even + odd;
    }
}

static KernelFunction kernel_of(const Kernel *list, const char *name) {
    for (int i = 0; i < kernel_count; i++)
        if (strcmp(list[i].name, name) == 0) return list[i].float_function;
    cr_assert_fail("no %s", name);
    return NULL;
}

static void by_kernel(const Kernel *list, Pass *p, size_t rows, size_t n, bool trace) {
    if (trace)
        ((void (*)(size_t, size_t, const float *, const float *, const float *, float *, const float *,
                   float *, const float *, float *))kernel_of(list, "kernel_trace_gradient_gemv"))(
            rows, n, p->a, p->b, p->x, p->e, p->l, p->w, p->v, p->y);
    else
        ((void (*)(size_t, size_t, const float *, const float *, float *, const float *, float *))kernel_of(
            list, "kernel_outer_gemv"))(rows, n, p->a, p->x, p->w, p->v, p->y);
}

Test(ahead, kernels_sum_as_written_out) {
    static const size_t rows[] = {1, 2, 15, 16, 17, 33, 40}, columns[] = {1, 7, 15, 16, 17, 32, 63, 64, 70};
    const Kernel *const lists[] = {kernels, kernels_here()};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (int trace = 0; trace < 2; trace++) {
                Pass expected = pass_new();
                by_hand(&expected, rows[r], columns[c], trace);
                for (int l = 0; l < 2; l++) {
                    Pass got = pass_new();
                    by_kernel(lists[l], &got, rows[r], columns[c], trace);
                    cr_expect_eq(memcmp(&got, &expected, sizeof got), 0, "%zu rows of %zu, %d, list %d",
                                 rows[r], columns[c], trace, l);
                }
            }
}

/* ---- what it costs ---- */

static double traffic_of(const Subject *s, Arena *arena) {
    const Polynomial traffic = routine_traffic(program_of(s), &program_of(s)->step, arena);
    return polynomial_value(&traffic);
}

static void check_operations(const Subject *s, const Cost *cost) {
    const Program *program = program_of(s);
    Interpreter *interpreter = interpreter_new(program);
    char *memory = calloc(1, eligo_struct_bytes(s->derivation, ELIGO_DOUBLE));
    interpreter_start(interpreter, memory, NULL);
    interpreter_step(interpreter, memory, NULL);
    cr_expect_eq(interpreter_operations(interpreter), polynomial_value(&cost->forward));
    interpreter_free(interpreter);
    free(memory);
}

Test(ahead, each_weight_is_read_once_less) {
    const double n = 9;
    Subject ahead = subject_of("lstm", "eprop", 9, 5, false), apart = subject_of("lstm", "eprop", 9, 5, true);
    Arena *arena = arena_new();
    const Cost of_ahead = program_cost(program_of(&ahead), arena),
               of_apart = program_cost(program_of(&apart), arena);
    cr_expect_eq(traffic_of(&apart, arena) - traffic_of(&ahead, arena), 4 * n * n);
    cr_expect_eq(polynomial_value(&of_ahead.carried) - polynomial_value(&of_apart.carried), 4 * n);
    cr_expect_eq(polynomial_value(&of_ahead.forward), polynomial_value(&of_apart.forward));
    check_operations(&ahead, &of_ahead), check_operations(&apart, &of_apart);
    EligoLearner *learner = learner_of(&ahead, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
    cr_expect_eq(eligo_learner_struct_bytes(learner), eligo_struct_bytes(ahead.derivation, ELIGO_FLOAT));
    cr_expect_eq(eligo_struct_bytes(ahead.derivation, ELIGO_FLOAT),
                 eligo_struct_bytes(apart.derivation, ELIGO_FLOAT));
    eligo_learner_free(learner);
    arena_free(arena);
    subject_free(&ahead), subject_free(&apart);
}
