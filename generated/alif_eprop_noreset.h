/* alif_eprop_noreset: the learner's declarations
 * Rule: eprop_noreset: keep (implicit & not reset | spatial)*
 * dropped: R @ z[t-1] -> v (explicit)
 * dropped: z[t-1] -> v (implicit #reset)
 * z follows unit by unit: the influence on it is slope_z_v times that on v, plus slope_z_a times that on a. It is not carried; what reads it later reads those, by the slope of then.
 * Made by eligo 0.1.0, options --real float, spec edfb43521c6e7998 */
#ifndef ALIF_EPROP_NORESET_H
#define ALIF_EPROP_NORESET_H

#include <stddef.h>

#define ALIF_EPROP_NORESET_M 32
#define ALIF_EPROP_NORESET_N 128
#define ALIF_EPROP_NORESET_K 10

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct alif_eprop_noreset {
    float W[ALIF_EPROP_NORESET_N * ALIF_EPROP_NORESET_M]; /* W [ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_M]: parameter, set by the caller */
    float R[ALIF_EPROP_NORESET_N * ALIF_EPROP_NORESET_N]; /* R [ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_N]: parameter, set by the caller */
    float V[ALIF_EPROP_NORESET_K * ALIF_EPROP_NORESET_N]; /* V [ALIF_EPROP_NORESET_K, ALIF_EPROP_NORESET_N]: parameter, set by the caller */
    float d[ALIF_EPROP_NORESET_K]; /* d [ALIF_EPROP_NORESET_K]: parameter, set by the caller */
    float grad_W[ALIF_EPROP_NORESET_N * ALIF_EPROP_NORESET_M]; /* grad_W [ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_M]: gradient, added to; the caller sets it to zero */
    float grad_R[ALIF_EPROP_NORESET_N * ALIF_EPROP_NORESET_N]; /* grad_R [ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_N]: gradient, added to; the caller sets it to zero */
    float grad_V[ALIF_EPROP_NORESET_K * ALIF_EPROP_NORESET_N]; /* grad_V [ALIF_EPROP_NORESET_K, ALIF_EPROP_NORESET_N]: gradient, added to; the caller sets it to zero */
    float grad_d[ALIF_EPROP_NORESET_K]; /* grad_d [ALIF_EPROP_NORESET_K]: gradient, added to; the caller sets it to zero */
    float x[ALIF_EPROP_NORESET_M]; /* x [ALIF_EPROP_NORESET_M]: input, set by the caller before each step */
    float target[ALIF_EPROP_NORESET_K]; /* target [ALIF_EPROP_NORESET_K]: input, set by the caller before each step */
    float v[2 * (ALIF_EPROP_NORESET_N)]; /* v [ALIF_EPROP_NORESET_N]: state, ring of 2 steps */
    float a[2 * (ALIF_EPROP_NORESET_N)]; /* a [ALIF_EPROP_NORESET_N]: state, ring of 2 steps */
    float z[2 * (ALIF_EPROP_NORESET_N)]; /* z [ALIF_EPROP_NORESET_N]: state, ring of 2 steps */
    float loss; /* loss scalar: output of a step */
    float y[ALIF_EPROP_NORESET_K]; /* y [ALIF_EPROP_NORESET_K]: output of a step */
    float presynaptic_W_v[2 * (ALIF_EPROP_NORESET_M)]; /* π_v[W] [ALIF_EPROP_NORESET_M]: influence, ring of 2 steps; influence of W on v */
    float trace_W_a[ALIF_EPROP_NORESET_N * ALIF_EPROP_NORESET_M]; /* ε_a[W] [ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_M]: influence; influence of W on a */
    float decay_v; /* decay_v scalar: work */
    float slope_z_v[2 * (ALIF_EPROP_NORESET_N)]; /* slope_z_v [ALIF_EPROP_NORESET_N]: state, ring of 2 steps; a derivative of this step, for later ones */
    float decay_a[ALIF_EPROP_NORESET_N]; /* decay_a [ALIF_EPROP_NORESET_N]: work */
    float signal_v[ALIF_EPROP_NORESET_N]; /* signal_v [ALIF_EPROP_NORESET_N]: work */
    float signal_a[ALIF_EPROP_NORESET_N]; /* signal_a [ALIF_EPROP_NORESET_N]: work */
    float presynaptic_R_v[2 * (ALIF_EPROP_NORESET_N)]; /* π_v[R] [ALIF_EPROP_NORESET_N]: influence, ring of 2 steps; influence of R on v */
    float trace_R_a[ALIF_EPROP_NORESET_N * ALIF_EPROP_NORESET_N]; /* ε_a[R] [ALIF_EPROP_NORESET_N, ALIF_EPROP_NORESET_N]: influence; influence of R on a */
    float signal_V[ALIF_EPROP_NORESET_K]; /* signal_V [ALIF_EPROP_NORESET_K]: work */
    float slope_z_a[2 * (ALIF_EPROP_NORESET_N)]; /* slope_z_a [ALIF_EPROP_NORESET_N]: state, ring of 2 steps; a derivative of this step, for later ones */
    float W_x[ALIF_EPROP_NORESET_N]; /* W_x [ALIF_EPROP_NORESET_N]: work */
    float w1[ALIF_EPROP_NORESET_N]; /* w1 [ALIF_EPROP_NORESET_N]: work */
    float R_z[ALIF_EPROP_NORESET_N]; /* R_z [ALIF_EPROP_NORESET_N]: work */
    float w2[ALIF_EPROP_NORESET_N]; /* w2 [ALIF_EPROP_NORESET_N]: work */
    float w3[ALIF_EPROP_NORESET_N]; /* w3 [ALIF_EPROP_NORESET_N]: work */
    float V_z[ALIF_EPROP_NORESET_K]; /* V_z [ALIF_EPROP_NORESET_K]: work */
    float w4; /* w4 scalar: work */
    float w5[ALIF_EPROP_NORESET_K]; /* w5 [ALIF_EPROP_NORESET_K]: work */
    float w6; /* w6 scalar: work */
    float VT_v[ALIF_EPROP_NORESET_N]; /* VT_v [ALIF_EPROP_NORESET_N]: work */
    float w7[ALIF_EPROP_NORESET_N]; /* w7 [ALIF_EPROP_NORESET_N]: work */
    int t; /* steps done since the start */
};

/* Bytes of a struct alif_eprop_noreset: what sizeof says, for callers without this header. */
size_t alif_eprop_noreset_bytes(void);
size_t alif_eprop_noreset_record_bytes(void);

/* Begins a sequence: initial values, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void alif_eprop_noreset_start(struct alif_eprop_noreset *s);

/* One step: reads the inputs, writes states, readout and loss, adds this step's gradient, t += 1. */
void alif_eprop_noreset_step(struct alif_eprop_noreset *s);

#ifdef __cplusplus
}
#endif

#endif
