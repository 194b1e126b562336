/* Sweeps that sum over a loop: products of matrices by kernels, what is left as nested loops. */
#include "emit/sweep.h"
#include <string.h>

typedef struct Gemm { /* C[m, n] = Σ_k A[m, k] B[k, n]: loops m and n as in the output, k summed */
    const Factor *a, *b;
    const char *rows, *columns, *inner, *row, *step;
    bool dot; /* B is a vector over k */
} Gemm;

const char *extent(Emitter *e, const Statement *sweep, const int *loops, int count) {
    const char *product = NULL;
    for (int i = 0; i < count; i++) product = times(e, product, size_of(e, sweep->dims[loops[i]]));
    return product ? product : "1";
}

bool runs_over(const Factor *factor, const int *first, int firsts, const int *second, int seconds) {
    if (factor->buffer->rank != firsts + seconds) return false;
    for (int r = 0; r < firsts; r++)
        if (factor->index[r] != first[r]) return false;
    for (int r = 0; r < seconds; r++)
        if (factor->index[firsts + r] != second[r]) return false;
    return true;
}

static bool matches(Emitter *e, const Statement *sweep, const Update *update, const Factor *a,
                    const Factor *b, int cut, Gemm *gemm) {
    int k[MOST_LOOPS], summed = 0;
    for (int l = 0; l < sweep->loops; l++)
        if (!update_names(sweep, update, l)) k[summed++] = l;
    const int *m = update->index, *n = update->index + cut, columns = update->out->rank - cut;
    if (!runs_over(b, k, summed, n, columns)) return false;
    const bool plain = runs_over(a, m, cut, k, summed), transposed = runs_over(a, k, summed, m, cut);
    if (!plain && !transposed) return false;
    gemm->a = a, gemm->b = b;
    gemm->rows = extent(e, sweep, m, cut);
    gemm->columns = extent(e, sweep, n, columns);
    gemm->inner = extent(e, sweep, k, summed);
    gemm->row = cut == 0 ? "0" : plain ? gemm->inner : "1";
    gemm->step = plain ? "1" : gemm->rows;
    gemm->dot = columns == 0 && plain && cut > 0;
    return true;
}

bool is_whole(const Statement *sweep, const Update *update) {
    for (int r = 0; r < update->out->rank; r++) {
        if (update->index[r] < 0) return false;
        for (int q = 0; q < r; q++)
            if (update->index[q] == update->index[r]) return false;
    }
    for (int l = 0; l < sweep->loops; l++)
        if (sweep->start[l]) return false;
    return is_direct(update->out, update->through);
}

/* No table, and nothing of the tape. */
static bool is_plain(const Term *term) {
    for (int f = 0; f < term->factors; f++)
        if (term->factor[f].step || !is_direct(term->factor[f].buffer, term->factor[f].through)) return false;
    return true;
}

static bool find_gemm(Emitter *e, const Statement *sweep, const Update *update, const Term *term,
                      Gemm *gemm) {
    if (term->factors != 2 || update->out->rank == 0) return false;
    if (!is_whole(sweep, update) || !is_plain(term)) return false;
    for (int cut = 0; cut <= update->out->rank; cut++)
        for (int swap = 0; swap < 2; swap++) {
            const Factor *a = &term->factor[swap], *b = &term->factor[!swap];
            if (!matches(e, sweep, update, a, b, cut, gemm)) continue;
            if (cut < update->out->rank || gemm->dot) return true;
        }
    return false;
}

static const char *whole(Emitter *e, const Factor *factor) {
    return address(e, factor->buffer, factor->lag, NULL, 0, false);
}

static void emit_gemm(Emitter *e, const Update *update, const Gemm *gemm, bool add) {
    const char *a = whole(e, gemm->a), *b = whole(e, gemm->b);
    const char *c = address(e, update->out, 0, NULL, 0, true);
    if (gemm->dot) {
        use_kernel(e, "kernel_gemv");
        line(e, "kernel_gemv(%s, %s, %s, %s, %s, %d);", gemm->rows, gemm->inner, a, b, c, add);
    } else if (strcmp(gemm->rows, "1") == 0) {
        use_kernel(e, "kernel_combine");
        line(e, "kernel_combine(%s, %s, %s, %s, %s, %s, %s, %d);", gemm->columns, gemm->inner, a, gemm->step,
             b, gemm->columns, c, add);
    } else {
        use_kernel(e, "kernel_gemm");
        line(e, "kernel_gemm(%s, %s, %s, %s, %s, %s, %s, %s, %d);", gemm->rows, gemm->columns, gemm->inner, a,
             gemm->row, gemm->step, b, c, add);
    }
}

