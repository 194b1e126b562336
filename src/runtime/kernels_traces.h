/* Kernels: traces and their gradients. See runtime/kernels_real.h. */

/*@ kernel_outer */
/* Y[rows, n] += a[rows] x[n]: an outer product. A row whose a is 0 is neither read nor written: that changes
 * no number (at most the sign of a zero that was -0), but what 0 times an infinity or a NaN in x would make
 * of the row stays out of it. */
KERNEL void kernel_outer(size_t rows, size_t n, const real *a, const real *x, real *restrict y) {
    for (size_t j = 0; j < rows; j++, y += n) {
        const real aj = a[j];
        if (aj == 0) continue;
        for (size_t i = 0; i < n; i++) y[i] += aj * x[i];
    }
}

/*@ kernel_trace */
/* E[rows, n] = a[rows] E + b[rows] x[n]: a trace */
KERNEL void kernel_trace(size_t rows, size_t n, const real *a, const real *b, const real *x,
                         real *restrict e) {
    for (size_t j = 0; j < rows; j++, e += n) {
        const real aj = a[j], bj = b[j];
        for (size_t i = 0; i < n; i++) e[i] = aj * e[i] + bj * x[i];
    }
}

/*@ kernel_trace_gradient */
/* E[rows, n] = a[rows] E + b[rows] x[n], G[rows, n] += l[rows] E: a trace and its gradient, in one pass. A
 * row whose l is 0 has its trace alone, as in kernel_outer: no loss at this step, or a unit that can't feel
 * it. */
KERNEL void kernel_trace_gradient(size_t rows, size_t n, const real *a, const real *b, const real *x,
                                  real *restrict e, const real *l, real *restrict g) {
    for (size_t j = 0; j < rows; j++, e += n, g += n) {
        const real aj = a[j], bj = b[j], lj = l[j];
        if (lj == 0)
            for (size_t i = 0; i < n; i++) e[i] = aj * e[i] + bj * x[i];
        else
            for (size_t i = 0; i < n; i++) {
                e[i] = aj * e[i] + bj * x[i];
                g[i] += lj * e[i];
            }
    }
}

/*@ kernel_outer_gemv */
/* W[rows, n] += a[rows] x[n], y[rows] = W v[n]: kernel_outer, then kernel_gemv, in one pass over W */
KERNEL void kernel_outer_gemv(size_t rows, size_t n, const real *a, const real *x, real *restrict w,
                              const real *v, real *restrict y) {
    const size_t rest = n % 16, whole = n - rest;
    real part[32][16];
    for (size_t j = 0; j < rows; j++, w += n) {
        const real aj = a[j];
        real sum[16] = {0}, *out = part[j % 32];
        if (aj != 0)
            for (size_t i = 0; i < whole; i += 16)
                for (size_t k = 0; k < 16; k++) {
                    const real weight = w[i + k] + aj * x[i + k];
                    w[i + k] = weight;
                    sum[k] += weight * v[i + k];
                }
        else
            for (size_t i = 0; i < whole; i += 16)
                for (size_t k = 0; k < 16; k++) sum[k] += w[i + k] * v[i + k];
        for (size_t k = 0; k < 16; k++) out[k] = sum[k];
        for (size_t k = 0; k < rest; k++) {
            if (aj != 0) w[whole + k] += aj * x[whole + k];
            out[k] += w[whole + k] * v[whole + k];
        }
        if (j % 32 == 31 || j + 1 == rows) kernel_join(j % 32 + 1, part[0], y + j / 32 * 32, 0);
    }
}

/*@ kernel_trace_gradient_gemv */
/* E[rows, n] = a[rows] E + b[rows] x[n], W[rows, n] += l[rows] E, y[rows] = W v[n]: kernel_trace_gradient,
 * then kernel_gemv, in one pass over W */
KERNEL void kernel_trace_gradient_gemv(size_t rows, size_t n, const real *a, const real *b, const real *x,
                                       real *restrict e, const real *l, real *restrict w, const real *v,
                                       real *restrict y) {
    const size_t rest = n % 16, whole = n - rest;
    real part[32][16];
    for (size_t j = 0; j < rows; j++, e += n, w += n) {
        const real aj = a[j], bj = b[j], lj = l[j];
        real sum[16] = {0}, *out = part[j % 32];
        if (lj != 0)
            for (size_t i = 0; i < whole; i += 16)
                for (size_t k = 0; k < 16; k++) {
                    const real trace = aj * e[i + k] + bj * x[i + k], weight = w[i + k] + lj * trace;
                    e[i + k] = trace;
                    w[i + k] = weight;
                    sum[k] += weight * v[i + k];
                }
        else
            for (size_t i = 0; i < whole; i += 16)
                for (size_t k = 0; k < 16; k++) {
                    e[i + k] = aj * e[i + k] + bj * x[i + k];
                    sum[k] += w[i + k] * v[i + k];
                }
        for (size_t k = 0; k < 16; k++) out[k] = sum[k];
        for (size_t k = 0; k < rest; k++) {
            e[whole + k] = aj * e[whole + k] + bj * x[whole + k];
            if (lj != 0) w[whole + k] += lj * e[whole + k];
            out[k] += w[whole + k] * v[whole + k];
        }
        if (j % 32 == 31 || j + 1 == rows) kernel_join(j % 32 + 1, part[0], y + j / 32 * 32, 0);
    }
}
