/* Estimated influences: the kernels' algebra, means over draws, engines against each other, and the smoothed
 * kind against a recursion written by hand.
 *
 * Means are judged by standard errors. With 6 of them, and were the means normal, one right entry in 5e8
 * would fail; seeds are fixed, so that a run that passes passes again. The same statistic must refuse a
 * gradient that is another one. */
#include "base/random.h"
#include "eligo_trial.h"
#include "runtime/kernels.h"
#include "spec_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* ---- kernels ---- */

Test(estimate, signs_are_fair_and_follow_from_their_numbers) {
    enum { N = 4096 };
    static double a[N], b[N];
    double sum = 0, together = 0, shifted = 0;
    double_kernels.signs(N, 7, 3, a);
    double_kernels.signs(N, 7, 3, b);
    cr_assert_arr_eq(a, b, sizeof a);
    double_kernels.signs(N, 8, 3, b);
    for (int i = 0; i < N; i++) {
        cr_assert(a[i] == 1 || a[i] == -1);
        sum += a[i];
        together += a[i] * b[i];
        if (i) shifted += a[i] * a[i - 1];
    }
    /* 4.5 standard deviations: 7e-6 each */
    cr_assert(fabs(sum) < 4.5 * 64 && fabs(together) < 4.5 * 64 && fabs(shifted) < 4.5 * 64);
    double_kernels.signs(N, 7, 4, b);
    together = 0;
    for (int i = 0; i < N; i++) together += a[i] * b[i];
    cr_assert(fabs(together) < 4.5 * 64, "streams are one: %g", together);
}

/* What the mixture makes of the identity, in the mean: Σ_k x[k, i] y[k, j] → δ_ij. */
static void check_mean_of_mixtures(size_t r, const double *left, const double *right, int draws) {
    const size_t size = r + 1;
    double x[17 * 17], y[17 * 17], first[17][17] = {{0}}, second[17][17] = {{0}};
    for (int d = 0; d < draws; d++) {
        double_kernels.mix(r, left, right, (unsigned)d, 5, x, y);
        for (size_t i = 0; i < size; i++)
            for (size_t j = 0; j < size; j++) {
                double sum = 0;
                for (size_t k = 0; k < r; k++) sum += x[k * size + i] * y[k * size + j];
                first[i][j] += sum;
                second[i][j] += sum * sum;
            }
    }
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            const double mean = first[i][j] / draws;
            const double error = sqrt(fmax(0, second[i][j] / draws - mean * mean) / draws);
            cr_assert(fabs(mean - (i == j)) <= 6 * error + 1e-9, "r = %zu, (%zu, %zu): %g ± %g", r, i, j,
                      mean, error);
        }
}

/* Gram matrices of `size` random vectors of which the last ones get smaller and smaller. */
static void random_gram(uint64_t seed, size_t size, double *gram) {
    enum { LENGTH = 20 };
    double vectors[17][LENGTH];
    Random random;
    random_seed(&random, seed);
    for (size_t i = 0; i < size; i++)
        for (int k = 0; k < LENGTH; k++) vectors[i][k] = random_normal(&random) / (double)(1 + 3 * i);
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            gram[i * size + j] = 0;
            for (int k = 0; k < LENGTH; k++) gram[i * size + j] += vectors[i][k] * vectors[j][k];
        }
}

Test(estimate, mixtures_are_right_in_the_mean) {
    for (size_t r = 1; r <= 16; r += r < 4 ? 1 : 6) {
        double left[17 * 17], right[17 * 17];
        random_gram(100 + r, r + 1, left);
        random_gram(200 + r, r + 1, right);
        check_mean_of_mixtures(r, left, right, 20000);
    }
}

Test(estimate, mixtures_leave_what_fits) {
    /* one of three products is zero: two have room for the others, and nothing is drawn */
    double left[9] = {2, 0.5, 0, 0.5, 1, 0, 0, 0, 0}, right[9] = {1, 0, 0, 0, 3, 0, 0, 0, 4}, x[6], y[6];
    double_kernels.mix(2, left, right, 1, 1, x, y);
    const double want[6] = {1, 0, 0, 0, 1, 0};
    cr_assert_arr_eq(x, want, sizeof want);
    cr_assert_arr_eq(y, want, sizeof want);
}

/* The variance of the sum, |x-mixture|² |y-mixture|² in the mean, of orthogonal products with lengths σ:
 * least is what theory says of the best estimate, (Σ of the joined √…)². */
