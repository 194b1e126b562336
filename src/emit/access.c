/* How emitted code names entries of buffers. Entries are indexed through the struct's own arrays, not through
 * pointers to them: two arrays of one struct can't overlap, so a compiler vectorises loops over them unasked.
 * Ring slots and tape records become locals that the routine's head computes once. */
#include "emit/emitter.h"
#include <ctype.h>
#include <string.h>

/* ---- names of locals ---- */

const char *block_name(Emitter *e, const char *wish) {
    const char *name = names_new(&e->names, wish);
    names_take(&e->ever, name);
    return name;
}

/* A function's local may be asked for when blocks before it are written already: it avoids their names too.
 */
const char *function_name(Emitter *e, const char *wish) {
    const char *name = names_new(&e->ever, wish);
    names_take(&e->names, name);
    return name;
}

int block_begin(const Emitter *e) { return e->names.taken.count; }

void block_end(Emitter *e, int begin) {
    e->names.taken.count = begin;
    for (int i = 0; i < e->rings.count; i++) names_take(&e->names, e->rings.at[i].name);
    for (int i = 0; i < e->records.count; i++) names_take(&e->names, e->records.at[i].name);
}

/* ---- sizes, rings, records ---- */

const char *size_of(Emitter *e, const Dim *dim) {
    if (dim && dim == e->program->steps) return "(size_t)count";
    if (dim && !dim->name) return arena_printf(e->arena, "%ld", dim->value);
    for (int i = 0; i < e->dims.count; i++)
        if (e->dims.at[i] == dim) return e->dim_macro.at[i];
    return "1";
}

const char *entries_of(Emitter *e, const Buffer *buffer) {
    const char *product = NULL;
    for (int r = 0; r < buffer->rank; r++) {
        const char *size = size_of(e, buffer->dims[r]);
        product = product ? arena_printf(e->arena, "%s * %s", product, size) : size;
    }
    if (buffer->rank == 3)
        product = arena_printf(e->arena, "(size_t)%s", product); /* n * n * n may pass an int */
    return product ? product : "1";
}

static const char *record_of(Emitter *e, int lag, bool write) {
    for (int i = 0; i < e->records.count; i++)
        if (e->records.at[i].lag == lag) {
            e->records.at[i].written |= write;
            return e->records.at[i].name;
        }
    const char *wish = lag == 0 ? "record" : arena_printf(e->arena, "record_%d", lag);
    vec_push(e->arena, &e->records, ((Record){lag, write, function_name(e, wish)}));
    e->uses_time = true;
    return e->records.at[e->records.count - 1].name;
}

/* The local with the index of the slot's first entry; NULL for a buffer of one slot. */
static const char *ring_of(Emitter *e, const Buffer *buffer, int lag) {
    if (buffer->slots == 1) return NULL;
    lag %= buffer->slots;
    for (int i = 0; i < e->rings.count; i++)
        if (e->rings.at[i].buffer == buffer && e->rings.at[i].lag == lag) return e->rings.at[i].name;
    const char *wish = arena_printf(e->arena, "%s_%d", e->member[buffer->index], lag);
    vec_push(e->arena, &e->rings, ((Ring){buffer, lag, function_name(e, wish)}));
    e->uses_time = true;
    return e->rings.at[e->rings.count - 1].name;
}

static const char *base_of(Emitter *e, const Buffer *buffer, int lag, bool write) {
    if (buffer->taped) return record_of(e, lag, write);
    e->uses_struct = true;
    return "s";
}

/* The flat index of an entry, by Horner's rule: "(j * N + i) * M". Zero is NULL. */
static const char *flat(Emitter *e, const Buffer *buffer, const char *const *at, int given) {
    const char *index = NULL;
    bool sum = false;
    for (int r = 0; r < buffer->rank; r++) {
        if (index) {
            index = arena_printf(e->arena, sum ? "(%s) * %s" : "%s * %s", index, size_of(e, buffer->dims[r]));
            sum = false;
        }
        if (r >= given) continue;
        sum = index != NULL;
        index = index ? arena_printf(e->arena, "%s + %s", index, at[r]) : at[r];
    }
    return index;
}

static const char *joined(Emitter *e, const char *ring, const char *index) {
    return ring && index ? arena_printf(e->arena, "%s + %s", ring, index) : ring ? ring : index;
}

/* The record of the step that the loop over a block's steps is at. */
static const char *step_record(Emitter *e, int loop, int lag) {
    e->uses_tape = true;
    if (!lag) return arena_printf(e->arena, "tape[%s_HISTORY + %s].", e->capitals, e->loop[loop]);
    return arena_printf(e->arena, "tape[%s_HISTORY + %s - %d].", e->capitals, e->loop[loop], lag);
}

const char *step_element(Emitter *e, const Buffer *buffer, int loop, int lag, const char *const *at) {
    const char *index = flat(e, buffer, at, buffer->rank), *record = step_record(e, loop, lag);
    const char *member = e->member[buffer->index];
    return index ? arena_printf(e->arena, "%s%s[%s]", record, member, index)
                 : arena_printf(e->arena, "%s%s", record, member);
}

const char *first_record(Emitter *e, const Buffer *buffer, int lag) {
    e->uses_tape = true;
    const char *back = lag ? arena_printf(e->arena, " - %d", lag) : "";
    return arena_printf(e->arena, "tape[%s_HISTORY%s].%s", e->capitals, back, e->member[buffer->index]);
}

