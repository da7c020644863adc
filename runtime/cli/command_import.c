/* import: another program's weights for this model. */
#include <stdlib.h>
#include <string.h>

#include "base/report.h"
#include "cli/session.h"
#include "exchange/import.h"
#include "train/weights.h"

/* The matches as a file for --map would have them. */
static void print_matches(const mnn_session *s, const mnn_matches *m)
{
    char name[256];
    for (int i = 0; i < s->model->tensor_count; i++)
        fprintf(s->out, "%s = %s%s%s\n", mnn_printable(name, sizeof name, m->of[i].theirs->name),
                s->model->tensors[i].name, m->of[i].transpose ? " transpose" : "", m->of[i].chw ? " chw" : "");
    if (m->ambiguous)
        fprintf(s->log,
                "note: %d layer%s could match other tensors of the same shapes; tensors were matched in the order of\n"
                "      their names. If that is not the order of the layers, use the lines above in a file for --map\n",
                m->ambiguous, m->ambiguous == 1 ? "" : "s");
}

/* A network with fewer layers than the file would compute something else. */
static mnn_status check_unused(const mnn_session *s, const mnn_matches *m, mnn_error *err)
{
    char list[MNN_UNUSED_TEXT];
    const int count = mnn_unused(m, list, sizeof list);
    const char *plural = count == 1 ? " is" : "s are";
    if (count == 0)
        return MNN_OK;
    if (!s->options->allow_unused)
        return mnn_fail_file(err, MNN_EFORMAT, m->file->path,
                             "%d tensor%s not used: %s\n"
                             "hint: check that the model \"%s\" is the same network; --allow-unused ignores them",
                             count, plural, list, s->model->name);
    if (!s->options->quiet)
        fprintf(s->log, "note: %d tensor%s not used: %s\n", count, plural, list);
    return MNN_OK;
}

static mnn_status import(mnn_session *s, mnn_matches *m, mnn_error *err)
{
    const mnn_options *o = s->options;
    const mnn_origin origin = {.seed = s->seed, .epoch = 0, .fingerprint = NULL};
    char name[256];
    mnn_status status =
        o->map ? mnn_match_by_map(m, o->map, err)
               : mnn_match_by_names(m, strcmp(o->library, "keras") == 0 ? MNN_FROM_KERAS : MNN_FROM_PYTORCH, err);
    if (!status)
        status = mnn_import(m, err);
    if (!status)
        status = check_unused(s, m, err);
    if (!status)
        status = mnn_weights_save(s->model, o->save, &origin, err);
    if (status || o->quiet)
        return status;
    print_matches(s, m);
    fprintf(s->log, "saved the weights to %s\n", mnn_printable(name, sizeof name, o->save));
    return MNN_OK;
}

mnn_status mnn_command_import(mnn_session *s, mnn_error *err)
{
    mnn_foreign file;
    mnn_status status = mnn_foreign_load(s->options->files[0], &file, err);
    if (status)
        return status;
    mnn_matches m = {.model = s->model, .file = &file, .of = calloc((size_t)s->model->tensor_count + 1, sizeof *m.of)};
    status = m.of ? import(s, &m, err) : mnn_fail(err, MNN_ENOMEM, "out of memory");
    free(m.of);
    mnn_foreign_free(&file);
    return status;
}
