/* Oracles on the user's own spec: path enumeration, forward = backward, finite differences for `any*`.
 *
 * The spec is shrunk first: every size becomes 2 or 3 (equal sizes stay equal), so that the enumeration of
 * all unrolled paths is feasible whatever the spec's own sizes are. Derivations are symbolic in the sizes:
 * what holds small holds large. */
#include "eligo_internal.h"

#include "base/random.h"
#include "oracle/difference.h"
#include "oracle/enumerate.h"
#include "rule/bind.h"
#include "syntax/parse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double TOLERANCE = 1e-9, DIFFERENCE_TOLERANCE = 1e-6;

/* One spec at small sizes with random parameters and data. */
typedef struct Trial {
    Eligo *eligo;
    EligoSpec *spec;
    Arena *arena;
    int steps;
    double **params;
    double **inputs;
    bool agrees;
} Trial;

/* ---- small sizes, random numbers ---- */

/* Equal sizes stay equal, 1 stays 1. */
static void shrink(Model *model) {
    long values[64];
    int distinct = 0;
    for (int i = 0; i < model->dims.count; i++) {
        Dim *dim = model->dims.at[i];
        int k = 0;
        while (k < distinct && values[k] != dim->value) k++;
        if (k == distinct && distinct < 64) values[distinct++] = dim->value;
    }
    for (int i = 0; i < model->dims.count; i++) {
        Dim *dim = model->dims.at[i];
        int k = 0;
        while (k < distinct && values[k] != dim->value) k++;
        if (dim->value > 3) dim->value = 3 - k % 2;
    }
}

static long entries_of(const Var *var) { return dim_size(var->rows) * dim_size(var->cols); }

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

