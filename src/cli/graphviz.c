/* The graph goes to `dot` in a temporary file, the picture comes back through a pipe. */
#include "cli/graphviz.h"

#include "base/text.h"
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Writes the text to a new file whose name goes to `path`. */
static bool write_file(char path[], const char *text) {
    const int number = mkstemp(path);
    FILE *file = number >= 0 ? fdopen(number, "w") : NULL;
    if (!file) return false;
    const bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

static bool read_picture(const char *path, Text *svg) {
    char command[80], part[4096];
    snprintf(command, sizeof command, "dot -Tsvg %s", path);
    FILE *dot = popen(command, "r");
    if (!dot) return false;
    for (size_t n; (n = fread(part, 1, sizeof part, dot)) > 0;) text_add_bytes(svg, part, n);
    const int status = pclose(dot);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 && svg->length > 0;
}

char *graphviz_svg(const char *graph) {
    if (system("command -v dot >/dev/null 2>&1") != 0) {
        usage_error("E0659",
                    "the picture wants Graphviz's `dot`, and there is none: apt-get install graphviz, "
                    "or take --format dot");
        return NULL;
    }
    char path[] = "/tmp/eligo_graph_XXXXXX";
    Text svg = {0};
    const bool good = write_file(path, graph) && read_picture(path, &svg);
    unlink(path);
    if (good) return svg.at;
    text_free(&svg);
    usage_error("E0659", "Graphviz's `dot` failed");
    return NULL;
}
