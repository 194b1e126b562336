/* Paths through the graph as a reader would point at them: "W -> h[t-1] -R-> h[t] -> loss". */
#ifndef ELIGO_PRINT_PATH_H
#define ELIGO_PRINT_PATH_H

#include "graph/graph.h"

/* The ways of a path, the parameter's own first; its last variable is at t. */
void path_text(const Graph *graph, const Way *const *ways, int count, Text *out);
/* What stands on a way's arrow: "R", "Rr,Rn", "#reset"; "" when nothing is crossed. */
void path_label(const Graph *graph, const Way *way, Text *out);
/* "explicit via R · lateral via Rn #reset": the word of a way; "" for a way without one. */
void path_word(const Graph *graph, const Way *way, Text *out);

#endif