const char *element(Emitter *e, const Buffer *buffer, int lag, const char *const *at, bool write) {
    const char *base = base_of(e, buffer, lag, write), *member = e->member[buffer->index];
    const char *ring = buffer->taped ? NULL : ring_of(e, buffer, lag);
    const char *index = joined(e, ring, flat(e, buffer, at, buffer->rank));
    if (!index) return arena_printf(e->arena, "%s->%s", base, member);
    return arena_printf(e->arena, "%s->%s[%s]", base, member, index);
}

const char *unit_element(Emitter *e, const Buffer *buffer, int lag, bool write) {
    const bool lanes = buffer_has_lanes(e->program, buffer);
    const char *at[2] = {e->unit, e->lane};
    return element(e, buffer, lag, buffer->rank == 1 && lanes ? at + 1 : at, write);
}

const char *address(Emitter *e, const Buffer *buffer, int lag, const char *const *at, int given, bool write) {
    const char *base = base_of(e, buffer, lag, write), *member = e->member[buffer->index];
    const char *ring = buffer->taped ? NULL : ring_of(e, buffer, lag);
    const char *index = joined(e, ring, flat(e, buffer, at, given));
    if (buffer->rank == 0 && !ring) return arena_printf(e->arena, "&%s->%s", base, member);
    if (!index) return arena_printf(e->arena, "%s->%s", base, member);
    return arena_printf(e->arena, "%s->%s + %s", base, member, index);
}

/* ---- the emitter's own beginning ---- */

static const char *capital(Arena *arena, const char *name) {
    char *copy = arena_string(arena, name);
    for (char *at = copy; *at; at++) *at = (char)toupper((unsigned char)*at);
    return copy;
}

const char *emit_name(const Program *program, Arena *arena) {
    const char *name = name_ascii(arena, program->name);
    return name_is_reserved(name) ? arena_printf(arena, "%s_", name) : name;
}

static void add_dim(Emitter *e, NameSet *macros, const Dim *dim) {
    if (!dim || !dim->name || dim == e->program->steps) return;
    for (int i = 0; i < e->dims.count; i++)
        if (e->dims.at[i] == dim) return;
    const char *wish =
        arena_printf(e->arena, "%s_%s", e->capitals, capital(e->arena, name_ascii(e->arena, dim->name)));
    vec_push(e->arena, &e->dims, dim);
    vec_push(e->arena, &e->dim_macro, names_new(macros, wish));
}

static void add_dims(Emitter *e) {
    NameSet macros = {.arena = e->arena};
    names_take(&macros, arena_printf(e->arena, "%s_H", e->capitals));
    names_take(&macros, arena_printf(e->arena, "%s_HISTORY", e->capitals));
    names_take(&macros, arena_printf(e->arena, "%s_BLOCK", e->capitals));
    for (int i = 0; i < e->program->model->dims.count; i++)
        add_dim(e, &macros, e->program->model->dims.at[i]);
    for (int i = 0; i < e->program->buffers.count; i++)
        for (int r = 0; r < e->program->buffers.at[i]->rank; r++)
            add_dim(e, &macros, e->program->buffers.at[i]->dims[r]);
    const Routine *routines[] = {&e->program->step, &e->program->backward, &e->program->border};
    for (int q = 0; q < 3; q++)
        for (int i = 0; i < routines[q]->statements.count; i++) {
            const Statement *statement = routines[q]->statements.at[i];
            add_dim(e, &macros, statement->dim);
            for (int l = 0; l < statement->loops; l++) add_dim(e, &macros, statement->dims[l]);
            if (statement->rows) {
                add_dim(e, &macros, statement->rows->rows);
                add_dim(e, &macros, statement->rows->columns);
            }
            if (statement->matrix && statement->matrix->csr) {
                add_dim(e, &macros, statement->matrix->csr->rows);
                add_dim(e, &macros, statement->matrix->csr->cols);
            }
        }
}

static void add_members(Emitter *e) {
    NameSet members = {.arena = e->arena};
    names_take(&members, "t");
    names_take(&members, "unused");
    names_take(&members, "draws");
    e->member = arena_alloc(e->arena, ((size_t)e->program->buffers.count + 1) * sizeof *e->member);
    for (int i = 0; i < e->program->buffers.count; i++)
        e->member[i] = names_new(&members, e->program->buffers.at[i]->name);
}

/* Tables are seen from all functions, so that no local may have their names. */
static void add_tables(Emitter *e) {
    const Program *program = e->program;
    NameSet names = {.arena = e->arena};
    e->table = arena_alloc(e->arena, ((size_t)program->tables.count + 1) * sizeof *e->table);
    e->uses_table = arena_alloc(e->arena, ((size_t)program->tables.count + 1) * sizeof *e->uses_table);
    for (int i = 0; i < program->tables.count; i++)
        e->table[i] = names_new(&names, arena_printf(e->arena, "%s_%s", e->name,
                                                     name_ascii(e->arena, program->tables.at[i]->name)));
}

Emitter *emitter_new(const Program *program, const EmitOptions *options, Arena *arena) {
    Emitter *e = arena_new_of(arena, Emitter);
    e->arena = arena;
    e->program = program;
    e->options = options;
    e->name = emit_name(program, arena);
    e->capitals = capital(arena, e->name);
    add_dims(e);
    add_members(e);
    add_tables(e);
    const size_t nodes = (size_t)exprs_count(program->model->exprs) + 1;
    e->value = arena_alloc(arena, nodes * sizeof *e->value);
    e->uses = arena_alloc(arena, nodes * sizeof *e->uses);
    return e;
}
