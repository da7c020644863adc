/* The file of a name, whether it exists or not. */
#define _XOPEN_SOURCE 700

#include "base/place.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40 /* as Linux has it */, MARK = 32 /* bytes for ".tmp-<pid>-<n>" */ };

size_t mnn_place_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

int mnn_place_target(const char *path, char target[PATH_MAX])
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
        char *at = link[0] == '/' ? target : target + mnn_place_folder(target);
        if ((at - target) + length >= PATH_MAX)
            return ENAMETOOLONG;
        strcpy(at, link);
    }
    return ELOOP;
}

bool mnn_place_of(const char *path, mnn_place *out)
{
    struct stat about;
    char target[PATH_MAX];
    out->name[0] = '\0';
    if (stat(path, &about) != 0) {
        if (errno != ENOENT || mnn_place_target(path, target) != 0)
            return false;
        char *name = target + mnn_place_folder(target);
        if (!*name || strlen(name) > NAME_MAX)
            return false;
        strcpy(out->name, name);
        strcpy(name, "."); /* now target is its folder */
        if (stat(target, &about) != 0)
            return false;
    }
    out->device = about.st_dev;
    out->node = about.st_ino;
    return true;
}

bool mnn_place_same(const mnn_place *one, const mnn_place *other)
{
    return one->device == other->device && one->node == other->node && strcmp(one->name, other->name) == 0;
}

bool mnn_paths_same(const char *one, const char *other)
{
    mnn_place a, b;
    return strcmp(one, other) == 0 || (mnn_place_of(one, &a) && mnn_place_of(other, &b) && mnn_place_same(&a, &b));
}

size_t mnn_place_stem(const char *path)
{
    const size_t folder = mnn_place_folder(path);
    size_t length = strlen(path + folder);
    if (length <= NAME_MAX - MARK)
        return folder + length;
    length = NAME_MAX - MARK;
    for (int i = 0; i < 3 && ((unsigned char)path[folder + length] & 0xC0) == 0x80; i++)
        length--; /* no half character */
    return folder + length;
}
