/* The learner's functions: start, step, refresh, backward and the two sizes. */
#include "emit/emitter.h"

/* ---- names that hold for a whole routine ---- */

static void name_lets(Emitter *e, const Routine *routine) {
    static const char *const fixed[] = {"s", "t", "b", "tape", "count"};
    enum { FIXED = sizeof fixed / sizeof *fixed };
    NameSet all = {.arena = e->arena};
    e->let_name = arena_alloc(e->arena, ((size_t)routine->statements.count + 1) * sizeof *e->let_name);
    for (int i = 0; i < routine->statements.count; i++) {
        const Statement *statement = routine->statements.at[i];
        NameSet map = {.arena = e->arena};
        for (int f = 0; f < FIXED; f++) names_take(&map, fixed[f]);
        e->let_name[i] = arena_alloc(e->arena, ((size_t)statement->lets.count + 1) * sizeof **e->let_name);
        for (int l = 0; l < statement->lets.count; l++) {
            e->let_name[i][l] = names_new(&map, statement->lets.at[l].name);
            names_take(&all, e->let_name[i][l]);
        }
    }
    for (int f = 0; f < FIXED; f++) names_take(&all, fixed[f]);
    e->names = all;
    e->ever = (NameSet){.arena = e->arena};
    for (int i = 0; i < all.taken.count; i++) names_take(&e->ever, all.taken.at[i]);
}

/* Sweeps have no lets in sight, and functions' locals no names of one letter: ε_ji runs over j and i, as in
 * print. */
static void name_loops(Emitter *e) {
    static const char *const sweeps[MOST_LOOPS] = {"j", "i", "k", "l", "q"}, *const units[] = {
                                                                                 "u", "unit", "n",
                                                                                 "index_of_unit"};
    for (int l = 0; l < MOST_LOOPS; l++) e->loop[l] = sweeps[l];
    int free = 0;
    while (free < 3 && names_taken(&e->names, units[free])) free++;
    e->unit = function_name(e, units[free]);
    e->lane = function_name(e, "lane");
}

static void begin_routine(Emitter *e, const Routine *routine, bool backward) {
    e->routine = routine;
    e->backward = backward;
    e->rings.count = e->records.count = 0;
    e->uses_time = e->uses_struct = e->uses_tape = false;
    e->indent = 1;
    text_free(&e->text);
    name_lets(e, routine);
    name_loops(e);
}

/* ---- a routine's head: what its statements turned out to use ---- */

static void head_records(Emitter *e, Text *out) {
    for (int i = 0; i < e->records.count; i++) {
        const Record *record = &e->records.at[i];
        mark(e, out, "the record of %s of the tape", record->lag ? "an earlier step" : "this step");
        text_printf(out, "    %sstruct %s_record *const %s = tape + (%s_HISTORY + t",
                    record->written ? "" : "const ", e->name, record->name, e->capitals);
        if (record->lag != 0) text_printf(out, " - %d", record->lag);
        text_add(out, ");\n");
    }
}

static void head_rings(Emitter *e, Text *out) {
    const char *turn = e->backward ? "b" : "t";
    for (int i = 0; i < e->rings.count; i++) {
        const Ring *ring = &e->rings.at[i];
        mark_buffer(e, out, ring->buffer,
                    ring->lag ? "where in its ring the value of an earlier step is"
                              : "where in its ring this step's value is");
        const int ahead = (ring->buffer->slots - ring->lag) % ring->buffer->slots;
        text_printf(out, "    const size_t %s = (size_t)(", ring->name);
        if (ahead)
            text_printf(out, "(%s + %d)", turn, ahead);
        else
            text_add(out, turn);
        text_printf(out, " %% %d)", ring->buffer->slots);
        if (ring->buffer->rank > 0) text_printf(out, " * %s", entries_of(e, ring->buffer));
        text_add(out, ";\n");
    }
}

static void statements(Emitter *e) {
    const Statement *const *at = (const Statement *const *)e->routine->statements.at;
    for (int i = 0; i < e->routine->statements.count; i++) {
        mark_statement(e, &e->text, at[i]);
        if (emit_statement(e, i, at[i])) mark_product(e, at[++i]);
    }
}

