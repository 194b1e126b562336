/* A model built from spec text, with what was said about it: what the suites of src/model share. */
#ifndef TESTS_BUILT_H
#define TESTS_BUILT_H

#include "model/model.h"

typedef struct Built {
    Arena *arena;
    Diagnostics *diagnostics;
    Package *package;
    Model *model;
    Text messages;
} Built;

Built open_text(const char *text); /* the package only */
Built open_spec(const char *spec); /* a path or a library name */
/* Builds and keeps the messages; options may be NULL. Without a model the test goes on. */
void build(Built *built, const ModelOptions *options);
Built build_text(const char *text, const ModelOptions *options);
/* The same, and fails the test without a model. */
void build_with(Built *built, const ModelOptions *options);
const char *messages(const Built *built);
void built_free(Built *built);
/* Adds --size NAME=VALUE, else --set. */
void set(Built *built, ModelOptions *options, bool size, const char *name, double value);

/* Text that many tests begin with. */
#define LEAKY                                                                                                \
    "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n], b[n]; const g = 0.5;"       \
    " u = W @ x + R @ h[t-1] + b; h = g * h[t-1] + tanh(u); }\n"
#define RAW           "cell p { size n; input x[n]; output h; h = tanh(x); }\n"
#define NETWORK(body) "network w { input x[3]; param V[4,5], d[4]; layer l1 = c(n = 5, x = x); " body " }"
#define CELL(body)    "cell c { size n, m; input x[m]; state h[n]; output h; param W[n,m], R[n,n];\n" body "\n}"
#define FINE          "h = tanh(W @ x + R @ h[t-1]);"
#define NET(body)     CELL(FINE) "network w { input x[3]; param V[4,5];\nlayer l1 = c(n = 5, x = x);\n" body "\n}"

#endif