Test(estimate, mixtures_have_the_least_variance) {
    const double sigma[3] = {3, 0.5, 0.25}; /* with two products: 3 stays, 0.5 and 0.25 are joined */
    double left[9] = {0}, right[9] = {0}, x[6], y[6], square = 0;
    for (int i = 0; i < 3; i++) left[4 * i] = sigma[i] * sigma[i], right[4 * i] = 1;
    enum { DRAWS = 64 };
    for (unsigned d = 0; d < DRAWS; d++) {
        double_kernels.mix(2, left, right, d, 9, x, y);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                double sum = 0;
                for (int k = 0; k < 2; k++) sum += x[k * 3 + i] * y[k * 3 + j];
                square += pow((sum - (i == j)) * sigma[i], 2);
            }
    }
    /* joining σ1, σ2 into one product with signs: (σ1 + σ2)² - σ1² - σ2² */
    cr_assert_float_eq(square / DRAWS, 2 * 0.5 * 0.25, 1e-9);
}

Test(estimate, balance_makes_both_sides_alike_and_is_right_in_the_mean) {
    const double left[4] = {16, 0, 0, 9}, right[4] = {1, 0, 0, 0.25};
    double x[2], y[2], mean[2][2] = {{0}};
    enum { DRAWS = 4000 };
    for (unsigned d = 0; d < DRAWS; d++) {
        double_kernels.balance(left, right, d, 2, x, y);
        for (int i = 0; i < 2; i++) {
            cr_assert_float_eq(x[i] * x[i] * left[3 * i], y[i] * y[i] * right[3 * i], 1e-12);
            for (int j = 0; j < 2; j++) mean[i][j] += x[i] * y[j] / DRAWS;
        }
    }
    cr_assert_float_eq(mean[0][0], 1, 1e-12);
    cr_assert_float_eq(mean[1][1], 1, 1e-12);
    cr_assert(fabs(mean[0][1]) < 0.3 && fabs(mean[1][0]) < 0.3, "%g %g", mean[0][1], mean[1][0]);
    const double nothing[4] = {0, 0, 0, 9};
    double_kernels.balance(nothing, right, 1, 2, x, y);
    cr_assert(x[0] == 0 && y[0] == 0 && x[1] != 0);
}

/* ---- means ---- */

static Trial trial_of(Eligo *eligo, const char *spec, int steps) {
    Trial trial = {.eligo = eligo, .steps = steps, .spec = eligo_open(eligo, spec, ELIGO_TARGET_VALUES)};
    cr_assert(trial.spec, "%s", eligo_messages(eligo, false));
    trial.arena = trial.spec->arena;
    trial_shrink(trial.spec->model);
    trial_draw(&trial, 11);
    return trial;
}

static EligoDerivation *derived(const Trial *trial, const char *rule, const char *keep) {
    EligoDerivation *derivation = eligo_derive(trial->eligo, trial->spec, rule, keep, ELIGO_CARRY_FORWARD);
    cr_assert(derivation, "%s", eligo_messages(trial->eligo, false));
    return derivation;
}

static TrialMean mean_of(Trial *trial, const char *rule, const char *keep, int draws) {
    EligoDerivation *derivation = derived(trial, rule, NULL);
    const TrialMean mean =
        trial_mean(trial, derivation, trial_derived(trial, NULL, keep, ELIGO_CARRY_BACKWARD), draws);
    eligo_derivation_free(derivation);
    return mean;
}

Test(estimate, means_are_the_kept_gradient_and_no_other, .timeout = 120) {
    static const char *const cells[] = {"vanilla", "gru"};
    static const char *const rules[] = {"uoro", "kf_rtrl", "rkf", "ok(2)", "eprop_uoro", "eprop_kf"};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
            Eligo *eligo = eligo_new("library");
            Trial trial = trial_of(eligo, cells[c], 6);
            const TrialMean right = mean_of(&trial, rules[r], "any*", 4000);
            cr_assert(right.errors < 6, "%s %s: %g standard errors", cells[c], rules[r], right.errors);
            const TrialMean wrong = mean_of(&trial, rules[r], "(implicit | spatial)*", 4000);
            cr_assert(wrong.errors > 12, "%s %s: e-prop's gradient is only %g standard errors away", cells[c],
                      rules[r], wrong.errors);
            eligo_spec_free(trial.spec);
            eligo_free(eligo);
        }
}

Test(estimate, more_products_and_exact_parts_vary_less) {
    Eligo *eligo = eligo_new("library");
    Trial trial = trial_of(eligo, "lstm", 6);
    const double uoro = mean_of(&trial, "uoro", "any*", 4000).spread;
    const double hybrid = mean_of(&trial, "eprop_uoro", "any*", 4000).spread;
    const double kronecker = mean_of(&trial, "kf_rtrl", "any*", 4000).spread;
    const double one = mean_of(&trial, "ok(1)", "any*", 4000).spread;
    const double two = mean_of(&trial, "ok(2)", "any*", 4000).spread;
    cr_assert(hybrid < uoro && kronecker < uoro, "%g %g %g", uoro, hybrid, kronecker);
    cr_assert(one <= 1.02 * kronecker && two < one, "%g %g %g", kronecker, one, two);
    eligo_spec_free(trial.spec);
    eligo_free(eligo);
}

