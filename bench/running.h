/* A learner that the benchmark runs: a spec and a rule, compiled, in float. */
#ifndef ELIGO_BENCH_RUNNING_H
#define ELIGO_BENCH_RUNNING_H

#include "bench.h"
#include "eligo.h"

typedef struct Running {
    Eligo *eligo;
    EligoSpec *spec;
    EligoDerivation *derivation;
    EligoLearner *learner;
} Running;

typedef enum {
    LEARN_FORWARD,  /* a gradient after each step */
    LEARN_ONLINE,   /* weights move at each step */
    LEARN_BACKWARD, /* a gradient after the sequence */
    LEARN_MIXED,    /* a gradient after each block of steps */
} Learning;

enum { CLASSES = 10 };

/* A cell of the library with a linear readout and softmax cross-entropy over CLASSES at each step. */
typedef struct Cell {
    const char *name, *rule;
    const char *text; /* a network of the caller's, with its sizes, in place of a cell's name; NULL: none */
    long n, m;
    Learning how;
    int block;          /* LEARN_MIXED: steps */
    int lanes;          /* sequences done at once; 0: one */
    EligoEngine engine; /* of these, tcc alone is asked for; cc otherwise */
    double threshold;   /* of a spiking cell; 0: its own */
    int threads;        /* that share out rows; 0: one */
} Cell;

/* Both end the program when they can't. A network's text has at most 1024 inputs and 10 outputs. */
Running running_new(const char *text, const char *rule, EligoCarry carry);
Running running_cell(const Cell *cell);
/* The same without initial values; and without a learner. */
Running running_compiled(const Cell *cell);
Running running_derived(const Cell *cell);
void running_free(Running made);
/* Microseconds a step of both, the way back (if there is one) with it, timed in alternation. */
void running_alternate(Running a, Running b, Figure *time_a, Figure *time_b);

/* A sequence for a cell: the same for all learners of one size. */
typedef struct Sequence {
    int steps;
    long inputs;
    double *x; /* steps x inputs */
} Sequence;
/* `spikes` 0: numbers from -1 to 1; else ones, as rarely, and zeros. */
Sequence sequence_new(int steps, long inputs, double spikes);
void sequence_free(Sequence sequence);
/* Microseconds a step (of each of the sequences done at once), the way back with it. */
double sequence_time(Running made, Sequence sequence);

#endif