/* out[j, i] += Σ_t a[t][j] u[t][i] over a block's steps, every vector in its step's record; j may be two
 * ranges. */
static bool emit_steps(Emitter *e, const Statement *sweep, const Update *update, const Term *term) {
    const Factor *a = &term->factor[0], *u = &term->factor[1];
    const int rows = update->out->rank - 1;
    if (term->factors != 2 || !a->step || a->step != u->step || rows < 1) return false;
    if (sweep->loops != rows + 2 || !is_whole(sweep, update)) return false;
    if (!runs_over(a, update->index, rows, NULL, 0) || !runs_over(u, update->index + rows, 1, NULL, 0))
        return false;
    if (!is_direct(a->buffer, a->through) || !is_direct(u->buffer, u->through)) return false;
    use_kernel(e, "kernel_steps");
    line(e, "kernel_steps(%s, %s, (size_t)count, sizeof *tape / sizeof(real), %s, %s, %s);",
         extent(e, sweep, update->index, rows), size_of(e, update->out->dims[rows]),
         first_record(e, a->buffer, a->lag), first_record(e, u->buffer, u->lag),
         address(e, update->out, 0, NULL, 0, true));
    return true;
}

/* Zero at every entry that the update writes. */
static void emit_clear(Emitter *e, const Statement *sweep, const Update *update) {
    int opened = 0;
    for (int l = 0; l < sweep->loops; l++)
        if (update_names(sweep, update, l)) open_loop(e, sweep, l), opened++;
    line(e, "%s = %s;", out_text(e, update), literal(e, 0));
    while (opened-- > 0) close_loop(e);
}

/* The loop that is best innermost: the last one of the output, so that a sum adds rows to rows; -1 where that
 * has to stay outside of a ragged one. */
static int innermost(const Statement *sweep, const Update *update) {
    const int rank = update->out->rank, inner = rank > 0 ? update->index[rank - 1] : -1;
    for (int l = 0; l < sweep->loops; l++)
        if (sweep->start[l] && sweep->parent[l] == inner) return -1;
    return inner;
}

/* Without a loop of the output, a local sums up. */
static void emit_sum(Emitter *e, const Statement *sweep, const Update *update, const Term *term) {
    const int rank = update->out->rank, inner = innermost(sweep, update);
    int opened = 0;
    const char *sum = rank == 0 ? function_name(e, "sum") : NULL;
    if (sum) line(e, "real %s = %s;", sum, literal(e, 0));
    for (int summed = 0; summed < 2; summed++)
        for (int l = 0; l < sweep->loops; l++)
            if (l != inner && update_names(sweep, update, l) == !summed) open_loop(e, sweep, l), opened++;
    RowTerms *rows = arena_new_of(e->arena, RowTerms);
    const Row row = split(e, rows, term, inner);
    if (inner >= 0) open_loop(e, sweep, inner), opened++;
    line(e, "%s += %s;", sum ? sum : out_text(e, update), row_text(e, &row));
    while (opened-- > 0) close_loop(e);
    if (sum) line(e, "%s += %s;", out_text(e, update), sum);
}

void emit_summed(Emitter *e, const Statement *sweep) {
    const Update *update = sweep->updates.at;
    bool add = update->accumulate;
    for (int t = 0; t < update->terms.count; t++, add = true) {
        const Term *term = &update->terms.at[t];
        Gemm gemm = {0};
        if (add && (emit_lanes(e, sweep, update, term) || emit_steps(e, sweep, update, term))) continue;
        if (find_gemm(e, sweep, update, term, &gemm)) {
            emit_gemm(e, update, &gemm, add);
            continue;
        }
        if (!add) emit_clear(e, sweep, update);
        emit_sum(e, sweep, update, term);
    }
}
