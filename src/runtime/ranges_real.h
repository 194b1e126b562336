/* Every element-wise operator over a range, for learners that tcc compiled: its own loops are slow. Each
 * computes what the operator's C text does, an operation at a time and in the same order as the scalar code
 * of other engines, so the bits are the same. `real` is the number type, RANGE(name) the function's name,
 * FUNCTION(name) libm's name for that type; EXP, SIGMOID and TANH are what maps of that type call. Operands
 * may be the result's own array. */

#define RANGED(name, formula)                                                                                \
    FAST static void RANGE(name)(size_t n, const real *a, const real *b, const real *c, real *out) {         \
        (void)a, (void)b, (void)c;                                                                           \
        for (size_t i = 0; i < n; i++) out[i] = formula;                                                     \
    }

RANGED(copy, a[i])
RANGED(fill, *a)
RANGED(scale, *a *b[i])
RANGED(add_scaled, a[i] + *b * c[i])
RANGED(neg, -a[i])
RANGED(add, a[i] + b[i])
RANGED(sub, a[i] - b[i])
RANGED(mul, a[i] * b[i])
RANGED(div, a[i] / b[i])
RANGED(pow, FUNCTION(pow)(a[i], b[i]))
RANGED(exp, EXP(a[i]))
RANGED(log, FUNCTION(log)(a[i]))
RANGED(sqrt, FUNCTION(sqrt)(a[i]))
RANGED(sigmoid, SIGMOID(a[i]))
RANGED(tanh, TANH(a[i]))
RANGED(relu, a[i] <= 0 ? 0 : a[i])
RANGED(softplus, (a[i] > 0 ? a[i] : 0) + FUNCTION(log1p)(EXP(-FUNCTION(fabs)(a[i]))))
RANGED(gelu, (real)0.5 * a[i] * (1 + FUNCTION(erf)(a[i] * (real)0.70710678118654752)))
RANGED(silu, SILU(a[i]))
RANGED(erf, FUNCTION(erf)(a[i]))
RANGED(sin, FUNCTION(sin)(a[i]))
RANGED(cos, FUNCTION(cos)(a[i]))
RANGED(abs, FUNCTION(fabs)(a[i]))
RANGED(sign, (real)(a[i] > 0 ? 1 : a[i] < 0 ? -1 : 0))
RANGED(step, (real)(a[i] >= 0 ? 1 : 0))
RANGED(max, a[i] >= b[i] ? a[i] : b[i])
RANGED(min, a[i] <= b[i] ? a[i] : b[i])
RANGED(clip, a[i] <= b[i] ? b[i] : a[i] >= c[i] ? c[i] : a[i])
RANGED(where, a[i] != 0 ? b[i] : c[i])
RANGED(less, (real)(a[i] < b[i]))
RANGED(less_equal, (real)(a[i] <= b[i]))
RANGED(greater, (real)(a[i] > b[i]))
RANGED(greater_equal, (real)(a[i] >= b[i]))
RANGED(equal, (real)(a[i] == b[i]))
RANGED(not_equal, (real)(a[i] != b[i]))

#define HASH_MIX ((unsigned)(int)a[i] * 2654435769u + (unsigned)(int)b[i] * 2246822519u + 1831565813u)
RANGED(hash,
       (real)(int)(((HASH_MIX ^ (HASH_MIX >> 15)) * 2869860233u) >> 8) * (real)0.000000059604644775390625)
#undef HASH_MIX

#undef RANGED
