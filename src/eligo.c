/* The library's face: sessions, specs and derivations. The pipeline is eligo_spec_build and eligo_derive. */
#include "eligo_internal.h"

#include "derive/batch.h"
#include "emit/emit.h"
#include "print/layout.h"
#include "print/print.h"
#include "syntax/parse.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ELIGO_LIBRARY_DIR
#define ELIGO_LIBRARY_DIR "/usr/local/share/eligo"
#endif

enum { USUAL_STEPS = 100 }; /* of a sequence that nobody has said the length of */

/* ---- the session ---- */

static bool is_library(const char *folder) {
    Arena *arena = arena_new();
    bool readable = access(arena_printf(arena, "%s/rules", folder), R_OK) == 0;
    arena_free(arena);
    return readable;
}

/* $ELIGO_LIBRARY; else the folder beside the program's own (a build tree); else the installed one. */
static const char *default_library(Arena *arena) {
    const char *given = getenv("ELIGO_LIBRARY");
    if (given && *given) return arena_string(arena, given);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    for (int up = 0; length > 0 && up < 3; up++) {
        self[length] = 0;
        char *slash = strrchr(self, '/');
        if (!slash) break;
        *slash = 0;
        length = slash - self;
        const char *beside = arena_printf(arena, "%s/library", self);
        if (is_library(beside)) return beside;
    }
    return ELIGO_LIBRARY_DIR;
}

Eligo *eligo_new(const char *library) {
    Arena *arena = arena_new();
    Eligo *eligo = arena_new_of(arena, Eligo);
    eligo->arena = arena;
    eligo->diagnostics = diagnostics_new(arena);
    eligo->library = library ? arena_string(arena, library) : default_library(arena);
    eligo_work(eligo, &(EligoWork){0});
    return eligo;
}

void eligo_free(Eligo *eligo) {
    if (!eligo) return;
    text_free(&eligo->messages);
    arena_free(eligo->arena);
}

void eligo_set(Eligo *eligo, const char *name, double value) {
    Setting setting = {arena_string(eligo->arena, name), value};
    vec_push(eligo->arena, &eligo->options.set, setting);
}

void eligo_size(Eligo *eligo, const char *name, long value) {
    Setting setting = {arena_string(eligo->arena, name), (double)value};
    vec_push(eligo->arena, &eligo->options.size, setting);
}

void eligo_block(Eligo *eligo, int steps) { eligo->block = steps; }

void eligo_lanes(Eligo *eligo, int sequences) { eligo->lanes = sequences; }

void eligo_teach(Eligo *eligo, bool says) { eligo->says = says; }

void eligo_threads(Eligo *eligo, int threads) { eligo->threads = threads; }

void eligo_work(Eligo *eligo, const EligoWork *work) {
    static const UpdateKind updates[] = {[ELIGO_UPDATE_UNSAID] = UPDATE_UNSAID,
                                         [ELIGO_UPDATE_ONLINE] = UPDATE_ONLINE,
                                         [ELIGO_UPDATE_EVERY] = UPDATE_EVERY,
                                         [ELIGO_UPDATE_END] = UPDATE_END};
    eligo->work = (PlanWork){.steps = work->steps,
                             .batch = work->batch,
                             .update = updates[work->update],
                             .every = work->every,
                             .stream = work->stream,
                             .memory = work->memory,
                             .real = work->real == ELIGO_DOUBLE ? sizeof(double) : sizeof(float)};
    if (work->steps < 1) eligo->work.steps = USUAL_STEPS;
    if (work->batch < 1) eligo->work.batch = 1;
}

void eligo_network(Eligo *eligo, const char *name) {
    eligo->options.network = arena_string(eligo->arena, name);
}

const char *eligo_messages(Eligo *eligo, bool colour) {
    text_free(&eligo->messages);
    eligo->messages = (Text){0};
    text_add(&eligo->messages, "");
    diagnostics_print(eligo->diagnostics, colour, &eligo->messages);
    return eligo->messages.at ? eligo->messages.at : "";
}

int eligo_errors(const Eligo *eligo) { return eligo->diagnostics->errors; }

void eligo_messages_clear(Eligo *eligo) {
    eligo->diagnostics->list.count = 0;
    eligo->diagnostics->errors = 0;
}

void eligo_report(Eligo *eligo, const char *code, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *message = arena_vprintf(eligo->arena, format, arguments);
    va_end(arguments);
    diagnose(eligo->diagnostics, (Span){0}, code, "%s", message);
}

/* ---- specs ---- */

