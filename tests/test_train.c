/* The parts of training that need no derivation: arrays, tables, data sets, tasks, optimisers, checkpoints.
 */
#include "support.h"
#include "train/checkpoint.h"
#include "train/csv.h"
#include "train/data.h"
#include "train/file.h"
#include "train/npy.h"
#include "train/tasks.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Eligo *eligo;
static Arena *arena;
static char *folder;

static void set_up(void) {
    eligo = eligo_new(NULL);
    arena = arena_new();
    folder = scratch_make("train");
}

static void tear_down(void) {
    eligo_free(eligo);
    arena_free(arena);
    scratch_remove(folder);
}

TestSuite(train, .init = set_up, .fini = tear_down);

static const char *in_folder(const char *name) { return path_join(arena, folder, name); }

static const char *put_file(const char *name, const void *bytes, size_t length) {
    const char *path = in_folder(name);
    FILE *file = fopen(path, "wb");
    cr_assert(file);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
    return path;
}

/* The handle holds exactly these words after `call` failed; then it is emptied. */
static void expect_message(const char *code, const char *words) {
    const char *text = eligo_messages(eligo, false);
    cr_expect(strstr(text, code), "no %s in: %s", code, text);
    cr_expect(strstr(text, words), "no `%s` in: %s", words, text);
    cr_expect_eq(eligo_errors(eligo), 1);
    eligo_messages_clear(eligo);
}

/* ---- .npy ---- */

static size_t make_npy(char *out, const char *header, const void *data, size_t length) {
    const size_t size = strlen(header);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (char)size;
    out[9] = 0;
    memcpy(out + 10, header, size);
    memcpy(out + 10 + size, data, length);
    return 10 + size + length;
}

Test(train, npy_round_trip) {
    static const struct {
        bool is_float;
        int axes;
        long shape[3];
    } cases[] = {{false, 0, {0}}, {false, 1, {3}}, {true, 2, {2, 3}}, {false, 3, {2, 1, 3}}, {true, 1, {0}}};
    const double values[] = {0.5, -1.25, 3, 1e10, -0.0, 7};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Text bytes = {0};
        npy_encode(&bytes, cases[i].is_float, cases[i].axes, cases[i].shape, values);
        Npy npy;
        cr_assert(npy_read(eligo, arena, put_file("a.npy", bytes.at, bytes.length), &npy));
        cr_expect_not(npy.integer);
        cr_expect_eq(npy.axes, cases[i].axes);
        size_t count = 1;
        for (int a = 0; a < npy.axes; a++) {
            cr_expect_eq(npy.shape[a], cases[i].shape[a]);
            count *= (size_t)npy.shape[a];
        }
        cr_assert_eq(npy.count, count);
        cr_expect_eq(memcmp(npy.values, values, count * sizeof *values), 0);
        cr_expect_eq((bytes.length - count * (cases[i].is_float ? 4 : 8)) % 64, 0, "data are aligned");
        text_free(&bytes);
    }
}

Test(train, npy_reads_integers) {
    const struct {
        const char *type;
        char bytes[16];
        size_t length;
    } cases[] = {{"<i8", {5, 0, 0, 0, 0, 0, 0, 0, -2, -1, -1, -1, -1, -1, -1, -1}, 16},
                 {"<i4", {5, 0, 0, 0, -2, -1, -1, -1}, 8},
                 {"|u1", {5, (char)254}, 2}};
    for (size_t i = 0; i < 3; i++) {
        char header[100], file[200];
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n",
                 cases[i].type);
        const size_t size = make_npy(file, header, cases[i].bytes, cases[i].length);
        Npy npy;
        cr_assert(npy_read(eligo, arena, put_file("i.npy", file, size), &npy));
        cr_expect(npy.integer);
        cr_expect_eq(npy.values[0], 5);
        cr_expect_eq(npy.values[1], i == 2 ? 254 : -2);
    }
}

