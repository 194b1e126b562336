/* Update programs built by hand through the structs, without spec, graph or derivation: what the engines are
 * compared on. Together they use every kind of statement, every shape of sweep, rings of one to three slots,
 * a tape with lags, and names that C doesn't like. */
#ifndef TESTS_EMIT_PROGRAMS_H
#define TESTS_EMIT_PROGRAMS_H

#include "derive/program.h"

typedef Program *MakeProgram(Arena *arena, long n, long m);

MakeProgram program_operators; /* every element-wise operator, shared and deep expressions */
MakeProgram program_names; /* keywords, libm functions, Greek, loop variables as names; a hostile comment */
MakeProgram program_products; /* products, reductions, rings of 1, 2 and 3 slots */
MakeProgram program_traces;   /* pointwise sweeps of rank 0 to 3, in place and not */
MakeProgram program_sums;     /* sweeps that sum: matrix products in every arrangement, and none */
MakeProgram program_taped;    /* a tape with lags, adjoint rings, the way back */

#endif
