#define _DEFAULT_SOURCE
#include "cli/terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>

enum { MOST = 500 };

int mnn_columns(FILE *out)
{
    const char *columns = getenv("COLUMNS");
    const long wanted = columns ? strtol(columns, NULL, 10) : 0;
    struct winsize size;
    if (wanted >= 20 && wanted <= MOST)
        return (int)wanted;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col < MOST ? size.ws_col : MOST;
    return 80;
}
