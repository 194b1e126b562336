/* Statements other than sweeps: maps, reductions, products, diagonals. A map is one loop whose body reads
 * like the cell's equations: `const real i = …;` for every let. */
#include "emit/emitter.h"

/* ---- which lets are needed, and how often nodes are used ---- */

static void forget(Emitter *e) {
    for (int i = 0; i < exprs_count(e->program->model->exprs); i++) e->value[i] = NULL, e->uses[i] = 0;
}

static bool is_fill(const Emitter *e, const Let *let) {
    const Placed *place = place_of(e, let->node);
    return place && let->store == place->buffer && place->lag == 0;
}

/* From the last let to the first: a let counts when it is stored or a counted one refers to it. */
static bool *needed_lets(Emitter *e, const Statement *map) {
    bool *needed = arena_alloc(e->arena, (size_t)map->lets.count + 1);
    for (int i = 0; i < map->lets.count; i++) e->value[map->lets.at[i].node->id] = "";
    for (int i = map->lets.count - 1; i >= 0; i--) {
        const Let *let = &map->lets.at[i];
        needed[i] = let->store || e->uses[let->node->id] > 0;
        if (!needed[i]) continue;
        const int so_far = e->uses[let->node->id];
        e->value[let->node->id] = NULL, e->uses[let->node->id] = 0;
        count_uses(e, let->node, is_fill(e, let));
        e->value[let->node->id] = "", e->uses[let->node->id] = so_far + 1;
    }
    for (int i = 0; i < map->lets.count; i++) e->value[map->lets.at[i].node->id] = NULL;
    return needed;
}

/* ---- maps ---- */

static void emit_let(Emitter *e, const Let *let, const char *name) {
    const char *text = expression(e, let->node, is_fill(e, let), "part");
    line(e, "const real %s = %s;", name, text);
    e->value[let->node->id] = name;
    if (let->store) line(e, "%s = %s;", unit_element(e, let->store, 0, true), name);
}

/* Whether a compiler may suspect that a unit waits for another's value: what it stores lies in a ring, or on
 * the tape, where other steps' values are. */
static bool looks_dependent(const Statement *map) {
    for (int i = 0; i < map->lets.count; i++) {
        const Buffer *store = map->lets.at[i].store;
        if (store && (store->slots > 1 || store->taped)) return true;
    }
    return false;
}

/* Loops over units and sequences, or a block where there are none; as many are to be closed. */
static int open_units(Emitter *e, const Statement *statement) {
    if (statement->dim && looks_dependent(statement)) {
        e->uses_units = true;
        line(e, "EACH_UNIT");
    }
    if (statement->dim) open_range(e, e->unit, statement->dim);
    if (statement->lanes) open_range(e, e->lane, statement->lanes);
    if (statement->dim || statement->lanes) return (statement->dim != NULL) + (statement->lanes != NULL);
    line(e, "{");
    e->indent++;
    return 1;
}

static void close(Emitter *e, int loops) {
    while (loops-- > 0) close_loop(e);
}

static void emit_map(Emitter *e, int index, const Statement *map) {
    forget(e);
    const bool *needed = needed_lets(e, map);
    if (e->by_ranges && (map->dim || map->lanes)) {
        emit_map_by_ranges(e, map, needed);
        return;
    }
    const int loops = open_units(e, map);
    for (int i = 0; i < map->lets.count; i++)
        if (needed[i]) emit_let(e, &map->lets.at[i], e->let_name[index][i]);
    close(e, loops);
}

/* ---- reductions ---- */

static void emit_reduction(Emitter *e, const Statement *statement) {
    forget(e);
    count_uses(e, statement->node, false);
    const bool sum = statement->kind == STATEMENT_SUM;
    const char *result = unit_element(e, statement->store, 0, true), *store = result;
    if (statement->lanes) {
        open_range(e, e->lane, statement->lanes);
        line(e, "%s = %s;", store, literal(e, 0));
        close_loop(e);
    } else {
        result = function_name(e, sum ? "sum" : "largest");
        line(e, "real %s = %s;", result, literal(e, 0));
    }
    const int loops = open_units(e, statement);
    const char *text = expression(e, statement->node, false, "part");
    if (sum)
        line(e, "%s += %s;", result, text);
    else {
        const char *candidate = block_name(e, "candidate");
        line(e, "const real %s = %s;", candidate, text);
        line(e, "if (%s == 0 || %s > %s) %s = %s;", e->unit, candidate, result, result, candidate);
    }
    close(e, loops);
    if (!statement->lanes) line(e, "%s = %s;", store, result);
}

/* ---- products ---- */

