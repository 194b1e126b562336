/* The kernels: loops over whole ranges that are worth a good compiler, one source for three uses.
 *
 * runtime/kernels.c compiles this text into eligo for float and for double, tcc-compiled learners call those;
 * the emitter pastes what a standalone learner uses. `real` is the number type, KERNEL what stands before a
 * definition. Every result is the same whichever compiler makes it: the order of each sum is written out
 * (sums along a row have 16 partial sums, because a compiler that may not reorder can't vectorise one), and
 * no build contracts a * b + c into one rounding. The seams (a comment with a kernel's name) are what the
 * emitter cuts at. Plain C99. */
#include "runtime/kernels_products.h"
#include "runtime/kernels_traces.h"
#include "runtime/kernels_rows.h"
#include "runtime/kernels_estimates.h"
