/* Generated tasks: what defines each is found again in its data alone, and a seed makes the same data twice.
 */
#include "train/tasks.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

typedef struct Made {
    Eligo *eligo;
    Arena *arena;
    Dataset *data;
} Made;

static Made make(const char *task, int steps, int delay, uint64_t seed) {
    Made made = {eligo_new("library"), arena_new(), NULL};
    const DataOptions options = {
        .source = task, .steps = steps, .delay = delay, .sequences = 200, .seed = seed};
    made.data = task_make(made.eligo, made.arena, &options);
    cr_assert(made.data, "%s: %s", task, eligo_messages(made.eligo, false));
    return made;
}

static void made_free(Made made) {
    arena_free(made.arena);
    eligo_free(made.eligo);
}

static double input(const Dataset *d, int s, int t, int i) {
    return d->x[((size_t)s * (size_t)d->steps + (size_t)t) * (size_t)d->inputs + (size_t)i];
}
static double value(const Dataset *d, int s, int t, int i) {
    return d->values[((size_t)s * (size_t)d->steps + (size_t)t) * (size_t)d->outputs + (size_t)i];
}
static int label(const Dataset *d, int s, int t) { return d->labels[s * d->steps + t]; }

/* The one input of `from` … `to` - 1 that is on; -1: none, or several. */
static int one_of(const Dataset *d, int s, int t, int from, int to) {
    int found = -1, count = 0;
    for (int i = from; i < to; i++)
        if (input(d, s, t, i) == 1) found = i, count++;
    return count == 1 ? found : -1;
}

Test(tasks, a_seed_makes_the_same_data) {
    char names[512];
    strcpy(names, task_names());
    char *rest = NULL;
    int count = 0;
    for (char *name = strtok_r(names, ", ", &rest); name; name = strtok_r(NULL, ", ", &rest), count++) {
        Made a = make(name, 0, 0, 5), b = make(name, 0, 0, 5), c = make(name, 0, 0, 6);
        cr_expect_eq(data_hash(a.data), data_hash(b.data), "%s", name);
        cr_expect_neq(data_hash(a.data), data_hash(c.data), "%s", name);
        for (size_t i = 0; i < (size_t)(a.data->count * a.data->steps * a.data->inputs); i++)
            cr_assert(isfinite(a.data->x[i]), "%s", name);
        made_free(a), made_free(b), made_free(c);
    }
    cr_assert_eq(count, 12);
}

Test(tasks, rotation_turns_by_the_given_angle) {
    Made made = make("rotation", 30, 0, 1);
    for (int s = 0; s < 50; s++)
        for (int t = 1; t < 30; t++) {
            const double angle = input(made.data, s, t, 2) / 10;
            const double x = value(made.data, s, t - 1, 0), y = value(made.data, s, t - 1, 1);
            cr_assert_float_eq(value(made.data, s, t, 0), cos(angle) * x - sin(angle) * y, 1e-12);
            cr_assert_float_eq(value(made.data, s, t, 1), sin(angle) * x + cos(angle) * y, 1e-12);
            cr_assert_float_eq(value(made.data, s, 0, 0), input(made.data, s, 0, 0), 1e-15);
        }
    made_free(made);
}

Test(tasks, anbn_is_the_language_and_asks_for_what_is_determined) {
    Made made = make("anbn", 60, 0, 1);
    int asked = 0;
    for (int s = 0; s < 200; s++)
        for (int t = 0, a = 0, b = 0; t < 60; t++) {
            const int symbol = one_of(made.data, s, t, 0, 3);
            cr_assert(symbol >= 0 && (t > 0 || symbol == 2));
            cr_assert(symbol != 2 || (a == b && (t == 0 || a > 0)));
            cr_assert(symbol != 0 || b == 0);
            cr_assert(symbol != 1 || b < a);
            if (symbol == 2) a = b = 0;
            a += symbol == 0;
            b += symbol == 1;
            cr_assert_eq(label(made.data, s, t) >= 0, symbol == 1);
            if (symbol != 1) continue;
            asked++;
            cr_assert_eq(label(made.data, s, t), b < a ? 1 : 2);
            if (t + 1 < 60) cr_assert_eq(one_of(made.data, s, t + 1, 0, 3), label(made.data, s, t));
        }
    cr_assert(asked > 3000);
    made_free(made);
}

