/* Reading, checking, running: three passes in this order, so that nothing runs on arrays that don't fit. */
#include "cli/sequence.h"
#include "train/file.h"
#include <limits.h>
#include <math.h>
#include <string.h>

static bool read_finite(Eligo *eligo, Arena *arena, const char *path, Npy *npy) {
    return npy_read(eligo, arena, path, npy) && npy_all_finite(eligo, npy);
}

static bool read_inputs(Eligo *eligo, Arena *arena, const char *text, Sequence *s) {
    while (*text) {
        const size_t length = strcspn(text, ","), name = strcspn(text, "=");
        GivenInput *input = &s->inputs[s->input_count];
        const bool named = name < length;
        if (s->input_count == INPUTS_LIMIT)
            return complain(eligo, "E0611", "more than %d inputs are not for eligo", INPUTS_LIMIT);
        if (named) input->name = arena_copy(arena, text, name);
        const char *path =
            named ? arena_copy(arena, text + name + 1, length - name - 1) : arena_copy(arena, text, length);
        if (!read_finite(eligo, arena, path, &input->npy)) return false;
        s->input_count++;
        text += length + (text[length] == ',');
    }
    return s->input_count > 0 || complain(eligo, "E0611", "--inputs names no file");
}

bool sequence_read(Eligo *eligo, Arena *arena, const char *params, const char *inputs, const char *targets,
                   Sequence *s) {
    *s = (Sequence){.params = params};
    if (!read_inputs(eligo, arena, inputs, s) || !read_finite(eligo, arena, targets, &s->target))
        return false;
    const Npy *first = &s->inputs[0].npy;
    if (first->axes == 0 || first->shape[0] == 0)
        return complain(eligo, "E0610", "`%s` holds no steps", first->path);
    if (first->shape[0] > INT_MAX) return complain(eligo, "E0604", "`%s` has too many steps", first->path);
    s->steps = (int)first->shape[0];
    return true;
}

/* ---- sizes ---- */

static int one_step_shape(const Npy *npy, long shape[2]) {
    if (npy->axes != 2) return 0;
    shape[0] = npy->shape[1];
    shape[1] = 1;
    return 1;
}

/* The file name without folder and ending: who writes x.npy for a spec with the input x need not say x=x.npy.
 */
static bool named_after(const char *path, const char *name) {
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    return strncmp(base, name, strlen(name)) == 0 && strcmp(base + strlen(name), ".npy") == 0;
}

int sequence_shape_of(void *context, const char *name, long shape[2]) {
    const Sequence *s = context;
    for (int i = 0; i < s->input_count; i++) {
        const GivenInput *input = &s->inputs[i];
        if (input->name ? strcmp(input->name, name) == 0 : named_after(input->npy.path, name))
            return one_step_shape(&input->npy, shape);
    }
    if (strcmp(name, "target") == 0) return s->target.integer ? 0 : one_step_shape(&s->target, shape);
    Arena *arena = arena_new();
    Npy npy;
    int axes = 0;
    const char *path = path_join(arena, s->params, arena_printf(arena, "param.%s.npy", name));
    if (npy_read(NULL, arena, path, &npy) && npy.axes <= 2) {
        axes = npy.axes;
        shape[0] = axes > 0 ? npy.shape[0] : 1;
        shape[1] = axes > 1 ? npy.shape[1] : 1;
    }
    arena_free(arena);
    return axes;
}

/* ---- fit ---- */

static bool wrong_shape(Eligo *eligo, Arena *arena, const Npy *npy, const char *what, int axes,
                        const long *wanted) {
    return complain(eligo, "E0604", "`%s` has shape %s; %s wants %s", npy->path,
                    npy_shape_text(arena, npy->axes, npy->shape), what, npy_shape_text(arena, axes, wanted));
}

static bool same_shape(const Npy *npy, int axes, const long *wanted) {
    return npy->axes == axes && memcmp(npy->shape, wanted, (size_t)axes * sizeof *wanted) == 0;
}