static void draw(Trial *trial, uint64_t seed) {
    Random random;
    random_seed(&random, seed);
    const Model *model = trial->spec->model;
    trial->params = arena_alloc(trial->arena, sizeof(double *) * (size_t)(model->params.count + 1));
    trial->inputs = arena_alloc(trial->arena, sizeof(double *) * (size_t)(model->inputs.count + 1));
    for (int i = 0; i < model->params.count; i++) {
        const Var *param = model->params.at[i];
        trial->params[i] = random_values(trial, &random, entries_of(param), 0.7);
        for (long j = 0; j < entries_of(param); j++) trial->params[i][j] += centre_of(param);
        const Pattern *pattern = pattern_of(param, trial->arena);
        for (long k = 0; param->cols && k < entries_of(param); k++)
            if (!pattern_has(pattern, param, k / dim_size(param->cols), k % dim_size(param->cols)))
                trial->params[i][k] = 0;
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

typedef struct Gradients {
    double **at; /* NULL when there was an error */
} Gradients;

static Gradients new_gradients(const Trial *trial) {
    const Model *model = trial->spec->model;
    Gradients gradients = {arena_alloc(trial->arena, sizeof(double *) * (size_t)(model->params.count + 1))};
    for (int i = 0; i < model->params.count; i++)
        gradients.at[i] =
            arena_alloc(trial->arena, sizeof(double) * (size_t)(entries_of(model->params.at[i]) + 1));
    return gradients;
}

static void run(const Trial *trial, EligoLearner *learner) {
    const Model *model = trial->spec->model;
    for (int i = 0; i < model->params.count; i++) eligo_learner_set_param(learner, i, trial->params[i]);
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
        eligo_learner_step(learner);
    }
    eligo_learner_finish(learner);
}

static Gradients derived(Trial *trial, const char *rule, const char *keep, EligoCarry carry) {
    Gradients none = {NULL};
    EligoDerivation *derivation = eligo_derive(trial->eligo, trial->spec, rule, keep, carry);
    if (!derivation) return none;
    EligoLearner *learner = eligo_learner_new(trial->eligo, derivation, ELIGO_ENGINE_INTERPRET, ELIGO_DOUBLE);
    Gradients gradients = none;
    if (learner) {
        run(trial, learner);
        gradients = new_gradients(trial);
        for (int i = 0; i < trial->spec->model->params.count; i++)
            eligo_learner_get_gradient(learner, i, gradients.at[i]);
    }
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    return gradients;
}

/* ---- comparing ---- */

/* The largest difference, relative to the largest entry of either gradient of that parameter (or to 1e-3
 * where both are tiny). */
static double disagreement(const Trial *trial, Gradients a, Gradients b) {
    const Model *model = trial->spec->model;
    double worst = 0;
    for (int p = 0; p < model->params.count; p++) {
        double largest = 1e-3, difference = 0;
        for (long i = 0; i < entries_of(model->params.at[p]); i++) {
            largest = fmax(largest, fmax(fabs(a.at[p][i]), fabs(b.at[p][i])));
            double d = fabs(a.at[p][i] - b.at[p][i]);
            difference = isnan(d) ? INFINITY : fmax(difference, d);
        }
        worst = fmax(worst, difference / largest);
    }
    return worst;
}

static void print_error(Trial *trial, double error, double tolerance, Text *out) {
    text_printf(out, " %12.1e", error);
    if (error <= tolerance) return;
    text_add(out, "!");
    trial->agrees = false;
}

static Gradients enumerated(Trial *trial, const AstPath *keep, const Bindings *bindings, const char **why) {
    Gradients gradients = new_gradients(trial);
    OracleBinding *values = arena_alloc(trial->arena, sizeof *values * (size_t)(bindings->count + 1));
    for (int i = 0; i < bindings->count; i++)
        values[i] = (OracleBinding){bindings->at[i].name, bindings->at[i].value};
    OracleRule rule = {keep, values, bindings->count};
    const double *const *inputs = (const double *const *)trial->inputs;
    for (Sequence sequence = {trial->steps, inputs}; sequence.steps > 1; sequence.steps--) {
        OracleOutcome outcome = oracle_gradient(
            trial->spec->model, &rule, (const double *const *)trial->params, &sequence, gradients.at, NULL);
        trial->steps = sequence.steps;
        if (outcome == ORACLE_DONE) return gradients;
        *why = outcome == ORACLE_TOO_LARGE ? "too many words" : "too many selectors";
    }
    return (Gradients){NULL};
}

static Gradients differences(const Trial *trial) {
    const Model *model = trial->spec->model;
    Gradients gradients = new_gradients(trial);
    Sequence sequence = {trial->steps, (const double *const *)trial->inputs};
    for (int p = 0; p < model->params.count; p++) {
        const Var *param = model->params.at[p];
        const Pattern *pattern = pattern_of(param, trial->arena);
        for (long i = 0; i < entries_of(param); i++) {
            const long cols = dim_size(param->cols);
            if (param->cols && !pattern_has(pattern, param, i / cols, i % cols)) continue;
            gradients.at[p][i] =
                oracle_difference(model, (const double *const *)trial->params, &sequence, p, i, NULL);
        }
    }
    return gradients;
}

/* Warnings about parameters without gradient belong to `derive`; here they would drown the table. */
static void forget_warnings(Eligo *eligo) {
    if (eligo->diagnostics->errors == 0) eligo_messages_clear(eligo);
}

static void verify_language(Trial *trial, const char *title, const char *rule, const char *keep,
                            const AstPath *path, const Bindings *bindings, Text *out) {
    text_printf(out, "%-22s", title);
    const char *why = "";
    const int steps = trial->steps;
    Gradients oracle = enumerated(trial, path, bindings, &why); /* may shorten the sequence */
    Gradients forward = derived(trial, rule, keep, ELIGO_CARRY_FORWARD);
    Gradients backward = derived(trial, rule, keep, ELIGO_CARRY_BACKWARD);
    if (!forward.at || !backward.at) {
        text_add(out, "    not derived\n");
        trial->agrees = false;
        return;
    }
    if (oracle.at)
        print_error(trial, disagreement(trial, forward, oracle), TOLERANCE, out);
    else
        text_printf(out, " %12s", why);
    print_error(trial, disagreement(trial, forward, backward), TOLERANCE, out);
    text_printf(out, " %6d\n", trial->steps);
    trial->steps = steps;
    forget_warnings(trial->eligo);
}

/* ---- which rules ---- */

static void verify_rule(Trial *trial, const char *use, Text *out) {
    Source *source = source_from_text(trial->arena, "--rule", use, strlen(use));
    AstRuleUse *parsed = syntax_parse_rule_use(trial->arena, source, trial->eligo->diagnostics);
    FoundRule found = {0};
    if (parsed) found = package_rule(trial->spec->package, parsed->name.name);
    Bindings bindings = {0};
    if (!found.rule ||
        !bind_parameters(trial->arena, found.rule, parsed, &bindings, trial->eligo->diagnostics)) {
        eligo_derive(trial->eligo, trial->spec, use, NULL,
                     ELIGO_CARRY_RULE); /* reports what is wrong with it */
        trial->agrees = false;
        return;
    }
    verify_language(trial, bind_canonical(trial->arena, found.rule->name.name, &bindings), use, NULL,
                    found.rule->keep, &bindings, out);
}

static void verify_all(Trial *trial, Text *out) {
    const Package *package = trial->spec->package;
    for (int i = 0; i < package->root->ast->rules.count; i++)
        verify_rule(trial, eligo_use_of(trial->arena, package->root->ast->rules.at[i]), out);
    Names names = package_library_names(trial->arena, trial->eligo->library, "rules");
    for (int i = 0; i < names.count; i++) {
        FoundRule found = package_rule(trial->spec->package, names.at[i]);
        if (found.rule && found.in_library) verify_rule(trial, eligo_use_of(trial->arena, found.rule), out);
    }
}

static void verify_differences(Trial *trial, Text *out) {
    const char *why = oracle_not_differentiable(trial->arena, trial->spec->model);
    text_add(out, "\nany* against finite differences:");
    if (why) {
        text_printf(out, " not compared: %s\n", why);
        return;
    }
    Gradients all = derived(trial, NULL, "any*", ELIGO_CARRY_BACKWARD);
    if (!all.at) return;
    print_error(trial, disagreement(trial, all, differences(trial)), DIFFERENCE_TOLERANCE, out);
    text_add(out, "\n");
    forget_warnings(trial->eligo);
}

bool eligo_verify(Eligo *eligo, const char *spec, const char *const *rules, int rule_count, const char *keep,
                  char **table) {
    *table = NULL;
    Package *package = package_load(eligo->arena, spec, eligo->library, eligo->diagnostics);
    Trial trial = {.eligo = eligo, .steps = 4, .agrees = true};
    trial.spec = eligo_spec_build(eligo, package, &eligo->options);
    if (!trial.spec) return false;
    trial.arena = trial.spec->arena;
    shrink(trial.spec->model);
    draw(&trial, 1);
    Text out = {0};
    text_printf(&out, "%-22s %12s %12s %6s\n", "largest relative error", "enumeration", "backward", "steps");
    AstPath *path = NULL;
    if (keep)
        path = syntax_parse_path(trial.arena, source_from_text(trial.arena, "--keep", keep, strlen(keep)),
                                 eligo->diagnostics);
    if (path) verify_language(&trial, "--keep", NULL, keep, path, &(Bindings){0}, &out);
    for (int i = 0; i < rule_count; i++) verify_rule(&trial, rules[i], &out);
    if (!keep && rule_count == 0) verify_all(&trial, &out);
    verify_differences(&trial, &out);
    eligo_spec_free(trial.spec);
    *table = out.at;
    return trial.agrees && eligo->diagnostics->errors == 0;
}
