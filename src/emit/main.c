/* The driver: templates/main.c with this learner's tables at one seam. The others say what the lines after
 * them are there for, and are left out. */
#include "emit/emitter.h"
#include <string.h>

extern const unsigned char template_main[];
extern const unsigned long template_main_length;

/* A spec's name inside a C string. */
static const char *quoted(Emitter *e, const char *name) {
    Text text = {0};
    text_add(&text, "\"");
    for (const char *at = name; *at; at++) {
        if (*at == '"' || *at == '\\') text_add(&text, "\\");
        text_add_bytes(&text, at, 1);
    }
    text_add(&text, "\"");
    const char *copy = arena_copy(e->arena, text.at, text.length);
    text_free(&text);
    return copy;
}

static const char *label_of(const Buffer *buffer) { return buffer->var ? buffer->var->label : buffer->name; }

/* The address of a member's first entry. */
static const char *member_at(Emitter *e, const char *base, const Buffer *buffer) {
    const bool scalar = buffer->rank == 0 && (buffer->taped || buffer->slots == 1);
    return arena_printf(e->arena, "%s%s%s", scalar ? "&" : "", base, e->member[buffer->index]);
}

/* The address of what a buffer held after step t. */
static const char *after_step(Emitter *e, const Buffer *buffer) {
    if (buffer->taped)
        return member_at(e,
                         arena_printf(e->arena, "tape[%s_HISTORY + %s].", e->capitals,
                                      e->program->block ? "learner.t - 1" : "t"),
                         buffer);
    const char *at = member_at(e, "learner.", buffer);
    if (buffer->slots == 1) return at;
    return arena_printf(e->arena, "%s + (t %% %d) * (%s)", at, buffer->slots, entries_of(e, buffer));
}

/* What of a parameter is written: its gradient, or itself where it learns online; NULL: nothing. */
static const Buffer *result_of(const Program *program, const Buffer *param) {
    if (param->kind != BUFFER_PARAM) return NULL;
    if (program->rate) return param;
    for (int i = 0; i < program->buffers.count; i++)
        if (program->buffers.at[i]->kind == BUFFER_GRADIENT && program->buffers.at[i]->var == param->var)
            return program->buffers.at[i];
    return NULL;
}

static void place_table(Emitter *e, const Buffer *param, int number, Text *out) {
    mark_buffer(e, out, param, "where in its matrix the values of a sparse parameter are");
    const Pattern *pattern = param->csr->pattern;
    text_printf(out, "static const int places_%d[%d] = {", number, pattern->entries ? pattern->entries : 1);
    for (long j = 0; j < pattern->rows; j++)
        for (int k = pattern->start[j]; k < pattern->start[j + 1]; k++)
            text_printf(out, "%s%ld",
                        k == 0        ? ""
                        : k % 16 == 0 ? ",\n    "
                                      : ", ",
                        j * pattern->cols + pattern->column[k]);
    text_add(out, pattern->entries ? "};\n\n" : "0};\n\n");
}

static void param_table(Emitter *e, Text *out) {
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *param = e->program->buffers.at[i];
        if (param->kind == BUFFER_PARAM && param->csr) place_table(e, param, i, out);
    }
    mark(e, out, "the table of what is read before the first step, and of what is written after the last");
    text_add(out,
             "static const struct {\n    const char *name;\n    real *values, *results;\n    int axes;\n"
             "    long shape[2];\n    const int *places; /* of a sparse matrix: where its values are */\n"
             "    long entries;\n} params[] = {\n");
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *param = e->program->buffers.at[i];
        const Buffer *written = result_of(e->program, param);
        if (!written && param->kind != BUFFER_FIXED) continue;
        const Csr *csr = param->csr;
        const Dim *rows = csr ? csr->rows : param->rank > 0 ? param->dims[0] : NULL;
        const Dim *cols = csr ? csr->cols : param->rank > 1 ? param->dims[1] : NULL;
        mark_buffer(e, out, param,
                    !written           ? "reads it before the first step"
                    : written == param ? "reads it before the first step, and writes what it has become"
                                       : "reads it before the first step, and writes its gradient");
        text_printf(out, "    {%s, %s, %s, %d, {%s, %s}, ", quoted(e, label_of(param)),
                    member_at(e, "learner.", param), written ? member_at(e, "learner.", written) : "NULL",
                    csr ? 2 : param->rank, size_of(e, rows), size_of(e, cols));
        text_add(out,
                 csr ? arena_printf(e->arena, "places_%d, %d},\n", i, csr->pattern->entries) : "NULL, 0},\n");
    }
    mark(e, out, "ends the table, and says what the files of results begin with");
    text_add(out, "    {NULL, NULL, NULL, 0, {0, 0}, NULL, 0}};\n\n");
    text_printf(out, "static const char result_name[] = \"%s\";\n\n",
                e->program->rate ? "learned." : "grad.");
}

/* One input's file is x.npy and the target's target.npy, whatever the spec calls them; several go by their
 * names, as does what the rule adds: teach.npy, rate.npy. */
static const char *file_of(const Emitter *e, const Buffer *input) {
    const Model *model = e->program->model;
    int data = 0;
    bool own = false;
    for (int i = 0; i < model->inputs.count; i++) {
        if (model->inputs.at[i] == model->target || model->inputs.at[i] == model->when) continue;
        data++;
        own = own || model->inputs.at[i] == input->var;
    }
    if (input->var && input->var == model->target) return "target";
    return data == 1 && own ? "x" : label_of(input);
}

static const char *lanes_of(Emitter *e, const Buffer *buffer) {
    return buffer_has_lanes(e->program, buffer) ? size_of(e, e->program->lanes) : "1";
}

