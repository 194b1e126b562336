/* Averages over populations, entry by entry: what stands for a derivative under `replace … with mean`. */
#ifndef ELIGO_ORACLE_MEAN_H
#define ELIGO_ORACLE_MEAN_H

#include "oracle/unroll.h"

/* The average of the product's matrix over the existing entries from the column's population to the row's. */
double mean_entry(const Unrolled *unrolled, const Expr *product, int row, int column);
/* The average of d top / d from over the units of the unit's population: of the way's end where that has as
 * many units, else of its start. */
double mean_slope(Unrolled *unrolled, const Expr *from, const Expr *top, int unit, const Var *start,
                  const Var *end, int step);

#endif
