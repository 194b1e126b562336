/* What stands for a matrix, held against what it must come to where the answer is known: signs of ±1,
 * averages of equal entries, random matrices that happen to be the parameter's, feedback that follows the
 * readout. */
#include "eligo.h"
#include "support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 6, MOST = 512 };

#define HEAD "cell c { size n, m; population E = 0.5, I = 0.5; input x[m]; "
#define NETWORK                                                                                              \
    "network s { input x[3]; param V[2,4]; layer l1 = c(n = 4, x = x); y = V @ l1.h; loss mse(y, target); }"
#define DENSE                                                                                                \
    HEAD "state h[n]; output h; param W[n,m], R[n,n]; h = 0.3 * E * h[t-1] + tanh(W @ x + R @ h[t-1]); "     \
         "}" NETWORK
#define HOLLOW                                                                                               \
    HEAD "state h[n]; output h; param W[n,m], R[n,n] zero_diagonal;"                                         \
         "h = 0.5 * h[t-1] + tanh(W @ x + R @ h[t-1]); }" NETWORK
#define SPARSE                                                                                               \
    HEAD "state h[n]; output h; param W[n,m], R[n,n] sparse 0.6; h = 0.4 * h[t-1] + tanh(W @ x + R @ "       \
         "h[t-1]); }" NETWORK
#define SPARSE_READOUT                                                                                       \
    HEAD "state h[n]; output h; param W[n,m], R[n,n]; h = 0.4 * h[t-1] + tanh(W @ x + R @ h[t-1]); }"        \
         "network s { input x[3]; param V[2,4] sparse 0.7, d[2]; layer l1 = c(n = 4, x = x);"                \
         "y = V @ l1.h + d; loss mse(y, target); }"

typedef enum { ANY, ONES, EQUAL, BY_GROUP } Fill; /* of the recurrent matrix */

