/* The emitter and the engines: whatever the interpreter makes of a hand-built program, compiled C makes of it
 * too; tcc and the system's compiler agree to the last bit; the text is the same under every locale and for
 * every size, and no compiler has anything to say about it. */
#include "emit/emit.h"
#include "emit/names.h"
#include "emit_programs.h"
#include "jit/jit.h"
#include "support.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    MakeProgram *make;
} cases[] = {{"operators", program_operators}, {"names", program_names}, {"products", program_products},
             {"traces", program_traces},       {"sums", program_sums},   {"taped", program_taped}};
enum { CASES = sizeof cases / sizeof *cases, STEPS = 5 };

/* Numbers in (-1, 1) that a float holds exactly, by where they go. */
static double number_at(int buffer, long entry, int step) {
    unsigned long seed = (unsigned long)(buffer + 1) * 7919 + (unsigned long)entry * 104729 +
                         (unsigned long)(step + 3) * 15485863;
    for (int i = 0; i < 3; i++) seed = (seed ^ (seed >> 15)) * 2246822519UL % 4294967296UL;
    return (double)(long)(seed % 4001) / 2048.0 - 4000 / 4096.0;
}

/* ---- running a program by an engine ---- */

typedef struct Run {
    const Program *program;
    Layout layout;
    char *memory, *tape;
} Run;

static void set(const Run *run, size_t offset, long entry, double value) {
    if (run->layout.real == sizeof(float))
        ((float *)(void *)(run->memory + offset))[entry] = (float)value;
    else
        ((double *)(void *)(run->memory + offset))[entry] = value;
}

static void fill(const Run *run, bool inputs, int step) {
    for (int i = 0; i < run->program->buffers.count; i++) {
        const Buffer *buffer = run->program->buffers.at[i];
        const bool kept = buffer->kind == BUFFER_PARAM || buffer->kind == BUFFER_GRADIENT;
        if (inputs ? buffer->kind != BUFFER_INPUT : !kept) continue;
        for (long k = 0; k < buffer_entries(buffer); k++)
            set(run, run->layout.offset[i], k, number_at(i, k, step));
    }
}

static Run run_new(const Program *program, size_t real, Arena *arena) {
    Run run = {.program = program, .layout = program_layout(program, real, arena)};
    run.memory = calloc(1, run.layout.struct_bytes);
    run.tape = calloc((size_t)(program->history + STEPS) + 1, run.layout.record_bytes + 1);
    fill(&run, false, 0);
    return run;
}

static void run_free(Run *run) {
    free(run->memory);
    free(run->tape);
}

static size_t tape_bytes(const Run *run) {
    return (size_t)(run->program->history + STEPS) * run->layout.record_bytes;
}

static Run interpreted(const Program *program, Arena *arena) {
    Run run = run_new(program, sizeof(double), arena);
    Interpreter *interpreter = interpreter_new(program);
    interpreter_start(interpreter, run.memory, run.tape);
    for (int t = 0; t < STEPS; t++) {
        fill(&run, true, t);
        interpreter_step(interpreter, run.memory, run.tape);
    }
    if (program->has_tape) interpreter_backward(interpreter, run.memory, run.tape);
    interpreter_free(interpreter);
    return run;
}

typedef void Entry(void *memory, void *tape);

static void call(const Jit *jit, const Run *run, const char *routine, Arena *arena) {
    void *address = jit_symbol(jit, arena_printf(arena, "%s_%s", emit_name(run->program, arena), routine));
    cr_assert_not_null(address, "no %s", routine);
    Entry *entry;
    memcpy(&entry, &address, sizeof entry);
    entry(run->memory, run->tape);
}

static size_t bytes_in(const Jit *jit, const Program *program, const char *what, Arena *arena) {
    void *address = jit_symbol(jit, arena_printf(arena, "%s_%s", emit_name(program, arena), what));
    size_t (*bytes)(void);
    memcpy(&bytes, &address, sizeof bytes);
    return bytes();
}

