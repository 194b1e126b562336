/* The graph goes to `dot` through a pipe, the picture comes back in a temporary file. */
#include "cli/graphviz.h"

#include "base/program.h"
#include "base/text.h"
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_file(const char *path, Text *out) {
    char part[4096];
    FILE *file = fopen(path, "r");
    if (!file) return false;
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;) text_add_bytes(out, part, n);
    return fclose(file) == 0 && out->length > 0;
}

/* Into a new file whose name goes to `path`. */
static bool draw(const char *graph, char path[], Text *svg) {
    char command[80];
    const int number = mkstemp(path);
    if (number < 0) return false;
    close(number);
    snprintf(command, sizeof command, "dot -Tsvg -o %s", path);
    const bool drawn = program_feed(command, graph) && read_file(path, svg);
    unlink(path);
    return drawn;
}

char *graphviz_svg(const char *graph) {
    char path[] = "/tmp/eligo_graph_XXXXXX";
    Text svg = {0};
    if (!program_exists("dot")) {
        usage_error(
            "E0659",
            "the picture wants Graphviz's `dot`, and there is none: apt-get install graphviz, or take "
            "--format dot");
        return NULL;
    }
    if (draw(graph, path, &svg)) return svg.at;
    text_free(&svg);
    usage_error("E0659", "Graphviz's `dot` failed");
    return NULL;
}
