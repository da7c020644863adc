#define _DEFAULT_SOURCE
#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MOST = 500 };

bool mnn_terminal_redraws(FILE *out)
{
    const char *term = getenv("TERM");
    return isatty(fileno(out)) == 1 && term && *term && strcmp(term, "dumb") != 0;
}

bool mnn_terminal_colors(FILE *out)
{
    const char *plain = getenv("NO_COLOR");
    return mnn_terminal_redraws(out) && !(plain && *plain);
}

int mnn_terminal_columns(FILE *out)
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
