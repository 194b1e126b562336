/*@ is: the driver's manual: how it is compiled, which files it reads and writes */
/* A driver: reads parameters and one sequence (or as many as the learner does at once: arrays then have those
 * as their last axis) from .npy files in a folder, runs the learner, and writes the summed loss, the readout
 * of every step and the gradients (or, of a learner that changes its parameters itself, the learned
 * parameters) into the same folder.
 *
 *     cc -O2 -o learner NAME.c NAME_main.c -lm && ./learner FOLDER
 *
 * Reads param.NAME.npy, the inputs' files and target.npy ('<f8', '<f4', '<i8', '<i4', row-major); writes
 * grad.NAME.npy (learned.NAME.npy), y.npy and loss.npy. What the rule adds to the inputs is a number for each
 * step too: teach.npy says which steps teach (1, else 0), rate.npy by how much each learns. Exit status 1,
 * with a message, when a file is missing or has another shape. */
/*@ is: files, memory and texts of the C library */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/*@ learner */

/*@ is: begins what reads and writes arrays in files */
/* ---- .npy files ---- */

/*@ is: an array as its file has it */
struct npy {
    double *values;
    long count;
    int axes;
    long shape[3];
    int whole; /* integers */
};

/*@ is: says what is wrong with a file and ends the program */
static void fail(const char *path, const char *why) {
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

/*@ is: the path of an array's file in the folder */
static char *path_of(const char *folder, const char *before, const char *name) {
    char *path = malloc(strlen(folder) + strlen(before) + strlen(name) + 16);
    if (!path) fail(folder, "out of memory");
    sprintf(path, "%s/%s%s.npy", folder, before, name);
    return path;
}

/*@ is: looks a key up in the header of a file */
/* The text after a key of the header's dictionary. */
static const char *value_of(const char *path, const char *header, const char *key) {
    const char *at = strstr(header, key);
    if (!at) fail(path, "its header is not that of an array");
    at += strlen(key);
    while (*at == ' ' || *at == ':') at++;
    return at;
}

/*@ is: reads a file's header: what it is an array of */
static char *read_header(const char *path, FILE *file) {
    unsigned char start[12];
    if (fread(start, 1, 10, file) != 10 || memcmp(start, "\x93NUMPY", 6) != 0) fail(path, "not a .npy file");
    size_t length = (size_t)start[8] + 256 * (size_t)start[9];
    if (start[6] == 2) {
        if (fread(start + 10, 1, 2, file) != 2) fail(path, "it ends within its header");
        length += 65536 * ((size_t)start[10] + 256 * (size_t)start[11]);
    } else if (start[6] != 1)
        fail(path, "its .npy version is neither 1 nor 2");
    char *header = calloc(length + 1, 1);
    if (!header || fread(header, 1, length, file) != length) fail(path, "it ends within its header");
    return header;
}

/*@ is: reads a shape from a header */
static void read_shape(const char *path, const char *at, struct npy *array) {
    array->count = 1;
    for (at++; *at != ')'; array->axes++) {
        char *end;
        const long size = strtol(at, &end, 10);
        if (end == at || size < 0 || array->axes == 3) fail(path, "its shape can't be used");
        array->shape[array->axes] = size;
        array->count *= size;
        for (at = end; *at == ',' || *at == ' ';) at++;
    }
}

/*@ is: one number of a file, of any of the types that are read */
static double number(const unsigned char *bytes, const char *type) {
    double wide;
    float narrow;
    long long integer = 0;
    int small;
    if (type[1] == 'f' && type[2] == '8') return memcpy(&wide, bytes, 8), wide;
    if (type[1] == 'f') return memcpy(&narrow, bytes, 4), (double)narrow;
    if (type[2] == '8') return memcpy(&integer, bytes, 8), (double)integer;
    return memcpy(&small, bytes, 4), (double)small;
}

/*@ is: reads an array from its file */
static struct npy read_npy(const char *path) {
    struct npy array = {0};
    FILE *file = fopen(path, "rb");
    if (!file) fail(path, "can't be opened");
    char *header = read_header(path, file);
    const char *type = value_of(path, header, "'descr'");
    if (*type == '\'') type++;
    if (strncmp(type, "<f8", 3) && strncmp(type, "<f4", 3) && strncmp(type, "<i8", 3) &&
        strncmp(type, "<i4", 3))
        fail(path, "its type is none of <f8, <f4, <i8, <i4");
    if (*value_of(path, header, "'fortran_order'") != 'F') fail(path, "it is not row-major");
    read_shape(path, value_of(path, header, "'shape'"), &array);
    array.whole = type[1] == 'i';
    const size_t size = type[2] == '8' ? 8 : 4;
    array.values = calloc((size_t)array.count + 1, sizeof(double));
    if (!array.values) fail(path, "out of memory");
    for (long i = 0; i < array.count; i++) {
        unsigned char bytes[8];
        if (fread(bytes, 1, size, file) != size) fail(path, "it ends before its data does");
        array.values[i] = number(bytes, type);
    }
    fclose(file);
    free(header);
    return array;
}

/*@ is: writes an array to its file */
/* Beside the file first, then renamed: whoever looks sees all of it or nothing. */
static void write_npy(const char *path, const char *type, const void *values, size_t size, int axes,
                      const long *shape) {
    char text[160], temporary[4096];
    size_t count = 1;
    int length = sprintf(text, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int i = 0; i < axes; i++) {
        length += sprintf(text + length, i ? " %ld," : "%ld,", shape[i]);
        count *= (size_t)shape[i];
    }
    if (axes > 1) length--; /* (3, 2) but (3,) */
    length += sprintf(text + length, "), }");
    while ((length + 11) % 64) text[length++] = ' ';
    text[length++] = '\n';
    const unsigned char start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)length, 0};
    if (strlen(path) > sizeof temporary - 8) fail(path, "its path is too long");
    sprintf(temporary, "%s.tmp", path);
    FILE *file = fopen(temporary, "wb");
    if (!file) fail(temporary, "can't be written");
    const int whole = fwrite(start, 1, 10, file) == 10 &&
                      fwrite(text, 1, (size_t)length, file) == (size_t)length &&
                      fwrite(values, size, count, file) == count;
    if (fclose(file) != 0 || !whole || rename(temporary, path) != 0) fail(path, "can't be written");
}

