#include "derive/machine.h"

#include <string.h>

/* Of one core of the machine that bench/README.md describes: bytes or float operations a nanosecond, as
 * bench/limits.c measures its caches and `make bench-plans` the kernels. Other machines differ; the ratios
 * that a choice depends on differ less. */
enum { LEVELS = 3 };
static const double level_bytes[LEVELS] = {1 << 20, 24 << 20, 1e300}; /* L2, our share of L3, memory */
static const double sweep_rate[LEVELS] = {290, 190, 63};   /* limits.c: a trace sweep (400, 204, 63 alone) */
static const double product_rate[LEVELS] = {134, 112, 26}; /* limits.c: a matrix times a vector */
static const double loop_share = 0.4;                      /* of sweep_rate: a sweep that no kernel takes */
static const double tape_rate = 8;     /* records of many steps, a line of each at a time, beyond L2 */
static const double row_time = 1;      /* ns: a row's sum is begun, and its 16 parts added up */
static const double gemm_rate = 100;   /* multiply-adds: a matrix times a matrix, a sum over steps … */
static const double transposed = 0.9;  /* of product_rate: walking down columns */
static const double far_gemm = 0.9;    /* … and both where rows lie on more pages than the core … */
static const double far_product = 0.8; /* … has at hand: */
static const double pages_at_hand = 64;
static const double page_bytes = 4096;
static const double sum_rate = 1;       /* multiply-adds of sums that no kernel takes */
static const double map_rate = 11;      /* element-wise operations, an exp or a tanh among so many */
static const double sparse_rate = 2;    /* multiply-adds with entries that a table finds */
static const double rows_rate = 3;      /* multiply-adds on rows of a masked influence */
static const double statement_time = 8; /* ns: to get to it */

/* What a statement's time depends on. */
typedef struct Site {
    const Derivation *derivation;
    const Routine *routine;
    int at;      /* in its statements */
    double set;  /* bytes that the routine touches */
    double real; /* bytes */
    Arena *arena;
    Arena *scratch; /* for polynomials */
} Site;

static const Statement *statement_of(const Site *site) { return site->routine->statements.at[site->at]; }

static double rate_at(const double rate[LEVELS], double set) {
    int level = 0;
    while (set > level_bytes[level]) level++;
    return rate[level];
}

static double operations_of(const Site *site) {
    const Polynomial count =
        statement_operations(site->derivation->program, site->routine, site->at, site->scratch);
    return polynomial_value(&count);
}

static double bytes_of(const Site *site) {
    const Polynomial count =
        statement_traffic(site->derivation->program, site->routine, site->at, site->scratch);
    return site->real * polynomial_value(&count);
}

/* Floats are worked on 16 at a time, doubles 8. */
static double work(const Site *site, double count, double rate) {
    return count / rate * site->real / (double)sizeof(float);
}

static double streamed(const Site *site) { return bytes_of(site) / rate_at(sweep_rate, site->set); }

/* Whether so many rows, so many bytes apart, lie on more pages than the core has at hand. */
static bool is_far(double rows, double apart) {
    return rows * (apart < page_bytes ? apart / page_bytes : 1) > pages_at_hand;
}

/* ---- each kind of statement: nanoseconds of one run ---- */

/* `bytes` of a matrix with so many rows. */
static double down_columns(const Site *site, double bytes, double rows) {
    const bool far = is_far(rows, bytes / rows);
    return bytes / (rate_at(product_rate, site->set) * (far ? far_product : transposed));
}

static double product_time(const Site *site) {
    const Statement *product = statement_of(site);
    const Buffer *matrix = product->matrix;
    if (matrix->csr) return work(site, operations_of(site), sparse_rate);
    const double bytes = site->real * (double)buffer_entries(matrix),
                 rows = row_time * (double)dim_size(product->store->dims[0]);
    if (product->transposed) return rows + down_columns(site, bytes, (double)dim_size(matrix->dims[0]));
    return rows + bytes / rate_at(product_rate, site->set);
}

static bool is_looked_up(const Statement *sweep, const Update *update) {
    for (int l = 0; l < sweep->loops; l++)
        if (sweep->start[l]) return true;
    for (int t = 0; t < update->terms.count; t++)
        for (int f = 0; f < update->terms.at[t].factors; f++)
            for (int r = 0; r < 3; r++)
                if (update->terms.at[t].factor[f].through[r]) return true;
    return false;
}