static void input_table(Emitter *e, Text *out) {
    const Model *model = e->program->model;
    mark(e, out, "the table of what is set before each step");
    text_add(out, "static const struct {\n    const char *name;\n    real *values;\n    int axes;\n"
                  "    long rows, lanes; /* numbers, of how many sequences */\n    int slots, is_class;\n} "
                  "inputs[] = {\n");
    for (int i = 0; i < e->program->buffers.count; i++) {
        const Buffer *input = e->program->buffers.at[i];
        if (input->kind != BUFFER_INPUT) continue;
        const bool is_class = model->target_is_class && input->var && input->var == model->target;
        mark_buffer(e, out, input, is_class ? "reads a class label for each step" : "reads it for each step");
        text_printf(out, "    {%s, %s, %d, %s, %s, %d, %d},\n", quoted(e, file_of(e, input)),
                    member_at(e, "learner.", input), input->rank, entries_of(e, input), lanes_of(e, input),
                    input->taped ? 1 : input->slots, is_class);
    }
    mark(e, out, "ends the table");
    text_add(out, "    {NULL, NULL, 0, 0, 1, 1, 0}};\n\n");
}

static void runner(Emitter *e, Text *out) {
    mark(e, out,
         e->program->has_tape
             ? "begins a sequence with a tape for all its steps, does one, and goes the way back"
             : "begins a sequence, and does a step; nothing is left to do after the last");
    if (e->program->has_tape)
        text_printf(out,
                    "static struct %s_record *tape;\n\n"
                    "static int begin(long steps) {\n"
                    "    tape = calloc((size_t)(%s_HISTORY + %s) + 1, sizeof *tape);\n"
                    "    if (tape) %s_start(&learner, tape);\n"
                    "    return tape != NULL;\n"
                    "}\n\n"
                    "static void step(void) { %s_step(&learner, tape); }\n\n"
                    "static void finish(void) {\n"
                    "    %s_backward(&learner, tape);\n"
                    "    free(tape);\n"
                    "}\n\n",
                    e->name, e->capitals,
                    e->program->block ? arena_printf(e->arena, "(steps < %s_BLOCK ? steps : %s_BLOCK)",
                                                     e->capitals, e->capitals)
                                      : "steps",
                    e->name, e->name, e->name);
    else
        text_printf(out,
                    "static int begin(long steps) {\n"
                    "    (void)steps;\n"
                    "    %s_start(&learner);\n"
                    "    return 1;\n"
                    "}\n\n"
                    "static void step(void) { %s_step(&learner); }\n\n"
                    "static void finish(void) {}\n\n",
                    e->name, e->name);
}

static void result(Emitter *e, const Buffer *buffer, const char *head, const char *body, Text *out) {
    if (buffer)
        mark_buffer(e, out, buffer, "gives out what it was after a step");
    else
        mark(e, out, "gives out nothing: this network has no loss or readout");
    text_printf(out, "static %s(long t) {\n    (void)t;\n    return %s;\n}\n\n", head, body);
}

static void results(Emitter *e, Text *out) {
    const Buffer *loss = e->program->loss, *readout = e->program->readout;
    result(e, loss, "const real *loss_of", loss ? after_step(e, loss) : "NULL", out);
    result(e, readout, "const real *readout_of", readout ? after_step(e, readout) : "NULL", out);
    mark(e, out, "the readout's shape, and the numbers' type in files");
    text_printf(out, "enum { loss_rows = %s, readout_rows = %s, readout_axes = %d };\n",
                loss ? entries_of(e, loss) : "0", readout ? entries_of(e, readout) : "0",
                readout ? readout->rank : 0);
    text_printf(out, "static const long readout_shape[2] = {%s, %s};\n",
                readout && readout->rank > 0 ? size_of(e, readout->dims[0]) : "1",
                readout && readout->rank > 1 ? size_of(e, readout->dims[1]) : "1");
    text_printf(out, "static const char real_type[] = \"<f%d\";\n", e->options->single ? 4 : 8);
}

static void learner(Emitter *e, Text *out) {
    mark(e, out, "the learner's declarations, the type of its numbers, and the learner itself");
    text_printf(out, "#include \"%s.h\"\n\ntypedef %s real;\n\nstatic struct %s learner;\n\n", e->name,
                e->options->single ? "float" : "double", e->name);
    param_table(e, out);
    input_table(e, out);
    runner(e, out);
    results(e, out);
}

/* Copies the template from seam to seam: a comment that begins with @ says what follows it ("is: …"), or is
 * where this learner's part goes ("learner"). */
static void fill_template(Emitter *e, const char *text, Text *out) {
    static const char seam[] = "/*@ ", is[] = "is: ", end[] = " */\n";
    for (const char *cut; (cut = strstr(text, seam));) {
        const char *words = cut + strlen(seam), *close = strstr(words, end);
        text_add_bytes(out, text, (size_t)(cut - text));
        if (strncmp(words, is, strlen(is)) == 0)
            mark(e, out, "%.*s", (int)(close - words - (long)strlen(is)), words + strlen(is));
        else
            learner(e, out);
        text = close + strlen(end);
    }
    text_add(out, text);
}

void emit_main_parts(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts) {
    Arena *arena = arena_new();
    Emitter *e = emitter_new(program, options, arena);
    mark(e, out, "says what this is, by which rule, from which spec, and what the rule drops");
    stamp(e, "the driver", out);
    fill_template(e, arena_copy(arena, (const char *)template_main, template_main_length), out);
    if (parts) collect_parts(e, out, parts);
    text_free(&e->text);
    arena_free(arena);
}

void emit_main(const Program *program, const EmitOptions *options, Text *out) {
    emit_main_parts(program, options, out, NULL);
}
