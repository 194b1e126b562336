/* The engines' own duties: clear errors, nothing reachable that isn't allowed, no writable code; and the
 * verifier of update programs, which must find what it is there to find. */
#include "emit_programs.h"
#include "jit/jit.h"
#include "support.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the engines' own errors ---- */

Test(jit, reports_what_a_compiler_refuses) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    for (int engine = 0; engine < 2; engine++) {
        cr_expect_null(
            jit_compile("int f(void) { return no_such_name; }", (JitEngine)engine, true, diagnostics));
        cr_assert_eq(diagnostics->errors, engine + 1);
        const Diagnostic *last = diagnostics->list.at[engine];
        cr_expect_str_eq(last->code, "E0701");
        cr_expect_not_null(strstr(last->message, "no_such_name"), "%s", last->message);
    }
    arena_free(arena);
}

Test(jit, tcc_reaches_only_what_is_allowed) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    cr_expect_null(jit_compile("int system(const char *); int f(void) { return system(\"true\"); }", JIT_TCC,
                               true, diagnostics));
    cr_assert_eq(diagnostics->errors, 1);
    cr_expect_str_eq(diagnostics->list.at[0]->code, "E0701");
    arena_free(arena);
}

Test(jit, says_what_to_install_when_there_is_no_compiler) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    setenv("PATH", "/nowhere", 1);
    unsetenv("CC");
    cr_expect_not(jit_has_cc(NULL, 0));
    cr_expect_null(jit_compile("int f(void) { return 1; }", JIT_CC, true, diagnostics));
    cr_assert_eq(diagnostics->errors, 1);
    cr_expect_str_eq(diagnostics->list.at[0]->code, "E0702");
    cr_expect_not_null(strstr(diagnostics->list.at[0]->help, "gcc"));
    arena_free(arena);
}

/* No page of this process may be writable and executable at once. */
/* ---- what was compiled before ---- */

static Jit *compile_value(Diagnostics *diagnostics, int value) {
    char text[64];
    snprintf(text, sizeof text, "int value(void) { return %d; }", value);
    return jit_compile(text, JIT_CC, true, diagnostics);
}

/* Compiles, runs and frees; whether it came from the cache. */
static bool value_is_cached(Diagnostics *diagnostics, int value) {
    Jit *jit = compile_value(diagnostics, value);
    cr_assert_not_null(jit);
    int (*function)(void);
    void *symbol = jit_symbol(jit, "value");
    memcpy(&function, &symbol, sizeof function);
    cr_assert_eq(function(), value);
    const bool cached = jit_was_cached(jit);
    jit_free(jit);
    return cached;
}

static int objects_in(const char *folder) {
    char *said = NULL;
    cr_assert_eq(run(&said, "ls %s | wc -l", folder), 0);
    const int count = atoi(said);
    free(said);
    return count;
}

Test(jit, keeps_what_it_compiled) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    char *folder = scratch_make("cache");
    char *own = formatted("%s/deeper/eligo", folder);
    setenv("ELIGO_CACHE", own, 1);
    cr_expect_not(value_is_cached(diagnostics, 41));
    cr_expect(value_is_cached(diagnostics, 41));
    cr_expect_not(value_is_cached(diagnostics, 42), "another text is another object");
    cr_expect(value_is_cached(diagnostics, 41) && value_is_cached(diagnostics, 42));
    cr_expect_eq(objects_in(own), 2, "nothing but objects is left");
    cr_assert_eq(run(NULL, "for f in %s/*; do echo broken > $f; done", own), 0);
    cr_expect_not(value_is_cached(diagnostics, 41), "what can't be loaded is made anew");
    cr_expect(value_is_cached(diagnostics, 41));
    cr_assert_eq(run(NULL, "chmod 777 %s", own), 0);
    cr_expect_not(value_is_cached(diagnostics, 41), "others may write there: not to be trusted");
    setenv("ELIGO_CACHE", "", 1);
    cr_expect_not(value_is_cached(diagnostics, 41));
    cr_assert_eq(diagnostics->errors, 0);
    free(own);
    scratch_remove(folder);
    arena_free(arena);
}