EligoSpec *eligo_spec_build(Eligo *eligo, Package *package, const ModelOptions *options) {
    if (!package || eligo->diagnostics->errors) return NULL;
    Arena *arena = arena_new();
    EligoSpec *spec = arena_new_of(arena, EligoSpec);
    spec->eligo = eligo;
    spec->arena = arena;
    spec->package = package;
    spec->hash_text = package->root->ast->source->text;
    spec->model = model_build(arena, package, options, eligo->diagnostics);
    if (spec->model && !eligo->diagnostics->errors)
        spec->graph = graph_build(arena, spec->model, eligo->diagnostics);
    if (spec->graph && !eligo->diagnostics->errors) return spec;
    arena_free(arena);
    return NULL;
}

static EligoSpec *open_package(Eligo *eligo, Package *package, EligoTarget target) {
    ModelOptions options = eligo->options;
    options.target = target == ELIGO_TARGET_CLASS    ? TARGET_CLASS
                     : target == ELIGO_TARGET_VALUES ? TARGET_VALUES
                                                     : TARGET_UNKNOWN;
    return eligo_spec_build(eligo, package, &options);
}

EligoSpec *eligo_open(Eligo *eligo, const char *spec, EligoTarget target) {
    return open_package(eligo, package_load(eligo->arena, spec, eligo->library, eligo->diagnostics), target);
}

EligoSpec *eligo_open_text(Eligo *eligo, const char *name, const char *text, EligoTarget target) {
    Source *source = source_from_text(eligo->arena, name, text, strlen(text));
    return open_package(eligo, package_from_source(eligo->arena, source, eligo->library, eligo->diagnostics),
                        target);
}

void eligo_spec_free(EligoSpec *spec) {
    if (spec) arena_free(spec->arena);
}

bool eligo_check(Eligo *eligo, const char *spec) {
    const int errors = eligo->diagnostics->errors;
    Package *package = package_load(eligo->arena, spec, eligo->library, eligo->diagnostics);
    if (package && eligo->diagnostics->errors == errors) { /* what a damaged text means would be guesses */
        Arena *arena = arena_new();
        model_check(arena, package, &eligo->options, eligo->diagnostics);
        arena_free(arena);
    }
    return eligo->diagnostics->errors == 0;
}

bool eligo_infer_sizes(Eligo *eligo, const char *spec, EligoShapeOf shape_of, void *context) {
    Package *package = package_load(eligo->arena, spec, eligo->library, eligo->diagnostics);
    if (!package || eligo->diagnostics->errors) return false;
    model_infer_sizes(package, &eligo->options, eligo->arena, shape_of, context);
    return true;
}

static EligoArray array_of(const Var *var) {
    if (!var) return (EligoArray){0};
    return (EligoArray){.name = var->label,
                        .rows = dim_size(var->rows),
                        .cols = dim_size(var->cols),
                        .axes = (var->rows != NULL) + (var->cols != NULL)};
}

int eligo_params(const EligoSpec *spec) { return spec->model->params.count; }
EligoArray eligo_param(const EligoSpec *spec, int i) { return array_of(spec->model->params.at[i]); }

long eligo_param_misplaced(const EligoSpec *spec, int param, const double *values) {
    const Var *var = spec->model->params.at[param];
    if (!var->zero_diagonal && !pattern_is_sparse(var)) return -1;
    Arena *arena = arena_new();
    const Pattern *pattern = pattern_of(var, arena);
    const long cols = dim_size(var->cols), count = dim_size(var->rows) * cols;
    long at = 0;
    while (at < count && (values[at] == 0 || pattern_has(pattern, var, at / cols, at % cols))) at++;
    arena_free(arena);
    return at < count ? at : -1;
}

static bool is_data(const Model *model, const Var *input) {
    return input != model->target && input != model->when;
}

int eligo_inputs(const EligoSpec *spec) {
    int count = 0;
    for (int i = 0; i < spec->model->inputs.count; i++)
        count += is_data(spec->model, spec->model->inputs.at[i]);
    return count;
}

EligoArray eligo_input(const EligoSpec *spec, int i) {
    for (int k = 0; k < spec->model->inputs.count; k++)
        if (is_data(spec->model, spec->model->inputs.at[k]) && i-- == 0)
            return array_of(spec->model->inputs.at[k]);
    return (EligoArray){0};
}

int eligo_states(const EligoSpec *spec) { return spec->model->roots.count - (spec->model->loss != NULL); }
EligoArray eligo_state(const EligoSpec *spec, int i) { return array_of(spec->model->roots.at[i]); }

EligoArray eligo_readout(const EligoSpec *spec) {
    const Model *model = spec->model;
    if (!model->readout) return (EligoArray){0};
    return (EligoArray){.name = model->readout_name ? model->readout_name : "y",
                        .rows = dim_size(model->readout->dim),
                        .cols = 1,
                        .axes = model->readout->dim != NULL};
}

