/* evaluate: loss and metrics over the test set. */
#include "cli/output.h"
#include "cli/session.h"
#include "train/evaluate.h"

mnn_status mnn_command_evaluate(mnn_session *s, mnn_error *err)
{
    const mnn_options *o = s->options;
    mnn_dataset test;
    mnn_score score;
    if (!s->model->test.images)
        return mnn_fail(err, MNN_EFORMAT, "the description of \"%s\" has no test set", s->model->name);
    if (!o->weights && !o->quiet)
        fputs("note: without --weights the initial weights are evaluated\n", s->log);
    mnn_status status = mnn_session_load(s, &s->model->test, s->model->test_limit, &test, NULL, err);
    if (status)
        return status;
    const mnn_samples samples = mnn_dataset_all(&test);
    status = mnn_evaluate(s->model, s->pool, &samples, NULL, &score, err);
    mnn_dataset_free(&test);
    if (status)
        return status;
    if (o->json) {
        fputs("{\"event\": \"result\", \"command\": \"evaluate\", \"test\": ", s->out);
        mnn_print_score_json(s->out, s->model, &score);
        fputs("}\n", s->out);
    } else {
        fputs("test: ", s->out);
        mnn_print_score(s->out, s->model, &score);
        fputc('\n', s->out);
    }
    return MNN_OK;
}