static void emit_sparse_product(Emitter *e, const Statement *product, const char *a, const char *x,
                                const char *y) {
    const Csr *csr = product->matrix->csr;
    const char *rows = size_of(e, csr->rows), *start = table_name(e, csr->start),
               *column = table_name(e, csr->column);
    if (product->lanes) {
        use_kernel(e, "kernel_sparse_lanes");
        line(e, "kernel_sparse_lanes(%s, %s, %s, %s, %s, %s, %s, %s, %d);", rows, size_of(e, csr->cols),
             size_of(e, product->lanes), start, column, a, x, y, product->transposed);
    } else if (product->transposed) {
        use_kernel(e, "kernel_sparse_transposed");
        line(e, "kernel_sparse_transposed(%s, %s, %s, %s, %s, %s, %s);", rows, size_of(e, csr->cols), start,
             column, a, x, y);
    } else {
        use_kernel(e, "kernel_sparse");
        line(e, "kernel_sparse(%s, %s, %s, %s, %s, %s);", rows, start, column, a, x, y);
    }
}

static void emit_product(Emitter *e, const Statement *product) {
    const Placed *vector = place_of(e, product->node);
    const Buffer *matrix = product->matrix;
    const char *a = address(e, matrix, 0, NULL, 0, false);
    const char *x = address(e, vector->buffer, vector->lag, NULL, 0, false);
    const char *y = address(e, product->store, 0, NULL, 0, true);
    if (matrix->csr) {
        emit_sparse_product(e, product, a, x, y);
        return;
    }
    const char *rows = size_of(e, matrix->dims[0]), *columns = size_of(e, matrix->dims[1]);
    if (product->transposed) {
        use_kernel(e, "kernel_combine");
        line(e, "kernel_combine(%s, %s, %s, 1, %s, %s, %s, 0);", columns, rows, x, a, columns, y);
    } else {
        const char *kernel = expr_is_event(product->node) ? "kernel_gemv_events" : "kernel_gemv";
        use_kernel(e, kernel);
        line(e, "%s(%s, %s, %s, %s, %s, 0);", kernel, rows, columns, a, x, y);
    }
}

/* ---- diagonals ---- */

static void over(Emitter *e, const char *i, const Dim *dim) {
    line(e, "for (size_t %s = 0; %s < %s; %s++)", i, i, size_of(e, dim), i);
    e->indent++;
}

static void emit_diagonal(Emitter *e, const Statement *statement) {
    const Buffer *store = statement->store;
    const char *j = e->loop[0], *block = e->loop[1], *lane = e->loop[2];
    const int rank = buffer_ranges(e->program, store);
    const bool lanes = rank < store->rank;
    const char *at[MOST_RANGES] = {block, j, j, lane};
    if (rank == 3) over(e, block, store->dims[0]);
    over(e, j, store->dims[rank - 1]);
    if (lanes) over(e, lane, store->dims[rank]);
    line(e, "%s = %s;", element(e, store, 0, rank == 3 ? at : at + 1, true), literal(e, 0));
    e->indent -= (rank == 3) + 1 + lanes;
}

static void emit_zeros(Emitter *e, const Buffer *store) {
    const char *type = e->options->single ? "float" : "double";
    line(e, "memset(%s, 0, sizeof(%s) * (%s));", address(e, store, 0, NULL, 0, true), type,
         entries_of(e, store));
}

static const char *part_text(Emitter *e, const Placed *placed) {
    return placed->buffer ? address(e, placed->buffer, placed->lag, NULL, 0, false) : "(const real *)0";
}

static const char *part_length(Emitter *e, const Placed *placed) {
    return placed->buffer ? entries_of(e, placed->buffer) : "0";
}

/* Balancing needs lengths only. */
static void emit_gram(Emitter *e, const Mix *mix, const MixPart *one, const char *gram) {
    const int size = mix->terms + 1;
    for (int i = 0; i < size; i++)
        for (int k = i; k < (mix->least_variance ? size : i + 1); k++) {
            const Placed *x = &one->vector[i], *y = &one->vector[k];
            if (!x->buffer || !y->buffer) continue;
            use_kernel(e, "kernel_dot");
            line(e, "kernel_dot(%s, %s, %s, %s + %d);", part_length(e, x), part_text(e, x), part_text(e, y),
                 gram, i * size + k);
        }
    if (!one->outer[0].buffer && !one->outer[1].buffer) return;
    use_kernel(e, "kernel_dot_outer");
    line(e, "kernel_dot_outer(%s, %s, %s, %s, %s + %d);", part_length(e, &one->outer[0]),
         part_text(e, &one->outer[0]), part_length(e, &one->outer[1]), part_text(e, &one->outer[1]), gram,
         size * size - 1);
}