static Run compiled(const Program *program, JitEngine engine, bool single, Arena *arena) {
    Diagnostics *diagnostics = diagnostics_new(arena);
    const EmitOptions options = {.single = single};
    Text text = {0};
    emit_in_process(program, &options, engine == JIT_CC, &text);
    Jit *jit = jit_compile(text.at, engine, single, diagnostics);
    cr_assert_not_null(jit, "%s\n%s", diagnostics->list.count ? diagnostics->list.at[0]->message : "",
                       text.at);
    Run run = run_new(program, single ? sizeof(float) : sizeof(double), arena);
    cr_assert_eq(bytes_in(jit, program, "bytes", arena), run.layout.struct_bytes);
    cr_assert_eq(bytes_in(jit, program, "record_bytes", arena), run.layout.record_bytes);
    call(jit, &run, "start", arena);
    for (int t = 0; t < STEPS; t++) {
        fill(&run, true, t);
        call(jit, &run, "step", arena);
    }
    if (program->has_tape) call(jit, &run, "backward", arena);
    jit_free(jit);
    text_free(&text);
    return run;
}

/* ---- comparing ---- */

static double value_at(const char *memory, size_t real, size_t entry) {
    return real == sizeof(float) ? (double)((const float *)(const void *)memory)[entry]
                                 : ((const double *)(const void *)memory)[entry];
}

static void expect_close(const char *name, const char *expected, const char *got, size_t real, size_t count,
                         double tolerance) {
    for (size_t i = 0; i < count; i++) {
        const double a = value_at(expected, sizeof(double), i), b = value_at(got, real, i);
        cr_assert(isfinite(a), "%s: entry %zu is %g", name, i, a);
        cr_assert(fabs(a - b) <= tolerance * (1 + fabs(a)), "%s: entry %zu is %.17g, not %.17g", name, i, b,
                  a);
    }
}

static void expect_same(const char *name, const Run *expected, const Run *got, double tolerance) {
    expect_close(name, expected->memory, got->memory, got->layout.real,
                 got->layout.t_offset / got->layout.real, tolerance);
    expect_close(name, expected->tape, got->tape, got->layout.real, tape_bytes(got) / got->layout.real,
                 tolerance);
    int t[2];
    memcpy(&t[0], expected->memory + expected->layout.t_offset, sizeof(int));
    memcpy(&t[1], got->memory + got->layout.t_offset, sizeof(int));
    cr_assert_eq(t[0], STEPS);
    cr_assert_eq(t[1], STEPS);
}

static void expect_identical(const char *name, const Run *a, const Run *b) {
    cr_assert_eq(memcmp(a->memory, b->memory, a->layout.struct_bytes), 0, "%s: tcc and cc differ", name);
    cr_assert_eq(memcmp(a->tape, b->tape, tape_bytes(a)), 0, "%s: tcc and cc differ on the tape", name);
}

static void compare_engines(int i, long n, long m) {
    Arena *arena = arena_new();
    const Program *program = cases[i].make(arena, n, m);
    const char *wrong = program_verify(program, arena);
    cr_assert_null(wrong, "%s: %s", cases[i].name, wrong);
    Run truth = interpreted(program, arena);
    for (int single = 0; single < 2; single++) {
        Run tcc = compiled(program, JIT_TCC, single, arena), cc = compiled(program, JIT_CC, single, arena);
        expect_same(cases[i].name, &truth, &tcc, single ? 2e-4 : 1e-12);
        expect_identical(cases[i].name, &tcc, &cc);
        run_free(&tcc);
        run_free(&cc);
    }
    run_free(&truth);
    arena_free(arena);
}

Test(emit, engines_agree_on_small_sizes) {
    for (int i = 0; i < CASES; i++) compare_engines(i, 1, 1);
    for (int i = 0; i < CASES; i++) compare_engines(i, 3, 2);
}

/* 37 rows and columns: whole tiles of the kernels, and what is left over. */
Test(emit, engines_agree_across_tiles) {
    for (int i = 0; i < CASES; i++) compare_engines(i, 37, 35);
}

/* ---- the text ---- */

