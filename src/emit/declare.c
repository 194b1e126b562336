/* Declarations: sizes, the struct, the tape's record, prototypes, and the comment above it all. */
#include "emit/emitter.h"
#include <ctype.h>

void stamp(Emitter *e, const char *what, Text *out) {
    const Program *program = e->program;
    const EmitOptions *options = e->options;
    Text text = {0};
    text_printf(&text, "%s: %s\n", e->name, what);
    if (program->rule) text_printf(&text, "Rule: %s\n", program->rule);
    for (int i = 0; i < program->notes.count; i++) text_printf(&text, "%s\n", program->notes.at[i]);
    text_printf(&text, "Made by eligo%s%s", options->version ? " " : "",
                options->version ? options->version : "");
    if (options->options) text_printf(&text, ", options %s", options->options);
    if (options->spec_hash) text_printf(&text, ", spec %s", options->spec_hash);
    comment(out, 0, text.at);
    text_free(&text);
}

void declare_sizes(Emitter *e, Text *out) {
    for (int i = 0; i < e->dims.count; i++)
        text_printf(out, "#define %s %ld\n", e->dim_macro.at[i], dim_size(e->dims.at[i]));
    if (e->program->has_tape)
        text_printf(out, "#define %s_HISTORY %d /* records before that of the first step */\n", e->capitals,
                    e->program->history);
    if (e->program->block)
        text_printf(out, "#define %s_BLOCK %d /* steps of a block */\n", e->capitals, e->program->block);
}

const char *table_name(Emitter *e, const IntTable *table) {
    e->uses_table[table->index] = true;
    return e->table[table->index];
}

void declare_tables(Emitter *e, Text *out) {
    for (int i = 0; i < e->program->tables.count; i++) {
        const IntTable *table = e->program->tables.at[i];
        if (!e->uses_table[i]) continue;
        mark(e, out, "the table %s: whole numbers that follow from patterns and sizes%s%s", e->table[i],
             table->comment ? ", " : "", table->comment ? table->comment : "");
        text_add(out, "\n");
        if (table->comment) comment(out, 0, table->comment);
        text_printf(out, "static const int %s[%d] = {", e->table[i], table->count ? table->count : 1);
        for (int k = 0; k < table->count; k++)
            text_printf(out, "%s%d", k == 0 ? "" : k % 20 == 0 ? ",\n    " : ", ", table->values[k]);
        text_add(out, table->count ? "};\n" : "0};\n");
    }
}

/* Without it gcc checks at run time whether two steps' values overlap, and gives up where they are many. */
void declare_units(Emitter *e, Text *out) {
    if (!e->uses_units) return;
    mark(e, out, "what stands before a loop over units: a promise to gcc that none waits for another");
    text_add(out, "\n/* Units of a step don't wait for each other, whatever their places in rings and "
                  "records look like. */\n"
                  "#if defined __GNUC__ && !defined __clang__ && !defined __TINYC__\n"
                  "#define EACH_UNIT _Pragma(\"GCC ivdep\")\n"
                  "#else\n"
                  "#define EACH_UNIT\n"
                  "#endif\n");
}

static const char *shape_of(Emitter *e, const Buffer *buffer) {
    const char *shape = NULL;
    for (int r = 0; r < buffer->rank; r++) {
        const char *size = size_of(e, buffer->dims[r]);
        shape = shape ? arena_printf(e->arena, "%s, %s", shape, size) : size;
    }
    return shape ? arena_printf(e->arena, "[%s]", shape) : "scalar";
}

static const char *role_of(const Buffer *buffer) {
    switch (buffer->kind) {
    case BUFFER_PARAM: return "parameter, set by the caller";
    case BUFFER_GRADIENT: return "gradient, added to; the caller sets it to zero";
    case BUFFER_FIXED: return "fixed, set by the caller once";
    case BUFFER_INPUT: return "input, set by the caller before each step";
    case BUFFER_STATE: return "state";
    case BUFFER_INFLUENCE: return "influence";
    case BUFFER_ADJOINT: return "adjoint";
    case BUFFER_OUTPUT: return "output of a step";
    case BUFFER_WORK: return "work";
    }
    return "";
}

static void declare_member(Emitter *e, const Buffer *buffer, int slots, Text *out) {
    const char *member = e->member[buffer->index], *entries = entries_of(e, buffer);
    const char *type = e->options->single ? "float" : "double";
    mark_buffer(e, out, buffer, NULL);
    if (buffer->rank == 0 && slots == 1)
        text_printf(out, "    %s %s;", type, member);
    else if (slots == 1)
        text_printf(out, "    %s %s[%s];", type, member, entries);
    else if (buffer->rank == 0)
        text_printf(out, "    %s %s[%d];", type, member, slots);
    else
        text_printf(out, "    %s %s[%d * (%s)];", type, member, slots, entries);
    const char *label = buffer->label ? buffer->label : buffer->name;
    const char *ring = slots == 1 ? "" : arena_printf(e->arena, ", ring of %d steps", slots);
    const char *more = buffer->comment ? arena_printf(e->arena, "; %s", buffer->comment) : "";
    text_add(out, " ");
    comment(out, 0,
            arena_printf(e->arena, "%s %s: %s%s%s", label, shape_of(e, buffer), role_of(buffer), ring, more));
}

