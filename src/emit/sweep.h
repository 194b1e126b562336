/* What the files that write sweeps share: rows (sweep.c), sums (sums.c), sums over sequences (lanes.c). */
#ifndef ELIGO_EMIT_SWEEP_H
#define ELIGO_EMIT_SWEEP_H

#include "emit/emitter.h"

typedef struct Row {         /* a term, seen from the innermost loop: coefficient × what varies */
    const char *coefficient; /* a local's name; NULL is 1 */
    const Factor *varying[4];
    int count;
} Row;

typedef struct Hoisted {
    const char *product, *name;
} Hoisted;

typedef struct RowTerms {
    VEC(Row) row;
    VEC(Hoisted) hoisted;
} RowTerms;

/* A loop, as it is or ragged; an index as C; whether ranges are loops, none looked up. */
void open_loop(Emitter *e, const Statement *sweep, int loop);
const char *index_text(Emitter *e, int loop, const IntTable *through);
bool is_direct(const Buffer *buffer, const IntTable *const *through);
/* The entry that the update writes; "product * factor", or the factor alone. */
const char *out_text(Emitter *e, const Update *update);
const char *times(Emitter *e, const char *product, const char *factor);
/* The term as seen from the loop `inner`; may write lines for what stays the same along it. As C. */
Row split(Emitter *e, RowTerms *rows, const Term *term, int inner);
const char *row_text(Emitter *e, const Row *row);

/* sums.c */
void emit_summed(Emitter *e, const Statement *sweep);
/* "N * M": how often these loops run together. */
const char *extent(Emitter *e, const Statement *sweep, const int *loops, int count);
/* Whether the factor's ranges are the loops of `first`, then those of `second`. */
bool runs_over(const Factor *factor, const int *first, int firsts, const int *second, int seconds);
/* Whether the update writes all of its output: each range has a loop of its own, and no loop is ragged. */
bool is_whole(const Statement *sweep, const Update *update);

/* lanes.c: writes what an update grows by where it sums over the sequences done at once, with a kernel; false
 * where there is none of its shape. */
bool emit_lanes(Emitter *e, const Statement *sweep, const Update *update, const Term *term);

#endif
