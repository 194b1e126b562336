/* How wide the terminal is that standard output goes to. */
#include "base/number.h"
#include "cli/command.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 40, WIDEST = 400 }; /* as --width has them */

/* A serial line doesn't tell; its user may. */
static int columns_said(void) {
    const char *said = getenv("COLUMNS");
    double columns;
    if (!said || !number_parse(said, strlen(said), &columns) || !(columns >= 1 && columns <= WIDEST))
        return 0;
    return (int)columns;
}

int page_width(const Shared *shared) {
    struct winsize size = {0};
    if (shared->width) return (int)shared->width;
    if (!isatty(STDOUT_FILENO)) return 0;
    const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    const int columns = known ? size.ws_col : columns_said();
    if (columns == 0) return 0;
    return columns < NARROWEST ? NARROWEST : columns > WIDEST ? WIDEST : columns;
}

void page_put(const Shared *shared, const char *text) {
    char *wrapped = text ? eligo_wrap(text, page_width(shared)) : NULL;
    if (wrapped) fputs(wrapped, stdout);
    free(wrapped);
}
