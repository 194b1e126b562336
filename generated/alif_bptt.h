/* alif_bptt: the learner's declarations
 * Rule: bptt: keep any*
 * Made by eligo 0.1.0, options --real float, spec edfb43521c6e7998 */
#ifndef ALIF_BPTT_H
#define ALIF_BPTT_H

#include <stddef.h>

#define ALIF_BPTT_M 32
#define ALIF_BPTT_N 128
#define ALIF_BPTT_K 10
#define ALIF_BPTT_HISTORY 1 /* records before that of the first step */

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct alif_bptt {
    float W[ALIF_BPTT_N * ALIF_BPTT_M]; /* W [ALIF_BPTT_N, ALIF_BPTT_M]: parameter, set by the caller */
    float R[ALIF_BPTT_N * ALIF_BPTT_N]; /* R [ALIF_BPTT_N, ALIF_BPTT_N]: parameter, set by the caller */
    float V[ALIF_BPTT_K * ALIF_BPTT_N]; /* V [ALIF_BPTT_K, ALIF_BPTT_N]: parameter, set by the caller */
    float d[ALIF_BPTT_K]; /* d [ALIF_BPTT_K]: parameter, set by the caller */
    float grad_W[ALIF_BPTT_N * ALIF_BPTT_M]; /* grad_W [ALIF_BPTT_N, ALIF_BPTT_M]: gradient, added to; the caller sets it to zero */
    float grad_R[ALIF_BPTT_N * ALIF_BPTT_N]; /* grad_R [ALIF_BPTT_N, ALIF_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_V[ALIF_BPTT_K * ALIF_BPTT_N]; /* grad_V [ALIF_BPTT_K, ALIF_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_d[ALIF_BPTT_K]; /* grad_d [ALIF_BPTT_K]: gradient, added to; the caller sets it to zero */
    float x[ALIF_BPTT_M]; /* x [ALIF_BPTT_M]: input, set by the caller before each step */
    float target[ALIF_BPTT_K]; /* target [ALIF_BPTT_K]: input, set by the caller before each step */
    float loss; /* loss scalar: output of a step */
    float y[ALIF_BPTT_K]; /* y [ALIF_BPTT_K]: output of a step */
    float lambda_v[2 * (ALIF_BPTT_N)]; /* lambda_v [ALIF_BPTT_N]: adjoint, ring of 2 steps; adjoint of v, handed 1 step back */
    float lambda_z[2 * (ALIF_BPTT_N)]; /* lambda_z [ALIF_BPTT_N]: adjoint, ring of 2 steps; adjoint of z, handed 1 step back */
    float lambda_a[2 * (ALIF_BPTT_N)]; /* lambda_a [ALIF_BPTT_N]: adjoint, ring of 2 steps; adjoint of a, handed 1 step back */
    float W_x[ALIF_BPTT_N]; /* W_x [ALIF_BPTT_N]: work */
    float w1[ALIF_BPTT_N]; /* w1 [ALIF_BPTT_N]: work */
    float R_z[ALIF_BPTT_N]; /* R_z [ALIF_BPTT_N]: work */
    float w2[ALIF_BPTT_N]; /* w2 [ALIF_BPTT_N]: work */
    float w3[ALIF_BPTT_N]; /* w3 [ALIF_BPTT_N]: work */
    float V_z[ALIF_BPTT_K]; /* V_z [ALIF_BPTT_K]: work */
    float w4; /* w4 scalar: work */
    float w5[ALIF_BPTT_K]; /* w5 [ALIF_BPTT_K]: work */
    float w6[ALIF_BPTT_K]; /* w6 [ALIF_BPTT_K]: work */
    float w1_2; /* w1 scalar: work */
    float RT_v[ALIF_BPTT_N]; /* RT_v [ALIF_BPTT_N]: work */
    float w2_2[ALIF_BPTT_N]; /* w2 [ALIF_BPTT_N]: work */
    float w3_2[ALIF_BPTT_N]; /* w3 [ALIF_BPTT_N]: work */
    int t; /* steps done since the start */
};

/* What a step leaves for the way back; the caller allocates ALIF_BPTT_HISTORY + steps of them. */
struct alif_bptt_record {
    float v[ALIF_BPTT_N]; /* v [ALIF_BPTT_N]: state */
    float a[ALIF_BPTT_N]; /* a [ALIF_BPTT_N]: state */
    float z[ALIF_BPTT_N]; /* z [ALIF_BPTT_N]: state */
    float delta_W[ALIF_BPTT_N]; /* delta_W [ALIF_BPTT_N]: work */
    float past_x[ALIF_BPTT_M]; /* past_x [ALIF_BPTT_M]: state */
    float delta_V[ALIF_BPTT_K]; /* delta_V [ALIF_BPTT_K]: work */
    float tape_kept74[ALIF_BPTT_N]; /* tape_kept74 [ALIF_BPTT_N]: work */
    float tape_y[ALIF_BPTT_K]; /* tape_y [ALIF_BPTT_K]: work */
    float past_target[ALIF_BPTT_K]; /* past_target [ALIF_BPTT_K]: state */
};

/* Bytes of a struct alif_bptt and of a record: what sizeof says, for callers without this header. */
size_t alif_bptt_bytes(void);
size_t alif_bptt_record_bytes(void);

/* Begins a sequence: initial values; records before the first step likewise, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void alif_bptt_start(struct alif_bptt *s, struct alif_bptt_record *tape);

/* One step: reads the inputs, writes states, readout and loss, records them in tape[HISTORY + t], t += 1. */
void alif_bptt_step(struct alif_bptt *s, struct alif_bptt_record *tape);

/* From the last step done back to the first: adds the gradient of the sequence's summed loss. */
void alif_bptt_backward(struct alif_bptt *s, struct alif_bptt_record *tape);

#ifdef __cplusplus
}
#endif

#endif
