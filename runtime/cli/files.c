#define _POSIX_C_SOURCE 200809L
#include "cli/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/place.h"
#include "base/previous.h"
#include "cli/keeper.h"

enum { MOST_FILES = 24 };

typedef enum file_use {
    READ,
    BEGUN_WITH, /* --weights, in whose place a training may leave its own */
    WRITTEN,
    SAVED,
    CHECKPOINT /* the last one and the one before: after a sudden end both names may be of one file */
} file_use;

typedef struct file {
    char what[48]; /* in messages */
    file_use use;
    char *path;
    bool placed; /* false: its folder is not there */
    mnn_place place;
} file;

typedef struct files {
    file of[MOST_FILES];
    int count;
    mnn_status status; /* of the first that failed */
    mnn_error *err;
} files;

/* @param path  malloc'ed, freed with the others; NULL: there was no memory for it */
static void add_made(files *all, const char *whose, const char *what, file_use use, char *path)
{
    if (!path) {
        all->status = mnn_fail(all->err, MNN_ENOMEM, "out of memory for file names");
        return;
    }
    file *f = &all->of[all->count++];
    *f = (file){.use = use, .path = path};
    snprintf(f->what, sizeof f->what, "%s%s", whose, what);
    f->placed = mnn_place_of(path, &f->place);
}

/* @param path  NULL: the option is not given */
static void add(files *all, const char *what, file_use use, const char *path)
{
    if (path)
        add_made(all, "", what, use, strdup(path));
}

/* With the files beside it. */
static void add_checkpoint(files *all, const mnn_session *s)
{
    const char *path = mnn_keeper_path(s->model, s->options);
    const char *whose = s->options->checkpoint ? "--checkpoint" : "the description's checkpoint";
    char target[PATH_MAX];
    if (!path || mnn_place_target(path, target) != 0)
        return; /* what is wrong with it is said when it is opened */
    add(all, whose, CHECKPOINT, path);
    add_made(all, whose, "'s previous file", CHECKPOINT, mnn_previous_name(target));
    add_made(all, whose, "'s lock", WRITTEN, mnn_lock_name(target));
}

static void add_written(files *all, const mnn_session *s)
{
    const mnn_options *o = s->options;
    const mnn_model *model = s->model;
    add(all, "--save", SAVED, o->save);
    add(all, "--history", WRITTEN, o->history);
    add(all, "--report", WRITTEN, o->report);
    add(all, "--log-steps", WRITTEN, o->log_steps);
    add(all, "--png", WRITTEN, o->png);
    add(all, "--npz", WRITTEN, o->npz);
    add(all, "--plot", WRITTEN, o->plot);
    if (o->command != MNN_COMMAND_TRAIN || (o->epochs.given ? o->epochs.value : (uint64_t)model->epochs) == 0)
        return; /* without an epoch callbacks write nothing */
    for (int i = 0; i < model->callback_count; i++)
        if (model->callbacks[i].kind == MNN_CALLBACK_CSV_LOGGER)
            add(all, "the description's csv_logger", WRITTEN, model->callbacks[i].path);
    add_checkpoint(all, s);
}

/* A file that is not there is missed by those who want to read it. */
static void add_data(files *all, const mnn_session *s, const char *what, const char *name)
{
    char *found = NULL;
    mnn_error why;
    const mnn_status status = name ? mnn_find(&s->places, name, &found, &why) : MNN_OK;
    if (found || status == MNN_ENOMEM)
        add_made(all, s->options->data ? "--data's " : "the description's ", what, READ, found);
}

static void add_read(files *all, const mnn_session *s)
{
    const mnn_options *o = s->options;
    const mnn_model *model = s->model;
    add(all, "--weights", BEGUN_WITH, o->weights);
    add(all, "--map", READ, o->map);
    if (o->command == MNN_COMMAND_IMPORT)
        add(all, "the file to import", READ, o->files[0]);
    if (o->command != MNN_COMMAND_TRAIN && o->command != MNN_COMMAND_SHOW)
        return;
    add_data(all, s, "training images", model->train.samples);
    add_data(all, s, "training labels", model->train.labels);
    add_data(all, s, "validation images", model->validation.samples);
    add_data(all, s, "validation labels", model->validation.labels);
    add_data(all, s, "test images", model->test.samples);
    add_data(all, s, "test labels", model->test.labels);
}

static bool is_same(const file *one, const file *other)
{
    if (one->placed && other->placed)
        return mnn_place_same(&one->place, &other->place);
    return strcmp(one->path, other->path) == 0;
}

/* @param use  of the file that is added first: one that is written, if any is */
static bool may_be_one(file_use use, file_use other)
{
    if (other == READ)
        return use == READ || use == BEGUN_WITH;
    if (other == BEGUN_WITH)
        return use != WRITTEN;
    return use == CHECKPOINT && other == CHECKPOINT;
}

static mnn_status refuse(const file *one, const file *other, mnn_error *err)
{
    static const char why[] = "one would overwrite the other";
    char shown[256], also[256];
    mnn_printable(shown, sizeof shown, one->path);
    if (strcmp(one->path, other->path) == 0)
        return mnn_fail(err, MNN_EUSAGE, "%s and %s are one file (got \"%s\" for both): %s", one->what, other->what,
                        shown, why);
    return mnn_fail(err, MNN_EUSAGE, "%s and %s are one file (got \"%s\" and \"%s\"): %s", one->what, other->what,
                    shown, mnn_printable(also, sizeof also, other->path), why);
}

mnn_status mnn_files_check(const mnn_session *s, mnn_error *err)
{
    files all = {.err = err};
    add_written(&all, s);
    if (all.count > 0)
        add_read(&all, s);
    for (int i = 0; i < all.count && !all.status; i++)
        for (int k = i + 1; k < all.count && !all.status; k++)
            if (!may_be_one(all.of[i].use, all.of[k].use) && is_same(&all.of[i], &all.of[k]))
                all.status = refuse(&all.of[i], &all.of[k], err);
    for (int i = 0; i < all.count; i++)
        free(all.of[i].path);
    return all.status;
}
