/* See check_data.h. */
#include "driver/check_data.h"

#include <stdlib.h>
#include <string.h>

#include "mnn/check.h"
#include "support/str.h"

/** The data of the program that the checks need. */
static mnn_model describe(const ir_program *p)
{
    const ir_value *input = p->graph->input->output[0];
    const ir_op *loss = p->graph->written;
    while (loss->code != IR_LOSS)
        loss = loss->next;
    static const mnn_split_order orders[LANG_ORDER_COUNT] = {[LANG_ORDER_STRATIFIED] = MNN_SPLIT_STRATIFIED,
                                                             [LANG_ORDER_SHUFFLED] = MNN_SPLIT_SHUFFLED,
                                                             [LANG_ORDER_LAST] = MNN_SPLIT_LAST};
    mnn_model model = {.name = p->model_name,
                       .scale = (float)p->data.scale,
                       .shift = (float)p->data.shift,
                       .normalises = ir_normalises_input(p->graph),
                       .validation_split = p->data.validation_split,
                       .validation_order = orders[p->data.validation_order],
                       .sample_rank = input->shape.rank,
                       .sample_size = (int)ir_elements(input->shape),
                       .reshapes = p->data.reshape.rank > 0,
                       .label_kind = loss->attr.classes     ? MNN_LABEL_CLASS
                                     : ir_loss_target(loss) ? MNN_LABEL_INPUT
                                                            : MNN_LABEL_VALUE,
                       .classes = (int)loss->attr.classes,
                       .class_names = p->data.class_names,
                       .column_names = p->data.column_names,
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

/** The hints after the first line of the runtime's message. */
static void report_hints(diag_list *d, const char *text)
{
    text += strcspn(text, "\n");
    text += *text == '\n';
    while (strncmp(text, hint, strlen(hint)) == 0)
        text = report_hint(d, text + strlen(hint));
}

static void report(diag_list *d, span at, const mnn_error *err)
{
    diag_error(d, at, "%.*s", (int)strcspn(err->text, "\n"), err->text);
    report_hints(d, err->text);
}

/** @param text  empty: there is nothing to warn of */
static void warn(diag_list *d, diag_warning_kind kind, span at, const char *text)
{
    if (*text == '\0')
        return;
    diag_warning(d, kind, at, "%.*s", (int)strcspn(text, "\n"), text);
    report_hints(d, text);
}

/** Checks of the settings against the number of samples, where no limit() gave it before. */
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

static int check_set(diag_list *d, const ir_program *p, const mnn_model *model, const ir_source *files, int64_t limit,
                     mnn_checked *seen)
{
    const mnn_source paths = {files->reader, files->samples, files->labels, files->options};
    mnn_error err;
    const mnn_status status = mnn_check_files(model, &paths, (int)limit, seen, &err);
    if (status)
        report(d, files->at, &err);
    else if (!seen->found)
        diag_warning(d, DIAG_MISSING_DATA, files->at, "these files were not found and so not checked");
    else if (files == &p->data.train)
        check_samples(d, p, seen->samples);
    if (!status && seen->found) {
        warn(d, DIAG_DATA_RANGE, files->at, seen->values);
        warn(d, DIAG_DATA_SHAPE, files->at, seen->reshape);
    }
    return (int)status;
}

/** The same source hold the same samples. */
static void check_same(diag_list *d, const ir_data *data)
{
    const ir_source *train = &data->train, *test = &data->test;
    if (!test->reader || strcmp(train->reader, test->reader) != 0 || strcmp(train->samples, test->samples) != 0)
        return;
    for (int i = 0; train->options[i] || test->options[i]; i++)
        if (!train->options[i] || !test->options[i] || strcmp(train->options[i], test->options[i]) != 0)
            return;
    diag_warning(d, DIAG_SAME_DATA, data->test.at, "the test set has the samples of the training set");
    diag_note(d, data->train.at, "the training set is here");
}

enum { TRAIN, TEST, VALIDATION, SETS };

/** The classes of the training set against those of the others. */
static void check_classes(diag_list *d, const ir_data *data, const mnn_checked seen[SETS])
{
    char text[MNN_ADVICE];
    const mnn_checked *train = &seen[TRAIN];
    const bool splits = data->validation_split > 0 && data->validation_order == LANG_ORDER_LAST;
    if (!train->counted)
        return;
    if (mnn_advise_single_class(train->training, text))
        warn(d, DIAG_DATA_CLASSES, data->train.at, text);
    if (splits && mnn_advise_classes(train->training, train->held_out, "validation", true, text))
        warn(d, DIAG_DATA_CLASSES, data->validation_at, text);
    if (!train->classes)
        return; /* what a single target says need not be the same in another set */
    if (seen[TEST].counted && mnn_advise_classes(train->training, seen[TEST].training, "test", false, text))
        warn(d, DIAG_DATA_CLASSES, data->test.at, text);
    if (seen[VALIDATION].counted &&
        mnn_advise_classes(train->training, seen[VALIDATION].training, "validation", false, text))
        warn(d, DIAG_DATA_CLASSES, data->validation.at, text);
}

int check_data(diag_list *d, const ir_program *p)
{
    const struct {
        const ir_source *files;
        int64_t limit;
    } sets[SETS] = {[TRAIN] = {&p->data.train, p->data.train_limit},
                    [TEST] = {&p->data.test, p->data.test_limit},
                    [VALIDATION] = {&p->data.validation, p->data.validation_limit}};
    mnn_model model = describe(p);
    mnn_checked *seen = arena_array(d->arena, SETS, sizeof *seen); /* zeros */
    int result = MNN_OK, classes = 0;
    check_same(d, &p->data);
    for (int i = 0; i < SETS; i++) {
        if (!sets[i].files->reader)
            continue;
        const int status = check_set(d, p, &model, sets[i].files, sets[i].limit, &seen[i]);
        result = result ? result : status;
        classes = seen[i].classes > classes ? seen[i].classes : classes;
        model.validation_split = 0; /* of the training set alone */
    }
    check_classes(d, &p->data, seen);
    if (classes > 0 && classes < model.classes)
        diag_warning(d, DIAG_UNUSED_CLASS, p->data.train.at,
                     "the model has outputs for %d classes, but the labels are 0 to %d", model.classes, classes - 1);
    return result;
}

/* --- tables ----------------------------------------------------------------------------------------- */

static const char *const *copy_names(arena *a, char *const *names, int count)
{
    const char **copy = arena_array(a, (size_t)count + 1, sizeof *copy);
    for (int i = 0; i < count; i++)
        copy[i] = arena_strdup(a, names[i]);
    return copy;
}

int check_data_look(arena *a, diag_list *d, ir_data *data)
{
    const ir_source *train = &data->train;
    const mnn_source paths = {train->reader, train->samples, train->labels, train->options};
    mnn_looked looked;
    mnn_error err;
    const mnn_status status = mnn_look(&paths, train->has_labels, &looked, &err);
    if (status) {
        report(d, train->at, &err);
        return (int)status;
    }
    data->columns = looked.columns;
    if (looked.names != NULL)
        data->column_names = copy_names(a, looked.names, looked.columns);
    if (data->class_names == NULL && looked.classes > 0) {
        data->class_names = copy_names(a, looked.class_names, looked.classes);
        data->class_count = looked.classes;
        data->classes_are_numbers = looked.are_numbers;
        data->classes_at = train->at;
    }
    if (looked.options != NULL)
        data->table_options = copy_names(a, looked.options, looked.option_count);
    mnn_looked_free(&looked);
    return MNN_OK;
}

/** Whether the names are the numbers of the model's classes. */
static bool are_class_numbers(const ir_data *data, int64_t classes)
{
    for (int i = 0; i < data->class_count && data->classes_are_numbers; i++) {
        const long long number = strtoll(data->class_names[i], NULL, 10);
        if (number < 0 || number >= classes)
            return false;
    }
    return data->classes_are_numbers;
}

void check_data_classes(diag_list *d, ir_program *p)
{
    ir_data *data = &p->data;
    const ir_op *loss = p->graph->written;
    while (loss->code != IR_LOSS)
        loss = loss->next;
    const int64_t classes = loss->attr.classes;
    if (data->class_names == NULL)
        return;
    if (classes == 0 || are_class_numbers(data, classes))
        data->class_names = NULL;
    else if (data->class_count != classes)
        diag_error(d, data->classes_at, "the target has %d classes, the model has %lld (expected the same)",
                   data->class_count, (long long)classes);
}
