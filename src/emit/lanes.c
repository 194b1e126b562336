/* Sums over the sequences that are done at once: what the gradient gets from all of them. Their numbers lie
 * side by side, so that a sum over them is a scalar product, and over two vectors of units a product of
 * matrices. */
#include "emit/sweep.h"

typedef struct LaneSum {
    Emitter *e;
    const Statement *sweep;
    const Update *update;
    const Term *term;
    int lane, steps; /* the loops that are summed over; -1: no tape */
} LaneSum;

static bool ends_in_lanes(const LaneSum *sum, const Factor *factor) {
    const int last = factor->buffer->rank - 1;
    if (last < 0 || factor->index[last] != sum->lane || factor->through[last]) return false;
    return factor->step == 1 + sum->steps;
}

/* Whether the sum runs over the sequences, those of each step of the tape perhaps, and nothing else. */
static bool find_loops(LaneSum *sum) {
    sum->lane = sum->steps = -1;
    for (int l = 0; l < sum->sweep->loops; l++) {
        if (update_names(sum->sweep, sum->update, l)) continue;
        int *found = sum->sweep->dims[l] == sum->e->program->lanes   ? &sum->lane
                     : sum->sweep->dims[l] == sum->e->program->steps ? &sum->steps
                                                                     : NULL;
        if (!found || *found >= 0) return false;
        *found = l;
    }
    return sum->lane >= 0;
}

/* Whether the factor runs over the output's ranges from `first` on, so many, and then over the sequences. */
static bool runs_along(const LaneSum *sum, const Factor *factor, int first, int count) {
    return runs_over(factor, sum->update->index + first, count, &sum->lane, 1) &&
           is_direct(factor->buffer, factor->through);
}

static const char *first_of(const LaneSum *sum, const Factor *factor) {
    Emitter *e = sum->e;
    return factor->step ? first_record(e, factor->buffer, factor->lag)
                        : address(e, factor->buffer, factor->lag, NULL, 0, false);
}

static const char *count_of(const LaneSum *sum) { return sum->steps < 0 ? "1" : "(size_t)count"; }

static const char *apart(const LaneSum *sum) {
    if (sum->steps >= 0) sum->e->uses_tape = true;
    return sum->steps < 0 ? "0" : "sizeof *tape / sizeof(real)";
}

/* out[j, i] += Σ a[j] u[i]; j may be two ranges. */
static bool emit_products(const LaneSum *sum) {
    Emitter *e = sum->e;
    const Buffer *out = sum->update->out;
    const Factor *a = &sum->term->factor[0], *u = &sum->term->factor[1];
    const int rows = out->rank - 1;
    if (sum->term->factors != 2 || rows < 1 || !is_whole(sum->sweep, sum->update)) return false;
    if (!runs_along(sum, a, 0, rows) || !runs_along(sum, u, rows, 1)) return false;
    use_kernel(e, "kernel_steps_lanes");
    line(e, "kernel_steps_lanes(%s, %s, %s, %s, %s, %s, %s, %s);",
         extent(e, sum->sweep, sum->update->index, rows), size_of(e, out->dims[rows]), count_of(sum),
         size_of(e, e->program->lanes), apart(sum), first_of(sum, a), first_of(sum, u),
         address(e, out, 0, NULL, 0, true));
    return true;
}

/* out[j] += Σ x[j] */
static bool emit_sums(const LaneSum *sum) {
    Emitter *e = sum->e;
    const Buffer *out = sum->update->out;
    const Factor *x = &sum->term->factor[0];
    if (sum->term->factors != 1 || !is_whole(sum->sweep, sum->update) || !runs_along(sum, x, 0, out->rank))
        return false;
    use_kernel(e, "kernel_sum_lanes");
    line(e, "kernel_sum_lanes(%s, %s, %s, %s, %s, %s);", extent(e, sum->sweep, sum->update->index, out->rank),
         count_of(sum), size_of(e, e->program->lanes), apart(sum), first_of(sum, x),
         address(e, out, 0, NULL, 0, true));
    return true;
}

/* Where the sequences' numbers begin. */
static const char *lanes_address(const LaneSum *sum, const Factor *factor) {
    Emitter *e = sum->e;
    const char *at[MOST_RANGES] = {0};
    const int rank = factor->buffer->rank;
    for (int r = 0; r + 1 < rank; r++) at[r] = index_text(e, factor->index[r], factor->through[r]);
    at[rank - 1] = "0";
    if (!factor->step) return address(e, factor->buffer, factor->lag, at, rank - 1, false);
    return arena_printf(e->arena, "&%s", step_element(e, factor->buffer, factor->step - 1, factor->lag, at));
}

/* An entry at a time: a scalar product each. */
static bool emit_dots(const LaneSum *sum) {
    Emitter *e = sum->e;
    const Update *update = sum->update;
    const char *at[MOST_RANGES] = {0};
    int opened = 0;
    if (sum->term->factors != 2) return false;
    use_kernel(e, "kernel_dot");
    for (int summed = 1; summed >= 0; summed--)
        for (int l = 0; l < sum->sweep->loops; l++)
            if (l != sum->lane && update_names(sum->sweep, update, l) == !summed)
                open_loop(e, sum->sweep, l), opened++;
    for (int r = 0; r < update->out->rank; r++) at[r] = index_text(e, update->index[r], update->through[r]);
    line(e, "kernel_dot(%s, %s, %s, %s);", size_of(e, e->program->lanes),
         lanes_address(sum, &sum->term->factor[0]), lanes_address(sum, &sum->term->factor[1]),
         address(e, update->out, 0, at, update->out->rank, true));
    while (opened-- > 0) close_loop(e);
    return true;
}

bool emit_lanes(Emitter *e, const Statement *sweep, const Update *update, const Term *term) {
    LaneSum sum = {.e = e, .sweep = sweep, .update = update, .term = term};
    if (!e->program->lanes || !find_loops(&sum)) return false;
    for (int f = 0; f < term->factors; f++)
        if (!ends_in_lanes(&sum, &term->factor[f])) return false;
    return emit_products(&sum) || emit_sums(&sum) || emit_dots(&sum);
}
