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
/* Whether edges lead from one carried influence to the other; to itself none is needed. */
bool mixed_leads(const Forward *forward, int from, int to);
/* Whether some edge of this lag out of `source` leads on to `end`. */
bool mixed_is_handed(const Forward *forward, int source, int lag, int end);
/* Whether the flow is a use of the parameter, and the first of those that start there. */
bool mixed_is_first_use(const Forward *forward, int flow);
/* Of `influence` (by seed), that on `carried` so many steps before the border; NULL: nobody reads that far
 * back. */
Buffer *mixed_influence(const Seeds *seeds, Buffer *const *influence, int carried, int delay);
/* Everything of a parameter whose influences units share. */
void mixed_write_dense(Mixed *mixed, const Forward *forward);

#endif
