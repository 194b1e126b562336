/* Masked influences: lists of pairs (unit k of the root, row j of the parameter), each with the values of row
 * j's entries one after the other; pairs are ordered by j, then k.
 *
 *     J[k, j, :] = Σ_l A[k, l] J_source[l, j, :] + B[k, j] u
 *
 * is a list of operations on such rows. Which operations there are follows from the supports and is written
 * as tables; the entries of A that they need are made once a step and shared between parameters. */
#include "derive/mask.h"

#include <string.h>

typedef VEC(int) Ints;

static const IntTable *table(Carrying *carrying, const char *name, const Ints *values, const char *comment) {
    return program_table(carrying->derivation->program, name, values->count, values->at, comment);
}

/* ---- pairs ---- */

/* The pairs of a support; equal ones share their tables. */
static const PairList *pairs_of(Carrying *carrying, const Relation *support) {
    for (int i = 0; i < carrying->pair_lists.count; i++)
        if (relation_equal(carrying->pair_lists.at[i]->support, support)) return carrying->pair_lists.at[i];
    Arena *arena = carrying->arena;
    PairList *pairs = arena_new_of(arena, PairList);
    Ints first = {0}, unit = {0};
    vec_push(arena, &first, 0);
    for (long j = 0; j < support->cols; j++) {
        for (long k = 0; k < support->rows; k++)
            if (relation_has(support, k, j)) vec_push(arena, &unit, (int)k);
        vec_push(arena, &first, unit.count);
    }
    Dim *dim = arena_new_of(arena, Dim);
    const char *name = arena_printf(arena, "pairs%d", carrying->pair_lists.count + 1);
    *dim = (Dim){name, unit.count};
    pairs->support = support;
    pairs->pairs = dim;
    pairs->first = table(carrying, arena_printf(arena, "%s_first", name), &first,
                         "where the pairs of each row of a parameter begin");
    pairs->unit = table(carrying, arena_printf(arena, "%s_unit", name), &unit, "the unit of each pair");
    vec_push(arena, &carrying->pair_lists, pairs);
    return pairs;
}

/* How long row j of the parameter is. */
static long row_length(const Forward *forward, const Csr *csr, long j) {
    if (csr) return csr->pattern->start[j + 1] - csr->pattern->start[j];
    return dim_size(forward->param->cols);
}

int masked_ranges(Forward *forward, Carried *carried, const Dim *dims[3]) {
    Carrying *carrying = forward->carrying;
    const Csr *csr = carry_csr(carrying, forward->param);
    const PairList *pairs = carried->pairs = pairs_of(carrying, carried->support);
    dims[0] = pairs->pairs;
    dims[1] = forward->param->cols;
    long values = 0;
    for (long j = 0; j < carried->support->cols; j++)
        values += (pairs->first->values[j + 1] - pairs->first->values[j]) * row_length(forward, csr, j);
    if (csr) {
        Dim *all = arena_new_of(carrying->arena, Dim);
        *all =
            (Dim){arena_printf(carrying->arena, "%s.%s", forward->param->label, pairs->pairs->name), values};
        dims[0] = NULL;
        dims[1] = all;
    }
    return 2;
}

/* ---- the operator's entries ---- */

typedef struct Entries { /* of an operator: (row, col) of each, ascending */
    Ints row, col;
    int *number; /* [rows][cols]: which entry, where there is one */
    long cols;
} Entries;

static void vector_factor(Carrying *carrying, Sweep *sweep, const Expr *factor, const IntTable *at) {
    if (expr_is_const(factor, 1)) return;
    static const Role column[1] = {ROLE_COLUMN};
    const Placed place = schedule_place(carrying->low->step, factor, "slope");
    Factor *made = sweep_factor(sweep, place, place.buffer->rank, column, place.buffer->dims);
    if (place.buffer->rank) made->through[0] = at;
}

static void matrix_factor(Sweep *sweep, Carrying *carrying, Buffer *matrix, const Entries *subset,
                          const IntTable *row, const IntTable *col) {
    static const Role columns[2] = {ROLE_COLUMN, ROLE_COLUMN};
    Factor *factor = sweep_factor(sweep, (Placed){matrix, 0}, matrix->rank, columns, matrix->dims);
    if (!matrix->csr) {
        factor->through[0] = row;
        factor->through[1] = col;
        return;
    }
    const Pattern *pattern = matrix->csr->pattern;
    Ints at = {0};
    for (int t = 0; t < subset->row.count; t++) {
        int e = pattern->start[subset->row.at[t]];
        while (pattern->column[e] != subset->col.at[t]) e++;
        vec_push(carrying->arena, &at, e);
    }
    factor->through[0] = table(carrying, arena_printf(carrying->arena, "%s_at", matrix->name), &at, NULL);
}

