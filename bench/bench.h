/* What the parts of the benchmark share. */
#ifndef ELIGO_BENCH_H
#define ELIGO_BENCH_H

double bench_now(void); /* seconds */
double bench_median(double *values, int count);
/* One line of the table; `bound` 0 where nothing was promised. */
void bench_report(const char *what, double value, const char *unit, double bound);

void bench_masks(void);     /* masks.c */
void bench_estimates(void); /* estimates.c */

#endif
