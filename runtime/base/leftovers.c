/* Files that are removed when the program is ended in the middle of its work. */
#define _POSIX_C_SOURCE 200809L

#include "base/process.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { PLACES = 16, LONGEST = 4200 };

/* Fixed memory: a handler may look at it at any moment. */
static struct {
    volatile sig_atomic_t used;
    char path[LONGEST];
} places[PLACES];

int mnn_leftover_note(const char *path)
{
    if (strlen(path) >= LONGEST)
        return -1;
    for (int i = 0; i < PLACES; i++) {
        if (places[i].used)
            continue;
        strcpy(places[i].path, path);
        places[i].used = 1;
        return i;
    }
    return -1;
}

void mnn_leftover_forget(int place)
{
    if (place >= 0)
        places[place].used = 0;
}

/* Files before the folders that they are in. */
void mnn_leftovers_remove(void)
{
    for (int i = 0; i < PLACES; i++)
        if (places[i].used)
            unlink(places[i].path);
    for (int i = 0; i < PLACES; i++)
        if (places[i].used)
            rmdir(places[i].path);
}
