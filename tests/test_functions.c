/* The functions that float learners call in place of libm: errors over the whole range against libm in
 * double, what happens at the ends, and the same bits from the pasted text however it is compiled. */
#include "base/arena.h"
#include "base/text.h"
#include "jit/jit.h"
#include "runtime/kernels.h"
#include "support.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float Single(float);

static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }

/* The bounds are those that runtime/kernels_float.h states. */
static const struct {
    const char *name;
    double (*truth)(double);
    double bound;
} functions[] = {{"kernel_exp", exp, 0.80}, {"kernel_sigmoid", sigmoid, 1.66}, {"kernel_tanh", tanh, 1.34}};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static const Kernel *kernel_of(const Kernel *list, const char *name) {
    for (int i = 0; i < kernel_count; i++)
        if (strcmp(list[i].name, name) == 0) return &list[i];
    cr_assert_fail("no %s", name);
    return NULL;
}

static Single *own(const char *name) { return (Single *)kernel_of(kernels, name)->float_function; }

static float from_bits(uint32_t bits) {
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint32_t bits_of(float number) {
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* The distance of `got` from the truth in units of the truth's last place as a float. */
static double error_of(float got, double truth) {
    int exponent;
    frexp(truth, &exponent);
    return fabs((double)got - truth) / ldexp(1, (truth == 0 || exponent < -125 ? -125 : exponent) - 24);
}

static void expect_near(int i, Single *function, float x) {
    const double truth = functions[i].truth((double)x);
    const float got = function(x), nearest = (float)truth;
    if (isnan(x)) {
        cr_assert(isnan(got), "%s(NaN) is %.9g", functions[i].name, (double)got);
    } else if (isinf(nearest)) {
        cr_assert_eq(got, nearest, "%s(%.9g) is %.9g", functions[i].name, (double)x, (double)got);
    } else {
        cr_assert(error_of(got, truth) <= functions[i].bound, "%s(%.9g) is %.9g, not %.9g: %g units",
                  functions[i].name, (double)x, (double)got, truth, error_of(got, truth));
        cr_assert_eq(!signbit(got), !signbit(nearest), "the sign of %s(%.9g)", functions[i].name, (double)x);
    }
}

/* Every 797th float: 10,500 in each octave, of both signs. All of them, by hand, gave the bounds. */
Test(functions, errors_over_the_whole_range) {
    for (int i = 0; i < FUNCTIONS; i++) {
        Single *function = own(functions[i].name);
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 797)
            expect_near(i, function, from_bits((uint32_t)bits));
    }
}

/* Zeros, denormals, infinities and what is no number; where exp leaves the floats, tanh and sigmoid become 1,
 * and tanh changes from a polynomial to exp: 2000 neighbours of each. */
Test(functions, errors_where_something_changes) {
    static const float places[] = {0.0f,   1e-45f,  1.17549435e-38f, 1e-20f,  0.3125f, 0.34657359f,
                                   0.625f, 1.0f,    9.0109f,         17.328f, 52.0f,   87.33f,
                                   88.73f, 103.97f, 104.0f,          INFINITY};
    for (int i = 0; i < FUNCTIONS; i++)
        for (size_t k = 0; k < sizeof places / sizeof *places; k++)
            for (uint32_t step = 0; step < 2000; step++) {
                const uint32_t bits = bits_of(places[k]) + step - (places[k] > 0 ? 1000 : 0);
                expect_near(i, own(functions[i].name), from_bits(bits & 0x7fffffffu));
                expect_near(i, own(functions[i].name), from_bits(bits | 0x80000000u));
            }
}

Test(functions, ends) {
    Single *e = own("kernel_exp"), *sigma = own("kernel_sigmoid"), *t = own("kernel_tanh");
    cr_expect_eq(e(0), 1);
    cr_expect_eq(e(89), INFINITY);
    cr_expect_eq(e(-104), 0);
    cr_expect_eq(e(-INFINITY), 0);
    cr_expect_gt(e(-103), 0);
    cr_expect_eq(sigma(0), 0.5f);
    cr_expect_eq(sigma(INFINITY), 1);
    cr_expect_eq(sigma(-INFINITY), 0);
    cr_expect_gt(sigma(-100), 0); /* 1 / (1 + expf(100)) is 0 */
    cr_expect_eq(bits_of(t(-0.0f)), 0x80000000u);
    cr_expect_eq(bits_of(t(0.0f)), 0);
    cr_expect_eq(t(INFINITY), 1);
    cr_expect_eq(t(-INFINITY), -1);
    cr_expect_eq(bits_of(t(-1e-45f)), 0x80000001u);
}

/* ---- sets of instructions ---- */

Test(functions, same_bits_whatever_the_processor) {
    for (int i = 0; i < FUNCTIONS; i++) {
        Single *plain = own(functions[i].name),
               *here = (Single *)kernel_of(kernels_here(), functions[i].name)->float_function;
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 7919) {
            const float x = from_bits((uint32_t)bits);
            if (!isnan(x)) cr_assert_eq(bits_of(plain(x)), bits_of(here(x)), "%s", functions[i].name);
        }
    }
}

