/* The training part of the Keras script. Features without an equivalent in Keras become comments. */
#include "emit/keras.h"

#include <string.h>

#include "layers/keras.h"

static const ir_train *train_of(const keras *k)
{
    return &k->plan->program->train;
}

static const char *f(keras *k, double value)
{
    return py_float(k->plan->arena, value);
}

/* --- learning rate ---------------------------------------------------------------------------------- */

/** Keras has none: the class is written out. */
static void write_one_cycle(keras *k)
{
    const ir_schedule *s = &train_of(k)->optimizer.schedule;
    py_text(&k->w, "\n"
                   "class OneCycle(keras.optimizers.schedules.LearningRateSchedule):\n"
                   "    def __call__(self, step):\n"
                   "        ops = keras.ops\n");
    k->w.depth = 2;
    py_line(&k->w, "first, top, last = %s, %s, %s", f(k, s->initial), f(k, s->highest), f(k, s->last));
    py_line(&k->w, "turn, end = %s, %lld.0", f(k, s->rising * (double)s->steps - 1), (long long)(s->steps - 1));
    k->w.depth = 0;
    py_text(&k->w, "        step = ops.minimum(ops.cast(step, \"float32\"), end)\n"
                   "        up = first + (top - first) * (1 - ops.cos(np.pi * step / turn)) / 2\n"
                   "        down = last + (top - last) * (1 + ops.cos(np.pi * (step - turn) / (end - turn))) / 2\n"
                   "        return ops.where(step <= turn, up, down)\n"
                   "\n"
                   "    def get_config(self):\n"
                   "        return {}\n"
                   "\n\n");
}

static const char *list(keras *k, const double *values, int count)
{
    str s = str_new(k->plan->arena);
    str_add_char(&s, '[');
    for (int i = 0; i < count; i++)
        str_printf(&s, "%s%s", i ? ", " : "", f(k, values[i]));
    str_add_char(&s, ']');
    return s.text;
}

/** Classes are named by the tables, but for those that Keras does not have or calls otherwise. */
static py_call schedule_call(keras *k, lang_schedule kind)
{
    return py_call_new(k->plan->arena, keras_path(k->plan->arena, "optimizers.schedules", &lang_schedules, (int)kind));
}

/** Add what the two schedules of cosines have. */
static void add_cosine(keras *k, py_call *c, const ir_schedule *s)
{
    if (s->kind == LANG_SCHEDULE_COSINE_DECAY_RESTARTS) {
        py_argument(c, "t_mul=%s", f(k, s->t_mul));
        py_argument(c, "m_mul=%s", f(k, s->m_mul));
    }
    py_argument(c, "alpha=%s", f(k, s->alpha));
    if (s->warmup_steps) {
        py_argument(c, "warmup_target=%s", f(k, s->warmup_target));
        py_argument(c, "warmup_steps=%lld", (long long)s->warmup_steps);
    }
}

static const char *schedule_text(keras *k)
{
    const ir_schedule *s = &train_of(k)->optimizer.schedule;
    if (s->kind == LANG_SCHEDULE_ONE_CYCLE)
        return "OneCycle()";
    /* step_decay is exponential_decay with staircase */
    py_call c = schedule_call(k, s->kind == LANG_SCHEDULE_STEP_DECAY ? LANG_SCHEDULE_EXPONENTIAL_DECAY : s->kind);
    if (s->kind == LANG_SCHEDULE_PIECEWISE_CONSTANT) {
        py_argument(&c, "%s", list(k, s->boundaries, s->count));
        py_argument(&c, "%s", list(k, s->values, s->count + 1));
        return py_call_text(&c);
    }
    py_argument(&c, "%s", f(k, s->initial));
    py_argument(&c, "%lld", (long long)s->steps);
    if (s->kind == LANG_SCHEDULE_POLYNOMIAL_DECAY) {
        py_argument(&c, "end_learning_rate=%s", f(k, s->end));
        py_argument(&c, "power=%s", f(k, s->power));
        py_argument(&c, "cycle=%s", py_bool(s->cycle));
    } else if (s->kind == LANG_SCHEDULE_COSINE_DECAY || s->kind == LANG_SCHEDULE_COSINE_DECAY_RESTARTS) {
        add_cosine(k, &c, s);
    } else {
        py_argument(&c, "%s", f(k, s->decay_rate));
        py_argument(&c, "staircase=%s", py_bool(s->staircase));
    }
    return py_call_text(&c);
}

