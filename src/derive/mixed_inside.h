/* What the two kinds of blocks share: influences that are each unit's own (mixed.c), and influences that
 * units share (mixed_dense.c). */
#ifndef ELIGO_DERIVE_MIXED_INSIDE_H
#define ELIGO_DERIVE_MIXED_INSIDE_H

#include "derive/forward.h"
#include "derive/mixed.h"

/* Where an influence ends: `delay` steps before the block's last. */
typedef struct Seed {
    int carried, delay;
} Seed;
typedef VEC(Seed) Seeds;

struct System;
struct DenseSystem;

typedef struct Mixed {
    Carrying *carrying;
    VEC(struct System *) systems;
    VEC(struct DenseSystem *) dense;
    VEC(const Var *) delays; /* [i]: 1 at the step that is i before the block's last */
    VEC(Buffer *) delay_buffers;
} Mixed;

/* One for each carried influence and delay at which it is read. */
Seeds mixed_seeds(Mixed *mixed, const Forward *forward);
/* Whether the same edges lead between the same carried influences. */
bool mixed_same_edges(const Forward *a, const Forward *b);
/* 1 at the step that is so many before the block's last, else 0. */
const Expr *mixed_delay(const Mixed *mixed, int delay);
/* Everything of a parameter whose influences units share. */
void mixed_write_dense(Mixed *mixed, const Forward *forward);

#endif
