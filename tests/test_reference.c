/* Gradients of an independent autodiff system (tests/reference/README.md) against `eligo grad`: every case ×
 * every rule × both carries × every engine, in double to 1e-8 and in float to 1e-4 in norm.
 *
 * Cases and rules are what the folder holds; masked ones are carried forward only. One Criterion test is one
 * case on one engine in one real type, so that the jobs share the compilers' work. */
#include "support.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/reference"

static const char *const cases[] = {"alif", "diag", "gru", "leaky", "lif", "lstm", "lstm2", "vanilla"};
enum { CASES = sizeof cases / sizeof *cases, RULES_IN_ALL = 86 };
static const char *const engines[] = {"interpret", "tcc", "cc"};
static const char *const reals[] = {"double", "float"};

typedef struct Setting {
    int which, engine, real;
} Setting;

/* A mask is on influences: it has no adjoint. */
static bool is_masked(const char *name) { return strncmp(name, "snap", 4) == 0; }

/* `tbptt(2)` for within_2: the reference's names of rules, in the library's words. */
static void library_rule(const char *name, char rule[64]) {
    int number = 0;
    if (sscanf(name, "eprop_m%d", &number) == 1)
        snprintf(rule, 64, "eprop(%d)", number);
    else if (is_masked(name) && sscanf(name, "snap%d", &number) == 1)
        snprintf(rule, 64, "snap(%d)", number);
    else if (sscanf(name, "within_%d", &number) == 1)
        snprintf(rule, 64, "tbptt(%d)", number);
    else
        snprintf(rule, 64, "%s", strcmp(name, "lag0") == 0 ? "sltt" : name);
}

/* The names between `prefix` and the next dot of a case's files, each once; returns how many. */
static int names_after(const char *folder, const char *prefix, char names[][64], int most) {
    struct dirent **entries;
    int files = scandir(folder, &entries, NULL, alphasort), count = 0;
    cr_assert_geq(files, 0, "%s", folder);
    for (int i = 0; i < files; i++) {
        char name[64] = "";
        if (strncmp(entries[i]->d_name, prefix, strlen(prefix)) == 0)
            sscanf(entries[i]->d_name + strlen(prefix), "%63[^.]", name);
        bool known = !*name;
        for (int k = 0; k < count; k++) known = known || strcmp(names[k], name) == 0;
        if (!known && count < most) strcpy(names[count++], name);
        free(entries[i]);
    }
    free(entries);
    return count;
}

static void compare(const char *what, Array got, Array wanted, int real_bytes) {
    cr_assert_gt(wanted.count, 0, "%s: no reference", what);
    cr_assert_eq(got.bytes, real_bytes, "%s: missing, or of the wrong type (%d)", what, got.bytes);
    cr_assert_eq(got.count, wanted.count, "%s: %zu entries for %zu", what, got.count, wanted.count);
    double distance = 0, norm = 0;
    for (size_t i = 0; i < wanted.count; i++) {
        double difference = fabs(got.values[i] - wanted.values[i]);
        if (real_bytes == 8)
            cr_assert(difference <= 1e-10 + 1e-8 * fabs(wanted.values[i]),
                      "%s: entry %zu is %.17g, not %.17g", what, i, got.values[i], wanted.values[i]);
        distance += difference * difference, norm += wanted.values[i] * wanted.values[i];
    }
    cr_assert(sqrt(distance) <= 1e-4 * sqrt(norm) + 1e-10, "%s: off by %g of %g", what, sqrt(distance),
              sqrt(norm));
}

/* Compares OUT/KIND.x.npy with every FOLDER/case/PREFIXx.npy. */
static int compare_files(const char *label, const char *folder, const char *prefix, const char *out,
                         const char *kind, int real_bytes) {
    struct dirent **entries;
    int files = scandir(folder, &entries, NULL, alphasort), compared = 0;
    for (int i = 0; i < files; i++) {
        const char *name = entries[i]->d_name;
        if (strncmp(name, prefix, strlen(prefix)) == 0) {
            char *reference = formatted("%s/%s", folder, name);
            char *mine = formatted("%s/%s%s", out, kind, name + strlen(prefix));
            char *what = formatted("%s, %s%s", label, kind, name + strlen(prefix));
            Array wanted = array_read(reference), got = array_read(mine);
            compare(what, got, wanted, real_bytes);
            array_free(wanted), array_free(got);
            free(reference), free(mine), free(what);
            compared++;
        }
        free(entries[i]);
    }
    free(entries);
    return compared;
}

