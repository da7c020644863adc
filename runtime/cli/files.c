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
} files;

static mnn_status no_memory(mnn_error *err)
{
    return mnn_fail(err, MNN_ENOMEM, "out of memory for file names");
}

/* @param path  malloc'ed, freed with the others; NULL: there was no memory for it */
static mnn_status add_made(files *all, const char *whose, const char *what, file_use use, char *path, mnn_error *err)
{
    if (!path)
        return no_memory(err);
    file *f = &all->of[all->count++];
    *f = (file){.use = use, .path = path};
    snprintf(f->what, sizeof f->what, "%s%s", whose, what);
    f->placed = mnn_place_of(path, &f->place);
    return MNN_OK;
}

/* @param path  NULL: the option is not given */
static mnn_status add(files *all, const char *what, file_use use, const char *path, mnn_error *err)
{
    return path ? add_made(all, "", what, use, strdup(path), err) : MNN_OK;
}

/* With what lies beside it. */
static mnn_status add_checkpoint(files *all, const mnn_session *s, mnn_error *err)
{
    const char *path = mnn_keeper_path(s->model, s->options);
    const char *whose = s->options->checkpoint ? "--checkpoint" : "the description's checkpoint";
    char target[PATH_MAX];
    if (!path || mnn_place_target(path, target) != 0)
        return MNN_OK; /* what is wrong with it is said when it is opened */
    mnn_status status = add(all, whose, CHECKPOINT, path, err);
    if (!status)
        status = add_made(all, whose, "'s previous file", CHECKPOINT, mnn_previous_name(target), err);
    return status ? status : add_made(all, whose, "'s lock", WRITTEN, mnn_lock_name(target), err);
}

static mnn_status add_written(files *all, const mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    const mnn_model *model = s->model;
    mnn_status status = add(all, "--save", SAVED, o->save, err);
    if (!status)
        status = add(all, "--history", WRITTEN, o->history, err);
    if (!status)
        status = add(all, "--log-steps", WRITTEN, o->log_steps, err);
    if (!status)
        status = add(all, "--png", WRITTEN, o->png, err);
    if (!status)
        status = add(all, "--npz", WRITTEN, o->npz, err);
    if (status || o->command != MNN_COMMAND_TRAIN || (o->epochs.given ? o->epochs.value : (uint64_t)model->epochs) == 0)
        return status; /* without an epoch callbacks write nothing */
    for (int i = 0; i < model->callback_count && !status; i++)
        if (model->callbacks[i].kind == MNN_CALLBACK_CSV_LOGGER)
            status = add(all, "the description's csv_logger", WRITTEN, model->callbacks[i].path, err);
    return status ? status : add_checkpoint(all, s, err);
}

/* A file that is not there is missed by those who want to read it. */
static mnn_status add_data(files *all, const mnn_session *s, const char *what, const char *name, mnn_error *err)
{
    char *found = NULL;
    mnn_error why;
    const mnn_status status = name ? mnn_find(&s->places, name, &found, &why) : MNN_OK;
    if (status == MNN_ENOMEM)
        return no_memory(err);
    return found ? add_made(all, s->options->data ? "--data's " : "the description's ", what, READ, found, err)
                 : MNN_OK;
}

static mnn_status add_data_sets(files *all, const mnn_session *s, mnn_error *err)
{
    const mnn_model *model = s->model;
    mnn_status status = add_data(all, s, "training images", model->train.images, err);
    if (!status)
        status = add_data(all, s, "training labels", model->train.labels, err);
    if (!status)
        status = add_data(all, s, "validation images", model->validation.images, err);
    if (!status)
        status = add_data(all, s, "validation labels", model->validation.labels, err);
    if (!status)
        status = add_data(all, s, "test images", model->test.images, err);
    return status ? status : add_data(all, s, "test labels", model->test.labels, err);
}

static mnn_status add_read(files *all, const mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    mnn_status status = add(all, "--weights", BEGUN_WITH, o->weights, err);
    if (!status)
        status = add(all, "--map", READ, o->map, err);
    if (!status && o->command == MNN_COMMAND_IMPORT)
        status = add(all, "the file to import", READ, o->files[0], err);
    if (!status && (o->command == MNN_COMMAND_TRAIN || o->command == MNN_COMMAND_SHOW))
        status = add_data_sets(all, s, err);
    return status;
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
    files all = {.count = 0};
    mnn_status status = add_written(&all, s, err);
    if (!status && all.count > 0)
        status = add_read(&all, s, err);
    for (int i = 0; i < all.count && !status; i++)
        for (int k = i + 1; k < all.count && !status; k++)
            if (!may_be_one(all.of[i].use, all.of[k].use) && is_same(&all.of[i], &all.of[k]))
                status = refuse(&all.of[i], &all.of[k], err);
    for (int i = 0; i < all.count; i++)
        free(all.of[i].path);
    return status;
}
