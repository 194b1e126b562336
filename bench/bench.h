/* What the parts of the benchmark share: the clock, figures of many rounds, and the table.
 *
 * Each row of the table has what was measured (median, least, most), and beside it, where there is one, the
 * ratio to a peer that took turns with it and its share of the machine's limit, with what was promised of
 * them. */
#ifndef ELIGO_BENCH_H
#define ELIGO_BENCH_H

#include <stdbool.h>

typedef struct Figure {
    double median, min, max;
} Figure;

typedef struct BenchRow {
    const char *what, *unit;
    Figure value;
    double bound;       /* the value's upper bound; 0: none was promised, here and below */
    const char *peer;   /* whom it took turns with; NULL: nobody */
    Figure peer_value;  /* in the same unit */
    double peer_bound;  /* upper bound of value / peer_value */
    double limit;       /* the least time that the machine allows, or the highest speed; 0: not known */
    double limit_bound; /* lower bound of the share of the limit that was reached, from 0 to 1 */
    bool scales;        /* beside a smaller size of the same: the exponents of time and of the cost sheet */
    double slope, sheet_slope;
} BenchRow;

double bench_now(void); /* seconds of this process's processor time: what others do meanwhile isn't counted */
double bench_median(double *values, int count);
Figure bench_figure(double *values, int count);
bool bench_open(const char *json_path);
bool bench_close(void);
void bench_title(const char *title);
void bench_row(BenchRow row);
/* A row of one number; `bound` 0 where nothing was promised. */
void bench_report(const char *what, double value, const char *unit, double bound);
/* A row that has no figure here, and why. */
void bench_missing(const char *what, const char *why);

void bench_steps(void);     /* steps.c */
void bench_starts(void);    /* starts.c */
void bench_emitted(void);   /* emitted.c */
void bench_masks(void);     /* masks.c */
void bench_estimates(void); /* estimates.c */
void bench_limits(void);    /* limits.c */
void bench_reach(void);     /* reach.c */
void bench_threads(void);   /* threads.c */
void bench_memory(void);    /* memory.c */
void bench_scaling(void);   /* scaling.c */
void bench_plans(void);     /* plans.c */

#endif
