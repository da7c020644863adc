/* evaluate: loss and metrics over the test set. */
#include "base/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "train/evaluate.h"
#include "train/ranks.h"

static void print(const mnn_session *s, const mnn_tally *tally)
{
    const mnn_score score = mnn_tally_score(tally);
    if (s->options->json) {
        mnn_json(s->out, "{'event': 'result', 'command': 'evaluate', 'test': ");
        mnn_print_score_json(s->out, s->model, &score, tally);
        fputs("}\n", s->out);
        return;
    }
    fputs("test: ", s->out);
    mnn_print_score(s->out, s->model, &score);
    fputc('\n', s->out);
    mnn_print_confusion(s->out, tally);
}

mnn_status mnn_command_evaluate(mnn_session *s, mnn_error *err)
{
    mnn_dataset test;
    mnn_tally tally = {.model = s->model};
    if (!s->model->test.reader)
        return mnn_fail(err, MNN_EFORMAT, "the description of \"%s\" has no test set", s->model->name);
    mnn_status status = mnn_session_load(s, &s->model->test, s->model->test_limit, &test, NULL, err);
    status = mnn_ranks_agree(status, err);
    if (status)
        return status;
    const mnn_samples samples = mnn_dataset_all(&test);
    mnn_session_advise(s, "test set", &test.images);
    status = mnn_ranks_compare_test(s->model, &test, err);
    if (!status)
        status = mnn_tally_new(s->model, &tally, err);
    if (!status)
        status = mnn_evaluate(s->model, s->pool, &samples, NULL, &tally, err);
    mnn_dataset_free(&test);
    if (!status)
        print(s, &tally);
    mnn_tally_free(&tally);
    return status;
}
