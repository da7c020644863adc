/* The train block: loss, optimizer and how long. */
#include "sema/stages.h"

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
    diag_warning(cx->diag, DIAG_LEARNING_RATE, rate->at, "a learning rate of %s is unusual for %s",
                 str_double(cx->arena, got), args->entry->name);
    sema_note_origin(cx, &(sema_value){.origin = rate->origin});
    diag_hint(cx->diag, "its default is %s", str_double(cx->arena, usual.real));
}

static void read_optimizer(sema_context *cx, const sema_args *args)
{
    cx->program->train.optimizer = sema_optimizer(cx, args);
    check_learning_rate(cx, args);
}

static double loss_argument(const sema_bound *b, const char *name)
{
    return lang_find_param(&lang_losses.entries[b->word], name) < 0 ? 0 : sema_get(b->args, name)->real;
}

static ir_loss read_loss(arena *a, const sema_bound *b)
{
    ir_loss loss = {.kind = (lang_loss)b->word,
                    .label_smoothing = loss_argument(b, "label_smoothing"),
                    .delta = loss_argument(b, "delta")};
    ir_loss_complete(&loss, a);
    return loss;
}

static void read_shards(sema_context *cx, const sema_bound *shards)
{
    ir_train *train = &cx->program->train;
    const int64_t n = shards->valid ? shards->integer : 1;
    train->shards = n;
    train->shard_rows = train->batch_size < 1 ? 0 : (train->batch_size - 1) / n + 1;
    if (!shards->valid || !shards->given || train->batch_size < 1)
        return;
    if ((n & (n - 1)) != 0)
        diag_error(cx->diag, shards->at, "shards must be a power of two (got %lld)", (long long)n);
    else if (n > train->batch_size) {
        diag_error(cx->diag, shards->at, "more shards than samples per step (got %lld, expected at most %lld)",
                   (long long)n, (long long)train->batch_size);
        if (train->batch_size_at.source)
            diag_note(cx->diag, train->batch_size_at, "batch_size is set here");
    }
}

void sema_train(sema_context *cx)
{
    if (cx->train == NULL)
        return;
    ir_train *train = &cx->program->train;
    const sema_bound *settings = sema_settings(cx, cx->train, &lang_train_settings, &lang_callbacks);
    const sema_bound *loss = &settings[LANG_TRAIN_LOSS];
    train->at = cx->train->at;
    train->loss_at = loss->valid ? loss->at : (span){0};
    if (loss->valid)
        train->loss = read_loss(cx->arena, loss);
    if (settings[LANG_TRAIN_OPTIMIZER].valid)
        read_optimizer(cx, settings[LANG_TRAIN_OPTIMIZER].args);
    if (settings[LANG_TRAIN_METRICS].valid)
        sema_metrics(cx, &settings[LANG_TRAIN_METRICS]);
    cx->unknown_metrics =
        !settings[LANG_TRAIN_METRICS].valid || (cx->incomplete && !settings[LANG_TRAIN_METRICS].given);
    train->epochs = settings[LANG_TRAIN_EPOCHS].integer;
    train->batch_size = settings[LANG_TRAIN_BATCH_SIZE].integer;
    train->batch_size_at = settings[LANG_TRAIN_BATCH_SIZE].at;
    read_shards(cx, &settings[LANG_TRAIN_SHARDS]);
    train->seed = (uint64_t)settings[LANG_TRAIN_SEED].integer;
    sema_callbacks(cx);
}

/** The argument of one_hot(): the number of outputs, where it is known before shape inference. */
static const char *classes_text(sema_context *cx)
{
    int64_t units = 0;
    if (cx->model != NULL)
        for (const ir_op *op = cx->program->graph->first; op != NULL; op = op->next)
            if (op->attr.units > 0)
                units = op->attr.units;
    return units >= 2 ? arena_printf(cx->arena, "%lld", (long long)units) : "N";
}

/** The number of samples according to limit(train, n). */
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
    sema_check_metrics(cx, classes_text(cx));
}
