/* Sources become data sets: a table's rows are cut into steps, arrays are taken as they are. */
#include "train/data.h"
#include "base/text.h"
#include "train/csv.h"
#include "train/file.h"
#include "train/npy.h"
#include "train/tasks.h"
#include <limits.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

enum { CLASS_LIMIT = 65536, DIGITS_STEPS = 8 };

extern const unsigned char digits_data[]; /* library/data/digits.csv.gz, embedded by the build */
extern const unsigned long digits_data_length;

static bool is_label(double value) { return value >= 0 && value < CLASS_LIMIT && value == floor(value); }

static bool cut(Eligo *eligo, Dataset *data, int columns, int steps) {
    if (steps <= 0) steps = columns;
    if (columns <= 0 || columns % steps != 0)
        return complain(eligo, "E0611", "%s: %d input columns can't be cut into %d steps of equal length",
                        data->name, columns, steps);
    data->steps = steps;
    data->inputs = columns / steps;
    return true;
}

/* Labels of a table's last column, or of an array. */
static bool take_label(Eligo *eligo, Dataset *data, long i, double value, const char *what, long place) {
    if (!is_label(value)) {
        Text number = {0};
        text_number(&number, value);
        complain(eligo, "E0609", "%s: %s %ld: the label %s is not a whole number from 0 to %d", data->name,
                 what, place, number.at, CLASS_LIMIT - 1);
        text_free(&number);
        return false;
    }
    data->labels[i] = (int)value;
    if (data->labels[i] >= data->outputs) data->outputs = data->labels[i] + 1;
    return true;
}

static Dataset *from_table(Eligo *eligo, Arena *arena, const Table *table, const DataOptions *options) {
    Dataset *data = arena_new_of(arena, Dataset);
    *data = (Dataset){
        .name = table->name, .classes = !options->values, .outputs = options->values, .rows = table->lines};
    const int inputs = table->columns - 1;
    if (inputs < 1)
        return complain(eligo, "E0607", "%s has one column; inputs and a label are two at least",
                        table->name),
               NULL;
    if (table->rows > INT_MAX) return complain(eligo, "E0610", "%s has too many rows", table->name), NULL;
    data->count = (int)table->rows;
    if (!cut(eligo, data, inputs, options->steps)) return NULL;
    data->x = arena_alloc(arena, (size_t)data->count * (size_t)inputs * sizeof(double));
    data->labels = arena_alloc(arena, (size_t)data->count * sizeof(int));
    data->values = arena_alloc(arena, (size_t)data->count * sizeof(double));
    for (int i = 0; i < data->count; i++) {
        const double *row = &table->values[(size_t)i * (size_t)table->columns];
        memcpy(&data->x[(size_t)i * (size_t)inputs], row, (size_t)inputs * sizeof(double));
        data->values[i] = row[inputs];
        if (data->classes && !take_label(eligo, data, i, row[inputs], "row", table->lines[i])) return NULL;
    }
    return data;
}

/* ---- .npy ---- */

static bool whole_array(Eligo *eligo, Arena *arena, const char *path, Npy *npy) {
    if (!npy_read(eligo, arena, path, npy) || !npy_all_finite(eligo, npy)) return false;
    return npy->count > 0 || complain(eligo, "E0610", "`%s` holds no values", path);
}

static bool target_shape(Eligo *eligo, Arena *arena, const Dataset *data, const Npy *y, bool classes) {
    const int most = classes ? 2 : 3;
    const bool each = y->axes == most;
    const bool good = (each || y->axes == most - 1 || (!classes && y->axes == 1)) &&
                      y->shape[0] == data->count && (!each || y->shape[1] == data->steps);
    if (good) return true;
    return complain(eligo, "E0604", "`%s` has shape %s; %d sequences of %d steps want %s", y->path,
                    npy_shape_text(arena, y->axes, y->shape), data->count, data->steps,
                    classes ? "[sequences] or [sequences, steps] of labels"
                            : "[sequences, values] or [sequences, steps, values]");
}

static bool take_targets(Eligo *eligo, Arena *arena, Dataset *data, const Npy *y) {
    data->classes = y->integer;
    if (!target_shape(eligo, arena, data, y, data->classes)) return false;
    data->each = y->axes == (data->classes ? 2 : 3);
    if (!data->classes) {
        data->values = y->values;
        data->outputs = y->axes > 1 ? (int)y->shape[y->axes - 1] : 1;
        return true;
    }
    data->labels = arena_alloc(arena, y->count * sizeof(int));
    for (size_t i = 0; i < y->count; i++) {
        data->labels[i] = -1; /* what -1 says in a file with labels at each step */
        if (data->each && y->values[i] == -1) continue;
        const long place = (long)i / (data->each ? data->steps : 1);
        if (!take_label(eligo, data, (long)i, y->values[i], "sequence", place)) return false;
    }
    return true;
}

static Dataset *from_flat_array(Eligo *eligo, Arena *arena, const Npy *x, const DataOptions *options) {
    const Table table = {x->path, x->shape[0], (int)x->shape[1], x->values, NULL};
    int *rows = arena_alloc(arena, (size_t)x->shape[0] * sizeof(int));
    for (long i = 0; i < x->shape[0]; i++) rows[i] = (int)i;
    Table numbered = table;
    numbered.lines = rows;
    return from_table(eligo, arena, &numbered, options);
}