EligoArray eligo_target(const EligoSpec *spec) { return array_of(spec->model->target); }
EligoArray eligo_when(const EligoSpec *spec) { return array_of(spec->model->when); }
bool eligo_target_is_class(const EligoSpec *spec) { return spec->model->target_is_class; }

/* ---- derivations ---- */

/* A program that the pass has changed is looked at again. */
static void take_lanes(Eligo *eligo, EligoDerivation *derivation) {
    Program *program = derivation->derivation->program;
    if (eligo->lanes < 2) return;
    derivation->lanes_refused = program_lanes_refused(program);
    if (derivation->lanes_refused) return;
    program_set_lanes(program, eligo->lanes);
    const char *wrong = program_verify(program, derivation->arena);
    if (wrong)
        diagnose(eligo->diagnostics, (Span){0}, "E0590",
                 "the program for %d sequences is not well-formed (a bug in eligo): %s", eligo->lanes, wrong);
}

/* Chooses, if nobody else did; false after a report. */
static bool settle_carry(EligoDerivation *derivation, Carry *carry) {
    EligoSpec *spec = derivation->spec;
    const Rule *rule = derivation->rule;
    if (*carry == CARRY_EITHER && rule->carry == CARRY_AUTO) *carry = CARRY_AUTO;
    if (*carry != CARRY_AUTO || !spec->model->loss) return true;
    const Plan *plan = eligo_plan(derivation);
    if (plan->best < 0) return plan_report(plan, rule, spec->eligo->diagnostics), false;
    *carry = plan->candidates.at[plan->best].carry;
    derivation->rule->block = plan->candidates.at[plan->best].block;
    return true;
}

static EligoDerivation *derive_as(Eligo *eligo, EligoSpec *spec, const char *rule, const char *keep,
                                  Carry carry, Learning learning) {
    Arena *arena = arena_new();
    EligoDerivation *derivation = arena_new_of(arena, EligoDerivation);
    derivation->spec = spec;
    derivation->arena = arena;
    derivation->rule = rule_build(arena, spec->package, spec->graph, rule, keep, eligo->diagnostics);
    if (derivation->rule && eligo->block) derivation->rule->block = eligo->block;
    if (derivation->rule) derivation->rule->says = eligo->says || eligo->lanes > 1; /* they may end sooner */
    if (derivation->rule && !eligo->diagnostics->errors && settle_carry(derivation, &carry))
        derivation->derivation =
            derive(arena, spec->model, spec->graph, derivation->rule, carry, learning, eligo->diagnostics);
    if (derivation->derivation) take_lanes(eligo, derivation);
    if (derivation->derivation && !eligo->diagnostics->errors) return derivation;
    arena_free(arena);
    return NULL;
}

EligoDerivation *eligo_derive(Eligo *eligo, EligoSpec *spec, const char *rule, const char *keep,
                              EligoCarry carry) {
    static const Carry carries[] = {CARRY_EITHER, CARRY_FORWARD, CARRY_BACKWARD, CARRY_MIXED, CARRY_AUTO};
    return derive_as(eligo, spec, rule, keep, carries[carry], LEARN_LATER);
}

EligoDerivation *eligo_derive_online(Eligo *eligo, EligoSpec *spec, const char *rule, const char *keep) {
    return derive_as(eligo, spec, rule, keep, CARRY_FORWARD,
                     eligo->apart || eligo->lanes > 1 ? LEARN_ONLINE_APART : LEARN_ONLINE);
}

bool eligo_rule_schedule(EligoSpec *spec, const char *use, const char *keep, EligoSchedule *schedule) {
    static const EligoCarry carries[] = {ELIGO_CARRY_RULE, ELIGO_CARRY_FORWARD, ELIGO_CARRY_BACKWARD,
                                         ELIGO_CARRY_MIXED, ELIGO_CARRY_AUTO};
    static const EligoUpdate updates[] = {[UPDATE_UNSAID] = ELIGO_UPDATE_UNSAID,
                                          [UPDATE_ONLINE] = ELIGO_UPDATE_ONLINE,
                                          [UPDATE_EVERY] = ELIGO_UPDATE_EVERY,
                                          [UPDATE_END] = ELIGO_UPDATE_END};
    Arena *arena = arena_new();
    Diagnostics *aside = diagnostics_new(arena);
    const Rule *rule = rule_build(arena, spec->package, spec->graph, use, keep, aside);
    const bool good = rule && aside->errors == 0;
    if (good)
        *schedule = (EligoSchedule){.carry = carries[rule->carry],
                                    .update = updates[rule->timing.update],
                                    .every = rule->timing.every,
                                    .sample = rule->timing.sample,
                                    .chunk = rule->timing.chunk};
    arena_free(arena);
    return good;
}

