/* What a line of an emitted file is there for: the file is emitted anew, and what the emitter knows of each
 * line is put beside what the derivation knows of the buffers that it works on. */
#include "eligo_internal.h"

#include "derive/batch.h"
#include "emit/emit.h"
#include "print/report.h"

#include <stdlib.h>
#include <string.h>

typedef struct Asked {
    Arena *arena;
    /* that the file is emitted from: the one asked about, or the same learning online */
    const Derivation *derivation;
    const EligoSpec *spec;
    const char *text; /* of the file */
    int line;
    EmitParts parts;
    Text *out;
} Asked;

/* ---- which of its files it is ---- */

typedef void EmitFile(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts);

static bool is_emitted(Asked *asked, EligoReal real, EmitFile *emit) {
    char hash[17];
    const EmitOptions options = eligo_emit_options(asked->spec, real, hash);
    Text made = {0};
    asked->parts = (EmitParts){.arena = asked->arena};
    emit(asked->derivation->program, &options, &made, &asked->parts);
    const bool same = strcmp(made.at, asked->text) == 0;
    text_free(&made);
    return same;
}

static bool is_one_of_its_files(Asked *asked) {
    static EmitFile *const files[] = {emit_header_parts, emit_body_parts, emit_main_parts};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (is_emitted(asked, ELIGO_DOUBLE, files[i]) || is_emitted(asked, ELIGO_FLOAT, files[i]))
            return true;
    return false;
}

/* As `emit --online` derives it, for as many sequences at once; NULL: it doesn't. */
static const Derivation *online(Asked *asked, const EligoDerivation *derivation) {
    const EligoSpec *spec = derivation->spec;
    const int lanes = eligo_lane_count(derivation);
    if (!rule_check_carry(derivation->rule, CARRY_FORWARD, NULL)) return NULL;
    Derivation *made = derive(asked->arena, spec->model, spec->graph, derivation->rule, CARRY_FORWARD,
                              lanes > 1 ? LEARN_ONLINE_APART : LEARN_ONLINE, diagnostics_new(asked->arena));
    if (made && lanes > 1) program_set_lanes(made->program, lanes);
    return made;
}

/* As it is derived, else learning online. */
static bool find_file(Asked *asked, const EligoDerivation *derivation) {
    asked->spec = derivation->spec;
    asked->derivation = derivation->derivation;
    if (is_one_of_its_files(asked)) return true;
    asked->derivation = online(asked, derivation);
    return asked->derivation && is_one_of_its_files(asked);
}

static int lines_of(const char *text) {
    int lines = 0;
    for (; *text; text++) lines += *text == '\n';
    return lines;
}

/* ---- what a statement writes ---- */

typedef VEC(const Buffer *) Buffers;

static void add_buffer(Asked *asked, Buffers *buffers, const Buffer *buffer) {
    if (!buffer) return;
    for (int i = 0; i < buffers->count; i++)
        if (buffers->at[i] == buffer) return;
    vec_push(asked->arena, buffers, buffer);
}

static Buffers written_by(Asked *asked, const Statement *statement) {
    Buffers buffers = {0};
    add_buffer(asked, &buffers, statement->store);
    for (int i = 0; i < statement->lets.count; i++) add_buffer(asked, &buffers, statement->lets.at[i].store);
    for (int i = 0; i < statement->updates.count; i++)
        add_buffer(asked, &buffers, statement->updates.at[i].out);
    if (statement->rows) add_buffer(asked, &buffers, statement->rows->out);
    for (int i = 0; i < statement->forgotten.count; i++)
        add_buffer(asked, &buffers, statement->forgotten.at[i]);
    if (statement->mix) {
        add_buffer(asked, &buffers, statement->mix->left_mix);
        add_buffer(asked, &buffers, statement->mix->right_mix);
    }
    return buffers;
}

/* ---- in words ---- */