/* A[entries of the chain's own pattern] += the chain's value there. */
static void add_chain(Carrying *carrying, const Chain *chain, const Relation *pattern, const Entries *entries,
                      const Dim *source, Buffer *out, bool only) {
    Arena *arena = carrying->arena;
    Entries subset = {0};
    Ints at = {0};
    for (int e = 0; e < entries->row.count; e++) {
        if (!relation_has(pattern, entries->row.at[e], entries->col.at[e])) continue;
        vec_push(arena, &subset.row, entries->row.at[e]);
        vec_push(arena, &subset.col, entries->col.at[e]);
        vec_push(arena, &at, e);
    }
    if (!at.count) return;
    Dim *dim = arena_new_of(arena, Dim);
    *dim = (Dim){arena_printf(arena, "%s.part", out->name), at.count};
    const Dim *ranges[ROLE_COUNT] = {[ROLE_COLUMN] = dim}, *dims[1] = {dim};
    static const Role column[1] = {ROLE_COLUMN};
    Sweep sweep = sweep_new(arena, ranges);
    const char *name = out->name;
    const IntTable *row = table(carrying, arena_printf(arena, "%s_row", name), &subset.row, NULL);
    const IntTable *col = table(carrying, arena_printf(arena, "%s_col", name), &subset.col, NULL);
    Update *update = sweep_update(&sweep, out, 1, column, dims, !only);
    if (!only) update->through[0] = table(carrying, arena_printf(arena, "%s_part", name), &at, NULL);
    sweep_term(&sweep);
    if (chain->outer) {
        vector_factor(carrying, &sweep, chain->left, row);
        vector_factor(carrying, &sweep, chain->right, col);
    } else if (chain->matrices > 1) {
        matrix_factor(&sweep, carrying, operator_of_chain(carrying, chain, source), &subset, row, col);
    } else {
        if (chain->matrices) vector_factor(carrying, &sweep, chain->factor[1], row);
        if (chain->matrices)
            matrix_factor(&sweep, carrying, lowering_buffer_of(carrying->low, chain->matrix[0]), &subset, row,
                          col);
        vector_factor(carrying, &sweep, chain->factor[0], col);
    }
    if (!update->terms.at[0].factors) sweep_vector(&sweep, operator_one(carrying), ROLE_UNIT);
    vec_push(arena, &carrying->operator_sweeps, sweep.statement);
}

static Buffer *operator_values(Carrying *carrying, const Chains *chains, Relation *const *patterns,
                               const Entries *entries, const Dim *source) {
    Dim *dim = arena_new_of(carrying->arena, Dim);
    Buffer *out =
        program_buffer(carrying->derivation->program, BUFFER_WORK, "jacobian", 1, (const Dim *[]){dim});
    *dim = (Dim){arena_printf(carrying->arena, "%s.entries", out->name), entries->row.count};
    const bool only = chains->count == 1; /* then every entry is this chain's */
    if (!only) operator_clear(carrying, out);
    for (int c = 0; c < chains->count; c++)
        add_chain(carrying, &chains->at[c], patterns[c], entries, source, out, only);
    return out;
}

/* ---- operations ---- */

static Entries needed_entries(Carrying *carrying, const Relation *pattern, const Relation *out,
                              const Relation *in) {
    Arena *arena = carrying->arena;
    Relation *needed = relation_new(arena, pattern->rows, pattern->cols);
    const PairList *outs = pairs_of(carrying, out), *ins = pairs_of(carrying, in);
    for (long j = 0; j < out->cols; j++)
        for (int p = outs->first->values[j]; p < outs->first->values[j + 1]; p++)
            for (int r = ins->first->values[j]; r < ins->first->values[j + 1]; r++)
                if (relation_has(pattern, outs->unit->values[p], ins->unit->values[r]))
                    relation_set(needed, outs->unit->values[p], ins->unit->values[r]);
    Entries entries = {.cols = pattern->cols};
    entries.number = arena_alloc(arena, sizeof(int) * (size_t)(pattern->rows * pattern->cols));
    for (long k = 0; k < pattern->rows; k++)
        for (long l = 0; l < pattern->cols; l++) {
            if (!relation_has(needed, k, l)) continue;
            entries.number[k * pattern->cols + l] = entries.row.count;
            vec_push(arena, &entries.row, (int)k);
            vec_push(arena, &entries.col, (int)l);
        }
    return entries;
}

/* The operations of row j, in rounds: the first of each pair, the second of each pair …, so that neighbours
 * don't add to one sum. */