/*@ is: begins what leads from files to the learner and back */
/* ---- between files and the learner ---- */

/*@ is: refuses an array of another shape than the spec's */
static void check_shape(const char *path, const struct npy *array, int axes, const long *shape) {
    int same = array->axes == axes;
    for (int i = 0; same && i < axes; i++) same = array->shape[i] == shape[i];
    if (!same) fail(path, "its shape is not the declared one");
}

/*@ is: how many values a parameter has in the learner */
/* A sparse parameter has values at some places of its matrix only. */
static long entries_of(int i) {
    return params[i].places ? params[i].entries : params[i].shape[0] * params[i].shape[1];
}

/*@ is: reads parameters, and matrices that the rule draws, into the learner */
static void read_params(const char *folder) {
    for (int i = 0; params[i].name; i++) {
        char *path = path_of(folder, "param.", params[i].name);
        struct npy array = read_npy(path);
        check_shape(path, &array, params[i].axes, params[i].shape);
        for (long k = 0; k < entries_of(i); k++)
            params[i].values[k] = (real)array.values[params[i].places ? params[i].places[k] : k];
        free(array.values);
        free(path);
    }
}

/*@ is: writes the gradients, or the learned parameters */
static void write_results(const char *folder) {
    for (int i = 0; params[i].name; i++) {
        if (!params[i].results) continue; /* fixed */
        char *path = path_of(folder, result_name, params[i].name);
        real *dense = calloc((size_t)(params[i].shape[0] * params[i].shape[1]) + 1, sizeof(real));
        if (!dense) fail(path, "out of memory");
        for (long k = 0; k < entries_of(i); k++)
            dense[params[i].places ? params[i].places[k] : k] = params[i].results[k];
        write_npy(path, real_type, dense, sizeof(real), params[i].axes, params[i].shape);
        free(dense);
        free(path);
    }
}

