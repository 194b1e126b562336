/* Memory traffic of a routine: the reals that each statement must read and write at least, each once,
 * whatever a cache may save between statements. Where a product is taken of what the sweep before it changes,
 * it is one pass, and the matrix is at hand. */
#include "derive/derive.h"

static void add_buffer(Arena *arena, Polynomial *total, const Buffer *buffer, double times) {
    if (buffer) polynomial_add(arena, total, times, buffer->rank, buffer->dims);
}

/* The entries that loops run over where the ranges of one access name them; a ragged one counts for its
 * parent. */
static void add_access(Arena *arena, Polynomial *total, const Statement *sweep, int rank, const int *index,
                       double times) {
    bool named[MOST_LOOPS] = {false};
    const Dim *dims[MOST_LOOPS] = {NULL};
    for (int r = 0; r < rank; r++)
        if (index[r] >= 0) named[index[r]] = true;
    for (int l = 0; l < sweep->loops; l++)
        if (named[l] && sweep->start[l]) named[sweep->parent[l]] = false;
    for (int l = 0; l < sweep->loops; l++)
        if (named[l]) dims[l] = sweep->dims[l];
    polynomial_add(arena, total, times, sweep->loops, dims);
}

static bool read_before(const Statement *sweep, int update, int term, int factor) {
    const Factor *own = &sweep->updates.at[update].terms.at[term].factor[factor];
    for (int u = 0; u <= update; u++)
        for (int t = 0; t < sweep->updates.at[u].terms.count; t++) {
            const Term *other = &sweep->updates.at[u].terms.at[t];
            for (int f = 0; f < other->factors; f++) {
                if (u == update && t == term && f == factor) return false;
                if (other->factor[f].buffer == own->buffer && other->factor[f].lag == own->lag) return true;
            }
        }
    return false;
}

/* What an earlier update of the sweep has just written is at hand. */
static bool is_at_hand(const Statement *sweep, int update, const Factor *factor) {
    for (int u = 0; u < update; u++)
        if (sweep->updates.at[u].out == factor->buffer && factor->lag == 0) return true;
    return false;
}

static void add_sweep(Arena *arena, Polynomial *total, const Statement *sweep) {
    for (int u = 0; u < sweep->updates.count; u++) {
        const Update *update = &sweep->updates.at[u];
        add_access(arena, total, sweep, update->out->rank, update->index, update->accumulate ? 2 : 1);
        for (int t = 0; t < update->terms.count; t++)
            for (int f = 0; f < update->terms.at[t].factors; f++) {
                const Factor *factor = &update->terms.at[t].factor[f];
                if (!read_before(sweep, u, t, f) && !is_at_hand(sweep, u, factor))
                    add_access(arena, total, sweep, factor->buffer->rank, factor->index, 1);
            }
    }
}

typedef struct Reading { /* of one map: each buffer is read once */
    Arena *arena;
    Polynomial *total;
    const Routine *routine;
    int *seen; /* by node id: the map that read it */
    int map;
} Reading;

static void add_reads(Reading *reading, const Expr *e, const Buffer *fills) {
    const Routine *routine = reading->routine;
    if (reading->seen[e->id] == reading->map) return;
    reading->seen[e->id] = reading->map;
    const Placed *placed = e->id < routine->placed.count ? &routine->placed.at[e->id] : NULL;
    if (placed && placed->buffer && !(fills && placed->buffer == fills && placed->lag == 0)) {
        add_buffer(reading->arena, reading->total, placed->buffer, 1);
        return;
    }
    for (int i = 0; i < e->kids; i++) add_reads(reading, e->kid[i], NULL);
}

static void add_map(Reading *reading, const Statement *map) {
    reading->map++;
    for (int i = 0; i < map->lets.count; i++) {
        add_reads(reading, map->lets.at[i].node, map->lets.at[i].store);
        add_buffer(reading->arena, reading->total, map->lets.at[i].store, 1);
    }
}

static void add_parts(Arena *arena, Polynomial *total, const Mix *mix, int count, const MixPart *parts) {
    for (int p = 0; p < count; p++) {
        for (int i = 0; i <= mix->terms; i++) add_buffer(arena, total, parts[p].vector[i].buffer, 1);
        for (int side = 0; side < 2; side++) add_buffer(arena, total, parts[p].outer[side].buffer, 1);
    }
}

static void add_rows(Arena *arena, Polynomial *total, const PairRows *rows) {
    add_buffer(arena, total, rows->operator, 1);
    add_buffer(arena, total, rows->in.buffer, 1);
    add_buffer(arena, total, rows->out, rows->accumulate || rows->kind != ROWS_MIX ? 2 : 1);
}

/* `at_hand`: the product's matrix, row by row. */
static void add_statement(Reading *reading, const Statement *statement, bool at_hand) {
    Arena *arena = reading->arena;
    Polynomial *total = reading->total;
    switch (statement->kind) {
    case STATEMENT_MAP: add_map(reading, statement); break;
    case STATEMENT_SUM:
    case STATEMENT_MAX:
        reading->map++;
        add_reads(reading, statement->node, NULL);
        add_buffer(arena, total, statement->store, 1);
        break;
    case STATEMENT_PRODUCT:
        reading->map++;
        if (!at_hand) add_buffer(arena, total, statement->matrix, 1);
        add_reads(reading, statement->node, NULL);
        add_buffer(arena, total, statement->store, 1);
        break;
    case STATEMENT_SWEEP: add_sweep(arena, total, statement); break;
    case STATEMENT_ROWS: add_rows(arena, total, statement->rows); break;
    case STATEMENT_MIX:
        add_parts(arena, total, statement->mix, statement->mix->left.count, statement->mix->left.at);
        add_parts(arena, total, statement->mix, statement->mix->right.count, statement->mix->right.at);
        break;
    case STATEMENT_SIGN:
    case STATEMENT_MEAN:
        add_buffer(arena, total, statement->matrix, 1);
        add_buffer(arena, total, statement->store, 1);
        break;
    case STATEMENT_CLIP: add_buffer(arena, total, statement->store, 2); break;
    case STATEMENT_DRAW:
    case STATEMENT_CLEAR: add_buffer(arena, total, statement->store, 1); break;
    case STATEMENT_DIAGONAL: polynomial_add(arena, total, 1, 1, statement->store->dims); break;
    case STATEMENT_FORGET: break; /* once in so many steps */
    }
}

/* Of those from `first` on, so many. */
static Polynomial traffic(const Program *program, const Routine *routine, int first, int count,
                          Arena *arena) {
    Polynomial total = {0};
    Arena *scratch = arena_new();
    Reading reading = {.arena = arena, .total = &total, .routine = routine};
    const size_t nodes = (size_t)exprs_count(program->model->exprs) + 1;
    reading.seen = arena_alloc(scratch, nodes * sizeof *reading.seen);
    for (int i = first; i < first + count; i++)
        add_statement(&reading, routine->statements.at[i], i > 0 && program_product_at_hand(routine, i - 1));
    arena_free(scratch);
    return total;
}

Polynomial routine_traffic(const Program *program, const Routine *routine, Arena *arena) {
    return traffic(program, routine, 0, routine->statements.count, arena);
}

Polynomial statement_traffic(const Program *program, const Routine *routine, int statement, Arena *arena) {
    return traffic(program, routine, statement, 1, arena);
}