static void declare_record(Emitter *e, Text *out) {
    int members = 0;
    mark(e, out, "the record of one step, which the way back reads");
    text_printf(
        out, "\n/* What a step leaves for the way back; the caller allocates %s_HISTORY + %s of them. */\n",
        e->capitals, e->program->block ? arena_printf(e->arena, "%s_BLOCK", e->capitals) : "steps");
    text_printf(out, "struct %s_record {\n", e->name);
    for (int i = 0; i < e->program->buffers.count; i++)
        if (e->program->buffers.at[i]->taped) {
            declare_member(e, e->program->buffers.at[i], 1, out);
            members++;
        }
    mark(e, out, "ends the record");
    if (members == 0) text_printf(out, "    %s unused;\n", e->options->single ? "float" : "double");
    text_add(out, "};\n");
}

void declare_structs(Emitter *e, Text *out) {
    mark(e, out, "the struct that a learner is: every buffer of the program in order");
    text_printf(
        out,
        "\n/* One learner: no pointers, no hidden memory; may be copied, saved and moved as it is. */\n");
    text_printf(out, "struct %s {\n", e->name);
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *buffer = e->program->buffers.at[i];
        if (!buffer->taped || buffer->kind == BUFFER_INPUT)
            declare_member(e, buffer, buffer->taped ? 1 : buffer->slots, out);
    }
    mark(e, out, "what the learner counts");
    text_printf(out, "    int t; /* steps done since the %s */\n",
                e->program->block ? "last border" : "start");
    if (e->program->streams)
        text_add(out, "    unsigned draws; /* steps done ever, from which random signs follow; set it to any "
                      "number to draw others */\n");
    mark(e, out, "ends the struct");
    text_add(out, "};\n");
    if (e->program->has_tape) declare_record(e, out);
    mark(e, out, "functions that say how many bytes the structs take");
    text_printf(out,
                "\n/* Bytes of a struct %s%s: what sizeof says, for callers without this header. */\n"
                "size_t %s_bytes(void);\n"
                "size_t %s_record_bytes(void);\n",
                e->name, e->program->has_tape ? " and of a record" : "", e->name, e->name);
    const char *tape = e->program->has_tape ? "; records before the first step likewise" : "";
    mark(e, out, "the function that begins a sequence");
    text_printf(out,
                "\n/* Begins a sequence: initial values%s, t = 0. Touches neither parameters nor gradients. "
                "Nothing here\n"
                " * allocates or fails; the caller owns the memory. */\n"
                "void %s_start(%s);\n",
                tape, e->name, struct_parameters(e));
    mark(e, out, "the function that does one step");
    text_printf(out,
                "\n/* One step: reads the inputs, writes states, readout and loss%s, t += 1. */\n"
                "void %s_step(%s);\n",
                e->program->block
                    ? ", records them in tape[HISTORY + t]; when the block is full, goes back over "
                      "it"
                : e->program->has_tape ? ", records them in tape[HISTORY + t]"
                : e->program->rate     ? ", changes the parameters by -rate times this step's gradient"
                                       : ", adds this step's gradient",
                e->name, struct_parameters(e));
    if (e->program->refresh.statements.count) {
        mark(e, out, "the function that takes anew what a step took for the next one");
        text_printf(
            out,
            "\n/* A step also takes the products that the next one begins with, as the parameters are then. "
            "Call this\n"
            " * after changing parameters between two steps of a sequence; a start needs none. */\n"
            "void %s_refresh(%s);\n",
            e->name, struct_parameters(e));
    }
    if (e->program->has_tape) mark(e, out, "the function that goes the way back");
    if (e->program->has_tape)
        text_printf(
            out,
            "\n/* From the last step done back to %s. */\n"
            "void %s_backward(%s);\n",
            e->program->block
                ? "the last border: adds what the gradient gets from these steps' loss. A\n"
                  " * step does so by itself when its block is full; call it after the sequence's last"
                : "the first: adds the gradient of the sequence's summed loss",
            e->name, struct_parameters(e));
}

const char *struct_parameters(Emitter *e) {
    if (!e->program->has_tape) return arena_printf(e->arena, "struct %s *s", e->name);
    return arena_printf(e->arena, "struct %s *s, struct %s_record *tape", e->name, e->name);
}
