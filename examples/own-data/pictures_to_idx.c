/* A folder of images with a folder for every class becomes IDX files, which a description reads.
 *
 *   pictures_to_idx IMAGES HEIGHT WIDTH CHANNELS OUTPUT
 *
 * IMAGES holds the classes' folders; their names, sorted, get the numbers 0, 1, 2 ... Every PNG, JPEG and PGM file in
 * them, whatever its name, is brought to HEIGHT x WIDTH x CHANNELS (1: grey, 3: colour) as "predict" will bring new
 * ones (mnn/prepare.h). Every fifth of a class is kept for testing. Names that begin with a dot are ignored (.DS_Store,
 * .ipynb_checkpoints); every other file that cannot be used is reported and counted.
 *
 * Written to OUTPUT, which must exist: {train,test}-images-idx3-ubyte (idx4 for colour),
 * {train,test}-labels-idx1-ubyte; all of them after the last image was read, or none. Exit code: 0; 2 wrong usage; 3
 * too few classes or images; 4 out of memory; 5 a file could not be read or written. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mnn/prepare.h"

enum { MAX_CLASSES = 256, MAX_SIDE = 1024, TEST_EVERY = 5, PATH = 4096, SHOWN = 256, MOST_NOTES = 20 };

/* A file that is written under another name until all are complete. */
typedef struct output {
    FILE *file;
    char path[PATH];
    char temporary[PATH + 32]; /* "": there is none */
} output;

/* A pair of files that grows; the number of samples is put in at the end. */
typedef struct set {
    const char *folder, *name;
    output images, labels;
    uint32_t count;
} set;

static set sets[2]; /* for training and for testing */

/* Files that were not used, of a class and of all. */
static struct {
    uint32_t here, all;
} skipped;

/* Temporary files are removed: nothing that was there has changed. */
static void clean(void)
{
    for (int i = 0; i < 2; i++) {
        unlink(sets[i].images.temporary);
        unlink(sets[i].labels.temporary);
    }
}

static _Noreturn void end(int code)
{
    clean();
    exit(code);
}

static void on_signal(int number)
{
    clean();
    signal(number, SIG_DFL);
    raise(number);
}

static _Noreturn void fail(int code, const char *what, const char *more)
{
    char shown[SHOWN];
    fprintf(stderr, "error: %s%s\n", what, mnn_printable(shown, sizeof shown, more));
    end(code);
}

static _Noreturn void fail_file(const char *path)
{
    const int number = errno;
    char shown[SHOWN];
    fprintf(stderr, "%s: error: %s\n", mnn_printable(shown, sizeof shown, path), strerror(number));
    end(number == ENOMEM ? 4 : 5);
}

static const char *files_text(uint32_t count)
{
    return count == 1 ? "file" : "files";
}

/* @param reason  begins with the file's name */
static void skip(const char *reason)
{
    skipped.here++;
    if (skipped.all++ < MOST_NOTES)
        fprintf(stderr, "note: skipped: %s\n", reason);
}

