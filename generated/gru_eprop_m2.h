/* gru_eprop_m2: the learner's declarations
 * Rule: eprop(m=2): keep (implicit | spatial)* ((explicit | lateral) (implicit | spatial)*)?
 * dropped: Rz @ h[t-1] -> h (explicit)
 * dropped: Rn @ Rr @ h[t-1] -> h (explicit·lateral)
 * dropped: Rn @ h[t-1] -> h (explicit)
 * Made by eligo 0.1.0, options --real float, spec 6cc3dc3e6579fb81 */
#ifndef GRU_EPROP_M2_H
#define GRU_EPROP_M2_H

#include <stddef.h>

#define GRU_EPROP_M2_M 32
#define GRU_EPROP_M2_N 128
#define GRU_EPROP_M2_K 10

#ifdef __cplusplus
extern "C" {
#endif

/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */
struct gru_eprop_m2 {
    float Wz[GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* Wz [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: parameter, set by the caller */
    float Rz[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* Rz [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: parameter, set by the caller */
    float bz[GRU_EPROP_M2_N]; /* bz [GRU_EPROP_M2_N]: parameter, set by the caller */
    float Wr[GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* Wr [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: parameter, set by the caller */
    float Rr[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* Rr [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: parameter, set by the caller */
    float br[GRU_EPROP_M2_N]; /* br [GRU_EPROP_M2_N]: parameter, set by the caller */
    float Wn[GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* Wn [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: parameter, set by the caller */
    float Rn[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* Rn [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: parameter, set by the caller */
    float bn[GRU_EPROP_M2_N]; /* bn [GRU_EPROP_M2_N]: parameter, set by the caller */
    float V[GRU_EPROP_M2_K * GRU_EPROP_M2_N]; /* V [GRU_EPROP_M2_K, GRU_EPROP_M2_N]: parameter, set by the caller */
    float d[GRU_EPROP_M2_K]; /* d [GRU_EPROP_M2_K]: parameter, set by the caller */
    float grad_Wz[GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* grad_Wz [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: gradient, added to; the caller sets it to zero */
    float grad_Rz[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* grad_Rz [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_bz[GRU_EPROP_M2_N]; /* grad_bz [GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_Wr[GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* grad_Wr [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: gradient, added to; the caller sets it to zero */
    float grad_Rr[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* grad_Rr [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_br[GRU_EPROP_M2_N]; /* grad_br [GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_Wn[GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* grad_Wn [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: gradient, added to; the caller sets it to zero */
    float grad_Rn[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* grad_Rn [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_bn[GRU_EPROP_M2_N]; /* grad_bn [GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_V[GRU_EPROP_M2_K * GRU_EPROP_M2_N]; /* grad_V [GRU_EPROP_M2_K, GRU_EPROP_M2_N]: gradient, added to; the caller sets it to zero */
    float grad_d[GRU_EPROP_M2_K]; /* grad_d [GRU_EPROP_M2_K]: gradient, added to; the caller sets it to zero */
    float x[GRU_EPROP_M2_M]; /* x [GRU_EPROP_M2_M]: input, set by the caller before each step */
    float target[GRU_EPROP_M2_K]; /* target [GRU_EPROP_M2_K]: input, set by the caller before each step */
    float h[2 * (GRU_EPROP_M2_N)]; /* h [GRU_EPROP_M2_N]: state, ring of 2 steps */
    float loss; /* loss scalar: output of a step */
    float y[GRU_EPROP_M2_K]; /* y [GRU_EPROP_M2_K]: output of a step */
    float trace_Wz_h_q0[2 * (GRU_EPROP_M2_N * GRU_EPROP_M2_M)]; /* ε_h^q0[Wz] [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: influence, ring of 2 steps; influence of Wz on h */
    float influence_Wz_h_q1[(size_t)GRU_EPROP_M2_N * GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* J_h^q1[Wz] [GRU_EPROP_M2_N, GRU_EPROP_M2_N, GRU_EPROP_M2_M]: influence; influence of Wz on h */
    float gain_Wz[GRU_EPROP_M2_N]; /* gain_Wz [GRU_EPROP_M2_N]: work */
    float decay_h[GRU_EPROP_M2_N]; /* decay_h [GRU_EPROP_M2_N]: work */
    float signal_h[GRU_EPROP_M2_N]; /* signal_h [GRU_EPROP_M2_N]: work */
    float jacobian[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* jacobian [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: work */
    float slope[GRU_EPROP_M2_N]; /* slope [GRU_EPROP_M2_N]: work */
    float r[GRU_EPROP_M2_N]; /* r [GRU_EPROP_M2_N]: work */
    float trace_Rz_h_q0[2 * (GRU_EPROP_M2_N * GRU_EPROP_M2_N)]; /* ε_h^q0[Rz] [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence, ring of 2 steps; influence of Rz on h */
    float influence_Rz_h_q1[(size_t)GRU_EPROP_M2_N * GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* J_h^q1[Rz] [GRU_EPROP_M2_N, GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence; influence of Rz on h */
    float trace_bz_h_q0[2 * (GRU_EPROP_M2_N)]; /* ε_h^q0[bz] [GRU_EPROP_M2_N]: influence, ring of 2 steps; influence of bz on h */
    float influence_bz_h_q1[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* J_h^q1[bz] [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence; influence of bz on h */
    float influence_Wr_h_q1[(size_t)GRU_EPROP_M2_N * GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* J_h^q1[Wr] [GRU_EPROP_M2_N, GRU_EPROP_M2_N, GRU_EPROP_M2_M]: influence; influence of Wr on h */
    float jacobian_2[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* jacobian [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: work */
    float slope_2[GRU_EPROP_M2_N]; /* slope [GRU_EPROP_M2_N]: work */
    float influence_Rr_h_q1[(size_t)GRU_EPROP_M2_N * GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* J_h^q1[Rr] [GRU_EPROP_M2_N, GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence; influence of Rr on h */
    float influence_br_h_q1[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* J_h^q1[br] [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence; influence of br on h */
    float trace_Wn_h_q0[2 * (GRU_EPROP_M2_N * GRU_EPROP_M2_M)]; /* ε_h^q0[Wn] [GRU_EPROP_M2_N, GRU_EPROP_M2_M]: influence, ring of 2 steps; influence of Wn on h */
    float influence_Wn_h_q1[(size_t)GRU_EPROP_M2_N * GRU_EPROP_M2_N * GRU_EPROP_M2_M]; /* J_h^q1[Wn] [GRU_EPROP_M2_N, GRU_EPROP_M2_N, GRU_EPROP_M2_M]: influence; influence of Wn on h */
    float trace_Rn_h_q0[2 * (GRU_EPROP_M2_N * GRU_EPROP_M2_N)]; /* ε_h^q0[Rn] [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence, ring of 2 steps; influence of Rn on h */
    float influence_Rn_h_q1[(size_t)GRU_EPROP_M2_N * GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* J_h^q1[Rn] [GRU_EPROP_M2_N, GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence; influence of Rn on h */
    float u[GRU_EPROP_M2_N]; /* u [GRU_EPROP_M2_N]: work */
    float trace_bn_h_q0[2 * (GRU_EPROP_M2_N)]; /* ε_h^q0[bn] [GRU_EPROP_M2_N]: influence, ring of 2 steps; influence of bn on h */
    float influence_bn_h_q1[GRU_EPROP_M2_N * GRU_EPROP_M2_N]; /* J_h^q1[bn] [GRU_EPROP_M2_N, GRU_EPROP_M2_N]: influence; influence of bn on h */
    float signal_V[GRU_EPROP_M2_K]; /* signal_V [GRU_EPROP_M2_K]: work */
    float Wz_x[GRU_EPROP_M2_N]; /* Wz_x [GRU_EPROP_M2_N]: work */
    float Rz_h[GRU_EPROP_M2_N]; /* Rz_h [GRU_EPROP_M2_N]: work */
    float Wn_x[GRU_EPROP_M2_N]; /* Wn_x [GRU_EPROP_M2_N]: work */
    float Wr_x[GRU_EPROP_M2_N]; /* Wr_x [GRU_EPROP_M2_N]: work */
    float Rr_h[GRU_EPROP_M2_N]; /* Rr_h [GRU_EPROP_M2_N]: work */
    float Rn_v[GRU_EPROP_M2_N]; /* Rn_v [GRU_EPROP_M2_N]: work */
    float z[GRU_EPROP_M2_N]; /* z [GRU_EPROP_M2_N]: work */
    float w1[GRU_EPROP_M2_N]; /* w1 [GRU_EPROP_M2_N]: work */
    float V_h[GRU_EPROP_M2_K]; /* V_h [GRU_EPROP_M2_K]: work */
    float w2; /* w2 scalar: work */
    float w3[GRU_EPROP_M2_K]; /* w3 [GRU_EPROP_M2_K]: work */
    float w4[GRU_EPROP_M2_N]; /* w4 [GRU_EPROP_M2_N]: work */
    int t; /* steps done since the start */
};

/* Bytes of a struct gru_eprop_m2: what sizeof says, for callers without this header. */
size_t gru_eprop_m2_bytes(void);
size_t gru_eprop_m2_record_bytes(void);

/* Begins a sequence: initial values, t = 0. Touches neither parameters nor gradients. Nothing here
 * allocates or fails; the caller owns the memory. */
void gru_eprop_m2_start(struct gru_eprop_m2 *s);

/* One step: reads the inputs, writes states, readout and loss, adds this step's gradient, t += 1. */
void gru_eprop_m2_step(struct gru_eprop_m2 *s);

#ifdef __cplusplus
}
#endif

#endif
