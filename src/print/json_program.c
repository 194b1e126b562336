/* The update program's statements for programs: what runs in a step, in order (docs/derive-json.md). */
#include "print/json.h"

#include <string.h>

static const char *const kinds[] = {
    [STATEMENT_MAP] = "map",         [STATEMENT_SUM] = "sum",     [STATEMENT_MAX] = "max",
    [STATEMENT_PRODUCT] = "product", [STATEMENT_SWEEP] = "sweep", [STATEMENT_DIAGONAL] = "diagonal",
    [STATEMENT_CLEAR] = "clear",     [STATEMENT_ROWS] = "rows",   [STATEMENT_DRAW] = "draw",
    [STATEMENT_MIX] = "mix",         [STATEMENT_CLIP] = "clip",   [STATEMENT_FORGET] = "forget",
    [STATEMENT_SIGN] = "sign",       [STATEMENT_MEAN] = "mean"};

/* ---- values ---- */

typedef struct Known { /* of the values that a statement has at hand */
    const Routine *routine;
    const Statement *statement;
    const Expr *self; /* the one that is being written out */
} Known;

/* An earlier let of the same map, or the buffer that an earlier statement left it in. */
static const char *name_of(void *context, const Expr *e) {
    const Known *known = context;
    if (e == known->self) return NULL;
    for (int i = 0; i < known->statement->lets.count; i++)
        if (known->statement->lets.at[i].node == e) return known->statement->lets.at[i].name;
    const bool placed = e->id < known->routine->placed.count && !expr_is_leaf(e);
    const Buffer *buffer = placed ? known->routine->placed.at[e->id].buffer : NULL;
    return buffer ? buffer->name : NULL;
}

static const char *value_text(const Report *report, const Known *known, const Expr *e) {
    const char *name = name_of((void *)known, e);
    if (name) return name;
    Text text = {0};
    expr_print(e, name_of, (void *)known, &text);
    return report_take(report, &text);
}

static void write_lets(Json *json, const Report *report, const Routine *routine, const Statement *map) {
    json_array(json, "lets");
    for (int i = 0; i < map->lets.count; i++) {
        const Let *let = &map->lets.at[i];
        const Known known = {routine, map, let->node};
        json_object(json, NULL);
        json_string(json, "name", let->name);
        json_string(json, "value", value_text(report, &known, let->node));
        json_string(json, "store", let->store ? let->store->name : NULL);
        json_end_object(json);
    }
    json_end_array(json);
}

/* ---- sweeps ---- */

static const char *loop_name(const Report *report, int loop) {
    return arena_printf(report->arena, "%c", "abcd"[loop]);
}

/* Where a buffer's range is: a loop, the entry of a table at it, or always one place. */
static void write_index(Json *json, const Report *report, int rank, const int *index,
                        const IntTable *const *through) {
    json_row(json, "index");
    for (int i = 0; i < rank; i++) {
        if (index[i] < 0)
            json_number(json, NULL, -1 - index[i]);
        else if (through[i])
            json_string(json, NULL,
                        arena_printf(report->arena, "%s[%s]", through[i]->name, loop_name(report, index[i])));
        else
            json_string(json, NULL, loop_name(report, index[i]));
    }
    json_end_array(json);
}

static void write_factor(Json *json, const Report *report, const Factor *factor) {
    json_object(json, NULL);
    json_string(json, "buffer", factor->buffer->name);
    json_number(json, "lag", factor->lag);
    if (factor->step) json_string(json, "step", loop_name(report, factor->step - 1));
    write_index(json, report, factor->buffer->rank, factor->index, factor->through);
    json_end_object(json);
}

