/* lstm_eprop_m1: the learner's declarations
 * Rule: eprop(m=1): keep (implicit | spatial)*
 * dropped: Rf @ h[t-1] -> c (explicit)
 * dropped: Ri @ h[t-1] -> c (explicit)
 * dropped: Rg @ h[t-1] -> c (explicit)
 * dropped: Ro @ h[t-1] -> h (explicit)
 * Made by eligo 0.1.0, options --real float, spec 0a32e8ad5c67cc5d */
#ifndef LSTM_EPROP_M1_H
#define LSTM_EPROP_M1_H

#include <stddef.h>

#define LSTM_EPROP_M1_M 32
#define LSTM_EPROP_M1_N 128
#define LSTM_EPROP_M1_K 10

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct lstm_eprop_m1 {
    float Wi[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* Wi [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: parameter, set by the caller */
    float Ri[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* Ri [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: parameter, set by the caller */
    float bi[LSTM_EPROP_M1_N]; /* bi [LSTM_EPROP_M1_N]: parameter, set by the caller */
    float Wf[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* Wf [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: parameter, set by the caller */
    float Rf[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* Rf [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: parameter, set by the caller */
    float bf[LSTM_EPROP_M1_N]; /* bf [LSTM_EPROP_M1_N]: parameter, set by the caller */
    float Wg[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* Wg [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: parameter, set by the caller */
    float Rg[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* Rg [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: parameter, set by the caller */
    float bg[LSTM_EPROP_M1_N]; /* bg [LSTM_EPROP_M1_N]: parameter, set by the caller */
    float Wo[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* Wo [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: parameter, set by the caller */
    float Ro[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* Ro [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: parameter, set by the caller */
    float bo[LSTM_EPROP_M1_N]; /* bo [LSTM_EPROP_M1_N]: parameter, set by the caller */
    float V[LSTM_EPROP_M1_K * LSTM_EPROP_M1_N]; /* V [LSTM_EPROP_M1_K, LSTM_EPROP_M1_N]: parameter, set by the caller */
    float d[LSTM_EPROP_M1_K]; /* d [LSTM_EPROP_M1_K]: parameter, set by the caller */
    float grad_Wi[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* grad_Wi [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Ri[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* grad_Ri [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bi[LSTM_EPROP_M1_N]; /* grad_bi [LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_Wf[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* grad_Wf [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Rf[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* grad_Rf [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bf[LSTM_EPROP_M1_N]; /* grad_bf [LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_Wg[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* grad_Wg [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Rg[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* grad_Rg [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bg[LSTM_EPROP_M1_N]; /* grad_bg [LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_Wo[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* grad_Wo [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: gradient, added to; the caller sets it to zero */
    float grad_Ro[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* grad_Ro [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_bo[LSTM_EPROP_M1_N]; /* grad_bo [LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_V[LSTM_EPROP_M1_K * LSTM_EPROP_M1_N]; /* grad_V [LSTM_EPROP_M1_K, LSTM_EPROP_M1_N]: gradient, added to; the caller sets it to zero */
    float grad_d[LSTM_EPROP_M1_K]; /* grad_d [LSTM_EPROP_M1_K]: gradient, added to; the caller sets it to zero */
    float x[LSTM_EPROP_M1_M]; /* x [LSTM_EPROP_M1_M]: input, set by the caller before each step */
    float target[LSTM_EPROP_M1_K]; /* target [LSTM_EPROP_M1_K]: input, set by the caller before each step */
    float c[2 * (LSTM_EPROP_M1_N)]; /* c [LSTM_EPROP_M1_N]: state, ring of 2 steps */
    float h[2 * (LSTM_EPROP_M1_N)]; /* h [LSTM_EPROP_M1_N]: state, ring of 2 steps */
    float loss; /* loss scalar: output of a step */
    float y[LSTM_EPROP_M1_K]; /* y [LSTM_EPROP_M1_K]: output of a step */
    float trace_Wi_c[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* ε_c[Wi] [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: influence; influence of Wi on c */
    float gain_Wi[LSTM_EPROP_M1_N]; /* gain_Wi [LSTM_EPROP_M1_N]: work */
    float f[LSTM_EPROP_M1_N]; /* f [LSTM_EPROP_M1_N]: work */
    float signal_c[LSTM_EPROP_M1_N]; /* signal_c [LSTM_EPROP_M1_N]: work */
    float trace_Ri_c[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* ε_c[Ri] [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: influence; influence of Ri on c */
    float trace_bi_c[LSTM_EPROP_M1_N]; /* ε_c[bi] [LSTM_EPROP_M1_N]: influence; influence of bi on c */
    float trace_Wf_c[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* ε_c[Wf] [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: influence; influence of Wf on c */
    float gain_Wf[LSTM_EPROP_M1_N]; /* gain_Wf [LSTM_EPROP_M1_N]: work */
    float trace_Rf_c[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* ε_c[Rf] [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: influence; influence of Rf on c */
    float trace_bf_c[LSTM_EPROP_M1_N]; /* ε_c[bf] [LSTM_EPROP_M1_N]: influence; influence of bf on c */
    float trace_Wg_c[LSTM_EPROP_M1_N * LSTM_EPROP_M1_M]; /* ε_c[Wg] [LSTM_EPROP_M1_N, LSTM_EPROP_M1_M]: influence; influence of Wg on c */
    float gain_Wg[LSTM_EPROP_M1_N]; /* gain_Wg [LSTM_EPROP_M1_N]: work */
    float trace_Rg_c[LSTM_EPROP_M1_N * LSTM_EPROP_M1_N]; /* ε_c[Rg] [LSTM_EPROP_M1_N, LSTM_EPROP_M1_N]: influence; influence of Rg on c */
    float trace_bg_c[LSTM_EPROP_M1_N]; /* ε_c[bg] [LSTM_EPROP_M1_N]: influence; influence of bg on c */
    float signal_Wo[LSTM_EPROP_M1_N]; /* signal_Wo [LSTM_EPROP_M1_N]: work */
    float signal_V[LSTM_EPROP_M1_K]; /* signal_V [LSTM_EPROP_M1_K]: work */
    float Wf_x[LSTM_EPROP_M1_N]; /* Wf_x [LSTM_EPROP_M1_N]: work */
    float Rf_h[LSTM_EPROP_M1_N]; /* Rf_h [LSTM_EPROP_M1_N]: work */
    float Wi_x[LSTM_EPROP_M1_N]; /* Wi_x [LSTM_EPROP_M1_N]: work */
    float Ri_h[LSTM_EPROP_M1_N]; /* Ri_h [LSTM_EPROP_M1_N]: work */
    float Wg_x[LSTM_EPROP_M1_N]; /* Wg_x [LSTM_EPROP_M1_N]: work */
    float Rg_h[LSTM_EPROP_M1_N]; /* Rg_h [LSTM_EPROP_M1_N]: work */
    float Wo_x[LSTM_EPROP_M1_N]; /* Wo_x [LSTM_EPROP_M1_N]: work */
    float Ro_h[LSTM_EPROP_M1_N]; /* Ro_h [LSTM_EPROP_M1_N]: work */
    float V_h[LSTM_EPROP_M1_K]; /* V_h [LSTM_EPROP_M1_K]: work */
    float w1; /* w1 scalar: work */
    float w2[LSTM_EPROP_M1_K]; /* w2 [LSTM_EPROP_M1_K]: work */
    float VT_v[LSTM_EPROP_M1_N]; /* VT_v [LSTM_EPROP_M1_N]: work */
    float w3[LSTM_EPROP_M1_N]; /* w3 [LSTM_EPROP_M1_N]: work */
    float w4[LSTM_EPROP_M1_N]; /* w4 [LSTM_EPROP_M1_N]: work */
    int t; /* steps done since the start */
};

/* Bytes of a struct lstm_eprop_m1: what sizeof says, for callers without this header. */
size_t lstm_eprop_m1_bytes(void);
size_t lstm_eprop_m1_record_bytes(void);

/* Begins a sequence: initial values, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void lstm_eprop_m1_start(struct lstm_eprop_m1 *s);

/* One step: reads the inputs, writes states, readout and loss, adds this step's gradient, t += 1. */
void lstm_eprop_m1_step(struct lstm_eprop_m1 *s);

#ifdef __cplusplus
}
#endif

#endif
