/* The cost sheet as a table: rules beside each other, carried forward and backward, and what a run of each
 * measures. */
#include "eligo_summary.h"
#include "print/layout.h"
#include "print/report.h"

#include <stdlib.h>
#include <time.h>

typedef struct Sheet { /* of one rule in one carry */
    const char *use, *carry;
    EligoDerivation *derivation;
    Cost cost;
    Polynomial traffic; /* of a step, both ways */
    Layout layout;      /* in float */
} Sheet;
typedef VEC(Sheet) Sheets;

/* ---- one for each rule and carry ---- */

static Sheet sheet_of(Arena *arena, const char *use, EligoDerivation *derivation) {
    const Program *program = derivation->derivation->program;
    Sheet sheet = {.use = use, .derivation = derivation, .cost = program_cost(program, arena)};
    sheet.carry = eligo_block_steps(derivation)  ? "mixed"
                  : eligo_is_forward(derivation) ? "forward"
                                                 : "backward";
    sheet.layout = program_layout(program, sizeof(float), arena);
    sheet.traffic = routine_traffic(program, &program->step, arena);
    const Polynomial back = routine_traffic(program, &program->backward, arena);
    for (int i = 0; i < back.terms.count; i++)
        polynomial_add(arena, &sheet.traffic, back.terms.at[i].coefficient, back.terms.at[i].degree,
                       back.terms.at[i].dims);
    return sheet;
}

/* As the rule asks to be carried, then the other way where it admits that. */
static bool add_rule(Eligo *eligo, EligoSpec *spec, Arena *arena, const char *use, Sheets *sheets) {
    EligoDerivation *own = eligo_derive(eligo, spec, use, NULL, ELIGO_CARRY_RULE);
    if (!own) return false;
    vec_push(arena, sheets, sheet_of(arena, use, own));
    const bool forward = eligo_is_forward(own);
    if (!rule_check_carry(own->rule, forward ? CARRY_BACKWARD : CARRY_FORWARD, NULL)) return true;
    EligoDerivation *other =
        eligo_derive(eligo, spec, use, NULL, forward ? ELIGO_CARRY_BACKWARD : ELIGO_CARRY_FORWARD);
    if (other) vec_push(arena, sheets, sheet_of(arena, use, other));
    return other != NULL;
}

/* ---- tables ---- */

static const char *count_text(Arena *arena, double count) {
    Text text = {0};
    report_count(count, &text);
    const char *made = arena_string(arena, text.at ? text.at : "0");
    text_free(&text);
    return made;
}

static double multiply_adds(const Sheet *sheet) {
    return polynomial_value(&sheet->cost.forward) + polynomial_value(&sheet->cost.backward);
}

static const char *gradient_word(Arena *arena, const Sheet *sheet) {
    return summary_of(sheet->derivation->derivation, arena).gradient;
}

static void print_table(Arena *arena, const Page *page, const Sheets *sheets, Text *out) {
    static const char *const head[] = {"rule",      "carry",         "causal",  "local",   "carried",
                                       "tape/step", "multiply-adds", "traffic", "gradient"};
    Table table = {.arena = arena, .page = page, .columns = 9};
    for (int i = 0; i < 9; i++) table_cell(&table, head[i]);
    for (int i = 0; i < sheets->count; i++) {
        const Sheet *sheet = &sheets->at[i];
        const Summary all = summary_of(sheet->derivation->derivation, arena);
        table_cell(&table, sheet->use);
        table_cell(&table, sheet->carry);
        table_cell(&table, all.causal);
        table_cell(&table, all.local);
        table_cell(&table, count_text(arena, sizeof(float) * polynomial_value(&sheet->cost.carried)));
        table_cell(&table, count_text(arena, (double)sheet->layout.record_bytes));
        table_cell(&table, count_text(arena, multiply_adds(sheet)));
        table_cell(&table, count_text(arena, sizeof(float) * polynomial_value(&sheet->traffic)));
        table_cell(&table, gradient_word(arena, sheet));
    }
    table_print(&table, 0, out);
    layout_line(page, out, 0, 0,
                "carried, tape/step and traffic in bytes (float); multiply-adds and traffic of a step, the "
                "way back with it.");
}

static void formula(const Page *page, const char *name, const Polynomial *polynomial, const char *unit,
                    Text *out) {
    Text text = {0};
    text_printf(&text, "%-14s ", name);
    polynomial_print(polynomial, &text);
    text_add(&text, " = ");
    report_count(polynomial_value(polynomial), &text);
    text_printf(&text, " %s", unit);
    layout_line(page, out, 4, 15, text.at);
    text_free(&text);
}

static void print_formulas(const Page *page, const Sheet *sheet, Text *out) {
    text_printf(out, "\n%s, %s\n", sheet->use, sheet->carry);
    formula(page, "carried", &sheet->cost.carried, "reals", out);
    if (sheet->layout.record_bytes) formula(page, "tape a step", &sheet->cost.tape, "reals", out);
    formula(page, "a step", &sheet->cost.forward, "multiply-adds", out);
    if (sheet->layout.record_bytes) formula(page, "a step back", &sheet->cost.backward, "multiply-adds", out);
    if (eligo_block_steps(sheet->derivation))
        formula(page, "a border", &sheet->cost.border, "multiply-adds", out);
    formula(page, "traffic", &sheet->traffic, "reals", out);
}