/* What the sum runs over: numbers, and whether one of its factors is a vector of just these. */
static double summed(const Statement *sweep, const Update *update, bool *by_vector) {
    double count = 1;
    *by_vector = false;
    for (int l = 0; l < sweep->loops; l++)
        if (!update_names(sweep, update, l)) count *= (double)dim_size(sweep->dims[l]);
    for (int t = 0; t < update->terms.count; t++)
        for (int f = 0; f < update->terms.at[t].factors; f++) {
            const Factor *factor = &update->terms.at[t].factor[f];
            bool inside = true;
            for (int r = 0; r < factor->buffer->rank; r++)
                inside = inside && factor->index[r] >= 0 && !update_names(sweep, update, factor->index[r]);
            *by_vector = *by_vector || inside;
        }
    return count;
}

static double sum_time(const Site *site, const Statement *sweep, const Update *update) {
    bool by_vector;
    const double inner = summed(sweep, update, &by_vector);
    if (by_vector) return down_columns(site, bytes_of(site), inner);
    const double columns = update->out->rank ? (double)dim_size(update->out->dims[update->out->rank - 1]) : 1,
                 wide = columns * (update->out->rank > 2 ? (double)dim_size(update->out->dims[1]) : 1);
    const bool far = is_far(inner, wide * site->real);
    return work(site, operations_of(site), gemm_rate * (far ? far_gemm : 1)) + streamed(site);
}

/* Kernels take rows that lie one after the other. */
static double sweep_time(const Site *site) {
    const Statement *sweep = statement_of(site);
    if (!sweep->updates.count) return 0;
    const Update *update = sweep->updates.at;
    if (is_looked_up(sweep, update))
        return streamed(site) +
               work(site, operations_of(site), update_sums(sweep, update) ? sum_rate : sparse_rate);
    if (update_sums(sweep, update)) return sum_time(site, sweep, update);
    return streamed(site) / (sweep->loops > 2 ? loop_share : 1);
}

static bool sums_over_steps(const Derivation *derivation, const Statement *statement) {
    for (int l = 0; statement->kind == STATEMENT_SWEEP && l < statement->loops; l++)
        if (derivation->program->steps && statement->dims[l] == derivation->program->steps) return true;
    return false;
}

static double time_of(const Site *site) {
    switch (statement_of(site)->kind) {
    case STATEMENT_PRODUCT: return product_time(site);
    case STATEMENT_SWEEP: return sweep_time(site);
    case STATEMENT_MAP:
    case STATEMENT_SUM:
    case STATEMENT_MAX: return work(site, operations_of(site), map_rate);
    case STATEMENT_ROWS: return work(site, operations_of(site), rows_rate);
    case STATEMENT_SIGN:
    case STATEMENT_MEAN:
    case STATEMENT_DRAW:
    case STATEMENT_MIX:
    case STATEMENT_CLIP:
    case STATEMENT_CLEAR: return streamed(site);
    case STATEMENT_DIAGONAL:
    case STATEMENT_FORGET: break;
    }
    return 0;
}

/* ---- what a statement is for ---- */

static const char *written_name(const Derivation *derivation, const Buffer *out, Arena *arena) {
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].buffer == out)
            return arena_printf(arena, "%s influences",
                                structure_name[derivation->influences.at[i].structure]);
    if (out->kind == BUFFER_GRADIENT) return "gradients";
    if (out->kind == BUFFER_PARAM) return "weights";
    return out->rank >= 2 ? "Jacobians" : "adjoints and signals";
}

static const char *sweep_name(const Site *site) {
    const Statement *sweep = statement_of(site);
    const Update *update = sweep->updates.at;
    const char *what = written_name(site->derivation, update->out, site->arena);
    const char *how = !update_sums(sweep, update)                ? "entry by entry"
                      : is_looked_up(sweep, update)              ? "sums"
                      : sums_over_steps(site->derivation, sweep) ? "a matrix product over steps"
                                                                 : "matrix products";
    return arena_printf(site->arena, "%s, %s", what, how);
}

static const char *name_of(const Site *site) {
    const Statement *statement = statement_of(site);
    switch (statement->kind) {
    case STATEMENT_PRODUCT:
        return statement->transposed ? "transposed matrices times vectors" : "matrices times vectors";
    case STATEMENT_SWEEP: return sweep_name(site);
    case STATEMENT_ROWS:
        return arena_printf(site->arena, "%s, row by row",
                            written_name(site->derivation, statement->rows->out, site->arena));
    case STATEMENT_MAP:
    case STATEMENT_SUM:
    case STATEMENT_MAX: return "functions of each unit";
    case STATEMENT_DRAW:
    case STATEMENT_MIX: return "random signs and the lengths of an estimate's factors";
    default: return "everything else";
    }
}

/* ---- all of them ---- */