/* --- optimizer -------------------------------------------------------------------------------------- */

/** Arguments that only some optimizers have. */
static void add_own(keras *k, py_call *c)
{
    const ir_optimizer *o = &train_of(k)->optimizer;
    for (int i = 0; i < o->argument_count; i++)
        if (!o->argument[i].is_flag)
            py_argument(c, "%s=%s", o->argument[i].name, f(k, o->argument[i].value));
        else if (o->argument[i].value != 0)
            py_argument(c, "%s=True", o->argument[i].name);
}

static void write_optimizer(keras *k)
{
    const ir_optimizer *o = &train_of(k)->optimizer;
    py_call c = py_call_new(k->plan->arena, keras_path(k->plan->arena, "optimizers", &lang_optimizers, (int)o->kind));
    py_argument(&c, "learning_rate=%s",
                o->schedule.used && !o->schedule.per_epoch ? schedule_text(k) : f(k, o->learning_rate));
    add_own(k, &c);
    if (o->weight_decay != 0 || o->kind == LANG_OPTIMIZER_ADAMW)
        py_argument(&c, "weight_decay=%s", f(k, o->weight_decay));
    if (o->clipnorm != 0)
        py_argument(&c, "clipnorm=%s", f(k, o->clipnorm));
    if (o->clipvalue != 0)
        py_argument(&c, "clipvalue=%s", f(k, o->clipvalue));
    if (o->global_clipnorm != 0)
        py_argument(&c, "global_clipnorm=%s", f(k, o->global_clipnorm));
    py_call_line(&k->w, "optimizer = ", &c, "");
}

/* --- loss and metrics ------------------------------------------------------------------------------- */

static void write_loss(keras *k)
{
    const ir_loss *l = &train_of(k)->loss;
    py_call c = py_call_new(k->plan->arena, keras_path(k->plan->arena, "losses", &lang_losses, (int)l->kind));
    if (l->label_smoothing != 0)
        py_argument(&c, "label_smoothing=%s", f(k, l->label_smoothing));
    if (l->delta != 0)
        py_argument(&c, "delta=%s", f(k, l->delta));
    py_call_line(&k->w, "loss = ", &c, "");
}

/** From here on a single output says 1; 0 where outputs are no probabilities. */
static double threshold(const keras *k)
{
    return ir_loss_threshold(train_of(k)->loss.kind);
}

static bool is_sparse(const keras *k)
{
    return keras_labels_of(k) == KERAS_CLASSES;
}

static bool has_one_output(const keras *k)
{
    return ir_elements(k->plan->program->graph->output->shape) == 1;
}

static const char *accuracy_class(const keras *k)
{
    return is_sparse(k) ? "SparseCategoricalAccuracy" : has_one_output(k) ? "BinaryAccuracy" : "CategoricalAccuracy";
}

