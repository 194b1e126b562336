/* Making patterns: drawn by seed, or cut from what a file said. */
#include "model/pattern.h"

#include "base/random.h"

bool pattern_is_sparse(const Var *param) { return param->sparse_given || param->sparse > 0; }

static Pattern *pattern_new(Arena *arena, long rows, long cols, int most) {
    Pattern *pattern = arena_new_of(arena, Pattern);
    pattern->rows = rows;
    pattern->cols = cols;
    pattern->start = arena_alloc(arena, sizeof(int) * ((size_t)rows + 1));
    pattern->column = arena_alloc(arena, sizeof(int) * ((size_t)most + 1));
    return pattern;
}

/* The same number for a label everywhere. */
static uint64_t seed_of(const char *label) {
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *label; label++) hash = (hash ^ (unsigned char)*label) * 0x100000001b3U;
    return hash;
}

/* Row j's share of round(fraction · rows · cols) entries. */
static long share(const Var *param, long j, long rows, long cols) {
    const double all = (double)rows * (double)cols * param->sparse + 0.5;
    const long long total = (long long)all;
    const long own = (long)(total * (j + 1) / rows - total * j / rows);
    const long most = cols - param->zero_diagonal;
    return own > most ? most : own < 1 && most > 0 ? 1 : own;
}

/* Selection sampling: every set of `count` columns is as likely as the others, in ascending order. */
static void draw_row(Pattern *pattern, Random *random, long count, long barred) {
    long left = pattern->cols - (barred >= 0);
    for (long i = 0; i < pattern->cols; i++) {
        if (i == barred) continue;
        if (random_below(random, (int)left--) < count) {
            pattern->column[pattern->entries++] = (int)i;
            count--;
        }
    }
}

static const Pattern *draw(const Var *param, long rows, long cols, Arena *arena) {
    long most = 0;
    for (long j = 0; j < rows; j++) most += share(param, j, rows, cols);
    Pattern *pattern = pattern_new(arena, rows, cols, (int)most);
    Random random;
    random_seed(&random, seed_of(param->label));
    for (long j = 0; j < rows; j++) {
        draw_row(pattern, &random, share(param, j, rows, cols), param->zero_diagonal ? j : -1);
        pattern->start[j + 1] = pattern->entries;
    }
    return pattern;
}

/* The corner of the given pattern, without the diagonal where that is barred. */
static const Pattern *cut(const Var *param, long rows, long cols, Arena *arena) {
    const Pattern *given = param->sparse_given;
    Pattern *pattern = pattern_new(arena, rows, cols, given->entries);
    for (long j = 0; j < rows; j++) {
        for (int e = j < given->rows ? given->start[j] : 0; j < given->rows && e < given->start[j + 1]; e++) {
            const long i = given->column[e];
            if (i < cols && !(param->zero_diagonal && i == j)) pattern->column[pattern->entries++] = (int)i;
        }
        pattern->start[j + 1] = pattern->entries;
    }
    return pattern;
}

const Pattern *pattern_of(const Var *param, Arena *arena) {
    if (!pattern_is_sparse(param)) return NULL;
    const long rows = dim_size(param->rows), cols = dim_size(param->cols);
    return param->sparse_given ? cut(param, rows, cols, arena) : draw(param, rows, cols, arena);
}

bool pattern_has(const Pattern *pattern, const Var *param, long row, long col) {
    if (!pattern) return !(param->zero_diagonal && row == col);
    for (int e = pattern->start[row]; e < pattern->start[row + 1]; e++)
        if (pattern->column[e] == col) return true;
    return false;
}
