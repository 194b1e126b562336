/* The engine of a learner: compiling its program, calling what was compiled, and changing from the first tier
 * to the second. */
#include "eligo_learner.h"

#include <string.h>
#include <time.h>

typedef void (*ForwardEntry)(void *memory);
typedef void (*TapeEntry)(void *memory, void *tape);

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- compiling ---- */

static Text text_for(const EligoLearner *learner, JitEngine engine) {
    const EmitOptions options = {.single = learner->real == ELIGO_FLOAT};
    Text text = {0};
    emit_in_process(learner->program, &options, engine == JIT_CC, &text);
    return text;
}

static void *entry(const EligoLearner *learner, const Jit *jit, const char *routine) {
    const char *name = emit_name(learner->program, learner->arena);
    return jit_symbol(jit, arena_printf(learner->arena, "%s_%s", name, routine));
}

static size_t struct_bytes(const EligoLearner *learner, const Jit *jit) {
    void *address = entry(learner, jit, "bytes");
    size_t (*function)(void);
    if (!address) return 0;
    memcpy(&function, &address, sizeof function);
    return function();
}

/* The learner works with this code from now on, and owns it; false after a report when it isn't the
 * program's. */
static bool take(EligoLearner *learner, Jit *jit, const char *engine, Diagnostics *diagnostics) {
    if (!jit) return false;
    const Code code = {jit,
                       entry(learner, jit, "start"),
                       entry(learner, jit, "step"),
                       entry(learner, jit, "refresh"),
                       entry(learner, jit, "backward"),
                       struct_bytes(learner, jit)};
    const Program *program = learner->program;
    if (!code.start || !code.step || (!code.refresh && program->refresh.statements.count) ||
        (!code.backward && program->has_tape) || code.bytes != learner->layout.struct_bytes) {
        diagnose(diagnostics, (Span){0}, "E0790",
                 "the compiled code isn't the program's: this is a bug in eligo");
        jit_free(jit);
        return false;
    }
    jit_free(learner->code.jit);
    learner->code = code;
    learner->engine = engine;
    return true;
}

static bool compile_tcc(EligoLearner *learner, Diagnostics *diagnostics) {
    Text text = text_for(learner, JIT_TCC);
    Jit *jit = jit_compile(text.at, JIT_TCC, learner->real == ELIGO_FLOAT, diagnostics);
    text_free(&text);
    return take(learner, jit, "tcc", diagnostics);
}

/* cc's code from an earlier run, if there is any. */
static bool take_cached(EligoLearner *learner, const char *text, Diagnostics *diagnostics) {
    return take(learner, jit_cached(text), "cc", diagnostics);
}

static void begin_cc(EligoLearner *learner, const char *text, Diagnostics *diagnostics) {
    learner->tiers.begun = now();
    learner->tiers.build = jit_build_begin(text, diagnostics);
}

/* Waits for cc, and works with its code. */
static bool end_cc(EligoLearner *learner, Diagnostics *diagnostics) {
    Tiers *tiers = &learner->tiers;
    if (!tiers->build) return false;
    Jit *jit = jit_build_end(tiers->build, diagnostics);
    tiers->build = NULL;
    tiers->seconds = now() - tiers->begun;
    return take(learner, jit, "cc", diagnostics);
}

/* ---- the second tier ---- */

/* A learner may be on another thread than its session: what goes wrong from here on is the learner's own. */
static void refuse(EligoLearner *learner, const Diagnostics *diagnostics) {
    const int count = diagnostics->list.count;
    learner->tiers.refused = count > 0 ? diagnostics->list.at[count - 1]->message : "";
}

/* Another learner may have compiled the same by now. */
static void begin_tier(EligoLearner *learner) {
    Diagnostics *own = diagnostics_new(learner->arena);
    Text text = learner->tiers.text;
    learner->tiers.text = (Text){0};
    if (!take_cached(learner, text.at, own)) {
        begin_cc(learner, text.at, own);
        if (!learner->tiers.build) refuse(learner, own);
    }
    text_free(&text);
}

static void end_tier(EligoLearner *learner) {
    Diagnostics *own = diagnostics_new(learner->arena);
    if (!end_cc(learner, own)) refuse(learner, own);
}

static void look_for_better(EligoLearner *learner) {
    const Tiers *tiers = &learner->tiers;
    if (tiers->build && jit_build_is_over(tiers->build))
        end_tier(learner);
    else if (tiers->text.at && now() - tiers->made >= TIERS_PATIENCE && jit_build_may_begin())
        begin_tier(learner);
}

void eligo_learner_settle(EligoLearner *learner) {
    if (learner->tiers.text.at) begin_tier(learner);
    if (learner->tiers.build) end_tier(learner);
}

/* ---- choosing ---- */

static bool interpret(Eligo *eligo, EligoLearner *learner) {
    if (learner->real == ELIGO_FLOAT) {
        diagnose(eligo->diagnostics, (Span){0}, "E0704", "the interpreter runs in double only");
        return false;
    }
    learner->interpreter = interpreter_new(learner->program);
    learner->engine = "interpret";
    return true;
}