static Text body_of(int i, long n, long m, bool single) {
    Arena *arena = arena_new();
    const EmitOptions options = {
        .single = single, .version = "0", .spec_hash = "0123", .options = "--real */ x"};
    Text text = {0};
    const Program *program = cases[i].make(arena, n, m);
    emit_header(program, &options, &text);
    emit_body(program, &options, &text);
    emit_main(program, &options, &text);
    arena_free(arena);
    return text;
}

static int lines_of(const char *text) {
    int lines = 0;
    for (; *text; text++) lines += *text == '\n';
    return lines;
}

Test(emit, length_does_not_depend_on_sizes) {
    for (int i = 0; i < CASES; i++) {
        Text small = body_of(i, 3, 2, true), large = body_of(i, 4096, 512, true);
        cr_assert_eq(lines_of(small.at), lines_of(large.at), "%s", cases[i].name);
        cr_assert_lt(lines_of(small.at), 1200, "%s", cases[i].name);
        text_free(&small);
        text_free(&large);
    }
}

Test(emit, same_bytes_under_another_locale) {
    for (int i = 0; i < CASES; i++) {
        Text first = body_of(i, 3, 2, true);
        cr_assert_not_null(setlocale(LC_ALL, "de_DE.UTF-8"), "no locale de_DE.UTF-8: make locale");
        char comma[16];
        snprintf(comma, sizeof comma, "%.1f", 0.5);
        cr_assert_str_eq(comma, "0,5"); /* the locale is what it should be */
        Text second = body_of(i, 3, 2, true);
        setlocale(LC_ALL, "C");
        cr_assert_str_eq(first.at, second.at);
        text_free(&first);
        text_free(&second);
    }
}

Test(emit, engines_agree_under_another_locale) {
    cr_assert_not_null(setlocale(LC_ALL, "de_DE.UTF-8"), "no locale de_DE.UTF-8: make locale");
    compare_engines(2, 3, 2);
    setlocale(LC_ALL, "C");
}

static void write_file(const char *folder, const char *name, const Text *text) {
    char *path = formatted("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(text->at, 1, text->length, file), text->length);
    cr_assert_eq(fclose(file), 0);
    free(path);
}

static void write_learner(const char *folder, const Program *program, bool single, bool driver) {
    const EmitOptions options = {
        .single = single, .version = "0", .spec_hash = "0123", .options = "x */ /* ?\?/"};
    Text texts[3] = {{0}, {0}, {0}};
    emit_header(program, &options, &texts[0]);
    emit_body(program, &options, &texts[1]);
    if (driver) emit_main(program, &options, &texts[2]);
    const char *const endings[] = {".h", ".c", "_main.c"};
    for (int i = 0; i < 2 + driver; i++) {
        char *name = formatted("%s%s", program->name, endings[i]);
        write_file(folder, name, &texts[i]);
        free(name);
        text_free(&texts[i]);
    }
}

static void expect_silence(const char *folder, const char *compiler, const char *options, const char *file) {
    char *said = NULL;
    const int status = run(&said, "cd %s && %s %s -c -o out.o %s 2>&1", folder, compiler, options, file);
    cr_assert_eq(status, 0, "%s %s: %s", compiler, file, said);
    cr_assert_str_empty(said, "%s %s: %s", compiler, file, said);
    free(said);
}

/* Only libm and mem* may be undefined; the last line of the pipeline prints what else is. */
static void expect_symbols(const char *folder, const char *file) {
    char *others = NULL;
    run(&others,
        "cd %s && gcc -std=c99 -O1 -c -o out.o %s && nm -u out.o | sed 's/.* U //' | "
        "grep -vxE "
        "'(exp|log|sqrt|tanh|erf|sin|cos|fabs|log1p|pow|sincos)f?|mem(set|cpy|move)|_GLOBAL_OFFSET_TABLE_'",
        folder, file);
    cr_assert_str_empty(others, "%s: %s", file, others);
    free(others);
}

/* What the program writes for a library cell and rule; its driver too. */
Test(emit, estimates_compile_without_a_warning) {
    static const char strict[] =
        "-std=c99 -pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow -Werror -O1";
    static const char *const cells[] = {"gru", "lif_delay", "lif_ei"};
    static const char *const rules[] = {"uoro", "ok(2)", "rkf", "es_d_rtrl", "eprop_kf"};
    char *folder = scratch_make("estimates");
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
            char *said = NULL;
            const char *real = (c + r) % 2 ? "float" : "double";
            const int status =
                run(&said, "cd %s && rm -f *.c *.h && %s emit %s --rule '%s' --real %s --main -o .", folder,
                    program(), cells[c], rules[r], real);
            cr_assert_eq(status, 0, "%s", said);
            free(said);
            expect_silence(folder, "gcc", strict, "$(ls *.c | grep -v main)");
            expect_silence(folder, "clang", strict, "$(ls *main.c)");
            expect_silence(folder, "tcc", "-std=c99 -Wall -Werror", "$(ls *.c | grep -v main)");
            expect_symbols(folder, "$(ls *.c | grep -v main)");
        }
    scratch_remove(folder);
}

