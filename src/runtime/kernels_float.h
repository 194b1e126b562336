/* Functions of one float: what maps of float learners call in place of libm (double ones keep libm). One
 * source for the same three uses as runtime/kernels_real.h, cut at the same seams.
 *
 * They have no branch, no call and no comparison of floats that guards arithmetic, so that a compiler that
 * must not reorder rounding or hide traps still makes vectors of a loop that calls them; bits are looked at
 * through unions, because memcpy is a real call without builtins. Errors are in units of the last place of
 * the true value, the most over all 2^32 floats, with one rounding per operation; infinities, zeros and their
 * signs are libm's, and a NaN stays one. Plain C99, IEEE floats, an unsigned of 32 bits. */

/*@ kernel_exp */
/* exp(x) within 0.80 units of the last place, down to denormals. x = n ln 2 + r, ln 2 in two parts of which
 * the first times n is exact; exp(r) = 1 + r + r² P(r), P from Cephes' expf (Moshier), what 1 + r loses is
 * added again; 2^n in two halves, since it may be too large or too small for one float. Adding 1.5 * 2^23
 * rounds to a whole number, which then stands in the low bits. Beyond ±104 nothing changes. */
KERNEL float kernel_exp(float x) {
    union {
        float number;
        unsigned bits;
    } within, n, low, high;
    within.number = x;
    const unsigned size = within.bits & 0x7fffffffu;
    const int beyond = (size > 0x42d00000u) & (size <= 0x7f800000u);
    within.bits = (beyond ? 0x42d00000u : size) | (within.bits & 0x80000000u);
    n.number = within.number * 1.44269504f + 12582912.0f;
    const float whole = n.number - 12582912.0f;
    const float most = within.number - whole * 0.693359375f, rest = whole * -2.12194440e-4f, r = most - rest;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    const float sum = 1.0f + most, lost = (1.0f - sum) + most;
    const unsigned exponents = n.bits - 0x4b400000u + 2 * 256u, half = exponents / 2;
    low.bits = (half - 129u) << 23;
    high.bits = (exponents - half - 129u) << 23;
    return (sum + (lost + (p * (r * r) - rest))) * low.number * high.number;
}

/*@ kernel_sigmoid */
/* 1 / (1 + exp(-x)) within 1.66 units of the last place, for very negative x too. With e = exp(-|x|) it is
 * 1 - e / (1 + e) or e - e e / (1 + e): the quotient's rounding counts little where the result is near 1, and
 * near e. */
KERNEL float kernel_sigmoid(float x) {
    const float e = kernel_exp(x < 0.0f ? x : -x), most = x < 0.0f ? e : 1.0f;
    return most - most * (e / (1.0f + e));
}

/*@ kernel_tanh */
/* tanh(x) within 1.34 units of the last place: x + x³ P(x²) below 0.625, P from Cephes' tanhf (Moshier), else
 * 1 - 2 / (exp(2 |x|) + 1); both are computed, a mask picks one, and x gives the sign. */
KERNEL float kernel_tanh(float x) {
    union {
        float number;
        unsigned bits;
    } size, near, far;
    size.number = x;
    const unsigned sign = size.bits & 0x80000000u;
    size.bits = size.bits & 0x7fffffffu;
    const float a = size.number, square = a * a;
    float p = -5.70498872745e-3f;
    p = p * square + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    near.number = p * square * a + a;
    far.number = 1.0f - 2.0f / (kernel_exp(2.0f * a) + 1.0f);
    const unsigned is_near = 0u - (unsigned)(a < 0.625f);
    far.bits = (near.bits & is_near) | (far.bits & ~is_near) | sign;
    return far.number;
}
