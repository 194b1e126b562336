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