/* Two columns: two products hold any influence whole, and the mean is met at each draw. */
Test(estimate, as_many_products_as_columns_are_exact) {
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", 2);
    Trial trial = trial_of(eligo, "vanilla", 5);
    const TrialMean mean = mean_of(&trial, "ok(2)", "any*", 50);
    cr_assert(mean.spread < 1e-5, "%g", mean.spread);
    eligo_spec_free(trial.spec);
    eligo_free(eligo);
}

/* ---- engines ---- */

static void step_all(const Trial *trial, EligoLearner *learner) {
    const Model *model = trial->spec->model;
    for (int i = 0; i < model->params.count; i++) eligo_learner_set_param(learner, i, trial->params[i]);
    eligo_learner_clear_gradients(learner);
    eligo_learner_start(learner, trial->steps);
    for (int t = 0; t < trial->steps; t++) {
        for (int i = 0, data = 0; i < model->inputs.count; i++) {
            const double *values = trial->inputs[i] + t * dim_size(model->inputs.at[i]->rows);
            if (model->inputs.at[i] == model->target)
                eligo_learner_set_target(learner, values);
            else
                eligo_learner_set_input(learner, data++, values);
        }
        eligo_learner_step(learner);
    }
}

static Gradients by_engine(const Trial *trial, const EligoDerivation *derivation, EligoEngine engine,
                           EligoReal real) {
    EligoLearner *learner = eligo_learner_new(trial->eligo, derivation, engine, real);
    cr_assert(learner, "%s", eligo_messages(trial->eligo, false));
    eligo_learner_set_draw(learner, (uint64_t)41 << 32);
    step_all(trial, learner);
    const bool draws = derivation->derivation->program->streams > 0;
    cr_assert_eq(eligo_learner_get_draw(learner) >> 32, draws ? 41 + (uint64_t)trial->steps : 0);
    cr_assert_eq(eligo_learner_struct_bytes(learner), eligo_struct_bytes(derivation, real));
    const Gradients gradients = trial_new_gradients(trial);
    for (int p = 0; p < trial->spec->model->params.count; p++)
        eligo_learner_get_gradient(learner, p, gradients.at[p]);
    eligo_learner_free(learner);
    return gradients;
}

Test(estimate, engines_draw_the_same, .timeout = 120) {
    static const char *const cells[] = {"vanilla", "gru", "lif_delay", "lif_ei"};
    static const char *const rules[] = {"uoro",       "kf_rtrl",  "rkf",      "ok(3)",
                                        "eprop_uoro", "eprop_kf", "es_d_rtrl"};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
            Eligo *eligo = eligo_new("library");
            Trial trial = trial_of(eligo, cells[c], 5);
            EligoDerivation *derivation = derived(&trial, rules[r], NULL);
            const Gradients plain = by_engine(&trial, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
            const Gradients tcc = by_engine(&trial, derivation, ELIGO_ENGINE_TCC, ELIGO_DOUBLE);
            const Gradients single = by_engine(&trial, derivation, ELIGO_ENGINE_TCC, ELIGO_FLOAT);
            cr_assert(trial_disagreement(&trial, plain, tcc, NULL) < 1e-9, "%s %s", cells[c], rules[r]);
            const double off = trial_disagreement(&trial, plain, single, NULL);
            cr_assert(off < 1e-3 || strncmp(rules[r], "ok", 2) == 0, "%s %s: %g", cells[c], rules[r], off);
            if (c == 0) {
                const Gradients cc = by_engine(&trial, derivation, ELIGO_ENGINE_CC, ELIGO_DOUBLE);
                cr_assert(trial_disagreement(&trial, plain, cc, NULL) < 1e-9, "%s", rules[r]);
            }
            eligo_derivation_free(derivation);
            eligo_spec_free(trial.spec);
            eligo_free(eligo);
        }
}

