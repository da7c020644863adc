#define _POSIX_C_SOURCE 200809L
#include "data/find.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/place.h"
#include "base/report.h"
#include "mnn/idx.h"

const char *mnn_search_path(void)
{
    const char *path = getenv("MNN_DATA_PATH");
    return path && *path ? path : "data:/usr/share/datasets";
}

/* MNIST's files are called "train-images-idx3-ubyte" where they come from, and have one of these characters before the
 * "idx3" in copies of them. */
static const char spellings[] = "-._";

/* A search. */
typedef struct search {
    const char *name;
    char *found;    /* malloc'ed; NULL: not yet */
    mnn_error *err; /* what the system said of the first file that it would not look at, ... */
    bool refused;   /* ... if there was one */
} search;

/* A link that leads in a circle, a folder without rights: the file may be there. */
static bool is_refusal(int number, const char *suffix)
{
    if (number == ENAMETOOLONG)
        return !*suffix; /* the name without a suffix may have been short enough */
    return number != ENOENT && number != ENOTDIR;
}

/* The index of the character that differs in "-idx3-ubyte" and its other spellings; -1: the name has none. */
static int spelling_at(const char *name)
{
    static const size_t length = sizeof "-idx3-ubyte" - 1;
    const char *base = mnn_place_name(name);
    if (strlen(base) <= length)
        return -1;
    const char *end = base + strlen(base) - length;
    const bool is = strchr(spellings, *end) && strncmp(end + 1, "idx", 3) == 0 && end[4] >= '1' && end[4] <= '9' &&
                    strcmp(end + 5, "-ubyte") == 0;
    return is ? (int)(end - name) : -1;
}

/* "<folder>/<name><suffix>" when such a file exists, whatever it is: what is wrong with it is said when it
 * is read. An empty folder means the name as it is.
 * @param spelling  the character before "idx3-ubyte", where the name ends in that; '\0': that of the name */
static mnn_status try_name(search *s, const char *folder, size_t folder_length, char spelling, const char *suffix)
{
    const size_t size = folder_length + strlen(s->name) + strlen(suffix) + 2;
    char *path = malloc(size);
    if (!path)
        return mnn_fail(s->err, MNN_ENOMEM, "out of memory");
    snprintf(path, size, "%.*s%s%s%s", (int)folder_length, folder, folder_length ? "/" : "", s->name, suffix);
    if (spelling)
        path[folder_length + (folder_length > 0) + (size_t)spelling_at(s->name)] = spelling;
    struct stat status;
    if (stat(path, &status) == 0) {
        s->found = path;
        return MNN_OK;
    }
    const int number = errno;
    if (!s->refused && is_refusal(number, suffix)) {
        mnn_fail_errno(s->err, path, "could not open", number);
        s->refused = true;
    }
    free(path);
    return MNN_OK;
}

/* Plain first, then compressed. */
static mnn_status try_spelling(search *s, const char *folder, size_t folder_length, char spelling)
{
    const mnn_status status = try_name(s, folder, folder_length, spelling, "");
    return status || s->found ? status : try_name(s, folder, folder_length, spelling, ".gz");
}

/* The name as it is first, then in its other spellings. */
static mnn_status try_folder(search *s, const char *folder, size_t folder_length)
{
    const int at = spelling_at(s->name);
    mnn_status status = try_spelling(s, folder, folder_length, '\0');
    for (const char *spelling = spellings; at >= 0 && *spelling && !s->found && !status; spelling++)
        if (*spelling != s->name[at])
            status = try_spelling(s, folder, folder_length, *spelling);
    return status;
}

static mnn_status try_path(search *s, const char *path)
{
    while (*path && !s->found) {
        const size_t length = strcspn(path, ":");
        if (length > 0) {
            const mnn_status status = try_folder(s, path, length);
            if (status)
                return status;
        }
        path += length;
        path += *path == ':';
    }
    return MNN_OK;
}

/* "mnist/t10k-labels-idx1-ubyte", in any folder and any spelling */
static bool is_of_mnist(const char *path)
{
    static const char *const names[] = {"train-images", "train-labels", "t10k-images", "t10k-labels"};
    const int at = spelling_at(path);
    const char *base = mnn_place_name(path);
    const size_t before = (size_t)(base - path), length = sizeof "mnist/" - 1;
    if (at < 0 || before < length || strncmp(base - length, "mnist/", length) != 0 ||
        (before > length && path[before - length - 1] != '/'))
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == (size_t)(path + at - base) && strncmp(base, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static const char get_mnist[] = "\nhint: \"make data\" fetches MNIST into the folder data\n"
                                "hint: or apt-get install dataset-fashion-mnist and\n"
                                "      --data /usr/share/datasets/fashion-mnist";

static mnn_status not_found(const mnn_places *places, const char *path, mnn_error *err)
{
    char name[256], where[256];
    if (places->folder)
        return mnn_fail(err, MNN_EIO, "%s: could not find it, plain or with .gz, in \"%s\" (--data)",
                        mnn_printable(name, sizeof name, mnn_place_name(path)),
                        mnn_printable(where, sizeof where, places->folder));
    mnn_printable(name, sizeof name, path);
    if (*path == '/')
        return mnn_fail(err, MNN_EIO, "%s: could not find it, plain or with .gz%s", name,
                        places->no_option ? "" : "\nhint: set its folder with --data DIR");
    const bool mnist = is_of_mnist(path);
    return mnn_fail(err, MNN_EIO,
                    "%s: could not find it, plain or with .gz; looked in the current folder and in \"%s\"%s\n"
                    "hint: %sset the folder of the files with %sMNN_DATA_PATH",
                    name, mnn_printable(where, sizeof where, places->search), mnist ? get_mnist : "",
                    mnist ? "or " : "", places->no_option ? "" : "--data DIR or ");
}

mnn_status mnn_find(const mnn_places *places, const char *path, char **found, mnn_error *err)
{
    search s = {.name = places->folder ? mnn_place_name(path) : path, .err = err};
    mnn_status status;
    if (places->folder) {
        /* An empty --data is the current folder. */
        const char *folder = *places->folder ? places->folder : ".";
        status = try_folder(&s, folder, strlen(folder));
    } else {
        status = try_folder(&s, "", 0);
        if (!status && !s.found && *path != '/')
            status = try_path(&s, places->search);
    }
    if (status)
        return status;
    if (!s.found)
        return s.refused ? MNN_EIO : not_found(places, path, err);
    *found = s.found;
    return MNN_OK;
}

char *mnn_idx_in_folder(const char *folder, const char *name)
{
    mnn_error err;
    search s = {.name = mnn_place_name(name), .err = &err};
    const char *place = *folder ? folder : ".";
    return try_folder(&s, place, strlen(place)) == MNN_OK ? s.found : NULL;
}

mnn_status mnn_find_pair(const mnn_places *places, const mnn_source *source, mnn_found *out, mnn_error *err)
{
    mnn_found found = {NULL, NULL};
    mnn_status status = mnn_find(places, source->samples, &found.samples, err);
    if (!status && source->labels)
        status = mnn_find(places, source->labels, &found.labels, err);
    if (status)
        mnn_found_free(&found);
    else
        *out = found;
    return status;
}

void mnn_found_free(mnn_found *found)
{
    free(found->samples);
    free(found->labels);
    *found = (mnn_found){NULL, NULL};
}
