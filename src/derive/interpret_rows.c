/* The interpreter's statements on rows of masked influences, and on the products of an estimate. */
#include "derive/interpret.h"
#include "runtime/kernels.h"

#include <stdlib.h>

/* ---- rows of masked influences ---- */

static long length_of_row(const PairRows *rows, long j) {
    if (!rows->csr) return dim_size(rows->columns);
    return rows->csr->pattern->start[j + 1] - rows->csr->pattern->start[j];
}

/* The value at entry i of row j of what the parameter multiplies. */
static double multiplied(const Interpreter *in, const PairRows *rows, long j, long i) {
    if (!rows->in.buffer) return 1;
    const double *vector = locate(in, rows->in.buffer, rows->in.lag);
    if (!rows->in.buffer->rank) return *vector;
    return vector[rows->csr ? rows->csr->pattern->column[rows->csr->pattern->start[j] + i] : i];
}

/* One row's pairs: all new values are there before the old ones are overwritten. */
static void mix_row(const Interpreter *in, const PairRows *rows, const double *block, long j, double *out) {
    const double *entries = locate(in, rows->operator, 0);
    const long n = length_of_row(rows, j), count = (rows->first->values[j + 1] - rows->first->values[j]) * n;
    double *made = calloc((size_t)count + 1, sizeof *made);
    if (!made) abort();
    for (int o = rows->op_first->values[j]; o < rows->op_first->values[j + 1]; o++)
        for (long i = 0; i < n; i++)
            made[rows->op_pair->values[o] * n + i] +=
                entries[rows->op_entry->values[o]] * (rows->kind == ROWS_MIX
                                                          ? block[rows->op_row->values[o] * n + i]
                                                          : multiplied(in, rows, j, i));
    *in->operations += (double)(rows->op_first->values[j + 1] - rows->op_first->values[j]) * (double)n;
    for (long e = 0; e < count; e++) out[e] = rows->accumulate ? out[e] + made[e] : made[e];
    free(made);
}

static void pull_row(const Interpreter *in, const PairRows *rows, const double *block, long j, double *out) {
    const double *signal = locate(in, rows->operator, 0);
    const int *first = rows->first->values;
    const long n = length_of_row(rows, j);
    for (int pair = first[j]; pair < first[j + 1]; pair++)
        for (long i = 0; i < n; i++)
            out[i] += signal[rows->operator->rank ? rows->unit->values[pair] : 0] *
                      block[(pair - first[j]) * n + i];
    *in->operations += (double)(first[j + 1] - first[j]) * (double)n;
}

void run_rows(const Interpreter *in, const PairRows *rows) {
    const double *block = rows->in.buffer ? locate(in, rows->in.buffer, rows->in.lag) : NULL;
    double *out = locate(in, rows->out, 0);
    const bool pull = rows->kind == ROWS_PULL;
    const int *first = rows->first->values, *source = pull ? first : rows->source->values;
    for (long j = 0; j < dim_size(rows->rows); j++) {
        const long n = length_of_row(rows, j);
        (pull ? pull_row : mix_row)(in, rows, block, j, out);
        if (rows->kind != ROWS_OUTER) block += (source[j + 1] - source[j]) * n;
        out += pull ? n : (first[j + 1] - first[j]) * n;
    }
}

/* ---- the products of an estimate ---- */

unsigned *draws(const Interpreter *in) { return (unsigned *)(void *)(in->memory + in->layout.draws_offset); }

/* Where a part of a product is; NULL: there is none. */
static const double *part(const Interpreter *in, const Placed *placed) {
    return placed->buffer ? locate(in, placed->buffer, placed->lag) : NULL;
}

static size_t part_entries(const Placed *placed) {
    return placed->buffer ? (size_t)buffer_entries(placed->buffer) : 0;
}

/* Balancing needs lengths only. */
static void gram_of(const Interpreter *in, const Mix *mix, const MixPart *one, double *gram) {
    const int size = mix->terms + 1;
    for (int i = 0; i < size; i++)
        for (int k = i; k < (mix->least_variance ? size : i + 1); k++)
            if (one->vector[i].buffer && one->vector[k].buffer) {
                *in->operations += (double)part_entries(&one->vector[i]);
                double_kernels.dot(part_entries(&one->vector[i]), part(in, &one->vector[i]),
                                   part(in, &one->vector[k]), gram + i * size + k);
            }
    *in->operations += (double)(part_entries(&one->outer[0]) + part_entries(&one->outer[1]));
    if (one->outer[0].buffer || one->outer[1].buffer)
        double_kernels.dot_outer(part_entries(&one->outer[0]), part(in, &one->outer[0]),
                                 part_entries(&one->outer[1]), part(in, &one->outer[1]),
                                 gram + size * size - 1);
}

void run_mix(const Interpreter *in, const Mix *mix) {
    const size_t size = (size_t)mix->terms + 1;
    double *left = locate(in, mix->left_gram, 0), *right = locate(in, mix->right_gram, 0);
    for (size_t i = 0; i < size * size; i++) left[i] = right[i] = 0;
    for (int i = 0; i < mix->left.count; i++) gram_of(in, mix, &mix->left.at[i], left);
    for (int i = 0; i < mix->right.count; i++) gram_of(in, mix, &mix->right.at[i], right);
    double *x = locate(in, mix->left_mix, 0), *y = locate(in, mix->right_mix, 0);
    const unsigned stream = (unsigned)mix->stream;
    if (mix->least_variance)
        double_kernels.mix(size - 1, left, right, *draws(in), stream, x, y);
    else
        double_kernels.balance(left, right, *draws(in), stream, x, y);
}

void run_signs(const Interpreter *in, const Statement *statement) {
    double_kernels.signs((size_t)buffer_entries(statement->store), *draws(in), (unsigned)statement->stream,
                         locate(in, statement->store, 0));
}
