/* What several seeds say together: a mean, and how far it may be off.
 *
 * The interval is Student's: with the few seeds that anyone runs, the normal distribution's would be too
 * narrow by half. Values that are no number are left out, and counted as such. */
#ifndef ELIGO_TRAIN_STATISTICS_H
#define ELIGO_TRAIN_STATISTICS_H

typedef struct Estimate {
    int count;   /* of values that are numbers */
    double mean; /* NaN without any */
    double half; /* the 95 % interval is mean ± half; NaN below two values */
} Estimate;

/* Of `count` values. */
Estimate estimate(const double *values, int count);
/* The 0.975 quantile of Student's distribution. */
double student_quantile(int degrees);

#endif
