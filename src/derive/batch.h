/* Several sequences at once: one learner, B lanes.
 *
 * requires: a program that program_verify accepts.
 * keeps:    what each sequence computes; gradients (or online changes) become their sum over the lanes.
 *
 * Each buffer that isn't the same for all sequences gets the lanes as its last range, so that what was a loop
 * over units becomes one over units and lanes, a matrix times a vector a matrix times a matrix, and the
 * gradient over a tape a product over steps and lanes. A weight is then read once for B sequences. */
#ifndef ELIGO_DERIVE_BATCH_H
#define ELIGO_DERIVE_BATCH_H

#include "derive/program.h"

/* Why the program does one sequence at a time ("it draws random signs"), or NULL. */
const char *program_lanes_refused(const Program *program);
/* Changes the program to `lanes` sequences; requires lanes > 1 and that it isn't refused. */
void program_set_lanes(Program *program, int lanes);

#endif
