/* Each task is one row of the table at the end: a name, what it is, its usual sizes and the function that
 * writes one sequence. */
#include "train/tasks.h"
#include "base/diagnostic.h"
#include "base/text.h"
#include "train/file.h"
#include "base/random.h"
#include <math.h>
#include <string.h>

#define TURN 6.283185307179586
enum { SYMBOLS = 8, TASK_SEQUENCES = 1000 };

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
        s->values[t] = sin(TURN * frequency * t / s->steps);
    }
}

/* A point on the circle, shown at the first step, and the angle by which it turns at each: where is it? */
static void make_rotation(Sample *s) {
    const double begin = TURN * random_uniform(s->random),
                 speed = 0.1 * TURN * (random_uniform(s->random) - 0.5);
    *input(s, 0, 0) = cos(begin);
    *input(s, 0, 1) = sin(begin);
    for (int t = 0; t < s->steps; t++) {
        *input(s, t, 2) = 10 * speed;
        s->values[2 * t] = cos(begin + speed * t);
        s->values[2 * t + 1] = sin(begin + speed * t);
    }
}

/* Strings aⁿbⁿ one after the other, each after a border: the next symbol, where it is determined, which is
 * from the first b on (Gers & Schmidhuber, IEEE Transactions on Neural Networks 12, 2001). */
static void make_anbn(Sample *s) {
    enum { A, B, BORDER, MOST = 8 };
    int n = 0, place = 0; /* in the present string of 2 n + 1 symbols, the border first */
    for (int t = 0; t < s->steps; t++) {
        if (place == 2 * n + 1 || n == 0) n = 1 + random_below(s->random, MOST), place = 0;
        *input(s, t, place == 0 ? BORDER : place <= n ? A : B) = 1;
        if (place > n) s->labels[t] = place < 2 * n ? B : BORDER;
        place++;
    }
}

/* Two of the symbols X and Y among distractors, and a cue at the end: which, and in which order? (Hochreiter
 * & Schmidhuber, Neural Computation 9, 1997, experiment 6a) */
static void make_temporal_order(Sample *s) {
    const int third = s->steps / 3,
              place[2] = {random_below(s->random, third), third + random_below(s->random, third)};
    for (int t = 0; t < s->steps - 1; t++) *input(s, t, 2 + random_below(s->random, 4)) = 1;
    *input(s, s->steps - 1, 6) = 1;
    s->labels[0] = 0;
    for (int i = 0; i < 2; i++) {
        const int symbol = random_below(s->random, 2);
        for (int k = 2; k < 6; k++) *input(s, place[i], k) = 0;
        *input(s, place[i], symbol) = 1;
        s->labels[0] = 2 * s->labels[0] + symbol;
    }
}

/* An odd number of cues, left or right, at every other step; a delay; a cue to decide: of which were there
 * more? (evidence accumulation: Bellec et al., Nature Communications 11, 2020) */
static void make_cues(Sample *s) {
    const int cues = s->length - (s->length + 1) % 2;
    int right = 0;
    for (int i = 0; i < cues; i++) {
        const int side = random_below(s->random, 2);
        *input(s, 2 * i, side) = 1;
        right += side;
    }
    *input(s, s->steps - 1, 2) = 1;
    s->labels[0] = 2 * right > cues;
}

/* A bit that changes at random; now and then it is to be stored, and `delay` steps later to be recalled
 * (Bellec et al., NeurIPS 2018). */
static void make_store_recall(Sample *s) {
    int stored = -1, recall = -1;
    for (int t = 0; t < s->steps; t++) {
        const int bit = random_below(s->random, 2);
        *input(s, t, bit) = 1;
        if (t == recall) {
            *input(s, t, 3) = 1;
            s->labels[t] = stored;
            recall = -1;
        } else if (recall < 0 && t + s->delay < s->steps && random_below(s->random, 3) == 0) {
            *input(s, t, 2) = 1;
            stored = bit;
            recall = t + s->delay;
        }
    }
}

/* ---- series to go on with: each step's input is the last one's target ---- */

/* x' = 0.2 x(t - 17) / (1 + x(t - 17)¹⁰) - 0.1 x, by Euler's steps of 1 (Mackey & Glass, Science 197, 1977)
 */
static void make_mackey_glass(Sample *s) {
    enum { DELAY = 17, BEFORE = 300 };
    double past[DELAY + 1];
    for (int i = 0; i <= DELAY; i++) past[i] = 1.2 + 0.2 * (random_uniform(s->random) - 0.5);
    for (int t = -BEFORE; t <= s->steps; t++) {
        const double now = past[DELAY], delayed = past[0];
        if (t >= 0 && t < s->steps) *input(s, t, 0) = now;
        if (t > 0) s->values[t - 1] = now;
        for (int i = 0; i < DELAY; i++) past[i] = past[i + 1];
        past[DELAY] = now + 0.2 * delayed / (1 + pow(delayed, 10)) - 0.1 * now;
    }
}

