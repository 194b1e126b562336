/* A learner: one program, its memory, and an engine that runs it. */
#include "eligo_draw.h"
#include "eligo_initial.h"
#include "eligo_internal.h"

#include "emit/emit.h"
#include "jit/jit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef void (*ForwardEntry)(void *memory);
typedef void (*TapeEntry)(void *memory, void *tape);

struct EligoLearner {
    Arena *arena;
    const Program *program;
    Layout layout;
    EligoReal real;
    const char *engine;
    Interpreter *interpreter;
    Jit *jit;
    void *start, *step, *backward; /* entries of compiled code */
    size_t compiled_bytes;
    char *memory, *tape;
    int capacity; /* steps that the tape can hold */
    Draw draw;    /* of rules that let some steps teach */
};

/* ---- calling the engine ---- */

static void call(EligoLearner *learner, void *entry) {
    if (learner->program->has_tape) {
        TapeEntry function;
        memcpy(&function, &entry, sizeof function);
        function(learner->memory, learner->tape);
    } else {
        ForwardEntry function;
        memcpy(&function, &entry, sizeof function);
        function(learner->memory);
    }
}

static void run_start(EligoLearner *learner) {
    if (learner->interpreter)
        interpreter_start(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->start);
}

static void run_step(EligoLearner *learner) {
    if (learner->interpreter)
        interpreter_step(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->step);
}

static void run_backward(EligoLearner *learner) {
    if (learner->interpreter)
        interpreter_backward(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->backward);
}

/* ---- making one ---- */

static bool find_entries(EligoLearner *learner) {
    const char *name = emit_name(learner->program, learner->arena);
    learner->start = jit_symbol(learner->jit, arena_printf(learner->arena, "%s_start", name));
    learner->step = jit_symbol(learner->jit, arena_printf(learner->arena, "%s_step", name));
    learner->backward = jit_symbol(learner->jit, arena_printf(learner->arena, "%s_backward", name));
    void *bytes = jit_symbol(learner->jit, arena_printf(learner->arena, "%s_bytes", name));
    if (bytes) {
        size_t (*function)(void);
        memcpy(&function, &bytes, sizeof function);
        learner->compiled_bytes = function();
    }
    return learner->start && learner->step && (learner->backward || !learner->program->has_tape);
}

static bool compile(Eligo *eligo, EligoLearner *learner, JitEngine engine) {
    EmitOptions options = {.single = learner->real == ELIGO_FLOAT};
    Text text = {0};
    emit_in_process(learner->program, &options, engine == JIT_CC, &text);
    learner->jit = jit_compile(text.at, engine, learner->real == ELIGO_FLOAT, eligo->diagnostics);
    text_free(&text);
    if (!learner->jit) return false;
    learner->engine = engine == JIT_CC ? "cc" : "tcc";
    if (find_entries(learner)) return true;
    diagnose(eligo->diagnostics, (Span){0}, "E0790",
             "the compiled code lacks an entry point: this is a bug in eligo");
    return false;
}

static bool choose_engine(Eligo *eligo, EligoLearner *learner, EligoEngine engine) {
    if (engine == ELIGO_ENGINE_INTERPRET) {
        if (learner->real == ELIGO_FLOAT) {
            diagnose(eligo->diagnostics, (Span){0}, "E0704", "the interpreter runs in double only");
            return false;
        }
        learner->interpreter = interpreter_new(learner->program);
        learner->engine = "interpret";
        learner->compiled_bytes = learner->layout.struct_bytes;
        return true;
    }
    if (engine == ELIGO_ENGINE_TCC) return compile(eligo, learner, JIT_TCC);
    if (engine == ELIGO_ENGINE_BEST && !jit_has_cc(NULL, 0)) {
        diagnose(eligo->diagnostics, (Span){0}, "N0702",
                 "no system compiler found: running code compiled by tcc, several times slower than gcc's");
        return compile(eligo, learner, JIT_TCC);
    }
    return compile(eligo, learner, JIT_CC);
}

static void draw_fixed(EligoLearner *learner, Random *random);

EligoLearner *eligo_learner_new(Eligo *eligo, const EligoDerivation *derivation, EligoEngine engine,
                                EligoReal real) {
    Arena *arena = arena_new();
    EligoLearner *learner = arena_new_of(arena, EligoLearner);
    learner->arena = arena;
    learner->program = derivation->derivation->program;
    learner->real = real;
    learner->layout =
        program_layout(learner->program, real == ELIGO_FLOAT ? sizeof(float) : sizeof(double), arena);
    if (choose_engine(eligo, learner, engine)) {
        learner->memory = calloc(1, learner->layout.struct_bytes + 64);
        if (learner->memory && eligo_learner_start(learner, 0)) {
            Random random;
            random_seed(&random, 1); /* feedback of zeros would teach nothing */
            draw_fixed(learner, &random);
            return learner;
        }
        diagnose(eligo->diagnostics, (Span){0}, "E0705", "not enough memory for the learner's %zu bytes",
                 learner->layout.struct_bytes);
    }
    eligo_learner_free(learner);
    return NULL;
}

