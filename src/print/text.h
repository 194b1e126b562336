/* The parts of the text printer. */
#ifndef ELIGO_PRINT_TEXT_H
#define ELIGO_PRINT_TEXT_H

#include "print/layout.h"
#include "print/report.h"

void text_heading(Text *out, const char *heading);
/* 4. every parameter: what is kept and dropped, and why (text_facts.c) */
void text_parameters(Report *report, Text *out);
/* 5. the cost sheet (text_facts.c) */
void text_costs(const Report *report, Text *out);

#endif
