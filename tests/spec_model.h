/* A model from spec text with random numbers for everything that it is given: for tests that run models. */
#ifndef ELIGO_TESTS_SPEC_MODEL_H
#define ELIGO_TESTS_SPEC_MODEL_H

#include "eligo.h"
#include "model/model.h"
#include "random_spec.h"

typedef struct SpecModel {
    Arena *arena;
    Model *model;    /* NULL after errors */
    Text messages;   /* of the front end */
    double **params; /* [param][rows * cols] */
    double **inputs; /* [input][steps * rows] */
    Sequence sequence;
} SpecModel;

/* Parameters in ±0.5 (0 where zero_diagonal bars them), inputs in ±1, class targets one-hot; all from `seed`.
 */
SpecModel spec_model(const char *text, int steps, uint64_t seed);
void spec_model_free(SpecModel *spec);
/* A path expression parsed into the model's arena; NULL after errors. */
AstPath *spec_path(SpecModel *spec, const char *text);
/* One array for each parameter, in the model's arena. */
double **spec_gradients(SpecModel *spec);
long spec_entries(const Var *var);
/* The largest difference of two gradients, of one and zero where `b` is NULL. */
double spec_distance(const SpecModel *spec, double **a, double **b);

/* A learner of the same text gets the inputs and the target of step t; and the parameters, then the whole
 * sequence, with its gradient new. */
void spec_set_inputs(const SpecModel *spec, EligoLearner *learner, int t);
void spec_run(const SpecModel *spec, EligoLearner *learner);

#endif
