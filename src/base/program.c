/* A program that ends without reading everything would end us too, by SIGPIPE: it is held off meanwhile. */
#include "base/program.h"
#include "base/text.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

bool program_exists(const char *name) {
    Text command = {0};
    text_printf(&command, "command -v %s >/dev/null 2>&1", name);
    const bool exists = system(command.at) == 0;
    text_free(&command);
    return exists;
}

bool program_feed(const char *command, const char *text) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, usual;
    fflush(stdout);
    FILE *pipe = popen(command, "w");
    if (!pipe) return false;
    sigaction(SIGPIPE, &ignore, &usual);
    const bool written = fputs(text, pipe) >= 0;
    const int status = pclose(pipe); /* which writes what is still here */
    sigaction(SIGPIPE, &usual, NULL);
    return written && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
