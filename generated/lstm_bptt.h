/* lstm_bptt: the learner's declarations
 * Rule: bptt: keep any*
 * Made by eligo 0.1.0, options --real float, spec 0a32e8ad5c67cc5d */
#ifndef LSTM_BPTT_H
#define LSTM_BPTT_H

#include <stddef.h>

#define LSTM_BPTT_M 32
#define LSTM_BPTT_N 128
#define LSTM_BPTT_K 10
#define LSTM_BPTT_HISTORY 1 /* records before that of the first step */

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct lstm_bptt {
    float Wi[LSTM_BPTT_N * LSTM_BPTT_M]; /* Wi [LSTM_BPTT_N, LSTM_BPTT_M]: parameter, set by the caller */
    float Ri[LSTM_BPTT_N * LSTM_BPTT_N]; /* Ri [LSTM_BPTT_N, LSTM_BPTT_N]: parameter, set by the caller */
    float bi[LSTM_BPTT_N]; /* bi [LSTM_BPTT_N]: parameter, set by the caller */
    float Wf[LSTM_BPTT_N * LSTM_BPTT_M]; /* Wf [LSTM_BPTT_N, LSTM_BPTT_M]: parameter, set by the caller */
    float Rf[LSTM_BPTT_N * LSTM_BPTT_N]; /* Rf [LSTM_BPTT_N, LSTM_BPTT_N]: parameter, set by the caller */
    float bf[LSTM_BPTT_N]; /* bf [LSTM_BPTT_N]: parameter, set by the caller */
    float Wg[LSTM_BPTT_N * LSTM_BPTT_M]; /* Wg [LSTM_BPTT_N, LSTM_BPTT_M]: parameter, set by the caller */
    float Rg[LSTM_BPTT_N * LSTM_BPTT_N]; /* Rg [LSTM_BPTT_N, LSTM_BPTT_N]: parameter, set by the caller */
    float bg[LSTM_BPTT_N]; /* bg [LSTM_BPTT_N]: parameter, set by the caller */
    float Wo[LSTM_BPTT_N * LSTM_BPTT_M]; /* Wo [LSTM_BPTT_N, LSTM_BPTT_M]: parameter, set by the caller */
    float Ro[LSTM_BPTT_N * LSTM_BPTT_N]; /* Ro [LSTM_BPTT_N, LSTM_BPTT_N]: parameter, set by the caller */
    float bo[LSTM_BPTT_N]; /* bo [LSTM_BPTT_N]: parameter, set by the caller */
    float V[LSTM_BPTT_K * LSTM_BPTT_N]; /* V [LSTM_BPTT_K, LSTM_BPTT_N]: parameter, set by the caller */
    float d[LSTM_BPTT_K]; /* d [LSTM_BPTT_K]: parameter, set by the caller */
    float grad_Wi[LSTM_BPTT_N * LSTM_BPTT_M]; /* grad_Wi [LSTM_BPTT_N, LSTM_BPTT_M]: gradient, added to; the caller sets it to zero */
    float grad_Ri[LSTM_BPTT_N * LSTM_BPTT_N]; /* grad_Ri [LSTM_BPTT_N, LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_bi[LSTM_BPTT_N]; /* grad_bi [LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_Wf[LSTM_BPTT_N * LSTM_BPTT_M]; /* grad_Wf [LSTM_BPTT_N, LSTM_BPTT_M]: gradient, added to; the caller sets it to zero */
    float grad_Rf[LSTM_BPTT_N * LSTM_BPTT_N]; /* grad_Rf [LSTM_BPTT_N, LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_bf[LSTM_BPTT_N]; /* grad_bf [LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_Wg[LSTM_BPTT_N * LSTM_BPTT_M]; /* grad_Wg [LSTM_BPTT_N, LSTM_BPTT_M]: gradient, added to; the caller sets it to zero */
    float grad_Rg[LSTM_BPTT_N * LSTM_BPTT_N]; /* grad_Rg [LSTM_BPTT_N, LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_bg[LSTM_BPTT_N]; /* grad_bg [LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_Wo[LSTM_BPTT_N * LSTM_BPTT_M]; /* grad_Wo [LSTM_BPTT_N, LSTM_BPTT_M]: gradient, added to; the caller sets it to zero */
    float grad_Ro[LSTM_BPTT_N * LSTM_BPTT_N]; /* grad_Ro [LSTM_BPTT_N, LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_bo[LSTM_BPTT_N]; /* grad_bo [LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_V[LSTM_BPTT_K * LSTM_BPTT_N]; /* grad_V [LSTM_BPTT_K, LSTM_BPTT_N]: gradient, added to; the caller sets it to zero */
    float grad_d[LSTM_BPTT_K]; /* grad_d [LSTM_BPTT_K]: gradient, added to; the caller sets it to zero */
    float x[LSTM_BPTT_M]; /* x [LSTM_BPTT_M]: input, set by the caller before each step */
    float target[LSTM_BPTT_K]; /* target [LSTM_BPTT_K]: input, set by the caller before each step */
    float loss; /* loss scalar: output of a step */
    float y[LSTM_BPTT_K]; /* y [LSTM_BPTT_K]: output of a step */
    float lambda_h[2 * (LSTM_BPTT_N)]; /* lambda_h [LSTM_BPTT_N]: adjoint, ring of 2 steps; adjoint of h, handed 1 step back */
    float lambda_c[2 * (LSTM_BPTT_N)]; /* lambda_c [LSTM_BPTT_N]: adjoint, ring of 2 steps; adjoint of c, handed 1 step back */
    float Wf_x[LSTM_BPTT_N]; /* Wf_x [LSTM_BPTT_N]: work */
    float Rf_h[LSTM_BPTT_N]; /* Rf_h [LSTM_BPTT_N]: work */
    float Wi_x[LSTM_BPTT_N]; /* Wi_x [LSTM_BPTT_N]: work */
    float Ri_h[LSTM_BPTT_N]; /* Ri_h [LSTM_BPTT_N]: work */
    float Wg_x[LSTM_BPTT_N]; /* Wg_x [LSTM_BPTT_N]: work */
    float Rg_h[LSTM_BPTT_N]; /* Rg_h [LSTM_BPTT_N]: work */
    float Wo_x[LSTM_BPTT_N]; /* Wo_x [LSTM_BPTT_N]: work */
    float Ro_h[LSTM_BPTT_N]; /* Ro_h [LSTM_BPTT_N]: work */
    float V_h[LSTM_BPTT_K]; /* V_h [LSTM_BPTT_K]: work */
    float w1; /* w1 scalar: work */
    float w2[LSTM_BPTT_K]; /* w2 [LSTM_BPTT_K]: work */
    float w3[LSTM_BPTT_K]; /* w3 [LSTM_BPTT_K]: work */
    float RfT_v[LSTM_BPTT_N]; /* RfT_v [LSTM_BPTT_N]: work */
    float RiT_v[LSTM_BPTT_N]; /* RiT_v [LSTM_BPTT_N]: work */
    float RgT_v[LSTM_BPTT_N]; /* RgT_v [LSTM_BPTT_N]: work */
    float RoT_v[LSTM_BPTT_N]; /* RoT_v [LSTM_BPTT_N]: work */
    int t; /* steps done since the start */
};

