/* A folder of pictures with a folder for every class becomes IDX files, which a description reads.
 *
 *   pictures_to_idx PICTURES HEIGHT WIDTH CHANNELS OUTPUT
 *
 * PICTURES holds the classes' folders; their names, sorted, get the numbers 0, 1, 2 ... Every .png and .pgm file in
 * them is brought to HEIGHT x WIDTH x CHANNELS (1: grey, 3: colour) as "predict" will bring new ones (mnn/prepare.h).
 * Every fifth of a class is kept for testing. Written to OUTPUT, which must be there: {train,test}-images-idx3-ubyte
 * (idx4 for colour), {train,test}-labels-idx1-ubyte. Exit code: 0; 2 wrong usage; 3 a picture was rejected, or there
 * are none; 4 out of memory; 5 a file could not be read or written. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mnn/prepare.h"

enum { MAX_CLASSES = 256, MAX_SIDE = 1024, TEST_EVERY = 5, PATH = 4096 };

/* A pair of files that grows; the number of samples is put in at the end. */
typedef struct set {
    const char *folder, *name;
    FILE *images, *labels;
    uint32_t count;
} set;

static _Noreturn void fail(int code, const char *what, const char *more)
{
    fprintf(stderr, "error: %s%s\n", what, more);
    exit(code);
}

static _Noreturn void fail_file(const char *path)
{
    fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
    exit(5);
}

static void join(char out[PATH], const char *folder, const char *name)
{
    if (snprintf(out, PATH, "%s/%s", folder, name) >= PATH)
        fail(5, "too long a path: ", name);
}

/* --- writing ----------------------------------------------------------------------------------------- */

static void put_word(FILE *f, uint32_t word)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        fputc((int)(word >> shift & 255), f);
}

static FILE *create(const set *s, const char *kind, int rank)
{
    char name[64], path[PATH];
    snprintf(name, sizeof name, "%s-%s-idx%d-ubyte", s->name, kind, rank);
    join(path, s->folder, name);
    FILE *f = fopen(path, "wb");
    if (!f)
        fail_file(path);
    const unsigned char magic[4] = {0, 0, 8, (unsigned char)rank};
    fwrite(magic, 1, sizeof magic, f);
    put_word(f, 0);
    return f;
}

static void begin(set *s, const mnn_image *form)
{
    s->images = create(s, "images", form->channels == 1 ? 3 : 4);
    put_word(s->images, (uint32_t)form->height);
    put_word(s->images, (uint32_t)form->width);
    if (form->channels != 1)
        put_word(s->images, (uint32_t)form->channels);
    s->labels = create(s, "labels", 1);
}

static void finish(set *s)
{
    FILE *const files[2] = {s->images, s->labels};
    for (int i = 0; i < 2; i++) {
        const int found = fseek(files[i], 4, SEEK_SET);
        put_word(files[i], s->count);
        const int failed = ferror(files[i]);
        if (fclose(files[i]) != 0 || found != 0 || failed)
            fail_file(s->folder);
    }
}

/* --- reading ----------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a folder that do not begin with a dot, sorted.
 * @return how many */
static size_t list_folder(const char *path, char ***names)
{
    size_t count = 0;
    DIR *folder = opendir(path);
    if (!folder)
        fail_file(path);
    *names = NULL;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        *names = realloc(*names, (count + 1) * sizeof **names);
        if (!*names || !((*names)[count++] = strdup(entry->d_name)))
            fail(4, "out of memory", "");
    }
    closedir(folder);
    if (count > 1)
        qsort(*names, count, sizeof **names, by_name);
    return count;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static int is_picture(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (strcmp(dot, ".png") == 0 || strcmp(dot, ".pgm") == 0);
}

static void add(set *s, const char *path, const mnn_image *form, int class)
{
    const mnn_preparation how = {.inversion = MNN_INVERT_LIGHT};
    const size_t size = (size_t)form->height * (size_t)form->width * (size_t)form->channels;
    mnn_error err;
    mnn_image in, out = *form;
    char done[MNN_PREPARED_TEXT];
    bool is_blank;
    mnn_status status = mnn_image_load(path, form->channels, &in, &err);
    if (status == MNN_OK) {
        status = mnn_prepare(&in, &how, &out, &is_blank, done, &err);
        mnn_image_free(&in);
    }
    if (status != MNN_OK)
        fail((int)status, err.text, "");
    fwrite(out.pixels, 1, size, s->images);
    fputc(class, s->labels);
    mnn_image_free(&out);
    s->count++;
}

static void add_class(set sets[2], const char *path, const mnn_image *form, int class)
{
    char **names, picture[PATH];
    const size_t count = list_folder(path, &names);
    uint32_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_picture(names[i]))
            continue;
        join(picture, path, names[i]);
        add(&sets[++seen % TEST_EVERY == 0], picture, form, class);
    }
    free_names(names, count);
    if (seen < TEST_EVERY)
        fail(3, "too few pictures (expected at least 5 .png or .pgm files) in ", path);
    printf("class %d: %s, %u pictures\n", class, path, seen);
}

static int number(const char *text, int most)
{
    char *end;
    const long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 1 || value > most)
        fail(2, "not a number that can be used: ", text);
    return (int)value;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        fail(2, "usage: pictures_to_idx PICTURES HEIGHT WIDTH CHANNELS OUTPUT", "");
    const mnn_image form = {
        .height = number(argv[2], MAX_SIDE), .width = number(argv[3], MAX_SIDE), .channels = number(argv[4], 3)};
    if (form.channels == 2)
        fail(2, "channels are 1 or 3", "");
    char **classes, path[PATH];
    const size_t count = list_folder(argv[1], &classes);
    if (count < 2 || count > MAX_CLASSES)
        fail(3, "expected 2 to 256 folders, one a class, in ", argv[1]);
    set sets[2] = {{.folder = argv[5], .name = "train"}, {.folder = argv[5], .name = "test"}};
    begin(&sets[0], &form);
    begin(&sets[1], &form);
    for (size_t i = 0; i < count; i++) {
        join(path, argv[1], classes[i]);
        add_class(sets, path, &form, (int)i);
    }
    free_names(classes, count);
    finish(&sets[0]);
    finish(&sets[1]);
    printf("%u pictures to train with, %u to test\n", sets[0].count, sets[1].count);
    return 0;
}