static bool fit_entries(Eligo *eligo, const EligoSpec *spec, int i, const Npy *npy) {
    const EligoArray param = eligo_param(spec, i);
    const long at = eligo_param_misplaced(spec, i, npy->values);
    if (at < 0) return true;
    return complain(eligo, "E0541",
                    "`%s` has %g at [%ld, %ld], where %s has no entry (`sparse`, `zero_diagonal`)", npy->path,
                    npy->values[at], at / param.cols, at % param.cols, param.name);
}

static bool fit_params(Eligo *eligo, Arena *arena, const EligoSpec *spec, Sequence *s) {
    const int count = eligo_params(spec);
    s->param = arena_alloc(arena, ((size_t)count + 1) * sizeof *s->param);
    bool good = true;
    for (int i = 0; i < count; i++) {
        const EligoArray param = eligo_param(spec, i);
        const long wanted[2] = {param.rows, param.cols};
        const char *path = path_join(arena, s->params, arena_printf(arena, "param.%s.npy", param.name));
        Npy *npy = &s->param[i];
        if (!read_finite(eligo, arena, path, npy))
            good = false;
        else if (!same_shape(npy, param.axes, wanted))
            good = wrong_shape(eligo, arena, npy, arena_printf(arena, "the parameter %s", param.name),
                               param.axes, wanted);
        else
            good = fit_entries(eligo, spec, i, npy) && good;
    }
    return good;
}

/* [steps, rows]; [steps] is as good where there is one number a step. */
static bool fit_steps(Eligo *eligo, Arena *arena, const Npy *npy, const EligoArray *array, int steps) {
    const long wanted[2] = {steps, array->rows};
    if (same_shape(npy, array->axes + 1, wanted)) return true;
    if (array->rows == 1 && (same_shape(npy, 1, wanted) || same_shape(npy, 2, wanted))) return true;
    return wrong_shape(eligo, arena, npy, arena_printf(arena, "%s over %d steps", array->name, steps),
                       array->axes + 1, wanted);
}

static const Npy *given(const Sequence *s, const char *name) {
    for (int i = 0; i < s->input_count; i++)
        if (s->inputs[i].name && strcmp(s->inputs[i].name, name) == 0) return &s->inputs[i].npy;
    return NULL;
}

static bool fit_input(Eligo *eligo, Arena *arena, const EligoSpec *spec, const EligoArray *array,
                      Sequence *s) {
    if (!given(s, array->name) && s->input_count == 1 && !s->inputs[0].name && eligo_inputs(spec) == 1)
        s->inputs[0].name = array->name;
    const Npy *npy = given(s, array->name);
    if (!npy)
        return complain(eligo, "E0611", "no array for the input %s: --inputs %s=FILE.npy", array->name,
                        array->name);
    return fit_steps(eligo, arena, npy, array, s->steps);
}

static bool is_input(const EligoSpec *spec, const char *name) {
    for (int i = 0; i < eligo_inputs(spec); i++)
        if (strcmp(eligo_input(spec, i).name, name) == 0) return true;
    const char *when = eligo_when(spec).name;
    return when && strcmp(when, name) == 0;
}

static bool fit_inputs(Eligo *eligo, Arena *arena, const EligoSpec *spec, Sequence *s) {
    for (int i = 0; i < eligo_inputs(spec); i++) {
        const EligoArray input = eligo_input(spec, i);
        if (!fit_input(eligo, arena, spec, &input, s)) return false;
    }
    const EligoArray when = eligo_when(spec);
    if (when.name && !fit_input(eligo, arena, spec, &when, s)) return false;
    for (int i = 0; i < s->input_count; i++)
        if (!s->inputs[i].name || !is_input(spec, s->inputs[i].name))
            return complain(eligo, "E0611", "`%s` is no input of the spec",
                            s->inputs[i].name ? s->inputs[i].name : s->inputs[i].npy.path);
    return true;
}

static bool fit_labels(Eligo *eligo, Arena *arena, const Npy *npy, long classes, int steps) {
    const long wanted[1] = {steps};
    if (!same_shape(npy, 1, wanted))
        return wrong_shape(eligo, arena, npy, arena_printf(arena, "a label for each of %d steps", steps), 1,
                           wanted);
    for (int t = 0; t < steps; t++)
        if (npy->values[t] < 0 || npy->values[t] >= (double)classes)
            return complain(eligo, "E0609",
                            "`%s`: the label %.0f at [%d] is out of range: there are the classes 0 to %ld",
                            npy->path, npy->values[t], t, classes - 1);
    return true;
}