static void compare_loss(const char *label, const char *folder, const char *out, int real_bytes) {
    char *path = formatted("%s/case.json", folder), *file = formatted("%s/loss.npy", out);
    char *text = file_content(path, NULL);
    const char *at = text ? strstr(text, "\"loss_value\":") : NULL;
    cr_assert_not_null(at, "%s", path);
    double wanted = strtod(at + strlen("\"loss_value\":"), NULL);
    Array loss = array_read(file);
    cr_assert(loss.bytes == 8 && loss.count == 1, "%s: loss.npy is one double", label);
    double tolerance = real_bytes == 8 ? 1e-10 + 1e-8 * fabs(wanted) : 1e-4 * fabs(wanted);
    cr_assert(fabs(loss.values[0] - wanted) <= tolerance, "%s: loss %.17g, not %.17g", label, loss.values[0],
              wanted);
    array_free(loss);
    free(text), free(path), free(file);
}

static void check_rule(const Setting *setting, const char *name, const char *carry) {
    char rule[64];
    library_rule(name, rule);
    const char *which = cases[setting->which], *engine = engines[setting->engine],
               *real = reals[setting->real];
    char *label = formatted("%s, %s, %s, %s, %s", which, rule, carry, engine, real);
    char *folder = formatted(FOLDER "/%s", which), *out = scratch_make(which), *said = NULL, *prefix;
    int status =
        run(&said,
            "'%s' grad %s/spec.eligo --rule '%s' --params %s --inputs %s/x.npy --targets %s/target.npy "
            "--out %s --carry %s --engine %s --real %s",
            program(), folder, rule, folder, folder, folder, out, carry, engine, real);
    cr_assert_eq(status, 0, "%s: exit status %d\n%s", label, status, said);
    int bytes = setting->real == 0 ? 8 : 4;
    prefix = formatted("grad.%s.", name);
    cr_assert_geq(compare_files(label, folder, prefix, out, "grad.", bytes), 4);
    cr_assert_geq(compare_files(label, folder, "state.", out, "state.", bytes), 1);
    cr_assert_eq(compare_files(label, folder, "y.npy", out, "y.npy", bytes), 1);
    compare_loss(label, folder, out, bytes);
    free(prefix), free(said), free(folder), free(label);
    scratch_remove(out);
}

ParameterizedTestParameters(reference, agrees) {
    static Setting settings[CASES * 5];
    size_t count = 0;
    for (int engine = 2; engine >= 0; engine--)
        for (int real = 0; real < (engine == 0 ? 1 : 2); real++) /* the interpreter is double only */
            for (int which = 0; which < CASES; which++) settings[count++] = (Setting){which, engine, real};
    return cr_make_param_array(Setting, settings, count);
}

ParameterizedTest(Setting *setting, reference, agrees, .timeout = 600) {
    char names[32][64], *folder = formatted(FOLDER "/%s", cases[setting->which]);
    int rules = names_after(folder, "grad.", names, 32);
    cr_assert_geq(rules, 9, "%s", folder);
    for (int i = 0; i < rules; i++) {
        check_rule(setting, names[i], "forward");
        if (!is_masked(names[i])) check_rule(setting, names[i], "backward");
    }
    free(folder);
}

Test(reference, is_complete) {
    char names[64][64];
    int rules = 0;
    for (int i = 0; i < CASES; i++) {
        char *folder = formatted(FOLDER "/%s", cases[i]);
        rules += names_after(folder, "grad.", names, 64);
        free(folder);
    }
    cr_assert_eq(rules, RULES_IN_ALL);
}