/** The class of a metric, or NULL when Keras has none that measures the same; then a comment says so. */
static const char *metric_class(keras *k, const ir_metric *m)
{
    switch (m->kind) {
    case LANG_METRIC_ACCURACY:
        return accuracy_class(k);
    case LANG_METRIC_TOP_K:
        return is_sparse(k) ? "SparseTopKCategoricalAccuracy" : "TopKCategoricalAccuracy";
    case LANG_METRIC_PRECISION:
    case LANG_METRIC_RECALL:
        if (has_one_output(k) && threshold(k) > 0)
            return keras_class(k->plan->arena, &lang_metrics.entries[m->kind]);
        py_comment(&k->w, "%s: Keras has none over the classes, nor for outputs that are no probabilities", m->name);
        return NULL;
    case LANG_METRIC_F1:
        if (!is_sparse(k) && threshold(k) > 0)
            return keras_class(k->plan->arena, &lang_metrics.entries[m->kind]);
        py_comment(&k->w, "%s: Keras needs one-hot labels and probabilities for it", m->name);
        return NULL;
    case LANG_METRIC_MSE:
    case LANG_METRIC_MAE:
        if (!is_sparse(k))
            return keras_class(k->plan->arena, &lang_metrics.entries[m->kind]);
        py_comment(&k->w, "%s: Keras needs one-hot labels for it", m->name);
        return NULL;
    case LANG_METRIC_CONFUSION_MATRIX: /* printed at the end */
    case LANG_METRIC_COUNT:
        break;
    }
    return NULL;
}

static const char *metric_text(keras *k, const ir_metric *m, const char *class)
{
    py_call c = py_call_new(k->plan->arena, arena_printf(k->plan->arena, "keras.metrics.%s", class));
    if (m->kind == LANG_METRIC_TOP_K)
        py_argument(&c, "k=%lld", (long long)m->k);
    if (m->kind == LANG_METRIC_F1)
        py_argument(&c, "average=\"macro\"");
    if (m->kind == LANG_METRIC_F1 && has_one_output(k))
        py_argument(&c, "threshold=0.5");
    if (m->kind == LANG_METRIC_ACCURACY && has_one_output(k) && threshold(k) == 0)
        py_argument(&c, "threshold=0.0");
    py_argument(&c, "name=\"%s\"", m->name);
    return py_call_text(&c);
}

static void write_metrics(keras *k)
{
    py_line(&k->w, "metrics = []");
    for (int i = 0; i < train_of(k)->metric_count; i++) {
        const ir_metric *m = &train_of(k)->metrics[i];
        const char *class = metric_class(k, m);
        if (class)
            py_line(&k->w, "metrics.append(%s)", metric_text(k, m, class));
    }
}

/** The table that evaluate prints. */
static void write_confusion(keras *k)
{
    bool wanted = false;
    for (int i = 0; i < train_of(k)->metric_count; i++)
        wanted = wanted || train_of(k)->metrics[i].kind == LANG_METRIC_CONFUSION_MATRIX;
    if (!wanted)
        return;
    const bool one = has_one_output(k);
    py_line(&k->w, "predicted = model.predict(x_test, batch_size=%lld)", (long long)train_of(k)->batch_size);
    py_line(&k->w, one ? "said = (predicted[:, 0] > %s).astype(int)" : "said = predicted.argmax(axis=1)%.0s",
            f(k, threshold(k)));
    py_line(&k->w, "right = %s", is_sparse(k) ? "y_test" : one ? "y_test[:, 0].astype(int)" : "y_test.argmax(axis=1)");
    py_line(&k->w, "confusion = np.zeros((%lld, %lld), int)",
            one ? 2 : (long long)ir_elements(k->plan->program->graph->output->shape),
            one ? 2 : (long long)ir_elements(k->plan->program->graph->output->shape));
    py_line(&k->w, "np.add.at(confusion, (right, said), 1)");
    py_line(&k->w, "print(confusion)");
}

/* --- callbacks -------------------------------------------------------------------------------------- */

static void add_monitor(keras *k, py_call *c, const ir_callback *callback)
{
    const char *name = callback->metric < 0 ? "loss" : train_of(k)->metrics[callback->metric].name;
    py_argument(c, "monitor=\"%s%s\"", callback->validation ? "val_" : "", name);
    py_argument(c, "mode=\"%s\"", callback->more_is_better ? "max" : "min");
    py_argument(c, "min_delta=%s", f(k, callback->min_delta));
    py_argument(c, "patience=%lld", (long long)callback->patience);
}

