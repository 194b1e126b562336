/* Graphviz, run as a process. */
#ifndef ELIGO_CLI_GRAPHVIZ_H
#define ELIGO_CLI_GRAPHVIZ_H

/* The picture of a graph in Graphviz's language as SVG, malloc'ed; NULL after a report when there is no `dot`
 * or it fails. */
char *graphviz_svg(const char *graph);

#endif