void eligo_learner_free(EligoLearner *learner) {
    if (!learner) return;
    interpreter_free(learner->interpreter);
    jit_free(learner->jit);
    free(learner->memory);
    free(learner->tape);
    arena_free(learner->arena);
}

bool eligo_learner_was_cached(const EligoLearner *learner) {
    return learner->jit && jit_was_cached(learner->jit);
}
const char *eligo_learner_engine(const EligoLearner *learner) { return learner->engine; }
size_t eligo_learner_struct_bytes(const EligoLearner *learner) { return learner->compiled_bytes; }

/* ---- arrays ---- */

static const Buffer *buffer_of(const EligoLearner *learner, BufferKind kind, int index) {
    for (int i = 0; i < learner->program->buffers.count; i++) {
        const Buffer *buffer = learner->program->buffers.at[i];
        if (buffer->kind == kind && buffer->var && index-- == 0) return buffer;
    }
    return NULL;
}

static void read_reals(const EligoLearner *learner, const char *from, long count, double *values) {
    for (long i = 0; i < count; i++)
        values[i] = learner->real == ELIGO_FLOAT ? (double)((const float *)(const void *)from)[i]
                                                 : ((const double *)(const void *)from)[i];
}

static void write_reals(const EligoLearner *learner, char *to, long count, const double *values) {
    for (long i = 0; i < count; i++) {
        if (learner->real == ELIGO_FLOAT)
            ((float *)(void *)to)[i] = (float)values[i];
        else
            ((double *)(void *)to)[i] = values[i];
    }
}

static char *in_struct(const EligoLearner *learner, const Buffer *buffer) {
    return learner->memory + learner->layout.offset[buffer->index];
}

/* Which entry of the row-major matrix the buffer's k-th one is. */
static long dense_place(const Buffer *buffer, long row, long k) {
    return row * dim_size(buffer->csr->cols) + buffer->csr->pattern->column[k];
}

static void set_values(EligoLearner *learner, const Buffer *buffer, const double *values) {
    const size_t real = learner->layout.real;
    char *to = in_struct(learner, buffer);
    if (!buffer->csr) {
        write_reals(learner, to, buffer_entries(buffer), values);
        return;
    }
    const Pattern *pattern = buffer->csr->pattern;
    for (long j = 0; j < pattern->rows; j++)
        for (long k = pattern->start[j]; k < pattern->start[j + 1]; k++)
            write_reals(learner, to + (size_t)k * real, 1, values + dense_place(buffer, j, k));
}

void eligo_learner_set_param(EligoLearner *learner, int param, const double *values) {
    set_values(learner, buffer_of(learner, BUFFER_PARAM, param), values);
}

static void get_values(const EligoLearner *learner, const Buffer *buffer, double *values) {
    const size_t real = learner->layout.real;
    const char *from = in_struct(learner, buffer);
    if (!buffer->csr) {
        read_reals(learner, from, buffer_entries(buffer), values);
        return;
    }
    const Pattern *pattern = buffer->csr->pattern;
    memset(values, 0, sizeof *values * (size_t)(pattern->rows * pattern->cols));
    for (long j = 0; j < pattern->rows; j++)
        for (long k = pattern->start[j]; k < pattern->start[j + 1]; k++)
            read_reals(learner, from + (size_t)k * real, 1, values + dense_place(buffer, j, k));
}

void eligo_learner_get_param(const EligoLearner *learner, int param, double *values) {
    get_values(learner, buffer_of(learner, BUFFER_PARAM, param), values);
}

void eligo_learner_get_gradient(const EligoLearner *learner, int param, double *values) {
    const Buffer *buffer = buffer_of(learner, BUFFER_GRADIENT, param);
    if (!buffer) { /* learns online */
        const Var *var = learner->program->model->params.at[param];
        memset(values, 0, sizeof *values * (size_t)(dim_size(var->rows) * dim_size(var->cols)));
        return;
    }
    get_values(learner, buffer, values);
}

static const Buffer *fixed_buffer(const EligoLearner *learner, int fixed) {
    for (int i = 0; i < learner->program->buffers.count; i++)
        if (buffer_is_drawn(learner->program->buffers.at[i]) && fixed-- == 0)
            return learner->program->buffers.at[i];
    return NULL;
}

