/* A spec at small sizes with random numbers, and the gradients that derivations give on it.
 *
 * The spec is shrunk first: every size becomes 2 or 3 (equal sizes stay equal), so that the enumeration of
 * all unrolled paths is feasible whatever the spec's own sizes are. Derivations are symbolic in the sizes:
 * what holds small holds large. */
#include "eligo_trial.h"

#include "base/random.h"

#include <math.h>
#include <string.h>

/* ---- small sizes, random numbers ---- */

typedef struct Sizes {
    long at[64]; /* distinct ones, in order of first sight */
    int count;
} Sizes;

static int place_of(Sizes *sizes, long value) {
    for (int i = 0; i < sizes->count; i++)
        if (sizes->at[i] == value) return i;
    if (sizes->count < 64) sizes->at[sizes->count++] = value;
    return sizes->count - 1;
}

/* Equal sizes stay equal, 1 stays 1. Units come first, so that a layer has three of them: with two, most
 * masks would cut nothing. */
void trial_shrink(Model *model) {
    Sizes sizes = {.count = 0};
    for (int r = 0; r < model->roots.count; r++)
        if (model->roots.at[r]->layer >= 0 && model->roots.at[r]->rows)
            place_of(&sizes, dim_size(model->roots.at[r]->rows));
    for (int i = 0; i < model->dims.count; i++) {
        Dim *dim = model->dims.at[i];
        const int place = place_of(&sizes, dim->value);
        if (dim->value > 3) dim->value = 3 - place % 2;
    }
}

long trial_entries(const Var *var) { return dim_size(var->rows) * dim_size(var->cols); }

/* Around where training would begin, so that a time constant of 20 is none of 0.1. */
static double centre_of(const Var *param) {
    if (param->init == INIT_NUMBER) return param->init_number;
    if (param->init != INIT_NAMED || !param->init_given) return 0;
    const double *range = param->init_range;
    return strcmp(param->init_name, "uniform") == 0 ? (range[0] + range[1]) / 2 : range[0];
}

static double *random_values(Trial *trial, Random *random, long count, double scale) {
    double *values = arena_alloc(trial->arena, sizeof(double) * (size_t)(count + 1));
    for (long i = 0; i < count; i++) values[i] = scale * random_normal(random);
    return values;
}

static void one_hot(double *values, long rows, Random *random) {
    for (long i = 0; i < rows; i++) values[i] = 0;
    values[random_below(random, (int)rows)] = 1;
}

static void clear_absent(const Trial *trial, const Var *param, double *values) {
    const Pattern *pattern = pattern_of(param, trial->arena);
    for (long k = 0; param->cols && k < trial_entries(param); k++)
        if (!pattern_has(pattern, param, k / dim_size(param->cols), k % dim_size(param->cols))) values[k] = 0;
}

void trial_draw(Trial *trial, uint64_t seed) {
    Random random;
    random_seed(&random, seed);
    const Model *model = trial->spec->model;
    trial->params = arena_alloc(trial->arena, sizeof(double *) * (size_t)(model->params.count + 1));
    trial->inputs = arena_alloc(trial->arena, sizeof(double *) * (size_t)(model->inputs.count + 1));
    for (int i = 0; i < model->params.count; i++) {
        const Var *param = model->params.at[i];
        trial->params[i] = random_values(trial, &random, trial_entries(param), 0.7);
        for (long j = 0; j < trial_entries(param); j++) trial->params[i][j] += centre_of(param);
        clear_absent(trial, param, trial->params[i]);
    }
    for (int i = 0; i < model->inputs.count; i++) {
        const Var *input = model->inputs.at[i];
        long rows = dim_size(input->rows);
        trial->inputs[i] = random_values(trial, &random, rows * trial->steps, 1);
        for (int t = 0; t < trial->steps; t++) {
            if (input == model->target && model->target_is_class)
                one_hot(trial->inputs[i] + t * rows, rows, &random);
            if (input == model->when) trial->inputs[i][t] = t != 1;
        }
    }
}

/* ---- gradients from the derivation ---- */

Gradients trial_new_gradients(const Trial *trial) {
    const Model *model = trial->spec->model;
    Gradients gradients = {arena_alloc(trial->arena, sizeof(double *) * (size_t)(model->params.count + 1))};
    for (int i = 0; i < model->params.count; i++)
        gradients.at[i] =
            arena_alloc(trial->arena, sizeof(double) * (size_t)(trial_entries(model->params.at[i]) + 1));
    return gradients;
}

/* `B_V` stands for V. */
static int stands_for(const Model *model, const char *fixed) {
    for (int p = 0; p < model->params.count; p++)
        if (strcmp(model->params.at[p]->label, fixed + strlen("B_")) == 0) return p;
    return -1;
}