/* Inputs that later steps back in time read are copied from the struct, where the caller put them. */
static void copy_inputs(Emitter *e) {
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *buffer = e->program->buffers.at[i];
        if (!buffer->taped || buffer->kind != BUFFER_INPUT) continue;
        const char *member = e->member[i], *to = address(e, buffer, 0, NULL, 0, true);
        mark_buffer(e, &e->text, buffer, "keeps the input for the way back");
        if (buffer->rank > 0)
            line(e, "memcpy(%s, s->%s, sizeof s->%s);", to, member, member);
        else
            line(e, "%s = s->%s;", to + 1, member);
    }
}

static void add_statements(Emitter *e, Text *out) { add_marked(e, out, &e->text); }

static void emit_step(Emitter *e, Text *out) {
    const Program *program = e->program;
    begin_routine(e, &program->step, false);
    copy_inputs(e);
    statements(e);
    mark(e, out, "the function that does one step: begins, and names the step's number");
    text_printf(out, "\nvoid %s_step(%s) {\n", e->name, struct_parameters(e));
    if (e->uses_time) text_add(out, "    const int t = s->t;\n");
    head_records(e, out);
    head_rings(e, out);
    if (program->has_tape && e->records.count == 0) {
        mark(e, out, "this learner's tape holds nothing");
        text_add(out, "    (void)tape;\n");
    }
    add_statements(e, out);
    mark(e, out, "counts the step, and ends the function");
    text_add(out, "    s->t++;\n");
    if (program->streams) text_add(out, "    s->draws++;\n");
    if (program->block)
        text_printf(out, "    if (s->t == %s_BLOCK) %s_backward(s, tape);\n", e->capitals, e->name);
    text_add(out, "}\n");
}

static void emit_refresh(Emitter *e, Text *out) {
    begin_routine(e, &e->program->refresh, false);
    statements(e);
    mark(e, out, "the function that takes anew what a step took for the next one");
    text_printf(out, "\nvoid %s_refresh(%s) {\n", e->name, struct_parameters(e));
    text_add(out, "    const int t = s->t;\n");
    head_rings(e, out);
    add_statements(e, out);
    mark(e, out, "ends the function");
    text_add(out, "}\n");
}

static void emit_back(Emitter *e, Text *out) {
    begin_routine(e, &e->program->backward, true);
    statements(e);
    mark(e, out, "the function that goes one step back");
    text_printf(out,
                "\n/* Step t, which is b steps before the last. */\n"
                "static void %s_back(struct %s *s, struct %s_record *tape, int t, int b) {\n",
                e->name, e->name, e->name);
    head_records(e, out);
    head_rings(e, out);
    if (e->records.count == 0 || e->rings.count == 0 || !e->uses_struct)
        mark(e, out, "arguments that this learner doesn't need");
    if (e->records.count == 0) text_add(out, "    (void)tape;\n    (void)t;\n");
    if (e->rings.count == 0) text_add(out, "    (void)b;\n");
    if (!e->uses_struct) text_add(out, "    (void)s;\n");
    add_statements(e, out);
    mark(e, out, "ends the function");
    text_add(out, "}\n");
}

/* Rings are as the block's first step left them, b steps before its last. */
static void emit_border(Emitter *e, Text *out) {
    begin_routine(e, &e->program->border, true);
    statements(e);
    mark(e, out, "the function at the border between two blocks");
    text_printf(out,
                "\n/* After `count` steps on the way back: what they come to together%s. */\n"
                "static void %s_border(struct %s *s, struct %s_record *tape, int count) {\n",
                e->program->block ? ", and what crosses to the next block" : "", e->name, e->name, e->name);
    if (e->rings.count) text_add(out, "    const int b = count - 1;\n");
    head_rings(e, out);
    if (!e->uses_tape) text_add(out, "    (void)tape;\n");
    if (!e->rings.count && !e->uses_tape) text_add(out, "    (void)count;\n");
    if (!e->uses_struct) text_add(out, "    (void)s;\n");
    add_statements(e, out);
    mark(e, out, "ends the function");
    text_add(out, "}\n");
}

/* ---- initial values ---- */

static void fill(Emitter *e, const Buffer *buffer, const char *base, double value, int indent, Text *out) {
    const char *member = e->member[buffer->index], *tab = indent == 2 ? "        " : "    ";
    const bool scalar = buffer->rank == 0 && (buffer->taped || buffer->slots == 1);
    mark_buffer(e, out, buffer, "sets it to what it is before the first step");
    if (scalar)
        text_printf(out, "%s%s->%s = %s;\n", tab, base, member, literal(e, value));
    else if (value == 0)
        text_printf(out, "%smemset(%s->%s, 0, sizeof %s->%s);\n", tab, base, member, base, member);
    else
        text_printf(out,
                    "%sfor (size_t i = 0; i < sizeof %s->%s / sizeof(real); i++)\n"
                    "%s    %s->%s[i] = %s;\n",
                    tab, base, member, tab, base, member, literal(e, value));
}

