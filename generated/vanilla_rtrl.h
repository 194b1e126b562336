/* vanilla_rtrl: the learner's declarations
 * Rule: rtrl: keep any*
 * Made by eligo 0.1.0, options --real float, spec 370e42c38443ce06 */
#ifndef VANILLA_RTRL_H
#define VANILLA_RTRL_H

#include <stddef.h>

#define VANILLA_RTRL_M 32
#define VANILLA_RTRL_N 128
#define VANILLA_RTRL_K 10

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct vanilla_rtrl {
    float W[VANILLA_RTRL_N * VANILLA_RTRL_M]; /* W [VANILLA_RTRL_N, VANILLA_RTRL_M]: parameter, set by the caller */
    float R[VANILLA_RTRL_N * VANILLA_RTRL_N]; /* R [VANILLA_RTRL_N, VANILLA_RTRL_N]: parameter, set by the caller */
    float b[VANILLA_RTRL_N]; /* b [VANILLA_RTRL_N]: parameter, set by the caller */
    float V[VANILLA_RTRL_K * VANILLA_RTRL_N]; /* V [VANILLA_RTRL_K, VANILLA_RTRL_N]: parameter, set by the caller */
    float d[VANILLA_RTRL_K]; /* d [VANILLA_RTRL_K]: parameter, set by the caller */
    float grad_W[VANILLA_RTRL_N * VANILLA_RTRL_M]; /* grad_W [VANILLA_RTRL_N, VANILLA_RTRL_M]: gradient, added to; the caller sets it to zero */
    float grad_R[VANILLA_RTRL_N * VANILLA_RTRL_N]; /* grad_R [VANILLA_RTRL_N, VANILLA_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_b[VANILLA_RTRL_N]; /* grad_b [VANILLA_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_V[VANILLA_RTRL_K * VANILLA_RTRL_N]; /* grad_V [VANILLA_RTRL_K, VANILLA_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_d[VANILLA_RTRL_K]; /* grad_d [VANILLA_RTRL_K]: gradient, added to; the caller sets it to zero */
    float x[VANILLA_RTRL_M]; /* x [VANILLA_RTRL_M]: input, set by the caller before each step */
    float target[VANILLA_RTRL_K]; /* target [VANILLA_RTRL_K]: input, set by the caller before each step */
    float h[2 * (VANILLA_RTRL_N)]; /* h [VANILLA_RTRL_N]: state, ring of 2 steps */
    float loss; /* loss scalar: output of a step */
    float y[VANILLA_RTRL_K]; /* y [VANILLA_RTRL_K]: output of a step */
    float influence_W_h[2 * ((size_t)VANILLA_RTRL_N * VANILLA_RTRL_N * VANILLA_RTRL_M)]; /* J_h[W] [VANILLA_RTRL_N, VANILLA_RTRL_N, VANILLA_RTRL_M]: influence, ring of 2 steps; influence of W on h */
    float jacobian[VANILLA_RTRL_N * VANILLA_RTRL_N]; /* jacobian [VANILLA_RTRL_N, VANILLA_RTRL_N]: work */
    float slope[VANILLA_RTRL_N]; /* slope [VANILLA_RTRL_N]: work */
    float signal[VANILLA_RTRL_N]; /* signal [VANILLA_RTRL_N]: work */
    float influence_R_h[2 * ((size_t)VANILLA_RTRL_N * VANILLA_RTRL_N * VANILLA_RTRL_N)]; /* J_h[R] [VANILLA_RTRL_N, VANILLA_RTRL_N, VANILLA_RTRL_N]: influence, ring of 2 steps; influence of R on h */
    float influence_b_h[2 * (VANILLA_RTRL_N * VANILLA_RTRL_N)]; /* J_h[b] [VANILLA_RTRL_N, VANILLA_RTRL_N]: influence, ring of 2 steps; influence of b on h */
    float signal_V[VANILLA_RTRL_K]; /* signal_V [VANILLA_RTRL_K]: work */
    float W_x[VANILLA_RTRL_N]; /* W_x [VANILLA_RTRL_N]: work */
    float R_h[VANILLA_RTRL_N]; /* R_h [VANILLA_RTRL_N]: work */
    float V_h[VANILLA_RTRL_K]; /* V_h [VANILLA_RTRL_K]: work */
    float w1; /* w1 scalar: work */
    float w2[VANILLA_RTRL_K]; /* w2 [VANILLA_RTRL_K]: work */
    int t; /* steps done since the start */
};

/* Bytes of a struct vanilla_rtrl: what sizeof says, for callers without this header. */
size_t vanilla_rtrl_bytes(void);
size_t vanilla_rtrl_record_bytes(void);

/* Begins a sequence: initial values, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void vanilla_rtrl_start(struct vanilla_rtrl *s);

/* One step: reads the inputs, writes states, readout and loss, adds this step's gradient, t += 1. */
void vanilla_rtrl_step(struct vanilla_rtrl *s);

#ifdef __cplusplus
}
#endif

#endif
