/* The parts of the JSON printer. docs/derive-json.md describes what they write. */
#ifndef ELIGO_PRINT_JSON_H
#define ELIGO_PRINT_JSON_H

#include "print/json_writer.h"
#include "print/report.h"

/* model, rule, graph: json.c. What was derived from them: json_derivation.c */
void json_recursions(Json *json, const Report *report);
void json_parameters(Json *json, const Report *report);
void json_program(Json *json, const Report *report);
/* What the learner's statements do: json_program.c */
void json_routines(Json *json, const Report *report);
void json_costs(Json *json, const Report *report);

void json_shape(Json *json, const char *key, int rank, const Dim *const *dims);
const char *json_state(const Report *report, int state);

#endif
