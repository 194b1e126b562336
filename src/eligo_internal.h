/* What the handles of eligo.h hold: shared by the files that implement it, seen by nobody else. */
#ifndef ELIGO_INTERNAL_H
#define ELIGO_INTERNAL_H

#include "derive/plan.h"
#include "eligo.h"
#include "emit/emit.h"

struct Eligo {
    Arena *arena; /* lives as long as the handle: options, messages, sources of errors */
    Diagnostics *diagnostics;
    const char *library;
    ModelOptions options;
    int block;     /* steps, for what is carried in blocks; 0: as the rule says */
    int threads;   /* that share out rows; 0: one */
    int lanes;     /* sequences that a learner does at once; 0: one */
    bool says;     /* each step can be told not to teach */
    bool apart;    /* learners that learn online take no products ahead: for tests */
    PlanWork work; /* for what leaves its carry open */
    Text messages;
};

struct EligoSpec {
    Eligo *eligo;
    Arena *arena; /* model and graph */
    Package *package;
    Model *model;
    Graph *graph;
    const char *hash_text; /* the spec's own text, for the stamp */
};

struct EligoDerivation {
    EligoSpec *spec;
    Arena *arena; /* rule and program */
    Rule *rule;
    Derivation *derivation;
    const char *lanes_refused; /* why it does one sequence at a time although more were asked for; or NULL */
    const Plan *plan;          /* by which it was chosen; NULL: it was asked for */
};

/* The spec's model and graph with these options; NULL after errors. */
EligoSpec *eligo_spec_build(Eligo *eligo, Package *package, const ModelOptions *options);
/* What the spec's programs are emitted with; `hash` holds its stamp. */
EmitOptions eligo_emit_options(const EligoSpec *spec, EligoReal real, char hash[17]);
/* What was weighed for the derivation's rule; made when it is first asked for. */
const Plan *eligo_plan(EligoDerivation *derivation);
/* A rule's use with 2 for each parameter that has no default. */
const char *eligo_use_of(Arena *arena, const AstRule *rule);

#endif
