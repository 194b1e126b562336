/* The yardstick: one LSTM layer with a softmax readout learning online by e-prop, as somebody would write it
 * by hand for just this cell. The gates' weights are one array (gate, unit, presynaptic entry), the
 * presynaptic vector is [x; h; 1], and one sweep over a unit's row updates traces and gradients (or weights)
 * together. */
#ifndef BENCH_LSTM_EPROP_YARDSTICK_H
#define BENCH_LSTM_EPROP_YARDSTICK_H

enum { N = 128, M = 32, K = 10, P = M + N + 1, PAD = 176 /* P, up to whole vectors */ };
enum { GATE_I, GATE_F, GATE_G, GATE_O, GATES };

typedef struct Yardstick {
    _Alignas(64) float w[GATES][N][PAD], dw[GATES][N][PAD]; /* dw: accumulated when `rate` is 0 */
    _Alignas(64) float trace[3][N][PAD];                    /* of c, for i, f, g; o's is not carried */
    _Alignas(64) float v[K][N], d[K], dv[K][N], dd[K];
    _Alignas(64) float c[N], h[N], pre[PAD], signal[N], y[K];
} Yardstick;

void yardstick_start(Yardstick *s);
/* One step with input x[M] and a class; returns the loss. Weights move by `rate`; with rate 0 gradients
 * accumulate. */
float yardstick_step(Yardstick *s, const float *x, int label, float rate);

#endif
