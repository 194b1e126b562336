/* The cost sheet against what the interpreter really does: multiply-adds of a step, to the last one, on every
 * library cell and network, under every rule of the library that applies, forward, backward and in blocks. */
#include "eligo_trial.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole block, with the border that its last step goes over. */
static void check_block(Interpreter *interpreter, const Program *program, const Cost *cost, char *memory,
                        char *tape, const char *spec, const char *rule) {
    const double before = interpreter_operations(interpreter);
    interpreter_start(interpreter, memory, tape);
    for (int t = 0; t < program->block; t++) interpreter_step(interpreter, memory, tape);
    const double done = interpreter_operations(interpreter) - before;
    const double said =
        program->block * (polynomial_value(&cost->forward) + polynomial_value(&cost->backward)) +
        polynomial_value(&cost->border);
    cr_expect(done == said, "%s, %s: a block does %.0f, the sheet says %.0f", spec, rule, done, said);
}

/* Steps once, and back where there is a way back; the operations of each beside what the sheet says. */
static void check_operations(const EligoDerivation *derivation, const char *spec, const char *rule) {
    const Program *program = derivation->derivation->program;
    Arena *arena = arena_new();
    const Layout layout = program_layout(program, sizeof(double), arena);
    const Cost cost = program_cost(program, arena);
    Interpreter *interpreter = interpreter_new(program);
    char *memory = calloc(1, layout.struct_bytes), *tape = NULL;
    if (program->has_tape)
        tape = calloc((size_t)(program->history + program->block) + 2, layout.record_bytes);
    cr_assert(memory && (tape || !program->has_tape));
    interpreter_start(interpreter, memory, tape);
    interpreter_step(interpreter, memory, tape);
    const double forward = interpreter_operations(interpreter);
    cr_expect(forward == polynomial_value(&cost.forward), "%s, %s: a step does %.0f, the sheet says %.0f",
              spec, rule, forward, polynomial_value(&cost.forward));
    if (program->block) check_block(interpreter, program, &cost, memory, tape, spec, rule);
    if (program->has_tape && !program->block) {
        interpreter_backward(interpreter, memory, tape);
        const double backward = interpreter_operations(interpreter) - forward;
        cr_expect(backward == polynomial_value(&cost.backward),
                  "%s, %s: a step back does %.0f, the sheet says %.0f", spec, rule, backward,
                  polynomial_value(&cost.backward));
    }
    interpreter_free(interpreter);
    free(memory);
    free(tape);
    arena_free(arena);
}

static int check_spec(const char *name, char *const *rules, int count) {
    int checked = 0;
    Eligo *eligo = eligo_new("library");
    EligoSpec *spec = eligo_open(eligo, name, ELIGO_TARGET_VALUES);
    cr_assert(spec, "%s", eligo_messages(eligo, false));
    trial_shrink(spec->model);
    eligo_block(eligo, 4);
    for (int r = 0; r < count; r++) {
        char *use = eligo_rule_use(spec, rules[r]);
        for (int carry = ELIGO_CARRY_FORWARD; carry <= ELIGO_CARRY_MIXED && eligo_applies(spec, use, NULL);
             carry++) {
            EligoDerivation *derivation = eligo_derive(eligo, spec, use, NULL, (EligoCarry)carry);
            if (derivation) check_operations(derivation, name, use), checked++;
            eligo_derivation_free(derivation);
            eligo_messages_clear(eligo);
        }
        free(use);
    }
    eligo_spec_free(spec);
    eligo_free(eligo);
    return checked;
}

/* The names of the library's files in a folder, without their ending. */
static int names_in(const char *folder, char **names, int most) {
    DIR *opened = opendir(folder);
    int count = 0;
    cr_assert(opened, "%s", folder);
    for (const struct dirent *entry; (entry = readdir(opened)) && count < most;) {
        const char *ending = strstr(entry->d_name, ".eligo");
        if (!ending) continue;
        names[count] = strdup(entry->d_name);
        names[count++][ending - entry->d_name] = 0;
    }
    closedir(opened);
    return count;
}

Test(cost, sheets_say_what_is_done_to_the_last_operation, .timeout = 300) {
    enum { MOST = 200 };
    char *rules[MOST], *specs[MOST];
    const int rule_count = names_in("library/rules", rules, MOST);
    const int cells = names_in("library/cells", specs, MOST);
    const int spec_count = cells + names_in("library/networks", specs + cells, MOST - cells);
    int checked = 0;
    for (int s = 0; s < spec_count; s++) checked += check_spec(specs[s], rules, rule_count);
    fprintf(stderr, "%d cost sheets met by %d specs and %d rules\n", checked, spec_count, rule_count);
    cr_assert(checked > 1000, "%d", checked);
    for (int i = 0; i < rule_count; i++) free(rules[i]);
    for (int i = 0; i < spec_count; i++) free(specs[i]);
}

