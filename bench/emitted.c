/* The emitted C alone, as its reader would build it: NAME.h and NAME.c by `eligo emit`, compiled with
 * `gcc -O3 -march=native` and nothing else, beside the same learner as it runs in this process by cc. gcc's
 * own choices (it may fuse a multiplication with its addition) change bits: the gradients are held to be
 * close. */
#define _DEFAULT_SOURCE
#include "running.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 31, STEPS = 100, FOLDER = 64 };

typedef struct Alone {
    void *object, *state, *tape;
    float *x; /* steps x inputs */
    void (*start)(void *state, void *tape);
    void (*steps)(void *state, void *tape, const float *x, int steps);
} Alone;

/* ---- building it ---- */

/* What a program that embeds the learner does: inputs, a step, after the last one the way back. */
static const char driver[] = "#include \"%1$s.h\"\n"
                             "#include <string.h>\n"
                             "#define INPUTS (sizeof((struct %1$s *)0)->x / sizeof(float))\n"
                             "void alone_start(void *state, void *tape) { struct %1$s *s = state; "
                             "(void)tape; %2$s %1$s_start(s%3$s); }\n"
                             "void alone_steps(void *state, void *tape, const float *x, int steps) {\n"
                             "    struct %1$s *s = state;\n"
                             "    (void)tape;\n"
                             "    for (int t = 0; t < steps; t++) {\n"
                             "        memcpy(s->x, x + (size_t)t * INPUTS, sizeof s->x);\n"
                             "        memset(s->target, 0, sizeof s->target);\n"
                             "        s->target[t %% %5$d] = 1;\n"
                             "        %1$s_step(s%3$s);\n"
                             "    }\n"
                             "    %4$s\n"
                             "}\n";

static bool write_text(const char *folder, const char *name, const char *end, const char *text) {
    char path[FOLDER + 160];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, end);
    FILE *file = fopen(path, "w");
    return file && fputs(text, file) >= 0 && fclose(file) == 0;
}

static bool write_sources(Running made, const Cell *cell, const char *folder) {
    const char *name = eligo_derivation_name(made.derivation);
    const bool tape = eligo_record_bytes(made.derivation, ELIGO_FLOAT) > 0;
    char *header, *body, back[160] = "", *text = malloc(4096);
    if (!text || !eligo_emit(made.eligo, made.derivation, ELIGO_FLOAT, &header, &body, NULL)) abort();
    if (tape) snprintf(back, sizeof back, "%s_backward(s, tape);", name);
    snprintf(text, 4096, driver, name, cell->how == LEARN_ONLINE ? "s->rate = 1e-4f;" : "",
             tape ? ", tape" : "", back, CLASSES);
    const bool good = write_text(folder, name, ".h", header) && write_text(folder, name, ".c", body) &&
                      write_text(folder, "driver", ".c", text);
    free(header), free(body), free(text);
    return good;
}

static void *built(Running made, const char *folder) {
    char command[FOLDER * 4 + 200], object[FOLDER + 16];
    snprintf(command, sizeof command,
             "cd %s && gcc -O3 -march=native -shared -fPIC -o alone.so %s.c driver.c -lm", folder,
             eligo_derivation_name(made.derivation));
    snprintf(object, sizeof object, "%s/alone.so", folder);
    return system(command) == 0 ? dlopen(object, RTLD_NOW | RTLD_LOCAL) : NULL;
}

static void *zeroed(size_t bytes) {
    void *made = calloc(1, bytes + 1);
    if (!made) abort();
    return made;
}

/* dlsym gives an object pointer where a function's is wanted. */
static void bind(void *object, const char *name, void *function) {
    void *found = dlsym(object, name);
    if (!found) abort();
    memcpy(function, &found, sizeof found);
}

static bool alone_new(Running made, const Cell *cell, Sequence sequence, Alone *alone) {
    char folder[FOLDER], clean[FOLDER + 16];
    const char *root = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%.40s/eligo-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(folder)) return false;
    void *object = write_sources(made, cell, folder) ? built(made, folder) : NULL;
    snprintf(clean, sizeof clean, "rm -r %s", folder);
    if (system(clean) != 0 || !object) return false;
    const size_t record = eligo_record_bytes(made.derivation, ELIGO_FLOAT);
    *alone = (Alone){.object = object,
                     .state = zeroed(eligo_struct_bytes(made.derivation, ELIGO_FLOAT)),
                     .tape = zeroed(record * (STEPS + 8)),
                     .x = zeroed((size_t)(sequence.steps * sequence.inputs) * sizeof(float))};
    for (long i = 0; i < sequence.steps * sequence.inputs; i++) alone->x[i] = (float)sequence.x[i];
    bind(object, "alone_start", &alone->start);
    bind(object, "alone_steps", &alone->steps);
    return true;
}