Test(train, npy_version_2) {
    Text file = {0};
    const char header[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n";
    text_add_bytes(&file, "\x93NUMPY\x02\x00", 8);
    text_add_bytes(&file, (const char[]){sizeof header - 1, 0, 0, 0}, 4);
    text_add(&file, header);
    text_add_bytes(&file, (const char *)&(double){2.5}, 8);
    Npy npy;
    cr_assert(npy_read(eligo, arena, put_file("2.npy", file.at, file.length), &npy));
    cr_expect_eq(npy.values[0], 2.5);
    text_free(&file);
}

Test(train, npy_errors) {
    static const struct {
        const char *header, *code, *words;
        size_t bytes;
    } cases[] = {
        {"{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", "E0603", "'>f8'", 8},
        {"{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }", "E0603", "'<c16'", 16},
        {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", "E0603", "[('a'", 8},
        {"{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", "E0603", "Fortran", 8},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "E0605", "too short", 16},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }", "E0602", "damaged", 16},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1), }", "E0604", "axes", 16},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,9999999999), }", "E0602",
         "more values", 16},
        {"{'descr': '<f8', 'shape': (1,), }", "E0602", "header", 8},
    };
    const char zeros[16] = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char file[256];
        const size_t size = make_npy(file, cases[i].header, zeros, cases[i].bytes);
        Npy npy;
        cr_expect_not(npy_read(eligo, arena, put_file("bad.npy", file, size), &npy), "%s", cases[i].header);
        expect_message(cases[i].code, cases[i].words);
    }
    Npy npy;
    cr_expect_not(npy_read(eligo, arena, put_file("no.npy", "hello, world", 12), &npy));
    expect_message("E0602", "no .npy file");
    cr_expect_not(npy_read(eligo, arena, put_file("cut.npy", "\x93NUMPY\x01\x00\x70\x00{'descr'", 18), &npy));
    expect_message("E0605", "within its header");
    cr_expect_not(npy_read(eligo, arena, in_folder("absent.npy"), &npy));
    expect_message("E0601", "absent.npy");
    cr_expect_not(npy_read(eligo, arena, folder, &npy));
    expect_message("E0601", "folder");
}

Test(train, npy_names_the_place_of_a_nan) {
    Npy npy = {
        .path = "x.npy", .axes = 2, .shape = {2, 3}, .count = 6, .values = (double[]){1, 2, 3, 4, 5, NAN}};
    cr_expect_not(npy_all_finite(eligo, &npy));
    expect_message("E0606", "NaN at [1, 2]");
    npy.values[5] = 6;
    cr_expect(npy_all_finite(eligo, &npy));
    npy.values[1] = -INFINITY;
    cr_expect_not(npy_all_finite(eligo, &npy));
    expect_message("E0606", "[0, 1]");
}

/* ---- tables ---- */

Test(train, csv_reads) {
    Table table;
    cr_assert(csv_parse(eligo, arena, "t", "a,b\r\n1, 2.5\r\n\n-3e-1 ,4", true, &table));
    cr_expect_eq(table.rows, 2);
    cr_expect_eq(table.columns, 2);
    const double expected[] = {1, 2.5, -0.3, 4};
    cr_expect_eq(memcmp(table.values, expected, sizeof expected), 0);
    cr_expect_eq(table.lines[1], 4);
}

