/* Path enumeration: the first oracle.
 *
 * The gradient that a rule keeps is by definition a sum over paths of the unrolled graph: from each use of
 * each parameter entry at each step to each step's loss, the product of the derivatives along it, for those
 * paths whose class word is in the rule's language. Here that sum is formed literally, on numbers, with
 * nothing taken from the symbolic derivation: derivatives, words and membership are this folder's own. Paths
 * are merged only where they leave one scalar node with one word; that is feasible for a few units and steps
 * and for nothing larger. */
#ifndef ELIGO_ORACLE_ENUMERATE_H
#define ELIGO_ORACLE_ENUMERATE_H

#include "model/model.h"
#include "oracle/unroll.h"
#include "oracle/word.h"

/* Of a path, what follows its last edge with a lag is the learning signal's, the rest is the eligibility's.
 */
typedef enum { ORACLE_BOTH, ORACLE_ELIGIBILITY, ORACLE_SIGNAL } OracleSide;

typedef struct OracleReplace {
    const AstPath *selector; /* of single edges */
    OracleWeight kind;
    OracleSide side;          /* where it counts */
    const Expr *const *value; /* ORACLE_VALUE: the derivative in their place, by 1 + the layer of the edge's
                                 end: over its units, or a scalar */
} OracleReplace;

typedef struct OracleRule {
    const AstPath *keep; /* NULL: every path */
    const OracleBinding *bindings;
    int binding_count;
    const OracleReplace *replaces; /* diagonals: all that lead from one variable to another at one lag become
                                      one edge */
    int replace_count;
    double decay;               /* every edge is weighed by decay ^ lag; 0 stands for 1 */
    OracleWeight signal;        /* of the readout's matrices, where the error comes back to a layer */
    const double *const *drawn; /* by parameter: the matrix of ORACLE_RANDOM; NULL when there is none */
    bool within_layers;         /* no edge from one layer to another is crossed */
    int chunk;                  /* a path begins and ends in one chunk of so many steps; 0: anywhere */
    const bool *teaches;        /* by step: paths end at these steps' losses only; NULL: at all */
} OracleRule;

typedef enum {
    ORACLE_DONE,
    ORACLE_TOO_LARGE, /* more words than the limit, or a word too long: fewer steps or units are needed */
    ORACLE_TOO_MANY_SELECTORS
} OracleOutcome;

typedef struct OracleCount { /* of class words that lead from a parameter to a loss */
    long words, kept;
} OracleCount;

/* Writes the kept gradient of the whole-sequence loss: grad[p] gets rows * cols numbers, row-major, for the
 * p-th of model->params; NULL entries are skipped. Sizes must be numbers. Entries that `zero_diagonal`
 * or `sparse` bars get 0. `count` may be NULL. Unless the result is ORACLE_DONE, grad's content is undefined.
 */
OracleOutcome oracle_gradient(const Model *model, const OracleRule *rule, const double *const *params,
                              const Sequence *sequence, double *const *grad, OracleCount *count);

#endif
