/* A learner: one program, its memory, and an engine that runs it.
 *
 * Shared by the files that make it (eligo_learner.c), give it values and read them (eligo_learner_values.c)
 * and run it (eligo_learner_run.c). Its memory is the program's layout, whichever engine works on it: nothing
 * of a learner's numbers is the engine's own. */
#ifndef ELIGO_LEARNER_H
#define ELIGO_LEARNER_H

#include "base/random.h"
#include "eligo_draw.h"
#include "eligo_internal.h"
#include "jit/jit.h"

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

/* The engine's routines on the learner's memory and tape. */
void learner_run_start(EligoLearner *learner);
void learner_run_step(EligoLearner *learner);
void learner_run_backward(EligoLearner *learner);

/* The buffer of this kind that belongs to the index-th variable that has one; NULL beyond the last. */
const Buffer *learner_buffer(const EligoLearner *learner, BufferKind kind, int index);
/* Where a buffer begins in the learner's memory. */
char *learner_place(const EligoLearner *learner, const Buffer *buffer);
/* `count` reals of the learner's type, as doubles. */
void learner_read(const EligoLearner *learner, const char *from, long count, double *values);
void learner_write(const EligoLearner *learner, char *to, long count, const double *values);

/* Initial values of the matrices that the rule draws. */
void learner_draw_fixed(EligoLearner *learner, Random *random);

#endif