Test(train, csv_errors) {
    static const struct {
        const char *text, *code, *words;
    } cases[] = {
        {"1,2\n3,4,5\n", "E0607", "row 2 has 3 columns"},
        {"1,2\n\n3\n", "E0607", "row 3 has 1 columns"},
        {"1,2\n3,x\n", "E0608", "row 2, column 2 is not a number: `x`"},
        {"1,2\n3, \n", "E0608", "row 2, column 2 is empty"},
        {"1,,2\n", "E0608", "row 1, column 2 is empty"},
        {"1,nan\n", "E0606", "row 1, column 2 is nan"},
        {"-Inf,2\n", "E0606", "row 1, column 1 is -Inf"},
        {"1,0x10\n", "E0608", "`0x10`"},
        {"1;2\n", "E0608", "`1;2`"},
        {"", "E0610", "no rows"},
        {"\n \n", "E0610", "no rows"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Table table;
        cr_expect_not(csv_parse(eligo, arena, "table.csv", cases[i].text, false, &table), "%s",
                      cases[i].text);
        expect_message(cases[i].code, cases[i].words);
    }
}

Test(train, damaged_gzip) {
    Text whole = {0};
    cr_assert(file_read(eligo, "library/data/digits.csv.gz", &whole));
    text_free(&whole);
    FILE *file = fopen("library/data/digits.csv.gz", "rb");
    static char bytes[100000];
    const size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    Table table;
    cr_expect_not(csv_read(eligo, arena, put_file("cut.csv.gz", bytes, length / 2), false, &table));
    expect_message("E0602", "damaged or cut off");
    bytes[length / 2] ^= 0x55;
    cr_expect_not(csv_read(eligo, arena, put_file("bad.csv.gz", bytes, length), false, &table));
    eligo_messages_clear(eligo);
}

/* ---- data sets ---- */

Test(train, digits) {
    const DataOptions options = {.source = "digits"};
    const Dataset *data = data_load(eligo, arena, &options);
    cr_assert(data);
    cr_expect_eq(data->count, 1797);
    cr_expect_eq(data->steps, 8);
    cr_expect_eq(data->inputs, 8);
    cr_expect(data->classes);
    cr_expect_eq(data->outputs, 10);
    cr_expect_eq(data->labels[0], 0);
    cr_expect_eq(data->labels[1796], 8);
    cr_expect_eq(data->x[8 + 3], 15, "row 2, column 4 of the first image");
    const DataOptions file = {.source = "library/data/digits.csv.gz", .steps = 8};
    const Dataset *same = data_load(eligo, arena, &file);
    cr_assert(same);
    cr_expect_eq(data_hash(same), data_hash(data));
}

Test(train, data_errors) {
    put_file("label.csv", "1,2,0\n3,4,1.5\n", 14);
    put_file("negative.csv", "1,2,-1\n", 7);
    put_file("one.csv", "1\n2\n", 4);
    put_file("odd.csv", "1,2,3,0\n", 8);
    put_file("data.txt", "1,2\n", 4);
    static const struct {
        const char *file;
        int steps;
        const char *code, *words;
    } cases[] = {
        {"label.csv", 0, "E0609", "row 2: the label 1.5 is not a whole number"},
        {"negative.csv", 0, "E0609", "row 1: the label -1"},
        {"one.csv", 0, "E0607", "one column"},
        {"odd.csv", 2, "E0611", "3 input columns can't be cut into 2 steps"},
        {"data.txt", 0, "E0612", ".csv, .csv.gz and .npy"},
        {"absent.csv", 0, "E0601", "absent.csv"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const DataOptions options = {.source = in_folder(cases[i].file), .steps = cases[i].steps};
        cr_expect_null(data_load(eligo, arena, &options), "%s", cases[i].file);
        expect_message(cases[i].code, cases[i].words);
    }
    const DataOptions misspelt = {.source = "addinf"};
    cr_expect_null(data_load(eligo, arena, &misspelt));
    expect_message("E0612", "did you mean `adding`?");
    const DataOptions both = {.source = "digits", .targets = "y.npy"};
    cr_expect_null(data_load(eligo, arena, &both));
    expect_message("E0611", "--targets");
}

static const char *put_npy(const char *name, int axes, const long *shape, const double *values) {
    Text bytes = {0};
    npy_encode(&bytes, false, axes, shape, values);
    const char *path = put_file(name, bytes.at, bytes.length);
    text_free(&bytes);
    return path;
}

Test(train, data_from_arrays) {
    const double numbers[24] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const char *x = put_npy("x.npy", 3, (long[]){2, 3, 2}, numbers);
    const char *each = put_npy("each.npy", 3, (long[]){2, 3, 4}, numbers);
    const char *last = put_npy("last.npy", 1, (long[]){2}, numbers);
    const Dataset *data = data_load(eligo, arena, &(DataOptions){.source = x, .targets = each});
    cr_assert(data);
    cr_expect(data->each && !data->classes && data->outputs == 4 && data->steps == 3 && data->inputs == 2);
    data = data_load(eligo, arena, &(DataOptions){.source = x, .targets = last});
    cr_assert(data);
    cr_expect(!data->each && data->outputs == 1);
    cr_expect_eq(data->values[1], 1);
    const char *wrong = put_npy("wrong.npy", 1, (long[]){3}, numbers);
    cr_expect_null(data_load(eligo, arena, &(DataOptions){.source = x, .targets = wrong}));
    expect_message("E0604", "[3]");
    cr_expect_null(data_load(eligo, arena, &(DataOptions){.source = x}));
    expect_message("E0611", "--targets");
    const char *flat = put_npy("flat.npy", 2, (long[]){3, 4}, numbers);
    data = data_load(eligo, arena, &(DataOptions){.source = flat});
    cr_assert(data);
    cr_expect(data->classes && data->steps == 3 && data->inputs == 1 && data->outputs == 12 &&
              data->labels[1] == 7);
}

Test(train, min_max_scaling_is_the_training_parts) {
    const Dataset data = {
        .count = 3, .steps = 2, .inputs = 2, .x = (double[]){0, 5, 10, 5, 5, 5, 2, 5, 20, 5, -10, 5}};
    double out[12];
    data_scale(&data, SCALE_MINMAX, 0, (int[]){0, 1}, 2, out);
    const double expected[12] = {0, 0, 1, 0, 0.5, 0, 0.2, 0, 2, 0, -1, 0};
    for (int i = 0; i < 12; i++) cr_expect_eq(out[i], expected[i], "entry %d: %g", i, out[i]);
    data_scale(&data, SCALE_DIVIDE, 4, NULL, 0, out);
    cr_expect_eq(out[8], 5);
}

/* ---- tasks: each is checked against its own definition ---- */

static const Dataset *task(const char *name, int steps, int delay, uint64_t seed) {
    const DataOptions options = {
        .source = name, .steps = steps, .delay = delay, .sequences = 50, .seed = seed};
    const Dataset *data = data_load(eligo, arena, &options);
    cr_assert(data, "%s", eligo_messages(eligo, false));
    return data;
}

static double at(const Dataset *data, int i, int t, int k) {
    return data->x[(i * data->steps + t) * data->inputs + k];
}

Test(train, tasks_follow_from_the_seed) {
    static const char *const names[] = {"copy", "adding", "delayed_xor", "sine_pattern"};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(data_hash(task(names[i], 0, 0, 7)), data_hash(task(names[i], 0, 0, 7)), "%s", names[i]);
        cr_expect_neq(data_hash(task(names[i], 0, 0, 7)), data_hash(task(names[i], 0, 0, 8)), "%s", names[i]);
    }
}

Test(train, copy_task) {
    const Dataset *data = task("copy", 3, 4, 1);
    cr_expect_eq(data->steps, 10);
    for (int i = 0; i < data->count; i++)
        for (int t = 0; t < data->steps; t++) {
            const int label = data->labels[i * data->steps + t];
            cr_expect_eq(label >= 0, t >= 7);
            if (t >= 7) cr_expect_eq(at(data, i, t - 7, label), 1);
            cr_expect_eq(at(data, i, t, 9), t == 7);
        }
}

Test(train, adding_task) {
    const Dataset *data = task("adding", 9, 0, 1);
    for (int i = 0; i < data->count; i++) {
        double sum = 0, marks[2] = {0, 0};
        for (int t = 0; t < 9; t++) {
            sum += at(data, i, t, 0) * at(data, i, t, 1);
            marks[t >= 4] += at(data, i, t, 1);
        }
        cr_expect_float_eq(sum, data->values[i], 1e-15);
        cr_expect(marks[0] == 1 && marks[1] == 1);
    }
}

Test(train, delayed_xor_task) {
    const Dataset *data = task("delayed_xor", 2, 3, 1);
    int ones = 0;
    for (int i = 0; i < data->count; i++) {
        cr_expect_eq(data->labels[i], at(data, i, 0, 0) != at(data, i, 3, 0));
        ones += data->labels[i];
    }
    cr_expect(ones > 10 && ones < 40);
    cr_expect_null(data_load(eligo, arena, &(DataOptions){.source = "adding", .delay = 3}));
    expect_message("E0611", "no delay");
}

Test(train, sine_task) {
    const Dataset *data = task("sine_pattern", 40, 0, 1);
    for (int i = 0; i < data->count; i++)
        for (int t = 0; t < 40; t++) {
            const double frequency = 1 + 2 * at(data, i, t, 1);
            cr_expect_float_eq(data->values[i * 40 + t], sin(2 * 3.141592653589793 * frequency * t / 40),
                               1e-12);
        }
}

/* ---- random numbers ---- */

Test(train, random_numbers) {
    Random random = {{1, 2, 3, 4}};
    static const uint64_t published[] = {11520U, 0U, 1509978240U, 1215971899390074240U};
    for (int i = 0; i < 4; i++) cr_expect_eq(random_next(&random), published[i]);
    int counts[5] = {0}, items[6] = {0, 1, 2, 3, 4, 5}, seen = 0;
    for (int i = 0; i < 5000; i++) counts[random_below(&random, 5)]++;
    for (int i = 0; i < 5; i++) cr_expect(counts[i] > 850 && counts[i] < 1150);
    random_shuffle(&random, items, 6);
    for (int i = 0; i < 6; i++) seen |= 1 << items[i];
    cr_expect_eq(seen, 63);
    double mean = 0, square = 0;
    for (int i = 0; i < 20000; i++) {
        const double draw = random_normal(&random);
        mean += draw / 20000;
        square += draw * draw / 20000;
    }
    cr_expect_float_eq(mean, 0, 0.03);
    cr_expect_float_eq(square, 1, 0.05);
}

/* ---- optimisers, against the textbook's equations step by step ---- */

static void check_optimiser(OptimiserOptions options, bool is_float) {
    enum { N = 11 };
    Optimiser optimiser;
    cr_assert(optimiser_init(&optimiser, &options, N, is_float));
    double p[N], m[N] = {0}, v[N] = {0}, pd[N], gd[N];
    float pf[N], gf[N];
    for (int i = 0; i < N; i++) p[i] = pd[i] = pf[i] = (float)(0.1 * i - 0.5);
    for (int step = 1; step <= 5; step++) {
        double norm = 0;
        for (int i = 0; i < N; i++) {
            gd[i] = gf[i] = (float)sin(i + step);
            norm += 0.25 * gd[i] * gd[i];
        }
        norm = sqrt(norm);
        const double scale = 0.5 * (options.clip > 0 && norm > options.clip ? options.clip / norm : 1);
        for (int i = 0; i < N; i++) {
            const double g = scale * gd[i];
            const double shrink = options.weight_decay * p[i];
            if (options.kind == OPTIMISER_SGD) {
                v[i] = options.momentum * v[i] + g + shrink;
                p[i] -= options.rate * v[i];
                continue;
            }
            m[i] = options.beta1 * m[i] + (1 - options.beta1) * g;
            v[i] = options.beta2 * v[i] + (1 - options.beta2) * g * g;
            p[i] -= options.rate * shrink;
            p[i] -= options.rate * (m[i] / (1 - pow(options.beta1, step))) /
                    (sqrt(v[i] / (1 - pow(options.beta2, step))) + options.epsilon);
        }
        const double said =
            optimiser_update(&optimiser, is_float ? (void *)pf : pd, is_float ? (void *)gf : gd, 0.5);
        cr_expect_float_eq(said, norm, 1e-12);
        for (int i = 0; i < N; i++)
            cr_expect_float_eq(is_float ? (double)pf[i] : pd[i], p[i], is_float ? 2e-6 : 1e-14);
    }
    optimiser_free(&optimiser);
}

Test(train, optimisers) {
    const OptimiserOptions sgd = {.kind = OPTIMISER_SGD, .rate = 0.1, .momentum = 0.9};
    const OptimiserOptions adam = {
        .kind = OPTIMISER_ADAM, .rate = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    OptimiserOptions clipped = sgd, shrunk = sgd, decoupled = adam;
    clipped.clip = shrunk.clip = 0.3;
    shrunk.weight_decay = decoupled.weight_decay = 0.4;
    for (int is_float = 0; is_float < 2; is_float++) {
        check_optimiser(sgd, is_float);
        check_optimiser(adam, is_float);
        check_optimiser(clipped, is_float);
        check_optimiser(shrunk, is_float);
        check_optimiser(decoupled, is_float);
    }
}

Test(train, a_gradient_that_is_not_finite_changes_nothing) {
    const OptimiserOptions adam = {
        .kind = OPTIMISER_ADAM, .rate = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8};
    Optimiser optimiser;
    cr_assert(optimiser_init(&optimiser, &adam, 2, false));
    double p[2] = {1, 2};
    cr_expect(isnan(optimiser_update(&optimiser, p, (double[]){1, NAN}, 1)));
    cr_expect(isinf(optimiser_update(&optimiser, p, (double[]){1, INFINITY}, 1)));
    cr_expect(p[0] == 1 && p[1] == 2 && optimiser.updates == 0 && ((double *)optimiser.first)[0] == 0);
    optimiser_free(&optimiser);
}

/* ---- checkpoints and files ---- */

static Optimiser three_entries(bool is_float) {
    const OptimiserOptions options = {.kind = OPTIMISER_SGD, .rate = 0.1, .momentum = 0.9};
    Optimiser optimiser;
    cr_assert(optimiser_init(&optimiser, &options, 3, is_float));
    return optimiser;
}

Test(train, checkpoint_round_trip) {
    const char *path = in_folder("checkpoint"), *options = "rule r\nrate 0.1\n";
    for (int is_float = 0; is_float < 2; is_float++) {
        Optimiser before = three_entries(is_float), after = three_entries(is_float);
        double pd[3] = {0.1, -2, 3}, qd[3] = {0};
        float pf[3] = {0.1F, -2, 3}, qf[3] = {0};
        const float gf[3] = {1, 2, 3};
        const double gd[3] = {1, 2, 3};
        optimiser_update(&before, is_float ? (void *)pf : pd, is_float ? (const void *)gf : gd, 0.3);
        static Position written, read;
        memset(&read, 0, sizeof read);
        written.seeds_done = 1;
        written.epoch = 4;
        written.batch = 17;
        written.draw = 1234;
        char was[13] = "thirteen byte", is[13] = "";
        random_seed(&written.random, 9);
        written.running = (Metrics){1.5, 2.5, 3, 4, 5};
        written.results[0] = (SeedResult){{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}, 77, 12};
        cr_assert(checkpoint_write(eligo, path, options, &written, &before,
                                   &(Resumed){is_float ? (void *)pf : pd, was, sizeof was}));
        cr_assert(checkpoint_read(eligo, path, options, &read, &after,
                                  &(Resumed){is_float ? (void *)qf : qd, is, sizeof is}));
        cr_expect_eq(memcmp(&read, &written, sizeof read), 0);
        cr_expect_eq(memcmp(is, was, sizeof is), 0);
        cr_expect_eq(memcmp(qd, pd, sizeof pd) == 0, !is_float);
        cr_expect_eq(memcmp(qf, pf, sizeof pf) == 0, is_float);
        const size_t bytes = is_float ? sizeof pf : sizeof pd;
        cr_expect_eq(memcmp(after.first, before.first, bytes), 0);
        cr_expect_eq(after.updates, before.updates);
        optimiser_free(&before);
        optimiser_free(&after);
    }
}

/* Every byte of a checkpoint matters: a flipped one, or a file cut anywhere, is refused and changes nothing.
 */
Test(train, checkpoint_damage) {
    const char *path = in_folder("checkpoint"), *options = "rule r\nrate 0.1\n";
    Optimiser optimiser = three_entries(false);
    double p[3] = {1, 2, 3};
    static Position position;
    cr_assert(checkpoint_write(eligo, path, options, &position, &optimiser, &(Resumed){p, NULL, 0}));
    Text file = {0};
    cr_assert(file_read(eligo, path, &file));
    for (size_t i = 0; i < file.length; i++) {
        file.at[i] ^= 4;
        put_file("checkpoint", file.at, file.length);
        cr_expect_not(checkpoint_read(eligo, path, options, &position, &optimiser, &(Resumed){p, NULL, 0}),
                      "byte %zu", i);
        expect_message("E0621", "checkpoint");
        file.at[i] ^= 4;
        put_file("checkpoint", file.at, i);
        cr_expect_not(checkpoint_read(eligo, path, options, &position, &optimiser, &(Resumed){p, NULL, 0}),
                      "cut at %zu", i);
        expect_message("E0621", "checkpoint");
    }
    text_free(&file);
    optimiser_free(&optimiser);
}

Test(train, checkpoint_of_another_run) {
    const char *path = in_folder("checkpoint");
    Optimiser optimiser = three_entries(false);
    double p[3] = {1, 2, 3};
    static Position position;
    cr_assert(
        checkpoint_write(eligo, path, "rule r\nrate 0.1\n", &position, &optimiser, &(Resumed){p, NULL, 0}));
    cr_expect_not(
        checkpoint_read(eligo, path, "rule r\nrate 0.2\n", &position, &optimiser, &(Resumed){p, NULL, 0}));
    expect_message("E0622", "`rate 0.1` there, `rate 0.2` here");
    cr_expect_not(checkpoint_read(eligo, path, "rule r\n", &position, &optimiser, &(Resumed){p, NULL, 0}));
    expect_message("E0622", "`rate 0.1` there");
    char state[8];
    cr_expect_not(
        checkpoint_read(eligo, path, "rule r\nrate 0.1\n", &position, &optimiser, &(Resumed){p, state, 8}));
    expect_message("E0621", "doesn't fit");
    optimiser_free(&optimiser);
    cr_assert(optimiser_init(&optimiser, &optimiser.options, 2, false));
    cr_expect_not(
        checkpoint_read(eligo, path, "rule r\nrate 0.1\n", &position, &optimiser, &(Resumed){p, NULL, 0}));
    expect_message("E0621", "doesn't fit");
    optimiser_free(&optimiser);
}

Test(train, outputs_appear_together_or_not_at_all) {
    const char *deep = in_folder("a/b/c");
    cr_assert(file_make_folder(eligo, deep));
    const char *one = path_join(arena, deep, "one"), *two = in_folder("absent/two");
    Outputs *outputs = outputs_new(eligo);
    cr_expect(outputs_add(outputs, one, "1", 1));
    cr_expect_not(outputs_add(outputs, two, "2", 1));
    expect_message("E0750", "absent/two");
    outputs_free(outputs);
    cr_expect_not(file_exists(one));
    cr_expect_eq(rmdir(deep), 0, "no temporary file is left");
    put_file("file", "x", 1);
    cr_expect_not(file_make_folder(eligo, in_folder("file/below")));
    expect_message("E0751", "in the way");
}
