/* lstm_rtrl: the learner's declarations
 * Rule: rtrl: keep any*
 * Made by eligo 0.1.0, options --real float, spec 0a32e8ad5c67cc5d */
#ifndef LSTM_RTRL_H
#define LSTM_RTRL_H

#include <stddef.h>

#define LSTM_RTRL_M 32
#define LSTM_RTRL_N 128
#define LSTM_RTRL_K 10

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct lstm_rtrl {
    float Wi[LSTM_RTRL_N * LSTM_RTRL_M]; /* Wi [LSTM_RTRL_N, LSTM_RTRL_M]: parameter, set by the caller */
    float Ri[LSTM_RTRL_N * LSTM_RTRL_N]; /* Ri [LSTM_RTRL_N, LSTM_RTRL_N]: parameter, set by the caller */
    float bi[LSTM_RTRL_N]; /* bi [LSTM_RTRL_N]: parameter, set by the caller */
    float Wf[LSTM_RTRL_N * LSTM_RTRL_M]; /* Wf [LSTM_RTRL_N, LSTM_RTRL_M]: parameter, set by the caller */
    float Rf[LSTM_RTRL_N * LSTM_RTRL_N]; /* Rf [LSTM_RTRL_N, LSTM_RTRL_N]: parameter, set by the caller */
    float bf[LSTM_RTRL_N]; /* bf [LSTM_RTRL_N]: parameter, set by the caller */
    float Wg[LSTM_RTRL_N * LSTM_RTRL_M]; /* Wg [LSTM_RTRL_N, LSTM_RTRL_M]: parameter, set by the caller */
    float Rg[LSTM_RTRL_N * LSTM_RTRL_N]; /* Rg [LSTM_RTRL_N, LSTM_RTRL_N]: parameter, set by the caller */
    float bg[LSTM_RTRL_N]; /* bg [LSTM_RTRL_N]: parameter, set by the caller */
    float Wo[LSTM_RTRL_N * LSTM_RTRL_M]; /* Wo [LSTM_RTRL_N, LSTM_RTRL_M]: parameter, set by the caller */
    float Ro[LSTM_RTRL_N * LSTM_RTRL_N]; /* Ro [LSTM_RTRL_N, LSTM_RTRL_N]: parameter, set by the caller */
    float bo[LSTM_RTRL_N]; /* bo [LSTM_RTRL_N]: parameter, set by the caller */
    float V[LSTM_RTRL_K * LSTM_RTRL_N]; /* V [LSTM_RTRL_K, LSTM_RTRL_N]: parameter, set by the caller */
    float d[LSTM_RTRL_K]; /* d [LSTM_RTRL_K]: parameter, set by the caller */
    float grad_Wi[LSTM_RTRL_N * LSTM_RTRL_M]; /* grad_Wi [LSTM_RTRL_N, LSTM_RTRL_M]: gradient, added to; the caller sets it to zero */
    float grad_Ri[LSTM_RTRL_N * LSTM_RTRL_N]; /* grad_Ri [LSTM_RTRL_N, LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_bi[LSTM_RTRL_N]; /* grad_bi [LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_Wf[LSTM_RTRL_N * LSTM_RTRL_M]; /* grad_Wf [LSTM_RTRL_N, LSTM_RTRL_M]: gradient, added to; the caller sets it to zero */
    float grad_Rf[LSTM_RTRL_N * LSTM_RTRL_N]; /* grad_Rf [LSTM_RTRL_N, LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_bf[LSTM_RTRL_N]; /* grad_bf [LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_Wg[LSTM_RTRL_N * LSTM_RTRL_M]; /* grad_Wg [LSTM_RTRL_N, LSTM_RTRL_M]: gradient, added to; the caller sets it to zero */
    float grad_Rg[LSTM_RTRL_N * LSTM_RTRL_N]; /* grad_Rg [LSTM_RTRL_N, LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_bg[LSTM_RTRL_N]; /* grad_bg [LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_Wo[LSTM_RTRL_N * LSTM_RTRL_M]; /* grad_Wo [LSTM_RTRL_N, LSTM_RTRL_M]: gradient, added to; the caller sets it to zero */
    float grad_Ro[LSTM_RTRL_N * LSTM_RTRL_N]; /* grad_Ro [LSTM_RTRL_N, LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_bo[LSTM_RTRL_N]; /* grad_bo [LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_V[LSTM_RTRL_K * LSTM_RTRL_N]; /* grad_V [LSTM_RTRL_K, LSTM_RTRL_N]: gradient, added to; the caller sets it to zero */
    float grad_d[LSTM_RTRL_K]; /* grad_d [LSTM_RTRL_K]: gradient, added to; the caller sets it to zero */
    float x[LSTM_RTRL_M]; /* x [LSTM_RTRL_M]: input, set by the caller before each step */
    float target[LSTM_RTRL_K]; /* target [LSTM_RTRL_K]: input, set by the caller before each step */
    float c[2 * (LSTM_RTRL_N)]; /* c [LSTM_RTRL_N]: state, ring of 2 steps */
    float h[2 * (LSTM_RTRL_N)]; /* h [LSTM_RTRL_N]: state, ring of 2 steps */
    float loss; /* loss scalar: output of a step */
    float y[LSTM_RTRL_K]; /* y [LSTM_RTRL_K]: output of a step */
    float influence_Wi_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M]; /* J_c[Wi] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence; influence of Wi on c */
    float influence_Wi_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M)]; /* J_h[Wi] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence, ring of 2 steps; influence of Wi on h */
    float f[LSTM_RTRL_N]; /* f [LSTM_RTRL_N]: work */
    float jacobian[LSTM_RTRL_N * LSTM_RTRL_N]; /* jacobian [LSTM_RTRL_N, LSTM_RTRL_N]: work */
    float slope[LSTM_RTRL_N]; /* slope [LSTM_RTRL_N]: work */
    float slope_2[LSTM_RTRL_N]; /* slope [LSTM_RTRL_N]: work */
    float slope_3[LSTM_RTRL_N]; /* slope [LSTM_RTRL_N]: work */
    float decay[LSTM_RTRL_N]; /* decay [LSTM_RTRL_N]: work */
    float jacobian_2[LSTM_RTRL_N * LSTM_RTRL_N]; /* jacobian [LSTM_RTRL_N, LSTM_RTRL_N]: work */
    float slope_4[LSTM_RTRL_N]; /* slope [LSTM_RTRL_N]: work */
    float signal[LSTM_RTRL_N]; /* signal [LSTM_RTRL_N]: work */
    float influence_Ri_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[Ri] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of Ri on c */
    float influence_Ri_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[Ri] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of Ri on h */
    float influence_bi_c[LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[bi] [LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of bi on c */
    float influence_bi_h[2 * (LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[bi] [LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of bi on h */
    float influence_Wf_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M]; /* J_c[Wf] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence; influence of Wf on c */
    float influence_Wf_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M)]; /* J_h[Wf] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence, ring of 2 steps; influence of Wf on h */
    float influence_Rf_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[Rf] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of Rf on c */
    float influence_Rf_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[Rf] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of Rf on h */
    float influence_bf_c[LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[bf] [LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of bf on c */
    float influence_bf_h[2 * (LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[bf] [LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of bf on h */
    float influence_Wg_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M]; /* J_c[Wg] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence; influence of Wg on c */
    float influence_Wg_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M)]; /* J_h[Wg] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence, ring of 2 steps; influence of Wg on h */
    float influence_Rg_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[Rg] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of Rg on c */
    float influence_Rg_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[Rg] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of Rg on h */
    float influence_bg_c[LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[bg] [LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of bg on c */
    float influence_bg_h[2 * (LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[bg] [LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of bg on h */
    float influence_Wo_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M]; /* J_c[Wo] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence; influence of Wo on c */
    float influence_Wo_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_M)]; /* J_h[Wo] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_M]: influence, ring of 2 steps; influence of Wo on h */
    float influence_Ro_c[(size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[Ro] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of Ro on c */
    float influence_Ro_h[2 * ((size_t)LSTM_RTRL_N * LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[Ro] [LSTM_RTRL_N, LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of Ro on h */
    float influence_bo_c[LSTM_RTRL_N * LSTM_RTRL_N]; /* J_c[bo] [LSTM_RTRL_N, LSTM_RTRL_N]: influence; influence of bo on c */
    float influence_bo_h[2 * (LSTM_RTRL_N * LSTM_RTRL_N)]; /* J_h[bo] [LSTM_RTRL_N, LSTM_RTRL_N]: influence, ring of 2 steps; influence of bo on h */
    float signal_V[LSTM_RTRL_K]; /* signal_V [LSTM_RTRL_K]: work */
    float Wf_x[LSTM_RTRL_N]; /* Wf_x [LSTM_RTRL_N]: work */
    float Rf_h[LSTM_RTRL_N]; /* Rf_h [LSTM_RTRL_N]: work */
    float Wi_x[LSTM_RTRL_N]; /* Wi_x [LSTM_RTRL_N]: work */
    float Ri_h[LSTM_RTRL_N]; /* Ri_h [LSTM_RTRL_N]: work */
    float Wg_x[LSTM_RTRL_N]; /* Wg_x [LSTM_RTRL_N]: work */
    float Rg_h[LSTM_RTRL_N]; /* Rg_h [LSTM_RTRL_N]: work */
    float Wo_x[LSTM_RTRL_N]; /* Wo_x [LSTM_RTRL_N]: work */
    float Ro_h[LSTM_RTRL_N]; /* Ro_h [LSTM_RTRL_N]: work */
    float V_h[LSTM_RTRL_K]; /* V_h [LSTM_RTRL_K]: work */
    float w1; /* w1 scalar: work */
    float w2[LSTM_RTRL_K]; /* w2 [LSTM_RTRL_K]: work */
    int t; /* steps done since the start */
};

/* Bytes of a struct lstm_rtrl: what sizeof says, for callers without this header. */
size_t lstm_rtrl_bytes(void);
size_t lstm_rtrl_record_bytes(void);

/* Begins a sequence: initial values, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void lstm_rtrl_start(struct lstm_rtrl *s);

/* One step: reads the inputs, writes states, readout and loss, adds this step's gradient, t += 1. */
void lstm_rtrl_step(struct lstm_rtrl *s);

#ifdef __cplusplus
}
#endif

#endif