Test(emit, compiles_without_a_warning) {
    static const char strict[] =
        "-std=c99 -pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow -Werror -O3";
    char *folder = scratch_make("emit");
    for (int i = 0; i < CASES; i++)
        for (int single = 0; single < 2; single++) {
            Arena *arena = arena_new();
            write_learner(folder, cases[i].make(arena, 5, 3), single, false);
            arena_free(arena);
            char *file = formatted("%s.c", cases[i].name);
            expect_silence(folder, "gcc", strict, file);
            expect_silence(folder, "clang", strict, file);
            expect_silence(folder, "tcc", "-std=c99 -Wall -Werror", file);
            expect_symbols(folder, file);
            free(file);
        }
    scratch_remove(folder);
}

/* ---- the driver ---- */

/* [steps][entries] of an input, or a parameter's entries, in a version 1 file of doubles. */
static void write_array(const char *folder, const Buffer *buffer, const char *before, int steps) {
    char header[128] = "\x93NUMPY\x01", shape[64] = "";
    const int ranges = buffer->rank;
    if (steps) snprintf(shape, sizeof shape, "%d, ", steps);
    for (int r = 0; r < ranges; r++)
        snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%ld, ", dim_size(buffer->dims[r]));
    header[8] = 118;
    snprintf(header + 10, 118, "{'descr': '<f8', 'fortran_order': False, 'shape': (%s), }", shape);
    memset(header + 10 + strlen(header + 10), ' ', 117 - strlen(header + 10));
    header[127] = '\n';
    Text text = {0};
    text_add_bytes(&text, header, sizeof header);
    for (int t = 0; t < (steps ? steps : 1); t++)
        for (long k = 0; k < buffer_entries(buffer); k++) {
            const double value = number_at(buffer->index, k, t);
            text_add_bytes(&text, (const char *)&value, sizeof value);
        }
    char *name = formatted("%s%s.npy", before, buffer->name);
    write_file(folder, name, &text);
    free(name);
    text_free(&text);
}

/* The caller of interpreted() starts gradients from numbers, the driver from zero: the difference is what it
 * wrote. */
static void expect_gradient(const char *folder, const Run *truth, const Buffer *gradient, double tolerance) {
    char *path = formatted("%s/grad.%s.npy", folder, gradient->var->label);
    Array got = array_read(path);
    cr_assert_eq(got.count, (size_t)buffer_entries(gradient), "%s", path);
    const double *expected =
        (const double *)(const void *)(truth->memory + truth->layout.offset[gradient->index]);
    for (size_t k = 0; k < got.count; k++) {
        const double added = expected[k] - number_at(gradient->index, (long)k, 0);
        cr_assert(fabs(got.values[k] - added) <= tolerance * (1 + fabs(added)), "%s: %g, not %g", path,
                  got.values[k], added);
    }
    array_free(got);
    free(path);
}

