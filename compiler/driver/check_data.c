/* See check_data.h. */
#include "driver/check_data.h"

#include <string.h>

#include "mnn/check.h"
#include "support/str.h"

/** What the checks need to know of the program. */
static mnn_model describe(const ir_program *p)
{
    const ir_value *input = p->graph->input->output[0];
    const ir_op *loss = p->graph->written;
    while (loss->code != IR_LOSS)
        loss = loss->next;
    mnn_model model = {.name = p->model_name,
                       .sample_rank = input->shape.rank,
                       .sample_size = (int)ir_elements(input->shape),
                       .reshapes = p->data.reshape.rank > 0,
                       .label_kind = loss->attr.classes     ? MNN_LABEL_CLASS
                                     : ir_loss_target(loss) ? MNN_LABEL_INPUT
                                                            : MNN_LABEL_VALUE,
                       .classes = (int)loss->attr.classes,
                       .output_size = (int)ir_elements(p->graph->output->shape)};
    for (int i = 0; i < input->shape.rank; i++)
        model.sample_dims[i] = (int)input->shape.dim[i];
    return model;
}

static const char hint[] = "hint: ";

/** A hint, whose further lines are indented: it becomes one line.
 *  @return the rest of the text */
static const char *report_hint(diag_list *d, const char *text)
{
    str s = str_new(d->arena);
    do {
        text += strspn(text, " ");
        const size_t length = strcspn(text, "\n");
        str_printf(&s, "%s%.*s", s.length ? " " : "", (int)length, text);
        text += length + (text[length] == '\n');
    } while (*text && strncmp(text, hint, strlen(hint)) != 0);
    diag_hint(d, "%s", s.text);
    return text;
}

/** Report what the runtime says, which may have hints behind it. */
static void report(diag_list *d, span at, const mnn_error *err)
{
    const char *text = err->text;
    const size_t length = strcspn(text, "\n");
    diag_error(d, at, "%.*s", (int)length, text);
    text += length + (text[length] == '\n');
    while (strncmp(text, hint, strlen(hint)) == 0)
        text = report_hint(d, text + strlen(hint));
}

/** What the number of samples says about the settings, where no limit() has said it before. */
static void check_samples(diag_list *d, const ir_program *p, int64_t samples)
{
    const ir_data *data = &p->data;
    const ir_train *train = &p->train;
    const int64_t training = ir_training_samples(data, samples);
    if (data->train_limit != 0 && samples == data->train_limit)
        return;
    if (data->validation_split > 0 && training == samples)
        diag_warning(d, DIAG_EMPTY_VALIDATION, data->validation_at,
                     "a validation split of %g of %lld samples holds nothing out", data->validation_split,
                     (long long)samples);
    if (train->batch_size > training)
        diag_warning(d, DIAG_BATCH_SIZE, train->batch_size_at.source ? train->batch_size_at : train->at,
                     "the batch is larger than the training set (got %lld, of %lld samples)",
                     (long long)train->batch_size, (long long)training);
}

static int check_set(diag_list *d, const ir_program *p, const mnn_model *model, const ir_files *files, int64_t limit,
                     mnn_checked *seen)
{
    const mnn_files paths = {files->images, files->labels};
    mnn_error err;
    const mnn_status status = mnn_check_files(model, &paths, (int)limit, seen, &err);
    if (status)
        report(d, files->at, &err);
    else if (!seen->found)
        diag_warning(d, DIAG_MISSING_DATA, files->at, "these files are not here, so they were not checked");
    else if (files == &p->data.train)
        check_samples(d, p, seen->samples);
    return (int)status;
}

/** Files under the same name hold the same samples. */
static void check_same(diag_list *d, const ir_data *data)
{
    if (!data->test.images || strcmp(data->train.images, data->test.images) != 0)
        return;
    diag_warning(d, DIAG_SAME_DATA, data->test.at, "the test set has the pictures of the training set");
    diag_note(d, data->train.at, "the training set is here");
}

int check_data(diag_list *d, const ir_program *p)
{
    const struct {
        const ir_files *files;
        int64_t limit;
    } sets[] = {{&p->data.train, p->data.train_limit},
                {&p->data.test, p->data.test_limit},
                {&p->data.validation, p->data.validation_limit}};
    const mnn_model model = describe(p);
    int result = MNN_OK, classes = 0;
    check_same(d, &p->data);
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        mnn_checked seen = {0};
        if (!sets[i].files->images)
            continue;
        const int status = check_set(d, p, &model, sets[i].files, sets[i].limit, &seen);
        result = result ? result : status;
        classes = seen.classes > classes ? seen.classes : classes;
    }
    if (classes > 0 && classes < model.classes)
        diag_warning(d, DIAG_UNUSED_CLASS, p->data.train.at,
                     "the model has outputs for %d classes, the labels are 0 to %d", model.classes, classes - 1);
    return result;
}