static const char *kind_text(const Statement *statement) {
    static const char *const words[] = {[STATEMENT_MAP] = "for each unit",
                                        [STATEMENT_SUM] = "a sum over units",
                                        [STATEMENT_MAX] = "the largest over units",
                                        [STATEMENT_PRODUCT] = "a matrix times a vector",
                                        [STATEMENT_SWEEP] = "a sweep over entries",
                                        [STATEMENT_DIAGONAL] = "sets entries to 0 that are no parameters",
                                        [STATEMENT_CLEAR] = "sets to 0",
                                        [STATEMENT_ROWS] = "a masked influence, row by row",
                                        [STATEMENT_DRAW] = "random signs",
                                        [STATEMENT_MIX] = "an estimate's products become as many again",
                                        [STATEMENT_CLIP] = "keeps at 0 or above",
                                        [STATEMENT_FORGET] = "forgets at the border of a chunk",
                                        [STATEMENT_SIGN] = "signs of a matrix",
                                        [STATEMENT_MEAN] = "averages of a matrix"};
    return words[statement->kind];
}

static const Influence *influence_in(const Derivation *derivation, const Buffer *buffer) {
    for (int i = 0; i < derivation->influences.count; i++)
        if (derivation->influences.at[i].buffer == buffer) return &derivation->influences.at[i];
    return NULL;
}

static const Adjoint *adjoint_in(const Derivation *derivation, const Buffer *buffer) {
    for (int i = 0; i < derivation->adjoints.count; i++)
        if (derivation->adjoints.at[i].buffer == buffer) return &derivation->adjoints.at[i];
    return NULL;
}

static const char *role_text(const Buffer *buffer) {
    static const char *const words[] = {[BUFFER_PARAM] = "parameters",
                                        [BUFFER_GRADIENT] = "the gradient",
                                        [BUFFER_FIXED] = "a matrix that the rule draws",
                                        [BUFFER_INPUT] = "an input of the step",
                                        [BUFFER_STATE] = "a variable of the network",
                                        [BUFFER_INFLUENCE] = "carried forward in time",
                                        [BUFFER_ADJOINT] = "on its way to an earlier step",
                                        [BUFFER_OUTPUT] = "what a step gives out",
                                        [BUFFER_WORK] = "a value that later statements use"};
    if (buffer->kind == BUFFER_STATE && !buffer->var) return "kept for a later step";
    return words[buffer->kind];
}

/* "ε_c[Rf]: the influence of Rf on c in state q0 (unit-local)" */
static void print_buffer(const Asked *asked, const Buffer *buffer) {
    const Derivation *derivation = asked->derivation;
    const Influence *influence = influence_in(derivation, buffer);
    const Adjoint *adjoint = adjoint_in(derivation, buffer);
    text_printf(asked->out, "    %s: ", buffer->label ? buffer->label : buffer->name);
    if (influence)
        text_printf(asked->out, "the influence of %s on %s in state %s, %s", influence->param->label,
                    influence->root->label, derivation->automaton->label[influence->state],
                    structure_name[influence->structure]);
    else if (adjoint)
        text_printf(asked->out, "the adjoint of %s in state %s, on its way %d step%s back",
                    adjoint->root->label, derivation->automaton->label[adjoint->state], adjoint->lag,
                    adjoint->lag == 1 ? "" : "s");
    else
        text_add(asked->out, role_text(buffer));
    if (buffer->kind == BUFFER_GRADIENT && buffer->var) text_printf(asked->out, " of %s", buffer->var->label);
    if (buffer->comment && !influence && !adjoint) text_printf(asked->out, "; %s", buffer->comment);
    text_add(asked->out, "\n");
}

