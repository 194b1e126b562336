/* Inside the interpreter: what its files share. */
#ifndef ELIGO_DERIVE_INTERPRET_H
#define ELIGO_DERIVE_INTERPRET_H

#include "derive/program.h"

struct Interpreter {
    const Program *program;
    Arena *arena;
    Layout layout;
    char *memory, *tape;
    const Routine *routine;
    int t;         /* the step, counted from 0 */
    int turn;      /* what rings count: steps forward, or steps backward */
    long lane;     /* which of the sequences done at once */
    int count;     /* border: how many steps it is about */
    double *value; /* by node id, of the unit being computed */
    long *stamp;   /* a value is valid where its stamp is `now` */
    long now;
    double *operations; /* done so far, counted as the cost sheet counts them */
};

/* The first entry of a buffer as it was `lag` steps ago. */
double *locate(const Interpreter *in, const Buffer *buffer, int lag);
/* Steps done ever, from which random signs follow. */
unsigned *draws(const Interpreter *in);

/* interpret_rows.c: masked influences, and the products of an estimate. */
void run_rows(const Interpreter *in, const PairRows *rows);
void run_mix(const Interpreter *in, const Mix *mix);
void run_signs(const Interpreter *in, const Statement *statement);

#endif
