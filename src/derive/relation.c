/* PairRows of bits, and what matrices, sums and broadcasts make of them. */
#include "derive/relation.h"

#include <string.h>

Relation *relation_new(Arena *arena, long rows, long cols) {
    Relation *relation = arena_new_of(arena, Relation);
    *relation = (Relation){.rows = rows, .cols = cols, .words = (cols + 63) / 64};
    relation->bits = arena_alloc(arena, sizeof(uint64_t) * (size_t)(rows * relation->words + 1));
    return relation;
}

Relation *relation_identity(Arena *arena, long n) {
    Relation *relation = relation_new(arena, n, n);
    for (long j = 0; j < n; j++) relation_set(relation, j, j);
    return relation;
}

static uint64_t *row_of(const Relation *relation, long row) { return relation->bits + row * relation->words; }

bool relation_has(const Relation *relation, long row, long col) {
    return row_of(relation, row)[col / 64] >> (col % 64) & 1;
}

void relation_set(Relation *relation, long row, long col) {
    row_of(relation, row)[col / 64] |= (uint64_t)1 << (col % 64);
}

static long words_of(const Relation *relation) { return relation->rows * relation->words; }

bool relation_add(Relation *relation, const Relation *more) {
    uint64_t added = 0;
    for (long i = 0; i < words_of(relation); i++) {
        added |= more->bits[i] & ~relation->bits[i];
        relation->bits[i] |= more->bits[i];
    }
    return added != 0;
}

void relation_cut(Relation *relation, const Relation *mask) {
    for (long i = 0; i < words_of(relation); i++) relation->bits[i] &= mask->bits[i];
}

bool relation_within(const Relation *relation, const Relation *larger) {
    for (long i = 0; i < words_of(relation); i++)
        if (relation->bits[i] & ~larger->bits[i]) return false;
    return true;
}

bool relation_equal(const Relation *a, const Relation *b) {
    return a->rows == b->rows && a->cols == b->cols &&
           memcmp(a->bits, b->bits, sizeof(uint64_t) * (size_t)words_of(a)) == 0;
}

static long ones(uint64_t word) {
    long count = 0;
    for (; word; word &= word - 1) count++;
    return count;
}

long relation_count(const Relation *relation) {
    long count = 0;
    for (long i = 0; i < words_of(relation); i++) count += ones(relation->bits[i]);
    return count;
}

Relation *relation_transposed(Arena *arena, const Relation *relation) {
    Relation *turned = relation_new(arena, relation->cols, relation->rows);
    for (long k = 0; k < relation->rows; k++)
        for (long j = 0; j < relation->cols; j++)
            if (relation_has(relation, k, j)) relation_set(turned, j, k);
    return turned;
}

double relation_products(Arena *arena, const Relation *out, const Relation *between, const Relation *in) {
    const Relation *sources = relation_transposed(arena, in);
    double products = 0;
    for (long k = 0; k < out->rows; k++)
        for (long j = 0; j < out->cols; j++)
            for (long w = 0; relation_has(out, k, j) && w < between->words; w++)
                products += (double)ones(row_of(between, k)[w] & row_of(sources, j)[w]);
    return products;
}

bool relation_is_diagonal(const Relation *relation) {
    if (relation->rows != relation->cols) return false;
    long on = 0;
    for (long j = 0; j < relation->rows; j++) on += relation_has(relation, j, j);
    return on == relation_count(relation);
}

const Pattern *patterns_find(Patterns *patterns, const Var *param) {
    if (!pattern_is_sparse(param)) return NULL;
    for (int i = 0; i < patterns->params.count; i++)
        if (patterns->params.at[i] == param) return patterns->at.at[i];
    vec_push(patterns->arena, &patterns->params, param);
    vec_push(patterns->arena, &patterns->at, pattern_of(param, patterns->arena));
    return patterns->at.at[patterns->at.count - 1];
}

/* ---- what mixes units ---- */

/* What any row relates, and what more than one row does. */
static void any_row(const Relation *in, uint64_t *once, uint64_t *twice) {
    for (long k = 0; k < in->rows; k++)
        for (long w = 0; w < in->words; w++) {
            twice[w] |= once[w] & row_of(in, k)[w];
            once[w] |= row_of(in, k)[w];
        }
}

static Relation *through_dense(Patterns *patterns, const Var *matrix, long rows, const Relation *in) {
    Relation *out = relation_new(patterns->arena, rows, in->cols);
    const size_t bytes = sizeof(uint64_t) * (size_t)(in->words + 1);
    uint64_t *once = arena_alloc(patterns->arena, bytes), *twice = arena_alloc(patterns->arena, bytes);
    any_row(in, once, twice);
    for (long k = 0; k < rows; k++)
        for (long w = 0; w < in->words; w++) /* without a diagonal, row k counts for all but unit k */
            row_of(out, k)[w] =
                matrix && matrix->zero_diagonal ? twice[w] | (once[w] & ~row_of(in, k)[w]) : once[w];
    return out;
}

Relation *relation_through(Patterns *patterns, const Var *matrix, const Relation *in) {
    const Pattern *pattern = patterns_find(patterns, matrix);
    if (!pattern) return through_dense(patterns, matrix, dim_size(matrix->rows), in);
    Relation *out = relation_new(patterns->arena, pattern->rows, in->cols);
    for (long k = 0; k < pattern->rows; k++)
        for (int e = pattern->start[k]; e < pattern->start[k + 1]; e++)
            for (long w = 0; w < in->words; w++) row_of(out, k)[w] |= row_of(in, pattern->column[e])[w];
    return out;
}

static Relation *copy_of(Arena *arena, const Relation *in) {
    Relation *copy = relation_new(arena, in->rows, in->cols);
    relation_add(copy, in);
    return copy;
}

Relation *relation_along(Patterns *patterns, const Chain *chain, const Dim *target, const Relation *in) {
    if (chain->outer) return through_dense(patterns, NULL, dim_size(target), in);
    Relation *now = copy_of(patterns->arena, in);
    for (int i = 0; i < chain->matrices; i++) now = relation_through(patterns, chain->matrix[i], now);
    return now;
}

Relation *relation_after(Patterns *patterns, const Way *way, const Relation *in) {
    Relation *now = copy_of(patterns->arena, in);
    for (int i = 0; i < way->stations; i++) {
        const Expr *station = way->station[i];
        now = station->op == EXPR_MATVEC ? relation_through(patterns, station->var, now)
                                         : through_dense(patterns, NULL, dim_size(station->dim), now);
    }
    return now;
}
