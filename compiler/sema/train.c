/* The train block: loss, optimizer and how long. */
#include "sema/stages.h"

static void optimizer(ir_optimizer *out, const sema_args *args)
{
    *out =
        (ir_optimizer){.kind = (lang_optimizer)args->entry->id, .learning_rate = sema_get(args, "learning_rate")->real};
    switch (out->kind) {
    case LANG_OPTIMIZER_SGD:
        out->momentum = sema_get(args, "momentum")->real;
        out->nesterov = sema_get(args, "nesterov")->boolean;
        break;
    case LANG_OPTIMIZER_RMSPROP:
        out->rho = sema_get(args, "rho")->real;
        out->momentum = sema_get(args, "momentum")->real;
        out->epsilon = sema_get(args, "epsilon")->real;
        break;
    case LANG_OPTIMIZER_ADAM:
        out->beta_1 = sema_get(args, "beta_1")->real;
        out->beta_2 = sema_get(args, "beta_2")->real;
        out->epsilon = sema_get(args, "epsilon")->real;
        break;
    case LANG_OPTIMIZER_COUNT:
        break;
    }
}

/** Training with a rate that is far from the optimizer's own seldom works: it may be meant for another one. */
static void check_learning_rate(sema_context *cx, const sema_args *args)
{
    enum { MANY_TIMES = 100, FEW_TIMES = 1000 };
    sema_bound usual = {0};
    const int param = lang_find_param(args->entry, "learning_rate");
    const sema_bound *rate = &args->bound[param];
    const double got = cx->program->train.optimizer.learning_rate;
    const bool is_word = lang_type_table(args->entry->params[param].type) != NULL && rate->word >= 0;
    if (!rate->given || is_word)
        return;
    sema_default_value(cx, &args->entry->params[param], &usual);
    if (got * FEW_TIMES > usual.real && got < usual.real * MANY_TIMES)
        return;
    diag_warning(cx->diag, DIAG_LEARNING_RATE, rate->at, "a learning rate of %s is far from usual for %s",
                 str_double(cx->arena, got), args->entry->name);
    sema_note_origin(cx, &(sema_value){.origin = rate->origin});
    diag_hint(cx->diag, "its default is %s", str_double(cx->arena, usual.real));
}

static void read_optimizer(sema_context *cx, const sema_args *args)
{
    optimizer(&cx->program->train.optimizer, args);
    check_learning_rate(cx, args);
}

static ir_loss read_loss(const sema_bound *b)
{
    ir_loss loss = {.kind = (lang_loss)b->word};
    if (loss.kind == LANG_LOSS_CATEGORICAL_CROSSENTROPY || loss.kind == LANG_LOSS_BINARY_CROSSENTROPY)
        loss.label_smoothing = sema_get(b->args, "label_smoothing")->real;
    if (loss.kind == LANG_LOSS_HUBER)
        loss.delta = sema_get(b->args, "delta")->real;
    return loss;
}

/** The train block of this version has settings only. */
static void report_steps(sema_context *cx)
{
    for (const ast_stmt *s = cx->train->body; s != NULL; s = s->next) {
        if (s->kind != AST_STEP)
            continue;
        const ast_name *name = &s->call.callee;
        const lang_entry *setting = lang_find(&lang_train_settings, name->text);
        const lang_entry *known = lang_find(&lang_optimizers, name->text);
        diag_error(cx->diag, name->at, "unknown statement \"%s\" in the train block (expected a setting)",
                   sema_quote(cx, name->text));
        if (setting != NULL)
            diag_hint(cx->diag, "write %s = ...", setting->name);
        else if (known != NULL)
            diag_hint(cx->diag, "write optimizer = %s(...)", known->name);
    }
}