typedef struct Trial {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Trial;

static Trial begin(const char *text, const char *rule, bool online, EligoCarry carry, EligoEngine engine,
                   EligoReal real) {
    Trial trial = {.eligo = eligo_new("library")};
    trial.spec = eligo_open_text(trial.eligo, "t.eligo", text, ELIGO_TARGET_UNKNOWN);
    cr_assert(trial.spec, "%s", eligo_messages(trial.eligo, false));
    trial.derivation = online ? eligo_derive_online(trial.eligo, trial.spec, NULL, rule)
                              : eligo_derive(trial.eligo, trial.spec, NULL, rule, carry);
    cr_assert(trial.derivation, "%s: %s", rule, eligo_messages(trial.eligo, false));
    trial.learner = eligo_learner_new(trial.eligo, trial.derivation, engine, real);
    cr_assert(trial.learner, "%s: %s", rule, eligo_messages(trial.eligo, false));
    eligo_learner_init(trial.learner, 5);
    return trial;
}

static void end(Trial *trial) {
    eligo_learner_free(trial->learner);
    eligo_derivation_free(trial->derivation);
    eligo_spec_free(trial->spec);
    eligo_free(trial->eligo);
}

static int param_named(const Trial *trial, const char *name) {
    for (int p = 0; p < eligo_params(trial->spec); p++)
        if (strcmp(eligo_param(trial->spec, p).name, name) == 0) return p;
    cr_assert(false, "no %s", name);
    return -1;
}

static void fill(const Trial *trial, Fill fill) {
    const int p = param_named(trial, "R");
    double values[MOST];
    eligo_learner_get_param(trial->learner, p, values);
    for (int k = 0; k < 16; k++) {
        if (values[k] == 0) continue; /* no entry */
        if (fill == ONES) values[k] = (k * 7 % 5) % 2 ? 1 : -1;
        if (fill == EQUAL) values[k] = 0.3;
        if (fill == BY_GROUP) values[k] = 0.2 + 0.3 * (k / 8) - 0.4 * (k % 4 / 2);
    }
    eligo_learner_set_param(trial->learner, p, values);
}

static void learn(const Trial *trial) {
    eligo_learner_start(trial->learner, STEPS);
    for (int t = 0; t < STEPS; t++) {
        const double x[3] = {sin(t + 1), cos(2 * t), t % 3 - 1}, target[4] = {sin(3 * t), 0.3, 0.5, -1};
        eligo_learner_set_input(trial->learner, 0, x);
        eligo_learner_set_target(trial->learner, target);
        eligo_learner_step(trial->learner);
    }
    eligo_learner_finish(trial->learner);
}

static double distance(const Trial *a, const Trial *b) {
    double largest = 0;
    for (int p = 0; p < eligo_params(a->spec); p++) {
        double one[MOST], other[MOST];
        eligo_learner_get_gradient(a->learner, p, one), eligo_learner_get_gradient(b->learner, p, other);
        for (long k = 0; k < eligo_param(a->spec, p).rows * eligo_param(a->spec, p).cols; k++)
            largest = fmax(largest, fabs(one[k] - other[k]));
    }
    return largest;
}

/* ---- where nothing is to change, and where something is ---- */

static const struct {
    const char *spec, *rule, *plain;
    Fill fill;
    bool same;
} table[] = {
    {DENSE, "any*; replace explicit with sign", "any*", ONES, true},
    {DENSE, "any*; replace explicit with sign", "any*", ANY, false},
    {SPARSE, "any*; replace explicit with sign", "any*", ONES, true},
    {DENSE, "any*; replace explicit with mean", "any*", EQUAL, true}, /* slopes stay */
    {HOLLOW, "any*; replace explicit with mean", "any*", BY_GROUP, true},
    {HOLLOW, "any*; replace explicit with sign", "any*", ONES, true},
    {HOLLOW, "any*; replace explicit with mean", "any*", ANY, false},
    {SPARSE, "any*; replace explicit with mean", "any*", BY_GROUP, true},
    {SPARSE, "any*; replace explicit with mean", "any*", ANY, false},
    {DENSE, "implicit* explicit?; replace explicit with mean", "implicit* explicit?", BY_GROUP, true},
};

static void compare(size_t i, EligoCarry carry) {
    Trial a = begin(table[i].spec, table[i].rule, false, carry, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    Trial b = begin(table[i].spec, table[i].plain, false, carry, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    fill(&a, table[i].fill), fill(&b, table[i].fill);
    learn(&a), learn(&b);
    const double off = distance(&a, &b);
    if (table[i].same)
        cr_expect_lt(off, 1e-13, "%zu %s: %g", i, table[i].rule, off);
    else
        cr_expect_gt(off, 1e-4, "%zu %s: %g", i, table[i].rule, off);
    end(&a), end(&b);
}

Test(stand, what_is_so_already_stays) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (int carry = 0; carry < 2; carry++)
            compare(i, carry ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD);
}

/* B set to what it stands for: the plain rule's gradient. */
Test(stand, the_same_matrix_changes_nothing) {
    static const char *const rules[][2] = {{"any*; replace explicit with random", "R"},
                                           {"any*; signal random", "V"},
                                           {"any*; signal adaptive", "V"}};
    static const char *const specs[] = {DENSE, HOLLOW, SPARSE, SPARSE_READOUT};
    for (size_t r = 0; r < 3; r++)
        for (size_t s = 0; s < 4; s++)
            for (int carry = 0; carry < 2; carry++) {
                const EligoCarry way = carry ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD;
                Trial a = begin(specs[s], rules[r][0], false, way, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
                Trial b = begin(specs[s], "any*", false, way, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
                Trial own = begin(specs[s], rules[r][0], false, way, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
                double values[MOST], drawn[MOST];
                eligo_learner_get_param(a.learner, param_named(&a, rules[r][1]), values);
                cr_assert_eq(eligo_fixed_count(a.derivation), 1);
                eligo_learner_get_fixed(a.learner, 0, drawn);
                eligo_learner_set_fixed(a.learner, 0, values);
                for (long k = 0; k < 8; k++)
                    cr_expect(values[k] != 0 || drawn[k] == 0, "%s: entry %ld is none", rules[r][0], k);
                learn(&a), learn(&b), learn(&own);
                cr_expect_lt(distance(&a, &b), 1e-13, "%s", rules[r][0]);
                cr_expect_gt(distance(&own, &b), 1e-4, "%s: a drawn matrix is another", rules[r][0]);
                end(&a), end(&b), end(&own);
            }
}

/* A mask that reaches everywhere leaves replaced edges as they are, on either side of a path. */
Test(stand, under_a_mask_that_cuts_nothing) {
    static const char lateral[] =
        HEAD "state a[n], h[n]; output h; param W[n,m], A[n,n], R[n,n]; a = tanh(W @ x + R @ h[t-1]);"
             "h = 0.6 * h[t-1] + sin(A @ a); }" NETWORK;
    static const char *const rules[] = {
        "any*; replace explicit with sign", "any*; replace lateral with mean in eligibility",
        "any*; replace lateral with sign in signal", "any*; replace any with random; signal adaptive"};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        char *masked = formatted("%s; mask reach(3)", rules[r]);
        Trial a = begin(lateral, masked, false, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        Trial b = begin(lateral, rules[r], false, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        learn(&a), learn(&b);
        cr_expect_lt(distance(&a, &b), 1e-13, "%s", masked);
        end(&a), end(&b);
        free(masked);
    }
}

/* ---- followers ---- */

static void differ_by(const Trial *trial, double *difference) {
    double v[MOST], b[MOST];
    eligo_learner_get_param(trial->learner, param_named(trial, "V"), v);
    eligo_learner_get_fixed(trial->learner, 0, b);
    for (int k = 0; k < 8; k++) difference[k] = b[k] - v[k];
}

static void follows(const char *spec, const char *rule, bool online, EligoCarry carry, EligoEngine engine) {
    Trial trial = begin(spec, rule, online, carry, engine, ELIGO_DOUBLE);
    double before[8], after[8], v[MOST], moved[MOST], furthest = 0;
    eligo_learner_get_param(trial.learner, param_named(&trial, "V"), v);
    differ_by(&trial, before);
    eligo_learner_set_rate(trial.learner, 0.1);
    for (int round = 0; round < 5; round++) {
        eligo_learner_clear_gradients(trial.learner);
        learn(&trial);
        if (online) continue;
        double *params = eligo_learner_params(trial.learner);
        const double *gradients = eligo_learner_gradients(trial.learner);
        for (size_t i = 0; i < eligo_learner_entries(trial.learner); i++) params[i] -= 0.1 * gradients[i];
    }
    differ_by(&trial, after);
    eligo_learner_get_param(trial.learner, param_named(&trial, "V"), moved);
    for (int k = 0; k < 8; k++) {
        cr_expect_float_eq(before[k], after[k], 1e-14, "%s: B - V was %g, is %g", rule, before[k], after[k]);
        furthest = fmax(furthest, fabs(v[k] - moved[k]));
    }
    cr_expect_gt(furthest, 1e-2, "%s: V learns", rule);
    end(&trial);
}

Test(stand, a_follower_keeps_its_distance) {
    static const char *const specs[] = {DENSE, SPARSE_READOUT};
    static const EligoEngine engines[] = {ELIGO_ENGINE_INTERPRET, ELIGO_ENGINE_TCC};
    for (size_t s = 0; s < 2; s++)
        for (size_t e = 0; e < 2; e++) {
            follows(specs[s], "implicit*; signal adaptive", true, ELIGO_CARRY_FORWARD, engines[e]);
            follows(specs[s], "any*; signal adaptive", true, ELIGO_CARRY_FORWARD, engines[e]);
            follows(specs[s], "any*; signal adaptive", false, ELIGO_CARRY_FORWARD, engines[e]);
            follows(specs[s], "any*; signal adaptive", false, ELIGO_CARRY_BACKWARD, engines[e]);
        }
}

/* A readout with a leak: V's own gradient is carried in time, so its update is one of several in a sweep. */
Test(stand, a_follower_of_a_leaky_readout) {
    static const char spec[] =
        HEAD "state h[n]; output h; param W[n,m], R[n,n]; h = tanh(W @ x + R @ h[t-1]); }"
             "network s { input x[3]; param V[2,4]; const k = 0.7; layer l1 = c(n = 4, x = x);"
             "y = k * sin(y[t-1]) + V @ l1.h; loss mse(y, target); }";
    for (int online = 0; online < 2; online++) {
        follows(spec, "any*; signal adaptive", online, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET);
        follows(spec, "any*; signal adaptive", online, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC);
    }
}

/* A sparse recurrence in the readout: V's influence is a list of pairs, its gradient a statement on rows. */
Test(stand, a_follower_of_a_readout_with_sparse_recurrence) {
    static const char spec[] =
        HEAD "state h[n]; output h; param W[n,m], R[n,n]; h = tanh(W @ x + R @ h[t-1]); }"
             "network s { input x[3]; param V[4,2], K[4,4] sparse 0.3; layer l1 = c(n = 2, x = x);"
             "y = K @ y[t-1] + V @ l1.h; loss mse(y, target); }";
    for (int online = 0; online < 2; online++) {
        follows(spec, "any*; signal adaptive", online, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET);
        follows(spec, "any*; signal adaptive", online, ELIGO_CARRY_FORWARD, ELIGO_ENGINE_TCC);
    }
}

/* ---- the standalone driver ---- */

static double number_at(const char *name, long k) { return sin((double)k + name[0] + 2 * (name[1] == '_')); }

/* A version 1 file of doubles. */
static void write_array(const char *folder, const char *file, const char *name, const char *shape,
                        long count) {
    char header[128] = "\x93NUMPY\x01", *path = formatted("%s/%s.npy", folder, file);
    header[8] = 118;
    snprintf(header + 10, 118, "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", shape);
    memset(header + 10 + strlen(header + 10), ' ', 117 - strlen(header + 10));
    header[127] = '\n';
    FILE *out = fopen(path, "wb");
    cr_assert_not_null(out, "%s", path);
    fwrite(header, 1, sizeof header, out);
    for (long k = 0; k < count; k++) fwrite(&(double){number_at(name, k)}, sizeof(double), 1, out);
    fclose(out);
    free(path);
}

static void write_text(const char *folder, const char *name, const char *ending, const char *text) {
    char *path = formatted("%s/%s%s", folder, name, ending);
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out, "%s", path);
    fputs(text, out);
    fclose(out);
    free(path);
}

static void write_learner(const Trial *trial, const char *folder, const char *name) {
    char *header, *body, *driver;
    cr_assert(eligo_emit(trial->eligo, trial->derivation, ELIGO_DOUBLE, &header, &body, &driver));
    write_text(folder, name, ".h", header);
    write_text(folder, name, ".c", body);
    write_text(folder, name, "_main.c", driver);
    free(header), free(body), free(driver);
}

/* The driver reads B_V like a parameter, and writes its gradient, which is V's. */
Test(stand, driver_reads_and_teaches_a_follower) {
    Trial trial = begin(DENSE, "any*; signal adaptive; replace explicit with sign", false,
                        ELIGO_CARRY_FORWARD, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    char *folder = scratch_make("stand"), *said = NULL;
    const char *name = eligo_derivation_name(trial.derivation);
    write_learner(&trial, folder, name);
    static const struct {
        const char *name, *file, *shape;
        long count;
    } arrays[] = {{"W", "param.W", "4, 3", 12}, {"R", "param.R", "4, 4", 16},
                  {"V", "param.V", "2, 4", 8},  {"B_V", "param.B_V", "2, 4", 8},
                  {"x", "x", "6, 3", 18},       {"target", "target", "6, 2", 12}};
    for (int i = 0; i < 6; i++)
        write_array(folder, arrays[i].file, arrays[i].name, arrays[i].shape, arrays[i].count);
    cr_assert_eq(run(&said, "cd %s && tcc -o driver %s.c %s_main.c -lm && ./driver .", folder, name, name), 0,
                 "%s", said);
    double values[MOST];
    for (int i = 0; i < 4; i++) {
        for (long k = 0; k < arrays[i].count; k++) values[k] = number_at(arrays[i].name, k);
        if (i < 3) eligo_learner_set_param(trial.learner, param_named(&trial, arrays[i].name), values);
        if (i == 3) eligo_learner_set_fixed(trial.learner, 0, values);
    }
    eligo_learner_start(trial.learner, STEPS);
    for (int t = 0; t < STEPS; t++) {
        double x[3], target[2];
        for (int k = 0; k < 3; k++) x[k] = number_at("x", 3 * t + k);
        for (int k = 0; k < 2; k++) target[k] = number_at("target", 2 * t + k);
        eligo_learner_set_input(trial.learner, 0, x);
        eligo_learner_set_target(trial.learner, target);
        eligo_learner_step(trial.learner);
    }
    eligo_learner_finish(trial.learner);
    for (int i = 0; i < 4; i++) {
        char *path = formatted("%s/grad.%s.npy", folder, arrays[i].name);
        const Array got = array_read(path);
        eligo_learner_get_gradient(trial.learner, param_named(&trial, i < 3 ? arrays[i].name : "V"), values);
        cr_assert_eq(got.count, (size_t)arrays[i].count, "%s", path);
        for (size_t k = 0; k < got.count; k++)
            cr_expect_float_eq(got.values[k], values[k], 1e-12, "%s: %g, not %g", path, got.values[k],
                               values[k]);
        array_free(got);
        free(path);
    }
    free(said);
    scratch_remove(folder);
    end(&trial);
}

/* ---- engines ---- */

Test(stand, engines_agree) {
    static const char *const rules[] = {
        "any*; replace explicit with sign", "any*; replace explicit with mean",
        "any*; replace explicit with random; signal sign_symmetric", "any*; replace any with mean",
        "implicit* explicit?; replace any with sign; signal adaptive"};
    static const char *const specs[] = {DENSE, HOLLOW, SPARSE, SPARSE_READOUT};
    static const EligoEngine engines[] = {ELIGO_ENGINE_TCC, ELIGO_ENGINE_CC};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
        for (size_t s = 0; s < 4; s++)
            for (int carry = 0; carry < 2; carry++) {
                const EligoCarry way = carry ? ELIGO_CARRY_FORWARD : ELIGO_CARRY_BACKWARD;
                Trial want = begin(specs[s], rules[r], false, way, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
                learn(&want);
                for (int e = 0; e < (s == r % 4 ? 2 : 1); e++) {
                    Trial got = begin(specs[s], rules[r], false, way, engines[e], ELIGO_DOUBLE);
                    Trial single = begin(specs[s], rules[r], false, way, engines[e], ELIGO_FLOAT);
                    learn(&got), learn(&single);
                    cr_expect_lt(distance(&want, &got), 1e-13, "%s", rules[r]);
                    cr_expect_lt(distance(&want, &single), 1e-4, "%s in float", rules[r]);
                    end(&got), end(&single);
                }
                end(&want);
            }
}