void eligo_learner_set_fixed(EligoLearner *learner, int fixed, const double *values) {
    set_values(learner, fixed_buffer(learner, fixed), values);
}

void eligo_learner_get_fixed(const EligoLearner *learner, int fixed, double *values) {
    get_values(learner, fixed_buffer(learner, fixed), values);
}

void eligo_learner_clip(EligoLearner *learner) {
    const Buffer *buffer;
    for (int i = 0; (buffer = buffer_of(learner, BUFFER_PARAM, i)); i++) {
        if (!buffer->var->nonnegative) continue;
        char *at = in_struct(learner, buffer);
        for (long k = 0; k < buffer_entries(buffer); k++, at += learner->layout.real) {
            double value;
            read_reals(learner, at, 1, &value);
            if (value < 0) write_reals(learner, at, 1, &(double){0});
        }
    }
}

size_t eligo_learner_entries(const EligoLearner *learner) {
    size_t entries = 0;
    const Buffer *buffer;
    for (int i = 0; (buffer = buffer_of(learner, BUFFER_PARAM, i)); i++)
        entries += (size_t)buffer_entries(buffer);
    return entries;
}

void *eligo_learner_params(EligoLearner *learner) {
    const Buffer *buffer = buffer_of(learner, BUFFER_PARAM, 0);
    return buffer ? in_struct(learner, buffer) : learner->memory;
}

void *eligo_learner_gradients(EligoLearner *learner) {
    const Buffer *buffer = buffer_of(learner, BUFFER_GRADIENT, 0);
    return buffer ? in_struct(learner, buffer) : NULL;
}

void eligo_learner_clear_gradients(EligoLearner *learner) {
    void *gradients = eligo_learner_gradients(learner);
    if (gradients) memset(gradients, 0, eligo_learner_entries(learner) * learner->layout.real);
}

/* ---- initial values ---- */

static void draw_fixed(EligoLearner *learner, Random *random) {
    for (int i = 0; fixed_buffer(learner, i); i++) {
        const Buffer *buffer = fixed_buffer(learner, i);
        const Var *var = buffer->var;
        double *values = malloc(sizeof(double) * (size_t)(dim_size(var->rows) * dim_size(var->cols)));
        if (!values) return;
        initial_values(random, var, buffer->csr, values);
        eligo_learner_set_fixed(learner, i, values);
        free(values);
    }
}

void eligo_learner_init(EligoLearner *learner, uint64_t seed) {
    Random random;
    random_seed(&random, seed);
    const Model *model = learner->program->model;
    for (int i = 0; i < model->params.count; i++) {
        const Var *param = model->params.at[i];
        double *values = malloc(sizeof(double) * (size_t)(dim_size(param->rows) * dim_size(param->cols)));
        if (!values) return;
        initial_values(&random, param, buffer_of(learner, BUFFER_PARAM, i)->csr, values);
        eligo_learner_set_param(learner, i, values);
        free(values);
    }
    draw_fixed(learner, &random);
    eligo_learner_set_draw(learner, random_next(&random));
}

/* ---- running a sequence ---- */

static void say_teach(EligoLearner *learner, bool teaches) {
    const Buffer *buffer = learner->program->teach;
    const double value = teaches ? 1 : 0;
    if (buffer) write_reals(learner, in_struct(learner, buffer), 1, &value);
    learner->draw.decided = 1;
}

/* Says to the program whether the step to come teaches, once for each step, and no sooner than somebody asks:
 * the step after a sequence's last one may never come. */
static void draw_step(EligoLearner *learner) {
    if (learner->program->teach && !learner->draw.decided)
        say_teach(learner, draw_next(&learner->draw, learner->program->sample));
}

static bool ensure_tape(EligoLearner *learner, int steps) {
    if (learner->program->block) steps = learner->program->block;
    if (!learner->program->has_tape || (learner->tape && steps <= learner->capacity)) return true;
    size_t records = (size_t)steps + (size_t)learner->program->history + 1;
    char *tape = calloc(records, learner->layout.record_bytes);
    if (!tape) return false;
    free(learner->tape);
    learner->tape = tape;
    learner->capacity = steps;
    return true;
}

bool eligo_learner_start(EligoLearner *learner, int steps) {
    if (!ensure_tape(learner, steps)) return false;
    run_start(learner);
    draw_begin(&learner->draw, learner->program->sample, steps);
    return true;
}

static void set_buffer(EligoLearner *learner, const Var *input, const double *values) {
    for (int i = 0; i < learner->program->buffers.count; i++) {
        const Buffer *buffer = learner->program->buffers.at[i];
        if (buffer->kind == BUFFER_INPUT && buffer->var == input)
            write_reals(learner, in_struct(learner, buffer), buffer_entries(buffer), values);
    }
}

