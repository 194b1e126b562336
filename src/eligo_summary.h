/* What a derivation's facts come to over all parameters: a word or a clause each, for tables of rules. */
#ifndef ELIGO_SUMMARY_H
#define ELIGO_SUMMARY_H

#include "eligo_internal.h"

typedef struct Summary {
    const char *causal;   /* "yes", "no" */
    const char *local;    /* "yes", "in a layer", "no" */
    const char *gradient; /* the worst verdict, and when it would be exact; in `arena` or constant */
} Summary;
Summary summary_of(const Derivation *derivation, Arena *arena);

#endif
