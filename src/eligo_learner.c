/* Making a learner: its engine, its memory, its first values. */
#include "eligo_learner.h"

#include <stdlib.h>

EligoLearner *eligo_learner_new(Eligo *eligo, const EligoDerivation *derivation, EligoEngine engine,
                                EligoReal real) {
    Arena *arena = arena_new();
    EligoLearner *learner = arena_new_of(arena, EligoLearner);
    learner->arena = arena;
    learner->program = derivation->derivation->program;
    learner->real = real;
    learner->layout =
        program_layout(learner->program, real == ELIGO_FLOAT ? sizeof(float) : sizeof(double), arena);
    if (learner_choose_engine(eligo, learner, engine)) {
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
    learner_free_engine(learner);
    free(learner->memory);
    free(learner->tape);
    arena_free(learner->arena);
}

size_t eligo_learner_struct_bytes(const EligoLearner *learner) {
    return learner->interpreter ? learner->layout.struct_bytes : learner->code.bytes;
}
