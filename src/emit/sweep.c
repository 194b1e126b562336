/* Sweeps as nested loops. Of each product, the factors that the innermost loop doesn't run over are
 * multiplied once, in front of it; rows whose updates have the shape of a trace, of a trace with its gradient
 * or of an outer product are handed to a kernel, all of them at once where every product is an entry of a
 * vector. What sums over a loop is sums.c's. */
#include "emit/sweep.h"
#include <string.h>

static bool uses_loop(const Factor *factor, int loop) {
    if (loop < 0) return false; /* an index below 0 is a place */
    if (factor->step == 1 + loop) return true;
    for (int r = 0; r < factor->buffer->rank; r++)
        if (factor->index[r] == loop) return true;
    return false;
}

void open_range(Emitter *e, const char *i, const Dim *dim) {
    line(e, "for (size_t %s = 0; %s < %s; %s++) {", i, i, size_of(e, dim), i);
    e->indent++;
}

void close_loop(Emitter *e) {
    e->indent--;
    line(e, "}");
}

void open_loop(Emitter *e, const Statement *sweep, int loop) {
    const char *i = e->loop[loop];
    const IntTable *start = sweep->start[loop];
    if (!start) {
        open_range(e, i, sweep->dims[loop]);
        return;
    }
    const char *parent = e->loop[sweep->parent[loop]], *name = table_name(e, start);
    line(e, "for (size_t %s = (size_t)%s[%s]; %s < (size_t)%s[%s + 1]; %s++) {", i, name, parent, i, name,
         parent, i);
    e->indent++;
}

/* The index of one range: a loop's variable, what a table has there, or one place. */
const char *index_text(Emitter *e, int loop, const IntTable *through) {
    if (loop < 0) return arena_printf(e->arena, "%d", -1 - loop);
    if (!through) return e->loop[loop];
    return arena_printf(e->arena, "(size_t)%s[%s]", table_name(e, through), e->loop[loop]);
}

static const char *factor_text(Emitter *e, const Factor *factor) {
    const char *at[MOST_RANGES] = {0};
    for (int r = 0; r < factor->buffer->rank; r++)
        at[r] = index_text(e, factor->index[r], factor->through[r]);
    if (factor->step) return step_element(e, factor->buffer, factor->step - 1, factor->lag, at);
    return element(e, factor->buffer, factor->lag, at, false);
}

const char *out_text(Emitter *e, const Update *update) {
    const char *at[MOST_RANGES] = {0};
    for (int r = 0; r < update->out->rank; r++) at[r] = index_text(e, update->index[r], update->through[r]);
    return element(e, update->out, 0, at, true);
}

/* Whether a buffer's ranges are loops' own variables, none looked up. */
bool is_direct(const Buffer *buffer, const IntTable *const *through) {
    for (int r = 0; r < buffer->rank; r++)
        if (through[r]) return false;
    return true;
}

const char *times(Emitter *e, const char *product, const char *factor) {
    return product ? arena_printf(e->arena, "%s * %s", product, factor) : factor;
}

/* ---- rows: what stays the same along the innermost loop ---- */

/* The local that holds the product, one per distinct product. */
static const char *hoist(Emitter *e, RowTerms *rows, const char *product) {
    for (int i = 0; i < rows->hoisted.count; i++)
        if (strcmp(rows->hoisted.at[i].product, product) == 0) return rows->hoisted.at[i].name;
    const char *name = block_name(e, "factor");
    line(e, "const real %s = %s;", name, product);
    vec_push(e->arena, &rows->hoisted, ((Hoisted){product, name}));
    return name;
}

Row split(Emitter *e, RowTerms *rows, const Term *term, int inner) {
    Row row = {0};
    const char *product = NULL;
    for (int f = 0; f < term->factors; f++)
        if (uses_loop(&term->factor[f], inner))
            row.varying[row.count++] = &term->factor[f];
        else
            product = times(e, product, factor_text(e, &term->factor[f]));
    if (product && row.count > 0) product = hoist(e, rows, product);
    row.coefficient = product;
    return row;
}

const char *row_text(Emitter *e, const Row *row) {
    const char *product = row->coefficient;
    for (int f = 0; f < row->count; f++) product = times(e, product, factor_text(e, row->varying[f]));
    return product;
}

/* ---- kernels for rows ---- */

/* Contiguous along the loop: it runs over the last range, and over no other. */
static bool is_row(const Buffer *buffer, const int *index, int inner) {
    for (int r = 0; r + 1 < buffer->rank; r++)
        if (index[r] == inner) return false;
    return buffer->rank > 0 && index[buffer->rank - 1] == inner;
}