enum { ROWS = 7, COLUMNS = 53 };

typedef struct Products {
    float y[ROWS], dot, trace[COLUMNS], gradient[COLUMNS];
} Products;

static Products products_by(const Kernel *list, const float *a, const float *x) {
    Products made = {{0}, 0, {0}, {0}};
    ((void (*)(size_t, size_t, const float *, const float *, float *, int))kernel_of(list, "kernel_gemv")
         ->float_function)(ROWS, COLUMNS, a, x, made.y, 0);
    ((void (*)(size_t, const float *, const float *, float *))kernel_of(list, "kernel_dot")->float_function)(
        COLUMNS, a, x, &made.dot);
    for (int t = 0; t < 5; t++)
        ((void (*)(size_t, size_t, const float *, const float *, const float *, float *, const float *,
                   float *))kernel_of(list, "kernel_trace_gradient")
             ->float_function)(1, COLUMNS, &x[1], &x[2], a + t, made.trace, &x[3], made.gradient);
    return made;
}

/* A fused a * b + c, or sums in the order that wide vectors like, would show here. */
Test(functions, same_sums_whatever_the_processor) {
    float a[ROWS * COLUMNS], x[COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++) a[i] = (float)((i * 7919) % 1009) / 997 - 0.5f;
    for (int i = 0; i < COLUMNS; i++) x[i] = (float)((i * 104729) % 613) / 607 - 0.5f;
    const Products plain = products_by(kernels, a, x), here = products_by(kernels_here(), a, x);
    cr_assert_eq(memcmp(&plain, &here, sizeof plain), 0);
    cr_assert_neq(plain.dot, 0);
}

/* The text as a learner has it, under names that the engine doesn't bind to this program's own functions. */
static Single *pasted(const Jit *jit, const char *name) {
    void *address = jit_symbol(jit, name);
    cr_assert_not_null(address, "no %s", name);
    Single *function;
    memcpy(&function, &address, sizeof function);
    return function;
}

Test(functions, same_bits_from_each_compiler) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    Text text = {0};
    text_add(&text, "#define KERNEL\n");
    for (int i = 0; i < FUNCTIONS; i++) text_printf(&text, "#define %s pasted_%d\n", functions[i].name, i);
    text_add_bytes(&text, (const char *)kernels_float_text, kernels_float_text_length);
    Jit *tcc = jit_compile(text.at, JIT_TCC, true, diagnostics),
        *cc = jit_compile(text.at, JIT_CC, true, diagnostics);
    cr_assert(tcc && cc, "%s", diagnostics->list.count ? diagnostics->list.at[0]->message : "");
    for (int i = 0; i < FUNCTIONS; i++) {
        const char *name = arena_printf(arena, "pasted_%d", i);
        Single *here = own(functions[i].name), *by_tcc = pasted(tcc, name), *by_cc = pasted(cc, name);
        for (uint64_t bits = 0; bits <= UINT32_MAX; bits += 7919) {
            const float x = from_bits((uint32_t)bits), expected = here(x);
            if (isnan(x)) continue;
            cr_assert_eq(bits_of(by_tcc(x)), bits_of(expected), "%s(%.9g) by tcc", functions[i].name,
                         (double)x);
            cr_assert_eq(bits_of(by_cc(x)), bits_of(expected), "%s(%.9g) by cc", functions[i].name,
                         (double)x);
        }
    }
    jit_free(tcc);
    jit_free(cc);
    text_free(&text);
    arena_free(arena);
}
