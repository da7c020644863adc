/* See place.h. The runtime's io/place.c does the same for programs. */
#define _XOPEN_SOURCE 700
#include "driver/place.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40 /* as Linux has it */ };

/** The last component. */
static char *name_in(char *path)
{
    char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int place_target(const char *path, char target[PATH_MAX])
{
    if (strlen(path) >= PATH_MAX)
        return ENAMETOOLONG;
    strcpy(target, path);
    for (int links = 0; links <= MOST_LINKS; links++) {
        char link[PATH_MAX];
        const ssize_t length = readlink(target, link, sizeof link - 1);
        if (length < 0)
            return errno == EINVAL || errno == ENOENT ? 0 : errno; /* no link, or no file */
        link[length] = '\0';
        char *at = link[0] == '/' ? target : name_in(target);
        if ((at - target) + length >= PATH_MAX)
            return ENAMETOOLONG;
        strcpy(at, link);
    }
    return ELOOP;
}

/** The folder of a file that is not there yet, and the file's name in it.
 *  @param target  room for the name */
static bool find_folder(const char *path, char target[PATH_MAX], char name[NAME_MAX + 1], struct stat *folder)
{
    if (place_target(path, target) != 0)
        return false;
    char *last = name_in(target);
    if (!*last || strlen(last) > NAME_MAX)
        return false;
    strcpy(name, last);
    strcpy(last, ".");
    return stat(target, folder) == 0;
}

bool place_is_same(const char *one, const char *other)
{
    struct stat a, b;
    char target[PATH_MAX], name[NAME_MAX + 1], other_name[NAME_MAX + 1];
    if (strcmp(one, other) == 0)
        return true;
    const bool there = stat(one, &a) == 0;
    if (there != (stat(other, &b) == 0))
        return false;
    if (!there && (!find_folder(one, target, name, &a) || !find_folder(other, target, other_name, &b)))
        return false;
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && (there || strcmp(name, other_name) == 0);
}

size_t place_stem(const char *path, const char *mark)
{
    const char *slash = strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
    const size_t length = strlen(path + folder), most = NAME_MAX - strlen(mark);
    return folder + (length < most ? length : most);
}