/* What a step leaves for the way back; the caller allocates LSTM_BPTT_HISTORY + steps of them. */
struct lstm_bptt_record {
    float c[LSTM_BPTT_N]; /* c [LSTM_BPTT_N]: state */
    float h[LSTM_BPTT_N]; /* h [LSTM_BPTT_N]: state */
    float delta_Wi[LSTM_BPTT_N]; /* delta_Wi [LSTM_BPTT_N]: work */
    float past_x[LSTM_BPTT_M]; /* past_x [LSTM_BPTT_M]: state */
    float delta_Wf[LSTM_BPTT_N]; /* delta_Wf [LSTM_BPTT_N]: work */
    float delta_Wg[LSTM_BPTT_N]; /* delta_Wg [LSTM_BPTT_N]: work */
    float delta_Wo[LSTM_BPTT_N]; /* delta_Wo [LSTM_BPTT_N]: work */
    float delta_V[LSTM_BPTT_K]; /* delta_V [LSTM_BPTT_K]: work */
    float tape_kept80[LSTM_BPTT_N]; /* tape_kept80 [LSTM_BPTT_N]: work */
    float tape_o[LSTM_BPTT_N]; /* tape_o [LSTM_BPTT_N]: work */
    float tape_kept65[LSTM_BPTT_N]; /* tape_kept65 [LSTM_BPTT_N]: work */
    float tape_g[LSTM_BPTT_N]; /* tape_g [LSTM_BPTT_N]: work */
    float tape_i[LSTM_BPTT_N]; /* tape_i [LSTM_BPTT_N]: work */
    float tape_f[LSTM_BPTT_N]; /* tape_f [LSTM_BPTT_N]: work */
    float tape_y[LSTM_BPTT_K]; /* tape_y [LSTM_BPTT_K]: work */
    float past_target[LSTM_BPTT_K]; /* past_target [LSTM_BPTT_K]: state */
};

/* Bytes of a struct lstm_bptt and of a record: what sizeof says, for callers without this header. */
size_t lstm_bptt_bytes(void);
size_t lstm_bptt_record_bytes(void);

/* Begins a sequence: initial values; records before the first step likewise, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void lstm_bptt_start(struct lstm_bptt *s, struct lstm_bptt_record *tape);

/* One step: reads the inputs, writes states, readout and loss, records them in tape[HISTORY + t], t += 1. */
void lstm_bptt_step(struct lstm_bptt *s, struct lstm_bptt_record *tape);

/* From the last step done back to the first: adds the gradient of the sequence's summed loss. */
void lstm_bptt_backward(struct lstm_bptt *s, struct lstm_bptt_record *tape);

#ifdef __cplusplus
}
#endif

#endif
