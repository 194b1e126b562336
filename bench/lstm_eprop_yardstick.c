/* See lstm_eprop_yardstick.h. Plain loops that gcc -O3 vectorises; only the dot product spells out its
 * partial sums. */
#include "lstm_eprop_yardstick.h"

#include <math.h>
#include <string.h>

static float dot(const float *restrict a, const float *restrict b, int count) {
    float part[16] = {0}, sum = 0;
    int i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) part[k] += a[i + k] * b[i + k];
    for (; i < count; i++) sum += a[i] * b[i];
    for (int k = 0; k < 16; k++) sum += part[k];
    return sum;
}

static float sigmoid(float u) { return 1.0f / (1.0f + expf(-u)); }

void yardstick_start(Yardstick *s) {
    memset(s->trace, 0, sizeof s->trace);
    memset(s->c, 0, sizeof s->c);
    memset(s->h, 0, sizeof s->h);
}

/* y = V h + d, softmax, loss; y becomes the error p - target, and `signal` Vᵀ error. The readout learns at
 * once. */
static float readout(Yardstick *s, int label, float rate) {
    float most = -INFINITY, sum = 0;
    for (int k = 0; k < K; k++) s->y[k] = dot(s->v[k], s->h, N) + s->d[k], most = fmaxf(most, s->y[k]);
    for (int k = 0; k < K; k++) sum += expf(s->y[k] - most);
    float loss = logf(sum) + most - s->y[label];
    memset(s->signal, 0, sizeof s->signal);
    for (int k = 0; k < K; k++) {
        float error = expf(s->y[k] - most) / sum - (k == label ? 1.0f : 0.0f);
        for (int j = 0; j < N; j++) s->signal[j] += s->v[k][j] * error;
        if (rate > 0)
            for (int j = 0; j < N; j++) s->v[k][j] -= rate * error * s->h[j];
        else
            for (int j = 0; j < N; j++) s->dv[k][j] += error * s->h[j];
        *(rate > 0 ? &s->d[k] : &s->dd[k]) += rate > 0 ? -rate * error : error;
    }
    return loss;
}

/* trace = f trace + factor pre; target += scale trace: one pass over one row. */
static void row(float *restrict trace, float *restrict target, const float *restrict pre, float f,
                float factor, float scale) {
    for (int k = 0; k < PAD; k++) {
        float e = f * trace[k] + factor * pre[k];
        trace[k] = e;
        target[k] += scale * e;
    }
}

float yardstick_step(Yardstick *s, const float *x, int label, float rate) {
    float f_of[N], factor[GATES][N], to_c[N], h[N];
    memcpy(s->pre, x, M * sizeof(float));
    memcpy(s->pre + M, s->h, N * sizeof(float));
    s->pre[P - 1] = 1;
    for (int j = 0; j < N; j++) {
        float i = sigmoid(dot(s->w[GATE_I][j], s->pre, PAD)), f = sigmoid(dot(s->w[GATE_F][j], s->pre, PAD));
        float g = tanhf(dot(s->w[GATE_G][j], s->pre, PAD)), o = sigmoid(dot(s->w[GATE_O][j], s->pre, PAD));
        float before = s->c[j], c = f * before + i * g, out = tanhf(c);
        s->c[j] = c, h[j] = o * out, f_of[j] = f;
        factor[GATE_I][j] = g * i * (1 - i), factor[GATE_F][j] = before * f * (1 - f);
        factor[GATE_G][j] = i * (1 - g * g), factor[GATE_O][j] = out * o * (1 - o);
        to_c[j] = o * (1 - out * out);
    }
    memcpy(s->h, h, sizeof h);
    float loss = readout(s, label, rate);
    float sign = rate > 0 ? -rate : 1;
    float(*target)[N][PAD] = rate > 0 ? s->w : s->dw;
    for (int j = 0; j < N; j++) {
        float scale = sign * s->signal[j] * to_c[j], direct = sign * s->signal[j] * factor[GATE_O][j];
        for (int gate = 0; gate < 3; gate++)
            row(s->trace[gate][j], target[gate][j], s->pre, f_of[j], factor[gate][j], scale);
        for (int k = 0; k < PAD; k++) target[GATE_O][j][k] += direct * s->pre[k];
    }
    return loss;
}
