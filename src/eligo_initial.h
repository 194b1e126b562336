/* Initial values of parameters and of the fixed matrices that stand for some. */
#ifndef ELIGO_INITIAL_H
#define ELIGO_INITIAL_H

#include "base/random.h"
#include "derive/program.h"

/* What the spec's `init` says; matrices without one uniform in ±sqrt(1/columns) (of a sparse one: of its
 * entries a row), vectors 0. `values` gets rows * cols numbers, row-major; `csr` is NULL for what is dense.
 */
void initial_values(Random *random, const Var *param, const Csr *csr, double *values);

#endif
