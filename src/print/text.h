/* The parts of the text printer. */
#ifndef ELIGO_PRINT_TEXT_H
#define ELIGO_PRINT_TEXT_H

#include "print/layout.h"
#include "print/report.h"

void text_heading(Text *out, const char *heading);
/* Sentences that equations need beside them: what stands for a matrix, which filters moved, what steps do by
 * their place in the sequence (text.c). */
void text_stands(const Report *report, Text *out);
void text_filters(const Report *report, Text *out);
void text_schedule(const Report *report, Text *out);
/* 4. every parameter: what is kept and dropped, and why (text_facts.c) */
void text_parameters(Report *report, Text *out);
/* 5. the cost sheet (text_facts.c) */
void text_costs(const Report *report, Text *out);

#endif