static void lorenz_slope(const double *at, double *slope) {
    slope[0] = 10 * (at[1] - at[0]);
    slope[1] = at[0] * (28 - at[2]) - at[1];
    slope[2] = at[0] * at[1] - 8.0 / 3 * at[2];
}

/* One step of 0.02 by the classical Runge–Kutta method. */
static void lorenz_step(double *at) {
    static const double part[4] = {0, 0.5, 0.5, 1}, weight[4] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    double slope[3] = {0}, sum[3] = {0};
    for (int stage = 0; stage < 4; stage++) {
        double between[3];
        for (int i = 0; i < 3; i++) between[i] = at[i] + 0.02 * part[stage] * slope[i];
        lorenz_slope(between, slope);
        for (int i = 0; i < 3; i++) sum[i] += weight[stage] * slope[i];
    }
    for (int i = 0; i < 3; i++) at[i] += 0.02 * sum[i];
}

/* The Lorenz attractor (Journal of the Atmospheric Sciences 20, 1963), divided by 20. */
static void make_lorenz(Sample *s) {
    double at[3];
    for (int i = 0; i < 3; i++) at[i] = 1 + random_uniform(s->random);
    for (int t = -200; t <= s->steps; t++) {
        for (int i = 0; i < 3; i++) {
            if (t >= 0 && t < s->steps) *input(s, t, i) = at[i] / 20;
            if (t > 0) s->values[3 * (t - 1) + i] = at[i] / 20;
        }
        lorenz_step(at);
    }
}

/* x[t] = 1 - 1.4 x[t-1]² + 0.3 x[t-2] (Hénon, Communications in Mathematical Physics 50, 1976) */
static void make_henon(Sample *s) {
    double last = 0.2 * random_uniform(s->random), now = 0.2 * random_uniform(s->random);
    for (int t = -100; t <= s->steps; t++) {
        if (t >= 0 && t < s->steps) *input(s, t, 0) = now;
        if (t > 0) s->values[t - 1] = now;
        const double next = 1 - 1.4 * now * now + 0.3 * last;
        last = now;
        now = next;
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
    {"rotation", "where a point is that turns by a given angle a step, over --steps; two values at each step",
     50, 0, 3, 2, false, true, 2, 1, 0, 0, make_rotation},
    {"anbn", "the next symbol of strings aⁿbⁿ, n to 8, over --steps; a class where it is determined", 40, 0,
     3, 3, true, true, 3, 1, 0, 0, make_anbn},
    {"temporal_order", "which two symbols came among --steps, in which order; one of four classes at the end",
     30, 0, 7, 4, true, false, 9, 1, 0, 0, make_temporal_order},
    {"cues",
     "of --steps cues (an odd number), left or right, which were more, --delay steps later; a class at the "
     "end",
     7, 10, 3, 2, true, false, 1, 2, 1, 1, make_cues},
    {"store_recall", "a bit stored, --delay steps later; a class at each recall", 30, 5, 4, 2, true, true, 1,
     1, 1, 0, make_store_recall},
    {"mackey_glass", "the next value of the Mackey-Glass series; a value at each step", 100, 0, 1, 1, false,
     true, 1, 1, 0, 0, make_mackey_glass},
    {"lorenz", "the next point of the Lorenz attractor; three values at each step", 100, 0, 3, 3, false, true,
     1, 1, 0, 0, make_lorenz},
    {"henon", "the next value of the Hénon map; a value at each step", 100, 0, 1, 1, false, true, 1, 1, 0, 0,
     make_henon},
};
enum { TASKS = sizeof tasks / sizeof *tasks };

static const Task *find(const char *name) {
    for (int i = 0; i < TASKS; i++)
        if (strcmp(tasks[i].name, name) == 0) return &tasks[i];
    return NULL;
}

bool task_known(const char *name) { return find(name) != NULL; }

bool task_has_delay(const char *name) {
    const Task *task = find(name);
    return task && task->delays > 0;
}

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
    if (length > TASK_STEPS_LIMIT || options->delay > TASK_STEPS_LIMIT)
        return complain(eligo, "E0611", "more than %d steps are not for a generated task", TASK_STEPS_LIMIT);
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
    static char names[512]; /* the same text at every call */
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
    text_printf(&text, "%-15s %s\n", "digits",
                "the built-in data set: 1,797 handwritten digits, 8x8 pixels, by rows; a class");
    for (int i = 0; i < TASKS; i++) text_printf(&text, "%-15s %s\n", tasks[i].name, tasks[i].about);
    return text.at;
}
