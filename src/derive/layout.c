/* Where every buffer lies. The emitted struct declares the same buffers in the same order with the same type,
 * so these offsets are what the C compiler computes too; the cost sheet, the interpreter and the learner rely
 * on it. */
#include "derive/program.h"

long buffer_entries(const Buffer *buffer) {
    long entries = 1;
    for (int r = 0; r < buffer->rank; r++) entries *= dim_size(buffer->dims[r]);
    return entries;
}

bool buffer_has_lanes(const Program *program, const Buffer *buffer) {
    return program->lanes && buffer->rank > 0 && buffer->dims[buffer->rank - 1] == program->lanes;
}

int buffer_ranges(const Program *program, const Buffer *buffer) {
    return buffer->rank - buffer_has_lanes(program, buffer);
}

bool buffer_is_drawn(const Buffer *buffer) {
    return buffer->kind == BUFFER_FIXED ||
           (buffer->kind == BUFFER_PARAM && buffer->var && buffer->var->kind != VAR_PARAM);
}

bool buffer_starts_anew(const Buffer *buffer) {
    if (buffer->kind <= BUFFER_FIXED) return false;
    return buffer->slots > 1 || (buffer->kind != BUFFER_INPUT && buffer->kind != BUFFER_WORK);
}

static bool in_struct(const Buffer *buffer) { return !buffer->taped || buffer->kind == BUFFER_INPUT; }

static size_t buffer_bytes(const Buffer *buffer, size_t real) {
    return (size_t)buffer_entries(buffer) * real;
}

Layout program_layout(const Program *program, size_t real, Arena *arena) {
    Layout layout = {.real = real};
    const size_t count = (size_t)program->buffers.count;
    layout.offset = arena_alloc(arena, (count + 1) * sizeof *layout.offset);
    layout.record_offset = arena_alloc(arena, (count + 1) * sizeof *layout.record_offset);
    for (size_t i = 0; i < count; i++) {
        const Buffer *buffer = program->buffers.at[i];
        if (buffer->taped) {
            layout.record_offset[i] = layout.offset[i] = layout.record_bytes;
            layout.record_bytes += buffer_bytes(buffer, real);
        }
        if (in_struct(buffer)) {
            layout.offset[i] = layout.t_offset;
            layout.t_offset += buffer_bytes(buffer, real) * (size_t)(buffer->taped ? 1 : buffer->slots);
        }
    }
    layout.draws_offset = layout.t_offset + sizeof(int);
    const size_t end = layout.draws_offset + (program->streams ? sizeof(unsigned) : 0),
                 unit = real > sizeof(int) ? real : sizeof(int);
    layout.struct_bytes = (end + unit - 1) / unit * unit;
    /* A struct without members isn't C: an empty record has one unused real. */
    if (program->has_tape && layout.record_bytes == 0) layout.record_bytes = real;
    return layout;
}