static void print_params(Arena *arena, const Page *page, const Sheet *sheet, Text *out) {
    const Derivation *derivation = sheet->derivation->derivation;
    Table table = {.arena = arena, .page = page, .columns = 4};
    static const char *const head[] = {"parameter", "gradient", "reals carried", "own multiply-adds"};
    for (int i = 0; i < 4; i++) table_cell(&table, head[i]);
    for (int p = 0; p < derivation->model->params.count; p++) {
        const ParamFacts *facts = &derivation->facts[p];
        const ParamCost cost = derivation_param_cost(derivation, facts->param, arena);
        const Polynomial *of[2] = {&cost.carried, &cost.work};
        table_cell(&table, facts->param->label);
        table_cell(&table, verdict_name[facts->verdict]);
        for (int i = 0; i < 2; i++) {
            Text text = {0};
            polynomial_print(of[i], &text);
            if (polynomial_value(of[i]) != 0) text_add(&text, " = ");
            if (polynomial_value(of[i]) != 0) report_count(polynomial_value(of[i]), &text);
            table_cell(&table, arena_string(arena, text.at));
            text_free(&text);
        }
    }
    table_print(&table, 4, out);
}

/* ---- measured ---- */

/* What the interpreter does in one step, and one step back. */
static double counted(const Sheet *sheet) {
    const Program *program = sheet->derivation->derivation->program;
    Arena *arena = arena_new();
    const Layout layout = program_layout(program, sizeof(double), arena);
    Interpreter *interpreter = interpreter_new(program);
    char *memory = calloc(1, layout.struct_bytes);
    char *tape = calloc((size_t)program->history + 2, layout.record_bytes ? layout.record_bytes : 1);
    double operations = 0;
    if (memory && tape) {
        interpreter_start(interpreter, memory, tape);
        interpreter_step(interpreter, memory, tape);
        if (program->has_tape) interpreter_backward(interpreter, memory, tape);
        operations = interpreter_operations(interpreter);
    }
    free(memory);
    free(tape);
    interpreter_free(interpreter);
    arena_free(arena);
    return operations;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Seconds a step, the best of several sequences; inputs are zero. */
static double step_seconds(EligoLearner *learner) {
    enum { STEPS = 50, ROUNDS = 9 };
    double best = 1e30;
    for (int r = 0; r < ROUNDS; r++) {
        eligo_learner_start(learner, STEPS);
        const double start = now();
        for (int t = 0; t < STEPS; t++) eligo_learner_step(learner);
        eligo_learner_finish(learner);
        const double time = (now() - start) / STEPS;
        if (time < best) best = time;
    }
    return best;
}

static bool measure_row(Eligo *eligo, Arena *arena, const Sheet *sheet, Table *table) {
    EligoLearner *learner = eligo_learner_new(eligo, sheet->derivation, ELIGO_ENGINE_BEST, ELIGO_FLOAT);
    if (!learner) return false;
    eligo_learner_init(learner, 1);
    eligo_learner_settle(learner);
    const double seconds = step_seconds(learner), done = counted(sheet), said = multiply_adds(sheet);
    const double bytes = (double)eligo_learner_struct_bytes(learner);
    table_cell(table, sheet->use);
    table_cell(table, sheet->carry);
    table_cell(table, count_text(arena, bytes));
    table_cell(table, arena_printf(arena, "%.3g", bytes / (double)sheet->layout.struct_bytes));
    table_cell(table, count_text(arena, done));
    table_cell(table, arena_printf(arena, "%.3g", said > 0 ? done / said : 1));
    table_cell(table, arena_printf(arena, "%.2f", 1e6 * seconds));
    table_cell(table, arena_printf(arena, "%.2f", 2e-9 * said / seconds));
    table_cell(table, arena_printf(arena, "%.1f",
                                   1e-9 * sizeof(float) * polynomial_value(&sheet->traffic) / seconds));
    eligo_learner_free(learner);
    return true;
}

static bool print_measured(Eligo *eligo, Arena *arena, const Page *page, const Sheets *sheets, Text *out) {
    static const char *const head[] = {"rule",    "carry",     "sizeof",  "/ sheet", "operations",
                                       "/ sheet", "µs a step", "GFLOP/s", "GB/s"};
    Table table = {.arena = arena, .page = page, .columns = 9};
    for (int i = 0; i < 9; i++) table_cell(&table, head[i]);
    bool good = true;
    for (int i = 0; i < sheets->count && good; i++) good = measure_row(eligo, arena, &sheets->at[i], &table);
    text_add(out, "\nmeasured here, in float, against the sheet\n");
    if (good) table_print(&table, 0, out);
    return good;
}

char *eligo_cost(Eligo *eligo, EligoSpec *spec, const char *const *rules, int count, bool by_param,
                 bool measure, int width) {
    const Page page = page_of(width);
    Arena *arena = arena_new();
    Sheets sheets = {0};
    Text out = {0};
    bool good = true;
    for (int i = 0; i < count && good; i++) good = add_rule(eligo, spec, arena, rules[i], &sheets);
    if (good) {
        print_table(arena, &page, &sheets, &out);
        for (int i = 0; i < sheets.count; i++) {
            print_formulas(&page, &sheets.at[i], &out);
            if (by_param) print_params(arena, &page, &sheets.at[i], &out);
        }
        if (measure) good = print_measured(eligo, arena, &page, &sheets, &out);
    }
    for (int i = 0; i < sheets.count; i++) eligo_derivation_free(sheets.at[i].derivation);
    arena_free(arena);
    if (good) return out.at;
    text_free(&out);
    return NULL;
}