void eligo_derivation_free(EligoDerivation *derivation) {
    if (derivation) arena_free(derivation->arena);
}

char *eligo_print(const EligoDerivation *derivation, EligoFormat format) {
    Text text = {0};
    switch (format) {
    case ELIGO_TEXT: print_text(derivation->derivation, 0, SPELLING_PLAIN, &text); break;
    case ELIGO_JSON: print_json(derivation->derivation, &text); break;
    case ELIGO_DOT: print_dot(derivation->derivation, &text); break;
    case ELIGO_LATEX: print_latex(derivation->derivation, &text); break;
    case ELIGO_LATEX_ARTICLE:
        print_latex_open(&text);
        print_latex(derivation->derivation, &text);
        print_latex_close(&text);
        break;
    }
    return text.at;
}

EmitOptions eligo_emit_options(const EligoSpec *spec, EligoReal real, char hash[17]) {
    emit_hash(spec->hash_text, strlen(spec->hash_text), hash);
    return (EmitOptions){.single = real == ELIGO_FLOAT,
                         .version = ELIGO_VERSION,
                         .spec_hash = hash,
                         .options = real == ELIGO_FLOAT ? "--real float" : "--real double"};
}

char *eligo_print_text(const EligoDerivation *derivation, int width, EligoSpelling spelling) {
    static const SpellingKind kinds[] = {[ELIGO_SPELLING_PLAIN] = SPELLING_PLAIN,
                                         [ELIGO_SPELLING_ASCII] = SPELLING_ASCII,
                                         [ELIGO_SPELLING_GREEK] = SPELLING_GREEK};
    Text text = {0};
    print_text(derivation->derivation, width, kinds[spelling], &text);
    return text.at;
}

char *eligo_wrap(const char *text, int width) {
    const Page page = page_of(width);
    Text wrapped = {0};
    text_add(&wrapped, width ? "" : text);
    if (width) layout_text(&page, &wrapped, text);
    return wrapped.at;
}

bool eligo_emit(Eligo *eligo, const EligoDerivation *derivation, EligoReal real, char **header, char **body,
                char **main_text) {
    (void)eligo;
    const Program *program = derivation->derivation->program;
    char hash[17];
    const EmitOptions options = eligo_emit_options(derivation->spec, real, hash);
    Text texts[3] = {{0}, {0}, {0}};
    emit_header(program, &options, &texts[0]);
    emit_body(program, &options, &texts[1]);
    if (main_text) emit_main(program, &options, &texts[2]);
    *header = texts[0].at;
    *body = texts[1].at;
    if (main_text) *main_text = texts[2].at;
    return true;
}

const char *eligo_derivation_name(const EligoDerivation *derivation) {
    return emit_name(derivation->derivation->program, derivation->arena);
}

static const Var *fixed_var(const EligoDerivation *derivation, int i) {
    const Program *program = derivation->derivation->program;
    for (int b = 0; b < program->buffers.count; b++)
        if (buffer_is_drawn(program->buffers.at[b]) && i-- == 0) return program->buffers.at[b]->var;
    return NULL;
}

int eligo_fixed_count(const EligoDerivation *derivation) {
    int count = 0;
    while (fixed_var(derivation, count)) count++;
    return count;
}

EligoArray eligo_fixed(const EligoDerivation *derivation, int i) {
    return array_of(fixed_var(derivation, i));
}

int eligo_block_steps(const EligoDerivation *derivation) { return derivation->derivation->program->block; }

bool eligo_threads_help(const EligoDerivation *derivation) {
    return program_largest_product(derivation->derivation->program) >= EMIT_THREADS_FROM;
}

int eligo_lane_count(const EligoDerivation *derivation) {
    return (int)dim_size(derivation->derivation->program->lanes);
}

const char *eligo_lanes_refused(const EligoDerivation *derivation) { return derivation->lanes_refused; }

bool eligo_is_forward(const EligoDerivation *derivation) {
    return !derivation->derivation->program->has_tape;
}

static Layout layout_of(const EligoDerivation *derivation, EligoReal real) {
    size_t size = real == ELIGO_FLOAT ? sizeof(float) : sizeof(double);
    return program_layout(derivation->derivation->program, size, derivation->arena);
}

size_t eligo_struct_bytes(const EligoDerivation *derivation, EligoReal real) {
    return layout_of(derivation, real).struct_bytes;
}

size_t eligo_record_bytes(const EligoDerivation *derivation, EligoReal real) {
    return layout_of(derivation, real).record_bytes;
}