static void start_records(Emitter *e, Text *out) {
    mark(e, out, "the records before the first step");
    if (e->program->history == 0) {
        text_add(out, "    (void)tape;\n");
        return;
    }
    text_printf(out,
                "    for (int k = 0; k < %s_HISTORY; k++) {\n"
                "        struct %s_record *const record = tape + k;\n"
                "        memset(record, 0, sizeof *record);\n",
                e->capitals, e->name);
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *buffer = e->program->buffers.at[i];
        if (buffer->taped && buffer->initial != 0) fill(e, buffer, "record", buffer->initial, 2, out);
    }
    mark(e, out, "ends the records before the first step");
    text_add(out, "    }\n");
}

static void emit_start(Emitter *e, Text *out) {
    mark(e, out, "the function that begins a sequence");
    text_printf(out, "\nvoid %s_start(%s) {\n", e->name, struct_parameters(e));
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *buffer = e->program->buffers.at[i];
        if (!buffer->taped && buffer_starts_anew(buffer)) fill(e, buffer, "s", buffer->initial, 1, out);
    }
    if (e->program->has_tape) start_records(e, out);
    mark(e, out, "no step is done yet; ends the function");
    text_add(out, "    s->t = 0;\n}\n");
}

/* Of several sequences at once: so many steps' numbers are enough for products that are worth it, and while
 * they are still near. */
static int steps_together(const Program *program) {
    const long lanes = dim_size(program->lanes);
    return program->block || lanes == 1 || !program->border.statements.count ? 0
                                                                             : (int)((255 + lanes) / lanes);
}

static void go_back(Emitter *e, Text *out) {
    const int together = steps_together(e->program);
    if (!together) {
        text_printf(out, "    for (int t = s->t - 1, b = 0; t >= 0; t--, b++) %s_back(s, tape, t, b);\n",
                    e->name);
        return;
    }
    text_printf(out,
                "    for (int t = s->t - 1, b = 0, count = 1; t >= 0; t--, b++, count++) {\n"
                "        %s_back(s, tape, t, b);\n"
                "        if (count < %d && t > 0) continue;\n"
                "        %s_border(s, tape + t, count);\n"
                "        count = 0;\n"
                "    }\n",
                e->name, together, e->name);
}

/* Over the border; the last records are then those before the next block's first step. */
static void end_block(Emitter *e, Text *out) {
    mark(e, out, "what the steps come to together");
    if (e->program->border.statements.count && !steps_together(e->program))
        text_printf(out, "    if (s->t > 0) %s_border(s, tape, s->t);\n", e->name);
    if (!e->program->block) return;
    mark(e, out, "begins the next block");
    if (e->program->history)
        text_printf(out, "    for (int k = 0; k < %s_HISTORY; k++) tape[k] = tape[s->t + k];\n", e->capitals);
    text_add(out, "    s->t = 0;\n");
}

static void emit_backward(Emitter *e, Text *out) {
    mark(e, out, "the function that goes the way back: begins");
    text_printf(out, "\nvoid %s_backward(%s) {\n", e->name, struct_parameters(e));
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *buffer = e->program->buffers.at[i];
        if (buffer->kind == BUFFER_ADJOINT && !buffer->taped) fill(e, buffer, "s", buffer->initial, 1, out);
    }
    mark(e, out, "goes from the last step to the first, and ends the function");
    go_back(e, out);
    end_block(e, out);
    text_add(out, "}\n");
}

void emit_functions(Emitter *e, Text *out) {
    mark(e, out, "functions that say how many bytes the structs take");
    text_printf(out, "\nsize_t %s_bytes(void) { return sizeof(struct %s); }\n", e->name, e->name);
    if (e->program->has_tape)
        text_printf(out, "\nsize_t %s_record_bytes(void) { return sizeof(struct %s_record); }\n", e->name,
                    e->name);
    else
        text_printf(out, "\nsize_t %s_record_bytes(void) { return 0; }\n", e->name);
    emit_start(e, out);
    emit_step(e, out);
    if (e->program->refresh.statements.count) emit_refresh(e, out);
    if (!e->program->has_tape) return;
    emit_back(e, out);
    if (e->program->border.statements.count) emit_border(e, out);
    emit_backward(e, out);
}
