/* Maps, and rows of sweeps, for tcc, whose own loops are slow: stretches of units (of sequences, where
 * several are done at once) at a time, an operator
 * of the host over all of a stretch, and an array for each value. Each unit sees the same operations in the
 * same order as in the loop that other compilers get (map.c, sweep.c), so the bits are the same. */
#include "emit/emitter.h"

/* Short enough that the values of a large cell stay in the processor's first cache. */
#define STRETCH "128"

static const char *array_of(Emitter *e, const char *name) {
    line(e, "real %s[" STRETCH "];", name);
    return name;
}

static void call(Emitter *e, const char *function, const char *const *operand, const char *out) {
    line(e, "range_%s(%s, %s, %s, %s, %s);", function, e->stretch, operand[0], operand[1] ? operand[1] : "0",
         operand[2] ? operand[2] : "0", out);
}

/* An array with one number for all units, which stands at an address. */
static const char *filled(Emitter *e, const char *at) {
    const char *out = array_of(e, block_name(e, "part"));
    call(e, "fill", (const char *const[3]){at}, out);
    return out;
}

const char *range_of(Emitter *e, const char *number) {
    const char *name = block_name(e, "number");
    line(e, "const real %s = %s;", name, number);
    return filled(e, arena_printf(e->arena, "&%s", name));
}

static const char *indices(Emitter *e) {
    const char *out = array_of(e, block_name(e, "part"));
    line(e, "for (size_t place = 0; place < %s; place++) %s[place] = (real)(int)(%s + place);", e->stretch,
         out, e->unit);
    return out;
}

static const char *value_of(Emitter *e, const Expr *node, bool is_fill);

static const char *operation(Emitter *e, const Expr *node) {
    const char *operand[3] = {0}, *function = expr_operator(node->op)->name;
    const bool square = node->op == EXPR_POW && node->kid[1]->op == EXPR_CONST && node->kid[1]->value == 2;
    for (int i = 0; i < (square ? 1 : node->kids); i++) operand[i] = value_of(e, node->kid[i], false);
    if (square) operand[1] = operand[0], function = "mul";
    const char *out = array_of(e, block_name(e, "part"));
    call(e, function, operand, out);
    return out;
}

/* Whether the buffer has a number of its own for each unit, or sequence, of a stretch. */
static bool runs(const Emitter *e, const Buffer *buffer) {
    return e->by_lanes ? buffer_has_lanes(e->program, buffer) : buffer->rank > 0;
}

/* Where a buffer's values for the stretch begin. */
static const char *stretch_address(Emitter *e, const Buffer *buffer, int lag, bool write) {
    const char *at[2] = {e->unit, e->lane};
    const bool only_lane = buffer->rank == 1 && buffer_has_lanes(e->program, buffer);
    return address(e, buffer, lag, only_lane ? at + 1 : at, buffer->rank, write);
}

static const char *computed(Emitter *e, const Expr *node, const Placed *place) {
    if (place) {
        const char *at = stretch_address(e, place->buffer, place->lag, false);
        return runs(e, place->buffer) ? at : filled(e, at);
    }
    if (node->op == EXPR_UNIT && !e->by_lanes) return indices(e);
    if (node->op == EXPR_UNIT) return range_of(e, leaf_number(e, node));
    if (node->op == EXPR_CONST || node->op == EXPR_SIZE) return range_of(e, leaf_number(e, node));
    if (node->op == EXPR_FUNCTION || node->op == EXPR_BROADCAST || node->op == EXPR_STOP)
        return value_of(e, node->kid[0], false);
    return operation(e, node);
}

/* Where the node's values for the stretch are; what isn't in memory is computed once. */
static const char *value_of(Emitter *e, const Expr *node, bool is_fill) {
    const Placed *place = is_fill ? NULL : place_of(e, node);
    if (e->value[node->id]) return e->value[node->id];
    const char *at = computed(e, node, place);
    if (!place || !runs(e, place->buffer)) e->value[node->id] = at;
    return at;
}

/* A let keeps its value, even if what it was read from is written later on. */
static void emit_let(Emitter *e, const Let *let, bool is_fill) {
    const char *at = value_of(e, let->node, is_fill);
    if (!e->value[let->node->id]) {
        const char *kept = array_of(e, block_name(e, "part"));
        call(e, "copy", (const char *const[3]){at}, kept);
        e->value[let->node->id] = at = kept;
    }
    if (!let->store) return;
    const char *out = stretch_address(e, let->store, 0, true);
    call(e, "copy", (const char *const[3]){at}, out);
}

void open_stretches(Emitter *e, const char *u, const Dim *dim) {
    const char *n = size_of(e, dim);
    line(e, "for (size_t %s = 0; %s < %s; %s += " STRETCH ") {", u, u, n, u);
    e->indent++;
    e->stretch = block_name(e, "stretch");
    line(e, "const size_t %s = %s - %s < " STRETCH " ? %s - %s : " STRETCH ";", e->stretch, n, u, n, u);
}

void close_stretches(Emitter *e) {
    e->indent--;
    line(e, "}");
}

void emit_map_by_ranges(Emitter *e, const Statement *map, const bool *needed) {
    e->by_lanes = map->lanes != NULL;
    if (e->by_lanes && map->dim) open_range(e, e->unit, map->dim);
    open_stretches(e, e->by_lanes ? e->lane : e->unit, e->by_lanes ? map->lanes : map->dim);
    for (int i = 0; i < map->lets.count; i++) {
        const Let *let = &map->lets.at[i];
        const Placed *place = place_of(e, let->node);
        if (needed[i]) emit_let(e, let, place && let->store == place->buffer && place->lag == 0);
    }
    close_stretches(e);
    if (e->by_lanes && map->dim) close_loop(e);
}

/* ---- what sweeps need of this ---- */

const char *range_joined(Emitter *e, const char *function, const char *left, const char *right) {
    if (!left) return right;
    const char *out = array_of(e, block_name(e, "part"));
    call(e, function, (const char *const[3]){left, right}, out);
    return out;
}

const char *range_scaled(Emitter *e, const char *sum, const char *number, const char *x) {
    const char *out = array_of(e, block_name(e, "part")), *at = arena_printf(e->arena, "&%s", number);
    if (sum)
        call(e, "add_scaled", (const char *const[3]){sum, at, x}, out);
    else
        call(e, "scale", (const char *const[3]){at, x}, out);
    return out;
}

void range_store(Emitter *e, const char *at, const char *out, bool accumulate) {
    call(e, accumulate ? "add" : "copy", (const char *const[3]){accumulate ? out : at, at}, out);
}