Test(tasks, temporal_order_is_told_by_two_symbols) {
    Made made = make("temporal_order", 18, 0, 1);
    int seen[4] = {0};
    for (int s = 0; s < 200; s++) {
        int class = 0, symbols = 0;
        for (int t = 0; t < 17; t++) {
            const int on = one_of(made.data, s, t, 0, 7);
            cr_assert(on >= 0 && on != 6);
            if (on < 2) class = 2 * class + on, symbols++;
        }
        cr_assert(symbols == 2 && one_of(made.data, s, 17, 0, 7) == 6);
        cr_assert_eq(made.data->labels[s], class);
        seen[class]++;
    }
    for (int c = 0; c < 4; c++) cr_assert(seen[c] > 20);
    made_free(made);
}

Test(tasks, cues_are_counted) {
    for (int cues = 6; cues <= 7; cues++) {
        Made made = make("cues", cues, 4, 1);
        cr_assert_eq(made.data->steps, 2 * cues + 4 + 1);
        for (int s = 0; s < 200; s++) {
            int left = 0, right = 0;
            for (int t = 0; t < made.data->steps - 1; t++)
                left += input(made.data, s, t, 0) == 1, right += input(made.data, s, t, 1) == 1;
            cr_assert((left + right) % 2 == 1 && left + right >= cues - 1);
            cr_assert_eq(made.data->labels[s], right > left);
            cr_assert_eq(input(made.data, s, made.data->steps - 1, 2), 1);
        }
        made_free(made);
    }
}

Test(tasks, what_is_recalled_was_stored) {
    Made made = make("store_recall", 40, 6, 1);
    int recalls = 0;
    for (int s = 0; s < 200; s++)
        for (int t = 0; t < made.data->steps; t++) {
            const bool recall = input(made.data, s, t, 3) == 1;
            cr_assert_eq(label(made.data, s, t) >= 0, recall);
            if (!recall) continue;
            recalls++;
            cr_assert_eq(input(made.data, s, t - 6, 2), 1);
            cr_assert_eq(label(made.data, s, t), one_of(made.data, s, t - 6, 0, 2));
        }
    cr_assert(recalls > 400);
    made_free(made);
}

/* Each step's input is what the step before had to say. */
static void expect_series(const Dataset *d) {
    for (int s = 0; s < 50; s++)
        for (int t = 1; t < d->steps; t++)
            for (int i = 0; i < d->inputs; i++) cr_assert_eq(input(d, s, t, i), value(d, s, t - 1, i));
}

Test(tasks, series_obey_their_equations) {
    Made made = make("mackey_glass", 80, 0, 1);
    const Dataset *d = made.data;
    expect_series(d);
    for (int s = 0; s < 50; s++)
        for (int t = 17; t < 80; t++) {
            const double old = input(d, s, t - 17, 0);
            cr_assert_float_eq(value(d, s, t, 0), 0.9 * input(d, s, t, 0) + 0.2 * old / (1 + pow(old, 10)),
                               1e-12);
        }
    made_free(made);
    made = make("henon", 80, 0, 1);
    d = made.data;
    expect_series(d);
    for (int s = 0; s < 50; s++)
        for (int t = 1; t < 80; t++)
            cr_assert_float_eq(value(d, s, t, 0),
                               1 - 1.4 * pow(input(d, s, t, 0), 2) + 0.3 * input(d, s, t - 1, 0), 1e-12);
    made_free(made);
    /* the slope of the middle point, by differences of the points beside it: 0.02 apart, so to a few per cent
     */
    made = make("lorenz", 80, 0, 1);
    d = made.data;
    expect_series(d);
    double worst = 0;
    for (int s = 0; s < 50; s++)
        for (int t = 1; t < 79; t++) {
            const double x = 20 * input(d, s, t, 0), y = 20 * input(d, s, t, 1), z = 20 * input(d, s, t, 2);
            const double slope[3] = {10 * (y - x), x * (28 - z) - y, x * y - 8.0 / 3 * z};
            for (int i = 0; i < 3; i++) {
                const double measured = 20 * (input(d, s, t + 1, i) - input(d, s, t - 1, i)) / 0.04;
                worst = fmax(worst, fabs(measured - slope[i]) / (20 + fabs(slope[i])));
            }
        }
    cr_assert(worst < 0.15, "%g", worst);
    made_free(made);
}