static bool is_simple(const Row *row, int inner) {
    return row->coefficient && row->count == 1 && !row->varying[0]->step &&
           is_direct(row->varying[0]->buffer, row->varying[0]->through) &&
           is_row(row->varying[0]->buffer, row->varying[0]->index, inner);
}

/* The factor is the entry that the update writes, as it was before. */
static bool is_itself(const Factor *factor, const Update *update) {
    const Buffer *out = update->out;
    if (factor->buffer != out || out->taped || factor->lag % out->slots != 0) return false;
    return memcmp(factor->index, update->index, (size_t)out->rank * sizeof *factor->index) == 0 &&
           is_direct(out, factor->through) && is_direct(out, update->through);
}

static bool is_outer(const Update *update, const Row *row, int inner) {
    return update->accumulate && update->terms.count == 1 && is_simple(row, inner) &&
           row->varying[0]->buffer != update->out && is_row(update->out, update->index, inner);
}

/* e = a e + b x: the term with the trace itself; -1 when the update has another shape. */
static int trace_term(const Update *update, const Row *row, int inner) {
    if (update->accumulate || update->terms.count != 2 || !is_row(update->out, update->index, inner))
        return -1;
    if (!is_simple(&row[0], inner) || !is_simple(&row[1], inner)) return -1;
    for (int own = 0; own < 2; own++)
        if (is_itself(row[own].varying[0], update) && row[!own].varying[0]->buffer != update->out) return own;
    return -1;
}

/* ---- and of all rows in one call ---- */

/* Of a sweep over two ranges, whether the terms' coefficients are entries of vectors over the first, and what
 * varies is a vector over the second, or what the sweep writes. Then fills `rows`, with vectors' addresses
 * for coefficients. */
static bool split_whole(Emitter *e, const Statement *sweep, RowTerms *rows) {
    if (sweep->loops != 2 || sweep->start[0] || sweep->start[1]) return false;
    for (int u = 0; u < sweep->updates.count; u++) {
        const Update *update = &sweep->updates.at[u];
        if (update->out->rank != 2 || update->index[0] != 0 || update->index[1] != 1) return false;
        for (int t = 0; t < update->terms.count; t++) {
            const Term *term = &update->terms.at[t];
            if (term->factors != 2) return false;
            const Factor *fixed = &term->factor[uses_loop(&term->factor[0], 1)],
                         *varying = &term->factor[!uses_loop(&term->factor[0], 1)];
            if (fixed->buffer->rank != 1 || fixed->index[0] != 0 || fixed->through[0]) return false;
            if (varying->buffer->rank == 2 && varying->index[0] != 0) return false;
            const char *vector = address(e, fixed->buffer, fixed->lag, NULL, 0, false);
            vec_push(e->arena, &rows->row, ((Row){vector, {varying}, 1}));
        }
    }
    return true;
}

/* A kernel's call: of one row at the loops' indices, whose coefficients are locals, or of all. */
typedef struct Call {
    const Statement *sweep;
    const Row *row;
    int inner;
    bool whole;
    const Statement *product; /* of all rows: a product that is taken in the same pass; or NULL */
} Call;

static const char *row_address(Emitter *e, const Call *call, const Buffer *buffer, int lag, const int *index,
                               bool write) {
    const char *at[MOST_RANGES] = {0};
    for (int r = 0; r < buffer->rank; r++) at[r] = index_text(e, index[r], NULL);
    return address(e, buffer, lag, at, call->whole ? 0 : buffer->rank - 1, write);
}

static const char *varying_address(Emitter *e, const Call *call, const Row *row) {
    return row_address(e, call, row->varying[0]->buffer, row->varying[0]->lag, row->varying[0]->index, false);
}

static const char *out_address(Emitter *e, const Call *call, const Update *update) {
    return row_address(e, call, update->out, 0, update->index, true);
}

/* "128, 32": how many rows, and of how many numbers. */
static const char *extents(Emitter *e, const Call *call) {
    const char *rows = call->whole ? size_of(e, call->sweep->dims[0]) : "1";
    return arena_printf(e->arena, "%s, %s", rows, size_of(e, call->sweep->dims[call->inner]));
}

static const char *coefficient(Emitter *e, const Call *call, const Row *row) {
    return call->whole ? row->coefficient : arena_printf(e->arena, "&%s", row->coefficient);
}

/* What a trace grows by must be one vector for all rows. */
static bool is_shared(const Call *call, const Row *source) {
    return !call->whole || source->varying[0]->buffer->rank == 1;
}