static void list_row(Carrying *carrying, const Entries *entries, const Relation *pattern,
                     const PairList *outs, const PairList *ins, long j, Ints *entry, Ints *pair, Ints *row) {
    const int begin = outs->first->values[j], count = outs->first->values[j + 1] - begin;
    const int from = ins->first->values[j], sources = ins->first->values[j + 1] - from;
    int *next = arena_alloc(carrying->arena, sizeof(int) * (size_t)(count + 1));
    for (bool more = true; more;) {
        more = false;
        for (int p = 0; p < count; p++) {
            const long k = outs->unit->values[begin + p];
            while (next[p] < sources && !relation_has(pattern, k, ins->unit->values[from + next[p]]))
                next[p]++;
            if (next[p] == sources) continue;
            more = true;
            vec_push(carrying->arena, entry,
                     entries->number[k * entries->cols + ins->unit->values[from + next[p]]]);
            vec_push(carrying->arena, pair, p);
            vec_push(carrying->arena, row, next[p]++);
        }
    }
}

/* The tables of all operations from the pairs of `in` to those of `out`. */
static void list_operations(Carrying *carrying, MaskedOperator *made, const Entries *entries,
                            const Relation *pattern) {
    Arena *arena = carrying->arena;
    const PairList *outs = pairs_of(carrying, made->out), *ins = pairs_of(carrying, made->in);
    Ints first = {0}, entry = {0}, pair = {0}, row = {0};
    for (long j = 0; j < made->out->cols; j++) {
        vec_push(arena, &first, entry.count);
        list_row(carrying, entries, pattern, outs, ins, j, &entry, &pair, &row);
    }
    vec_push(arena, &first, entry.count);
    const char *name = made->values->name;
    made->first = table(carrying, arena_printf(arena, "%s_first", name), &first,
                        arena_printf(arena, "where the products with %s of each row begin", name));
    made->entry = table(carrying, arena_printf(arena, "%s_entry", name), &entry,
                        arena_printf(arena, "which entry of %s each product takes", name));
    made->pair =
        table(carrying, arena_printf(arena, "%s_pair", name), &pair, "which pair of its row grows by it");
    made->row = table(carrying, arena_printf(arena, "%s_source", name), &row,
                      "and which pair of the same row it is multiplied with");
}

static bool same_chains(const Chains *a, const Chains *b) {
    bool equal = a->count == b->count;
    for (int c = 0; equal && c < a->count; c++) equal = chain_equal(&a->at[c], &b->at[c]);
    return equal;
}

/* NULL when nothing flows. */
static const MaskedOperator *masked_operator(Carrying *carrying, const Chains *chains, const Dim *target,
                                             const Dim *source, const Relation *out, const Relation *in) {
    for (int i = 0; i < carrying->masked_operators.count; i++) {
        const MaskedOperator *known = carrying->masked_operators.at[i];
        if (relation_equal(known->out, out) && relation_equal(known->in, in) &&
            same_chains(&known->chains, chains))
            return known;
    }
    Arena *arena = carrying->arena;
    Relation **patterns = arena_alloc(arena, sizeof *patterns * (size_t)(chains->count + 1));
    Relation *all = relation_new(arena, dim_size(target), dim_size(source));
    const Relation *own = relation_identity(arena, dim_size(source));
    for (int c = 0; c < chains->count; c++) {
        patterns[c] = relation_along(&carrying->patterns, &chains->at[c], target, own);
        relation_add(all, patterns[c]);
    }
    const Entries entries = needed_entries(carrying, all, out, in);
    if (!entries.row.count) return NULL;
    MaskedOperator *made = arena_new_of(arena, MaskedOperator);
    *made = (MaskedOperator){.chains = *chains, .out = out, .in = in};
    made->values = operator_values(carrying, chains, patterns, &entries, source);
    list_operations(carrying, made, &entries, all);
    vec_push(arena, &carrying->masked_operators, made);
    return made;
}

/* ---- statements ---- */

static PairRows *new_rows(Forward *forward, RowsKind kind, const Carried *carried, const char *comment) {
    Carrying *carrying = forward->carrying;
    Statement *statement = arena_new_of(carrying->arena, Statement);
    PairRows *rows = statement->rows = arena_new_of(carrying->arena, PairRows);
    statement->kind = STATEMENT_ROWS;
    statement->comment = comment;
    rows->kind = kind;
    rows->csr = carry_csr(carrying, forward->param);
    rows->rows = forward->param->rows;
    rows->columns = forward->param->cols;
    rows->first = carried->pairs->first;
    vec_push(carrying->arena, &carrying->sweeps, statement);
    return rows;
}