static bool compile_cc(EligoLearner *learner, const char *text, Diagnostics *diagnostics) {
    if (take_cached(learner, text, diagnostics)) return true;
    begin_cc(learner, text, diagnostics);
    return end_cc(learner, diagnostics);
}

/* Takes the text. A tcc that can't work on this machine is no loss as long as cc can. */
static bool compile_both(EligoLearner *learner, Text *text, Diagnostics *diagnostics) {
    Diagnostics *own = diagnostics_new(learner->arena);
    if (take_cached(learner, text->at, own)) return true;
    if (!compile_tcc(learner, own)) return compile_cc(learner, text->at, diagnostics);
    learner->tiers.text = *text;
    learner->tiers.made = now();
    *text = (Text){0};
    return true;
}

bool learner_choose_engine(Eligo *eligo, EligoLearner *learner, EligoEngine engine) {
    if (engine == ELIGO_ENGINE_INTERPRET) return interpret(eligo, learner);
    if (engine == ELIGO_ENGINE_TCC) return compile_tcc(learner, eligo->diagnostics);
    if (engine == ELIGO_ENGINE_BEST && !jit_has_cc(NULL, 0)) {
        diagnose(eligo->diagnostics, (Span){0}, "N0702",
                 "no system compiler found: running code compiled by tcc, several times slower than gcc's");
        return compile_tcc(learner, eligo->diagnostics);
    }
    Text text = text_for(learner, JIT_CC);
    const bool done = engine == ELIGO_ENGINE_BEST ? compile_both(learner, &text, eligo->diagnostics)
                                                  : compile_cc(learner, text.at, eligo->diagnostics);
    text_free(&text);
    return done;
}

static void share_code(EligoLearner *twin, const EligoLearner *learner) {
    jit_free(twin->code.jit);
    twin->code = learner->code;
    twin->engine = learner->engine;
    jit_share(twin->code.jit);
}

void learner_share_engine(EligoLearner *twin, const EligoLearner *learner) {
    share_code(twin, learner);
    if (learner->interpreter) twin->interpreter = interpreter_new(learner->program);
}

void eligo_learner_follow(EligoLearner *twin, const EligoLearner *learner) {
    if (twin->code.jit != learner->code.jit) share_code(twin, learner);
}

void learner_free_engine(EligoLearner *learner) {
    interpreter_free(learner->interpreter);
    jit_build_abandon(learner->tiers.build);
    jit_free(learner->code.jit);
    text_free(&learner->tiers.text);
    text_free(&learner->tiers.words);
}

/* ---- calling ---- */

static void call(const EligoLearner *learner, void *address) {
    if (learner->program->has_tape) {
        TapeEntry function;
        memcpy(&function, &address, sizeof function);
        function(learner->memory, learner->tape);
    } else {
        ForwardEntry function;
        memcpy(&function, &address, sizeof function);
        function(learner->memory);
    }
}

void learner_run_start(EligoLearner *learner) {
    look_for_better(learner);
    if (learner->interpreter)
        interpreter_start(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->code.start);
}

void learner_run_step(EligoLearner *learner) {
    look_for_better(learner);
    if (learner->tiers.build || learner->tiers.text.at) learner->tiers.steps++;
    if (learner->interpreter)
        interpreter_step(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->code.step);
}

void learner_run_refresh(EligoLearner *learner) {
    if (learner->interpreter)
        interpreter_refresh(learner->interpreter, learner->memory);
    else
        call(learner, learner->code.refresh);
}

void learner_run_backward(EligoLearner *learner) {
    look_for_better(learner);
    if (learner->interpreter)
        interpreter_backward(learner->interpreter, learner->memory, learner->tape);
    else
        call(learner, learner->code.backward);
}

/* ---- saying which ---- */

const char *eligo_learner_engine(const EligoLearner *learner) { return learner->engine; }

bool eligo_learner_was_cached(const EligoLearner *learner) {
    return learner->code.jit && jit_was_cached(learner->code.jit);
}

const char *eligo_learner_refused(const EligoLearner *learner) { return learner->tiers.refused; }

const char *eligo_learner_tiers(EligoLearner *learner) {
    const Tiers *tiers = &learner->tiers;
    const bool is_cc = strcmp(learner->engine, "cc") == 0;
    Text words = {0};
    const bool first = tiers->steps > 0 && !tiers->refused;
    text_add(&words, first ? "tcc" : learner->engine);
    if (first) {
        text_add(&words, " for ");
        text_count(&words, tiers->steps);
        text_add(&words, tiers->steps == 1 ? " step" : " steps");
        if (is_cc) text_add(&words, ", then cc");
    }
    if (tiers->text.at) text_add(&words, " (cc had not begun)");
    if (tiers->build) text_add(&words, " (cc was still compiling)");
    if (tiers->refused) text_add(&words, " (cc failed)");
    if (is_cc && eligo_learner_was_cached(learner)) text_add(&words, " (compiled before)");
    if (is_cc && tiers->seconds > 0) text_printf(&words, " (compiled in %.2f s)", tiers->seconds);
    text_free(&learner->tiers.words);
    learner->tiers.words = words;
    return words.at;
}
