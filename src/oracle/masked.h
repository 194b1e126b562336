/* Masked influences, literally: forward accumulation of every entry's derivative of every unit, node by node
 * on numbers, with a mask on what is carried from step to step. The mask's reach is found by walking the same
 * nodes with booleans. Dense, slow and free of the derivation's structures; for `any*` only. */
#ifndef ELIGO_ORACLE_MASKED_H
#define ELIGO_ORACLE_MASKED_H

#include "model/model.h"

typedef enum { ORACLE_WHOLE, ORACLE_DIAGONAL, ORACLE_BLOCKS, ORACLE_REACH } OracleMaskKind;
typedef struct OracleMask {
    OracleMaskKind kind;
    int size; /* units of a block, or the order of the reach */
} OracleMask;

/* grad[p] gets rows * cols numbers for the p-th of model->params. */
void oracle_masked_gradient(const Model *model, OracleMask mask, const double *const *params,
                            const Sequence *sequence, double *const *grad);

#endif
