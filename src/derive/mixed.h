/* Blocks of K steps: adjoints backward inside of one, influences from one to the next.
 *
 * The gradient is that of the other carries, known at each block's end, with a memory that doesn't grow with
 * the sequence. Inside a block adjoints go back as backward.c derives them, with nothing coming in at its
 * end; what they hand across its first step meets the influences there. Those are taken over the whole block
 * at once: a seed at the block's last step goes back through the unit's own edges,
 *
 *     dE/dθ  += Σ_t δ[t] u[t]ᵀ + Σ λ̃ ⊙ J[t0]
 *     J[t0+K] = Φ ⊙ J[t0] + Σ_t (μ[t] ⊙ g[t]) u[t]ᵀ
 *
 * where λ̃ and Φ are what the adjoints and the seeds hand across the border, and g is what a use of the
 * parameter gives to the influence. The sums over steps are matrix products of rank K, taken at the border
 * from what the way back leaves on the tape. Taxonomy, section 3, `mixed(K)`. */
#ifndef ELIGO_DERIVE_MIXED_H
#define ELIGO_DERIVE_MIXED_H

#include "derive/border.h"

/* The influences, the gradient's part at the border, and how influences get over the block. Requires: the
 * adjoints are declared. Adds requests to the way back, and sweeps for the border. */
void mixed_influences(Carrying *carrying);

#endif
