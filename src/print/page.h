/* What a derivation's methods section is written on.
 *
 * The section's content (methods.c, methods_facts.c) comes in reading order, and each part says what it is: a
 * heading, a sentence, equations, a table. A page sets the parts, as text in columns (text.c) or as HTML
 * (html.c); the content knows neither. */
#ifndef ELIGO_PRINT_PAGE_H
#define ELIGO_PRINT_PAGE_H

#include "print/layout.h"
#include "print/report.h"

typedef struct Equation {
    Line line;
    const char *sign; /* "=", "+="; "": the right side is a remark on the equations before */
    bool entries;     /* of entries (j, i) of a parameter, else of vectors */
} Equation;
typedef VEC(Equation) Equations;

typedef struct Page Page;
typedef struct PageParts {
    void (*title)(Page *, const char *text);
    void (*fact)(Page *, const char *name, const char *text); /* of the summary below the title */
    void (*heading)(Page *, const char *text);
    void (*subheading)(Page *, const char *text);
    void (*sentence)(Page *, int level, int hang, const char *text); /* level 1 is the text's own margin */
    void (*symbols)(Page *, const char *text);                       /* "θ = Wi, Ri;  p = x, h[t-1]" */
    void (*equations)(Page *, int level, const Equations *);
    void (*table)(Page *, const Table *);
    void (*gap)(Page *);
} PageParts;

struct Page {
    const PageParts *parts;
    Report *report;
    Text *out;
};

/* ---- the content, in order (methods.c) ---- */

void methods_title(Page *page);
/* 1. the network */
void methods_network(Page *page);
/* 2. the recurrent graph under the rule */
void methods_graph(Page *page);
/* 3. the recursions; the report's recursions are there */
void methods_recursions(Page *page);
/* Sentences that equations need beside them: what stands for a matrix, which filters moved, what steps do by
 * their place in the sequence. */
void methods_stands(Page *page);
void methods_filters(Page *page);
void methods_schedule(Page *page);
/* 4. every parameter: what is kept and dropped, and why (methods_facts.c) */
void methods_parameters(Page *page);
/* 5. the cost sheet (methods_facts.c) */
void methods_costs(Page *page);

#endif