/* The flows into `target` that come like this one does, all at once. */
static Chains chains_like(const Forward *forward, int target, const Flow *like) {
    Chains chains = {0};
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target == target && flow_same_content(flow, like))
            vec_push(forward->carrying->arena, &chains, flow->chain);
    }
    return chains;
}

/* Room for the sums of any j, each row as long as the next multiple of 16, and for a copy of the largest
 * source: what the kernels ask for. */
static void give_work(Forward *forward, PairRows *rows, const char *name) {
    Arena *arena = forward->carrying->arena;
    const bool pull = rows->kind == ROWS_PULL;
    const int *first = rows->first->values, *source = pull ? first : rows->source->values;
    long sums = 16, copies = 16;
    for (long j = 0; j < dim_size(rows->rows); j++) {
        const long n = row_length(forward, rows->csr, j), wide = (n + 15) / 16 * 16;
        const long sum = pull ? wide : (first[j + 1] - first[j]) * wide;
        if (sum > sums) sums = sum;
        if ((source[j + 1] - source[j]) * n + 16 > copies) copies = (source[j + 1] - source[j]) * n + 16;
    }
    Dim *dim = arena_new_of(arena, Dim);
    *dim = (Dim){arena_printf(arena, "%s_sums", name), sums + copies};
    rows->room = sums;
    rows->work = program_buffer(forward->carrying->derivation->program, BUFFER_WORK, dim->name, 1,
                                (const Dim *[]){dim});
}

static bool comes_by_row(const Forward *forward, const Flow *flow) {
    return flow->source < 0 || forward->carried.at[flow->source].structure == STRUCTURE_PRESYNAPTIC;
}

/* One group of flows; false when it brings nothing. */
static bool write_flow(Forward *forward, int target, const Flow *like, bool accumulate, const char *comment) {
    Carrying *carrying = forward->carrying;
    const Carried *carried = &forward->carried.at[target];
    const Carried *source = like->source < 0 ? NULL : &forward->carried.at[like->source];
    const bool masked = source && source->structure == STRUCTURE_MASKED, vector = comes_by_row(forward, like);
    const Relation *in =
        masked ? source->support : relation_identity(carrying->arena, dim_size(forward->param->rows));
    const Chains chains = chains_like(forward, target, like);
    const Dim *from = source && !vector ? source->root->rows : forward->param->rows;
    const MaskedOperator *made =
        masked_operator(carrying, &chains, carried->root->rows, from, carried->support, in);
    if (!made) return false;
    PairRows *rows = new_rows(forward, vector ? ROWS_OUTER : ROWS_MIX, carried, comment);
    rows->source = pairs_of(carrying, in)->first;
    rows->op_first = made->first;
    rows->op_entry = made->entry;
    rows->op_pair = made->pair;
    rows->op_row = made->row;
    rows->operator= made->values;
    rows->out = carried->buffer;
    rows->accumulate = accumulate;
    if (source) {
        rows->in = (Placed){source->buffer, like->lag};
        if (!vector) give_work(forward, rows, carried->buffer->name);
    } else if (like->start->op == EXPR_MATVEC) {
        rows->in = schedule_place(carrying->low->step, like->start->kid[0], "u");
    }
    return true;
}

void masked_write(Forward *forward, int target) {
    const Carried *carried = &forward->carried.at[target];
    const char *comment = forward_recursion(forward, target);
    bool set = false;
    /* what it was itself comes first: that may be where it is written */
    for (int pass = 0; pass < 2; pass++)
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            const bool own = flow->source == target && carried->in_place;
            if (flow->target != target || own != (pass == 0) || !flow_is_first(forward, f)) continue;
            const bool vector = comes_by_row(forward, flow);
            if (vector && !set) carry_clear(forward->carrying, carried->buffer), set = true;
            if (write_flow(forward, target, flow, set, comment)) set = true, comment = NULL;
        }
    if (!set) carry_clear(forward->carrying, carried->buffer);
}

void masked_write_signal(Forward *forward, const Signal *signal) {
    Carrying *carrying = forward->carrying;
    const Carried *carried = &forward->carried.at[signal->source];
    PairRows *rows =
        new_rows(forward, ROWS_PULL, carried, arena_printf(carrying->arena, "dE/d%s", forward->param->label));
    rows->unit = carried->pairs->unit;
    rows->operator= schedule_place(carrying->low->step, carry_signal(carrying, signal->value), "signal")
        .buffer;
    rows->in = (Placed){carried->buffer, signal->lag};
    rows->out = carry_gradient_of(carrying, forward->param);
    rows->accumulate = true;
    give_work(forward, rows, rows->out->name);
}
