/* The graph goes to `dot` through a pipe, the picture comes back in a temporary file. */
#include "cli/graphviz.h"

#include "base/program.h"
#include "base/text.h"
#include "cli/options.h"

#include <stdio.h>

static bool read_all(FILE *file, Text *out) {
    char part[4096];
    rewind(file);
    for (size_t n; (n = fread(part, 1, sizeof part, file)) > 0;) text_add_bytes(out, part, n);
    return !ferror(file) && out->length > 0;
}

/* The file has no name: it is gone when it is closed, or when we are. */
static bool draw(const char *graph, Text *svg) {
    char command[80];
    FILE *picture = tmpfile();
    if (!picture) return false;
    snprintf(command, sizeof command, "dot -Tsvg -o /dev/fd/%d", fileno(picture));
    const bool drawn = program_feed(command, graph) && read_all(picture, svg);
    fclose(picture);
    return drawn;
}

char *graphviz_svg(const char *graph) {
    Text svg = {0};
    if (!program_exists("dot")) {
        usage_error(
            "E0659",
            "the picture wants Graphviz's `dot`, and there is none: apt-get install graphviz, or take "
            "--format dot");
        return NULL;
    }
    if (draw(graph, &svg)) return svg.at;
    text_free(&svg);
    usage_error("E0659", "Graphviz's `dot` failed");
    return NULL;
}
