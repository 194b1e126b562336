/* Attributes of declarations: how a variable begins, and what a matrix leaves out. */
#include "model/build.h"
#include "model/package_load.h"
#include "model/pattern.h"
#include <string.h>

typedef struct InitName {
    const char *name;
    bool matrix;  /* of matrices only */
    bool numbers; /* two may follow: uniform(from, to), normal(mean, deviation) */
} InitName;

static const InitName init_names[] = {{.name = "zeros"},
                                      {.name = "ones"},
                                      {"uniform", false, true},
                                      {"normal", false, true},
                                      {"orthogonal", .matrix = true},
                                      {"identity", .matrix = true}};
enum { INIT_NAMES = sizeof init_names / sizeof *init_names };

static void report_init(Builder *b, const AstAttribute *attribute) {
    Diagnostic *one = report(b, attribute->span, "E0210", "unknown initial value `%s`", attribute->word);
    diagnostic_help(b->diagnostics, one, "a number, zeros, ones, uniform, normal, orthogonal or identity");
    Names names = {0};
    for (int i = 0; i < INIT_NAMES; i++) vec_push(b->arena, &names, init_names[i].name);
    suggest(b, one, attribute->word, names);
}

/* A state begins at one number: zeros and ones are its names. */
static void read_state_init(Builder *b, const AstAttribute *attribute, Var *var) {
    const bool ones = strcmp(attribute->word, "ones") == 0;
    if (!ones && strcmp(attribute->word, "zeros") != 0)
        report(b, attribute->span, "E0412", "a state begins at a number, not at `%s`", attribute->word);
    var->init = INIT_NUMBER;
    var->init_number = ones;
}

/* init uniform(10, 30): numbers, or constants of the cell. */
static void read_init_range(Builder *b, const Entry *entry, const InitName *known,
                            const AstAttribute *attribute, Var *var) {
    const AstExprs numbers = attribute->arguments;
    bool fine = known->numbers && numbers.count == 2;
    for (int i = 0; fine && i < 2; i++)
        fine = constant_value(entry->scope, numbers.at[i], &var->init_range[i]);
    var->init_given = fine;
    if (fine) return;
    Diagnostic *one =
        report(b, attribute->span, "E0412", "these are no numbers for the initial value `%s`", known->name);
    diagnostic_help(b->diagnostics, one, "write uniform(from, to) or normal(mean, deviation)");
}

static void read_init(Builder *b, const Entry *entry, const AstAttribute *attribute, Var *var) {
    if (!attribute->word) {
        var->init = INIT_NUMBER;
        var->init_number = attribute->number;
        return;
    }
    const InitName *known = NULL;
    for (int i = 0; i < INIT_NAMES; i++)
        if (strcmp(init_names[i].name, attribute->word) == 0) known = &init_names[i];
    if (!known) {
        report_init(b, attribute);
    } else if (var->kind == VAR_STATE) {
        read_state_init(b, attribute, var);
    } else if (known->matrix && !var->cols) {
        report(b, attribute->span, "E0412", "`%s` is for matrices; `%s` is %s", known->name, var->name,
               shape_text(b, var->rows, NULL));
    } else {
        var->init = INIT_NAMED;
        var->init_name = known->name;
        if (attribute->arguments.count > 0) read_init_range(b, entry, known, attribute, var);
    }
}

static void read_zero_diagonal(Builder *b, const AstAttribute *attribute, Var *var) {
    if (!var->cols || !dim_equal(var->rows, var->cols))
        report(b, attribute->span, "E0311", "`zero_diagonal` is for square matrices; `%s` is %s", var->name,
               shape_text(b, var->rows, var->cols));
    var->zero_diagonal = true;
}

/* A file beside the spec that names it. */
static void read_sparse_file(Builder *b, const AstAttribute *attribute, Var *var) {
    const Source *spec = attribute->span.source;
    const char *path = path_beside(b->arena, spec ? spec->name : "", attribute->string);
    const PatternFile file = pattern_read(b->arena, path);
    const Pattern *given = var->sparse_given = file.pattern;
    if (!given) {
        report(b, attribute->span, file.code, "the pattern file `%s`: %s", path, file.wrong);
        return;
    }
    const long rows = var->rows->value, cols = var->cols->value; /* 0 while unknown */
    if ((rows && rows != given->rows) || (cols && cols != given->cols))
        report(b, attribute->span, "E0546", "the pattern file `%s` has shape [%ld, %ld]; `%s` is %s", path,
               given->rows, given->cols, var->name, shape_text(b, var->rows, var->cols));
}

static void read_sparse(Builder *b, const AstAttribute *attribute, Var *var) {
    if (!var->cols)
        report(b, attribute->span, "E0548", "`sparse` is for matrices; `%s` is %s", var->name,
               shape_text(b, var->rows, NULL));
    else if (attribute->string)
        read_sparse_file(b, attribute, var);
    else if (!(attribute->number > 0 && attribute->number <= 1))
        report(b, attribute->span, "E0414",
               "`sparse` is the fraction of entries kept: above 0 and at most 1");
    else
        var->sparse = attribute->number;
}

void read_attributes(Builder *b, const Entry *entry, Var *var) {
    const AstAttributes *attributes = &entry->declaration->attributes;
    for (int i = 0; i < attributes->count; i++) {
        const AstAttribute *attribute = &attributes->at[i];
        for (int j = 0; j < i; j++)
            if (strcmp(attributes->at[j].name, attribute->name) == 0)
                report(b, attribute->span, "E0412", "`%s` is given twice", attribute->name);
        if (strcmp(attribute->name, "init") == 0) read_init(b, entry, attribute, var);
        if (strcmp(attribute->name, "zero_diagonal") == 0) read_zero_diagonal(b, attribute, var);
        if (strcmp(attribute->name, "sparse") == 0) read_sparse(b, attribute, var);
        if (strcmp(attribute->name, "nonnegative") == 0) var->nonnegative = true;
    }
}