/* Learning online changes each parameter by the rate times what the same draw's gradient is. */
Test(estimate, online_learning_takes_the_same_draws) {
    static const char *const rules[] = {"uoro", "kf_rtrl", "rkf", "ok(2)", "es_d_rtrl"};
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        Eligo *eligo = eligo_new("library");
        Trial trial = trial_of(eligo, "lstm", 1);
        EligoDerivation *plain = derived(&trial, rules[r], NULL);
        EligoDerivation *online = eligo_derive_online(eligo, trial.spec, rules[r], NULL);
        cr_assert(online, "%s", eligo_messages(eligo, false));
        const Gradients gradients = by_engine(&trial, plain, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        EligoLearner *learner = eligo_learner_new(eligo, online, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
        eligo_learner_set_draw(learner, (uint64_t)41 << 32);
        eligo_learner_set_rate(learner, 0.25);
        step_all(&trial, learner);
        for (int p = 0; p < trial.spec->model->params.count; p++) {
            double values[64];
            eligo_learner_get_param(learner, p, values);
            for (long i = 0; i < trial_entries(trial.spec->model->params.at[p]); i++)
                cr_assert_float_eq(values[i], trial.params[p][i] - 0.25 * gradients.at[p][i], 1e-12);
        }
        eligo_learner_free(learner);
        eligo_derivation_free(online);
        eligo_derivation_free(plain);
        eligo_spec_free(trial.spec);
        eligo_free(eligo);
    }
}

/* ---- smoothed factors ---- */

/* h = tanh(W x + r h[t-1] + b): a = α (1 - h²) r a + (1 - α)(1 - h²), u = α u + x, dE/dW = Σ_t L ⊙ a ⊗ u. */
Test(estimate, factored_is_the_recursion_of_its_paper) {
    Eligo *eligo = eligo_new("library");
    Trial trial = trial_of(eligo, "diag", 6);
    const Model *model = trial.spec->model;
    const Gradients got = trial_derived(&trial, "es_d_rtrl(alpha = 0.7)", NULL, ELIGO_CARRY_FORWARD);
    enum { MOST = 3 };
    const double *W = NULL, *r = NULL, *b = NULL, *V = NULL, *d = NULL, *x = NULL, *target = NULL;
    const struct {
        const char *name;
        const double **at;
    } params[] = {{"W", &W}, {"r", &r}, {"b", &b}, {"V", &V}, {"d", &d}};
    int of_W = -1;
    for (int p = 0; p < model->params.count; p++)
        for (int k = 0; k < 5; k++)
            if (strcmp(model->params.at[p]->name, params[k].name) == 0) {
                *params[k].at = trial.params[p];
                if (k == 0) of_W = p;
            }
    for (int i = 0; i < model->inputs.count; i++)
        *(model->inputs.at[i] == model->target ? &target : &x) = trial.inputs[i];
    const long n = dim_size(model->params.at[of_W]->rows), m = dim_size(model->params.at[of_W]->cols),
               outputs = dim_size(model->target->rows);
    cr_assert(n <= MOST && m <= MOST && outputs <= MOST && W && r && b && V && d);
    double h[MOST] = {0}, a[MOST] = {0}, u[MOST] = {0}, want[MOST * MOST] = {0}, largest = 0;
    for (int t = 0; t < trial.steps; t++) {
        double signal[MOST] = {0};
        for (long j = 0; j < n; j++) {
            double sum = b[j] + r[j] * h[j];
            for (long i = 0; i < m; i++) sum += W[j * m + i] * x[t * m + i];
            h[j] = tanh(sum);
            a[j] = (1 - h[j] * h[j]) * (0.7 * r[j] * a[j] + 0.3);
        }
        for (long i = 0; i < m; i++) u[i] = 0.7 * u[i] + x[t * m + i];
        for (long o = 0; o < outputs; o++) {
            double y = d[o];
            for (long j = 0; j < n; j++) y += V[o * n + j] * h[j];
            for (long j = 0; j < n; j++) signal[j] += V[o * n + j] * (y - target[t * outputs + o]);
        }
        for (long j = 0; j < n; j++)
            for (long i = 0; i < m; i++) want[j * m + i] += signal[j] * a[j] * u[i];
    }
    for (long k = 0; k < n * m; k++) {
        cr_assert_float_eq(got.at[of_W][k], want[k], 1e-12 * (1 + fabs(want[k])));
        largest = fmax(largest, fabs(want[k]));
    }
    cr_assert(largest > 1e-3);
    eligo_spec_free(trial.spec);
    eligo_free(eligo);
}

/* ---- what is said of it ---- */

Test(estimate, a_vector_needs_no_kronecker_factors) {
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, "vanilla", ELIGO_TARGET_VALUES);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "kf_rtrl", NULL, ELIGO_CARRY_FORWARD);
    for (int p = 0; p < spec->model->params.count; p++) {
        const ParamFacts *facts = &derivation->derivation->facts[p];
        const bool estimated = facts->param->cols && facts->param->layer >= 0;
        cr_assert_eq(facts->verdict, estimated ? VERDICT_UNBIASED : VERDICT_EXACT, "%s", facts->param->label);
    }
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