static void print_lines(const Asked *asked, const char *text) {
    while (*text) {
        const size_t length = strcspn(text, "\n");
        text_printf(asked->out, "    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* What a map without a comment works out: signals, gains and parts of them. */
static void print_lets(const Asked *asked, const Statement *statement) {
    const Report *report = report_new(asked->arena, asked->derivation);
    for (int i = 0; i < statement->lets.count; i++) {
        const Let *let = &statement->lets.at[i];
        if (let->store && let->node->id < report->expressions)
            text_printf(asked->out, "    %s = %s\n", let->name,
                        report_equation(report, let->node, let->name));
    }
}

/* Comments and equations, each once. */
static void print_equations(const Asked *asked, const Statement *statement) {
    if (statement->comment)
        print_lines(asked, statement->comment);
    else
        print_lets(asked, statement);
    for (int i = 0; i < statement->updates.count; i++) {
        const char *equation = statement->updates.at[i].equation;
        if (equation && (!statement->comment || !strstr(statement->comment, equation)))
            print_lines(asked, equation);
    }
}

/* The gradient, or, of a learner without gradients, the parameter itself. */
static bool is_learned(const Asked *asked, const Buffer *buffer) {
    return buffer->kind == (asked->derivation->program->rate ? BUFFER_PARAM : BUFFER_GRADIENT);
}

/* The sweep is a parameter's when what it writes is. */
static void print_parameter(Asked *asked, const Buffers *buffers) {
    const Derivation *derivation = asked->derivation;
    for (int p = 0; p < derivation->model->params.count; p++) {
        const Var *param = derivation->model->params.at[p];
        bool here = false;
        for (int i = 0; i < buffers->count; i++) {
            const Influence *influence = influence_in(derivation, buffers->at[i]);
            here = here || (influence && influence->param == param) ||
                   (is_learned(asked, buffers->at[i]) && buffers->at[i]->var == param);
        }
        if (here)
            text_printf(asked->out, "It is there for %s %s; `eligo explain … --param %s` says why.\n",
                        derivation->program->rate ? "the learning of" : "the gradient of", param->label,
                        param->label);
    }
}

static const char *routine_text(const Program *program, const Routine *routine) {
    return routine == &program->backward  ? "the way back"
           : routine == &program->border  ? "the border between blocks"
           : routine == &program->refresh ? "what takes products anew"
                                          : "the step";
}

static void print_statement(Asked *asked, const Routine *routine, const Statement *statement) {
    text_printf(asked->out, "a statement of %s: %s\n", routine_text(asked->derivation->program, routine),
                kind_text(statement));
    print_equations(asked, statement);
    const Buffers buffers = written_by(asked, statement);
    text_add(asked->out, "It writes\n");
    for (int i = 0; i < buffers.count; i++) print_buffer(asked, buffers.at[i]);
    print_parameter(asked, &buffers);
}

static void print_part(Asked *asked, const EmitPart *part) {
    const char *begin = asked->text;
    for (int i = 1; i < asked->line; i++) begin = strchr(begin, '\n') + 1;
    text_printf(asked->out, "line %d: %.*s\n", asked->line, (int)strcspn(begin, "\n"), begin);
    if (part->statement) {
        print_statement(asked, part->routine, part->statement);
        if (part->product) {
            text_add(asked->out, "In the same pass: ");
            print_statement(asked, part->routine, part->product);
        }
        return;
    }
    text_printf(asked->out, "%s\n", part->words ? part->words : "a buffer of the learner");
    if (part->buffer) print_buffer(asked, part->buffer);
}

char *eligo_explain_line(Eligo *eligo, const EligoDerivation *derivation, const char *file, int line) {
    Text text = {0};
    Asked asked = {.arena = arena_new(), .text = file, .line = line, .out = &text};
    const EmitPart *part = NULL;
    const int lines = lines_of(file);
    if (!find_file(&asked, derivation)) {
        Diagnostic *one = diagnose(eligo->diagnostics, (Span){0}, "E0554",
                                   "the file isn't what is emitted for this spec and rule");
        diagnostic_help(eligo->diagnostics, one,
                        "give the same --rule, --carry, --size and --set as when it was emitted");
    } else if (line < 1 || line > lines) {
        diagnose(eligo->diagnostics, (Span){0}, "E0555", "there is no line %d: the file has %d", line, lines);
    } else {
        for (int i = 0; i < asked.parts.list.count && asked.parts.list.at[i].line <= line; i++)
            part = &asked.parts.list.at[i];
    }
    if (part) print_part(&asked, part);
    arena_free(asked.arena);
    return text.at;
}
