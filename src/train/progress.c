/* Eighths of a block make the bar move smoothly; a terminal that isn't UTF-8 gets signs that every terminal
 * has. */
#include "train/progress.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 24 };

double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

Progress progress_start(bool quiet) {
    const char *terminal = getenv("TERM");
    return (Progress){.on = !quiet && isatty(STDERR_FILENO) && !(terminal && strcmp(terminal, "dumb") == 0)};
}

static bool speaks_utf8(void) {
    const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return strstr(value, "UTF-8") || strstr(value, "utf8");
    }
    return false;
}

static void draw_bar(double done) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const bool utf8 = speaks_utf8();
    const int filled = (int)(done * WIDTH * 8), whole = filled / 8;
    int drawn = 0;
    for (; drawn < whole; drawn++) fputs(utf8 ? "█" : "#", stderr);
    if (utf8 && filled % 8 > 0) {
        fputs(eighths[filled % 8], stderr);
        drawn++;
    }
    for (; drawn < WIDTH; drawn++) fputs(utf8 ? " " : ".", stderr);
}

void progress_show(Progress *progress, const char *label, double done, const char *words) {
    const double now = seconds_now();
    if (!progress->on || now - progress->drawn < 0.05) return;
    progress->drawn = now;
    fprintf(stderr, "\r\033[K%s [", label);
    draw_bar(done < 0 ? 0 : done > 1 ? 1 : done);
    fprintf(stderr, "] %3d %%  %s", (int)(done * 100), words);
    fflush(stderr);
}

void progress_clear(Progress *progress) {
    if (!progress->on) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
