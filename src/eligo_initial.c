/* What a parameter is before it learns. */
#include "eligo_initial.h"

#include <math.h>
#include <string.h>

/* Rows made orthonormal one after the other (modified Gram–Schmidt on normal draws). */
static void orthogonal(Random *random, long rows, long cols, double *values) {
    for (long j = 0; j < rows; j++) {
        double *row = values + j * cols;
        for (long i = 0; i < cols; i++) row[i] = random_normal(random);
        for (long p = cols < rows ? j - j % cols : 0; p < j; p++) {
            double dot = 0;
            for (long i = 0; i < cols; i++) dot += row[i] * values[p * cols + i];
            for (long i = 0; i < cols; i++) row[i] -= dot * values[p * cols + i];
        }
        double norm = 0;
        for (long i = 0; i < cols; i++) norm += row[i] * row[i];
        for (long i = 0; i < cols; i++) row[i] /= sqrt(norm > 0 ? norm : 1);
    }
}

static void fill_named(Random *random, const Var *param, double scale, double *values) {
    long rows = dim_size(param->rows), cols = dim_size(param->cols), entries = rows * cols;
    double centre = 0;
    const char *name = param->init_name;
    if (strcmp(name, "orthogonal") == 0) {
        orthogonal(random, rows, cols, values);
        return;
    }
    if (param->init_given) { /* uniform: the middle and half the width */
        const bool uniform = strcmp(name, "uniform") == 0;
        const double a = param->init_range[0], b = param->init_range[1];
        centre = uniform ? (a + b) / 2 : a;
        scale = uniform ? (b - a) / 2 : b;
    }
    for (long i = 0; i < entries; i++) {
        if (strcmp(name, "uniform") == 0)
            values[i] = centre + scale * (2 * random_uniform(random) - 1);
        else if (strcmp(name, "normal") == 0)
            values[i] = centre + scale * random_normal(random);
        else if (strcmp(name, "identity") == 0)
            values[i] = i / cols == i % cols;
        else
            values[i] = strcmp(name, "ones") == 0;
    }
}

/* How many entries a unit has: draws are scaled by its root. */
static double fan_in(const Var *param, const Csr *csr) {
    if (csr) return fmax(1, (double)csr->pattern->entries / (double)csr->pattern->rows);
    return (double)dim_size(param->cols ? param->cols : param->rows);
}

void initial_values(Random *random, const Var *param, const Csr *csr, double *values) {
    long rows = dim_size(param->rows), cols = dim_size(param->cols);
    double scale = 1 / sqrt(fan_in(param, csr));
    if (param->init == INIT_NAMED) {
        fill_named(random, param, scale, values);
    } else {
        for (long i = 0; i < rows * cols; i++)
            values[i] = param->init == INIT_NUMBER ? param->init_number
                        : param->cols              ? scale * (2 * random_uniform(random) - 1)
                                                   : 0;
    }
    for (long j = 0; param->zero_diagonal && j < rows; j++) values[j * cols + j] = 0;
    const bool drawn = param->init != INIT_NUMBER;
    for (long i = 0; param->nonnegative && i < rows * cols; i++)
        values[i] = drawn ? fabs(values[i]) : fmax(0, values[i]);
}
