/* What both printers say about a derivation, in words and equations, before it has a layout.
 *
 * A report names the expressions of a derivation as a paper would (locals, λ_h, L_c, δ_i), puts parameters
 * whose recursions have the same form into one group, and writes every equation with those names. The text
 * printer sets it in columns, the JSON printer hands it on as it is. */
#ifndef ELIGO_PRINT_REPORT_H
#define ELIGO_PRINT_REPORT_H

#include "derive/describe.h"
#include "derive/forward.h"
#include "print/layout.h"

typedef VEC(const Buffer *) Kept;
typedef struct Line {
    const char *left, *right; /* left = right; "dE/dθ" += right */
    const Expr *value;        /* what the left side names, or NULL */
    Kept kept;                /* what it is stored in: of a group's lines, for each of its parameters … */
    int firsts;               /* … of which so many are the first parameter's */
} Line;

/* Parameters with one form of recursion: they differ in what they are multiplied with at most. */
typedef struct Group {
    VEC(int) params;           /* indices into model->params */
    VEC(const char *) operand; /* for each use: the symbol in the lines, "p" or the operand itself */
    VEC(const char *) given;   /* for each use with a symbol, for each parameter: what it stands for */
    VEC(Line) lines;           /* recursions, then the gradient's update (none: no gradient) */
} Group;

typedef struct Report {
    Arena *arena;
    const Derivation *derivation;
    const Model *model;
    Product product;
    Naming naming;
    const char **name; /* by Expr.id */
    int expressions;
    VEC(const char *) taken; /* every name in `name` */
    int *seen, marks;        /* by Expr.id: marks of searches through expressions */
    VEC(Line) signals;       /* learning signals (forward) or adjoints (backward), in order of use */
    VEC(Line) slopes;        /* derivatives that are kept for later steps */
    VEC(Line) handed;        /* backward: φ, what a step hands to an earlier one */
    VEC(Line) seeds;         /* in blocks: μ, the same of what influences come to */
    VEC(Group) groups;
    Page page; /* of who sets it as text */
} Report;

/* A report with the model's own names, for its equations and ways. */
Report *report_new(Arena *arena, const Derivation *derivation);
/* Adds slopes, signals, handed and groups; from here on their names stand in expressions too. */
void report_recursions(Report *report);
/* The text's content in the report's arena; frees the text. */
const char *report_take(const Report *report, Text *text);

/* ---- names (names.c) ---- */

/* Fills naming and name with the model's locals and the definitions of its roots. */
void report_name_model(Report *report);
/* Names slopes' derivatives, and fills report->slopes. */
void report_name_slopes(Report *report);
/* Names `e` by the first free one of prefix_label, prefix_label^state, prefix_label(param) and returns that
 * equation's line in *line; false where `e` is too simple or has a name already. */
bool report_claim(Report *report, const Expr *e, const char *prefix, const char *label, int state,
                  const Var *param, Line *line);
/* "ε_c", "ε_c^q1": a symbol of (root, state); without the state where there is only one. */
const char *report_symbol(const Report *report, const char *prefix, const char *label, int state);
/* "μ_c(c)", "μ_v(a)": of a seed at the variable in parentheses */
const char *report_seed_symbol(const Report *report, const SeedAdjoint *seed);
/* An expression with names below its root, or by its own name where it has one. */
const char *report_expr(const Report *report, const Expr *e);
const char *report_equation(const Report *report, const Expr *definition, const char *self);
/* The innermost local that stands between `node` and `region` on every element-wise path, or NULL. */
const char *report_between(Report *report, const Expr *region, const Expr *node);
/* The innermost local, else the root, that `node` is an element-wise part of. */
const char *report_place_of(Report *report, const Expr *node);

/* ---- ways (ways.c) ---- */

/* "Rf @ h[t-1] → f → c" */
const char *report_way(Report *report, const Way *way);
/* "Rf", "sum", "softmax", "logsumexp", "broadcast" */
const char *report_station(const Expr *station);
/* "explicit", "explicit lateral #reset", "readout" for a way without a word */
const char *report_word(const Report *report, const Way *way);
/* "c[t-1] * f * (1 - f) · Rf" */
const char *report_derivative(const Report *report, const Way *way);
/* What the rule does with it: "kept", "dropped", "kept q0→q1; dropped in q1", "composed" */
const char *report_verdict(const Report *report, const Way *way);
/* The automaton's transitions, one arrow a line: {"q0", "explicit", "q1"}. */
typedef struct Arrow {
    int from, to;
    const char *by;
} Arrow;
typedef VEC(Arrow) Arrows;
Arrows report_arrows(const Report *report);

/* ---- facts (facts.c) ---- */

/* "exact", "unbiased", "approximate", "nothing kept" */
const char *report_exactness(const ParamFacts *facts);
/* "j, i, outputs": whose quantities meet in the update of entry (j, i) */
const char *report_meets(const Report *report, const ParamFacts *facts);
/* "no explicit edge": what would make it exact; "" where nothing is known or needed, or other axes
 * stand against it */
const char *report_condition(const Report *report, const ParamFacts *facts);
/* "ε_c unit-local, J_c dense", "none: instantaneous" */
const char *report_influences(const Report *report, const ParamFacts *facts);
/* "4 m n = 16,384" */
const char *report_polynomial(const Report *report, const Polynomial *polynomial);
/* "16,384" */
void report_count(double count, Text *out);
bool report_same_facts(const ParamFacts *a, const ParamFacts *b);

#endif
