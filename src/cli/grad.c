/* eligo grad SPEC --rule RULE --params DIR --inputs X --targets Y --out DIR */
#include "cli/command.h"
#include "cli/sequence.h"
#include "train/file.h"
#include "train/progress.h"
#include "train/train.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct Grad {
    Shared shared;
    const char *spec, *params, *inputs, *targets, *out;
} Grad;

static bool add_array(Outputs *outputs, const char *path, bool is_float, int axes, const long *shape,
                      const double *values) {
    Text bytes = {0};
    npy_encode(&bytes, is_float, axes, shape, values);
    const bool good = outputs_add(outputs, path, bytes.at, bytes.length);
    text_free(&bytes);
    return good;
}

static const char *file_of(Arena *arena, const Grad *grad, const char *kind, const char *name) {
    return path_join(arena, grad->out, arena_printf(arena, "%s.%s.npy", kind, name));
}

static bool add_all(Outputs *outputs, Arena *arena, const Grad *grad, const EligoSpec *spec, int steps,
                    const Outcome *outcome) {
    const bool is_float = grad->shared.real == ELIGO_FLOAT;
    bool good = true;
    for (int i = 0; good && i < eligo_params(spec); i++) {
        const EligoArray a = eligo_param(spec, i);
        good = add_array(outputs, file_of(arena, grad, "grad", a.name), is_float, a.axes,
                         (long[]){a.rows, a.cols}, outcome->gradient[i]);
    }
    for (int i = 0; good && i < eligo_states(spec); i++) {
        const EligoArray a = eligo_state(spec, i);
        good = add_array(outputs, file_of(arena, grad, "state", a.name), is_float, a.axes + 1,
                         (long[]){steps, a.rows}, outcome->state[i]);
    }
    const EligoArray y = eligo_readout(spec);
    if (good && outcome->y)
        good = add_array(outputs, path_join(arena, grad->out, "y.npy"), is_float, y.axes + 1,
                         (long[]){steps, y.rows}, outcome->y);
    return good &&
           add_array(outputs, path_join(arena, grad->out, "loss.npy"), false, 0, NULL, &outcome->loss);
}

static bool write_all(Eligo *eligo, Arena *arena, const Grad *grad, const EligoSpec *spec, int steps,
                      const Outcome *outcome) {
    if (!file_make_folder(eligo, grad->out)) return false;
    Outputs *outputs = outputs_new(eligo);
    const bool good = add_all(outputs, arena, grad, spec, steps, outcome) && outputs_commit(outputs);
    outputs_free(outputs);
    return good;
}

static void say_stats(EligoLearner *learner, int steps, double made, double begun) {
    const double run = seconds_now() - made;
    fprintf(stderr, "stats: engine %s, state %zu bytes; %.1f ms to start, %.3f ms for %d steps\n",
            eligo_learner_tiers(learner), eligo_learner_struct_bytes(learner), 1e3 * (made - begun),
            1e3 * run, steps);
}

static bool run_on(Eligo *eligo, Arena *arena, const Grad *grad, const EligoSpec *spec,
                   const Sequence *sequence) {
    const Shared *o = &grad->shared;
    const double begun = seconds_now();
    EligoWork work;
    if (!work_of(o, &work)) return false;
    work.steps = sequence->steps;
    eligo_work(eligo, &work);
    EligoDerivation *derivation =
        eligo_derive(eligo, (EligoSpec *)spec, o->rule, o->keep, (EligoCarry)o->carry);
    EligoLearner *learner =
        derivation ? eligo_learner_new(eligo, derivation, (EligoEngine)o->engine, (EligoReal)o->real) : NULL;
    const double made = seconds_now();
    Outcome outcome;
    bool good = learner && sequence_run(eligo, arena, spec, learner, sequence, &outcome);
    if (good && o->stats) say_stats(learner, sequence->steps, made, begun);
    if (good) report_refusal(eligo, learner);
    if (good) plan_put(o, derivation, ELIGO_SPELLING_PLAIN, stderr);
    good = good && write_all(eligo, arena, grad, spec, sequence->steps, &outcome);
    eligo_learner_free(learner);
    eligo_derivation_free(derivation);
    return good;
}

/* The arrays say which loss a cell alone gets (whole numbers are classes) and how large everything is. */
static bool run(Eligo *eligo, Arena *arena, const Grad *grad) {
    Sequence sequence;
    if (!sequence_read(eligo, arena, grad->params, grad->inputs, grad->targets, &sequence)) return false;
    if (!eligo_infer_sizes(eligo, grad->spec, sequence_shape_of, &sequence)) return false;
    EligoSpec *spec =
        eligo_open(eligo, grad->spec, sequence.target.integer ? ELIGO_TARGET_CLASS : ELIGO_TARGET_VALUES);
    if (!spec) return false;
    const bool good =
        sequence_fit(eligo, arena, spec, &sequence) && run_on(eligo, arena, grad, spec, &sequence);
    eligo_spec_free(spec);
    return good;
}

static bool complete(const Command *self, const Grad *grad) {
    const struct {
        const char *value, *name, *what;
    } needed[] = {{grad->params, "params DIR", "the folder of param.NAME.npy"},
                  {grad->inputs, "inputs X.npy", "the inputs of each step"},
                  {grad->targets, "targets Y.npy", "the target of each step"},
                  {grad->out, "out DIR", "the folder to write to"}};
    if (!grad->spec || !one_rule(self, &grad->shared)) return false;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!needed[i].value)
            return usage_error("E0654", "grad wants --%s: %s", needed[i].name, needed[i].what);
    return true;
}

int command_grad(const Command *self, int argc, char **argv) {
    Arena *arena = arena_new();
    Grad grad = {.shared = {.real = ELIGO_DOUBLE}};
    Shared *shared = &grad.shared;
    Strings plain = {0};
    const Option options[] = {
        RULE_OPTIONS(shared),
        PLAN_OPTIONS(shared),
        {OPTION_SECTION, 0, NULL, NULL, "Arrays (.npy: '<f8', '<f4', '<i8', '<i4' or '|u1', C order)", NULL,
         0, 0},
        {OPTION_TEXT, 0, "params", "DIR", "folder with param.NAME.npy for each parameter", &grad.params, 0,
         0},
        {OPTION_TEXT, 0, "inputs", "FILE", "[steps, inputs]; several: a=A.npy,b=B.npy", &grad.inputs, 0, 0},
        {OPTION_TEXT, 0, "targets", "FILE", "[steps, outputs], or whole-number labels [steps]", &grad.targets,
         0, 0},
        {OPTION_TEXT, 'o', "out", "DIR", "gets grad.NAME, state.NAME, y and loss .npy", &grad.out, 0, 0},
        {OPTION_SECTION, 0, NULL, NULL, "Running", NULL, 0, 0},
        ENGINE_OPTIONS(shared),
        {OPTION_SECTION, 0, NULL, NULL, "The spec (sizes follow from the arrays)", NULL, 0, 0},
        SPEC_OPTIONS(shared),
        {0},
    };
    int status;
    if (command_parse(self, arena, options, shared, argc, argv, &plain, &status)) {
        grad.spec = one_spec(self, &plain);
        Eligo *eligo = complete(self, &grad) ? session_open(arena, shared) : NULL;
        status = STATUS_USAGE;
        if (eligo) status = session_close(eligo, run(eligo, arena, &grad) ? STATUS_GOOD : STATUS_ERROR);
    }
    arena_free(arena);
    return status;
}