static void emit_mix(Emitter *e, const Mix *mix) {
    const char *left = address(e, mix->left_gram, 0, NULL, 0, true);
    const char *right = address(e, mix->right_gram, 0, NULL, 0, true);
    const char *x = address(e, mix->left_mix, 0, NULL, 0, true);
    const char *y = address(e, mix->right_mix, 0, NULL, 0, true);
    emit_zeros(e, mix->left_gram);
    emit_zeros(e, mix->right_gram);
    for (int i = 0; i < mix->left.count; i++) emit_gram(e, mix, &mix->left.at[i], left);
    for (int i = 0; i < mix->right.count; i++) emit_gram(e, mix, &mix->right.at[i], right);
    if (mix->least_variance) {
        use_kernel(e, "kernel_mix");
        line(e, "kernel_mix(%d, %s, %s, s->draws, %d, %s, %s);", mix->terms, left, right, mix->stream, x, y);
    } else {
        use_kernel(e, "kernel_balance");
        line(e, "kernel_balance(%s, %s, s->draws, %d, %s, %s);", left, right, mix->stream, x, y);
    }
}

static void emit_signs(Emitter *e, const Statement *statement) {
    use_kernel(e, "kernel_signs");
    line(e, "kernel_signs(%s, s->draws, %d, %s);", entries_of(e, statement->store), statement->stream,
         address(e, statement->store, 0, NULL, 0, true));
}

static void emit_clip(Emitter *e, const Buffer *store) {
    const char *i = e->loop[1], *out = address(e, store, 0, NULL, 0, true);
    line(e, "for (size_t %s = 0; %s < %s; %s++)", i, i, entries_of(e, store), i);
    if (store->rank)
        line(e, "    if ((%s)[%s] < 0) (%s)[%s] = 0;", out, i, out, i);
    else
        line(e, "    if (*(%s) < 0) *(%s) = 0;", out, out);
}

static void emit_forget(Emitter *e, const Statement *statement) {
    e->uses_time = true;
    line(e, "if (t %% %d == 0) {", statement->period);
    e->indent++;
    for (int i = 0; i < statement->forgotten.count; i++) {
        const Buffer *buffer = statement->forgotten.at[i];
        const char *member = e->member[buffer->index];
        e->uses_struct = true;
        if (buffer->rank == 0 && buffer->slots == 1) {
            line(e, "s->%s = 0;", member);
            continue;
        }
        line(e, "memset(s->%s, 0, sizeof s->%s);", member, member);
    }
    close_loop(e);
}

/* ---- matrices made of others ---- */

static void emit_sign(Emitter *e, const Statement *statement) {
    use_kernel(e, "kernel_sign");
    line(e, "kernel_sign(%s, %s, %s);", entries_of(e, statement->matrix),
         address(e, statement->matrix, 0, NULL, 0, false), address(e, statement->store, 0, NULL, 0, true));
}

static void emit_mean(Emitter *e, const Statement *statement) {
    const Groups *groups = &statement->groups;
    const Csr *csr = statement->matrix->csr;
    const char *none = "(const int *)0";
    use_kernel(e, "kernel_mean");
    line(e, "kernel_mean(%d, %s, %d, %s, %s, %s, %d, %s, %s);", groups->rows->count - 1,
         table_name(e, groups->rows), groups->columns->count - 1, table_name(e, groups->columns),
         csr ? table_name(e, csr->start) : none, csr ? table_name(e, csr->column) : none, groups->hollow,
         address(e, statement->matrix, 0, NULL, 0, false), address(e, statement->store, 0, NULL, 0, true));
}

bool emit_statement(Emitter *e, int index, const Statement *statement) {
    if (statement->comment) comment(&e->text, e->indent, statement->comment);
    const int begin = block_begin(e);
    bool both = false;
    switch (statement->kind) {
    case STATEMENT_MAP: emit_map(e, index, statement); break;
    case STATEMENT_SUM:
    case STATEMENT_MAX: emit_reduction(e, statement); break;
    case STATEMENT_PRODUCT: emit_product(e, statement); break;
    case STATEMENT_SWEEP: both = emit_sweep(e, statement, program_product_at_hand(e->routine, index)); break;
    case STATEMENT_DIAGONAL: emit_diagonal(e, statement); break;
    case STATEMENT_ROWS: emit_rows(e, statement->rows); break;
    case STATEMENT_DRAW: emit_signs(e, statement); break;
    case STATEMENT_MIX: emit_mix(e, statement->mix); break;
    case STATEMENT_CLEAR: emit_zeros(e, statement->store); break;
    case STATEMENT_CLIP: emit_clip(e, statement->store); break;
    case STATEMENT_FORGET: emit_forget(e, statement); break;
    case STATEMENT_SIGN: emit_sign(e, statement); break;
    case STATEMENT_MEAN: emit_mean(e, statement); break;
    }
    block_end(e, begin);
    return both;
}