static Dataset *from_arrays(Eligo *eligo, Arena *arena, const DataOptions *options) {
    Npy x, y;
    if (!whole_array(eligo, arena, options->source, &x)) return NULL;
    if (x.axes != 2 && x.axes != 3)
        return complain(eligo, "E0604",
                        "`%s` has shape %s; data are [sequences, steps, inputs] or [sequences, columns]",
                        x.path, npy_shape_text(arena, x.axes, x.shape)),
               NULL;
    for (int a = 0; a < x.axes; a++)
        if (x.shape[a] > INT_MAX) return complain(eligo, "E0604", "`%s` is too long", x.path), NULL;
    if (!options->targets) {
        if (x.axes == 2) return from_flat_array(eligo, arena, &x, options);
        return complain(eligo, "E0611",
                        "`%s` has three axes: its targets are wanted too (--targets FILE.npy)", x.path),
               NULL;
    }
    Dataset *data = arena_new_of(arena, Dataset);
    *data = (Dataset){.name = x.path, .count = (int)x.shape[0], .steps = (int)x.shape[1], .x = x.values};
    if (x.axes == 3) data->inputs = (int)x.shape[2];
    if (x.axes == 3 && options->steps > 0 && options->steps != data->steps)
        return complain(eligo, "E0611", "`%s` has %d steps a sequence, not %d", x.path, data->steps,
                        options->steps),
               NULL;
    if (x.axes == 2 && !cut(eligo, data, (int)x.shape[1], options->steps)) return NULL;
    if (!whole_array(eligo, arena, options->targets, &y)) return NULL;
    return take_targets(eligo, arena, data, &y) ? data : NULL;
}

/* ---- the data set inside the program ---- */

static bool unpack(Text *text) {
    z_stream stream = {.avail_in = (uInt)digits_data_length};
    stream.next_in = (z_const Bytef *)digits_data;
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return false;
    char block[1 << 14];
    int state;
    do {
        stream.next_out = (Bytef *)block;
        stream.avail_out = sizeof block;
        state = inflate(&stream, Z_NO_FLUSH);
        text_add_bytes(text, block, sizeof block - stream.avail_out);
    } while (state == Z_OK);
    inflateEnd(&stream);
    return state == Z_STREAM_END;
}

static Dataset *from_digits(Eligo *eligo, Arena *arena, const DataOptions *options) {
    Text text = {0};
    Table table;
    DataOptions own = *options;
    if (own.steps == 0) own.steps = DIGITS_STEPS;
    Dataset *data = NULL;
    if (!unpack(&text))
        complain(eligo, "E0602", "the data set inside the program is damaged");
    else if (csv_parse(eligo, arena, "digits", text.at, false, &table))
        data = from_table(eligo, arena, &table, &own);
    text_free(&text);
    return data;
}

/* ---- any source ---- */

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static Dataset *from_text(Eligo *eligo, Arena *arena, const DataOptions *options) {
    Table table;
    if (!csv_read(eligo, arena, options->source, options->header, &table)) return NULL;
    return from_table(eligo, arena, &table, options);
}

Dataset *data_load(Eligo *eligo, Arena *arena, const DataOptions *options) {
    const char *source = options->source;
    if (options->targets && !ends_with(source, ".npy"))
        return complain(eligo, "E0611", "--targets goes with data in an .npy file, not with `%s`", source),
               NULL;
    if (strcmp(source, "digits") == 0) return from_digits(eligo, arena, options);
    if (task_known(source)) return task_make(eligo, arena, options);
    if (ends_with(source, ".npy")) return from_arrays(eligo, arena, options);
    if (ends_with(source, ".csv") || ends_with(source, ".csv.gz")) return from_text(eligo, arena, options);
    if (file_exists(source))
        return complain(eligo, "E0612", "`%s`: data are read from .csv, .csv.gz and .npy files", source),
               NULL;
    const char *near = task_nearest(source);
    return complain(eligo, "E0612", "no data `%s`: neither a file nor one of digits, %s%s%s%s", source,
                    task_names(), near ? "; did you mean `" : "", near ? near : "", near ? "`?" : ""),
           NULL;
}

/* ---- scaling ---- */

static void range_of(const Dataset *data, int input, const int *train, int train_count, double *low,
                     double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < train_count; i++)
        for (int t = 0; t < data->steps; t++) {
            const double value =
                data->x[((size_t)train[i] * (size_t)data->steps + (size_t)t) * (size_t)data->inputs +
                        (size_t)input];
            *low = fmin(*low, value);
            *high = fmax(*high, value);
        }
}

void data_scale(const Dataset *data, ScaleKind kind, double divisor, const int *train, int train_count,
                double *out) {
    const size_t rows = (size_t)data->count * (size_t)data->steps, width = (size_t)data->inputs;
    for (size_t input = 0; input < width; input++) {
        double low = 0, span = kind == SCALE_DIVIDE ? divisor : 1;
        if (kind == SCALE_MINMAX) {
            range_of(data, (int)input, train, train_count, &low, &span);
            span -= low;
        }
        for (size_t row = 0; row < rows; row++) {
            const size_t i = row * width + input;
            out[i] = span != 0 ? (data->x[i] - low) / span : 0;
        }
    }
}

uint64_t data_hash(const Dataset *data) {
    const int shape[] = {data->count, data->steps, data->inputs, data->classes, data->each, data->outputs};
    uint64_t hash = hash_bytes(HASH_START, shape, sizeof shape);
    const size_t targets = (size_t)data->count * (data->each ? (size_t)data->steps : 1);
    hash = hash_bytes(hash, data->x,
                      (size_t)data->count * (size_t)data->steps * (size_t)data->inputs * sizeof(double));
    if (data->classes) return hash_bytes(hash, data->labels, targets * sizeof(int));
    return hash_bytes(hash, data->values, targets * (size_t)data->outputs * sizeof(double));
}