static void add_part(StepTime *total, const char *what, double seconds, Arena *arena) {
    total->seconds += seconds;
    for (int i = 0; i < total->parts.count; i++)
        if (strcmp(total->parts.at[i].what, what) == 0) {
            total->parts.at[i].seconds += seconds;
            return;
        }
    vec_push(arena, &total->parts, ((StepPart){what, seconds}));
}

static void longest_first(StepTime *total) {
    for (int i = 1; i < total->parts.count; i++)
        for (int k = i; k > 0 && total->parts.at[k - 1].seconds < total->parts.at[k].seconds; k--) {
            const StepPart part = total->parts.at[k];
            total->parts.at[k] = total->parts.at[k - 1];
            total->parts.at[k - 1] = part;
        }
}

/* Bytes of the struct's buffers that are written or read, each once. A record is a few vectors. */
static void touch(bool *touched, const Buffer *buffer) {
    if (buffer && !buffer->taped) touched[buffer->index] = true;
}

static void touch_sweep(bool *touched, const Statement *sweep) {
    for (int u = 0; u < sweep->updates.count; u++) {
        const Update *update = &sweep->updates.at[u];
        touch(touched, update->out);
        for (int t = 0; t < update->terms.count; t++)
            for (int f = 0; f < update->terms.at[t].factors; f++)
                touch(touched, update->terms.at[t].factor[f].buffer);
    }
}

static double set_of(const Program *program, const Routine *routine, size_t real, Arena *arena) {
    bool *touched = arena_alloc(arena, sizeof *touched * (size_t)(program->buffers.count + 1));
    for (int i = 0; i < routine->statements.count; i++) {
        const Statement *statement = routine->statements.at[i];
        touch(touched, statement->store);
        touch(touched, statement->matrix);
        if (statement->kind == STATEMENT_SWEEP) touch_sweep(touched, statement);
        if (statement->rows) touch(touched, statement->rows->out), touch(touched, statement->rows->in.buffer);
    }
    double bytes = 0;
    for (int i = 0; i < program->buffers.count; i++)
        if (touched[i]) bytes += (double)((size_t)buffer_entries(program->buffers.at[i]) * real);
    return bytes;
}

/* Bytes of the records that a sum over steps reads, of each step. */
static double recorded(const Site *site) {
    const Update *update = statement_of(site)->updates.at;
    double reals = 0;
    for (int f = 0; update->terms.count && f < update->terms.at[0].factors; f++)
        reals += (double)buffer_entries(update->terms.at[0].factor[f].buffer);
    return site->real * reals;
}

/* A sum over steps is as long as there are steps, however they are divided into `runs`; the sheet has that of
 * a block, or of one step. */
static double steps_time(const Site *site, double runs, int steps, double tape) {
    const int block = site->derivation->program->block;
    const double each = block ? operations_of(site) / block : operations_of(site);
    const double far = tape > 2 * level_bytes[0] ? recorded(site) / tape_rate : 0;
    return steps * (work(site, each, gemm_rate) + far) + runs * streamed(site);
}

typedef struct Runs { /* of a program's routines over a sequence */
    const Derivation *derivation;
    int steps;
    double tape; /* bytes of the records between its ends, or a block's */
    size_t real;
    Arena *arena, *scratch;
} Runs;

static void add_routine(StepTime *total, const Runs *all, const Routine *routine, double runs) {
    Site site = {.derivation = all->derivation,
                 .routine = routine,
                 .set = set_of(all->derivation->program, routine, all->real, all->scratch),
                 .real = (double)all->real,
                 .arena = all->arena,
                 .scratch = all->scratch};
    for (; site.at < routine->statements.count; site.at++) {
        const bool over_steps = sums_over_steps(all->derivation, statement_of(&site));
        const double time =
            over_steps ? steps_time(&site, runs, all->steps, all->tape) : runs * time_of(&site);
        add_part(total, name_of(&site), 1e-9 * (time + runs * statement_time) / all->steps, all->arena);
    }
}

StepTime machine_time(const Derivation *derivation, int steps, size_t real, Arena *arena) {
    const Program *program = derivation->program;
    StepTime total = {0};
    const int block = program->block ? program->block : steps;
    Runs all = {derivation, steps, 0, real, arena, arena_new()};
    all.tape = (double)program_layout(program, real, all.scratch).record_bytes * block;
    add_routine(&total, &all, &program->step, steps);
    add_routine(&total, &all, &program->backward, steps);
    add_routine(&total, &all, &program->border, (steps + block - 1) / block);
    longest_first(&total);
    arena_free(all.scratch);
    return total;
}
