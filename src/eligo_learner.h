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

typedef struct Code { /* compiled, with its entries */
    Jit *jit;
    void *start, *step, *refresh, *backward;
    size_t bytes; /* of the struct, as the code has it */
} Code;

/* ELIGO_ENGINE_BEST works with tcc's code until cc has compiled: two tiers of one program. Both compute the
 * same bits in the same memory, so that they may change places between any two calls.
 *
 * cc begins when the learner is TIERS_PATIENCE old: to start a process stops this one until a processor is
 * free, which the first step need not wait for, and work that is done by then needs no compiler at all. */
#define TIERS_PATIENCE 0.02 /* seconds */

typedef struct Tiers {
    Text text;           /* for cc, until that begins */
    JitBuild *build;     /* while it compiles */
    double made;         /* when the learner was */
    double begun;        /* when cc was … */
    double seconds;      /* … and how long it took; 0: nothing was compiled by cc */
    uint64_t steps;      /* done by the first tier */
    const char *refused; /* why there will be no second tier, although there is a compiler; or NULL */
    Text words;          /* of eligo_learner_tiers */
} Tiers;

struct EligoLearner {
    Arena *arena;
    const Program *program;
    Layout layout;
    EligoReal real;
    const char *engine; /* at work now */
    int threads;        /* that share out rows in cc's code */
    Interpreter *interpreter;
    Code code;
    Tiers tiers;
    char *memory, *tape;
    int lane;     /* the selected sequence */
    int capacity; /* steps that the tape can hold */
    Draw draw;    /* of rules that let some steps teach */
    bool stale;   /* parameters may have changed since the last step took the next one's products */
};

/* Chooses the engine and compiles for it. False after a report. */
bool learner_choose_engine(Eligo *eligo, EligoLearner *learner, EligoEngine engine);
/* The other learner's code, or an interpreter of its own. */
void learner_share_engine(EligoLearner *twin, const EligoLearner *learner);
void learner_free_engine(EligoLearner *learner);

/* The engine's routines on the learner's memory and tape; before each, a second tier that is ready takes
 * over. */
void learner_run_start(EligoLearner *learner);
void learner_run_step(EligoLearner *learner);
void learner_run_refresh(EligoLearner *learner);
void learner_run_backward(EligoLearner *learner);

/* The buffer of this kind that belongs to the index-th variable that has one; NULL beyond the last. */
const Buffer *learner_buffer(const EligoLearner *learner, BufferKind kind, int index);
/* Where a buffer begins in the learner's memory. */
char *learner_place(const EligoLearner *learner, const Buffer *buffer);
/* The selected sequence's values of a buffer that begins at `from` or `to`, as doubles. */
void learner_read_lane(const EligoLearner *learner, const Buffer *buffer, const char *from, double *values);
void learner_write_lane(const EligoLearner *learner, const Buffer *buffer, char *to, const double *values);
/* `count` reals of the learner's type, which lie `apart` reals apart, as doubles. */
void learner_read(const EligoLearner *learner, const char *from, long count, long apart, double *values);
void learner_write(const EligoLearner *learner, char *to, long count, long apart, const double *values);

/* Initial values of the matrices that the rule draws. */
void learner_draw_fixed(EligoLearner *learner, Random *random);

#endif
