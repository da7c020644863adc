#include "cli/session.h"

#include "cli/files.h"
#include "data/advice.h"
#include "math/math.h"
#include "mnn/gemm.h"
#include "train/blocks.h"
#include "train/weights.h"
#include "transport/transport.h"

static int choose_threads(const mnn_model *model, const mnn_options *options)
{
    const int wanted = options->threads.given ? (int)options->threads.value : mnn_processors();
    const int most = model->max_workers > 0 ? model->max_workers : 1;
    return wanted < most ? wanted : most;
}

/* More threads than the model has work for. */
static void tell_threads(const mnn_session *s)
{
    const mnn_options *o = s->options;
    if (o->threads.given && (int)o->threads.value > s->threads && !o->quiet)
        fprintf(s->log, "note: %d of %d threads are used: the work of a step has no more pieces\n", s->threads,
                (int)o->threads.value);
}

mnn_status mnn_session_open(mnn_session *s, const mnn_model *model, const mnn_options *options, mnn_error *err)
{
    *s = (mnn_session){.model = model,
                       .options = options,
                       .threads = choose_threads(model, options),
                       .seed = options->seed.given ? options->seed.value : model->seed,
                       .places = {.folder = options->data, .search = mnn_search_path()},
                       .out = stdout,
                       .log = stderr};
    if (mnn_transport_rank() > 0)
        s->out = s->log = fopen("/dev/null", "w");
    if (!s->log)
        return mnn_fail(err, MNN_EIO, "/dev/null: could not open");
    mnn_status status = mnn_files_check(s, err);
    if (status)
        return status;
    mnn_gemm_setup(s->log);
    tell_threads(s);
    status = mnn_pool_new(&s->pool, s->threads, err);
    if (!status)
        status = mnn_pool_scratch(s->pool, model->scratch, err);
    if (status) {
        mnn_session_close(s);
        return status;
    }
    if (options->weights)
        status = mnn_weights_load(model, options->weights, &s->has_other_weights, err);
    else
        mnn_initialize(model, s->seed);
    const mnn_block block = mnn_block_of(model, mnn_transport_size(), mnn_transport_rank());
    mnn_reset_slots(model, block.begin, block.end); /* memory that is never written takes none of the machine's */
    if (status)
        mnn_session_close(s);
    return status;
}

void mnn_session_close(mnn_session *s)
{
    mnn_pool_free(s->pool);
    s->pool = NULL;
}

void mnn_session_advise(const mnn_session *s, const char *name, const mnn_array *images)
{
    char text[MNN_ADVICE];
    if (s->options->quiet)
        return;
    if (mnn_advise_values(s->model, images, text))
        fprintf(s->log, "warning: %s: %s\n", name, text);
    if (mnn_advise_reshape(s->model, images, text))
        fprintf(s->log, "warning: %s: %s\n", name, text);
}

mnn_status mnn_session_load(const mnn_session *s, const mnn_source *source, int limit, mnn_dataset *out,
                            mnn_found *found, mnn_error *err)
{
    mnn_found where;
    mnn_status status = mnn_find_pair(&s->places, source, &where, err);
    if (status)
        return status;
    status = mnn_dataset_load(s->model, source, &where, limit, out, err);
    if (status || !found)
        mnn_found_free(&where);
    else
        *found = where;
    return status;
}
