/* digits_eprop_m1: the learner's declarations
 * Rule: eprop(m=1): keep (implicit | spatial)*
 * dropped: Rf @ h[t-1] -> c (explicit)
 * dropped: Ri @ h[t-1] -> c (explicit)
 * dropped: Rg @ h[t-1] -> c (explicit)
 * dropped: Ro @ h[t-1] -> h (explicit)
 * Made by eligo 0.1.0, options --real float, spec f30354c58fb0a02a */
#ifndef DIGITS_EPROP_M1_H
#define DIGITS_EPROP_M1_H

#include <stddef.h>

#define DIGITS_EPROP_M1_M 8
#define DIGITS_EPROP_M1_N 64
#define DIGITS_EPROP_M1_K 10

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct digits_eprop_m1 {
    float Wi[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* Wi [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: parameter, set by the caller */
    float Ri[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* Ri [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float bi[DIGITS_EPROP_M1_N]; /* bi [DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float Wf[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* Wf [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: parameter, set by the caller */
    float Rf[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* Rf [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float bf[DIGITS_EPROP_M1_N]; /* bf [DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float Wg[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* Wg [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: parameter, set by the caller */
    float Rg[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* Rg [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float bg[DIGITS_EPROP_M1_N]; /* bg [DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float Wo[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* Wo [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: parameter, set by the caller */
    float Ro[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* Ro [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float bo[DIGITS_EPROP_M1_N]; /* bo [DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float V[DIGITS_EPROP_M1_K * DIGITS_EPROP_M1_N]; /* V [DIGITS_EPROP_M1_K, DIGITS_EPROP_M1_N]: parameter, set by the caller */
    float d[DIGITS_EPROP_M1_K]; /* d [DIGITS_EPROP_M1_K]: parameter, set by the caller */
    float grad_Wi[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* grad_Wi [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Ri[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* grad_Ri [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bi[DIGITS_EPROP_M1_N]; /* grad_bi [DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_Wf[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* grad_Wf [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Rf[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* grad_Rf [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bf[DIGITS_EPROP_M1_N]; /* grad_bf [DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_Wg[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* grad_Wg [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Rg[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* grad_Rg [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bg[DIGITS_EPROP_M1_N]; /* grad_bg [DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_Wo[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* grad_Wo [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Ro[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* grad_Ro [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bo[DIGITS_EPROP_M1_N]; /* grad_bo [DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_V[DIGITS_EPROP_M1_K * DIGITS_EPROP_M1_N]; /* grad_V [DIGITS_EPROP_M1_K, DIGITS_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_d[DIGITS_EPROP_M1_K]; /* grad_d [DIGITS_EPROP_M1_K]: gradient, added to; the caller sets it to zero */
    float x[DIGITS_EPROP_M1_M]; /* x [DIGITS_EPROP_M1_M]: input, set by the caller before each step */
    float target[DIGITS_EPROP_M1_K]; /* target [DIGITS_EPROP_M1_K]: input, set by the caller before each step */
    float c[2 * (DIGITS_EPROP_M1_N)]; /* c [DIGITS_EPROP_M1_N]: state, ring of 2 steps */
    float h[2 * (DIGITS_EPROP_M1_N)]; /* h [DIGITS_EPROP_M1_N]: state, ring of 2 steps */
    float loss; /* loss scalar: output of a step */
    float largest1; /* largest1 scalar: work */
    float y[DIGITS_EPROP_M1_K]; /* y [DIGITS_EPROP_M1_K]: output of a step */
    float trace_Wi_c[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* ε_c[Wi] [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: influence; influence of Wi on c */
    float gain_Wi[DIGITS_EPROP_M1_N]; /* gain_Wi [DIGITS_EPROP_M1_N]: work */
    float f[DIGITS_EPROP_M1_N]; /* f [DIGITS_EPROP_M1_N]: work */
    float signal_c[DIGITS_EPROP_M1_N]; /* signal_c [DIGITS_EPROP_M1_N]: work */
    float trace_Ri_c[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* ε_c[Ri] [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: influence; influence of Ri on c */
    float trace_bi_c[DIGITS_EPROP_M1_N]; /* ε_c[bi] [DIGITS_EPROP_M1_N]: influence; influence of bi on c */
    float trace_Wf_c[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* ε_c[Wf] [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: influence; influence of Wf on c */
    float gain_Wf[DIGITS_EPROP_M1_N]; /* gain_Wf [DIGITS_EPROP_M1_N]: work */
    float trace_Rf_c[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* ε_c[Rf] [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: influence; influence of Rf on c */
    float trace_bf_c[DIGITS_EPROP_M1_N]; /* ε_c[bf] [DIGITS_EPROP_M1_N]: influence; influence of bf on c */
    float trace_Wg_c[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_M]; /* ε_c[Wg] [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_M]: influence; influence of Wg on c */
    float gain_Wg[DIGITS_EPROP_M1_N]; /* gain_Wg [DIGITS_EPROP_M1_N]: work */
    float trace_Rg_c[DIGITS_EPROP_M1_N * DIGITS_EPROP_M1_N]; /* ε_c[Rg] [DIGITS_EPROP_M1_N, DIGITS_EPROP_M1_N]: influence; influence of Rg on c */
    float trace_bg_c[DIGITS_EPROP_M1_N]; /* ε_c[bg] [DIGITS_EPROP_M1_N]: influence; influence of bg on c */
    float signal_Wo[DIGITS_EPROP_M1_N]; /* signal_Wo [DIGITS_EPROP_M1_N]: work */
    float signal_V[DIGITS_EPROP_M1_K]; /* signal_V [DIGITS_EPROP_M1_K]: work */
    float Wf_x[DIGITS_EPROP_M1_N]; /* Wf_x [DIGITS_EPROP_M1_N]: work */
    float Rf_h[DIGITS_EPROP_M1_N]; /* Rf_h [DIGITS_EPROP_M1_N]: work */
    float Wi_x[DIGITS_EPROP_M1_N]; /* Wi_x [DIGITS_EPROP_M1_N]: work */
    float Ri_h[DIGITS_EPROP_M1_N]; /* Ri_h [DIGITS_EPROP_M1_N]: work */
    float Wg_x[DIGITS_EPROP_M1_N]; /* Wg_x [DIGITS_EPROP_M1_N]: work */
    float Rg_h[DIGITS_EPROP_M1_N]; /* Rg_h [DIGITS_EPROP_M1_N]: work */
    float Wo_x[DIGITS_EPROP_M1_N]; /* Wo_x [DIGITS_EPROP_M1_N]: work */
    float Ro_h[DIGITS_EPROP_M1_N]; /* Ro_h [DIGITS_EPROP_M1_N]: work */
    float w1; /* w1 scalar: work */
    float V_h[DIGITS_EPROP_M1_K]; /* V_h [DIGITS_EPROP_M1_K]: work */
    float w2; /* w2 scalar: work */
    float w3[DIGITS_EPROP_M1_K]; /* w3 [DIGITS_EPROP_M1_K]: work */
    float w4; /* w4 scalar: work */
    float w5[DIGITS_EPROP_M1_K]; /* w5 [DIGITS_EPROP_M1_K]: work */
    float VT_v[DIGITS_EPROP_M1_N]; /* VT_v [DIGITS_EPROP_M1_N]: work */
    float w6[DIGITS_EPROP_M1_N]; /* w6 [DIGITS_EPROP_M1_N]: work */
    float w7[DIGITS_EPROP_M1_N]; /* w7 [DIGITS_EPROP_M1_N]: work */
    int t; /* steps done since the start */
};

/* Bytes of a struct digits_eprop_m1: what sizeof says, for callers without this header. */
size_t digits_eprop_m1_bytes(void);
size_t digits_eprop_m1_record_bytes(void);

/* Begins a sequence: initial values, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void digits_eprop_m1_start(struct digits_eprop_m1 *s);

/* One step: reads the inputs, writes states, readout and loss, adds this step's gradient, t += 1. */
void digits_eprop_m1_step(struct digits_eprop_m1 *s);

#ifdef __cplusplus
}
#endif

#endif
