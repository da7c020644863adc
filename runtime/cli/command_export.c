/* export: the weights, or the whole network, for other programs. */
#include "cli/session.h"
#include "exchange/npz.h"
#include "exchange/onnx.h"

static void note(const mnn_session *s, const char *what, const char *path)
{
    char name[256];
    if (!s->options->quiet)
        fprintf(s->log, "wrote %s to %s\n", what, mnn_printable(name, sizeof name, path));
}

mnn_status mnn_command_export(mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    mnn_status status = MNN_OK;
    if (o->npz) {
        status = mnn_npz_save(s->model, o->npz, err);
        if (status)
            return status;
        note(s, "the weights", o->npz);
    }
    if (o->onnx) {
        status = mnn_onnx_save(s->model, o->onnx, err);
        if (status)
            return status;
        note(s, "the network", o->onnx);
    }
    return MNN_OK;
}