/*@ is: reads the sequence: inputs and targets of every step */
/* Fills sequence[i] for every input; a class label stands for its one-hot vector. Returns the number of
 * steps. */
static long read_inputs(const char *folder, struct npy *sequence) {
    long steps = -1;
    for (int i = 0; inputs[i].name; i++) {
        char *path = path_of(folder, "", inputs[i].name);
        sequence[i] = read_npy(path);
        const int axes = inputs[i].is_class ? inputs[i].axes : inputs[i].axes + 1;
        const long of_step = inputs[i].is_class ? inputs[i].lanes : inputs[i].rows;
        if (sequence[i].axes != axes || sequence[i].count != sequence[i].shape[0] * of_step ||
            (inputs[i].lanes > 1 && sequence[i].shape[axes - 1] != inputs[i].lanes))
            fail(path, "its shape is not [steps, rows], or [steps, rows, sequences]");
        if (inputs[i].is_class && !sequence[i].whole) fail(path, "class labels are whole numbers");
        if (steps >= 0 && sequence[i].shape[0] != steps) fail(path, "it has another number of steps");
        steps = sequence[i].shape[0];
        free(path);
    }
    if (steps < 0) fail(folder, "the learner has no input");
    return steps;
}

/*@ is: gives the learner the inputs of one step */
static void set_inputs(const struct npy *sequence, long t) {
    for (int i = 0; inputs[i].name; i++) {
        const long rows = inputs[i].rows, lanes = inputs[i].lanes;
        real *values = inputs[i].values + (t % inputs[i].slots) * rows;
        const double *labels = sequence[i].values + t * lanes;
        for (long q = 0; inputs[i].is_class && q < lanes; q++)
            if (labels[q] < 0 || labels[q] >= (double)(rows / lanes))
                fail(inputs[i].name, "a class label is out of range");
        for (long k = 0; k < rows; k++)
            values[k] = inputs[i].is_class ? (real)(labels[k % lanes] == (double)(k / lanes)) /* one-hot */
                                           : (real)sequence[i].values[t * rows + k];
    }
}

/*@ is: the program: reads, runs the sequence step by step, writes */
int main(int count, char **words) {
    if (count != 2) return fprintf(stderr, "usage: %s FOLDER\n", words[0]), 2;
    const char *folder = words[1];
    struct npy sequence[sizeof inputs / sizeof *inputs];
    read_params(folder);
    const long steps = read_inputs(folder, sequence);
    real *y = calloc((size_t)steps * readout_rows + 1, sizeof(real));
    if (!y || !begin(steps)) fail(folder, "out of memory");
    double loss = 0;
    for (long t = 0; t < steps; t++) {
        set_inputs(sequence, t);
        step();
        for (long k = 0; k < loss_rows; k++) loss += (double)loss_of(t)[k];
        for (long k = 0; k < readout_rows; k++) y[t * readout_rows + k] = readout_of(t)[k];
    }
    finish();
    write_results(folder);
    char *path = path_of(folder, "", "loss");
    write_npy(path, "<f8", &loss, sizeof loss, 0, NULL);
    free(path);
    if (readout_rows > 0) {
        const long shape[3] = {steps, readout_shape[0], readout_shape[1]};
        path = path_of(folder, "", "y");
        write_npy(path, real_type, y, sizeof(real), readout_axes + 1, shape);
        free(path);
    }
    for (int i = 0; inputs[i].name; i++) free(sequence[i].values);
    free(y);
    return 0;
}
