/* A derivation's methods section, being written.
 *
 * Its content (methods.c, methods_recursions.c, methods_facts.c) comes in reading order, and each part says
 * what it is: a heading, a sentence, equations, a table. Whoever writes the section brings the parts: text in
 * columns (text.c), HTML (html.c); the content knows neither. */
#ifndef ELIGO_PRINT_METHODS_H
#define ELIGO_PRINT_METHODS_H

#include "print/layout.h"
#include "print/report.h"

typedef struct Equation {
    Line line;
    const char *sign; /* "=", "+="; "": the right side is a remark on the equations before */
    bool entries;     /* of entries (j, i) of a parameter, else of vectors */
} Equation;
typedef VEC(Equation) Equations;

typedef struct Methods Methods;
typedef struct MethodsParts {
    void (*title)(Methods *, const char *text);
    void (*fact)(Methods *, const char *name, const char *text); /* of the summary below the title */
    void (*heading)(Methods *, const char *text);
    void (*subheading)(Methods *, const char *text);
    void (*sentence)(Methods *, int level, int hang, const char *text); /* level 1 is the text's own margin */
    void (*symbols)(Methods *, const char *text);                       /* "θ = Wi, Ri;  p = x, h[t-1]" */
    void (*equations)(Methods *, int level, const Equations *);
    void (*table)(Methods *, const Table *);
    void (*gap)(Methods *);
} MethodsParts;

struct Methods {
    const MethodsParts *parts;
    Report *report;
    Text *out;
};

/* ---- the content, in order ---- */

void methods_title(Methods *methods);
/* 1. the network */
void methods_network(Methods *methods);
/* 2. the recurrent graph under the rule */
void methods_graph(Methods *methods);
/* 3. the recursions (methods_recursions.c); the report's recursions are there */
void methods_recursions(Methods *methods);
/* Sentences that equations need beside them: what stands for a matrix, which filters moved, what
 * follows from other influences, what steps do by their place in the sequence. */
void methods_stands(Methods *methods);
void methods_filters(Methods *methods);
void methods_slopes(Methods *methods);
void methods_decays(Methods *methods);
void methods_schedule(Methods *methods);
/* In blocks: how influences get over one. */
void methods_blocks(Methods *methods);
/* 4. every parameter: what is kept and dropped, and why (methods_facts.c) */
void methods_parameters(Methods *methods);
/* 5. the cost sheet (methods_facts.c) */
void methods_costs(Methods *methods);

#endif