/* y.npy has the taped readout of every step, loss.npy the sum of its loss. */
static void expect_readout(const char *folder, const Run *truth, double tolerance) {
    const Buffer *y = truth->program->readout, *loss = truth->program->loss;
    char *path = formatted("%s/y.npy", folder), *total = formatted("%s/loss.npy", folder);
    Array got = array_read(path), sum = array_read(total);
    const size_t n = (size_t)buffer_entries(y), width = truth->layout.record_bytes / sizeof(double);
    cr_assert_eq(got.count, STEPS * n);
    cr_assert_eq(sum.count, 1);
    double expected = 0;
    for (size_t t = 0; t < STEPS; t++) {
        const double *record =
            (const double *)(const void *)truth->tape + ((size_t)truth->program->history + t) * width;
        expected += record[truth->layout.record_offset[loss->index] / sizeof(double)];
        const double *values = record + truth->layout.record_offset[y->index] / sizeof(double);
        for (size_t k = 0; k < n; k++)
            cr_assert(fabs(got.values[t * n + k] - values[k]) <= tolerance, "y[%zu, %zu]", t, k);
    }
    cr_assert(fabs(sum.values[0] - expected) <= tolerance * STEPS, "loss is %g, not %g", sum.values[0],
              expected);
    array_free(got);
    array_free(sum);
    free(path);
    free(total);
}

static void expect_driver(const char *folder, const Program *program, bool single) {
    static const char strict[] =
        "-std=c99 -pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Wshadow -Werror -O2";
    Arena *arena = arena_new();
    write_learner(folder, program, single, true);
    expect_silence(folder, "gcc", strict, "taped_main.c");
    expect_silence(folder, "clang", strict, "taped_main.c");
    char *said = NULL;
    const int status = run(&said, "cd %s && tcc -o driver taped.c taped_main.c -lm && ./driver .", folder);
    cr_assert_eq(status, 0, "%s", said);
    free(said);
    Run truth = interpreted(program, arena);
    for (int i = 0; i < program->buffers.count; i++)
        if (program->buffers.at[i]->kind == BUFFER_GRADIENT)
            expect_gradient(folder, &truth, program->buffers.at[i], single ? 1e-5 : 1e-12);
    expect_readout(folder, &truth, single ? 1e-5 : 1e-12);
    run_free(&truth);
    arena_free(arena);
}

Test(emit, driver_reads_and_writes_arrays) {
    Arena *arena = arena_new();
    char *folder = scratch_make("driver");
    const Program *program = program_taped(arena, 5, 3);
    for (int i = 0; i < program->buffers.count; i++) {
        const Buffer *buffer = program->buffers.at[i];
        if (buffer->kind == BUFFER_PARAM) write_array(folder, buffer, "param.", 0);
        if (buffer->kind == BUFFER_INPUT) write_array(folder, buffer, "", STEPS);
    }
    for (int single = 0; single < 2; single++) expect_driver(folder, program, single);
    char *said = NULL;
    cr_expect_eq(run(&said, "cd %s && mv x.npy y.npy && ./driver .", folder), 1);
    cr_expect_not_null(strstr(said, "x.npy: can't be opened"), "%s", said);
    free(said);
    cr_expect_eq(run(&said, "cd %s && cp gain.npy x.npy && ./driver .", folder), 1);
    cr_expect_not_null(strstr(said, "x.npy: its shape is not"), "%s", said);
    free(said);
    scratch_remove(folder);
    arena_free(arena);
}

/* ---- names ---- */

Test(emit, names_are_safe_and_unique) {
    Arena *arena = arena_new();
    static const struct {
        const char *wish, *name;
    } table[] = {{"c", "c"},         {"c", "c_2"},         {"for", "for_"},    {"expf", "expf_"},
                 {"α", "alpha"},     {"alpha", "alpha_2"}, {"l1.Wi", "l1_Wi"}, {"ж", "x_u0436"},
                 {"Σ_x", "Sigma_x"}, {"1st", "x1st"},      {"_x", "x_x"},      {"real", "real_"},
                 {"I", "I_"},        {"c_2", "c_2_2"}};
    NameSet names = {.arena = arena};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        cr_expect_str_eq(names_new(&names, table[i].wish), table[i].name);
    arena_free(arena);
}
