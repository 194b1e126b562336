/* Means and Student's intervals. */
#include "train/statistics.h"
#include <math.h>

double student_quantile(int degrees) {
    static const double table[] = {12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600,
                                   2.26216, 2.22814, 2.20099, 2.17881, 2.16037, 2.14479, 2.13145, 2.11991,
                                   2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.06390,
                                   2.05954, 2.05553, 2.05183, 2.04841, 2.04523, 2.04227};
    enum { ROWS = sizeof table / sizeof *table };
    if (degrees < 1) return NAN;
    if (degrees <= ROWS) return table[degrees - 1];
    const double z = 1.959964, n = degrees; /* the first terms of its expansion in 1/n */
    return z + (pow(z, 3) + z) / (4 * n) + (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * n * n);
}

Estimate estimate(const double *values, int count) {
    Estimate found = {0, 0, NAN};
    double squares = 0;
    for (int i = 0; i < count; i++) {
        if (isnan(values[i])) continue;
        found.count++;
        found.mean += values[i];
    }
    found.mean = found.count > 0 ? found.mean / found.count : NAN;
    for (int i = 0; i < count; i++)
        if (!isnan(values[i])) squares += pow(values[i] - found.mean, 2);
    if (found.count > 1)
        found.half = student_quantile(found.count - 1) * sqrt(squares / (found.count - 1) / found.count);
    return found;
}