static void write_callback(keras *k, const ir_callback *callback)
{
    arena *a = k->plan->arena;
    py_call c = py_call_new(a, keras_path(k->plan->arena, "callbacks", &lang_callbacks, (int)callback->kind));
    switch (callback->kind) {
    case LANG_CALLBACK_EARLY_STOPPING:
        add_monitor(k, &c, callback);
        py_argument(&c, "restore_best_weights=%s", py_bool(callback->restore_best_weights));
        py_argument(&c, "start_from_epoch=%lld", (long long)callback->start_from_epoch);
        break;
    case LANG_CALLBACK_REDUCE_LR_ON_PLATEAU:
        add_monitor(k, &c, callback);
        py_argument(&c, "factor=%s", f(k, callback->factor));
        py_argument(&c, "cooldown=%lld", (long long)callback->cooldown);
        py_argument(&c, "min_lr=%s", f(k, callback->min_lr));
        break;
    case LANG_CALLBACK_CSV_LOGGER:
        py_argument(&c, "%s", py_str(a, callback->path));
        break;
    case LANG_CALLBACK_CHECKPOINT: /* Keras knows a form by the end of the file's name */
        py_argument(&c, "%s + \".keras\"", py_str(a, callback->path));
        py_argument(&c, callback->every == 1 ? "save_freq=\"epoch\"" : "save_freq=%lld * steps",
                    (long long)callback->every);
        break;
    case LANG_CALLBACK_COUNT:
        break;
    }
    py_call_line(&k->w, "callbacks.append(", &c, ")");
}

/* --- the run ---------------------------------------------------------------------------------------- */

static void write_fit(keras *k)
{
    const ir_data *d = &k->plan->program->data;
    py_call c = py_call_new(k->plan->arena, "model.fit");
    py_argument(&c, "x_train");
    py_argument(&c, "y_train");
    py_argument(&c, "batch_size=%lld", (long long)train_of(k)->batch_size);
    py_argument(&c, "epochs=options.epochs");
    py_argument(&c, "shuffle=%s", py_bool(d->shuffle));
    if (d->validation_split > 0 && !keras_splits(k))
        py_argument(&c, "validation_split=%s", f(k, d->validation_split));
    if (d->validation.reader || keras_splits(k))
        py_argument(&c, "validation_data=(x_validation, y_validation)");
    if (train_of(k)->callback_count > 0 || train_of(k)->optimizer.schedule.per_epoch)
        py_argument(&c, "callbacks=callbacks");
    py_call_line(&k->w, "", &c, "");
}

static void write_callbacks(keras *k)
{
    const ir_train *t = train_of(k);
    const double split = keras_splits(k) ? 0 : k->plan->program->data.validation_split;
    const bool per_epoch = t->optimizer.schedule.used && t->optimizer.schedule.per_epoch;
    if (t->callback_count == 0 && !per_epoch)
        return;
    py_line(&k->w, "steps = -(-%s // %lld)  # of an epoch",
            split > 0 ? arena_printf(k->plan->arena, "int(len(x_train) * (1 - %s))", f(k, split)) : "len(x_train)",
            (long long)t->batch_size);
    py_line(&k->w, "callbacks = []");
    if (per_epoch)
        py_line(&k->w, "callbacks.append(keras.callbacks.LearningRateScheduler(lambda epoch, _: float((%s)(epoch))))",
                schedule_text(k));
    for (int i = 0; i < t->callback_count; i++)
        write_callback(k, &t->callbacks[i]);
}

void keras_training(keras *k)
{
    const ir_optimizer *o = &train_of(k)->optimizer;
    if (o->schedule.used && o->schedule.kind == LANG_SCHEDULE_ONE_CYCLE)
        write_one_cycle(k);
    write_optimizer(k);
    write_loss(k);
    write_metrics(k);
    py_line(&k->w, "model.compile(optimizer=optimizer, loss=loss, metrics=metrics)");
    py_text(&k->w, "\n");
    write_callbacks(k);
    write_fit(k);
    if (k->plan->program->data.test.reader) {
        py_line(&k->w, "print(model.evaluate(x_test, y_test, batch_size=%lld, return_dict=True))",
                (long long)train_of(k)->batch_size);
        write_confusion(k);
    }
}