void eligo_learner_set_input(EligoLearner *learner, int input, const double *values) {
    const Model *model = learner->program->model;
    for (int i = 0; i < model->inputs.count; i++) {
        const Var *var = model->inputs.at[i];
        if (var != model->target && var != model->when && input-- == 0) set_buffer(learner, var, values);
    }
}

void eligo_learner_set_target(EligoLearner *learner, const double *values) {
    if (learner->program->model->target) set_buffer(learner, learner->program->model->target, values);
}

void eligo_learner_set_class(EligoLearner *learner, long class_index) {
    const Var *target = learner->program->model->target;
    if (!target) return;
    long size = dim_size(target->rows);
    double *one_hot = calloc((size_t)size, sizeof *one_hot);
    if (!one_hot) return;
    if (class_index >= 0 && class_index < size) one_hot[class_index] = 1;
    set_buffer(learner, target, one_hot);
    free(one_hot);
}

void eligo_learner_set_when(EligoLearner *learner, double value) {
    if (learner->program->model->when) set_buffer(learner, learner->program->model->when, &value);
}

void eligo_learner_set_rate(EligoLearner *learner, double rate) {
    const Buffer *buffer = learner->program->rate;
    if (buffer) write_reals(learner, in_struct(learner, buffer), 1, &rate);
}

void eligo_learner_set_teach(EligoLearner *learner, bool teaches) {
    draw_step(learner); /* the step counts as drawn */
    say_teach(learner, teaches);
}

bool eligo_learner_teaches(EligoLearner *learner) {
    double teaches = 1;
    const Buffer *buffer = learner->program->teach;
    draw_step(learner);
    if (buffer) read_reals(learner, in_struct(learner, buffer), 1, &teaches);
    return teaches != 0;
}

void eligo_learner_set_draw(EligoLearner *learner, uint64_t draw) {
    const unsigned signs = (unsigned)(draw >> 32);
    learner->draw.number = draw & UINT32_MAX;
    if (learner->program->streams)
        memcpy(learner->memory + learner->layout.draws_offset, &signs, sizeof signs);
}

uint64_t eligo_learner_get_draw(const EligoLearner *learner) {
    unsigned signs = 0;
    if (learner->program->streams)
        memcpy(&signs, learner->memory + learner->layout.draws_offset, sizeof signs);
    return (uint64_t)signs << 32 | (learner->draw.number & UINT32_MAX);
}

double eligo_learner_step(EligoLearner *learner) {
    draw_step(learner);
    run_step(learner);
    learner->draw.decided = 0;
    double loss = 0;
    if (learner->program->loss) read_reals(learner, in_struct(learner, learner->program->loss), 1, &loss);
    return loss;
}

void eligo_learner_finish(EligoLearner *learner) {
    if (learner->program->has_tape) run_backward(learner);
}

/* ---- all of it, kept and brought back ---- */

size_t eligo_learner_state_bytes(const EligoLearner *learner) {
    return learner->layout.struct_bytes + sizeof learner->draw;
}

void eligo_learner_save(const EligoLearner *learner, void *state) {
    const size_t bytes = learner->layout.struct_bytes;
    memcpy(state, learner->memory, bytes);
    memcpy((char *)state + bytes, &learner->draw, sizeof learner->draw);
}

void eligo_learner_restore(EligoLearner *learner, const void *state) {
    const size_t bytes = learner->layout.struct_bytes;
    memcpy(learner->memory, state, bytes);
    memcpy(&learner->draw, (const char *)state + bytes, sizeof learner->draw);
}

/* Where a root's value after the last step is: in the newest record, or in the newest ring slot. */
static const char *newest(const EligoLearner *learner, const Buffer *buffer) {
    int t;
    memcpy(&t, learner->memory + learner->layout.t_offset, sizeof t);
    if (buffer->taped) {
        size_t record = (size_t)(t - 1 + learner->program->history);
        return learner->tape + record * learner->layout.record_bytes + learner->layout.offset[buffer->index];
    }
    size_t slot = (size_t)((t - 1 + buffer->slots) % buffer->slots);
    return in_struct(learner, buffer) + slot * (size_t)buffer_entries(buffer) * learner->layout.real;
}

void eligo_learner_get_state(const EligoLearner *learner, int state, double *values) {
    const Buffer *buffer = learner->program->roots.at[state];
    read_reals(learner, newest(learner, buffer), buffer_entries(buffer), values);
}

void eligo_learner_get_readout(const EligoLearner *learner, double *values) {
    const Buffer *buffer = learner->program->readout;
    if (buffer) read_reals(learner, in_struct(learner, buffer), buffer_entries(buffer), values);
}