Test(jit, a_full_cache_loses_what_was_used_longest_ago) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    char *folder = scratch_make("full");
    setenv("ELIGO_CACHE", folder, 1);
    cr_expect_not(value_is_cached(diagnostics, 1));
    cr_expect_not(value_is_cached(diagnostics, 2));
    cr_expect(value_is_cached(diagnostics, 1)); /* used again: 2 is the oldest now */
    char *said = NULL;
    cr_assert_eq(run(&said, "cat %s/* | wc -c", folder), 0);
    setenv("ELIGO_CACHE_BYTES", said, 1); /* as much as two */
    free(said);
    cr_expect_not(value_is_cached(diagnostics, 3));
    cr_expect_eq(objects_in(folder), 2);
    cr_expect(value_is_cached(diagnostics, 1) && value_is_cached(diagnostics, 3));
    scratch_remove(folder);
    arena_free(arena);
}

/* Several processes want the same code at once: each gets it, and one object is left. */
Test(jit, processes_share_a_cache) {
    enum { PROCESSES = 6 };
    char *folder = scratch_make("shared");
    setenv("ELIGO_CACHE", folder, 1);
    pid_t child[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        child[i] = fork();
        if (child[i]) continue;
        Arena *arena = arena_new();
        Jit *jit = compile_value(diagnostics_new(arena), 7);
        _exit(jit ? 0 : 1);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 1;
        waitpid(child[i], &status, 0);
        cr_expect_eq(status, 0);
    }
    cr_expect_eq(objects_in(folder), 1);
    scratch_remove(folder);
}

Test(jit, code_is_never_writable) {
    Arena *arena = arena_new();
    Diagnostics *diagnostics = diagnostics_new(arena);
    Jit *jit = jit_compile("int f(void) { return 7; }", JIT_TCC, true, diagnostics);
    cr_assert_not_null(jit);
    FILE *maps = fopen("/proc/self/maps", "r");
    cr_assert_not_null(maps);
    char line[512];
    while (fgets(line, sizeof line, maps)) cr_expect_null(strstr(line, " rwx"), "%s", line);
    fclose(maps);
    jit_free(jit);
    arena_free(arena);
}

/* ---- the verifier ---- */

static const char *verdict(Program *program, Arena *arena) {
    const char *wrong = program_verify(program, arena);
    return wrong ? wrong : "fine";
}

Test(verify, accepts_the_programs) {
    Arena *arena = arena_new();
    MakeProgram *const all[] = {program_operators, program_names, program_products,
                                program_traces,    program_sums,  program_taped};
    for (int i = 0; i < 6; i++) cr_expect_str_eq(verdict(all[i](arena, 3, 2), arena), "fine");
    arena_free(arena);
}

Test(verify, finds_what_is_broken) {
    Arena *arena = arena_new();
    Program *p = program_products(arena, 3, 2);
    p->step.statements.at[0] = p->step.statements.at[2]; /* the map before its products */
    cr_expect_not_null(strstr(verdict(p, arena), "before it is written"), "%s", verdict(p, arena));
    p = program_products(arena, 3, 2);
    p->step.placed.at[p->step.statements.at[0]->node->id].buffer = NULL;
    cr_expect_not_null(strstr(verdict(p, arena), "not placed"), "%s", verdict(p, arena));
    p = program_traces(arena, 3, 2);
    p->step.statements.at[0]->updates.at[0].index[1] = 0;
    cr_expect_not_null(strstr(verdict(p, arena), "fit its loop"), "%s", verdict(p, arena));
    p = program_sums(arena, 3, 2);
    p->step.statements.at[0]->updates.at[0].terms.at[0].factor[1].lag = 2;
    cr_expect_not_null(strstr(verdict(p, arena), "while it is overwritten"), "%s", verdict(p, arena));
    p = program_taped(arena, 3, 2);
    p->history = 1;
    cr_expect_not_null(strstr(verdict(p, arena), "lag 2 of 1"), "%s", verdict(p, arena));
    arena_free(arena);
}
