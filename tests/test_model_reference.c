/* Forward runs of an independent system (tests/reference) against the models of its specs, and the library.
 */
#include "built.h"
#include "support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- the library ---- */

Test(model_reference, library_is_free_of_complaints) {
    static const char *const names[] = {"vanilla", "leaky", "lstm",   "gru",    "diag",
                                        "lif",     "alif",  "digits", "digits2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Built built = open_spec(names[i]);
        model_check(built.arena, built.package, &(ModelOptions){0}, built.diagnostics);
        build_with(&built, &(ModelOptions){0});
        cr_assert_eq(built.diagnostics->list.count, 0, "%s: %s", names[i], messages(&built));
        built_free(&built);
    }
}

/* ---- forward runs of an independent system ---- */

enum { STEPS = 7 };

static Array read_reference(const char *folder, const char *name) {
    char *path = formatted("tests/reference/%s/%s.npy", folder, name);
    Array array = array_read(path);
    cr_assert(array.bytes == 8, "cannot read %s", path);
    free(path);
    return array;
}

/* Class labels: a file of 64-bit integers, whose header array_read leaves alone. */
static double *read_one_hot(const char *folder, long classes) {
    char *path = formatted("tests/reference/%s/target.npy", folder);
    size_t length = 0;
    char *content = file_content(path, &length);
    cr_assert(content && strstr(content + 10, "'<i8'") && length > STEPS * 8, "%s", path);
    double *one_hot = calloc((size_t)(STEPS * classes), sizeof *one_hot);
    for (int t = 0; t < STEPS; t++) {
        int64_t label;
        memcpy(&label, content + length - (size_t)(STEPS - t) * 8, 8);
        cr_assert(label >= 0 && label < classes);
        one_hot[t * classes + label] = 1;
    }
    free(content), free(path);
    return one_hot;
}

static double reference_loss(const char *folder) {
    char *path = formatted("tests/reference/%s/case.json", folder), *content = file_content(path, NULL);
    const char *at = content ? strstr(content, "\"loss_value\":") : NULL;
    cr_assert_not_null(at, "%s", path);
    const double loss = strtod(at + 13, NULL);
    free(content), free(path);
    return loss;
}

static void check_close(const char *folder, const char *name, const double *got) {
    const Array wanted = read_reference(folder, name);
    for (size_t i = 0; i < wanted.count; i++)
        cr_assert_float_eq(got[i], wanted.values[i], 1e-12, "%s: %s[%zu] is %.17g, not %.17g", folder, name,
                           i, got[i], wanted.values[i]);
    cr_assert_gt(wanted.count, 0);
    array_free(wanted);
}

static void check_reference(const char *folder) {
    char *path = formatted("tests/reference/%s/spec.eligo", folder);
    Built built = open_spec(path);
    build_with(&built, &(ModelOptions){0});
    const Model *model = built.model;
    double *params[40], *inputs[2], *states[8] = {0}, y[STEPS * 8];
    cr_assert(model->params.count <= 40 && model->inputs.count == 2 && model->roots.count <= 8);
    for (int i = 0; i < model->params.count; i++) {
        char *name = formatted("param.%s", model->params.at[i]->label);
        params[i] = read_reference(folder, name).values;
        free(name);
    }
    inputs[0] = read_reference(folder, "x").values;
    inputs[1] = model->target_is_class ? read_one_hot(folder, dim_size(model->target->rows))
                                       : read_reference(folder, "target").values;
    for (int i = 0; i < model->roots.count; i++)
        states[i] = malloc(sizeof(double) * STEPS * (size_t)dim_size(model->roots.at[i]->rows));
    const Sequence sequence = {STEPS, (const double *const *)inputs};
    const double loss = model_simulate(model, (const double *const *)params, &sequence, states, y);
    cr_assert_float_eq(loss, reference_loss(folder), 1e-12, "%s: loss %.17g", folder, loss);
    check_close(folder, "y", y);
    for (int i = 0; i < model->roots.count - 1; i++) {
        char *name = formatted("state.%s", model->roots.at[i]->label);
        check_close(folder, name, states[i]);
        free(name);
    }
    for (int i = 0; i < model->params.count; i++) free(params[i]);
    for (int i = 0; i < model->roots.count; i++) free(states[i]);
    free(inputs[0]), free(inputs[1]), free(path);
    built_free(&built);
}

Test(model_reference, forward_runs_agree_with_the_reference) {
    static const char *const cases[] = {"vanilla", "leaky", "lstm", "gru", "diag", "lif", "alif", "lstm2"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_reference(cases[i]);
}
