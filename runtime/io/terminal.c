#define _DEFAULT_SOURCE
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST = 500 };

bool mnn_can_redraw(FILE *out)
{
    const char *term = getenv("TERM");
    return isatty(fileno(out)) == 1 && term && *term && strcmp(term, "dumb") != 0;
}

int mnn_columns(FILE *out)
{
    const char *columns = getenv("COLUMNS");
    const long wanted = columns ? strtol(columns, NULL, 10) : 0;
    struct winsize size;
    if (wanted >= 1 && wanted <= MOST)
        return (int)wanted;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 1)
        return size.ws_col < MOST ? size.ws_col : MOST;
    return 80;
}
