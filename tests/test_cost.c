/* The cost sheet against what the interpreter really does: multiply-adds of a step, to the last one, on every
 * library cell and network, under every rule of the library that applies, forward and backward. */
#include "eligo_trial.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps once, and back where there is a way back; the operations of each beside what the sheet says. */
static void check_operations(const EligoDerivation *derivation, const char *spec, const char *rule) {
    const Program *program = derivation->derivation->program;
    Arena *arena = arena_new();
    const Layout layout = program_layout(program, sizeof(double), arena);
    const Cost cost = program_cost(program, arena);
    Interpreter *interpreter = interpreter_new(program);
    char *memory = calloc(1, layout.struct_bytes), *tape = NULL;
    if (program->has_tape) tape = calloc((size_t)program->history + 2, layout.record_bytes);
    cr_assert(memory && (tape || !program->has_tape));
    interpreter_start(interpreter, memory, tape);
    interpreter_step(interpreter, memory, tape);
    const double forward = interpreter_operations(interpreter);
    cr_expect(forward == polynomial_value(&cost.forward), "%s, %s: a step does %.0f, the sheet says %.0f",
              spec, rule, forward, polynomial_value(&cost.forward));
    if (program->has_tape) {
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
    for (int r = 0; r < count; r++) {
        char *use = eligo_rule_use(spec, rules[r]);
        for (int carry = ELIGO_CARRY_FORWARD; carry <= ELIGO_CARRY_BACKWARD && eligo_applies(spec, use, NULL);
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