void sema_train(sema_context *cx)
{
    if (cx->train == NULL)
        return;
    ir_train *train = &cx->program->train;
    const sema_bound *settings = sema_settings(cx, cx->train, &lang_train_settings, NULL);
    const sema_bound *loss = &settings[LANG_TRAIN_LOSS];
    train->at = cx->train->at;
    train->loss_at = loss->valid ? loss->at : (span){0};
    if (loss->valid)
        train->loss = read_loss(loss);
    if (settings[LANG_TRAIN_OPTIMIZER].valid)
        read_optimizer(cx, settings[LANG_TRAIN_OPTIMIZER].args);
    const sema_bound *metrics = &settings[LANG_TRAIN_METRICS];
    for (int i = 0; i < metrics->word_count; i++)
        train->metrics[i] = (lang_metric)metrics->words[i];
    train->metric_count = metrics->word_count;
    train->epochs = settings[LANG_TRAIN_EPOCHS].integer;
    train->batch_size = settings[LANG_TRAIN_BATCH_SIZE].integer;
    train->batch_size_at = settings[LANG_TRAIN_BATCH_SIZE].at;
    train->seed = (uint64_t)settings[LANG_TRAIN_SEED].integer;
    report_steps(cx);
}

/** What to write in one_hot(): the number of outputs, where it is known before shape inference. */
static const char *classes_text(sema_context *cx)
{
    int64_t units = 0;
    if (cx->model != NULL)
        for (const ir_op *op = cx->program->graph->first; op != NULL; op = op->next)
            if (op->code == IR_DENSE)
                units = op->attr.units;
    return units >= 2 ? arena_printf(cx->arena, "%lld", (long long)units) : "N";
}

/** The accuracy of numbers that are no classes says nothing. */
static void check_metrics(sema_context *cx)
{
    const ir_program *p = cx->program;
    if (ir_loss_labels(p->train.loss.kind) != IR_LABELS_NUMBERS || p->data.one_hot_at.source != NULL ||
        cx->unknown_steps)
        return;
    for (int i = 0; i < p->train.metric_count; i++)
        if (p->train.metrics[i] == LANG_METRIC_ACCURACY) {
            diag_error(cx->diag, p->train.loss_at, "accuracy needs classes, but with %s the labels are numbers",
                       ir_loss_name(p->train.loss.kind));
            diag_hint(cx->diag, "write one_hot(%s) in the data block, or leave accuracy out of metrics",
                      classes_text(cx));
        }
}

/** What limit(train, n) says about the number of samples. */
static void check_samples(sema_context *cx)
{
    const ir_data *data = &cx->program->data;
    const ir_train *train = &cx->program->train;
    const int64_t training = ir_training_samples(data, data->train_limit);
    if (data->train_limit == 0)
        return;
    if (data->validation_split > 0 && training == data->train_limit) {
        diag_warning(cx->diag, DIAG_EMPTY_VALIDATION, data->validation_at,
                     "a validation split of %s of %lld samples holds nothing out",
                     str_double(cx->arena, data->validation_split), (long long)data->train_limit);
        diag_note(cx->diag, data->train_limit_at, "the training set is limited here");
    }
    if (train->batch_size <= training)
        return;
    diag_warning(cx->diag, DIAG_BATCH_SIZE, train->batch_size_at.source != NULL ? train->batch_size_at : train->at,
                 "the batch is larger than the training set (got %lld, of %lld samples)", (long long)train->batch_size,
                 (long long)training);
    diag_note(cx->diag, data->train_limit_at, "the training set is limited here");
}

void sema_agreement(sema_context *cx)
{
    const ir_program *p = cx->program;
    check_samples(cx);
    if (cx->data == NULL || p->train.loss_at.source == NULL)
        return;
    if (p->train.loss.kind == LANG_LOSS_CATEGORICAL_CROSSENTROPY && p->data.one_hot_at.source == NULL &&
        !cx->unknown_steps) {
        diag_error(cx->diag, p->train.loss_at,
                   "categorical_crossentropy needs one-hot labels (got class numbers, expected one_hot)");
        diag_note(cx->diag, cx->data->at, "this data block has no one_hot");
        diag_hint(cx->diag, "write one_hot(%s) in the data block, or loss = sparse_categorical_crossentropy",
                  classes_text(cx));
    }
    if (p->train.loss.kind == LANG_LOSS_SPARSE_CATEGORICAL_CROSSENTROPY && p->data.one_hot_at.source != NULL) {
        diag_error(cx->diag, p->train.loss_at,
                   "sparse_categorical_crossentropy needs class numbers (got one-hot labels)");
        diag_note(cx->diag, p->data.one_hot_at, "the labels become one-hot here");
        diag_hint(cx->diag, "write loss = categorical_crossentropy, or remove one_hot from the data block");
    }
    check_metrics(cx);
}