/* The kernel's name, or that of the one which also takes the product. */
static const char *with_product(Emitter *e, const Call *call, const char *kernel) {
    if (call->product) kernel = arena_printf(e->arena, "%s_gemv", kernel);
    use_kernel(e, kernel);
    return kernel;
}

/* ", s->h + h_0, s->R_h": the vector, and where the product goes. */
static const char *product_arguments(Emitter *e, const Call *call) {
    if (!call->product) return "";
    const Placed *vector = place_of(e, call->product->node);
    return arena_printf(e->arena, ", %s, %s", address(e, vector->buffer, vector->lag, NULL, 0, false),
                        address(e, call->product->store, 0, NULL, 0, true));
}

static bool kernel_outer_call(Emitter *e, const Call *call) {
    if (!is_shared(call, call->row)) return false;
    if (call->product) comment(&e->text, e->indent, call->product->comment);
    line(e, "%s(%s, %s, %s, %s%s);", with_product(e, call, "kernel_outer"), extents(e, call),
         coefficient(e, call, call->row), varying_address(e, call, call->row),
         out_address(e, call, call->sweep->updates.at), product_arguments(e, call));
    return true;
}

/* The trace, with its gradient when there is a second update; `own` is the term with the trace itself. */
static bool kernel_trace_call(Emitter *e, const Call *call, int own) {
    const Update *update = call->sweep->updates.at;
    const Row *source = &call->row[!own], *learned = &call->row[2];
    if (!is_shared(call, source)) return false;
    const char *a = coefficient(e, call, &call->row[own]), *b = coefficient(e, call, source),
               *x = varying_address(e, call, source), *out = out_address(e, call, update);
    if (call->sweep->updates.count == 1) {
        use_kernel(e, "kernel_trace");
        line(e, "kernel_trace(%s, %s, %s, %s, %s);", extents(e, call), a, b, x, out);
        return true;
    }
    const Factor *trace = learned->varying[0];
    if (!is_outer(&update[1], learned, call->inner) || !is_itself(trace, update) || trace->lag != 0)
        return false;
    if (source->varying[0]->buffer == update[1].out) return false;
    if (call->product) comment(&e->text, e->indent, call->product->comment);
    line(e, "%s(%s, %s, %s, %s, %s, %s, %s%s);", with_product(e, call, "kernel_trace_gradient"),
         extents(e, call), a, b, x, out, coefficient(e, call, learned), out_address(e, call, &update[1]),
         product_arguments(e, call));
    return true;
}

/* Writes the row, or all of them, as one call of a kernel, if there is one of its shape. */
static bool kernel_call(Emitter *e, const Call *call) {
    const Statement *sweep = call->sweep;
    const Update *update = sweep->updates.at;
    if (sweep->start[call->inner] || !is_direct(update->out, update->through)) return false;
    if (sweep->updates.count == 1 && is_outer(update, call->row, call->inner))
        return kernel_outer_call(e, call);
    const int own = sweep->updates.count > 2 ? -1 : trace_term(update, call->row, call->inner);
    return own >= 0 && kernel_trace_call(e, call, own);
}

/* Writes the sweep as one call, if all its rows are of a kernel's shape; with the product of what it adds to,
 * which is NULL afterwards where it isn't part of the call. */
static bool kernel_sweep(Emitter *e, const Statement *sweep, const Statement **product) {
    RowTerms *rows = arena_new_of(e->arena, RowTerms);
    if (!split_whole(e, sweep, rows)) return false;
    const Update *last = &sweep->updates.at[sweep->updates.count - 1];
    if (*product && (!last->accumulate || last->out != (*product)->matrix)) *product = NULL;
    return kernel_call(e, &(Call){sweep, rows->row.at, 1, true, *product});
}

/* ---- pointwise sweeps ---- */

static void emit_entry(Emitter *e, const Update *update, const Row *row) {
    const char *value = NULL;
    for (int t = 0; t < update->terms.count; t++) {
        const char *product = row_text(e, &row[t]);
        value = value ? arena_printf(e->arena, "%s + %s", value, product) : product;
    }
    line(e, "%s %s %s;", out_text(e, update), update->accumulate ? "+=" : "=", value);
}

static RowTerms *split_all(Emitter *e, const Statement *sweep, int inner) {
    RowTerms *rows = arena_new_of(e->arena, RowTerms);
    for (int u = 0; u < sweep->updates.count; u++)
        for (int t = 0; t < sweep->updates.at[u].terms.count; t++)
            vec_push(e->arena, &rows->row, split(e, rows, &sweep->updates.at[u].terms.at[t], inner));
    return rows;
}

static void emit_entries(Emitter *e, const Statement *sweep, const RowTerms *rows) {
    const Row *row = rows->row.at;
    for (int u = 0; u < sweep->updates.count; u++) {
        emit_entry(e, &sweep->updates.at[u], row);
        row += sweep->updates.at[u].terms.count;
    }
}

