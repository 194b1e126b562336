/* Each task is one row of the table at the end: a name, what it is, its usual sizes and the function that
 * writes one sequence. */
#include "train/tasks.h"
#include "base/diagnostic.h"
#include "base/text.h"
#include "train/file.h"
#include "base/random.h"
#include <math.h>
#include <string.h>

enum { SYMBOLS = 8, TASK_SEQUENCES = 1000, STEPS_LIMIT = 100000 };

typedef struct Sample { /* one sequence to write: zeroed inputs, labels at -1 */
    Random *random;
    int length, delay; /* what --steps and --delay say */
    int steps, inputs;
    double *x;
    int *labels;
    double *values;
} Sample;

static double *input(Sample *s, int t, int i) { return &s->x[t * s->inputs + i]; }

/* `length` symbols, then nothing for `delay` steps, then a cue: now repeat them. */
static void make_copy(Sample *s) {
    for (int t = 0; t < s->length; t++) {
        const int symbol = random_below(s->random, SYMBOLS);
        *input(s, t, symbol) = 1;
        s->labels[s->length + s->delay + t] = symbol;
    }
    for (int t = s->length; t < s->steps; t++)
        *input(s, t, t == s->length + s->delay ? SYMBOLS + 1 : SYMBOLS) = 1;
}

/* Numbers in [0, 1) beside a marker that is on twice, once in each half: the sum of the two marked numbers.
 */
static void make_adding(Sample *s) {
    const int half = s->steps / 2;
    const int first = random_below(s->random, half), second = half + random_below(s->random, s->steps - half);
    for (int t = 0; t < s->steps; t++) *input(s, t, 0) = random_uniform(s->random);
    *input(s, first, 1) = *input(s, second, 1) = 1;
    s->values[0] = *input(s, first, 0) + *input(s, second, 0);
}

/* Two bits as ±1, `delay` steps apart, a cue at the end: are they different? */
static void make_delayed_xor(Sample *s) {
    const int first = random_below(s->random, 2), second = random_below(s->random, 2);
    *input(s, 0, 0) = first ? 1 : -1;
    *input(s, s->delay, 0) = second ? 1 : -1;
    *input(s, s->steps - 1, 1) = 1;
    s->labels[0] = first ^ second;
}

/* A starting pulse and a frequency that stays on: a sine of that frequency from then on. */
static void make_sine(Sample *s) {
    const double frequency = 1 + 2 * random_uniform(s->random);
    *input(s, 0, 0) = 1;
    for (int t = 0; t < s->steps; t++) {
        *input(s, t, 1) = (frequency - 1) / 2;
        s->values[t] = sin(6.283185307179586 * frequency * t / s->steps);
    }
}

typedef struct Task {
    const char *name, *about;
    int length, delay; /* unless --steps, --delay say otherwise */
    int inputs, outputs;
    bool classes, each;
    int least;                 /* length */
    int repeats, delays, more; /* steps = repeats·length + delays·delay + more */
    void (*make)(Sample *);
} Task;

static const Task tasks[] = {
    {"copy",
     "repeat 8 different symbols (--steps of them) after --delay steps; a class at each step of the answer",
     5, 5, SYMBOLS + 2, SYMBOLS, true, true, 1, 2, 1, 0, make_copy},
    {"adding", "the sum of the two marked numbers among --steps; a value at the last step", 20, 0, 2, 1,
     false, false, 2, 1, 0, 0, make_adding},
    {"delayed_xor", "whether two bits, --delay steps apart, differ; a class after --steps more", 5, 5, 2, 2,
     true, false, 1, 1, 1, 1, make_delayed_xor},
    {"sine_pattern", "a sine of the given frequency over --steps; a value at each step", 50, 0, 2, 1, false,
     true, 2, 1, 0, 0, make_sine},
};
enum { TASKS = sizeof tasks / sizeof *tasks };

static const Task *find(const char *name) {
    for (int i = 0; i < TASKS; i++)
        if (strcmp(tasks[i].name, name) == 0) return &tasks[i];
    return NULL;
}

bool task_known(const char *name) { return find(name) != NULL; }

static Dataset *allocate(Arena *arena, const Task *task, int count, int steps) {
    Dataset *data = arena_new_of(arena, Dataset);
    *data = (Dataset){.name = task->name,
                      .count = count,
                      .steps = steps,
                      .inputs = task->inputs,
                      .classes = task->classes,
                      .each = task->each,
                      .outputs = task->outputs};
    const size_t targets = (size_t)count * (size_t)(task->each ? steps : 1);
    data->x = arena_alloc(arena, (size_t)count * (size_t)steps * (size_t)task->inputs * sizeof(double));
    data->labels = arena_alloc(arena, targets * sizeof(int));
    data->values = arena_alloc(arena, targets * (size_t)task->outputs * sizeof(double));
    for (size_t i = 0; i < targets; i++) data->labels[i] = -1;
    return data;
}

static bool fits(Eligo *eligo, const Task *task, const DataOptions *options, int length) {
    if (length < task->least)
        return complain(eligo, "E0611", "the task %s needs --steps of %d or more", task->name, task->least);
    if (options->delay > 0 && task->delays == 0)
        return complain(eligo, "E0611", "the task %s has no delay", task->name);
    if (length > STEPS_LIMIT || options->delay > STEPS_LIMIT)
        return complain(eligo, "E0611", "more than %d steps are not for a generated task", STEPS_LIMIT);
    return true;
}

Dataset *task_make(Eligo *eligo, Arena *arena, const DataOptions *options) {
    const Task *task = find(options->source);
    const int length = options->steps ? options->steps : task->length;
    const int delay = options->delay ? options->delay : task->delay;
    if (!fits(eligo, task, options, length)) return NULL;
    const int steps = task->repeats * length + task->delays * delay + task->more;
    Dataset *data = allocate(arena, task, options->sequences ? options->sequences : TASK_SEQUENCES, steps);
    Random random;
    random_seed(&random, options->seed ^ 0x7461736B73U);
    for (int i = 0; i < data->count; i++) {
        const size_t target = (size_t)i * (size_t)(task->each ? steps : 1);
        Sample sample = {&random,
                         length,
                         delay,
                         steps,
                         task->inputs,
                         &data->x[(size_t)i * (size_t)(steps * task->inputs)],
                         &data->labels[target],
                         &data->values[target * (size_t)task->outputs]};
        task->make(&sample);
    }
    return data;
}

const char *task_names(void) {
    static char names[128]; /* the same text at every call */
    names[0] = '\0';
    for (int i = 0; i < TASKS; i++) {
        if (i > 0) strcat(names, ", ");
        strcat(names, tasks[i].name);
    }
    return names;
}

const char *task_nearest(const char *name) {
    const char *candidates[TASKS + 1];
    for (int i = 0; i < TASKS; i++) candidates[i] = tasks[i].name;
    candidates[TASKS] = "digits";
    return closest_name(name, candidates, TASKS + 1);
}

char *task_list(void) {
    Text text = {0};
    text_printf(&text, "%-13s %s\n", "digits",
                "the built-in data set: 1,797 handwritten digits, 8x8 pixels, by rows; a class");
    for (int i = 0; i < TASKS; i++) text_printf(&text, "%-13s %s\n", tasks[i].name, tasks[i].about);
    return text.at;
}
