/* Relations between units: which unit of one range feels which of another, as rows of bits.
 *
 * Structure only: a relation follows from patterns (dense, zero_diagonal, sparse), never from values. It is
 * what supports of influences and masks are computed with. */
#ifndef ELIGO_DERIVE_RELATION_H
#define ELIGO_DERIVE_RELATION_H

#include "derive/chain.h"
#include "model/pattern.h"

typedef struct Relation {
    long rows, cols, words; /* words of 64 bits a row */
    uint64_t *bits;
} Relation;

Relation *relation_new(Arena *arena, long rows, long cols);
Relation *relation_identity(Arena *arena, long n);
bool relation_has(const Relation *relation, long row, long col);
void relation_set(Relation *relation, long row, long col);
/* True when something was added. Of equal shapes. */
bool relation_add(Relation *relation, const Relation *more);
void relation_cut(Relation *relation, const Relation *mask);
bool relation_within(const Relation *relation, const Relation *larger);
bool relation_equal(const Relation *a, const Relation *b);
long relation_count(const Relation *relation);
Relation *relation_transposed(Arena *arena, const Relation *relation);
/* Σ over (k, j) of `out`: how many l have (k, l) in `between` and (l, j) in `in`. */
double relation_products(Arena *arena, const Relation *out, const Relation *between, const Relation *in);
/* Only (j, j), in a square. */
bool relation_is_diagonal(const Relation *relation);

/* Patterns of parameters, each made once. */
typedef struct Patterns {
    Arena *arena;
    VEC(const Var *) params;
    VEC(const Pattern *) at;
} Patterns;
const Pattern *patterns_find(Patterns *patterns, const Var *param);

/* Who feels what `in` relates, after a matrix, a chain, a way. */
Relation *relation_through(Patterns *patterns, const Var *matrix, const Relation *in);
Relation *relation_along(Patterns *patterns, const Chain *chain, const Dim *target, const Relation *in);
Relation *relation_after(Patterns *patterns, const Way *way, const Relation *in);

#endif