static void alone_free(Alone alone) {
    free(alone.state), free(alone.tape), free(alone.x);
    dlclose(alone.object);
}

/* ---- beside the learner in the process ---- */

/* Parameters come first in the struct, then, where nothing learns online, their gradients. */
static void set_up(Running made, const Cell *cell, Alone alone) {
    const size_t bytes = eligo_learner_entries(made.learner) * sizeof(float);
    memcpy(alone.state, eligo_learner_params(made.learner), bytes);
    if (cell->how != LEARN_ONLINE) memset((char *)alone.state + bytes, 0, bytes);
}

static double alone_time(Alone alone, Sequence sequence) {
    alone.start(alone.state, alone.tape);
    const double start = bench_now();
    alone.steps(alone.state, alone.tape, alone.x, sequence.steps);
    return (bench_now() - start) / sequence.steps * 1e6;
}

/* The distance of gradients, by their norm; online of the ways that parameters went. */
static double distance(Running made, const Cell *cell, Alone alone, const float *before) {
    const size_t entries = eligo_learner_entries(made.learner);
    const bool online = cell->how == LEARN_ONLINE;
    const float *ours = online ? eligo_learner_params(made.learner) : eligo_learner_gradients(made.learner),
                *theirs = (const float *)alone.state + (online ? 0 : entries);
    double apart = 0, norm = 0;
    for (size_t i = 0; i < entries; i++) {
        const double d = (double)ours[i] - (double)theirs[i],
                     way = (double)ours[i] - (online ? (double)before[i] : 0);
        apart += d * d, norm += way * way;
    }
    return sqrt(apart / norm);
}

/* One sequence of both, from the same parameters. */
static void check(const char *what, Running made, const Cell *cell, Alone alone, Sequence sequence) {
    const size_t bytes = eligo_learner_entries(made.learner) * sizeof(float);
    float *before = zeroed(bytes);
    set_up(made, cell, alone);
    memcpy(before, alone.state, bytes);
    sequence_time(made, sequence), alone_time(alone, sequence);
    const double apart = distance(made, cell, alone, before);
    free(before);
    if (apart < 1e-3) return;
    fprintf(stderr, "%s: the emitted C computes something else: %g\n", what, apart);
    abort();
}

static void compare(const char *what, const Cell *cell) {
    Running made = running_cell(cell);
    const Sequence sequence = sequence_new(STEPS, cell->m, 0);
    double ours[ROUNDS], theirs[ROUNDS];
    Alone alone;
    if (alone_new(made, cell, sequence, &alone)) {
        check(what, made, cell, alone, sequence);
        for (int i = 0; i < ROUNDS; i++) {
            ours[i] = sequence_time(made, sequence);
            set_up(made, cell, alone);
            theirs[i] = alone_time(alone, sequence);
        }
        bench_row((BenchRow){.what = what,
                             .unit = "us",
                             .value = bench_figure(theirs, ROUNDS),
                             .peer = "in the process",
                             .peer_value = bench_figure(ours, ROUNDS),
                             .peer_bound = 1.15});
        alone_free(alone);
    } else
        bench_missing(what, "no gcc that builds it");
    sequence_free(sequence);
    running_free(made);
}

void bench_emitted(void) {
    static const struct {
        const char *what, *cell, *rule;
        Learning how;
        int block;
    } learners[] = {
        {"LSTM n=%ld e-prop online", "lstm", "eprop", LEARN_ONLINE, 0},
        {"LSTM n=%ld e-prop, gradient only", "lstm", "eprop", LEARN_FORWARD, 0},
        {"LSTM n=%ld BPTT", "lstm", "bptt", LEARN_BACKWARD, 0},
        {"LSTM n=%ld e-prop mixed(32)", "lstm", "eprop", LEARN_MIXED, 32},
        {"LIF n=%ld e-prop", "lif", "eprop", LEARN_FORWARD, 0},
    };
    char what[96], all[128];
    bench_title("The emitted C alone: gcc -O3 -march=native, no library");
    for (size_t i = 0; i < sizeof learners / sizeof *learners; i++)
        for (long n = 64; n <= 256; n *= 2) {
            snprintf(what, sizeof what, learners[i].what, n);
            snprintf(all, sizeof all, "%s, emitted", what);
            compare(all, &(Cell){.name = learners[i].cell,
                                 .rule = learners[i].rule,
                                 .n = n,
                                 .m = n / 4,
                                 .how = learners[i].how,
                                 .block = learners[i].block});
        }
}
