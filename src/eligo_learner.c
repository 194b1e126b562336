/* Making a learner: its engine, its memory, its first values. */
#include "eligo_learner.h"

#include <stdlib.h>
#include <string.h>

/* From a cache line's beginning: vectors that cross two lines cost a step a fifth of its time. */
static void *zeros_new(size_t bytes) {
    void *zeros = aligned_alloc(64, (bytes + 63) / 64 * 64);
    return zeros ? memset(zeros, 0, bytes) : NULL;
}

static EligoLearner *without_engine(const Program *program, EligoReal real) {
    Arena *arena = arena_new();
    EligoLearner *learner = arena_new_of(arena, EligoLearner);
    learner->arena = arena;
    learner->program = program;
    learner->real = real;
    learner->layout = program_layout(program, real == ELIGO_FLOAT ? sizeof(float) : sizeof(double), arena);
    return learner;
}

static bool take_memory(EligoLearner *learner) {
    learner->memory = zeros_new(learner->layout.struct_bytes + 64);
    if (!learner->memory || !eligo_learner_start(learner, 0)) return false;
    Random random;
    random_seed(&random, 1); /* feedback of zeros would teach nothing */
    learner_draw_fixed(learner, &random);
    return true;
}

EligoLearner *eligo_learner_new(Eligo *eligo, const EligoDerivation *derivation, EligoEngine engine,
                                EligoReal real) {
    EligoLearner *learner = without_engine(derivation->derivation->program, real);
    if (learner_choose_engine(eligo, learner, engine)) {
        if (take_memory(learner)) return learner;
        diagnose(eligo->diagnostics, (Span){0}, "E0705", "not enough memory for the learner's %zu bytes",
                 learner->layout.struct_bytes);
    }
    eligo_learner_free(learner);
    return NULL;
}

EligoLearner *eligo_learner_twin(const EligoLearner *learner) {
    EligoLearner *twin = without_engine(learner->program, learner->real);
    learner_share_engine(twin, learner);
    if (take_memory(twin)) return twin;
    eligo_learner_free(twin);
    return NULL;
}

void eligo_learner_free(EligoLearner *learner) {
    if (!learner) return;
    learner_free_engine(learner);
    free(learner->memory);
    free(learner->tape);
    arena_free(learner->arena);
}

size_t eligo_learner_struct_bytes(const EligoLearner *learner) {
    return learner->interpreter ? learner->layout.struct_bytes : learner->code.bytes;
}