static void write_update(Json *json, const Report *report, const Update *update) {
    json_object(json, NULL);
    json_string(json, "equation", update->equation);
    json_string(json, "out", update->out->name);
    write_index(json, report, update->out->rank, update->index, update->through);
    json_bool(json, "accumulate", update->accumulate);
    json_array(json, "terms");
    for (int i = 0; i < update->terms.count; i++) {
        json_array(json, NULL);
        for (int f = 0; f < update->terms.at[i].factors; f++)
            write_factor(json, report, &update->terms.at[i].factor[f]);
        json_end_array(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void write_sweep(Json *json, const Report *report, const Statement *sweep) {
    json_array(json, "loops");
    for (int i = 0; i < sweep->loops; i++) {
        json_object(json, NULL);
        json_string(json, "name", loop_name(report, i));
        json_shape(json, "over", 1, &sweep->dims[i]);
        json_string(json, "from", sweep->start[i] ? sweep->start[i]->name : NULL);
        json_string(json, "along", sweep->start[i] ? loop_name(report, sweep->parent[i]) : NULL);
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "updates");
    for (int i = 0; i < sweep->updates.count; i++) write_update(json, report, &sweep->updates.at[i]);
    json_end_array(json);
}

/* ---- all others ---- */

static void write_product(Json *json, const Report *report, const Routine *routine,
                          const Statement *product) {
    const Known known = {routine, product, NULL};
    json_string(json, "matrix", product->matrix->name);
    json_bool(json, "transposed", product->transposed);
    json_string(json, "vector", value_text(report, &known, product->node));
}

static void write_rows(Json *json, const PairRows *rows) {
    static const char *const what[] = {[ROWS_MIX] = "mix", [ROWS_OUTER] = "outer", [ROWS_PULL] = "pull"};
    json_string(json, "what", what[rows->kind]);
    json_string(json, "operator", rows->operator->name);
    json_string(json, "in", rows->in.buffer ? rows->in.buffer->name : NULL);
    json_number(json, "lag", rows->in.lag);
    json_string(json, "out", rows->out->name);
    json_bool(json, "accumulate", rows->accumulate);
}

static void write_forgotten(Json *json, const Statement *statement) {
    json_number(json, "period", statement->period);
    json_row(json, "buffers");
    for (int i = 0; i < statement->forgotten.count; i++)
        json_string(json, NULL, statement->forgotten.at[i]->name);
    json_end_array(json);
}

static void write_details(Json *json, const Report *report, const Routine *routine,
                          const Statement *statement) {
    const Known known = {routine, statement, NULL};
    switch (statement->kind) {
    case STATEMENT_MAP: write_lets(json, report, routine, statement); return;
    case STATEMENT_SWEEP: write_sweep(json, report, statement); return;
    case STATEMENT_PRODUCT: write_product(json, report, routine, statement); return;
    case STATEMENT_SUM:
    case STATEMENT_MAX: json_string(json, "value", value_text(report, &known, statement->node)); return;
    case STATEMENT_ROWS: write_rows(json, statement->rows); return;
    case STATEMENT_FORGET: write_forgotten(json, statement); return;
    case STATEMENT_SIGN:
    case STATEMENT_MEAN: json_string(json, "matrix", statement->matrix->name); return;
    case STATEMENT_MIX: json_number(json, "products", statement->mix->terms); return;
    case STATEMENT_DIAGONAL:
    case STATEMENT_CLEAR:
    case STATEMENT_DRAW:
    case STATEMENT_CLIP: return;
    }
}

static void write_statement(Json *json, const Report *report, const Routine *routine,
                            const Statement *statement) {
    json_object(json, NULL);
    json_string(json, "kind", kinds[statement->kind]);
    if (statement->dim) json_shape(json, "over", 1, &statement->dim);
    if (statement->store) json_string(json, "store", statement->store->name);
    write_details(json, report, routine, statement);
    json_end_object(json);
}

void json_routines(Json *json, const Report *report) {
    const Program *program = report->derivation->program;
    const Routine *const routines[] = {&program->step, &program->refresh, &program->backward,
                                       &program->border};
    json_array(json, "routines");
    for (int r = 0; r < 4; r++) {
        if (!routines[r]->statements.count) continue;
        json_object(json, NULL);
        json_string(json, "name", routines[r]->name);
        json_array(json, "statements");
        for (int i = 0; i < routines[r]->statements.count; i++)
            write_statement(json, report, routines[r], routines[r]->statements.at[i]);
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}
