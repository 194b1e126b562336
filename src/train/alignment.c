/* Cosines are computed of vectors divided by their largest entry, so that no square under- or overflows. */
#include "train/alignment.h"
#include <math.h>

/* The largest absolute entry; NaN or infinite when one of them is. */
static double largest(const double *values, size_t entries) {
    double most = 0;
    for (size_t i = 0; i < entries; i++) {
        if (!isfinite(values[i])) return NAN;
        most = fmax(most, fabs(values[i]));
    }
    return most;
}

static double share_of_signs(const double *gradient, const double *exact, size_t entries) {
    size_t counted = 0, same = 0;
    for (size_t i = 0; i < entries; i++) {
        if (exact[i] == 0) continue;
        counted++;
        same += (exact[i] > 0 && gradient[i] > 0) || (exact[i] < 0 && gradient[i] < 0);
    }
    return counted > 0 ? (double)same / (double)counted : NAN;
}

Agreement alignment(const double *gradient, const double *exact, size_t entries) {
    const double most = largest(gradient, entries), exact_most = largest(exact, entries);
    if (isnan(most) || isnan(exact_most)) return (Agreement){NAN, NAN, NAN};
    Agreement found = {NAN, NAN, share_of_signs(gradient, exact, entries)};
    double product = 0, square = 0, exact_square = 0;
    if (exact_most == 0) return found;
    if (most == 0) return found.ratio = 0, found;
    for (size_t i = 0; i < entries; i++) {
        const double a = gradient[i] / most, b = exact[i] / exact_most;
        product += a * b;
        square += a * a;
        exact_square += b * b;
    }
    found.cosine = fmax(-1, fmin(1, product / (sqrt(square) * sqrt(exact_square))));
    found.ratio = sqrt(square / exact_square) * (most / exact_most);
    return found;
}