/* ---- as a user sees it ---- */

/* The word in column `column`, from 0 on, of the line that begins with these two words, after `from`. */
static void word_of(const char *from, const char *rule, const char *carry, int column, char word[64]) {
    word[0] = 0;
    for (const char *line = from; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        char first[64], second[64];
        if (sscanf(line, "%63s %63s", first, second) != 2 || strcmp(first, rule) || strcmp(second, carry))
            continue;
        const char *at = line;
        for (int i = 0; i <= column; i++) {
            int used = 0;
            if (sscanf(at, "%63s%n", word, &used) != 1) return;
            at += used;
        }
        return;
    }
}

Test(cost, what_is_measured_is_what_the_sheet_says) {
    static const char *const rules[] = {"eprop", "uoro", "snap(1)", "tbptt(3)", "eprop_adaptive"};
    Eligo *eligo = eligo_new("library");
    eligo_size(eligo, "n", 9);
    EligoSpec *spec = eligo_open(eligo, "lstm", ELIGO_TARGET_VALUES);
    char *text = eligo_cost(eligo, spec, rules, 5, true, true, 0);
    cr_assert(text, "%s", eligo_messages(eligo, false));
    const char *measured = strstr(text, "measured here");
    cr_assert_not_null(measured);
    static const struct {
        const char *rule, *carry;
    } rows[] = {{"eprop", "forward"},   {"eprop", "backward"},    {"uoro", "forward"},
                {"snap(1)", "forward"}, {"tbptt(3)", "backward"}, {"eprop_adaptive", "forward"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char bytes[64], operations[64];
        word_of(measured, rows[i].rule, rows[i].carry, 3, bytes);
        word_of(measured, rows[i].rule, rows[i].carry, 5, operations);
        cr_expect_str_eq(bytes, "1", "%s %s: %s times the sheet's bytes", rows[i].rule, rows[i].carry, bytes);
        cr_expect_str_eq(operations, "1", "%s %s: %s times the sheet's operations", rows[i].rule,
                         rows[i].carry, operations);
    }
    char none[64];
    word_of(measured, "snap(1)", "backward", 3, none);
    cr_expect_str_empty(none, "a mask has no backward sheet");
    free(text);
    const char *unknown[] = {"eprop", "eprp"};
    cr_expect_null(eligo_cost(eligo, spec, unknown, 2, false, false, 0));
    cr_expect_not_null(strstr(eligo_messages(eligo, false), "E0501"));
    eligo_spec_free(spec);
    eligo_free(eligo);
}

/* A trace sweep reads and writes each trace and each gradient, and reads what they are made of. */
Test(cost, traffic_of_a_trace_sweep) {
    Eligo *eligo = eligo_new("library");
    const char *cell = "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m];"
                       " h = 0.9 * h[t-1] * tanh(W @ x); }\n"
                       "network w { input x[5]; param V[2,7]; layer l = c(n = 7, x = x); y = V @ l.h;"
                       " loss mse(y, target); }\n";
    EligoSpec *spec = eligo_open_text(eligo, "c", cell, ELIGO_TARGET_VALUES);
    EligoDerivation *derivation = eligo_derive(eligo, spec, "eprop", NULL, ELIGO_CARRY_FORWARD);
    const Program *program = derivation->derivation->program;
    Arena *arena = arena_new();
    Routine sweeps = program->step;
    sweeps.statements.at = NULL;
    sweeps.statements.count = sweeps.statements.capacity = 0;
    for (int i = 0; i < program->step.statements.count; i++)
        if (program->step.statements.at[i]->kind == STATEMENT_SWEEP)
            vec_push(arena, &sweeps.statements, program->step.statements.at[i]);
    const Polynomial traffic = routine_traffic(program, &sweeps, arena);
    /* W: ε read and written, decay (n), gain (n), x (m); its gradient read and written, L (n). V: its
     * gradient read and written, the error (k) and h (n) */
    const double n = 7, m = 5, k = 2;
    cr_assert_eq(polynomial_value(&traffic), 4 * n * m + 3 * n + m + 2 * k * n + k + n, "%g",
                 polynomial_value(&traffic));
    arena_free(arena);
    eligo_derivation_free(derivation);
    eligo_spec_free(spec);
    eligo_free(eligo);
}
