/* export: the weights for other programs. */
#include "cli/session.h"
#include "exchange/npz.h"

mnn_status mnn_command_export(mnn_session *s, mnn_error *err)
{
    const char *path = s->options->npz;
    char name[256];
    const mnn_status status = mnn_npz_save(s->model, path, err);
    if (!status && !s->options->quiet)
        fprintf(s->log, "wrote the weights to %s\n", mnn_printable(name, sizeof name, path));
    return status;
}