/* ---- rows by ranges, for tcc ---- */

/* Whether all that varies along the innermost loop lies in rows. */
static bool has_rows(const Statement *sweep, const RowTerms *rows, int inner) {
    if (inner < 0 || sweep->start[inner]) return false;
    for (int u = 0; u < sweep->updates.count; u++) {
        const Update *update = &sweep->updates.at[u];
        if (!is_direct(update->out, update->through) || !is_row(update->out, update->index, inner))
            return false;
    }
    for (int i = 0; i < rows->row.count; i++)
        for (int f = 0; f < rows->row.at[i].count; f++) {
            const Factor *factor = rows->row.at[i].varying[f];
            if (!is_direct(factor->buffer, factor->through) || !is_row(factor->buffer, factor->index, inner))
                return false;
        }
    return true;
}

static const char *entry_address(Emitter *e, const Buffer *buffer, int lag, const int *index, bool write) {
    const char *at[MOST_RANGES] = {0};
    for (int r = 0; r < buffer->rank; r++) at[r] = index_text(e, index[r], NULL);
    return address(e, buffer, lag, at, buffer->rank, write);
}

/* The sum so far with a term more. */
static const char *term_by_ranges(Emitter *e, const Row *row, const char *sum) {
    if (row->coefficient && row->count == 1) {
        const Factor *x = row->varying[0];
        return range_scaled(e, sum, row->coefficient, entry_address(e, x->buffer, x->lag, x->index, false));
    }
    const char *product = row->coefficient ? range_of(e, row->coefficient) : NULL;
    for (int f = 0; f < row->count; f++) {
        const Factor *factor = row->varying[f];
        product = range_joined(e, "mul", product,
                               entry_address(e, factor->buffer, factor->lag, factor->index, false));
    }
    return range_joined(e, "add", sum, product);
}

/* The same operations as emit_entries writes, a stretch of the row at a time. */
static bool emit_entries_by_ranges(Emitter *e, const Statement *sweep, const RowTerms *rows, int inner) {
    if (!has_rows(sweep, rows, inner)) return false;
    const Row *row = rows->row.at;
    open_stretches(e, e->loop[inner], sweep->dims[inner]);
    for (int u = 0; u < sweep->updates.count; u++) {
        const Update *update = &sweep->updates.at[u];
        const char *sum = NULL;
        for (int t = 0; t < update->terms.count; t++, row++) sum = term_by_ranges(e, row, sum);
        range_store(e, sum, entry_address(e, update->out, 0, update->index, true), update->accumulate);
    }
    close_stretches(e);
    return true;
}

/* Whether something stays the same along a sweep's only loop, and needs a block for its local. */
static bool hoists(const Statement *sweep, int inner) {
    for (int u = 0; u < sweep->updates.count; u++)
        for (int t = 0; t < sweep->updates.at[u].terms.count; t++) {
            const Term *term = &sweep->updates.at[u].terms.at[t];
            for (int f = 0; f < term->factors; f++)
                if (!uses_loop(&term->factor[f], inner)) return true;
        }
    return false;
}

static bool emit_pointwise(Emitter *e, const Statement *sweep, const Statement *product) {
    const int inner = sweep->loops - 1;
    if (kernel_sweep(e, sweep, &product)) return product != NULL;
    const bool block = inner == 0 && hoists(sweep, inner);
    for (int l = 0; l < inner; l++) open_loop(e, sweep, l);
    if (block) line(e, "{"), e->indent++;
    const RowTerms *rows = split_all(e, sweep, inner);
    if (inner < 0 || !kernel_call(e, &(Call){sweep, rows->row.at, inner, false, NULL})) {
        if (!e->by_ranges || !emit_entries_by_ranges(e, sweep, rows, inner)) {
            if (inner >= 0) open_loop(e, sweep, inner);
            emit_entries(e, sweep, rows);
            if (inner >= 0) close_loop(e);
        }
    }
    if (block) close_loop(e);
    for (int l = 0; l < inner; l++) close_loop(e);
    return false;
}

/* ---- all of them ---- */

bool emit_sweep(Emitter *e, const Statement *sweep, const Statement *product) {
    for (int u = 0; u < sweep->updates.count; u++)
        if (sweep->updates.at[u].equation) comment(&e->text, e->indent, sweep->updates.at[u].equation);
    if (!sweep->updates.count || !update_sums(sweep, sweep->updates.at))
        return emit_pointwise(e, sweep, product);
    emit_summed(e, sweep);
    return false;
}