const double *const *trial_feedback(const Trial *trial, const EligoDerivation *derivation) {
    const Model *model = trial->spec->model;
    const double **feedback = arena_alloc(trial->arena, sizeof *feedback * (size_t)(model->params.count + 1));
    Random random;
    random_seed(&random, 77);
    for (int i = 0; i < eligo_fixed_count(derivation); i++) {
        const EligoArray fixed = eligo_fixed(derivation, i);
        double *values = arena_alloc(trial->arena, sizeof *values * (size_t)(fixed.rows * fixed.cols));
        for (long k = 0; k < fixed.rows * fixed.cols; k++) values[k] = random_normal(&random);
        const Var *matrix = model->params.at[stands_for(model, fixed.name)];
        clear_absent(trial, matrix, values);
        feedback[stands_for(model, fixed.name)] = values;
    }
    return feedback;
}

static void run(const Trial *trial, const EligoDerivation *derivation, EligoLearner *learner) {
    const Model *model = trial->spec->model;
    const double *const *feedback = trial_feedback(trial, derivation);
    for (int i = 0; i < model->params.count; i++) eligo_learner_set_param(learner, i, trial->params[i]);
    for (int i = 0; i < eligo_fixed_count(derivation); i++)
        eligo_learner_set_fixed(learner, i, feedback[stands_for(model, eligo_fixed(derivation, i).name)]);
    eligo_learner_clear_gradients(learner);
    eligo_learner_start(learner, trial->steps);
    for (int t = 0; t < trial->steps; t++) {
        int data = 0;
        for (int i = 0; i < model->inputs.count; i++) {
            const Var *input = model->inputs.at[i];
            const double *values = trial->inputs[i] + t * dim_size(input->rows);
            if (input == model->target)
                eligo_learner_set_target(learner, values);
            else if (input == model->when)
                eligo_learner_set_when(learner, *values);
            else
                eligo_learner_set_input(learner, data++, values);
        }
        if (trial->teaches) eligo_learner_set_teach(learner, trial->teaches[t]);
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}

Gradients trial_gradients(Trial *trial, const EligoDerivation *derivation) {
    Gradients gradients = {NULL};
    EligoLearner *learner = eligo_learner_new(trial->eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    if (learner) {
        run(trial, derivation, learner);
        gradients = trial_new_gradients(trial);
        for (int i = 0; i < trial->spec->model->params.count; i++)
            eligo_learner_get_gradient(learner, i, gradients.at[i]);
    }
    eligo_learner_free(learner);
    return gradients;
}

/* The sum and the sum of squares of each entry's distance from `around`. */
typedef struct Sums {
    Gradients first, second;
} Sums;

static void add_draw(const Trial *trial, EligoLearner *learner, Gradients around, Gradients drawn,
                     Sums *sums) {
    for (int p = 0; p < trial->spec->model->params.count; p++) {
        eligo_learner_get_gradient(learner, p, drawn.at[p]);
        for (long i = 0; i < trial_entries(trial->spec->model->params.at[p]); i++) {
            const double distance = drawn.at[p][i] - around.at[p][i];
            sums->first.at[p][i] += distance;
            sums->second.at[p][i] += distance * distance;
        }
    }
}

TrialMean trial_mean(Trial *trial, const EligoDerivation *derivation, Gradients around, int draws) {
    TrialMean mean = {INFINITY, INFINITY};
    EligoLearner *learner = eligo_learner_new(trial->eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    if (!learner) return mean;
    Sums sums = {trial_new_gradients(trial), trial_new_gradients(trial)};
    const Gradients drawn = trial_new_gradients(trial);
    for (int d = 0; d < draws; d++) {
        run(trial, derivation, learner);
        add_draw(trial, learner, around, drawn, &sums);
    }
    eligo_learner_free(learner);
    double worst = 0, variance = 0, square = 0;
    for (int p = 0; p < trial->spec->model->params.count; p++)
        for (long i = 0; i < trial_entries(trial->spec->model->params.at[p]); i++) {
            const double off = sums.first.at[p][i] / draws, own = around.at[p][i];
            const double spread = fmax(0, sums.second.at[p][i] / draws - off * off);
            const double error = sqrt(spread / draws) + 1e-9 * (1 + fabs(own));
            worst = isnan(off) ? INFINITY : fmax(worst, fabs(off) / error);
            variance += spread;
            square += own * own;
        }
    mean.errors = worst;
    mean.spread = sqrt(variance / fmax(square, 1e-30));
    return mean;
}

Gradients trial_derived(Trial *trial, const char *rule, const char *keep, EligoCarry carry) {
    EligoDerivation *derivation = eligo_derive(trial->eligo, trial->spec, rule, keep, carry);
    const Gradients gradients = derivation ? trial_gradients(trial, derivation) : (Gradients){NULL};
    eligo_derivation_free(derivation);
    return gradients;
}

/* ---- comparing ---- */

double trial_disagreement(const Trial *trial, Gradients a, Gradients b, const bool *only) {
    const Model *model = trial->spec->model;
    double worst = 0;
    for (int p = 0; p < model->params.count; p++) {
        if (only && !only[p]) continue;
        double largest = 1e-3, difference = 0;
        for (long i = 0; i < trial_entries(model->params.at[p]); i++) {
            largest = fmax(largest, fmax(fabs(a.at[p][i]), fabs(b.at[p][i])));
            double d = fabs(a.at[p][i] - b.at[p][i]);
            difference = isnan(d) ? INFINITY : fmax(difference, d);
        }
        worst = fmax(worst, difference / largest);
    }
    return worst;
}