static void skip_file(const char *path, const char *reason)
{
    char shown[SHOWN], text[2 * SHOWN];
    snprintf(text, sizeof text, "%s: %s", mnn_printable(shown, sizeof shown, path), reason);
    skip(text);
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

static void create(output *o, const set *s, const char *kind, int rank)
{
    char name[64];
    struct stat about;
    snprintf(name, sizeof name, "%s-%s-idx%d-ubyte", s->name, kind, rank);
    join(o->path, s->folder, name);
    const int is_there = stat(o->path, &about) == 0;
    if (is_there && !S_ISREG(about.st_mode))
        fail(5, "not a regular file: ", o->path);
    snprintf(o->temporary, sizeof o->temporary, "%s.tmp-%ld", o->path, (long)getpid());
    o->file = fopen(o->temporary, "wbx");
    if (!o->file) {
        o->temporary[0] = '\0'; /* not ours to remove */
        fail_file(o->path);
    }
    if (is_there && fchmod(fileno(o->file), about.st_mode & 07777) != 0)
        fail_file(o->path);
    const unsigned char magic[4] = {0, 0, 8, (unsigned char)rank};
    fwrite(magic, 1, sizeof magic, o->file);
    put_word(o->file, 0);
}

static void begin(set *s, const mnn_image *form)
{
    create(&s->images, s, "images", form->channels == 1 ? 3 : 4);
    put_word(s->images.file, (uint32_t)form->height);
    put_word(s->images.file, (uint32_t)form->width);
    if (form->channels != 1)
        put_word(s->images.file, (uint32_t)form->channels);
    create(&s->labels, s, "labels", 1);
}

/* Put in the number of samples, and everything on the disk. */
static void complete(output *o, uint32_t count)
{
    const int found = fseek(o->file, 4, SEEK_SET);
    put_word(o->file, count);
    errno = 0;
    const int written = fflush(o->file) == 0 && !ferror(o->file) && fsync(fileno(o->file)) == 0;
    if (found != 0 || !written || fclose(o->file) != 0) {
        errno = errno ? errno : EIO;
        fail_file(o->path);
    }
}

static void put_in_place(output *o)
{
    if (rename(o->temporary, o->path) != 0)
        fail_file(o->path);
    o->temporary[0] = '\0';
}

static void finish(void)
{
    for (int i = 0; i < 2; i++) {
        complete(&sets[i].images, sets[i].count);
        complete(&sets[i].labels, sets[i].count);
    }
    for (int i = 0; i < 2; i++) {
        put_in_place(&sets[i].images);
        put_in_place(&sets[i].labels);
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

/* @return whether the image is used; *is_blank: nothing is drawn on it */
static int add(set *s, const char *path, const mnn_image *form, int class, bool *is_blank)
{
    const mnn_preparation how = {.inversion = MNN_INVERT_LIGHT};
    const size_t size = (size_t)form->height * (size_t)form->width * (size_t)form->channels;
    mnn_error err;
    mnn_image in, out = *form;
    char done[MNN_PREPARED_TEXT];
    mnn_status status = mnn_image_load(path, form->channels, &in, &err);
    if (status == MNN_EFORMAT || status == MNN_EIO) {
        skip(err.text);
        return 0;
    }
    if (status == MNN_OK) {
        status = mnn_prepare(&in, &how, &out, is_blank, done, &err);
        mnn_image_free(&in);
    }
    if (status != MNN_OK) {
        fprintf(stderr, "error: %s\n", err.text);
        end((int)status);
    }
    fwrite(out.pixels, 1, size, s->images.file);
    fputc(class, s->labels.file);
    mnn_image_free(&out);
    s->count++;
    return 1;
}

static void add_class(const char *path, const mnn_image *form, int class)
{
    char **names, picture[PATH], shown[SHOWN];
    const size_t count = list_folder(path, &names);
    uint32_t seen = 0, blank = 0;
    skipped.here = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_blank = false;
        join(picture, path, names[i]);
        seen += (uint32_t)add(&sets[(seen + 1) % TEST_EVERY == 0], picture, form, class, &is_blank);
        blank += is_blank;
    }
    free_names(names, count);
    printf("class %d: %s, %u images", class, mnn_printable(shown, sizeof shown, path), seen);
    if (blank > 0)
        printf(", %u of them blank", blank);
    if (skipped.here > 0)
        printf(", %u %s skipped", skipped.here, files_text(skipped.here));
    putchar('\n');
    if (seen < TEST_EVERY)
        fail(3, "too few images (expected at least 5 PNG, JPEG or PGM files) in ", path);
}

/* The folders among the names; everything else is reported. */
static size_t keep_folders(const char *path, char **names, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        char entry[PATH];
        struct stat about;
        join(entry, path, names[i]);
        if (stat(entry, &about) == 0 && S_ISDIR(about.st_mode)) {
            names[kept++] = names[i];
            continue;
        }
        skip_file(entry, "not the folder of a class");
        free(names[i]);
    }
    return kept;
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
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGXFSZ, SIG_IGN); /* a write beyond the limit fails */
    if (argc != 6)
        fail(2, "usage: pictures_to_idx IMAGES HEIGHT WIDTH CHANNELS OUTPUT", "");
    const mnn_image form = {
        .height = number(argv[2], MAX_SIDE), .width = number(argv[3], MAX_SIDE), .channels = number(argv[4], 3)};
    if (form.channels == 2)
        fail(2, "channels are 1 or 3", "");
    char **classes, path[PATH];
    size_t count = list_folder(argv[1], &classes);
    count = keep_folders(argv[1], classes, count);
    if (count < 2 || count > MAX_CLASSES)
        fail(3, "expected 2 to 256 folders, one per class, in ", argv[1]);
    for (int i = 0; i < 2; i++) {
        sets[i].folder = argv[5];
        sets[i].name = i == 0 ? "train" : "test";
        begin(&sets[i], &form);
    }
    for (size_t i = 0; i < count; i++) {
        join(path, argv[1], classes[i]);
        add_class(path, &form, (int)i);
    }
    free_names(classes, count);
    if (skipped.all > MOST_NOTES)
        fprintf(stderr, "note: %u more files are not listed\n", skipped.all - MOST_NOTES);
    finish();
    printf("%u images to train with, %u to test\n", sets[0].count, sets[1].count);
    if (skipped.all > 0)
        printf("%u %s skipped\n", skipped.all, files_text(skipped.all));
    return 0;
}
