/* Making a learner: compiling its program, finding its memory, and calling what was compiled. */
#include "eligo_learner.h"

#include <stdlib.h>
#include <string.h>

typedef void (*ForwardEntry)(void *memory);
typedef void (*TapeEntry)(void *memory, void *tape);

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

void learner_run_start(EligoLearner *learner) {
    if (learner->interpreter)
        interpreter_start(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->start);
}

void learner_run_step(EligoLearner *learner) {
    if (learner->interpreter)
        interpreter_step(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->step);
}

void learner_run_backward(EligoLearner *learner) {
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
            learner_draw_fixed(learner, &random);
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
