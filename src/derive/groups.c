/* The average of a matrix over groups of neighbouring units, as the interpreter takes it. */
#include "derive/program.h"

#include <stdlib.h>

/* The group that a unit is in. */
static int group_of(const IntTable *borders, long unit) {
    int group = 0;
    while (unit >= borders->values[group + 1]) group++;
    return group;
}

typedef struct Sums { /* by pair of groups */
    double *sum, *count;
} Sums;

/* One entry: added to its pair's sum, or (`set`) given what the sum came to. */
static void visit(const Groups *groups, const Sums *sums, long j, long i, const double *from, double *set) {
    const int pair = group_of(groups->rows, j) * (groups->columns->count - 1) + group_of(groups->columns, i);
    const bool absent = groups->hollow && i == j;
    if (set) {
        *set = absent ? 0 : sums->sum[pair] / sums->count[pair];
    } else if (!absent) {
        sums->sum[pair] += *from;
        sums->count[pair] += 1;
    }
}

static void visit_all(const Buffer *matrix, const Groups *groups, const Sums *sums, const double *from,
                      double *to) {
    const Pattern *pattern = matrix->csr ? matrix->csr->pattern : NULL;
    const long rows = pattern ? pattern->rows : dim_size(matrix->dims[0]),
               columns = pattern ? pattern->cols : dim_size(matrix->dims[1]);
    long e = 0;
    for (long j = 0; j < rows; j++) {
        const long own = pattern ? pattern->start[j + 1] - pattern->start[j] : columns;
        for (long k = 0; k < own; k++, e++)
            visit(groups, sums, j, pattern ? pattern->column[e] : k, from + e, to ? to + e : NULL);
    }
}

void groups_average(const Buffer *matrix, const Groups *groups, const double *from, double *to) {
    const size_t pairs = (size_t)((groups->rows->count - 1) * (groups->columns->count - 1));
    double *room = calloc(2 * pairs + 1, sizeof *room);
    if (!room) abort();
    const Sums sums = {room, room + pairs};
    visit_all(matrix, groups, &sums, from, NULL);
    visit_all(matrix, groups, &sums, from, to);
    free(room);
}
