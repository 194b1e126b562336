/* What the files of Kronecker factors share: the factors of one parameter's influence, and matrices over
 * (units, wide) through the step's Jacobians. */
#ifndef ELIGO_DERIVE_ESTIMATE_KRONECKER_H
#define ELIGO_DERIVE_ESTIMATE_KRONECKER_H

#include "derive/estimate.h"

typedef struct Held { /* an estimated pair */
    int depth;
    Buffer ***past;   /* [depth][terms]: the left side 1, 2 … steps ago */
    Buffer **tangent; /* [terms]: T; NULL: nothing flows into it */
    Buffer *noise;    /* N */
} Held;

typedef struct Kronecker {
    Forward *forward;
    Carrying *carrying;
    bool reversed;
    int terms;
    const Dim *wide, *thin; /* ranges of the parameter */
    Role wide_role, thin_role;
    Held *held;     /* by carried pair */
    Buffer **right; /* [terms] */
    Placed fresh;   /* over thin */
    Buffer *signs;  /* reversed: over rows */
    Mix *mix;
} Kronecker;

bool kronecker_estimates(const Kronecker *own, int carried);
/* The units of a carried pair; the parameter's rows for -1, its own use. */
const Dim *kronecker_units(const Kronecker *own, int carried);
Structure kronecker_structure(const Kronecker *own, int carried);
Placed kronecker_place(const Kronecker *own, const Expr *e, const char *hint);

/* A sweep over units (NULL: none), the source's units (NULL: none) and the wide range. */
Sweep kronecker_sweep(const Kronecker *own, const Dim *units, const Dim *source);
Update *kronecker_update(const Kronecker *own, Sweep *sweep, Buffer *out, const Dim *units, bool accumulate);
void kronecker_factor(const Kronecker *own, Sweep *sweep, Placed matrix, Role units, const Dim *rows);

/* The chains through matrices, and the decay (NULL: none), of all flows into like's target with its content.
 */
Chains kronecker_chains(const Kronecker *own, const Flow *like);
const Expr *kronecker_decay(const Kronecker *own, const Flow *like);
/* A content that is a matrix over (its units, wide), through all flows that bring it to like's target: set,
 * or added where *accumulate, which is then true. */
void kronecker_bring(Kronecker *own, Buffer *out, const Flow *like, Placed matrix, bool *accumulate);

/* N and `fresh`: what is new in this step, as one product (kronecker_enter.c). */
void kronecker_enter(Kronecker *own);
void kronecker_enter_reversed(Kronecker *own);

#endif