static bool is_labels(const EligoSpec *spec, const Npy *target) {
    return target->integer && eligo_target_is_class(spec);
}

static bool fit_target(Eligo *eligo, Arena *arena, const EligoSpec *spec, const Sequence *s) {
    const EligoArray target = eligo_target(spec);
    if (!target.name) return complain(eligo, "E0611", "the spec has no loss that compares with a target");
    if (is_labels(spec, &s->target)) return fit_labels(eligo, arena, &s->target, target.rows, s->steps);
    return fit_steps(eligo, arena, &s->target, &target, s->steps);
}

bool sequence_fit(Eligo *eligo, Arena *arena, const EligoSpec *spec, Sequence *s) {
    const bool params = fit_params(eligo, arena, spec, s);
    const bool inputs = fit_inputs(eligo, arena, spec, s);
    return fit_target(eligo, arena, spec, s) && params && inputs;
}

/* ---- run ---- */

static void set_step(const EligoSpec *spec, EligoLearner *learner, const Sequence *s, int t) {
    for (int i = 0; i < eligo_inputs(spec); i++) {
        const EligoArray input = eligo_input(spec, i);
        eligo_learner_set_input(learner, i, &given(s, input.name)->values[t * input.rows]);
    }
    const EligoArray when = eligo_when(spec), target = eligo_target(spec);
    if (when.name) eligo_learner_set_when(learner, given(s, when.name)->values[t]);
    if (is_labels(spec, &s->target))
        eligo_learner_set_class(learner, (long)s->target.values[t]);
    else
        eligo_learner_set_target(learner, &s->target.values[t * target.rows]);
}

static double *steps_of(Arena *arena, long rows, int steps) {
    return arena_alloc(arena, (size_t)rows * (size_t)steps * sizeof(double));
}

static void allocate(Arena *arena, const EligoSpec *spec, int steps, Outcome *outcome) {
    const EligoArray y = eligo_readout(spec);
    outcome->gradient = arena_alloc(arena, ((size_t)eligo_params(spec) + 1) * sizeof(double *));
    outcome->state = arena_alloc(arena, ((size_t)eligo_states(spec) + 1) * sizeof(double *));
    for (int i = 0; i < eligo_params(spec); i++)
        outcome->gradient[i] = steps_of(arena, eligo_param(spec, i).rows * eligo_param(spec, i).cols, 1);
    for (int i = 0; i < eligo_states(spec); i++)
        outcome->state[i] = steps_of(arena, eligo_state(spec, i).rows, steps);
    if (y.name) outcome->y = steps_of(arena, y.rows, steps);
}

static void record(const EligoSpec *spec, const EligoLearner *learner, int t, Outcome *outcome) {
    for (int i = 0; i < eligo_states(spec); i++)
        eligo_learner_get_state(learner, i, &outcome->state[i][t * eligo_state(spec, i).rows]);
    if (outcome->y) eligo_learner_get_readout(learner, &outcome->y[t * eligo_readout(spec).rows]);
}

bool sequence_run(Eligo *eligo, Arena *arena, const EligoSpec *spec, EligoLearner *learner, const Sequence *s,
                  Outcome *outcome) {
    *outcome = (Outcome){0};
    allocate(arena, spec, s->steps, outcome);
    for (int i = 0; i < eligo_params(spec); i++) eligo_learner_set_param(learner, i, s->param[i].values);
    eligo_learner_clear_gradients(learner);
    if (!eligo_learner_start(learner, s->steps))
        return complain(eligo, "E0623", "no memory for the tape of %d steps", s->steps);
    for (int t = 0; t < s->steps; t++) {
        set_step(spec, learner, s, t);
        const double loss = eligo_learner_step(learner);
        if (!isfinite(loss))
            return complain(eligo, "E0620", "the loss became %s at step %d", isnan(loss) ? "NaN" : "infinite",
                            t + 1);
        outcome->loss += loss;
        record(spec, learner, t, outcome);
    }
    eligo_learner_finish(learner);
    for (int i = 0; i < eligo_params(spec); i++) eligo_learner_get_gradient(learner, i, outcome->gradient[i]);
    return true;
}
